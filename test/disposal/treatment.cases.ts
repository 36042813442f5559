// What is recorded of a treatment, how it is booked, and what is said of it.
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { checkRebuild } from '../../src/rebuild.ts';
import { broken } from '../custody/given.ts';
import { aLicence, aRegulator, aSite, at, codesOf, remainingOf } from '../manifests/given.ts';
import { aWorld, callerWith, ok } from '../support/world.ts';
import { aReceived, FLY_ASH, heldOf, residue, treat, treatOwn, USED_OIL } from './given.ts';

t.test('a plant burns what it received: every gram that went in is told where it went', async (t) => {
  const world = await aWorld();
  const { batchId } = await aReceived(world, 1_000_000);
  const answer = await treat(world, {
    inputs: [{ batchId, grams: 900_001 }],
    outputs: [residue(270_000), { kind: 'product', name: '蒸汽', grams: 1_000 }],
    additives: [{ name: '石灰', grams: 30_000 }],
    lossGrams: 500_000,
  });
  t.match(answer, {
    status: 201,
    headers: { location: `/v1/treatments/${answer.body.id}` },
    body: { treatmentKind: 'disposal', selfTreatment: false, batchCode: null, warnings: [] },
  });
  t.same(await heldOf(world.consignee), {
    [`stock ${USED_OIL}`]: 99_999,
    [`treated ${USED_OIL}`]: 900_001 + 30_000 - 1_000 - 500_000,
    [`treated ${FLY_ASH}`]: -270_000,
    [`product ${USED_OIL}`]: 1_000,
    [`loss ${USED_OIL}`]: 500_000,
    [`additive ${USED_OIL}`]: -30_000,
    [`stock ${FLY_ASH}`]: 270_000,
  });
  const [formed] = answer.body.residues;
  t.match(await world.consignee.get(`/v1/batches/${formed.batchId}`), {
    body: { origin: 'residue', wasteCode: FLY_ASH, initialGrams: 270_000, remainingGrams: 270_000, manifestId: null },
  });
  const read = await world.consignee.get(String(answer.headers.location));
  t.match(read, {
    headers: { etag: '"1"' },
    body: {
      status: 'recorded',
      endedAt: at(world),
      startedAt: at(world, -60),
      inputs: [{ batchId, wasteCode: USED_OIL, grams: 900_001, inferred: false }],
      outputs: [{ batchId: formed.batchId }, { name: '蒸汽' }],
    },
  });
  const { items } = ok(await world.consignee.get(`${answer.headers.location}/events`));
  t.same(
    items.map(({ type }: { type: string }) => type),
    ['treatment_recorded', 'residue_formed'],
  );
  t.same(await broken(world), {});
  t.same((await checkRebuild(world.databaseUrl)).differences, []);
});

t.test('a residue of three batches has a share of each by mass, to the gram', async (t) => {
  const world = await aWorld();
  const grams = [1, 333_333, 777_777];
  const batches: string[] = [];
  for (const each of grams) batches.push(await world.generate(each));
  const { residues } = ok(
    await treatOwn(world, {
      inputs: batches.map((batchId, index) => ({ batchId, grams: grams[index] })),
      outputs: [residue(100_003), residue(7, { wasteCode: '772-004-18' })],
    }),
  );
  const { rows } = await world.service.database.pool.query(
    'select to_id, from_id, grams from batch_edges where to_id = any($1)',
    [residues.map(({ batchId }: { batchId: string }) => batchId)],
  );
  const sharesOf = (nth: number) =>
    batches.map((id) => rows.find((row) => row.from_id === id && row.to_id === residues[nth].batchId)?.grams ?? 0);
  t.same(sharesOf(0), [0, 30_001, 70_002]);
  t.same(sharesOf(1), [0, 2, 5]);
  t.same(await broken(world), {});
});

t.test('so much of a waste: the oldest batches are taken, marked as inferred', async (t) => {
  const world = await aWorld();
  const first = await world.generate(1_000);
  world.clock.advanceMs(1);
  const second = await world.generate(1_000);
  const { id } = ok(await treatOwn(world, { inputs: [{ wasteCode: USED_OIL, grams: 1_500 }] }));
  t.match(ok(await world.consignor.get(`/v1/treatments/${id}`)).inputs, [
    { batchId: first, grams: 1_000, inferred: true },
    { batchId: second, grams: 500, inferred: true },
  ]);
  t.equal(await remainingOf(world, second), 500);
});

