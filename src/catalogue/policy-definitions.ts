/**
 * Every policy there is: its titles, the schema of its value (the unit is in its name), and the streams it exists for. What
 * it says at a place on a day is its rows (`policies.ts`).
 */
import { z } from 'zod';
import { inBoth } from '../platform/schema-messages.ts';
import { clockPolicies } from './clock-policies.ts';
import { observationPolicies } from './observation-policies.ts';
import { HAZARDOUS_STREAMS, MOIST_STREAMS, STREAMS, type Stream } from './streams.ts';
import { TREATMENT_KINDS } from './treatment-methods.ts';

/** The day of its life on which a rule looks at a manifest or batch (or the last of a reported period): the law of that day judges. */
export const LOOKS_AT = [
  'issued',
  'stored',
  'pickedUp',
  'arrived',
  'accepted',
  'treated',
  'reported',
  'observed',
] as const;
export const POLICY_PLACES = ['origin', 'destination', 'site', 'carrier'] as const;

const Count = z.number().int().positive();
const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
const NumberFormat = z.strictObject({ prefix: z.string().regex(/^[A-Z]{0,4}$/), serialDigits: Count.max(9) });
const MassTolerance = z.strictObject({
  /** Below it a difference says nothing: two truck scales, or two bench scales, may honestly differ by as much. */
  floorTruckGrams: Count,
  floorBenchGrams: Count,
  warningPermille: Count,
  criticalPermille: Count,
});

type PolicyDefinition = {
  zh: string;
  en: string;
  value: z.ZodType;
  streams: readonly Stream[];
  /** Where no row is in force nothing is asked (`policyIf`); of the others the nation answers for every stream. */
  optional?: true;
};

