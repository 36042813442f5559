/**
 * What must cover each line of a manifest when it is issued: licence, contract, plan, approval, exemption. By the law of
 * the day that is handed in. TM = 《危险废物转移管理办法》, ML = 《危险废物经营许可证管理办法》, LIST = 《国家危险废物名录》. Pure.
 */
import type { PolicyName } from '../catalogue/policies.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import { type HeldPermit, lockedPermitsOf, permitKey, permitsOf } from '../permits/queries.ts';
import {
  type CoverQuestion,
  NOT_COVERED,
  PERMIT_RULES,
  periodOf,
  reasonText,
  whyNotCovered,
} from '../permits/rules.ts';
import type { PermitType } from '../permits/tables.ts';
import { type PermitUse, reservedUse } from '../permits/uses.ts';
import type { Lookup, Needs, States, Warning } from '../platform/acts.ts';
import { compareText } from '../platform/collections.ts';
import type { Bilingual, Refusal } from '../problems.ts';
import {
  claimedRows,
  claimRefusal,
  claimWarning,
  POINT_TO_POINT_ITEM,
  stageOf,
  unclaimedRow,
  unclaimedWarning,
} from './claims.ts';
import type { Manifest } from './manifest.ts';
import type { DraftLine } from './tables.ts';

type Place = 'origin' | 'destination';
interface Entitlement {
  /** What is asked. */
  readonly asks: Bilingual;
  /** Where it is written; null: in the policy's row of that day. */
  readonly basis: string | null;
  /** What a failure does: always the same, or what the dated policy of a place says. */
  readonly failure: 'refuse' | 'warn' | { readonly policy: PolicyName; readonly of: Place };
}

/** Every check at issue that a permit answers, in the order they are made. */
export const ENTITLEMENTS = {
  'exemption-unfit': {
    asks: {
      zh: '所主张的豁免项适用于该废物、环节和日期',
      en: 'a claimed exemption item fits the waste, the stage and the day',
    },
    basis: '名录 附录',
    failure: 'refuse',
  },
  'point-to-point-missing': {
    asks: { zh: '主张第 32 项的，有点对点定向利用方案', en: 'a claim of item 32 rests on a point-to-point permit' },
    basis: '名录 附录 32',
    failure: 'refuse',
  },
  'point-to-point-over': {
    asks: { zh: '点对点数量未用完', en: 'the point-to-point quantity is not used up' },
    basis: '名录 附录 32',
    failure: 'refuse',
  },
  'licence-missing': {
    asks: {
      zh: '接受人的经营许可证涵盖该废物，或该环节豁免',
      en: 'a licence of the consignee covers the waste, or the stage is exempt',
    },
    basis: null,
    failure: { policy: 'unlicensed-consignee', of: 'destination' },
  },
  'licence-full': {
    asks: { zh: '年度经营规模未用满', en: 'the licensed yearly scale is not used up' },
    basis: 'ML 10',
    failure: 'warn',
  },
  'licence-over-scale': {
    asks: { zh: '未超过须重新申请许可证的规模', en: 'the scale that needs a new licence is not passed' },
    basis: 'ML 12',
    failure: { policy: 'licence-over-scale', of: 'destination' },
  },
  'contract-missing': {
    asks: {
      zh: '与接受人、承运人订有在有效期内的书面合同',
      en: 'written contracts with the consignee and the carrier are in force',
    },
    basis: 'TM 10(1)',
    failure: { policy: 'contract-missing', of: 'origin' },
  },
  'contract-over': {
    asks: { zh: '合同数量未用完', en: 'the contracted quantity is not used up' },
    basis: 'TM 10(1)',
    failure: 'warn',
  },
  'plan-missing': {
    asks: { zh: '管理计划列有该废物和接受人', en: 'the yearly plan names the waste and the receiver' },
    basis: 'TM 10(2), 14',
    failure: { policy: 'plan-line-missing', of: 'origin' },
  },
  'plan-over': {
    asks: { zh: '未超过计划数量（可变更计划）', en: 'the planned quantity is not passed; a plan may be amended' },
    basis: 'TM 14; HJ 1259-2022 5.2.3',
    failure: 'warn',
  },
  'cross-province-unapproved': {
    asks: {
      zh: '跨省转移已获批准，或列入白名单、试点',
      en: 'a move out of the province is approved, white-listed or in a pilot',
    },
    basis: null,
    failure: { policy: 'cross-province-unapproved', of: 'origin' },
  },
  'cross-province-over': {
    asks: { zh: '未超过批准的数量', en: 'the approved quantity is not passed' },
    basis: 'TM 28',
    failure: 'refuse',
  },
} as const satisfies Record<string, Entitlement>;
export type Check = keyof typeof ENTITLEMENTS;