t.test('at the same time: each takes what the others have left', async (t) => {
  const world = await aWorld();
  const batches = [await world.generate(1_000), await world.generate(1_000)];
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => treatOwn(world, { inputs: [{ wasteCode: USED_OIL, grams: 100 }] })),
  );
  t.same(answers.flatMap(codesOf), [], 'none found too little');
  t.equal(new Set(answers.map(({ body }) => body.batchCode)).size, 20);
  for (const batchId of batches) t.equal(await remainingOf(world, batchId), 0);
});

t.test('as many batches as one report may take from, and one more', async (t) => {
  const world = await aWorld();
  for (let n = 0; n < 201; n++) await world.generate(10);
  const named = ok(await world.consignor.get(`/v1/batches?siteId=${world.consignorSiteId}&limit=1`)).items[0].id;
  t.match(
    await treatOwn(world, {
      inputs: [
        { wasteCode: USED_OIL, grams: 2_000 },
        { batchId: named, grams: 1 },
      ],
    }),
    {
      status: 422,
      body: { errors: [{ pointer: '/inputs' }] },
    },
  );
  const most = await treatOwn(world, { inputs: [{ wasteCode: USED_OIL, grams: 2_000 }], outputs: [residue(1_999)] });
  t.equal(most.status, 201);
  t.same(await broken(world), {});
});

t.test('inputs of one report take after each other, and one batch appears once', async (t) => {
  const world = await aWorld();
  const batchId = await world.generate(1_000);
  const answer = await treatOwn(world, {
    inputs: [
      { batchId, grams: 600 },
      { wasteCode: USED_OIL, grams: 300 },
      { batchId, grams: 101 },
    ],
  });
  t.match(codesOf(answer), ['stock-below-zero']);
  t.match(answer.body.warnings[0], { pointer: '/inputs/2', basis: '生态环境法典 532; HJ 1259-2022 6.3' });
  t.match(ok(await world.consignor.get(`/v1/treatments/${answer.body.id}`)).inputs, [
    { batchId, grams: 1_001, inferred: false },
  ]);
  t.equal(await remainingOf(world, batchId), -1);
});

t.test(
  'more than the register has is recorded: the stock goes below zero, and of the unknown a batch is opened',
  async (t) => {
    const world = await aWorld();
    const batchId = await world.generate(1_000);
    const over = await treatOwn(world, { inputs: [{ batchId, grams: 1_001 }] });
    t.equal(over.status, 201);
    t.ok(codesOf(over).includes('stock-below-zero'));
    t.equal(await remainingOf(world, batchId), -1);
    const unknown = await treatOwn(world, { inputs: [{ wasteCode: '900-039-49', grams: 5 }] });
    t.equal(unknown.status, 201);
    t.ok(codesOf(unknown).includes('stock-unrecorded'));
    t.match(await heldOf(world.consignor), { 'stock 900-039-49': -5, 'treated 900-039-49': 5 });
    t.same(await broken(world), {});
  },
);

t.test('what the rules say of a treatment stands in its warnings, with the article of its day', async (t) => {
  const world = await aWorld();
  const { batchId } = await aReceived(world, 10_000);
  const codes = async (changes: object) =>
    codesOf(await treat(world, { inputs: [{ batchId, grams: 100 }], ...changes }));
  t.same(await codes({}), [], 'the licence of this plant covers the whole class');
  t.same(await codes({ outputs: [residue(100)] }), []);
  t.same(await codes({ outputs: [residue(100)], lossGrams: 1 }), ['outputs-exceed-inputs']);
  t.same(await codes({ outputs: [residue(101)], additives: [{ name: '水', grams: 1 }] }), []);

  const own = await aSite(world.stranger, '370112');
  const generated = ok(
    await world.stranger.post('/v1/generations', {
      siteId: own,
      wasteCode: USED_OIL,
      massGrams: 1_000,
      occurredAt: at(world),
    }),
  ).batchId;
  const at2025 = { startedAt: '2025-05-01T00:00:00Z', endedAt: '2025-05-01T01:00:00Z' };
  const stranger = (changes: object) =>
    treat(world, { siteId: own, inputs: [{ batchId: generated, grams: 1 }], ...changes }, world.stranger);
  t.match((await stranger({})).body.warnings, [{ code: 'outside-plan', basis: '生态环境法典 532' }]);
  t.match((await stranger(at2025)).body.warnings, [
    { code: 'outside-plan', basis: '固体废物污染环境防治法（2020年修订） 78' },
  ]);
  await aLicence(world, world.stranger, { type: 'management_plan', methods: ['R9'] });
  t.same(codesOf(await stranger({})), ['outside-plan'], 'the plan names another method');
  t.same(codesOf(await stranger({ method: 'R9' })), []);
});

