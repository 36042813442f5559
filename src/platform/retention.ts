import type pg from 'pg';

/** Answers are repeated for 30 days, and done jobs kept for 7 to be looked at; then both only take room. */
const ANSWER_DAYS = 30;
const DONE_JOB_DAYS = 7;
const ROWS_MAX = 10_000;
const DAY_MS = 86_400_000;

/** @returns how many rows went; at most ROWS_MAX a call, so that no statement runs long. */
export async function forgetAnsweredKeys(pool: pg.Pool, now: Date): Promise<number> {
  const { rowCount } = await pool.query(
    'delete from act_keys where ctid = any(array(select ctid from act_keys where recorded_at < $1 limit $2))',
    [new Date(now.getTime() - ANSWER_DAYS * DAY_MS), ROWS_MAX],
  );
  return rowCount ?? 0;
}

export async function forgetDoneJobs(pool: pg.Pool, now: Date): Promise<number> {
  const { rowCount } = await pool.query(
    "delete from outbox where id = any(array(select id from outbox where state = 'done' and done_at < $1 order by id limit $2))",
    [new Date(now.getTime() - DONE_JOB_DAYS * DAY_MS), ROWS_MAX],
  );
  return rowCount ?? 0;
}
