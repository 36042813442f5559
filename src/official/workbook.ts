/**
 * A workbook as rows. What stands in one can make any reader lay out gigabytes (a cell named `ZZZZ9999999`), and a heap that is full ends its
 * process: so it is read by a process of its own (workbook-reader.js), with a small heap and a time.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { against, Problem } from '../problems.ts';

/** A workbook is unpacked in memory. */
export const XLSX_BYTES_MAX = 8 * 1_048_576;
const XLSX_ROWS_MAX = 50_000;
export const ROW_BYTES_MAX = 262_144;
/** No export has half as many. */
export const COLUMNS_MAX = 200;
const HEAP_MB = 384;
const SECONDS_MAX = 60;
const COMPLAINT_MAX = 4_000;

export interface FileRow {
  /** As a spreadsheet counts it, from 1. */
  readonly rowNumber: number;
  readonly cells: readonly string[];
}

/** The last line of the reader. */
export type Verdict =
  | { readonly end: 'read' | 'no-workbook' | 'unpacked' | 'text' }
  | { readonly end: 'rows' | 'columns'; readonly found: number };

const READER = fileURLToPath(new URL('./workbook-reader.js', import.meta.url));
const LIMITS = {
  unpackedMax: 128 * 1_048_576,
  rowsMax: XLSX_ROWS_MAX,
  columnsMax: COLUMNS_MAX,
  /** Of all its cells together: a text that many cells share stands in the file once. */
  textMax: 32 * 1_048_576,
  rowTextMax: ROW_BYTES_MAX,
};
const ARGUMENTS = [`--max-old-space-size=${HEAP_MB}`, READER, JSON.stringify(LIMITS)];

/** @throws Problem invalid-input for what is no workbook, or is beyond its limits. */
export async function readWorkbookRows(book: Buffer): Promise<FileRow[]> {
  const reader = spawn(process.execPath, ARGUMENTS, {
    stdio: 'pipe',
    timeout: SECONDS_MAX * 1_000,
    killSignal: 'SIGKILL',
    env: {},
  });
  const ended = once(reader, 'close');
  ended.catch(() => {}); // one that cannot be started is awaited below
  reader.stdin.on('error', () => {}); // it may end before it has read everything
  reader.stdin.end(book);
  let complaint = '';
  reader.stderr.on('data', (piece: Buffer) => {
    complaint = `${complaint}${piece}`.slice(-COMPLAINT_MAX);
  });
  const rows: FileRow[] = [];
  let verdict: Verdict | undefined;
  for await (const line of createInterface({ input: reader.stdout })) {
    const told = toldIn(line);
    if (told && 'end' in told) verdict = told;
    else if (told) rows.push(told);
  }
  const [code, signal] = await ended;
  if (!verdict && signal === null) throw new Error(`the reader of workbooks ended with ${code}: ${complaint}`);
  if (verdict?.end !== 'read') throw problemOf(verdict);
  return rows;
}

/** Undefined for a line in whose middle it was ended. */
function toldIn(line: string): FileRow | Verdict | undefined {
  try {
    return JSON.parse(line) as FileRow | Verdict;
  } catch {
    return undefined;
  }
}

/** Without a verdict it was ended by its heap or its time. */
function problemOf(verdict: Verdict | undefined): Problem {
  switch (verdict?.end) {
    case 'no-workbook':
      return unreadable(
        '文件不是 Excel 工作簿（.xlsx）；旧版 .xls 请另存为 .xlsx 或 CSV。',
        'The file is no Excel workbook (.xlsx); save an old .xls as .xlsx or CSV.',
      );
    case 'unpacked':
      return unreadable(
        '工作簿解压后超过 128 MB；请另存为 CSV 再传。',
        'The workbook unpacks to more than 128 MB; save it as CSV and send that.',
      );
    case 'text':
      return unreadable(
        '工作簿中的文字超过 32 MB，或某一行超过 256 KB；请分次导出。',
        'The cells of the workbook hold more than 32 MB of text, or a row of it more than 256 KB; export it in parts.',
      );
    case 'rows':
      return unreadable(
        `工作簿有 ${verdict.found} 行，超过 ${XLSX_ROWS_MAX} 行；请另存为 CSV 再传。`,
        `The workbook has ${verdict.found} rows, more than ${XLSX_ROWS_MAX}; save it as CSV and send that.`,
      );
    case 'columns':
      return tooManyColumns(verdict.found);
    default:
      return unreadable(
        `工作簿所占表格过大，读取时超出内存或 ${SECONDS_MAX} 秒；请检查远处有无单元格，或另存为 CSV 再传。`,
        `The table of the workbook is too large: reading it took more memory than there is for it, or more than ${SECONDS_MAX} s. Look for a cell far out, or save it as CSV and send that.`,
      );
  }
}

export const tooManyColumns = (columns: number): Problem =>
  unreadable(
    `文件有 ${columns} 列，超过 ${COLUMNS_MAX} 列；请只保留数据列。`,
    `The file has ${columns} columns, more than ${COLUMNS_MAX}; keep those with data only.`,
  );

export function unreadable(zh: string, en: string): Problem {
  return Problem.of({ ...against('', zh, en), problem: 'invalid-input' });
}