t.test('the waste of others needs a licence of that day, unless its treatment is exempt', async (t) => {
  const world = await aWorld();
  const { batchId } = await aReceived(world, 10_000);
  await aLicence(world, world.consignee, { wasteCodes: ['HW49'], validFrom: '2020-01-01', validTo: '2021-01-01' });
  const before = { startedAt: '2023-12-31T00:00:00Z', endedAt: '2023-12-31T15:59:59Z' };
  const after = { startedAt: '2023-12-31T00:00:00Z', endedAt: '2023-12-31T16:00:00Z' };
  const answer = (changes: object) => treat(world, { inputs: [{ batchId, grams: 1 }], ...changes });
  t.match((await answer(before)).body.warnings, [
    { code: 'licence-missing', pointer: '/inputs/0', basis: '固体废物污染环境防治法（2020年修订） 80' },
  ]);
  t.same(codesOf(await answer(after)), [], 'from the first day in Shanghai on which it holds');
  const site = await aSite(world.stranger, '370112');
  const forAnother = {
    siteId: site,
    ownerId: world.consignor.partyId,
    method: 'D1',
    inputs: [{ wasteCode: FLY_ASH, grams: 1 }],
  };
  const exempt = await treat(world, forAnother, world.stranger);
  t.same(codesOf(exempt), ['licence-exemption-claimed', 'stock-unrecorded'], 'item 13 of the exemptions');
});

t.test('self-treatment has a batch code, one series a site and day; received waste has none', async (t) => {
  const world = await aWorld();
  const batchId = await world.generate(10_000);
  const codeOf = async (changes: object) => {
    world.clock.advanceMs(1);
    return ok(await treatOwn(world, { inputs: [{ batchId, grams: 1 }], ...changes })).batchCode;
  };
  t.equal(await codeOf({}), 'HWZXCZ20260916001');
  t.equal(await codeOf({}), 'HWZXCZ20260916002');
  t.equal(await codeOf({ method: 'R9' }), 'HWZXLY20260916001');
  const late = { startedAt: '2026-09-14T15:00:00Z', endedAt: '2026-09-14T16:00:00Z' };
  t.equal(await codeOf(late), 'HWZXCZ20260915001', 'the day in Shanghai on which it ended');
  t.equal(await codeOf({ method: 'C1' }), 'HWZXCZ20260916003', 'the cement kiln counts as the policy says');
  const { items } = ok(await world.consignor.get(`/v1/treatments?siteId=${world.consignorSiteId}`));
  t.same(
    items.map((item: { batchCode: string }) => item.batchCode),
    ['HWZXCZ20260916003', 'HWZXCZ20260915001', 'HWZXLY20260916001', 'HWZXCZ20260916002', 'HWZXCZ20260916001'],
  );
});

t.test('a residue is treated again like any waste, its dry mass with it', async (t) => {
  const world = await aWorld();
  const batchId = await world.generate(1_000_000);
  const {
    residues: [sludge],
  } = ok(
    await treatOwn(world, { inputs: [{ batchId, grams: 1_000_000 }], outputs: [residue(300, { dryGrams: 100 })] }),
  );
  const half = ok(await treatOwn(world, { inputs: [{ batchId: sludge.batchId, grams: 150 }], outputs: [residue(10)] }));
  t.match(ok(await world.consignor.get(`/v1/treatments/${half.id}`)).inputs, [{ grams: 150, dryGrams: 50 }]);
  ok(await treatOwn(world, { inputs: [{ batchId: sludge.batchId, grams: 150 }] }));
  const { rows } = await world.service.database.pool.query(
    `select a.role, sum(p.dry_grams)::bigint as dry from postings p join accounts a on a.id = p.account_id where a.party_id = $1
     group by 1 having sum(p.dry_grams) <> 0`,
    [world.consignor.partyId],
  );
  t.same(rows, [], 'what was dry came out of the treatment and went into the next');
  t.same(await broken(world), {});
});

