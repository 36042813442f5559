import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { Bilingual, Refusal } from '../problems.ts';
import { statusOf } from '../problems.ts';
import type { Accepted, Act, Caller, Decision, Facts, JobDraft, Lookup, Needs, Projection, Reference, Statement, States, Warning } from './acts.ts';
import type { Clock } from './clock.ts';
import { detailsHash, type EventDraft, GENESIS_HASH, type RecordedEvent, type Ref, type SealedEvent, sealEvent, sha256 } from './events.ts';
import { newUuid } from './ids.ts';
import { columnArrays, type Kind, RANKS, readRow, type SubjectRow } from './subjects.ts';

/**
 * One group of acts as one READ COMMITTED transaction. The numbered steps are those of docs/architecture.md, "Life of
 * an act". Nothing but Postgres is touched between BEGIN and COMMIT.
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
  readonly expectedSeq: number | undefined;
  /** The outbox row this act fulfils: marked done by the same transaction. */
  readonly completes: number | undefined;
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
  /** Its subjects changed under it, or it waits for an act before it in this group. */
  | { readonly postponed: true }
  | { readonly failed: unknown };

export interface GroupContext {
  readonly clock: Clock;
  readonly kinds: ReadonlyMap<string, Kind>;
  readonly projections: readonly Projection[];
  readonly reference: () => Reference;
  readonly jobsOf: (event: RecordedEvent) => readonly JobDraft[];
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

class NotLoaded extends Error {}

const KEYS_SQL =
  'select k.organisation, k.key, a.input_hash, a.status, a.answer from unnest($1::uuid[], $2::text[]) as k(organisation, key) join act_keys a using (organisation, key)';
const LOCK_SQL = 'select pg_advisory_xact_lock(k) from unnest($1::bigint[]) as k';
const SERIALS_SQL =
  'insert into serials (series, next) select * from unnest($1::text[], $2::int[]) on conflict (series) do update set next = serials.next + excluded.next - 1 returning series, next';

/** Runs the group and answers every act of it, in order. @throws what Postgres threw; nothing is then kept. */
export async function runGroup(client: pg.Client, group: readonly Pending[], context: GroupContext): Promise<Outcome[]> {
  const work = new Work(client, group, context);
  const begun = client.query('begin');
  const [stored] = await settle([work.storedAnswers(), begun, work.firstRound()]);
  await work.secondRound(stored);
  work.decideAll(stored);
  if (!work.hasEffect()) {
    await client.query('rollback');
    return work.outcomes();
  }
  await work.numberAll();
  await work.writeAndCommit();
  return work.outcomes();
}

interface Entry extends SubjectRow {
  readonly kind: Kind;
  loadedSeq: number;
}

interface Decided {
  readonly index: number;
  readonly decision: Accepted | { refused: Refusal; kept: readonly EventDraft[] };
  readonly drafts: readonly EventDraft[];
  number: string | undefined;
}

class Work {
  private readonly results: (Outcome | undefined)[];
  private readonly facts: Facts[];
  private readonly needs: Needs[][];
  private readonly entries = new Map<string, Entry>();
  private readonly loaded = new Set<string>();
  private readonly lookups = new Map<string, unknown>();
  private readonly touchedGates = new Set<string>();
  private readonly decided: Decided[] = [];
  private readonly events: { event: RecordedEvent; seal: SealedEvent; details: EventDraft['details'] }[] = [];
  private readonly rows = new Map<Projection, unknown[]>();
  private readonly now: Date;
  private readonly reference: Reference;
  private readonly client: pg.Client;
  private readonly group: readonly Pending[];
  private readonly context: GroupContext;

  constructor(client: pg.Client, group: readonly Pending[], context: GroupContext) {
    this.client = client;
    this.group = group;
    this.context = context;
    this.now = context.clock.now();
    this.reference = context.reference();
    this.results = group.map(() => undefined);
    this.facts = group.map((pending) => ({
      now: this.now,
      caller: pending.caller,
      reference: this.reference,
      newId: pending.newId,
      ...(pending.expectedSeq === undefined ? {} : { expectedSeq: pending.expectedSeq }),
    }));
    this.needs = group.map((pending, index) => [pending.act.needs(pending.input, this.facts[index]!)]);
  }

