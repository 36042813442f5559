import type pg from 'pg';
import type { StateOf } from './subjects.ts';
import type { bulks } from './tables.ts';

/** Every statement on the tables of bulks. */
export type Bulk = Omit<StateOf<typeof bulks>, never>;

const COLUMNS = `id, party_id as "partyId", key_id as "keyId", key, content_hash as "contentHash", format, on_error as "onError", state,
  bytes, lines, done, succeeded, received_at as "receivedAt", started_at as "startedAt", ended_at as "endedAt"`;
const OPEN = "state in ('waiting', 'running')";

export type BulkRow = Omit<Bulk, 'turn' | 'leasedUntil'>;

export async function beginBulk(
  pool: pg.Pool,
  {
    id,
    partyId,
    keyId,
    format,
    onError,
    receivedAt,
  }: Pick<BulkRow, 'id' | 'partyId' | 'keyId' | 'format' | 'onError' | 'receivedAt'>,
): Promise<void> {
  await pool.query(
    `insert into bulks (id, party_id, key_id, format, on_error, state, bytes, lines, done, succeeded, received_at)
     values ($1, $2, $3, $4, $5, 'arriving', 0, 0, 0, 0, $6)`,
    [id, partyId, keyId, format, onError, receivedAt],
  );
}

export interface Chunk {
  readonly firstLine: number;
  readonly lines: string;
  readonly overlong: readonly number[];
}

export async function putChunk(pool: pg.Pool, bulkId: string, { firstLine, lines, overlong }: Chunk): Promise<void> {
  await pool.query({
    name: 'bulk-put-chunk',
    text: 'insert into bulk_chunks (bulk_id, first_line, lines, overlong) values ($1, $2, $3, $4)',
    values: [bulkId, firstLine, lines, overlong],
  });
}

/** It is there: from now on it is done. @returns false when another bulk of that party has the key. */
export async function acceptBulk(
  pool: pg.Pool,
  { id, key, contentHash, bytes, lines }: Pick<BulkRow, 'id' | 'key' | 'contentHash' | 'bytes' | 'lines'>,
): Promise<boolean> {
  try {
    await pool.query(
      "update bulks set key = $2, content_hash = $3, bytes = $4, lines = $5, state = 'waiting' where id = $1",
      [id, key, contentHash, bytes, lines],
    );
    return true;
  } catch (error) {
    if ((error as { constraint?: string }).constraint === 'bulks_key') return false;
    throw error;
  }
}

export async function dropBulk(pool: pg.Pool, id: string): Promise<void> {
  await pool.query('delete from bulks where id = $1', [id]);
}

export async function bulkByKey(pool: pg.Pool, partyId: string, key: string): Promise<BulkRow | undefined> {
  const { rows } = await pool.query<BulkRow>(`select ${COLUMNS} from bulks where party_id = $1 and key = $2`, [
    partyId,
    key,
  ]);
  return rows[0];
}

/** Whose bulks a caller sees: its party's; with a key bound to a site those it sent itself. */
export interface Sender {
  readonly partyId: string;
  readonly keyId: string | null;
}

export async function findBulk(pool: pg.Pool, id: string, { partyId, keyId }: Sender): Promise<BulkRow | undefined> {
  const { rows } = await pool.query<BulkRow>(
    `select ${COLUMNS} from bulks where id = $1 and party_id = $2 and ($3::uuid is null or key_id = $3) and state <> 'arriving'`,
    [id, partyId, keyId],
  );
  return rows[0];
}

export async function listBulks(
  pool: pg.Pool,
  { partyId, keyId }: Sender,
  { below, rowsMax }: { readonly below: string; readonly rowsMax: number },
): Promise<BulkRow[]> {
  const { rows } = await pool.query<BulkRow>(
    `select ${COLUMNS} from bulks where party_id = $1 and ($2::uuid is null or key_id = $2) and state <> 'arriving' and id < $3
     order by id desc limit $4`,
    [partyId, keyId, below, rowsMax],
  );
  return rows;
}

export async function countOpen(pool: pg.Pool, partyId: string): Promise<number> {
  const { rows } = await pool.query<{ open: number }>(
    `select count(*)::int as open from bulks where party_id = $1 and (${OPEN} or state = 'arriving')`,
    [partyId],
  );
  return rows[0]!.open;
}

/** @returns whether it was open. */
export async function cancelBulk(pool: pg.Pool, id: string, now: Date): Promise<boolean> {
  const { rowCount } = await pool.query(
    `update bulks set state = 'cancelled', ended_at = $2 where id = $1 and ${OPEN}`,
    [id, now],
  );
  return rowCount === 1;
}

