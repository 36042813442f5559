import type pg from 'pg';
import { checkPlate } from '../catalogue/identifiers.ts';
import type { Stream } from '../catalogue/streams.ts';
import { parameter } from '../platform/parameters.ts';
import type { Crossing, FenceInForce, TrackPoint } from './rules.ts';
import type { positions, sightings } from './tables.ts';

/**
 * The tables that are written without an act: positions, sightings, and what is read off them. A batch is one statement; with it goes
 * a mark, that this plate has something new of this time, and for a fresh mark a job that looks at it a while later, so that a
 * terminal that speaks twice a minute wakes one job and not two.
 */
export interface Kept {
  /** Stored now. */
  readonly recorded: number;
  /** Stored before. */
  readonly known: number;
  /** Not to be kept. */
  readonly dropped: number;
}

export type PositionRow = Omit<typeof positions.$inferInsert, 'plate'>;
export type SightingRow = Omit<typeof sightings.$inferInsert, 'deviceId' | 'siteId'>;

/** What comes in within this time is looked at together. */
export const GATHER_MS = 60_000;
const dueAfter = (now: Date): Date => new Date(now.getTime() + GATHER_MS);

/** `stored` has a plate and an instant a row; `$1` is when the job is due. */
const MARKING = `marked as (
    insert into track_marks (plate, from_at, to_at)
    select plate, min(at), max(at) from stored where plate = any($2::text[]) group by plate order by plate
    on conflict (plate) do update set from_at = least(track_marks.from_at, excluded.from_at), to_at = greatest(track_marks.to_at, excluded.to_at)
    returning plate, xmax = 0 as fresh
  ), woken as (
    insert into outbox (job, payload, available_at)
    select 'read_track', jsonb_build_object('plate', plate), $1::timestamptz from marked where fresh
  )
  select count(*)::int as count from stored`;

const POSITIONS_SQL = `with stored as (
    insert into positions (plate, at, device_id, longitude_e7, latitude_e7, accuracy_metres, speed_kmh, heading_degrees, crs, kept_until)
    select ($2::text[])[1], * from unnest($3::timestamptz[], $4::uuid[], $5::int[], $6::int[], $7::smallint[], $8::smallint[], $9::smallint[], $10::text[], $11::date[])
    on conflict do nothing returning plate, at
  ), ${MARKING}`;

/** @returns how many were new. */
export async function storePositions(
  pool: pg.Pool,
  plate: string,
  rows: readonly PositionRow[],
  now: Date,
): Promise<number> {
  if (rows.length === 0) return 0;
  return stored(pool, 'positions-store', POSITIONS_SQL, [
    dueAfter(now),
    [plate],
    rows.map((row) => row.at),
    rows.map((row) => row.deviceId),
    rows.map((row) => row.longitudeE7),
    rows.map((row) => row.latitudeE7),
    rows.map((row) => row.accuracyMetres),
    rows.map((row) => row.speedKmh),
    rows.map((row) => row.headingDegrees),
    rows.map((row) => row.crs),
    rows.map((row) => row.keptUntil),
  ]);
}

const SIGHTINGS_SQL = `with stored as (
    insert into sightings (device_id, site_id, device_sequence, seen_at, plate, confidence_permille, evidence_hash, kept_until)
    select $3::uuid, $4::uuid, * from unnest($5::bigint[], $6::timestamptz[], $7::text[], $8::smallint[], $9::text[], $10::date[])
    on conflict do nothing returning plate, seen_at as at
  ), ${MARKING}`;

/** What is no plate is kept and names no vehicle. @returns how many were new. */
export async function storeSightings(
  pool: pg.Pool,
  camera: { readonly id: string; readonly siteId: string },
  rows: readonly SightingRow[],
  now: Date,
): Promise<number> {
  if (rows.length === 0) return 0;
  const plates = [...new Set(rows.map(({ plate }) => plate))].filter((plate) => checkPlate(plate).valid);
  return stored(pool, 'sightings-store', SIGHTINGS_SQL, [
    dueAfter(now),
    plates,
    camera.id,
    camera.siteId,
    rows.map((row) => row.deviceSequence),
    rows.map((row) => row.seenAt),
    rows.map((row) => row.plate),
    rows.map((row) => row.confidencePermille),
    rows.map((row) => row.evidenceHash),
    rows.map((row) => row.keptUntil),
  ]);
}

async function stored(pool: pg.Pool, name: string, text: string, values: readonly unknown[]): Promise<number> {
  const { rows } = await pool.query<{ count: number }>({ name, text, values: values.map(parameter) });
  return rows[0]!.count;
}

/** What is to be looked at, taken; undefined when somebody has. The plate is this transaction's until it ends. */
export async function takeMark(
  client: pg.PoolClient,
  plate: string,
): Promise<{ readonly from: Date; readonly to: Date } | undefined> {
  await client.query("select pg_advisory_xact_lock(hashtextextended('track ' || $1, 0))", [plate]);
  const { rows } = await client.query<{ from: Date; to: Date }>(
    'delete from track_marks where plate = $1 returning from_at as "from", to_at as "to"',
    [plate],
  );
  return rows[0];
}

/** What is left of a mark that was too long for one turn. */
export async function putMarkBack(
  client: pg.PoolClient,
  plate: string,
  from: Date,
  to: Date,
  now: Date,
): Promise<void> {
  await client.query(
    `with marked as (insert into track_marks (plate, from_at, to_at) values ($1, $2, $3)
       on conflict (plate) do update set from_at = least(track_marks.from_at, excluded.from_at), to_at = greatest(track_marks.to_at, excluded.to_at))
     insert into outbox (job, payload, available_at) values ('read_track', jsonb_build_object('plate', $1::text), $4)`,
    [plate, from, to, now],
  );
}

