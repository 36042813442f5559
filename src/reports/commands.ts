import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { streamOfPolicy } from '../catalogue/policy-definitions.ts';
import type { Facts, PolicyBook } from '../catalogue/reference.ts';
import { delegationNeeds, mandateOf } from '../parties/delegations.ts';
import { siteKind } from '../parties/registers.ts';
import { type Act, refused, type Warning } from '../platform/acts.ts';
import type { Json, RecordedEvent } from '../platform/events.ts';
import { namedUuid } from '../platform/ids.ts';
import { notFound } from '../platform/register.ts';
import { inBoth } from '../platform/schema-messages.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { Uuid } from '../platform/values.ts';
import type { Refusal } from '../problems.ts';
import { figuresKey, figuresLookup } from './queries.ts';
import {
  type Change,
  COLUMNS,
  changesBetween,
  DEADLINES,
  dueOn,
  type Figures,
  isZero,
  PERIOD,
  type Period,
  periodOf,
} from './rules.ts';
import { reports } from './tables.ts';

/**
 * 申报 (HJ 1259-2022 7): a site confirms the figures the ledger gives for a period. What it confirms is what it sends: if
 * the ledger has moved on since, the answer says how, and nothing is kept. Once kept, figures stand; a later correction is
 * a version of its own that says what it changes.
 */
const QuantityBody = z.strictObject({ grams: z.number().int(), pieces: z.number().int() });
export const FiguresBody = z.strictObject({
  wasteCode: z.string().max(20),
  ...(Object.fromEntries(COLUMNS.map((column) => [column, QuantityBody])) as Record<
    (typeof COLUMNS)[number],
    typeof QuantityBody
  >),
});
export const PeriodName = z
  .string()
  .regex(
    PERIOD,
    inBoth('月（2026-10）、季度（2026-Q3）或年（2026）', 'a month (2026-10), a quarter (2026-Q3) or a year (2026)'),
  );

export const ReportBody = z.strictObject({
  siteId: Uuid,
  period: PeriodName,
  /** The figures of GET /v1/reports/draft, as they were read. */
  figures: z.array(FiguresBody).max(500),
  /** 零申报, said expressly: nothing came into being, came in, was treated or left. */
  zeroReport: z.boolean().default(false),
});
export type ReportInput = z.output<typeof ReportBody>;

export type Report = StateOf<typeof reports>;
export const reportId = (siteId: string, period: string): string => namedUuid(`report ${siteId} ${period}`);

export const reportKind = subjectKind({ name: 'report', rank: RANKS.fact, table: reports, evolve });

type ReportFields = Omit<Report, 'id' | 'firstConfirmedAt' | 'confirmedAt'>;

function evolve(state: Report | undefined, event: RecordedEvent): Report {
  const fields = event.data.report as unknown as ReportFields;
  return {
    ...fields,
    id: event.subject.id,
    firstConfirmedAt: state?.firstConfirmedAt ?? event.occurredAt,
    confirmedAt: event.occurredAt,
  };
}

/**
 * @refuses not-found (a site that is not the caller's to report for), not-your-act (a delegation that does not cover it), against-rule (the period
 * is not over; zero or not), version-mismatch (the ledger has changed since, with what changed), already-exists (confirmed with these figures).
 */
