// Classes, periods, last days and figures, by themselves.
import fc from 'fast-check';
import t from 'tap';
import { addDays, isDay } from '../../src/catalogue/calendar.ts';
import { ACCOUNT_ROLES } from '../../src/custody/ledger.ts';
import { SITE_CLASSES } from '../../src/parties/designations.ts';
import {
  addsUp,
  type ClassFacts,
  changesBetween,
  dueOn,
  figuresOf,
  isZero,
  judgeClass,
  type LedgerSum,
  PLAN_PARTS,
  periodOf,
  periodsOwed,
  statusOf,
} from '../../src/reports/rules.ts';

const THRESHOLDS = { keyGrams: 100_000_000, simpleGrams: 10_000_000 };
const factsOf = (changes: Partial<ClassFacts> = {}): ClassFacts => ({
  years: [],
  treatsItself: false,
  licenceNumber: null,
  override: null,
  ...changes,
});
const fullYears = (...grams: readonly number[]) =>
  grams.map((mass, index) => ({ year: 2023 + index, grams: mass, full: true }));
const classOf = (changes: Partial<ClassFacts>) => judgeClass(factsOf(changes), THRESHOLDS);

t.test('the class by yearly mass, both sides of 10 t and 100 t', async (t) => {
  for (const [grams, expected] of [
    [0, 'REGISTER'],
    [9_999_999, 'REGISTER'],
    [10_000_000, 'SIMPLE'],
    [99_999_999, 'SIMPLE'],
    [100_000_000, 'KEY'],
  ] as const) {
    t.match(
      classOf({ years: fullYears(grams, 0, 1) }),
      { siteClass: expected, yearlyGrams: Math.max(grams, 1) },
      `${grams} g`,
    );
    t.match(classOf({ years: fullYears(0, 1, grams) }), { siteClass: expected }, 'the largest of the three counts');
  }
});

t.test('the running year counts while fewer than three full ones are on record', async (t) => {
  const running = { year: 2026, grams: 100_000_000, full: false };
  t.match(classOf({ years: [...fullYears(1, 1, 1), running] }), { siteClass: 'REGISTER', provisional: false });
  t.match(classOf({ years: [...fullYears(1, 1), running] }), { siteClass: 'KEY', provisional: true });
  t.match(classOf({}), { siteClass: 'REGISTER', provisional: true, yearlyGrams: 0 });
});

t.test('a licence or treatment of its own makes a key site; the prefecture may say otherwise', async (t) => {
  t.match(classOf({ licenceNumber: 'x' }), { siteClass: 'KEY', because: 'licence' });
  t.match(classOf({ treatsItself: true }), { siteClass: 'KEY', because: 'own_treatment' });
  for (const siteClass of SITE_CLASSES)
    t.match(
      classOf({
        licenceNumber: 'x',
        years: fullYears(10 ** 9),
        override: { designationId: 'd', siteClass, reason: null },
      }),
      { siteClass, because: 'override', basis: 'HJ 1259-2022 4.2.2' },
    );
});

t.test('what each class owes of a year', async (t) => {
  const owed = Object.fromEntries(
    SITE_CLASSES.map((one) => [one, periodsOwed(2026, one, '2020-01').map(({ name }) => name)]),
  );
  t.equal(owed.KEY!.length, 13);
  t.same(owed.SIMPLE, ['2026-Q1', '2026-Q2', '2026-Q3', '2026-Q4', '2026']);
  t.same(owed.REGISTER, ['2026']);
  const owedSince = (since: string) => periodsOwed(2026, 'KEY', since).map(({ name }) => name);
  t.same(owedSince('2026-11'), ['2026-11', '2026-12', '2026'], 'from its month on');
  t.same(
    periodsOwed(2026, 'SIMPLE', '2026-09').map(({ name }) => name),
    ['2026-Q3', '2026-Q4', '2026'],
  );
  t.same(owedSince('2027-01'), []);
  t.same(
    Object.values(PLAN_PARTS).map(({ parts }) => parts.length),
    [7, 5, 3],
  );
});

