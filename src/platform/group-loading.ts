import type { Duplex } from 'node:stream';
import type pg from 'pg';
import type { Lookup, Needs, States } from './acts.ts';
import type { Ref } from './events.ts';
import type { Outcome, Pending, StoredAnswer, Work } from './group.ts';
import { sixtyBitsOf } from './ids.ts';
import { arrayLiteral } from './parameters.ts';
import { type Kind, RANKS, readRow } from './subjects.ts';

/** Steps 1 to 3 of a group: stored answers, locks, and the rows under them. */
export class NotLoaded extends Error {
  /** What another act of its group holds. */
  readonly gate: string | undefined;
  constructor(message: string, gate?: string) {
    super(message);
    this.gate = gate;
  }
}

export const postponedBy = ({ gate }: NotLoaded): Outcome => ({ postponed: true, ...(gate ? { gate } : {}) });

const KEYS_SQL =
  'select k.organisation, k.key, a.input_hash, a.status, a.answer from unnest($1::uuid[], $2::text[]) as k(organisation, key) join act_keys a using (organisation, key)';
const LOCKS = 'from unnest($1::bigint[], $2::bool[]) as l(k, shared)';
const LOCK_SQL = `select case when shared then pg_advisory_xact_lock_shared(k) else pg_advisory_xact_lock(k) end ${LOCKS}`;
const TRY_SQL = `select k::text from (select k, case when shared then pg_try_advisory_xact_lock_shared(k) else pg_try_advisory_xact_lock(k) end as got ${LOCKS}) as tried where not got`;

export const keyName = ({ organisation, key }: { organisation: string; key: string }): string =>
  `${organisation} ${key}`;

/** Step 1: which keys have been answered already. Runs before BEGIN: a later insert of the same key is refused anyway. */
export async function storedAnswers({ client, group }: Work): Promise<Map<string, StoredAnswer>> {
  const { rows } = await client.query<[string, string, Buffer, number, string]>({
    name: 'journal-keys',
    text: KEYS_SQL,
    values: [
      arrayLiteral(group.map((pending) => pending.organisation)),
      arrayLiteral(group.map((pending) => pending.key)),
    ],
    rowMode: 'array',
  } as pg.QueryArrayConfig);
  return new Map(
    rows.map(([organisation, key, hash, status, answer]) => [keyName({ organisation, key }), { hash, status, answer }]),
  );
}

/** Asks every act what it needs; one that cannot say fails alone. @returns what was newly asked for. */
export function askAll(work: Work, ask: (pending: Pending, index: number) => Needs | undefined): Needs[] {
  return work.group.flatMap((pending, index) => {
    if (work.outcomes[index]) return [];
    try {
      const needs = ask(pending, index);
      if (!needs) return [];
      work.needs[index]!.push(needs);
      return [needs];
    } catch (error) {
      work.outcomes[index] = error instanceof NotLoaded ? postponedBy(error) : { failed: error };
      return [];
    }
  });
}

/** Steps 2 and 3 again, for what only the loaded rows could name. Always of a higher rank. */
export async function secondRound(work: Work, stored: ReadonlyMap<string, StoredAnswer>): Promise<void> {
  const more = askAll(work, (pending, index) =>
    stored.has(keyName(pending))
      ? undefined
      : pending.act.alsoNeeds?.(pending.input, statesFor(work, index), work.facts[index]!),
  );
  if (more.length > 0) await lockAndLoad(work, more);
}

/** Step 2, the locks in the order of their ranks; step 3, the rows, in statements that begin after the locks are held. */
export function lockAndLoad(work: Work, needs: readonly Needs[]): Promise<unknown> {
  const loads = new Map<Kind, Set<string>>();
  const lookups = new Map<Lookup, Set<string>>();
  for (const need of needs) {
    for (const { lookup, key } of need.lookups ?? []) setOf(lookups, lookup).add(key);
    for (const ref of [...(need.lock ?? []), ...(need.read ?? [])]) {
      if (!work.loadedIds.has(ref.id)) setOf(loads, kindOf(work, ref)).add(ref.id);
    }
  }
  return inOneWrite(work.client, () => {
    const queries: Promise<unknown>[] = [];
    const locks = locksOf(work, needs);
    if (locks.length > 0) queries.push(lock(work, locks));
    for (const [kind, ids] of loads) queries.push(load(work, kind, [...ids]));
    for (const [lookup, keys] of lookups) queries.push(look(work, lookup, [...keys]));
    return settle(queries);
  });
}

async function lock(work: Work, locks: readonly LockWanted[]): Promise<void> {
  const values = [arrayLiteral(locks.map(({ key }) => String(key))), arrayLiteral(locks.map(({ shared }) => shared))];
  if (!work.context.givesWay) {
    await work.client.query({ name: 'journal-lock', text: LOCK_SQL, values });
    return;
  }
  const { rows } = await work.client.query<{ k: string }>({ name: 'journal-try-lock', text: TRY_SQL, values });
  if (rows.length > 0) giveWay(work, new Set(rows.map(({ k }) => BigInt(k))));
}

