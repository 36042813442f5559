// Who may act for whom: by site, act and day; revoked at once.
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { dayInShanghai } from '../../src/catalogue/calendar.ts';
import { actsFor, type DelegationTerms } from '../../src/parties/delegations.ts';
import { DELEGABLE_ACTS } from '../../src/parties/tables.ts';
import type { Caller as ActCaller } from '../../src/platform/acts.ts';
import { checkRebuild } from '../../src/rebuild.ts';
import { aSite, at, written } from '../manifests/given.ts';
import { edit } from '../registers/given.ts';
import { aWorld, type Caller, callerWith, ok, WASTE_CODE, type World } from '../support/world.ts';

const [PRINCIPAL, AGENT, SITE, OTHER] = ['p', 'a', 's', 'o'] as const;
const caller = (party: string, site: string | null = null): ActCaller => ({ actor: { party }, role: 'member', site });
const terms = (changes: Partial<DelegationTerms> = {}): DelegationTerms => ({
  principalId: PRINCIPAL,
  agentId: AGENT,
  siteIds: [SITE],
  acts: ['generation', 'issue'],
  validFrom: '2026-03-01',
  validTo: '2026-09-01',
  status: 'valid',
  ...changes,
});
const DAY = '2026-05-05';
const asked = (
  who: ActCaller,
  given: readonly DelegationTerms[],
  { day = DAY, ...changes }: { day?: string; siteId?: string | null; act?: (typeof DELEGABLE_ACTS)[number] } = {},
) => {
  const answer = actsFor(who, { partyId: PRINCIPAL, siteId: SITE, act: 'generation', ...changes }, given, day);
  return 'problem' in answer ? answer.problem : (answer.onBehalfOf ?? 'itself');
};

t.test('the party itself needs nobody; a key narrowed to one site acts there alone', async (t) => {
  t.equal(asked(caller(PRINCIPAL), []), 'itself');
  t.equal(asked(caller(PRINCIPAL, SITE), []), 'itself');
  t.equal(asked(caller(PRINCIPAL, OTHER), []), 'not-your-act');
  t.equal(asked(caller(PRINCIPAL, SITE), [], { siteId: null }), 'not-your-act');
});

t.test('an agent acts by site, act and day, both sides of each', async (t) => {
  const agent = caller(AGENT);
  t.equal(asked(agent, []), 'not-found', 'who has no delegation is told nothing');
  t.equal(asked(agent, [terms({ principalId: OTHER })]), 'not-found', 'nor who has one of somebody else');
  t.equal(asked(agent, [terms({ agentId: OTHER })]), 'not-found');
  t.equal(asked(agent, [terms()]), PRINCIPAL);
  t.equal(asked(agent, [terms()], { siteId: OTHER }), 'not-your-act');
  t.equal(asked(agent, [terms({ siteIds: [] })], { siteId: OTHER }), PRINCIPAL, 'no sites named: all of them');
  t.equal(asked(agent, [terms()], { siteId: null }), 'not-your-act');
  for (const act of DELEGABLE_ACTS)
    t.equal(asked(agent, [terms()], { act }), terms().acts.includes(act) ? PRINCIPAL : 'not-your-act', act);
  for (const [day, expected] of [
    ['2026-02-28', 'not-your-act'],
    ['2026-03-01', PRINCIPAL],
    ['2026-08-31', PRINCIPAL],
    ['2026-09-01', 'not-your-act'],
  ] as const)
    t.equal(asked(agent, [terms()], { day }), expected, day);
  t.equal(asked(agent, [terms({ status: 'revoked' })]), 'not-your-act');
  t.equal(asked(agent, [terms({ status: 'revoked' }), terms()]), PRINCIPAL, 'one that holds is enough');
  t.equal(asked(caller(AGENT, OTHER), [terms()]), 'not-found', 'a key bound to a site of its own acts for nobody else');
});

