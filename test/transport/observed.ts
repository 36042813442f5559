import { randomUUID } from 'node:crypto';
import { METRES_PER_DEGREE } from '../../src/transport/fence-rules.ts';
import { type Caller, callerWith, ok, type World } from '../support/world.ts';

/** What the cases of observed facts put together again and again: devices with their keys, fences, and a lorry that drives. */
type Place = readonly [longitude: number, latitude: number];
const known = new Map<string, number>();

/** Where the works and the plant of a world lie: worlds of one database do not share their ground. */
export function groundOf({ consignorSiteId }: World): { readonly works: Place; readonly plant: Place } {
  const nth = known.get(consignorSiteId) ?? known.size;
  known.set(consignorSiteId, nth);
  const latitude = 30 + nth * 0.02;
  return { works: [117.1, latitude], plant: [117.3, latitude] };
}

/** So many metres east of a place. */
export const eastOf = ([longitude, latitude]: Place, metres: number): Place => [
  longitude + metres / (METRES_PER_DEGREE * Math.cos((latitude * Math.PI) / 180)),
  latitude,
];

export async function aDeviceKey(world: World, owner: Caller, siteId: string, changes: object): Promise<Caller> {
  const device = { partyId: owner.partyId, siteId, serialNumber: randomUUID(), ...changes };
  const { id } = ok(await owner.post('/v1/devices', device));
  const grant = { partyId: owner.partyId, role: 'device', label: 'test', deviceId: id };
  return callerWith(world.app, ok(await owner.post('/v1/api-keys', grant)).apiKey, owner.partyId);
}

/** The carrier's lorry on the register. */
export const aVehicle = async ({ carrier, plate }: World): Promise<string> =>
  ok(await carrier.post('/v1/vehicles', { partyId: carrier.partyId, plate })).id;

export const aFence = async (owner: Caller, siteId: string, centre: Place, changes: object = {}): Promise<string> =>
  ok(
    await owner.post('/v1/fences', {
      siteId,
      crs: 'WGS84',
      shape: { type: 'circle', centre, radiusMetres: 200 },
      inForceFrom: '2026-01-01',
      ...changes,
    }),
  ).id;

/** Fences round the works and the plant, and a registered lorry. */
export async function watched(world: World): Promise<void> {
  await aVehicle(world);
  const { works, plant } = groundOf(world);
  await aFence(world.consignor, world.consignorSiteId, works);
  await aFence(world.consignee, world.consigneeSiteId, plant);
}

export interface Point {
  readonly at: string;
  readonly longitude: number;
  readonly latitude: number;
  readonly accuracyMetres?: number;
}

/** A position every 30 seconds: ten minutes in the works, half an hour on the road, ten minutes in the plant. */
export function round(world: World, startMs: number): Point[] {
  const { works: from, plant: to } = groundOf(world);
  const point = (minute: number, [longitude, latitude]: Place): Point => ({
    at: new Date(startMs + minute * 60_000).toISOString(),
    longitude,
    latitude,
  });
  const minutes = Array.from({ length: 101 }, (_, n) => n / 2);
  return minutes.map((minute) => {
    const share = Math.max(0, Math.min(1, (minute - 10) / 30));
    return point(minute, [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]);
  });
}

export const tell = async (world: World, points: readonly Point[], changes: object = {}) =>
  ok(await world.carrier.post('/v1/positions', { crs: 'WGS84', plate: world.plate, points, ...changes }));

/** What came in is looked at a minute later. */
export async function lookedAt(world: World): Promise<void> {
  world.clock.advanceMs(61_000);
  await world.jobsDone();
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into bodies freely.
export const tripsOf = async (world: World, by: Caller = world.carrier): Promise<any[]> =>
  ok(await by.get(`/v1/observed-trips?plate=${encodeURIComponent(world.plate)}&limit=200`)).items.toReversed();
