/**
 * What a rule is: its judge and what stands in code beside it. The numbers it judges by, where and when it is in force
 * and what it rests on are its dated rows (`rule-rows.ts`); a judge holds no threshold. Pure: no clock, no database, so
 * that event, deadline, preview and re-run all ask the same judge.
 */
import type { z } from 'zod';
import type { PolicyName } from '../../catalogue/policy-definitions.ts';
import type { PolicyBook } from '../../catalogue/reference.ts';
import type { Stream } from '../../catalogue/streams.ts';
import type { RecordedEvent } from '../../platform/events.ts';
import type { Bilingual } from '../../problems.ts';
import type { Code } from './codes.ts';
import type { RuleFacts, SubjectName } from './facts.ts';

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a tolerance, and the `over` of a step, is counted in. */
export const UNITS = ['grams', 'permille', 'pieces', 'count', 'minutes', 'hours', 'days', 'workingDays'] as const;
export type Unit = (typeof UNITS)[number];

/** Why a rule spoke: enough for a reader to check it without us. */
export interface Finding {
  readonly severity: Severity;
  /** What was seen and what it was held against, by name; the unit is in the name. Days and instants are text. */
  readonly observed: Readonly<Record<string, number | string>>;
  readonly expected: Readonly<Record<string, number | string>>;
  /** The line that was crossed, and who drew it. */
  readonly tolerance: { readonly name: string; readonly value: number; readonly unit: Unit; readonly source: string };
  readonly basis: string;
  /** Ids of the events, tickets and records it rests on. */
  readonly evidence: readonly string[];
  readonly summary: Bilingual;
  /** One question to the one party who can answer it. */
  readonly question: Bilingual & { readonly partyId: string };
}

/** From when to when a breach lasted; `to` is null while it does. */
export interface Lasted {
  readonly from: Date;
  readonly to: Date | null;
}

/**
 * `clear` closes a condition; `notJudged` names the fact that is missing. A breach says how long it `lasted`. `againAt`
 * is the next instant at which the same facts would give another answer: a deadline that came early asks again then.
 */
export type Verdict = { readonly againAt?: Date } & (
  | { readonly finding: Finding; readonly lasted?: Lasted }
  | { readonly clear: true }
  | { readonly notJudged: string }
);

/** The severity from a measure on: it must be more than `over`, or, for a clock, have reached it. */
export interface Step {
  readonly severity: Severity;
  readonly over: number;
}

/** The part of a rule's row that a judge sees. */
export interface RowTerms<Parameters> {
  readonly parameters: Parameters;
  /** From the least to the worst. */
  readonly steps: readonly Step[];
  readonly basis: string;
}

export interface RuleRow<Parameters = Readonly<Record<string, unknown>>> extends RowTerms<Parameters> {
  readonly id: string;
  readonly version: number;
  readonly rule: string;
  readonly jurisdiction: string;
  readonly stream: Stream | '*';
  readonly ours: boolean;
  readonly enabled: boolean;
  readonly inForceFrom: string;
  readonly inForceTo: string | null;
}

export interface Place {
  readonly region: string;
  readonly stream: Stream;
  /** The day whose law judges, Asia/Shanghai. */
  readonly day: string;
}

/** Policies and rule rows in force, as one snapshot. */
export interface RuleBook extends PolicyBook {
  /** Undefined where no row is in force, or the one that is has been switched off. */
  rule<Parameters>(id: string, at: Place): RuleRow<Parameters> | undefined;
}

/** Where and when the law is looked up, and whom the anomaly concerns. */
export interface Scene extends Place {
  readonly partyIds: readonly string[];
  readonly regions: readonly string[];
}

/** When a judgement is made, and of which period. */
export interface Asked {
  readonly now: Date;
  readonly period: string;
}

export interface Context<Parameters> extends RowTerms<Parameters>, Asked {
  readonly scene: Scene;
  /** Policies of the same snapshot. */
  readonly book: Pick<PolicyBook, 'policy' | 'policyIf'>;
}

