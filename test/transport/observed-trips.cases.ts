// Journeys are inferred from what was observed, whatever was declared of them.
import fc from 'fast-check';
import t from 'tap';
import { sha256 } from '../../src/platform/events.ts';
import { checkRebuild } from '../../src/rebuild.ts';
import { e7 } from '../../src/transport/coordinates.ts';
import { forgetTracks } from '../../src/transport/retention.ts';
import { journeysOf, type Observation, type ObservedSite } from '../../src/transport/rules.ts';
import { aRegulator, at } from '../manifests/given.ts';
import { aWorld, ok, START, startTestService, type World } from '../support/world.ts';
import { aDeviceKey, aVehicle, lookedAt, type Point, round, tell, tripsOf, watched } from './observed.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const ago = (world: World, minutes: number): number => world.clock.now().getTime() - minutes * MINUTE_MS;

t.test('a track from fence to fence is one trip, seen by those it concerns', async (t) => {
  const world = await aWorld();
  await watched(world);
  const start = ago(world, 60);
  t.match(await tell(world, round(world, start)), { recorded: 101, known: 0, dropped: 0 });
  await lookedAt(world);
  const [trip, ...more] = await tripsOf(world);
  t.same(more, []);
  t.match(trip, {
    status: 'observed',
    fromSiteId: world.consignorSiteId,
    toSiteId: world.consigneeSiteId,
    carrierId: world.carrier.partyId,
    manifestId: null,
    evidence: [
      { end: 'departure', source: 'fence' },
      { end: 'arrival', source: 'fence' },
    ],
  });
  const minutesIn = (instant: string) => (Date.parse(instant) - start) / MINUTE_MS;
  t.ok(minutesIn(trip.departedAt) >= 10 && minutesIn(trip.departedAt) <= 12);
  t.ok(minutesIn(trip.arrivedAt) >= 38 && minutesIn(trip.arrivedAt) <= 40);
  t.match(trip.trackHash, /^[0-9a-f]{64}$/);
  t.ok(trip.positions > 50);
  const between = (instant: string) => trip.departedAt <= instant && instant <= trip.arrivedAt;
  const lines = round(world, start).filter(({ at }) => between(at));
  const text = lines.map(({ at, longitude, latitude }) => `${Date.parse(at)} ${e7(longitude)} ${e7(latitude)}`);
  t.equal(trip.trackHash, sha256(text.join('\n')).toString('hex'), 'whoever has the positions can check it');
  for (const caller of [world.consignor, world.consignee, world.regulator])
    t.equal((await tripsOf(world, caller)).length, 1);
  for (const caller of [
    world.stranger,
    await aRegulator(world, '371000'),
    await aRegulator(world, '370100', ['medical']),
  ])
    t.same(await tripsOf(world, caller), []);
  const { rows } = await world.service.database.pool.query<{ type: string }>(
    'select type from custody_events where subject_id = $1 order by seq',
    [trip.id],
  );
  t.same(rows, [{ type: 'observed_trip_recorded' }], 'one event a trip, none a position');
});

t.test('late positions change the trip they belong to, and it stays the same trip', async (t) => {
  const world = await aWorld();
  await watched(world);
  const points = round(world, ago(world, 120));
  await tell(
    world,
    points.filter((_, n) => n < 15 || n > 60),
  );
  await lookedAt(world);
  const [first] = await tripsOf(world);
  await tell(world, points);
  await lookedAt(world);
  const [second, ...more] = await tripsOf(world);
  t.same(more, []);
  t.equal(second.id, first.id);
  t.equal(second.version, first.version + 1);
  t.ok(second.departedAt < first.departedAt, 'it had left earlier than was known');
  t.ok(second.positions > first.positions);
  t.not(second.trackHash, first.trackHash);
  t.match(await tell(world, points), { recorded: 0, known: 101 });
  await lookedAt(world);
  t.equal((await tripsOf(world))[0].version, second.version, 'told again, nothing is new');
});

