import { randomUUID } from 'node:crypto';
import t from 'tap';
import { CHUNK_LINES } from '../../src/platform/bulk-arrival.ts';
import { forgetBulks } from '../../src/platform/bulk-storage.ts';
import { aLine, aParty, at, written } from '../manifests/given.ts';
import { aWorld, callerWith, ok, START, startTestService, type World } from '../support/world.ts';
import { doBulk, ended, ndjson, resultsOf, sendBulk } from './bulks.ts';

const generation = (world: World, changes: object = {}): object => ({
  operation: 'generations.record',
  body: {
    siteId: world.consignorSiteId,
    wasteCode: '900-249-08',
    massGrams: 1_000,
    occurredAt: at(world),
    ...changes,
  },
});
const draft = (world: World): object => ({ operation: 'manifests.draft', body: world.draftBody({ lines: [aLine()] }) });

t.test('two thousand lines, right and wrong, each answered on its own, in order', async (t) => {
  const world = await aWorld();
  const lines: (object | string)[] = [];
  for (let set = 0; set < 400; set++) {
    const first = lines.length + 1;
    lines.push(
      generation(world),
      draft(world),
      { operation: 'manifests.issue', id: `@${first + 1}/id` },
      set % 2 === 0 ? generation(world, { massGrams: -1 }) : '{"operation":',
      set % 2 === 0 ? '' : { operation: 'manifests.issue', id: `@${first + 3}/id` },
    );
  }
  const { bulk, results } = await doBulk(world, world.consignor, ndjson(lines));
  t.match(bulk, { state: 'done', lines: 1_800, done: 1_800, succeeded: 1_200, refused: 600, format: 'ndjson' });
  t.same(
    results.map(({ line }) => line),
    lines.flatMap((line, index) => (line === '' ? [] : [index + 1])),
  );
  const [first] = results;
  t.match(first, { line: 1, status: 201, body: { code: String, batchId: String, warnings: [] } });
  for (const { line, status, body, problem } of results) {
    const told = `line ${line}: ${JSON.stringify(body ?? problem)}`;
    switch ((line - 1) % 10) {
      case 2:
      case 7:
        t.match(body, { number: /^\d{14}$/, status: 'issued' }, told);
        break;
      case 3:
        t.match(problem, { status: 400, type: '/problems/invalid-input', errors: [{ pointer: '/massGrams' }] }, told);
        break;
      case 8:
        t.match(problem, { status: 400, type: '/problems/malformed-json' }, told);
        break;
      case 9:
        t.match(problem, { status: 424, type: '/problems/rests-on-refused' }, told);
        break;
      default:
        t.equal(status, 201, told);
    }
  }
  const numbers = results.flatMap(({ body }) => body?.number ?? []);
  t.equal(new Set(numbers).size, 400);
  const later = await resultsOf(world, world.consignor, bulk.id, '?after=1500&follow=true');
  t.same(
    later,
    results.filter(({ line }) => line > 1_500),
  );
});

t.test('a line takes from any line before it, whatever the field, and never from one behind', async (t) => {
  const world = await aWorld();
  const filler = Array.from({ length: CHUNK_LINES }, () => '');
  const { results } = await doBulk(
    world,
    world.consignor,
    ndjson([
      draft(world), // 1
      { operation: 'manifests.issue', id: '@1/id' },
      { operation: 'manifests.void', id: '@1/id', body: { reason: '@2/number' } },
      { operation: 'manifests.void', id: '@1/id', body: { reason: '@@1/id' } },
      { operation: 'manifests.issue', id: '@6/id' },
      draft(world), // 6
      { operation: 'manifests.issue', id: '@6/colour' },
      ...filler, // in another turn
      { operation: 'manifests.issue', id: '@6/id' },
      { operation: 'manifests.issue', id: '@7/id' },
      { operation: 'manifests.issue', id: '@99999/id' },
    ]),
  );
  const told = results.map(({ line, status, problem }) => [line, status, problem?.errors?.[0]?.pointer ?? null]);
  t.same(told, [
    [1, 201, null],
    [2, 200, null],
    [3, 200, null],
    [4, 409, null],
    [5, 400, ''],
    [6, 201, null],
    [7, 400, '/id'],
    [CHUNK_LINES + 8, 200, null],
    [CHUNK_LINES + 9, 424, null],
    [CHUNK_LINES + 10, 400, ''],
  ]);
});

