import { z } from 'zod';
import type { Act, Facts, Reference, States, Warning } from '../platform/acts.ts';
import { canonicalText } from '../platform/events.ts';
import { type RegisterInput, registerActs } from '../platform/register.ts';
import { fieldErrors, inBoth } from '../platform/schema-messages.ts';
import { CivilDay, ShortText } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';
import { dayInShanghai } from './calendar.ts';
import { LOOKED_UP, saidOtherwise } from './looked-up.ts';
import { LOOKS_AT, POLICIES, POLICY_NAMES, POLICY_PLACES } from './policy-definitions.ts';
import { NATION, regionOn } from './regions.ts';
import { type DatedRow, type PolicyState, policyKey, policyKind, policyRowsLookup } from './registers.ts';
import { STREAMS } from './streams.ts';

/**
 * Policy rows are entered and amended like any register. The law changes by a new row with its own `inForceFrom`; the
 * row before it is amended once, to say when it ended.
 */
export const RegionCode = z.string().regex(/^\d{6}$/, inBoth('GB/T 2260 六位代码', 'GB/T 2260, six digits'));

export const PolicyBody = z.strictObject({
  policy: z.enum(POLICY_NAMES),
  /** 000000 is the nation. */
  jurisdiction: RegionCode,
  stream: z.enum([...STREAMS, '*']),
  /** Its form depends on the policy; the unit is in the policy's name. */
  value: z.unknown(),
  looksAt: z.enum(LOOKS_AT),
  place: z.enum(POLICY_PLACES),
  basis: z.strictObject({ instrument: ShortText, article: ShortText }),
  /** True when no text sets it and the value is our own default. */
  ours: z.boolean().default(false),
  inForceFrom: CivilDay,
  /** First day on which it is no longer in force; null while it is. */
  inForceTo: CivilDay.nullable().default(null),
});
export type PolicyRecord = z.output<typeof PolicyBody>;

const acts = registerActs<PolicyRecord, PolicyState, Reference>(policyKind, {
  reads: (record) => ({ lookups: [{ lookup: policyRowsLookup, key: policyKey(record) }] }),
  region: (record) => record.jurisdiction,
  check: (record, { before, states, facts }) =>
    (before && otherPolicy(record, before)) ??
    policyRefusal(record, dayInShanghai(facts.now)) ??
    overlapping(record, othersOf(states, record, before?.id)),
});

/** @refuses against-rule: value, stream, term, or by what it is looked up does not fit; another row of the same policy is in force then. */
export const registerPolicy = withRemarks(acts.register, remarksOn);
/** @refuses as above, and not-found, version-mismatch. */
export const amendPolicy = withRemarks(acts.amend, remarksOn);

/** An act whose acceptance carries warnings of its own. */
export function withRemarks<Input, R extends Reference>(
  act: Act<Input, R>,
  remarks: (input: Input, states: States, facts: Facts<R>) => readonly Warning[],
): Act<Input, R> {
  return {
    ...act,
    decide(input, states, facts) {
      const decision = act.decide(input, states, facts);
      if ('refused' in decision) return decision;
      return { ...decision, warnings: [...(decision.warnings ?? []), ...remarks(input, states, facts)] };
    },
  };
}

/** What is wrong with a row by itself. Pure. */
export function policyRefusal(record: PolicyRecord, today: string): Refusal | undefined {
  const { policy, jurisdiction, stream, value, inForceFrom, inForceTo } = record;
  const definition = POLICIES[policy];
  const parsed = definition.value.safeParse(value);
  if (!parsed.success) {
    return {
      problem: 'against-rule',
      detail: {
        zh: `“${definition.zh}”（${policy}）的取值不符合格式，见 errors。`,
        en: `The value does not fit ${policy} (${definition.en}); see errors.`,
      },
      errors: fieldErrors(parsed.error.issues, '/value'),
    };
  }
  const streams: readonly string[] = definition.streams;
  if (stream !== '*' && !streams.includes(stream)) {
    return against(
      '/stream',
      `${policy} 不适用于 ${stream}；可用：${streams.join('、')} 或 *。`,
      `${policy} has no meaning for ${stream}; it knows ${streams.join(', ')} or *.`,
    );
  }
  const otherwise = saidOtherwise(record);
  if (otherwise) {
    const right = LOOKED_UP[policy][otherwise];
    return against(
      `/${otherwise}`,
      `${policy} 的 ${otherwise} 为 ${right.join('、')}，与取用时的依据一致；填 ${record[otherwise]} 不会改变取用。`,
      `${policy} is looked up by ${otherwise} ${right.join(' or ')}; a row that says ${record[otherwise]} would not change that.`,
    );
  }
  if (inForceTo !== null && inForceTo <= inForceFrom) {
    return against(
      '/inForceTo',
      `inForceTo 是失效首日，须晚于 inForceFrom（${inForceFrom}）。`,
      `inForceTo is the first day without force and must be after inForceFrom (${inForceFrom}).`,
    );
  }
  if (!regionOn(jurisdiction, inForceFrom) && !regionOn(jurisdiction, today)) {
    return against(
      '/jurisdiction',
      `${jurisdiction} 在 ${inForceFrom} 及今日均不是有效的行政区划代码；见 GET /v1/regions。`,
      `${jurisdiction} is no region code in force on ${inForceFrom} or today; see GET /v1/regions.`,
    );
  }
  return undefined;
}

