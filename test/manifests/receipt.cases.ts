import t from 'tap';
import { aWorld, ok } from '../support/world.ts';
import {
  aLine,
  anIssued,
  arrive,
  aSite,
  at,
  codesOf,
  gramsIn,
  heldBy,
  pickUp,
  piecesIn,
  receive,
  written,
} from './given.ts';

t.test('the consignee confirms a lighter load: recorded, booked and judged, not blocked', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived', declaredGrams: 5_000_000 });
  const answer = await world.consignee.post(`/v1/manifests/${id}/receipt`, {
    occurredAt: world.clock.now().toISOString(),
    lines: [{ line: 1, acceptedGrams: 4_400_000 }],
  });
  t.equal(answer.status, 200);
  t.match(answer.body.warnings, [{ code: 'quantity-differs', basis: 'TM 18 ¶2' }]);
  t.equal(await world.balance(world.consignee, 'weighing_difference'), 600_000);
  t.equal(await world.balance(world.consignee, 'stock'), 4_400_000);
  t.equal(await world.balance(world.consignee, 'consignee_hold'), 0);
  t.equal(await world.balance(world.carrier, 'in_transit'), 0);
  await world.jobsDone();
  const { items } = ok(await world.regulator.get('/v1/anomalies?status=open'));
  t.match(
    items.filter((item: { subject: { id: string } }) => item.subject.id === id),
    [{ rule: 'mass', severity: 'critical', observed: { receivedGrams: 4_400_000 } }],
  );
});

t.test('accepted as loaded: a batch of the consignee, the hold is empty, nothing to remark', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived', declaredGrams: 1_000_000, loadedGrams: 990_000 });
  const answer = await receive(world, id, [{ line: 1, acceptedGrams: 990_000, method: 'R9' }]);
  t.match(answer, { status: 200, body: { status: 'received', warnings: [], batches: [{ line: 1, batchId: String }] } });
  const { batchId } = answer.body.batches[0];
  t.match(ok(await world.consignee.get(`/v1/manifests/${id}`)), {
    status: 'received',
    acceptedAt: at(world),
    lines: [{ acceptedGrams: 990_000, refusedGrams: 0, method: 'R9', plannedMethod: 'D10', receivedBatchId: batchId }],
  });
  t.match(ok(await world.consignee.get(`/v1/batches/${batchId}`)), {
    origin: 'received',
    remainingGrams: 990_000,
    ownerId: world.consignee.partyId,
    manifestId: id,
  });
  t.same((await heldBy(world, id)).map(({ role, grams }) => [role, grams]).sort(), [
    ['stock', -990_000],
    ['stock', 990_000],
  ]);
});

t.test('a part is refused: it is kept apart for its owner', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived', declaredGrams: 1_000_000 });
  const answer = await receive(world, id, [{ line: 1, acceptedGrams: 700_000, refusedGrams: 300_000 }]);
  t.same(codesOf(answer), []);
  const held = await heldBy(world, id);
  t.same(
    [gramsIn(held, 'consignee_hold'), gramsIn(held, 'refused_return'), gramsIn(held, 'weighing_difference')],
    [0, 300_000, 0],
  );
  t.equal(await world.balance(world.consignee, 'stock'), 700_000);
  t.match(ok(await world.consignee.get('/v1/balances?role=refused_return')).items, [
    { ownerId: world.consignor.partyId },
  ]);
});

t.test('a total refusal leaves no batch and books all of it as refused, drums included', async (t) => {
  const world = await aWorld();
  for (const given of [{ refusedGrams: 1_000_000, refusedPieces: 8 }, { refusedGrams: 1_000_000 }, {}]) {
    await world.generate(1_000_000, { pieces: 8 });
    const { id } = await anIssued(world, { lines: [aLine({ pieces: 8 })] });
    ok(await pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }]));
    ok(await arrive(world, id));
    const answer = await receive(world, id, [{ line: 1, acceptedGrams: 0, ...given }]);
    t.match(answer, { status: 200, body: { batches: [{ batchId: null }] } });
    const held = await heldBy(world, id);
    t.same([gramsIn(held, 'refused_return'), piecesIn(held, 'refused_return')], [1_000_000, 8], JSON.stringify(given));
    t.same([gramsIn(held, 'consignee_hold'), piecesIn(held, 'consignee_hold')], [0, 0]);
  }
});

