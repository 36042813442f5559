import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { withRemarks } from '../catalogue/commands.ts';
import { descendantsPresent } from '../catalogue/regions.ts';
import { type Party, partyKind, siteKind } from '../parties/registers.ts';
import type { Jurisdiction } from '../parties/tables.ts';
import { type Act, type Facts, type Reference, refused, type States } from '../platform/acts.ts';
import type { Ref } from '../platform/events.ts';
import { notFound, type RegisterInput, registerActs } from '../platform/register.ts';
import { CivilDay, Uuid } from '../platform/values.ts';
import type { Refusal } from '../problems.ts';
import { type Permit, permitKind } from './registers.ts';
import { against, codeWarnings, termsRefusal } from './rules.ts';
import { PERMIT_TYPES } from './tables.ts';

/** 10 million tonnes: the yearly scale of any licence stays below. */
const CAP_GRAMS_MAX = 10_000_000_000_000;

export const PermitBody = z.strictObject({
  type: z.enum(PERMIT_TYPES),
  number: z.string().trim().min(1).max(60),
  holderId: Uuid,
  /** The holder's site it is tied to. */
  siteId: Uuid.nullable().default(null),
  /** The other side, e.g. the receiving unit of a cross-province approval. */
  counterpartId: Uuid.nullable().default(null),
  /** Codes (900-249-08) or whole classes (HW08). */
  wasteCodes: z.array(z.string().trim().min(1).max(20)).min(1).max(600),
  /** Treatment methods (R1, D10 …); empty means any. */
  methods: z.array(z.string().trim().min(1).max(4)).max(60).default([]),
  /** What it allows at most: in a calendar year for a licence, over its validity for the others. */
  capGrams: z.number().int().min(1).max(CAP_GRAMS_MAX).nullable().default(null),
  validFrom: CivilDay.describe('First day of validity'),
  validTo: CivilDay.describe('First day on which it is no longer valid: the day after "valid until"'),
  status: z.enum(['valid', 'revoked']).default('valid'),
});
export type PermitRecord = z.output<typeof PermitBody>;

const acts = registerActs<PermitRecord, Permit, Reference>(permitKind, {
  reads: (record) => ({
    read: [
      ...named('party', record.holderId),
      ...named('party', record.counterpartId),
      ...named('site', record.siteId),
    ],
  }),
  check: (record, { before, states, facts }) =>
    partiesRefusal(record, states) ??
    authorityRefusal(states.get(partyKind, record.holderId), states, facts) ??
    otherHolder(record, before) ??
    termsRefusal(record, dayInShanghai(facts.now)),
});

/** @refuses not-your-act (a holder outside the regulator's jurisdiction), against-rule, already-exists (number). */
export const registerPermit = judged(acts.register);
/** @refuses as above, and not-found (a permit the regulator may not know of), version-mismatch. */
export const amendPermit = judged(knownOnly(acts.amend));

function judged(act: Act<RegisterInput<PermitRecord>>): Act<RegisterInput<PermitRecord>> {
  const warned = withRemarks(act, ({ record }, _states, facts) => codeWarnings(record, dayInShanghai(facts.now)));
  return {
    ...warned,
    needs(input, facts) {
      const needs = warned.needs(input, facts);
      return { ...needs, read: [...(needs.read ?? []), ...named('party', facts.caller.actor.party)] };
    },
  };
}

/** What the list does not show a regulator does not exist for it: only licences, and what touches its jurisdiction. */
function knownOnly(act: Act<RegisterInput<PermitRecord>>): Act<RegisterInput<PermitRecord>> {
  return {
    ...act,
    alsoNeeds({ id }, states) {
      const before = states.get(permitKind, id!);
      return before ? { read: [...named('party', before.holderId), ...named('party', before.counterpartId)] } : {};
    },
    decide(input, states, facts) {
      const before = states.get(permitKind, input.id!);
      if (!before) return act.decide(input, states, facts);
      const refusal = authorityRefusal(states.get(partyKind, before.holderId), states, facts);
      if (!refusal) return act.decide(input, states, facts);
      const counterpart = before.counterpartId === null ? undefined : states.get(partyKind, before.counterpartId);
      const isSeen = counterpart !== undefined && !authorityRefusal(counterpart, states, facts);
      return refused(before.type === 'licence' || isSeen ? refusal : notFound(permitKind.name, before.id));
    },
  };
}

function partiesRefusal({ holderId, counterpartId, siteId }: PermitRecord, states: States): Refusal | undefined {
  if (!states.get(partyKind, holderId)) {
    return against('/holderId', `没有单位 ${holderId}。`, `There is no party ${holderId}.`);
  }
  if (counterpartId !== null && !states.get(partyKind, counterpartId)) {
    return against('/counterpartId', `没有单位 ${counterpartId}。`, `There is no party ${counterpartId}.`);
  }
  if (siteId === null || states.get(siteKind, siteId)?.partyId === holderId) return undefined;
  return against(
    '/siteId',
    `单位 ${holderId} 没有场所 ${siteId}；许可的场所须属于持有单位。`,
    `Party ${holderId} has no site ${siteId}; a permit's site is its holder's.`,
  );
}

/** An administrator enters any permit, a regulator those of holders in its jurisdiction. */
function authorityRefusal(holder: Party | undefined, states: States, { caller }: Facts): Refusal | undefined {
  if (caller.role === 'administrator' || !holder) return undefined;
  const jurisdiction = states.get(partyKind, caller.actor.party)?.jurisdiction;
  if (jurisdiction && liesIn(jurisdiction, holder.region)) return undefined;
  return {
    problem: 'not-your-act',
    detail: {
      zh: `持有单位在 ${holder.region}，不在您的管辖范围（${jurisdiction?.region ?? '无'}）内。`,
      en: `The holder is in ${holder.region}, outside your jurisdiction (${jurisdiction?.region ?? 'none'}).`,
    },
    errors: [{ pointer: '/holderId', detail: 'a holder in your jurisdiction' }],
  };
}

/** By the tree of today, former codes included: what a regulator may see, it may enter. Pure. */
export const liesIn = (jurisdiction: Jurisdiction, region: string): boolean =>
  descendantsPresent(jurisdiction.region).includes(region);

/** Another type or holder is another permit. */
function otherHolder(record: PermitRecord, before: Permit | undefined): Refusal | undefined {
  const changed = before && (['type', 'holderId'] as const).find((key) => record[key] !== before[key]);
  if (!changed) return undefined;
  return against(
    `/${changed}`,
    `不能修改 ${changed}（现为 ${before[changed]}）；请将本许可设为 revoked，另行登记。`,
    `${changed} cannot be changed (it is ${before[changed]}); set this permit to revoked and enter another.`,
  );
}

const named = (kind: string, id: string | null): readonly Ref[] => (id === null ? [] : [{ kind, id }]);
