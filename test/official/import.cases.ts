import { createHash } from 'node:crypto';
import t from 'tap';
import { type Answer, aWorld, callerWith, ok } from '../support/world.ts';
import { aNumber, aRow, CSV, csvOf, importing, importRows, MANIFEST_TITLES, recordsOf, XLSX } from './given.ts';

t.test('a file is kept as it came, each row becomes a record, and no manifest changes', async (t) => {
  const world = await aWorld();
  const number = aNumber();
  const file = csvOf([...MANIFEST_TITLES, '备注'], [[...aRow({ 联单编号: number, '移出量（吨）': '4.96' }), '急']]);
  const answer = await importing(world.regulator, file);
  t.equal(answer.status, 201);
  t.match(answer.body, {
    system: 'cn-37',
    kind: 'manifests',
    importedBy: world.regulator.partyId,
    sha256: createHash('sha256').update(file).digest('hex'),
    bytes: Buffer.byteLength(file),
    format: 'csv',
    encoding: 'utf-8',
    mapping: 'cn-37-manifests',
    columns: [...MANIFEST_TITLES, '备注'],
    unknownColumns: ['备注'],
    counts: { rows: 1, new: 1, changed: 0, unchanged: 0, refused: 0 },
    errors: [],
  });
  t.match(await recordsOf(world.regulator), [
    {
      number,
      version: 1,
      state: 'missing_here',
      rowNumber: 2,
      importId: answer.body.id,
      fields: { number, status: '运输中', wasteCode: '900-249-08', massGrams: 4_960_000, transferredOn: '2026-09-16' },
    },
  ]);
  t.equal((await world.regulator.get(`/v1/official-imports/${answer.body.id}/file`)).body, file, 'byte for byte');
  t.equal(answer.headers.location, `/v1/official-imports/${answer.body.id}`);
  const { rows } = await world.service.database.pool.query(
    'select canonical from custody_events where subject_id = $1 order by seq',
    [answer.body.id],
  );
  t.equal(rows.length, 2, 'received and read, as events');
  t.notMatch(JSON.stringify(rows), number, 'what the file says is in no event');
});

t.test('the example of the documentation is read, every row of it', async (t) => {
  const world = await aWorld();
  const document = ok(await world.regulator.get('/openapi.json'));
  const { content } = document.paths['/v1/official-imports'].post.requestBody;
  const { example } = content['text/csv'];
  const { body } = await importing(world.regulator, example);
  t.match(body, { counts: { rows: 1, new: 1, refused: 0 }, unknownColumns: [], errors: [] });
  t.same(Object.keys(content), ['text/csv', XLSX['content-type']], 'a workbook has no example in text');
  t.notOk(content[XLSX['content-type']].example);
});

t.test('the same file again is the same import; the same rows in another file are unchanged', async (t) => {
  const world = await aWorld();
  const rows = [aRow(), aRow()];
  const file = csvOf(MANIFEST_TITLES, rows);
  const first = ok(await importing(world.regulator, file));
  const again = await importing(world.regulator, file);
  t.match(again, { status: 200, body: { id: first.id, counts: { new: 2 } } });
  const more = await importRows(world.regulator, [...rows, aRow()]);
  t.match(more.counts, { rows: 3, new: 1, changed: 0, unchanged: 2 });
  const twin = csvOf(MANIFEST_TITLES, [aRow({ 联单编号: '20263701999998' })]);
  const twins = await Promise.all([1, 2].map(() => importing(world.regulator, twin)));
  t.same(twins.map(({ status }) => status).sort(), [201, 429], 'sent twice at once');
  t.match(await importing(world.regulator, twin), { status: 200, body: { counts: { new: 1 } } });
  const { rows: left } = await world.service.database.pool.query(
    'select distinct file_id from official_file_chunks where file_id not in (select file_id from official_imports)',
  );
  t.same(left, [], 'nothing is left of the copies');
});

