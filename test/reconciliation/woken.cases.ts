import { randomUUID } from 'node:crypto';
import t from 'tap';
import { accountOf } from '../../src/custody/ledger.ts';
import { checkRebuild } from '../../src/rebuild.ts';
import { residue, treatOwn } from '../disposal/given.ts';
import { aStore, generated, label, move, withUnit } from '../generation/given.ts';
import { aDraft, aLicence, aLine, anIssued, aParty, arrive, aSite, at, pickUp, receive } from '../manifests/given.ts';
import { aWorld, ok, WASTE_CODE, type World } from '../support/world.ts';

/** Each rule, from the act that wakes it to the anomaly its parties and regulator find. */
const HOUR_MS = 3_600_000;
const found = async (world: World, subjectId: string, rule: string) => {
  await world.jobsDone();
  return ok(await world.regulator.get(`/v1/anomalies?limit=200&subjectId=${subjectId}&rule=${rule}`)).items;
};

t.test('pieces and class, recorded at receipt', async (t) => {
  const world = await aWorld();
  await world.generate(1_000_000);
  const { id } = await anIssued(world, { lines: [aLine({ pieces: 5, packaging: 'drum' })] });
  ok(await pickUp(world, id, [{ line: 1, massGrams: 1_000_000, pieces: 5 }]));
  ok(await arrive(world, id));
  ok(
    await receive(world, id, [{ line: 1, acceptedGrams: 1_000_000, acceptedPieces: 4 }], {
      discrepancies: [{ line: 1, type: 'form', found: '半固态' }],
    }),
  );
  t.match(await found(world, id, 'piece_count'), [
    {
      severity: 'critical',
      observed: { line1Pieces: 4 },
      expected: { line1Pieces: 5 },
      subject: { kind: 'manifest', id },
    },
  ]);
  t.match(await found(world, id, 'class'), [{ severity: 'critical', observed: { line1: 'form' } }]);
  t.same(await found(world, id, 'licence'), []);
  t.match(ok(await world.carrier.get(`/v1/anomalies?subjectId=${id}`)).items.length, 2, 'who stands on it sees both');
  t.same(ok(await world.stranger.get('/v1/anomalies')).items, []);
});

t.test('a licence revoked on the way, and registered anew', async (t) => {
  const world = await aWorld();
  const plant = await aParty(world);
  const site = await aSite(plant, '370117');
  const licence = await aLicence(world, plant);
  const { id } = await anIssued(world, { consigneeSiteId: site });
  const { id: _, version, balances: __, ...record } = ok(await world.admin.get(`/v1/permits/${licence}`));
  ok(await world.admin.put(`/v1/permits/${licence}`, { ...record, status: 'revoked' }, { 'if-match': `"${version}"` }));
  ok(await pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }]));
  t.match(await found(world, id, 'licence'), [
    { status: 'open', severity: 'critical', basis: '法典 534', question: { partyId: plant.partyId } },
  ]);
  await aLicence(world, plant);
  ok(await arrive(world, id));
  ok(
    await plant.post(`/v1/manifests/${id}/receipt`, {
      occurredAt: at(world),
      lines: [{ line: 1, acceptedGrams: 1_000_000 }],
    }),
  );
  t.match(await found(world, id, 'licence'), [{ status: 'cleared' }]);
});