t.test('CSV: cells become what the schema wants, in UTF-8 with its mark and in GB 18030', async (t) => {
  const world = await aWorld();
  const header =
    'operation,id,key,/consignorSiteId,/carrierId,/consigneeSiteId,/lines/0/wasteCode,/lines/0/name,/lines/0/form,/lines/0/hazards/0,/lines/0/packaging,/lines/0/massGrams,/lines/0/plannedMethod';
  const row = (
    key: string,
  ) => `manifests.draft,,${key},${world.consignorSiteId},${world.carrier.partyId},${world.consigneeSiteId},900-249-08,"废矿物油，含
水",liquid,T,drum,1200000,D10`;
  const textWith = (key: string) =>
    `${header}\r\n${row(key)}\r\n\r\nmanifests.issue,@2/id\r\nmanifests.draft,,,,,,,,,,,十吨\r\n`;
  const text = textWith(randomUUID());
  t.equal(new TextDecoder('gb18030').decode(gb18030(text)), text, 'it is GB 18030');
  for (const [content, type] of [
    [`\ufeff${text}`, 'text/csv'],
    [gb18030(textWith(randomUUID())), 'text/csv'],
    [gb18030(textWith(randomUUID())), 'text/csv; charset=gb18030'],
  ] as const) {
    const { bulk, results } = await doBulk(world, world.consignor, content, { type });
    t.match(bulk, { format: 'csv', lines: 3, succeeded: 2 }, type);
    t.match(results, [
      { line: 2, status: 201 },
      { line: 4, status: 200, body: { number: String } },
      { line: 5, status: 400, problem: { type: '/problems/invalid-input' } },
    ]);
    const pointers = results[2]!.problem.errors.map((error: { pointer: string }) => error.pointer);
    t.ok(pointers.includes('/lines/0/massGrams'), pointers.join());
    const manifest = ok(await world.consignor.get(`/v1/manifests/${results[0]!.body.id}`));
    t.match(manifest, { lines: [{ name: /^废矿物油，含\s水$/, declaredGrams: 1_200_000 }] });
  }
  for (const [broken, told] of [
    [`operation,massGrams\nx,1`, /massGrams/],
    [`${header}\n"never closed`, /line \d/],
    [Buffer.from([0xef, 0xbb, 0xbf, 0xff, 0xfe, 0x00]), /charset/],
  ] as const) {
    const answer = await sendBulk(world, world.consignor, broken, { type: 'text/csv' });
    t.match(answer, { status: 400, body: { type: '/problems/malformed-bulk', detail: told } });
  }
  t.match(await sendBulk(world, world.consignor, text, { type: 'text/csv; charset=klingon' }), { status: 400 });
});

/** Through the one encoder that is at hand: every GB 18030 pair decoded once. */
function gb18030(text: string): Buffer {
  const bytes = [...text].flatMap((character) => {
    const code = character.codePointAt(0)!;
    if (code < 0x80) return [code];
    return [...(PAIRS.get(character) ?? [0x3f])];
  });
  return Buffer.from(bytes);
}
const PAIRS = new Map<string, Buffer>();
for (let lead = 0x81; lead <= 0xfe; lead++)
  for (let trail = 0x40; trail <= 0xfe; trail++) {
    const pair = Buffer.from([lead, trail]);
    const character = new TextDecoder('gb18030').decode(pair);
    if (trail !== 0x7f && !PAIRS.has(character)) PAIRS.set(character, pair);
  }

