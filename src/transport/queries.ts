import type pg from 'pg';
import { maySee, sightOf } from '../parties/visibility.ts';
import type { Caller, Lookup } from '../platform/acts.ts';

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

/** The trip's carrier and whoever stands on a manifest it carries (a key bound to a site: one that starts or ends there); a regulator that may see one of those. */
export async function maySeeTrip(pool: pg.Pool, caller: Caller, tripId: string): Promise<boolean> {
  if (caller.role !== 'regulator')
    return (
      (await partiesOnTrip(pool, tripId)).includes(caller.actor.party) &&
      (!caller.site || (await stopsAt(pool, { tripId }, caller.site)))
    );
  const { rows } = await pool.query<{ id: string }>(
    'select id from manifests where trip_id = $1 order by id limit 500',
    [tripId],
  );
  const sight = await sightOf(pool, caller);
  for (const { id } of rows) if (await maySee(pool, sight, 'manifest', id)) return true;
  return false;
}

async function partiesOnTrip(pool: pg.Pool, tripId: string): Promise<readonly string[]> {
  const { rows } = await pool.query<unknown[]>({
    name: 'on-trip',
    text: onTripLookup.sql,
    values: [[tripId]],
    rowMode: 'array',
  } as pg.QueryArrayConfig);
  return onTripLookup.read(rows);
}

/** Does a manifest, or a load of a trip, start or end at the site? */
export async function stopsAt(
  pool: pg.Pool,
  of: { readonly manifestId: string } | { readonly tripId: string },
  siteId: string,
): Promise<boolean> {
  const [column, id] = 'manifestId' in of ? ['id', of.manifestId] : ['trip_id', of.tripId];
  const { rowCount } = await pool.query({
    name: `stops-at-by-${column}`,
    text: `select 1 from manifests where ${column} = $1 and $2 in (consignor_site_id, consignee_site_id) limit 1`,
    values: [id, siteId],
  });
  return (rowCount ?? 0) > 0;
}
