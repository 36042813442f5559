/**
 * Numbers, switches and modes that law or a place decides: dated rows, never constants in code. Each row says whose rule
 * it is (jurisdiction, stream, basis), when it was in force (half-open: `inForceFrom` counts, `inForceTo` does not; null
 * = still), which day of a manifest's life it looks at and which place's law it is. `ours: true` marks a default we chose
 * because no text gives one.
 *
 * These are the seeds. Edited rows come from the database through `parsePolicyRows`; `resolvePolicy` is the same for both.
 */
import { z } from 'zod';
import { inBoth } from '../platform/schema-messages.ts';
import { observationPolicies } from './observation-policies.ts';
import { DaySchema, type InForce, inForceOn, readText } from './reference-files.ts';
import { NATION } from './regions.ts';
import { TREATMENT_KINDS } from './treatment-methods.ts';

export const STREAMS = ['hazardous', 'medical', 'construction'] as const;
export type Stream = (typeof STREAMS)[number];
export const STREAM_NAMES: Readonly<Record<Stream, string>> = {
  hazardous: '危险废物',
  medical: '医疗废物',
  construction: '建筑垃圾',
};
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
const MassTolerance = z.strictObject({
  /** Below it a difference says nothing: two truck scales, or two bench scales, may honestly differ by as much. */
  floorTruckGrams: Count,
  floorBenchGrams: Count,
  warningPermille: Count,
  criticalPermille: Count,
});

type PolicyDefinition = { zh: string; en: string; value: z.ZodType; streams: readonly Stream[] };
const HAZARDOUS_KINDS = ['hazardous', 'medical'] as const;

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
    streams: STREAMS,
  },
  'contract-missing': {
    zh: '没有书面合同时的处理',
    en: 'What happens without a written contract',
    value: z.enum(['refuse', 'warn']),
    streams: HAZARDOUS_KINDS,
  },
  'plan-line-missing': {
    zh: '管理计划未列入时的处理',
    en: 'What happens when the yearly plan does not name the waste and its receiver',
    value: z.enum(['refuse', 'warn']),
    streams: HAZARDOUS_KINDS,
  },
  'cross-province-unapproved': {
    zh: '未经批准跨省转移时的处理',
    en: 'What happens when waste leaves the province without approval',
    value: z.enum(['refuse', 'warn']),
    streams: HAZARDOUS_KINDS,
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
    streams: HAZARDOUS_KINDS,
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
    streams: HAZARDOUS_KINDS,
  },
  'transport-exempt-manifest': {
    zh: '运输豁免的废物是否需要联单',
    en: 'Whether waste exempt in transport still needs a manifest',
    value: z.enum(['required', 'not_required']),
    streams: HAZARDOUS_KINDS,
  },
  'medical-manifest-mode': {
    zh: '医疗废物联单方式',
    en: 'Medical waste: one manifest per trip or per month',
    value: z.enum(['per_trip', 'monthly']),
    streams: ['medical'],
  },
  'medical-storage-hours': {
    zh: '医疗废物暂存小时数',
    en: 'Hours an institution may store medical waste',
    value: Count,
    streams: ['medical'],
  },
  'medical-pickup-gap-hours': {
    zh: '医疗废物收集间隔小时数',
    en: 'Hours between two pickups of medical waste',
    value: Count,
    streams: ['medical'],
  },
  'medical-pickup-gap-epidemic-hours': {
    zh: '疫情期间医疗废物收集间隔小时数',
    en: 'Hours between two pickups of medical waste in an epidemic',
    value: Count,
    streams: ['medical'],
  },
  'medical-register-retention-years': {
    zh: '医疗废物登记保存年数',
    en: 'Years a medical waste register is kept',
    value: Count,
    streams: ['medical'],
  },
  'licence-renewal-working-days': {
    zh: '许可证到期前换证申请的工作日数',
    en: 'Working days before its end that a licence must be renewed',
    value: Count,
    streams: HAZARDOUS_KINDS,
  },
  'licence-scale-excess-permille': {
    zh: '超过许可规模须重新申请的千分比',
    en: 'Excess over the licensed yearly scale that needs a new licence, permille',
    value: Count,
    streams: HAZARDOUS_KINDS,
  },
  'licence-over-scale': {
    zh: '超过须重新申请的规模时的处理',
    en: 'What happens when a receiver would exceed the scale that needs a new licence',
    value: z.enum(['refuse', 'warn']),
    streams: HAZARDOUS_KINDS,
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
    streams: HAZARDOUS_KINDS,
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
  ...observationPolicies(STREAMS),
  'coverage-counts': {
    zh: '应报单位何时计为已覆盖',
    en: 'What of a month counts an expected unit as covered',
    value: z.enum(['confirmed_pickup', 'any_fact']),
    streams: STREAMS,
  },
} as const satisfies Record<string, PolicyDefinition>;

export type PolicyName = keyof typeof POLICIES;
export type PolicyValue<Name extends PolicyName> = z.infer<(typeof POLICIES)[Name]['value']>;
export const POLICY_NAMES = Object.keys(POLICIES) as [PolicyName, ...PolicyName[]];

