/**
 * 上报: the instance above is told of every manifest of this one, each time it changes. A job asks for one manifest; what is asked for at the
 * same moment goes in one request. What is true of a manifest is its newest version, so neither order nor repetition matters.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { z } from 'zod';
import { descendantsPresent } from '../catalogue/regions.ts';
import type { Manifest } from '../manifests/manifest.ts';
import type { JobDraft } from '../platform/acts.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/connections.ts';
import type { RecordedEvent } from '../platform/events.ts';
import { type JobDefinition, PermanentError } from '../platform/jobs.ts';
import { jsonTexts, jsonTextsSql } from '../platform/parameters.ts';
import { type ManifestSent, manifestsToSend } from './upward.ts';

export interface UpstreamOptions {
  readonly url: string;
  readonly key: string;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: { warn(fields: object, event: string): void };
}

export interface Upstream {
  /** Sends the newest version, unless it is known above. @throws Error while the instance above does not answer. */
  push(manifestId: string): Promise<void>;
  /** Sends these as they are now, known above or not. @throws Error as above. */
  send(manifestIds: readonly string[]): Promise<{ readonly acknowledged: number; readonly parked: number }>;
}

export const BATCH_MAX = 50;
const GATHER_MS = 20;
const REQUEST_MS = 20_000;
/** After a failure nobody knocks for so long: jobs that wait for an answer would hold up all others. */
const PAUSE_MS = 15_000;

const OneProblem = z.record(z.string(), z.unknown());
const Answered = z.object({
  items: z.array(
    z.object({
      manifestId: z.string(),
      outcome: z.enum(['kept', 'known', 'older', 'refused']),
      problem: OneProblem.optional(),
      problems: z.object({ zh: OneProblem, en: OneProblem }).optional(),
    }),
  ),
});

export function openUpstream({ url, key, database, clock, log }: UpstreamOptions): Upstream {
  const { pool } = database;
  const waiting = new Map<string, { resolve(): void; reject(error: unknown): void }[]>();
  let flushing = false;
  let notBefore = new Date(0);

  async function send(ids: readonly string[]): Promise<{ acknowledged: number; parked: number }> {
    const items = await manifestsToSend(pool, ids);
    if (items.length === 0) return { acknowledged: 0, parked: 0 };
    const answered = await request(items);
    const parked = answered.filter(({ outcome }) => outcome === 'refused');
    await keepAnswers(pool, clock.now(), items, answered);
    for (const { manifestId, problem } of parked)
      log.warn({ event: 'push_refused', manifestId, problem: problem?.type }, 'push_refused');
    return { acknowledged: answered.length - parked.length, parked: parked.length };
  }

  async function request(items: readonly ManifestSent[]): Promise<z.output<typeof Answered>['items']> {
    if (clock.now() < notBefore) throw new Error('the instance above did not answer a moment ago');
    try {
      const response = await fetch(new URL('/v1/received-manifests', url), {
        method: 'PUT',
        redirect: 'error',
        signal: AbortSignal.timeout(REQUEST_MS),
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ items }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`the instance above answered ${response.status}: ${text.slice(0, 300)}`);
      const { items: answered } = Answered.parse(JSON.parse(text));
      const known = new Set(answered.map(({ manifestId }) => manifestId));
      if (!items.every(({ manifestId }) => known.has(manifestId)))
        throw new Error('the instance above left some unanswered');
      return answered;
    } catch (error) {
      notBefore = new Date(clock.now().getTime() + PAUSE_MS);
      throw error;
    }
  }

  async function flush(): Promise<void> {
    await sleep(GATHER_MS);
    while (waiting.size > 0) {
      const taken = [...waiting].slice(0, BATCH_MAX);
      for (const [id] of taken) waiting.delete(id);
      const outcome = await sendUnknown(taken.map(([id]) => id)).then(
        () => undefined,
        (error: unknown) => ({ error }),
      );
      for (const { resolve, reject } of taken.flatMap(([, askers]) => askers)) {
        if (outcome) reject(outcome.error);
        else resolve();
      }
    }
    flushing = false;
  }

  async function sendUnknown(ids: readonly string[]): Promise<void> {
    const { rows } = await pool.query<{ id: string }>(
      `select m.id from manifests m left join upstream_pushes p on p.manifest_id = m.id
       where m.id = any($1::uuid[]) and (p.version is null or p.version < m.seq)`,
      [ids],
    );
    await send(rows.map(({ id }) => id));
  }

  return {
    send,
    push(manifestId) {
      const answer = new Promise<void>((resolve, reject) => {
        waiting.set(manifestId, [...(waiting.get(manifestId) ?? []), { resolve, reject }]);
      });
      if (!flushing) {
        flushing = true;
        void flush();
      }
      return answer;
    },
  };
}

