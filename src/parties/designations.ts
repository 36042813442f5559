import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { regionOn } from '../catalogue/regions.ts';
import { RISK_TAGS } from '../catalogue/risk-tags.ts';
import { STREAM_NAMES, STREAMS, type Stream } from '../catalogue/streams.ts';
import { type Act, type Facts, type Reference, refused, type States } from '../platform/acts.ts';
import type { Ref } from '../platform/events.ts';
import { notFound, type RegisterInput, registerActs } from '../platform/register.ts';
import { CivilDay, ShortText, Uuid } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';
import { partyAbsent } from './commands.ts';
import { type Designation, designationKind, partyKind, siteKind } from './registers.ts';
import { DESIGNATION_TYPES, type DesignationType, type Jurisdiction } from './tables.ts';
import { liesIn } from './visibility.ts';

/** HJ 1259-2022 4.2: 重点监管单位, 简化管理单位, 登记管理单位. */
export const SITE_CLASSES = ['KEY', 'SIMPLE', 'REGISTER'] as const;
export type SiteClass = (typeof SITE_CLASSES)[number];

/**
 * 名录: what an authority says of a unit and what decides how strictly it is looked at. Never an edit of the party: it has
 * its own dates, its reason and who said so. Validity is half-open; `validTo` equal to `validFrom` withdraws what was
 * entered by mistake, as it then held on no day.
 */
interface Designating {
  readonly zh: string;
  /** What `tag` may say; none: it says nothing. */
  readonly tags: readonly string[];
  /** It is said of a site, never of a party as a whole. */
  readonly ofSite: boolean;
  /** Only a prefecture or what lies above it may say so. */
  readonly prefecture: boolean;
  readonly basis: string;
}

export const DESIGNATIONS = {
  key_unit: {
    zh: '重点监管单位',
    tags: [],
    ofSite: false,
    prefecture: false,
    basis: '《固体废物污染环境防治法》75；《生态环境法典》528、529',
  },
  risk_tag: {
    zh: '风险标签',
    tags: Object.keys(RISK_TAGS),
    ofSite: false,
    prefecture: false,
    basis: RISK_TAGS.nitration.source,
  },
  expected_unit: {
    zh: '应报单位',
    tags: [],
    ofSite: false,
    prefecture: false,
    basis: '“无废城市”建设指标：收集处置体系覆盖率',
  },
  site_class: { zh: '管理类别', tags: SITE_CLASSES, ofSite: true, prefecture: true, basis: 'HJ 1259-2022 4.2.2' },
} as const satisfies Record<DesignationType, Designating>;

export const DesignationBody = z.strictObject({
  type: z.enum(DESIGNATION_TYPES),
  partyId: Uuid,
  /** The party's site it is said of; null: of the party as a whole. */
  siteId: Uuid.nullable().default(null),
  /** A risk tag, or the class of a site; nothing for the others. */
  tag: z.string().trim().min(1).max(60).nullable().default(null),
  stream: z.enum(STREAMS),
  /** Why, in free words; erasable. */
  reason: ShortText,
  /** The list or notice it stands in. */
  basis: ShortText.nullable().default(null),
  validFrom: CivilDay.describe('First day it holds'),
  validTo: CivilDay.nullable().default(null).describe('First day on which it no longer holds; null while it does'),
});
type DesignationRecord = Omit<z.output<typeof DesignationBody>, 'reason'>;

export function designationInput(
  body: z.output<typeof DesignationBody>,
  id?: string,
): RegisterInput<DesignationRecord> {
  const { reason, ...record } = body;
  return { ...(id === undefined ? {} : { id }), record, details: { reason } };
}

const acts = registerActs<DesignationRecord, Designation, Reference>(designationKind, {
  reads: (record) => ({ read: unitOf(record) }),
  check: (record, { before, states, facts }) =>
    partyAbsent(states.get(partyKind, record.partyId), record.partyId, before !== undefined) ??
    foreignSite(record, states) ??
    authorityRefusal(record, states, facts) ??
    (before ? otherDesignation(record, before) : undefined) ??
    designationRefusal(record),
});

/** @refuses not-your-act (a unit, stream or type that is not this authority's), against-rule (party, site, tag, term). */
export const registerDesignation = withCaller(acts.register);

/** @refuses as above, and not-found (a designation the regulator may not know of), version-mismatch. */
export const amendDesignation = withCaller({
  ...acts.amend,
  alsoNeeds({ id }, states) {
    const before = states.get(designationKind, id!);
    return before ? { read: unitOf(before) } : {};
  },
  decide(input, states, facts) {
    const before = states.get(designationKind, input.id!);
    const isKnown = !before || !authorityRefusal({ ...before, type: 'key_unit' }, states, facts);
    return isKnown ? acts.amend.decide(input, states, facts) : refused(notFound(designationKind.name, before.id));
  },
});

