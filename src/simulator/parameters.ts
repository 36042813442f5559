/**
 * The numbers of the law and of the shipped rows that a referee judges by. Read from the service's public rows; where the
 * service publishes none yet, from the table below. Magnitudes of stories are drawn around SHIPPED.
 */
export type RuleId =
  | 'mass'
  | 'piece_count'
  | 'class'
  | 'confirmation_overdue'
  | 'transit_overlong'
  | 'licence'
  | 'over_scale'
  | 'negative_stock'
  | 'overlap'
  | 'storage_over_limit';

export type Severity = 'info' | 'warning' | 'critical';

export interface Parameters {
  /** No number in law; TM 18 ¶2 asks for a report of any difference. */
  readonly massTolerance: {
    readonly floorTruckGrams: number;
    readonly warningPermille: number;
    readonly criticalPermille: number;
  };
  /** TM 18 ¶1. */
  readonly confirmWorkingDays: number;
  /** 许可证管理办法 12: beyond this share above the yearly scale a new licence is needed. */
  readonly scaleExcessPermille: number;
  /** 法典 535 ¶3 for operators; for producers the same year, as our default. */
  readonly producerStorageDays: number;
  /** How long a load may be on the road; ours. */
  readonly transitHours: number;
  /** From the least to the worst: a measure over `over`, in the unit of the rule, or a clock that has reached it. */
  readonly steps: Readonly<Record<RuleId, readonly Step[]>>;
}

export interface Step {
  readonly severity: Severity;
  readonly over: number;
}

export const SHIPPED: Parameters = {
  massTolerance: { floorTruckGrams: 200_000, warningPermille: 30, criticalPermille: 100 },
  confirmWorkingDays: 5,
  scaleExcessPermille: 200,
  producerStorageDays: 365,
  transitHours: 24,
  steps: {
    mass: [],
    piece_count: [{ severity: 'critical', over: 0 }],
    class: [{ severity: 'critical', over: 0 }],
    confirmation_overdue: [{ severity: 'warning', over: 0 }],
    transit_overlong: [{ severity: 'warning', over: 0 }],
    licence: [{ severity: 'critical', over: 0 }],
    over_scale: [],
    negative_stock: [{ severity: 'warning', over: 0 }],
    overlap: [{ severity: 'critical', over: 0 }],
    storage_over_limit: [{ severity: 'warning', over: 0 }],
  },
};

/** One row of `GET /v1/policies`. */
export interface PolicyRow {
  readonly policy: string;
  readonly jurisdiction: string;
  readonly stream: string;
  readonly value: unknown;
}

/** From the nation down to the prefecture and its counties, the nearest row wins. */
const PLACES = ['000000', '370000', '370100'];
const STREAMS = ['*', 'hazardous'];

/** What the rows in force say, and SHIPPED where there is no such row. */
export function parametersFrom(rows: readonly PolicyRow[]): Parameters {
  const nearest = <Value>(policy: string, otherwise: Value): Value => {
    const rank = (row: PolicyRow) => PLACES.indexOf(row.jurisdiction) * 2 + STREAMS.indexOf(row.stream);
    const fit = rows.filter(
      (row) => row.policy === policy && PLACES.includes(row.jurisdiction) && STREAMS.includes(row.stream),
    );
    return (fit.sort((a, b) => rank(b) - rank(a))[0]?.value as Value | undefined) ?? otherwise;
  };
  return {
    massTolerance: nearest('mass-tolerance', SHIPPED.massTolerance),
    confirmWorkingDays: nearest('confirm-receipt-working-days', SHIPPED.confirmWorkingDays),
    scaleExcessPermille: nearest('licence-scale-excess-permille', SHIPPED.scaleExcessPermille),
    producerStorageDays: nearest('producer-storage-days', SHIPPED.producerStorageDays),
    transitHours: SHIPPED.transitHours,
    steps: SHIPPED.steps,
  };
}
