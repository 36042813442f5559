import type pg from 'pg';
import { addDays, endOfDayInShanghai } from '../catalogue/calendar.ts';
import type { Lookup } from '../platform/acts.ts';
import { FUTURE_TOLERANCE_MS } from '../platform/group-deciding.ts';
import { earliestIdOf, madeAt } from '../platform/ids.ts';
import { type Change, type ClassFacts, type Figures, figuresOf, type LedgerSum, type Period } from './rules.ts';

/** What reports and classes are computed from: the ledger, as it stands, in the span of a period. */

/** The first instant of a civil day in Shanghai. */
export const startOfDay = (day: string): Date => endOfDayInShanghai(addDays(day, -1));

/** No event of that instant or later has an id below it. */
const floorOf = (instant: Date): string => earliestIdOf(new Date(instant.getTime() - FUTURE_TOLERANCE_MS));

/** What a site's figures are looked up by: the site, the instants of the period, and below them no id of what occurred since. */
export function figuresKey(siteId: string, { from, to }: Pick<Period, 'from' | 'to'>): string {
  const [start, end] = [startOfDay(from), startOfDay(to)];
  return [siteId, start.toISOString(), end.toISOString(), floorOf(start), floorOf(end)].join(' ');
}

/** What came to an account since an instant: the months after its own, and the rest of that month. Months are UTC. */
const since = (instant: string, floor: string, quantity: 'grams' | 'pieces'): string => `(
  coalesce((select sum(m.${quantity}) from monthly_balances m where m.account_id = a.id and m.month > to_char(${instant} at time zone 'UTC', 'YYYY-MM')), 0)
  + coalesce((select sum(p.${quantity}) from postings p where p.account_id = a.id and p.occurred_at >= ${instant} and p.event_id >= ${floor}
      and p.occurred_at < (date_trunc('month', ${instant} at time zone 'UTC') + interval '1 month') at time zone 'UTC'), 0))`;

const held = (what: string, instant: string, floor: string): string =>
  `select '${what}', null, null, (a.grams - ${since(instant, floor, 'grams')})::bigint, (a.pieces - ${since(instant, floor, 'pieces')})::bigint`;

/** Use or disposal, as the record of the treatment says; what takes a treatment back stands on the same subject. */
const TREATMENT_KIND = `(select coalesce(e.canonical::jsonb #>> '{data,treatment,treatmentKind}',
    (select f.canonical::jsonb #>> '{data,treatment,treatmentKind}' from custody_events f where f.subject_id = e.subject_id and f.seq = 1))
  from custody_events e where e.id = p.event_id)`;

/**
 * The account at the other end of a posting `p` of the stock account `a`, one probe each: `offset 0` keeps the planner from reading whole tables
 * instead. A manifest loads onto the road and receives out of the hold, and so each end reads its half of what a correction, or a code that was put
 * right, books from end to end. What its loading weighed otherwise than the label is the site's own difference.
 */
export const OTHER_END = `cross join lateral (select t.account_id from postings t where t.event_id = p.event_id and t.n = (p.n # 1) offset 0) t
  join lateral (select case
      when p.manifest_id is null then role
      when p.n & 1 = 1 and a.site_id = (select consignee_site_id from manifests where id = p.manifest_id) then 'consignee_hold'
      when role = 'weighing_difference' and site_id = a.site_id then role
      else 'in_transit' end as role
    from accounts where id = t.account_id offset 0) o on true`;

/**
 * Every stock account of a site: what it held at both ends of the period, and what moved between, by the account at the
 * other end. The two postings of a movement are neighbours, 2k and 2k + 1, the one that gave first. A question costs what
 * it looks back, and what happened in the period.
 */
const FIGURES_SQL = `select k.key, a.waste_code, f.what, f.stock_end, f.treatment_kind, f.grams, f.pieces, (select last_value from custody_events_ordinal)
  from unnest($1::text[]) as k(key)
  cross join lateral (select split_part(k.key, ' ', 1)::uuid as site_id, split_part(k.key, ' ', 2)::timestamptz as start_at, split_part(k.key, ' ', 3)::timestamptz as end_at,
    split_part(k.key, ' ', 4)::uuid as start_floor, split_part(k.key, ' ', 5)::uuid as end_floor) q
  join accounts a on a.site_id = q.site_id and a.role = 'stock'
  cross join lateral (
    ${held('opening', 'q.start_at', 'q.start_floor')}
    union all ${held('closing', 'q.end_at', 'q.end_floor')}
    union all
    select m.role, m.stock_end, m.treatment_kind, sum(m.grams)::bigint, sum(m.pieces)::bigint from (
      select o.role, case p.n & 1 when 0 then 'from' else 'to' end as stock_end, p.grams, p.pieces,
        case when o.role = 'treated' and p.n & 1 = 0 then ${TREATMENT_KIND} end as treatment_kind
      from postings p ${OTHER_END}
      where p.account_id = a.id and p.occurred_at >= q.start_at and p.occurred_at < q.end_at and p.event_id >= q.start_floor
    ) m group by 1, 2, 3
  ) as f(what, stock_end, treatment_kind, grams, pieces)`;

