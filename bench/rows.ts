import { withClient } from './postgres.ts';

/** What one act of a caller leaves in the database, its jobs included. */
export interface RowsPerAct {
  readonly acts: number;
  readonly tables: readonly (TableCounts & { readonly table: string })[];
  /** Rows inserted, updated and deleted. */
  readonly total: number;
  /** Bytes by which the database's files grew, indexes included. */
  readonly bytes: number;
  /** Bytes of write-ahead log. */
  readonly walBytes: number;
}

interface TableCounts {
  readonly inserted: number;
  readonly updated: number;
  /** Of the updated, those that touched no index (HOT). */
  readonly hot: number;
  readonly deleted: number;
}

export interface RowCounts {
  readonly tables: ReadonlyMap<string, TableCounts>;
  readonly bytes: number;
  readonly walBytes: number;
}

/** Postgres counts for itself. All is counted once the sessions that did the work have ended. */
const COUNTS_SQL = `select regexp_replace(relname, '_(\\d{4}_\\d\\d|default)$', '') as "table", sum(n_tup_ins)::int as inserted,
    sum(n_tup_upd)::int as updated, sum(n_tup_hot_upd)::int as hot, sum(n_tup_del)::int as deleted
  from pg_stat_user_tables group by 1 order by 1`;
const SIZES_SQL =
  'select pg_database_size(current_database())::float8 as bytes, (pg_current_wal_insert_lsn() - \'0/0\')::float8 as "walBytes"';

export function countRows(url: string): Promise<RowCounts> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<TableCounts & { table: string }>(COUNTS_SQL);
    const sizes = await client.query<{ bytes: number; walBytes: number }>(SIZES_SQL);
    return { tables: new Map(rows.map(({ table, ...counts }) => [table, counts])), ...sizes.rows[0]! };
  });
}

export function rowsPerAct(before: RowCounts, after: RowCounts, acts: number): RowsPerAct {
  const tables = [...after.tables].map(([table, now]) => {
    const then = before.tables.get(table);
    const each = (name: keyof TableCounts) => (now[name] - (then?.[name] ?? 0)) / acts;
    return { table, inserted: each('inserted'), updated: each('updated'), hot: each('hot'), deleted: each('deleted') };
  });
  const touched = tables.filter(({ inserted, updated, deleted }) => inserted + updated + deleted > 0);
  return {
    acts,
    tables: touched,
    total: touched.reduce((sum, row) => sum + row.inserted + row.updated + row.deleted, 0),
    bytes: (after.bytes - before.bytes) / acts,
    walBytes: (after.walBytes - before.walBytes) / acts,
  };
}
