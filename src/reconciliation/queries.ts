import { and, desc, eq, gt, isNull, lt, lte, or } from 'drizzle-orm';
import type pg from 'pg';
import { IN_STORE } from '../generation/queries.ts';
import type { LegRow } from '../manifests/legs.ts';
import { listVisible, maySee, type Sight } from '../parties/visibility.ts';
import type { Lookup } from '../platform/acts.ts';
import { compareText } from '../platform/collections.ts';
import type { Database } from '../platform/connections.ts';
import { openEvent } from '../platform/events.ts';
import { subjectsById } from '../platform/subjects.ts';
import { type Anomaly, anomalyKind } from './anomalies.ts';
import { CUSTODY_WAKES } from './fact-queries.ts';
import { PROJECT_MONTHS, permitsCounted, VALIDITY, type Woken } from './project-queries.ts';
import type { OtherLeg, RuleFacts, SameReading, StockAccount, StoreFilled, Weighing } from './rules/facts.ts';
import type { Wake } from './rules/rule.ts';
import { rules } from './tables.ts';

/** Facts for the judges, whom an event makes them look at, and anomalies and rule rows as they are read. No threshold stands here. */

/** The first 100 told: what was said before is not pushed out by what is said after. */
export const weighingsLookup: Lookup<readonly Weighing[]> = {
  name: 'weighings',
  gated: false,
  sql: `select k.key, w.id, w.party_id, w.purpose, w.gross_grams, w.tare_grams, w.scale_division_grams
    from unnest($1::uuid[]) as k(key)
    cross join lateral (select * from weigh_tickets where manifest_id = k.key order by id limit 100) w
    order by w.weighed_at, w.id`,
  read: (rows) =>
    rows.map(
      ([, id, partyId, purpose, grossGrams, tareGrams, scaleDivisionGrams]) =>
        ({ id, partyId, purpose, grossGrams, tareGrams, scaleDivisionGrams }) as Weighing,
    ),
};

/** An earlier ticket of the same site and plate, on another manifest, with the same gross and tare. At most 20 a ticket. */
export const sameReadingsLookup: Lookup<readonly SameReading[]> = {
  name: 'same-readings',
  gated: false,
  sql: `select t.manifest_id, t.id, o.id, o.manifest_id, t.gross_grams, t.tare_grams, t.weighed_at, o.weighed_at
    from weigh_tickets t
    cross join lateral (
      select id, manifest_id, weighed_at from weigh_tickets o
      where o.site_id = t.site_id and o.gross_grams = t.gross_grams and o.tare_grams = t.tare_grams
        and o.manifest_id <> t.manifest_id and o.plate is not distinct from t.plate
        and (o.weighed_at, o.id) < (t.weighed_at, t.id)
      order by o.weighed_at desc, o.id desc limit 20
    ) o
    where t.manifest_id = any($1::uuid[]) order by t.weighed_at, t.id, o.weighed_at desc`,
  read: (rows) =>
    rows.map(
      ([, ticketId, otherTicketId, otherManifestId, grossGrams, tareGrams, weighedAt, otherWeighedAt]) =>
        ({ ticketId, otherTicketId, otherManifestId, grossGrams, tareGrams, weighedAt, otherWeighedAt }) as SameReading,
    ),
};

const LEG = 'leg, carrier_id, plate, trip_id, started_at, ended_at';

export const ownLegsLookup: Lookup<readonly LegRow[]> = {
  name: 'own-legs',
  gated: false,
  sql: `select manifest_id, ${LEG} from manifest_legs where manifest_id = any($1::uuid[]) order by leg`,
  read: (rows) => rows.map((row) => legOf(row, row[0] as string)),
};

/** Legs of other manifests under the same plate that share some moment with one of this manifest's: at most 50 a leg, the latest. */
const OTHER_LEGS = `cross join lateral (
      select o.* from manifest_legs o
      where o.plate = l.plate and o.started_at < coalesce(l.ended_at, 'infinity') and o.manifest_id <> l.manifest_id
      order by o.started_at desc limit 50
    ) o
    join manifests m on m.id = o.manifest_id and m.status <> 'void'
    where coalesce(o.ended_at, 'infinity') > l.started_at`;

export const otherLegsLookup: Lookup<readonly OtherLeg[]> = {
  name: 'other-legs',
  gated: false,
  sql: `select l.manifest_id, ${LEG.replaceAll(/(\w+)/g, 'o.$1')}, o.manifest_id, l.leg, m.consignor_site_id, m.consignee_site_id
    from manifest_legs l ${OTHER_LEGS} and l.manifest_id = any($1::uuid[]) order by o.started_at, o.manifest_id`,
  read: (rows) =>
    rows.map((row) => ({
      ...legOf(row, row[7] as string),
      ownLeg: row[8] as number,
      consignorSiteId: row[9] as string,
      consigneeSiteId: row[10] as string,
    })),
};