t.test('other content is a new version, and the old one stays', async (t) => {
  const world = await aWorld();
  const number = aNumber();
  const first = await importRows(world.regulator, [aRow({ 联单编号: number })]);
  const second = await importRows(world.regulator, [aRow({ 联单编号: number, 联单状态: '已办结' })]);
  t.match(second.counts, { new: 0, changed: 1 });
  const [{ id }] = await recordsOf(world.regulator);
  t.match(ok(await world.regulator.get(`/v1/official-records/${id}`)), {
    version: 2,
    importId: second.id,
    fields: { status: '已办结' },
    earlier: [{ version: 1, importId: first.id, fields: { status: '运输中' } }],
  });
  t.match(
    await importRows(world.regulator, [aRow({ 联单编号: number, 联单状态: '已办结' }), aRow({ 联单编号: number })]),
    { counts: { unchanged: 1, refused: 1 }, errors: [{ row: 3, code: 'twice' }] },
    'two tales in one file: the first counts, the other is shown',
  );
});

t.test('what one party brought is nobody else’s to read', async (t) => {
  const world = await aWorld();
  const { id } = await importRows(world.consignor, [aRow()]);
  const [record] = await recordsOf(world.consignor);
  for (const other of [world.carrier, world.regulator, world.admin]) {
    t.equal((await other.get(`/v1/official-imports/${id}`)).status, 404);
    t.equal((await other.get(`/v1/official-imports/${id}/file`)).status, 404);
    t.equal((await other.get(`/v1/official-records/${record.id}`)).status, 404);
    t.same(await recordsOf(other), []);
  }
  const granted = ok(
    await world.consignor.post('/v1/api-keys', {
      partyId: world.consignor.partyId,
      role: 'member',
      label: 'x',
      siteId: world.consignorSiteId,
    }),
  );
  const narrow = callerWith(world.app, granted.apiKey);
  t.equal((await importing(narrow, csvOf(MANIFEST_TITLES, [aRow()]))).status, 403);
  t.same(await recordsOf(narrow), []);
  t.match(await importing(world.admin, csvOf(MANIFEST_TITLES, [aRow()])), {
    status: 422,
    body: { errors: [{ pointer: 'query:kind' }] },
  });
});

t.test('in whatever writing, with a mark or a title above, with commas, tabs or semicolons', async (t) => {
  const world = await aWorld();
  const gb = (text: string) => Buffer.from(GB18030[text] ?? text);
  const plain = csvOf(MANIFEST_TITLES, [aRow({ 废物名称: '废"矿,物"\n油' })]);
  const files: Record<string, string | Buffer> = {
    'utf-8': `\ufeff${plain}`,
    'utf-16le': Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(csvOf(MANIFEST_TITLES, [aRow()]), 'utf16le')]),
    tabs: [MANIFEST_TITLES, aRow()].map((row) => row.join('\t')).join('\n'),
    semicolons: [MANIFEST_TITLES, aRow()].map((row) => row.join(';')).join('\n'),
    'a title above': `危险废物转移联单,导出日期 2026-09-16\n\n${csvOf(MANIFEST_TITLES, [aRow()])}`,
  };
  for (const [name, file] of Object.entries(files))
    t.match(await importing(world.regulator, file), { status: 201, body: { counts: { new: 1, refused: 0 } } }, name);
  t.match(ok(await importing(world.regulator, files['utf-16le']!)), { encoding: 'utf-16le' });
  const rowNumbers = (await recordsOf(world.regulator)).map(({ rowNumber }: { rowNumber: number }) => rowNumber);
  t.same(rowNumbers.sort(), [2, 2, 2, 2, 4], 'as a spreadsheet counts them, the empty row too');
  const bytes = Buffer.concat([
    ...['联单编号', ',', '废物代码', ',', '移出量', '(kg)\n'].map(gb),
    Buffer.from(`${aNumber()},900-249-08,12`),
  ]);
  t.match(
    await importing(world.regulator, bytes),
    { status: 422, body: { detail: /移出量/ } },
    'GB 18030 is read, and its titles named',
  );
});

