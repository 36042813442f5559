/**
 * HJ 1259-2022: the class of a site (4.2), the parts of its plan (5), its reports and their last days (7.2), and the
 * figures of a report (annex C). Pure: no clock, no database.
 */
import type { AccountRole } from '../custody/ledger.ts';
import type { SiteClass } from '../parties/designations.ts';

/** Which classes owe a report, and what of the plan each writes. One row a period; 7.2 counts calendar days. */
export const DEADLINES = {
  monthly: { classes: ['KEY'], policy: 'report-due-days', basis: 'HJ 1259-2022 7.2.1' },
  quarterly: { classes: ['SIMPLE'], policy: 'report-due-days', basis: 'HJ 1259-2022 7.2.2' },
  yearly: { classes: ['KEY', 'SIMPLE', 'REGISTER'], policy: 'report-due-days', basis: 'HJ 1259-2022 7.2' },
} as const satisfies Record<PeriodType, { classes: readonly SiteClass[]; policy: string; basis: string }>;

export const PERIOD_TYPES = ['monthly', 'quarterly', 'yearly'] as const;
export type PeriodType = (typeof PERIOD_TYPES)[number];

/** Tables of annex A a yearly plan has, by class. */
export const PLAN_PARTS = {
  KEY: { parts: ['A.1', 'A.2', 'A.3', 'A.4', 'A.5', 'A.6', 'A.7'], basis: 'HJ 1259-2022 5' },
  SIMPLE: { parts: ['A.1', 'A.3', 'A.4', 'A.6', 'A.7'], basis: 'HJ 1259-2022 5' },
  REGISTER: { parts: ['A.1', 'A.3', 'A.7'], basis: 'HJ 1259-2022 5' },
} as const satisfies Record<SiteClass, { parts: readonly string[]; basis: string }>;

/** What the class of a site is judged by. */
export interface ClassFacts {
  /** Generated mass of each calendar year on record, of the last three full years and the running one. */
  readonly years: readonly { readonly year: number; readonly grams: number; readonly full: boolean }[];
  readonly treatsItself: boolean;
  readonly licenceNumber: string | null;
  readonly override: {
    readonly designationId: string;
    readonly siteClass: SiteClass;
    readonly reason: string | null;
  } | null;
}

export interface ClassVerdict {
  readonly siteClass: SiteClass;
  /** The first that holds, in the order of 4.2. */
  readonly because: 'override' | 'licence' | 'own_treatment' | 'mass';
  readonly basis: string;
  /** The largest yearly mass that was looked at. */
  readonly yearlyGrams: number;
  /** Fewer than three full years are on record, and a larger figure may stand in papers we do not hold (4.2.1). */
  readonly provisional: boolean;
}

/** 4.2: key from 100 t a year, with treatment of its own or a licence; simplified from 10 t; else registered. */
export function judgeClass(
  { years, treatsItself, licenceNumber, override }: ClassFacts,
  { keyGrams, simpleGrams }: { readonly keyGrams: number; readonly simpleGrams: number },
): ClassVerdict {
  const full = years.filter((year) => year.full);
  const provisional = full.length < 3;
  const yearlyGrams = Math.max(0, ...(provisional ? years : full).map(({ grams }) => grams));
  const figures = { yearlyGrams, provisional };
  if (override) return { ...figures, siteClass: override.siteClass, because: 'override', basis: 'HJ 1259-2022 4.2.2' };
  if (licenceNumber !== null) return { ...figures, siteClass: 'KEY', because: 'licence', basis: 'HJ 1259-2022 4.2.1' };
  if (treatsItself) return { ...figures, siteClass: 'KEY', because: 'own_treatment', basis: 'HJ 1259-2022 4.2.1' };
  const siteClass = yearlyGrams >= keyGrams ? 'KEY' : yearlyGrams >= simpleGrams ? 'SIMPLE' : 'REGISTER';
  return { ...figures, siteClass, because: 'mass', basis: 'HJ 1259-2022 4.2.1' };
}

/** A reported period in civil days of Asia/Shanghai; `to` is the first day after it. */
export interface Period {
  readonly name: string;
  readonly type: PeriodType;
  readonly from: string;
  readonly to: string;
}

export const PERIOD = /^(20\d{2}|21\d{2})(?:-(0[1-9]|1[0-2])|-Q([1-4]))?$/;

