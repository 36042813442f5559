// A vehicle that drives, drives: what is odd about who drives it, and when, is remarked upon.
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { anIssued, at, codesOf, pickUp } from '../manifests/given.ts';
import { edit } from '../registers/given.ts';
import { aWorld, type Caller, ok } from '../support/world.ts';

const aDriver = async (carrier: Caller, changes: object = {}): Promise<string> =>
  ok(await carrier.post('/v1/people', { partyId: carrier.partyId, name: '李四', duties: ['driver'], ...changes })).id;

t.test('who drives is a person of the carrier, or it is said', async (t) => {
  const world = await aWorld();
  const { carrier, stranger, plate } = world;
  const left = await aDriver(carrier);
  ok(await edit(carrier, `/v1/people/${left}`, { active: false }));
  for (const [driverId, known] of [
    [undefined, true],
    [await aDriver(carrier), true],
    [left, false],
    [await aDriver(stranger), false],
    [carrier.partyId, false],
    [randomUUID(), false],
  ] as const) {
    const expected = known ? [] : ['driver-unknown'];
    const trip = await carrier.post('/v1/trips', { plate, driverId, startedAt: at(world) });
    t.equal(trip.status, 201);
    t.same(codesOf(trip), expected);
    await world.generate(1_000_000);
    const { id } = await anIssued(world);
    const loaded = await pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }], { driverId });
    t.equal(loaded.status, 200);
    t.same(codesOf(loaded), expected);
    t.equal(ok(await carrier.get(`/v1/manifests/${id}`)).legs[0].driverId, driverId ?? null, 'recorded as told');
  }
});

t.test('a trip that ends before it began is recorded as told, and remarked upon', async (t) => {
  const world = await aWorld();
  const { carrier, plate } = world;
  const end = async (minutes: number) => {
    const { id } = ok(await carrier.post('/v1/trips', { plate, startedAt: at(world, -60) }));
    return carrier.post(`/v1/trips/${id}/end`, { occurredAt: at(world, minutes) });
  };
  t.match(await end(-61), {
    status: 200,
    body: { warnings: [{ code: 'ended-before-start', pointer: '/occurredAt' }] },
  });
  t.same(codesOf(await end(-60)), []);
});
