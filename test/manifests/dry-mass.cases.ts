import t, { type Test } from 'tap';
import { aDrum, generated, withUnit } from '../generation/given.ts';
import { aWorld, type Caller, ok, type World } from '../support/world.ts';
import { aLine, aRegulator, arrive, at, codesOf, pickUp, receive } from './given.ts';

const SLUDGE = '462-001-S90';
const [T, KG] = [1_000_000, 1_000];

const line = (changes: object = {}) => ({
  wasteCode: SLUDGE,
  name: '脱水污泥',
  massGrams: 20 * T,
  moisturePermille: 800,
  plannedMethod: 'W1',
  ...changes,
});

const sludge = (world: World, massGrams: number, moisturePermille = 800): Promise<string> =>
  world.generate(massGrams, { wasteCode: SLUDGE, moisturePermille });

async function anIssuedLoad(world: World, changes: object = {}): Promise<string> {
  const { id } = ok(await world.consignor.post('/v1/manifests', world.draftBody({ lines: [line(changes)] })));
  ok(await world.consignor.post(`/v1/manifests/${id}/issue`));
  return id;
}

const load = (world: World, id: string, massGrams: number, more: object = {}) =>
  pickUp(world, id, [{ line: 1, massGrams, ...more }]);

const batch = async (caller: Caller, id: string) => ok(await caller.get(`/v1/batches/${id}`));
const manifest = async (world: World, id: string) => ok(await world.consignor.get(`/v1/manifests/${id}`));
const held = async (caller: Caller, role: string): Promise<[number, number]> => {
  const { items } = ok(await caller.get(`/v1/balances?role=${role}&wasteCode=${SLUDGE}`));
  const sum = (of: 'grams' | 'dryGrams') =>
    (items as Record<typeof of, number>[]).reduce((total, item) => total + item[of], 0);
  return [sum('grams'), sum('dryGrams')];
};

/** No event leaves anything over, and no stock that is empty of mass has dry mass in it. */
async function balanced(t: Test, world: World): Promise<void> {
  const { rows } = await world.service.database.pool.query(
    `select 'event' as what, event_id::text as of from postings group by event_id
       having (sum(grams), sum(pieces), sum(dry_grams)) <> (0, 0, 0)
     union all select 'stock', b.batch_id::text from balances b join accounts a on a.id = b.account_id
       where a.role in ('stock', 'in_transit', 'consignee_hold') and b.grams = 0 and b.dry_grams <> 0`,
  );
  t.same(rows, [], 'the ledger is balanced in dry grams too');
}

t.test('a waste of which dry mass is kept is recorded with its moisture, any other without', async (t) => {
  const world = await aWorld();
  const record = (changes: object) =>
    world.consignor.post('/v1/generations', {
      siteId: world.consignorSiteId,
      massGrams: 1_001,
      occurredAt: at(world),
      ...changes,
    });
  t.match(await record({ wasteCode: SLUDGE }), {
    status: 422,
    body: { errors: [{ pointer: '/moisturePermille' }] },
  });
  t.match(await record({ wasteCode: '900-249-08', moisturePermille: 800 }), {
    status: 422,
    body: { errors: [{ pointer: '/moisturePermille' }] },
  });
  t.match(await record({ wasteCode: SLUDGE, moisturePermille: 1_001 }), { status: 400 });
  for (const [moisturePermille, dryGrams] of [
    [800, 200],
    [999, 1],
    [1_000, 0],
    [0, 1_001],
  ] as const) {
    const { batchId } = ok(await record({ wasteCode: SLUDGE, moisturePermille }));
    t.match(await batch(world.consignor, batchId), {
      initialDryGrams: dryGrams,
      remainingDryGrams: dryGrams,
      initialGrams: 1_001,
    });
  }
  await balanced(t, world);
});

t.test('of what was loaded and received the dry mass follows from the moisture each measured', async (t) => {
  const world = await aWorld();
  const from = await sludge(world, 20 * T);
  const id = await anIssuedLoad(world);
  ok(await load(world, id, 20 * T));
  t.same(await held(world.carrier, 'in_transit'), [20 * T, 4 * T]);
  t.match(await batch(world.consignor, from), { remainingGrams: 0, remainingDryGrams: 0 });
  ok(await arrive(world, id));
  const { batches } = ok(await receive(world, id, [{ line: 1, acceptedGrams: 19_900 * KG, moisturePermille: 790 }]));
  t.match(await batch(world.consignee, batches[0].batchId), {
    initialDryGrams: 4_179 * KG,
    remainingDryGrams: 4_179 * KG,
  });
  t.same(await held(world.consignee, 'weighing_difference'), [100 * KG, 4 * T - 4_179 * KG]);
  t.match((await manifest(world, id)).lines[0], {
    moisturePermille: 800,
    receivedMoisturePermille: 790,
    dryGrams: { declared: 4 * T, pickedUp: 4 * T, accepted: 4_179 * KG, refused: 0 },
    loaded: [{ dryGrams: 4 * T }],
  });
  await balanced(t, world);
});

