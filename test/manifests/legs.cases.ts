import t from 'tap';
import { aWorld, type Caller, callerWith, ok, WASTE_CODE, type World } from '../support/world.ts';
import {
  aDraft,
  aLine,
  anIssued,
  aParty,
  aRegulator,
  arrive,
  aSite,
  at,
  codesOf,
  gramsIn,
  heldBy,
  pickUp,
  receive,
} from './given.ts';

/** 联运 (TM 17), transit storage, milk runs: what happens between the two ends. */
async function withNextCarrier(world: World): Promise<{ second: Caller; id: string }> {
  const second = await aParty(world, { capacities: ['carrier'] });
  await world.generate(1_000_000);
  const id = await aDraft(world, { onwardCarrierIds: [second.partyId] });
  ok(await world.consignor.post(`/v1/manifests/${id}/issue`));
  return { second, id };
}

t.test('two carriers: the first report moves the load, the other confirms; only the last may arrive', async (t) => {
  const world = await aWorld();
  const { second, id } = await withNextCarrier(world);
  t.equal((await second.get(`/v1/manifests/${id}`)).status, 200, 'the next carrier sees it from issue on');
  ok(await pickUp(world, id, [{ line: 1, massGrams: 990_000 }]));
  t.equal((await second.post(`/v1/manifests/${id}/arrival`, { occurredAt: at(world) })).status, 403);
  const handover = { occurredAt: at(world), place: '济南货运北站', region: '370105' };
  const given = await world.carrier.post(`/v1/manifests/${id}/handover`, handover);
  t.match(ok(given), { leg: 2, confirmedBy: ['giver'], status: 'in_transit' });
  t.equal(await world.balance(second, 'in_transit'), 990_000, 'in the hands of the second carrier');
  t.equal(await world.balance(world.carrier, 'in_transit'), 0);
  t.match(await world.carrier.post(`/v1/manifests/${id}/handover`, handover), { status: 409 }, 'once is enough');
  const taken = await second.post(`/v1/manifests/${id}/handover`, { ...handover, plate: '鲁B20002' });
  t.match(ok(taken), { confirmedBy: ['giver', 'taker'] });
  const { legs } = ok(await world.regulator.get(`/v1/manifests/${id}`));
  t.match(legs, [
    { carrierId: world.carrier.partyId, plate: world.plate, endedAt: at(world) },
    {
      carrierId: second.partyId,
      plate: '鲁B20002',
      startedAt: at(world),
      handover: { place: '济南货运北站', region: '370105', confirmedBy: ['giver', 'taker'] },
    },
  ]);
  t.equal((await arrive(world, id)).status, 403, 'the first carrier has nothing to bring');
  ok(await second.post(`/v1/manifests/${id}/arrival`, { occurredAt: at(world) }));
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 990_000 }]));
  const held = await heldBy(world, id);
  t.same([gramsIn(held, 'in_transit'), gramsIn(held, 'consignee_hold')], [0, 0]);
});

t.test('the taker may report first; what it finds wrong is kept as a remark and warned about', async (t) => {
  const world = await aWorld();
  const { second, id } = await withNextCarrier(world);
  ok(await pickUp(world, id, [{ line: 1, massGrams: 990_000 }]));
  const taken = await second.post(`/v1/manifests/${id}/handover`, {
    occurredAt: at(world),
    place: '码头',
    plate: '鲁B20003',
    differs: '一只桶渗漏',
  });
  t.same(codesOf(taken), ['handover-differs']);
  t.match(ok(await world.carrier.post(`/v1/manifests/${id}/handover`, { occurredAt: at(world), place: '码头' })), {
    confirmedBy: ['taker', 'giver'],
  });
  t.match(await world.consignor.post(`/v1/manifests/${id}/handover`, { occurredAt: at(world), place: '码头' }), {
    status: 403,
  });
  const { items } = ok(await world.carrier.get(`/v1/manifests/${id}/events`));
  t.notMatch(JSON.stringify(items), /渗漏/, 'a remark in free words is no part of an event');
});

