import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import t, { type Test } from 'tap';
import { aBench, type Bench, countOf, PARTY, type Told, twenty } from './poison-bench.ts';
import { rowsOf, until } from './support.ts';

/** Whole groups that fail for no fault of their acts: they are tried again, and given up with 503. */
/** A sequence counts through rollbacks: the first `times` inserts of that name fail, the others do not. */
const failing = (
  code: string,
  times: number,
): string => `create function drill_fault() returns trigger language plpgsql as $$
  begin
    if new.name = 'good 3' and nextval('drill_faults') <= ${times} then raise exception 'drill' using errcode = '${code}'; end if;
    return new;
  end $$; create trigger drill_fault before insert on drill_things for each row execute function drill_fault()`;

for (const code of ['40001', '40P01', '55P03', '57014', '08006', '57P01', '53200']) {
  t.test(`SQLSTATE ${code} twice, then no more: every act is done`, async (t) => {
    const bench = await aBench(t);
    await rowsOf(bench.url, failing(code, 2));
    const told = await Promise.all(twenty().map((thing) => bench.submit(thing)));
    t.same(
      told.map(({ status }) => status),
      Array(20).fill(200),
    );
    t.equal(bench.failures.length, 2, bench.failures.join(', '));
    t.equal(await countOf(bench.url, 'custody_events'), 20);
    t.ok(bench.journal.ready());
  });
}

t.test('a fault that stays is answered 503, and the service says when it is well again', async (t) => {
  const bench = await aBench(t);
  await rowsOf(bench.url, failing('53200', 1_000));
  const told = await Promise.all(twenty().map((thing) => bench.submit(thing, thing.name)));
  t.same([...new Set(told.map(({ status }) => status))], [503]);
  t.notOk(bench.journal.ready(), 'it says it is not ready');
  await rowsOf(bench.url, 'drop trigger drill_fault on drill_things');
  const wait = until('ready without an act', () => bench.journal.ready(), 3_000);
  t.ok(
    await wait.then(
      () => true,
      () => false,
    ),
    'ready again although nobody dares to send an act',
  );
  const again = await Promise.all(twenty().map((thing) => bench.submit(thing, thing.name)));
  t.same(
    again.map(({ status }) => status),
    Array(20).fill(200),
    'the same keys are done now',
  );
});

function doneAtTheSecondTry(t: Test, bench: Bench, told: readonly Told[]): void {
  t.same(
    told.map(({ status }) => status),
    Array(20).fill(200),
    'every act is done',
  );
  t.same(bench.failures, ['again'], 'at the second try');
}

t.test('a deadlock with another connection', async (t) => {
  const bench = await aBench(t);
  const other = new pg.Client({ connectionString: bench.url });
  await other.connect();
  await other.query("set deadlock_timeout = '30s'");
  await other.query("begin; insert into drill_things values (gen_random_uuid(), 1, '', now(), 'good 3', 1)");
  const told = Promise.all(twenty().map((thing) => bench.submit(thing, thing.name)));
  await until('the group waits', async () => (await countOf(bench.url, 'pg_locks where not granted')) > 0);
  const crossing = other.query("insert into act_keys values ($1, 'good 5', '', 200, '{}', now())", [PARTY]);
  await crossing;
  await other.query('rollback');
  doneAtTheSecondTry(t, bench, await told);
  await other.end();
});

t.test('a lock held longer than lock_timeout', async (t) => {
  const bench = await aBench(t);
  const other = new pg.Client({ connectionString: bench.url });
  await other.connect();
  await other.query('begin; lock table drill_things in share mode');
  const told = Promise.all(twenty().map((thing) => bench.submit(thing)));
  await sleep(5_300);
  await other.query('rollback');
  doneAtTheSecondTry(t, bench, await told);
  await other.end();
});
