import type { Bilingual, Refusal } from '../problems.ts';
import type { Actor, EventDraft, Json, RecordedEvent, Ref } from './events.ts';
import type { Kind } from './subjects.ts';

/**
 * What a slice hands to the journal: acts with pure deciders. `paper` may be refused by rule; `physical` only on
 * structure or authority, and one that does not fit the state is kept as an unmatched report; `register` edits a
 * register; `system` comes from a job.
 */
export type ActKind = 'paper' | 'physical' | 'register' | 'system';

/** A remark on an act that was accepted all the same. */
export interface Warning {
  readonly code: string;
  readonly detail: Bilingual;
  readonly pointer?: string;
  readonly basis?: string;
}

/** A batched read by key that an act's decision depends on, e.g. the batches in a stock account. */
export interface Lookup<Value = unknown> {
  readonly name: string;
  /**
   * The key is also a gate: held alone before the read, and an act behind another of its group that holds it waits for
   * the next group. For what acts change, such as a stock; not for registers, which may be read by many at once.
   */
  readonly gated: boolean;
  /** `$1` is the array of keys; the first column of every row is its key. */
  readonly sql: string;
  read(rows: readonly (readonly unknown[])[]): Value;
}

/** What an act needs before it can decide. */
export interface Needs {
  /** Subjects whose history it extends or whose state must not change meanwhile; not those whose id it mints itself. */
  readonly lock?: readonly Ref[];
  /** Subjects it only reads. */
  readonly read?: readonly Ref[];
  /** Names it holds together with others who do the same, such as a stock account it only adds to: additions commute. */
  readonly sharedGates?: readonly string[];
  readonly lookups?: readonly { readonly lookup: Lookup; readonly key: string }[];
}

/** Loaded subjects. */
export interface States {
  /** @throws NotLoaded when the act did not name it among its needs; the act then waits for the next group. */
  get<State extends { id: string }>(kind: Kind<State>, id: string): State | undefined;
  seqOf(ref: Ref): number;
  found<Value>(lookup: Lookup<Value>, key: string): Value;
}

export interface Caller {
  readonly actor: Actor;
  readonly role: string;
  /** Site a device or a scoped key is bound to. */
  readonly site?: string | null;
}

/** The in-memory dated snapshot acts are judged with; its version goes into every event. */
export interface Reference {
  readonly version: string;
}

export interface Facts<R extends Reference = Reference> {
  readonly now: Date;
  readonly caller: Caller;
  readonly reference: R;
  /** Version the caller read, from If-Match. */
  readonly expectedSeq?: number;
  /** Id for the nth new subject of this act, the same whenever it is asked. */
  newId(nth?: number): string;
}

export interface Accepted {
  readonly events: readonly EventDraft[];
  readonly answer: { readonly [key: string]: Json | undefined };
  readonly warnings?: readonly Warning[];
  /** Jobs it asks for besides those its events wake, such as to be asked again when a day comes. */
  readonly jobs?: readonly JobDraft[];
  /** 201 for something new. */
  readonly status?: 200 | 201;
  /** The next number of a series, written into `into` of an event's data and of the answer. */
  readonly number?: Series & {
    readonly into: string;
    /** Type of the event; absent: the first. */
    readonly on?: string;
  };
  /** Several, and what the act says once they are drawn: the same events in the same order. */
  readonly numbers?: { readonly of: readonly Series[]; told(drawn: readonly string[]): Told };
}

export interface Series {
  readonly series: string;
  readonly max: number;
  format(serial: number): string;
}
export type Told = Pick<Accepted, 'events' | 'answer'>;

/** What an act that draws one number says once it is drawn. */
export function withNumber({ events, answer, number }: Accepted, drawn: string): Told {
  const { into, on } = number!;
  const carrying = events.find(({ type }) => on === undefined || type === on);
  return {
    events: events.map((event) => (event === carrying ? { ...event, data: { ...event.data, [into]: drawn } } : event)),
    answer: { ...answer, [into]: drawn },
  };
}

/** Refused; `kept` is what a physical report left behind all the same. */
export interface Refused {
  readonly refused: Refusal;
  readonly kept?: readonly EventDraft[];
}

export type Decision = Accepted | Refused;

export interface Act<Input, R extends Reference = Reference> {
  readonly name: string;
  readonly kind: ActKind;
  /** It draws a number: such acts share one lane of a process, so that lanes do not wait for each other's series. */
  readonly numbered?: true;
  /** Ids only known from what the first round loaded are asked for in the second. */
  needs(input: Input, facts: Facts<R>): Needs;
  alsoNeeds?(input: Input, states: States, facts: Facts<R>): Needs;
  decide(input: Input, states: States, facts: Facts<R>): Decision;
}

/** Rows derived from events in the same transaction, such as the postings of the mass ledger. */
export interface Projection<Row = unknown> {
  readonly name: string;
  /** Pure: a rebuild must give the same rows. */
  rowsOf(event: RecordedEvent, before: { id: string } | undefined, after: { id: string }): readonly Row[];
  /** One statement a table, rows sorted by their unique key. */
  statements(rows: readonly Row[]): readonly Statement[];
}

export interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A job an event wakes: which handler, with what ids, not before when. */
export interface JobDraft {
  readonly job: string;
  readonly payload: Readonly<Record<string, string>>;
  readonly availableAt?: Date;
}

export const refused = (refusal: Refusal): Refused => ({ refused: refusal });
