import type pg from 'pg';
import type { PolicyValue } from '../catalogue/policy-definitions.ts';
import { streamOfCodeSql } from '../catalogue/streams.ts';
import { FUTURE_TOLERANCE_MS } from '../platform/group-deciding.ts';
import { earliestIdOf } from '../platform/ids.ts';
import { CEILING } from '../platform/lists.ts';
import { startOfDay } from './queries.ts';
import type { Period } from './rules.ts';

/**
 * 覆盖: of the units that are expected to hand over or report, which did in a month, which said expressly that there was nothing, and
 * which are silent (decision 0014). A unit is a designation `expected_unit`, once however often it was entered.
 */
export const COVERAGE_STATES = ['covered', 'zero_report', 'silent'] as const;
export type CoverageState = (typeof COVERAGE_STATES)[number];

export interface CoverageQuestion {
  readonly regions: readonly string[];
  readonly stream: string;
  readonly period: Period;
  readonly counts: PolicyValue<'coverage-counts'>;
}

/** A fact in the month that counts: a load that left and has been received since, or anything that moved at all. What puts an earlier fact right is none. */
const FACT_SQL = `exists (
    select 1 from accounts a join postings p on p.account_id = a.id
    left join manifests m on m.id = p.manifest_id
    where a.party_id = d.party_id and (d.site_id is null or a.site_id = d.site_id) and a.role = 'stock'
      and ${streamOfCodeSql('a.waste_code')} = $2
      and p.occurred_at >= $5 and p.occurred_at < $6 and p.event_id >= $7
      and not exists (select 1 from custody_events e where e.id = p.event_id and e.type = 'manifest_corrected')
      and ($8 = 'any_fact' or p.n & 1 = 0 and m.consignor_id = d.party_id and m.status = 'received'))`;

const ZERO_SQL = `exists (
    select 1 from reports r join sites s on s.id = r.site_id
    where s.party_id = d.party_id and (d.site_id is null or s.id = d.site_id) and r.zero and r.from_day <= $3 and r.to_day >= $4)`;

const UNITS_SQL = `select d.id, d.party_id, d.site_id, coalesce(s.region, p.region) as region
  from designations d join parties p on p.id = d.party_id left join sites s on s.id = d.site_id
  where d.type = 'expected_unit' and d.stream = $2 and coalesce(s.region, p.region) = any($1::text[]) and d.valid_from < $4 and (d.valid_to is null or d.valid_to > $3) and d.id < $9
    and not exists (select 1 from designations o where o.party_id = d.party_id and o.site_id is not distinct from d.site_id and o.type = d.type and o.stream = d.stream
      and o.id > d.id and o.valid_from < $4 and (o.valid_to is null or o.valid_to > $3) and (o.valid_to is null or o.valid_to > o.valid_from))
    and (d.valid_to is null or d.valid_to > d.valid_from)`;

const STATE_SQL = `case when ${FACT_SQL} then 'covered' when ${ZERO_SQL} then 'zero_report' else 'silent' end`;

const valuesOf = ({ regions, stream, period, counts }: CoverageQuestion, below: string): unknown[] => {
  const start = startOfDay(period.from);
  const floor = earliestIdOf(new Date(start.getTime() - FUTURE_TOLERANCE_MS));
  return [regions, stream, period.from, period.to, start, startOfDay(period.to), floor, counts, below];
};

/** How many units are in each state. */
export async function coverageOf(pool: pg.Pool, question: CoverageQuestion): Promise<Record<CoverageState, number>> {
  const { rows } = await pool.query<{ state: CoverageState; units: number }>({
    name: 'coverage',
    text: `select ${STATE_SQL} as state, count(*)::int as units from (${UNITS_SQL}) d group by 1`,
    values: valuesOf(question, CEILING),
  });
  const unitsIn = (state: CoverageState) => rows.find((row) => row.state === state)?.units ?? 0;
  return { covered: unitsIn('covered'), zero_report: unitsIn('zero_report'), silent: unitsIn('silent') };
}

export interface SilentUnit {
  /** Of the designation. */
  readonly id: string;
  readonly partyId: string;
  readonly partyName: string;
  readonly siteId: string | null;
  readonly region: string;
}

/** Those of whom nothing was heard, the last designated first. */
export async function silentUnits(
  pool: pg.Pool,
  question: CoverageQuestion,
  { below, rowsMax }: { readonly below: string; readonly rowsMax: number },
): Promise<SilentUnit[]> {
  const { rows } = await pool.query<SilentUnit>({
    name: 'silent-units',
    text: `select d.id, d.party_id as "partyId", parties.name as "partyName", d.site_id as "siteId", d.region
      from (${UNITS_SQL}) d join parties on parties.id = d.party_id where not ${FACT_SQL} and not ${ZERO_SQL} order by d.id desc limit $10`,
    values: [...valuesOf(question, below), rowsMax],
  });
  return rows;
}
