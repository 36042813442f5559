import t from 'tap';
import { type Answer, aWorld, ok, type World } from '../support/world.ts';
import { aRegulator, arrive, at, gramsIn, heldBy, receive } from './given.ts';

/** 更正 (TM 29): proposed, agreed to by whom it concerns, booked anew; the old values stay readable. */
const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);

const propose = (world: World, id: string, changes: readonly { path: string; value: unknown }[]) =>
  world.consignee.post(`/v1/manifests/${id}/correction`, { reason: '过磅单录入错误', changes });

t.test('an accepted mass: consignor and regulator agree, postings are taken back and made anew', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'received', declaredGrams: 1_000_000, acceptedGrams: 980_000 });
  t.equal(await world.balance(world.consignee, 'weighing_difference'), 20_000);
  const proposed = await propose(world, id, [{ path: '/lines/0/acceptedGrams', value: 998_000 }]);
  t.match(ok(proposed), { correction: 'open', awaits: ['consignor', 'regulator'] });
  t.match(ok(await world.consignor.get(`/v1/manifests/${id}`)), {
    correction: { changes: [{ path: '/lines/0/acceptedGrams', from: 980_000, to: 998_000 }] },
    lines: [{ acceptedGrams: 980_000 }],
  });
  t.match(await propose(world, id, [{ path: '/lines/0/name', value: '…' }]), { status: 409 }, 'one open at a time');
  t.equal(
    (await world.carrier.post(`/v1/manifests/${id}/correction-approval`, {})).status,
    403,
    'it does not concern the carrier',
  );
  t.equal((await world.stranger.post(`/v1/manifests/${id}/correction-approval`, {})).status, 404);
  const elsewhere = await aRegulator(world, '440000');
  t.equal((await elsewhere.post(`/v1/manifests/${id}/correction-approval`, {})).status, 404);
  t.match(ok(await world.consignor.post(`/v1/manifests/${id}/correction-approval`, {})), { awaits: ['regulator'] });
  t.equal(await world.balance(world.consignee, 'stock'), 980_000, 'nothing moves before all agree');
  t.match(ok(await world.regulator.post(`/v1/manifests/${id}/correction-approval`, {})), {
    correction: 'applied',
    awaits: [],
  });
  t.equal(await world.balance(world.consignee, 'stock'), 998_000);
  t.equal(await world.balance(world.consignee, 'weighing_difference'), 2_000);
  const manifest = ok(await world.consignor.get(`/v1/manifests/${id}`));
  t.match(manifest, { correction: null, correctionCount: 1, lines: [{ acceptedGrams: 998_000 }] });
  const { items: versions } = ok(await world.regulator.get(`/v1/manifests/${id}/versions`));
  const received = versions.find(({ type }: { type: string }) => type === 'receipt_recorded').version;
  const { items } = ok(await world.regulator.get(`/v1/manifests/${id}/differences?from=${received}`));
  t.same(items.filter(({ path }: { path: string }) => !path.startsWith('/permitUses')).sort(byPath), [
    { path: '/correctionCount', from: 0, to: 1 },
    { path: '/lines/0/acceptedGrams', from: 980_000, to: 998_000 },
  ]);
  t.ok(
    items.some(
      ({ path, from, to }: { path: string; from: number; to: number }) =>
        /permitUses.*usedGrams/.test(path) && to - from === 18_000,
    ),
    'the licence has covered 18 kg more',
  );
  t.match(ok(await world.regulator.get(`/v1/manifests/${id}/versions/${received}`)), {
    lines: [{ acceptedGrams: 980_000 }],
  });
  t.equal((await world.regulator.get(`/v1/manifests/${id}/versions/99`)).status, 404);
});

t.test(
  'what was picked up: mass comes back to the origin or is taken from it, over the batches that were loaded',
  async (t) => {
    const world = await aWorld();
    await world.generate(400_000);
    const { id } = await world.aManifest({
      status: 'received',
      declaredGrams: 900_000,
      stockGrams: 600_000,
      acceptedGrams: 900_000,
    });
    t.equal(await world.balance(world.consignor, 'stock'), 100_000);
    ok(await propose(world, id, [{ path: '/lines/0/pickedUpGrams', value: 903_001 }]));
    for (const caller of [world.consignor, world.carrier, world.regulator])
      ok(await caller.post(`/v1/manifests/${id}/correction-approval`, {}));
    t.equal(await world.balance(world.consignor, 'stock'), 96_999);
    t.equal(await world.balance(world.consignee, 'weighing_difference'), 3_001);
    t.equal(gramsIn(await heldBy(world, id), 'in_transit'), 0);
    t.equal(gramsIn(await heldBy(world, id), 'consignee_hold'), 0);
  },
);

