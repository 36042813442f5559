// What was observed and what was declared are matched one to one, and what is left over is named.
import fc from 'fast-check';
import t from 'tap';
import { addMonths, dayInShanghai } from '../../src/catalogue/calendar.ts';
import { type LegSide, matchTrips, nameOf, type TripSide } from '../../src/reconciliation/matching.ts';
import type { WaybillManifest } from '../../src/reconciliation/rules/facts.ts';
import { TRIP_WITHOUT_MANIFEST_RULE } from '../../src/reconciliation/rules/trip-without-manifest.ts';
import { WAYBILL_MISMATCH_RULE } from '../../src/reconciliation/rules/waybill-mismatch.ts';
import type { ObservedTrip } from '../../src/transport/observed-trips.ts';
import type { Waybill } from '../../src/transport/waybills.ts';
import { anIssued, at, pickUp } from '../manifests/given.ts';
import { aWorld, type Caller, ok, START, startTestService, type World } from '../support/world.ts';
import { aDeviceKey, aVehicle, lookedAt, tripsOf } from '../transport/observed.ts';
import { say, severityOf } from './given.ts';

const MINUTE_MS = 60_000;
const trip = (id: string, minute: number, minutesMax = 120): TripSide => ({
  id,
  fromSiteId: 'works',
  toSiteId: 'plant',
  departedAt: new Date(minute * MINUTE_MS),
  minutesMax,
});
const leg = (manifestId: string, minute: number, fromSiteId: string | null = 'works'): LegSide => ({
  manifestId,
  leg: 1,
  startedAt: new Date(minute * MINUTE_MS),
  fromSiteId,
  toSiteId: 'plant',
});
const pairs = (trips: readonly TripSide[], legs: readonly LegSide[]) =>
  matchTrips(trips, legs)
    .map((match) => `${match.trip.id}-${match.leg.manifestId}`)
    .sort();

t.test('both sides of the window, and the nearest of several', async (t) => {
  t.same(pairs([trip('a', 0)], [leg('x', 120)]), ['a-x']);
  t.same(pairs([trip('a', 0)], [leg('x', 121)]), []);
  t.same(pairs([trip('a', 0)], [leg('x', 30), leg('y', -20)]), ['a-y']);
  t.same(pairs([trip('a', 0), trip('b', 60)], [leg('x', 55)]), ['b-x']);
  t.same(
    pairs([trip('a', 0), trip('b', 100)], [leg('x', 110), leg('y', 215)]),
    ['a-x', 'b-y'],
    'two pairs before one that is closer',
  );
  t.same(pairs([trip('a', 0), trip('b', 10)], [leg('x', 8, 'garage'), leg('y', 2)]).length, 2);
  t.same(
    pairs([trip('a', 0)], [leg('x', 5, 'garage'), leg('y', 60)]),
    ['a-y'],
    'from the same site, though told an hour later',
  );
});

t.test('one to one, whatever the order', async () => {
  const minute = fc.integer({ min: 0, max: 1_440 });
  fc.assert(
    fc.property(
      fc.array(minute, { maxLength: 12 }),
      fc.array(minute, { maxLength: 12 }),
      fc.nat(),
      (ofTrips, ofLegs, turn) => {
        const trips = ofTrips.map((one, n) => trip(`t${String(n).padStart(2, '0')}`, one));
        const legs = ofLegs.map((one, n) => leg(`m${String(n).padStart(2, '0')}`, one));
        const matches = matchTrips(trips, legs);
        const turned = <Item>(items: readonly Item[]) =>
          [...items.slice(turn % 5), ...items.slice(0, turn % 5)].reverse();
        const isOneToOne =
          new Set(matches.map(({ trip: { id } }) => id)).size === matches.length &&
          new Set(matches.map(({ leg: of }) => nameOf(of))).size === matches.length;
        const isWithin = matches.every(({ secondsApart }) => secondsApart <= 120 * 60);
        const freeTrips = trips.filter(({ id }) => !matches.some((match) => match.trip.id === id));
        const freeLegs = legs.filter((one) => !matches.some((match) => match.leg.manifestId === one.manifestId));
        const isFull = !freeTrips.some((one) =>
          freeLegs.some((other) => Math.abs(one.departedAt.getTime() - other.startedAt.getTime()) <= 120 * MINUTE_MS),
        );
        return (
          isOneToOne && isWithin && isFull && pairs(trips, legs).join() === pairs(turned(trips), turned(legs)).join()
        );
      },
    ),
    { numRuns: 300 },
  );
});