const legOf = ([, leg, carrierId, plate, tripId, startedAt, endedAt]: readonly unknown[], manifestId: string): LegRow =>
  ({ manifestId, leg, carrierId, plate, tripId, startedAt, endedAt }) as LegRow;

/** An event by its id. */
export const eventLookup: Lookup<RuleFacts['receipt']> = {
  name: 'event',
  gated: false,
  sql: 'select id, canonical from custody_events where id = any($1::uuid[])',
  read([row]) {
    if (!row) return null;
    const { recordedAt, occurredAt, entryMode } = openEvent(row[1] as string);
    return { recordedAt, occurredAt, entryMode };
  },
};

/** The stock account as it stands, with its site's county. */
export const accountLookup: Lookup<StockAccount | undefined> = {
  name: 'stock-account',
  gated: false,
  sql: `select a.id, a.party_id, a.site_id, s.region, a.waste_code, a.owner_id, a.grams
    from accounts a join sites s on s.id = a.site_id where a.id = any($1::uuid[]) and a.role = 'stock'`,
  read: ([row]) => {
    if (!row) return undefined;
    const [id, partyId, siteId, region, wasteCode, ownerId, grams] = row;
    return { id, partyId, siteId, region, wasteCode, ownerId, grams } as StockAccount;
  },
};

/** A store and what lies in it now. */
export const storeLookup: Lookup<StoreFilled | undefined> = {
  name: 'store-filled',
  gated: false,
  sql: `select s.id, s.site_id, t.party_id, t.region, s.code, s.type, s.capacity_grams, coalesce(i.grams, 0)::bigint
    from stores s join sites t on t.id = s.site_id cross join lateral (select sum(l.grams)::bigint as grams from ${IN_STORE}) i
    where s.id = any($1::uuid[])`,
  read: ([row]) => {
    if (!row) return undefined;
    const [id, siteId, partyId, region, code, type, capacityGrams, grams] = row;
    return { id, siteId, partyId, region, code, type, capacityGrams, grams } as StoreFilled;
  },
};

/** What was accepted under a permit in a period, corrections included. Key: permit, period. */
export const acceptedLookup: Lookup<number> = {
  name: 'accepted',
  gated: false,
  sql: `select k.key, u.used_grams from unnest($1::text[]) as k(key)
    join permit_uses u on u.permit_id = split_part(k.key, ' ', 1)::uuid and u.period = split_part(k.key, ' ', 2)`,
  read: ([row]) => (row?.[1] ?? 0) as number,
};

/** What of a batch lies in its account, and when any of it last moved. Key: account, batch. */
export const storedLookup: Lookup<RuleFacts['stored']> = {
  name: 'stored',
  gated: false,
  sql: `select k.key, coalesce(b.grams, 0)::bigint, moved.at
    from (select key, string_to_array(key, ' ') as part from unnest($1::text[]) as u(key)) k
    left join balances b on b.account_id = k.part[1]::uuid and b.batch_id = k.part[2]::uuid
    left join lateral (
      select occurred_at as at from postings where account_id = k.part[1]::uuid and batch_id = k.part[2]::uuid
      order by occurred_at desc limit 1
    ) moved on true`,
  read: ([row]) => ({ grams: row![1] as number, lastMovedAt: row![2] as Date | null }),
};

/** Whom an event makes a rule look at besides its own subject. */
const WAKES_SQL: Readonly<
  Record<Exclude<Wake, 'itself'>, { readonly text: string; readonly values: (woken: Woken) => readonly unknown[] }>
