import type pg from 'pg';

/** Tables partitioned by month: of the instant in a UUIDv7 key, or of an instant. */
const PARTITIONED: readonly { readonly table: string; readonly bound: (month: Date) => string }[] = [
  { table: 'custody_events', bound: firstUuidOf },
  { table: 'postings', bound: firstUuidOf },
  { table: 'positions', bound: (month) => month.toISOString() },
  { table: 'sightings', bound: (month) => month.toISOString() },
];
const MONTHS_AHEAD = 3;

/**
 * Makes sure that the month of `now` and those after it have partitions of their own; a row of any other month falls
 * into the default partition. Repeatable, and safe in several processes.
 */
export async function ensurePartitions(pool: pg.Pool, now: Date): Promise<void> {
  for (let ahead = 0; ahead <= MONTHS_AHEAD; ahead++) {
    const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1));
    const to = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead + 1, 1));
    for (const { table, bound } of PARTITIONED) {
      await pool.query('select ensure_partition($1, $2, $3, $4)', [
        table,
        `${table}_${monthName(from)}`,
        bound(from),
        bound(to),
      ]);
    }
  }
}

const monthName = (month: Date): string => month.toISOString().slice(0, 7).replace('-', '_');

/** The smallest UUIDv7 of an instant. */
export function firstUuidOf(instant: Date): string {
  const hex = instant.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
