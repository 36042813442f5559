import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import type { Test } from 'tap';
import type { Accepted, Act, Lookup } from '../../src/platform/acts.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { EventDraft } from '../../src/platform/events.ts';
import { newUuid } from '../../src/platform/ids.ts';
import { type Journal, type JournalOptions, openJournal } from '../../src/platform/journal.ts';
import { RANKS, type StateOf, subjectKind } from '../../src/platform/subjects.ts';
import { subjectColumns } from '../../src/platform/tables.ts';
import { Problem } from '../../src/problems.ts';
import { cloneDatabase } from '../support/database.ts';
import { rowsOf } from './support.ts';

/** A journal with acts made for being broken, on a table made for it. */
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

export interface Thing {
  readonly name: string;
  readonly id?: string;
  readonly grams?: number;
  readonly breaks?: 'needs' | 'decide' | 'second event';
  readonly series?: string;
  /** Looks at all there is through a gate, but knows that it has to only once this thing is there. */
  readonly looksAfter?: string;
}

const EVERYTHING = 'everything';
const sumLookup: Lookup<number> = {
  name: 'drill-sum',
  gated: true,
  sql: 'select k.key, sum(t.grams)::int from unnest($1::text[]) as k(key) cross join drill_things t group by 1',
  read: (rows) => Number(rows[0]?.[1] ?? 0),
};

const add: Act<Thing> = {
  name: 'add_thing',
  kind: 'register',
  needs(input, facts) {
    if (input.breaks === 'needs') throw new Error('the connection of things is closed');
    const reads = input.looksAfter ? { read: [{ kind: 'thing', id: input.looksAfter }] } : {};
    return { ...reads, lock: [{ kind: 'thing', id: input.id ?? facts.newId() }] };
  },
  alsoNeeds: (input, states) =>
    input.looksAfter && states.get(thingKind, input.looksAfter)
      ? { lookups: [{ lookup: sumLookup, key: EVERYTHING }] }
      : {},
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
    const sum = input.looksAfter ? { sum: states.found(sumLookup, EVERYTHING) } : {};
    return { events, answer: { id: subject.id, before: states.seqOf(subject), ...sum }, ...(number ? { number } : {}) };
  },
};

export interface Bench {
  readonly url: string;
  readonly journal: Journal;
  /** Sizes of the groups that were committed. */
  readonly groups: number[];
  readonly failures: string[];
  submit(thing: Thing, key?: string): Promise<Told>;
}
export type Told = { status: number; body: Record<string, unknown>; replayed?: boolean };
export const PARTY = newUuid(new Date());

export async function aBench(t: Test, changes: Partial<JournalOptions> = {}): Promise<Bench> {
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
      debug: () => {},
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

export const twenty = (): Thing[] => Array.from({ length: 20 }, (_, n) => ({ name: `good ${n}` }));
export const countOf = async (url: string, what = 'drill_things'): Promise<number> =>
  (await rowsOf<{ count: number }>(url, `select count(*)::int as count from ${what}`))[0]!.count;