/** What such an act asked for was read without its locks, and is not looked at. */
function giveWay(work: Work, held: ReadonlySet<bigint>): void {
  work.needs.forEach((needs, index) => {
    if (!work.outcomes[index] && locksOf(work, needs).some(({ key }) => held.has(key)))
      work.outcomes[index] = { postponed: true, gaveWay: true };
  });
}

interface LockWanted {
  readonly key: bigint;
  readonly shared: boolean;
}

/** Sorted by key, and so by rank. A gate that one act holds alone is held alone for the whole group. */
function locksOf(work: Work, needs: readonly Needs[]): LockWanted[] {
  const locks = new Map<bigint, boolean>();
  const add = (key: bigint, shared: boolean) => locks.set(key, shared && (locks.get(key) ?? true));
  for (const need of needs) {
    for (const ref of need.lock ?? []) add(lockKey(kindOf(work, ref).rank, ref.id), false);
    for (const gate of need.sharedGates ?? []) add(lockKey(RANKS.gate, gate), true);
    for (const { lookup, key } of need.lookups ?? []) if (lookup.gated) add(lockKey(RANKS.gate, key), false);
  }
  return [...locks]
    .map(([key, shared]) => ({ key, shared }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** Statements of one round trip leave in one system call instead of one each. */
export function inOneWrite<T>(client: pg.Client, send: () => T): T {
  const { stream } = (client as unknown as { connection: { stream: Duplex } }).connection;
  stream.cork();
  try {
    return send();
  } finally {
    stream.uncork();
  }
}

/**
 * Three bits of rank above sixty of the name: sorting the keys sorts by rank first. Two names may share a key; they
 * then wait for each other, which is all (docs/decisions/0002-locks.md).
 */
const lockKey = (rank: number, name: string): bigint => (BigInt(rank) << 60n) | sixtyBitsOf(name);

async function load(work: Work, kind: Kind, ids: readonly string[]): Promise<void> {
  for (const id of ids) work.loadedIds.add(id);
  const { rows } = await work.client.query<unknown[]>({
    name: `select-${kind.name}`,
    text: kind.selectSql,
    values: [arrayLiteral(ids)],
    rowMode: 'array',
  } as pg.QueryArrayConfig);
  for (const values of rows) {
    const loaded = readRow(kind, values);
    work.entries.set(loaded.state.id, { kind, loaded, current: loaded });
  }
}

async function look(work: Work, lookup: Lookup, keys: readonly string[]): Promise<void> {
  const { rows } = await work.client.query<unknown[]>({
    name: `lookup-${lookup.name}`,
    text: lookup.sql,
    values: [arrayLiteral(keys)],
    rowMode: 'array',
  } as pg.QueryArrayConfig);
  const byKey = new Map<unknown, unknown[][]>(keys.map((key) => [key, []]));
  for (const row of rows) byKey.get(row[0])?.push(row);
  for (const key of keys) work.lookups.set(`${lookup.name} ${key}`, lookup.read(byKey.get(key)!));
}

/** What the act at this place of the group may look at: what it asked for, as the acts before it leave it. */
export function statesFor(work: Work, index: number): States {
  const needs = work.needs[index]!;
  return {
    get: (kind, id) => {
      if (!work.loadedIds.has(id)) throw new NotLoaded(`${kind.name} ${id}`);
      // Another act of the group may know the id as that of something else.
      const entry = work.entries.get(id);
      return (entry?.kind.name === kind.name ? entry.current?.state : undefined) as never;
    },
    seqOf: (ref) => work.entries.get(ref.id)?.current?.seq ?? 0,
    found: (lookup, key) => {
      const slot = `${lookup.name} ${key}`;
      // What another act of the group asked for is there too, but this one has not been held against its gates.
      if (!needs.some((need) => need.lookups?.some((own) => own.lookup === lookup && own.key === key)))
        throw new NotLoaded(slot);
      return work.lookups.get(slot) as never;
    },
  };
}

export function kindOf({ context }: Work, ref: Ref): Kind {
  const kind = context.kinds.get(ref.kind);
  if (!kind) throw new Error(`no kind of subject is called ${ref.kind}`);
  return kind;
}

/** Waits for every statement, then throws the first real error: those behind it only say that the transaction is aborted. */
export async function settle<T extends readonly Promise<unknown>[]>(
  queries: [...T],
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const results = (await Promise.allSettled(queries)) as PromiseSettledResult<unknown>[];
  const reasons = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as { code?: string }] : [],
  );
  const first = reasons.find((reason) => reason.code !== '25P02') ?? reasons[0];
  if (first) throw first;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    [K in keyof T]: Awaited<T[K]>;
  };
}

function setOf<K, V>(map: Map<K, Set<V>>, key: K): Set<V> {
  const set = map.get(key) ?? new Set<V>();
  map.set(key, set);
  return set;
}
