import t from 'tap';
import { checkRebuild } from '../../src/rebuild.ts';
import { broken } from '../custody/given.ts';
import { at, codesOf } from '../manifests/given.ts';
import { aWorld, ok, WASTE_CODE } from '../support/world.ts';
import { aDrum, aStore, generated, move, read, withUnit } from './given.ts';

t.test('batch codes: of a site and a day, without a gap; a refusal takes none', async (t) => {
  const world = await withUnit(await aWorld());
  t.equal((await generated(world, 1)).code, 'HWCS20260916001');
  t.equal(
    (
      await world.unit.post('/v1/generations', {
        siteId: world.siteId,
        wasteCode: 'x',
        massGrams: 1,
        occurredAt: at(world),
      })
    ).status,
    422,
  );
  t.equal((await generated(world, 1)).code, 'HWCS20260916002');
  t.equal(
    (await generated(world, 1, { occurredAt: '2026-09-14T16:00:00Z' })).code,
    'HWCS20260915001',
    'the day in Shanghai',
  );
  const { batchId } = await generated(world, 1);
  t.equal((await read(world.unit, `/v1/batches/${batchId}`)).code, 'HWCS20260916003');
});

t.test('a store: entered, amended, once by its code', async (t) => {
  const world = await withUnit(await aWorld());
  const body = { siteId: world.siteId, code: 'TS001', type: 'point', capacityGrams: 5_000_000 };
  const { id } = ok(await world.unit.post('/v1/stores', body));
  t.match(await world.unit.post('/v1/stores', body), { status: 409, body: { errors: [{ pointer: '/code' }] } });
  t.match(await world.unit.post('/v1/stores', { ...body, code: 'store 1' }), { status: 400 });
  t.match(await world.stranger.post('/v1/stores', { ...body, code: 'TS002' }), { status: 403 });
  t.match(await world.unit.put(`/v1/stores/${id}`, { ...body, name: '危废库' }, { 'if-match': '"1"' }), {
    status: 200,
  });
  t.match(await read(world.unit, `/v1/stores/${id}`), { name: '危废库', stockGrams: 0, filledPermille: 0, stock: [] });
  t.match(await read(world.regulator, `/v1/stores?siteId=${world.siteId}`), { items: [{ code: 'TS001' }] });
  t.equal((await world.stranger.get(`/v1/stores/${id}`)).status, 404);
});

t.test(
  'in and out: the whole batch changes its place, a part becomes a batch of its own, no mass is lost',
  async (t) => {
    const world = await withUnit(await aWorld());
    const { unit } = world;
    const [store, other] = [await aStore(world, { capacityGrams: 10_000 }), await aStore(world)];
    const batch = await generated(world, 1_000, { pieces: 3 });
    const entered = ok(
      await move(world, 'in', store, { batches: [{ batchId: batch.batchId, massGrams: 400, pieces: 1 }] }),
    );
    const [part] = entered.batchIds;
    t.equal(entered.code, 'HWRK20260916001');
    t.match(await read(unit, `/v1/batches/${part}`), {
      storeId: store,
      remainingGrams: 400,
      remainingPieces: 1,
      code: batch.code,
    });
    t.match(await read(unit, `/v1/batches/${batch.batchId}`), {
      storeId: null,
      remainingGrams: 600,
      remainingPieces: 2,
    });
    t.match(await read(unit, `/v1/storage-moves/${entered.id}`), {
      direction: 'in',
      grams: 400,
      sourceCodes: [batch.code],
    });
    t.match(await read(unit, `/v1/stores/${store}`), {
      stockGrams: 400,
      filledPermille: 40,
      stock: [{ wasteCode: WASTE_CODE, batches: 1 }],
    });
    const left = ok(await move(world, 'out', store, { batches: [{ batchId: part }], destination: 'transfer' }));
    t.equal(left.code, 'HWCK20260916001');
    t.match(await read(unit, `/v1/storage-moves/${left.id}`), {
      destination: 'transfer',
      sourceCodes: [entered.code],
      grams: 400,
    });
    t.match(await read(unit, `/v1/batches/${part}`), { storeId: null });
    t.equal((await read(unit, `/v1/stores/${store}`)).stockGrams, 0);
    const odd = await move(world, 'out', other, { batches: [{ batchId: batch.batchId, massGrams: 601 }] });
    t.same(codesOf(odd).sort(), ['more-than-left', 'store-differs'], 'recorded, and told');
    t.equal((await read(unit, `/v1/storage-moves?siteId=${world.siteId}`)).items.length, 3);
    t.equal((await read(unit, `/v1/storage-moves?siteId=${world.siteId}&storeId=${other}`)).items.length, 1);
    t.equal(await world.balance(unit, 'stock'), 1_000);
    t.same(await broken(world), {});
  },
);