t.test('a year of receipts over the scale of the licence', async (t) => {
  const world = await aWorld();
  const plant = await aParty(world, { region: '370117' } as never);
  const site = await aSite(plant, '370117');
  const licence = await aLicence(world, plant, { capGrams: 1_500_000 });
  const year = new Date(world.clock.now().getTime() + 8 * HOUR_MS).getUTCFullYear();
  let last = '';
  const take = async (grams: number) => {
    const { id } = await anIssued(world, { consigneeSiteId: site });
    last = id;
    ok(await pickUp(world, id, [{ line: 1, massGrams: grams }]));
    ok(await arrive(world, id));
    ok(
      await plant.post(`/v1/manifests/${id}/receipt`, {
        occurredAt: at(world),
        lines: [{ line: 1, acceptedGrams: grams }],
      }),
    );
  };
  await take(1_500_000);
  t.same(await found(world, licence, 'over_scale'), []);
  await take(1);
  t.match(await found(world, licence, 'over_scale'), [
    {
      severity: 'warning',
      period: String(year),
      observed: { acceptedGrams: 1_500_001 },
      subject: { kind: 'permit', id: licence },
    },
  ]);
  await take(300_000);
  t.match(await found(world, licence, 'over_scale'), [
    { severity: 'critical', tolerance: { value: 1_200, unit: 'permille' } },
  ]);
  const slip = { reason: '多录了一位', changes: [{ path: '/lines/0/acceptedGrams', value: 30_000 }] };
  ok(await plant.post(`/v1/manifests/${last}/correction`, slip));
  for (const caller of [world.consignor, world.regulator])
    ok(await caller.post(`/v1/manifests/${last}/correction-approval`, {}));
  t.match(await found(world, licence, 'over_scale'), [{ severity: 'warning', observed: { acceptedGrams: 1_530_001 } }]);
});

t.test('a stock below zero, and the generation entered late that fills it', async (t) => {
  const world = await aWorld();
  const { partyId } = world.consignor;
  const account = accountOf(['stock', partyId, world.consignorSiteId, partyId], WASTE_CODE).id;
  await world.generate(1_000_000);
  const { id } = await anIssued(world);
  ok(await pickUp(world, id, [{ line: 1, massGrams: 1_300_000 }]));
  t.match(await found(world, account, 'negative_stock'), [
    {
      status: 'open',
      severity: 'warning',
      observed: { stockGrams: -300_000 },
      subject: { kind: 'account', id: account },
    },
  ]);
  await world.generate(200_000);
  t.match(await found(world, account, 'negative_stock'), [{ status: 'open', severity: 'info' }]);
  await world.generate(100_000);
  t.match(await found(world, account, 'negative_stock'), [{ status: 'cleared' }]);
});

t.test(
  'one plate on two journeys: the later one is asked about, until the earlier is told to have arrived',
  async (t) => {
    const world = await aWorld();
    const other = await aParty(world);
    const otherPlant = await aSite(other, '370117');
    await aLicence(world, other);
    const here = await aSite(world.consignor, '370112');
    const [first, second] = [
      await anIssued(world),
      await anIssued(world, { consignorSiteId: here, consigneeSiteId: otherPlant }),
    ];
    const milkRun = await anIssued(world, { consignorSiteId: here });
    const load = (id: string) => pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }]);
    ok(await load(first.id));
    world.clock.advanceMs(HOUR_MS);
    ok(await load(milkRun.id));
    t.same(await found(world, milkRun.id, 'overlap'), [], 'two consignors, one consignee');
    world.clock.advanceMs(HOUR_MS);
    ok(await load(second.id));
    t.match(await found(world, second.id, 'overlap'), [{ severity: 'info', observed: { overlaps: 1 } }]);
    t.same(await found(world, first.id, 'overlap'), [], 'one contradiction is one anomaly');
    world.clock.advanceMs(HOUR_MS);
    ok(await arrive(world, first.id));
    t.match(await found(world, second.id, 'overlap'), [
      { severity: 'warning', question: { partyId: world.carrier.partyId } },
    ]);
    t.same(
      ok(await world.consignor.get(`/v1/anomalies?subjectId=${second.id}`)).items,
      [],
      'whose load the other was is not told',
    );
  },
);

