// Registers are read off the ledger: every movement once, in its order, and by whom it may be seen.
import t from 'tap';
import { aDrum, aStore, aUnit, generated as madeHere, move, withUnit } from '../generation/given.ts';
import { aWorld, type Caller, ok, WASTE_CODE } from '../support/world.ts';
import { AUGUST_BEGINS, AUGUST_ENDS, aLoad, aTreatment, generated, RESIDUE_CODE } from './given.ts';

const registerOf = async (caller: Caller, register: string, siteId: string, more = '') =>
  ok(await caller.get(`/v1/registers/${register}?siteId=${siteId}&from=2026-08-01&to=2026-09-01${more}`));

t.test('what was generated, sent out, received and treated, each row with where it stands', async (t) => {
  const world = await aWorld();
  const { consignor, consignee, consignorSiteId, consigneeSiteId } = world;
  await generated(world, 1, new Date(Date.parse(AUGUST_BEGINS) - 1).toISOString());
  const first = await generated(world, 300_000, AUGUST_BEGINS, { pieces: 4 });
  const last = await generated(world, 700_000, new Date(Date.parse(AUGUST_ENDS) - 1).toISOString());
  await generated(world, 1, AUGUST_ENDS);
  const manifestId = await aLoad(
    world,
    { loaded: 200_000, accepted: 150_000, refused: 40_000 },
    { loadedAt: '2026-08-20T00:00:00Z', receivedAt: '2026-08-21T00:00:00Z' },
  );
  const made = await registerOf(consignor, 'generation', consignorSiteId);
  t.equal(made.basis, 'HJ 1259-2022 B.1');
  t.match(made.items, [
    {
      batchId: first,
      grams: 300_000,
      pieces: 4,
      occurredAt: AUGUST_BEGINS,
      eventType: 'generation_recorded',
      manifest: null,
    },
    { batchId: last, grams: 700_000, recordedById: consignor.partyId, onBehalfOf: null },
  ]);
  const sent = await registerOf(consignor, 'outsourced', consignorSiteId);
  t.equal(sent.basis, 'HJ 1259-2022 B.5');
  t.equal(
    sent.items.reduce((total: number, row: { grams: number }) => total + row.grams, 0),
    200_000,
  );
  const { number } = ok(await consignor.get(`/v1/manifests/${manifestId}`));
  for (const row of sent.items)
    t.match(row, {
      subjectId: manifestId,
      wasteCode: WASTE_CODE,
      recordedById: world.carrier.partyId,
      manifest: {
        id: manifestId,
        number,
        line: 1,
        counterpartId: consignee.partyId,
        counterpartName: '接受单位',
        method: 'D10',
      },
    });
  const got = (await registerOf(consignee, 'received', consigneeSiteId)).items;
  t.ok(got.length > 0);
  for (const row of got) t.match(row, { manifest: { id: manifestId, counterpartId: consignor.partyId } });
  t.equal(
    got.reduce((total: number, row: { grams: number }) => total + row.grams, 0),
    150_000,
  );
  const treated = { batchId: got[0].batchId, grams: 90_000, residueGrams: 8_000, treatmentKind: 'disposal' as const };
  await aTreatment(world, consignee, consigneeSiteId, { ...treated, occurredAt: '2026-08-25T00:00:00Z' });
  t.match((await registerOf(consignee, 'treatment', consigneeSiteId)).items, [
    { batchId: treated.batchId, grams: 90_000, treatmentMethod: 'D10', facilityCode: 'MF0001' },
  ]);
  t.match((await registerOf(consignee, 'generation', consigneeSiteId)).items, [
    { wasteCode: RESIDUE_CODE, grams: 8_000, eventType: 'treatment_recorded' },
  ]);
});

