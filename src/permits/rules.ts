/**
 * What a permit allows, and what it must say. ML = 《危险废物经营许可证管理办法》 (Order 408, 2016), TM = 《危险废物转移管理办法》
 * (Order 23 of 2021). Pure: no clock, no database.
 *
 * Validity is half-open: `validFrom` is the first day it holds, `validTo` the first on which it no longer does. A paper
 * that says "valid until 2026-12-31" has `validTo` 2027-01-01.
 */
import { codeRemarks, unknownMethod } from '../catalogue/code-remarks.ts';
import { ancestorsOn, descendantsPresent, presentCodesOf, regionOn } from '../catalogue/regions.ts';
import { streamOfWaste } from '../catalogue/streams.ts';
import { findTreatmentMethod } from '../catalogue/treatment-methods.ts';
import { wasteClasses, wasteClassOf } from '../catalogue/waste-codes.ts';
import type { Warning } from '../platform/acts.ts';
import { against, type Bilingual, type Refusal } from '../problems.ts';
import { PERMIT_RULES } from './permit-rules.ts';
import type { Permit } from './registers.ts';

/** What of a permit decides whether it covers something. */
export type PermitTerms = Pick<
  Permit,
  'wasteCodes' | 'excludedCodes' | 'methods' | 'areas' | 'siteId' | 'counterpartId' | 'validFrom' | 'validTo' | 'status'
>;

/** What is not given is not asked about. */
export interface CoverQuestion {
  readonly wasteCode: string;
  /** Treatment method (HJ 1033 annex F). */
  readonly method?: string | undefined;
  /** Civil day in Asia/Shanghai. */
  readonly day: string;
  /** The holder's site on the manifest. */
  readonly siteId?: string | undefined;
  readonly counterpartId?: string | undefined;
  /** Region the waste comes from. */
  readonly origin?: string | undefined;
}

/** In the order an inspector would ask: is it between these two, is it in force, is it for this. */
export const NOT_COVERED = [
  'counterpart',
  'revoked',
  'not_yet_valid',
  'expired',
  'site',
  'waste_code',
  'excluded_code',
  'method',
  'area',
] as const;
export type NotCovered = (typeof NOT_COVERED)[number];

export const permitCovers = (permit: PermitTerms, question: CoverQuestion): boolean =>
  whyNotCovered(permit, question) === undefined;

/** The first reason; undefined when it is covered. Codes are evaluated include, then exclude. */
export function whyNotCovered(permit: PermitTerms, question: CoverQuestion): NotCovered | undefined {
  const { wasteCode, method, day, siteId, counterpartId, origin } = question;
  if (counterpartId !== undefined && permit.counterpartId !== null && permit.counterpartId !== counterpartId)
    return 'counterpart';
  if (permit.status === 'revoked') return 'revoked';
  if (day < permit.validFrom) return 'not_yet_valid';
  if (day >= permit.validTo) return 'expired';
  if (siteId !== undefined && permit.siteId !== null && permit.siteId !== siteId) return 'site';
  if (permit.wasteCodes.length > 0 && !names(permit.wasteCodes, wasteCode)) return 'waste_code';
  if (names(permit.excludedCodes, wasteCode)) return 'excluded_code';
  if (method !== undefined && permit.methods.length > 0 && !permit.methods.includes(method)) return 'method';
  return origin === undefined || permit.areas.length === 0 || liesInAny(permit.areas, origin, day) ? undefined : 'area';
}

/** Why a permit does not cover something, in words. */
export function reasonText(permit: Pick<Permit, 'number'> & PermitTerms, why: NotCovered): Bilingual {
  const { zh, en } = REASONS[why];
  return { zh: `最接近的 ${permit.number} ${zh(permit)}。`, en: `The nearest, ${permit.number}, ${en(permit)}.` };
}

type Said = (permit: PermitTerms) => string;
const REASONS: Record<NotCovered, { readonly zh: Said; readonly en: Said }> = {
  revoked: { zh: () => '已吊销', en: () => 'is revoked' },
  not_yet_valid: { zh: (one) => `自 ${one.validFrom} 起有效`, en: (one) => `holds from ${one.validFrom}` },
  expired: { zh: (one) => `自 ${one.validTo} 起失效`, en: (one) => `is over since ${one.validTo}` },
  site: { zh: () => '属于另一场所', en: () => 'is tied to another site' },
  counterpart: { zh: () => '对方是另一单位', en: () => 'is with another party' },
  waste_code: { zh: () => '未列入该废物', en: () => 'does not name this waste' },
  excluded_code: { zh: () => '排除了该废物', en: () => 'excludes this waste' },
  method: { zh: (one) => `只涵盖 ${one.methods.join('、')}`, en: (one) => `covers ${one.methods.join(', ')} only` },
  area: {
    zh: (one) => `只涵盖来自 ${one.areas.join('、')} 的废物`,
    en: (one) => `covers waste from ${one.areas.join(', ')} only`,
  },
};

/** By the code itself or its class. */
function names(codes: readonly string[], wasteCode: string): boolean {
  const wasteClass = wasteClassOf(wasteCode)?.class;
  return codes.some((code) => code === wasteCode || code === wasteClass);
}

/** By the tree of that day, never by digits. An area that was not in force then is what it is made of today. */
function liesInAny(areas: readonly string[], region: string, day: string): boolean {
  const above = ancestorsOn(region, day);
  return areas.some((area) => (regionOn(area, day) ? above.includes(area) : descendantsPresent(area).includes(region)));
}

type Terms = PermitTerms & Pick<Permit, 'type' | 'holderId' | 'capGrams'>;

