import { z } from 'zod';
import { addMonths, dayInShanghai } from '../catalogue/calendar.ts';
import { RegionCode, withRemarks } from '../catalogue/commands.ts';
import { streamOfPolicy } from '../catalogue/policy-definitions.ts';
import type { Facts, PolicyBook } from '../catalogue/reference.ts';
import { NATION } from '../catalogue/regions.ts';
import { HAZARDOUS_STREAMS, streamOfWaste } from '../catalogue/streams.ts';
import { partyKind, siteKind } from '../parties/registers.ts';
import type { Capacity } from '../parties/tables.ts';
import { liesIn } from '../parties/visibility.ts';
import { type Act, refused, type States, type Warning } from '../platform/acts.ts';
import type { Ref } from '../platform/events.ts';
import { notFound, type RegisterInput, registerActs } from '../platform/register.ts';
import { CivilDay, TypedNumber, Uuid } from '../platform/values.ts';
import { against, type Bilingual, type Refusal } from '../problems.ts';
import { capInGrams } from './caps.ts';
import { PERMIT_RULES } from './permit-rules.ts';
import { permitKey, permitsOf } from './queries.ts';
import { type Permit, permitKind } from './registers.ts';
import { codeWarnings, permitCovers, termsRefusal } from './rules.ts';
import { PERMIT_TYPES, type PermitType, SELF_FILED } from './tables.ts';

/** 10 million tonnes: the yearly scale of any licence stays below. */
const CAP_GRAMS_MAX = 10_000_000_000_000;

/** 10 million m³. */
const CAP_LITRES_MAX = 10_000_000_000;

const Codes = z.array(z.string().trim().min(1).max(20)).max(600);

export const PermitBody = z.strictObject({
  type: z.enum(PERMIT_TYPES),
  number: TypedNumber.min(1).max(60),
  holderId: Uuid,
  /** The holder's site it is tied to. */
  siteId: Uuid.nullable().default(null),
  /** The other side, e.g. the receiving unit of a cross-province approval. */
  counterpartId: Uuid.nullable().default(null),
  /** Codes (900-249-08) or whole classes (HW08). */
  wasteCodes: Codes.describe('Empty means any, which only a contract may say'),
  /** What of `wasteCodes` it does not cover after all. */
  excludedCodes: Codes.default([]),
  /** Treatment methods (R1, D10 …); empty means any. */
  methods: z.array(z.string().trim().min(1).max(4)).max(60).default([]),
  /** Regions the waste may come from, whole provinces or smaller; empty means any. */
  areas: z.array(RegionCode).max(100).default([]),
  /** What it allows at most: in a calendar year or over its validity, as PERMIT_RULES says of its type. */
  capGrams: z.number().int().min(1).max(CAP_GRAMS_MAX).nullable().default(null),
  /** Instead of `capGrams`, in m³ × 1000, where a density is known; converted once, when it is entered. */
  capLitres: z.number().int().min(1).max(CAP_LITRES_MAX).nullable().default(null),
  validFrom: CivilDay.describe('First day of validity'),
  validTo: CivilDay.describe('First day on which it is no longer valid: the day after "valid until"'),
  status: z.enum(['valid', 'revoked']).default('valid'),
});
export type PermitEntry = z.output<typeof PermitBody>;
/** As it is kept. */
type PermitRecord = Omit<PermitEntry, 'capLitres'> & Pick<Permit, 'capVolume'>;

const acts = registerActs<PermitRecord, Permit, PolicyBook>(permitKind, {
  reads: (record) => ({
    read: [
      ...named('party', record.holderId),
      ...named('party', record.counterpartId),
      ...named('site', record.siteId),
    ],
    lookups: receiverOf(record).map((key) => ({ lookup: permitsOf, key })),
  }),
  check: (record, { before, states, facts }) =>
    partiesRefusal(record, states) ??
    authorityRefusal(record, states, facts) ??
    otherHolder(record, before) ??
    termsRefusal(record, dayInShanghai(facts.now)) ??
    approvalRefusal(record, states, facts),
});

/**
 * @refuses not-your-act (a holder outside the regulator's jurisdiction; a member for another, or what an authority
 * enters), against-rule, already-exists (number).
 */
export const registerPermit = inGrams(judged(acts.register));
/** @refuses as above, and not-found (a permit the caller may not know of), version-mismatch. */
export const amendPermit = inGrams(judged(knownOnly(acts.amend)));

type PermitAct = Act<RegisterInput<PermitRecord>, PolicyBook>;

