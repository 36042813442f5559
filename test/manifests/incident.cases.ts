import t from 'tap';
import { aWorld, ok, type World } from '../support/world.ts';
import { anIssued, aParty, arrive, at, gramsIn, heldBy, pickUp, receive } from './given.ts';

/** 运输途中突发情况: only what is affected is held up, and it is settled to the gram. */
const report = (world: World, id: string, grams: number, changes: object = {}) =>
  world.carrier.post(`/v1/manifests/${id}/incident`, {
    occurredAt: at(world),
    type: 'leak',
    place: 'G3 京台高速 412 km',
    region: '370115',
    description: '桶盖松动，少量外泄',
    lines: [{ line: 1, grams }],
    ...changes,
  });

async function plansOf(world: World, id: string): Promise<void> {
  for (const caller of [world.consignor, world.carrier])
    ok(await caller.post(`/v1/manifests/${id}/incident-plan`, { plan: '围堵、收集、送往接受人' }));
}

t.test('a leak: the rest travels on and is received; what was lost is booked as a loss', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit', declaredGrams: 1_000_000 });
  t.match(ok(await report(world, id, 100_000)), { plansAwaited: [world.consignor.partyId, world.carrier.partyId] });
  t.equal(gramsIn(await heldBy(world, id), 'incident_hold'), 100_000);
  t.match(await report(world, id, 1), { status: 409 }, 'one at a time');
  ok(await arrive(world, id));
  t.equal(gramsIn(await heldBy(world, id), 'consignee_hold'), 900_000, 'what is not affected arrives');
  const resolution = { occurredAt: at(world), lines: [{ line: 1, lostGrams: 30_000, recoveredGrams: 70_000 }] };
  t.match(await world.carrier.post(`/v1/manifests/${id}/incident-resolution`, resolution), {
    status: 422,
    body: { detail: /plan/ },
  });
  await plansOf(world, id);
  t.match(
    await world.carrier.post(`/v1/manifests/${id}/incident-resolution`, {
      ...resolution,
      lines: [{ line: 1, lostGrams: 30_000, recoveredGrams: 70_001 }],
    }),
    { status: 422, body: { errors: [{ pointer: '/lines/0' }] } },
    'to the gram',
  );
  ok(await world.carrier.post(`/v1/manifests/${id}/incident-resolution`, resolution));
  t.match(ok(await world.consignor.get(`/v1/manifests/${id}`)), {
    incident: null,
    remainders: [{ reason: 'recovered', state: 'held', lines: [{ line: 1, parts: [{ grams: 70_000 }] }] }],
  });
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 900_000 }]));
  const held = await heldBy(world, id);
  t.same(
    ['in_transit', 'consignee_hold', 'loss', 'incident_hold', 'weighing_difference'].map((role) => gramsIn(held, role)),
    [0, 0, 30_000, 70_000, 0],
  );
  ok(await world.carrier.post(`/v1/manifests/${id}/return`, { occurredAt: at(world), plate: world.plate }));
  ok(
    await world.consignor.post(`/v1/manifests/${id}/return-receipt`, {
      occurredAt: at(world),
      lines: [{ line: 1, massGrams: 70_000 }],
    }),
  );
  t.equal(await world.balance(world.consignor, 'stock'), 70_000);
});

