import { randomUUID } from 'node:crypto';
import t from 'tap';
import { aLine, anIssued, aRegulator, arrive, aSite, at, heldBy, pickUp, receive } from '../manifests/given.ts';
import { aWorld, ok, type World } from '../support/world.ts';
import { broken } from './given.ts';

const generation = (world: World, changes: object = {}) => ({
  siteId: world.consignorSiteId,
  wasteCode: '900-249-08',
  massGrams: 1_000,
  occurredAt: at(world),
  ...changes,
});

t.test('what came into being is a batch in the stock of its site, against the account of generation', async (t) => {
  const world = await aWorld();
  const answer = await world.consignor.post('/v1/generations', generation(world, { pieces: 3, entryMode: 'paper' }));
  t.match(answer, { status: 201, body: { id: String, batchId: String, version: 1 } });
  const batch = await world.consignor.get(`/v1/batches/${answer.body.batchId}`);
  t.match(batch, {
    headers: { etag: '"1"' },
    body: {
      origin: 'generated',
      partyId: world.consignor.partyId,
      siteId: world.consignorSiteId,
      ownerId: world.consignor.partyId,
      initialGrams: 1_000,
      initialPieces: 3,
      remainingGrams: 1_000,
      remainingPieces: 3,
      manifestId: null,
      formedAt: at(world),
    },
  });
  const { items } = ok(await world.consignor.get('/v1/balances'));
  t.same(
    items
      .map(({ role, grams, pieces }: { role: string; grams: number; pieces: number }) => [role, grams, pieces])
      .sort(),
    [
      ['generated', -1_000, -3],
      ['stock', 1_000, 3],
    ],
  );
});

t.test('the Location of what was made leads to it', async (t) => {
  const world = await aWorld();
  const { partyId } = world.consignor;
  const made = [
    await world.consignor.post('/v1/generations', generation(world)),
    await world.consignor.post('/v1/manifests', world.draftBody()),
    await world.consignor.post('/v1/sites', { partyId, name: '二厂', region: '370112' }),
    await world.consignor.post('/v1/people', { partyId, duties: ['clerk'], name: '张三' }),
    await world.consignor.post('/v1/api-keys', { partyId, role: 'member', label: 'x' }),
    await world.consignor.post('/v1/weigh-tickets', {
      ticketNumber: randomUUID(),
      siteId: world.consignorSiteId,
      purpose: 'loading',
      grossGrams: 2,
      tareGrams: 1,
      occurredAt: at(world),
    }),
  ];
  for (const { status, headers } of made) {
    t.equal(status, 201);
    t.equal((await world.consignor.get(String(headers.location))).status, 200, String(headers.location));
  }
});

t.test('generation is refused for a site that is not there or not one’s own, in the same words', async (t) => {
  const world = await aWorld();
  const theirs = await aSite(world.stranger, '370112');
  for (const siteId of [theirs, randomUUID()])
    t.match(await world.consignor.post('/v1/generations', generation(world, { siteId })), {
      status: 404,
      body: { type: '/problems/not-found' },
    });
});

t.test('a report older than the lists we hold is not told that its code is malformed', async (t) => {
  const world = await aWorld();
  const { status, body } = await world.consignor.post(
    '/v1/generations',
    generation(world, { occurredAt: '2020-12-31T15:59:59Z' }),
  );
  t.ok(status < 500);
  t.notMatch(JSON.stringify(body), /NNN-NNN-NN/);
});

t.test('the batches of a site: newest first, those with something left unless all are asked for', async (t) => {
  const world = await aWorld();
  const made: string[] = [];
  for (let n = 0; n < 5; n++) {
    world.clock.advanceMs(1);
    made.unshift(await world.generate(1_000));
  }
  const { id } = await anIssued(world, { lines: [aLine({ massGrams: 2_000, batchIds: [made[4], made[1]] })] });
  ok(await pickUp(world, id, [{ line: 1, massGrams: 2_000 }]));
  const list = async (query: string) =>
    ok(await world.consignor.get(`/v1/batches?siteId=${world.consignorSiteId}${query}`));
  const ids = (page: { items: { id: string }[] }) => page.items.map((batch) => batch.id);
  t.same(ids(await list('')), [made[0], made[2], made[3]]);
  t.same(ids(await list('&inStock=false')), made);
  const first = await list('&inStock=false&limit=3');
  t.same(ids(first), made.slice(0, 3));
  t.same(ids(await list(`&inStock=false&limit=3&cursor=${first.next}`)), made.slice(3));
});

t.test('a regulator of one stream walks the batches of its stream, each once', async (t) => {
  const world = await aWorld();
  const medical = await aRegulator(world, '370100', ['medical']);
  const [oil, sharps] = ['900-249-08', '841-001-01'];
  const made: string[] = [];
  for (const wasteCode of [sharps, sharps, oil, oil, oil, sharps, oil, sharps, oil]) {
    world.clock.advanceMs(1);
    const id = await world.generate(1_000, { wasteCode });
    if (wasteCode === sharps) made.unshift(id);
  }
  for (const limit of [1, 2, 3, 50]) {
    const seen: string[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null && pages < 20; pages++) {
      const query: string = `/v1/batches?siteId=${world.consignorSiteId}&limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`;
      const page: { items: { id: string }[]; next: string | null } = ok(await medical.get(query));
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next;
    }
    t.same(seen, made, `limit ${limit}`);
  }
});

