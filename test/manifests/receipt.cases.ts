import t from 'tap';
import { aWorld, ok } from '../support/world.ts';

t.test('the consignee confirms a lighter load: recorded, booked and judged, not blocked', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived', declaredGrams: 5_000_000 });
  const answer = await world.consignee.post(`/v1/manifests/${id}/receipt`, { occurredAt: world.clock.now().toISOString(), lines: [{ line: 1, acceptedGrams: 4_400_000 }] });
  t.equal(answer.status, 200);
  t.match(answer.body.warnings, [{ code: 'quantity-differs', basis: 'TM 18 ¶2' }]);
  t.equal(await world.balance(world.consignee, 'weighing_difference'), 600_000);
  t.equal(await world.balance(world.consignee, 'stock'), 4_400_000);
  t.equal(await world.balance(world.consignee, 'consignee_hold'), 0);
  t.equal(await world.balance(world.carrier, 'in_transit'), 0);
  await world.jobsDone();
  const { items } = ok(await world.regulator.get('/v1/anomalies?status=open'));
  t.match(items.filter((item: { subject: { id: string } }) => item.subject.id === id), [{ rule: 'mass', severity: 'critical', observed: { receivedGrams: 4_400_000 } }]);
});