t.test('more is received than was sent: booked, not hidden', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived', declaredGrams: 1_000_000 });
  t.same(codesOf(await receive(world, id, [{ line: 1, acceptedGrams: 1_000_001 }])), ['quantity-differs']);
  const held = await heldBy(world, id);
  t.same([gramsIn(held, 'consignee_hold'), gramsIn(held, 'weighing_difference')], [0, -1]);
  t.equal(await world.balance(world.consignee, 'stock'), 1_000_001);
});

t.test('several lines of several batches, split to the gram: every hold is exactly zero', async (t) => {
  const world = await aWorld();
  for (const [index, grams] of [333_333, 333_334, 333_337].entries())
    await world.generate(grams, { pieces: index + 1 });
  await world.generate(7, { wasteCode: '900-041-49', pieces: 1 });
  await world.generate(11, { wasteCode: '900-041-49', pieces: 1 });
  const lines = [
    aLine({ massGrams: 1_000_004, pieces: 6 }),
    aLine({ wasteCode: '900-041-49', hazards: ['T'], massGrams: 18, pieces: 2 }),
  ];
  const { id } = await anIssued(world, { lines });
  ok(
    await pickUp(world, id, [
      { line: 2, massGrams: 18 },
      { line: 1, massGrams: 1_000_004 },
    ]),
  );
  ok(await arrive(world, id));
  const answer = await receive(world, id, [
    { line: 2, acceptedGrams: 5, refusedGrams: 12, refusedPieces: 1 },
    { line: 1, acceptedGrams: 999_999, refusedGrams: 3, acceptedPieces: 5 },
  ]);
  t.same(codesOf(answer), ['quantity-differs', 'quantity-differs'], 'a gram is missing of each');
  const held = await heldBy(world, id);
  t.same(
    held.filter(({ role }) => role === 'consignee_hold' || role === 'in_transit'),
    [],
  );
  t.same([gramsIn(held, 'weighing_difference'), gramsIn(held, 'refused_return')], [3, 15]);
  t.same([piecesIn(held, 'weighing_difference'), piecesIn(held, 'refused_return')], [1, 1]);
  const received = answer.body.batches.map(({ batchId }: { batchId: string }) => batchId);
  t.same(
    held.filter(({ batchId }) => received.includes(batchId)).map(({ line, grams, pieces }) => [line, grams, pieces]),
    [
      [1, 999_999, 5],
      [2, 5, 1],
    ],
  );
});

t.test('TM 18 ¶2: the five differences are recorded; what was found stays out of the event', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived', declaredGrams: 1_000_000 });
  const discrepancies = ['name', 'quantity', 'property', 'form', 'packing'].map((type) => ({
    line: 1,
    type,
    found: `司机张三说的 ${type}`,
  }));
  const answer = await receive(world, id, [{ line: 1, acceptedGrams: 900_000 }], { discrepancies });
  t.match(answer, { status: 200, body: { warnings: [] } });
  t.same(
    ok(await world.consignor.get(`/v1/manifests/${id}`)).discrepancies,
    discrepancies.map(({ line, type }) => ({ line, type })),
  );
  t.notMatch(JSON.stringify(ok(await world.consignor.get(`/v1/manifests/${id}/events`))), /张三/);
});

t.test('a discrepancy names a line of the manifest, a method one of the standard', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived', declaredGrams: 1_000_000 });
  const lines = [{ line: 1, acceptedGrams: 1_000_000 }];
  const before = await written(world);
  t.match(await receive(world, id, lines, { discrepancies: [{ line: 2, type: 'name', found: 'x' }] }), {
    status: 422,
    body: { errors: [{ pointer: '/discrepancies/0/line' }] },
  });
  t.match(await receive(world, id, [{ ...lines[0], method: 'Z1' }]), {
    status: 422,
    body: { errors: [{ pointer: '/lines/0/method' }] },
  });
  t.equal((await receive(world, id, lines, { discrepancies: [{ line: 1, type: 'smell', found: 'x' }] })).status, 400);
  for (const numbers of [[2], [1, 1]])
    t.equal(
      (
        await receive(
          world,
          id,
          numbers.map((line) => ({ line, acceptedGrams: 1 })),
        )
      ).status,
      422,
    );
  t.same(await written(world), before);
});