export interface Computed {
  readonly figures: readonly Figures[];
  /** The highest ordinal drawn by then. */
  readonly ledgerOrdinal: number;
}

function computedOf(rows: readonly (readonly unknown[])[]): Computed {
  const sums = rows.map(
    ([, wasteCode, what, end, treatmentKind, grams, pieces]): LedgerSum => ({
      wasteCode: wasteCode as string,
      what: what as LedgerSum['what'],
      end: end as LedgerSum['end'],
      treatmentKind: treatmentKind as string | null,
      grams: grams as number,
      pieces: pieces as number,
    }),
  );
  return { figures: figuresOf(sums), ledgerOrdinal: (rows[0]?.[7] ?? 0) as number };
}

/**
 * Not gated: an act that moves mass while a report is confirmed is as late as one a moment after, and shows as a change
 * since. @throws Error when the ledger does not add up.
 */
export const figuresLookup: Lookup<Computed> = {
  name: 'report-figures',
  gated: false,
  sql: FIGURES_SQL,
  read: computedOf,
};

/** The figures of a site's period as the ledger stands now. @throws Error when the ledger does not add up. */
export async function figuresNow(pool: pg.Pool, siteId: string, period: Period): Promise<Computed> {
  const { rows } = await pool.query<unknown[]>({
    name: 'report-figures',
    text: FIGURES_SQL,
    values: [[figuresKey(siteId, period)]],
    rowMode: 'array',
  });
  return computedOf(rows);
}

const FULL_YEARS = 3;

/** What the last eight hours of a UTC year brought, which are the first of a year in Shanghai. */
const hoursBefore = (instant: string, floor: string): string =>
  `(select coalesce(sum(grams), 0) from postings where account_id = a.id and occurred_at >= ${instant} and occurred_at < ${instant} + interval '8 hours' and event_id >= ${floor})`;

/**
 * What the classes of sites are judged by on a day, a row a site in the order given. The mass of a year in Shanghai is its months
 * (UTC) and the eight hours before it, less the last eight.
 */
const CLASS_SQL = `select s.id as "siteId", s.party_id as "partyId", s.region,
    (select min(m.month) from accounts a cross join lateral (select min(month) as month from monthly_balances where account_id = a.id) m
      where a.site_id = s.id and a.role = 'generated') as "firstMonth",
    least(to_char(${madeAt('s.id')} at time zone 'Asia/Shanghai', 'YYYY-MM'),
      (select min(m.month) from accounts a cross join lateral (select min(month) as month from monthly_balances where account_id = a.id) m
        where a.site_id = s.id and a.role = 'stock')) as since,
    (select coalesce(jsonb_agg(jsonb_build_object('year', y.year, 'grams', y.grams) order by y.year), '[]') from (
      select years.year, -sum(m.grams + w.grams) as grams from unnest($3::int[], $4::timestamptz[], $5::uuid[], $6::timestamptz[], $7::uuid[]) as years(year, opens_at, opens_floor, closes_at, closes_floor)
      join accounts a on a.site_id = s.id and a.role = 'generated'
      cross join lateral (select coalesce(sum(grams), 0) as grams from monthly_balances
        where account_id = a.id and month between years.year || '-01' and years.year || '-12') m
      cross join lateral (select ${hoursBefore('years.opens_at', 'years.opens_floor')} - ${hoursBefore('years.closes_at', 'years.closes_floor')} as grams) w
      group by 1) y) as years,
    exists (select 1 from accounts a where a.site_id = s.id and a.role = 'treated') as "treatsItself",
    (select number from permits where holder_id = s.party_id and type = 'licence' and status = 'valid' and (site_id is null or site_id = s.id)
      and valid_from <= $2 and $2 < valid_to order by valid_from desc, id limit 1) as "licenceNumber",
    (select jsonb_build_object('designationId', d.id, 'siteClass', d.tag, 'reason', (select body ->> 'reason' from event_details
        where event_id = (select e.id from custody_events e where e.subject_id = d.id and e.seq = d.seq)))
      from designations d where d.site_id = s.id and d.type = 'site_class' and d.valid_from <= $2 and (d.valid_to is null or $2 < d.valid_to)
      order by d.valid_from desc, d.id desc limit 1) as override
  from unnest($1::uuid[]) with ordinality as k(id, n) join sites s on s.id = k.id order by k.n`;

export interface SiteFacts {
  readonly siteId: string;
  readonly partyId: string;
  readonly region: string;
  /** The month in which it was registered, or an earlier one (UTC) of which its ledger tells. */
  readonly since: string;
  readonly facts: ClassFacts;
}