t.test('positions in any order and in small batches: the same trips', async (t) => {
  const world = await aWorld();
  await watched(world);
  const start = ago(world, 300);
  const points = [...round(world, start), ...round(world, start + 2 * HOUR_MS)];
  for (let n = 0; n < 7; n++) {
    await tell(
      world,
      points.filter((_, index) => index % 7 === (n * 3) % 7),
    );
    await lookedAt(world);
  }
  const trips = await tripsOf(world);
  t.equal(trips.filter(({ status }) => status === 'observed').length, 2);
  const other = await aWorld();
  await watched(other);
  await tell(
    other,
    points.map((point, n) => ({ ...point, latitude: [...round(other, 0), ...round(other, 0)][n]!.latitude })),
  );
  await lookedAt(other);
  const times = (of: readonly { status: string; departedAt: string; arrivedAt: string }[]) =>
    of
      .filter(({ status }) => status === 'observed')
      .map(({ departedAt, arrivedAt }) => [departedAt, arrivedAt])
      .sort();
  t.same(times(trips), times(await tripsOf(other)));
});

t.test('a lorry on the road wakes nobody but the reader of its track', async (t) => {
  const world = await aWorld();
  await watched(world);
  const points = round(world, ago(world, 120));
  const asked = async (part: readonly Point[]): Promise<number> => {
    const { pool } = world.service.database;
    const count = async () =>
      (await pool.query("select 1 from outbox where job = 'observe_trips' and payload->>'plate' = $1", [world.plate]))
        .rowCount!;
    const before = await count();
    await tell(world, part);
    await lookedAt(world);
    return (await count()) - before;
  };
  t.equal(await asked(points.slice(0, 10)), 0, 'in the works');
  t.equal(await asked(points.slice(10, 40)), 1, 'it left');
  t.equal(await asked(points.slice(40, 60)), 0, 'on the road');
  t.equal(await asked(points.slice(60, 90)), 1, 'it came in');
  t.equal(
    await asked([{ ...points[50]!, at: new Date(Date.parse(points[50]!.at) + 1_000).toISOString() }]),
    1,
    'a late one of a known trip',
  );
});

t.test('what turns out never to have been is withdrawn', async (t) => {
  const world = await aWorld();
  await watched(world);
  const points = round(world, ago(world, 120));
  await tell(world, [...points.slice(0, 40), ...points.slice(-20)]);
  await lookedAt(world);
  t.equal((await tripsOf(world)).length, 1);
  await world.service.database.pool.query("delete from fence_crossings where plate = $1 and direction = 'entry'", [
    world.plate,
  ]);
  await world.service.database.pool.query('insert into outbox (job, payload, available_at) values ($1, $2, $3)', [
    'observe_trips',
    { plate: world.plate, from: points[0]!.at, to: points[0]!.at },
    world.clock.now(),
  ]);
  await world.jobsDone();
  t.match(await tripsOf(world), [{ status: 'withdrawn' }]);
});

t.test('a trip outlives the positions it was read off', async (t) => {
  const world = await aWorld(startTestService(t, START));
  await watched(world);
  await tell(world, round(world, ago(world, 60)));
  await lookedAt(world);
  const [trip] = await tripsOf(world);
  world.clock.advanceMs(60 * 24 * HOUR_MS);
  const { pool } = world.service.database;
  await forgetTracks(pool, world.clock.now());
  t.equal((await pool.query('select 1 from fence_crossings')).rowCount, 0);
  const pass = { siteId: world.consignorSiteId, direction: 'entry', plate: world.plate, entryMode: 'offline' };
  ok(await world.consignor.post('/v1/gate-passes', { ...pass, occurredAt: trip.departedAt }));
  await world.jobsDone();
  t.same(await tripsOf(world), [trip], 'and is no longer inferred anew');
});

t.test('two gates tell of ten rounds on one day: ten trips, with the photos at both ends', async (t) => {
  const world = await aWorld();
  await aVehicle(world);
  const { consignor, consignee, consignorSiteId, consigneeSiteId, plate } = world;
  const exit = await aDeviceKey(world, consignor, consignorSiteId, { type: 'gate' });
  const entry = await aDeviceKey(world, consignee, consigneeSiteId, { type: 'gate' });
  for (let n = 0; n < 10; n++) {
    const pass = { plate, deviceSequence: n, entryMode: 'offline' };
    const left = { ...pass, siteId: consignorSiteId, direction: 'exit', occurredAt: at(world, -600 + n * 60) };
    const came = { ...pass, siteId: consigneeSiteId, direction: 'entry', occurredAt: at(world, -570 + n * 60) };
    ok(await exit.post('/v1/gate-passes', left));
    ok(await entry.post('/v1/gate-passes', came));
  }
  await world.jobsDone();
  const trips = await tripsOf(world);
  t.equal(trips.length, 10);
  for (const { evidence, positions, trackHash } of trips) {
    t.match(evidence, [
      { end: 'departure', source: 'gate' },
      { end: 'arrival', source: 'gate' },
    ]);
    t.same([positions, trackHash], [0, null]);
  }
});