  /** Step 1: which keys have been answered already. */
  async storedAnswers(): Promise<Map<string, { hash: Buffer; status: number; answer: string }>> {
    const { rows } = await this.client.query<[string, string, Buffer, number, string]>({
      name: 'journal-keys',
      text: KEYS_SQL,
      values: [this.group.map((pending) => pending.organisation), this.group.map((pending) => pending.key)],
      rowMode: 'array',
    } as pg.QueryArrayConfig);
    return new Map(rows.map(([organisation, key, hash, status, answer]) => [`${organisation} ${key}`, { hash, status, answer }]));
  }

  /** Steps 2 and 3, what the inputs name: locks first, in the order of their ranks, then the rows under them. */
  firstRound(): Promise<unknown> {
    return this.lockAndLoad(this.needs.map(([needs]) => needs!));
  }

  /** Steps 2 and 3 again, for what only the loaded rows could name. Always of a higher rank. */
  async secondRound(stored: ReadonlyMap<string, unknown>): Promise<void> {
    const more: Needs[] = [];
    this.group.forEach((pending, index) => {
      if (!pending.act.alsoNeeds || stored.has(`${pending.organisation} ${pending.key}`)) return;
      const needs = pending.act.alsoNeeds(pending.input, this.statesFor(index), this.facts[index]!);
      this.needs[index]!.push(needs);
      more.push(needs);
    });
    if (more.length > 0) await this.lockAndLoad(more);
  }

  private lockAndLoad(needs: readonly Needs[]): Promise<unknown> {
    const locks = new Map<string, bigint>();
    const loads = new Map<Kind, Set<string>>();
    const lookups = new Map<Lookup, Set<string>>();
    for (const need of needs) {
      for (const ref of need.lock ?? []) locks.set(ref.id, lockKey(this.kindOf(ref).rank, ref.id));
      for (const gate of need.gates ?? []) locks.set(gate, lockKey(RANKS.gate, gate));
      for (const { lookup, key } of need.lookups ?? []) {
        if (lookup.gated) locks.set(key, lockKey(RANKS.gate, key));
        mapSet(lookups, lookup).add(key);
      }
      for (const ref of [...(need.lock ?? []), ...(need.read ?? [])]) {
        if (!this.loaded.has(ref.id)) mapSet(loads, this.kindOf(ref)).add(ref.id);
      }
    }
    const queries: Promise<unknown>[] = [];
    if (locks.size > 0) {
      const keys = [...locks.values()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).map(String);
      queries.push(this.client.query({ name: 'journal-lock', text: LOCK_SQL, values: [keys] }));
    }
    for (const [kind, ids] of loads) queries.push(this.load(kind, [...ids]));
    for (const [lookup, keys] of lookups) queries.push(this.look(lookup, [...keys]));
    return settle(queries);
  }

  private async load(kind: Kind, ids: readonly string[]): Promise<void> {
    for (const id of ids) this.loaded.add(id);
    const { rows } = await this.client.query<unknown[]>({
      name: `select-${kind.name}`,
      text: kind.selectSql,
      values: [ids],
      rowMode: 'array',
    } as pg.QueryArrayConfig);
    for (const values of rows) {
      const row = readRow(kind, values);
      this.entries.set(row.state.id, { ...row, kind, loadedSeq: row.seq });
    }
  }

  private async look(lookup: Lookup, keys: readonly string[]): Promise<void> {
    const { rows } = await this.client.query<unknown[]>({
      name: `lookup-${lookup.name}`,
      text: lookup.sql,
      values: [keys],
      rowMode: 'array',
    } as pg.QueryArrayConfig);
    for (const key of keys) this.lookups.set(`${lookup.name} ${key}`, lookup.read(rows.filter((row) => row[0] === key)));
  }

  /** Step 4: in arrival order; a later act sees what an earlier one decided. */
  decideAll(stored: ReadonlyMap<string, { hash: Buffer; status: number; answer: string }>): void {
    this.group.forEach((pending, index) => {
      const earlier = stored.get(`${pending.organisation} ${pending.key}`);
      if (earlier) {
        this.results[index] = answerAgain(pending, earlier);
        return;
      }
      try {
        this.decideOne(pending, index);
      } catch (error) {
        this.results[index] = error instanceof NotLoaded ? { postponed: true } : { failed: error };
      }
    });
  }