/** An answer to an older version, come late, does not undo that to a newer one. */
const KEEP_SQL = `insert into upstream_pushes (manifest_id, version, state, problem, answered_at)
  select g.id, g.version, g.state, g.problem, $5 from unnest($1::uuid[], $2::int[], $3::text[], ${jsonTextsSql(4)}::jsonb[]) as g(id, version, state, problem)
  on conflict (manifest_id) do update set version = excluded.version, state = excluded.state, problem = excluded.problem, answered_at = excluded.answered_at
  where upstream_pushes.version <= excluded.version`;

async function keepAnswers(
  pool: pg.Pool,
  now: Date,
  items: readonly ManifestSent[],
  answered: z.output<typeof Answered>['items'],
): Promise<void> {
  const byId = new Map(answered.map((one) => [one.manifestId, one]));
  const answers = items.map(({ manifestId }) => byId.get(manifestId)!);
  await pool.query(KEEP_SQL, [
    items.map(({ manifestId }) => manifestId),
    items.map(({ version }) => version),
    answers.map(({ outcome }) => (outcome === 'refused' ? 'parked' : 'acknowledged')),
    jsonTexts(answers.map(({ problem, problems = problem }) => problems && JSON.stringify(problems))),
    now,
  ]);
}

/** What happens to a load within a few moments goes up once. */
const COALESCED_MS = 5_000;

/** Every event of a manifest that has its number, where that starts or ends in the region. */
export function pushesOf(
  region: string | undefined,
): (event: RecordedEvent, after: { id: string }) => readonly JobDraft[] {
  const counties = region === undefined ? undefined : new Set(descendantsPresent(region));
  return ({ subject, recordedAt }, after) => {
    if (subject.kind !== 'manifest') return [];
    const { number, originRegion, destinationRegion } = after as Manifest;
    if (number === null || (counties && !counties.has(originRegion) && !counties.has(destinationRegion))) return [];
    const availableAt = new Date(recordedAt.getTime() + COALESCED_MS);
    return [{ job: PUSH_JOB, payload: { manifestId: subject.id }, availableAt }];
  };
}

const PUSH_JOB = 'push_manifest';

/** However long the instance above is away, the row waits for it. */
export const pushJob = (upstream: Upstream): JobDefinition => ({
  name: PUSH_JOB,
  keepsTrying: true,
  async handle({ manifestId }) {
    if (!manifestId) throw new PermanentError(`${PUSH_JOB} needs a manifestId`);
    await upstream.push(manifestId);
    return [];
  },
});

export interface Replay {
  /** Known above or not. */
  readonly all: boolean;
  /** Only what changed since then, known above or not. */
  readonly since: Date | undefined;
  readonly region: string | undefined;
}

const PAGE_SQL = `select m.id from manifests m left join upstream_pushes p on p.manifest_id = m.id
  where m.number is not null and m.id > $1 and ($2::text[] is null or m.origin_region = any($2) or m.destination_region = any($2))
    and ($3 or p.version is null or p.version < m.seq or p.state = 'parked') and ($4::timestamptz is null or m.recorded_at >= $4)
  order by m.id limit ${BATCH_MAX}`;

/** By what is known above, never by how far somebody got: may be broken off and begun again at any time. @throws Error as `send`. */
export async function pushAgain(upstream: Upstream, pool: pg.Pool, { all, since, region }: Replay) {
  const counties = region === undefined ? null : descendantsPresent(region);
  const sum = { acknowledged: 0, parked: 0 };
  for (let after = NIL; ; ) {
    const { rows } = await pool.query<{ id: string }>(PAGE_SQL, [
      after,
      counties,
      all || since !== undefined,
      since ?? null,
    ]);
    if (rows.length === 0) return sum;
    const { acknowledged, parked } = await upstream.send(rows.map(({ id }) => id));
    sum.acknowledged += acknowledged;
    sum.parked += parked;
    after = rows.at(-1)!.id;
  }
}

const NIL = '00000000-0000-0000-0000-000000000000';