t.test('a refusal says what would be right, by the delegation that came nearest', async (t) => {
  const answer = actsFor(
    caller(AGENT),
    { partyId: PRINCIPAL, siteId: SITE, act: 'generation' },
    [terms({ siteIds: [OTHER] }), terms({ validTo: '2026-05-05' }), terms({ acts: ['issue'] })],
    DAY,
  );
  t.match(answer, {
    basis: /民法典/,
    detail: { en: /has ended.*"generation" for site s, valid on 2026-05-05/, zh: /已到期.*“产生记录”的委托/ },
    errors: [{ pointer: 'header:authorization' }],
  });
});

const aDelegation = (world: World, agent: Caller, changes: object = {}): object => ({
  principalId: world.consignor.partyId,
  agentId: agent.partyId,
  siteIds: [world.consignorSiteId],
  acts: ['issue', 'generation'],
  validFrom: '2026-01-01',
  validTo: '2030-01-01',
  ...changes,
});
const generation = (world: World, siteId: string) => ({
  siteId,
  wasteCode: WASTE_CODE,
  massGrams: 25_000,
  occurredAt: at(world),
});

t.test('granted and revoked by the principal, known to both and to administrators', async (t) => {
  const world = await aWorld();
  const { consignor, carrier, admin, stranger } = world;
  const { id } = ok(await consignor.post('/v1/delegations', aDelegation(world, carrier)));
  const path = `/v1/delegations/${id}`;
  for (const one of [consignor, carrier, admin]) {
    t.match(ok(await one.get(path)), { acts: ['generation', 'issue'], status: 'valid', version: 1 });
    t.ok(ok(await one.get('/v1/delegations?limit=200')).items.some((item: { id: string }) => item.id === id));
  }
  t.equal((await stranger.get(path)).status, 404);
  t.same(ok(await stranger.get('/v1/delegations')).items, []);
  const body = aDelegation(world, carrier, { status: 'revoked' });
  const ifMatch = { 'if-match': '"1"' };
  t.equal((await stranger.put(path, body, ifMatch)).status, 404);
  t.match(await carrier.put(path, body, ifMatch), { status: 403, body: { errors: [{ pointer: '/principalId' }] } });
  t.equal((await consignor.put(path, body)).status, 428);
  t.match(await consignor.put(path, { ...body, agentId: stranger.partyId }, ifMatch), {
    status: 422,
    body: { errors: [{ pointer: '/agentId' }] },
  });
  ok(await consignor.put(path, body, ifMatch));
  t.match(await edit(consignor, path, { status: 'valid' }), { status: 409, body: { allowedFrom: ['valid'] } });
  const cases: readonly [object, string][] = [
    [{ agentId: consignor.partyId }, '/agentId'],
    [{ agentId: randomUUID() }, '/agentId'],
    [{ siteIds: [world.consignorSiteId, world.consigneeSiteId] }, '/siteIds/1'],
    [{ validTo: '2026-01-01' }, '/validTo'],
  ];
  for (const [changes, pointer] of cases)
    t.match(
      await consignor.post('/v1/delegations', aDelegation(world, carrier, changes)),
      { status: 422, body: { errors: [{ pointer }] } },
      pointer,
    );
  t.equal((await stranger.post('/v1/delegations', aDelegation(world, stranger))).status, 403, 'not for another');
  t.match(ok(await consignor.post('/v1/delegations', aDelegation(world, carrier, { validTo: '2026-02-01' }))), {
    warnings: [{ code: 'delegation-over' }],
  });
});

t.test('a key narrowed to one site delegates for that site alone', async (t) => {
  const world = await aWorld();
  const { consignor, carrier, consignorSiteId: siteId } = world;
  const { apiKey } = ok(
    await consignor.post('/v1/api-keys', { partyId: consignor.partyId, role: 'member', label: '一厂', siteId }),
  );
  const narrow = callerWith(world.app, apiKey, consignor.partyId);
  t.equal((await narrow.post('/v1/delegations', aDelegation(world, carrier))).status, 201);
  for (const siteIds of [[], [siteId, await aSite(consignor, '370112')]])
    t.match(await narrow.post('/v1/delegations', aDelegation(world, carrier, { siteIds })), {
      status: 403,
      body: { errors: [{ pointer: '/siteIds' }] },
    });
});

