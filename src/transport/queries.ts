import type pg from 'pg';
import type { Stream } from '../catalogue/streams.ts';
import { maySee, type Sight, sightOf, visibleAmong } from '../parties/visibility.ts';
import type { Caller, Lookup } from '../platform/acts.ts';
import type { GatePass } from './gate-passes.ts';
import type { Observation } from './rules.ts';
import type { Trip } from './trips.ts';

const CARRIERS = "array(select l->>'carrierId' from jsonb_array_elements(m.legs) l)";

/** Of its legs and ways back; null where nobody has said yet. */
const PLATES = `array(select l->>'plate' from jsonb_array_elements(m.legs) l
    union all select r #>> '{back,plate}' from jsonb_array_elements(m.remainders) r where r ? 'back')`;
const STANDING = `m.consignor_id, m.consignee_id, ${CARRIERS}, m.id, ${PLATES}`;

/** Who stands on a manifest, and the vehicles of its load. */
export interface Standing {
  readonly id: string;
  readonly partyIds: readonly string[];
  readonly plates: readonly (string | null)[];
}
const standingOf = ([row]: readonly (readonly unknown[])[]): Standing | undefined =>
  row && { id: row[4] as string, partyIds: partiesOf(row), plates: row[5] as Standing['plates'] };

/** A manifest that is more than a draft: only who stands on it may hang a ticket on it. */
export const standingLookup: Lookup<Standing | undefined> = {
  name: 'standing',
  gated: false,
  sql: `select m.id, ${STANDING} from manifests m where m.id = any($1::uuid[]) and m.number is not null`,
  read: standingOf,
};

/** The same, by its number. */
export const numberedLookup: Lookup<Standing | undefined> = {
  name: 'numbered',
  gated: false,
  sql: `select m.number, ${STANDING} from manifests m where m.number = any($1::text[])`,
  read: standingOf,
};

/** Its carrier, and who stands on the manifests it carries. */
export const onTripLookup: Lookup<readonly string[]> = {
  name: 'on-trip',
  gated: false,
  sql: `select t.id, m.consignor_id, m.consignee_id, array[t.carrier_id::text] || coalesce(${CARRIERS}, '{}')
    from trips t left join manifests m on m.trip_id = t.id where t.id = any($1::uuid[])`,
  read: (rows) => rows.flatMap(partiesOf),
};

const partiesOf = ([, consignor, consignee, carriers]: readonly unknown[]): string[] =>
  [consignor, consignee, ...(carriers as string[])].filter((id): id is string => id !== null);

/**
 * At which sites a caller reads what was weighed of a trip: its carrier everywhere, others where a manifest of it that they see starts
 * or ends (a key bound to a site: one that starts or ends there). Undefined for who may not know of the trip.
 */
export async function sitesOfTripSeen(
  pool: pg.Pool,
  caller: Caller,
  { id, carrierId }: Pick<Trip, 'id' | 'carrierId'>,
): Promise<'all' | readonly string[] | undefined> {
  const sight = await sightOf(pool, caller);
  if (caller.role !== 'regulator' && caller.actor.party === carrierId && sight.site === null) return 'all';
  const { rows } = await pool.query<{ id: string; sites: readonly string[] }>(
    'select id, array[consignor_site_id, consignee_site_id] as sites from manifests where trip_id = $1',
    [id],
  );
  const stops = rows.filter(({ sites }) => sight.site === null || sites.includes(sight.site));
  const seen = await visibleAmong(
    pool,
    sight,
    'manifest',
    stops.map((row) => row.id),
  );
  return seen.length > 0 ? stops.flatMap((row) => (seen.includes(row.id) ? row.sites : [])) : undefined;
}

/** A key bound to a site sees what starts or ends there. */
export const maySeeLoad = async (pool: pg.Pool, sight: Sight, manifestId: string): Promise<boolean> =>
  (await maySee(pool, sight, 'manifest', manifestId)) &&
  (sight.site === null || (await stopsAt(pool, manifestId, sight.site)));

/** Does a manifest start or end at the site? */
async function stopsAt(pool: pg.Pool, manifestId: string, siteId: string): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'stops-at',
    text: 'select 1 from manifests where id = $1 and $2 in (consignor_site_id, consignee_site_id)',
    values: [manifestId, siteId],
  });
  return (rowCount ?? 0) > 0;
}

/**
 * Gate passes as a caller reads them who may see the site: of a manifest it may not see, neither id nor number. The party of the site
 * scanned them itself.
 */
export async function withManifestsSeen(
  pool: pg.Pool,
  caller: Caller,
  passes: readonly GatePass[],
): Promise<readonly GatePass[]> {
  const named = passes.filter(({ manifestId, manifestNumber }) => manifestId ?? manifestNumber);
  if (named.length === 0) return passes;
  const { rows } = await pool.query<{ id: string; number: string }>(
    'select id, number from manifests where number is not null and (id = any($1::uuid[]) or number = any($2::text[]))',
    [named.map((pass) => pass.manifestId), named.map((pass) => pass.manifestNumber)],
  );
  const ids = rows.map(({ id }) => id);
  const seen = await visibleAmong(pool, await sightOf(pool, caller), 'manifest', ids);
  const hidden = new Set<string | null>(
    rows.filter(({ id }) => !seen.includes(id)).flatMap(({ id, number }) => [id, number]),
  );
  return passes.map((pass) => {
    const isOwn = caller.role !== 'regulator' && pass.partyId === caller.actor.party;
    const isHidden = hidden.has(pass.manifestId) || hidden.has(pass.manifestNumber);
    return isHidden && !isOwn ? { ...pass, manifestId: null, manifestNumber: null } : pass;
  });
}

