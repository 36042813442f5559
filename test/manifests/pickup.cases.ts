import t from 'tap';
import { aWorld, ok } from '../support/world.ts';
import {
  aDraft,
  aLine,
  anIssued,
  at,
  codesOf,
  gramsIn,
  heldBy,
  pickUp,
  piecesIn,
  remainingOf,
  written,
} from './given.ts';

t.test('the oldest batches are taken and marked as inferred, as weighed', async (t) => {
  const world = await aWorld();
  const younger = await world.generate(1_000_000, { occurredAt: at(world, -60) });
  const older = await world.generate(600_000, { occurredAt: at(world, -120) });
  const { id } = await anIssued(world);
  const answer = await pickUp(world, id, [{ line: 1, massGrams: 900_000 }]);
  t.match(answer, { status: 200, body: { status: 'in_transit' } });
  t.same(codesOf(answer), []);
  const { lines, legs, pickedUpAt } = ok(await world.regulator.get(`/v1/manifests/${id}`));
  t.match(lines, [{ declaredGrams: 1_000_000, pickedUpGrams: 900_000 }]);
  t.same(lines[0].loaded, [
    { batchId: older, grams: 600_000, pieces: 0, inferred: true },
    { batchId: younger, grams: 300_000, pieces: 0, inferred: true },
  ]);
  t.equal(legs[0].plate, world.plate);
  t.equal(pickedUpAt, at(world));
  t.equal(await remainingOf(world, older), 0);
  t.equal(await remainingOf(world, younger), 700_000);
  t.equal(await world.balance(world.carrier, 'in_transit'), 900_000);
  t.equal(await world.balance(world.consignor, 'stock'), 700_000);
});

t.test(
  'far from what was declared, or nothing at all, is said; an estimate that is off by a tenth is not',
  async (t) => {
    const world = await aWorld();
    await world.generate(100_000_000);
    const loading = async (declared: number, loaded: number) => {
      const { id } = await anIssued(world, { lines: [aLine({ massGrams: declared })] });
      return pickUp(world, id, [{ line: 1, massGrams: loaded }]);
    };
    for (const [declared, loaded, far] of [
      [1_000_000, 900_000, false],
      [1_000_000, 1_100_000, false],
      [1_000_000, 899_999, true],
      [1_000_000, 1_100_001, true],
      [350_000, 180_000, true],
      [350_000, 350, true],
      [1_000_000, 0, true],
      [400, 0, true],
      [400, 900, false],
      [400, 901, true],
    ] as const) {
      const answer = await loading(declared, loaded);
      t.equal(answer.status, 200, 'and recorded as told');
      t.same(codesOf(answer).includes('quantity-differs'), far, `${loaded} of ${declared}`);
    }
    const [warning] = (await loading(350_000, 180_000)).body.warnings;
    t.match(warning, { pointer: '/lines/0/massGrams', detail: /180000 g.*350000 g/ });
  },
);

t.test('named batches are taken in their order; the last gives what is missing and goes below zero', async (t) => {
  const world = await aWorld();
  const [first, second, third] = [
    await world.generate(400_000),
    await world.generate(400_000),
    await world.generate(400_000),
  ];
  const { id } = await anIssued(world, { lines: [aLine({ batchIds: [third, first] })] });
  ok(await pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }]));
  t.same(ok(await world.carrier.get(`/v1/manifests/${id}`)).lines[0].loaded, [
    { batchId: third, grams: 400_000, pieces: 0, inferred: false },
    { batchId: first, grams: 600_000, pieces: 0, inferred: false },
  ]);
  t.same(await Promise.all([first, second, third].map((batch) => remainingOf(world, batch))), [-200_000, 400_000, 0]);
});

t.test('pieces move with the mass: as declared unless counted', async (t) => {
  const world = await aWorld();
  await world.generate(1_000_000, { pieces: 10 });
  const { id } = await anIssued(world, { lines: [aLine({ massGrams: 500_000, pieces: 6 })] });
  ok(await pickUp(world, id, [{ line: 1, massGrams: 500_000, pieces: 5 }]));
  t.match(ok(await world.carrier.get(`/v1/manifests/${id}`)).lines, [{ declaredPieces: 6, pickedUpPieces: 5 }]);
  const held = await heldBy(world, id);
  t.equal(piecesIn(held, 'in_transit'), 5);
  t.equal(piecesIn(held, 'stock'), -5);
});

t.test('two lines of one waste do not take the same batch twice', async (t) => {
  const world = await aWorld();
  const [first, second] = [
    await world.generate(1_000_000, { occurredAt: at(world, -60) }),
    await world.generate(1_000_000),
  ];
  const { id } = await anIssued(world, { lines: [aLine(), aLine()] });
  ok(
    await pickUp(
      world,
      id,
      [1, 2].map((line) => ({ line, massGrams: 1_000_000 })),
    ),
  );
  t.same([await remainingOf(world, first), await remainingOf(world, second)], [0, 0]);
});

