/**
 * 导入官方导出文件: the file is kept as it came, its titles are held against the mapping, and its rows become official records. Nothing of a
 * manifest or a party changes. Sent again, the same file is the same import (decision 0021).
 */

import { setImmediate } from 'node:timers/promises';
import type pg from 'pg';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { officialSystem } from '../catalogue/official-systems.ts';
import type { Caller } from '../platform/acts.ts';
import type { Services } from '../platform/http.ts';
import { newUuid } from '../platform/ids.ts';
import { against, Problem } from '../problems.ts';
import { type ImportFacts, readImport, receiveImport } from './commands.ts';
import { type Format, type KeptFile, keepFile, openRows, type Rows } from './files.ts';
import {
  type CellFault,
  type Field,
  type Fields,
  type Header,
  headerOf,
  keyOf,
  type Mapping,
  mappingNamed,
  mappingOn,
  type RecordKind,
  readRow,
  WHOLE_ROW,
} from './mappings.ts';
import { matchImport } from './matching.ts';
import {
  type Batch,
  forgetFile,
  type GivenRecord,
  lockOwner,
  putFaults,
  putRecords,
  ROW_ERRORS_MAX,
  type RowFault,
} from './repository.ts';
import type { ImportCounts } from './tables.ts';
import type { FileRow } from './workbook.ts';

export interface ImportRequest {
  readonly system: string;
  readonly kind: RecordKind;
  readonly format: Format;
  readonly body: AsyncIterable<Buffer>;
}

/** Titles stand in one of the first rows; above them an export has its own title and date. */
const TITLE_ROWS_MAX = 10;

/**
 * @returns the id of the import, and whether the file was known.
 * @throws Problem not-your-act, against-rule (no mapping; titles that are missing or stand twice), invalid-input, body-too-large, too-many-requests (another of this party).
 */
export async function importFile(
  services: Services,
  caller: Caller,
  request: ImportRequest,
): Promise<{ id: string; isNew: boolean }> {
  const { database, clock } = services;
  const { system, kind } = request;
  if (caller.site) throw Problem.of(WHOLE_PARTY);
  if (caller.role === 'administrator' && kind !== 'parties') throw Problem.of(ONLY_PARTIES);
  const mapping = mappingOn(system, kind, dayInShanghai(clock.now()));
  if (!mapping) throw Problem.of(unmapped(system, kind));
  const { party } = caller.actor;
  if (importing.has(party)) throw Problem.of(BUSY);
  importing.add(party);
  const fileId = newUuid(clock.now());
  let isKept = false;
  try {
    const file = await keepFile(database.pool, request.body, { fileId, format: request.format });
    return await inTurn(async () => {
      const { id, isNew, rows } = await receive(services, caller, request, mapping, file);
      isKept = isNew;
      await readRows(services, caller, id, rows);
      return { id, isNew };
    });
  } finally {
    importing.delete(party);
    // What is left when the database is away is swept up later (`forgetUploads`).
    if (!isKept) await forgetFile(database.pool, fileId).catch(() => {});
  }
}

/** Whose file is arriving or being read in this process: one of a party. */
const importing = new Set<string>();

/** Files being read need a connection each; the others are for everybody else. In the order in which they came. */
const AT_ONCE_MAX = 2;
let reading = 0;
const waiting: (() => void)[] = [];

async function inTurn<Result>(read: () => Promise<Result>): Promise<Result> {
  if (reading >= AT_ONCE_MAX) await new Promise<void>((resolve) => waiting.push(resolve));
  else reading += 1;
  try {
    return await read();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else reading -= 1;
  }
}

const KNOWN_SQL = 'select id from official_imports where owner_id = $1 and system = $2 and kind = $3 and sha256 = $4';

/** The file and what stands over its columns. */
async function receive(
  { journal, database: { pool } }: Services,
  caller: Caller,
  { system, kind }: ImportRequest,
  mapping: Mapping,
  file: KeptFile,
): Promise<{ id: string; isNew: boolean; rows?: Rows }> {
  const ownerId = caller.actor.party;
  const { rows: known } = await pool.query<{ id: string }>(KNOWN_SQL, [ownerId, system, kind, file.sha256]);
  if (known[0]) return { id: known[0].id, isNew: false };
  const rows = await openRows(pool, file);
  const { header } = await findHeader(rows(), mapping);
  await readToEnd(rows());
  const facts: ImportFacts = {
    ...file,
    ownerId,
    system,
    kind,
    mapping: mapping.id,
    columns: header.titles,
    unknownColumns: header.unknown,
  };
  const { body: answer } = await journal.submit(receiveImport, facts, {
    caller,
    organisation: ownerId,
    key: `official-import ${system} ${kind} ${file.sha256}`,
    fingerprint: { path: 'official-import', body: file.sha256 },
  });
  return { id: answer.id as string, isNew: answer.fileId === file.fileId, rows };
}