const PolicyRowSchema = z
  .strictObject({
    id: z.string().min(1),
    policy: z.enum(POLICY_NAMES),
    jurisdiction: z.string().regex(/^\d{6}$/),
    stream: z.enum([...STREAMS, '*']),
    value: z.unknown(),
    looksAt: z.enum(LOOKS_AT),
    place: z.enum(POLICY_PLACES),
    basis: z.strictObject({ instrument: z.string().min(1), article: z.string().min(1) }),
    ours: z.boolean(),
    inForceFrom: DaySchema,
    inForceTo: DaySchema.nullable(),
  })
  .superRefine((row, context) => {
    const value = POLICIES[row.policy].value.safeParse(row.value);
    if (!value.success) context.addIssue({ code: 'custom', path: ['value'], message: value.error.message });
    const streams: readonly string[] = POLICIES[row.policy].streams;
    if (row.stream !== '*' && !streams.includes(row.stream)) {
      context.addIssue({ code: 'custom', path: ['stream'], message: `${row.policy} has no meaning for ${row.stream}` });
    }
    if (row.inForceTo !== null && row.inForceTo <= row.inForceFrom) {
      context.addIssue({
        code: 'custom',
        path: ['inForceTo'],
        message: inBoth('须晚于 inForceFrom', 'must be after inForceFrom'),
      });
    }
  });
export type PolicyRow = Readonly<z.infer<typeof PolicyRowSchema>>;
/** A row whose value is known to be of this policy. */
export type Policy<Name extends PolicyName> = Omit<PolicyRow, 'policy' | 'value'> & {
  readonly policy: Name;
  readonly value: PolicyValue<Name>;
};

/** Where and when: `ancestors` is the place and what lies above it, nearest first (`ancestorsOn` of the regions). */
export type PolicyQuestion = { readonly ancestors: readonly string[]; readonly stream: Stream; readonly day: string };

/** The rows we ship. */
export const seedPolicyRows: readonly PolicyRow[] = parsePolicyRows(JSON.parse(readText('policies.json')));

/**
 * Checks rows from a file or the database.
 * @throws ZodError when a row or its value does not fit; Error when an id repeats, or two rows of one policy,
 * jurisdiction and stream are in force on the same day.
 */
export function parsePolicyRows(input: unknown): readonly PolicyRow[] {
  const rows = z.array(PolicyRowSchema).parse(input);
  assertNoClash('policy', rows, (row) => row.policy);
  return rows;
}

/** What every dated row has that is resolved by place, stream and day: policy rows and rule rows. */
export interface PlacedRow extends InForce {
  readonly id: string;
  readonly jurisdiction: string;
  readonly stream: string;
}

/** @throws Error when an id repeats, or two rows of one name, jurisdiction and stream are in force on the same day. */
export function assertNoClash<Row extends PlacedRow>(
  kind: string,
  rows: readonly Row[],
  nameOf: (row: Row) => string,
): void {
  const seen = new Map<string, Row[]>();
  const ids = new Set<string>();
  for (const row of rows) {
    if (ids.has(row.id)) throw new Error(`two ${kind} rows with the id ${row.id}`);
    ids.add(row.id);
    const key = `${nameOf(row)} ${row.jurisdiction} ${row.stream}`;
    const others = seen.get(key) ?? [];
    const clash = others.find((other) => overlap(other, row));
    if (clash) throw new Error(`${kind} rows ${clash.id} and ${row.id} are in force on the same day`);
    seen.set(key, [...others, row]);
  }
}

/**
 * Of rows of one name, the one that decides: of the nearest jurisdiction that has one in force on the day; there, one
 * for the stream before one for all streams. Pure; never throws.
 */
export function nearestRow<Row extends PlacedRow>(rows: readonly Row[], question: PolicyQuestion): Row | undefined {
  const { ancestors, stream, day } = question;
  const candidates = rows.filter((row) => inForceOn(row, day));
  for (const jurisdiction of ancestors) {
    const local = candidates.filter((row) => row.jurisdiction === jurisdiction);
    const row = local.find((one) => one.stream === stream) ?? local.find((one) => one.stream === '*');
    if (row) return row;
  }
  return undefined;
}

/**
 * The row that decides (`nearestRow`). Pure.
 * @throws Error when no row answers, which is a hole in the data or a stream the policy does not exist for.
 */
export function resolvePolicy<Name extends PolicyName>(
  rows: readonly PolicyRow[],
  name: Name,
  question: PolicyQuestion,
): Policy<Name> {
  const { ancestors, stream, day } = question;
  const streams: readonly Stream[] = POLICIES[name].streams;
  const row = streams.includes(stream)
    ? nearestRow(
        rows.filter((one) => one.policy === name),
        question,
      )
    : undefined;
  if (row && isOf(row, name)) return row;
  const place = ancestors[0] ?? 'an unknown region';
  const hint = ancestors.includes(NATION) ? '' : '; the question does not reach up to the nation';
  throw new Error(`no policy ${name} for ${stream} in ${place} on ${day}${hint}`);
}

/** The value was checked against this policy's schema by `parsePolicyRows`. */
const isOf = <Name extends PolicyName>(row: PolicyRow, name: Name): row is Policy<Name> & PolicyRow =>
  row.policy === name;

function overlap(one: InForce, other: InForce): boolean {
  const startsBeforeEnd = (a: InForce, b: InForce) => b.inForceTo === null || (a.inForceFrom ?? '') < b.inForceTo;
  return startsBeforeEnd(one, other) && startsBeforeEnd(other, one);
}
