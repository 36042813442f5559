import { randomUUID } from 'node:crypto';
import t from 'tap';
import { aWorld, ok } from '../support/world.ts';
import { aDraft, aLine, aSite, at, codesOf, shapeOf } from './given.ts';

t.test('a draft holds what was sent, is its consignor alone to see, and promises nothing', async (t) => {
  const world = await aWorld();
  const answer = await world.consignor.post('/v1/manifests', world.draftBody());
  t.equal(answer.status, 201);
  t.same(answer.body.warnings, []);
  t.equal(answer.headers.location, `/v1/manifests/${answer.body.id}`);
  t.match(ok(await world.consignor.get(`/v1/manifests/${answer.body.id}`)), {
    status: 'draft',
    number: null,
    stream: 'hazardous',
    version: 1,
    consignorId: world.consignor.partyId,
    consigneeId: world.consignee.partyId,
    originRegion: '370112',
    destinationRegion: '370117',
    crossProvince: false,
    lines: [{ line: 1, wasteCode: '900-249-08', declaredGrams: 5_000_000, pickedUpGrams: null, loaded: [] }],
  });
  for (const other of [world.carrier, world.consignee, world.regulator, world.stranger])
    t.equal((await other.get(`/v1/manifests/${answer.body.id}`)).status, 404);
  t.equal(await world.balance(world.consignor, 'stock'), 0);
});

t.test("the origin is one's own site: another's is not told apart from none", async (t) => {
  const world = await aWorld();
  const theirs = await aSite(world.stranger, '370112');
  const foreign = await world.consignor.post('/v1/manifests', world.draftBody({ consignorSiteId: theirs }));
  const absent = await world.consignor.post('/v1/manifests', world.draftBody({ consignorSiteId: randomUUID() }));
  t.equal(foreign.status, 404);
  t.same(shapeOf(foreign), shapeOf(absent));
});

t.test('destination, carrier and method must exist, and a transfer leaves its site', async (t) => {
  const world = await aWorld();
  const cases: readonly [object, string][] = [
    [{ consigneeSiteId: randomUUID() }, '/consigneeSiteId'],
    [{ consigneeSiteId: world.consignorSiteId }, '/consigneeSiteId'],
    [{ carrierId: randomUUID() }, '/carrierId'],
    [{ carrierId: world.consignee.partyId }, '/carrierId'],
    [{ lines: [aLine(), aLine({ plannedMethod: 'D99' })] }, '/lines/1/plannedMethod'],
  ];
  for (const [changes, pointer] of cases) {
    const { status, body } = await world.consignor.post('/v1/manifests', world.draftBody(changes));
    t.equal(status, 422, pointer);
    t.match(body, { type: '/problems/against-rule', errors: [{ pointer }] });
  }
});

t.test('hazards outside the list are recorded with a warning', async (t) => {
  const world = await aWorld();
  const draft = (hazards: string[]) =>
    world.consignor.post('/v1/manifests', world.draftBody({ lines: [aLine({ hazards })] }));
  t.match(await draft(['C']), {
    status: 201,
    body: { warnings: [{ code: 'hazards-differ', pointer: '/lines/0/hazards', basis: '《国家危险废物名录》' }] },
  });
  t.same(codesOf(await draft(['T', 'I'])), []);
});

t.test(
  'a code we do not know: a warning since the 2025 list, a refusal before; no class and no form are refused always',
  async (t) => {
    const world = await aWorld();
    const draft = (wasteCode: string) =>
      world.consignor.post('/v1/manifests', world.draftBody({ lines: [aLine({ wasteCode })] }));
    t.match(await draft('900-999-08'), {
      status: 201,
      body: { warnings: [{ code: 'waste-code-unverified', pointer: '/lines/0/wasteCode' }] },
    });
    t.same(codesOf(await draft('900-000-08')), [], 'identified as hazardous, not listed');
    t.match(await draft('900-249-43'), { status: 422, body: { errors: [{ pointer: '/lines/0/wasteCode' }] } });
    t.match(await draft('900249-08'), { status: 422, body: { errors: [{ detail: 'NNN-NNN-NN' }] } });
    const generate = (occurredAt: string) =>
      world.consignor.post('/v1/generations', {
        siteId: world.consignorSiteId,
        wasteCode: '900-999-08',
        massGrams: 1,
        occurredAt,
      });
    t.match(await generate('2024-12-31T15:59:59Z'), { status: 422, body: { basis: '《国家危险废物名录》 2021' } });
    t.same(
      codesOf(await generate('2024-12-31T16:00:00Z')),
      ['waste-code-unverified'],
      'the list of the day in Shanghai',
    );
  },
);

t.test('lines: at least one, at most twenty, no field unknown', async (t) => {
  const world = await aWorld();
  const draft = (lines: unknown[]) => world.consignor.post('/v1/manifests', world.draftBody({ lines }));
  t.equal((await draft([])).status, 400);
  t.equal((await draft(Array.from({ length: 20 }, () => aLine()))).status, 201);
  t.equal((await draft(Array.from({ length: 21 }, () => aLine()))).status, 400);
  t.match(await draft([aLine({ massGrams: 0 })]), {
    status: 400,
    body: { errors: [{ pointer: '/lines/0/massGrams' }] },
  });
  t.match(await draft([aLine({ massKg: 5 })]), { status: 400, body: { errors: [{ pointer: '/lines/0' }] } });
  t.equal((await world.consignor.post('/v1/manifests', world.draftBody({ stream: 'household' }))).status, 400);
});

t.test('a batch named on a line lies in the stock of the origin, under the code of the line', async (t) => {
  const world = await aWorld();
  const own = await world.generate(1_000_000);
  const other = await world.generate(1_000_000, { wasteCode: '900-041-49' });
  const theirSite = await aSite(world.stranger, '370112');
  const theirs = ok(
    await world.stranger.post('/v1/generations', {
      siteId: theirSite,
      wasteCode: '900-249-08',
      massGrams: 5,
      occurredAt: at(world),
    }),
  ).batchId;
  t.equal(
    (await world.consignor.post('/v1/manifests', world.draftBody({ lines: [aLine({ batchIds: [own] })] }))).status,
    201,
  );
  for (const batchId of [randomUUID(), theirs, other]) {
    const answer = await world.consignor.post(
      '/v1/manifests',
      world.draftBody({ lines: [aLine({ batchIds: [batchId] })] }),
    );
    t.ok(
      answer.status === 422 || answer.body.warnings?.length > 0,
      'a batch that is not there is not passed over in silence',
      { batchId },
    );
  }
});

t.test('a site that is closed sends and takes nothing new', async (t) => {
  const world = await aWorld();
  const closed = { partyId: world.consignee.partyId, name: '处置中心', region: '370117', active: false };
  const { status } = await world.consignee.put(`/v1/sites/${world.consigneeSiteId}`, closed, { 'if-match': '"1"' });
  t.equal(status, 200);
  const answer = await world.consignor.post('/v1/manifests', world.draftBody());
  t.ok(answer.status === 422 || answer.body.warnings.length > 0, 'refused, or remarked upon');
});

t.test('only a member drafts, and only for its own party', async (t) => {
  const world = await aWorld();
  for (const caller of [world.admin, world.regulator])
    t.equal((await caller.post('/v1/manifests', world.draftBody())).status, 403);
  t.equal((await world.stranger.post('/v1/manifests', world.draftBody())).status, 404);
  t.type(await aDraft(world), 'string');
});