t.test('a load is as dry as it was measured, and its batch ends with nothing', async (t) => {
  const world = await aWorld();
  const from = await sludge(world, 30 * T);
  const first = await anIssuedLoad(world, { massGrams: 10 * T });
  ok(await load(world, first, 10 * T, { moisturePermille: 780 }));
  t.same(await held(world.carrier, 'in_transit'), [10 * T, 2_200 * KG]);
  t.match(await batch(world.consignor, from), { remainingGrams: 20 * T, remainingDryGrams: 4 * T });
  t.same(await held(world.consignor, 'weighing_difference'), [0, -200 * KG]);
  const second = await anIssuedLoad(world);
  ok(await load(world, second, 20 * T, { moisturePermille: 820 }));
  t.match(await batch(world.consignor, from), { remainingGrams: 0, remainingDryGrams: 0 });
  t.same(await held(world.consignor, 'weighing_difference'), [0, 200 * KG]);
  await balanced(t, world);
});

t.test('more than was recorded is as dry as the load; brought back, it leaves nothing either', async (t) => {
  const world = await aWorld();
  const from = await sludge(world, 7_777, 799);
  const id = await anIssuedLoad(world, { massGrams: 10_001 });
  ok(await load(world, id, 10_001, { moisturePermille: 811 }));
  t.match(await batch(world.consignor, from), { remainingGrams: -2_224 });
  ok(await arrive(world, id));
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 0, refusedGrams: 2_224, moisturePermille: 806 }]));
  ok(await world.carrier.post(`/v1/manifests/${id}/return`, { occurredAt: at(world), plate: world.plate }));
  ok(
    await world.consignor.post(`/v1/manifests/${id}/return-receipt`, {
      occurredAt: at(world),
      lines: [{ line: 1, massGrams: 2_224 }],
    }),
  );
  t.match(await batch(world.consignor, from), { remainingGrams: 0, remainingDryGrams: 0 });
  await balanced(t, world);
});

t.test(
  'where nobody measures at the gate, what is accepted and refused shares what came, and that is said',
  async (t) => {
    const world = await aWorld();
    await sludge(world, 10_007, 801);
    const id = await anIssuedLoad(world, { massGrams: 10_007, moisturePermille: 801 });
    ok(await load(world, id, 10_007));
    ok(await arrive(world, id));
    const answer = await receive(world, id, [{ line: 1, acceptedGrams: 3_331, refusedGrams: 6_676 }]);
    t.same(codesOf(answer), ['moisture-not-measured']);
    t.same(await held(world.consignee, 'weighing_difference'), [0, 0]);
    const [accepted, refused] = [await held(world.consignee, 'stock'), await held(world.consignee, 'refused_return')];
    t.equal(accepted[1] + refused[1], 1_991);
    t.match((await manifest(world, id)).lines[0], { dryGrams: { accepted: accepted[1], refused: refused[1] } });
    await balanced(t, world);
  },
);

t.test('what is sent on is as wet as it was last measured', async (t) => {
  const world = await aWorld();
  await sludge(world, 20 * T);
  const id = await anIssuedLoad(world);
  ok(await load(world, id, 20 * T));
  ok(await arrive(world, id));
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 0, refusedGrams: 20 * T, moisturePermille: 850 }]));
  const site = ok(
    await world.stranger.post('/v1/sites', { partyId: world.stranger.partyId, name: '厂', region: '370112' }),
  );
  const followed = await world.consignor.post(`/v1/manifests/${id}/follow-up`, {
    carrierId: world.carrier.partyId,
    consigneeSiteId: site.id,
  });
  t.match((await manifest(world, ok(followed).id)).lines[0], { moisturePermille: 850 });
  await balanced(t, world);
});