/** The asking authority's jurisdiction is looked at too. */
function withCaller(act: Act<RegisterInput<DesignationRecord>, Reference>): typeof act {
  return {
    ...act,
    needs(input, facts) {
      const needs = act.needs(input, facts);
      return { ...needs, read: [...(needs.read ?? []), { kind: 'party', id: facts.caller.actor.party }] };
    },
  };
}

type Unit = Pick<Designation, 'partyId' | 'siteId'>;
const unitOf = ({ partyId, siteId }: Unit): readonly Ref[] => [
  { kind: 'party', id: partyId },
  ...(siteId === null ? [] : [{ kind: 'site', id: siteId }]),
];

function foreignSite({ partyId, siteId }: Unit, states: States): Refusal | undefined {
  if (siteId === null || states.get(siteKind, siteId)?.partyId === partyId) return undefined;
  return against('/siteId', `单位 ${partyId} 没有场所 ${siteId}。`, `Party ${partyId} has no site ${siteId}.`);
}

/** An administrator designates any unit, a regulator those in its jurisdiction and streams; the class of a site from the prefecture up. */
function authorityRefusal(
  { type, partyId, siteId, stream }: Unit & Pick<Designation, 'type' | 'stream'>,
  states: States,
  { caller, now }: Facts,
): Refusal | undefined {
  if (caller.role === 'administrator') return undefined;
  const region =
    (siteId === null ? undefined : states.get(siteKind, siteId))?.region ?? states.get(partyKind, partyId)?.region;
  const jurisdiction = states.get(partyKind, caller.actor.party)?.jurisdiction;
  if (!jurisdiction || region === undefined || !liesIn(jurisdiction, region))
    return notYours(
      '/partyId',
      `该单位在 ${region}，不在您的管辖范围（${jurisdiction?.region ?? '无'}）内。`,
      `The unit is in ${region}, outside your jurisdiction (${jurisdiction?.region ?? 'none'}).`,
    );
  if (!jurisdiction.streams.includes(stream))
    return notYours(
      '/stream',
      `您监管${jurisdiction.streams.map((one) => STREAM_NAMES[one as Stream]).join('、')}，不含${STREAM_NAMES[stream as Stream]}。`,
      `You watch ${jurisdiction.streams.join(', ')} and not ${stream}.`,
    );
  return DESIGNATIONS[type].prefecture && isCounty(jurisdiction, dayInShanghai(now)) ? TOO_LOW : undefined;
}

const isCounty = ({ region }: Jurisdiction, day: string): boolean => regionOn(region, day)?.level === 'county';

const notYours = (pointer: string, zh: string, en: string): Refusal => ({
  problem: 'not-your-act',
  detail: { zh, en },
  errors: [{ pointer, detail: { zh, en } }],
});

const TOO_LOW: Refusal = {
  ...notYours(
    '/type',
    '管理类别由设区的市级以上生态环境主管部门调整。',
    'The class of a site is set by the authority of a prefecture or above.',
  ),
  basis: DESIGNATIONS.site_class.basis,
};

/** Another unit, type, tag or stream is another designation. */
function otherDesignation(record: DesignationRecord, before: Designation): Refusal | undefined {
  const changed = (['type', 'partyId', 'siteId', 'tag', 'stream'] as const).find((key) => record[key] !== before[key]);
  if (!changed) return undefined;
  return against(
    `/${changed}`,
    `不能修改 ${changed}（现为 ${before[changed]}）；请以 validTo 结束本条，另行登记。`,
    `${changed} cannot be changed (it is ${before[changed]}); end this one with validTo and enter another.`,
  );
}

/** What is wrong with a designation by itself. Pure. */
export function designationRefusal({ type, siteId, tag, validFrom, validTo }: DesignationRecord): Refusal | undefined {
  const { tags, ofSite, zh }: Designating = DESIGNATIONS[type];
  if (ofSite && siteId === null) return against('/siteId', `“${zh}”须写明场所。`, `A ${type} names its site.`);
  if (tag === null ? tags.length > 0 : !tags.includes(tag)) {
    return tags.length === 0
      ? against('/tag', `“${zh}”没有 tag。`, `A ${type} has no tag.`)
      : against('/tag', `“${zh}”的 tag 为：${tags.join('、')}。`, `The tag of a ${type} is one of ${tags.join(', ')}.`);
  }
  if (validTo === null || validTo >= validFrom) return undefined;
  return against(
    '/validTo',
    `validTo 是失效首日，不得早于 validFrom（${validFrom}）。`,
    `validTo is the first day it no longer holds and is not before validFrom (${validFrom}).`,
  );
}
