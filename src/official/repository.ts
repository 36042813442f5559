/** Every statement on this slice's own tables that an import writes. The records of one owner are written by one import at a time. */
import type pg from 'pg';
import { canonicalText, sha256 } from '../platform/events.ts';
import { earliestIdOf, newUuid } from '../platform/ids.ts';
import { jsonTexts, jsonTextsSql } from '../platform/parameters.ts';
import type { CellFault, Fields, RecordKind } from './mappings.ts';
import type { Difference, MatchState } from './rules.ts';

type Client = Pick<pg.ClientBase, 'query'>;

/** A row of a file that became a record, or is to. */
export interface GivenRecord {
  readonly key: string;
  readonly number: string | null;
  readonly rowNumber: number;
  readonly raw: readonly string[];
  readonly fields: Fields;
}

export interface Batch {
  readonly importId: string;
  readonly ownerId: string;
  readonly system: string;
  readonly kind: RecordKind;
  readonly now: Date;
}

export interface Stored {
  readonly ids: readonly string[];
  readonly new: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Said otherwise further up in the same file. */
  readonly twice: readonly GivenRecord[];
}

/** Until the end of the transaction nobody else writes records of that owner. */
export const lockOwner = (client: Client, ownerId: string): Promise<unknown> =>
  client.query("select pg_advisory_xact_lock(hashtext('official records'), hashtext($1))", [ownerId]);

const KNOWN_SQL = `select id, key, version, encode(content_hash, 'hex') as hash, seen_import_id as "seenImportId"
  from official_records where owner_id = $1 and system = $2 and kind = $3 and key = any($4::text[])`;

/** What a record said before stays readable under its version. */
const KEEP_VERSIONS_SQL = `insert into official_record_versions (record_id, version, import_id, row_number, raw, fields)
  select id, version, import_id, row_number, raw, fields from official_records where id = any($1::uuid[]) on conflict do nothing`;

const PUT_SQL = `insert into official_records (id, owner_id, system, kind, key, number, version, import_id, row_number, seen_import_id, content_hash, raw, fields,
    state, candidates, differences, matched_at)
  select g.id, $1, $2, $3, g.key, g.number, g.version, $4, g.row_number, $4, g.hash, g.raw, g.fields, 'not_compared', '[]', '[]', $5
  from unnest($6::uuid[], $7::text[], $8::text[], $9::int[], $10::int[], $11::bytea[], ${jsonTextsSql(12)}::jsonb[], ${jsonTextsSql(13)}::jsonb[])
    as g(id, key, number, version, row_number, hash, raw, fields)
  on conflict (id) do update set version = excluded.version, import_id = excluded.import_id, row_number = excluded.row_number,
    seen_import_id = excluded.seen_import_id, content_hash = excluded.content_hash, raw = excluded.raw, fields = excluded.fields, number = excluded.number`;

const SEEN_SQL = 'update official_records set seen_import_id = $1 where id = any($2::uuid[]) and seen_import_id <> $1';

/** New ones, new versions, and those that say the same. `onlyNew`: those that are known already stay as they are. */
export async function putRecords(
  client: Client,
  batch: Batch,
  given: readonly GivenRecord[],
  { onlyNew = false } = {},
): Promise<Stored> {
  const { importId, ownerId, system, kind, now } = batch;
  interface Known {
    readonly id: string;
    readonly version: number;
    readonly hash: string;
    readonly seenImportId: string;
  }
  const { rows } = await client.query<Known & { key: string }>(KNOWN_SQL, [
    ownerId,
    system,
    kind,
    given.map(({ key }) => key),
  ]);
  const known = new Map<string, Known>(rows.map((row) => [row.key, row]));
  const put: (GivenRecord & Known)[] = [];
  const ids = new Set<string>();
  const seen: string[] = [];
  const twice: GivenRecord[] = [];
  const counts = { new: 0, changed: 0, unchanged: 0 };
  for (const record of given) {
    const hash = sha256(canonicalText(record.fields)).toString('hex');
    const before = known.get(record.key);
    if (before && (onlyNew || before.hash === hash)) {
      counts.unchanged += 1;
      if (!onlyNew) seen.push(before.id);
      ids.add(before.id);
    } else if (before?.seenImportId === importId) twice.push(record);
    else {
      counts[before ? 'changed' : 'new'] += 1;
      const row = { id: before?.id ?? newUuid(now), version: (before?.version ?? 0) + 1, hash, seenImportId: importId };
      known.set(record.key, row);
      put.push({ ...record, ...row });
      ids.add(row.id);
    }
  }
  const changed = put.filter(({ version }) => version > 1).map(({ id }) => id);
  if (changed.length > 0) await client.query(KEEP_VERSIONS_SQL, [changed]);
  if (put.length > 0)
    await client.query(PUT_SQL, [
      ownerId,
      system,
      kind,
      importId,
      now,
      put.map(({ id }) => id),
      put.map(({ key }) => key),
      put.map(({ number }) => number),
      put.map(({ version }) => version),
      put.map(({ rowNumber }) => rowNumber),
      put.map(({ hash }) => Buffer.from(hash, 'hex')),
      jsonTexts(put.map(({ raw }) => JSON.stringify(raw))),
      jsonTexts(put.map(({ fields }) => JSON.stringify(fields))),
    ]);
  if (seen.length > 0) await client.query(SEEN_SQL, [importId, seen]);
  return { ids: [...ids], twice, ...counts };
}

