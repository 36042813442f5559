/**
 * The table of permits: who holds each, between whom, how much, for how long. What one of them covers is in rules.ts. ML =
 * 《危险废物经营许可证管理办法》 (Order 408, 2016), TM = 《危险废物转移管理办法》 (Order 23 of 2021), CW = 《城市建筑垃圾管理规定》. Pure.
 */
import type { Bilingual } from '../problems.ts';
import type { PermitType } from './tables.ts';

export interface PermitTypeRule {
  readonly name: Bilingual;
  /** Who on a manifest holds it, a carrier each for itself; the others are its counterparts. */
  readonly holder: 'consignor' | 'carrier' | 'consignee';
  /** Named between whom it is: `must` means that it allows nothing without. `no`: it is not looked at. */
  readonly counterpart: 'no' | 'may' | 'must';
  readonly areas: 'may' | 'must';
  /** Whether it must say how much; without a quantity there is nothing to run out of. */
  readonly quantity: 'may' | 'must';
  /** What its quantity is for: each day or calendar year anew, or the whole validity. */
  readonly period: 'calendar_day' | 'calendar_year' | 'validity';
  /** A hard cap is never passed at issue, however many issue at once; above a soft one the act is warned about. */
  readonly cap: 'hard' | 'soft';
  /** The day whose period a received load is counted in. */
  readonly countsOn: 'issue' | 'acceptance';
  readonly basis: string;
}

/** One row a type: who holds it, between whom, how much, for how long. */
export const PERMIT_RULES = {
  licence: {
    name: { zh: '经营许可证', en: 'licence' },
    holder: 'consignee',
    counterpart: 'no',
    areas: 'may',
    quantity: 'may',
    period: 'calendar_year',
    cap: 'soft',
    countsOn: 'acceptance',
    basis: 'ML 10, 12',
  },
  management_plan: {
    name: { zh: '管理计划', en: 'management plan' },
    holder: 'consignor',
    counterpart: 'may',
    areas: 'may',
    quantity: 'may',
    period: 'calendar_year',
    cap: 'soft',
    countsOn: 'issue',
    basis: 'TM 10(2), 14; HJ 1259-2022 5.2.3',
  },
  contract: {
    name: { zh: '书面合同', en: 'contract' },
    holder: 'consignor',
    counterpart: 'must',
    areas: 'may',
    quantity: 'may',
    period: 'validity',
    cap: 'soft',
    countsOn: 'issue',
    basis: 'TM 10(1)',
  },
  cross_province_approval: {
    name: { zh: '跨省转移批准', en: 'cross-province approval' },
    holder: 'consignor',
    counterpart: 'must',
    areas: 'may',
    quantity: 'must',
    period: 'validity',
    cap: 'hard',
    countsOn: 'issue',
    basis: 'TM 27, 28',
  },
  cross_province_information: {
    name: { zh: '跨省利用信息通报', en: 'information on a use in another province' },
    holder: 'consignor',
    counterpart: 'must',
    areas: 'may',
    quantity: 'may',
    period: 'validity',
    cap: 'soft',
    countsOn: 'issue',
    basis: '法典 476 ¶2; 固废法 22 ¶2',
  },
  white_list: {
    name: { zh: '白名单', en: 'white list' },
    holder: 'consignee',
    counterpart: 'may',
    areas: 'must',
    quantity: 'must',
    period: 'calendar_year',
    cap: 'hard',
    countsOn: 'issue',
    basis: 'TM 21 ¶2',
  },
  pilot: {
    name: { zh: '试点', en: 'pilot' },
    holder: 'consignee',
    counterpart: 'may',
    areas: 'must',
    quantity: 'may',
    period: 'calendar_year',
    cap: 'hard',
    countsOn: 'issue',
    basis: 'TM 21 ¶2; 环办固体函〔2023〕387号',
  },
  point_to_point: {
    name: { zh: '点对点定向利用方案', en: 'point-to-point permit' },
    holder: 'consignor',
    counterpart: 'must',
    areas: 'may',
    quantity: 'may',
    period: 'validity',
    cap: 'hard',
    countsOn: 'issue',
    basis: '名录 附录 32',
  },
  project_plan: {
    name: { zh: '工程处理方案', en: 'project plan' },
    holder: 'consignor',
    counterpart: 'may',
    areas: 'may',
    quantity: 'may',
    period: 'validity',
    cap: 'soft',
    countsOn: 'issue',
    basis: '法典 520',
  },
  discharge_permit: {
    name: { zh: '排放核准', en: 'discharge permit' },
    holder: 'consignor',
    counterpart: 'no',
    areas: 'may',
    quantity: 'may',
    period: 'validity',
    cap: 'soft',
    countsOn: 'issue',
    basis: 'CW 7',
  },
  transport_permit: {
    name: { zh: '运输核准', en: 'transport permit' },
    holder: 'carrier',
    counterpart: 'no',
    areas: 'may',
    quantity: 'may',
    period: 'validity',
    cap: 'soft',
    countsOn: 'issue',
    basis: 'CW 7',
  },
  receiving_permit: {
    name: { zh: '消纳（收运处理）核准', en: 'receiving permit' },
    holder: 'consignee',
    counterpart: 'no',
    areas: 'may',
    quantity: 'may',
    period: 'validity',
    cap: 'soft',
    countsOn: 'acceptance',
    basis: 'CW 7; 法典 514',
  },
  site_capacity: {
    name: { zh: '场所日受纳能力', en: 'daily capacity of a site' },
    holder: 'consignee',
    counterpart: 'no',
    areas: 'may',
    quantity: 'must',
    period: 'calendar_day',
    cap: 'soft',
    countsOn: 'acceptance',
    basis: 'CW 7',
  },
} as const satisfies Record<PermitType, PermitTypeRule>;

/** The period a day lies in: the day itself, its year, or the one period of a permit that counts over its validity. */
export function periodOf(type: PermitType, day: string): string {
  switch (PERMIT_RULES[type].period) {
    case 'calendar_day':
      return day;
    case 'calendar_year':
      return day.slice(0, 4);
    case 'validity':
      return 'validity';
  }
}