interface Gates {
  readonly exit: Caller;
  readonly entry: Caller;
}

async function gatesOf(world: World): Promise<Gates> {
  await aVehicle(world);
  return {
    exit: await aDeviceKey(world, world.consignor, world.consignorSiteId, { type: 'gate' }),
    entry: await aDeviceKey(world, world.consignee, world.consigneeSiteId, { type: 'gate' }),
  };
}

/** Out of the works at that minute, into the plant half an hour later. */
async function drive(world: World, { exit, entry }: Gates, minute: number): Promise<void> {
  const pass = { plate: world.plate, entryMode: 'offline' };
  ok(
    await exit.post('/v1/gate-passes', {
      ...pass,
      siteId: world.consignorSiteId,
      direction: 'exit',
      occurredAt: at(world, minute),
    }),
  );
  ok(
    await entry.post('/v1/gate-passes', {
      ...pass,
      siteId: world.consigneeSiteId,
      direction: 'entry',
      occurredAt: at(world, minute + 30),
    }),
  );
}

async function declare(world: World, minute: number): Promise<string> {
  await world.generate(1_000_000);
  const { id } = await anIssued(world);
  ok(await pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }], { occurredAt: at(world, minute) }));
  ok(await world.carrier.post(`/v1/manifests/${id}/arrival`, { occurredAt: at(world, minute + 30) }));
  return id;
}

const matches = async (world: World, state: string) =>
  ok(await world.regulator.get(`/v1/trip-matches?state=${state}&limit=200`)).items.filter(
    ({ plate }: { plate: string }) => plate === world.plate,
  );
const withoutManifest = async (world: World, status = 'open') =>
  ok(await world.regulator.get(`/v1/anomalies?rule=trip_without_manifest&status=${status}&limit=200`)).items;

t.test(
  'ten rounds of one plate on one day, ten manifests: ten to ten; the eleventh round is exactly one',
  async (t) => {
    const world = await aWorld(startTestService(t, START));
    const gates = await gatesOf(world);
    const manifests: string[] = [];
    for (let n = 0; n < 10; n++) {
      manifests.push(await declare(world, -660 + n * 60 + (n % 3) * 4));
      await drive(world, gates, -660 + n * 60);
    }
    await world.jobsDone();
    const matched = await matches(world, 'matched');
    t.equal(matched.length, 10);
    t.same(
      new Set(matched.map(({ declared }: { declared: { manifestId: string } }) => declared.manifestId)),
      new Set(manifests),
    );
    const trips = await tripsOf(world);
    for (const { departedAt, manifestId } of trips)
      t.equal(
        manifestId,
        manifests[Math.round((Date.parse(departedAt) - world.clock.now().getTime()) / MINUTE_MS + 660) / 60],
      );
    t.same([await matches(world, 'observed_only'), await matches(world, 'declared_only')], [[], []]);

    await drive(world, gates, -60);
    await world.jobsDone();
    t.equal((await matches(world, 'matched')).length, 10);
    t.equal((await matches(world, 'observed_only')).length, 1);
    t.same(await withoutManifest(world), [], 'who tells is waited for');
    world.clock.advanceMs(120 * MINUTE_MS);
    await world.jobsDone();
    const [anomaly, ...more] = await withoutManifest(world);
    t.same(more, []);
    t.match(anomaly, {
      severity: 'critical',
      subject: { kind: 'observed_trip' },
      basis: 'TM 11(1)',
      observed: { plate: world.plate, sources: 'gate' },
      question: { partyId: world.carrier.partyId },
    });

    const late = await declare(world, -180);
    await world.jobsDone();
    t.same(await withoutManifest(world), [], 'the manifest that comes late clears it');
    t.equal((await withoutManifest(world, 'cleared')).length, 1);
    t.equal((await matches(world, 'matched')).length, 11);
    const { items } = ok(await world.regulator.get(`/v1/manifests/${late}/events?limit=200`));
    t.ok(
      items.some(({ type }: { type: string }) => type === 'observed_trip_matched'),
      'and its history says so',
    );
  },
);