/** The law it is judged by, and what is known of its parties' permits. */
export interface EntitlementContext {
  readonly day: string;
  readonly reference: PolicyBook;
  readonly heldOf: (type: PermitType) => readonly HeldPermit[];
}

type Parties = Pick<Manifest, 'consignorId' | 'consigneeId' | 'carrierId'>;
const holderOn = (manifest: Parties, type: PermitType): string =>
  PERMIT_RULES[type].holder === 'consignor' ? manifest.consignorId : manifest.consigneeId;

interface Wanted {
  readonly type: PermitType;
  readonly lookup: Lookup<readonly HeldPermit[]>;
  readonly key: string;
}

/** Only what has a hard cap is locked, and a licence where the place refuses what goes beyond its scale. */
function wantedPermits(manifest: Manifest, day: string, reference: PolicyBook): Wanted[] {
  const types: PermitType[] = ['licence', 'contract', 'management_plan'];
  if (manifest.crossProvince) types.push('cross_province_approval', 'white_list', 'pilot');
  if (manifest.lines.some((line) => line.exemption?.item === POINT_TO_POINT_ITEM)) types.push('point_to_point');
  const at = { region: manifest.destinationRegion, stream: manifest.stream, day };
  return types.map((type) => {
    const isLocked =
      PERMIT_RULES[type].cap === 'hard' ||
      (type === 'licence' && reference.policy('licence-over-scale', at).value === 'refuse');
    return { type, lookup: isLocked ? lockedPermitsOf : permitsOf, key: permitKey(holderOn(manifest, type), type) };
  });
}

/** What the issue act looks up. */
export const entitlementLookups = (
  manifest: Manifest,
  day: string,
  reference: PolicyBook,
): NonNullable<Needs['lookups']> => wantedPermits(manifest, day, reference);

/** What those lookups found, by type. */
export function permitsFound(
  manifest: Manifest,
  day: string,
  reference: PolicyBook,
  states: States,
): EntitlementContext {
  const found = new Map(
    wantedPermits(manifest, day, reference).map(({ type, lookup, key }) => [type, states.found(lookup, key)]),
  );
  return { day, reference, heldOf: (type) => found.get(type) ?? [] };
}

/** What an act that settles reservations or uses shares with those who count them: the gates of the manifest's hard caps. */
export const settledGates = (manifest: Manifest): string[] => [
  ...new Set(
    manifest.permitUses
      .filter(({ type }) => PERMIT_RULES[type].cap === 'hard')
      .map(({ type }) => permitKey(holderOn(manifest, type), type)),
  ),
];

type Finding = { readonly refusal: Refusal } | { readonly warning: Warning };

/** What one manifest has found out so far; what an earlier line reserves is gone for the next. */
interface Judging {
  readonly manifest: Manifest;
  readonly context: EntitlementContext;
  readonly uses: PermitUse[];
  readonly findings: Finding[];
}

/** Every line against every row of ENTITLEMENTS. The first refusal speaks; else the warnings, and what is reserved. */
export function checkEntitlement(
  manifest: Manifest,
  context: EntitlementContext,
): { refusal: Refusal } | { warnings: Warning[]; uses: PermitUse[] } {
  const judging: Judging = { manifest, context, uses: [], findings: [] };
  for (const line of manifest.lines) {
    if (!checkClaim(judging, line)) checkLicence(judging, line);
    checkContracts(judging, line);
    checkPlan(judging, line);
    if (manifest.crossProvince) checkCrossProvince(judging, line);
  }
  const refusal = judging.findings.find((finding) => 'refusal' in finding);
  if (refusal) return refusal as { refusal: Refusal };
  return { warnings: judging.findings.flatMap((one) => ('warning' in one ? [one.warning] : [])), uses: judging.uses };
}

/** @returns whether the claim frees the consignee from its licence: its item covers the use or disposal itself. */
function checkClaim(judging: Judging, line: DraftLine): boolean {
  const { manifest, context } = judging;
  if (!line.exemption) return false;
  const { item } = line.exemption;
  const { day, reference } = context;
  const stage = stageOf(line.plannedMethod, reference, atPlace(judging, 'destination'));
  const refusal = claimRefusal(line, stage, day);
  if (refusal) {
    judging.findings.push({ refusal });
    return true;
  }
  const freed = claimedRows(line.wasteCode, item, [stage], day);
  const [row] = freed.length > 0 ? freed : claimedRows(line.wasteCode, item, ['transport'], day);
  judging.findings.push({ warning: claimWarning(line, row!) });
  if (item !== POINT_TO_POINT_ITEM) return freed.length > 0;
  const question = { ...askedOf(manifest, line, day), counterpartId: manifest.consigneeId };
  const cover = coverOf(judging, ['point_to_point'], question, line);
  if ('why' in cover) fail(judging, 'point-to-point-missing', line, 'exemption/item', cover.why);
  else reserve(judging, cover.permit, line, 'point-to-point-over');
  return true;
}