t.test('a carrier speaks for the side it stands on; its own word sent again confirms nothing', async (t) => {
  const world = await aWorld();
  const [second, third] = [
    await aParty(world, { capacities: ['carrier'] }),
    await aParty(world, { capacities: ['carrier'] }),
  ];
  await world.generate(1_000_000);
  const id = await aDraft(world, { onwardCarrierIds: [second.partyId, third.partyId] });
  ok(await world.consignor.post(`/v1/manifests/${id}/issue`));
  ok(await pickUp(world, id, [{ line: 1, massGrams: 990_000 }], { occurredAt: at(world, -60) }));
  const said = (caller: Caller, minutes: number, changes: object = {}) =>
    caller.post(`/v1/manifests/${id}/handover`, { occurredAt: at(world, minutes), place: '服务区', ...changes });
  t.match(await said(third, -50), { status: 409, body: { unmatchedReport: String } }, 'the load is not there yet');
  t.match(ok(await said(second, -40, { plate: '鲁B20002' })), { leg: 2, confirmedBy: ['taker'] });
  t.match(await said(second, -40, { plate: '鲁B20002' }), { status: 409, body: { unmatchedReport: String } });
  t.equal(await world.balance(second, 'in_transit'), 990_000, 'nor does it pass the load on');
  t.match(ok(await said(third, -30, { plate: '鲁C30003' })), { leg: 3, confirmedBy: ['taker'] }, 'nobody waits');
  t.equal(await world.balance(third, 'in_transit'), 990_000);
  t.match(await said(third, -30), { status: 409, body: { unmatchedReport: String } });
  const stop = { occurredAt: at(world, -25), siteId: await aSite(third, '370113') };
  ok(await third.post(`/v1/manifests/${id}/transit-storage`, stop));
  t.match(ok(await said(second, -30)), { leg: 3, confirmedBy: ['taker', 'giver'] });
  const late = await said(world.carrier, -40, { plate: '鲁A10001', driverId: world.carrier.partyId });
  t.match(ok(late), { leg: 2, confirmedBy: ['taker', 'giver'] });
  t.equal(await world.balance(third, 'in_transit'), 990_000, 'a late confirmation moves nothing');
  const { legs } = ok(await world.regulator.get(`/v1/manifests/${id}`));
  t.match(legs, [{}, { plate: '鲁B20002', driverId: null }, { plate: '鲁C30003' }]);
  t.match(await said(second, -20), { status: 409, body: { unmatchedReport: String } });
});

t.test('what an incident holds up as a whole is not handed over', async (t) => {
  const world = await aWorld();
  const { second, id } = await withNextCarrier(world);
  ok(await pickUp(world, id, [{ line: 1, massGrams: 990_000 }]));
  const incident = { type: 'breakdown', place: '桥下', description: '抛锚', lines: [{ line: 1, grams: 990_000 }] };
  ok(await world.carrier.post(`/v1/manifests/${id}/incident`, { occurredAt: at(world), ...incident }));
  for (const caller of [world.carrier, second])
    t.match(await caller.post(`/v1/manifests/${id}/handover`, { occurredAt: at(world), place: '桥下' }), {
      status: 409,
      body: { unmatchedReport: String },
    });
});

t.test('an arrival without the handover on the manifest is recorded with a warning', async (t) => {
  const world = await aWorld();
  const { id } = await withNextCarrier(world);
  ok(await pickUp(world, id, [{ line: 1, massGrams: 990_000 }]));
  t.same(codesOf(await arrive(world, id)), ['legs-skipped']);
});

t.test('a handover nobody planned does not fit and is kept as evidence', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit' });
  const answer = await world.carrier.post(`/v1/manifests/${id}/handover`, { occurredAt: at(world), place: '路边' });
  t.match(answer, { status: 409, body: { unmatchedReport: String } });
});

t.test('put down on the way and gone on with another vehicle: a new leg of the same carrier', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit', declaredGrams: 2_000_000 });
  const siteId = await aSite(world.carrier, '370113');
  const watcher = await aParty(world, {
    capacities: ['regulator'],
    role: 'regulator',
    jurisdiction: { region: '370113', streams: ['hazardous'] },
  } as never);
  t.equal((await watcher.get(`/v1/manifests/${id}`)).status, 404, 'it has not passed there yet');
  ok(await world.carrier.post(`/v1/manifests/${id}/transit-storage`, { occurredAt: at(world), siteId }));
  t.equal((await watcher.get(`/v1/manifests/${id}`)).status, 200, 'the place it passes sees it');
  const { items } = ok(await world.carrier.get('/v1/balances?role=in_transit'));
  t.match(items, [{ siteId, grams: 2_000_000 }]);
  t.match(await arrive(world, id), { status: 409 }, 'what lies in a store does not arrive');
  ok(await world.carrier.post(`/v1/manifests/${id}/departure`, { occurredAt: at(world), plate: '鲁A77777' }));
  const { legs, status } = ok(await world.carrier.get(`/v1/manifests/${id}`));
  t.equal(status, 'in_transit');
  t.match(legs, [{ plate: world.plate }, { plate: '鲁A77777', carrierId: world.carrier.partyId, endedAt: null }]);
  ok(await arrive(world, id));
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 2_000_000 }]));
});

