import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { pino } from 'pino';
import type { Test } from 'tap';
import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createFirstAdministrator } from '../../src/parties/granting.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openEvent } from '../../src/platform/events.ts';
import { SYSTEM_PARTY } from '../../src/platform/jobs.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { checkRebuild } from '../../src/rebuild.ts';
import { startService } from '../../src/service.ts';
import { copyDatabase } from '../support/database.ts';
import { aWorld, type Caller, callerWith, ok, WASTE_CODE, type World } from '../support/world.ts';

/** What the drills share: a city to copy, clients that keep account of what they were told, and the check of that account. */
let city: Promise<World> | undefined;

/** Registers of parties, sites and a licence; made once a runner file. */
export function aCity(): Promise<World> {
  city ??= aWorld().then(async (world) => {
    await remember(world.databaseUrl);
    return world;
  });
  return city;
}

/** What a load needs to know of a city. */
export type City = Pick<World, 'consignor' | 'carrier' | 'consignee' | 'consignorSiteId' | 'plate' | 'draftBody'>;

/** Acts that made a city. */
const cityActs = new Set<string>();
const remember = async (url: string): Promise<void> => {
  for (const { actId } of await actIds(url)) cityActs.add(actId);
};

/** The city in a database of its own, for real processes. */
export async function cityDatabase(): Promise<{ world: World; url: string; drop(): Promise<void> }> {
  const world = await aCity();
  const copy = await copyDatabase(new URL(world.databaseUrl).pathname.slice(1));
  return { world, ...copy };
}

/** A city in an empty database that is not among the tests' own. */
export async function newCity(url: string): Promise<City> {
  const config = readConfig({ LOG_LEVEL: 'silent', ROLE: 'api', RATE_LIMIT_PER_MINUTE: '1000000' });
  const [logger, metrics] = [pino({ level: 'silent' }), createMetrics()];
  const service = await startService({ config, databaseUrl: url, clock: systemClock, logger, metrics });
  const app = await buildApp({ config, service, logger, metrics, version: 'test' });
  const { apiKey } = await createFirstAdministrator(service.journal, { name: '演练平台', region: '370102' });
  const admin = callerWith(app, apiKey);
  const party = async (name: string, capacity: string): Promise<Caller> => {
    const { id } = ok(await admin.post('/v1/parties', { name, capacities: [capacity], region: '370102' }));
    return callerWith(
      app,
      ok(await admin.post('/v1/api-keys', { partyId: id, role: 'member', label: 'drill' })).apiKey,
      id,
    );
  };
  const site = async (owner: Caller): Promise<string> =>
    ok(await owner.post('/v1/sites', { partyId: owner.partyId, name: '厂区', region: '370112' })).id;
  const [consignor, carrier, consignee] = [
    await party('产废', 'producer'),
    await party('运输', 'carrier'),
    await party('接受', 'consignee'),
  ];
  const [consignorSiteId, consigneeSiteId] = [await site(consignor), await site(consignee)];
  const licence = { type: 'licence', number: 'drill', holderId: consignee.partyId, wasteCodes: ['HW08'], methods: [] };
  ok(await admin.post('/v1/permits', { ...licence, validFrom: '2024-01-01', validTo: '2029-01-01' }));
  const [line] = (await aCity()).draftBody().lines as [object];
  const body = { consignorSiteId, carrierId: carrier.partyId, consigneeSiteId, lines: [line] };
  await app.close();
  await service.stop();
  await remember(url);
  return { consignor, carrier, consignee, consignorSiteId, plate: '鲁A12345', draftBody: () => body };
}

export interface Sent {
  readonly apiKey: string;
  readonly path: string;
  readonly key: string;
  readonly body: object;
  /** What the client was told; absent when it was told nothing. */
  told?: Told;
}

export interface Told {
  readonly status: number;
  readonly replayed: boolean;
  readonly retryAfter: string | null;
  readonly body: Record<string, unknown>;
}

