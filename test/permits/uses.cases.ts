// Reserved and used: differences in events, running balances on manifests and permits.
import t from 'tap';
import { addUses, type PermitUse, permitUseProjection, reservedUse, settledUses } from '../../src/permits/uses.ts';

const [LICENCE, PLAN, APPROVAL] = ['l', 'p', 'a'];
const permits = [
  { id: LICENCE!, type: 'licence' },
  { id: PLAN!, type: 'management_plan' },
  { id: APPROVAL!, type: 'cross_province_approval' },
] as const;
const issued = (line = 1, grams = 1_000): PermitUse[] =>
  permits.map((permit) => reservedUse(line, permit, '2026-12-30', grams));
const short = (uses: readonly PermitUse[]) =>
  uses.map((use) => `${use.line} ${use.permitId} ${use.period} ${use.reservedGrams} ${use.usedGrams}`).sort();
const accepted = (...lines: [number, number][]) => new Map(lines);

t.test('what is declared is reserved, in the period of the day of issue', async (t) => {
  t.same(short(issued()), ['1 a validity 1000 0', '1 l 2026 1000 0', '1 p 2026 1000 0']);
});

t.test('a receipt releases what was reserved and uses what was accepted', async (t) => {
  const differences = settledUses(issued(), accepted([1, 900]), '2026-12-31');
  t.same(short(differences), ['1 a validity -1000 900', '1 l 2026 -1000 900', '1 p 2026 -1000 900']);
  t.same(short(addUses(issued(), differences)), ['1 a validity 0 900', '1 l 2026 0 900', '1 p 2026 0 900']);
});

t.test('over the turn of the year the licence counts where it was accepted, the plan where it left', async (t) => {
  t.same(short(settledUses(issued(), accepted([1, 900]), '2027-01-01')), [
    '1 a validity -1000 900',
    '1 l 2026 -1000 0',
    '1 l 2027 0 900',
    '1 p 2026 -1000 900',
  ]);
});

t.test('what is refused, left out or void is released and not used', async (t) => {
  const released = ['1 a validity -1000 0', '1 l 2026 -1000 0', '1 p 2026 -1000 0'];
  t.same(short(settledUses(issued(), accepted([1, 0]), '2027-01-01')), released);
  t.same(short(settledUses(issued(), accepted(), '2027-01-01')), released);
});

t.test('lines are settled one by one', async (t) => {
  const uses = [...issued(1, 1_000), ...issued(2, 500)];
  const after = addUses(uses, settledUses(uses, accepted([1, 400], [2, 500]), '2026-12-31'));
  t.same(
    short(after).filter((text) => text.includes(' l ')),
    ['1 l 2026 0 400', '2 l 2026 0 500'],
  );
});

t.test('settled again after a correction, only the difference is left', async (t) => {
  const received = addUses(issued(), settledUses(issued(), accepted([1, 900]), '2027-01-01'));
  t.same(settledUses(received, accepted([1, 900]), '2027-06-01'), [], 'the same mass in the same year changes nothing');
  t.same(short(settledUses(received, accepted([1, 950]), '2027-06-01')), [
    '1 a validity 0 50',
    '1 l 2027 0 50',
    '1 p 2026 0 50',
  ]);
  const moved = settledUses(received, accepted([1, 950]), '2026-12-31');
  t.same(
    short(moved),
    ['1 a validity 0 50', '1 l 2026 0 950', '1 l 2027 0 -900', '1 p 2026 0 50'],
    'accepted in the old year after all: the licence counts it there',
  );
  t.same(short(addUses(received, moved).filter((use) => use.usedGrams !== 0)), [
    '1 a validity 0 950',
    '1 l 2026 0 950',
    '1 p 2026 0 950',
  ]);
});

t.test('rows of one group are added up before they are written, sorted by their key', async (t) => {
  const row = (permitId: string, manifestId: string) => ({
    permitId,
    manifestId,
    period: '2026',
    reservedGrams: 10,
    usedGrams: 1,
  });
  const [balances, manifests] = permitUseProjection.statements([row('b', 'm1'), row('a', 'm2'), row('b', 'm2')]);
  t.same(balances!.values, [
    ['a', 'b'],
    ['2026', '2026'],
    [10, 20],
    [1, 2],
  ]);
  t.same(manifests!.values, [
    ['a', 'b', 'b'],
    ['m2', 'm1', 'm2'],
    ['2026', '2026', '2026'],
    [10, 10, 10],
    [1, 1, 1],
  ]);
});
