import type pg from 'pg';
import type { Refusal } from '../problems.ts';
import {
  type Accepted,
  type Act,
  type Caller,
  type Facts,
  type JobDraft,
  type Needs,
  type Projection,
  type Reference,
  type Told,
  withNumber,
} from './acts.ts';
import type { Clock } from './clock.ts';
import type { EventDraft, RecordedEvent, SealedEvent } from './events.ts';
import { decideAll, foldNumbered, sealAll } from './group-deciding.ts';
import { askAll, inOneWrite, lockAndLoad, secondRound, settle, storedAnswers } from './group-loading.ts';
import { writeStatements } from './group-writing.ts';
import { parameter } from './parameters.ts';
import type { Kind, SubjectRow } from './subjects.ts';

/**
 * One group of acts as one READ COMMITTED transaction. The steps are those of docs/architecture.md, "Life of an act".
 * Nothing but Postgres is touched between BEGIN and COMMIT.
 */
export interface Pending {
  // biome-ignore lint/suspicious/noExplicitAny: a queue holds acts of every input and reference.
  readonly act: Act<any, any>;
  readonly input: unknown;
  readonly inputHash: Buffer;
  readonly caller: Caller;
  readonly organisation: string;
  readonly key: string;
  readonly actId: string;
  readonly newId: (nth?: number) => string;
  /** What `newId` gave so far. Nobody else knows these ids: they need no lock and have no row. */
  readonly minted: ReadonlySet<string>;
  readonly expectedSeq: number | undefined;
  /** The outbox rows this act fulfils: marked done by the same transaction. */
  readonly completes: readonly number[];
}

/** What an act is answered: an HTTP status and a body, the same for every repetition of its key. */
export interface Answer {
  readonly status: number;
  readonly body: { readonly [key: string]: unknown };
  readonly replayed: boolean;
}

export type Outcome =
  | { readonly answer: Answer }
  | { readonly refusal: Refusal }
  /** Its subjects changed under it, or it waits for an act before it in this group, or for what another transaction holds. */
  | { readonly postponed: true; readonly gate?: string; readonly gaveWay?: true }
  | { readonly failed: unknown };

export interface GroupContext {
  readonly clock: Clock;
  readonly kinds: ReadonlyMap<string, Kind>;
  readonly projections: readonly Projection[];
  readonly reference: () => Reference;
  /** It waits for no lock: an act that needs one which another transaction holds is postponed, and the others go on. */
  readonly givesWay?: boolean;
  /** Everything is done but the COMMIT: the answer is what the act's would be, and nothing is kept. */
  readonly rehearses?: boolean;
  /** What an event wakes, given the state of its subject after it and the snapshot it was judged with. */
  readonly jobsOf: (event: RecordedEvent, after: { id: string }, reference: Reference) => readonly JobDraft[];
}

/** Raised inside the transaction to take one act out and start the group again without it. */
export class ActRefused extends Error {
  readonly index: number;
  readonly refusal: Refusal;
  constructor(index: number, refusal: Refusal) {
    super(refusal.problem);
    this.index = index;
    this.refusal = refusal;
  }
}

/** A subject as the group sees it: as it was loaded, and as the acts decided so far leave it. */
export interface Entry {
  readonly kind: Kind;
  readonly loaded: SubjectRow | undefined;
  current: SubjectRow | undefined;
}

/** An event with the states before and after it. */
export interface Folded {
  readonly entry: Entry;
  readonly draft: EventDraft;
  event: RecordedEvent;
  before: { id: string } | undefined;
  after: { id: string };
  seal?: SealedEvent;
  detailsSalt?: Buffer;
}

/** An act that had an effect, with its events in order. */
export interface Decided {
  readonly index: number;
  readonly decision: Accepted | { readonly refused: Refusal };
  readonly events: Folded[];
  /** What it says once its numbers are drawn, for an act that draws any. */
  told: Told | undefined;
}

export interface StoredAnswer {
  readonly hash: Buffer;
  readonly status: number;
  readonly answer: string;
}

/** Everything one run of a group knows. The steps fill it in order. */
export interface Work {
  readonly client: pg.Client;
  readonly group: readonly Pending[];
  readonly context: GroupContext;
  readonly now: Date;
  readonly reference: Reference;
  readonly facts: readonly Facts[];
  /** What each act asked for, a list a round. */
  readonly needs: readonly Needs[][];
  readonly entries: Map<string, Entry>;
  readonly loadedIds: Set<string>;
  readonly lookups: Map<string, unknown>;
  readonly touchedGates: Set<string>;
  readonly decided: Decided[];
  readonly outcomes: (Outcome | undefined)[];
}

