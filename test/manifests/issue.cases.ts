import t from 'tap';
import { aWorld, ok, type World } from '../support/world.ts';
import { aDraft, aLicence, aLine, anIssued, aParty, aSite, codesOf, pickUp } from './given.ts';

const issue = (world: World, id: string) => world.consignor.post(`/v1/manifests/${id}/issue`);
const serialOf = (number: string): number => Number(number.slice(8));

t.test('TM 15: fourteen digits, year, prefecture of the origin and a serial without gap', async (t) => {
  const world = await aWorld();
  const first = await anIssued(world);
  t.match(first.number, /^20263701\d{6}$/);
  const unlicensed = await aParty(world);
  const refused = await aDraft(world, {
    consigneeSiteId: await aSite(unlicensed, '370117'),
    lines: [aLine({ wasteCode: '900-300-34' })],
  });
  t.equal((await issue(world, refused)).status, 422);
  const second = await anIssued(world);
  t.equal(serialOf(second.number), serialOf(first.number) + 1, 'a refusal consumes none');
  t.match(ok(await world.carrier.get(`/v1/manifests/${second.id}`)), { status: 'issued', number: second.number });
});

t.test('each prefecture has a series of its own', async (t) => {
  const world = await aWorld();
  const consignorSiteId = await aSite(world.consignor, '370302');
  t.equal((await anIssued(world, { consignorSiteId })).number, '20263703000001');
  t.equal((await anIssued(world, { consignorSiteId })).number, '20263703000002');
});

t.test('where the national system gives the numbers, ours says that it is a local one', async (t) => {
  const world = await aWorld();
  const consignorSiteId = await aSite(world.consignor, '371102');
  t.equal((await anIssued(world, { consignorSiteId })).number, '20263711000001');
  const row = {
    policy: 'manifest-number-authority',
    jurisdiction: '371100',
    stream: 'hazardous',
    value: 'official',
    looksAt: 'issued',
    place: 'origin',
    basis: { instrument: '日照市接入全国系统', article: '1' },
  };
  ok(await world.admin.post('/v1/policies', { ...row, inForceFrom: '2026-01-01' }));
  const numbers: string[] = [];
  // Every process hears of it within a second or so.
  for (const end = performance.now() + 5_000; !numbers.at(-1)?.startsWith('L') && performance.now() < end; )
    numbers.push((await anIssued(world, { consignorSiteId })).number);
  t.equal(numbers.at(-1), 'L20263711000001', 'in a series of its own');
  t.equal((await anIssued(world, { consignorSiteId })).number, 'L20263711000002');
});

t.test('issued at the same moment: every number once, none left out', async (t) => {
  const world = await aWorld();
  const consignorSiteId = await aSite(world.consignor, '370402');
  const ids = await Promise.all(Array.from({ length: 12 }, () => aDraft(world, { consignorSiteId })));
  const answers = await Promise.all(ids.map((id) => issue(world, id)));
  const serials = answers.map((answer) => serialOf(ok(answer).number)).sort((a, b) => a - b);
  t.same(
    serials,
    Array.from({ length: 12 }, (_, index) => index + 1),
  );
});

t.test('one manifest issued twice at the same moment has one number', async (t) => {
  const world = await aWorld();
  const id = await aDraft(world);
  const answers = await Promise.all([issue(world, id), issue(world, id), issue(world, id)]);
  t.same(answers.map(({ status }) => status).sort(), [200, 409, 409]);
  const { number } = answers.find(({ status }) => status === 200)!.body;
  t.equal(ok(await world.consignor.get(`/v1/manifests/${id}`)).number, number);
});

t.test('the last number of a year is given out, and then none', async (t) => {
  const world = await aWorld();
  const consignorSiteId = await aSite(world.consignor, '370502');
  const { pool } = world.service.database;
  await pool.query("insert into serials (series, next) values ('manifest 3705 2026', 999999)");
  t.equal((await anIssued(world, { consignorSiteId })).number, '20263705999999');
  const id = await aDraft(world, { consignorSiteId });
  t.match(await issue(world, id), { status: 422, body: { type: '/problems/number-exhausted' } });
  t.equal(ok(await world.consignor.get(`/v1/manifests/${id}`)).status, 'draft');
  t.same((await pool.query("select next from serials where series = 'manifest 3705 2026'")).rows, [
    { next: 1_000_000 },
  ]);
});

t.test('an exhausted series takes no other act of its group down', async (t) => {
  const world = await aWorld();
  const full = await aSite(world.consignor, '370602');
  await world.service.database.pool.query("insert into serials (series, next) values ('manifest 3706 2026', 1000000)");
  const [refused, fine] = [await aDraft(world, { consignorSiteId: full }), await aDraft(world)];
  const answers = await Promise.all([issue(world, refused), issue(world, fine)]);
  t.same(
    answers.map(({ status }) => status),
    [422, 200],
  );
});

