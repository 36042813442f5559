import t from 'tap';
import { aWorld, ok } from '../support/world.ts';
import { aDraft, anIssued, at, shapeOf, written } from './given.ts';

const reason = { reason: '张三填错了' };

t.test('a draft and an issued manifest are voided by their consignor; the reason stays out of the event', async (t) => {
  const world = await aWorld();
  const [draft, issued] = [await aDraft(world), await world.aManifest({ status: 'issued' })];
  for (const id of [draft, issued.id]) {
    t.match(await world.consignor.post(`/v1/manifests/${id}/void`, reason), { status: 200, body: { status: 'void' } });
    t.match(ok(await world.consignor.get(`/v1/manifests/${id}`)), { status: 'void', voidedAt: at(world) });
    const { items } = ok(await world.consignor.get(`/v1/manifests/${id}/events`));
    t.match(items.at(-1), { type: 'manifest_voided', detailsHash: /^[0-9a-f]{64}$/ });
    t.notMatch(JSON.stringify(items), /张三/);
  }
  t.equal(
    ok(await world.carrier.get(`/v1/manifests/${issued.id}`)).number,
    issued.number,
    'a number once given stays with it',
  );
  t.equal(
    (await world.carrier.get(`/v1/manifests/${draft}`)).status,
    404,
    'what was never issued concerns nobody else',
  );
});

t.test('a voided number is not given out again', async (t) => {
  const world = await aWorld();
  const { number } = await world.aManifest({ status: 'void' });
  t.equal(Number((await anIssued(world)).number), Number(number) + 1);
});

t.test('once loaded it is no longer voided', async (t) => {
  const world = await aWorld();
  for (const status of ['in_transit', 'arrived', 'received', 'void'] as const) {
    const { id } = await world.aManifest({ status });
    const before = await written(world);
    t.match(
      await world.consignor.post(`/v1/manifests/${id}/void`, reason),
      { status: 409, body: { type: '/problems/wrong-status', allowedFrom: ['draft', 'issued'] } },
      status,
    );
    t.same(await written(world), before);
  }
});

t.test('a reason is needed; only the consignor may', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'issued' });
  t.match(await world.consignor.post(`/v1/manifests/${id}/void`, {}), {
    status: 400,
    body: { errors: [{ pointer: '/reason' }] },
  });
  t.equal((await world.consignor.post(`/v1/manifests/${id}/void`, { reason: '  ' })).status, 400);
  for (const caller of [world.carrier, world.consignee])
    t.equal((await caller.post(`/v1/manifests/${id}/void`, reason)).status, 403);
  t.same(
    shapeOf(await world.stranger.post(`/v1/manifests/${id}/void`, reason)),
    shapeOf(await world.stranger.get(`/v1/manifests/${id}`)),
  );
});

t.test('void and loading at the same moment: one of them happens', async (t) => {
  const world = await aWorld();
  for (let round = 0; round < 4; round++) {
    const { id } = await world.aManifest({ status: 'issued', declaredGrams: 1_000 });
    const [voided, loaded] = await Promise.all([
      world.consignor.post(`/v1/manifests/${id}/void`, reason),
      world.carrier.post(`/v1/manifests/${id}/pickup`, {
        occurredAt: at(world),
        plate: world.plate,
        lines: [{ line: 1, massGrams: 1_000 }],
      }),
    ]);
    t.same([voided.status, loaded.status].sort(), [200, 409]);
    t.equal(ok(await world.consignor.get(`/v1/manifests/${id}`)).status, voided.status === 200 ? 'void' : 'in_transit');
  }
});