t.test('balances as of an instant: by the time things happened, over the turn of a month', async (t) => {
  const world = await aWorld();
  for (const [massGrams, occurredAt] of [
    [1, '2026-07-31T23:59:59.999Z'],
    [10, '2026-08-01T00:00:00Z'],
    [100, '2026-08-31T23:59:59Z'],
    [1_000, '2026-09-01T00:00:00Z'],
    [10_000, '2026-09-10T00:00:00Z'],
  ] as const)
    ok(await world.consignor.post('/v1/generations', generation(world, { massGrams, occurredAt })));
  for (const [instant, grams] of [
    ['2026-07-31T23:59:59.998Z', 0],
    ['2026-07-31T23:59:59.999Z', 1],
    ['2026-08-01T00:00:00Z', 11],
    ['2026-08-31T23:59:58Z', 11],
    ['2026-08-31T23:59:59Z', 111],
    ['2026-09-01T08:00:00+08:00', 1_111],
    ['2026-09-09T23:59:59Z', 1_111],
    ['2026-09-10T00:00:00Z', 11_111],
    ['2030-01-01T00:00:00Z', 11_111],
  ] as const)
    t.equal(await world.balance(world.consignor, 'stock', instant), grams, instant);
  t.equal(await world.balance(world.consignor, 'stock'), 11_111, 'now');
});

t.test('a report that comes late changes what was true then', async (t) => {
  const world = await aWorld();
  ok(
    await world.consignor.post(
      '/v1/generations',
      generation(world, { occurredAt: '2026-06-15T00:00:00Z', entryMode: 'offline' }),
    ),
  );
  t.equal(await world.balance(world.consignor, 'stock', '2026-06-14T23:59:59Z'), 0);
  t.equal(await world.balance(world.consignor, 'stock', '2026-06-15T00:00:00Z'), 1_000);
});

t.test('balances by role, code and site; those of others are not there', async (t) => {
  const world = await aWorld();
  const second = await aSite(world.consignor, '370112');
  await world.generate(1);
  await world.generate(20, { wasteCode: '900-041-49' });
  await world.generate(300, { siteId: second });
  const grams = async (query: string) =>
    ok(await world.consignor.get(`/v1/balances?role=stock${query}`)).items.reduce(
      (sum: number, item: { grams: number }) => sum + item.grams,
      0,
    );
  t.equal(await grams(''), 321);
  t.equal(await grams('&wasteCode=900-041-49'), 20);
  t.equal(await grams(`&siteId=${second}`), 300);
  t.equal(await grams(`&siteId=${world.consignorSiteId}&wasteCode=900-249-08`), 1);
  const others = await world.carrier.get(`/v1/balances?partyId=${world.consignor.partyId}`);
  const absent = await world.carrier.get(`/v1/balances?partyId=${randomUUID()}`);
  t.same([others.status, others.body.title], [404, absent.body.title]);
  const theirSite = ok(await world.carrier.get(`/v1/balances?siteId=${world.consignorSiteId}`));
  t.same(theirSite.items, [], "a site of others under one's own name holds nothing of one's own");
});

t.test('nothing is lost or made on the way: whatever is loaded, accepted, refused or missing', async (t) => {
  const world = await aWorld();
  const loads = [
    [1_000, 1_000, 1_000, 0],
    [1_000, 999, 500, 499],
    [1_000, 1_003, 0, 1_003],
    [1_000, 7, 11, 0],
    [1_000, 0, 0, 0],
    [0, 900, 450, 449],
  ] as const;
  for (const [stock, loaded, acceptedGrams, refusedGrams] of loads) {
    if (stock > 0) await world.generate(stock, { pieces: 2 });
    const { id } = await anIssued(world, { lines: [aLine({ massGrams: 1_000, pieces: 2 })] });
    ok(await pickUp(world, id, [{ line: 1, massGrams: loaded }]));
    ok(await arrive(world, id));
    ok(await receive(world, id, [{ line: 1, acceptedGrams, refusedGrams }]));
    const held = await heldBy(world, id);
    const told = `${loaded} → ${acceptedGrams} + ${refusedGrams}`;
    t.equal(
      held.reduce((sum, row) => sum + row.grams, 0),
      0,
      told,
    );
    t.equal(
      held.reduce((sum, row) => sum + row.pieces, 0),
      0,
      told,
    );
    t.same(
      held.filter(({ role }) => role === 'in_transit' || role === 'consignee_hold'),
      [],
      told,
    );
  }
  t.same(await broken(world), {});
});

t.test('many acts at once on one stock: the ledger holds and no gram is taken twice', async (t) => {
  const world = await aWorld();
  const batches = await Promise.all(Array.from({ length: 6 }, () => world.generate(1_000)));
  const manifests = await Promise.all(
    Array.from({ length: 12 }, () => anIssued(world, { lines: [aLine({ massGrams: 400 })] })),
  );
  const answers = await Promise.all([
    ...manifests.map(({ id }) => pickUp(world, id, [{ line: 1, massGrams: 400 }])),
    ...Array.from({ length: 4 }, () => world.consignor.post('/v1/generations', generation(world, { massGrams: 50 }))),
  ]);
  t.same([...new Set(answers.map(({ status }) => status))].sort(), [200, 201]);
  t.equal(await world.balance(world.consignor, 'stock'), 6_000 + 200 - 4_800);
  t.equal(await world.balance(world.carrier, 'in_transit'), 4_800);
  const left = await Promise.all(
    batches.map(async (batch) => ok(await world.consignor.get(`/v1/batches/${batch}`)).remainingGrams as number),
  );
  t.ok(
    left.every((grams) => grams >= 0),
    `${left}: enough was there for all, so none goes below zero`,
  );
  t.same(await broken(world), {});
});