t.test('pages follow each other in the order in which it happened, over all codes', async (t) => {
  const world = await aWorld();
  const { consignor, consignorSiteId } = world;
  const days = ['09', '03', '03', '17', '03', '28', '01', '11'];
  for (const [index, day] of days.entries())
    await generated(world, index + 1, `2026-08-${day}T04:00:00Z`, index % 3 === 0 ? { wasteCode: '900-217-08' } : {});
  const seen: { grams: number; occurredAt: string }[] = [];
  let cursor = '';
  do {
    const page = await registerOf(consignor, 'generation', consignorSiteId, `&limit=3${cursor}`);
    seen.push(...page.items);
    cursor = page.next ? `&cursor=${page.next}` : '';
  } while (cursor);
  const order = seen.map(({ grams }) => grams);
  t.same([order[0], order.slice(1, 4).sort(), ...order.slice(4)], [7, [2, 3, 5], 1, 8, 4, 6], 'three at one instant');
  t.same(
    seen.map(({ occurredAt }) => occurredAt),
    seen.map(({ occurredAt }) => occurredAt).sort(),
  );
  const path = `/v1/registers/generation?siteId=${consignorSiteId}`;
  for (const wrong of [
    '&from=2026-08-01&to=2026-08-01',
    '&from=2026-08-01&to=2027-08-03',
    '&from=2026-08-01&to=2026-09-01&cursor=bm9uZQ',
    '&from=2026-02-30&to=2026-09-01',
  ])
    t.equal((await consignor.get(path + wrong)).status, 400, wrong);
  t.equal((await consignor.get(`${path}&from=2025-08-01&to=2026-08-01`)).status, 200, 'a year');
});

t.test("a site's registers are its party's, its agents' and the regulators' of its place and streams", async (t) => {
  const world = await aWorld();
  const { consignor, carrier, regulator, stranger, consignorSiteId: siteId } = world;
  await generated(world, 5, AUGUST_BEGINS);
  await generated(world, 7, AUGUST_BEGINS, { wasteCode: '841-001-01' });
  t.equal((await registerOf(consignor, 'generation', siteId)).items.length, 2);
  t.match((await registerOf(regulator, 'generation', siteId)).items, [{ grams: 5 }]);
  const asked = (caller: Caller) =>
    caller.get(`/v1/registers/generation?siteId=${siteId}&from=2026-08-01&to=2026-09-01`);
  for (const caller of [carrier, stranger]) t.equal((await asked(caller)).status, 404);
  const terms = { acts: ['generation'], validFrom: '2026-01-01', validTo: '2027-01-01' };
  ok(await consignor.post('/v1/delegations', { principalId: consignor.partyId, agentId: carrier.partyId, ...terms }));
  t.equal((await asked(carrier)).status, 200);
  const occurredAt = '2026-08-09T00:00:00Z';
  ok(await carrier.post('/v1/generations', { siteId, wasteCode: WASTE_CODE, massGrams: 9, occurredAt }));
  t.match((await registerOf(consignor, 'generation', siteId)).items.at(-1), {
    recordedById: carrier.partyId,
    onBehalfOf: consignor.partyId,
  });
});

