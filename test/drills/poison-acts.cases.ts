import t, { type Test } from 'tap';
import { newUuid } from '../../src/platform/ids.ts';
import { aBench, type Bench, countOf, type Thing, type Told, twenty } from './poison-bench.ts';
import { rowsOf } from './support.ts';

/** Acts that go wrong in a group of good ones: only the guilty one pays. */
/** Twenty good acts around the poisonous one, all in one group. */
async function inOneGroup(t: Test, bench: Bench, poison: Thing): Promise<Told> {
  const good = twenty();
  const told = await Promise.all([...good.slice(0, 10), poison, ...good.slice(10)].map((thing) => bench.submit(thing)));
  const [guilty] = told.splice(10, 1);
  t.same(
    told.map(({ status }) => status),
    Array(20).fill(200),
    'the good ones are done',
  );
  t.equal(await countOf(bench.url), 20, 'once each');
  t.equal(await countOf(bench.url, 'custody_events'), 20, 'with one event each');
  t.equal(await countOf(bench.url, 'act_keys'), 20, 'and one answer each');
  return guilty!;
}

const POISONS: readonly { what: string; poison: Thing; status: number }[] = [
  { what: 'a check of the table', poison: { name: 'bad', grams: 0 }, status: 500 },
  { what: 'a name that is taken', poison: { name: 'good 3' }, status: 409 },
  { what: 'a number out of range', poison: { name: 'bad', grams: 3_000_000_000 }, status: 500 },
  { what: 'a decide that throws', poison: { name: 'bad', breaks: 'decide' }, status: 500 },
  { what: 'needs that throw', poison: { name: 'bad', breaks: 'needs' }, status: 500 },
  { what: 'an id that is none', poison: { name: 'bad', id: 'no uuid' }, status: 500 },
];

for (const { what, poison, status } of POISONS) {
  t.test(`one act of 21 meets ${what}`, async (t) => {
    const bench = await aBench(t);
    const guilty = await inOneGroup(t, bench, poison);
    t.equal(guilty.status, status, `only that one fails: ${String(guilty.body.error)}`);
    t.ok(bench.journal.ready(), 'the journal is ready');
    t.equal((await bench.submit({ name: 'afterwards' })).status, 200, 'and goes on');
  });
}

t.test('an act whose second event cannot be folded leaves no trace on its subject', async (t) => {
  const bench = await aBench(t);
  const id = newUuid(new Date());
  const [broken, next] = await Promise.all([
    bench.submit({ name: 'broken', id, breaks: 'second event' }),
    bench.submit({ name: 'whole', id }),
  ]);
  t.equal(broken.status, 500);
  t.equal(next.status, 200);
  t.equal(next.body.before, 0, 'the act behind it sees nothing of it');
  t.same(
    await rowsOf(bench.url, 'select seq, type from custody_events order by seq'),
    [{ seq: 1, type: 'thing_added' }],
    'the history begins at 1',
  );
});

t.test('what another act of the group has looked up is not there for one that could not ask', async (t) => {
  const bench = await aBench(t);
  const [known, made] = [newUuid(new Date()), newUuid(new Date())];
  await bench.submit({ name: 'known', id: known, grams: 5 });
  const [first, , second] = await Promise.all([
    bench.submit({ name: 'first', looksAfter: known, grams: 7 }),
    bench.submit({ name: 'made', id: made, grams: 11 }),
    bench.submit({ name: 'second', looksAfter: made }),
  ]);
  t.equal(first.body.sum, 5);
  t.equal(second.body.sum, 5 + 7 + 11, 'it waits for the next group and sees what this one did');
});

t.test('a full queue answers 503 at once', async (t) => {
  const bench = await aBench(t, { queueMax: 10 });
  const told = await Promise.all(Array.from({ length: 15 }, (_, n) => bench.submit({ name: `n ${n}` })));
  t.same(
    told.map(({ status }) => status),
    [...Array(10).fill(200), ...Array(5).fill(503)],
  );
  t.equal(await countOf(bench.url), 10);
  t.equal((await bench.submit({ name: 'later' })).status, 200, 'there is room again');
});

t.test('a series that is used up refuses and consumes nothing', async (t) => {
  const bench = await aBench(t);
  const told = await Promise.all(
    [...twenty().slice(0, 5), ...twenty().slice(5)].map((thing, n) =>
      bench.submit(n % 4 === 0 ? { ...thing, series: 'drill' } : thing),
    ),
  );
  t.same(
    told.filter((_, n) => n % 4 === 0).map(({ status }) => status),
    [200, 200, 200, 422, 422],
    'three of five get a number',
  );
  t.same(
    told.filter((_, n) => n % 4 === 0).map(({ body }) => body.number),
    ['1', '2', '3', undefined, undefined],
  );
  t.ok(
    told.every(({ status }, n) => n % 4 === 0 || status === 200),
    'the others are done',
  );
  t.same(await rowsOf(bench.url, 'select next from serials'), [{ next: 4 }]);
  t.equal((await bench.submit({ name: 'one more', series: 'drill' })).status, 422);
  t.same(await rowsOf(bench.url, 'select next from serials'), [{ next: 4 }], 'still');
});

t.test('a name given twice is its own refusal and no warning in the log', async (t) => {
  const bench = await aBench(t);
  t.equal((await bench.submit({ name: 'twice' })).status, 200);
  t.equal((await bench.submit({ name: 'twice' })).status, 409);
  t.same(bench.failures, [], 'warned of nothing');
  t.equal((await bench.submit({ name: 'negative', grams: -1 })).status, 500);
  t.same(bench.failures, ['isolate'], 'a constraint nobody knows is one');
});