t.test('sent again it is the same bulk; with another content the key is taken', async (t) => {
  const world = await aWorld();
  const key = `again-${randomUUID()}`;
  const content = ndjson([generation(world), generation(world)]);
  const first = await sendBulk(world, world.consignor, content, { key });
  t.match(first, { status: 202, headers: { location: `/v1/bulks/${first.body.id}` }, body: { key, lines: 2 } });
  await ended(world.consignor, first.body.id);
  const before = await written(world);
  const again = await sendBulk(world, world.consignor, content, { key });
  t.match(again, {
    status: 202,
    headers: { 'idempotency-replayed': 'true' },
    body: { id: first.body.id, state: 'done' },
  });
  for (const other of [
    await sendBulk(world, world.consignor, `${content}\n`, { key }),
    await sendBulk(world, world.consignor, content, { key, query: '?onError=stop' }),
  ])
    t.match(other, { status: 422, body: { type: '/problems/idempotency-key-reused' } });
  t.same(await written(world), before, 'nothing was done twice');
  const atOnce = await Promise.all([1, 2, 3].map(() => sendBulk(world, world.carrier, content, { key })));
  t.equal(new Set(atOnce.map(({ status, body }) => `${status} ${body.id}`)).size, 1, 'three at once are one');
  const both = await doBulk(
    world,
    world.consignor,
    ndjson([
      { ...generation(world), key },
      { ...generation(world), key },
    ]),
  );
  t.equal(both.results[0]!.body.actId, both.results[1]!.body.actId, 'a key of its own is that of a single request');
});

t.test('onError=stop: one after the other, and nothing after the first that is refused', async (t) => {
  const world = await aWorld();
  const lines = [generation(world), generation(world), { operation: 'x' }, generation(world)];
  const { bulk, results } = await doBulk(world, world.consignor, ndjson(lines), { query: '?onError=stop' });
  t.match(bulk, { state: 'stopped', lines: 4, done: 3, succeeded: 2, refused: 1 });
  t.same(
    results.map(({ status }) => status),
    [201, 201, 400],
  );
});

t.test('cancelled: what was not begun is not done', async (t) => {
  const world = await aWorld();
  const { consignor } = world;
  const lines = Array.from({ length: 5_000 }, () => generation(world));
  const { body } = await sendBulk(world, consignor, ndjson(lines));
  const bulk = ok(await consignor.post(`/v1/bulks/${body.id}/cancel`));
  t.match(bulk, { state: 'cancelled', endedAt: String });
  t.ok(bulk.done < 5_000);
  const again = ok(await consignor.post(`/v1/bulks/${body.id}/cancel`));
  t.match(again, { state: 'cancelled', endedAt: bulk.endedAt });
  const next = await doBulk(world, consignor, ndjson([generation(world)]));
  t.equal(next.bulk.succeeded, 1, 'and the next has its turn');
  const results = await resultsOf(world, consignor, body.id);
  t.equal(results.length, ok(await consignor.get(`/v1/bulks/${body.id}`)).done);
});

/** Three turns. */
const LARGE = 2 * CHUNK_LINES + 1_000;

t.test('a small bulk of one party does not wait for a large one of another', async (t) => {
  const world = await aWorld();
  const [one, other] = [world.consignor, await aParty(world, { capacities: ['producer'] })];
  const siteId = ok(await other.post('/v1/sites', { partyId: other.partyId, name: '乙厂', region: '370112' })).id;
  const large = await sendBulk(world, one, ndjson(Array.from({ length: LARGE }, () => generation(world))));
  world.clock.advanceMs(1);
  const second = await sendBulk(world, one, ndjson([generation(world)]));
  const small = await sendBulk(world, other, ndjson([generation(world, { siteId }), generation(world, { siteId })]));
  t.match(await ended(other, small.body.id), { succeeded: 2 });
  const meanwhile = ok(await one.get(`/v1/bulks/${large.body.id}`));
  t.ok(meanwhile.done < LARGE, `${meanwhile.done} of the large one were done by then`);
  t.match(ok(await one.get(`/v1/bulks/${second.body.id}`)), { state: 'waiting', done: 0 }, 'its own next waits');
  t.match(await ended(one, second.body.id), { succeeded: 1 });
  t.match(ok(await one.get(`/v1/bulks/${large.body.id}`)), { succeeded: LARGE });
});