t.test('before the receipt a wrong code is put right with everything that was booked under it', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived', declaredGrams: 1_000_000 });
  ok(await propose(world, id, [{ path: '/lines/0/wasteCode', value: '900-214-08' }]));
  for (const caller of [world.consignor, world.carrier, world.regulator])
    ok(await caller.post(`/v1/manifests/${id}/correction-approval`, {}));
  const { items } = ok(await world.consignee.get('/v1/balances?role=consignee_hold'));
  t.match(items, [{ wasteCode: '900-214-08', grams: 1_000_000 }]);
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 1_000_000 }]));
  t.match(await propose(world, id, [{ path: '/lines/0/wasteCode', value: '900-249-08' }]), { status: 422 });
});

t.test('whoever proposed takes it back; one it concerns says no; both leave everything as it was', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'received', declaredGrams: 1_000_000 });
  const changes = [{ path: '/lines/0/acceptedGrams', value: 999_000 }];
  ok(await propose(world, id, changes));
  t.equal((await world.consignor.post(`/v1/manifests/${id}/correction-withdrawal`, {})).status, 403);
  t.match(ok(await world.consignee.post(`/v1/manifests/${id}/correction-withdrawal`, {})), { correction: 'none' });
  ok(await propose(world, id, changes));
  t.match(ok(await world.consignor.post(`/v1/manifests/${id}/correction-rejection`, { reason: '与过磅单一致' })), {
    correction: 'none',
  });
  t.match(await world.consignor.post(`/v1/manifests/${id}/correction-approval`, {}), { status: 409 });
  t.match(ok(await world.consignee.get(`/v1/manifests/${id}`)), {
    correctionCount: 0,
    lines: [{ acceptedGrams: 1_000_000 }],
  });
});

t.test('what concerns one party alone takes effect at once', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit' });
  t.match(
    ok(
      await world.carrier.post(`/v1/manifests/${id}/correction`, {
        reason: '漏填',
        changes: [{ path: '/legs/0/waybillNumber', value: 'YD-1' }],
      }),
    ),
    { correction: 'applied' },
  );
  t.match(ok(await world.carrier.get(`/v1/manifests/${id}`)).legs, [{ waybillNumber: 'YD-1' }]);
});

t.test('what changed meanwhile is not corrected from an old value', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit' });
  ok(await propose(world, id, [{ path: '/legs/0/plate', value: '鲁A00009' }]));
  t.match(
    await world.carrier.post(`/v1/manifests/${id}/correction`, {
      reason: '…',
      changes: [{ path: '/legs/0/driverId', value: null }],
    }),
    { status: 409 },
  );
  ok(await arrive(world, id));
  ok(await world.consignor.post(`/v1/manifests/${id}/correction-approval`, {}));
  t.match(ok(await world.carrier.post(`/v1/manifests/${id}/correction-approval`, {})), { correction: 'applied' });
  t.match(ok(await world.carrier.get(`/v1/manifests/${id}`)).legs, [{ plate: '鲁A00009' }]);
});

t.test('each wrong change says what would be right', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit', declaredGrams: 1_000_000 });
  for (const [change, pointer] of [
    [{ path: '/lines/0/nothing', value: 1 }, '/changes/0/path'],
    [{ path: '/lines/7/name', value: 'x' }, '/changes/0/path'],
    [{ path: '/lines/0/acceptedGrams', value: 1 }, '/changes/0/path'],
    [{ path: '/lines/0/pickedUpGrams', value: -1 }, '/changes/0/value'],
    [{ path: '/lines/0/pickedUpGrams', value: 1_000_000 }, '/changes/0/value'],
    [{ path: '/lines/0/wasteCode', value: '999-999-99' }, '/changes/0/value'],
    [{ path: '/__proto__', value: 'x' }, '/changes/0/path'],
    [{ path: '/constructor', value: 'x' }, '/changes/0/path'],
    [{ path: '/lines/0/toString', value: 'x' }, '/changes/0/path'],
    [{ path: '/status', value: 'void' }, '/changes/0/path'],
  ] as const)
    t.match(await propose(world, id, [change]), { status: 422, body: { errors: [{ pointer }] } }, change.path);
  for (const [path, detail] of [
    ['/lines/2/name', 'There is no /lines/2/name: they are counted from 0, and the last is /lines/0/name (line 1).'],
    ['/legs/9/plate', 'There is no /legs/9/plate: they are counted from 0, and the last is /legs/0/plate (leg 1).'],
    ['/lines/0/name', '/lines/0/name (line 1) is "废矿物油" already.'],
    ['/arrivedAt', '/arrivedAt can be corrected once it has arrived.'],
  ] as const)
    t.match(await propose(world, id, [{ path, value: '废矿物油' }]), { status: 422, body: { detail } });
  t.match(
    await propose(world, id, [
      { path: '/lines/0/name', value: 'a' },
      { path: '/lines/0/name', value: 'b' },
    ]),
    { status: 422, body: { errors: [{ pointer: '/changes/1/path' }] } },
  );
  ok(
    await world.carrier.post(`/v1/manifests/${id}/incident`, {
      occurredAt: at(world),
      type: 'leak',
      place: '…',
      description: '…',
      lines: [{ line: 1, grams: 500_000 }],
    }),
  );
  t.match(
    await propose(world, id, [{ path: '/lines/0/pickedUpGrams', value: 400_000 }]),
    { status: 422 },
    'less than was held up',
  );
});

