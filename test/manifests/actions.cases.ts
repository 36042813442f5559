import t from 'tap';
import { TRANSITIONS } from '../../src/manifests/lifecycle.ts';
import { aWorld, ok } from '../support/world.ts';

type Action = {
  act: string;
  allowed: boolean;
  missing: string[];
  reason: string | null;
  basis: string;
  by: string[];
  title: string;
};

/** Who may do what next, by status. Written out, so that a slip in the table of the code shows. */
const ALLOWED = {
  draft: { consignor: ['revise', 'issue', 'void'] },
  issued: {
    consignor: ['pickup-code', 'correction', 'void'],
    carrier: ['pickup', 'correction'],
    consignee: ['correction'],
  },
  in_transit: {
    consignor: ['pickup-confirmation', 'correction'],
    carrier: ['transit-storage', 'arrival', 'incident', 'correction'],
    consignee: ['arrival', 'correction'],
  },
  arrived: {
    consignor: ['pickup-confirmation', 'correction'],
    carrier: ['correction'],
    consignee: ['receipt', 'correction'],
  },
  received: { consignor: ['pickup-confirmation', 'correction'], carrier: ['correction'], consignee: ['correction'] },
  void: {},
} as const;
const ROLES = ['consignor', 'carrier', 'consignee'] as const;

t.test('actions[] offers each role in each status exactly what it may do, and says why not', async (t) => {
  const world = await aWorld();
  for (const status of Object.keys(ALLOWED) as (keyof typeof ALLOWED)[]) {
    const { id } = await world.aManifest({ status });
    const allowed: Partial<Record<string, readonly string[]>> = ALLOWED[status];
    for (const role of ROLES) {
      const answer = await world[role].get(`/v1/manifests/${id}`);
      if (status === 'draft' && role !== 'consignor') {
        t.equal(answer.status, 404);
        continue;
      }
      const actions = ok(answer).actions as Action[];
      t.same(actions.map(({ act }) => act).sort(), Object.keys(TRANSITIONS).sort());
      t.same(
        actions.filter((action) => action.allowed).map(({ act }) => act),
        allowed[role] ?? [],
        `${role} of ${status}`,
      );
      for (const action of actions) {
        t.match(action, { basis: /(TM|法典|固废法) \d/, title: /\w/, by: [String] });
        t.equal(action.reason === null, action.allowed, `${role} of ${status}: ${action.act} says why not`);
        if (!action.allowed) t.same(action.missing, []);
      }
    }
  }
});

t.test('what is offered is what happens: every act of every role in every status', async (t) => {
  const world = await aWorld();
  const occurredAt = world.clock.now().toISOString();
  const body: Record<string, object> = {
    issue: {},
    pickup: { occurredAt, plate: world.plate, lines: [{ line: 1, massGrams: 1 }] },
    arrival: { occurredAt },
    receipt: { occurredAt, lines: [{ line: 1, acceptedGrams: 1 }] },
    void: { reason: 'test' },
    'pickup-confirmation': { occurredAt },
    handover: { occurredAt, place: '某地' },
    'transit-storage': { occurredAt, siteId: world.consigneeSiteId },
    departure: { occurredAt, plate: world.plate },
    return: { occurredAt, plate: world.plate },
    'return-receipt': { occurredAt, lines: [{ line: 1, massGrams: 1 }] },
    'follow-up': { carrierId: world.carrier.partyId, consigneeSiteId: world.consigneeSiteId },
    incident: { occurredAt, type: 'leak', place: '某地', description: '…', lines: [{ line: 1, grams: 1 }] },
    'incident-plan': { plan: '…' },
    'incident-resolution': { occurredAt, lines: [{ line: 1, lostGrams: 1, recoveredGrams: 0 }] },
    correction: { reason: '…', changes: [{ path: '/lines/0/name', value: '另名' }] },
  };
  for (const status of Object.keys(ALLOWED) as (keyof typeof ALLOWED)[]) {
    const shared = await world.aManifest({ status });
    for (const role of ROLES) {
      const { actions } = (await world[role].get(`/v1/manifests/${shared.id}`)).body as { actions?: Action[] };
      for (const act of Object.keys(TRANSITIONS)) {
        const offered = actions?.find((action) => action.act === act);
        const { id } = offered?.allowed ? await world.aManifest({ status }) : shared;
        const answer =
          act === 'revise'
            ? await world[role].put(`/v1/manifests/${id}`, world.draftBody())
            : await world[role].post(`/v1/manifests/${id}/${act}`, body[act]);
        const told = `${role} of ${status}: ${act} → ${answer.status}`;
        if (!offered) t.equal(answer.status, 404, told);
        else if (offered.allowed) t.equal(answer.status, 200, told);
        else {
          t.ok([403, 409].includes(answer.status), told);
          t.equal(answer.body.detail, offered.reason, 'the reason shown is the reason given');
        }
      }
    }
  }
});

t.test('a regulator sees all and is offered nothing; the language is as asked', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'issued' });
  const actions = (await world.regulator.get(`/v1/manifests/${id}`)).body.actions as Action[];
  t.same(
    actions.filter(({ allowed }) => allowed),
    [],
  );
  const zh = (await world.carrier.get(`/v1/manifests/${id}`, { 'accept-language': 'zh-CN' })).body.actions as Action[];
  t.match(
    zh.find(({ act }) => act === 'issue'),
    { title: '签发', reason: '此操作由移出人办理。' },
  );
});