t.test('what nobody recorded is loaded all the same: a batch opens for it and the stock goes below zero', async (t) => {
  const world = await aWorld();
  const { id } = await anIssued(world);
  const answer = await pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }]);
  t.match(answer, {
    status: 200,
    body: { warnings: [{ code: 'stock-unrecorded', pointer: '/lines/0', basis: 'TM 10(3)' }] },
  });
  const { loaded } = ok(await world.consignor.get(`/v1/manifests/${id}`)).lines[0];
  t.match(loaded, [{ grams: 1_000_000, inferred: true }]);
  t.match(ok(await world.consignor.get(`/v1/batches/${loaded[0].batchId}`)), {
    origin: 'generated',
    initialGrams: 0,
    remainingGrams: -1_000_000,
    manifestId: id,
  });
  t.equal(await world.balance(world.consignor, 'stock'), -1_000_000);
});

t.test('a line of which nothing was loaded is no unrecorded stock', async (t) => {
  const world = await aWorld();
  await world.generate(1_000_000);
  await world.generate(1_000_000, { wasteCode: '900-041-49' });
  const { id } = await anIssued(world, { lines: [aLine(), aLine({ wasteCode: '900-041-49', hazards: ['T'] })] });
  const answer = await pickUp(world, id, [
    { line: 1, massGrams: 1_000_000 },
    { line: 2, massGrams: 0 },
  ]);
  t.same(codesOf(answer), ['quantity-differs']);
  t.match(ok(await world.consignor.get(`/v1/manifests/${id}`)).lines, [
    { pickedUpGrams: 1_000_000 },
    { pickedUpGrams: 0 },
  ]);
});

t.test('an odd plate is recorded as given, with a warning; a sound one in its normal form', async (t) => {
  const world = await aWorld();
  await world.generate(5_000_000);
  const [odd, sound] = [await anIssued(world), await anIssued(world)];
  t.same(codesOf(await pickUp(world, odd.id, [{ line: 1, massGrams: 1_000_000 }], { plate: 'TRUCK-9' })), [
    'plate-unusual',
  ]);
  t.equal(ok(await world.carrier.get(`/v1/manifests/${odd.id}`)).legs[0].plate, 'TRUCK-9');
  t.same(codesOf(await pickUp(world, sound.id, [{ line: 1, massGrams: 1_000_000 }], { plate: ' 鲁a·12345' })), []);
  t.equal(ok(await world.carrier.get(`/v1/manifests/${sound.id}`)).legs[0].plate, '鲁A12345');
});

t.test('loaded before it was issued: recorded and remarked upon', async (t) => {
  const world = await aWorld();
  await world.generate(1_000_000);
  const { id } = await anIssued(world);
  t.same(codesOf(await pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }], { occurredAt: at(world, -1) })), [
    'loaded-before-issue',
  ]);
});

t.test('every line once, none else: structure is refused and leaves nothing', async (t) => {
  const world = await aWorld();
  const { id } = await anIssued(world, { lines: [aLine(), aLine({ wasteCode: '900-041-49', hazards: ['T'] })] });
  const before = await written(world);
  for (const numbers of [[1], [2], [1, 1], [1, 2, 2], [1, 3]]) {
    const answer = await pickUp(
      world,
      id,
      numbers.map((line) => ({ line, massGrams: 1 })),
    );
    t.match(
      answer,
      { status: 422, body: { type: '/problems/against-rule', errors: [{ pointer: '/lines' }] } },
      `lines ${numbers}`,
    );
  }
  t.same(await written(world), before);
});

t.test('a report that does not fit the state: 409, kept as evidence and read in the history', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit' });
  const answer = await pickUp(world, id, [{ line: 1, massGrams: 7 }], { plate: '鲁A99999', occurredAt: at(world, -3) });
  t.match(answer, {
    status: 409,
    body: { type: '/problems/wrong-status', allowedFrom: ['issued'], basis: 'TM 11(1)-(2)', unmatchedReport: String },
  });
  const { items } = ok(await world.regulator.get(`/v1/manifests/${id}/events`));
  const [kept] = items.filter((event: { type: string }) => event.type === 'unmatched_report');
  t.match(kept, {
    subject: { kind: 'unmatched_report', id: answer.body.unmatchedReport },
    occurredAt: at(world, -3),
    actor: { party: world.carrier.partyId },
    data: {
      report: { act: 'pickup', manifestStatus: 'in_transit', plate: '鲁A99999' },
      reported: { lines: [{ massGrams: 7 }] },
    },
  });
  t.equal(await world.balance(world.carrier, 'in_transit'), 5_000_000, 'nothing is booked');
  t.match(ok(await world.carrier.get(`/v1/manifests/${id}`)), { status: 'in_transit', legs: [{ plate: world.plate }] });
});