t.test('structure and authority are refused, and nothing else', async (t) => {
  const world = await aWorld();
  const { batchId } = await aReceived(world, 1_000);
  const elsewhere = await world.generate(1_000);
  const inputs = [{ batchId, grams: 1 }];
  const refused = async (changes: object, expected: object) =>
    t.match(await treat(world, { inputs, ...changes }), expected);
  const rule = (pointer: string) => ({ status: 422, body: { errors: [{ pointer }] } });
  await refused({ method: 'D99' }, rule('/method'));
  await refused({ inputs: [...inputs, { batchId: elsewhere, grams: 1 }] }, rule('/inputs/1/batchId'));
  await refused({ inputs: [{ batchId: randomUUID(), grams: 1 }] }, rule('/inputs/0/batchId'));
  await refused({ ownerId: randomUUID() }, rule('/ownerId'));
  await refused({ ownerId: world.consignor.partyId }, rule('/inputs/0/batchId'));
  await refused({ outputs: [residue(1, { wasteCode: 'HW18' })] }, rule('/outputs/0/wasteCode'));
  await refused({ endedAt: at(world, 6) }, { status: 422, body: { type: '/problems/occurred-in-future' } });
  await refused({ startedAt: at(world, 1) }, { status: 400, body: { errors: [{ pointer: '/endedAt' }] } });
  await refused({ outputs: [residue(1, { dryGrams: 2 })] }, { status: 400 });
  await refused({ inputs: [] }, { status: 400 });
  await refused({ siteId: world.consignorSiteId }, { status: 404 });
  await refused({ siteId: randomUUID() }, { status: 404 });
});

t.test('what belongs to another stays theirs, in stock and in what comes of it', async (t) => {
  const world = await aWorld();
  const owner = world.consignor.partyId;
  const answer = await treat(world, {
    ownerId: owner,
    inputs: [{ wasteCode: USED_OIL, grams: 100 }],
    outputs: [residue(10)],
  });
  t.same(codesOf(answer), ['stock-unrecorded']);
  t.match(answer.body, { selfTreatment: false, batchCode: null });
  const { items } = ok(await world.consignee.get('/v1/balances'));
  t.ok(items.length === 4 && items.every((item: { ownerId: string }) => item.ownerId === owner));
});

t.test('seen by its party and the regulators of its place and stream; a key of one site stays there', async (t) => {
  const world = await aWorld();
  const batchId = await world.generate(1_000);
  const { id } = ok(await treatOwn(world, { inputs: [{ batchId, grams: 1 }] }));
  const list = `/v1/treatments?siteId=${world.consignorSiteId}`;
  const [here, elsewhere, medical] = [
    world.regulator,
    await aRegulator(world, '371000'),
    await aRegulator(world, '370100', ['medical']),
  ];
  t.equal(ok(await here.get(list)).items.length, 1);
  t.equal((await here.get(`/v1/treatments/${id}`)).status, 200);
  t.same(ok(await medical.get(list)).items, []);
  for (const caller of [elsewhere, world.consignee, world.stranger]) t.equal((await caller.get(list)).status, 404);
  for (const caller of [elsewhere, medical, world.consignee])
    for (const path of ['', '/events']) t.equal((await caller.get(`/v1/treatments/${id}${path}`)).status, 404);
  const second = await aSite(world.consignor, '370112');
  const grant = { partyId: world.consignor.partyId, role: 'member', label: 'x', siteId: second };
  const narrow = callerWith(
    world.app,
    ok(await world.consignor.post('/v1/api-keys', grant)).apiKey,
    world.consignor.partyId,
  );
  t.equal((await treat(world, { siteId: world.consignorSiteId, inputs: [{ batchId, grams: 1 }] }, narrow)).status, 403);
  t.equal((await narrow.get(`/v1/treatments/${id}`)).status, 404);
  t.equal((await narrow.post(`/v1/treatments/${id}/reversal`, { reason: 'x' })).status, 404);
});
