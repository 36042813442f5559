import { setTimeout as sleep } from 'node:timers/promises';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import pg from 'pg';
import t, { type Test } from 'tap';
import type { Accepted, Act } from '../../src/platform/acts.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { EventDraft } from '../../src/platform/events.ts';
import { newUuid } from '../../src/platform/ids.ts';
import { type Journal, type JournalOptions, openJournal } from '../../src/platform/journal.ts';
import { RANKS, type StateOf, subjectKind } from '../../src/platform/subjects.ts';
import { subjectColumns } from '../../src/platform/tables.ts';
import { Problem } from '../../src/problems.ts';
import { cloneDatabase } from '../support/database.ts';
import { rowsOf, until } from './support.ts';

/** Acts that go wrong in a group of good ones, on a table made for it: only the guilty one pays. */
const things = pgTable('drill_things', { ...subjectColumns, name: text().notNull(), grams: integer().notNull() });
const TABLE = `create table drill_things (id uuid primary key, seq int not null, head_hash bytea not null, recorded_at timestamptz not null,
    name text not null constraint drill_name unique, grams int not null constraint drill_positive check (grams > 0));
  create sequence drill_faults`;

const thingKind = subjectKind({
  name: 'thing',
  rank: RANKS.fact,
  table: things,
  evolve: (state, event): StateOf<typeof things> => {
    if (event.type === 'thing_broken') throw new Error('this event cannot be folded');
    return { id: event.subject.id, name: String(event.data.name ?? state?.name), grams: Number(event.data.grams) };
  },
  conflicts: { drill_name: { problem: 'already-exists', detail: { zh: '重名', en: 'That name is taken.' } } },
});

interface Thing {
  readonly name: string;
  readonly id?: string;
  readonly grams?: number;
  readonly breaks?: 'needs' | 'decide' | 'second event';
  readonly series?: string;
}

const add: Act<Thing> = {
  name: 'add_thing',
  kind: 'register',
  needs(input, facts) {
    if (input.breaks === 'needs') throw new Error('the connection of things is closed');
    return { lock: [{ kind: 'thing', id: input.id ?? facts.newId() }] };
  },
  decide(input, states, facts): Accepted {
    if (input.breaks === 'decide') throw new Error('decided to throw');
    const subject = { kind: 'thing', id: input.id ?? facts.newId() };
    const draft = (type: string): EventDraft => ({
      type,
      subject,
      occurredAt: facts.now,
      data: { name: input.name, grams: input.grams ?? 1 },
    });
    const events = [draft('thing_added'), ...(input.breaks === 'second event' ? [draft('thing_broken')] : [])];
    const number = input.series ? { series: input.series, into: 'number', max: 3, format: String } : undefined;
    return { events, answer: { id: subject.id, before: states.seqOf(subject) }, ...(number ? { number } : {}) };
  },
};

interface Bench {
  readonly url: string;
  readonly journal: Journal;
  /** Sizes of the groups that were committed. */
  readonly groups: number[];
  readonly failures: string[];
  submit(thing: Thing, key?: string): Promise<Told>;
}
type Told = { status: number; body: Record<string, unknown>; replayed?: boolean };
const PARTY = newUuid(new Date());

async function aBench(t: Test, changes: Partial<JournalOptions> = {}): Promise<Bench> {
  const database = await cloneDatabase();
  await rowsOf(database.url, TABLE);
  const groups: number[] = [];
  const failures: string[] = [];
  const journal = openJournal({
    databaseUrl: database.url,
    clock: systemClock,
    kinds: new Map([['thing', thingKind as never]]),
    projections: [],
    reference: () => ({ version: 'drill' }),
    jobsOf: () => [],
    lanes: 1,
    groupMax: 64,
    queueMax: 1_000,
    log: {
      warn: (fields) => failures.push((fields as { failure: string }).failure),
      error: () => {},
    },
    onCommit: () => {},
    observe: ({ acts }) => groups.push(acts),
    ...changes,
  });
  t.teardown(async () => {
    await journal.stop();
    await database.drop();
  });
  let n = 0;
  const submit = (thing: Thing, key = `key-${n++}`): Promise<Told> =>
    journal.submit(add, thing, { caller: { actor: { party: PARTY }, role: 'member' }, organisation: PARTY, key }).then(
      ({ status, body, replayed }) => ({ status, body, replayed }),
      (error: unknown) => ({
        status: error instanceof Problem ? Number(statusOfProblem(error)) : 500,
        body: { error: (error as Error).message },
      }),
    );
  return { url: database.url, journal, groups, failures, submit };
}

const statusOfProblem = (problem: Problem): number =>
  ({ 'already-exists': 409, 'temporarily-unavailable': 503, 'number-exhausted': 422 })[
    problem.refusal.problem as string
  ] ?? 0;

const twenty = (): Thing[] => Array.from({ length: 20 }, (_, n) => ({ name: `good ${n}` }));
const countOf = async (url: string, what = 'drill_things'): Promise<number> =>
  (await rowsOf<{ count: number }>(url, `select count(*)::int as count from ${what}`))[0]!.count;

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
  t.same(
    (await told).map(({ status }) => status),
    Array(20).fill(200),
    'every act is done',
  );
  t.same(bench.failures, ['again'], 'at the second try');
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
  t.same(
    (await told).map(({ status }) => status),
    Array(20).fill(200),
    'every act is done',
  );
  t.same(bench.failures, ['again'], 'at the second try');
  await other.end();
});
