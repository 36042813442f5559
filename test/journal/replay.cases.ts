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
import { aWorld, WASTE_CODE, type World } from '../support/world.ts';

/**
 * Random acts from two processes at once on few subjects. Afterwards: the ledger sums to zero, numbers have no gap and
 * no repeat, projections follow from the events, and all acts done again one by one in the order of their ordinals, on
 * a copy of the database from before, give the same states, balances and answers.
 */
const SLOTS = 30;

interface Step {
  readonly process: 0 | 1;
  readonly act: 'generate' | 'draft' | 'issue' | 'pickup' | 'arrival' | 'receipt' | 'void' | 'weigh';
  readonly slot: number;
  readonly grams: number;
  readonly repeat: boolean;
}

const steps = fc.array(
  fc.record<Step>({
    process: fc.constantFrom(0, 1),
    act: fc.constantFrom(
      'generate',
      'draft',
      'issue',
      'pickup',
      'arrival',
      'receipt',
      'void',
      'weigh',
      'draft',
      'issue',
      'pickup',
      'arrival',
      'receipt',
    ),
    slot: fc.nat(SLOTS - 1),
    grams: fc.integer({ min: 1, max: 3_000_000 }),
    repeat: fc.boolean(),
  }),
  { minLength: 250, maxLength: 400 },
);

interface Sent {
  readonly apiKey: string;
  readonly path: string;
  readonly key: string;
  readonly body: object;
  readonly status: number;
  readonly answer: Record<string, unknown>;
}

t.test('two processes, random acts: the same as one by one', { timeout: 120_000 }, async (t) => {
  const world = await aWorld();
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
    { numRuns: Number(process.env.REPLAY_RUNS ?? 2), endOnFailure: true },
  );
});

async function play(sequence: readonly Step[], world: World, processes: readonly RunningProcess[]): Promise<Sent[]> {
  const sent: Sent[] = [];
  const queue = sequence.flatMap((step, index) =>
    step.repeat && index % 5 === 0
      ? [
          { step, index },
          { step, index },
        ]
      : [{ step, index }],
  );
  const next = queue[Symbol.iterator]();
  const lane = async () => {
    for (let item = next.next(); !item.done; item = next.next()) {
      const { step, index } = item.value;
      const { caller, path, body } = requestOf(step, index, world);
      const request = {
        apiKey: caller.apiKey,
        path,
        key: step.act === 'draft' ? `draft-${step.slot}` : `act-${index}`,
        body,
      };
      sent.push({ ...request, ...(await send(processes[step.process]!.baseUrl, request)) });
    }
  };
  await Promise.all(Array.from({ length: 24 }, lane));
  return sent;
}

const manifestOf = (world: World, slot: number): string => namedUuid(`${world.consignor.partyId} draft-${slot} 0`);

function requestOf({ act, slot, grams }: Step, index: number, world: World) {
  const occurredAt = new Date(Date.UTC(2026, 5, 1, 0, index)).toISOString();
  const manifest = `/v1/manifests/${manifestOf(world, slot)}`;
  const { consignor, carrier, consignee } = world;
  const lines = [{ line: 1, massGrams: grams }];
  switch (act) {
    case 'generate':
      return {
        caller: consignor,
        path: '/v1/generations',
        body: { siteId: world.consignorSiteId, wasteCode: WASTE_CODE, massGrams: grams, occurredAt },
      };
    case 'draft':
      return { caller: consignor, path: '/v1/manifests', body: world.draftBody() };
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
        body: { occurredAt, lines: [{ line: 1, acceptedGrams: grams, refusedGrams: index % 3 === 0 ? 1000 : 0 }] },
      };
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
  ...KINDS.filter((kind) => ['manifest', 'batch', 'weigh_ticket', 'unmatched_report'].includes(kind.name)).map(
    (kind) =>
      `select to_jsonb(x) - '{head_hash,picked_up_event_id,received_event_id}'::text[] as row from (select * from ${/from (\S+) where/.exec(kind.selectSql)![1]}) x order by id`,
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