t.test('the arrival told late clears what was only a missing report', async (t) => {
  const world = await aWorld();
  const other = await aParty(world);
  const otherPlant = await aSite(other, '370117');
  await aLicence(world, other);
  const here = await aSite(world.consignor, '370112');
  const [first, second] = [
    await anIssued(world),
    await anIssued(world, { consignorSiteId: here, consigneeSiteId: otherPlant }),
  ];
  ok(await pickUp(world, first.id, [{ line: 1, massGrams: 1_000_000 }]));
  world.clock.advanceMs(HOUR_MS);
  const arrivedAt = at(world);
  world.clock.advanceMs(HOUR_MS);
  ok(await pickUp(world, second.id, [{ line: 1, massGrams: 1_000_000 }]));
  t.match(await found(world, second.id, 'overlap'), [{ status: 'open' }]);
  ok(await arrive(world, first.id, { occurredAt: arrivedAt, entryMode: 'offline' }));
  t.match(await found(world, second.id, 'overlap'), [{ status: 'cleared' }]);
});

t.test('one weighing told of two manifests', async (t) => {
  const world = await aWorld();
  const weighed = async (id: string) =>
    ok(
      await world.consignee.post('/v1/weigh-tickets', {
        ticketNumber: randomUUID(),
        siteId: world.consigneeSiteId,
        purpose: 'unloading',
        plate: world.plate,
        grossGrams: 15_000_000,
        tareGrams: 10_000_000,
        manifestId: id,
        occurredAt: at(world),
      }),
    ).id;
  const { id: first } = await world.aManifest({ status: 'arrived' });
  const ticket = await weighed(first);
  world.clock.advanceMs(HOUR_MS);
  const { id: second } = await world.aManifest({ status: 'arrived' });
  const repeated = await weighed(second);
  t.match(await found(world, second, 'overlap'), [{ severity: 'warning', evidence: [repeated, ticket] }]);
  t.same(await found(world, first, 'overlap'), []);
});

t.test('a later ticket takes nothing back, and what a scale is said to be frees of nothing', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'received', declaredGrams: 10_000_000, acceptedGrams: 7_000_000 });
  const short = [{ status: 'open', severity: 'critical', observed: { receivedGrams: 7_000_000 } }];
  t.match(await found(world, id, 'mass'), short);
  const weigh = async (purpose: string, net: number) =>
    ok(
      await world.consignee.post('/v1/weigh-tickets', {
        ticketNumber: randomUUID(),
        siteId: world.consigneeSiteId,
        purpose,
        grossGrams: 10_000_000 + net,
        tareGrams: 10_000_000,
        scaleDivisionGrams: 1_000_000,
        manifestId: id,
        occurredAt: at(world),
      }),
    ).id;
  await weigh('loading', 10_000_000);
  const unloading = await weigh('unloading', 7_000_000);
  t.match(await found(world, id, 'mass'), short);
  world.clock.advanceMs(1_000);
  const slip = await weigh('unloading', 1_000_000);
  world.clock.advanceMs(1_000);
  const again = await weigh('unloading', 7_000_000);
  const [anomaly] = await found(world, id, 'mass');
  t.match(anomaly, { status: 'open', expected: { unloadingTicketGrams: 1_000_000 } });
  t.same(anomaly.evidence.slice(2), [unloading, slip, again], 'the slip and what puts it right, for whoever closes it');
});

/** 10 t that another plant may take, refused as a whole. */
async function refusedLoad(world: World): Promise<string> {
  const { id } = await world.aManifest({ status: 'arrived', declaredGrams: 10_000_000 });
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 0 }]));
  return id;
}

t.test('what goes back is weighed against what was refused', async (t) => {
  const world = await aWorld();
  const id = await refusedLoad(world);
  ok(await world.carrier.post(`/v1/manifests/${id}/return`, { occurredAt: at(world), plate: world.plate }));
  const lines = [{ line: 1, massGrams: 1 }];
  ok(await world.consignor.post(`/v1/manifests/${id}/return-receipt`, { occurredAt: at(world), lines }));
  t.match(await found(world, id, 'mass'), [
    { status: 'open', severity: 'critical', question: { partyId: world.consignor.partyId } },
  ]);
  t.equal(ok(await world.carrier.get(`/v1/anomalies?subjectId=${id}`)).items.length, 1, 'the carrier is told');
  t.same((await checkRebuild(world.databaseUrl)).differences, []);
});