t.test('a collector records for a micro-producer while it may, and sees what lies there', async (t) => {
  const world = await aWorld();
  const { consignor, carrier, stranger, clock } = world;
  const elsewhere = await aSite(consignor, '370112');
  const generated = (who: Caller, siteId = world.consignorSiteId) =>
    who.post('/v1/generations', generation(world, siteId));
  t.equal((await generated(carrier)).status, 404, 'not yet');
  const day = dayInShanghai(clock.now());
  const { id } = ok(
    await consignor.post('/v1/delegations', aDelegation(world, carrier, { validFrom: day, validTo: '2026-12-01' })),
  );
  const { batchId } = ok(await generated(carrier));
  const { rows } = await world.service.database.pool.query<{ canonical: string }>(
    'select canonical from custody_events where subject_id = $1',
    [batchId],
  );
  t.match(JSON.parse(rows[0]!.canonical), {
    actor: { party: carrier.partyId },
    onBehalfOf: consignor.partyId,
    data: { batch: { stock: ['stock', consignor.partyId, world.consignorSiteId, consignor.partyId] } },
  });
  t.equal(await world.balance(consignor, 'stock'), 25_000, "it is the principal's");
  const sees = async (who: Caller, siteId = world.consignorSiteId) =>
    (await who.get(`/v1/batches?siteId=${siteId}`)).status;
  t.equal(await sees(carrier), 200);
  t.equal((await carrier.get(`/v1/batches/${batchId}`)).status, 200);
  const other = ok(await generated(consignor, elsewhere)).batchId;
  t.equal(await sees(carrier, elsewhere), 404);
  t.equal((await carrier.get(`/v1/batches/${other}`)).status, 404);
  const balances = ok(await carrier.get(`/v1/balances?partyId=${consignor.partyId}&role=stock`)).items;
  t.match(balances, [{ siteId: world.consignorSiteId, grams: 25_000 }]);
  t.match(await generated(carrier, elsewhere), { status: 403, body: { detail: /not for that site/ } });
  t.equal((await generated(stranger)).status, 404);

  const before = await written(world);
  ok(await edit(consignor, `/v1/delegations/${id}`, { status: 'revoked' }));
  t.match(await generated(carrier), { status: 403, body: { detail: /was revoked/ } }, 'at once');
  t.equal((await written(world)).postings, before.postings);
  t.equal(await sees(carrier), 404);
  t.equal((await carrier.get(`/v1/balances?partyId=${consignor.partyId}`)).status, 404);

  ok(await consignor.post('/v1/delegations', aDelegation(world, carrier, { acts: ['issue'] })));
  t.match(await generated(carrier), { status: 403, body: { detail: /was revoked/ } });
  t.equal(await sees(carrier), 404, 'filing shows no stock');
  ok(await consignor.post('/v1/delegations', aDelegation(world, carrier, { siteIds: [], acts: ['storage'] })));
  t.equal(await sees(carrier, elsewhere), 200);
  t.same((await checkRebuild(world.databaseUrl)).differences, []);
});

t.test('a delegation ends with its day in Shanghai', async (t) => {
  const world = await aWorld();
  const { consignor, carrier, clock } = world;
  const start = clock.now();
  const lastDay = dayInShanghai(start);
  const validTo = dayInShanghai(new Date(start.getTime() + 24 * 3_600_000));
  ok(await consignor.post('/v1/delegations', aDelegation(world, carrier, { validTo })));
  const generated = () => carrier.post('/v1/generations', generation(world, world.consignorSiteId));
  clock.set(new Date(`${lastDay}T15:59:59.999Z`));
  t.equal((await generated()).status, 201);
  clock.set(new Date(`${lastDay}T16:00:00Z`));
  t.match(await generated(), { status: 403, body: { detail: /has ended/ } });
});