t.test('a correction of mass or moisture books the dry mass anew, at both ends', async (t) => {
  const world = await aWorld();
  const regulator = await aRegulator(world, '370000', ['sludge']);
  const from = await sludge(world, 20 * T);
  const id = await anIssuedLoad(world);
  ok(await load(world, id, 19 * T));
  ok(await arrive(world, id));
  const { batches } = ok(await receive(world, id, [{ line: 1, acceptedGrams: 19 * T, moisturePermille: 900 }]));
  const correct = async (changes: object[]) => {
    const proposed = await world.consignor.post(`/v1/manifests/${id}/correction`, { reason: '笔误', changes });
    ok(proposed);
    for (const who of [world.carrier, world.consignee, regulator])
      await who.post(`/v1/manifests/${id}/correction-approval`, {});
    t.equal((await manifest(world, id)).correction, null);
  };
  await correct([{ path: '/lines/0/receivedMoisturePermille', value: 800 }]);
  t.match(await batch(world.consignee, batches[0].batchId), { remainingGrams: 19 * T, remainingDryGrams: 3_800 * KG });
  await correct([{ path: '/lines/0/pickedUpGrams', value: 20 * T }]);
  t.match(await batch(world.consignor, from), { remainingGrams: 0, remainingDryGrams: 0 });
  await correct([{ path: '/lines/0/pickedUpMoisturePermille', value: 777 }]);
  t.match((await manifest(world, id)).lines[0], { dryGrams: { pickedUp: 4_460 * KG, accepted: 3_800 * KG } });
  t.match(await batch(world.consignor, from), { remainingGrams: 0, remainingDryGrams: 0 });
  await balanced(t, world);
});

t.test('no moisture is measured of what has none, and none corrected', async (t) => {
  const world = await aWorld();
  await world.generate(1 * T);
  const { id } = ok(await world.consignor.post('/v1/manifests', world.draftBody({ lines: [aLine()] })));
  ok(await world.consignor.post(`/v1/manifests/${id}/issue`));
  const stray = { status: 422, body: { errors: [{ pointer: '/lines/0/moisturePermille' }] } };
  t.match(await load(world, id, 1 * T, { moisturePermille: 800 }), stray);
  ok(await load(world, id, 1 * T));
  ok(await arrive(world, id));
  t.match(await receive(world, id, [{ line: 1, acceptedGrams: 1 * T, moisturePermille: 800 }]), stray);
  const changes = [{ path: '/lines/0/pickedUpMoisturePermille', value: 800 }];
  t.match(await world.consignor.post(`/v1/manifests/${id}/correction`, { reason: '笔误', changes }), { status: 422 });
  t.notOk('dryGrams' in (await manifest(world, id)).lines[0]);
});

t.test('drying: what goes in, what is left of it and what the register says', async (t) => {
  const world = await aWorld();
  const from = await sludge(world, 20 * T);
  const { residues } = ok(
    await world.consignor.post('/v1/treatments', {
      siteId: world.consignorSiteId,
      method: 'W1',
      startedAt: at(world, -60),
      endedAt: at(world),
      inputs: [{ batchId: from, grams: 15 * T }],
      outputs: [{ kind: 'residue', wasteCode: SLUDGE, grams: 5 * T, dryGrams: 3 * T }],
      lossGrams: 10 * T,
    }),
  );
  t.match(await batch(world.consignor, from), { remainingGrams: 5 * T, remainingDryGrams: 1 * T });
  t.match(await batch(world.consignor, residues[0].batchId), { initialGrams: 5 * T, initialDryGrams: 3 * T });
  t.same(await held(world.consignor, 'treated'), [0, 0]);
  const register = async (name: string) =>
    ok(
      await world.consignor.get(`/v1/registers/${name}?siteId=${world.consignorSiteId}&from=2026-01-01&to=2027-01-01`),
    ).items.map(({ grams, dryGrams }: { grams: number; dryGrams: number }) => [grams, dryGrams]);
  t.same(await register('treatment'), [[15 * T, 3 * T]]);
  t.same(
    new Set(await register('generation')),
    new Set([
      [20 * T, 4 * T],
      [5 * T, 3 * T],
    ]),
  );
  await balanced(t, world);
});

