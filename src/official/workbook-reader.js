/**
 * A process of its own that reads one workbook: its bytes come in on standard input, its rows go out as JSON, one a line, and last what came
 * of it (`Verdict` in workbook.ts, which starts it with a heap of a given size). Whatever a file makes the reader lay out ends this process
 * and no other. Plain JavaScript, so that it starts at once.
 */
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import readWorkbook from 'read-excel-file/node';

/** As workbook.ts has them. */
const { unpackedMax, rowsMax, columnsMax, textMax, rowTextMax } = JSON.parse(process.argv[2]);

class Refused extends Error {
  constructor(verdict) {
    super(verdict.end);
    this.verdict = verdict;
  }
}
const noWorkbook = () => new Refused({ end: 'no-workbook' });
const tooMuchInside = () => new Refused({ end: 'unpacked' });

async function main() {
  try {
    const sheets = await read(await clean(await buffer(process.stdin)));
    await tell(sheets[0]?.data ?? []);
    await say({ end: 'read' });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    await say(error.verdict);
  }
}

const read = (book) =>
  readWorkbook(book, { trim: false, parseNumber: (text) => text }).catch(() => {
    throw noWorkbook();
  });

async function tell(rows) {
  if (rows.length > rowsMax) throw new Refused({ end: 'rows', found: rows.length });
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0);
  if (width > columnsMax) throw new Refused({ end: 'columns', found: width });
  let left = textMax;
  for (const [index, row] of rows.entries()) {
    const cells = Array.from({ length: width }, (_, cell) => cellText(row[cell]));
    const length = cells.reduce((sum, cell) => sum + cell.length, 0);
    left -= length;
    if (length > rowTextMax || left < 0) throw new Refused({ end: 'text' });
    if (length > 0) await say({ rowNumber: index + 1, cells });
  }
}

const say = (line) =>
  new Promise((resolve) => {
    if (process.stdout.write(`${JSON.stringify(line)}\n`)) resolve();
    else process.stdout.once('drain', resolve);
  });

/** A workbook keeps more digits than it shows: fifteen are what was typed. Days are civil and stand there as UTC. */
function cellText(value) {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString().slice(0, 10);
  if (typeof value === 'boolean') return value ? '是' : '否';
  const text = String(value);
  return /^-?\d+\.\d{12,}$|^-?\d(\.\d+)?e[+-]?\d+$/i.test(text) ? String(Number(Number(text).toPrecision(15))) : text;
}

const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const END = Buffer.from([0x50, 0x4b, 0x05, 0x06]);
const END_BYTES = 22;
const inflate = promisify(inflateRaw);

/**
 * What a zip says of its sizes may be a lie, and what stands in it may be named nowhere. Each entry that is named is unpacked against the
 * limit, and a zip of these alone, with true sizes, is what the reader sees.
 */
async function clean(book) {
  const end = book.lastIndexOf(END);
  if (end < 0 || end + END_BYTES > book.length) throw noWorkbook();
  const parts = [];
  let left = unpackedMax;
  let at = book.readUInt32LE(end + 16);
  for (let entries = book.readUInt16LE(end + 10); entries > 0; entries--) {
    if (at + ENTRY_BYTES > book.length || book.readUInt32LE(at) !== ENTRY) throw noWorkbook();
    const name = book.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + book.readUInt16LE(at + 28));
    const local = book.readUInt32LE(at + 42);
    if (local + LOCAL_BYTES > book.length) throw noWorkbook();
    const begin = local + LOCAL_BYTES + book.readUInt16LE(local + 26) + book.readUInt16LE(local + 28);
    const packed = book.subarray(begin, begin + book.readUInt32LE(at + 20));
    const method = book.readUInt16LE(at + 10);
    const bytes = await unpackedBytes(packed, method, left);
    left -= bytes;
    if (left <= 0) throw tooMuchInside();
    const crc = book.readUInt32LE(at + 16);
    parts.push(localHeader({ method, crc, packed: packed.length, bytes, name: name.length }), name, packed);
    at += ENTRY_BYTES + book.readUInt16LE(at + 28) + book.readUInt16LE(at + 30) + book.readUInt16LE(at + 32);
  }
  return Buffer.concat([...parts, END, Buffer.alloc(END_BYTES - END.length)]);
}

async function unpackedBytes(packed, method, left) {
  if (method === 0) return packed.length;
  if (method !== 8) throw noWorkbook();
  const unpacked = await inflate(packed, { maxOutputLength: Math.max(1, left) }).catch((error) => {
    throw error.code === 'ERR_BUFFER_TOO_LARGE' ? tooMuchInside() : noWorkbook();
  });
  return unpacked.length;
}

const NAMES_IN_UTF8 = 0x0800;

function localHeader({ method, crc, packed, bytes, name }) {
  const header = Buffer.alloc(LOCAL_BYTES);
  header.writeUInt32LE(LOCAL, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(NAMES_IN_UTF8, 6);
  header.writeUInt16LE(method, 8);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(packed, 18);
  header.writeUInt32LE(bytes, 22);
  header.writeUInt16LE(name, 26);
  return header;
}

await main();
