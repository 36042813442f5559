import fc from 'fast-check';
import pg from 'pg';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { KINDS } from '../../src/kinds.ts';
import { manualClock } from '../../src/platform/clock.ts';
import { openEvent } from '../../src/platform/events.ts';
import { namedUuid } from '../../src/platform/ids.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { checkRebuild } from '../../src/rebuild.ts';
import { startService } from '../../src/service.ts';
import { copyDatabase } from '../support/database.ts';
import { type RunningProcess, startProcess } from '../support/processes.ts';
import { aWorld, type Caller, ok, WASTE_CODE, type World } from '../support/world.ts';

/**
 * Random acts from two processes at once on few subjects. Afterwards: the ledger sums to zero, numbers have no gap and
 * no repeat, projections follow from the events, and all acts done again one by one in the order of their ordinals, on
 * a copy of the database from before, give the same states, balances and answers.
 */
const SLOTS = 14;

/** What mostly happens in a slot, one step after the other; what both sides have to say is there for each. */
const SCRIPT = [
  'generate',
  'draft',
  'issue',
  'pickup',
  'handover',
  'handover',
  'arrival',
  'correction',
  'approval',
  'approval',
  'approval',
  'approval',
  'receipt',
  'correction',
  'approval',
  'approval',
  'approval',
  'return-or-follow-up',
  'return-receipt',
  'issue',
  'pickup',
  'arrival',
  'receipt',
] as const;
const ACTS = [...SCRIPT, 'void', 'weigh'] as const;

interface Step {
  readonly process: 0 | 1;
  /** Null in a sequence: what the script of its slot says next. */
  readonly act: (typeof ACTS)[number] | null;
  readonly slot: number;
  readonly grams: number;
  readonly repeat: boolean;
}

const steps = fc.array(
  fc.record<Step>({
    process: fc.constantFrom(0, 1),
    act: fc.option(fc.constantFrom(...ACTS), { freq: 2 }),
    slot: fc.nat(SLOTS - 1),
    grams: fc.integer({ min: 1, max: 3_000_000 }),
    repeat: fc.boolean(),
  }),
  { minLength: 300, maxLength: 400, size: 'max' },
);

/** A step as it is sent: how far its slot has come says who acts and on which of the slot's two manifests. */
interface Turn {
  readonly act: (typeof ACTS)[number];
  readonly at: number;
  readonly index: number;
  readonly step: Step;
}

function turnsOf(sequence: readonly Step[]): Turn[] {
  const reached = new Map<number, number>();
  return sequence.flatMap((step, index) => {
    const at = (reached.get(step.slot) ?? -1) + (step.act === null ? 1 : 0);
    reached.set(step.slot, at);
    const turn = { act: step.act ?? SCRIPT[at] ?? 'weigh', at, index, step };
    return step.repeat && index % 5 === 0 ? [turn, turn] : [turn];
  });
}

const RUNS = Number(process.env.REPLAY_RUNS ?? 2);

interface Sent {
  readonly apiKey: string;
  readonly path: string;
  readonly key: string;
  readonly body: object;
  readonly status: number;
  readonly answer: Record<string, unknown>;
}