/** A file that breaks off in its middle is refused before anything of it is on record. @throws Problem as `openRows`. */
async function readToEnd(rows: ReturnType<Rows>): Promise<void> {
  for await (const _ of inGroups(rows));
}

/** @throws Problem for titles that do not fit, or that hold what cannot be kept. */
async function findHeader(rows: ReturnType<Rows>, mapping: Mapping): Promise<{ header: Header; rowNumber: number }> {
  let best: Header | undefined;
  for await (const { rowNumber, cells } of rows) {
    const header = headerOf(cells, mapping);
    if (header.missing.length === 0) {
      const refusal = header.twice.length > 0 ? standsTwice(header.twice) : unkeptTitle(header.titles);
      if (refusal) throw Problem.of(refusal);
      return { header, rowNumber };
    }
    if (!best || header.missing.length < best.missing.length) best = header;
    if (rowNumber >= TITLE_ROWS_MAX) break;
  }
  throw Problem.of(best ? missingColumns(best, mapping) : NO_ROWS);
}

interface StoredImport extends ImportFacts {
  readonly id: string;
  readonly counts: ImportCounts | null;
}

const IMPORT_SQL = `select id, owner_id as "ownerId", system, kind, sha256, format, encoding, mapping, file_id as "fileId", counts
  from official_imports where id = $1`;

/** All rows in one transaction; an import that was cut off in the middle is read when its file is sent again. */
async function readRows(services: Services, caller: Caller, id: string, opened: Rows | undefined): Promise<void> {
  const { database, journal, clock } = services;
  const client = await database.pool.connect();
  let counts: ImportCounts | undefined;
  try {
    await client.query('begin');
    await lockOwner(client, caller.actor.party);
    const { rows } = await client.query<StoredImport>(IMPORT_SQL, [id]);
    const known = rows[0]!;
    if (known.counts) return;
    counts = await putRows(client, known, opened ?? (await openRows(client, known)), clock.now());
    await client.query('commit');
  } finally {
    await client.query('rollback').catch(() => {});
    client.release();
  }
  await matchImport(database, clock, id);
  await journal.submit(
    readImport,
    { id, counts },
    {
      caller,
      organisation: caller.actor.party,
      key: `official-import-read ${id}`,
      fingerprint: { path: 'official-import-read', body: id },
    },
  );
}

async function putRows(client: pg.PoolClient, known: StoredImport, rows: Rows, now: Date): Promise<ImportCounts> {
  const mapping = mappingNamed(known.mapping);
  const { header, rowNumber: headerRow } = await findHeader(rows(), mapping);
  const { id: importId, ownerId, system, kind } = known;
  const batch: Batch = { importId, ownerId, system, kind, now };
  const counts = { rows: 0, new: 0, changed: 0, unchanged: 0, refused: 0 };
  for await (const rowsAtOnce of inGroups(rows())) {
    const page = rowsAtOnce.filter(({ rowNumber }) => rowNumber > headerRow);
    const read = await putPage(client, batch, page, header, mapping, ROW_ERRORS_MAX - counts.refused);
    counts.rows += page.length;
    for (const name of ['new', 'changed', 'unchanged', 'refused'] as const) counts[name] += read[name];
  }
  return counts;
}

async function putPage(
  client: pg.PoolClient,
  batch: Batch,
  page: readonly FileRow[],
  header: Header,
  mapping: Mapping,
  faultsMax: number,
): Promise<Omit<ImportCounts, 'rows'>> {
  const given = new Map<string, GivenRecord>();
  const faults: RowFault[] = [];
  const refusedRows = new Set<number>();
  let repeated = 0;
  const fault = (rowNumber: number, { cell, ...one }: CellFault): void => {
    refusedRows.add(rowNumber);
    faults.push({ ...one, cell, rowNumber, title: (header.titles[cell] ?? '').slice(0, 200) });
  };
  const twice = (rowNumber: number, key: string) =>
    fault(rowNumber, { cell: WHOLE_ROW, code: 'twice', given: key.slice(0, 60) });
  for (const { rowNumber, cells } of page) {
    const row = readRow(cells, header, mapping);
    if ('faults' in row) {
      for (const one of row.faults) fault(rowNumber, one);
      continue;
    }
    const { fields } = row;
    const key = keyOf(batch.kind, fields);
    const before = given.get(key);
    if (!before) given.set(key, { key, number: (fields.number as string) ?? null, rowNumber, raw: cells, fields });
    else if (JSON.stringify(before.fields) === JSON.stringify(fields)) repeated += 1;
    else twice(rowNumber, key);
  }
  const stored = await putRecords(client, batch, [...given.values()]);
  for (const { rowNumber, key } of stored.twice) twice(rowNumber, key);
  if (batch.kind === 'manifests') await putNamedParties(client, batch, given.values());
  if (faultsMax > 0) await putFaults(client, batch.importId, faults.slice(0, faultsMax));
  const { new: added, changed, unchanged } = stored;
  return { new: added, changed, unchanged: unchanged + repeated, refused: refusedRows.size };
}