/** As Windows writes them. */
const GB18030: Readonly<Record<string, number[]>> = {
  联单编号: [0xc1, 0xaa, 0xb5, 0xa5, 0xb1, 0xe0, 0xba, 0xc5],
  废物代码: [0xb7, 0xcf, 0xce, 0xef, 0xb4, 0xfa, 0xc2, 0xeb],
  移出量: [0xd2, 0xc6, 0xb3, 0xf6, 0xc1, 0xbf],
  千克: [0xc7, 0xa7, 0xbf, 0xcb],
};

t.test('GB 18030, to the gram', async (t) => {
  const world = await aWorld();
  const number = aNumber();
  const gb = (text: string) => Buffer.from(GB18030[text] ?? text);
  const file = Buffer.concat([
    ...['联单编号', ',', '废物代码', ',', '移出量', '('].map(gb),
    gb('千克'),
    Buffer.from(`)\r\n${number},900-249-08,12.345\r\n`),
  ]);
  t.match(await importing(world.regulator, file), { status: 201, body: { encoding: 'gb18030', counts: { new: 1 } } });
  t.match(await recordsOf(world.regulator), [{ fields: { number, massGrams: 12_345 } }]);
});

t.test('a file that cannot be read is refused as a whole, with what is wrong, and nothing of it stays', async (t) => {
  const world = await aWorld();
  const row = aRow();
  const without = (title: string) => {
    const place = MANIFEST_TITLES.indexOf(title as never);
    return csvOf(
      MANIFEST_TITLES.filter((one) => one !== title),
      [row.filter((_, nth) => nth !== place)],
    );
  };
  const refused: Record<string, [file: string | Buffer, status: number, detail: RegExp]> = {
    'nothing at all': ['', 400, /empty/],
    'no row': ['\n\n\n', 422, /no row/],
    'no number': [
      without('联单编号'),
      422,
      /lacks columns it needs: 联单编号\. Titles we know for them: 联单编号\/电子联单编号/,
    ],
    'no mass': [without('移出量（吨）'), 422, /移出量/],
    'no writing': [Buffer.from([0xff, 0xff, 0x80, 0x2c, 0xff]), 400, /neither UTF-8 .* nor GB 18030/],
    'an open quote': [`${csvOf(MANIFEST_TITLES, [row])}"${'x'.repeat(50)}`, 400, /no proper CSV/],
    'a title twice': [csvOf([...MANIFEST_TITLES, '联单编号'], [[...row, '1']]), 422, /stands more than once/],
    'NUL in a title': [csvOf([...MANIFEST_TITLES, 'a\u0000'], [[...row, '1']]), 422, /control character/],
    'one endless cell': [`${csvOf(MANIFEST_TITLES, [row])}${'x'.repeat(400_000)}`, 400, /no proper CSV/],
    'no workbook': [Buffer.from('PK no'), 400, /no Excel workbook/],
  };
  const kept = async () =>
    (await world.service.database.pool.query('select count(*)::int as n from official_file_chunks')).rows[0].n;
  const before = await kept();
  for (const [name, [file, status, detail]] of Object.entries(refused)) {
    const headers = name === 'no workbook' ? XLSX : CSV;
    const answer: Answer = await importing(world.regulator, file, { headers });
    t.match(answer, { status, body: { detail } }, name);
  }
  t.same(await recordsOf(world.regulator), []);
  t.equal(await kept(), before, 'and no piece of a file');
  t.match(await importing(world.regulator, '{}', { headers: { 'content-type': 'application/json' } }), { status: 415 });
  t.match(await importing(world.regulator, 'x', { system: 'elsewhere' }), {
    status: 400,
    body: { errors: [{ pointer: 'query:system' }] },
  });
  t.match(await importing(world.regulator, 'x', { kind: 'ledger', system: 'cn-44' }), {
    status: 422,
    body: { errors: [{ pointer: 'query:kind' }] },
  });
});

