import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { RegionCode, withRemarks } from '../catalogue/commands.ts';
import { regionOn } from '../catalogue/regions.ts';
import type { DatedRow } from '../catalogue/registers.ts';
import { STREAMS } from '../catalogue/streams.ts';
import type { Facts, Reference, States, Warning } from '../platform/acts.ts';
import { type RegisterInput, registerActs } from '../platform/register.ts';
import { CivilDay, ShortText } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';
import { type RuleState, ruleKey, ruleKind, ruleRowsLookup, StepSchema, wrongTerms } from './rule-rows.ts';

/**
 * Rule rows are entered and amended like policies: a change is a new row with its own `inForceFrom`, and the row before
 * it is amended once, to say when it ended.
 */
const STEPS_MAX = 3;

export const RuleBody = z.strictObject({
  rule: z.string().min(1).max(40),
  /** 000000 is the nation. */
  jurisdiction: RegionCode,
  stream: z.enum([...STREAMS, '*']),
  /** Their form depends on the rule; the unit is in the name. */
  parameters: z.record(z.string(), z.unknown()).default({}),
  steps: z.array(StepSchema).max(STEPS_MAX).default([]),
  basis: ShortText,
  /** True when a number in it is our own default. */
  ours: z.boolean().default(false),
  enabled: z.boolean().default(true),
  inForceFrom: CivilDay,
  /** First day on which it is no longer in force; null while it is. */
  inForceTo: CivilDay.nullable().default(null),
});
export type RuleRecord = z.output<typeof RuleBody>;

const acts = registerActs<RuleRecord, RuleState, Reference>(ruleKind, {
  reads: (record) => ({ lookups: [{ lookup: ruleRowsLookup, key: ruleKey(record) }] }),
  region: (record) => record.jurisdiction,
  check: (record, { before, states, facts }) =>
    (before && otherRule(record, before)) ??
    recordRefusal(record, dayInShanghai(facts.now)) ??
    clashing(record, othersOf(states, record, before?.id)),
});

/** @refuses against-rule: parameters, steps, stream or term do not fit; another row of the rule is in force then. */
export const registerRule = withRemarks(acts.register, remarksOn);
/** @refuses as above, and not-found, version-mismatch. */
export const amendRule = withRemarks(acts.amend, remarksOn);

function recordRefusal(record: RuleRecord, today: string): Refusal | undefined {
  const { jurisdiction, inForceFrom, inForceTo } = record;
  const wrong = wrongTerms(record);
  if (wrong) return against(wrong.pointer, wrong.zh, wrong.en);
  if (inForceTo !== null && inForceTo <= inForceFrom)
    return against(
      '/inForceTo',
      `inForceTo 是失效首日，须晚于 inForceFrom（${inForceFrom}）。`,
      `inForceTo is the first day without force and must be after inForceFrom (${inForceFrom}).`,
    );
  if (!regionOn(jurisdiction, inForceFrom) && !regionOn(jurisdiction, today))
    return against(
      '/jurisdiction',
      `${jurisdiction} 在 ${inForceFrom} 及今日均不是有效的行政区划代码；见 GET /v1/regions。`,
      `${jurisdiction} is no region code in force on ${inForceFrom} or today; see GET /v1/regions.`,
    );
  return undefined;
}

function clashing(record: RuleRecord, others: readonly DatedRow[]): Refusal | undefined {
  const endsAfter = (to: string | null, day: string) => to === null || to > day;
  const clash = others.find(
    (other) => endsAfter(other.inForceTo, record.inForceFrom) && endsAfter(record.inForceTo, other.inForceFrom),
  );
  if (!clash) return undefined;
  const { rule, jurisdiction, stream } = record;
  const term = `${clash.inForceFrom}…${clash.inForceTo ?? ''}`;
  return against(
    '/inForceFrom',
    `${rule} 在 ${jurisdiction}（${stream}）已有一行于 ${term} 有效（${clash.id}）；请先修改该行的 inForceTo，或另选时段。`,
    `${rule} has a row for ${jurisdiction} (${stream}) in force ${term} (${clash.id}); amend its inForceTo first, or choose another term.`,
  );
}

/** A row keeps what it is about; another rule, place or stream is another row. */
function otherRule(record: RuleRecord, before: RuleState): Refusal | undefined {
  const changed = (['rule', 'jurisdiction', 'stream'] as const).find((key) => record[key] !== before[key]);
  if (!changed) return undefined;
  return against(
    `/${changed}`,
    `不能修改 ${changed}（现为 ${before[changed]}）；请另行登记一行。`,
    `${changed} cannot be changed (it is ${before[changed]}); enter another row.`,
  );
}

/** What looks back is judged again: the service does so by itself, for what is open and for what has a deadline ahead. */
function remarksOn({ record }: RegisterInput<RuleRecord>, _states: States, facts: Facts): readonly Warning[] {
  const { inForceFrom } = record;
  if (inForceFrom >= dayInShanghai(facts.now)) return [];
  return [
    {
      code: 'rule-looks-back',
      pointer: '/inForceFrom',
      detail: {
        zh: `自 ${inForceFrom} 起有效：未结异常和未到期的时限将按此行重新判断；已结的保留其依据的版本。`,
        en: `In force from ${inForceFrom}: open anomalies and deadlines ahead are judged again by it; what is closed keeps the version it rests on.`,
      },
    },
  ];
}

const othersOf = (states: States, record: RuleRecord, id: string | undefined): readonly DatedRow[] =>
  states.found(ruleRowsLookup, ruleKey(record)).filter((row) => row.id !== id);