/** What is wrong with a permit by itself; `today` decides which edition of the list its codes are looked up in. */
export function termsRefusal(permit: Terms, today: string): Refusal | undefined {
  return (
    validityRefusal(permit) ??
    betweenRefusal(permit) ??
    quantityRefusal(permit) ??
    codesRefusal(permit, today) ??
    methodsRefusal(permit) ??
    areasRefusal(permit, today)
  );
}

function validityRefusal({ validFrom, validTo }: Terms): Refusal | undefined {
  if (validTo > validFrom) return undefined;
  return against(
    '/validTo',
    `validTo 是失效首日，须晚于 validFrom（${validFrom}）。`,
    `validTo is the first day it no longer holds and must be after validFrom (${validFrom}).`,
  );
}

function betweenRefusal({ type, holderId, counterpartId }: Terms): Refusal | undefined {
  if (counterpartId === holderId)
    return against(
      '/counterpartId',
      '对方单位不能是持有单位本身。',
      'The counterpart is another party than the holder.',
    );
  if (counterpartId !== null || PERMIT_RULES[type].counterpart !== 'must') return undefined;
  return {
    ...against(
      '/counterpartId',
      `${PERMIT_RULES[type].name.zh}须写明对方单位。`,
      `A ${PERMIT_RULES[type].name.en} names its counterpart.`,
    ),
    basis: PERMIT_RULES[type].basis,
  };
}

function quantityRefusal({ type, capGrams }: Terms): Refusal | undefined {
  if (capGrams !== null || PERMIT_RULES[type].quantity !== 'must') return undefined;
  return {
    ...against(
      '/capGrams',
      `${PERMIT_RULES[type].name.zh}须写明数量（克）。`,
      `A ${PERMIT_RULES[type].name.en} says how much it allows, in grams.`,
    ),
    basis: PERMIT_RULES[type].basis,
  };
}

function codesRefusal(permit: Terms, today: string): Refusal | undefined {
  const { type, wasteCodes } = permit;
  if (wasteCodes.length === 0 && type !== 'contract')
    return against(
      '/wasteCodes',
      '须写明废物代码或类别；只有合同可以不限。',
      'Name codes or classes; only a contract may leave them open.',
    );
  if (type === 'point_to_point' && (wasteCodes.length > 1 || /^HW/i.test(wasteCodes[0]!)))
    return {
      ...against(
        '/wasteCodes',
        '点对点定向利用仅限一家单位的一种危险废物：写明一个废物代码。',
        'Point to point is for one kind of waste: name one code.',
      ),
      basis: PERMIT_RULES.point_to_point.basis,
    };
  for (const field of ['wasteCodes', 'excludedCodes'] as const)
    for (const [index, code] of permit[field].entries()) {
      const remarks = remarksOn(code, today, `/${field}/${index}`);
      if ('refusal' in remarks) return remarks.refusal;
    }
  return undefined;
}

function methodsRefusal({ type, methods, wasteCodes }: Terms): Refusal | undefined {
  for (const [index, code] of methods.entries()) {
    const unknown = unknownMethod(code, wasteCodes.map(streamOfWaste), `/methods/${index}`);
    if (unknown) return unknown;
    if (type === 'point_to_point' && findTreatmentMethod(code)!.kind === 'disposal')
      return {
        ...against(
          `/methods/${index}`,
          `点对点定向利用只豁免利用环节，${code} 是处置方式。`,
          `Point to point frees the use only; ${code} is a way of disposal.`,
        ),
        basis: PERMIT_RULES.point_to_point.basis,
      };
  }
  return undefined;
}

function areasRefusal({ type, areas }: Terms, today: string): Refusal | undefined {
  if (areas.length === 0 && PERMIT_RULES[type].areas === 'must')
    return {
      ...against(
        '/areas',
        `${PERMIT_RULES[type].name.zh}须写明废物来自哪些省份。`,
        `A ${PERMIT_RULES[type].name.en} names the provinces the waste may come from.`,
      ),
      basis: PERMIT_RULES[type].basis,
    };
  const index = areas.findIndex((area) => !regionOn(area, today) && presentCodesOf(area).length === 0);
  if (index < 0) return undefined;
  return against(
    `/areas/${index}`,
    `没有行政区划 ${areas[index]}；见 GET /v1/regions。`,
    `There is no region ${areas[index]}; see GET /v1/regions.`,
  );
}

/** Codes we could not check against the list of that day. */
export function codeWarnings(permit: Pick<Permit, 'wasteCodes' | 'excludedCodes'>, today: string): readonly Warning[] {
  return (['wasteCodes', 'excludedCodes'] as const).flatMap((field) =>
    permit[field].flatMap((code, index) => {
      const remarks = remarksOn(code, today, `/${field}/${index}`);
      return 'warnings' in remarks ? remarks.warnings : [];
    }),
  );
}

/** A class stands for all its codes. */
function remarksOn(code: string, day: string, pointer: string): ReturnType<typeof codeRemarks> {
  if (!/^[HS]W/i.test(code)) return codeRemarks(code, day, pointer);
  if (wasteClasses.some((known) => known.class === code)) return { warnings: [] };
  return {
    refusal: {
      ...against(
        pointer,
        `没有废物类别 ${code}；类别为 HW01 至 HW50（无 HW41 至 HW44），及 GET /v1/streams 所列的 SW 类。`,
        `There is no waste class ${code}; they are HW01 to HW50 without HW41 to HW44, and those SW classes that GET /v1/streams shows.`,
      ),
      basis: '《国家危险废物名录》',
    },
  };
}
