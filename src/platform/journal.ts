import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { Problem, type Refusal } from '../problems.ts';
import type { Act, Caller } from './acts.ts';
import { openLane } from './connections.ts';
import { canonicalText, sha256 } from './events.ts';
import { ActRefused, type Answer, type GroupContext, type Outcome, type Pending, runGroup } from './group.ts';
import { newUuid } from './ids.ts';
import { SYSTEM_CALLER } from './jobs.ts';
import { failureOf, loggable } from './journal-errors.ts';

/**
 * The one road for every write that must be provable. Acts wait in a queue; a lane (a connection of its own) takes what
 * has gathered, at most `groupMax`, and commits it as one transaction. Nobody lingers: the first lane starts at once when
 * it is idle, what arrives while its commit is in flight forms the next group, and the other lanes help with a backlog.
 */
export interface Journal {
  /**
   * @returns the answer, once it is durable.
   * @throws Problem: the act's refusal; `temporarily-unavailable` when the queue is full or the database away.
   */
  submit<Input>(act: Act<Input, never>, input: Input, request: Submission): Promise<Answer>;
  /** False while the database refuses work: the service then reports itself not ready. */
  ready(): boolean;
  depth(): number;
  /** Whether an act of somebody waits; what jobs do is nobody's to wait for. */
  callersWait(): boolean;
  /** Answers everything queued, then closes its connections. */
  stop(): Promise<void>;
}

export interface Submission {
  readonly caller: Caller;
  /** Whose keys this one is among. */
  readonly organisation: string;
  readonly key: string;
  /** What the caller sent, when the input holds more than that (a secret made by us, say). */
  readonly fingerprint?: { readonly path: string; readonly body: unknown };
  readonly expectedSeq?: number | undefined;
  /** Outbox rows this act fulfils. */
  readonly completes?: readonly number[];
}

export interface JournalOptions extends GroupContext {
  readonly databaseUrl: string;
  readonly lanes: number;
  readonly groupMax: number;
  readonly queueMax: number;
  readonly log: Record<'debug' | 'warn' | 'error', (fields: object, event: string) => void>;
  /** Called after a commit that left jobs or may have. */
  readonly onCommit: () => void;
  readonly observe: (group: { acts: number; seconds: number }) => void;
  /** Awaited before every group: by work that lets other work go first. */
  readonly yields?: () => Promise<void>;
  /** Ids of an act's new subjects; injected by replays. */
  readonly mintIds?: (submission: Submission) => (nth: number) => string;
}