/** Consignor, carrier and regulator, one after the other; the first no ends it. */
async function agree(world: World, id: string): Promise<Answer> {
  const said: Answer[] = [];
  for (const caller of [world.consignor, world.carrier, world.regulator])
    if (said.every(({ status }) => status < 300))
      said.push(await caller.post(`/v1/manifests/${id}/correction-approval`, {}));
  return said.at(-1)!;
}

t.test('what can no longer be corrected when the last agrees is not', async (t) => {
  const world = await aWorld();
  const returned = await world.aManifest({ status: 'arrived', declaredGrams: 1_000_000 });
  ok(await receive(world, returned.id, [{ line: 1, acceptedGrams: 600_000, refusedGrams: 400_000 }]));
  ok(await propose(world, returned.id, [{ path: '/lines/0/refusedGrams', value: 300_000 }]));
  ok(await world.carrier.post(`/v1/manifests/${returned.id}/return`, { occurredAt: at(world), plate: world.plate }));
  const before = await heldBy(world, returned.id);
  t.match(
    await world.consignor.post(`/v1/manifests/${returned.id}/correction-approval`, {}),
    { status: 409, body: { basis: 'TM 29' } },
    'the remainder is on its way back',
  );
  t.same(await heldBy(world, returned.id), before);

  const held = await world.aManifest({ status: 'in_transit', declaredGrams: 1_000_000 });
  ok(await propose(world, held.id, [{ path: '/lines/0/pickedUpGrams', value: 100_000 }]));
  const leak = { occurredAt: at(world), type: 'leak', place: '…', description: '…' };
  ok(await world.carrier.post(`/v1/manifests/${held.id}/incident`, { ...leak, lines: [{ line: 1, grams: 500_000 }] }));
  t.match(await agree(world, held.id), { status: 409 }, 'less than was held up meanwhile');

  const coded = await world.aManifest({ status: 'arrived', declaredGrams: 1_000_000 });
  ok(await propose(world, coded.id, [{ path: '/lines/0/wasteCode', value: '900-214-08' }]));
  ok(await receive(world, coded.id, [{ line: 1, acceptedGrams: 1_000_000 }]));
  t.match(await agree(world, coded.id), { status: 409 }, 'it lies in stock under its code');
});

t.test('a code that is put right leaves the batch what it is: it is in stock once, and under one code', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived', declaredGrams: 1_000_000 });
  ok(await propose(world, id, [{ path: '/lines/0/wasteCode', value: '900-214-08' }]));
  t.match(ok(await agree(world, id)), { correction: 'applied' });
  t.equal(await world.balance(world.consignor, 'stock'), 0);
  const { items } = ok(await world.consignor.get('/v1/balances?role=stock'));
  t.same(
    items.filter(({ grams }: { grams: number }) => grams !== 0),
    [],
    'nothing is left under the old code, nothing missing under the new one',
  );
  t.equal(await world.balance(world.consignor, 'adjustment'), 0);
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 0 }]));
  ok(await world.carrier.post(`/v1/manifests/${id}/return`, { occurredAt: at(world), plate: world.plate }));
  const lines = [{ line: 1, massGrams: 1_000_000 }];
  ok(await world.consignor.post(`/v1/manifests/${id}/return-receipt`, { occurredAt: at(world), lines }));
  const { items: back } = ok(await world.consignor.get('/v1/balances?role=stock'));
  t.match(
    back.filter(({ grams }: { grams: number }) => grams !== 0),
    [{ wasteCode: '900-249-08', grams: 1_000_000 }],
    'it comes back as the batch it was',
  );
  t.same(
    ok(await world.consignor.get('/v1/balances?role=adjustment')).items.filter(
      ({ grams }: { grams: number }) => grams !== 0,
    ),
    [],
  );
});

t.test(
  'a line that was loaded empty: a mistyped zero is put right over the batch it would have come from',
  async (t) => {
    const world = await aWorld();
    const { id } = await world.aManifest({ status: 'in_transit', declaredGrams: 1_000_000, loadedGrams: 0 });
    ok(await propose(world, id, [{ path: '/lines/0/pickedUpGrams', value: 1_000_000 }]));
    ok(await agree(world, id));
    t.equal(await world.balance(world.consignor, 'stock'), 0);
    t.equal(gramsIn(await heldBy(world, id), 'in_transit'), 1_000_000);
    const unknown = await aWorld();
    const empty = await unknown.aManifest({ status: 'arrived', stockGrams: 0, loadedGrams: 0 });
    t.match(await propose(unknown, empty.id, [{ path: '/lines/0/pickedUpGrams', value: 5 }]), { status: 422 });
    t.match(await receive(unknown, empty.id, [{ line: 1, acceptedGrams: 0, refusedGrams: 5 }]), { status: 422 });
    ok(await receive(unknown, empty.id, [{ line: 1, acceptedGrams: 7 }]));
    t.equal(await unknown.balance(unknown.consignee, 'stock'), 7);
  },
);
