/**
 * The file as it came: kept in pieces while it streams in, hashed and its writing told apart on the way, and read back row
 * by row. A CSV of any length passes through in pieces; a workbook has to be held as a whole and has limits for that.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { type CsvError, parse } from 'csv-parse';
import type pg from 'pg';
import readWorkbook from 'read-excel-file/node';
import { against, type Bilingual, Problem } from '../problems.ts';

export const CSV_BYTES_MAX = 256 * 1_048_576;
/** A workbook is unpacked in memory. */
export const XLSX_BYTES_MAX = 8 * 1_048_576;
const XLSX_UNPACKED_MAX = 128 * 1_048_576;
export const XLSX_ROWS_MAX = 50_000;
const ROW_BYTES_MAX = 262_144;
const CHUNK_BYTES = 262_144;

export type Format = 'csv' | 'xlsx';

export interface KeptFile {
  readonly fileId: string;
  readonly format: Format;
  readonly sha256: string;
  readonly bytes: number;
  readonly encoding: string;
}

/** @throws Problem body-too-large, invalid-input (empty, or in no writing we read). */
export async function keepFile(
  client: pg.ClientBase,
  body: AsyncIterable<Buffer>,
  { fileId, format }: { readonly fileId: string; readonly format: Format },
): Promise<KeptFile> {
  const hash = createHash('sha256');
  const writing = format === 'csv' ? writingDetector() : undefined;
  const bytesMax = format === 'csv' ? CSV_BYTES_MAX : XLSX_BYTES_MAX;
  let bytes = 0;
  let nth = 0;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const flush = async (): Promise<void> => {
    if (pendingBytes === 0) return;
    const content = Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    await client.query('insert into official_file_chunks (file_id, nth, content) values ($1, $2, $3)', [
      fileId,
      nth++,
      content,
    ]);
  };
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    hash.update(piece);
    writing?.see(piece);
    pending.push(piece);
    pendingBytes += piece.length;
    if (pendingBytes >= CHUNK_BYTES) await flush();
  }
  await flush();
  if (bytes === 0) throw unreadable('文件为空。', 'The file is empty.');
  const encoding = writing ? writing.verdict() : 'zip';
  return { fileId, format, sha256: hash.digest('hex'), bytes, encoding };
}

/** The writings an export comes in, the likelier first. All are tried while the bytes pass. */
const WRITINGS = ['utf-8', 'gb18030'] as const;

function writingDetector() {
  let bytes = 0;
  let marked: string | undefined;
  const decoders = WRITINGS.map((writing) => ({
    writing: writing as string,
    decoder: new TextDecoder(writing, { fatal: true }),
    brokenAt: undefined as number | undefined,
  }));
  const attempt = (decode: (decoder: InstanceType<typeof TextDecoder>) => void): void => {
    for (const one of decoders) {
      if (one.brokenAt !== undefined) continue;
      try {
        decode(one.decoder);
      } catch {
        one.brokenAt = bytes;
      }
    }
  };
  return {
    see(piece: Buffer): void {
      if (bytes === 0 && piece[0] === 0xff && piece[1] === 0xfe) marked = 'utf-16le';
      attempt((decoder) => decoder.decode(piece, { stream: true }));
      bytes += piece.length;
    },
    verdict(): string {
      if (marked) return marked;
      attempt((decoder) => decoder.decode());
      const fits = decoders.find(({ brokenAt }) => brokenAt === undefined);
      if (fits) return fits.writing;
      const [utf8, gb] = decoders.map(({ brokenAt }) => brokenAt!.toLocaleString('en-US'));
      throw unreadable(
        `文件既不是 UTF-8（约第 ${utf8} 字节起）也不是 GB 18030（约第 ${gb} 字节起）编码；请在 Excel 中另存为“CSV UTF-8”后再传。`,
        `The file is neither UTF-8 (from about byte ${utf8}) nor GB 18030 (from about byte ${gb}); save it as “CSV UTF-8” and send it again.`,
      );
    },
  };
}

