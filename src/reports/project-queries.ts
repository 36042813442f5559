import type pg from 'pg';
import type { PermitType } from '../permits/tables.ts';

/** What left a project, what came to a site, beside what was planned and permitted: from sums, whose number grows with days and not with trips. */
export interface FlowSums {
  readonly wasteClass: string;
  readonly method: string;
  readonly trips: number;
  readonly reservedGrams: number;
  readonly loadedGrams: number;
  readonly loadedLitres: number;
  readonly settledGrams: number;
  readonly acceptedGrams: number;
  readonly acceptedLitres: number;
  readonly refusedGrams: number;
}

const SUMS = `sum(trips)::bigint as trips, sum(reserved_grams)::bigint as "reservedGrams", sum(loaded_grams)::bigint as "loadedGrams",
  sum(loaded_litres)::bigint as "loadedLitres", sum(settled_grams)::bigint as "settledGrams", sum(accepted_grams)::bigint as "acceptedGrams",
  sum(accepted_litres)::bigint as "acceptedLitres", sum(refused_grams)::bigint as "refusedGrams"`;

/** By class and method, over the days asked for. `to` is the first day that no longer counts. */
export async function flowsOfSite(
  pool: pg.Pool,
  query: { readonly siteId: string; readonly direction: 'out' | 'in'; readonly from: string; readonly to: string },
): Promise<FlowSums[]> {
  const { rows } = await pool.query<FlowSums>({
    name: 'flows-of-site',
    text: `select waste_class as "wasteClass", method, ${SUMS} from site_flows
      where site_id = $1 and direction = $2 and day >= $3 and day < $4 group by 1, 2 order by 1, 2`,
    values: [query.siteId, query.direction, query.from, query.to],
  });
  return rows;
}

export interface PlanLine {
  readonly permitId: string;
  readonly number: string;
  readonly wasteCodes: readonly string[];
  readonly methods: readonly string[];
  readonly validFrom: string;
  readonly validTo: string;
  readonly capGrams: number | null;
  readonly capLitres: number | null;
  readonly gramsPerLitre: number | null;
  readonly reservedGrams: number;
  readonly usedGrams: number;
}

const PERMITS_MAX = 500;

/** Permits of a type that are tied to a site, with what is reserved and used of them in a period. */
export async function permitsOfSite(
  pool: pg.Pool,
  query: { readonly siteId: string; readonly holderId: string; readonly type: PermitType; readonly period: string },
): Promise<PlanLine[]> {
  const { rows } = await pool.query<PlanLine>({
    name: 'permits-of-site',
    text: `select p.id as "permitId", p.number, p.waste_codes as "wasteCodes", p.methods, p.valid_from as "validFrom", p.valid_to as "validTo",
        p.cap_grams as "capGrams", (p.cap_volume ->> 'litres')::bigint as "capLitres", (p.cap_volume ->> 'gramsPerLitre')::int as "gramsPerLitre",
        coalesce(u.reserved_grams, 0)::bigint as "reservedGrams", coalesce(u.used_grams, 0)::bigint as "usedGrams"
      from permits p left join permit_uses u on u.permit_id = p.id and u.period = $4
      where p.holder_id = $2 and p.type = $3 and p.site_id = $1 and p.status = 'valid' order by p.id limit ${PERMITS_MAX}`,
    values: [query.siteId, query.holderId, query.type, query.period],
  });
  return rows;
}

export interface TreatedSum {
  readonly wasteCode: string;
  readonly method: string;
  readonly grams: number;
}

/** Used or disposed of at the site itself, without a journey. */
export async function treatedAtSite(pool: pg.Pool, siteId: string): Promise<TreatedSum[]> {
  const { rows } = await pool.query<TreatedSum>({
    name: 'treated-at-site',
    text: `select i.value ->> 'wasteCode' as "wasteCode", t.method, sum((i.value ->> 'grams')::bigint)::bigint as grams
      from treatments t cross join lateral jsonb_array_elements(t.inputs) i
      where t.site_id = $1 and t.status = 'recorded' group by 1, 2 order by 1, 2`,
    values: [siteId],
  });
  return rows;
}

export interface SiteFound {
  readonly id: string;
  readonly partyId: string;
  readonly name: string;
  readonly region: string;
}

export async function siteById(pool: pg.Pool, id: string): Promise<SiteFound | undefined> {
  const text = 'select id, party_id as "partyId", name, region from sites where id = $1';
  return (await pool.query<SiteFound>({ name: 'site-by-id', text, values: [id] })).rows[0];
}