t.test('a bad cell is named by row and column, and the rest is imported', async (t) => {
  const world = await aWorld();
  const bad: [title: (typeof MANIFEST_TITLES)[number], cell: string, code: string][] = [
    ['移出量（吨）', 'about five', 'mass'],
    ['移出量（吨）', '-5', 'mass'],
    ['移出量（吨）', '1.0000001', 'mass-too-fine'],
    ['移出量（吨）', '10000.1', 'mass-too-large'],
    ['移出量（吨）', '', 'missing'],
    ['交付时间', '2026-02-30', 'day'],
    ['交付时间', '16.9.', 'day'],
    ['废物代码', '900-249', 'waste-code'],
    ['移出人统一社会信用代码', '91370100MA3C000000', 'uscc'],
    ['移出人名称', '=HYPERLINK("http://x")', 'formula'],
    ['移出人名称', '@SUM(A1)', 'formula'],
    ['移出人名称', '+1', 'formula'],
    ['移出人名称', 'a\u0000b', 'control-character'],
    ['移出人名称', 'x'.repeat(201), 'text-too-long'],
    ['移出人名称', 'x'.repeat(2_001), 'too-long'],
  ];
  const rows = bad.map(([title, cell]) => aRow({ [title]: cell }));
  const { id, counts } = await importRows(world.regulator, [...rows, aRow().slice(1), aRow()]);
  t.match(counts, { rows: bad.length + 2, new: 1, refused: bad.length + 1 });
  const { items } = ok(await world.regulator.get(`/v1/official-imports/${id}/errors`));
  t.match(items, [
    ...bad.map(([column, , code], nth) => ({ row: nth + 2, column, code, detail: String })),
    { row: bad.length + 2, column: '', code: 'cells' },
  ]);
  const pages: object[] = [];
  for (let next: string | null = ''; next !== null; ) {
    const page: Answer['body'] = ok(
      await world.regulator.get(`/v1/official-imports/${id}/errors?limit=4${next && `&cursor=${next}`}`),
    );
    pages.push(...page.items);
    next = page.next;
  }
  t.same(pages, items, 'page by page');
});

t.test('masses and days in the ways they are written', async (t) => {
  const world = await aWorld();
  const told: [mass: string, day: string, grams: number, on: string][] = [
    ['5', '2026-03-01', 5_000_000, '2026-03-01'],
    ['0.000001', '2026/3/1', 1, '2026-03-01'],
    ['1,234.5', '2026年3月1日', 1_234_500_000, '2026-03-01'],
    ['12.5吨', '2026-03-01 08:30:15', 12_500_000, '2026-03-01'],
    ['500kg', '46082', 500_000, '2026-03-01'],
    ['１２．３', '46082.5', 12_300_000, '2026-03-01'],
    ['1.1', '20260301', 1_100_000, '2026-03-01'],
    ['10000', '2026.3.1', 10_000_000_000, '2026-03-01'],
  ];
  const rows = told.map(([mass, day], nth) => aRow({ '移出量（吨）': mass, 交付时间: day, 废物名称: `第${nth}` }));
  t.match(await importRows(world.regulator, rows), { counts: { new: told.length, refused: 0 }, errors: [] });
  const records = (await recordsOf(world.regulator)).sort(
    (a: { rowNumber: number }, b: { rowNumber: number }) => a.rowNumber - b.rowNumber,
  );
  t.match(
    records.map(({ fields }: { fields: object }) => fields),
    told.map(([, , massGrams, transferredOn]) => ({ massGrams, transferredOn })),
  );
});

t.test('a unit of its own column; none at all is an error', async (t) => {
  const world = await aWorld();
  const titles = ['联单编号', '废物代码', '转移量', '计量单位'];
  const rows = [
    [aNumber(), '900-249-08', '7', '千克'],
    [aNumber(), '900-249-08', '7', '吨'],
    [aNumber(), '900-249-08', '7', '桶'],
    [aNumber(), '900-249-08', '7', ''],
  ];
  t.match(ok(await importing(world.regulator, csvOf(titles, rows))), {
    counts: { new: 2, refused: 2 },
    errors: [
      { row: 4, column: '转移量', code: 'mass-unit' },
      { row: 4, column: '计量单位', code: 'unit' },
      { row: 5, column: '转移量', code: 'mass-unit' },
    ],
  });
  const records = await recordsOf(world.regulator);
  t.same(records.map(({ fields }: { fields: { massGrams: number } }) => fields.massGrams).sort(), [7_000, 7_000_000]);
});
