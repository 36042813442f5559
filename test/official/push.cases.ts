import t, { type Test } from 'tap';
import { runCli } from '../../src/cli.ts';
import { openUpstream, pushAgain } from '../../src/official/upstream.ts';
import { RECEIVED_EXAMPLE } from '../../src/official/upward.ts';
import { startProxy } from '../drills/proxy.ts';
import { anIssued, aRegulator, arrive, aSite, at, pickUp, receive } from '../manifests/given.ts';
import { type Answer, aWorld, type Caller, ok, START, startTestService, type World } from '../support/world.ts';
import { aNumber } from './given.ts';

/** A district and the city above it: two services, two databases, HTTP between them. */
interface Two {
  readonly city: World;
  readonly district: World;
  /** The district's bureau, as the city knows it. */
  readonly source: Caller;
  readonly line: Awaited<ReturnType<typeof startProxy>>;
}

async function aDistrictAndItsCity(
  t: Test,
  environment: Record<string, string> = { UPSTREAM_REGION: '370112' },
): Promise<Two> {
  const city = await aWorld(startTestService(t, START));
  await city.app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = city.app.server.address() as { port: number };
  const line = await startProxy(port);
  t.teardown(() => line.close());
  const source = await aRegulator(city, '370112');
  const district = await aWorld(
    startTestService(t, START, {
      UPSTREAM_URL: `http://127.0.0.1:${line.port}`,
      UPSTREAM_KEY: source.apiKey,
      ...environment,
    }),
  );
  await district.generate(100_000_000);
  return { city, district, source, line };
}

/** What happened within the last moments goes up. */
async function pushed({ district }: Two): Promise<void> {
  district.clock.advanceMs(6_000);
  await district.jobsDone();
}

const received = async (caller: Caller, query = ''): Promise<Answer['body'][]> =>
  ok(await caller.get(`/v1/received-manifests?limit=200${query}`)).items;
const receivedOne = async (caller: Caller, manifestId: string): Promise<Answer['body']> => {
  const found = (await received(caller)).filter((one) => one.manifestId === manifestId);
  t.equal(found.length, 1);
  return ok(await caller.get(`/v1/received-manifests/${found[0].id}`));
};

/** Everything the city holds of it, to the moment. */
const stored = async ({ city }: Two): Promise<object[]> =>
  (await city.service.database.pool.query('select * from received_manifests order by manifest_id')).rows;

async function aLoad(world: World): Promise<{ id: string; number: string }> {
  const issued = await anIssued(world);
  ok(await pickUp(world, issued.id, [{ line: 1, massGrams: 990_000 }]));
  return issued;
}

t.test('every manifest of the district goes up as it changes, and is no manifest of the city', async (t) => {
  const two = await aDistrictAndItsCity(t);
  const { city, district, source } = two;
  const { id, number } = await aLoad(district);
  const official = aNumber();
  ok(
    await district.carrier.post(`/v1/manifests/${id}/official-record`, {
      system: 'cn-37',
      number: official,
      status: '运输中',
      seenAt: at(district),
    }),
  );
  await pushed(two);
  const { version } = ok(await district.consignor.get(`/v1/manifests/${id}`));
  t.match(await receivedOne(city.regulator, id), {
    sourceId: source.partyId,
    manifestId: id,
    version,
    stream: 'hazardous',
    status: 'in_transit',
    number,
    officialNumber: official,
    originRegion: '370112',
    destinationRegion: '370117',
    record: {
      consignor: { name: '产废单位' },
      consignorSite: { name: '一厂', region: '370112' },
      carriers: [{ name: '运输单位', plate: district.plate }],
      officialRecords: [{ system: 'cn-37', number: official, status: '运输中' }],
      lines: [
        { line: 1, wasteCode: '900-249-08', declaredGrams: 1_000_000, pickedUpGrams: 990_000, acceptedGrams: null },
      ],
    },
  });
  ok(await arrive(district, id));
  ok(await receive(district, id, [{ line: 1, acceptedGrams: 600_000 }]));
  await pushed(two);
  t.match(await receivedOne(city.regulator, id), {
    status: 'received',
    record: { lines: [{ acceptedGrams: 600_000 }] },
  });
  t.match((await received(city.regulator, `&number=${number}`)).length, 1);
  t.same(ok(await city.regulator.get('/v1/manifests')).items, []);
  await city.jobsDone();
  t.same(ok(await city.regulator.get('/v1/anomalies')).items, []);
  t.not(ok(await district.consignor.get('/v1/anomalies')).items.length, 0, 'the district looks into its own');

  // By region and stream, for whom it concerns.
  for (const [query, count] of [
    ['&region=370112&stream=hazardous', 1],
    ['&region=370117', 1],
    ['&region=370100', 1],
    ['&region=370102', 0],
    ['&region=370200', 0],
    ['&stream=medical', 0],
  ] as const)
    t.equal((await received(city.regulator, query)).length, count, query);
  const { id: here } = await receivedOne(city.regulator, id);
  for (const other of [await aRegulator(city, '371000'), await aRegulator(city, '370100', ['medical'])]) {
    t.same(await received(other), []);
    t.equal((await other.get(`/v1/received-manifests/${here}`)).status, 404);
  }
});

