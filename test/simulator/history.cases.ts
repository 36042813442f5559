import t from 'tap';
import { checkPlate, checkUscc } from '../../src/catalogue/identifiers.ts';
import { DAY } from '../../src/simulator/days.ts';
import { type History, historyOf, talesOf } from '../../src/simulator/history.ts';
import { SHIPPED } from '../../src/simulator/parameters.ts';
import { chance } from '../../src/simulator/random.ts';
import { referee } from '../../src/simulator/referee.ts';
import { registrationsOf } from '../../src/simulator/registrations.ts';
import { hashOf, reportsOf } from '../../src/simulator/reports.ts';
import { permissibleGrams, readingGrams, TRUCK_SCALE } from '../../src/simulator/scales.ts';
import { STORIES } from '../../src/simulator/stories.ts';

/** Histories from seeds: repeatable, honest where they are meant to be, spread around every limit where they are not. */
const UNTIL = Date.parse('2026-10-12T10:00:00Z');
const made = (seed: string, more: object = {}): History =>
  historyOf({ seed, until: UNTIL, days: 7, manifests: 150, ...more });
const SEEDS = ['1', '2', '3', '4'];
const histories = SEEDS.map((seed) => made(seed));

t.test('the same seed tells the same, another seed something else', async (t) => {
  const hash = (history: History) => hashOf(reportsOf(history));
  t.equal(hash(made('1')), hash(histories[0]!));
  t.same(made('1'), histories[0], 'the truth too');
  t.same(registrationsOf(made('1')), registrationsOf(histories[0]!));
  t.equal(new Set(histories.map(hash)).size, SEEDS.length);
  t.not(hash(made('1', { until: UNTIL - DAY })), hash(histories[0]!), 'nor does another week');
});

t.test('nothing is told before it happened, nor after the end', async (t) => {
  for (const history of histories) {
    const reports = reportsOf(history);
    const early = reports.filter(({ at, body }) => Date.parse(String(body.occurredAt ?? '')) > at);
    t.same(early, []);
    t.ok(reports.every(({ at }, index) => at <= history.until && at >= (reports[index - 1]?.at ?? 0)));
    t.equal(new Set(reports.map(({ key }) => key)).size, reports.length, 'each act has a key of its own');
  }
});

t.test('every kind of story is told, as a fault and as its twin, and many lie close to the limit', async (t) => {
  const tales = histories.flatMap(talesOf);
  for (const { id, aimsAt } of STORIES) {
    const told = tales.filter(({ story }) => story === id);
    t.ok(told.length >= SEEDS.length, id);
    if (aimsAt) t.same([...new Set(told.map(({ meant }) => meant))].sort(), ['fault', 'twin'], id);
  }
  const close = tales.filter(({ ratio }) => Math.abs(ratio - 1) <= 0.1);
  t.ok(close.length >= tales.length / 10, `${close.length} of ${tales.length}`);
});

t.test('the key speaks of what was planted, and of an ordinary load only where a planted one crosses it', async (t) => {
  for (const history of histories) {
    const ordinary = history.consignments.filter(({ tale }) => tale === null).map(({ ref }) => ref);
    const said = referee(history, SHIPPED).filter(
      ({ subject, rule }) => ordinary.includes(subject) && rule !== 'overlap',
    );
    t.same(said, []);
  }
});

t.test('every rule is in the key of some seed, with faults on it and twins off it', async (t) => {
  const keys = histories.flatMap((history) => referee(history, SHIPPED).map(({ rule }) => rule));
  for (const rule of Object.keys(SHIPPED.steps)) t.ok(keys.includes(rule as never), rule);
  const lawful = histories.flatMap((history) => {
    const refs = history.consignments.filter(({ tale }) => tale && LAWFUL.includes(tale.story)).map(({ ref }) => ref);
    return referee(history, SHIPPED).filter(({ subject }) => refs.includes(subject));
  });
  t.same(lawful, [], 'what only looks odd is in no key');
});
const LAWFUL = ['milk_run', 'mixed_truck', 'refused_plant'];

t.test('a milk run is one vehicle, one day, one plant and a manifest for each', async (t) => {
  const runs = histories[0]!.consignments.filter(({ tale }) => tale?.story === 'milk_run');
  t.ok(runs.length >= 3);
  const [first] = runs;
  const together = runs.filter(
    ({ vehicle, arrival }) => vehicle === first!.vehicle && arrival.at === first!.arrival.at,
  );
  t.ok(together.length >= 3);
  t.equal(new Set(together.map(({ producer }) => producer.ref)).size, together.length);
});

t.test('names, codes and plates are well formed and nobody’s twice', async (t) => {
  for (const { city } of histories) {
    const parties = [...city.producers, ...city.carriers, ...city.plants];
    const codes = parties.map(({ uscc }) => uscc).filter((uscc) => uscc !== '');
    t.ok(codes.every((uscc) => checkUscc(uscc).valid));
    t.equal(new Set(codes).size, codes.length);
    const plates = city.carriers.flatMap(({ vehicles }) => vehicles.map(({ plate }) => plate));
    t.ok(plates.every((plate) => checkPlate(plate).valid));
    t.equal(new Set(plates).size, plates.length);
  }
});

t.test('an honest scale stays within what its certificate allows in service', async (t) => {
  const draw = chance('scales');
  const loads = [500_000, 9_900_000, 10_100_000, 39_000_000, 41_000_000];
  const off = loads.flatMap((grams) =>
    Array.from(
      { length: 2_000 },
      () => Math.abs(readingGrams(TRUCK_SCALE, grams, draw) - grams) / permissibleGrams(TRUCK_SCALE, grams),
    ),
  );
  t.ok(Math.max(...off) <= 2, `${Math.max(...off)} times the permissible error`);
  t.ok(off.some((one) => one > 0));
  t.same(
    [10_000_000, 10_000_001, 40_000_000, 40_000_001].map((grams) => permissibleGrams(TRUCK_SCALE, grams)),
    [10_000, 20_000, 20_000, 30_000],
  );
});

t.test('chance: named, even, and apart from its branches', async (t) => {
  t.same(chance('a').whole(0, 1e9), chance('a').whole(0, 1e9));
  t.not(chance('a').whole(0, 1e9), chance('b').whole(0, 1e9));
  const draw = chance('even');
  const counts = [0, 0, 0, 0, 0, 0];
  for (let drawn = 0; drawn < 60_000; drawn++) counts[draw.whole(0, 5)]! += 1;
  t.ok(
    counts.every((count) => Math.abs(count - 10_000) < 500),
    String(counts),
  );
  const before = chance('x').branch('y').unit();
  const other = chance('x');
  other.unit();
  t.equal(other.branch('y').unit(), before, 'what is drawn beside a branch changes nothing in it');
});

t.test('a week too full for its fleet is refused in words', async (t) => {
  t.throws(() => made('1', { days: 1, manifests: 3_000 }), { message: /fleet/ });
});