> = {
  // `offset 0`: one look-up a posting, whatever a planner without figures thinks of the table.
  stock_accounts: {
    text: `select distinct a.id from postings p cross join lateral (select id, role from accounts where id = p.account_id offset 0) a where p.event_id = $1 and a.role = 'stock'`,
    values: ({ eventId }) => [eventId],
  },
  licences_counted: permitsCounted('licence'),
  plans_counted: permitsCounted('project_plan'),
  capacities_counted: permitsCounted('site_capacity'),
  project_months: PROJECT_MONTHS,
  validity_of_permit: VALIDITY,
  /** It, and those that began after it: the later of two is the one that speaks. */
  same_plate: {
    text: `select $1::uuid as id union
      select o.manifest_id from manifest_legs l cross join lateral (
        select manifest_id from manifest_legs o where o.plate = l.plate and o.started_at >= l.started_at
        order by o.started_at limit 20
      ) o where l.manifest_id = $1`,
    values: ({ subjectId }) => [subjectId],
  },
  /** A plate or a time was put right: also those who met it where, and when, it had been said to be. */
  same_plate_before: {
    text: `with changed as (
        select c->>'path' as path, c->>'from' as was from custody_events e
        cross join lateral jsonb_array_elements(e.canonical::jsonb #> '{data,changes}') c where e.id = $2
      ), since as (
        select least(min(started_at), (select was::timestamptz from changed where path = '/pickedUpAt')) as at
        from manifest_legs where manifest_id = $1
      ), plates as (
        select plate from manifest_legs where manifest_id = $1 and plate is not null
        union select was from changed where path like '/legs/%/plate' and was is not null
      )
      select $1::uuid as id union
      select o.manifest_id from plates p cross join since s cross join lateral (
        select manifest_id from manifest_legs o where o.plate = p.plate and o.started_at >= s.at
        order by o.started_at limit 20
      ) o`,
    values: ({ subjectId, eventId }) => [subjectId, eventId],
  },
  /** It, and whoever was weighed later and says the same: tickets are told in any order. */
  same_weighing: {
    text: `select $1::uuid as id union
      select o.manifest_id from weigh_tickets t join weigh_tickets o
        on o.site_id = t.site_id and o.gross_grams = t.gross_grams and o.tare_grams = t.tare_grams
        and o.manifest_id <> t.manifest_id and o.weighed_at >= t.weighed_at
      where t.manifest_id = $1`,
    values: ({ subjectId }) => [subjectId],
  },
  /** Of the trip that a manifest, or a ticket, is of: what a site's own scale said of the whole vehicle. */
  whole_weighings: {
    text: `select w.id from weigh_tickets w where w.purpose = 'unloading' and w.trip_id in (
      select trip_id from manifests where id = $1 union select trip_id from weigh_tickets where id = $1)`,
    values: ({ subjectId }) => [subjectId],
  },
  /** Batches with those of the rules that have spoken of them. */
  overdue_batches: {
    text: `select b.id, a.rules from (select distinct batch_id as id from postings where event_id = $1) b
      cross join lateral (select array_agg(distinct rule) as rules from anomalies where subject_id = b.id and rule = any($2) and status in ('open', 'ended')) a
      where a.rules is not null`,
    values: ({ eventId, rules }) => [eventId, rules],
  },
  stores_of_batches: {
    text: `select distinct b.store_id as id from postings p cross join lateral (select store_id from batches where id = p.batch_id offset 0) b where p.event_id = $1 and b.store_id is not null`,
    values: ({ eventId }) => [eventId],
  },
  /** Where it was put or taken from, and where on record it lay. */
  stores_named: {
    text: `select s.id from custody_events e cross join lateral jsonb_array_elements_text(e.canonical::jsonb -> 'refs') as r(id)
      join stores s on s.id = r.id::uuid where e.id = $1`,
    values: ({ eventId }) => [eventId],
  },
  waybills_naming: {
    text: 'select w.id from manifests m join waybills w on w.manifest_numbers @> to_jsonb(array[m.number]) where m.id = $1 and m.number is not null',
    values: ({ subjectId }) => [subjectId],
  },
  ...CUSTODY_WAKES,
};
const WOKEN_MAX = 200;

/** A subject to be looked at. */
export interface ToJudge {
  readonly id: string;
  /** For rules that judge a period of it. */
  readonly period?: string;
  /** Those of the rules that are to look; without it all are. */
  readonly rules?: readonly string[];
}

/** Asked once for all rules that an event wakes in the same way. */
export async function wokenBy(pool: pg.Pool, wake: Wake, woken: Woken): Promise<ToJudge[]> {
  if (wake === 'itself') return [{ id: woken.subjectId }];
  const { text, values } = WAKES_SQL[wake];
  const { rows } = await pool.query<ToJudge>({
    name: `wakes-${wake}`,
    text: `${text} limit ${WOKEN_MAX}`,
    values: [...values(woken)],
  });
  return rows.sort((a, b) => compareText(a.id, b.id));
}

export interface OpenAnomaly {
  readonly id: string;
  readonly subjectId: string;
  readonly period: string;
}

/** Those of a rule that are not settled, a page at a time. */
export async function unsettledOf(pool: pg.Pool, rule: string, after: string, rowsMax: number): Promise<OpenAnomaly[]> {
  const { rows } = await pool.query<OpenAnomaly>({
    name: 'anomalies-unsettled',
    text: `select id, subject_id as "subjectId", period from anomalies
      where rule = $1 and id > $2 and status in ('open', 'ended') order by id limit $3`,
    values: [rule, after, rowsMax],
  });
  return rows;
}

/**
 * Deadlines of a rule that lie ahead become due now: they were set by a row that has changed. Asked too early, a judge
 * says when to ask again.
 */