t.test('every line is judged as its sender would be, as of when it is done', async (t) => {
  const world = await aWorld();
  const { consignor, carrier, stranger } = world;
  const { id } = await world.aManifest({ status: 'issued' });
  const pickup = { occurredAt: at(world), plate: world.plate, lines: [{ line: 1, massGrams: 1 }] };
  const acts = [
    { operation: 'manifests.pickup', id, body: pickup },
    { operation: 'policies.amend', id, ifMatch: 1, body: {} },
    { operation: 'parties.amend', id: consignor.partyId, ifMatch: 7, body: PARTY },
    { operation: 'parties.amend', id: consignor.partyId, body: PARTY },
    { operation: 'manifests.pickup-code', id, body: {} },
    { operation: 'bulks.start' },
    { operation: 'manifests.issue' },
    { ...generation(world), id },
    { operation: 'keys.revoke', id, body: {} },
    { operation: 'manifests.issue', id, key: 'with space' },
  ];
  const statuses = async (caller: typeof consignor) =>
    (await doBulk(world, caller, ndjson(acts))).results.map(({ status }) => status);
  t.same(await statuses(consignor), [403, 403, 412, 428, 400, 400, 400, 400, 400, 400]);
  t.same(await statuses(stranger), [404, 403, 403, 428, 400, 400, 400, 400, 400, 400]);
  t.same((await statuses(carrier))[0], 200);

  const granted = ok(
    await consignor.post('/v1/api-keys', { partyId: consignor.partyId, role: 'member', label: 'short' }),
  );
  const short = callerWith(world.app, granted.apiKey, consignor.partyId);
  const first = await sendBulk(world, consignor, ndjson(Array.from({ length: 3_000 }, () => generation(world))));
  const { body } = await sendBulk(world, short, ndjson([generation(world)]));
  ok(await consignor.delete(`/v1/api-keys/${granted.id}`));
  t.match(await ended(consignor, body.id), { state: 'done', succeeded: 0, refused: 1 });
  const refusals = await resultsOf(world, consignor, body.id);
  t.match(refusals, [{ line: 1, status: 401, problem: { type: '/problems/key-invalid' } }]);
  await ended(consignor, first.body.id);
});
const PARTY = { name: '改', capacities: ['producer'], region: '370102' };

t.test('limits, both sides of each', async (t) => {
  const world = await startTestService(t, START, {
    BULK_LINES_MAX: '3',
    BULK_LINE_LENGTH_MAX: '300',
    BULK_BYTES_MAX: '2000',
    BULKS_OPEN_MAX: '1',
    ROLE: 'api', // nobody does them
  });
  const admin = callerWith(world.app, world.adminKey);
  const line = (length: number): string => `{"operation":"${'x'.repeat(length - 16)}"}`;
  const send = (content: string) => sendBulk(world, admin, content);
  t.match(await send(ndjson([line(20), line(20), line(20), line(20)])), { status: 413, body: { detail: /3 acts/ } });
  t.match(await send(line(2_001)), { status: 413, body: { detail: /2000 bytes/ } });
  for (const empty of ['', '\n\n', '\r\n']) t.match(await send(empty), { status: 400, body: { detail: /no act/ } });
  t.match(await send(`${ndjson([line(20), line(300), line(301)])}\n${`${' '.repeat(300)}\n`.repeat(4)}`), {
    status: 202,
    body: { lines: 3 },
  });
  const { rows } = await world.service.database.pool.query('select overlong from bulk_chunks');
  t.same(rows, [{ overlong: [3] }], 'the line that is too long is told so; the one that just fits is not');
  t.match(await send(line(20)), { status: 429, headers: { 'retry-after': String }, body: { detail: /1 bulks/ } });
  const json = await admin.post('/v1/bulks', {});
  t.match(json, { status: 415, body: { type: '/problems/media-type-unsupported' } });
  t.match(await admin.post('/v1/parties', 'a', { 'content-type': 'text/csv' }), { status: 415 }, 'and nowhere else');
  const { rows: left } = await world.service.database.pool.query("select 1 from bulks where state = 'arriving'");
  t.same(left, [], 'what was not taken leaves nothing');
});

