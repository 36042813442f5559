/**
 * The numbers of the law and of the shipped rows that a referee judges by. Read from the service's public rows; where there
 * is no such row, from the table below. Magnitudes of stories are drawn around SHIPPED.
 */
export type RuleId =
  | 'mass'
  | 'trip_mass'
  | 'piece_count'
  | 'class'
  | 'confirmation_overdue'
  | 'transit_overlong'
  | 'licence'
  | 'over_scale'
  | 'negative_stock'
  | 'overlap'
  | 'storage_over_limit'
  | 'store_over_capacity';

export type Severity = 'info' | 'warning' | 'critical';

export interface Parameters {
  /** No number in law; TM 18 ¶2 asks for a report of any difference. */
  readonly massTolerance: {
    readonly floorTruckGrams: number;
    readonly warningPermille: number;
    readonly criticalPermille: number;
  };
  /** A coarser scale is none that a ticket can be believed to come from; ours. */
  readonly scaleDivisionGramsMax: number;
  /** TM 18 ¶1. */
  readonly confirmWorkingDays: number;
  /** TM 20: to enter what was on paper. */
  readonly paperWorkingDays: number;
  /** 许可证管理办法 12: beyond this share above the yearly scale a new licence is needed. */
  readonly scaleExcessPermille: number;
  /** 法典 535 ¶3 for operators, of what they received; for producers the same year, as our default. */
  readonly producerStorageDays: number;
  readonly operatorStorageDays: number;
  /** GB 18597-2023 8.3.5: what a storage point may hold at any time. */
  readonly pointLimitGrams: number;
  /** From which share of its capacity on a store is worth a remark; ours. */
  readonly storeWarningPermille: number;
  /** Of what is entered from paper, or after a time without a network, the next page may be as late as that; ours. */
  readonly patienceHours: number;
  /** How long a load may be on the road; ours. */
  readonly transitHours: number;
  /** Two tickets that say the very same within so many hours are one weighing; ours. */
  readonly sameReadingHours: number;
  /** From the least to the worst: a measure over `over`, in the unit of the rule, or a clock that has reached it. */
  readonly steps: Readonly<Record<RuleId, readonly Step[]>>;
}

export interface Step {
  readonly severity: Severity;
  readonly over: number;
}

export const SHIPPED: Parameters = {
  massTolerance: { floorTruckGrams: 200_000, warningPermille: 30, criticalPermille: 100 },
  scaleDivisionGramsMax: 100_000,
  confirmWorkingDays: 5,
  paperWorkingDays: 10,
  scaleExcessPermille: 200,
  producerStorageDays: 365,
  operatorStorageDays: 365,
  pointLimitGrams: 3_000_000,
  storeWarningPermille: 800,
  patienceHours: 24,
  transitHours: 48,
  sameReadingHours: 24,
  steps: {
    mass: [],
    trip_mass: [],
    piece_count: [{ severity: 'critical', over: 0 }],
    class: [{ severity: 'critical', over: 0 }],
    confirmation_overdue: [
      { severity: 'warning', over: 0 },
      { severity: 'critical', over: 168 },
    ],
    transit_overlong: [
      { severity: 'warning', over: 0 },
      { severity: 'critical', over: 48 },
    ],
    licence: [{ severity: 'critical', over: 0 }],
    over_scale: [],
    negative_stock: [
      { severity: 'info', over: 0 },
      { severity: 'warning', over: 200_000 },
    ],
    overlap: [
      { severity: 'info', over: 10 },
      { severity: 'warning', over: 30 },
    ],
    storage_over_limit: [
      { severity: 'warning', over: 0 },
      { severity: 'critical', over: 720 },
    ],
    store_over_capacity: [
      { severity: 'warning', over: 1_000 },
      { severity: 'critical', over: 1_200 },
    ],
  },
};

/** One row of `GET /v1/policies`. */
export interface PolicyRow {
  readonly policy: string;
  readonly jurisdiction: string;
  readonly stream: string;
  readonly value: unknown;
}

/** One row of the rules the service publishes. */
export interface RuleRow {
  readonly rule: RuleId;
  readonly jurisdiction: string;
  readonly stream: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly steps: readonly Step[];
}

/** From the nation down to the prefecture and its counties, the nearest row wins. */
const PLACES = ['000000', '370000', '370100'];
const STREAMS = ['*', 'hazardous'];

/** What the rows in force say, and SHIPPED where there is no such row. */
export function parametersFrom(policies: readonly PolicyRow[], rules: readonly RuleRow[]): Parameters {
  const value = <Value>(policy: string, otherwise: Value): Value =>
    (nearest(policies.filter((row) => row.policy === policy))?.value as Value | undefined) ?? otherwise;
  const row = (rule: RuleId) => nearest(rules.filter((one) => one.rule === rule));
  const number = (rule: RuleId, name: string, otherwise: number): number =>
    (row(rule)?.parameters[name] as number | undefined) ?? otherwise;
  const ids = Object.keys(SHIPPED.steps) as RuleId[];
  return {
    massTolerance: value('mass-tolerance', SHIPPED.massTolerance),
    scaleDivisionGramsMax: number('mass', 'scaleDivisionGramsMax', SHIPPED.scaleDivisionGramsMax),
    confirmWorkingDays: value('confirm-receipt-working-days', SHIPPED.confirmWorkingDays),
    paperWorkingDays: value('paper-backfill-working-days', SHIPPED.paperWorkingDays),
    scaleExcessPermille: value('licence-scale-excess-permille', SHIPPED.scaleExcessPermille),
    producerStorageDays: value('producer-storage-days', SHIPPED.producerStorageDays),
    operatorStorageDays: value('operator-storage-days', SHIPPED.operatorStorageDays),
    pointLimitGrams: value('storage-point-limit-grams', SHIPPED.pointLimitGrams),
    storeWarningPermille: value('store-capacity-warning-permille', SHIPPED.storeWarningPermille),
    patienceHours: value('late-report-patience-hours', SHIPPED.patienceHours),
    transitHours: number('transit_overlong', 'transitHoursMax', SHIPPED.transitHours),
    sameReadingHours: number('overlap', 'sameReadingHours', SHIPPED.sameReadingHours),
    steps: Object.fromEntries(ids.map((id) => [id, row(id)?.steps ?? SHIPPED.steps[id]])) as Parameters['steps'],
  };
}

function nearest<Row extends { readonly jurisdiction: string; readonly stream: string }>(
  rows: readonly Row[],
): Row | undefined {
  const rank = (row: Row) => PLACES.indexOf(row.jurisdiction) * STREAMS.length + STREAMS.indexOf(row.stream);
  const fit = rows.filter((row) => PLACES.includes(row.jurisdiction) && STREAMS.includes(row.stream));
  return fit.sort((a, b) => rank(b) - rank(a))[0];
}
