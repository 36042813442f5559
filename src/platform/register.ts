import { getTableColumns } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { type Refusal, SUBJECT_NAMES } from '../problems.ts';
import { type Act, type Facts, type Needs, type Reference, refused, type States } from './acts.ts';
import type { EventDraft, Json } from './events.ts';
import { type Kind, RANKS, type StateOf, subjectKind } from './subjects.ts';

/**
 * A register is a list of records that are entered and amended through the journal: parties, vehicles, permits,
 * policies. Each edit is an event that carries the whole new record, so that any version can be read back. `defaults`
 * are what a record means that was entered before a column existed.
 */
export function registerKind<Table extends PgTable>(
  name: string,
  table: Table,
  conflicts: Readonly<Record<string, Refusal>> = {},
  defaults: Partial<StateOf<Table>> = {},
) {
  const instants = Object.entries(getTableColumns(table)).flatMap(([key, column]) =>
    column.getSQLType().startsWith('timestamp') ? [key] : [],
  );
  return subjectKind({
    name,
    rank: RANKS.register,
    table,
    conflicts,
    evolve: (_state, event) => {
      const record: Record<string, unknown> = { ...defaults, ...(event.data.record as object) };
      for (const key of instants) if (typeof record[key] === 'string') record[key] = new Date(record[key] as string);
      return { ...record, id: event.subject.id } as StateOf<Table>;
    },
  });
}

/** What a register act is given. `details` are personal and erasable; they never enter the event. */
export interface RegisterInput<Record> {
  /** The record to amend; absent for a new one. */
  readonly id?: string;
  readonly record: Record;
  readonly details?: { readonly [key: string]: Json };
}

export interface RegisterRules<Record, State extends { id: string }, R extends Reference> {
  /** Other rows the check looks at. */
  readonly reads?: (record: Record) => Needs;
  /** Why the record may not be entered, if it may not. `before` is absent for a new record. */
  readonly check?: (
    record: Record,
    context: { before: State | undefined; states: States; facts: Facts<R> },
  ) => Refusal | undefined;
  readonly region?: (record: Record) => string | null;
}

/** The two acts of a register: `register` enters a record, `amend` replaces it and names the version it replaces. */
export function registerActs<Record extends object, State extends { id: string }, R extends Reference>(
  kind: Kind<State>,
  rules: RegisterRules<Record, State, R> = {},
): { register: Act<RegisterInput<Record>, R>; amend: Act<RegisterInput<Record>, R> } {
  const draftOf = (type: string, id: string, input: RegisterInput<Record>, facts: Facts<R>): EventDraft => ({
    type: `${kind.name}_${type}`,
    subject: { kind: kind.name, id },
    occurredAt: facts.now,
    region: rules.region?.(input.record) ?? null,
    data: { record: jsonOf(input.record) },
    ...(input.details ? { details: input.details } : {}),
  });
  const reads = (input: RegisterInput<Record>) => rules.reads?.(input.record) ?? {};
  return {
    register: {
      name: `register_${kind.name}`,
      kind: 'register',
      needs: reads,
      decide(input, states, facts) {
        const refusal = rules.check?.(input.record, { before: undefined, states, facts });
        if (refusal) return refused(refusal);
        const id = facts.newId();
        return { events: [draftOf('registered', id, input, facts)], answer: { id }, status: 201 };
      },
    },
    amend: {
      name: `amend_${kind.name}`,
      kind: 'register',
      needs: (input) => ({ ...reads(input), lock: [{ kind: kind.name, id: input.id! }] }),
      decide(input, states, facts) {
        const id = input.id!;
        const before = states.get(kind, id);
        if (!before) return refused(notFound(kind.name, id));
        const refusal = rules.check?.(input.record, { before, states, facts });
        if (refusal) return refused(refusal);
        const current = states.seqOf({ kind: kind.name, id });
        if (facts.expectedSeq !== current) return refused(versionMismatch(facts.expectedSeq, current));
        return { events: [draftOf('amended', id, input, facts)], answer: { id } };
      },
    },
  };
}

/** A record as event data: instants become text, absent fields null. */
function jsonOf(record: object): { [key: string]: Json } {
  return JSON.parse(JSON.stringify(record, (_key, value) => (value === undefined ? null : value))) as {
    [key: string]: Json;
  };
}

/** It is not there, or not the caller's to know of: `kind` is a key of SUBJECT_NAMES. */
export function notFound(kind: string, id: string): Refusal {
  const { zh, en } = SUBJECT_NAMES[kind]!;
  return {
    problem: 'not-found',
    detail: { zh: `没有您可查看的${zh} ${id}。`, en: `There is no ${en} ${id} that you may see.` },
  };
}

const versionMismatch = (expected: number | undefined, current: number): Refusal => ({
  problem: 'version-mismatch',
  detail: {
    zh: `您读取的是第 ${expected} 版，现为第 ${current} 版；请重新读取。`,
    en: `You read version ${expected}; it is version ${current} now. Read it again.`,
  },
});
