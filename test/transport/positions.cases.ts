// Positions come in batches, are kept in one system and for as long as they serve, and by nobody who has no business telling them.
import t from 'tap';
import { seedPolicyRows } from '../../src/catalogue/policies.ts';
import { forgetTracks } from '../../src/transport/retention.ts';
import { at } from '../manifests/given.ts';
import { aWorld, ok, START, startTestService, type World } from '../support/world.ts';
import { aDeviceKey, aVehicle } from './observed.ts';

const batchOf = (world: World, changes: object = {}) => ({
  crs: 'WGS84',
  plate: world.plate,
  points: [{ at: at(world), longitude: 117.1, latitude: 36.6 }],
  ...changes,
});
const stored = async ({ service, plate }: World) =>
  (
    await service.database.pool.query(
      'select at, longitude_e7, latitude_e7, crs, accuracy_metres, device_id, kept_until::text from positions where plate = $1 order by at',
      [plate],
    )
  ).rows;

t.test('by a terminal for its vehicle, by the carrier for any of its own, by nobody else', async (t) => {
  const world = await aWorld();
  const { carrier, consignee, plate } = world;
  t.match(await carrier.post('/v1/positions', batchOf(world)), {
    status: 403,
    body: { errors: [{ pointer: '/plate' }] },
  });
  const vehicleId = await aVehicle(world);
  const { id: depot } = ok(
    await carrier.post('/v1/sites', { partyId: carrier.partyId, name: '车场', region: '370112' }),
  );
  const terminal = await aDeviceKey(world, carrier, depot, { type: 'vehicle_terminal', vehicleId });
  const gate = await aDeviceKey(world, carrier, depot, { type: 'gate' });
  t.match(await terminal.post('/v1/positions', batchOf(world, { plate: undefined })), {
    status: 200,
    body: { plate, recorded: 1 },
  });
  t.match(await terminal.post('/v1/positions', batchOf(world, { plate: '鲁A00000' })), {
    status: 403,
    body: { errors: [{ pointer: '/plate' }] },
  });
  t.equal((await gate.post('/v1/positions', batchOf(world))).status, 403);
  t.match(
    await carrier.post('/v1/positions', batchOf(world)),
    { status: 200, body: { recorded: 0, known: 1 } },
    'told before',
  );
  t.match(await carrier.post('/v1/positions', batchOf(world, { plate: undefined })), {
    status: 400,
    body: { errors: [{ pointer: '/plate' }] },
  });
  t.equal((await consignee.post('/v1/positions', batchOf(world))).status, 403);
  t.ok((await stored(world))[0].device_id, 'the first that was told stays');
});

t.test('a terminal names a vehicle of its own party, and no other device does', async (t) => {
  const world = await aWorld();
  const { consignee, consigneeSiteId } = world;
  const vehicleId = await aVehicle(world);
  const enter = async (changes: object) => {
    const device = { partyId: consignee.partyId, siteId: consigneeSiteId, serialNumber: 'T', ...changes };
    const { status, body } = await consignee.post('/v1/devices', device);
    return [status, body.errors?.[0]?.pointer];
  };
  t.same(await enter({ type: 'vehicle_terminal' }), [422, '/vehicleId']);
  t.same(await enter({ type: 'vehicle_terminal', vehicleId }), [422, '/vehicleId']);
  t.same(await enter({ type: 'gate', vehicleId }), [422, '/vehicleId']);
});

t.test('without a known system nothing is kept; what is told in another is kept in ours', async (t) => {
  const world = await aWorld();
  await aVehicle(world);
  const wrong = async (changes: object) => {
    const { status, body } = await world.carrier.post('/v1/positions', batchOf(world, changes));
    return [status, body.errors?.[0]?.pointer];
  };
  const point = { at: at(world), longitude: 117.1, latitude: 36.6 };
  t.same(await wrong({ crs: undefined }), [400, '/crs']);
  t.same(await wrong({ crs: 'CGCS2000' }), [400, '/crs']);
  t.same(await wrong({ points: [] }), [400, '/points']);
  t.same(await wrong({ points: Array(5_001).fill(point) }), [400, '/points']);
  t.same(await wrong({ points: [point, { ...point, latitude: 91 }] }), [400, '/points/1/latitude']);
  t.same(await wrong({ points: [point, { ...point, at: at(world, 6) }] }), [422, '/points/1/at']);
  t.same(await stored(world), []);
  const shifted = { ...point, longitude: 118.00583819682028, latitude: 36.00003804844894, accuracyMetres: 8.4 };
  ok(await world.carrier.post('/v1/positions', batchOf(world, { crs: 'GCJ02', points: [shifted] })));
  const [row] = await stored(world);
  t.match(row, { crs: 'GCJ02', accuracy_metres: 8 });
  t.ok(Math.abs(row.longitude_e7 - 1_180_000_000) < 10 && Math.abs(row.latitude_e7 - 360_000_000) < 10, '118 E 36 N');
});

