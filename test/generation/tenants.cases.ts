import t from 'tap';
import { isTenantOn, originPlaceOf } from '../../src/generation/tenants.ts';
import { broken } from '../custody/given.ts';
import { at, codesOf } from '../manifests/given.ts';
import { aWorld, type Caller, ok, WASTE_CODE } from '../support/world.ts';
import { aDrum, aStore, aUnit, generated, type Labelling, label, move, read, withUnit } from './given.ts';

/** A park whose store two tenants share. */
async function aPark(): Promise<Labelling & { store: string; x: Caller; y: Caller }> {
  const world = await withUnit(await aWorld());
  const store = await aStore(world, { shared: true });
  const [{ unit: x }, { unit: y }] = [await aUnit(world), await aUnit(world)];
  for (const tenant of [x, y])
    ok(
      await world.unit.post('/v1/tenancies', {
        siteId: world.siteId,
        tenantId: tenant.partyId,
        validFrom: '2026-01-01',
      }),
    );
  return { ...world, store, x, y };
}

const generation = (world: Labelling, massGrams: number, changes: object = {}) => ({
  siteId: world.siteId,
  wasteCode: WASTE_CODE,
  massGrams,
  occurredAt: at(world),
  ...changes,
});

const owned = async (caller: Caller): Promise<number> =>
  (await read(caller, `/v1/balances?role=stock&ownerId=${caller.partyId}`)).items.reduce(
    (sum: number, { grams }: { grams: number }) => sum + grams,
    0,
  );

t.test('each owner has a balance of its own in the shared store, and sees no other', async (t) => {
  const world = await aPark();
  const { unit, x, y, store } = world;
  const ofX = ok(await x.post('/v1/generations', generation(world, 700)));
  const ofY = ok(await unit.post('/v1/generations', generation(world, 300, { ownerId: y.partyId })));
  const own = await generated(world, 50);
  t.match(await read(unit, `/v1/batches/${ofY.batchId}`), { partyId: unit.partyId, ownerId: y.partyId });
  t.same([await owned(x), await owned(y), await owned(unit)], [700, 300, 50]);
  t.equal(await world.balance(unit, 'stock'), 1_050, 'the operator holds all of it');
  t.equal(await world.balance(unit, 'generated'), -50, 'and generated its own');
  t.equal(await world.balance(x, 'generated'), -700);
  for (const { batchId } of [ofX, ofY, own]) ok(await move(world, 'in', store, { batches: [{ batchId }] }));
  t.match((await read(unit, `/v1/stores/${store}`)).stockGrams, 1_050);
  t.match(await read(x, `/v1/stores/${store}`), {
    stockGrams: 700,
    filledPermille: null,
    stock: [{ ownerId: x.partyId }],
  });
  const idsOf = async (caller: Caller) =>
    (await read(caller, `/v1/batches?siteId=${world.siteId}`)).items.map(({ id }: { id: string }) => id);
  t.same(await idsOf(x), [ofX.batchId]);
  t.same((await idsOf(unit)).sort(), [ofX.batchId, ofY.batchId, own.batchId].sort());
  t.equal((await x.get(`/v1/batches/${ofX.batchId}`)).status, 200);
  t.equal((await x.get(`/v1/batches/${ofY.batchId}`)).status, 404);
  t.equal((await read(x, `/v1/storage-moves?siteId=${world.siteId}`)).items.length, 1);
  t.equal((await x.get(`/v1/balances?ownerId=${y.partyId}`)).status, 404);
  t.equal((await world.stranger.get(`/v1/batches?siteId=${world.siteId}`)).status, 404);
  t.same(await broken(world), {});
});

t.test('a tenant moves its own, and nothing is mixed', async (t) => {
  const world = await aPark();
  const { unit, x, y, store } = world;
  const ofX = ok(await x.post('/v1/generations', generation(world, 70)));
  const ofY = ok(await y.post('/v1/generations', generation(world, 30)));
  t.same(codesOf(await move(world, 'in', store, { batches: [{ batchId: ofX.batchId }] }, x)), []);
  t.equal((await move(world, 'in', store, { batches: [{ batchId: ofY.batchId }] }, x)).status, 404);
  const both = await move(world, 'in', store, { batches: [{ batchId: ofX.batchId }, { batchId: ofY.batchId }] });
  t.match(both, { status: 422, body: { basis: /HJ 1259/ } }, 'one entry, one owner');
  const notShared = await aStore(world);
  t.same(codesOf(await move(world, 'in', notShared, { batches: [{ batchId: ofY.batchId }] })), ['store-not-shared']);
  const mixed = await label(world, {
    from: [
      { batchId: ofX.batchId, massGrams: 1 },
      { batchId: ofY.batchId, massGrams: 1 },
    ],
    ownerId: x.partyId,
  });
  t.match(mixed, { status: 404, body: { errors: [{ pointer: '/from/1/batchId' }] } });
  t.equal(await owned(unit), 0);
});