  private decideOne(pending: Pending, index: number): void {
    if (this.gatedLookupsOf(index).some(({ key }) => this.touchedGates.has(key))) throw new NotLoaded('an earlier act in this group holds the gate');
    const decision: Decision = pending.act.decide(pending.input, this.statesFor(index), this.facts[index]!);
    const drafts = 'refused' in decision ? (decision.kept ?? []) : decision.events;
    if ('refused' in decision && drafts.length === 0) {
      this.results[index] = { refusal: decision.refused };
      return;
    }
    const ahead = drafts.find((draft) => draft.occurredAt.getTime() > this.now.getTime() + FUTURE_TOLERANCE_MS);
    if (ahead) {
      this.results[index] = { refusal: inFuture(ahead.occurredAt, this.now) };
      return;
    }
    for (const need of this.needs[index]!) for (const gate of need.gates ?? []) this.touchedGates.add(gate);
    for (const { key } of this.gatedLookupsOf(index)) this.touchedGates.add(key);
    const decided: Decided = { index, decision: 'refused' in decision ? { refused: decision.refused, kept: drafts } : decision, drafts, number: undefined };
    this.decided.push(decided);
    for (const draft of drafts) this.fold(draft, pending, undefined);
  }

  private gatedLookupsOf(index: number) {
    return this.needs[index]!.flatMap((need) => need.lookups ?? []).filter(({ lookup }) => lookup.gated);
  }

  hasEffect(): boolean {
    return this.decided.length > 0 || this.group.some((pending, index) => pending.completes !== undefined && isDone(this.results[index]));
  }

  /** Step 5: numbers, after every decision, so that a refusal consumes none. */
  async numberAll(): Promise<void> {
    const wanting = this.decided.filter(({ decision }) => 'number' in decision && decision.number);
    const counts = new Map<string, number>();
    for (const { decision } of wanting) {
      const { series } = (decision as Accepted).number!;
      counts.set(series, (counts.get(series) ?? 0) + 1);
    }
    const next = new Map<string, number>();
    if (wanting.length > 0) {
      const series = [...counts.keys()].sort();
      const { rows } = await this.client.query<{ series: string; next: number }>({
        name: 'journal-serials',
        text: SERIALS_SQL,
        values: [series, series.map((name) => counts.get(name)! + 1)],
      });
      for (const row of rows) next.set(row.series, row.next - counts.get(row.series)!);
    }
    for (const decided of wanting) {
      const { series, max, format } = (decided.decision as Accepted).number!;
      const serial = next.get(series)!;
      next.set(series, serial + 1);
      if (serial > max) throw new ActRefused(decided.index, exhausted(series, max));
      decided.number = format(serial);
    }
    this.foldForGood();
  }

  /** Starts again from the loaded rows, now that every number is known, and seals the events in order. */
  private foldForGood(): void {
    for (const entry of this.entries.values()) this.restore(entry);
    for (const decided of this.decided) {
      const pending = this.group[decided.index]!;
      decided.drafts.forEach((draft, nth) => {
        const numbered = nth === 0 && decided.number !== undefined ? withNumber(draft, decided) : draft;
        this.fold(numbered, pending, (event, entry, before) => {
          const seal = sealEvent(event, entry.headHash);
          entry.headHash = seal.hash;
          this.events.push({ event, seal, details: draft.details });
          for (const projection of this.context.projections) {
            const rows = projection.rowsOf(event, before, entry.state);
            if (rows.length > 0) mapList(this.rows, projection).push(...rows);
          }
        });
      });
    }
  }

  private readonly originals = new Map<string, SubjectRow>();

  private restore(entry: Entry): void {
    const original = this.originals.get(entry.state.id);
    if (original) Object.assign(entry, original);
    else if (entry.loadedSeq === 0) this.entries.delete(entry.state.id);
  }

