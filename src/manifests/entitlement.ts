/**
 * What must cover each line of a manifest when it is issued: licence, contract, plan, approval, exemption. By the law of
 * the day that is handed in. TM = 《危险废物转移管理办法》, ML = 《危险废物经营许可证管理办法》, LIST = 《国家危险废物名录》. Pure.
 */
import type { PolicyBook } from '../catalogue/reference.ts';
import { PERMIT_RULES, periodOf } from '../permits/permit-rules.ts';
import { type HeldPermit, lockedPermitsOf, permitKey, permitsOf } from '../permits/queries.ts';
import { type CoverQuestion, NOT_COVERED, reasonText, whyNotCovered } from '../permits/rules.ts';
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
import { type Check, COVERS, ENTITLEMENTS, type End, type Entitlement } from './entitlements.ts';
import type { Manifest } from './manifest.ts';
import type { DraftLine } from './tables.ts';

/** The law it is judged by, and what is known of its parties' permits. */
export interface EntitlementContext {
  readonly day: string;
  readonly reference: PolicyBook;
  readonly heldOf: (type: PermitType) => readonly HeldPermit[];
  /** What the act has reserved for manifests before this one. */
  readonly booked: readonly PermitUse[];
}

type Parties = Pick<Manifest, 'consignorId' | 'consigneeId' | 'legs'>;
/** Who must hold it: each carrier for itself. */
function holdersOn({ consignorId, consigneeId, legs }: Parties, type: PermitType): readonly string[] {
  const { holder } = PERMIT_RULES[type];
  if (holder === 'carrier') return [...new Set(legs.map(({ carrierId }) => carrierId))];
  return [holder === 'consignor' ? consignorId : consigneeId];
}

interface Wanted {
  readonly type: PermitType;
  readonly lookup: Lookup<readonly HeldPermit[]>;
  readonly key: string;
}

/** Only what has a hard cap is locked, and a licence where the place refuses what goes beyond its scale. */
function wantedPermits(manifest: Manifest, day: string, reference: PolicyBook): Wanted[] {
  const asks = (check: Check) => isAsked({ manifest, day, reference }, check);
  const types: PermitType[] = COVERS.flatMap(({ type, missing, over }) => (asks(missing ?? over) ? [type] : []));
  if (asks('licence-missing')) types.push('licence');
  if (asks('contract-missing')) types.push('contract');
  if (asks('plan-missing')) types.push('management_plan');
  if (manifest.crossProvince && asks('cross-province-unapproved'))
    types.push('cross_province_approval', 'white_list', 'pilot');
  if (manifest.crossProvince && asks('cross-province-uninformed')) types.push('cross_province_information');
  if (manifest.lines.some((line) => line.exemption?.item === POINT_TO_POINT_ITEM)) types.push('point_to_point');
  return types.flatMap((type) => {
    const over = type === 'licence' ? 'licence-over-scale' : COVERS.find((row) => row.type === type)?.over;
    const isLocked =
      PERMIT_RULES[type].cap === 'hard' || (over && failureOf({ manifest, day, reference }, over) === 'refuse');
    const lookup = isLocked ? lockedPermitsOf : permitsOf;
    return holdersOn(manifest, type).map((holderId) => ({ type, lookup, key: permitKey(holderId, type) }));
  });
}

interface Law {
  readonly manifest: Pick<Manifest, 'stream' | 'originRegion' | 'destinationRegion'>;
  readonly day: string;
  readonly reference: PolicyBook;
}

const placeOf = ({ manifest, day }: Pick<Law, 'manifest' | 'day'>, of: End) => ({
  region: of === 'origin' ? manifest.originRegion : manifest.destinationRegion,
  stream: manifest.stream,
  day,
});

/** What decides on a failure: always the same, or the row of that place and day; undefined where nothing is asked. */
function decidedBy(law: Law, check: Check) {
  const { failure }: Entitlement = ENTITLEMENTS[check];
  return typeof failure === 'string'
    ? { value: failure }
    : law.reference.policyIf(failure.policy, placeOf(law, failure.of));
}

const isAsked = (law: Law, check: Check): boolean => decidedBy(law, check) !== undefined;
const failureOf = (law: Law, check: Check) => decidedBy(law, check)?.value;

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
  booked: readonly PermitUse[],
): EntitlementContext {
  const wanted = wantedPermits(manifest, day, reference);
  const heldOf = (type: PermitType) =>
    wanted.filter((one) => one.type === type).flatMap(({ lookup, key }) => states.found(lookup, key));
  return { day, reference, heldOf, booked };
}

