/** Reads of this slice's own tables, for its routes. Everybody reads what his own party brought; an administrator the parties of all. */
import type pg from 'pg';
import type { Caller } from '../platform/acts.ts';
import type { CELL_ERRORS } from './cells.ts';
import type { Fields, RecordKind } from './mappings.ts';
import type { Difference, MatchState } from './rules.ts';
import type { ImportCounts } from './tables.ts';

/** A key bound to a site sees none of what concerns the whole party. */
const ownerIdOf = ({ actor, site }: Caller): string | null => (site ? null : actor.party);

export interface ImportRow {
  readonly id: string;
  readonly importedBy: string;
  readonly system: string;
  readonly kind: RecordKind;
  readonly sha256: string;
  readonly bytes: number;
  readonly format: string;
  readonly encoding: string;
  readonly mapping: string;
  readonly fileId: string;
  readonly columns: readonly string[];
  readonly unknownColumns: readonly string[];
  readonly counts: ImportCounts | null;
  readonly receivedAt: Date;
}

const IMPORT_COLUMNS = `id, owner_id as "importedBy", system, kind, sha256, bytes, format, encoding, mapping, file_id as "fileId", columns,
  unknown_columns as "unknownColumns", counts, received_at as "receivedAt"`;

export async function importsOf(
  pool: pg.Pool,
  caller: Caller,
  { below, rowsMax }: { readonly below: string; readonly rowsMax: number },
): Promise<ImportRow[]> {
  const { rows } = await pool.query<ImportRow>(
    `select ${IMPORT_COLUMNS} from official_imports where owner_id = $1 and id < $2 order by id desc limit $3`,
    [ownerIdOf(caller), below, rowsMax],
  );
  return rows;
}

export async function findImport(pool: pg.Pool, caller: Caller, id: string): Promise<ImportRow | undefined> {
  const { rows } = await pool.query<ImportRow>(
    `select ${IMPORT_COLUMNS} from official_imports where id = $1 and owner_id = $2`,
    [id, ownerIdOf(caller)],
  );
  return rows[0];
}

export interface FaultRow {
  readonly rowNumber: number;
  readonly cell: number;
  readonly title: string;
  readonly code: keyof typeof CELL_ERRORS;
  readonly given: string;
}

export async function faultsOf(
  pool: pg.Pool,
  importId: string,
  { after, rowsMax }: { readonly after: readonly [row: number, cell: number]; readonly rowsMax: number },
): Promise<FaultRow[]> {
  const { rows } = await pool.query<FaultRow>(
    `select row_number as "rowNumber", cell, title, code, given from official_row_errors
     where import_id = $1 and (row_number, cell) > ($2, $3) order by row_number, cell limit $4`,
    [importId, ...after, rowsMax],
  );
  return rows;
}

export interface RecordRow {
  readonly id: string;
  readonly system: string;
  readonly kind: RecordKind;
  readonly number: string | null;
  readonly version: number;
  readonly state: MatchState;
  readonly importId: string;
  readonly rowNumber: number;
  readonly fields: Fields;
  readonly raw: readonly string[];
  readonly subjectId: string | null;
  readonly candidates: readonly string[];
  readonly differences: readonly Difference[];
  readonly matchedAt: Date;
  /** A candidate that has this very number as ours. */
  readonly hasOurNumber: boolean;
}

const RECORD_COLUMNS = `id, system, kind, number, version, state, import_id as "importId", row_number as "rowNumber", fields, raw,
  subject_id as "subjectId", candidates, differences, matched_at as "matchedAt",
  state = 'candidate' and exists (select from manifests m where m.number = official_records.number and official_records.candidates ? m.id::text) as "hasOurNumber"`;

export interface RecordFilter {
  readonly kind: RecordKind;
  readonly states: readonly MatchState[];
  readonly importId: string | undefined;
  readonly below: string;
  readonly rowsMax: number;
}

/** Each state on its own: the index gives each in order. An administrator is asked for parties, whoever brought them. */
export async function recordsOf(
  pool: pg.Pool,
  caller: Caller,
  { kind, states, importId, below, rowsMax }: RecordFilter,
): Promise<RecordRow[]> {
  const isOfAll = caller.role === 'administrator';
  if (isOfAll && kind !== 'parties') return [];
  const whose = isOfAll ? "kind = 'parties'" : 'owner_id = $6';
  const { rows } = await pool.query<RecordRow>(
    `select r.* from unnest($2::text[]) as s(state) cross join lateral (
       select ${RECORD_COLUMNS} from official_records where ${whose} and kind = $1 and state = s.state
         and ($3::uuid is null or seen_import_id = $3) and id < $4 order by id desc limit $5
     ) r order by r.id desc limit $5`,
    [kind, states, importId ?? null, below, rowsMax, ...(isOfAll ? [] : [ownerIdOf(caller)])],
  );
  return rows;
}

export interface VersionRow {
  readonly version: number;
  readonly importId: string;
  readonly rowNumber: number;
  readonly fields: Fields;
}

/** With what it said before, the newest first. */
export async function findRecord(
  pool: pg.Pool,
  caller: Caller,
  id: string,
): Promise<(RecordRow & { readonly earlier: readonly VersionRow[] }) | undefined> {
  const { rows } = await pool.query<RecordRow>(
    `select ${RECORD_COLUMNS} from official_records where id = $1 and (owner_id = $2 or $3 and kind = 'parties')`,
    [id, ownerIdOf(caller), caller.role === 'administrator'],
  );
  if (!rows[0]) return undefined;
  const { rows: earlier } = await pool.query<VersionRow>(
    `select version, import_id as "importId", row_number as "rowNumber", fields from official_record_versions
     where record_id = $1 order by version desc limit 100`,
    [id],
  );
  return { ...rows[0], earlier };
}