t.test('fence, gate and camera of one journey are one trip', async (t) => {
  const world = await aWorld();
  await watched(world);
  const { consignor, consignee, consignorSiteId, consigneeSiteId, plate } = world;
  const start = ago(world, 60);
  const on = (minute: number) => new Date(start + minute * MINUTE_MS).toISOString();
  const gate = await aDeviceKey(world, consignor, consignorSiteId, { type: 'gate' });
  const camera = await aDeviceKey(world, consignee, consigneeSiteId, { type: 'camera' });
  const pass = { siteId: consignorSiteId, direction: 'exit', plate, occurredAt: on(10), entryMode: 'offline' };
  ok(await gate.post('/v1/gate-passes', pass));
  await tell(world, round(world, start));
  ok(await camera.post('/v1/sightings', [{ deviceSequence: 1, plate, occurredAt: on(41) }]));
  await lookedAt(world);
  const trips = await tripsOf(world);
  t.equal(trips.length, 1);
  t.same(
    trips[0].evidence.map(({ end, source }: { end: string; source: string }) => `${end} ${source}`),
    ['departure fence', 'departure gate', 'arrival fence', 'arrival camera'],
  );
});

t.test('a lorry parked before a camera for days is one stay', async (t) => {
  const world = await aWorld();
  await aVehicle(world);
  const { consignor, consignee, plate } = world;
  const [left, came] = [
    await aDeviceKey(world, consignor, world.consignorSiteId, { type: 'camera' }),
    await aDeviceKey(world, consignee, world.consigneeSiteId, { type: 'camera' }),
  ];
  const every = (count: number, fromMinute: number) =>
    Array.from({ length: count }, (_, n) => ({
      deviceSequence: n,
      plate,
      occurredAt: at(world, fromMinute + n * 4),
    }));
  ok(await left.post('/v1/sightings', every(1_000, -4_200)));
  ok(await came.post('/v1/sightings', every(20, -150)));
  await lookedAt(world);
  const [trip, ...more] = await tripsOf(world);
  t.same(more, []);
  t.equal(Date.parse(trip.arrivedAt) - Date.parse(trip.departedAt), (-150 + 4_200 - 999 * 4) * MINUTE_MS);
});

t.test('a rebuild finds nothing that differs', async (t) => {
  const world = await aWorld();
  t.same((await checkRebuild(world.databaseUrl)).differences, []);
});

const site = (id: string, isOrigin: boolean, isDestination: boolean): ObservedSite => ({
  id,
  partyId: `party of ${id}`,
  region: '370112',
  isOrigin,
  isDestination,
});
const [works, garage, plant, depot] = [
  site('works', true, false),
  site('garage', true, false),
  site('plant', false, true),
  site('depot', false, false),
];
const seen = (minute: number, at: ObservedSite, direction: Observation['direction']): Observation => ({
  at: new Date(minute * MINUTE_MS),
  direction,
  source: 'gate',
  id: `${minute}`,
  site: at,
});
const said = (observations: readonly Observation[], hours = 48) =>
  journeysOf(observations, () => hours).map(
    ({ from, to, departedAt, arrivedAt }) =>
      `${from.id} ${departedAt.getTime() / MINUTE_MS} ${to.id} ${arrivedAt.getTime() / MINUTE_MS}`,
  );