function judged(act: PermitAct): PermitAct {
  const warned = withRemarks(act, ({ record }, states, facts) => [
    ...codeWarnings(record, dayInShanghai(facts.now)),
    ...approvalWarnings(record, states),
  ]);
  return {
    ...warned,
    needs(input, facts) {
      const needs = warned.needs(input, facts);
      return { ...needs, read: [...(needs.read ?? []), ...named('party', facts.caller.actor.party)] };
    },
  };
}

/** A quantity in m³ becomes grams before anything looks at it. */
function inGrams(act: PermitAct): Act<RegisterInput<PermitEntry>, PolicyBook> {
  const kept = (input: RegisterInput<PermitEntry>) => input as unknown as RegisterInput<PermitRecord>;
  return {
    ...act,
    needs: (input, facts) => act.needs(kept(input), facts),
    alsoNeeds: (input, states, facts) => act.alsoNeeds?.(kept(input), states, facts) ?? {},
    decide(input, states, facts) {
      const { siteId, holderId } = input.record;
      const at = siteId === null ? states.get(partyKind, holderId) : states.get(siteKind, siteId);
      const before = input.id === undefined ? undefined : states.get(permitKind, input.id);
      const record = capInGrams(input.record, before, at?.region ?? NATION, facts);
      return 'refusal' in record ? refused(record.refusal) : act.decide({ ...input, record }, states, facts);
    },
  };
}

/** What the list does not show does not exist: licences are public, of the others one sees what concerns oneself. */
function knownOnly(act: PermitAct): PermitAct {
  return {
    ...act,
    alsoNeeds({ id }, states) {
      const before = states.get(permitKind, id!);
      return before ? { read: [...named('party', before.holderId), ...named('party', before.counterpartId)] } : {};
    },
    decide(input, states, facts) {
      const before = states.get(permitKind, input.id!);
      const refusal = before && authorityRefusal(before, states, facts);
      if (!before || !refusal) return act.decide(input, states, facts);
      const isSeen = before.type === 'licence' || concerns(before, states, facts);
      return refused(isSeen ? refusal : notFound(permitKind.name, before.id));
    },
  };
}

function concerns({ holderId, counterpartId, siteId }: Permit, states: States, { caller }: Facts): boolean {
  const parties = [holderId, ...(counterpartId === null ? [] : [counterpartId])];
  const elsewhere = caller.site && siteId !== null && siteId !== caller.site && counterpartId !== caller.actor.party;
  if (caller.role !== 'regulator') return !elsewhere && parties.includes(caller.actor.party);
  const jurisdiction = states.get(partyKind, caller.actor.party)?.jurisdiction;
  return parties.some((id) => jurisdiction && liesIn(jurisdiction, states.get(partyKind, id)?.region ?? ''));
}

function partiesRefusal({ type, holderId, counterpartId, siteId }: PermitRecord, states: States): Refusal | undefined {
  if (!states.get(partyKind, holderId)) {
    return against('/holderId', `没有单位 ${holderId}。`, `There is no party ${holderId}.`);
  }
  if (counterpartId !== null && !states.get(partyKind, counterpartId)) {
    return against('/counterpartId', `没有单位 ${counterpartId}。`, `There is no party ${counterpartId}.`);
  }
  const counterpart = counterpartId === null ? undefined : states.get(partyKind, counterpartId);
  if (
    type === 'contract' &&
    counterpart &&
    !['carrier', 'consignee'].some((one) => counterpart.capacities.includes(one as Capacity))
  )
    return {
      ...against(
        '/counterpartId',
        `${counterpart.name} 既非承运人也非接受人。`,
        `${counterpart.name} is neither a carrier nor a consignee.`,
      ),
      basis: 'TM 10(1)',
    };
  if (siteId === null || states.get(siteKind, siteId)?.partyId === holderId) return undefined;
  return against(
    '/siteId',
    `单位 ${holderId} 没有场所 ${siteId}；许可的场所须属于持有单位。`,
    `Party ${holderId} has no site ${siteId}; a permit's site is its holder's.`,
  );
}

const isSelfFiled = (type: PermitType): boolean => (SELF_FILED as readonly PermitType[]).includes(type);

type Entered = Pick<PermitRecord, 'type' | 'holderId' | 'siteId'>;

/** An administrator enters any permit, a regulator those of holders in its jurisdiction, a member what it files for itself. */
function authorityRefusal(permit: Entered, states: States, { caller }: Facts): Refusal | undefined {
  if (caller.role === 'administrator') return undefined;
  if (caller.role !== 'regulator') return filingRefusal(permit, caller);
  const holder = states.get(partyKind, permit.holderId);
  const jurisdiction = states.get(partyKind, caller.actor.party)?.jurisdiction;
  if (!holder || (jurisdiction && liesIn(jurisdiction, holder.region))) return undefined;
  return notYours(
    '/holderId',
    `持有单位在 ${holder.region}，不在您的管辖范围（${jurisdiction?.region ?? '无'}）内。`,
    `The holder is in ${holder.region}, outside your jurisdiction (${jurisdiction?.region ?? 'none'}).`,
    { zh: '您管辖范围内的持有单位', en: 'a holder in your jurisdiction' },
  );
}