/** The kept file, piece by piece. */
export async function* piecesOf(db: pg.Pool | pg.ClientBase, fileId: string): AsyncGenerator<Buffer> {
  for (let nth = 0; ; nth++) {
    const { rows } = await db.query<{ content: Buffer }>(
      'select content from official_file_chunks where file_id = $1 and nth = $2',
      [fileId, nth],
    );
    if (!rows[0]) return;
    yield rows[0].content;
  }
}

export interface FileRow {
  /** As a spreadsheet counts it, from 1. */
  readonly rowNumber: number;
  readonly cells: readonly string[];
}

/** @throws Problem invalid-input for a file that is no CSV, or no workbook, or a workbook beyond its limits. */
export function rowsOf(
  pieces: AsyncIterable<Buffer>,
  file: Pick<KeptFile, 'format' | 'encoding'>,
): AsyncIterable<FileRow> {
  return file.format === 'csv' ? csvRows(pieces, file.encoding) : workbookRows(pieces);
}

interface Parsed {
  readonly info: { readonly records: number; readonly empty_lines: number };
  readonly record: string[];
}

async function* csvRows(pieces: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<FileRow> {
  const text = decoded(pieces, encoding);
  const first = await text.next();
  const begin = first.done ? '' : first.value;
  const parser = Readable.from(joined(begin, text)).pipe(
    parse({
      bom: true,
      delimiter: delimiterOf(begin),
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: ROW_BYTES_MAX,
    }),
  );
  let rowNumber = 0;
  try {
    for await (const { info, record } of parser as AsyncIterable<Parsed>) {
      rowNumber = info.records + info.empty_lines;
      if (record.length > COLUMNS_MAX) throw tooManyColumns(record.length);
      yield { rowNumber, cells: record };
    }
  } catch (error) {
    const { code = '' } = error as CsvError;
    if (!code.startsWith('CSV_')) throw error;
    throw unreadable(
      `第 ${rowNumber + 1} 行起不是规范的 CSV（${code}）；请检查引号和分隔符。`,
      `From row ${rowNumber + 1} on it is no proper CSV (${code}); look for a stray quote or separator.`,
    );
  }
}

async function* decoded(pieces: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  for await (const piece of pieces) yield decoder.decode(piece, { stream: true });
  yield decoder.decode();
}

async function* joined(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}

/** The one that stands most often in the first line that has any. */
function delimiterOf(text: string): string {
  const line = text.split(/\r?\n/, 10).find((one) => /[,;\t]/.test(one)) ?? '';
  const count = (delimiter: string) => line.split(delimiter).length;
  return [',', '\t', ';'].reduce((best, one) => (count(one) > count(best) ? one : best));
}

async function* workbookRows(pieces: AsyncIterable<Buffer>): AsyncGenerator<FileRow> {
  const parts: Buffer[] = [];
  for await (const piece of pieces) parts.push(piece);
  const book = Buffer.concat(parts);
  await checkUnpacked(book);
  const sheets = await readWorkbook(book, { trim: false, parseNumber: (text) => text }).catch(() => {
    throw noWorkbook();
  });
  const rows = sheets[0]?.data ?? [];
  if (rows.length > XLSX_ROWS_MAX) throw tooManyRows(rows.length);
  const width = Math.max(0, ...rows.map((row) => row.length));
  for (const [index, row] of rows.entries()) {
    const cells = Array.from({ length: width }, (_, cell) => cellText(row[cell]));
    if (cells.some((cell) => cell !== '')) yield { rowNumber: index + 1, cells };
  }
}

/** A workbook keeps more digits than it shows: fifteen are what was typed. Days are civil and stand there as UTC. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString().slice(0, 10);
  if (typeof value === 'boolean') return value ? '是' : '否';
  const text = String(value);
  return /^-?\d+\.\d{12,}$|^-?\d(\.\d+)?e[+-]?\d+$/i.test(text) ? String(Number(Number(text).toPrecision(15))) : text;
}

const noWorkbook = () =>
  unreadable(
    '文件不是 Excel 工作簿（.xlsx）；旧版 .xls 请另存为 .xlsx 或 CSV。',
    'The file is no Excel workbook (.xlsx); save an old .xls as .xlsx or CSV.',
  );

const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const DIRECTORY_END = Buffer.from([0x50, 0x4b, 0x05, 0x06]);
const inflate = promisify(inflateRaw);

/** What a zip says of its size may be a lie: each entry is unpacked against the limit before anything else opens it. */
async function checkUnpacked(book: Buffer): Promise<void> {
  const end = book.lastIndexOf(DIRECTORY_END);
  if (end < 0 || end + 22 > book.length) throw noWorkbook();
  let left = XLSX_UNPACKED_MAX;
  let at = book.readUInt32LE(end + 16);
  for (let entries = book.readUInt16LE(end + 10); entries > 0; entries--) {
    if (at + ENTRY_BYTES > book.length || book.readUInt32LE(at) !== ENTRY) throw noWorkbook();
    const local = book.readUInt32LE(at + 42);
    if (local + 30 > book.length) throw noWorkbook();
    const begin = local + 30 + book.readUInt16LE(local + 26) + book.readUInt16LE(local + 28);
    const packed = book.subarray(begin, begin + book.readUInt32LE(at + 20));
    if (book.readUInt16LE(at + 10) !== 0) {
      const unpacked = await inflate(packed, { maxOutputLength: Math.max(1, left) }).catch(
        (error: { code?: string }) => {
          throw error.code === 'ERR_BUFFER_TOO_LARGE' ? tooMuchInside() : noWorkbook();
        },
      );
      left -= unpacked.length;
      checkExtent(unpacked);
    } else {
      left -= packed.length;
      checkExtent(packed);
    }
    if (left <= 0) throw tooMuchInside();
    at += ENTRY_BYTES + book.readUInt16LE(at + 28) + book.readUInt16LE(at + 30) + book.readUInt16LE(at + 32);
  }
}

/** A cell far out makes a table of everything before it: what a sheet names is looked at before anybody lays it out. */
function checkExtent(xml: Buffer): void {
  for (const [, column, row] of xml.toString('latin1').matchAll(/ r="([A-Z]{1,3})(\d{1,7})"/g)) {
    if (Number(row) > XLSX_ROWS_MAX) throw tooManyRows(Number(row));
    const nth = [...column!].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
    if (nth > COLUMNS_MAX) throw tooManyColumns(nth);
  }
}

/** No export has half as many. */
const COLUMNS_MAX = 200;

const tooManyColumns = (columns: number) =>
  unreadable(
    `文件有 ${columns} 列，超过 ${COLUMNS_MAX} 列；请只保留数据列。`,
    `The file has ${columns} columns, more than ${COLUMNS_MAX}; keep those with data only.`,
  );

const tooManyRows = (rows: number) =>
  unreadable(
    `工作簿有 ${rows} 行，超过 ${XLSX_ROWS_MAX} 行；请另存为 CSV 再传。`,
    `The workbook has ${rows} rows, more than ${XLSX_ROWS_MAX}; save it as CSV and send that.`,
  );

const tooMuchInside = () =>
  unreadable(
    '工作簿解压后超过 128 MB；请另存为 CSV 再传。',
    'The workbook unpacks to more than 128 MB; save it as CSV and send that.',
  );

function tooLarge(bytesMax: number): Problem {
  const megabytes = bytesMax / 1_048_576;
  const detail: Bilingual = {
    zh: `文件超过 ${megabytes} MB；请分次导出。`,
    en: `The file is larger than ${megabytes} MB; export it in parts.`,
  };
  return new Problem('body-too-large', detail);
}

function unreadable(zh: string, en: string): Problem {
  return Problem.of({ ...against('', zh, en), problem: 'invalid-input' });
}