t.test('which stays make a journey', async (t) => {
  t.same(
    said([seen(0, works, 'exit'), seen(30, plant, 'entry'), seen(40, plant, 'exit'), seen(70, works, 'entry')]),
    ['works 0 plant 30'],
    'the way back is none',
  );
  t.same(
    said([seen(0, works, 'exit'), seen(20, garage, 'entry'), seen(25, garage, 'exit'), seen(60, plant, 'entry')]),
    ['works 0 plant 60', 'garage 25 plant 60'],
    'a round of two',
  );
  t.same(
    said([seen(0, works, 'exit'), seen(20, depot, 'entry'), seen(500, depot, 'exit'), seen(560, plant, 'entry')]),
    ['works 0 plant 560'],
    'a night at the depot',
  );
  t.same(
    said([
      seen(0, works, 'exit'),
      seen(10, depot, 'entry'),
      seen(20, works, 'entry'),
      seen(30, works, 'exit'),
      seen(60, plant, 'entry'),
    ]),
    ['works 30 plant 60'],
    'called twice, left once',
  );
  t.same(said([seen(0, works, 'exit'), seen(60, works, 'exit'), seen(90, plant, 'entry')]), ['works 60 plant 90']);
  t.same(said([seen(0, works, 'seen'), seen(30, plant, 'seen')]), ['works 0 plant 30'], 'cameras alone');
  t.same(said([seen(0, works, 'exit'), seen(120, plant, 'entry')], 2), ['works 0 plant 120']);
  t.same(said([seen(0, works, 'exit'), seen(121, plant, 'entry')], 2), [], 'too long for one journey');
  t.same(said([seen(0, plant, 'exit'), seen(30, depot, 'entry')]), []);
  const [zoo, aisle] = [
    { ...works, id: 'zoo' },
    { ...plant, id: 'aisle' },
  ];
  for (const [from, to] of [
    [works, plant],
    [zoo, aisle],
  ] as const)
    t.same(
      said([
        seen(0, to, 'entry'),
        seen(9, from, 'entry'),
        seen(9, to, 'exit'),
        seen(20, from, 'exit'),
        seen(50, to, 'entry'),
      ]),
      [`${from.id} 20 ${to.id} 50`],
      'first seen elsewhere after a gap: out of the one, into the other',
    );
});

t.test('the order in which observations come in changes nothing', async () => {
  const arbitrary = fc.uniqueArray(fc.tuple(fc.nat(500), fc.constantFrom(works, garage, plant, depot)), {
    selector: ([minute]) => minute,
    maxLength: 30,
  });
  fc.assert(
    fc.property(arbitrary, fc.nat(), (drawn, turn) => {
      const observations = drawn.map(([minute, at]) => seen(minute, at, 'seen'));
      const turned = [...observations.slice(turn % 7), ...observations.slice(0, turn % 7)];
      const [one, other] = [said(observations), said(turned)];
      return one.join() === other.join();
    }),
    { numRuns: 200 },
  );
});

t.test(
  'a trip is of the stream of the manifest that a gate scanned, or that it is matched with: its regulator sees it',
  async (t) => {
    for (const isScanned of [true, false]) {
      const world = await aWorld();
      const { consignor, consignee, carrier, plate, consignorSiteId, consigneeSiteId } = world;
      await aVehicle(world);
      const spoil = { wasteCode: '900-001-S70', name: '工程渣土', plannedMethod: 'J4', massGrams: 20_000_000 };
      const { id, number } = ok(await consignor.post('/v1/manifests/file', world.draftBody({ lines: [spoil] })));
      const pass = (by: typeof consignor, siteId: string, direction: string, minutes: number) =>
        by.post('/v1/gate-passes', {
          ...{ siteId, direction, plate, occurredAt: at(world, minutes) },
          ...(isScanned ? { manifestNumber: number } : {}),
        });
      ok(await pass(consignor, consignorSiteId, 'exit', 0));
      const loaded = { occurredAt: at(world), plate, lines: [{ line: 1, massGrams: 20_000_000 }] };
      if (!isScanned) ok(await carrier.post(`/v1/manifests/${id}/pickup`, loaded));
      world.clock.advanceMs(30 * MINUTE_MS);
      ok(await pass(consignee, consigneeSiteId, 'entry', 0));
      await lookedAt(world);
      const urban = await aRegulator(world, '370100', ['construction']);
      t.match(await tripsOf(world, urban), [{ stream: 'construction' }], isScanned ? 'scanned' : 'matched');
      t.same(await tripsOf(world, world.regulator), []);
    }
  },
);