t.test('five thousand at once, and again', async (t) => {
  const world = await aWorld();
  await aVehicle(world);
  const end = world.clock.now().getTime();
  const points = Array.from({ length: 5_000 }, (_, n) => ({
    at: new Date(end - n * 1_000).toISOString(),
    longitude: 117.1,
    latitude: 36.6,
  }));
  t.match(ok(await world.carrier.post('/v1/positions', batchOf(world, { points }))), { recorded: 5_000, known: 0 });
  t.match(ok(await world.carrier.post('/v1/positions', batchOf(world, { points: [...points, points[0]].slice(1) }))), {
    recorded: 0,
    known: 5_000,
  });
  const { rows } = await world.service.database.pool.query(
    "select count(*)::int as n from outbox where payload->>'plate' = $1",
    [world.plate],
  );
  t.equal(rows[0].n, 1, 'one job looks at what came within the minute');
});

t.test('on a declared journey for half a year, outside of any for a month; then they are gone', async (t) => {
  const world = await aWorld(startTestService(t, START));
  const { carrier, clock, service } = world;
  await aVehicle(world);
  await world.aManifest({ status: 'in_transit' });
  clock.advanceMs(3_600_000);
  const points = [-120, -30].map((minutes) => ({ at: at(world, minutes), longitude: 117.1, latitude: 36.6 }));
  ok(await carrier.post('/v1/positions', batchOf(world, { points })));
  t.same(
    (await stored(world)).map((row) => row.kept_until),
    ['2026-10-16', '2027-03-15'],
  );
  const { pool } = service.database;
  const after = async (day: string) => {
    await forgetTracks(pool, new Date(`${day}T02:00:00Z`));
    return (await stored(world)).length;
  };
  t.equal(await after('2026-10-16'), 2);
  t.equal(await after('2026-10-17'), 1);
  t.equal(await after('2027-03-15'), 1);
  t.equal(await after('2027-03-16'), 0);
  const { rows } = await pool.query("select to_regclass('positions_2026_09') as partition");
  t.equal(rows[0].partition, null, 'the month is dropped as a whole');
  const late = { at: at(world, -31 * 1_440), longitude: 117.1, latitude: 36.6 };
  t.match(ok(await carrier.post('/v1/positions', batchOf(world, { points: [late] }))), {
    recorded: 0,
    dropped: 1,
    warnings: [{ code: 'positions-not-kept' }],
  });
});

t.test('a place may keep nothing outside of journeys', async (t) => {
  const world = await aWorld(startTestService(t, START));
  const { admin, carrier } = world;
  await aVehicle(world);
  const { id: _, ...row } = seedPolicyRows.find(({ policy }) => policy === 'position-keeping')!;
  const value = { withoutTrip: 'drop', tripDays: 180, otherDays: 30 };
  ok(await admin.post('/v1/policies', { ...row, jurisdiction: '370100', value }));
  await new Promise((resolve) => setTimeout(resolve, 1_100)); // the book is read anew each second
  t.match(ok(await carrier.post('/v1/positions', batchOf(world))), { recorded: 0, dropped: 1 });
  await world.aManifest({ status: 'in_transit' });
  world.clock.advanceMs(60_000);
  t.match(ok(await carrier.post('/v1/positions', batchOf(world))), { recorded: 1, dropped: 0 });
});

t.test('a camera tells what it read, in batches and by its own count', async (t) => {
  const world = await aWorld();
  const camera = await aDeviceKey(world, world.consignee, world.consigneeSiteId, { type: 'camera' });
  const gate = await aDeviceKey(world, world.consignee, world.consigneeSiteId, { type: 'gate' });
  const one = { deviceSequence: 1, plate: world.plate, occurredAt: at(world), confidencePermille: 985 };
  const batch = [one, { ...one, deviceSequence: 2, plate: '看不清' }];
  t.match(ok(await camera.post('/v1/sightings', batch)), { recorded: 2, known: 0 });
  t.match(ok(await camera.post('/v1/sightings', [...batch, { ...one, deviceSequence: 3 }])), { recorded: 1, known: 2 });
  t.equal((await gate.post('/v1/sightings', batch)).status, 403);
  t.equal((await world.consignee.post('/v1/sightings', batch)).status, 403);
  t.match(await camera.post('/v1/sightings', [one, { ...one, deviceSequence: -1 }]), {
    status: 400,
    body: { errors: [{ pointer: '/1/deviceSequence' }] },
  });
  t.match(await camera.post('/v1/sightings', Array(1_001).fill(one)), { status: 400 });
  t.match(await camera.post('/v1/sightings', [one, { ...one, occurredAt: at(world, 6) }]), {
    status: 422,
    body: { errors: [{ pointer: '/1/occurredAt' }] },
  });
});
