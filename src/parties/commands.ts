import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { RegionCode, withRemarks } from '../catalogue/commands.ts';
import { IDENTIFICATION_BASIS } from '../catalogue/custody-codes.ts';
import { checkPlate, checkUscc, Plate, Uscc } from '../catalogue/identifiers.ts';
import { isLocationOn, regionOn } from '../catalogue/regions.ts';
import { STREAMS } from '../catalogue/streams.ts';
import {
  type Act,
  type Caller,
  type Facts,
  type Needs,
  type Reference,
  refused,
  type States,
  type Warning,
} from '../platform/acts.ts';
import { canonicalText } from '../platform/events.ts';
import { notFound, type RegisterInput, registerActs } from '../platform/register.ts';
import { inBoth } from '../platform/schema-messages.ts';
import type { Kind } from '../platform/subjects.ts';
import { Grams, ShortText, Uuid } from '../platform/values.ts';
import { against, type Bilingual, type Refusal } from '../problems.ts';
import { type Party, partyKind, personKind, type Site, siteKind, type Vehicle, vehicleKind } from './registers.ts';
import { CAPACITIES } from './tables.ts';

/**
 * Registers of organisations and what belongs to them. An administrator edits anything; a member edits what is its own
 * party's. Parties, sites and vehicles are public to every key (whoever draws up a manifest must find the others), so
 * touching another's is 403; people and devices of others are unknown, so it is 404.
 */

const inOrder =
  <Value extends string>(list: readonly Value[]) =>
  (chosen: readonly Value[]): Value[] =>
    list.filter((value) => chosen.includes(value));

export const PartyBody = z.strictObject({
  name: ShortText,
  /** Village clinics and projects may have none. */
  uscc: Uscc.nullable()
    .default(null)
    .describe(
      '统一社会信用代码（18 位）；产生危险废物、医疗废物的单位贴容器标签须有 · USCC, 18 characters; who labels containers of hazardous or medical waste needs one',
    ),
  capacities: z.array(z.enum(CAPACITIES)).min(1).transform(inOrder(CAPACITIES)),
  region: RegionCode,
  /** What a regulator watches; only with the capacity `regulator`. */
  jurisdiction: z
    .strictObject({ region: RegionCode, streams: z.array(z.enum(STREAMS)).min(1).transform(inOrder(STREAMS)) })
    .nullable()
    .default(null),
  active: z.boolean().default(true),
});
export type PartyRecord = z.output<typeof PartyBody>;

export const SiteBody = z.strictObject({
  partyId: Uuid,
  name: ShortText,
  region: RegionCode,
  /** Site serial of the discharge permit (HJ 608), where there is one. */
  permitCode: z.string().trim().min(1).max(40).nullable().default(null),
  /** 床位数 of a medical institution (LIST annex, item 2). */
  beds: z.number().int().min(0).max(100_000).nullable().default(null),
  active: z.boolean().default(true),
});
export type SiteRecord = z.output<typeof SiteBody>;

export const VehicleBody = z.strictObject({
  partyId: Uuid,
  plate: Plate,
  /** 道路运输证. */
  operatingPermit: z.string().trim().min(1).max(40).nullable().default(null),
  payloadGrams: Grams.min(1).nullable().default(null),
  /** 车厢容积, m³ × 1000. */
  boxLitres: z.number().int().min(1).max(200_000).nullable().default(null),
  active: z.boolean().default(true),
});
export type VehicleRecord = z.output<typeof VehicleBody>;

/** 驾驶员 · 押运员 · 装卸管理人员 · 仓库管理员 · 经办人. */
export const DUTIES = ['driver', 'escort', 'loader', 'storekeeper', 'clerk'] as const;

export const PersonBody = z.strictObject({
  partyId: Uuid,
  duties: z.array(z.enum(DUTIES)).min(1).transform(inOrder(DUTIES)),
  name: ShortText,
  phone: z
    .string()
    .trim()
    .regex(
      /^\+?[\d -]{5,20}$/,
      inBoth(
        '5 至 20 位数字、空格或连字符，境外号码前加 +',
        'digits, spaces and hyphens, 5 to 20, a + before them for a foreign number',
      ),
    )
    .nullable()
    .default(null),
  active: z.boolean().default(true),
});
type PersonRecord = Omit<z.output<typeof PersonBody>, 'name' | 'phone'>;
type Person = NonNullable<Parameters<typeof personKind.evolve>[0]>;