t.test('a milk run: one manifest a producer, the difference of the whole vehicle booked on the trip', async (t) => {
  const world = await aWorld();
  const trip = ok(await world.carrier.post('/v1/trips', { plate: world.plate, startedAt: at(world) })).id;
  const ids: string[] = [];
  const producers: Caller[] = [];
  for (const [grams, nth] of [
    [300_000, 1],
    [200_000, 2],
    [500_001, 3],
  ] as const) {
    const producer = await aParty(world, { capacities: ['producer'] });
    const siteId = await aSite(producer, '370112');
    ok(
      await producer.post('/v1/generations', {
        siteId,
        wasteCode: WASTE_CODE,
        massGrams: grams,
        occurredAt: at(world),
      }),
    );
    const { id } = ok(
      await producer.post('/v1/manifests', {
        consignorSiteId: siteId,
        carrierId: world.carrier.partyId,
        consigneeSiteId: world.consigneeSiteId,
        lines: [aLine({ massGrams: grams })],
      }),
    );
    ok(await producer.post(`/v1/manifests/${id}/issue`));
    ok(await pickUp(world, id, [{ line: 1, massGrams: grams }], { tripId: trip, occurredAt: at(world, nth) }));
    ids.push(id);
    producers.push(producer);
  }
  for (const id of ids) ok(await arrive(world, id, { occurredAt: at(world, 4) }));
  const ticket = {
    ticketNumber: `milk-${trip.slice(-6)}`,
    siteId: world.consigneeSiteId,
    purpose: 'unloading',
    grossGrams: 9_990_000,
    tareGrams: 9_000_000,
    tripId: trip,
    occurredAt: at(world, 4),
  };
  t.match(await world.stranger.post('/v1/weigh-tickets', ticket), { status: 403 });
  ok(await world.consignee.post('/v1/weigh-tickets', ticket));
  ok(await receive(world, ids[0]!, [{ line: 1, acceptedGrams: 300_000 }]));
  ok(await receive(world, ids[1]!, [{ line: 1, acceptedGrams: 200_000 }]));
  await world.jobsDone();
  t.same(ok(await world.carrier.get(`/v1/trips/${trip}`)).booked, [], 'one load is not received yet');
  ok(await receive(world, ids[2]!, [{ line: 1, acceptedGrams: 500_001 }]));
  await world.jobsDone();
  const read = ok(await world.carrier.get(`/v1/trips/${trip}`));
  t.same(read.booked, [{ siteId: world.consigneeSiteId, nth: 1, grams: -10_001 }]);
  t.equal(read.tickets.length, 1);
  t.equal(await world.balance(world.consignee, 'stock'), 990_000, 'what the whole vehicle weighed');
  t.equal(await world.balance(world.consignee, 'weighing_difference'), 10_001);
  const { rows } = await world.service.database.pool.query(
    'select line, sum(grams)::int as grams from postings where trip_id = $1 group by line',
    [trip],
  );
  t.same(rows, [{ line: null, grams: 0 }], 'on the trip and on no line');
  const changes = [{ path: '/lines/0/acceptedGrams', value: 490_000 }];
  ok(await world.consignee.post(`/v1/manifests/${ids[2]}/correction`, { reason: '录入错误', changes }));
  ok(await world.regulator.post(`/v1/manifests/${ids[2]}/correction-approval`, {}));
  ok(await producers[2]!.post(`/v1/manifests/${ids[2]}/correction-approval`, {}));
  await world.jobsDone();
  t.match(
    ok(await world.carrier.get(`/v1/trips/${trip}`)).booked,
    [{ siteId: world.consigneeSiteId, grams: 0 }],
    'a correction explains the difference',
  );
  t.equal(await world.balance(world.consignee, 'stock'), 990_000, 'still what the whole vehicle weighed');
  t.equal(ok(await world.carrier.get(`/v1/manifests?tripId=${trip}`)).items.length, 3);
  t.equal((await world.stranger.get(`/v1/trips/${trip}`)).status, 404);
  t.equal((await world.regulator.get(`/v1/trips/${trip}`)).status, 200);
  t.equal((await (await aRegulator(world, '440000')).get(`/v1/trips/${trip}`)).status, 404);
  ok(await world.carrier.post(`/v1/trips/${trip}/end`, { occurredAt: at(world, 5) }));
  t.match(await world.carrier.post(`/v1/trips/${trip}/end`, { occurredAt: at(world, 5) }), { status: 409 });
});

