import type pg from 'pg';
import type { Stream } from '../catalogue/streams.ts';
import type { Leg, Line } from '../manifests/tables.ts';
import type { Lookup } from '../platform/acts.ts';
import { STRETCHES } from '../transport/queries.ts';
import type { LegSide } from './matching.ts';
import type { WaybillManifest } from './rules/facts.ts';

/** What was declared, for what was observed to be held against. */
export interface DeclaredLeg extends LegSide {
  /** The observed trip it is matched with. */
  readonly tripId: string | null;
  readonly stream: Stream;
}

/** Legs of a plate that began in a stretch of time; ways back are none. Key: `stretchKey`. */
export const declaredLegsLookup: Lookup<readonly DeclaredLeg[]> = {
  name: 'declared-legs',
  gated: false,
  sql: `select k.key, l.manifest_id, l.leg, l.started_at,
      case when l.leg = 1 then coalesce((m.source ->> 2)::uuid, m.consignor_site_id) end,
      case when l.leg = jsonb_array_length(m.legs) then m.consignee_site_id end, t.id, m.stream
    from ${STRETCHES} join manifest_legs l on l.plate = k.plate and l.started_at between k."from" and k."to" and l.leg > 0
    join manifests m on m.id = l.manifest_id and m.status <> 'void'
    left join observed_trips t on t.manifest_id = l.manifest_id and t.leg = l.leg
    order by l.started_at, l.manifest_id`,
  read: (rows) =>
    rows.map(
      ([, manifestId, leg, startedAt, fromSiteId, toSiteId, tripId, stream]) =>
        ({ manifestId, leg, startedAt, fromSiteId, toSiteId, tripId, stream }) as DeclaredLeg,
    ),
};

/** The manifests a waybill names, as far as there are such: the stretch of each under the waybill's carrier. */
export const waybillManifestsLookup: Lookup<readonly WaybillManifest[]> = {
  name: 'waybill-manifests',
  gated: false,
  sql: `select w.id, m.id, m.stream, m.origin_region, m.destination_region, m.legs, m.lines, w.carrier_id
    from waybills w cross join lateral jsonb_array_elements_text(w.manifest_numbers) n(number) join manifests m on m.number = n.number
    where w.id = any($1::uuid[]) order by m.number`,
  read: (rows) =>
    rows.map(([, id, stream, originRegion, destinationRegion, legs, lines, carrierId]) => {
      const own = (legs as readonly Leg[]).find((leg) => leg.carrierId === carrierId);
      const startedAt = own?.startedAt ? new Date(own.startedAt) : null;
      return {
        id,
        stream,
        originRegion,
        destinationRegion,
        plate: own?.plate ?? null,
        startedAt,
        unNumbers: (lines as readonly Line[]).flatMap(({ unNumber }) => unNumber ?? []),
        grams: (lines as readonly Line[]).reduce((sum, line) => sum + (line.pickedUpGrams ?? line.declaredGrams), 0),
      } as WaybillManifest;
    }),
};

export interface DeclaredOnly {
  readonly id: string;
  readonly number: string;
  readonly plate: string;
  readonly leg: number;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly consignorSiteId: string;
  readonly consigneeSiteId: string;
}

/**
 * Of these manifests, the first leg that no observed trip answers to, of vehicles that were observed at all within a day of it: who has
 * neither terminal nor gate is not asked where he was.
 */
const DECLARED_ONLY_SQL = `select distinct on (l.manifest_id) l.manifest_id as id, m.number, l.plate, l.leg, l.started_at as "startedAt", l.ended_at as "endedAt",
    m.consignor_site_id as "consignorSiteId", m.consignee_site_id as "consigneeSiteId"
  from manifest_legs l join manifests m on m.id = l.manifest_id and m.status <> 'void'
  where l.manifest_id = any($1::uuid[]) and l.leg > 0
    and not exists (select from observed_trips t where t.manifest_id = l.manifest_id and t.leg = l.leg)
    and (exists (select from observed_trips t where t.plate = l.plate and t.status = 'observed'
        and t.departed_at between l.started_at - interval '1 day' and l.started_at + interval '1 day')
      or exists (select from positions p where p.plate = l.plate and p.at between l.started_at - interval '1 day' and l.started_at + interval '1 day'))
  order by l.manifest_id, l.leg`;

export async function declaredOnly(pool: pg.Pool, manifestIds: readonly string[]): Promise<DeclaredOnly[]> {
  const { rows } = await pool.query<DeclaredOnly>({
    name: 'declared-only',
    text: DECLARED_ONLY_SQL,
    values: [manifestIds],
  });
  return rows;
}

export interface DeclaredJourney {
  readonly tripId: string;
  readonly manifestId: string;
  readonly number: string;
  readonly leg: number;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

/** What these trips are matched with, as it is declared now. */
export async function declaredOf(pool: pg.Pool, tripIds: readonly string[]): Promise<DeclaredJourney[]> {
  const { rows } = await pool.query<DeclaredJourney>({
    name: 'declared-of-trips',
    text: `select t.id as "tripId", m.id as "manifestId", m.number, l.leg, l.started_at as "startedAt", l.ended_at as "endedAt"
      from observed_trips t join manifests m on m.id = t.manifest_id join manifest_legs l on l.manifest_id = t.manifest_id and l.leg = t.leg
      where t.id = any($1::uuid[])`,
    values: [tripIds],
  });
  return rows;
}

/** Is any journey of the plate known that began then? */
export async function wasObserved(pool: pg.Pool, plate: string, [from, to]: readonly [Date, Date]): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'was-observed',
    text: 'select 1 from observed_trips where plate = $1 and departed_at between $2 and $3 limit 1',
    values: [plate, from, to],
  });
  return (rowCount ?? 0) > 0;
}