t.test('two entries split one batch at once: both parts are there and nothing twice', async (t) => {
  const world = await withUnit(await aWorld());
  const store = await aStore(world);
  const { batchId } = await generated(world, 1_000);
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => move(world, 'in', store, { batches: [{ batchId, massGrams: 300 }] })),
  );
  t.same(
    answers.map(({ status }) => status),
    Array(6).fill(201),
  );
  t.equal(
    answers.filter((answer) => codesOf(answer).includes('more-than-left')).length,
    3,
    'three parts, then 100 g are left',
  );
  t.equal((await read(world.unit, `/v1/stores/${store}`)).stockGrams, 1_000);
  t.equal(await world.balance(world.unit, 'stock'), 1_000);
  t.same(await broken(world), {});
});

t.test('one entry, one waste; a batch of this site; batches or containers', async (t) => {
  const world = await withUnit(await aWorld());
  const store = await aStore(world);
  const [a, b] = [await generated(world, 1), await generated(world, 1, { wasteCode: '900-041-49' })];
  const mixed = await move(world, 'in', store, { batches: [{ batchId: a.batchId }, { batchId: b.batchId }] });
  t.match(mixed, { status: 422, body: { basis: /HJ 1259/, errors: [{ pointer: '/batches/1' }] } });
  const drum = await aDrum(world);
  t.equal((await move(world, 'in', store, { batches: [{ batchId: a.batchId }], containers: [drum.id] })).status, 400);
  t.equal((await move(world, 'in', store, {})).status, 400);
  t.match(await move(world, 'in', store, { containers: ['nonsense'] }), {
    status: 404,
    body: { errors: [{ pointer: '/containers/0' }] },
  });
  t.equal((await move(world, 'in', store, { batches: [{ batchId: await world.generate(1) }] })).status, 422);
  t.equal((await move(world, 'in', store, { batches: [{ batchId: a.batchId }] }, world.stranger)).status, 404);
});

t.test('a storage point above 3 t, a store that fills up: recorded, and told with its basis', async (t) => {
  const world = await withUnit(await aWorld());
  const point = await aStore(world, { type: 'point' });
  const put = async (store: string, grams: number) => {
    const { batchId } = await generated(world, grams);
    return move(world, 'in', store, { batches: [{ batchId }] });
  };
  t.same(codesOf(await put(point, 3_000_000)), [], '3 t are allowed');
  const over = await put(point, 1);
  t.match(over, {
    status: 201,
    body: { warnings: [{ code: 'storage-point-over-limit', basis: 'GB 18597-2023 8.3.5' }] },
  });
  const store = await aStore(world, { capacityGrams: 1_000 });
  t.same(codesOf(await put(store, 799)), []);
  t.same(codesOf(await put(store, 1)), ['store-nearly-full']);
  t.same(codesOf(await put(store, 200)), ['store-nearly-full'], 'exactly full');
  t.same(codesOf(await put(store, 1)), ['store-over-capacity']);
  t.equal((await read(world.unit, `/v1/stores/${store}`)).filledPermille, 1_001);
  await world.jobsDone();
  t.same((await checkRebuild(world.databaseUrl)).differences, []);
});

t.test('a part of what is in a container is not moved without it; emptied, it is a batch like any other', async (t) => {
  const world = await withUnit(await aWorld());
  const store = await aStore(world);
  const { id, batchId } = await aDrum(world, 1_000);
  const part = { batches: [{ batchId, massGrams: 400 }] };
  t.match(await move(world, 'in', store, part), {
    status: 422,
    body: { errors: [{ pointer: '/batches/0/massGrams' }] },
  });
  ok(await move(world, 'in', store, { batches: [{ batchId }] }));
  ok(await world.unit.post(`/v1/containers/${id}/emptied`, { occurredAt: at(world) }));
  ok(await move(world, 'out', store, part));
  t.same(await broken(world), {});
});

t.test('earlier than the batch or the label: recorded as told, and remarked upon', async (t) => {
  const world = await withUnit(await aWorld());
  const store = await aStore(world);
  const { batchId } = await generated(world, 1_000, { occurredAt: at(world, -60) });
  const drum = await aDrum(world, 1_000, { occurredAt: at(world, -60) });
  const old = await generated(world, 1_000, { occurredAt: at(world, -600) });
  const filled = await aDrum(world, 1_000, {
    occurredAt: at(world, -60),
    massGrams: undefined,
    from: [{ batchId: old.batchId, massGrams: 1_000 }],
  });
  for (const what of [{ batches: [{ batchId }] }, { containers: [drum.code] }, { containers: [filled.code] }]) {
    for (const [minutes, early] of [
      [-61, true],
      [-60, false],
    ] as const) {
      const answer = await move(world, 'in', store, { ...what, occurredAt: at(world, minutes) });
      t.equal(answer.status, 201);
      t.equal(codesOf(answer).includes('moved-before-formed'), early);
    }
  }
});
