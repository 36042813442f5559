import { getTableColumns, getTableName, type InferSelectModel } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import type { Refusal } from '../problems.ts';
import type { RecordedEvent } from './events.ts';
import { jsonTexts, jsonTextsSql } from './parameters.ts';

/**
 * A subject is anything with a history: a party, a manifest, a batch. Its row is a projection of its events, folded by
 * `evolve`; the four bookkeeping columns (`platform/tables.ts`, subjectColumns) are the journal's.
 */
type Bookkeeping = 'seq' | 'headHash' | 'recordedAt';
export type StateOf<Table extends PgTable> = Omit<InferSelectModel<Table>, Bookkeeping>;

export interface Kind<State extends { id: string } = { id: string }> {
  readonly name: string;
  /** Locks are taken in the order of the ranks, so that two groups cannot wait for each other. */
  readonly rank: number;
  readonly table: PgTable;
  /** The state after an event; `undefined` before the first. Pure: a rebuild must give the same value. */
  evolve(state: State | undefined, event: RecordedEvent): State;
  /** What to answer when a unique constraint says no: constraint name → refusal. */
  readonly conflicts: Readonly<Record<string, Refusal>>;
  /** Columns in the order of the statements below. */
  readonly columns: readonly { readonly key: string; readonly json: boolean }[];
  readonly selectSql: string;
  readonly upsertSql: string;
}

/** Locks: manifests before what they move. A later round may only take locks of a higher rank. */
export const RANKS = { register: 0, manifest: 1, container: 2, batch: 3, fact: 4, anomaly: 5, gate: 7 } as const;

export function subjectKind<Table extends PgTable>(definition: {
  name: string;
  rank: number;
  table: Table;
  evolve: (state: StateOf<Table> | undefined, event: RecordedEvent) => StateOf<Table>;
  conflicts?: Readonly<Record<string, Refusal>>;
}): Kind<StateOf<Table> & { id: string }> {
  const columns = Object.entries(getTableColumns(definition.table)).map(([key, column]) => ({
    key,
    name: `"${snake(column.name)}"`,
    type: column.getSQLType(),
  }));
  const table = `"${getTableName(definition.table)}"`;
  const names = columns.map((column) => column.name).join(', ');
  const values = columns
    .map(({ type }, index) => (type === 'jsonb' ? `${jsonTextsSql(index + 1)}::jsonb[]` : `$${index + 1}::${type}[]`))
    .join(', ');
  const updates = columns.filter((column) => column.key !== 'id').map(({ name }) => `${name} = excluded.${name}`);
  return {
    name: definition.name,
    rank: definition.rank,
    table: definition.table,
    evolve: (state, event) => definition.evolve(state, event) as StateOf<Table> & { id: string },
    conflicts: definition.conflicts ?? {},
    columns: columns.map(({ key, type }) => ({ key, json: type === 'jsonb' })),
    selectSql: `select ${names} from ${table} where id = any($1::uuid[])`,
    upsertSql: `insert into ${table} (${names}) select * from unnest(${values}) on conflict (id) do update set ${updates.join(', ')}`,
  };
}

/** The row of a subject as the journal loads it. */
export interface SubjectRow {
  state: { id: string };
  seq: number;
  headHash: Buffer;
  recordedAt: Date;
}

/** From a result row in `rowMode: 'array'`. */
export function readRow(kind: Kind, values: readonly unknown[]): SubjectRow {
  const row: Record<string, unknown> = {};
  kind.columns.forEach((column, index) => {
    row[column.key] = values[index];
  });
  const { seq, headHash, recordedAt, ...state } = row;
  return {
    state: state as { id: string },
    seq: seq as number,
    headHash: headHash as Buffer,
    recordedAt: recordedAt as Date,
  };
}

/** Subjects with the version of their history, in no order; those that are not there are left out. */
export async function subjectsById<State extends { id: string }>(
  pool: pg.Pool,
  kind: Kind<State>,
  ids: readonly string[],
): Promise<(State & { readonly version: number })[]> {
  const { rows } = await pool.query<unknown[]>({
    name: `${kind.name}-by-id`,
    text: kind.selectSql,
    values: [ids],
    rowMode: 'array',
  } as pg.QueryArrayConfig);
  return rows.map((values) => {
    const { state, seq } = readRow(kind as unknown as Kind, values);
    return { ...(state as State), version: seq };
  });
}

/** Parameters of `upsertSql`: one a column. */
export function columnParameters(kind: Kind, rows: readonly SubjectRow[]): unknown[] {
  return kind.columns.map(({ key, json }) => {
    const values = rows.map((row) =>
      key in row.state ? (row.state as Record<string, unknown>)[key] : row[key as Bookkeeping],
    );
    return json ? jsonTexts(values.map((value) => JSON.stringify(value ?? undefined))) : values;
  });
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