const partyActs = registerActs<PartyRecord, Party, Reference>(partyKind, {
  region: (record) => record.region,
  check: (record, { before, facts }) =>
    notTheirParty(record, before, facts.caller) ??
    partyRefusal(record, dayInShanghai(facts.now)) ??
    locksOut(record, before, facts.caller),
});
/** @refuses against-rule (region, USCC, jurisdiction), already-exists (USCC). */
export const registerParty = withRemarks(partyActs.register, ({ record }) => usccWarnings(record));
/** @refuses as above, and not-found, version-mismatch, not-your-act (another's party; more than the name of one's own). */
export const amendParty = withRemarks(partyActs.amend, ({ record }) => usccWarnings(record));

const siteActs = registerActs<SiteRecord, Site, Reference>(siteKind, {
  reads: readParty,
  region: (record) => record.region,
  check: (record, context) =>
    ownershipRefusal(record, context) ??
    changesHands(record, context.before) ??
    locationRefusal(record.region, dayInShanghai(context.facts.now)),
});
/** @refuses not-your-act (another's party), against-rule (party, region). */
export const registerSite = siteActs.register;
/** @refuses as above, and not-found, version-mismatch. */
export const amendSite = siteActs.amend;

const vehicleActs = registerActs<VehicleRecord, Vehicle, Reference>(vehicleKind, {
  reads: readParty,
  check: (record, context) => ownershipRefusal(record, context) ?? plateRefusal(record.plate),
});
/** @refuses not-your-act (another's party), against-rule (party, plate), already-exists (plate). */
export const registerVehicle = vehicleActs.register;
/** A vehicle that is sold keeps its record: an administrator names the new party. @refuses as above, and not-found, version-mismatch. */
export const amendVehicle = vehicleActs.amend;

const personActs = registerActs<PersonRecord, Person, Reference>(personKind, {
  reads: readParty,
  check: (record, context) => ownershipRefusal(record, context) ?? changesHands(record, context.before),
});
/** @refuses not-your-act (another's party), against-rule (party). */
export const registerPerson = personActs.register;
/** @refuses as above, and not-found, version-mismatch. */
export const amendPerson = hidden(personKind, personActs.amend);

/** Name and phone are erasable details; every event of a person carries them, so the newest event has the present ones. */
export function personInput(body: z.output<typeof PersonBody>, id?: string): RegisterInput<PersonRecord> {
  const { name, phone, ...record } = body;
  return { ...(id === undefined ? {} : { id }), record, details: { name, phone } };
}

export interface Owned {
  readonly partyId: string;
  readonly id?: string;
  readonly siteId?: string | null;
}

export function readParty(record: Owned) {
  return { read: [{ kind: 'party', id: record.partyId }] } satisfies Needs;
}

/** People and devices of others are not the caller's to know of: as if there were none. */
export function hidden<Input extends { readonly id?: string }, State extends Owned & { id: string }>(
  kind: Kind<State>,
  act: Act<Input>,
): Act<Input> {
  return {
    ...act,
    decide(input, states, facts) {
      const before = states.get(kind, input.id!);
      const isUnknown = before && !mayEdit(before, facts.caller);
      return isUnknown ? refused(notFound(kind.name, before.id)) : act.decide(input, states, facts);
    },
  };
}

/** An administrator edits anything, a member what is its own party's, a key bound to a site what belongs to that site. Pure. */
export const mayEdit = (record: Owned, caller: Caller): boolean =>
  caller.role === 'administrator' ||
  (record.partyId === caller.actor.party && (!caller.site || [record.id, record.siteId].includes(caller.site)));

/** May the caller enter or amend this record, and does its party exist? */
export function ownershipRefusal(
  record: Owned,
  { before, states, facts }: { before: Owned | undefined; states: States; facts: Facts },
): Refusal | undefined {
  for (const touched of [before, before ? { ...record, id: before.id! } : record]) {
    if (touched && !mayEdit(touched, facts.caller)) return notYourParty(touched);
  }
  return partyAbsent(states.get(partyKind, record.partyId), record.partyId, before !== undefined);
}

