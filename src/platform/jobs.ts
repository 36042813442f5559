import type pg from 'pg';
import type { Act, Caller, Reference } from './acts.ts';
import type { Clock } from './clock.ts';
import type { Database } from './connections.ts';
import { namedUuid } from './ids.ts';
import type { Journal } from './journal.ts';

/**
 * Jobs: a definition and a handler that loads by id, decides again, and returns the acts to be done. The acts go
 * through the journal under keys of the outbox row, so that a job delivered twice acts once; the last of them marks
 * the row done in its own transaction.
 */
export interface JobDefinition {
  readonly name: string;
  /** It waits for something outside that may be away for long: it is tried until it is done. */
  readonly keepsTrying?: true;
  handle(payload: Readonly<Record<string, string>>, tools: JobTools): Promise<readonly JobAct[]>;
}

export interface JobTools {
  readonly database: Database;
  readonly clock: Clock;
  /** What is in force now. */
  readonly reference: () => Reference;
}

export interface JobAct {
  readonly act: Act<never, never>;
  readonly input: unknown;
  /** Names it among the acts of its row, the same at every try; its place does where the acts are always the same. */
  readonly key?: string;
}

/** Not worth another try. */
export class PermanentError extends Error {}

export interface JobRow {
  readonly id: number;
  readonly job: string;
  readonly payload: Readonly<Record<string, string>>;
  readonly attempts: number;
  /** Other due rows that ask for the very same: done with this one. */
  readonly twins: readonly number[];
}

/** The service itself, as an actor. */
export const SYSTEM_PARTY = namedUuid('liandan system');
export const SYSTEM_CALLER: Caller = { actor: { party: SYSTEM_PARTY }, role: 'system' };

const ATTEMPTS_MAX = 8;
const BACKOFF_MS = 1_000;
const BACKOFF_MAX_MS = 10 * 60_000;

const DUE = "state = 'pending' and available_at <= $1";
const CLAIM_SQL = `update outbox set attempts = attempts + 1, available_at = $2
  where id in (select id from outbox where ${DUE} order by available_at, id limit $3 for update skip locked)
  returning id, job, payload, attempts`;
const LEND_SQL = `update outbox set available_at = $2
  where id in (select id from outbox where ${DUE} order by available_at, id limit $3 for update skip locked) returning id`;
const TAKE_SQL = `update outbox set attempts = attempts + 1, available_at = $2 where id = $1 and state = 'pending' returning id, job, payload, attempts`;

const leaseFrom = (clock: Clock, leaseMs: number): Date => new Date(clock.now().getTime() + leaseMs);

/** Due rows for this process to run. An expired lease makes a row due again: nobody has to sweep. */
export async function claimDue(pool: pg.Pool, clock: Clock, leaseMs: number, rowsMax: number): Promise<JobRow[]> {
  const { rows } = await pool.query<JobRow>({
    name: 'jobs-claim',
    text: CLAIM_SQL,
    values: [clock.now(), leaseFrom(clock, leaseMs), rowsMax],
  });
  return withTwins(rows.sort((a, b) => a.id - b.id));
}

/** A pickup, a weighing and a receipt within the same moment ask for one judgement, not three. */
function withTwins(rows: readonly Omit<JobRow, 'twins'>[]): JobRow[] {
  const byWork = new Map<string, JobRow & { twins: number[] }>();
  for (const row of rows) {
    const work = `${row.job} ${JSON.stringify(row.payload)}`;
    const first = byWork.get(work);
    if (first) first.twins.push(row.id);
    else byWork.set(work, { ...row, twins: [] });
  }
  return [...byWork.values()];
}

/** Due rows to be handed to a queue: not offered again until the lease ends, so a queue that is wiped loses nothing. */
export async function lendDue(pool: pg.Pool, clock: Clock, leaseMs: number, rowsMax: number): Promise<number[]> {
  const { rows } = await pool.query<{ id: number }>({
    name: 'jobs-lend',
    text: LEND_SQL,
    values: [clock.now(), leaseFrom(clock, leaseMs), rowsMax],
  });
  return rows.map((row) => row.id).sort((a, b) => a - b);
}