t.test('after its days a bulk is gone, with its lines and results', async (t) => {
  const world = await aWorld();
  const { pool } = world.service.database;
  const { bulk } = await doBulk(world, world.consignor, ndjson([generation(world)]));
  const later = (days: number) => new Date(world.clock.now().getTime() + days * 86_400_000);
  await forgetBulks(pool, later(29.9), 30);
  t.equal((await world.consignor.get(`/v1/bulks/${bulk.id}`)).status, 200);
  await forgetBulks(pool, later(30.1), 30);
  t.equal((await world.consignor.get(`/v1/bulks/${bulk.id}`)).status, 404);
  const { rows } = await pool.query('select 1 from bulk_chunks where bulk_id = $1', [bulk.id]);
  t.same(rows, []);
});

t.test('a line nested too deep is that line alone; columns that are no fields are refused', async (t) => {
  const world = await aWorld();
  const deep = `{"operation":"trips.start","body":${'['.repeat(20_000)}"@1/id"${']'.repeat(20_000)}}`;
  const trip = { operation: 'trips.start', body: { plate: world.plate, startedAt: world.clock.now().toISOString() } };
  const { results } = await doBulk(world, world.carrier, ndjson([trip, deep, trip]));
  t.same(
    results.map(({ status }) => status),
    [201, 400, 201],
  );
  t.match(results[1]!.problem, { type: '/problems/malformed-json' });
  for (const column of ['/lines/length', '/lines/200', '/lines/0/__proto__', '/a b'])
    t.match(await sendBulk(world, world.carrier, `operation,${column}\ntrips.start,1\n`, { type: 'TEXT/CSV' }), {
      status: 400,
      body: { type: '/problems/malformed-bulk' },
    });
  const wide = ['operation', ...Array.from({ length: 200 }, (_, n) => `/c${n}`)].join(',');
  t.match(await sendBulk(world, world.carrier, `${wide}\n`, { type: 'text/csv' }), { body: { detail: /200 columns/ } });
});

t.test('a driver sees and cancels the files it sent, and not those of its office', async (t) => {
  const world = await aWorld();
  const { carrier } = world;
  const { id: personId } = ok(
    await carrier.post('/v1/people', { partyId: carrier.partyId, duties: ['driver'], name: '张三' }),
  );
  const { apiKey } = ok(
    await carrier.post('/v1/api-keys', { partyId: carrier.partyId, role: 'driver', label: 'test', personId }),
  );
  const driver = callerWith(world.app, apiKey, carrier.partyId);
  const trip = { operation: 'trips.start', body: { plate: world.plate, startedAt: world.clock.now().toISOString() } };
  const { bulk } = await doBulk(world, carrier, ndjson([trip]));
  t.equal((await driver.get(`/v1/bulks/${bulk.id}`)).status, 404);
  t.equal((await driver.post(`/v1/bulks/${bulk.id}/cancel`)).status, 404);
  const { bulk: own } = await doBulk(world, driver, ndjson([trip]));
  t.equal((await carrier.get(`/v1/bulks/${own.id}`)).status, 200, 'the office sees all of its own');
  t.equal((await carrier.get(`/v1/bulks/${own.id}/results?after=2147483647`)).status, 400);
});