/** Something new needs an active party; what exists may be amended after its party has closed. Pure. */
export function partyAbsent(party: Party | undefined, id: string, isKnown = false): Refusal | undefined {
  if (!party) return against('/partyId', `没有单位 ${id}。`, `There is no party ${id}.`);
  if (party.active || isKnown) return undefined;
  return against(
    '/partyId',
    `单位“${party.name}”已停用；请先由管理员启用。`,
    `${party.name} is not active; an administrator can make it so.`,
  );
}

const notYourParty = ({ partyId }: Owned): Refusal => ({
  problem: 'not-your-act',
  detail: {
    zh: `该记录属于单位 ${partyId}；您只能登记和修改本单位的记录。`,
    en: `The record belongs to party ${partyId}; you may enter and amend those of your own.`,
  },
  errors: [{ pointer: '/partyId', detail: { zh: '您密钥所属的单位', en: 'the party of your key' } }],
});

/** What others refer to by id stays with its party; elsewhere it is another record. */
export function changesHands(record: Owned, before: Owned | undefined): Refusal | undefined {
  if (!before || before.partyId === record.partyId) return undefined;
  return against(
    '/partyId',
    `不能改属其他单位（现属 ${before.partyId}）；请在该单位名下另行登记。`,
    `It cannot move to another party (it belongs to ${before.partyId}); enter it anew there.`,
  );
}

/** Of its own party a member may change the name; what the party may do is the administrator's to say. Pure. */
export function notTheirParty(record: PartyRecord, before: Party | undefined, caller: Caller): Refusal | undefined {
  if (caller.role === 'administrator' || !before) return undefined;
  if (before.id !== caller.actor.party) return notYourParty({ partyId: before.id });
  if (caller.site) return WHOLE_PARTY;
  const guarded = ['uscc', 'capacities', 'region', 'jurisdiction', 'active'] as const;
  const same = (a: unknown, b: unknown) => canonicalText(a ?? null) === canonicalText(b ?? null);
  const changed = guarded.filter((key) => !same(record[key], before[key]));
  if (changed.length === 0) return undefined;
  return {
    problem: 'not-your-act',
    detail: {
      zh: `单位成员只能修改名称；${changed.join('、')} 由管理员修改。`,
      en: `A member may change the name of its party; ${changed.join(', ')} are the administrator's to change.`,
    },
    errors: changed.map((key) => ({ pointer: `/${key}`, detail: `= ${JSON.stringify(before[key] ?? null)}` })),
  };
}

const WHOLE_PARTY: Refusal = {
  problem: 'not-your-act',
  detail: {
    zh: '此密钥限于一个场所，不能修改单位信息。',
    en: 'This key is bound to one site; the record of the whole party is not its to change.',
  },
};

/** What is wrong with a party by itself, on that day. Pure. */
export function partyRefusal(record: PartyRecord, day: string): Refusal | undefined {
  const { region, uscc, capacities, jurisdiction } = record;
  const isAuthority = capacities.some((capacity) => capacity === 'regulator' || capacity === 'operator');
  const misplaced = isAuthority ? regionRefusal('/region', region, day) : locationRefusal(region, day);
  if (misplaced) return misplaced;
  const checked = uscc === null ? undefined : checkUscc(uscc);
  if (checked && !checked.valid)
    return { ...against('/uscc', USCC[checked.reason].zh, USCC[checked.reason].en), basis: 'GB 32100-2015' };
  if (jurisdiction === null && !capacities.includes('regulator')) return undefined;
  if (jurisdiction !== null && capacities.includes('regulator'))
    return regionRefusal('/jurisdiction/region', jurisdiction.region, day);
  return against(
    '/jurisdiction',
    '监管单位（capacities 含 regulator）须有 jurisdiction，其他单位不得有。',
    'A regulator (among its capacities) has a jurisdiction, and nobody else has one.',
  );
}