/** What was found of a record. */
export interface Finding {
  readonly id: string;
  readonly state: MatchState;
  readonly subjectId: string | null;
  readonly candidates: readonly string[];
  readonly differences: readonly Difference[];
}

const FOUND_SQL = `update official_records r set state = g.state, subject_id = g.subject_id, candidates = g.candidates, differences = g.differences, matched_at = $6
  from unnest($1::uuid[], $2::text[], $3::uuid[], ${jsonTextsSql(4)}::jsonb[], ${jsonTextsSql(5)}::jsonb[]) as g(id, state, subject_id, candidates, differences)
  where r.id = g.id`;

/** Under the owner's lock, so that it never meets an import half-way. */
export async function putFindings(pool: pg.Pool, ownerId: string, found: readonly Finding[], now: Date): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await lockOwner(client, ownerId);
    await client.query(FOUND_SQL, [
      found.map(({ id }) => id),
      found.map(({ state }) => state),
      found.map(({ subjectId }) => subjectId),
      jsonTexts(found.map(({ candidates }) => JSON.stringify(candidates))),
      jsonTexts(found.map(({ differences }) => JSON.stringify(differences))),
      now,
    ]);
    await client.query('commit');
  } finally {
    await client.query('rollback').catch(() => {});
    client.release();
  }
}

/** Kept for whoever mends the file; beyond these they are only counted. */
export const ROW_ERRORS_MAX = 10_000;

export interface RowFault extends CellFault {
  readonly rowNumber: number;
  readonly title: string;
}

const FAULTS_SQL = `insert into official_row_errors (import_id, row_number, cell, title, code, given)
  select $1, * from unnest($2::int[], $3::int[], $4::text[], $5::text[], $6::text[]) on conflict do nothing`;

export async function putFaults(client: Client, importId: string, faults: readonly RowFault[]): Promise<void> {
  if (faults.length === 0) return;
  await client.query(FAULTS_SQL, [
    importId,
    faults.map(({ rowNumber }) => rowNumber),
    faults.map(({ cell }) => cell),
    faults.map(({ title }) => title),
    faults.map(({ code }) => code),
    faults.map(({ given }) => given),
  ]);
}

export const forgetFile = (client: Client, fileId: string): Promise<unknown> =>
  client.query('delete from official_file_chunks where file_id = $1', [fileId]);

const HOUR_MS = 3_600_000;
/** No upload takes that long. */
const UPLOAD_HOURS = 24;
/** Swept every hour; what a longer pause left behind stays and takes room, nothing more. */
const SWEPT_HOURS = 30 * 24;
const FILES_MAX = 100;

/** Pieces of files that never became an import: their process was killed. Ids tell the time, so that only the last weeks are looked at. */
export async function forgetUploads(pool: pg.Pool, now: Date): Promise<number> {
  const before = (hours: number) => earliestIdOf(new Date(now.getTime() - hours * HOUR_MS));
  const { rowCount } = await pool.query(
    `delete from official_file_chunks where file_id = any(array(
       select file_id from official_file_chunks c where file_id >= $1 and file_id < $2 and nth = 0
         and not exists (select from official_imports i where i.file_id = c.file_id) limit $3))`,
    [before(SWEPT_HOURS), before(UPLOAD_HOURS), FILES_MAX],
  );
  return rowCount ?? 0;
}