t.test('declared and not driven, of a vehicle that was observed that day', async (t) => {
  const world = await aWorld();
  const gates = await gatesOf(world);
  const unseen = await declare(world, -600);
  await world.jobsDone();
  t.same(await matches(world, 'declared_only'), [], 'a vehicle that nobody observes is not asked');
  await drive(world, gates, -60);
  await declare(world, -60);
  await lookedAt(world);
  t.match(await matches(world, 'declared_only'), [
    { id: unseen, declared: { manifestId: unseen, leg: 1 }, observed: null },
  ]);
  for (const state of ['matched', 'observed_only', 'declared_only'])
    t.same(ok(await world.stranger.get(`/v1/trip-matches?state=${state}`)).items, []);
  t.match(await world.regulator.get('/v1/trip-matches'), {
    status: 400,
    body: { errors: [{ pointer: 'query:state' }] },
  });
});

const OBSERVED: ObservedTrip = {
  id: '01990000-0000-7000-8000-000000000009',
  status: 'observed',
  stream: 'hazardous',
  plate: '鲁A12345',
  carrierId: 'carrier',
  fromSiteId: 'works',
  fromPartyId: 'consignor',
  fromRegion: '370112',
  departedAt: new Date('2026-09-16T00:00:00Z'),
  toSiteId: 'plant',
  toPartyId: 'consignee',
  toRegion: '370117',
  arrivedAt: new Date('2026-09-16T01:00:00Z'),
  evidence: [],
  positions: 0,
  trackHash: null,
  manifestId: null,
  leg: null,
  secondsApart: null,
  observedAt: new Date('2026-09-16T01:10:00Z'),
};

t.test('a trip without a manifest: when, by which law, and who is asked', async (t) => {
  const judged = (changes: Partial<ObservedTrip>, now = '2026-09-16T03:10:00Z') =>
    say(TRIP_WITHOUT_MANIFEST_RULE, { observed_trip: { ...OBSERVED, ...changes } }, { now });
  t.equal(severityOf(judged({})), 'critical', 'two hours after we knew of it');
  t.match(judged({}, '2026-09-16T03:09:59Z'), { clear: true, againAt: new Date('2026-09-16T03:10:00Z') });
  t.equal(severityOf(judged({ manifestId: 'manifest' })), 'clear');
  t.equal(severityOf(judged({ status: 'withdrawn' })), 'clear');
  t.match(judged({ carrierId: null }), { finding: { question: { partyId: 'consignor' } } });
  t.match(judged({ stream: 'construction' }), { finding: { basis: '法典 518', severity: 'critical' } });
  const before = new Date('2026-08-14T00:00:00Z');
  t.match(judged({ stream: 'construction', departedAt: before, arrivedAt: before }), {
    finding: { severity: 'warning' },
  });
});

const WAYBILL: Waybill = {
  id: '01990000-0000-7000-8000-00000000000a',
  carrierId: 'carrier',
  number: 'YD-1',
  plate: '鲁A12345',
  trailerPlate: null,
  driverId: null,
  escortId: null,
  goods: [{ unNumber: '3082', hazardClass: '9', packingGroup: 'III', massGrams: 5_000_000 }],
  routeRegions: [],
  manifestNumbers: ['20263701000001'],
  departsAt: new Date('2026-09-16T00:00:00Z'),
  arrivesAt: null,
  keepUntil: '2027-09-16',
};
const NAMED: WaybillManifest = {
  id: 'manifest',
  stream: 'hazardous',
  originRegion: '370112',
  destinationRegion: '370117',
  plate: '鲁A12345',
  startedAt: new Date('2026-09-16T00:00:00Z'),
  unNumbers: ['3082'],
  grams: 5_000_000,
};