const USCC: Record<'length' | 'characters' | 'check_digit', Bilingual> = {
  length: { zh: '统一社会信用代码应为 18 位。', en: 'A USCC has 18 characters.' },
  characters: {
    zh: '统一社会信用代码只含数字和大写字母（不含 I、O、S、V、Z），第 3 至 8 位为数字。',
    en: 'A USCC has digits and capital letters without I, O, S, V, Z; places 3 to 8 are digits.',
  },
  check_digit: {
    zh: '统一社会信用代码校验位不符，请核对是否输错。',
    en: 'The check character of the USCC does not fit; look for a slip in typing.',
  },
};

/** Organisation codes that fail their own check were truly issued, and who has none may never label anything: this never refuses. */
function usccWarnings({ uscc, capacities, active }: PartyRecord): readonly Warning[] {
  if (uscc === null) return active && capacities.includes('producer') ? [usccMissing] : [];
  const checked = checkUscc(uscc);
  if (!checked.valid || !checked.warning) return [];
  return [
    {
      code: 'uscc-organisation-check',
      pointer: '/uscc',
      basis: 'GB 11714-1997',
      detail: {
        zh: '其中的组织机构代码（第 9 至 17 位）校验不符；确有此类代码，请核对证照。',
        en: 'The organisation code inside (places 9 to 17) fails its own check; some truly do, so compare it with the licence.',
      },
    },
  ];
}

/** A party is of no stream, so every producer is told what only those of hazardous and medical waste will need. */
const usccMissing: Warning = {
  code: 'uscc-missing',
  pointer: '/uscc',
  basis: IDENTIFICATION_BASIS,
  detail: {
    zh: '未填统一社会信用代码：产生危险废物、医疗废物的单位没有此代码不能生成容器标签的数字识别码；请补填，其他单位可不填。',
    en: 'No USCC is given: a producer of hazardous or medical waste cannot label a container without one, since the identification code begins with it. Enter it; others may do without.',
  },
};

/** Nobody could administrate the service any more. */
function locksOut(record: PartyRecord, before: Party | undefined, caller: Caller): Refusal | undefined {
  if (before?.id !== caller.actor.party || caller.role !== 'administrator') return undefined;
  if (record.active && record.capacities.includes('operator')) return undefined;
  const pointer = record.active ? '/capacities' : '/active';
  return against(
    pointer,
    '不能停用本单位或取消其 operator 身份；请由另一运营单位的管理员操作。',
    'You cannot close your own party or end its capacity operator; an administrator of another operator can.',
  );
}

/** @returns why the code names no region of that day. Pure. */
export function regionRefusal(pointer: string, region: string, day: string): Refusal | undefined {
  if (regionOn(region, day)) return undefined;
  return against(
    pointer,
    `${region} 不是 ${day} 有效的行政区划代码；见 GET /v1/regions。`,
    `${region} is no region in force on ${day}; see GET /v1/regions.`,
  );
}

/** Visibility and numbering start from counties, so nothing with waste in it may stand at "a province". */
function locationRefusal(region: string, day: string): Refusal | undefined {
  if (isLocationOn(region, day)) return undefined;
  return (
    regionRefusal('/region', region, day) ??
    against(
      '/region',
      `${region} 不是县级行政区；请填写区县代码（不设区县的市填市代码），见 GET /v1/regions?parent=${region}。`,
      `${region} is not a county; give the county (or the city that has none), see GET /v1/regions?parent=${region}.`,
    )
  );
}

function plateRefusal(plate: string): Refusal | undefined {
  const checked = checkPlate(plate);
  if (checked.valid) return undefined;
  const reasons: Record<typeof checked.reason, Bilingual> = {
    length: { zh: '号牌应为 7 位，新能源为 8 位。', en: 'A plate has 7 characters, 8 for new energy.' },
    province: { zh: '号牌应以省、自治区、直辖市简称开头。', en: 'A plate begins with the character of a province.' },
    characters: {
      zh: '号牌格式应如 鲁A12345 或 鲁AD12345，不含字母 I、O。',
      en: 'A plate looks like 鲁A12345 or 鲁AD12345, without the letters I and O.',
    },
  };
  return { ...against('/plate', reasons[checked.reason].zh, reasons[checked.reason].en), basis: 'GA 36-2018' };
}