/** 法典 534: no waste goes to who has no licence for it on that day, unless its use or disposal is exempt. */
function checkLicence(judging: Judging, line: DraftLine): void {
  const { manifest, context } = judging;
  const question = {
    ...askedOf(manifest, line, context.day),
    siteId: manifest.consigneeSiteId,
    counterpartId: undefined,
    method: line.plannedMethod,
  };
  const cover = coverOf(judging, ['licence'], question, line);
  if ('permit' in cover) {
    reserveOfLicence(judging, cover.permit, line);
    return;
  }
  const stage = stageOf(line.plannedMethod, context.reference, atPlace(judging, 'destination'));
  const exempt = unclaimedRow(line.wasteCode, stage, context.day);
  if (!exempt) fail(judging, 'licence-missing', line, cover.field, cover.why);
  else judging.findings.push({ warning: unclaimedWarning(line, exempt) });
}

/** ML 12: above the yearly scale is said; a fifth above it needs a new licence. */
function reserveOfLicence(judging: Judging, licence: HeldPermit, line: DraftLine): void {
  const { capGrams } = licence;
  const after = spentOf(judging, licence) + line.declaredGrams;
  book(judging, licence, line);
  if (capGrams === null || after <= capGrams) return;
  const excess = judging.context.reference.policy(
    'licence-scale-excess-permille',
    atPlace(judging, 'destination'),
  ).value;
  const isOver = after > capGrams + Math.floor((capGrams / 1_000) * excess);
  fail(judging, isOver ? 'licence-over-scale' : 'licence-full', line, 'massGrams', overBy(licence, capGrams, after));
}

/** TM 10(1): with the consignee, and with the carrier when the consignor hires it. Nobody contracts with himself. */
function checkContracts(judging: Judging, line: DraftLine): void {
  const { manifest, context } = judging;
  const { consignorId, consigneeId, carrierId, shipperRole } = manifest;
  const others = new Set(shipperRole === 'consignor' ? [consigneeId, carrierId] : [consigneeId]);
  others.delete(consignorId);
  for (const counterpartId of others) {
    const question = { ...askedOf(manifest, line, context.day), counterpartId, method: undefined };
    const cover = coverOf(judging, ['contract'], question, line);
    const who = counterpartId === consigneeId ? WITH.consignee : WITH.carrier;
    if ('why' in cover) fail(judging, 'contract-missing', line, 'wasteCode', joined(who, cover.why));
    else reserve(judging, cover.permit, line, 'contract-over');
  }
}

function checkPlan(judging: Judging, line: DraftLine): void {
  const { manifest, context } = judging;
  const question = { ...askedOf(manifest, line, context.day), counterpartId: manifest.consigneeId };
  const cover = coverOf(judging, ['management_plan'], question, line);
  if ('why' in cover) fail(judging, 'plan-missing', line, cover.field, cover.why);
  else reserve(judging, cover.permit, line, 'plan-over');
}

/** An approval is the consignor's, a place on a white list or in a pilot the consignee's. */
function checkCrossProvince(judging: Judging, line: DraftLine): void {
  const { manifest, context } = judging;
  const asked = askedOf(manifest, line, context.day);
  const approval = coverOf(
    judging,
    ['cross_province_approval'],
    { ...asked, counterpartId: manifest.consigneeId },
    line,
  );
  const listed = coverOf(
    judging,
    ['white_list', 'pilot'],
    { ...asked, siteId: manifest.consigneeSiteId, counterpartId: manifest.consignorId },
    line,
  );
  const covers = [approval, listed].flatMap((cover) => ('permit' in cover ? [cover.permit] : []));
  const enough = covers.find((permit) => remainingOf(judging, permit) >= line.declaredGrams) ?? covers[0];
  if (enough) reserve(judging, enough, line, 'cross-province-over');
  else if ('why' in approval) fail(judging, 'cross-province-unapproved', line, approval.field, approval.why);
}

/** What is asked of whatever the consignor holds. */
const askedOf = (manifest: Manifest, line: DraftLine, day: string): CoverQuestion => ({
  wasteCode: line.wasteCode,
  method: line.plannedMethod,
  day,
  siteId: manifest.consignorSiteId,
  origin: manifest.originRegion,
});

