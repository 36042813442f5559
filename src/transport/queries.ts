import type pg from 'pg';
import { sightOf, visibleAmong } from '../parties/visibility.ts';
import type { Caller, Lookup } from '../platform/acts.ts';
import type { Trip } from './trips.ts';

const CARRIERS = "array(select l->>'carrierId' from jsonb_array_elements(m.legs) l)";

/** Who stands on a manifest that is more than a draft: only they may hang a ticket on it. */
export const standingLookup: Lookup<readonly string[]> = {
  name: 'standing',
  gated: false,
  sql: `select m.id, m.consignor_id, m.consignee_id, ${CARRIERS} from manifests m where m.id = any($1::uuid[]) and m.number is not null`,
  read: (rows) => rows.flatMap(partiesOf),
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

/** Does a manifest start or end at the site? */
export async function stopsAt(pool: pg.Pool, manifestId: string, siteId: string): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'stops-at',
    text: 'select 1 from manifests where id = $1 and $2 in (consignor_site_id, consignee_site_id)',
    values: [manifestId, siteId],
  });
  return (rowCount ?? 0) > 0;
}
