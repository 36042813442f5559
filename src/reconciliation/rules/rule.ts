import type { Bilingual } from '../../problems.ts';

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Why a rule spoke: enough for a reader to check it without us. */
export interface Finding {
  readonly severity: Severity;
  /** What was seen and what it was held against, in grams or pieces, by name. */
  readonly observed: Readonly<Record<string, number>>;
  readonly expected: Readonly<Record<string, number>>;
  readonly tolerance: { readonly name: string; readonly grams: number; readonly source: string };
  readonly basis: string;
  /** Ids of the events and tickets it rests on. */
  readonly evidence: readonly string[];
  readonly summary: Bilingual;
  /** One question to the one party who can answer it. */
  readonly question: Bilingual & { readonly partyId: string };
}

/** `clear` closes a condition; `notJudged` names the fact that is missing. */
export type Verdict = { readonly finding: Finding } | { readonly clear: true } | { readonly notJudged: string };