/** Parties that are named on manifests; what an export of parties said of them is more and stays. */
const NAMED: readonly (readonly [name: Field, uscc: Field, partyType: string])[] = [
  ['consignorName', 'consignorUscc', '产生单位'],
  ['carrierName', 'carrierUscc', '运输单位'],
  ['consigneeName', 'consigneeUscc', '接收单位'],
];

async function putNamedParties(client: pg.PoolClient, batch: Batch, records: Iterable<GivenRecord>): Promise<void> {
  const named = new Map<string, GivenRecord>();
  for (const { fields, rowNumber } of records) {
    for (const [name, uscc, partyType] of NAMED) {
      if (fields[name] === undefined) continue;
      const party: Fields = { name: fields[name], ...(fields[uscc] ? { uscc: fields[uscc] } : {}), partyType };
      const key = keyOf('parties', party);
      if (!named.has(key)) named.set(key, { key, number: null, rowNumber, raw: [], fields: party });
    }
  }
  if (named.size > 0) await putRecords(client, { ...batch, kind: 'parties' }, [...named.values()], { onlyNew: true });
}

/** So many rows, or so much text, whichever is reached first; between two groups everybody else has a turn. */
const ROWS_AT_ONCE = 2_000;
const TEXT_AT_ONCE = 1_048_576;

async function* inGroups(rows: ReturnType<Rows>): AsyncGenerator<FileRow[]> {
  let group: FileRow[] = [];
  let length = 0;
  for await (const row of rows) {
    group.push(row);
    length += row.cells.reduce((sum, cell) => sum + cell.length + 1, 0);
    if (group.length < ROWS_AT_ONCE && length < TEXT_AT_ONCE) continue;
    yield group;
    await setImmediate();
    group = [];
    length = 0;
  }
  if (group.length > 0) yield group;
}

const WHOLE_PARTY = {
  problem: 'not-your-act',
  detail: {
    zh: '此密钥限于一个场所；官方导出文件属于整个单位。',
    en: 'This key is bound to one site; an official export concerns the whole party.',
  },
} as const;

const BUSY = {
  problem: 'too-many-requests',
  detail: {
    zh: '本单位正在导入另一个文件；请等其完成后再传。',
    en: 'Another file of this party is being imported; send this one when that is done.',
  },
  retryAfterSeconds: 5,
} as const;

const ONLY_PARTIES = against(
  'query:kind',
  '管理员看不到联单和台账，只导入单位名录（kind=parties）；联单和台账由监管部门或单位自己导入。',
  'An administrator sees no manifests and imports parties only (kind=parties); manifests and ledgers are brought by a regulator or the party itself.',
);

const NO_ROWS = against('', '文件中没有内容行。', 'There is no row in the file.');

const unmapped = (system: string, kind: string) =>
  against(
    'query:kind',
    `尚无“${officialSystem(system).zh}”${kind} 导出表的列名对照。`,
    `There is no mapping yet for the ${kind} export of the ${officialSystem(system).en}.`,
    '本平台约定 0021',
  );

function missingColumns({ titles, missing }: Header, mapping: Mapping) {
  const others = Object.values(mapping.fields).flatMap((column) =>
    column?.required ? [column.titles.map(({ title }) => title).join('/')] : [],
  );
  const shown = titles.filter(Boolean).slice(0, 20).join('、').slice(0, 300);
  return against(
    '',
    `文件缺少必需的列：${missing.join('、')}。可用的列名：${others.join('；')}。文件中的列：${shown}。`,
    `The file lacks columns it needs: ${missing.join(', ')}. Titles we know for them: ${others.join('; ')}. Its own are: ${shown}.`,
    '本平台约定 0021',
  );
}

const standsTwice = (titles: readonly string[]) =>
  against(
    '',
    `列名 ${titles.join('、')} 出现多次，无法判断以哪一列为准。`,
    `The title ${titles.join(', ')} stands more than once: nobody can say which column is meant.`,
  );

const TITLE_MAX = 200;
function unkeptTitle(titles: readonly string[]) {
  const bad = titles.findIndex((title) => title.length > TITLE_MAX || /[\p{Cc}\p{Surrogate}\ufffe\uffff]/u.test(title));
  if (bad < 0) return undefined;
  return against(
    '',
    `第 ${bad + 1} 列的列名过长或含控制字符。`,
    `The title of column ${bad + 1} is too long or holds a control character.`,
  );
}