/** What an act that settles reservations or uses shares with those who count them: the gates of the manifest's hard caps. */
export const settledGates = (manifest: Manifest): string[] => [
  ...new Set(
    manifest.permitUses
      .filter(({ type }) => PERMIT_RULES[type].cap === 'hard')
      .flatMap(({ type }) => holdersOn(manifest, type).map((holderId) => permitKey(holderId, type))),
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
    const asks = (check: Check) => isAsked(lawOf(judging), check);
    if (!checkClaim(judging, line) && asks('licence-missing')) checkLicence(judging, line);
    if (asks('contract-missing')) checkContracts(judging, line);
    if (asks('plan-missing')) checkPlan(judging, line);
    if (manifest.crossProvince && asks('cross-province-uninformed') && isUsed(judging, line))
      checkInformation(judging, line);
    else if (manifest.crossProvince && asks('cross-province-unapproved')) checkCrossProvince(judging, line);
    for (const row of COVERS) if (asks(row.missing ?? row.over)) checkCover(judging, row, line);
  }
  const refusal = judging.findings.find((finding) => 'refusal' in finding);
  if (refusal) return refusal as { refusal: Refusal };
  return { warnings: judging.findings.flatMap((one) => ('warning' in one ? [one.warning] : [])), uses: judging.uses };
}

const lawOf = ({ manifest, context: { day, reference } }: Judging): Law => ({ manifest, day, reference });

/** One permit of each who must hold one, for this waste, from where it comes or at the site it goes to. */
function checkCover(judging: Judging, { type, missing, over }: (typeof COVERS)[number], line: DraftLine): void {
  const { manifest, context } = judging;
  const { holder, counterpart } = PERMIT_RULES[type];
  const question = {
    ...askedOf(manifest, line, context.day),
    siteId: { consignor: manifest.consignorSiteId, carrier: undefined, consignee: manifest.consigneeSiteId }[holder],
    counterpartId: counterpart === 'no' ? undefined : manifest.consigneeId,
  };
  for (const holderId of holdersOn(manifest, type)) {
    const cover = coverOf(judging, [type], question, line, holderId);
    if ('permit' in cover) reserve(judging, cover.permit, line, over);
    else if (missing) fail(judging, missing, line, cover.field, cover.why);
  }
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

const isUsed = (judging: Judging, line: DraftLine): boolean =>
  stageOf(line.plannedMethod, judging.context.reference, atPlace(judging, 'destination')) === 'utilise';

/** 法典 476 ¶2: what leaves the province to be used needs no approval there, but that both provinces know beforehand. */
function checkInformation(judging: Judging, line: DraftLine): void {
  const { manifest, context } = judging;
  const question = { ...askedOf(manifest, line, context.day), counterpartId: manifest.consigneeId };
  const cover = coverOf(judging, ['cross_province_information'], question, line);
  if ('why' in cover) fail(judging, 'cross-province-uninformed', line, cover.field, cover.why);
  else reserve(judging, cover.permit, line, 'cross-province-beyond-information');
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
  holderId?: string,
): { permit: HeldPermit } | { why: Bilingual; field: 'plannedMethod' | 'wasteCode' } {
  const candidates = types
    .flatMap(judging.context.heldOf)
    .filter((permit) => holderId === undefined || permit.holderId === holderId);
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

/** Reserved and used in the period of that day, by others, by what the act has filed before it and by the lines before this one. */
function spentOf({ context, uses }: Judging, { id, type, uses: known }: HeldPermit): number {
  const [reserved, used] = known[periodOf(type, context.day)] ?? [0, 0];
  return [...context.booked, ...uses].reduce(
    (sum, use) => sum + (use.permitId === id ? use.reservedGrams : 0),
    reserved + used,
  );
}

const remainingOf = (judging: Judging, permit: HeldPermit): number =>
  permit.capGrams === null ? Number.POSITIVE_INFINITY : permit.capGrams - spentOf(judging, permit);

const atPlace = (judging: Judging, of: End) => placeOf(lawOf(judging), of);

/** A row of the table has failed: its policy of that day and place says what follows. */
function fail(judging: Judging, check: Check, line: DraftLine, field: string, why: Bilingual): void {
  const { asks, basis }: Entitlement = ENTITLEMENTS[check];
  const decided = decidedBy(lawOf(judging), check)!;
  const pointer = `/lines/${line.line - 1}/${field}`;
  const article = basis ?? ('basis' in decided ? `${decided.basis.instrument} ${decided.basis.article}` : check);
  const { day } = judging.context;
  const detail = {
    zh: `第 ${line.line} 行 ${line.wasteCode}（${day}）：要求${asks.zh}。${why.zh}`,
    en: `Line ${line.line}, ${line.wasteCode}, on ${day}: ${asks.en}. ${why.en}`,
  };
  if (decided.value === 'refuse')
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