  private fold(draft: EventDraft, pending: Pending, sealing: ((event: RecordedEvent, entry: Entry, before: { id: string } | undefined) => void) | undefined): void {
    const kind = this.kindOf(draft.subject);
    const known = this.entries.get(draft.subject.id);
    if (known && known.loadedSeq > 0 && !this.originals.has(draft.subject.id)) this.originals.set(draft.subject.id, { ...known });
    const recordedAt = known && known.recordedAt > this.now ? known.recordedAt : this.now;
    const event = this.recorded(draft, pending, (known?.seq ?? 0) + 1, recordedAt);
    const state = kind.evolve(known?.state, event) as { id: string };
    const entry: Entry = known ?? { kind, state, seq: 0, headHash: GENESIS_HASH, recordedAt, loadedSeq: 0 };
    const before = known?.state;
    entry.state = state;
    entry.seq = event.seq;
    entry.recordedAt = recordedAt;
    this.entries.set(state.id, entry);
    sealing?.(event, entry, before);
  }

  private recorded(draft: EventDraft, pending: Pending, seq: number, recordedAt: Date): RecordedEvent {
    return {
      id: newUuid(recordedAt),
      type: draft.type,
      subject: draft.subject,
      seq,
      actId: pending.actId,
      occurredAt: draft.occurredAt,
      recordedAt,
      region: draft.region ?? null,
      actor: pending.caller.actor,
      entryMode: draft.entryMode ?? 'live',
      basedOn: this.reference.version,
      data: draft.data,
      refs: draft.refs ?? [],
      ...(draft.onBehalfOf ? { onBehalfOf: draft.onBehalfOf } : {}),
      ...(draft.details ? { detailsHash: detailsHash(this.saltOf(draft.details), draft.details) } : {}),
    };
  }

  private readonly detailSalts = new Map<object, Buffer>();

  private saltOf(details: object): Buffer {
    const salt = this.detailSalts.get(details) ?? randomBytes(16);
    this.detailSalts.set(details, salt);
    return salt;
  }

  /** Steps 6 and 7: fixed table order, rows sorted by unique key, everything in one pipeline with the COMMIT. */
  async writeAndCommit(): Promise<void> {
    const statements = [...this.keyStatements(), ...this.eventStatements(), ...this.projectionStatements(), ...this.stateStatements(), ...this.outboxStatements()];
    const queries = statements.map((statement) => this.client.query({ ...statement, values: [...statement.values] }));
    const commit = this.client.query('commit');
    const results = (await settle([...queries, commit])) as pg.QueryResult[];
    if (results.at(-1)!.command !== 'COMMIT') throw new Error('the group was rolled back');
  }

  private keyStatements(): Statement[] {
    const rows = this.decided
      .map(({ index, decision, number }) => ({ pending: this.group[index]!, answer: this.answerTo(index, decision, number) }))
      .sort((a, b) => compare(a.pending.organisation + a.pending.key, b.pending.organisation + b.pending.key));
    if (rows.length === 0) return [];
    return [
      {
        name: 'journal-put-keys',
        text: 'insert into act_keys (organisation, key, input_hash, status, answer, recorded_at) select *, $6::timestamptz from unnest($1::uuid[], $2::text[], $3::bytea[], $4::int[], $5::text[])',
        values: [
          rows.map(({ pending }) => pending.organisation),
          rows.map(({ pending }) => pending.key),
          rows.map(({ pending }) => pending.inputHash),
          rows.map(({ answer }) => answer.status),
          rows.map(({ answer }) => JSON.stringify(answer.body)),
          this.now,
        ],
      },
    ];
  }

  private answerTo(index: number, decision: Decided['decision'], number: string | undefined): Answer {
    const answer = this.composeAnswer(decision, number, this.group[index]!);
    this.results[index] = { answer };
    return answer;
  }

  private composeAnswer(decision: Decided['decision'], number: string | undefined, pending: Pending): Answer {
    if ('refused' in decision) return { status: statusOf(decision.refused.problem), body: { refusal: decision.refused }, replayed: false };
    const subject = decision.events[0]?.subject;
    const entry = subject && this.entries.get(subject.id);
    const body = {
      ...decision.answer,
      ...(number === undefined ? {} : { [decision.number!.into]: number }),
      ...(entry ? { version: entry.seq } : {}),
      recordedAt: this.now.toISOString(),
      actId: pending.actId,
      warnings: (decision.warnings ?? []) as readonly Warning[],
    };
    return { status: decision.status ?? 200, body, replayed: false };
  }