t.test('of a report that is kept, free words are erasable and the code is kept nowhere', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived' });
  const occurredAt = at(world);
  const description = '司机张三 13800001111';
  const told: [string, object, object | null][] = [
    ['incident', { type: 'leak', place: '路边', description, lines: [{ line: 1, grams: 1 }] }, { description }],
    ['handover', { place: '路边', differs: '少一桶，问李四' }, { differs: '少一桶，问李四' }],
    ['pickup', { plate: world.plate, pickupCode: '271828', lines: [{ line: 1, massGrams: 1 }] }, null],
  ];
  for (const [act, body, details] of told) {
    const answer = await world.carrier.post(`/v1/manifests/${id}/${act}`, { occurredAt, ...body });
    t.match(answer, { status: 409, body: { unmatchedReport: String } }, act);
    const { rows } = await world.service.database.pool.query(
      'select e.canonical, d.body from custody_events e left join event_details d on d.event_id = e.id where e.subject_id = $1',
      [answer.body.unmatchedReport],
    );
    t.same(rows[0].body, details, `${act}: words in details`);
    t.notMatch(rows[0].canonical, /13800001111|李四|271828/, `${act}: none in the journal`);
    t.equal(JSON.parse(rows[0].canonical).detailsHash !== undefined, details !== null, `${act}: but their hash`);
  }
});

t.test('before issue the carrier cannot know of the manifest: 404 and nothing kept', async (t) => {
  const world = await aWorld();
  const id = await aDraft(world);
  const before = await written(world);
  t.equal((await pickUp(world, id, [{ line: 1, massGrams: 1 }])).status, 404);
  t.same(await written(world), before);
});

t.test('a consignor that is its own carrier learns that a draft is not loaded yet: 409, kept', async (t) => {
  const world = await aWorld();
  const { version: _, id: __, ...own } = ok(await world.admin.get(`/v1/parties/${world.consignor.partyId}`));
  ok(
    await world.admin.put(
      `/v1/parties/${world.consignor.partyId}`,
      { ...own, capacities: ['producer', 'carrier'] },
      { 'if-match': '"1"' },
    ),
  );
  const id = await aDraft(world, { carrierId: world.consignor.partyId });
  const answer = await world.consignor.post(`/v1/manifests/${id}/pickup`, {
    occurredAt: at(world),
    plate: world.plate,
    lines: [{ line: 1, massGrams: 1 }],
  });
  t.match(answer, { status: 409, body: { allowedFrom: ['issued'], unmatchedReport: String } });
  const { items } = ok(await world.consignor.get(`/v1/manifests/${id}/events`));
  t.ok(items.some((event: { subject: { id: string } }) => event.subject.id === answer.body.unmatchedReport));
});

t.test('what was voided is not loaded: kept when it was issued before, unknown when it never was', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'void' });
  t.match(await pickUp(world, id, [{ line: 1, massGrams: 1 }]), { status: 409, body: { unmatchedReport: String } });
  const never = await aDraft(world);
  ok(await world.consignor.post(`/v1/manifests/${never}/void`, { reason: 'test' }));
  const before = await written(world);
  t.equal((await world.carrier.get(`/v1/manifests/${never}`)).status, 404);
  t.equal((await pickUp(world, never, [{ line: 1, massGrams: 1 }])).status, 404, 'as it is for reading');
  t.same(await written(world), before);
});

t.test('only the carrier loads', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'issued' });
  const body = { occurredAt: at(world), plate: world.plate, lines: [{ line: 1, massGrams: 1 }] };
  for (const caller of [world.consignor, world.consignee])
    t.match(await caller.post(`/v1/manifests/${id}/pickup`, body), { status: 403, body: { basis: 'TM 11(1)-(2)' } });
  t.equal((await world.stranger.post(`/v1/manifests/${id}/pickup`, body)).status, 404);
});

t.test('what is reported of the future is refused, up to five minutes forgiven', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'issued', declaredGrams: 1_000_000 });
  const before = await written(world);
  t.match(await pickUp(world, id, [{ line: 1, massGrams: 1 }], { occurredAt: at(world, 5.001) }), {
    status: 422,
    body: { type: '/problems/occurred-in-future', errors: [{ pointer: '/occurredAt' }] },
  });
  t.same(await written(world), before);
  t.equal((await pickUp(world, id, [{ line: 1, massGrams: 1 }], { occurredAt: at(world, 5) })).status, 200);
  t.equal(gramsIn(await heldBy(world, id), 'in_transit'), 1);
});

t.test('two vehicles report the same load at once: one loads, the other is kept', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'issued', declaredGrams: 1_000_000 });
  const answers = await Promise.all([1, 2, 3].map(() => pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }])));
  t.same(answers.map(({ status }) => status).sort(), [200, 409, 409]);
  t.equal(gramsIn(await heldBy(world, id), 'in_transit'), 1_000_000);
});

t.test('loads taken at once from one stock never take the same grams twice', async (t) => {
  const world = await aWorld();
  const batches = [await world.generate(1_000_000, { occurredAt: at(world, -9) }), await world.generate(1_000_000)];
  const manifests = [await anIssued(world), await anIssued(world)];
  await Promise.all(manifests.map(({ id }) => pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }]).then(ok)));
  t.same(await Promise.all(batches.map((batch) => remainingOf(world, batch))), [0, 0]);
});
