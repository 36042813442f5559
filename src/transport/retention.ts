import type pg from 'pg';
import { dayInShanghai } from '../catalogue/calendar.ts';

/**
 * Where vehicles were is forgotten when its time has passed: each row says until which day it is kept. A month of which nothing is
 * kept any more is dropped as a whole; what is over in the others goes row by row, a bounded number a turn.
 */
const PARTITIONED = ['positions', 'sightings'] as const;
const ROWS_MAX = 50_000;
const TURNS_MAX = 20;

export async function forgetTracks(pool: pg.Pool, now: Date): Promise<void> {
  const today = dayInShanghai(now);
  for (const table of PARTITIONED) {
    for (const partition of await monthsBefore(pool, table, now)) await dropWhenOver(pool, partition, today);
    await forgetRows(pool, table, today);
  }
  await forgetRows(pool, 'fence_crossings', today);
}

/** Names of the partitions of months that are over, the default one apart. */
async function monthsBefore(pool: pg.Pool, table: string, now: Date): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    'select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by 1',
    [table],
  );
  const thisMonth = `${table}_${now.toISOString().slice(0, 7).replace('-', '_')}`;
  return rows.map(({ name }) => name).filter((name) => /_\d{4}_\d\d$/.test(name) && name < thisMonth);
}

async function dropWhenOver(pool: pg.Pool, partition: string, today: string): Promise<void> {
  const { rows } = await pool.query(`select 1 from ${partition} where kept_until >= $1 limit 1`, [today]);
  if (rows.length === 0) await pool.query(`drop table if exists ${partition}`);
}

async function forgetRows(pool: pg.Pool, table: string, today: string): Promise<void> {
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    const { rowCount } = await pool.query(
      `delete from ${table} where (tableoid, ctid) in (select tableoid, ctid from ${table} where kept_until < $1 limit ${ROWS_MAX})`,
      [today],
    );
    if ((rowCount ?? 0) < ROWS_MAX) return;
  }
}