/** Of those that cover: one with enough left before one without, then the first to end. Else the reason that came nearest, and the field it lies in. */
function coverOf(
  judging: Judging,
  types: readonly PermitType[],
  question: CoverQuestion,
  line: DraftLine,
): { permit: HeldPermit } | { why: Bilingual; field: 'plannedMethod' | 'wasteCode' } {
  const candidates = types.flatMap(judging.context.heldOf);
  const reasons = candidates.map((permit) => ({ permit, why: whyNotCovered(permit, question) }));
  const covering = reasons.flatMap(({ permit, why }) => (why ? [] : [permit]));
  const lacks = (permit: HeldPermit) => (remainingOf(judging, permit) >= line.declaredGrams ? 0 : 1);
  const [permit] = covering.sort(
    (a, b) => lacks(a) - lacks(b) || compareText(a.validTo, b.validTo) || compareText(a.id, b.id),
  );
  if (permit) return { permit };
  const nearest = reasons.sort((a, b) => NOT_COVERED.indexOf(b.why!) - NOT_COVERED.indexOf(a.why!))[0];
  const field = nearest?.why === 'method' ? 'plannedMethod' : 'wasteCode';
  return { why: nearest ? reasonText(nearest.permit, nearest.why!) : WITHOUT_ANY, field };
}

/** Reserves, and says when it is more than is left. */
function reserve(judging: Judging, permit: HeldPermit, line: DraftLine, check: Check): void {
  const after = spentOf(judging, permit) + line.declaredGrams;
  book(judging, permit, line);
  if (permit.capGrams !== null && after > permit.capGrams)
    fail(judging, check, line, 'massGrams', overBy(permit, permit.capGrams, after));
}

const book = ({ uses, context }: Judging, permit: HeldPermit, line: DraftLine): void => {
  uses.push(reservedUse(line.line, permit, context.day, line.declaredGrams));
};

/** Reserved and used in the period of that day, by others and by the lines before this one. */
function spentOf({ context, uses }: Judging, { id, type, uses: known }: HeldPermit): number {
  const [reserved, used] = known[periodOf(type, context.day)] ?? [0, 0];
  return uses.reduce((sum, use) => sum + (use.permitId === id ? use.reservedGrams : 0), reserved + used);
}

const remainingOf = (judging: Judging, permit: HeldPermit): number =>
  permit.capGrams === null ? Number.POSITIVE_INFINITY : permit.capGrams - spentOf(judging, permit);

const atPlace = ({ manifest, context: { day } }: Judging, of: Place) => ({
  region: of === 'origin' ? manifest.originRegion : manifest.destinationRegion,
  stream: manifest.stream,
  day,
});

/** A row of the table has failed: its policy of that day and place says what follows. */
function fail(judging: Judging, check: Check, line: DraftLine, field: string, why: Bilingual): void {
  const { asks, basis, failure }: Entitlement = ENTITLEMENTS[check];
  const row =
    typeof failure === 'string' ? null : judging.context.reference.policy(failure.policy, atPlace(judging, failure.of));
  const pointer = `/lines/${line.line - 1}/${field}`;
  const article = basis ?? `${row!.basis.instrument} ${row!.basis.article}`;
  const { day } = judging.context;
  const detail = {
    zh: `第 ${line.line} 行 ${line.wasteCode}（${day}）：要求${asks.zh}。${why.zh}`,
    en: `Line ${line.line}, ${line.wasteCode}, on ${day}: ${asks.en}. ${why.en}`,
  };
  if ((row?.value ?? failure) === 'refuse')
    judging.findings.push({
      refusal: { problem: 'against-rule', detail, basis: article, errors: [{ pointer, detail: why }] },
    });
  else judging.findings.push({ warning: { code: check, detail, basis: article, pointer } });
}

const overBy = ({ number }: HeldPermit, cap: number, after: number): Bilingual => ({
  zh: `${number} 允许 ${cap} 克，加上本行将达 ${after} 克，超出 ${after - cap} 克。`,
  en: `${number} allows ${cap} g; with this line it would be ${after} g, ${after - cap} g too much.`,
});

const joined = (a: Bilingual, b: Bilingual): Bilingual => ({ zh: `${a.zh}${b.zh}`, en: `${a.en} ${b.en}` });

const WITHOUT_ANY: Bilingual = { zh: '没有登记任何一份。', en: 'None is registered.' };
const WITH: Record<'consignee' | 'carrier', Bilingual> = {
  consignee: { zh: '与接受人：', en: 'With the consignee:' },
  carrier: { zh: '与承运人：', en: 'With the carrier:' },
};