/** Undefined when the connection broke. */
export async function send(baseUrl: string, { apiKey, path, key, body }: Sent): Promise<Told | undefined> {
  try {
    const response = await fetch(`${baseUrl}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': key,
        'accept-language': 'en',
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(45_000),
    });
    return {
      status: response.status,
      replayed: response.headers.get('idempotency-replayed') === 'true',
      retryAfter: response.headers.get('retry-after'),
      body: (await response.json()) as Record<string, unknown>,
    };
  } catch {
    return undefined;
  }
}

export interface Load {
  /** In the order they were sent, one a key. */
  readonly sent: Sent[];
  /** Every answer that was not a success, in order. */
  readonly failures: { readonly at: number; readonly told: Told | undefined }[];
  acknowledged(): number;
  /** No new acts; those in flight are waited for. */
  stop(): Promise<void>;
}

export interface LoadWanted {
  readonly clients: number;
  readonly baseUrl: () => string;
  /** Sends the same key again until it is answered. Without it a client ends at its first failure. */
  readonly insists: boolean;
  /** Loads of one client; endless otherwise. */
  readonly loadsMax?: number;
}

/** Each client generates waste and takes a manifest from draft to receipt, again and again, 1 kg short of what was loaded. */
export function startLoad(
  world: City,
  { clients, baseUrl, insists, loadsMax = Number.POSITIVE_INFINITY }: LoadWanted,
): Load {
  const run = randomBytes(4).toString('hex');
  const sent: Sent[] = [];
  const failures: { at: number; told: Told | undefined }[] = [];
  let stopping = false;
  let acknowledged = 0;

  async function act(client: number, apiKey: string, path: string, body: object): Promise<Record<string, unknown>> {
    if (stopping) throw new Stopped();
    const one: Sent = { apiKey, path, key: `${run}-${client}-${sent.length}`, body };
    sent.push(one);
    for (;;) {
      const told = await send(baseUrl(), one);
      if (told && told.status < 300) {
        one.told = told;
        acknowledged += 1;
        return told.body;
      }
      failures.push({ at: performance.now(), told });
      if (!insists || (told && told.status < 500)) throw new Stopped();
      await sleep(50 + Math.random() * 100);
    }
  }

  async function client(n: number): Promise<void> {
    const { consignor, carrier, consignee, consignorSiteId, plate } = world;
    for (let load = 0; load < loadsMax; load++) {
      const at = () => ({ occurredAt: new Date().toISOString() });
      const massGrams = 5_000_000;
      await act(n, consignor.apiKey, '/v1/generations', {
        siteId: consignorSiteId,
        wasteCode: WASTE_CODE,
        massGrams,
        ...at(),
      });
      const { id } = await act(n, consignor.apiKey, '/v1/manifests', world.draftBody());
      await act(n, consignor.apiKey, `/v1/manifests/${id}/issue`, {});
      await act(n, carrier.apiKey, `/v1/manifests/${id}/pickup`, { ...at(), plate, lines: [{ line: 1, massGrams }] });
      await act(n, carrier.apiKey, `/v1/manifests/${id}/arrival`, at());
      const lines = [{ line: 1, acceptedGrams: massGrams - SHORT_GRAMS }];
      await act(n, consignee.apiKey, `/v1/manifests/${id}/receipt`, { ...at(), lines });
    }
  }

  const running = Array.from({ length: clients }, (_, n) =>
    client(n).catch((error: unknown) => {
      if (!(error instanceof Stopped)) throw error;
    }),
  );
  return {
    sent,
    failures,
    acknowledged: () => acknowledged,
    async stop() {
      stopping = loadsMax === Number.POSITIVE_INFINITY;
      await Promise.all(running);
    },
  };
}

/** 30 % of a load: more than any tolerance, so that every receipt must raise one anomaly. */
const SHORT_GRAMS = 1_500_000;

class Stopped extends Error {}

/**
 * Sends every key again. What was acknowledged is answered the same and said to be a repetition; what was not is done
 * now, and from then on is answered the same too.
 */
export async function resendAll(
  t: Test,
  baseUrl: string,
  sent: readonly Sent[],
): Promise<{ wasDone: number; doneNow: number }> {
  const wrong: unknown[] = [];
  let wasDone = 0;
  let doneNow = 0;
  for (let start = 0; start < sent.length; start += 32) {
    await Promise.all(
      sent.slice(start, start + 32).map(async (one) => {
        const before = one.told;
        const told = await send(baseUrl, one);
        if (!told || told.status >= 300) return wrong.push({ key: one.key, path: one.path, before, told });
        if (before) {
          if (!told.replayed || told.status !== before.status || !same(told.body, before.body))
            wrong.push({ key: one.key, before, told });
          return;
        }
        if (told.replayed) wasDone += 1;
        else doneNow += 1;
        one.told = told;
        const again = await send(baseUrl, one);
        if (!again?.replayed || !same(again.body, told.body)) wrong.push({ key: one.key, told, again });
      }),
    );
  }
  t.same(wrong.slice(0, 5), [], `${sent.length} keys sent again: each answered as before`);
  return { wasDone, doneNow };
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The history holds what the clients were told, each act once and nothing else; and its projections follow from it. */
export async function everythingAddsUp(t: Test, url: string, sent: readonly Sent[]): Promise<void> {
  const acknowledged = sent.flatMap(({ told }) => (told && told.status < 300 ? [String(told.body.actId)] : []));
  t.equal(new Set(acknowledged).size, acknowledged.length, 'no two keys were answered with the same act');
  const own = (await actIds(url)).filter(({ actId, party }) => party !== SYSTEM_PARTY && !cityActs.has(actId));
  t.same(
    [...new Set(own.map(({ actId }) => actId))].sort(),
    [...acknowledged].sort(),
    'each acknowledged act is there, and no other',
  );
  const keys = await rowsOf<{ count: number }>(url, 'select count(*)::int as count from act_keys where key = any($1)', [
    sent.map(({ key }) => key),
  ]);
  t.equal(keys[0]!.count, acknowledged.length, 'a key each');
  t.same((await checkRebuild(url)).differences, [], 'every projection follows from the events');
  const [sums] = await rowsOf(
    url,
    'select coalesce(sum(grams), 0)::int8 as grams, coalesce(sum(pieces), 0)::int8 as pieces, coalesce(sum(dry_grams), 0)::int8 as dry from postings',
  );
  t.same(sums, { grams: '0', pieces: '0', dry: '0' }, 'postings sum to zero');
  await numbersAreWhole(t, url);
}

export async function numbersAreWhole(t: Test, url: string): Promise<void> {
  const rows = await rowsOf<{ number: string }>(
    url,
    'select number from manifests where number is not null order by number',
  );
  const serials = rows.map(({ number }) => Number(number.slice(8)));
  t.same(
    serials,
    serials.map((_, index) => index + 1),
    `${serials.length} numbers: no gap and no repeat`,
  );
  const [series] = await rowsOf<{ next: number }>(
    url,
    "select max(next) as next from serials where series like 'manifest %'",
  );
  t.equal((series?.next ?? 1) - 1, serials.length, 'and none was consumed for nothing');
}

async function actIds(url: string): Promise<{ actId: string; party: string }[]> {
  const rows = await rowsOf<{ canonical: string }>(url, 'select canonical from custody_events');
  return rows.map(({ canonical }) => {
    const { actId, actor } = openEvent(canonical);
    return { actId, party: actor.party };
  });
}

export async function rowsOf<Row extends pg.QueryResultRow = pg.QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** @throws Error when it does not come true in time. */
export async function until(what: string, isTrue: () => Promise<boolean> | boolean, waitMs = 20_000): Promise<number> {
  const startedAt = performance.now();
  while (!(await isTrue())) {
    if (performance.now() - startedAt > waitMs) throw new Error(`${what}: not within ${waitMs / 1000} s`);
    await sleep(25);
  }
  return Math.round(performance.now() - startedAt);
}

/** Every receipt was short: one open anomaly a received manifest, raised once. */
export async function anomaliesAreWhole(t: Test, url: string): Promise<void> {
  const [counts] = await rowsOf<{
    received: number;
    anomalies: number;
    raised: number;
    unjudged: number;
    open: number;
  }>(
    url,
    `select (select count(*)::int from manifests where status = 'received') as received,
      (select count(*)::int from anomalies where rule = 'mass') as anomalies,
      (select count(*)::int from custody_events where type = 'anomaly_raised' and canonical like '%"rule":"mass"%') as raised,
      (select count(*)::int from manifests m where status = 'received' and not exists (select from anomalies a where a.subject_id = m.id and a.rule = 'mass' and a.status = 'open')) as unjudged,
      (select count(*)::int from outbox where state <> 'done' and job <> 'judge_deadline') as open`,
  );
  t.ok(counts!.received > 0, `${counts!.received} manifests were received short`);
  t.same(
    { ...counts!, received: 0 },
    { received: 0, anomalies: counts!.received, raised: counts!.received, unjudged: 0, open: 0 },
    'each has one anomaly, raised once, and no job is left',
  );
}

export const jobsLeft = async (url: string): Promise<number> =>
  (
    await rowsOf<{ count: number }>(
      url,
      "select count(*)::int as count from outbox where state = 'pending' and job <> 'judge_deadline'",
    )
  )[0]!.count;

/** As if the leases' minute had passed: the lease is a time on the row. */
export const leasesExpire = (url: string): Promise<unknown> =>
  rowsOf(url, "update outbox set available_at = available_at - interval '61 seconds' where state = 'pending'");