t.test('what was put into a store and taken out: B.2 and B.3, of a shared site by owner', async (t) => {
  const world = await withUnit(await aWorld());
  const { unit, siteId } = world;
  const store = await aStore(world, { type: 'tank_area', code: 'TS042', shared: true });
  const { unit: tenant } = await aUnit(world);
  ok(await unit.post('/v1/tenancies', { siteId, tenantId: tenant.partyId, validFrom: '2026-01-01' }));
  const made = async (massGrams: number, changes: object = {}) =>
    ok(
      await unit.post('/v1/generations', {
        siteId,
        wasteCode: WASTE_CODE,
        massGrams,
        occurredAt: AUGUST_BEGINS,
        ...changes,
      }),
    );
  const [mine, theirs] = [await made(1_000, { pieces: 3 }), await made(500, { ownerId: tenant.partyId })];
  const hand = ok(await unit.post('/v1/people', { partyId: unit.partyId, name: '张三', duties: ['storekeeper'] })).id;
  const put = (direction: 'in' | 'out', occurredAt: string, what: object) =>
    move(world, direction, store, { occurredAt, storekeeperId: hand, ...what });
  await put('in', new Date(Date.parse(AUGUST_BEGINS) - 1).toISOString(), {
    batches: [{ batchId: (await made(7)).batchId }],
  });
  const entered = ok(
    await put('in', '2026-08-10T00:00:00Z', {
      batches: [{ batchId: mine.batchId, massGrams: 400, pieces: 1 }],
      moverId: hand,
    }),
  );
  ok(await put('in', '2026-08-09T00:00:00Z', { batches: [{ batchId: theirs.batchId }] }));
  const left = ok(
    await put('out', '2026-08-20T00:00:00Z', { batches: [{ batchId: entered.batchIds[0] }], destination: 'transfer' }),
  );
  const into = await registerOf(unit, 'storage-in', siteId);
  t.equal(into.basis, 'HJ 1259-2022 B.2');
  t.match(into.items, [
    { batchId: theirs.batchId, ownerId: tenant.partyId, grams: 500, occurredAt: '2026-08-09T00:00:00.000Z' },
    {
      eventType: 'storage_move_recorded',
      subjectId: entered.id,
      batchId: entered.batchIds[0],
      grams: 400,
      pieces: 1,
      recordedById: unit.partyId,
      onBehalfOf: null,
      manifest: null,
      storage: {
        code: entered.code,
        storeId: store,
        storeCode: 'TS042',
        storeType: 'tank_area',
        containerId: null,
        sourceCode: mine.code,
        moverId: hand,
        storekeeperId: hand,
        destination: null,
      },
    },
  ]);
  t.equal(into.items.length, 2, 'July is another month');
  const out = await registerOf(unit, 'storage-out', siteId);
  t.equal(out.basis, 'HJ 1259-2022 B.3');
  t.match(out.items, [
    { grams: 400, storage: { code: left.code, sourceCode: entered.code, destination: 'transfer', moverId: null } },
  ]);
  t.match((await registerOf(unit, 'storage-in', siteId, `&ownerId=${tenant.partyId}`)).items, [{ grams: 500 }]);
  t.match((await registerOf(unit, 'generation', siteId, `&ownerId=${tenant.partyId}`)).items, [{ grams: 500 }]);
  for (const register of ['storage-in', 'generation'])
    t.match((await registerOf(tenant, register, siteId)).items, [{ ownerId: tenant.partyId, grams: 500 }]);
  const ask = (caller: Caller, more = '') =>
    caller.get(`/v1/registers/storage-in?siteId=${siteId}&from=2026-08-01&to=2026-09-01${more}`);
  t.equal((await ask(tenant, `&ownerId=${unit.partyId}`)).status, 404);
  t.equal((await ask(world.stranger)).status, 404);
  t.equal((await registerOf(world.regulator, 'storage-in', siteId)).items.length, 2);
});

t.test('entries of many batches and containers page by page, each once', async (t) => {
  const world = await withUnit(await aWorld());
  const store = await aStore(world);
  const occurredAt = '2026-08-11T00:00:00Z';
  const batches: { batchId: string }[] = [];
  for (const grams of [1, 2, 3, 4, 5])
    batches.push({ batchId: (await madeHere(world, grams, { occurredAt: AUGUST_BEGINS })).batchId });
  ok(await move(world, 'in', store, { batches: batches.slice(0, 3), occurredAt }));
  ok(await move(world, 'in', store, { batches: batches.slice(3), occurredAt }));
  const drum = await aDrum(world, 6, { occurredAt: AUGUST_BEGINS });
  ok(await move(world, 'in', store, { containers: [drum.code], occurredAt }));
  const seen: { grams: number; storage: { sourceCode: string; containerId: string | null } }[] = [];
  let cursor = '';
  do {
    const page = await registerOf(world.unit, 'storage-in', world.siteId, `&limit=2${cursor}`);
    t.ok(page.items.length <= 2);
    seen.push(...page.items);
    cursor = page.next ? `&cursor=${page.next}` : '';
  } while (cursor);
  t.same(seen.map(({ grams }) => grams).sort(), [1, 2, 3, 4, 5, 6]);
  t.match(
    seen.find(({ grams }) => grams === 6),
    { storage: { sourceCode: drum.code, containerId: drum.id } },
  );
});
