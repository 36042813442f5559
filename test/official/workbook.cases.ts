import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import t from 'tap';
import writeWorkbook from 'write-excel-file/node';
import { type Answer, aWorld, ok } from '../support/world.ts';
import { aNumber, importing, MANIFEST_TITLES, recordsOf, XLSX } from './given.ts';

type Cell = string | number | Date | null;

/** As a spreadsheet program writes it: numbers and days as such. */
const workbookOf = async (rows: readonly (readonly Cell[])[]): Promise<Buffer> =>
  writeWorkbook(
    rows.map((row) =>
      row.map((value) =>
        value instanceof Date
          ? { value, type: Date, format: 'yyyy-mm-dd' }
          : value === null
            ? null
            : { value, type: typeof value === 'number' ? Number : String },
      ),
    ) as never,
  ).toBuffer() as Promise<Buffer>;

const aCellRow = (number: string, mass: Cell, day: Cell): Cell[] => [
  number,
  '已接受',
  '移出单位',
  null,
  '接受单位',
  null,
  '废矿物油',
  '900-249-08',
  mass,
  day,
];

t.test('a workbook is read as it is meant: numbers exactly, days as civil days', async (t) => {
  const world = await aWorld();
  const [one, two, three] = [aNumber(), aNumber(), aNumber()];
  const book = await workbookOf([
    [...MANIFEST_TITLES],
    aCellRow(one, 4.96, new Date('2026-09-16T00:00:00Z')),
    aCellRow(two, 0.1 + 0.2, '2026/9/16'),
    aCellRow(three, '12.5吨', 46_281),
  ]);
  t.match(ok(await importing(world.regulator, book, { headers: XLSX })), {
    format: 'xlsx',
    counts: { new: 3, refused: 0 },
    errors: [],
  });
  const records: Answer['body'][] = await recordsOf(world.regulator);
  const fields = records.sort((a, b) => a.rowNumber - b.rowNumber).map((record) => record.fields);
  t.match(fields, [
    { number: one, massGrams: 4_960_000, transferredOn: '2026-09-16' },
    { number: two, massGrams: 300_000, transferredOn: '2026-09-16' },
    { number: three, massGrams: 12_500_000, transferredOn: '2026-09-16' },
  ]);
});