/** Whom an event makes a rule look at: the event's own subject, or others that a query names (`WAKES` of queries.ts). */
export const WAKES = [
  'itself',
  'stock_accounts',
  'licences_counted',
  'plans_counted',
  'validity_of_permit',
  'capacities_counted',
  'project_months',
  'same_plate',
  'same_plate_before',
  'same_weighing',
  'whole_weighings',
  'overdue_batches',
  'stores_of_batches',
  'stores_named',
  'waybills_naming',
  'batches_in_container',
  'pickup_before',
  'claims_of_exemptions',
  'containers_of_batches',
  'containers_weighed',
] as const;
export type Wake = (typeof WAKES)[number];

export interface Rule<
  Subject extends SubjectName = SubjectName,
  Names extends keyof RuleFacts = keyof RuleFacts,
  Parameters = unknown,
> {
  readonly id: string;
  /** What it finds, in the list of what ought to be found (`codes.ts`); empty for a rule that is our own idea. */
  readonly codes: readonly Code[];
  /** A condition is cleared when it no longer holds; a breach happened, and stays until a person closes it. */
  readonly kind: 'condition' | 'breach';
  readonly title: Bilingual;
  readonly streams: readonly Stream[];
  /** What an anomaly of it is about. */
  readonly subject: Subject;
  readonly parameters: z.ZodType<Parameters>;
  /** What its steps count; null when its severities come from a policy. */
  readonly unit: Unit | null;
  /** Policies it judges by: when a row of one changes, what is open is judged again. */
  readonly policies?: readonly PolicyName[];
  /** Facts it needs besides its subject. */
  readonly facts: readonly Names[];
  /** By event type; `stock_moved` stands for every event that moves mass into or out of a stock. */
  readonly wokenBy: Readonly<Record<string, Wake>>;
  /** When to look again though nothing happens. Told with the event that starts the clock; null when there is no row. */
  readonly deadline?: {
    readonly on: readonly string[];
    at(subject: RuleFacts[Subject], event: RecordedEvent, book: RuleBook): Date | null;
  };
  sceneOf(facts: Pick<RuleFacts, Subject | Names>, asked: Asked): Scene | { readonly notJudged: string };
  judge(facts: Pick<RuleFacts, Subject | Names>, context: Context<Parameters>): Verdict;
}

/** The worst step that a measure is over. */
export const stepOver = (steps: readonly Step[], measure: number): Step | undefined =>
  steps.findLast(({ over }) => measure > over);
/** Of clocks: what is due at an instant is overdue at that instant (`endOfDayInShanghai`). */
export const stepReached = (steps: readonly Step[], measure: number): Step | undefined =>
  steps.findLast(({ over }) => measure >= over);

export const HOUR_MS = 3_600_000;
export const hoursBetween = (from: Date, to: Date): number => (to.getTime() - from.getTime()) / HOUR_MS;
export const hoursAfter = (instant: Date, hours: number): Date => new Date(instant.getTime() + hours * HOUR_MS);

/** Grams as a sentence says them, to the gram and with their unit: 880 kg, 12.345678 t, 1,200 t. */
export function massText(grams: number): string {
  const [divisor, unit] = Math.abs(grams) < 1_000_000 ? [1_000, 'kg'] : [1_000_000, 't'];
  return `${(grams / divisor).toLocaleString('en-US', { maximumFractionDigits: 6 })} ${unit}`;
}

/**
 * Of a term that runs out at `dueAt` and was or was not kept: nothing before it, then a breach that grows by the steps
 * (in hours past the term) until it is over.
 */
export function judgeTerm(
  steps: readonly Step[],
  { dueAt, doneAt, now }: { readonly dueAt: Date; readonly doneAt: Date | null; readonly now: Date },
  findingOf: (step: Step) => Finding,
): Verdict {
  const seenAt = doneAt ?? now;
  const step = stepReached(steps, hoursBetween(dueAt, seenAt));
  const next = steps.find(({ over }) => hoursBetween(dueAt, seenAt) < over);
  const againAt = doneAt || !next ? {} : { againAt: hoursAfter(dueAt, next.over) };
  if (!step) return { clear: true, ...againAt };
  return { finding: findingOf(step), lasted: { from: hoursAfter(dueAt, steps[0]!.over), to: doneAt }, ...againAt };
}