  private eventStatements(): Statement[] {
    if (this.events.length === 0) return [];
    const refs = this.events.flatMap(({ event }) => [...new Set(event.refs)].map((ref) => [ref, event.id] as const)).sort((a, b) => compare(a[0] + a[1], b[0] + b[1]));
    const details = this.events.filter(({ details }) => details !== undefined);
    return [
      {
        name: 'journal-put-events',
        text: 'insert into custody_events (id, subject_id, seq, type, bytes, salt, prev_hash, hash) select id, subject_id, seq, type, bytes, salt, prev_hash, hash from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[]) with ordinality as e(id, subject_id, seq, type, bytes, salt, prev_hash, hash, n) order by n',
        values: [
          this.events.map(({ event }) => event.id),
          this.events.map(({ event }) => event.subject.id),
          this.events.map(({ event }) => event.seq),
          this.events.map(({ event }) => event.type),
          this.events.map(({ seal }) => seal.bytes),
          this.events.map(({ seal }) => seal.salt),
          this.events.map(({ seal }) => seal.prevHash),
          this.events.map(({ seal }) => seal.hash),
        ],
      },
      ...(refs.length === 0
        ? []
        : [{ name: 'journal-put-refs', text: 'insert into event_refs (ref_id, event_id) select * from unnest($1::uuid[], $2::uuid[])', values: [refs.map(([ref]) => ref), refs.map(([, event]) => event)] }]),
      ...(details.length === 0
        ? []
        : [
            {
              name: 'journal-put-details',
              text: 'insert into event_details (event_id, salt, body) select * from unnest($1::uuid[], $2::bytea[], $3::jsonb[])',
              values: [details.map(({ event }) => event.id), details.map((row) => this.saltOf(row.details!)), details.map((row) => JSON.stringify(row.details))],
            },
          ]),
    ];
  }

  private projectionStatements(): Statement[] {
    return this.context.projections.flatMap((projection) => {
      const rows = this.rows.get(projection);
      return rows ? projection.statements(rows) : [];
    });
  }

  private stateStatements(): Statement[] {
    const changed = new Map<Kind, SubjectRow[]>();
    for (const entry of this.entries.values()) if (entry.seq !== entry.loadedSeq) mapList(changed, entry.kind).push(entry);
    return [...changed]
      .sort(([a], [b]) => a.rank - b.rank || compare(a.name, b.name))
      .map(([kind, rows]) => ({
        name: `upsert-${kind.name}`,
        text: kind.upsertSql,
        values: columnArrays(kind, rows.sort((a, b) => compare(a.state.id, b.state.id))),
      }));
  }

  private outboxStatements(): Statement[] {
    const jobs = this.events.flatMap(({ event }) => this.context.jobsOf(event));
    const completed = this.group.filter((pending, index) => pending.completes !== undefined && isDone(this.results[index])).map((pending) => pending.completes);
    const statements: Statement[] = [];
    if (jobs.length > 0) {
      statements.push({
        name: 'journal-put-outbox',
        text: 'insert into outbox (job, payload, available_at) select * from unnest($1::text[], $2::jsonb[], $3::timestamptz[])',
        values: [jobs.map((job) => job.job), jobs.map((job) => JSON.stringify(job.payload)), jobs.map((job) => job.availableAt ?? this.now)],
      });
    }
    if (completed.length > 0) {
      statements.push({ name: 'journal-done', text: "update outbox set state = 'done', done_at = $2 where id = any($1::bigint[])", values: [completed, this.now] });
    }
    return statements;
  }

  outcomes(): Outcome[] {
    return this.results.map((result) => {
      if (result && 'answer' in result && 'refusal' in result.answer.body) return { refusal: result.answer.body.refusal as Refusal };
      return result ?? { failed: new Error('the act was never decided') };
    });
  }