t.test('what goes on was weighed by who sends it on', async (t) => {
  const world = await aWorld();
  const id = await refusedLoad(world);
  const other = await aParty(world);
  await aLicence(world, other);
  const consigneeSiteId = await aSite(other, '370117');
  const next = { carrierId: world.carrier.partyId, consigneeSiteId };
  const followUp = ok(await world.consignor.post(`/v1/manifests/${id}/follow-up`, next)).id;
  ok(await world.consignor.post(`/v1/manifests/${followUp}/issue`));
  ok(await pickUp(world, followUp, [{ line: 1, massGrams: 1 }]));
  t.match(await found(world, followUp, 'mass'), [{ status: 'open', severity: 'critical' }]);
});

t.test('the plate of a return is on a journey', async (t) => {
  const world = await aWorld();
  const id = await refusedLoad(world);
  const other = await aParty(world);
  await aLicence(world, other);
  const [consignorSiteId, consigneeSiteId] = [await aSite(world.consignor, '370112'), await aSite(other, '370117')];
  ok(await world.carrier.post(`/v1/manifests/${id}/return`, { occurredAt: at(world), plate: world.plate }));
  world.clock.advanceMs(HOUR_MS);
  const { id: second } = await anIssued(world, { consignorSiteId, consigneeSiteId });
  ok(await pickUp(world, second, [{ line: 1, massGrams: 1_000_000 }]));
  t.match(await found(world, second, 'overlap'), [{ status: 'open', severity: 'info', observed: { overlaps: 1 } }]);
  world.clock.advanceMs(HOUR_MS);
  const taken = { occurredAt: at(world), lines: [{ line: 1, massGrams: 10_000_000 }] };
  ok(await world.consignor.post(`/v1/manifests/${id}/return-receipt`, taken));
  t.match(await found(world, second, 'overlap'), [{ status: 'open', severity: 'warning' }]);
});

t.test('a whole vehicle that weighed other than was received: each ticket speaks for itself', async (t) => {
  const world = await aWorld();
  const trip = ok(await world.carrier.post('/v1/trips', { plate: world.plate, startedAt: at(world) })).id;
  const load = async () => {
    const { id } = await anIssued(world);
    ok(await pickUp(world, id, [{ line: 1, massGrams: 5_000_000 }], { tripId: trip }));
    ok(await arrive(world, id));
    return id;
  };
  const weigh = async (net: number) =>
    ok(
      await world.consignee.post('/v1/weigh-tickets', {
        ...{ ticketNumber: randomUUID(), siteId: world.consigneeSiteId, purpose: 'unloading', tripId: trip },
        ...{ grossGrams: 10_000_000 + net, tareGrams: 10_000_000, occurredAt: at(world) },
      }),
    ).id;
  const [first, second] = [await load(), await load()];
  const short = await weigh(1_000_000);
  ok(await receive(world, first, [{ line: 1, acceptedGrams: 5_000_000 }]));
  t.same(await found(world, short, 'trip_mass'), [], 'one load is not received yet');
  ok(await receive(world, second, [{ line: 1, acceptedGrams: 5_000_000 }]));
  const open = {
    status: 'open',
    severity: 'critical',
    subject: { kind: 'weigh_ticket', id: short },
    expected: { receivedGrams: 10_000_000 },
    question: { partyId: world.consignee.partyId },
  };
  t.match(await found(world, short, 'trip_mass'), [open]);
  t.same(ok(await world.consignor.get(`/v1/anomalies?rule=trip_mass`)).items, [], 'other loads are not its to know');
  t.equal(ok(await world.carrier.get(`/v1/anomalies?rule=trip_mass`)).items.length, 1);
  world.clock.advanceMs(1_000);
  const right = await weigh(9_900_000);
  t.same(await found(world, right, 'trip_mass'), []);
  t.match(await found(world, short, 'trip_mass'), [open], 'a later one takes nothing back');
});