/** `2026-10`, `2026-Q3` or `2026`; undefined for anything else. Never throws. */
export function periodOf(name: string): Period | undefined {
  const [, year, month, quarter] = PERIOD.exec(name) ?? [];
  if (year === undefined) return undefined;
  const type = month ? 'monthly' : quarter ? 'quarterly' : 'yearly';
  const first = month ? Number(month) : quarter ? Number(quarter) * 3 - 2 : 1;
  const months = { monthly: 1, quarterly: 3, yearly: 12 }[type];
  return { name, type, from: firstOf(Number(year), first), to: firstOf(Number(year), first + months) };
}

const firstOf = (year: number, month: number): string =>
  `${year + Math.floor((month - 1) / 12)}-${String(((month - 1) % 12) + 1).padStart(2, '0')}-01`;

/** Every period of a calendar year of which a site of this class, known since a month, owes a report, in order of their ends. */
export function periodsOwed(year: number, siteClass: SiteClass, since: string): readonly Period[] {
  const months = Array.from({ length: 12 }, (_, index) => `${year}-${String(index + 1).padStart(2, '0')}`);
  const names = [...months, ...[1, 2, 3, 4].map((quarter) => `${year}-Q${quarter}`), String(year)];
  return names
    .map((name) => periodOf(name)!)
    .filter((period) => owes(siteClass, period.type) && reaches(period, since));
}

export const owes = (siteClass: SiteClass, type: PeriodType): boolean =>
  (DEADLINES[type].classes as readonly SiteClass[]).includes(siteClass);

/** Does it end after that month (`2026-11`) has begun? */
export const reaches = ({ to }: Period, month: string): boolean => to > `${month}-01`;

export interface DueDays {
  readonly monthlyDay: number;
  readonly quarterlyDay: number;
  readonly yearlyMonth: number;
  readonly yearlyDay: number;
}

/** The last day on which a report is in time: a calendar day, whether one works on it or not. */
export function dueOn({ type, to }: Period, days: DueDays): string {
  const two = (number: number) => String(number).padStart(2, '0');
  if (type === 'yearly') return `${to.slice(0, 4)}-${two(days.yearlyMonth)}-${two(days.yearlyDay)}`;
  return `${to.slice(0, 8)}${two(type === 'monthly' ? days.monthlyDay : days.quarterlyDay)}`;
}

export const REPORT_STATUSES = ['running', 'due', 'overdue', 'confirmed', 'confirmed_late'] as const;
export type ReportStatus = (typeof REPORT_STATUSES)[number];

/** `confirmedOn` is the day of the first version: a later correction does not make a report late. */
export function statusOf(period: Period, due: string, confirmedOn: string | null, today: string): ReportStatus {
  if (confirmedOn !== null) return confirmedOn <= due ? 'confirmed' : 'confirmed_late';
  if (today < period.to) return 'running';
  return today <= due ? 'due' : 'overdue';
}

export interface Quantity {
  readonly grams: number;
  readonly pieces: number;
}

/** Of a movement between a site's stock and another account: which column of annex C it stands in. */
export const COLUMNS = [
  'opening',
  'generated',
  'received',
  'used',
  'disposed',
  'sentOut',
  'weighing',
  'returned',
  'moved',
  'adjusted',
  'closing',
] as const;
export type Column = (typeof COLUMNS)[number];
/** What leaves is counted as it leaves; all others are counted as they come, so that they may be below zero. */
const LEAVES: readonly Column[] = ['used', 'disposed', 'sentOut'];
export const FLOWS: readonly Column[] = COLUMNS.filter((column) => column !== 'opening' && column !== 'closing');

export type Figures = Readonly<Record<Column, Quantity>> & { readonly wasteCode: string };

/** By the account at the other end: what came from there, and what went there. `used` or `disposed`, by its method. */
const BOOKED: Readonly<Record<AccountRole, { readonly from: Column; readonly to: Column | 'by_method' }>> = {
  generated: { from: 'generated', to: 'generated' },
  stock: { from: 'moved', to: 'moved' },
  in_transit: { from: 'returned', to: 'sentOut' },
  consignee_hold: { from: 'received', to: 'received' },
  incident_hold: { from: 'adjusted', to: 'adjusted' },
  treated: { from: 'generated', to: 'by_method' },
  product: { from: 'adjusted', to: 'adjusted' },
  loss: { from: 'adjusted', to: 'adjusted' },
  additive: { from: 'adjusted', to: 'adjusted' },
  weighing_difference: { from: 'weighing', to: 'weighing' },
  refused_return: { from: 'returned', to: 'returned' },
  adjustment: { from: 'adjusted', to: 'adjusted' },
};