export const confirmReport: Act<ReportInput, PolicyBook> = {
  name: 'confirm_report',
  kind: 'paper',
  needs: ({ siteId, period }) => ({
    lock: [{ kind: 'report', id: reportId(siteId, period) }],
    read: [{ kind: 'site', id: siteId }],
  }),
  alsoNeeds({ siteId, period }, states, { caller }) {
    const site = states.get(siteKind, siteId);
    if (!site) return {};
    const { lookups = [] } = delegationNeeds(caller, site.partyId);
    return { lookups: [...lookups, { lookup: figuresLookup, key: figuresKey(siteId, periodOf(period)!) }] };
  },
  decide(input, states, facts) {
    const { siteId } = input;
    const site = states.get(siteKind, siteId);
    if (!site) return refused(notFound('site', siteId));
    const mandate = mandateOf(states, facts, { partyId: site.partyId, siteId, act: 'report' });
    if ('problem' in mandate) return refused(mandate);
    const period = periodOf(input.period)!;
    const { figures, ledgerOrdinal } = states.found(figuresLookup, figuresKey(siteId, period));
    const id = reportId(siteId, period.name);
    const before = states.get(reportKind, id);
    const refusal =
      notOver(period, dayInShanghai(facts.now)) ??
      movedOn(changesBetween(input.figures, figures)) ??
      zeroRefusal(input, figures) ??
      (before && changesBetween(before.figures, figures).length === 0 ? CONFIRMED_BEFORE : undefined);
    if (refusal) return refused(refusal);
    const due = dueOfPeriod(period, site.region, facts);
    const report: ReportFields = {
      siteId,
      partyId: site.partyId,
      region: site.region,
      period: period.name,
      periodType: period.type,
      fromDay: period.from,
      toDay: period.to,
      dueOn: due,
      figures,
      zero: isZero(figures),
      ledgerOrdinal,
    };
    const changes = before ? changesBetween(before.figures, figures) : [];
    return {
      events: [
        {
          type: before ? 'report_corrected' : 'report_confirmed',
          subject: { kind: 'report', id },
          occurredAt: facts.now,
          region: site.region,
          ...(mandate.onBehalfOf ? { onBehalfOf: mandate.onBehalfOf } : {}),
          refs: [siteId],
          data: { report: report as unknown as Json, ...(before ? { changes: changes as unknown as Json } : {}) },
        },
      ],
      answer: { id, period: period.name, dueOn: due, zeroReport: report.zero, changes: changes as unknown as Json },
      warnings: before ? [] : lateWarnings(period, due, dayInShanghai(facts.now)),
      status: before ? 200 : 201,
    };
  },
};

/** The last day, by the law of the place on the first day after the period. */
export function dueOfPeriod(period: Period, region: string, { reference }: Pick<Facts, 'reference'>): string {
  const { policy } = DEADLINES[period.type];
  return dueOn(period, reference.policy(policy, { region, stream: streamOfPolicy(policy), day: period.to }).value);
}

function notOver({ name, to, type }: Period, today: string): Refusal | undefined {
  if (today >= to) return undefined;
  return {
    problem: 'against-rule',
    detail: {
      zh: `${name} 尚未结束；自 ${to} 起方可申报。`,
      en: `${name} is not over; it can be confirmed from ${to} on.`,
    },
    basis: DEADLINES[type].basis,
    errors: [{ pointer: '/period', detail: { zh: `不早于 ${to}`, en: `not before ${to}` } }],
  };
}

const CHANGES_SHOWN_MAX = 50;

function movedOn(changes: readonly Change[]): Refusal | undefined {
  if (changes.length === 0) return undefined;
  return {
    problem: 'version-mismatch',
    detail: {
      zh: '您所送的数字与台账现有数字不一致（读取之后台账有变化）；请核对 errors 后重新读取 GET /v1/reports/draft。',
      en: 'The figures sent are not those of the ledger now (it has changed since they were read); see errors and read GET /v1/reports/draft again.',
    },
    errors: changes.slice(0, CHANGES_SHOWN_MAX).map(({ wasteCode, column, was, is }) => ({
      pointer: `/figures/${wasteCode}/${column}`,
      detail: {
        zh: `${was.grams} 克、${was.pieces} 件 → ${is.grams} 克、${is.pieces} 件`,
        en: `${was.grams} g, ${was.pieces} pieces → ${is.grams} g, ${is.pieces} pieces`,
      },
    })),
  };
}

/** Silence is not zero, and zero is not said of what has figures. */
function zeroRefusal({ zeroReport }: ReportInput, figures: readonly Figures[]): Refusal | undefined {
  if (zeroReport === isZero(figures)) return undefined;
  const detail = zeroReport
    ? {
        zh: '本期台账有产生、接收、利用处置或转出，不能零申报。',
        en: 'Something came into being, came in, was treated or left in this period; it is no zero report.',
      }
    : {
        zh: '本期台账没有任何进出；如确无发生，请以 zeroReport: true 明示零申报。',
        en: 'Nothing moved in this period; if that is so, say it expressly with zeroReport: true.',
      };
  return {
    problem: 'against-rule',
    detail,
    basis: '本平台约定 0016',
    errors: [{ pointer: '/zeroReport', detail: String(!zeroReport) }],
  };
}

const CONFIRMED_BEFORE: Refusal = {
  problem: 'already-exists',
  detail: { zh: '该期已以相同数字确认。', en: 'The period was confirmed with these very figures.' },
};

function lateWarnings({ type }: Period, due: string, today: string): Warning[] {
  if (today <= due) return [];
  const detail = { zh: `应于 ${due} 前申报，已逾期。`, en: `It was due on ${due} and is late.` };
  return [{ code: 'report-late', pointer: '/period', basis: DEADLINES[type].basis, detail }];
}