t.test('a breakdown: everything is held up, nothing arrives, and another carrier takes all of it on', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit', declaredGrams: 1_000_000 });
  const rescue = await aParty(world, { capacities: ['carrier'] });
  ok(await report(world, id, 1_000_000, { type: 'breakdown' }));
  t.match(await arrive(world, id), { status: 409, body: { unmatchedReport: String } });
  await plansOf(world, id);
  const lines = [{ line: 1, lostGrams: 0, recoveredGrams: 1_000_000 }];
  const newLeg = { carrierId: rescue.partyId, plate: '鲁A55555' };
  t.match(
    await world.consignor.post(`/v1/manifests/${id}/incident-resolution`, {
      occurredAt: at(world),
      lines,
      newLeg: { ...newLeg, carrierId: world.consignee.partyId },
    }),
    { status: 422, body: { errors: [{ pointer: '/newLeg/carrierId' }] } },
  );
  ok(await world.consignor.post(`/v1/manifests/${id}/incident-resolution`, { occurredAt: at(world), lines, newLeg }));
  t.equal(await world.balance(rescue, 'in_transit'), 1_000_000);
  t.match(ok(await world.consignor.get(`/v1/manifests/${id}`)).legs, [{}, { handover: { confirmedBy: [] } }]);
  const handover = { occurredAt: at(world), place: 'G3 京台高速 412 km' };
  t.match(ok(await rescue.post(`/v1/manifests/${id}/handover`, handover)), { leg: 2, confirmedBy: ['taker'] });
  t.match(ok(await world.carrier.post(`/v1/manifests/${id}/handover`, handover)), { confirmedBy: ['taker', 'giver'] });
  ok(await rescue.post(`/v1/manifests/${id}/arrival`, { occurredAt: at(world) }));
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 1_000_000 }]));
  t.match(ok(await world.regulator.get(`/v1/manifests/${id}`)).legs, [{ plate: world.plate }, { plate: '鲁A55555' }]);
});

t.test('recovered while it is still on its way: it goes on with the rest', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit', declaredGrams: 1_000_000 });
  ok(await report(world, id, 200_000));
  await plansOf(world, id);
  ok(
    await world.carrier.post(`/v1/manifests/${id}/incident-resolution`, {
      occurredAt: at(world),
      lines: [{ line: 1, lostGrams: 5, recoveredGrams: 199_995 }],
    }),
  );
  ok(await arrive(world, id));
  t.equal(gramsIn(await heldBy(world, id), 'consignee_hold'), 999_995);
});

t.test('when another carrier has the rest, what is recovered stays with who held it: a remainder', async (t) => {
  const world = await aWorld();
  const [second, third] = [
    await aParty(world, { capacities: ['carrier'] }),
    await aParty(world, { capacities: ['carrier'] }),
  ];
  await world.generate(1_000_000);
  const { id } = await anIssued(world, { onwardCarrierIds: [second.partyId] });
  ok(await pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }]));
  ok(await report(world, id, 400_000));
  for (const caller of [world.carrier, second])
    ok(await caller.post(`/v1/manifests/${id}/handover`, { occurredAt: at(world, 1), place: '服务区' }));
  await plansOf(world, id);
  const resolution = { occurredAt: at(world, 2), lines: [{ line: 1, lostGrams: 0, recoveredGrams: 400_000 }] };
  const newLeg = { carrierId: third.partyId, plate: '鲁C30003' };
  for (const caller of [world.consignor, world.carrier])
    t.match(await caller.post(`/v1/manifests/${id}/incident-resolution`, { ...resolution, newLeg }), {
      status: 422,
      body: { errors: [{ pointer: '/newLeg' }] },
    });
  ok(await world.carrier.post(`/v1/manifests/${id}/incident-resolution`, resolution));
  t.equal(await world.balance(second, 'in_transit'), 600_000, 'nothing jumps onto its vehicle, or off it');
  t.equal(await world.balance(world.carrier, 'incident_hold'), 400_000);
  t.match(ok(await world.consignor.get(`/v1/manifests/${id}`)), {
    status: 'in_transit',
    remainders: [{ reason: 'recovered', state: 'held', lines: [{ line: 1, parts: [{ grams: 400_000 }] }] }],
  });
  ok(await world.carrier.post(`/v1/manifests/${id}/return`, { occurredAt: at(world, 3), plate: world.plate }));
  t.equal(await world.balance(world.carrier, 'in_transit'), 400_000);
  ok(await second.post(`/v1/manifests/${id}/arrival`, { occurredAt: at(world, 3) }));
  const lines = [{ line: 1, massGrams: 400_000 }];
  ok(await world.consignor.post(`/v1/manifests/${id}/return-receipt`, { occurredAt: at(world, 4), lines }));
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 600_000 }]));
  t.equal(await world.balance(world.consignor, 'stock'), 400_000);
  const held = await heldBy(world, id);
  const emptied = ['in_transit', 'consignee_hold', 'loss', 'incident_hold', 'weighing_difference'];
  t.same(
    emptied.map((role) => gramsIn(held, role)),
    emptied.map(() => 0),
  );
});