t.test('法典 534: a consignee without a licence for the waste is refused, with the article', async (t) => {
  const world = await aWorld();
  const plant = await aParty(world);
  const consigneeSiteId = await aSite(plant, '370117');
  const id = await aDraft(world, { consigneeSiteId });
  const refusal = {
    status: 422,
    body: { type: '/problems/against-rule', basis: /\d/, errors: [{ pointer: '/lines/0/wasteCode' }] },
  };
  t.match(await issue(world, id), refusal, 'none');
  await aLicence(world, plant, { wasteCodes: ['HW34'] });
  t.match(await issue(world, id), refusal, 'another class');
  await aLicence(world, plant, { validTo: '2026-09-16' });
  t.match(await issue(world, id), refusal, 'over since today');
  await aLicence(world, plant, { validFrom: '2026-09-17' });
  t.match(await issue(world, id), refusal, 'from tomorrow');
  await aLicence(world, plant, { methods: ['R9'] });
  const atMethod = { status: 422, body: { ...refusal.body, errors: [{ pointer: '/lines/0/plannedMethod' }] } };
  t.match(await issue(world, id), atMethod, 'another method');
  await aLicence(world, plant, { status: 'revoked' });
  t.match(await issue(world, id), atMethod, 'revoked: the other one is still the nearest');
  await aLicence(world, plant, {
    validFrom: '2026-09-16',
    validTo: '2026-09-17',
    wasteCodes: ['900-249-08'],
    methods: ['D10'],
  });
  t.equal((await issue(world, id)).status, 200, 'for the code, the method and this very day');
});

t.test("a licence tied to a site covers that site and not its holder's others", async (t) => {
  const world = await aWorld();
  const plant = await aParty(world);
  const [licensed, other] = [await aSite(plant, '370117'), await aSite(plant, '370116')];
  await aLicence(world, plant, { siteId: licensed });
  t.equal((await issue(world, await aDraft(world, { consigneeSiteId: licensed }))).status, 200);
  t.equal((await issue(world, await aDraft(world, { consigneeSiteId: other }))).status, 422);
});

t.test('a use the exemption list names needs no licence, and says so', async (t) => {
  const world = await aWorld();
  const consigneeSiteId = await aSite(await aParty(world), '370117');
  const exempt = await issue(world, await aDraft(world, { consigneeSiteId, lines: [aLine({ plannedMethod: 'R4' })] }));
  t.equal(exempt.status, 200, 'item 8: oil drums to metal smelting');
  t.ok(codesOf(exempt).includes('licence-exemption-claimed'));
});

t.test('TM 10(3): more declared than the register holds is a warning', async (t) => {
  const world = await aWorld();
  await world.generate(1_000_000);
  const lines = [aLine({ massGrams: 1_000_001 })];
  const [over, just] = [await aDraft(world, { lines }), await aDraft(world)];
  t.match(await issue(world, over), {
    body: { warnings: [{ code: 'stock-short', pointer: '/lines/0/massGrams', basis: 'TM 10(3)' }] },
  });
  ok(await world.consignor.post(`/v1/manifests/${over}/void`, { reason: 'test' }));
  t.same(codesOf(await issue(world, just)), [], 'just enough');
});

t.test('what has been loaded is no longer promised', async (t) => {
  const world = await aWorld();
  await world.generate(3_000_000);
  const [first, second, third] = [await aDraft(world), await aDraft(world), await aDraft(world)];
  t.same(codesOf(await issue(world, first)), []);
  ok(await pickUp(world, first, [{ line: 1, massGrams: 1_000_000 }]));
  t.same(codesOf(await issue(world, second)), []);
  t.same(codesOf(await issue(world, third)), [], 'counted once, as stock or as promise');
});

t.test('two lines of one waste need the stock of both', async (t) => {
  const world = await aWorld();
  await world.generate(1_500_000);
  t.same(codesOf(await issue(world, await aDraft(world, { lines: [aLine(), aLine()] }))), ['stock-short']);
});

t.test('what is promised to another manifest is not available a second time', async (t) => {
  const world = await aWorld();
  await world.generate(1_000_000);
  t.same(codesOf(await issue(world, await aDraft(world))), []);
  t.same(
    codesOf(await issue(world, await aDraft(world))),
    ['stock-short'],
    'available = stock − issued and not yet loaded',
  );
});

t.test('nobody issues to or with an organisation that is closed', async (t) => {
  const world = await aWorld();
  const id = await aDraft(world);
  const { version: _, id: __, ...carrier } = ok(await world.admin.get(`/v1/parties/${world.carrier.partyId}`));
  ok(
    await world.admin.put(`/v1/parties/${world.carrier.partyId}`, { ...carrier, active: false }, { 'if-match': '"1"' }),
  );
  t.match(await issue(world, id), { status: 422, body: { detail: /运输单位/ } });
});

t.test('the consignor issues, from a draft, once', async (t) => {
  const world = await aWorld();
  const id = await aDraft(world);
  for (const caller of [world.carrier, world.consignee, world.stranger])
    t.equal((await caller.post(`/v1/manifests/${id}/issue`)).status, 404);
  t.equal((await issue(world, id)).status, 200);
  t.match(await issue(world, id), {
    status: 409,
    body: { type: '/problems/wrong-status', allowedFrom: ['draft'], basis: 'TM 10(4), 15, 16' },
  });
  t.match(await world.carrier.post(`/v1/manifests/${id}/issue`), { status: 403, body: { basis: 'TM 10(4), 15, 16' } });
});