t.test('what has lain for a year, until it leaves', async (t) => {
  const world = await aWorld();
  const batch = await world.generate(1_000_000);
  const moved = await world.generate(1_000_000);
  const leave = async (batchId: string) => {
    const id = await aDraft(world, { lines: [aLine({ batchIds: [batchId] })] });
    ok(await world.consignor.post(`/v1/manifests/${id}/issue`));
    ok(await pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }]));
  };
  await leave(moved);
  world.clock.advanceMs(366 * 24 * HOUR_MS);
  t.match(await found(world, batch, 'storage_over_limit'), [
    {
      status: 'open',
      severity: 'warning',
      observed: { remainingGrams: 1_000_000 },
      subject: { kind: 'batch', id: batch },
    },
  ]);
  t.same(await found(world, moved, 'storage_over_limit'), []);
  world.clock.advanceMs(48 * HOUR_MS);
  await leave(batch);
  const [anomaly] = await found(world, batch, 'storage_over_limit');
  t.match(anomaly, { status: 'ended', observed: { remainingGrams: 0 } });
  t.ok(anomaly.durationHours >= 48, `${anomaly.durationHours} h`);
  t.same((await checkRebuild(world.databaseUrl)).differences, []);
});

t.test('parts, fills and residues have their year too: that of the whole, or their own', async (t) => {
  const world = await withUnit(await aWorld());
  const store = await aStore(world);
  const { batchId } = await generated(world, 1_000_000);
  const partId = ok(await move(world, 'in', store, { batches: [{ batchId, massGrams: 300_000 }] })).batchIds[0];
  const drum = ok(await label(world, { from: [{ batchId, massGrams: 200_000 }] })).batchId;
  world.clock.advanceMs(100 * 24 * HOUR_MS);
  const treatment = ok(
    await world.unit.post('/v1/treatments', {
      siteId: world.siteId,
      method: 'D10',
      startedAt: at(world),
      endedAt: at(world),
      inputs: [{ batchId, grams: 500_000 }],
      outputs: [{ kind: 'residue', wasteCode: '772-003-18', grams: 100_000 }],
    }),
  );
  const residue = treatment.residues[0].batchId;
  world.clock.advanceMs(266 * 24 * HOUR_MS);
  t.same(await found(world, batchId, 'storage_over_limit'), [], 'the rest was treated in time');
  for (const id of [partId, drum]) t.match(await found(world, id, 'storage_over_limit'), [{ status: 'open' }]);
  t.same(await found(world, residue, 'storage_over_limit'), []);
  world.clock.advanceMs(100 * 24 * HOUR_MS);
  t.match(await found(world, residue, 'storage_over_limit'), [{ status: 'open', severity: 'warning' }]);
});

t.test('what is the same waste afterwards is no younger: as old as the oldest that went in', async (t) => {
  const world = await aWorld();
  await world.generate(1_000);
  const formedAt = at(world);
  world.clock.advanceMs(360 * 24 * HOUR_MS);
  await world.generate(1_000);
  const { residues } = ok(
    await treatOwn(world, {
      method: 'C1',
      inputs: [{ wasteCode: WASTE_CODE, grams: 2_000 }],
      outputs: [residue(1_900, { wasteCode: WASTE_CODE }), residue(100)],
    }),
  );
  const [same, ash] = residues.map(({ batchId }: { batchId: string }) => batchId);
  t.equal(ok(await world.consignor.get(`/v1/batches/${same}`)).formedAt, formedAt);
  t.equal(ok(await world.consignor.get(`/v1/batches/${ash}`)).formedAt, at(world), 'ash is ash from today');
  world.clock.advanceMs(6 * 24 * HOUR_MS);
  t.match(await found(world, same, 'storage_over_limit'), [{ status: 'open', severity: 'warning' }]);
  t.same(await found(world, ash, 'storage_over_limit'), []);
  t.same((await checkRebuild(world.databaseUrl)).differences, []);
});
