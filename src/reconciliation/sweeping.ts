import type pg from 'pg';
import { addDays, addMonths, dayInShanghai } from '../catalogue/calendar.ts';
import type { Act, JobDraft } from '../platform/acts.ts';
import type { Clock } from '../platform/clock.ts';
import { RULES } from './rules/all.ts';
import type { Each, Sweep } from './rules/rule.ts';

/**
 * Sweeps: what nothing wakes is looked at once its period is over. Each period of each rule is begun once, by whichever process sees
 * first that it is over, and goes page by page; what was missed while nothing ran is made up for, as far back as `CATCH_UP`.
 */
const CATCH_UP: Readonly<Record<Each, number>> = { day: 31, month: 3 };
const PAGE_ROWS_MAX = 500;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** Whom a sweep looks at: `$1` is the first day of the period, `$2` the day after its last, `$3` the id after which, `$4` how many. */
const SWEEPS: Readonly<Record<Sweep, string>> = {
  /** Sites from or to which something was on a manifest within a year before the end of the period. */
  manifested_sites: `select s.id from sites s where s.id > $3::uuid and exists (
      select from manifests m where s.id in (m.consignor_site_id, m.consignee_site_id)
        and m.issued_at >= ($2::date - 365)::timestamp at time zone 'Asia/Shanghai' and $1::date is not null)
    order by s.id limit $4`,
};

export interface Page {
  readonly ids: readonly string[];
  /** Where the next one begins; undefined after the last. */
  readonly after: string | undefined;
}

export async function sweptPage(pool: pg.Pool, sweep: Sweep, period: string, after: string): Promise<Page> {
  const { from, until } = boundsOf(period);
  const { rows } = await pool.query<{ id: string }>({
    name: `sweep-${sweep}`,
    text: SWEEPS[sweep],
    values: [from, until, after, PAGE_ROWS_MAX],
  });
  return { ids: rows.map(({ id }) => id), after: rows.length === PAGE_ROWS_MAX ? rows.at(-1)!.id : undefined };
}

/** First day of a day or a month, and the day after its last. @throws RangeError for a period that is neither. */
export function boundsOf(period: string): { readonly from: string; readonly until: string } {
  if (period.length === 10) return { from: period, until: addDays(period, 1) };
  return { from: `${period}-01`, until: addMonths(`${period}-01`, 1) };
}

/** The periods that are over, the last first. Pure. */
function endedPeriods(each: Each, now: Date): string[] {
  const today = dayInShanghai(now);
  return Array.from({ length: CATCH_UP[each] }, (_, nth) =>
    each === 'day' ? addDays(today, -1 - nth) : addMonths(`${today.slice(0, 7)}-01`, -1 - nth).slice(0, 7),
  );
}

/** The first time a rule is swept there is nothing to make up for: the period that has just ended is its first. */
const BEGIN_SQL = `with due as (
    select $1::text as rule, p.period from unnest($2::text[]) with ordinality as p(period, nth)
    where nth = 1 or p.period > (select min(period) from sweeps where rule = $1)
  ), begun as (
    insert into sweeps (rule, period, begun_at) select rule, period, $3 from due on conflict do nothing returning rule, period
  )
  insert into outbox (job, payload, available_at)
  select 'sweep', jsonb_build_object('rule', rule, 'period', period, 'after', '${BEFORE_ALL}'), $3 from begun order by period`;

/** Begins every sweep whose period is over. Safe in several processes at once, and as often as one likes. */
export async function beginSweeps({ pool }: { readonly pool: pg.Pool }, clock: Clock): Promise<void> {
  const now = clock.now();
  for (const { id, sweep } of RULES)
    if (sweep)
      await pool.query({ name: 'sweeps-begin', text: BEGIN_SQL, values: [id, endedPeriods(sweep.each, now), now] });
}

/** Goes on with a sweep at its next page, in the transaction that ends this one. */
export const sweepOn: Act<{ readonly rule: string; readonly period: string; readonly after: string }> = {
  name: 'sweep',
  kind: 'system',
  needs: () => ({}),
  decide: ({ rule, period, after }) => ({ events: [], answer: {}, jobs: [pageJob(rule, period, after)] }),
};

const pageJob = (rule: string, period: string, after: string): JobDraft => ({
  job: 'sweep',
  payload: { rule, period, after },
});