/** Runs the group and answers every act of it, in order. @throws what Postgres threw; nothing is then kept. */
export async function runGroup(
  client: pg.Client,
  group: readonly Pending[],
  context: GroupContext,
): Promise<Outcome[]> {
  const work = beginWork(client, group, context);
  askAll(work, (pending, index) => pending.act.needs(pending.input, work.facts[index]!));
  const [stored] = await inOneWrite(client, () =>
    settle([storedAnswers(work), client.query('begin'), lockAndLoad(work, work.needs.flat())]),
  );
  await secondRound(work, stored);
  decideAll(work, stored);
  if (!hasEffect(work)) {
    await client.query('rollback');
    return outcomesOf(work);
  }
  await numberAll(work);
  sealAll(work);
  await writeAndCommit(work);
  return outcomesOf(work);
}

function beginWork(client: pg.Client, group: readonly Pending[], context: GroupContext): Work {
  const now = context.clock.now();
  const reference = context.reference();
  const facts = group.map(({ caller, newId, expectedSeq }) => ({
    now,
    caller,
    reference,
    newId,
    ...(expectedSeq === undefined ? {} : { expectedSeq }),
  }));
  return {
    client,
    group,
    context,
    now,
    reference,
    facts,
    needs: group.map(() => []),
    entries: new Map(),
    loadedIds: new Set(),
    lookups: new Map(),
    touchedGates: new Set(),
    decided: [],
    outcomes: group.map(() => undefined),
  };
}

const hasEffect = ({ decided, group, outcomes }: Work): boolean =>
  decided.length > 0 || group.some(({ completes }, index) => completes.length > 0 && isAnswered(outcomes[index]));

export const isAnswered = (outcome: Outcome | undefined): boolean => outcome !== undefined && 'answer' in outcome;

/** A refusal that left a report behind was stored as an answer, so that its key is answered the same again. */
function outcomesOf({ outcomes }: Work): Outcome[] {
  return outcomes.map((outcome) => {
    if (outcome && 'answer' in outcome && 'refusal' in outcome.answer.body)
      return { refusal: outcome.answer.body.refusal as Refusal };
    return outcome ?? { failed: new Error('the act was never decided') };
  });
}

const SERIALS_SQL =
  'insert into serials (series, next) select * from unnest($1::text[], $2::int[]) on conflict (series) do update set next = serials.next + excluded.next - 1 returning series, next';

/** Step 5: numbers after every decision, so that a refusal consumes none; sorted, so that no two groups lock crosswise. */
async function numberAll(work: Work): Promise<void> {
  const wanting = work.decided.flatMap((decided) => {
    const drawing = 'refused' in decided.decision ? undefined : drawingOf(decided.decision);
    return drawing ? [{ decided, ...drawing }] : [];
  });
  if (wanting.length === 0) return;
  const counts = new Map<string, number>();
  for (const { series } of wanting.flatMap(({ of }) => of)) counts.set(series, (counts.get(series) ?? 0) + 1);
  const series = [...counts.keys()].sort();
  const { rows } = await work.client.query<{ series: string; next: number }>({
    name: 'journal-serials',
    text: SERIALS_SQL,
    values: [series, series.map((name) => counts.get(name)! + 1)],
  });
  const next = new Map(rows.map((row) => [row.series, row.next - counts.get(row.series)!]));
  for (const { decided, of, told } of wanting) {
    const drawn = of.map(({ series: name, max, format }) => {
      const serial = next.get(name)!;
      next.set(name, serial + 1);
      if (serial > max) throw new ActRefused(decided.index, exhausted(name, max));
      return format(serial);
    });
    decided.told = told(drawn);
  }
  foldNumbered(work);
}

/** One number or several. */
const drawingOf = (decision: Accepted): Accepted['numbers'] =>
  decision.number ? { of: [decision.number], told: ([drawn]) => withNumber(decision, drawn!) } : decision.numbers;

const exhausted = (series: string, max: number): Refusal => ({
  problem: 'number-exhausted',
  detail: { zh: `编号序列 ${series} 已用至 ${max}。`, en: `Series ${series} has reached ${max}.` },
});

/** Steps 6 and 7: every statement and the COMMIT in one pipeline. A failed statement turns the COMMIT into a rollback; a rehearsal ends in one. */
async function writeAndCommit(work: Work): Promise<void> {
  const { rehearses = false } = work.context;
  const statements = writeStatements(work);
  const results = (await inOneWrite(work.client, () =>
    settle([
      ...statements.map((statement) => work.client.query({ ...statement, values: statement.values.map(parameter) })),
      work.client.query(rehearses ? 'rollback' : 'commit'),
    ]),
  )) as pg.QueryResult[];
  if (!rehearses && results.at(-1)!.command !== 'COMMIT') throw new Error('the group was rolled back');
}
