import pg from 'pg';
import t from 'tap';
import { newUuid, sixtyBitsOf } from '../../src/platform/ids.ts';
import { RANKS } from '../../src/platform/subjects.ts';
import { aBench, type Thing, type Told } from '../drills/poison-bench.ts';

/** Who waits for whom, and in what order. */
const KNOWN = newUuid(new Date());

t.test('a lane that helps waits for nobody: what another transaction holds is left to the first lane', async (t) => {
  const bench = await aBench(t, { lanes: 2, groupMax: 4 });
  const id = newUuid(new Date());
  const other = new pg.Client({ connectionString: bench.url });
  await other.connect();
  t.teardown(() => other.end());
  await other.query('begin');
  await other.query('select pg_advisory_xact_lock($1)', [String((BigInt(RANKS.fact) << 60n) | sixtyBitsOf(id))]);

  const answered: string[] = [];
  const submit = async (thing: Thing): Promise<Told> => {
    const told = await bench.submit(thing);
    answered.push(thing.name);
    return told;
  };
  const held = submit({ name: 'held', id });
  await waiting(bench.url);
  const four = [{ name: 'held too', id }, { name: 'a' }, { name: 'b' }, { name: 'c' }].map(submit);
  await Promise.all(four.slice(1));
  t.same(answered, ['a', 'b', 'c'], 'done while both others wait');

  await other.query('commit');
  t.match(await Promise.all([held, four[0]]), [
    { status: 200, body: { before: 0 } },
    { status: 200, body: { before: 1 } },
  ]);
  t.same(answered.slice(3), ['held', 'held too'], 'in the order they came');
});

t.test('acts at one gate are done in the order they came, however many come meanwhile', async (t) => {
  const bench = await aBench(t, { groupMax: 3 });
  await bench.submit({ name: 'known', id: KNOWN });
  const answered: number[] = [];
  const all: Promise<void>[] = [];
  let came = 0;
  const come = (): void => {
    const nth = came++;
    const looks = bench.submit({ name: `n ${nth}`, looksAfter: KNOWN });
    all.push(
      looks.then(() => {
        answered.push(nth);
        if (came < 40) come();
      }),
    );
  };
  for (let n = 0; n < 8; n += 1) come();
  while (answered.length < came) await Promise.all(all);
  t.same(
    answered,
    Array.from({ length: 40 }, (_, n) => n),
  );
});

/** Until somebody waits for a lock. */
async function waiting(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const waits = "select 1 from pg_stat_activity where datname = current_database() and wait_event = 'advisory'";
  while ((await client.query(waits)).rowCount === 0);
  await client.end();
}