/** Every policy: its titles, the schema of its value (the unit is in the name) and the streams it exists for. */
export const POLICIES = {
  'confirm-receipt-working-days': {
    zh: '接受人确认接受的工作日数',
    en: 'Working days for the consignee to confirm receipt',
    value: Count,
    streams: STREAMS,
  },
  'paper-backfill-working-days': {
    zh: '纸质联单补录的工作日数',
    en: 'Working days to enter a paper manifest after the transfer',
    value: Count,
    streams: STREAMS,
  },
  'late-report-patience-hours': {
    zh: '补报后等待后续报告的小时数',
    en: 'Hours to wait for the rest after something is reported late',
    value: Count,
    streams: STREAMS,
  },
  'pickup-code-hours': {
    zh: '一次性装运码有效小时数',
    en: 'Hours a one-time pickup code may be used',
    value: Count,
    streams: STREAMS,
  },
  'pickup-code-attempts': {
    zh: '装运码可输错的次数',
    en: 'Wrong entries after which a pickup code is locked',
    value: Count,
    streams: STREAMS,
  },
  mismatch: {
    zh: '与联单不符时可否接受',
    en: 'Whether waste that differs from its manifest may be accepted',
    value: z.enum(['MAY_ACCEPT', 'MUST_REFUSE']),
    streams: STREAMS,
  },
  'unlicensed-consignee': {
    zh: '接受人无许可证时的处理',
    en: 'What happens when the consignee has no licence',
    value: z.enum(['refuse', 'warn']),
    streams: HAZARDOUS_STREAMS,
  },
  'discharge-permit-missing': {
    zh: '没有排放核准时的处理',
    en: 'What happens without a discharge permit',
    value: z.enum(['refuse', 'warn']),
    streams: STREAMS,
    optional: true,
  },
  'project-plan-missing': {
    zh: '工程处理方案未列入时的处理',
    en: 'What happens when no project plan names the waste',
    value: z.enum(['refuse', 'warn']),
    streams: STREAMS,
    optional: true,
  },
  'project-missing': {
    zh: '未登记工程时的处理',
    en: 'What happens when the site is of no registered project',
    value: z.enum(['refuse', 'warn']),
    streams: STREAMS,
    optional: true,
  },
  'clearance-terms': {
    zh: '工程结束后清运完毕的期限',
    en: 'How soon after its end a site must be cleared: hours for works, whole days for a demolition',
    value: z.strictObject({ demolitionDays: Count, otherHours: Count }),
    streams: STREAMS,
    optional: true,
  },
  'permit-decision': {
    zh: '核准决定的期限（天数，日历日或工作日）',
    en: 'Days within which an authority decides on a permit; shown, not judged',
    value: z.strictObject({ days: Count, counting: z.enum(['calendar', 'working']) }),
    streams: STREAMS,
    optional: true,
  },
  'project-yield': {
    zh: '单位建筑面积的建筑垃圾产生量目标（克每平方米）',
    en: 'What new buildings are to give at most, grams a square metre of floor',
    value: z.strictObject({ gramsPerSquareMetreMax: Count }),
    streams: STREAMS,
    optional: true,
  },
  'transport-permit-missing': {
    zh: '运输单位没有运输核准时的处理',
    en: 'What happens when the haulier has no transport permit',
    value: z.enum(['refuse', 'warn']),
    streams: STREAMS,
    optional: true,
  },
  'receiving-permit-missing': {
    zh: '接受单位没有受纳核准时的处理',
    en: 'What happens when the receiving site has no permit',
    value: z.enum(['refuse', 'warn']),
    streams: STREAMS,
    optional: true,
  },
  'permit-exhausted': {
    zh: '超过核准、方案或场所能力数量时的处理',
    en: 'What happens when a permit, a project plan or the capacity of a site is used up',
    value: z.enum(['refuse', 'warn']),
    streams: STREAMS,
  },
  'manifest-number-format': {
    zh: '联单编号的字头和流水号位数',
    en: 'Prefix of a manifest number, and how many digits its serial has',
    value: NumberFormat,
    streams: STREAMS,
  },
  density: {
    zh: '各类废物的密度（千克每立方米，即克每升）',
    en: 'Densities by class, grams a litre (which is kilograms a cubic metre)',
    value: z.record(z.string().regex(/^[HS]W\d{2}$/), Count),
    streams: STREAMS,
    optional: true,
  },
  'converted-mass-permille': {
    zh: '方量折算的重量与过磅重量的容许差异（‰）',
    en: 'By how much tonnes from a scale may differ from tonnes that follow from a volume, in ‰',
    value: Count,
    streams: STREAMS,
    optional: true,
  },
  'receiving-moisture-permille': {
    zh: '接收时含水率上限（‰）',
    en: 'Moisture up to which a place takes a waste in, permille',
    value: Count.max(1_000),
    streams: MOIST_STREAMS,
    optional: true,
  },
  'contract-missing': {
    zh: '没有书面合同时的处理',
    en: 'What happens without a written contract',
    value: z.enum(['refuse', 'warn']),
    streams: HAZARDOUS_STREAMS,
  },
  'plan-line-missing': {
    zh: '管理计划未列入时的处理',
    en: 'What happens when the yearly plan does not name the waste and its receiver',
    value: z.enum(['refuse', 'warn']),
    streams: HAZARDOUS_STREAMS,
  },
  'cross-province-unapproved': {
    zh: '未经批准跨省转移时的处理',
    en: 'What happens when waste leaves the province without approval',
    value: z.enum(['refuse', 'warn']),
    streams: STREAMS,
  },
  'cross-province-uninformed': {
    zh: '未事先通报即跨省转移利用时的处理',
    en: 'What happens when waste leaves the province to be used before both provinces were informed',
    value: z.enum(['refuse', 'warn']),
    streams: STREAMS.filter((stream) => !HAZARDOUS_STREAMS.includes(stream)),
    optional: true,
  },
  'manifest-duty': {
    zh: '是否须办理联单',
    en: 'Whether a move needs a manifest',
    value: z.enum(['required', 'voluntary']),
    streams: STREAMS,
  },
  'manifest-number-authority': {
    zh: '联单编号由谁发放',
    en: 'Who issues the manifest number',
    value: z.enum(['ours', 'official']),
    streams: STREAMS,
  },
  'manifest-retention-years': {
    zh: '联单保存年数',
    en: 'Years a manifest is kept',
    value: Count,
    streams: STREAMS,
  },
  'operator-storage-days': {
    zh: '经营单位贮存期限天数',
    en: 'Days a licensed operator may store',
    value: Count,
    streams: HAZARDOUS_STREAMS,
  },
  'producer-storage-days': {
    zh: '产生单位贮存期限天数',
    en: 'Days a producer may store',
    value: Count,
    streams: ['hazardous'],
  },
  'storage-point-limit-grams': {
    zh: '贮存点实时贮存量上限（克）',
    en: 'What a storage point may hold at any time, grams',
    value: Count,
    streams: ['hazardous'],
  },
  'store-capacity-warning-permille': {
    zh: '贮存设施接近贮存能力的提醒千分比',
    en: 'How full a store is when those who fill it are told, permille of its capacity',
    value: Count,
    streams: ['hazardous'],
  },
  'mass-tolerance': {
    zh: '重量差异容许范围',
    en: 'Tolerance for differences in mass',
    value: MassTolerance,
    streams: STREAMS,
  },
  'mass-floor-source': {
    zh: '重量差异下限的来源',
    en: 'Where the floor for differences in mass comes from',
    value: z.enum(['scales_then_fixed', 'fixed']),
    streams: STREAMS,
  },
  'intra-company-manifest': {
    zh: '同一单位不同场所间转移是否需要联单',
    en: 'Whether moves between sites of one company need a manifest',
    value: z.enum(['required', 'not_required']),
    streams: HAZARDOUS_STREAMS,
  },
  'transport-exempt-manifest': {
    zh: '运输豁免的废物是否需要联单',
    en: 'Whether waste exempt in transport still needs a manifest',
    value: z.enum(['required', 'not_required']),
    streams: HAZARDOUS_STREAMS,
  },
  'manifest-mode': {
    zh: '联单方式：一趟一单，或每趟登记、按月一单',
    en: 'One manifest a trip, or a card a visit and one manifest a month',
    value: z.enum(['per_trip', 'monthly']),
    streams: STREAMS,
    optional: true,
  },
  'card-number-format': {
    zh: '运送登记卡编号的字头和流水号位数',
    en: 'Prefix of the number of a pickup card, and how many digits its serial has',
    value: NumberFormat,
    streams: STREAMS,
    optional: true,
  },
  ...clockPolicies(STREAMS),
  'register-retention-years': {
    zh: '登记资料保存年数',
    en: 'Years a register and its pickup cards are kept',
    value: Count,
    streams: STREAMS,
    optional: true,
  },
  'licence-renewal-working-days': {
    zh: '许可证到期前换证申请的工作日数',
    en: 'Working days before its end that a licence must be renewed',
    value: Count,
    streams: HAZARDOUS_STREAMS,
  },
  'licence-scale-excess-permille': {
    zh: '超过许可规模须重新申请的千分比',
    en: 'Excess over the licensed yearly scale that needs a new licence, permille',
    value: Count,
    streams: HAZARDOUS_STREAMS,
  },
  'licence-over-scale': {
    zh: '超过须重新申请的规模时的处理',
    en: 'What happens when a receiver would exceed the scale that needs a new licence',
    value: z.enum(['refuse', 'warn']),
    streams: HAZARDOUS_STREAMS,
  },
  'collector-handover-working-days': {
    zh: '收集单位转交的工作日数',
    en: 'Working days for a collector to hand waste on',
    value: Count,
    streams: ['hazardous'],
  },
  'cross-province-approval-months': {
    zh: '跨省转移批准有效月数',
    en: 'Months a cross-province approval is valid at most',
    value: Count,
    streams: HAZARDOUS_STREAMS,
  },
  'cement-kiln-counts-as': {
    zh: '水泥窑共处置计为利用或处置',
    en: 'Whether the cement kiln counts as use or disposal',
    value: z.enum(TREATMENT_KINDS),
    streams: STREAMS,
  },
  'site-class-grams': {
    zh: '管理类别的年产生量界限',
    en: 'Yearly masses from which a site is in the key or the simplified class',
    value: z.strictObject({ keyGrams: Count, simpleGrams: Count }),
    streams: ['hazardous'],
  },
  'report-due-days': {
    zh: '申报的最后日期',
    en: 'Last days for reports: of the month after a month or a quarter, and of the year after a year',
    value: z
      .strictObject({
        monthlyDay: Count.max(28),
        quarterlyDay: Count.max(28),
        yearlyMonth: Count.max(12),
        yearlyDay: Count.max(31),
      })
      .refine(({ yearlyMonth, yearlyDay }) => yearlyDay <= DAYS_OF_MONTH[yearlyMonth - 1]!, {
        path: ['yearlyDay'],
        error: inBoth('并非每年的 yearlyMonth 都有此日', 'no such day in yearlyMonth of every year'),
      }),
    streams: ['hazardous'],
  },
  'bulk-kept-days': {
    zh: '批量文件及其结果在办完后保存的天数',
    en: 'Days a file of acts and its results are kept after its end',
    value: Count,
    streams: STREAMS,
  },
  ...observationPolicies(STREAMS),
  'coverage-counts': {
    zh: '应报单位何时计为已覆盖',
    en: 'What of a month counts an expected unit as covered',
    value: z.enum(['confirmed_pickup', 'any_fact']),
    streams: STREAMS,
  },
} as const satisfies Record<string, PolicyDefinition>;

export type PolicyName = keyof typeof POLICIES;
/** Of a policy that looks at a site, a store or a permit, which are of no stream: the one whose law it is. */
export const streamOfPolicy = (name: PolicyName): Stream => POLICIES[name].streams[0]!;
export type PolicyValue<Name extends PolicyName> = z.infer<(typeof POLICIES)[Name]['value']>;
export const POLICY_NAMES = Object.keys(POLICIES) as [PolicyName, ...PolicyName[]];