t.test('all of it lost: the manifest has ended on the way and waits for no arrival', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit', declaredGrams: 1_000_000 });
  const lostAt = at(world, -60);
  ok(await report(world, id, 1_000_000, { occurredAt: lostAt }));
  await plansOf(world, id);
  const resolution = { occurredAt: at(world), lines: [{ line: 1, lostGrams: 1_000_000, recoveredGrams: 0 }] };
  const newLeg = { carrierId: world.carrier.partyId, plate: world.plate };
  t.match(await world.carrier.post(`/v1/manifests/${id}/incident-resolution`, { ...resolution, newLeg }), {
    status: 422,
    body: { errors: [{ pointer: '/newLeg' }] },
  });
  const settled = await world.carrier.post(`/v1/manifests/${id}/incident-resolution`, resolution);
  t.match(ok(settled), { status: 'ended' });
  const manifest = ok(await world.regulator.get(`/v1/manifests/${id}`));
  t.match(manifest, { status: 'ended', legs: [{ endedAt: lostAt }], permitUses: [Object] });
  t.match(manifest.permitUses, [{ reservedGrams: 0, usedGrams: 0 }], 'what was reserved is free');
  t.match(await arrive(world, id), { status: 409, body: { unmatchedReport: String } });
  const { rows } = await world.service.database.pool.query('select distinct stage from audience where id = $1', [id]);
  t.same(rows, [{ stage: 'closed' }]);
  t.equal(await world.balance(world.carrier, 'loss'), 1_000_000);
  const changes = [{ path: '/lines/0/pickedUpGrams', value: 1_000_001 }];
  t.match(await world.carrier.post(`/v1/manifests/${id}/correction`, { reason: '录入错误', changes }), { status: 422 });
  const plate = [{ path: '/legs/0/plate', value: '鲁A54321' }];
  ok(await world.carrier.post(`/v1/manifests/${id}/correction`, { reason: '录入错误', changes: plate }));
  ok(await world.consignor.post(`/v1/manifests/${id}/pickup-confirmation`, { occurredAt: at(world) }));
});

t.test('more than travels, nothing at all or a line twice is not an incident', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit', declaredGrams: 1_000_000 });
  for (const lines of [
    [{ line: 1, grams: 1_000_001 }],
    [{ line: 1, grams: 0 }],
    [{ line: 2, grams: 1 }],
    [
      { line: 1, grams: 1 },
      { line: 1, grams: 1 },
    ],
  ])
    t.match(await report(world, id, 0, { lines }), { status: 422 });
  t.match(await world.consignee.post(`/v1/manifests/${id}/incident-plan`, { plan: '…' }), { status: 409 });
});

t.test(
  'the county it happened in sees the manifest from then on; the description is no part of an event',
  async (t) => {
    const world = await aWorld();
    const county = await aParty(world, {
      capacities: ['regulator'],
      role: 'regulator',
      jurisdiction: { region: '370115', streams: ['hazardous'] },
    } as never);
    const { id } = await world.aManifest({ status: 'in_transit' });
    t.equal((await county.get(`/v1/manifests/${id}`)).status, 404);
    ok(await report(world, id, 1));
    t.equal((await county.get(`/v1/manifests/${id}`)).status, 200);
    t.notMatch(JSON.stringify(ok(await county.get(`/v1/manifests/${id}/events`))), /桶盖/);
  },
);
