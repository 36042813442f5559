import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { RegionCode } from '../catalogue/commands.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import { streamOfCode } from '../catalogue/streams.ts';
import { SITE_CLASSES } from '../parties/designations.ts';
import { maySeeParty, sightOf } from '../parties/visibility.ts';
import type { Caller } from '../platform/acts.ts';
import { ActAnswer, type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { exampleId } from '../platform/ids.ts';
import { CEILING, PageQuery, pageOf, readKeyset, sendKeyset } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { BasisView, InstantView, Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import { confirmReport, dueOfPeriod, FiguresBody, PeriodName, ReportBody } from './commands.ts';
import { type Asking, classOn, duesOfPeriod, duesOfSite, SHOWN_TO, siteSeen } from './dues.ts';
import { figuresNow, findReport, versionsOf } from './queries.ts';
import {
  COLUMNS,
  changesBetween,
  DEADLINES,
  isZero,
  owes,
  PERIOD_TYPES,
  PLAN_PARTS,
  periodOf,
  REPORT_STATUSES,
  statusOf,
} from './rules.ts';

/** What these reads need besides: the policies in force. */
export type ReportServices = Services & { readonly reference: () => PolicyBook };

const Quantity = z.object({ grams: z.number().int(), pieces: z.number().int() });
const ChangeView = z.object({ wasteCode: z.string(), column: z.enum(COLUMNS), was: Quantity, is: Quantity });

const DueView = z.object({
  /** Of the report; null while there is none. */
  id: Uuid.nullable(),
  siteId: Uuid,
  siteClass: z.enum(SITE_CLASSES),
  period: z.string(),
  periodType: z.enum(PERIOD_TYPES),
  dueOn: z.iso.date(),
  status: z.enum(REPORT_STATUSES),
  zero: z.boolean().nullable(),
  basis: BasisView,
});

const DraftView = z.object({
  siteId: Uuid,
  period: z.string(),
  from: z.iso.date(),
  to: z.iso.date(),
  over: z.boolean(),
  dueOn: z.iso.date(),
  zeroReport: z.boolean(),
  ledgerOrdinal: z.number().int(),
  figures: z.array(FiguresBody).readonly(),
});

const ReportView = z.object({
  id: Uuid,
  version: z.number().int(),
  siteId: Uuid,
  partyId: Uuid,
  period: z.string(),
  dueOn: z.iso.date(),
  status: z.enum(REPORT_STATUSES),
  zero: z.boolean(),
  ledgerOrdinal: z.number().int(),
  firstConfirmedAt: InstantView,
  confirmedAt: InstantView,
  figures: z.array(FiguresBody).readonly(),
  versions: z.array(
    z.object({
      version: z.number().int(),
      recordedAt: z.iso.datetime(),
      confirmedById: Uuid,
      onBehalfOf: Uuid.nullable(),
      changes: z.array(ChangeView),
    }),
  ),
  /** What the ledger says of the period now that it did not say then; a correction would record it. */
  changedSince: z.array(ChangeView).readonly(),
});

const ClassView = z.object({
  siteId: Uuid,
  day: z.iso.date(),
  siteClass: z.enum(SITE_CLASSES),
  because: z.enum(['override', 'licence', 'own_treatment', 'mass']),
  basis: BasisView,
  yearlyGrams: z.number().int(),
  provisional: z.boolean(),
  years: z.array(z.object({ year: z.number().int(), grams: z.number().int(), full: z.boolean() })).readonly(),
  treatsItself: z.boolean(),
  licenceNumber: z.string().nullable(),
  override: z
    .object({ designationId: Uuid, siteClass: z.enum(SITE_CLASSES), reason: z.string().nullable() })
    .nullable(),
  thresholds: z.object({ policyId: z.string(), keyGrams: z.number(), simpleGrams: z.number(), basis: BasisView }),
  planParts: z.array(z.string()).readonly(),
  planBasis: z.string(),
  reports: z.array(z.object({ periodType: z.enum(PERIOD_TYPES), basis: BasisView })),
});

/** 管理类别 and 申报 (HJ 1259-2022 4.2, 7). */
export function reportRoutes(app: App, services: ReportServices): void {
  const { database, clock, reference } = services;
  const ask = (caller: Caller): Asking => ({
    database,
    caller,
    book: reference(),
    today: dayInShanghai(clock.now()),
  });
  classRoute(app, ask);
  draftRoute(app, ask);
  addAct(app, services.journal, {
    url: '/v1/reports',
    operation: 'reports.confirm',
    summary: '确认申报 · Confirm the figures of a period as they were read; the second time, correct them',
    act: confirmReport,
    body: ReportBody,
    example: { siteId: exampleId('consignor site'), period: '2026-06', figures: [], zeroReport: true },
    answer: ActAnswer.extend({
      period: z.string(),
      dueOn: z.iso.date(),
      zeroReport: z.boolean(),
      changes: z.array(ChangeView),
    }),
    input: ({ body }) => body,
  });
  dueRoutes(app, ask);
  reportRoute(app, ask);
}

type Ask = (caller: Caller) => Asking;

function classRoute(app: App, ask: Ask): void {
  app.get(
    '/v1/sites/:id/class',
    {
      config: { operation: 'site-class.read' },
      schema: {
        summary: '管理类别 · The class of a site, what it rests on, and what it owes',
        tags: ['sites'],
        params: Id,
        response: { 200: ClassView, default: ProblemView },
      },
    },
    async (request) => {
      const asking = ask(request.caller);
      const site = await siteSeen(asking, request.params.id);
      const judged = classOn(site, asking.today, asking.book);
      const plan = PLAN_PARTS[judged.siteClass];
      return {
        siteId: site.siteId,
        day: asking.today,
        ...site.facts,
        ...judged,
        planParts: plan.parts,
        planBasis: plan.basis,
        reports: PERIOD_TYPES.filter((type) => owes(judged.siteClass, type)).map((periodType) => ({
          periodType,
          basis: DEADLINES[periodType].basis,
        })),
      };
    },
  );
}

/** A regulator sees the wastes of its streams. */
async function shownTo({ database: { pool }, caller }: Asking) {
  const { streams } = await sightOf(pool, caller);
  return (row: { readonly wasteCode: string }) => streams === null || streams.includes(streamOfCode(row.wasteCode));
}

function draftRoute(app: App, ask: Ask): void {
  app.get(
    '/v1/reports/draft',
    {
      config: { operation: 'reports.read' },
      schema: {
        summary: '申报草稿 · The figures of a period as the ledger gives them now',
        tags: ['reports'],
        querystring: z.strictObject({ siteId: Uuid, period: PeriodName }),
        response: { 200: DraftView, default: ProblemView },
      },
    },
    async (request) => {
      const asking = ask(request.caller);
      const site = await siteSeen(asking, request.query.siteId);
      const period = periodOf(request.query.period)!;
      const { figures, ledgerOrdinal } = await figuresNow(asking.database.pool, site.siteId, period);
      return {
        siteId: site.siteId,
        period: period.name,
        from: period.from,
        to: period.to,
        over: asking.today >= period.to,
        dueOn: dueOfPeriod(period, site.region, { reference: asking.book }),
        zeroReport: isZero(figures),
        ledgerOrdinal,
        figures: figures.filter(await shownTo(asking)),
      };
    },
  );
}

function reportRoute(app: App, ask: Ask): void {
  app.get(
    '/v1/reports/:id',
    {
      config: { operation: 'reports.read' },
      schema: {
        summary: '申报 · One report, its versions, and what has changed since',
        tags: ['reports'],
        params: Id,
        response: { 200: ReportView, default: ProblemView },
      },
    },
    async (request, reply) => {
      const asking = ask(request.caller);
      const { database, caller, today } = asking;
      const { pool } = database;
      const report = await findReport(pool, request.params.id);
      if (!report || !(await maySeeParty(pool, caller, { ...report, day: today, acts: SHOWN_TO })))
        throw Problem.of(notFound('report', request.params.id));
      const shown = await shownTo(asking);
      const period = periodOf(report.period)!;
      const { figures } = await figuresNow(pool, report.siteId, period);
      const versions = await versionsOf(pool, report.id);
      const { region: _, ...view } = report;
      reply.header('etag', `"${report.version}"`);
      return {
        ...view,
        status: statusOf(period, report.dueOn, dayInShanghai(report.firstConfirmedAt), today),
        figures: report.figures.filter(shown),
        versions: versions.map((version) => ({ ...version, changes: version.changes.filter(shown) })),
        changedSince: changesBetween(report.figures, figures).filter(shown),
      };
    },
  );
}

const AfterSite = z.strictObject({ siteId: z.uuid() });

const YEAR = z.coerce.number().int().min(2000).max(2199);

function dueRoutes(app: App, ask: Ask): void {
  app.get(
    '/v1/sites/:id/reports',
    {
      config: { operation: 'reports.read' },
      schema: {
        summary: '应申报 · What a site owes of a year, and how each stands',
        tags: ['reports'],
        params: Id,
        querystring: z.strictObject({ year: YEAR }),
        response: { 200: z.object({ items: z.array(DueView) }), default: ProblemView },
      },
    },
    async ({ caller, params, query }) => ({ items: await duesOfSite(ask(caller), params.id, query.year) }),
  );

  app.get(
    '/v1/reports',
    {
      config: { operation: 'reports.read' },
      schema: {
        summary: '申报情况 · Who owes a report of a period, and how it stands',
        tags: ['reports'],
        querystring: PageQuery.extend({
          period: PeriodName,
          region: RegionCode.optional(),
          status: z.enum(REPORT_STATUSES).optional(),
        }),
        response: { 200: pageOf(DueView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { limit, cursor, period, region, status } = request.query;
      const after = readKeyset(cursor, AfterSite);
      const page = { below: after?.siteId ?? CEILING, rowsMax: limit + 1 };
      const rows = await duesOfPeriod(ask(request.caller), { period: periodOf(period)!, region, status, ...page });
      return sendKeyset(request, reply, rows, { limit, keyOf: ({ siteId }) => ({ siteId }) });
    },
  );
}
