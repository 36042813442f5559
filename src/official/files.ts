/**
 * The file as it came: kept in pieces while it streams in, hashed and its writing told apart on the way, and read back row
 * by row. A CSV of any length passes through in pieces; a workbook has to be held as a whole and has limits for that.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import type pg from 'pg';
import { type Bilingual, Problem } from '../problems.ts';
import {
  COLUMNS_MAX,
  type FileRow,
  ROW_BYTES_MAX,
  readWorkbookRows,
  tooManyColumns,
  unreadable,
  XLSX_BYTES_MAX,
} from './workbook.ts';

export const CSV_BYTES_MAX = 256 * 1_048_576;
const CHUNK_BYTES = 262_144;

export type Format = 'csv' | 'xlsx';

export interface KeptFile {
  readonly fileId: string;
  readonly format: Format;
  readonly sha256: string;
  readonly bytes: number;
  readonly encoding: string;
}

/**
 * Each piece by itself, and no connection held meanwhile: a sender may be slow. What it leaves when it throws is the caller's to forget.
 * @throws Problem body-too-large, invalid-input (empty, or in no writing we read).
 */
export async function keepFile(
  pool: pg.Pool,
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
    await pool.query('insert into official_file_chunks (file_id, nth, content) values ($1, $2, $3)', [
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

/** The rows of a kept file, as often as they are asked for: a workbook is read once and held, a CSV passes through. */
export type Rows = () => AsyncIterable<FileRow> | Iterable<FileRow>;

/** @throws Problem invalid-input for what is no workbook, or a workbook beyond its limits; the rows of a CSV throw it when it is no CSV. */
export async function openRows(
  db: pg.Pool | pg.ClientBase,
  { fileId, format, encoding }: Pick<KeptFile, 'fileId' | 'format' | 'encoding'>,
): Promise<Rows> {
  if (format === 'csv') return () => csvRows(piecesOf(db, fileId), encoding);
  const rows = await bookRows(piecesOf(db, fileId));
  return () => rows;
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

async function bookRows(pieces: AsyncIterable<Buffer>): Promise<FileRow[]> {
  const parts: Buffer[] = [];
  for await (const piece of pieces) parts.push(piece);
  return readWorkbookRows(Buffer.concat(parts));
}

function tooLarge(bytesMax: number): Problem {
  const megabytes = bytesMax / 1_048_576;
  const detail: Bilingual = {
    zh: `文件超过 ${megabytes} MB；请分次导出。`,
    en: `The file is larger than ${megabytes} MB; export it in parts.`,
  };
  return new Problem('body-too-large', detail);
}