t.test(
  'a round that unloads twice at one plant: each ticket stands for what was loaded since the one before',
  async (t) => {
    const world = await aWorld();
    await world.generate(10_000_000);
    const trip = ok(await world.carrier.post('/v1/trips', { plate: world.plate, startedAt: at(world) })).id;
    let tickets = 0;
    const weigh = async (net: number) => {
      const ticketNumber = `twice-${trip.slice(-6)}-${++tickets}`;
      const ticket = { ticketNumber, siteId: world.consigneeSiteId, purpose: 'unloading', tripId: trip };
      const reading = { grossGrams: net + 10_000_000, tareGrams: 10_000_000, occurredAt: at(world) };
      ok(await world.consignee.post('/v1/weigh-tickets', { ...ticket, ...reading }));
      await world.jobsDone();
    };
    const load = async (grams: number) => {
      world.clock.advanceMs(3_600_000);
      const id = await aDraft(world, { lines: [aLine({ massGrams: grams })] });
      ok(await world.consignor.post(`/v1/manifests/${id}/issue`));
      ok(await pickUp(world, id, [{ line: 1, massGrams: grams }], { tripId: trip }));
      ok(await arrive(world, id));
      return id;
    };
    const stock = () => world.balance(world.consignee, 'stock');
    ok(await receive(world, await load(1_000_000), [{ line: 1, acceptedGrams: 1_000_000 }]));
    await weigh(990_000);
    t.equal(await stock(), 990_000);
    const second = await load(2_000_000);
    await weigh(2_020_000);
    t.equal(await stock(), 990_000, 'weighed, and not received yet');
    ok(await receive(world, second, [{ line: 1, acceptedGrams: 2_000_000 }]));
    await world.jobsDone();
    t.equal(await stock(), 3_010_000);
    t.equal(await world.balance(world.consignee, 'weighing_difference'), -10_000);
    world.clock.advanceMs(60_000);
    await weigh(2_030_000);
    t.equal(await stock(), 3_020_000, 'weighed once more: of those two the last counts');
    t.match(ok(await world.carrier.get(`/v1/trips/${trip}`)).booked, [
      { nth: 1, grams: -10_000 },
      { nth: 2, grams: 30_000 },
    ]);
  },
);

t.test("another's trip, or one that has ended, is not named by a pickup", async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'issued' });
  const other = await aParty(world, { capacities: ['carrier'] });
  const trip = ok(await other.post('/v1/trips', { plate: '鲁A00001', startedAt: at(world) })).id;
  const answer = await pickUp(world, id, [{ line: 1, massGrams: 1 }], { tripId: trip });
  t.match(answer, { status: 422, body: { errors: [{ pointer: '/tripId' }] } });
});

t.test('one customer of a round does not read what was weighed at another', async (t) => {
  const world = await aWorld();
  const other = await aParty(world, { capacities: ['producer'] });
  const theirs = await aSite(other, '370112');
  const { id: tripId } = ok(await world.carrier.post('/v1/trips', { plate: world.plate, startedAt: at(world) }));
  const mine = await anIssued(world);
  ok(await pickUp(world, mine.id, [{ line: 1, massGrams: 1_000_000 }], { tripId }));
  const { id } = ok(await other.post('/v1/manifests', world.draftBody({ consignorSiteId: theirs })));
  ok(await other.post(`/v1/manifests/${id}/issue`));
  ok(await pickUp(world, id, [{ line: 1, massGrams: 3_000_000 }], { tripId }));
  const weighed = async (who: Caller, siteId: string, purpose: string) =>
    ok(
      await who.post('/v1/weigh-tickets', {
        ticketNumber: `${purpose}-${siteId}`,
        siteId,
        purpose,
        occurredAt: at(world),
        grossGrams: 13_000_000,
        tareGrams: 10_000_000,
        tripId,
      }),
    );
  await weighed(other, theirs, 'loading');
  await weighed(world.consignee, world.consigneeSiteId, 'unloading');
  const sitesFor = async (who: Caller) =>
    ok(await who.get(`/v1/trips/${tripId}`))
      .tickets.map(({ siteId }: { siteId: string }) => siteId)
      .sort();
  const [plant, both] = [[world.consigneeSiteId], [theirs, world.consigneeSiteId].sort()];
  t.same(await sitesFor(world.consignor), plant, 'where its own load ended');
  for (const who of [world.carrier, world.consignee, other, world.regulator]) t.same(await sitesFor(who), both);
  const bound = { partyId: world.consignee.partyId, role: 'member', label: 'gate', siteId: world.consigneeSiteId };
  const gate = callerWith(world.app, ok(await world.admin.post('/v1/api-keys', bound)).apiKey);
  t.same(await sitesFor(gate), both, 'both loads end there');
  t.equal((await world.stranger.get(`/v1/trips/${tripId}`)).status, 404);
});