t.test(
  'of a drum that weighs less than it holds dry, no more than it weighs is dry; the rest stays behind as a difference',
  async (t) => {
    for (const massGrams of [0, 1_000, 3_998, 5_000]) {
      const world = await withUnit(await aWorld());
      const { siteId, unit } = world;
      const [wasteCode, { batchId: from }] = ['772-003-18', await generated(world, 8_000)];
      const { residues } = ok(
        await unit.post('/v1/treatments', {
          siteId,
          method: 'D10',
          startedAt: at(world, -60),
          endedAt: at(world, -1),
          inputs: [{ batchId: from, grams: 8_000 }],
          outputs: [{ kind: 'residue', wasteCode, grams: 4_731, dryGrams: 3_998 }],
          lossGrams: 3_269,
        }),
      );
      const drum = await aDrum(world, undefined, {
        wasteCode,
        massGrams: undefined,
        from: [{ batchId: residues[0].batchId, massGrams: 4_731 }],
      });
      const lines = [aLine({ wasteCode, massGrams: 4_731, batchIds: [drum.batchId] })];
      const { id } = ok(await unit.post('/v1/manifests', world.draftBody({ consignorSiteId: siteId, lines })));
      ok(await unit.post(`/v1/manifests/${id}/issue`));
      ok(await pickUp(world, id, [{ line: 1, containers: [drum.id], massGrams }]));
      const dryGrams = Math.min(massGrams, 3_998);
      t.match((await unit.get(`/v1/manifests/${id}`)).body.lines[0].loaded, [{ grams: massGrams }]);
      const held = ok(await world.carrier.get(`/v1/balances?role=in_transit&wasteCode=${wasteCode}`)).items;
      t.match(held.slice(-1), massGrams === 0 ? [] : [{ grams: massGrams, dryGrams }], `of ${massGrams} g`);
      await balanced(t, world);
    }
  },
);

t.test('what a place takes at most: at the limit nothing is said, above it it is', async (t) => {
  const world = await aWorld();
  const site = ok(
    await world.consignee.post('/v1/sites', { partyId: world.consignee.partyId, name: '建安厂', region: '411003' }),
  );
  for (const [moisturePermille, warnings] of [
    [650, []],
    [651, ['moisture-above-limit']],
  ] as const) {
    await sludge(world, 1 * T, moisturePermille);
    const lines = [line({ massGrams: 1 * T, moisturePermille, plannedMethod: 'K2' })];
    const body = world.draftBody({ lines, consigneeSiteId: site.id });
    const { id } = ok(await world.consignor.post('/v1/manifests', body));
    ok(await world.consignor.post(`/v1/manifests/${id}/issue`));
    ok(await load(world, id, 1 * T));
    ok(await arrive(world, id));
    t.same(codesOf(await receive(world, id, [{ line: 1, acceptedGrams: 1 * T, moisturePermille }])), warnings);
  }
});

t.test('out of the province: to be used on information beforehand, to be disposed of on approval', async (t) => {
  const world = await aWorld();
  const far = ok(
    await world.consignee.post('/v1/sites', { partyId: world.consignee.partyId, name: '外省厂', region: '340602' }),
  );
  await sludge(world, 100 * T);
  const issue = async (plannedMethod: string, massGrams = 10 * T) => {
    const lines = [line({ massGrams, plannedMethod })];
    const body = world.draftBody({ lines, consigneeSiteId: far.id });
    const { id } = ok(await world.consignor.post('/v1/manifests', body));
    return world.consignor.post(`/v1/manifests/${id}/issue`);
  };
  const permit = async (type: string, capGrams: number, more: object = {}) =>
    ok(
      await world.admin.post('/v1/permits', {
        type,
        number: `test-${type}`,
        holderId: world.consignor.partyId,
        counterpartId: world.consignee.partyId,
        wasteCodes: ['SW90'],
        capGrams,
        validFrom: '2026-09-01',
        validTo: '2027-09-01',
        ...more,
      }),
    );
  t.same(codesOf(await issue('K2')), ['cross-province-uninformed']);
  t.match(await issue('W4'), { status: 422, body: { basis: '生态环境法典 476 ¶1' } });
  await permit('cross_province_information', 10 * T);
  t.same(codesOf(await issue('K2')), []);
  t.same(codesOf(await issue('K2', 1 * T)), ['cross-province-beyond-information'], 'a tonne more than was told');
  const approval = await permit('cross_province_approval', 10 * T, { validTo: '2028-09-01' });
  t.same(approval.warnings, [], 'neither a licence nor twelve months: those are of hazardous waste');
  t.same(codesOf(await issue('W4')), []);
  t.match(await issue('W4', 1), { status: 422, body: { errors: [{ pointer: '/lines/0/massGrams' }] } });
});
