import { addDays, dayInShanghai } from '../catalogue/calendar.ts';
import { streamOfPolicy } from '../catalogue/policy-definitions.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import { descendantsPresent } from '../catalogue/regions.ts';
import type { SiteClass } from '../parties/designations.ts';
import { jurisdictionOf } from '../parties/repository.ts';
import type { DelegableAct } from '../parties/tables.ts';
import { maySeeParty } from '../parties/visibility.ts';
import type { Caller } from '../platform/acts.ts';
import type { Database } from '../platform/connections.ts';
import { notFound } from '../platform/register.ts';
import { Problem } from '../problems.ts';
import { dueOfPeriod } from './commands.ts';
import { classFactsOf, confirmedOf, type SiteFacts, sitesIn, sitesOf } from './queries.ts';
import {
  type ClassVerdict,
  DEADLINES,
  judgeClass,
  owes,
  type Period,
  type PeriodType,
  periodsOwed,
  type ReportStatus,
  reaches,
  statusOf,
} from './rules.ts';

/** Who owes which report, and how each stands: class, period and what was confirmed, brought together. */
export interface Asking {
  readonly database: Database;
  readonly caller: Caller;
  /** The policies in force. */
  readonly book: PolicyBook;
  /** Civil day in Shanghai. */
  readonly today: string;
}

/** Whoever keeps a site's stock or reports for it sees what its reports are made of. */
export const SHOWN_TO: readonly DelegableAct[] = ['report', 'generation', 'storage'];

/** @throws Problem not-found for a site that does not exist or is not the caller's to see. */
export async function siteSeen({ database: { pool }, caller, today }: Asking, siteId: string): Promise<SiteFacts> {
  const [site] = await classFactsOf(pool, [siteId], today);
  if (site && (await maySeeParty(pool, caller, { ...site, day: today, acts: SHOWN_TO }))) return site;
  throw Problem.of(notFound('site', siteId));
}

export interface JudgedClass extends ClassVerdict {
  readonly thresholds: {
    readonly policyId: string;
    readonly keyGrams: number;
    readonly simpleGrams: number;
    readonly basis: string;
  };
}

/** The class of a site by the thresholds of its place on that day. */
export function classOn({ region, facts }: SiteFacts, day: string, book: PolicyBook): JudgedClass {
  const { id, value, basis } = book.policy('site-class-grams', {
    region,
    stream: streamOfPolicy('site-class-grams'),
    day,
  });
  return {
    ...judgeClass(facts, value),
    thresholds: { policyId: id, ...value, basis: `${basis.instrument} ${basis.article}` },
  };
}

export interface Due {
  /** Of the report; null while there is none. */
  readonly id: string | null;
  readonly siteId: string;
  readonly siteClass: SiteClass;
  readonly period: string;
  readonly periodType: PeriodType;
  readonly dueOn: string;
  readonly status: ReportStatus;
  readonly zero: boolean | null;
  readonly basis: string;
}

/** A period is judged by the class on its last day; one that still runs, by that of today. */
const judgedOn = ({ to }: Pick<Period, 'to'>, today: string): string => {
  const last = addDays(to, -1);
  return last < today ? last : today;
};

/** What a site owes of a calendar year. @throws Problem not-found as `siteSeen`. */
export async function duesOfSite(asking: Asking, siteId: string, year: number): Promise<Due[]> {
  await siteSeen(asking, siteId);
  const day = judgedOn({ to: `${year + 1}-01-01` }, asking.today);
  const [site] = await classFactsOf(asking.database.pool, [siteId], day);
  const { siteClass } = classOn(site!, day, asking.book);
  return standingOf(
    periodsOwed(year, siteClass, site!.since).map((period) => ({ site: site!, siteClass, period })),
    asking,
  );
}

const SITES_AT_ONCE = 100;
/** A page looks at so many sites and no more; fewer than asked for then say nothing of those beyond. */
const SITES_MAX = 5_000;

export interface DuesQuery {
  readonly period: Period;
  readonly region: string | undefined;
  readonly status: ReportStatus | undefined;
  /** Every site has an id below it. */
  readonly below: string;
  readonly rowsMax: number;
}

/** Who owes a report of a period: a member's own sites, those in a regulator's jurisdiction. By site, newest first. */
export async function duesOfPeriod(asking: Asking, query: DuesQuery): Promise<Due[]> {
  const { period, status, rowsMax } = query;
  const day = judgedOn(period, asking.today);
  const nextSites = await sitesAsked(asking, query.region);
  const found: Due[] = [];
  let below = query.below;
  for (let looked = 0; found.length < rowsMax && looked < SITES_MAX; looked += SITES_AT_ONCE) {
    const ids = await nextSites(below);
    const sites = await classFactsOf(asking.database.pool, ids, day);
    const judged = sites.map((site) => ({ site, siteClass: classOn(site, day, asking.book).siteClass, period }));
    const dues = await standingOf(
      judged.filter(({ site, siteClass }) => owes(siteClass, period.type) && reaches(period, site.since)),
      asking,
    );
    found.push(...dues.filter((due) => status === undefined || due.status === status));
    if (ids.length < SITES_AT_ONCE) break;
    below = ids.at(-1)!;
  }
  return found.slice(0, rowsMax);
}

async function sitesAsked({ database, caller }: Asking, region: string | undefined) {
  const { pool } = database;
  if (caller.role !== 'regulator') {
    const own = { partyId: caller.actor.party, siteId: caller.site ?? null };
    return (below: string) => sitesOf(pool, own, { below, rowsMax: SITES_AT_ONCE });
  }
  const { regions: watched } = await jurisdictionOf(database, caller);
  const asked = region === undefined ? undefined : descendantsPresent(region);
  const regions = asked ? watched.filter((code) => asked.includes(code)) : watched;
  return (below: string) => sitesIn(pool, regions, { below, rowsMax: SITES_AT_ONCE });
}

interface Owed {
  readonly site: SiteFacts;
  readonly siteClass: SiteClass;
  readonly period: Period;
}

async function standingOf(owed: readonly Owed[], { database, book, today }: Asking): Promise<Due[]> {
  const siteIds = [...new Set(owed.map(({ site }) => site.siteId))];
  const confirmed = await confirmedOf(database.pool, siteIds, [...new Set(owed.map(({ period }) => period.name))]);
  const reportOf = new Map(confirmed.map((report) => [`${report.siteId} ${report.period}`, report]));
  return owed.map(({ site, siteClass, period }) => {
    const report = reportOf.get(`${site.siteId} ${period.name}`);
    const due = dueOfPeriod(period, site.region, { reference: book });
    return {
      id: report?.id ?? null,
      siteId: site.siteId,
      siteClass,
      period: period.name,
      periodType: period.type,
      dueOn: due,
      status: statusOf(period, due, report ? dayInShanghai(report.firstConfirmedAt) : null, today),
      zero: report?.zero ?? null,
      basis: DEADLINES[period.type].basis,
    };
  });
}
