/**
 * The table of what must cover a line when a manifest is issued: what is asked, on what basis, and what a failure does. How
 * each is looked at is in entitlement.ts. ML = 《危险废物经营许可证管理办法》, CW = 《城市建筑垃圾管理规定》. Pure.
 */
import type { PolicyName } from '../catalogue/policy-definitions.ts';
import type { PermitType } from '../permits/tables.ts';
import type { Bilingual } from '../problems.ts';

/** Of a manifest. */
export type End = 'origin' | 'destination';
export interface Entitlement {
  /** What is asked. */
  readonly asks: Bilingual;
  /** Where it is written; null: in the policy's row of that day. */
  readonly basis: string | null;
  /** What a failure does: always the same, or what the dated policy of a place says. */
  readonly failure: 'refuse' | 'warn' | { readonly policy: PolicyName; readonly of: End };
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
  'cross-province-uninformed': {
    asks: {
      zh: '跨省转移利用的，已事先向移出地和接受地省级主管部门通报信息',
      en: 'both provinces were informed before a waste leaves one to be used in the other',
    },
    basis: null,
    failure: { policy: 'cross-province-uninformed', of: 'origin' },
  },
  'cross-province-beyond-information': {
    asks: { zh: '未超过通报的数量', en: 'no more is moved than both were informed of' },
    basis: '法典 476 ¶2; 固废法 22 ¶2',
    failure: 'warn',
  },
  'cross-province-over': {
    asks: { zh: '未超过批准的数量', en: 'the approved quantity is not passed' },
    basis: 'TM 28',
    failure: 'refuse',
  },
  'discharge-permit-missing': {
    asks: { zh: '排放单位持有涵盖该废物的排放核准', en: 'a discharge permit covers the waste' },
    basis: null,
    failure: { policy: 'discharge-permit-missing', of: 'origin' },
  },
  'discharge-permit-over': {
    asks: { zh: '未超过核准的排放量', en: 'the amount permitted for discharge is not passed' },
    basis: null,
    failure: { policy: 'permit-exhausted', of: 'origin' },
  },
  'project-plan-missing': {
    asks: { zh: '工程处理方案列有该废物和去向', en: 'the project plan names the waste and where it goes' },
    basis: null,
    failure: { policy: 'project-plan-missing', of: 'origin' },
  },
  'project-plan-over': {
    asks: { zh: '未超过处理方案的数量', en: 'the planned quantity is not passed' },
    basis: null,
    failure: { policy: 'permit-exhausted', of: 'origin' },
  },
  'transport-permit-missing': {
    asks: { zh: '运输单位持有运输核准', en: 'a transport permit of the haulier covers the waste' },
    basis: null,
    failure: { policy: 'transport-permit-missing', of: 'origin' },
  },
  'transport-permit-over': {
    asks: { zh: '未超过核准的运输量', en: 'the amount permitted for transport is not passed' },
    basis: null,
    failure: { policy: 'permit-exhausted', of: 'origin' },
  },
  'receiving-permit-missing': {
    asks: { zh: '接受单位持有涵盖该废物的核准', en: 'a permit of the receiving site covers the waste' },
    basis: null,
    failure: { policy: 'receiving-permit-missing', of: 'destination' },
  },
  'receiving-permit-over': {
    asks: { zh: '未超过核准的受纳总量', en: 'the amount the site may take in is not passed' },
    basis: null,
    failure: { policy: 'permit-exhausted', of: 'destination' },
  },
  'site-capacity-over': {
    asks: { zh: '未超过场所的日受纳能力', en: "the site's daily capacity is not passed" },
    basis: null,
    failure: { policy: 'permit-exhausted', of: 'destination' },
  },
} as const satisfies Record<string, Entitlement>;
export type Check = keyof typeof ENTITLEMENTS;

/**
 * What covers a line by one permit of one type, in the order it is asked. A stream is asked for what its place has a policy
 * for; `missing: null`: whoever has none is not limited.
 */
export const COVERS = [
  { type: 'discharge_permit', missing: 'discharge-permit-missing', over: 'discharge-permit-over' },
  { type: 'project_plan', missing: 'project-plan-missing', over: 'project-plan-over' },
  { type: 'transport_permit', missing: 'transport-permit-missing', over: 'transport-permit-over' },
  { type: 'receiving_permit', missing: 'receiving-permit-missing', over: 'receiving-permit-over' },
  { type: 'site_capacity', missing: null, over: 'site-capacity-over' },
] as const satisfies readonly { type: PermitType; missing: Check | null; over: Check }[];