/** The oldest bulk of every party takes turns with those of the others: who was served last waits longest. */
const CLAIM_SQL = `update bulks set state = 'running', started_at = coalesce(started_at, $1), leased_until = $2, turn = nextval('bulk_turns')
  where id = (select id from bulks b where ${OPEN} and (leased_until is null or leased_until <= $1)
      and not exists (select from bulks older where older.party_id = b.party_id and older.${OPEN} and older.id < b.id)
    order by turn limit 1 for update skip locked)
  returning ${COLUMNS}`;

export async function claimBulk(pool: pg.Pool, now: Date, leasedUntil: Date): Promise<BulkRow | undefined> {
  const { rows } = await pool.query<BulkRow>({ name: 'bulk-claim', text: CLAIM_SQL, values: [now, leasedUntil] });
  return rows[0];
}

export async function leaseBulk(pool: pg.Pool, id: string, leasedUntil: Date): Promise<void> {
  await pool.query('update bulks set leased_until = $2 where id = $1', [id, leasedUntil]);
}

export async function nextChunk(pool: pg.Pool, bulkId: string): Promise<Chunk | undefined> {
  const { rows } = await pool.query<Chunk>({
    name: 'bulk-next-chunk',
    text: 'select first_line as "firstLine", lines, overlong from bulk_chunks where bulk_id = $1 and results is null order by first_line limit 1',
    values: [bulkId],
  });
  return rows[0];
}

export interface ChunkResults {
  readonly bulkId: string;
  readonly firstLine: number;
  readonly results: string;
  readonly done: number;
  readonly succeeded: number;
  /** An act was refused, and nothing after it is to be done. */
  readonly stopped: boolean;
}

/** Results and counts in one statement; done twice, it counts once. */
const FINISH_SQL = `with written as (
    update bulk_chunks set results = $3 where bulk_id = $1 and first_line = $2 and results is null returning 1),
  ended as (select case when $6 then 'stopped' when done + $4 >= lines then 'done' end as state from bulks where id = $1)
  update bulks set done = done + $4, succeeded = succeeded + $5, leased_until = null,
    state = case when bulks.state = 'running' then coalesce(ended.state, 'running') else bulks.state end,
    ended_at = case when bulks.state = 'running' and ended.state is not null then $7 else ended_at end
  from ended where id = $1 and exists (select from written)`;

export async function finishChunk(
  pool: pg.Pool,
  { bulkId, firstLine, results, done, succeeded, stopped }: ChunkResults,
  now: Date,
): Promise<void> {
  await pool.query({
    name: 'bulk-finish-chunk',
    text: FINISH_SQL,
    values: [bulkId, firstLine, results, done, succeeded, stopped, now],
  });
}

export interface Results {
  readonly firstLine: number;
  readonly results: string;
}

/** The chunk that holds a line, when it has its results. */
export async function resultsAround(pool: pg.Pool, bulkId: string, line: number): Promise<Results | undefined> {
  const { rows } = await pool.query<Results & { results: string | null }>({
    name: 'bulk-results-around',
    text: 'select first_line as "firstLine", results from bulk_chunks where bulk_id = $1 and first_line <= $2 order by first_line desc limit 1',
    values: [bulkId, line],
  });
  return rows[0]?.results === null ? undefined : rows[0];
}

/** The next chunk that has its results. */
export async function resultsAfter(pool: pg.Pool, bulkId: string, firstLine: number): Promise<Results | undefined> {
  const { rows } = await pool.query<Results>({
    name: 'bulk-results-after',
    text: 'select first_line as "firstLine", results from bulk_chunks where bulk_id = $1 and first_line > $2 and results is not null order by first_line limit 1',
    values: [bulkId, firstLine],
  });
  return rows[0];
}

export async function hasEnded(pool: pg.Pool, bulkId: string): Promise<boolean> {
  const { rowCount } = await pool.query('select 1 from bulks where id = $1 and ended_at is null', [bulkId]);
  return rowCount === 0;
}

/** An upload that broke off is dropped by its process, unless that was killed. */
const ARRIVING_HOURS = 24;
const BULKS_MAX = 100;
const HOUR_MS = 3_600_000;

/** @returns how many were removed with their lines and results. */
export async function forgetBulks(pool: pg.Pool, now: Date, keptDays: number): Promise<number> {
  const { rowCount } = await pool.query(
    `delete from bulks where id = any(array(select id from bulks
       where ended_at < $1 or (state = 'arriving' and received_at < $2) order by id limit $3))`,
    [new Date(now.getTime() - keptDays * 24 * HOUR_MS), new Date(now.getTime() - ARRIVING_HOURS * HOUR_MS), BULKS_MAX],
  );
  return rowCount ?? 0;
}