/** The row a queue delivered, unless it has been done meanwhile. */
export async function takeJob(pool: pg.Pool, clock: Clock, leaseMs: number, id: number): Promise<JobRow | undefined> {
  const { rows } = await pool.query<JobRow>({
    name: 'jobs-take',
    text: TAKE_SQL,
    values: [id, leaseFrom(clock, leaseMs)],
  });
  return rows[0] && { ...rows[0], twins: [] };
}

export async function giveBack(pool: pg.Pool, clock: Clock, ids: readonly number[], afterMs: number): Promise<void> {
  await pool.query("update outbox set available_at = $2 where id = any($1::bigint[]) and state = 'pending'", [
    ids,
    new Date(clock.now().getTime() + afterMs),
  ]);
}

export interface JobRunner {
  /** Never throws: what goes wrong is written on the row. */
  run(row: JobRow): Promise<void>;
}

export interface JobRunnerOptions extends JobTools {
  readonly journal: Journal;
  readonly definitions: ReadonlyMap<string, JobDefinition>;
  readonly log: { warn(fields: object, event: string): void; error(fields: object, event: string): void };
  readonly observe: (job: { job: string; outcome: 'done' | 'retried' | 'failed' }) => void;
}

export function jobRunner(options: JobRunnerOptions): JobRunner {
  const { database, clock, journal, reference } = options;

  async function attempt(row: JobRow): Promise<void> {
    const definition = options.definitions.get(row.job);
    if (!definition) throw new PermanentError(`no job is called ${row.job}`);
    const acts = await definition.handle(row.payload, { database, clock, reference });
    const submit = ({ act, input, key }: JobAct, n: number, completes: readonly number[]) =>
      journal.submit(act, input as never, {
        caller: SYSTEM_CALLER,
        organisation: SYSTEM_PARTY,
        key: `job:${row.id}:${key ?? n}`,
        completes,
      });
    // Together, so that they share a group; the row is done with the last, and only when all others are.
    await Promise.all(acts.slice(0, -1).map((act, n) => submit(act, n, [])));
    const last = acts.at(-1);
    if (last) await submit(last, acts.length - 1, [row.id, ...row.twins]);
    if (acts.length === 0)
      await database.pool.query({
        name: 'jobs-done',
        text: "update outbox set state = 'done', done_at = $2 where id = any($1::bigint[])",
        values: [[row.id, ...row.twins], clock.now()],
      });
  }

  async function recordFailure(row: JobRow, error: unknown): Promise<void> {
    const final =
      error instanceof PermanentError ||
      (row.attempts >= ATTEMPTS_MAX && !options.definitions.get(row.job)?.keepsTrying);
    options.log[final ? 'error' : 'warn'](
      { event: 'job_failed', job: row.job, id: row.id, attempts: row.attempts, final, err: error },
      'job_failed',
    );
    options.observe({ job: row.job, outcome: final ? 'failed' : 'retried' });
    const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** (row.attempts - 1));
    await database.pool.query(
      "update outbox set state = $2, available_at = $3, last_error = $4 where id = $1 and state = 'pending'",
      [
        row.id,
        final ? 'failed' : 'pending',
        new Date(clock.now().getTime() + backoffMs),
        String(error instanceof Error ? error.message : error).slice(0, 500),
      ],
    );
  }

  return {
    async run(row) {
      try {
        await attempt(row);
        options.observe({ job: row.job, outcome: 'done' });
      } catch (error) {
        await recordFailure(row, error).catch((second) =>
          options.log.error({ event: 'job_unrecorded', id: row.id, err: second }, 'job_unrecorded'),
        );
      }
    },
  };
}
