import { sql } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant, subjectColumns } from '../platform/tables.ts';
import type { Fields, RecordKind } from './mappings.ts';
import type { Difference, MatchState } from './rules.ts';

export interface ImportCounts {
  readonly rows: number;
  readonly new: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly refused: number;
}

/** 导入: one file of an official system, as somebody brought it. */
export const officialImports = pgTable(
  'official_imports',
  {
    ...subjectColumns,
    ownerId: uuid().notNull(),
    system: text().notNull(),
    kind: text().$type<RecordKind>().notNull(),
    /** SHA-256 of the file, in hex. */
    sha256: text().notNull(),
    bytes: bigint({ mode: 'number' }).notNull(),
    format: text().$type<'csv' | 'xlsx'>().notNull(),
    encoding: text().notNull(),
    /** The row of the mappings it was read with. */
    mapping: text().notNull(),
    fileId: uuid().notNull(),
    /** Titles as they stand in the file; those no mapping knows. */
    columns: jsonb().$type<readonly string[]>().notNull(),
    unknownColumns: jsonb().$type<readonly string[]>().notNull(),
    /** Null until every row has been read. */
    counts: jsonb().$type<ImportCounts>(),
    receivedAt: instant().notNull(),
  },
  (table) => [
    unique('official_imports_file').on(table.ownerId, table.system, table.kind, table.sha256),
    index('official_imports_owner').on(table.ownerId, table.id),
  ],
);

/** The file itself, in pieces, so that neither side ever holds the whole of it. */
export const officialFileChunks = pgTable(
  'official_file_chunks',
  { fileId: uuid().notNull(), nth: integer().notNull(), content: bytea().notNull() },
  (table) => [primaryKey({ columns: [table.fileId, table.nth] })],
);

/** What an official system says, row by row, beside what was declared and observed. Whoever imported it owns it. */
export const officialRecords = pgTable(
  'official_records',
  {
    id: uuid().primaryKey(),
    ownerId: uuid().notNull(),
    system: text().notNull(),
    kind: text().$type<RecordKind>().notNull(),
    /** What makes it the same record in the next file. */
    key: text().notNull(),
    /** Its official manifest number, where it has one. */
    number: text(),
    version: integer().notNull(),
    importId: uuid().notNull(),
    rowNumber: integer().notNull(),
    /** The last file it stood in, with this content. */
    seenImportId: uuid().notNull(),
    contentHash: bytea().notNull(),
    /** Cells as told, in the order of the import's columns. */
    raw: jsonb().$type<readonly string[]>().notNull(),
    fields: jsonb().$type<Fields>().notNull(),
    state: text().$type<MatchState>().notNull(),
    /** The manifest or party it speaks of; null unless there is exactly one. */
    subjectId: uuid(),
    candidates: jsonb().$type<readonly string[]>().notNull(),
    differences: jsonb().$type<readonly Difference[]>().notNull(),
    matchedAt: instant().notNull(),
  },
  (table) => [
    unique('official_records_key').on(table.ownerId, table.system, table.kind, table.key),
    index('official_records_state').on(table.ownerId, table.kind, table.state, table.id),
    index('official_records_parties').on(table.state, table.id).where(sql`kind = 'parties'`),
    index('official_records_seen').on(table.seenImportId, table.id),
    index('official_records_number').on(table.system, table.number).where(sql`number is not null`),
    index('official_records_open').on(table.matchedAt).where(sql`state in ('missing_here', 'candidate', 'differs')`),
  ],
);

/** What a record said before a later file said something else. */
export const officialRecordVersions = pgTable(
  'official_record_versions',
  {
    recordId: uuid().notNull(),
    version: integer().notNull(),
    importId: uuid().notNull(),
    rowNumber: integer().notNull(),
    raw: jsonb().$type<readonly string[]>().notNull(),
    fields: jsonb().$type<Fields>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.recordId, table.version] })],
);

/** Cells that could not be read: their row became no record. */
export const officialRowErrors = pgTable(
  'official_row_errors',
  {
    importId: uuid().notNull(),
    rowNumber: integer().notNull(),
    /** Place of the cell in its row, from 0; -1 for the row as a whole. */
    cell: integer().notNull(),
    title: text().notNull(),
    code: text().notNull(),
    given: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.importId, table.rowNumber, table.cell] })],
);

/** What somebody decided of a party an official system names. Its id is the record's. */
export const officialParties = pgTable('official_parties', {
  ...subjectColumns,
  ownerId: uuid().notNull(),
  decision: text().$type<'same_as' | 'registered' | 'ignored'>().notNull(),
  partyId: uuid(),
  /** Fields of the party that were taken over from the record. */
  adopted: jsonb().$type<readonly string[]>().notNull(),
  decidedById: uuid().notNull(),
  decidedAt: instant().notNull(),
});

export type BothLanguages = { readonly zh: Record<string, unknown>; readonly en: Record<string, unknown> };
/** As it was answered; in one language where the instance above knows no better. */
export type PushProblem = BothLanguages | Record<string, unknown>;

/** How far the instance above knows each manifest of this one. */
export const upstreamPushes = pgTable(
  'upstream_pushes',
  {
    manifestId: uuid().primaryKey(),
    /** The version it was sent in, and whether that was acknowledged or refused. */
    version: integer().notNull(),
    state: text().$type<'acknowledged' | 'parked'>().notNull(),
    /** Why it was refused there, in the words of that instance. */
    problem: jsonb().$type<PushProblem>(),
    answeredAt: instant().notNull(),
  },
  (table) => [index('upstream_pushes_parked').on(table.manifestId).where(sql`state = 'parked'`)],
);

/** Manifests of the instances below, as they told them: not manifests of this one. */
export const receivedManifests = pgTable(
  'received_manifests',
  {
    id: uuid().primaryKey(),
    /** The party whose key brought it, and the key. */
    sourceId: uuid().notNull(),
    keyId: uuid(),
    manifestId: uuid().notNull(),
    version: integer().notNull(),
    stream: text().notNull(),
    status: text().notNull(),
    number: text().notNull(),
    officialNumber: text(),
    originRegion: text().notNull(),
    destinationRegion: text().notNull(),
    record: jsonb().$type<Record<string, unknown>>().notNull(),
    contentHash: bytea().notNull(),
    firstReceivedAt: instant().notNull(),
    receivedAt: instant().notNull(),
  },
  (table) => [
    unique('received_manifests_source').on(table.sourceId, table.manifestId),
    index('received_manifests_origin').on(table.originRegion, table.stream, table.id),
    index('received_manifests_destination').on(table.destinationRegion, table.stream, table.id),
    index('received_manifests_number').on(table.number),
  ],
);