t.test('two processes, random acts: the same as one by one', { timeout: RUNS * 60_000 }, async (t) => {
  const world = await crossing();
  const { rows } = await world.service.database.pool.query('select current_database() as name');
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const [live, copy] = [await copyDatabase(rows[0].name), await copyDatabase(rows[0].name)];
      const processes = await Promise.all(
        [0, 1].map(() => startProcess({ DATABASE_URL: live.url, ROLE: 'api', IDS: 'named' })),
      );
      try {
        const sent = await play(sequence, world, processes);
        t.same((await checkRebuild(live.url)).differences, []);
        await numbersAreWhole(t, live.url);
        await replay(t, sent, live.url, copy.url);
      } finally {
        await Promise.all(processes.map((process) => process.stop()));
        await Promise.all([live.drop(), copy.drop()]);
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});

/** With a consignee site in another province, for which there is an approval whose hard cap few loads exhaust. */
type Crossing = World & { readonly farSiteId: string };

async function crossing(): Promise<Crossing> {
  const world = await aWorld();
  const { partyId } = world.consignee;
  const { id: farSiteId } = ok(await world.consignee.post('/v1/sites', { partyId, name: '外省', region: '410102' }));
  ok(
    await world.admin.post('/v1/permits', {
      type: 'cross_province_approval',
      number: `cap-${partyId}`,
      holderId: world.consignor.partyId,
      counterpartId: partyId,
      wasteCodes: ['HW08'],
      capGrams: 12_000_000,
      validFrom: new Date(Date.now() - 60 * 86_400_000).toISOString().slice(0, 10),
      validTo: new Date(Date.now() + 60 * 86_400_000).toISOString().slice(0, 10),
    }),
  );
  return { ...world, farSiteId };
}

async function play(sequence: readonly Step[], world: Crossing, processes: readonly RunningProcess[]): Promise<Sent[]> {
  const sent: Sent[] = [];
  const queue = turnsOf(sequence);
  const next = queue[Symbol.iterator]();
  const lane = async () => {
    for (let item = next.next(); !item.done; item = next.next()) {
      const { step, index } = item.value;
      const { caller, path, body, once } = requestOf(item.value, world);
      const request = { apiKey: caller.apiKey, path, key: once ? `${once}-${step.slot}` : `act-${index}`, body };
      sent.push({ ...request, ...(await send(processes[step.process]!.baseUrl, request)) });
    }
  };
  await Promise.all(Array.from({ length: 24 }, lane));
  return sent;
}

/** What was drafted in that slot, or what carries on its remainder. */
const manifestOf = (world: World, slot: number, follows: boolean): string =>
  namedUuid(`${world.consignor.partyId} ${follows ? 'follow-up' : 'draft'}-${slot} 0`);

/** In every second slot a second carrier takes over, in every third the way leads to another province. */
const draftBody = (world: Crossing, slot: number) =>
  world.draftBody({
    ...(slot % 2 === 1 ? { onwardCarrierIds: [world.stranger.partyId] } : {}),
    ...(slot % 3 === 1 ? { consigneeSiteId: world.farSiteId } : {}),
  });

/** Whoever a correction concerns, one after the other. */
const voices = ({ consignor, carrier, regulator, consignee, stranger }: World) => [
  consignor,
  carrier,
  regulator,
  consignee,
  stranger,
];

interface Planned {
  readonly caller: Caller;
  readonly path: string;
  readonly body: object;
  /** What a slot has but one of, under a key of its own. */
  readonly once?: string;
}

function requestOf({ act, at, index, step: { slot, grams } }: Turn, world: Crossing): Planned {
  const occurredAt = new Date(Date.UTC(2026, 5, 1, 0, index)).toISOString();
  const first = `/v1/manifests/${manifestOf(world, slot, false)}`;
  const manifest = at > SCRIPT.indexOf('return-receipt') ? `/v1/manifests/${manifestOf(world, slot, true)}` : first;
  const { consignor, carrier, consignee, stranger } = world;
  const lines = [{ line: 1, massGrams: grams }];
  switch (act) {
    case 'generate':
      return {
        caller: consignor,
        path: '/v1/generations',
        body: { siteId: world.consignorSiteId, wasteCode: WASTE_CODE, massGrams: grams, occurredAt },
      };
    case 'draft':
      return { caller: consignor, path: '/v1/manifests', body: draftBody(world, slot), once: 'draft' };
    case 'issue':
      return { caller: consignor, path: `${manifest}/issue`, body: {} };
    case 'pickup':
      return { caller: carrier, path: `${manifest}/pickup`, body: { occurredAt, plate: world.plate, lines } };
    case 'arrival':
      return { caller: carrier, path: `${manifest}/arrival`, body: { occurredAt } };
    case 'receipt':
      return {
        caller: consignee,
        path: `${manifest}/receipt`,
        body: { occurredAt, lines: [{ line: 1, acceptedGrams: grams, refusedGrams: index % 3 === 0 ? 0 : 1000 }] },
      };
    case 'handover': {
      const [caller, plate] = at % 2 === 0 ? [carrier, {}] : [stranger, { plate: world.plate }];
      return { caller, path: `${manifest}/handover`, body: { occurredAt, place: '服务区', ...plate } };
    }
    case 'correction': {
      const [early, late] = [
        ['pickedUpGrams', 'wasteCode'],
        ['acceptedGrams', 'refusedGrams', 'pickedUpGrams'],
      ];
      const fields = at > SCRIPT.indexOf('receipt') ? late : early;
      const field = fields[index % fields.length]!;
      const value = field === 'wasteCode' ? '900-214-08' : grams;
      const body = { reason: '录入错误', changes: [{ path: `/lines/0/${field}`, value }] };
      return { caller: consignee, path: `${manifest}/correction`, body };
    }
    case 'approval':
      return { caller: voices(world)[(at + 2) % 5]!, path: `${manifest}/correction-approval`, body: {} };
    case 'return-or-follow-up': {
      const body = { carrierId: carrier.partyId, consigneeSiteId: world.consigneeSiteId };
      return slot % 2 === 0
        ? { caller: carrier, path: `${first}/return`, body: { occurredAt, plate: world.plate } }
        : { caller: consignor, path: `${first}/follow-up`, body, once: 'follow-up' };
    }
    case 'return-receipt':
      return { caller: consignor, path: `${first}/return-receipt`, body: { occurredAt, lines } };
    case 'void':
      return { caller: consignor, path: `${manifest}/void`, body: { reason: 'property test' } };
    case 'weigh':
      return {
        caller: consignee,
        path: '/v1/weigh-tickets',
        body: {
          ticketNumber: `T${index % 40}`,
          siteId: world.consigneeSiteId,
          purpose: 'unloading',
          grossGrams: grams + 10_000_000,
          tareGrams: 10_000_000,
          occurredAt,
        },
      };
  }
}

type Request = Pick<Sent, 'apiKey' | 'path' | 'key' | 'body'>;

const headersOf = ({ apiKey, key }: Request) => ({
  authorization: `Bearer ${apiKey}`,
  'content-type': 'application/json',
  'idempotency-key': key,
  'accept-language': 'en',
});

async function send(baseUrl: string, request: Request): Promise<Pick<Sent, 'status' | 'answer'>> {
  const response = await fetch(`${baseUrl}${request.path}`, {
    method: 'POST',
    headers: headersOf(request),
    body: JSON.stringify(request.body),
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

async function numbersAreWhole(t: Test, url: string): Promise<void> {
  const { rows } = await queried<{ number: string }>(
    url,
    'select number from manifests where number is not null order by number',
  );
  const serials = rows.map((row) => Number(row.number.slice(8)));
  t.same(
    serials,
    Array.from({ length: serials.length }, (_, index) => serials[0]! + index),
    'no gap and no repeat',
  );
}

/** Every act that had an effect, once, in the order of its first event, at the very instant it was recorded. */
async function replay(t: Test, sent: readonly Sent[], liveUrl: string, copyUrl: string): Promise<void> {
  const { rows } = await queried<{ canonical: string }>(
    liveUrl,
    'select canonical from custody_events order by ordinal',
  );
  const order = [
    ...new Map(rows.map(({ canonical }) => openEvent(canonical)).map((event) => [event.actId, event])).values(),
  ];
  const answers = new Map<string, Sent>();
  for (const one of sent) answers.set(String(one.answer.actId ?? one.answer.unmatchedReport), one);
  t.equal(new Set(sent.filter(({ status }) => status >= 500).map(({ status }) => status)).size, 0, 'nothing failed');
  const clock = manualClock(new Date());
  const config = readConfig({ LOG_LEVEL: 'silent', ROLE: 'api', RATE_LIMIT_PER_MINUTE: '1000000' });
  const logger = pino({ level: 'silent' });
  const metrics = createMetrics();
  const mintIds =
    ({ organisation, key }: { organisation: string; key: string }) =>
    (nth = 0) =>
      namedUuid(`${organisation} ${key} ${nth}`);
  const service = await startService({ config, databaseUrl: copyUrl, clock, logger, metrics, journal: { mintIds } });
  const app = await buildApp({ config, service, logger, metrics, version: 'test' });
  let replayed = 0;
  for (const event of order) {
    const one = answers.get(event.type === 'unmatched_report' ? event.subject.id : event.actId);
    if (!one) continue;
    clock.set(event.recordedAt);
    const response = await app.inject({ method: 'POST', url: one.path, headers: headersOf(one), payload: one.body });
    t.same(
      { status: response.statusCode, ...comparable(response.json()) },
      { status: one.status, ...comparable(one.answer) },
      `${one.path} ${one.key}`,
    );
    replayed += 1;
  }
  t.ok(replayed > 50, `${replayed} acts replayed`);
  for (const query of COMPARED)
    t.same((await queried(copyUrl, query)).rows, (await queried(liveUrl, query)).rows, query);
  await app.close();
  await service.stop();
}

/** Ids of acts and the instant are the run's own. */
const comparable = ({ actId: _, recordedAt: __, requestId: ___, ...answer }: Record<string, unknown>) => answer;

const COMPARED = [
  'select account_id, batch_id, grams, pieces, dry_grams from balances order by 1, 2',
  'select account_id, month, grams from monthly_balances order by 1, 2',
  'select scope, kind, stage, id from audience order by 1, 2, 3, 4',
  'select * from manifest_legs order by 1, 2',
  'select * from permit_uses order by 1, 2',
  'select * from permit_use_manifests order by 1, 2, 3',
  'select to_id, from_id, sum(grams) as grams, sum(pieces) as pieces from batch_edges group by 1, 2 order by 1, 2',
  ...KINDS.filter((kind) => ['manifest', 'batch', 'weigh_ticket', 'unmatched_report'].includes(kind.name)).map(
    (kind) =>
      // A replayed act is another event; what it says is the same.
      `select regexp_replace((to_jsonb(x) - '{head_hash,picked_up_event_id,received_event_id}'::text[])::text, '"eventId": "[^"]+"', '"eventId": ""', 'g') as row
       from (select * from ${/from (\S+) where/.exec(kind.selectSql)![1]}) x order by id`,
  ),
];

async function queried<Row extends pg.QueryResultRow>(url: string, text: string): Promise<pg.QueryResult<Row>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query<Row>(text);
  } finally {
    await client.end();
  }
}