/** @returns one row a site that exists. */
export async function classFactsOf(pool: pg.Pool, siteIds: readonly string[], day: string): Promise<SiteFacts[]> {
  const year = Number(day.slice(0, 4));
  const asked = Array.from({ length: FULL_YEARS + 1 }, (_, index) => year - FULL_YEARS + index);
  const opens = asked.map((one) => startOfDay(`${one}-01-01`));
  const closes = asked.map((one) => startOfDay(`${one + 1}-01-01`));
  const { rows } = await pool.query<
    Omit<SiteFacts, 'facts'> &
      Omit<ClassFacts, 'years'> & { firstMonth: string | null; years: { year: number; grams: number }[] }
  >({
    name: 'class-facts',
    text: CLASS_SQL,
    values: [siteIds, day, asked, opens, opens.map(floorOf), closes, closes.map(floorOf)],
  });
  return rows.map(({ siteId, partyId, region, since, firstMonth, years, ...facts }) => ({
    siteId,
    partyId,
    region,
    since,
    facts: {
      ...facts,
      years: years
        .filter((one) => firstMonth !== null && `${one.year}-12` >= firstMonth)
        .map((one) => ({ ...one, full: one.year < year && firstMonth! <= `${one.year}-01` })),
    },
  }));
}

export interface ReportRow {
  readonly id: string;
  readonly version: number;
  readonly siteId: string;
  readonly partyId: string;
  readonly region: string;
  readonly period: string;
  readonly dueOn: string;
  readonly figures: readonly Figures[];
  readonly zero: boolean;
  readonly ledgerOrdinal: number;
  readonly firstConfirmedAt: Date;
  readonly confirmedAt: Date;
}

const REPORT_COLUMNS = `id, seq as version, site_id as "siteId", party_id as "partyId", region, period, due_on as "dueOn", figures, zero,
  ledger_ordinal as "ledgerOrdinal", first_confirmed_at as "firstConfirmedAt", confirmed_at as "confirmedAt"`;

export async function findReport(pool: pg.Pool, id: string): Promise<ReportRow | undefined> {
  const { rows } = await pool.query<ReportRow>(`select ${REPORT_COLUMNS} from reports where id = $1`, [id]);
  return rows[0];
}

export interface Confirmed {
  readonly id: string;
  readonly siteId: string;
  readonly period: string;
  readonly zero: boolean;
  readonly firstConfirmedAt: Date;
}

/** Which of these periods the sites have confirmed. */
export async function confirmedOf(
  pool: pg.Pool,
  siteIds: readonly string[],
  periods: readonly string[],
): Promise<Confirmed[]> {
  const { rows } = await pool.query<Confirmed>({
    name: 'reports-confirmed',
    text: `select id, site_id as "siteId", period, zero, first_confirmed_at as "firstConfirmedAt" from reports
      where site_id = any($1::uuid[]) and period = any($2::text[])`,
    values: [siteIds, periods],
  });
  return rows;
}

/** Versions of a report, the first first: who confirmed, for whom, and what a correction changed. */
export async function versionsOf(pool: pg.Pool, id: string) {
  const { rows } = await pool.query<{
    version: number;
    recordedAt: string;
    confirmedById: string;
    onBehalfOf: string | null;
    changes: readonly Change[];
  }>({
    name: 'report-versions',
    text: `select seq as version, c ->> 'recordedAt' as "recordedAt", c #>> '{actor,party}' as "confirmedById", c ->> 'onBehalfOf' as "onBehalfOf",
        coalesce(c #> '{data,changes}', '[]') as changes
      from custody_events cross join lateral (select canonical::jsonb as c) e where subject_id = $1 order by seq`,
    values: [id],
  });
  return rows;
}

/** A page of a party's own sites, newest first; of the one a key is bound to. */
export async function sitesOf(
  pool: pg.Pool,
  { partyId, siteId }: { readonly partyId: string; readonly siteId: string | null },
  { below, rowsMax }: { readonly below: string; readonly rowsMax: number },
): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'sites-of-party',
    text: 'select id from sites where party_id = $1 and ($2::uuid is null or id = $2) and active and id < $3 order by id desc limit $4',
    values: [partyId, siteId, below, rowsMax],
  });
  return rows.map(({ id }) => id);
}

/** A page of the sites in some places that report at all, newest first: of producers and consignees. */
export async function sitesIn(
  pool: pg.Pool,
  regions: readonly string[],
  { below, rowsMax }: { readonly below: string; readonly rowsMax: number },
): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'sites-that-report',
    text: `select s.id from unnest($1::text[]) as r(region) cross join lateral (
        select s.id from sites s join parties p on p.id = s.party_id
        where s.region = r.region and s.id < $2 and s.active and p.capacities ?| array['producer', 'consignee'] order by s.id desc limit $3
      ) s order by s.id desc limit $3`,
    values: [regions, below, rowsMax],
  });
  return rows.map(({ id }) => id);
}
