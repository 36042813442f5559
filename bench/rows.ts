import { databaseUrl } from '../src/platform/connections.ts';
import { SYSTEM_PARTY } from '../src/platform/jobs.ts';
import type { Bench } from './bench.ts';
import { withClient } from './postgres.ts';

/** What one act of a caller leaves in the database, its jobs included. */
export interface RowsPerAct {
  readonly acts: number;
  readonly tables: readonly {
    readonly table: string;
    readonly inserted: number;
    readonly updated: number;
    /** Of the updated, those that touched no index (HOT). */
    readonly hot: number;
    readonly deleted: number;
  }[];
  /** Rows inserted, updated and deleted. */
  readonly total: number;
  /** Bytes of the database's files beyond those of the city it began as. */
  readonly bytes: number;
}

/** Postgres counts them itself, from nothing in a new clone. Asked after the server has gone: then all is counted. */
const COUNTS_SQL = `select regexp_replace(relname, '_(\\d{4}_\\d\\d|default)$', '') as "table", sum(n_tup_ins)::int as inserted,
    sum(n_tup_upd)::int as updated, sum(n_tup_hot_upd)::int as hot, sum(n_tup_del)::int as deleted
  from pg_stat_user_tables group by 1 having sum(n_tup_ins + n_tup_upd + n_tup_del) > 0 order by 1`;

export async function rowsPerAct(bench: Bench, database: string): Promise<RowsPerAct> {
  const { serverUrl } = bench.postgres;
  const began = await sizeAndActs(databaseUrl(serverUrl, bench.cityDatabase));
  const url = databaseUrl(serverUrl, database);
  const now = await sizeAndActs(url);
  const acts = now.acts - began.acts;
  type Counts = RowsPerAct['tables'][number];
  const { rows } = await withClient(url, (client) => client.query<Counts>(COUNTS_SQL));
  const tables = rows.map(({ table, inserted, updated, hot, deleted }) => ({
    table,
    inserted: inserted / acts,
    updated: updated / acts,
    hot: hot / acts,
    deleted: deleted / acts,
  }));
  const total = tables.reduce((sum, row) => sum + row.inserted + row.updated + row.deleted, 0);
  return { acts, tables, total, bytes: (now.bytes - began.bytes) / acts };
}

function sizeAndActs(url: string): Promise<{ bytes: number; acts: number }> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ bytes: string; acts: number }>(
      'select pg_database_size(current_database()) as bytes, (select count(*)::int from act_keys where organisation <> $1) as acts',
      [SYSTEM_PARTY],
    );
    return { bytes: Number(rows[0]!.bytes), acts: rows[0]!.acts };
  });
}

interface Groups {
  readonly acts: number;
  readonly groups: number;
}

/** From the service's own metrics. */
export async function readGroups(metricsPort: number): Promise<Groups> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  const value = (name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
  return { acts: value('liandan_acts_total'), groups: value('liandan_group_seconds_count') };
}

/** Acts a transaction carried on average since then. */
export async function groupsSince(metricsPort: number, before: Groups): Promise<number> {
  const now = await readGroups(metricsPort);
  return (now.acts - before.acts) / (now.groups - before.groups);
}