export async function askForTrips(
  client: pg.PoolClient,
  plate: string,
  from: Date,
  to: Date,
  now: Date,
): Promise<void> {
  const payload = { plate, from: from.toISOString(), to: to.toISOString() };
  await client.query("insert into outbox (job, payload, available_at) values ('observe_trips', $1, $2)", [
    payload,
    now,
  ]);
}

/** A track of a day, at one position a second. */
const POINTS_READ_MAX = 100_000;

export async function trackBetween(client: pg.PoolClient, plate: string, from: Date, to: Date): Promise<TrackRow[]> {
  const { rows } = await client.query<TrackRow>({
    name: 'track-between',
    text: `select (extract(epoch from at) * 1000)::bigint as at, longitude_e7 / 1e7::float8 as longitude, latitude_e7 / 1e7::float8 as latitude,
        accuracy_metres as "accuracyMetres", kept_until::text as "keptUntil"
      from positions where plate = $1 and at between $2 and $3 order by at limit ${POINTS_READ_MAX}`,
    values: [plate, from, to],
  });
  return rows;
}
export type TrackRow = TrackPoint & { readonly keptUntil: string };

/** Where it was last known to be inside or outside, not long before. */
export async function insideBefore(
  client: pg.PoolClient,
  plate: string,
  at: Date,
  since: Date,
): Promise<ReadonlyMap<string, boolean>> {
  const { rows } = await client.query<{ siteId: string; inside: boolean }>({
    name: 'inside-before',
    text: `select distinct on (site_id) site_id as "siteId", direction = 'entry' as inside from fence_crossings
      where plate = $1 and at < $2 and at >= $3 order by site_id, at desc`,
    values: [plate, at, since],
  });
  return new Map(rows.map(({ siteId, inside }) => [siteId, inside]));
}

export interface FenceRow extends Omit<FenceInForce, 'from' | 'until' | 'terms'> {
  readonly region: string;
  readonly stream: Stream;
  readonly inForceFrom: string;
  readonly inForceTo: string | null;
}

/** Fences whose box the track may have touched, and those of the sites named. */
export async function fencesAround(
  client: pg.PoolClient,
  box: { readonly west: number; readonly south: number; readonly east: number; readonly north: number },
  siteIds: readonly string[],
  widthMax: number,
): Promise<FenceRow[]> {
  const { rows } = await client.query<FenceRow>({
    name: 'fences-around',
    text: `select f.id as "fenceId", f.seq as version, f.site_id as "siteId", f.shape, f.stream, s.region,
        f.in_force_from as "inForceFrom", f.in_force_to as "inForceTo"
      from (
        select * from fences where west_e7 between $1::int - $6::int and $3::int and east_e7 >= $1 and south_e7 <= $4 and north_e7 >= $2
        union select * from fences where site_id = any($5::uuid[])
      ) f join sites s on s.id = f.site_id order by f.id`,
    values: [box.west, box.south, box.east, box.north, siteIds, widthMax],
  });
  return rows;
}

/** The crossings of a stretch of time, in place of those that were read before. @returns whether any differs. */
export async function replaceCrossings(
  client: pg.PoolClient,
  plate: string,
  [from, to]: readonly [Date, Date],
  crossings: readonly (Crossing & { readonly keptUntil: string })[],
): Promise<boolean> {
  const { rows: before } = await client.query<Omit<Crossing, 'at' | 'fenceId' | 'fenceVersion'> & { at: Date }>(
    'delete from fence_crossings where plate = $1 and at between $2 and $3 returning at, site_id as "siteId", direction',
    [plate, from, to],
  );
  const nameOf = (at: number, { siteId, direction }: Pick<Crossing, 'siteId' | 'direction'>) =>
    `${at} ${siteId} ${direction}`;
  const known = new Set(before.map((one) => nameOf(one.at.getTime(), one)));
  const isSame = known.size === crossings.length && crossings.every((one) => known.has(nameOf(one.at, one)));
  if (crossings.length > 0)
    await client.query(
      `insert into fence_crossings (plate, at, site_id, direction, fence_id, fence_version, kept_until)
       select $1, * from unnest($2::timestamptz[], $3::uuid[], $4::text[], $5::uuid[], $6::int[], $7::date[]) on conflict do nothing`,
      [
        plate,
        crossings.map(({ at }) => new Date(at)),
        crossings.map(({ siteId }) => siteId),
        crossings.map(({ direction }) => direction),
        crossings.map(({ fenceId }) => fenceId),
        crossings.map(({ fenceVersion }) => fenceVersion),
        crossings.map(({ keptUntil }) => keptUntil),
      ],
    );
  return !isSame;
}

/** May what came in of that time change a trip though no crossing did: was it on one, or did a camera see it? */
export async function mayConcernTrips(client: pg.PoolClient, plate: string, from: Date, to: Date): Promise<boolean> {
  const { rows } = await client.query<{ concerns: boolean }>({
    name: 'may-concern-trips',
    text: `select exists (select from observed_trips where plate = $1 and departed_at between $2::timestamptz - interval '2 days' and $3 and arrived_at >= $2)
      or exists (select from sightings where plate = $1 and seen_at between $2 and $3) as concerns`,
    values: [plate, from, to],
  });
  return rows[0]!.concerns;
}