/** Manifests that a waybill was written for. */
export async function namedManifestIds(
  pool: pg.Pool,
  { manifestNumbers }: { readonly manifestNumbers: readonly string[] },
): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>('select id from manifests where number = any($1::text[])', [
    manifestNumbers,
  ]);
  return rows.map(({ id }) => id);
}

/** A journey of the plate that somebody has declared: a leg of a manifest, or a round. Milliseconds. */
export interface UnderWay {
  readonly from: number;
  readonly until: number;
}

export async function underWayBetween(pool: pg.Pool, plate: string, from: Date, to: Date): Promise<UnderWay[]> {
  const { rows } = await pool.query<{ from: Date; until: Date | null }>({
    name: 'under-way-between',
    text: `select started_at as "from", ended_at as until from manifest_legs
        where plate = $1 and started_at <= $3 and (ended_at is null or ended_at >= $2)
      union all
      select started_at, ended_at from trips where plate = $1 and started_at <= $3 and (ended_at is null or ended_at >= $2)`,
    values: [plate, from, to],
  });
  return rows.map(({ from, until }) => ({ from: from.getTime(), until: until?.getTime() ?? Number.POSITIVE_INFINITY }));
}

/** A stretch of time of a plate, as the key of a lookup. What is no plate of GA 36 has no journeys, so a plate holds no space. */
export const stretchKey = (plate: string, from: Date, to: Date): string =>
  `${from.toISOString()} ${to.toISOString()} ${plate}`;
/** The keys of such a lookup, taken apart. */
export const STRETCHES = `(select key, split_part(key, ' ', 1)::timestamptz as "from", split_part(key, ' ', 2)::timestamptz as "to", split_part(key, ' ', 3) as plate
    from unnest($1::text[]) as u(key)) k`;

export interface Observed extends Observation {
  /** Of the manifest a gate scanned, else of the site's fence drawn last: in which stream journeys are told until they are matched. */
  readonly stream: Stream | null;
  /** Whose vehicle it is. */
  readonly carrierId: string | null;
}

/** Far more than a vehicle can do in the days that are looked at: of whoever parks before a camera the ends of each ten minutes count. */
const OBSERVATIONS_MAX = 20_000;

/** What was observed of a plate, in the order of time, wherever it was. Key: `stretchKey`. */
export const observationsLookup: Lookup<readonly Observed[]> = {
  name: 'observations',
  gated: false,
  sql: `select k.key, o.at, o.direction, o.source, o.id, s.id, s.party_id, s.region, p.capacities ? 'producer', p.capacities ? 'consignee',
      coalesce((select m.stream from manifests m where m.id = o.manifest_id),
        (select f.stream from fences f where f.site_id = s.id order by f.in_force_from desc, f.id limit 1)), v.party_id
    from ${STRETCHES} cross join lateral (
      select at, direction, 'fence' as source, fence_id as id, site_id, null::uuid as manifest_id from fence_crossings where plate = k.plate and at between k."from" and k."to"
      union all
      select passed_at, direction, 'gate', id, site_id, manifest_id from gate_passes where plate = k.plate and passed_at between k."from" and k."to"
      union all
      select seen_at, 'seen', 'camera', device_id, site_id, null from (
        select device_id, site_id, min(seen_at) as first, max(seen_at) as last from sightings
        where plate = k.plate and seen_at between k."from" and k."to" group by device_id, site_id, floor(extract(epoch from seen_at) / 600)
      ) seen cross join lateral (values (first), (last)) as ends(seen_at)
      order by 1, 5, 4 limit ${OBSERVATIONS_MAX}
    ) o
    join sites s on s.id = o.site_id join parties p on p.id = s.party_id left join vehicles v on v.plate = k.plate
    order by o.at, o.site_id, o.id`,
  read: (rows) =>
    rows.map(
      ([, at, direction, source, id, siteId, partyId, region, isOrigin, isDestination, stream, carrierId]) =>
        ({
          at,
          direction,
          source,
          id,
          site: { id: siteId, partyId, region, isOrigin, isDestination },
          stream,
          carrierId,
        }) as Observed,
    ),
};

/** Trips of a plate that began in a stretch of time. Key: `stretchKey`. */
export const observedTripsLookup: Lookup<readonly string[]> = {
  name: 'observed-trips',
  gated: false,
  sql: `select k.key, t.id from ${STRETCHES} join observed_trips t
    on t.plate = k.plate and t.departed_at between k."from" and k."to" and t.status = 'observed' order by t.departed_at, t.id`,
  read: (rows) => rows.map(([, id]) => id as string),
};

/**
 * How many positions there are in a stretch of time, and SHA-256 over them: a line each, in the order of time, of milliseconds since
 * 1970, longitude and latitude in ten-millionths of a degree. Key: `stretchKey`.
 */
export const trackHashLookup: Lookup<{ readonly positions: number; readonly trackHash: string | null }> = {
  name: 'track-hash',
  gated: false,
  sql: `select k.key, count(p.at)::int,
      encode(sha256(convert_to(string_agg((extract(epoch from p.at) * 1000)::bigint || ' ' || p.longitude_e7 || ' ' || p.latitude_e7, E'\\n' order by p.at), 'UTF8')), 'hex')
    from ${STRETCHES} left join positions p on p.plate = k.plate and p.at between k."from" and k."to" group by k.key`,
  read: ([row]) => ({ positions: (row?.[1] ?? 0) as number, trackHash: (row?.[2] ?? null) as string | null }),
};