interface Waiting extends Pending {
  tries: number;
  postponements: number;
  /** In the order they came, which is the order they are taken in, however often they wait. */
  readonly arrival: number;
  /** The gate it waits at: of those that do, a group takes one, for the others would only wait again. */
  gate?: string | undefined;
  /** Another transaction held what it needs: it is left to the first lane, which waits for it. */
  gaveWay?: boolean;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

interface Lane {
  readonly context: GroupContext;
  client: pg.Client | undefined;
  busy: boolean;
}

const TRIES_MAX = 3;
/** After giving up an act; then traffic is welcome again, for nothing else would show that the database is back. */
const UNREADY_MS = 2_000;
const POSTPONEMENTS_MAX = 200;

export function openJournal(options: JournalOptions): Journal {
  const queue: Waiting[] = [];
  let arrivals = 0;
  const inFlight = new Map<string, { hash: Buffer; answer: Promise<Answer> }>();
  const lanes: Lane[] = Array.from({ length: options.lanes }, (_, nth) => ({
    context: nth === 0 ? options : { ...options, givesWay: true },
    client: undefined,
    busy: false,
  }));
  let failedAt = Number.NEGATIVE_INFINITY;
  let stopping = false;
  let idle: (() => void) | undefined;

  function submit(act: Act<never, never>, input: unknown, request: Submission): Promise<Answer> {
    const inputHash = hashOfInput({
      act: act.name,
      input: request.fingerprint ?? input,
      version: request.expectedSeq ?? null,
      // A key bound to a site is not answered what another one was told.
      ...(request.caller.site ? { site: request.caller.site } : {}),
    });
    if (!inputHash) return Promise.reject(unstorable(request.fingerprint?.body ?? input));
    const name = `${request.organisation} ${request.key}`;
    const twin = inFlight.get(name);
    if (twin)
      return twin.hash.equals(inputHash)
        ? twin.answer.then((answer) => ({ ...answer, replayed: true }))
        : Promise.reject(reused(request.key));
    if (stopping || queue.length >= options.queueMax) return Promise.reject(unavailable());
    const answer = new Promise<Answer>((resolve, reject) => {
      const pending = pendingOf(act, input, inputHash, request);
      queue.push({ ...pending, arrival: arrivals++, tries: 0, postponements: 0, resolve, reject });
    });
    inFlight.set(name, { hash: inputHash, answer });
    const forget = () => inFlight.delete(name);
    answer.then(forget, forget);
    dispatch();
    return answer;
  }

  function pendingOf(act: Act<never, never>, input: unknown, inputHash: Buffer, request: Submission): Pending {
    const now = options.clock.now();
    const mint = options.mintIds?.(request) ?? (() => newUuid(now));
    const ids = new Map<number, string>();
    const minted = new Set<string>();
    const newId = (nth = 0): string => {
      const known = ids.get(nth);
      if (known !== undefined) return known;
      const id = mint(nth);
      ids.set(nth, id);
      minted.add(id);
      return id;
    };
    return {
      act,
      input,
      inputHash,
      caller: request.caller,
      organisation: request.organisation,
      key: request.key,
      actId: newUuid(now),
      newId,
      minted,
      expectedSeq: request.expectedSeq,
      completes: request.completes ?? [],
    };
  }

  function dispatch(): void {
    for (const lane of lanes) {
      if (lane.busy || !hasWork(lane)) continue;
      lane.busy = true;
      setImmediate(() => run(lane));
    }
    if (queue.length === 0 && lanes.every((lane) => !lane.busy)) idle?.();
  }

  async function run(lane: Lane): Promise<void> {
    try {
      while (hasWork(lane)) {
        await options.yields?.();
        await runOnce(lane, takeGroup(lane));
      }
    } finally {
      lane.busy = false;
      dispatch();
    }
  }

  /**
   * Lanes do not wait for each other: acts that draw a number are left to the first, for a series is held until the commit; and so is what
   * gave way once.
   */
  const mayTake = (lane: Lane, { act, gaveWay }: Waiting): boolean => lane === lanes[0] || !(act.numbered || gaveWay);

  /** Another lane helps from a full group on; before that, two would halve each other's groups and double the work. */
  function hasWork(lane: Lane): boolean {
    if (lane === lanes[0]) return queue.length > 0;
    if (queue.length < options.groupMax) return false;
    return queue.filter((waiting) => mayTake(lane, waiting)).length >= options.groupMax;
  }

  function takeGroup(lane: Lane): Waiting[] {
    const group: Waiting[] = [];
    const left: Waiting[] = [];
    const gates = new Set<string>();
    for (const waiting of queue) {
      const { gate } = waiting;
      const takes = group.length < options.groupMax && mayTake(lane, waiting) && !(gate && gates.has(gate));
      (takes ? group : left).push(waiting);
      if (takes && gate) gates.add(gate);
    }
    queue.splice(0, queue.length, ...left);
    return group;
  }

  /** Among those that wait since before, or who came later would be taken first, again and again. */
  function putBack(acts: readonly Waiting[]): void {
    if (acts.length > 0) queue.splice(0, queue.length, ...[...acts, ...queue].sort((a, b) => a.arrival - b.arrival));
  }

  /** One group, again and again until every act of it is answered or handed back. */
  async function runOnce(lane: Lane, group: Waiting[]): Promise<void> {
    const started = process.hrtime.bigint();
    try {
      lane.client ??= await openLane(options.databaseUrl);
      const outcomes = await runGroup(lane.client, group, lane.context);
      failedAt = Number.NEGATIVE_INFINITY;
      conclude(group, outcomes);
      options.observe({ acts: group.length, seconds: Number(process.hrtime.bigint() - started) / 1e9 });
      options.onCommit();
    } catch (error) {
      await recover(lane, group, error);
    }
  }

  function conclude(group: Waiting[], outcomes: Outcome[]): void {
    const again: Waiting[] = [];
    group.forEach((waiting, index) => {
      const outcome = outcomes[index]!;
      if ('answer' in outcome) waiting.resolve(outcome.answer);
      else if ('refusal' in outcome) waiting.reject(Problem.of(outcome.refusal));
      else if ('failed' in outcome) {
        options.log.error(
          { act: waiting.act.name, actId: waiting.actId, error: loggable(outcome.failed) },
          'act_failed',
        );
        waiting.reject(outcome.failed);
      } else if (++waiting.postponements > POSTPONEMENTS_MAX) waiting.reject(unavailable());
      else again.push(Object.assign(waiting, { gate: outcome.gate, gaveWay: outcome.gaveWay }));
    });
    putBack(again);
  }

  async function recover(lane: Lane, group: Waiting[], error: unknown): Promise<void> {
    if (error instanceof ActRefused) {
      await rollback(lane);
      group[error.index]!.reject(Problem.of(error.refusal));
      putBack(group.filter((_, index) => index !== error.index));
      return;
    }
    const failure = failureOf(error);
    if (failure === 'key-taken') {
      // Another process was first with one of the keys; its answer is there now. Nothing is wrong, so nothing is counted.
      await rollback(lane);
      putBack(group);
      return;
    }
    // A number given twice is a clerk's slip, and its refusal says so: nothing for whoever runs the service.
    const level = conflictOf(error) ? 'debug' : 'warn';
    options.log[level]({ failure, acts: group.length, error: loggable(error) }, 'group_failed');
    if (failure === 'reconnect' || failure === 'fatal') drop(lane);
    else await rollback(lane);
    if (failure === 'isolate' || failure === 'fatal') return isolate(lane, group, error);
    if (failure === 'overloaded') failedAt = performance.now();
    await sleep(5 + Math.random() * 20 * 2 ** (group[0]?.tries ?? 0));
    retryOrGiveUp(group);
  }

  /** Halves the group until the guilty act stands alone; only that one fails. */
  async function isolate(lane: Lane, group: Waiting[], error: unknown): Promise<void> {
    if (group.length === 1) {
      const [guilty] = group as [Waiting];
      const refusal = conflictOf(error);
      if (!refusal)
        options.log.error({ act: guilty.act.name, actId: guilty.actId, error: loggable(error) }, 'act_failed');
      guilty.reject(refusal ? Problem.of(refusal) : error);
      return;
    }
    const middle = Math.ceil(group.length / 2);
    await runOnce(lane, group.slice(0, middle));
    await runOnce(lane, group.slice(middle));
  }

  function conflictOf(error: unknown): Refusal | undefined {
    const constraint = (error as { constraint?: string }).constraint;
    if (!constraint) return undefined;
    for (const kind of options.kinds.values()) if (kind.conflicts[constraint]) return kind.conflicts[constraint];
    return undefined;
  }

  function retryOrGiveUp(group: Waiting[]): void {
    const again = group.filter((waiting) => {
      if (++waiting.tries <= TRIES_MAX) return true;
      waiting.reject(unavailable());
      return false;
    });
    if (again.length < group.length) failedAt = performance.now();
    putBack(again);
  }

  async function rollback(lane: Lane): Promise<void> {
    await lane.client?.query('rollback').catch(() => drop(lane));
  }

  /** Never waits: a connection that is dead may not answer its own farewell. */
  function drop(lane: Lane): void {
    lane.client?.end().catch(() => {});
    lane.client = undefined;
  }

  return {
    submit: submit as Journal['submit'],
    ready: () => !stopping && performance.now() - failedAt > UNREADY_MS,
    depth: () => queue.length,
    callersWait: () => queue.some(({ caller }) => caller.role !== SYSTEM_CALLER.role),
    async stop() {
      stopping = true;
      if (queue.length > 0 || lanes.some((lane) => lane.busy)) await new Promise<void>((resolve) => (idle = resolve));
      await Promise.all(lanes.map((lane) => lane.client?.end()));
    },
  };
}

/** The hash that tells one input from another; undefined for what cannot be stored. */
function hashOfInput(value: unknown): Buffer | undefined {
  try {
    const canonical = canonicalText(value);
    return UNSTORABLE.test(canonical) ? undefined : sha256(canonical);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // nested deeper than the stack
    if (placeOfUnstorable(value) !== '') return undefined;
    throw error;
  }
}

/** Canonical JSON escapes NUL and lone surrogates, which are no text that Postgres can keep. */
export const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

function unstorable(sent: unknown): Problem {
  const detail = {
    zh: '内容含有 NUL、不成对的代理字符、过大的数或嵌套过深，无法保存。',
    en: 'It holds NUL, half of a surrogate pair, too large a number or too deep a nesting, which cannot be stored.',
  };
  const pointer = placeOfUnstorable(sent) || '/';
  return new Problem('invalid-input', detail, { errors: [{ pointer, detail }] });
}

/** JSON Pointer (RFC 6901) to a text or number that cannot be kept; '' when there is none: then it is the nesting. */
function placeOfUnstorable(sent: unknown): string {
  const waiting: [pointer: string, value: unknown][] = [['', sent]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [pointer, value] = next;
    if (typeof value === 'string' && NO_TEXT.test(value)) return pointer || '/';
    if (typeof value === 'number' && !Number.isFinite(value)) return pointer || '/'; // 1e400 is read as infinity
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (NO_TEXT.test(key)) return pointer || '/';
      waiting.push([`${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, inner]);
    }
  }
  return '';
}

/** NUL, or half of a surrogate pair. */
const NO_TEXT = /[\0\p{Surrogate}]/u;

const reused = (key: string): Problem =>
  new Problem(
    'idempotency-key-reused',
    {
      zh: '同一 Idempotency-Key 正在处理不同内容；新操作请使用新的键。',
      en: 'This key is being used for another input right now; a new act needs a new key.',
    },
    { errors: [{ pointer: 'header:idempotency-key', detail: key }] },
  );

const unavailable = (): Problem =>
  new Problem(
    'temporarily-unavailable',
    {
      zh: '服务繁忙或数据库暂不可用。请用同一 Idempotency-Key 重试，不会重复入账。',
      en: 'The service is busy or its database is away. Try again with the same Idempotency-Key; nothing is recorded twice.',
    },
    { retryAfterSeconds: 1 },
  );