function filingRefusal({ type, holderId, siteId }: Entered, { actor, site }: Facts['caller']): Refusal | undefined {
  if (!isSelfFiled(type))
    return notYours(
      '/type',
      `${PERMIT_RULES[type].name.zh}由主管部门登记；单位自行登记的是${SELF_FILED.map((one) => PERMIT_RULES[one].name.zh).join('、')}。`,
      `A ${PERMIT_RULES[type].name.en} is entered by the authority; a party files ${SELF_FILED.map((one) => PERMIT_RULES[one].name.en).join(' and ')} itself.`,
      SELF_FILED.join(', '),
    );
  if (holderId !== actor.party)
    return notYours('/holderId', '只能登记本单位持有的。', 'File your own party’s only.', actor.party);
  if (!site || siteId === site) return undefined;
  return notYours('/siteId', '此密钥只能为其绑定的场所办理。', 'This key acts only for the site it is bound to.', site);
}

const notYours = (pointer: string, zh: string, en: string, right: string | Bilingual): Refusal => ({
  problem: 'not-your-act',
  detail: { zh, en },
  errors: [{ pointer, detail: right }],
});

const receiverOf = ({ type, counterpartId }: PermitRecord): string[] =>
  type === 'cross_province_approval' && counterpartId !== null ? [permitKey(counterpartId, 'licence')] : [];

/** The licences of an approval's receiver that cover all it names on its first day. */
function receiverLicences(record: PermitRecord, states: States): readonly Permit[] {
  const day = record.validFrom;
  return receiverOf(record)
    .flatMap((key) => states.found(permitsOf, key))
    .filter((licence) =>
      record.wasteCodes.every((wasteCode) =>
        wasteCode.startsWith('HW')
          ? licence.wasteCodes.includes(wasteCode) && permitCovers({ ...licence, wasteCodes: [] }, { wasteCode, day })
          : permitCovers(licence, { wasteCode, day }),
      ),
    );
}

/** TM 27: an approval holds for twelve months at most, and never beyond its receiver's licence. */
function approvalRefusal(record: PermitRecord, states: States, { reference }: Facts): Refusal | undefined {
  if (record.type !== 'cross_province_approval') return undefined;
  const { validFrom, validTo } = record;
  const region = states.get(partyKind, record.holderId)!.region;
  const [stream = streamOfPolicy('cross-province-approval-months')] = record.wasteCodes.map(streamOfWaste);
  const term = reference.policyIf('cross-province-approval-months', { region, stream, day: validFrom });
  if (!term) return undefined;
  const { value: months, basis } = term;
  const latest = addMonths(validFrom, months);
  if (validTo > latest)
    return {
      ...against(
        '/validTo',
        `跨省转移批准自决定之日起有效期不超过 ${months} 个月：validTo 最晚为 ${latest}。`,
        `A cross-province approval holds for ${months} months from its decision at most: validTo is ${latest} at the latest.`,
      ),
      basis: `${basis.instrument} ${basis.article}`,
    };
  const ends = receiverLicences(record, states).map((licence) => licence.validTo);
  const end = ends.sort().at(-1);
  if (end === undefined || validTo <= end) return undefined;
  return {
    ...against(
      '/validTo',
      `接受人的经营许可证有效至 ${end} 之前；批准的 validTo 不得晚于 ${end}。`,
      `The receiver's licence is over on ${end}; the approval's validTo is not later.`,
    ),
    basis: `${basis.instrument} ${basis.article}`,
  };
}

function approvalWarnings(record: PermitRecord, states: States): Warning[] {
  const { type, wasteCodes } = record;
  const needsLicence = wasteCodes.length === 0 || wasteCodes.some(isHazardous);
  if (type !== 'cross_province_approval' || !needsLicence || receiverLicences(record, states).length > 0) return [];
  return [
    {
      code: 'receiver-unlicensed',
      pointer: '/counterpartId',
      basis: 'TM 22, 27',
      detail: {
        zh: '接受人没有登记在 validFrom 当日涵盖这些废物的经营许可证，无法核对批准的有效期。',
        en: 'No licence of the receiver that covers this waste on the first day is registered; the validity could not be checked against it.',
      },
    },
  ];
}

const isHazardous = (codeOrClass: string): boolean => HAZARDOUS_STREAMS.includes(streamOfWaste(codeOrClass));

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
