/**
 * What a permit allows. 《危险废物经营许可证管理办法》 (Order 408, 2016) art. 10: a licence names its classes, its methods,
 * its yearly scale and its validity. Pure: no clock, no database.
 *
 * Validity is half-open: `validFrom` is the first day it holds, `validTo` the first on which it no longer does. A paper
 * that says "valid until 2026-12-31" has `validTo` 2027-01-01.
 */
import { codeRemarks } from '../catalogue/code-remarks.ts';
import { findTreatmentMethod } from '../catalogue/treatment-methods.ts';
import { wasteClasses, wasteClassOf } from '../catalogue/waste-codes.ts';
import type { Warning } from '../platform/acts.ts';
import type { Refusal } from '../problems.ts';
import type { Permit } from './registers.ts';
import type { PERMIT_TYPES } from './tables.ts';

/** What of a permit decides whether it covers something. */
export type PermitTerms = Pick<Permit, 'wasteCodes' | 'methods' | 'validFrom' | 'validTo' | 'status'>;

export interface CoverQuestion {
  readonly wasteCode: string;
  /** Treatment method (HJ 1033 annex F); not asked about when absent. */
  readonly method?: string | undefined;
  /** Civil day in Asia/Shanghai. */
  readonly day: string;
}

export type NotCovered = 'revoked' | 'not_yet_valid' | 'expired' | 'waste_code' | 'method';

export const permitCovers = (permit: PermitTerms, question: CoverQuestion): boolean =>
  whyNotCovered(permit, question) === undefined;

/** The first reason, in the order an inspector would ask; undefined when it is covered. */
export function whyNotCovered(permit: PermitTerms, { wasteCode, method, day }: CoverQuestion): NotCovered | undefined {
  if (permit.status === 'revoked') return 'revoked';
  if (day < permit.validFrom) return 'not_yet_valid';
  if (day >= permit.validTo) return 'expired';
  const wasteClass = wasteClassOf(wasteCode)?.class;
  if (!permit.wasteCodes.some((code) => code === wasteCode || code === wasteClass)) return 'waste_code';
  const isAnyMethod = method === undefined || permit.methods.length === 0;
  return isAnyMethod || permit.methods.includes(method) ? undefined : 'method';
}

/** Types that say between whom: without a counterpart they allow nothing. */
const NEEDS_COUNTERPART: readonly (typeof PERMIT_TYPES)[number][] = ['cross_province_approval', 'point_to_point'];

type Terms = PermitTerms & Pick<Permit, 'type' | 'holderId' | 'counterpartId'>;

/** What is wrong with a permit by itself; `today` decides which edition of the list its codes are looked up in. */
export function termsRefusal(permit: Terms, today: string): Refusal | undefined {
  if (permit.validTo <= permit.validFrom) {
    return against(
      '/validTo',
      `validTo 是失效首日，须晚于 validFrom（${permit.validFrom}）。`,
      `validTo is the first day it no longer holds and must be after validFrom (${permit.validFrom}).`,
    );
  }
  if (permit.counterpartId === permit.holderId) {
    return against(
      '/counterpartId',
      '对方单位不能是持有单位本身。',
      'The counterpart is another party than the holder.',
    );
  }
  if (permit.counterpartId === null && NEEDS_COUNTERPART.includes(permit.type)) {
    return against('/counterpartId', `${permit.type} 须写明对方单位。`, `A ${permit.type} names its counterpart.`);
  }
  for (const [index, code] of permit.wasteCodes.entries()) {
    const remarks = remarksOn(code, today, `/wasteCodes/${index}`);
    if ('refusal' in remarks) return remarks.refusal;
  }
  const unknown = permit.methods.findIndex((method) => !findTreatmentMethod(method));
  if (unknown < 0) return undefined;
  const method = permit.methods[unknown];
  return {
    ...against(
      `/methods/${unknown}`,
      `没有利用处置方式 ${method}；代码如 R1、D10、C1。`,
      `There is no treatment method ${method}; codes look like R1, D10, C1.`,
    ),
    basis: 'HJ 1033 附录F',
  };
}

/** Codes we could not check against the list of that day. */
export function codeWarnings(permit: Pick<Permit, 'wasteCodes'>, today: string): readonly Warning[] {
  return permit.wasteCodes.flatMap((code, index) => {
    const remarks = remarksOn(code, today, `/wasteCodes/${index}`);
    return 'warnings' in remarks ? remarks.warnings : [];
  });
}

/** A class stands for all its codes. */
function remarksOn(code: string, day: string, pointer: string): ReturnType<typeof codeRemarks> {
  if (!/^HW/i.test(code)) return codeRemarks(code, day, pointer);
  if (wasteClasses.some((known) => known.class === code)) return { warnings: [] };
  return {
    refusal: {
      ...against(
        pointer,
        `没有废物类别 ${code}；类别为 HW01 至 HW50（无 HW41 至 HW44）。`,
        `There is no waste class ${code}; they are HW01 to HW50 without HW41 to HW44.`,
      ),
      basis: '《国家危险废物名录》',
    },
  };
}

export const against = (pointer: string, zh: string, en: string): Refusal => ({
  problem: 'against-rule',
  detail: { zh, en },
  errors: [{ pointer, detail: en }],
});
