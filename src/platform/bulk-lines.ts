import { CsvError, parse } from 'csv-parse';
import type { z } from 'zod';
import { type Bilingual, Problem } from '../problems.ts';

/** A file of acts as it arrives: bytes, text, lines. Nothing of it is held longer than a line takes. */
export interface Line {
  /** One line of JSON; empty where there is nothing on it, and where it is too long. */
  readonly text: string;
  readonly overlong: boolean;
}

/**
 * UTF-8, with a byte order mark or without, or GB 18030. Where nobody says which, it is UTF-8 unless its first bytes
 * that are not ASCII are none.
 * @throws Problem for bytes that are neither, or not what the sender says they are.
 */
export async function* decoded(bytes: AsyncIterable<Buffer>, charset: string | undefined): AsyncGenerator<string> {
  let decoder = decoderOf(charset ?? 'utf-8');
  let guessing = charset === undefined;
  for await (const chunk of bytes) {
    if (guessing && chunk.some((byte) => byte > 0x7f)) {
      guessing = false;
      if (!startsAsUtf8(chunk)) decoder = decoderOf('gb18030');
    }
    yield reading(() => decoder.decode(chunk, { stream: true }));
  }
  yield reading(() => decoder.decode());
}

function startsAsUtf8(chunk: Buffer): boolean {
  try {
    decoderOf('utf-8').decode(chunk, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function decoderOf(charset: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    throw unreadable({
      zh: `不支持字符集 ${charset}；可用 utf-8、gb18030。`,
      en: `utf-8 and gb18030 are known; ${charset} is not.`,
    });
  }
}

function reading(decode: () => string): string {
  try {
    return decode();
  } catch {
    throw unreadable({
      zh: '内容不是所述字符集；请以 Content-Type 的 charset 说明（utf-8 或 gb18030）。',
      en: 'The bytes are not of that character set; say which in the Content-Type: charset=utf-8 or gb18030.',
    });
  }
}

/** NDJSON: every line as it stands, blank ones too, so that a line's number is the one an editor shows. */
export async function* ndjsonLines(texts: AsyncIterable<string>, lengthMax: number): AsyncGenerator<Line> {
  let rest = '';
  for await (const text of texts) {
    const lines = `${rest}${text}`.split('\n');
    // What is too long already is not held; one character more tells that it was.
    rest = lines.pop()!.slice(0, lengthMax + 1);
    for (const line of lines) yield lineOf(line, lengthMax);
  }
  if (rest !== '') yield lineOf(rest, lengthMax);
}

function lineOf(line: string, lengthMax: number): Line {
  if (line.length > lengthMax) return { text: '', overlong: true };
  return { text: line.trim().replaceAll('\0', '\\0'), overlong: false };
}

/** Columns of a call besides its body. */
const NAMED = ['operation', 'id', 'key', 'ifMatch'];

/**
 * CSV: a header names `operation`, `id`, `key`, `ifMatch`, and JSON Pointers into the body. Empty cells say nothing; a cell is text, which
 * `readCells` turns into what the schema of the act wants. Numbered as a spreadsheet does: the header is row 1.
 * @throws Problem for a header or quoting that cannot be read.
 */
export async function* csvLines(texts: AsyncIterable<string>, lengthMax: number): AsyncGenerator<Line> {
  const rows = parse({ bom: true, relax_column_count: true, skip_empty_lines: false, max_record_size: CSV_ROW_MAX });
  const feeding = feed(texts, rows);
  let columns: readonly (string | readonly string[])[] | undefined;
  try {
    for await (const cells of rows as AsyncIterable<string[]>) {
      if (columns) yield lineOf(rowText(columns, cells), lengthMax);
      else {
        columns = columnsOf(cells);
        yield { text: '', overlong: false };
      }
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw unreadable({
      zh: `CSV 第 ${rows.info.lines} 行无法读取。`,
      en: `The CSV cannot be read at line ${rows.info.lines}.`,
    });
  }
  await feeding;
}

const CSV_ROW_MAX = 1_000_000;

async function feed(texts: AsyncIterable<string>, into: ReturnType<typeof parse>): Promise<void> {
  try {
    for await (const text of texts)
      if (!into.write(text)) await new Promise((resolve) => into.once('drain', resolve).once('close', resolve));
    into.end();
  } catch (error) {
    into.destroy(error as Error);
  }
}

/** A field of a body, or a place in a list: no body has a longer one. */
const NAME = /^(?!__proto__$|length$)[A-Za-z_][\w-]*$/;
const PLACES_MAX = 200;
const COLUMNS_MAX = 200;
const isPlace = (part: string): boolean => /^\d{1,3}$/.test(part) && Number(part) < PLACES_MAX;

function columnsOf(header: readonly string[]): (string | readonly string[])[] {
  if (header.length > COLUMNS_MAX)
    throw unreadable({
      zh: `CSV 最多 ${COLUMNS_MAX} 列。`,
      en: `A CSV has at most ${COLUMNS_MAX} columns.`,
    });
  return header.map((cell) => {
    const name = cell.trim();
    if (NAMED.includes(name)) return name;
    const path = name
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (name.startsWith('/') && !path.some((part) => !NAME.test(part) && !isPlace(part))) return path;
    throw unreadable({
      zh: `表头“${name}”不是 operation、id、key、ifMatch 之一，也不是正文字段的 JSON Pointer（如 /lines/0/wasteCode，列表位置小于 ${PLACES_MAX}）。`,
      en: `The column "${name}" is none of operation, id, key, ifMatch, and no JSON Pointer to a field such as /lines/0/wasteCode, with places in lists below ${PLACES_MAX}.`,
    });
  });
}

function rowText(columns: readonly (string | readonly string[])[], cells: readonly string[]): string {
  const line: Record<string, unknown> = {};
  for (const [index, column] of columns.entries()) {
    const cell = cells[index]?.trim() ?? '';
    if (cell === '') continue;
    if (column === 'ifMatch') line[column] = Number(cell);
    else if (typeof column === 'string') line[column] = cell;
    else {
      line.body ??= {};
      put(line.body as Tree, column, cell);
    }
  }
  return Object.keys(line).length === 0 ? '' : JSON.stringify(line);
}

type Tree = Record<string, unknown>;

function put(tree: Tree, [part, ...below]: readonly string[], cell: string): void {
  if (below.length === 0) tree[part!] = cell;
  else {
    const made = /^\d{1,4}$/.test(below[0]!) ? [] : {};
    if (typeof tree[part!] !== 'object') tree[part!] = made;
    put(tree[part!] as Tree, below, cell);
  }
}

/** Cells within lists of rows, as often as that is nested. */
const ROUNDS_MAX = 3;

/** A body of cells as its schema would have it: what wants a number, a boolean, a list or an object is read as that. */
export function readCells(schema: z.ZodType, body: unknown): unknown {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const { error } = schema.safeParse(body);
    if (!error || !readAll(body, error.issues as readonly Issue[], [])) break;
  }
  return body;
}

interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly expected?: string;
  readonly errors?: readonly (readonly Issue[])[];
}

/** @returns whether anything was read otherwise. */
function readAll(body: unknown, issues: readonly Issue[], above: readonly PropertyKey[]): boolean {
  return issues
    .map((issue) => {
      const path = [...above, ...issue.path];
      if (issue.errors) return issue.errors.map((inner) => readAll(body, inner, path)).includes(true);
      if (issue.code !== 'invalid_type' || path.length === 0) return false;
      const holder = path
        .slice(0, -1)
        .reduce((tree, part) => (tree as Tree | undefined)?.[part as string], body) as Tree;
      const cell = holder?.[path.at(-1) as string];
      const value = typeof cell === 'string' ? readCell(cell, issue.expected) : undefined;
      if (value === undefined) return false;
      holder[path.at(-1) as string] = value;
      return true;
    })
    .includes(true);
}

function readCell(cell: string, expected: string | undefined): unknown {
  switch (expected) {
    case 'number':
    case 'int':
      return /^-?\d+(\.\d+)?$/.test(cell) ? Number(cell) : undefined;
    case 'boolean':
      return /^(true|false)$/i.test(cell) ? /^true$/i.test(cell) : undefined;
    case 'array':
    case 'object':
      return /^[[{]/.test(cell) ? jsonOrNothing(cell) : undefined;
    default:
      return undefined;
  }
}

export function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const unreadable = (detail: Bilingual): Problem => new Problem('malformed-bulk', detail);