t.test('威海 20: where the law says refuse, a mismatch is not accepted unless recorded as a fact', async (t) => {
  const world = await aWorld();
  const consigneeSiteId = await aSite(world.consignee, '371002');
  const arrived = async () => {
    await world.generate(1_000_000);
    const { id } = await anIssued(world, { consigneeSiteId });
    ok(await pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }]));
    ok(await arrive(world, id));
    return id;
  };
  const discrepancies = [{ line: 1, type: 'form', found: '固态' }];
  const accepting = [{ line: 1, acceptedGrams: 1_000_000 }];
  const [first, second, third] = [await arrived(), await arrived(), await arrived()];
  const before = await written(world);
  t.match(await receive(world, first, accepting, { discrepancies }), {
    status: 422,
    body: {
      type: '/problems/against-rule',
      basis: '威海市危险废物管理办法 20',
      errors: [{ pointer: '/recordAnyway' }],
    },
  });
  t.same(await written(world), before);
  t.equal((await receive(world, first, accepting, { discrepancies, recordAnyway: { reason: '已卸车' } })).status, 200);
  t.equal(
    (await receive(world, second, [{ line: 1, acceptedGrams: 0, refusedGrams: 1_000_000 }], { discrepancies })).status,
    200,
    'refused as the law says',
  );
  t.equal((await receive(world, third, accepting)).status, 200, 'no mismatch');
  const { items } = ok(await world.consignee.get(`/v1/manifests/${first}/events`));
  t.match(
    items.find((event: { type: string }) => event.type === 'receipt_recorded'),
    { data: { recordedAnyway: true } },
  );
});

t.test('the consignee decides, once, on what has arrived', async (t) => {
  const world = await aWorld();
  const [issued, transit, arrived] = [
    await world.aManifest({ status: 'issued' }),
    await world.aManifest({ status: 'in_transit' }),
    await world.aManifest({ status: 'arrived' }),
  ];
  const lines = [{ line: 1, acceptedGrams: 1 }];
  const before = await written(world);
  for (const { id } of [issued, transit]) {
    const answer = await receive(world, id, lines);
    t.match(answer, { status: 409, body: { allowedFrom: ['arrived'], basis: 'TM 12(1)-(2), 18' } });
    t.notOk(answer.body.unmatchedReport, 'a decision on paper is not kept');
  }
  for (const caller of [world.consignor, world.carrier])
    t.equal((await caller.post(`/v1/manifests/${arrived.id}/receipt`, { occurredAt: at(world), lines })).status, 403);
  t.equal(
    (await world.stranger.post(`/v1/manifests/${arrived.id}/receipt`, { occurredAt: at(world), lines })).status,
    404,
  );
  t.same(await written(world), before);
  const answers = await Promise.all(
    [1, 2, 3].map(() => receive(world, arrived.id, [{ line: 1, acceptedGrams: 5_000_000 }])),
  );
  t.same(answers.map(({ status }) => status).sort(), [200, 409, 409]);
  t.equal(await world.balance(world.consignee, 'stock'), 5_000_000);
});

t.test('a receipt dated before its arrival is remarked upon', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived' });
  const answer = await receive(world, id, [{ line: 1, acceptedGrams: 5_000_000 }], { occurredAt: at(world, -60) });
  t.ok(codesOf(answer).length > 0);
});

t.test('pieces go with their mass: where nothing is accepted no piece is', async (t) => {
  const world = await aWorld();
  await world.generate(1_000_000, { pieces: 5 });
  const { id } = await anIssued(world, { lines: [aLine({ pieces: 5 })] });
  ok(await pickUp(world, id, [{ line: 1, massGrams: 1_000_000, pieces: 5 }]));
  ok(await arrive(world, id));
  const none = { line: 1, acceptedGrams: 0, refusedGrams: 900_000, refusedPieces: 3 };
  t.match(await receive(world, id, [{ ...none, acceptedPieces: 2 }]), {
    status: 422,
    body: { errors: [{ pointer: '/lines/0/acceptedPieces' }] },
  });
  ok(await receive(world, id, [none]));
  t.match(ok(await world.consignor.get(`/v1/manifests/${id}`)).lines, [{ receivedPieces: 3, refusedPieces: 3 }]);
  const held = await heldBy(world, id);
  t.same([piecesIn(held, 'refused_return'), piecesIn(held, 'weighing_difference')], [3, 2]);
  const more = { reason: '漏记', changes: [{ path: '/lines/0/receivedPieces', value: 4 }] };
  t.match(await world.consignee.post(`/v1/manifests/${id}/correction`, more), { status: 422 });
});