/** A sum as the ledger gives it: opening and closing, or what moved between the stock of a code and another account. */
export interface LedgerSum extends Quantity {
  readonly wasteCode: string;
  readonly what: 'opening' | 'closing' | AccountRole;
  /** Which end the stock was: it gave, or it took. Negative where a movement was taken back. */
  readonly end: 'from' | 'to' | null;
  readonly treatmentKind: string | null;
}

/**
 * The figures of a period, one row a waste code, sorted; codes of which nothing lay there and nothing moved are left out.
 * A residue is generated (次生), and what a method says nothing of was disposed of.
 * @throws Error when a row does not add up to the gram: the ledger itself would be wrong.
 */
export function figuresOf(sums: readonly LedgerSum[]): readonly Figures[] {
  const byCode = new Map<string, Record<Column, Quantity>>();
  for (const sum of sums) {
    const row = byCode.get(sum.wasteCode) ?? emptyRow();
    byCode.set(sum.wasteCode, row);
    const column = columnOf(sum);
    const sign = LEAVES.includes(column) ? -1 : 1;
    row[column] = plus(row[column], { grams: sign * sum.grams, pieces: sign * sum.pieces });
  }
  const figures = [...byCode].map(([wasteCode, row]): Figures => ({ wasteCode, ...row }));
  for (const row of figures) assertAddsUp(row);
  return figures
    .filter((row) => COLUMNS.some((column) => row[column].grams !== 0 || row[column].pieces !== 0))
    .sort((a, b) => (a.wasteCode < b.wasteCode ? -1 : 1));
}

function columnOf({ what, end, treatmentKind }: LedgerSum): Column {
  if (what === 'opening' || what === 'closing') return what;
  const column = BOOKED[what][end === 'to' ? 'from' : 'to'];
  return column === 'by_method' ? (treatmentKind === 'use' ? 'used' : 'disposed') : column;
}

/** opening + generated + received − used − disposed − sent out ± weighing, returned, moved, adjusted = closing. */
export function addsUp(row: Figures): boolean {
  const sum = FLOWS.reduce<Quantity>((total, column) => {
    const sign = LEAVES.includes(column) ? -1 : 1;
    return plus(total, { grams: sign * row[column].grams, pieces: sign * row[column].pieces });
  }, row.opening);
  return sum.grams === row.closing.grams && sum.pieces === row.closing.pieces;
}

function assertAddsUp(row: Figures): void {
  if (!addsUp(row)) throw new Error(`the figures of ${row.wasteCode} do not add up: ${JSON.stringify(row)}`);
}

/** Nothing came into being, came in, was treated or left: what an explicit zero report says. Old stock may lie there. */
export const isZero = (figures: readonly Figures[]): boolean =>
  figures.every((row) => FLOWS.every((column) => row[column].grams === 0 && row[column].pieces === 0));

export interface Change {
  readonly wasteCode: string;
  readonly column: Column;
  readonly was: Quantity;
  readonly is: Quantity;
}

/** Every figure that differs. A code that stands in one of the two alone counts as zeros in the other. */
export function changesBetween(was: readonly Figures[], is: readonly Figures[]): readonly Change[] {
  const codes = [...new Set([...was, ...is].map(({ wasteCode }) => wasteCode))].sort();
  const rowOf = (figures: readonly Figures[], code: string) =>
    figures.find(({ wasteCode }) => wasteCode === code) ?? emptyRow();
  return codes.flatMap((wasteCode) => {
    const [before, after] = [rowOf(was, wasteCode), rowOf(is, wasteCode)];
    return COLUMNS.filter(
      (column) => before[column].grams !== after[column].grams || before[column].pieces !== after[column].pieces,
    ).map((column) => ({ wasteCode, column, was: before[column], is: after[column] }));
  });
}

const NOTHING: Quantity = { grams: 0, pieces: 0 };
const emptyRow = (): Record<Column, Quantity> =>
  Object.fromEntries(COLUMNS.map((column) => [column, NOTHING])) as Record<Column, Quantity>;
const plus = (a: Quantity, b: Quantity): Quantity => ({ grams: a.grams + b.grams, pieces: a.pieces + b.pieces });