export async function bringForward(pool: pg.Pool, rule: string, now: Date, rowsMax: number): Promise<number> {
  const { rowCount } = await pool.query(
    `update outbox set available_at = $2 where id in (
       select id from outbox where state = 'pending' and available_at > $2 and job = 'judge_deadline' and payload->>'rule' = $1
       order by available_at, id limit $3 for update skip locked)`,
    [rule, now, rowsMax],
  );
  return rowCount ?? 0;
}

export type AnomalyRow = Anomaly & { readonly version: number };

const ELSEWHERE_SQL = `select a.id from anomalies a
  left join manifests m on m.id = a.subject_id left join batches b on b.id = a.subject_id
  left join accounts c on c.id = a.subject_id left join stores s on s.id = a.subject_id
  left join weigh_tickets w on w.id = a.subject_id left join observed_trips o on o.id = a.subject_id
  left join projects p on p.id = a.subject_id left join containers t on t.id = a.subject_id
  where a.id = any($1::uuid[]) and $2::uuid <> all(array_remove(array[m.consignor_site_id, m.consignee_site_id, b.site_id, c.site_id, s.site_id, w.site_id, o.from_site_id, o.to_site_id, p.site_id, t.site_id], null))
    and coalesce(m.id, b.id, c.id, s.id, w.id, o.id, p.id, t.id) is not null`;

/** A key bound to a site is not shown what is about another; what is the whole party's, such as a licence, it is. */
async function anomaliesById(pool: pg.Pool, ids: readonly string[], { site }: Sight): Promise<AnomalyRow[]> {
  const rows = await subjectsById(pool, anomalyKind, ids);
  if (site === null) return rows;
  const elsewhere = await pool.query<{ id: string }>({
    name: 'anomalies-elsewhere',
    text: ELSEWHERE_SQL,
    values: [ids, site],
  });
  const hidden = new Set(elsewhere.rows.map(({ id }) => id));
  return rows.filter(({ id }) => !hidden.has(id));
}

export async function findAnomaly(pool: pg.Pool, sight: Sight, id: string): Promise<AnomalyRow | undefined> {
  const [anomaly] = await anomaliesById(pool, [id], sight);
  return anomaly && (await maySee(pool, sight, 'anomaly', id)) ? anomaly : undefined;
}

export interface AnomalyFilter {
  readonly stream: string | undefined;
  readonly stages: readonly string[];
  readonly status: string | undefined;
  readonly rule: string | undefined;
  readonly severity: string | undefined;
  readonly subjectId: string | undefined;
  readonly below: string;
  readonly rowsMax: number;
}

/** By stage and stream off the index of what is visible; the rest is filtered. */
export function listAnomalies(
  pool: pg.Pool,
  sight: Sight,
  { stream, status, rule, severity, subjectId, ...page }: AnomalyFilter,
): Promise<AnomalyRow[]> {
  const isAsked = <Value>(asked: Value | undefined, value: Value) => asked === undefined || asked === value;
  const streams = stream === undefined ? sight.streams : (sight.streams ?? [stream]).filter((one) => one === stream);
  return listVisible(
    pool,
    { ...sight, streams },
    {
      ...page,
      kind: 'anomaly',
      load: (ids) => anomaliesById(pool, ids, sight),
      fits: (anomaly) =>
        isAsked(status, anomaly.status) &&
        isAsked(rule, anomaly.rule) &&
        isAsked(severity, anomaly.severity) &&
        isAsked(subjectId, anomaly.subjectId),
    },
  );
}

const RULE = {
  id: rules.id,
  version: rules.seq,
  rule: rules.rule,
  jurisdiction: rules.jurisdiction,
  stream: rules.stream,
  parameters: rules.parameters,
  steps: rules.steps,
  basis: rules.basis,
  ours: rules.ours,
  enabled: rules.enabled,
  inForceFrom: rules.inForceFrom,
  inForceTo: rules.inForceTo,
};

export interface RuleFilter {
  readonly rule?: string | undefined;
  readonly jurisdiction?: string | undefined;
  /** Only rows in force on this day. */
  readonly day?: string | undefined;
}

/** Newest first, at most `limit`. */
export const listRules = (
  { orm }: Database,
  page: { readonly after: string; readonly limit: number },
  { rule, jurisdiction, day }: RuleFilter,
) =>
  orm
    .select(RULE)
    .from(rules)
    .where(
      and(
        lt(rules.id, page.after),
        rule === undefined ? undefined : eq(rules.rule, rule),
        jurisdiction === undefined ? undefined : eq(rules.jurisdiction, jurisdiction),
        day === undefined
          ? undefined
          : and(lte(rules.inForceFrom, day), or(isNull(rules.inForceTo), gt(rules.inForceTo, day))),
      ),
    )
    .orderBy(desc(rules.id))
    .limit(page.limit);

export async function findRule({ orm }: Database, id: string) {
  const [row] = await orm.select(RULE).from(rules).where(eq(rules.id, id));
  return row;
}