t.test('a waybill and its manifest: plate, two hours, UN number, three per cent', async (t) => {
  const judged = (waybill: Partial<Waybill>, manifest: Partial<WaybillManifest> = {}) =>
    say(WAYBILL_MISMATCH_RULE, { waybill: { ...WAYBILL, ...waybill }, waybillManifests: [{ ...NAMED, ...manifest }] });
  const goods = (massGrams: number, unNumber = '3082') => ({ goods: [{ ...WAYBILL.goods[0]!, massGrams, unNumber }] });
  for (const [waybill, manifest, expected] of [
    [{}, {}, 'clear'],
    [{ plate: '鲁A54321' }, {}, 'warning'],
    [{ departsAt: new Date('2026-09-16T02:00:00Z') }, {}, 'clear'],
    [{ departsAt: new Date('2026-09-16T02:00:01Z') }, {}, 'warning'],
    [{ departsAt: new Date('2026-09-15T21:59:59Z') }, {}, 'warning'],
    [goods(5_000_000, '1993'), {}, 'warning'],
    [goods(5_000_000, '1993'), { unNumbers: [] }, 'clear'],
    [goods(5_150_000), {}, 'clear'],
    [goods(5_150_001), {}, 'warning'],
    [goods(4_849_999), {}, 'warning'],
    [goods(1), { startedAt: null }, 'pickedUpAt'],
    [{ ...goods(1), manifestNumbers: ['20263701000001', '20263701000002'] }, {}, 'clear'],
  ] as const)
    t.equal(severityOf(judged(waybill, manifest)), expected, JSON.stringify([waybill, manifest]));
  t.equal(severityOf(say(WAYBILL_MISMATCH_RULE, { waybill: WAYBILL, waybillManifests: [] })), 'manifest');
  t.match(judged({ plate: '鲁A54321', ...goods(1) }), {
    finding: { observed: { waybillPlate: '鲁A54321', waybillGrams: 1 }, question: { partyId: 'carrier' } },
  });
});

t.test(
  'a waybill is recorded by its carrier, once a number, and held against the manifest when that is loaded',
  async (t) => {
    const world = await aWorld();
    const { carrier, consignor, consignee, regulator, stranger, plate } = world;
    await world.generate(1_000_000);
    const { id, number } = await anIssued(world);
    const body = {
      number: 'YD-2026-1',
      plate: '鲁A99999',
      goods: [{ unNumber: '3082', hazardClass: '9', packingGroup: 'III', massGrams: 1_000_000 }],
      routeRegions: ['370112', '370117'],
      manifestNumbers: [number],
      departsAt: at(world),
    };
    const { id: waybillId, keepUntil } = ok(await carrier.post('/v1/waybills', body));
    t.equal(keepUntil, addMonths(dayInShanghai(world.clock.now()), 12), 'twelve months');
    t.match(await carrier.post('/v1/waybills', body), { status: 409, body: { errors: [{ pointer: '/number' }] } });
    t.equal((await stranger.post('/v1/waybills', body)).status, 201, 'another carrier counts by itself');
    t.match(await consignor.post('/v1/waybills', body), { status: 403, body: { basis: 'TM 11(2)' } });
    const wrong = async (changes: object) => {
      const answer = await carrier.post('/v1/waybills', { ...body, number: 'YD-2', ...changes });
      return [answer.status, answer.body.errors?.[0]?.pointer];
    };
    t.same(await wrong({ goods: [] }), [400, '/goods']);
    t.same(await wrong({ goods: [{ ...body.goods[0], unNumber: 'UN3082' }] }), [400, '/goods/0/unNumber']);
    t.same(await wrong({ goods: [{ ...body.goods[0], hazardClass: '10' }] }), [400, '/goods/0/hazardClass']);
    t.same(await wrong({ arrivesAt: body.departsAt }), [400, '/arrivesAt']);
    const odd = ok(
      await carrier.post('/v1/waybills', {
        ...body,
        number: 'YD-3',
        driverId: carrier.partyId,
        escortId: carrier.partyId,
        trailerPlate: 'X',
        manifestNumbers: [],
      }),
    );
    t.same(
      odd.warnings.map(({ code, pointer }: { code: string; pointer: string }) => `${code} ${pointer}`),
      ['plate-unusual /trailerPlate', 'driver-unknown /driverId', 'escort-unknown /escortId'],
    );
    for (const caller of [carrier, consignor, consignee, regulator])
      t.match(await caller.get(`/v1/waybills/${waybillId}`), {
        status: 200,
        body: { number: 'YD-2026-1', plate: '鲁A99999' },
      });
    t.equal((await stranger.get(`/v1/waybills/${waybillId}`)).status, 404);
    const found = async () => ok(await carrier.get(`/v1/anomalies?rule=waybill_mismatch&subjectId=${waybillId}`)).items;
    await world.jobsDone();
    t.same(await found(), [], 'nothing is loaded yet');
    ok(await pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }]));
    await world.jobsDone();
    t.match(await found(), [
      { severity: 'warning', observed: { waybillPlate: '鲁A99999' }, expected: { manifestPlate: plate } },
    ]);
  },
);