/** What another program makes of it: a plain zip of plain sheets, cells inline. */
function zippedBook(sheet: string, path = 'xl/worksheets/sheet1.xml'): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'book-'));
  const ns = 'http://schemas.openxmlformats.org';
  const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
  const parts: Record<string, string> = {
    '[Content_Types].xml': `<Types xmlns="${ns}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/${path}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
    '_rels/.rels': `<Relationships xmlns="${ns}/package/2006/relationships"><Relationship Id="rId1" Type="${ns}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `<workbook xmlns="${ns}/spreadsheetml/2006/main" xmlns:r="${ns}/officeDocument/2006/relationships"><sheets><sheet name="联单" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${ns}/package/2006/relationships"><Relationship Id="rId1" Type="${ns}/officeDocument/2006/relationships/worksheet" Target="${path.slice(3)}"/></Relationships>`,
    [path]: `<worksheet xmlns="${ns}/spreadsheetml/2006/main"><sheetData>${sheet}</sheetData></worksheet>`,
  };
  try {
    for (const [path, xml] of Object.entries(parts)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), `${head}${xml}`);
    }
    execFileSync('zip', ['-qr', 'book.xlsx', '.'], { cwd: folder });
    return readFileSync(join(folder, 'book.xlsx'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const inline = (cells: readonly string[], nth: number): string =>
  `<row r="${nth}">${cells
    .map((cell, at) => {
      const place = `${String.fromCharCode(65 + at)}${nth}`;
      return /^\d+(\.\d+)?$/.test(cell) && cell.length < 12
        ? `<c r="${place}"><v>${cell}</v></c>`
        : `<c r="${place}" t="inlineStr"><is><t>${cell}</t></is></c>`;
    })
    .join('')}</row>`;

t.test('a workbook of another program', async (t) => {
  const world = await aWorld();
  const number = aNumber();
  const rows = [[...MANIFEST_TITLES], aCellRow(number, '4.9600000000000009', '46281').map((cell) => cell ?? '')];
  const book = zippedBook(rows.map((row, nth) => inline(row as string[], nth + 1)).join(''));
  t.match(ok(await importing(world.regulator, book, { headers: XLSX })), { counts: { new: 1 }, errors: [] });
  t.match(await recordsOf(world.regulator), [
    { fields: { number, massGrams: 4_960_000, transferredOn: '2026-09-16' } },
  ]);
});

t.test('a formula’s result is read, a formula is never run', async (t) => {
  const world = await aWorld();
  const cells = aCellRow(aNumber(), '5', '46281').map((cell) => cell ?? '');
  const row = inline(cells as string[], 2).replace(
    '<c r="I2"><v>5</v></c>',
    '<c r="I2"><f>WEBSERVICE("http://127.0.0.1:1/")</f><v>7</v></c>',
  );
  const book = zippedBook(inline([...MANIFEST_TITLES], 1) + row);
  ok(await importing(world.regulator, book, { headers: XLSX }));
  t.match(await recordsOf(world.regulator), [{ fields: { massGrams: 7_000_000 } }]);
});

t.test(
  'a workbook that unpacks to far more than it is, or has too many rows, is refused',
  { timeout: 180_000 },
  async (t) => {
    const world = await aWorld();
    const bomb = zipOf('xl/worksheets/sheet1.xml', Buffer.alloc(200 * 1_048_576, ' '));
    t.ok(bomb.length < 1_048_576, `${bomb.length} bytes`);
    t.match(await importing(world.regulator, bomb, { headers: XLSX }), { status: 400, body: { detail: /128 MB/ } });
    const many = zippedBook(
      Array.from({ length: 50_001 }, (_, nth) => inline(nth === 0 ? [...MANIFEST_TITLES] : ['1'], nth + 1)).join(''),
    );
    t.match(await importing(world.regulator, many, { headers: XLSX }), { status: 400, body: { detail: /50001 rows/ } });
    const large = Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(8 * 1_048_576)]);
    t.match(await importing(world.regulator, large, { headers: XLSX }), { status: 413 });
    for (const broken of [bomb.subarray(0, 100), Buffer.concat([bomb.subarray(0, 10), bomb.subarray(50)])])
      t.match(await importing(world.regulator, broken, { headers: XLSX }), {
        status: 400,
        body: { detail: /no Excel workbook/ },
      });
  },
);

/** A zip of one entry that lies about its size. */
function zipOf(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content);
  const header = Buffer.alloc(26);
  header.writeUInt16LE(20, 0);
  header.writeUInt16LE(8, 4);
  header.writeUInt32LE(packed.length, 14);
  header.writeUInt32LE(100, 18);
  header.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), header, Buffer.from(name), packed]);
  const central = Buffer.concat([
    Buffer.from('PK\u0001\u0002'),
    Buffer.from([20, 0]),
    header,
    Buffer.alloc(14),
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 0, 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

t.test('a cell far out, or a row of thousands, is refused before anything is laid out', async (t) => {
  const world = await aWorld();
  const far = await workbookOf([[...MANIFEST_TITLES], [...Array.from({ length: 200 }, () => null), 'x']]);
  t.match(await importing(world.regulator, far, { headers: XLSX }), { status: 400, body: { detail: /201 columns/ } });
  const wide = Buffer.from(`${MANIFEST_TITLES.join(',')}\n${','.repeat(200)}\n`);
  t.match(await importing(world.regulator, wide), { status: 400, body: { detail: /201 columns/ } });
});

t.test('however a cell far out is written, it ends its reader and nothing else', { timeout: 180_000 }, async (t) => {
  const world = await aWorld();
  const titles = inline([...MANIFEST_TITLES], 1);
  const cellAt = (attributes: string): string => `${titles}<row r="2"><c ${attributes}><v>1</v></c></row>`;
  const books: Record<string, string> = {
    'single quotes': cellAt("r='ZZZZ2'"),
    'a tab before it': cellAt('t="n"\tr="ZZZZ2"'),
    'small letters': cellAt('r="zzzz2"'),
    'a character reference': cellAt('r="&#90;&#90;ZZ2"'),
    'six letters': cellAt('r="ZZZZZZ2"'),
    'a row beyond all': `${titles}<row r='999999999'><c r='A999999999'><v>1</v></c></row>`,
  };
  for (const [name, sheet] of Object.entries(books)) {
    const answer = await importing(world.regulator, zippedBook(sheet), { headers: XLSX });
    t.match(answer, { status: 400, body: { type: '/problems/invalid-input', detail: /too large|columns/ } }, name);
  }
  const elsewhere = await importing(world.regulator, zippedBook(cellAt("r='ZZZZ2'"), 'xl/sheets/一.xml'), {
    headers: XLSX,
  });
  t.match(elsewhere, { status: 400, body: { detail: /too large|columns/ } }, 'a sheet of another name');
  const shared = `${titles}${Array.from({ length: 300 }, (_, nth) => `<row r="${nth + 2}">${'<c t="s"><v>0</v></c>'}</row>`).join('')}`;
  t.ok((await importing(world.regulator, zippedBook(shared), { headers: XLSX })).status < 500);
  t.equal((await world.regulator.get('/v1/official-imports')).status, 200);
});

t.test('what a zip does not name is not read', async (t) => {
  const world = await aWorld();
  const number = aNumber();
  const rows = [[...MANIFEST_TITLES], aCellRow(number, '5', '46281').map((cell) => cell ?? '')];
  const book = zippedBook(rows.map((row, nth) => inline(row as string[], nth + 1)).join(''));
  const hidden = zipOf(
    'xl/worksheets/sheet1.xml',
    Buffer.from("<worksheet><sheetData><row><c r='ZZZZ2'><v>1</v></c></row></sheetData></worksheet>"),
  );
  t.match(ok(await importing(world.regulator, withHidden(book, hidden), { headers: XLSX })), {
    counts: { rows: 1, new: 1 },
  });
});

/** The entry of another zip, before the directory of this one, which does not name it. */
function withHidden(book: Buffer, other: Buffer): Buffer {
  const endOf = (zip: Buffer) => zip.lastIndexOf('PK\u0005\u0006', undefined, 'latin1');
  const directoryOf = (zip: Buffer) => zip.readUInt32LE(endOf(zip) + 16);
  const entry = other.subarray(0, directoryOf(other));
  const end = Buffer.from(book.subarray(endOf(book)));
  end.writeUInt32LE(directoryOf(book) + entry.length, 16);
  return Buffer.concat([
    book.subarray(0, directoryOf(book)),
    entry,
    book.subarray(directoryOf(book), endOf(book)),
    end,
  ]);
}