t.test('a draft stays at home, and so does what only touches other districts', async (t) => {
  const two = await aDistrictAndItsCity(t, { UPSTREAM_REGION: '370103' });
  const { district, city } = two;
  await aLoad(district);
  ok(await district.consignor.post('/v1/manifests', district.draftBody()));
  await pushed(two);
  t.same(await received(city.regulator), []);
});

t.test('the city is away for hours, longer than any job is tried, and nothing is lost', async (t) => {
  const two = await aDistrictAndItsCity(t);
  const { city, district, line } = two;
  await line.close();
  const loads = [await aLoad(district), await aLoad(district), await aLoad(district)];
  const { pool } = district.service.database;
  const tries = async () =>
    (
      await pool.query(
        "select min(attempts)::int as least, max(attempts)::int as most, bool_and(state = 'pending') as waits from outbox where job = 'push_manifest'",
      )
    ).rows[0];
  const untilMinutesPass = async (isOver: () => Promise<boolean>) => {
    for (let minutes = 0; minutes < 1_000 && !(await isOver()); minutes++) {
      district.clock.advanceMs(60_000);
      district.service.wakeJobs();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await untilMinutesPass(async () => (await tries()).least >= 10);
  const { least, waits } = await tries();
  t.ok(least >= 10 && waits, `${least} tries, and waiting`);
  t.same(await received(city.regulator), []);
  await line.open();
  await untilMinutesPass(async () => (await received(city.regulator)).length === loads.length);
  district.clock.advanceMs(11 * 60_000);
  await district.jobsDone();
  t.same((await received(city.regulator)).map((one) => one.manifestId).sort(), loads.map(({ id }) => id).sort());
});

t.test('a replay, twice, changes nothing; one that is needed sends what is missing', async (t) => {
  const two = await aDistrictAndItsCity(t);
  const { city, district, source } = two;
  const loads = [await aLoad(district), await aLoad(district)];
  await pushed(two);
  const { pool } = district.service.database;
  const url = `http://127.0.0.1:${two.line.port}`;
  const open = () =>
    openUpstream({
      url,
      key: source.apiKey,
      database: district.service.database,
      clock: district.clock,
      log: { warn() {} },
    });
  const everything = { all: true, since: undefined, region: '370112' };
  const unknown = { ...everything, all: false };
  const before = await stored(two);
  t.same(await pushAgain(open(), pool, unknown), { acknowledged: 0, parked: 0 }, 'all of it is known above');
  for (let n = 0; n < 2; n++) t.same(await pushAgain(open(), pool, everything), { acknowledged: 2, parked: 0 });
  t.same(await stored(two), before);
  await city.service.database.pool.query('delete from received_manifests where manifest_id = $1', [loads[0]!.id]);
  await pool.query('delete from upstream_pushes where manifest_id = $1', [loads[1]!.id]);
  t.same(await pushAgain(open(), pool, unknown), { acknowledged: 1, parked: 0 }, 'what was not acknowledged');
  t.same(await pushAgain(open(), pool, { ...everything, since: new Date(START.getTime() + 3_600_000) }), {
    acknowledged: 0,
    parked: 0,
  });
  t.same(await pushAgain(open(), pool, { ...everything, since: START }), { acknowledged: 2, parked: 0 });
  t.equal((await received(city.regulator)).length, 2);
  t.same(await pushAgain(open(), pool, { ...everything, region: '370103' }), { acknowledged: 0, parked: 0 });

  // A party that has another name since goes up with it; the history is the same.
  const { headers, body } = await district.admin.get(`/v1/parties/${district.consignor.partyId}`);
  const { id: _, version: __, ...record } = body;
  ok(
    await district.admin.put(
      `/v1/parties/${district.consignor.partyId}`,
      { ...record, name: '新名' },
      { 'if-match': String(headers.etag) },
    ),
  );
  const { version } = await receivedOne(city.regulator, loads[0]!.id);
  t.same(await pushAgain(open(), pool, everything), { acknowledged: 2, parked: 0 });
  t.match(await receivedOne(city.regulator, loads[0]!.id), { version, record: { consignor: { name: '新名' } } });

  await two.line.close();
  await t.rejects(pushAgain(open(), pool, everything), /fetch failed/, 'told, not swallowed');
});

t.test('npx liandan push', async (t) => {
  const two = await aDistrictAndItsCity(t);
  const { city, district, source } = two;
  await aLoad(district);
  await pushed(two);
  await city.service.database.pool.query('delete from received_manifests');
  const before = { ...process.env };
  t.teardown(() => {
    process.env = before;
  });
  const run = async (...args: string[]): Promise<number> => runCli(['push', ...args]);
  Object.assign(process.env, { DATABASE_URL: district.databaseUrl });
  t.equal(await run(), 2, 'there is nobody above');
  Object.assign(process.env, { UPSTREAM_URL: `http://127.0.0.1:${two.line.port}`, UPSTREAM_KEY: source.apiKey });
  t.equal(await run('--since', 'yesterday'), 2);
  t.equal(await run(), 0);
  t.same(await received(city.regulator), [], 'all of it was acknowledged');
  t.equal(await run('--all'), 0);
  t.equal((await received(city.regulator)).length, 1);
  t.equal(await run('--since', '2026-09-16'), 0);
  await city.service.database.pool.query('update parties set jurisdiction = null where id = $1', [source.partyId]);
  t.equal(await run('--all'), 1, 'one was refused');
  await two.line.close();
  t.equal(await run('--all'), 1, 'nobody answers');
  delete process.env.UPSTREAM_KEY;
  t.equal(await run(), 1, 'one variable without the other');
});

t.test('what the city refuses is parked where one sees it, and the rest goes on', async (t) => {
  const two = await aDistrictAndItsCity(t, {});
  const { city, district, source } = two;
  const site = await aSite(district.consignor, '370202');
  const sink = await aSite(district.consignee, '370203');
  const elsewhere = await anIssued(district, { consignorSiteId: site, consigneeSiteId: sink });
  const here = await aLoad(district);
  await pushed(two);
  t.same(
    (await received(city.regulator)).map((one) => one.manifestId),
    [here.id],
  );
  t.match(ok(await district.admin.get('/v1/upstream-pushes')).items, [
    {
      id: elsewhere.id,
      state: 'parked',
      problem: { type: '/problems/not-your-act', status: 403, errors: [{ pointer: String }] },
    },
  ]);
  const reasonIn = async (language: string) =>
    ok(await district.admin.get('/v1/upstream-pushes', { 'accept-language': language })).items[0].problem;
  t.match(await reasonIn('zh-CN'), { detail: /辖区和废物类别/, errors: [{ detail: '辖区内的区县' }] });
  t.match(await reasonIn('en'), { detail: /your jurisdiction/, errors: [{ detail: 'a county of your jurisdiction' }] });
  const { rows } = await district.service.database.pool.query(
    "select distinct state from outbox where job = 'push_manifest'",
  );
  t.same(rows, [{ state: 'done' }], 'it is no failed job');
  const party = await city.admin.get(`/v1/parties/${source.partyId}`);
  const { id: _, version: __, ...record } = party.body;
  const widened = { ...record, jurisdiction: { region: '370000', streams: ['hazardous'] } };
  ok(await city.admin.put(`/v1/parties/${source.partyId}`, widened, { 'if-match': String(party.headers.etag) }));
  const { database } = district.service;
  const upstream = openUpstream({
    url: `http://127.0.0.1:${two.line.port}`,
    key: source.apiKey,
    database,
    clock: district.clock,
    log: { warn() {} },
  });
  t.same(await pushAgain(upstream, database.pool, { all: false, since: undefined, region: undefined }), {
    acknowledged: 1,
    parked: 0,
  });
  t.same(ok(await district.admin.get('/v1/upstream-pushes')).items, []);
  t.equal(ok(await district.admin.get('/v1/upstream-pushes?state=acknowledged')).items.length, 2);
});

t.test('the highest version stays, in whatever order they come', async (t) => {
  const city = await aWorld();
  const source = await aRegulator(city, '370112');
  const item = (version: number, changes: object = {}) => ({
    ...RECEIVED_EXAMPLE,
    manifestId: crypto.randomUUID(),
    version,
    ...changes,
  });
  const put = async (...items: object[]) =>
    ok(await source.put('/v1/received-manifests', { items })).items.map(({ outcome }: { outcome: string }) => outcome);
  const first = item(5);
  t.same(await put(first), ['kept']);
  t.same(await put({ ...first, version: 3 }, first), ['older', 'known']);
  t.same(await put({ ...first, headHash: 'a'.repeat(64) }), ['refused'], 'the same version with another history');
  t.same(
    await put({ ...first, version: 7 }, { ...first, version: 6 }, { ...first, version: 8 }),
    ['kept', 'older', 'kept'],
    'in one batch',
  );
  t.match(await receivedOne(source, first.manifestId), { version: 8 });
  const other = await aRegulator(city, '370112');
  ok(await other.put('/v1/received-manifests', { items: [{ ...first, version: 1, headHash: 'b'.repeat(64) }] }));
  t.equal(
    (await received(source)).filter(({ manifestId }) => manifestId === first.manifestId).length,
    2,
    'each source has its own',
  );
  const twins = [1, 2, 3, 4].map((version) => put({ ...first, version: 10 + version }));
  await Promise.all(twins);
  const own = (await received(source)).find(({ sourceId }) => sourceId === source.partyId);
  t.equal(own.version, 14, 'at once too');
});

t.test('an item that does not fit is answered for itself, at its place', async (t) => {
  const city = await aWorld();
  const source = await aRegulator(city, '370112');
  const good = { ...RECEIVED_EXAMPLE, manifestId: crypto.randomUUID() };
  const [line] = RECEIVED_EXAMPLE.lines;
  const bad: [item: unknown, pointer: string][] = [
    [null, '/items/0'],
    [{ ...good, version: 0 }, '/items/1/version'],
    [{ ...good, status: 'lost' }, '/items/2/status'],
    [{ ...good, lines: [{ ...line, declaredGrams: 0.5 }] }, '/items/3/lines/0/declaredGrams'],
    [{ ...good, headHash: 'x' }, '/items/4/headHash'],
    [{ ...good, more: 1 }, '/items/5/more'],
    [{ ...good, paperNumber: 'a\u0000' }, '/items/6'],
    [{ ...good, originRegion: '371002', destinationRegion: '371002' }, '/items/7/originRegion'],
    [{ ...good, version: 2_147_483_648 }, '/items/8/version'],
  ];
  const { items } = ok(await source.put('/v1/received-manifests', { items: [...bad.map(([item]) => item), good] }));
  t.match(items, [
    ...bad.map(([, pointer]) => ({ outcome: 'refused', problem: { errors: [{ pointer }] } })),
    { outcome: 'kept' },
  ]);
  for (const items of [[], Array(51).fill(good), 'x'])
    t.match(await source.put('/v1/received-manifests', { items }), {
      status: 400,
      body: { errors: [{ pointer: '/items' }] },
    });
  t.match(await city.carrier.put('/v1/received-manifests', { items: [good] }), { status: 403 });
  const last = { ...good, version: 2_147_483_647 };
  t.match(ok(await source.put('/v1/received-manifests', { items: [last] })).items, [{ outcome: 'kept' }]);
});
