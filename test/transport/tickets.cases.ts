// What a scale said is kept as it was told; what no scale says of a vehicle is remarked upon.
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { at, codesOf } from '../manifests/given.ts';
import { aWorld, ok, type World } from '../support/world.ts';

const weigh = (world: World, changes: object) =>
  world.consignor.post('/v1/weigh-tickets', {
    ticketNumber: randomUUID(),
    siteId: world.consignorSiteId,
    purpose: 'loading',
    grossGrams: 9_780_000,
    tareGrams: 9_600_000,
    occurredAt: at(world),
    ...changes,
  });

t.test('kilograms for grams: less than the scale shows, or than a vehicle weighs', async (t) => {
  const world = await aWorld();
  const { plate } = world;
  for (const [changes, odd] of [
    [{ grossGrams: 9_780, tareGrams: 9_600, scaleDivisionGrams: 20_000 }, true],
    [{ grossGrams: 19_999, tareGrams: 9_600, scaleDivisionGrams: 20_000 }, true],
    [{ grossGrams: 20_000, tareGrams: 9_600, scaleDivisionGrams: 20_000 }, false],
    [{ grossGrams: 499_999, tareGrams: 9_600, plate }, true],
    [{ grossGrams: 500_000, tareGrams: 9_600, plate }, false],
    [{ grossGrams: 9_780, tareGrams: 9_600 }, false],
    [{ plate, scaleDivisionGrams: 20_000 }, false],
  ] as const) {
    const answer = await weigh(world, changes);
    t.equal(answer.status, 201, 'and recorded as told');
    t.same(codesOf(answer), odd ? ['gross-too-small'] : [], JSON.stringify(changes));
  }
  const answer = await weigh(world, { grossGrams: 9_780, tareGrams: 9_600, plate });
  t.match(answer.body.warnings, [{ pointer: '/grossGrams', detail: /9780 g.*500000 g/ }]);
});

t.test('a ticket copied wrongly is not overwritten: the answer says what to do', async (t) => {
  const world = await aWorld();
  const ticketNumber = `XZ-${randomUUID()}`;
  ok(await weigh(world, { ticketNumber, grossGrams: 9_780, tareGrams: 9_600 }));
  t.match(await weigh(world, { ticketNumber }), {
    status: 409,
    body: { type: '/problems/already-exists', detail: /number of its own/, errors: [{ pointer: '/ticketNumber' }] },
  });
  t.equal((await weigh(world, { ticketNumber: `${ticketNumber}A` })).status, 201);
});