  private statesFor(index: number): States {
    const named = (id: string) => this.loaded.has(id) || this.entries.has(id) || this.needs[index]!.some((need) => need.lock?.some((ref) => ref.id === id));
    return {
      get: (kind, id) => {
        if (!named(id)) throw new NotLoaded(`${kind.name} ${id}`);
        return this.entries.get(id)?.state as never;
      },
      seqOf: (ref) => this.entries.get(ref.id)?.seq ?? 0,
      found: (lookup, key) => {
        const slot = `${lookup.name} ${key}`;
        if (!this.lookups.has(slot)) throw new NotLoaded(slot);
        return this.lookups.get(slot) as never;
      },
    };
  }

  private kindOf(ref: Ref): Kind {
    const kind = this.context.kinds.get(ref.kind);
    if (!kind) throw new Error(`no kind of subject is called ${ref.kind}`);
    return kind;
  }
}

/** A device's clock may run ahead this far; beyond it the report is refused. */
const FUTURE_TOLERANCE_MS = 5 * 60_000;

const bilingual = (zh: string, en: string): Bilingual => ({ zh, en });

const inFuture = (occurredAt: Date, now: Date): Refusal => ({
  problem: 'occurred-in-future',
  detail: bilingual(
    `发生时间 ${occurredAt.toISOString()} 比服务时间 ${now.toISOString()} 晚 5 分钟以上，请检查设备时钟。`,
    `${occurredAt.toISOString()} is more than 5 minutes after the service's ${now.toISOString()}; check the device's clock.`,
  ),
  errors: [{ pointer: '/occurredAt', detail: '≤ now + 5 min' }],
});

const exhausted = (series: string, max: number): Refusal => ({
  problem: 'number-exhausted',
  detail: bilingual(`编号序列 ${series} 已用至 ${max}。`, `Series ${series} has reached ${max}.`),
});

/** A job's key may meet another input when facts changed between two runs; the first stands, and the change has woken its own job. */
const isJobKey = (key: string): boolean => key.startsWith('job:');

function answerAgain(pending: Pending, earlier: { hash: Buffer; status: number; answer: string }): Outcome {
  if (!earlier.hash.equals(pending.inputHash) && !isJobKey(pending.key)) {
    return {
      refusal: {
        problem: 'idempotency-key-reused',
        detail: bilingual('同一 Idempotency-Key 已提交过不同内容；新操作请使用新的键。', 'This key was sent with another input before; a new act needs a new key.'),
        errors: [{ pointer: 'header:idempotency-key', detail: pending.key }],
      },
    };
  }
  const body = JSON.parse(earlier.answer) as Record<string, unknown>;
  return { answer: { status: earlier.status, body, replayed: true } };
}

const isDone = (outcome: Outcome | undefined): boolean => outcome !== undefined && 'answer' in outcome;

const withNumber = (draft: EventDraft, { decision, number }: Decided): EventDraft => ({
  ...draft,
  data: { ...draft.data, [(decision as Accepted).number!.into]: number },
});

/** Three bits of rank above 60 of hash: sorting the keys sorts by rank first. Two names may share a key; they then wait for each other. */
function lockKey(rank: number, name: string): bigint {
  return (BigInt(rank) << 60n) | (BigInt(`0x${sha256(Buffer.from(name)).toString('hex', 0, 8)}`) >> 4n);
}

/** Waits for every statement, then throws the first real error: those behind it only say that the transaction is aborted. */
async function settle<T extends readonly Promise<unknown>[]>(queries: [...T]): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const results = (await Promise.allSettled(queries)) as PromiseSettledResult<unknown>[];
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as { code?: string }] : []));
  const first = reasons.find((reason) => reason.code !== '25P02') ?? reasons[0];
  if (first) throw first;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as { [K in keyof T]: Awaited<T[K]> };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function mapSet<K, V>(map: Map<K, Set<V>>, key: K): Set<V> {
  const set = map.get(key) ?? new Set<V>();
  map.set(key, set);
  return set;
}

function mapList<K, V>(map: Map<K, V[]>, key: K): V[] {
  const list = map.get(key) ?? [];
  map.set(key, list);
  return list;
}