t.test('periods and their last days', async (t) => {
  const DAYS = { monthlyDay: 15, quarterlyDay: 15, yearlyMonth: 3, yearlyDay: 31 };
  for (const [name, from, to, due] of [
    ['2026-10', '2026-10-01', '2026-11-01', '2026-11-15'],
    ['2026-12', '2026-12-01', '2027-01-01', '2027-01-15'],
    ['2026-Q3', '2026-07-01', '2026-10-01', '2026-10-15'],
    ['2026-Q4', '2026-10-01', '2027-01-01', '2027-01-15'],
    ['2026', '2026-01-01', '2027-01-01', '2027-03-31'],
  ] as const) {
    const period = periodOf(name)!;
    t.match(period, { from, to });
    t.equal(dueOn(period, DAYS), due);
    t.equal(statusOf(period, due, null, addDays(to, -1)), 'running');
    t.equal(statusOf(period, due, null, to), 'due');
    t.equal(statusOf(period, due, null, due), 'due', 'on the last day');
    t.equal(statusOf(period, due, null, addDays(due, 1)), 'overdue', 'the day after');
    t.equal(statusOf(period, due, due, '2030-01-01'), 'confirmed');
    t.equal(statusOf(period, due, addDays(due, 1), '2030-01-01'), 'confirmed_late');
  }
  for (const none of ['2026-13', '2026-00', '2026-Q5', '2026-Q0', '26-10', '2026-1', '2026-10-01', ''])
    t.equal(periodOf(none), undefined, none);
  fc.assert(
    fc.property(fc.integer({ min: 2000, max: 2199 }), fc.constantFrom(...SITE_CLASSES), (year, one) => {
      for (const { from, to } of periodsOwed(year, one, '2000-01'))
        if (!isDay(from) || !isDay(to) || from >= to) return false;
      return true;
    }),
  );
});

const sum = (
  what: LedgerSum['what'],
  end: LedgerSum['end'],
  grams: number,
  pieces = 0,
  treatmentKind: string | null = null,
): LedgerSum => ({
  wasteCode: '900-249-08',
  what,
  end,
  grams,
  pieces,
  treatmentKind,
});

t.test('every movement of a stock stands in one column, and the row adds up', async (t) => {
  const [row] = figuresOf([
    sum('opening', null, 100, 2),
    sum('generated', 'to', 50, 1),
    sum('consignee_hold', 'to', 40),
    sum('treated', 'from', -30, 0, 'use'),
    sum('treated', 'from', -20, 0, 'disposal'),
    sum('treated', 'to', 5),
    sum('in_transit', 'from', -60, -1),
    sum('in_transit', 'to', 3),
    sum('weighing_difference', 'from', -2),
    sum('refused_return', 'to', 4),
    sum('stock', 'to', 7),
    sum('stock', 'from', -1),
    sum('adjustment', 'to', 9),
    sum('closing', null, 105, 2),
  ]);
  t.match(row, {
    generated: { grams: 55, pieces: 1 },
    received: { grams: 40 },
    used: { grams: 30 },
    disposed: { grams: 20 },
    sentOut: { grams: 60, pieces: 1 },
    returned: { grams: 7 },
    weighing: { grams: -2 },
    moved: { grams: 6 },
    adjusted: { grams: 9 },
    closing: { grams: 105, pieces: 2 },
  });
  t.throws(() => figuresOf([sum('opening', null, 100), sum('closing', null, 101)]), /do not add up/);
});

t.test('whatever the ledger holds, a row adds up to the gram; what is taken back leaves nothing', async (t) => {
  const flow = fc.record({
    what: fc.constantFrom(...ACCOUNT_ROLES),
    end: fc.constantFrom('from' as const, 'to' as const),
    grams: fc.integer({ min: -(10 ** 12), max: 10 ** 12 }),
    pieces: fc.integer({ min: -1_000, max: 1_000 }),
    treatmentKind: fc.constantFrom(null, 'use', 'disposal'),
  });
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(flow, { maxLength: 20 }), fc.integer(), (flows, opening) => {
        const sums = flows.map(({ what, end, grams, pieces, treatmentKind }) =>
          sum(what, end, grams, pieces, treatmentKind),
        );
        const closing = flows.reduce((total, one) => total + one.grams, opening);
        const pieces = flows.reduce((total, one) => total + one.pieces, 0);
        const balances = [sum('opening', null, opening), sum('closing', null, closing, pieces)];
        const back = sums.map((one) => ({ ...one, grams: 0 - one.grams, pieces: 0 - one.pieces }));
        const undone = figuresOf([sum('opening', null, opening), ...sums, ...back, sum('closing', null, opening)]);
        return figuresOf([...balances, ...sums]).every(addsUp) && isZero(undone);
      }),
    ),
  );
});

t.test('old stock alone is a zero report; what differs between two versions is named', async (t) => {
  const still = figuresOf([sum('opening', null, 5), sum('closing', null, 5)]);
  t.ok(isZero(still) && isZero([]));
  const more = figuresOf([sum('opening', null, 5), sum('generated', 'to', 2), sum('closing', null, 7)]);
  t.notOk(isZero(more));
  t.same(changesBetween(still, still), []);
  t.match(changesBetween(still, more), [
    { column: 'generated', was: { grams: 0 }, is: { grams: 2 } },
    { column: 'closing', was: { grams: 5 }, is: { grams: 7 } },
  ]);
  t.match(
    changesBetween(more, []).map(({ column, is }) => [column, is.grams]),
    [
      ['opening', 0],
      ['generated', 0],
      ['closing', 0],
    ],
  );
});
