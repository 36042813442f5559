import t from 'tap';
import { aWorld, ok } from '../support/world.ts';
import { arrive, at, codesOf, gramsIn, heldBy } from './given.ts';

t.test(
  'what was loaded lies in the hands of the consignee, not yet accepted; the term for confirming begins',
  async (t) => {
    const world = await aWorld();
    const { id } = await world.aManifest({ status: 'in_transit', declaredGrams: 1_000_000, loadedGrams: 990_000 });
    const answer = await arrive(world, id);
    t.match(answer, {
      status: 200,
      body: { status: 'arrived', receiptDueOn: '2026-09-22', receiptDueProvisional: false, warnings: [] },
    });
    t.match(ok(await world.consignee.get(`/v1/manifests/${id}`)), {
      status: 'arrived',
      arrivedAt: at(world),
      receiptDueOn: '2026-09-22',
      receiptDueProvisional: false,
    });
    const held = await heldBy(world, id);
    t.equal(gramsIn(held, 'in_transit'), 0);
    t.equal(gramsIn(held, 'consignee_hold'), 990_000);
  },
);

t.test('the consignee may report it too; nobody else', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit' });
  const report = (caller: typeof world.consignee) =>
    caller.post(`/v1/manifests/${id}/arrival`, { occurredAt: at(world) });
  t.match(await report(world.consignor), { status: 403, body: { basis: 'TM 11(4)' } });
  t.equal((await report(world.stranger)).status, 404);
  t.equal((await report(world.consignee)).status, 200);
});

t.test('at another gate, or before it was loaded: recorded and remarked upon', async (t) => {
  const world = await aWorld();
  const [elsewhere, early] = [
    await world.aManifest({ status: 'in_transit' }),
    await world.aManifest({ status: 'in_transit' }),
  ];
  t.same(codesOf(await arrive(world, elsewhere.id, { siteId: world.consignorSiteId })), ['arrived-elsewhere']);
  t.ok(
    codesOf(await arrive(world, early.id, { occurredAt: at(world, -1) })).length > 0,
    'arrived before it was loaded',
  );
});

t.test('a second arrival and one before loading are kept beside the manifest', async (t) => {
  const world = await aWorld();
  const [arrived, issued] = [await world.aManifest({ status: 'arrived' }), await world.aManifest({ status: 'issued' })];
  for (const { id } of [arrived, issued]) {
    const { status, body } = await arrive(world, id);
    t.equal(status, 409);
    t.same(body.allowedFrom, ['in_transit']);
    const { items } = ok(await world.consignee.get(`/v1/manifests/${id}/events`));
    t.ok(items.some((event: { subject: { id: string } }) => event.subject.id === body.unmatchedReport));
  }
  t.equal(gramsIn(await heldBy(world, arrived.id), 'consignee_hold'), 5_000_000, 'booked once');
});

t.test('a time that no calendar reaches is refused, and the load still on its way', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit' });
  for (const occurredAt of ['9999-12-31T23:59:59Z', '2199-12-31T23:59:59Z', '2026-12-31T23:59:59-23:59']) {
    const { status } = await arrive(world, id, { occurredAt });
    t.ok(status === 422 || status === 400, `${occurredAt}: ${status}`);
  }
  t.equal(ok(await world.carrier.get(`/v1/manifests/${id}`)).status, 'in_transit');
});