/** The rows of one policy, jurisdiction and stream follow each other; terms are half-open, so one may begin when another ends. Pure. */
export function overlapping(record: PolicyRecord, others: readonly DatedRow[]): Refusal | undefined {
  const endsAfter = (to: string | null, day: string) => to === null || to > day;
  const clash = others.find(
    (other) => endsAfter(other.inForceTo, record.inForceFrom) && endsAfter(record.inForceTo, other.inForceFrom),
  );
  if (!clash) return undefined;
  const { policy, jurisdiction, stream } = record;
  const term = `${clash.inForceFrom}…${clash.inForceTo ?? ''}`;
  return against(
    '/inForceFrom',
    `${policy} 在 ${jurisdiction}（${stream}）已有一行于 ${term} 有效（${clash.id}）；请先修改该行的 inForceTo，或另选时段。`,
    `${policy} has a row for ${jurisdiction} (${stream}) in force ${term} (${clash.id}); amend its inForceTo first, or choose another term.`,
  );
}

/** A row keeps what it is about; another policy, place or stream is another row. */
function otherPolicy(record: PolicyRecord, before: PolicyState): Refusal | undefined {
  const changed = (['policy', 'jurisdiction', 'stream'] as const).find((key) => record[key] !== before[key]);
  if (!changed) return undefined;
  return against(
    `/${changed}`,
    `不能修改 ${changed}（现为 ${before[changed]}）；请另行登记一行。`,
    `${changed} cannot be changed (it is ${before[changed]}); enter another row.`,
  );
}

function remarksOn({ id, record }: RegisterInput<PolicyRecord>, states: States, facts: Facts): readonly Warning[] {
  const before = id === undefined ? undefined : states.get(policyKind, id);
  return policyWarnings(record, before, othersOf(states, record, id), dayInShanghai(facts.now));
}

/** What an administrator should know of a row that is accepted. Pure. */
export function policyWarnings(
  record: PolicyRecord,
  before: PolicyState | undefined,
  others: readonly DatedRow[],
  today: string,
): readonly Warning[] {
  const warnings: Warning[] = [];
  const { inForceFrom, inForceTo } = record;
  const effect = ({
    value,
    looksAt,
    place,
    inForceFrom,
  }: Pick<PolicyState, 'value' | 'looksAt' | 'place' | 'inForceFrom'>) =>
    canonicalText({ value, looksAt, place, inForceFrom });
  if (inForceFrom < today && (!before || effect(before) !== effect(record))) {
    warnings.push({
      code: 'policy-looks-back',
      pointer: '/inForceFrom',
      detail: {
        zh: `自 ${inForceFrom} 起有效：今后对该日以后事项的判断都用此行；已作出的判断保留其依据的版本。`,
        en: `In force from ${inForceFrom}: judgements made from now on use it for those days too; those already made keep the version they rest on.`,
      },
    });
  }
  const isFollowed = others.some(
    (other) => other.inForceFrom <= inForceTo! && (other.inForceTo === null || other.inForceTo > inForceTo!),
  );
  if (record.jurisdiction === NATION && inForceTo !== null && !isFollowed) {
    warnings.push({
      code: 'policy-gap',
      pointer: '/inForceTo',
      detail: {
        zh: `自 ${inForceTo} 起全国没有此政策的有效行；请在该日之前登记后续的行。`,
        en: `From ${inForceTo} the nation has no row of this policy; enter the one that follows before that day.`,
      },
    });
  }
  return warnings;
}

const othersOf = (states: States, record: PolicyRecord, id: string | undefined): readonly DatedRow[] =>
  states.found(policyRowsLookup, policyKey(record)).filter((row) => row.id !== id);