t.test('a tenant’s label bears the tenant’s code, whoever sticks it on', async (t) => {
  const world = await aPark();
  const { x, y } = world;
  const { uscc } = await read(x, `/v1/parties/${x.partyId}`);
  const byTenant = ok(await label(world, { massGrams: 5 }, x));
  const byOperator = await aDrum(world, 5, { ownerId: x.partyId });
  t.equal(byTenant.code, `${uscc}9002490820260916001`);
  t.equal(byOperator.code, `${uscc}9002490820260916002`);
  t.match(await read(x, `/v1/containers/${byOperator.id}`), {
    ownerId: x.partyId,
    unitId: x.partyId,
    partyId: world.unit.partyId,
  });
  t.equal((await y.get(`/v1/containers/${byTenant.id}`)).status, 404);
  t.equal((await read(x, `/v1/containers?siteId=${world.siteId}`)).items.length, 2);
  t.same((await read(y, `/v1/containers?siteId=${world.siteId}`)).items, []);
  const { rows } = await world.service.database.pool.query(
    "select canonical::jsonb ->> 'onBehalfOf' as whom from custody_events where subject_id = $1 and seq = 1",
    [byOperator.id],
  );
  t.equal(rows[0].whom, x.partyId);
});

t.test('no tenant, no longer a tenant, not yet one', async (t) => {
  const world = await aPark();
  const { unit, x, stranger } = world;
  t.match(await unit.post('/v1/generations', generation(world, 1, { ownerId: stranger.partyId })), {
    status: 422,
    body: { errors: [{ pointer: '/ownerId' }] },
  });
  t.equal((await stranger.post('/v1/generations', generation(world, 1))).status, 404);
  t.equal((await stranger.post('/v1/generations', generation(world, 1, { ownerId: x.partyId }))).status, 404);
  t.equal((await x.post('/v1/generations', generation(world, 1, { occurredAt: '2025-12-31T00:00:00Z' }))).status, 422);
  const { items } = await read(x, '/v1/tenancies');
  const [tenancy] = items;
  const { id, version: _, ...record } = tenancy;
  t.match(await x.put(`/v1/tenancies/${id}`, { ...record, validTo: '2030-01-01' }, { 'if-match': '"1"' }), {
    status: 403,
  });
  ok(await unit.put(`/v1/tenancies/${id}`, { ...record, validTo: '2026-09-16' }, { 'if-match': '"1"' }));
  t.equal((await x.post('/v1/generations', generation(world, 1))).status, 422, 'the day it ends');
  t.equal(
    (await x.post('/v1/generations', generation(world, 1, { occurredAt: at(world, -24 * 60) }))).status,
    201,
    'the day before',
  );
  t.match(await unit.post('/v1/tenancies', { ...record, tenantId: unit.partyId }), {
    status: 422,
    body: { errors: [{ pointer: '/tenantId' }] },
  });
  t.match(await unit.post('/v1/tenancies', { ...record, validTo: '2025-01-01' }), {
    status: 422,
    body: { errors: [{ pointer: '/validTo' }] },
  });
  t.equal((await stranger.get(`/v1/tenancies/${id}`)).status, 404);
});

t.test('where a manifest of a tenant starts', async (t) => {
  t.same(originPlaceOf({ id: 's', partyId: 'p' }, 'x'), ['stock', 'p', 's', 'x']);
  const periods = [{ storeId: null, validFrom: '2026-01-01', validTo: '2026-09-16' }];
  t.ok(isTenantOn(periods, '2026-09-15'));
  t.notOk(isTenantOn(periods, '2026-09-16'));
  t.notOk(isTenantOn(periods, '2025-12-31'));
});

t.test('an agent records and labels for whoever let it, named or not', async (t) => {
  const world = await aPark();
  const { unit, stranger: agent } = world;
  const acts = ['generation'];
  const term = { validFrom: '2026-01-01', validTo: '2027-01-01' };
  ok(await unit.post('/v1/delegations', { principalId: unit.partyId, agentId: agent.partyId, acts, ...term }));
  for (const named of [{}, { ownerId: unit.partyId }]) {
    const { batchId } = ok(await agent.post('/v1/generations', generation(world, 40, named)));
    t.match(await read(unit, `/v1/batches/${batchId}`), { ownerId: unit.partyId });
    for (const content of [{ massGrams: 5 }, { from: [{ batchId, massGrams: 5 }] }]) {
      const { id } = ok(await label(world, { ...content, ...named }, agent));
      t.match(await read(unit, `/v1/containers/${id}`), { unitId: unit.partyId });
    }
  }
});
