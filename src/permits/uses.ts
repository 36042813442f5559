/**
 * What manifests have reserved and used of permits. An event that changes it says so in its `permits`, as differences;
 * running balances are derived from them and from nothing else. Pure but for the statements' text.
 */
import type { Projection, Statement } from '../platform/acts.ts';
import { compareText, groupBy } from '../platform/collections.ts';
import type { Json, RecordedEvent } from '../platform/events.ts';
import { PERMIT_RULES, periodOf } from './permit-rules.ts';
import type { PermitType } from './tables.ts';

/** Of one permit, on one line of a manifest, in one period: a difference in an event, a running balance on a manifest. */
export interface PermitUse {
  readonly line: number;
  readonly permitId: string;
  readonly type: PermitType;
  readonly period: string;
  readonly reservedGrams: number;
  readonly usedGrams: number;
}

/** What is promised at issue. */
export const reservedUse = (
  line: number,
  permit: { id: string; type: PermitType },
  day: string,
  grams: number,
): PermitUse => ({
  line,
  permitId: permit.id,
  type: permit.type,
  period: periodOf(permit.type, day),
  reservedGrams: grams,
  usedGrams: 0,
});

/**
 * The differences that leave nothing reserved and exactly what was accepted used: at receipt, at void (nothing accepted),
 * and again whenever an accepted mass, or its day, is corrected. `day`: the day of acceptance, which some types count in.
 */
export function settledUses(
  uses: readonly PermitUse[],
  acceptedGrams: ReadonlyMap<number, number>,
  day: string,
): PermitUse[] {
  const before = uses.map((use) => ({ ...use, reservedGrams: -use.reservedGrams, usedGrams: -use.usedGrams }));
  const counted = [...groupBy(uses, ({ line, permitId }) => `${line} ${permitId}`).values()].map(([first]) => {
    const { type, line, period } = first!;
    const countsOn = PERMIT_RULES[type].countsOn === 'acceptance' ? periodOf(type, day) : period;
    return { ...first!, period: countsOn, reservedGrams: 0, usedGrams: acceptedGrams.get(line) ?? 0 };
  });
  return addUses(before, counted).filter((use) => use.reservedGrams !== 0 || use.usedGrams !== 0);
}

/** Adds differences line by line, permit by permit, period by period. */
export function addUses(uses: readonly PermitUse[], differences: readonly PermitUse[]): PermitUse[] {
  return [...groupBy([...uses, ...differences], keyOf).values()].map((same) => ({
    ...same[0]!,
    reservedGrams: same.reduce((sum, use) => sum + use.reservedGrams, 0),
    usedGrams: same.reduce((sum, use) => sum + use.usedGrams, 0),
  }));
}

const keyOf = ({ line, permitId, period }: PermitUse): string => `${line} ${permitId} ${period}`;

/** As event data. */
export const usesData = (uses: readonly PermitUse[]): { permits: Json } => ({ permits: uses as unknown as Json });
/** The differences an event carries; none for events from before permits were booked. */
export const usesOf = (event: Pick<RecordedEvent, 'data'>): readonly PermitUse[] =>
  (event.data.permits ?? []) as unknown as readonly PermitUse[];

export interface PermitUseRow {
  readonly permitId: string;
  readonly manifestId: string;
  readonly period: string;
  readonly reservedGrams: number;
  readonly usedGrams: number;
}

export const permitUseRowsOf = (event: RecordedEvent): PermitUseRow[] =>
  event.subject.kind === 'manifest'
    ? usesOf(event).map(({ permitId, period, reservedGrams, usedGrams }) => ({
        permitId,
        manifestId: event.subject.id,
        period,
        reservedGrams,
        usedGrams,
      }))
    : [];

/** Additive: rows are written sorted, by upserts that add. */
export const permitUseProjection: Projection<PermitUseRow> = {
  name: 'permit-uses',
  rowsOf: permitUseRowsOf,
  statements: (rows) => [
    statement('permit_uses', rows, ['permitId', 'period']),
    statement('permit_use_manifests', rows, ['permitId', 'manifestId', 'period']),
  ],
};

const COLUMNS = {
  permitId: ['permit_id', 'uuid'],
  manifestId: ['manifest_id', 'uuid'],
  period: ['period', 'text'],
} as const;

function statement(table: string, rows: readonly PermitUseRow[], keys: readonly (keyof typeof COLUMNS)[]): Statement {
  const sums = [...groupBy(rows, (row) => keys.map((key) => row[key]).join(' '))]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, same]) => ({
      ...same[0]!,
      reservedGrams: same.reduce((sum, row) => sum + row.reservedGrams, 0),
      usedGrams: same.reduce((sum, row) => sum + row.usedGrams, 0),
    }));
  const names = keys.map((key) => COLUMNS[key][0]).join(', ');
  const arrays = [...keys.map((key) => COLUMNS[key][1]), 'bigint', 'bigint'];
  return {
    name: table.replaceAll('_', '-'),
    text: `insert into ${table} as t (${names}, reserved_grams, used_grams) select * from unnest(${arrays.map((type, n) => `$${n + 1}::${type}[]`).join(', ')})
      on conflict (${names}) do update set reserved_grams = t.reserved_grams + excluded.reserved_grams, used_grams = t.used_grams + excluded.used_grams`,
    values: [
      ...keys.map((key) => sums.map((sum) => sum[key])),
      sums.map((sum) => sum.reservedGrams),
      sums.map((sum) => sum.usedGrams),
    ],
  };
}
