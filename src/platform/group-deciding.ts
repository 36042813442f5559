import type { Refusal } from '../problems.ts';
import type { Decision, Facts } from './acts.ts';
import { detailsHash, type EventDraft, GENESIS_HASH, type RecordedEvent, sealEvent } from './events.ts';
import type { Entry, Folded, Outcome, Pending, StoredAnswer, Work } from './group.ts';
import { keyName, kindOf, NotLoaded, postponedBy, statesFor } from './group-loading.ts';
import { newUuid, sixteenRandomBytes } from './ids.ts';

/** Step 4 of a group: every act is decided in arrival order, in memory, and its events are folded into the states. */

/** A device's clock may run ahead this far; beyond it the report is refused. */
export const FUTURE_TOLERANCE_MS = 5 * 60_000;

export function decideAll(work: Work, stored: ReadonlyMap<string, StoredAnswer>): void {
  work.group.forEach((pending, index) => {
    if (work.outcomes[index]) return;
    const earlier = stored.get(keyName(pending));
    if (earlier) {
      work.outcomes[index] = answerAgain(pending, earlier);
      return;
    }
    try {
      decideOne(work, pending, index);
    } catch (error) {
      work.outcomes[index] = error instanceof NotLoaded ? postponedBy(error) : { failed: error };
    }
  });
}

/** A job's key may meet another input when facts changed between two runs; the first stands, and the change has woken its own job. */
const isJobKey = (key: string): boolean => key.startsWith('job:');

function answerAgain(pending: Pending, earlier: StoredAnswer): Outcome {
  if (!earlier.hash.equals(pending.inputHash) && !isJobKey(pending.key)) {
    return {
      refusal: {
        problem: 'idempotency-key-reused',
        detail: {
          zh: '同一 Idempotency-Key 已提交过不同内容；新操作请使用新的键。',
          en: 'This key was sent with another input before; a new act needs a new key.',
        },
        errors: [{ pointer: 'header:idempotency-key', detail: pending.key }],
      },
    };
  }
  return {
    answer: { status: earlier.status, body: JSON.parse(earlier.answer) as Record<string, unknown>, replayed: true },
  };
}

function decideOne(work: Work, pending: Pending, index: number): void {
  const needs = work.needs[index]!;
  const gated = needs.flatMap((need) => need.lookups ?? []).filter(({ lookup }) => lookup.gated);
  const held = gated.find(({ key }) => work.touchedGates.has(key));
  if (held) throw new NotLoaded('an act before it in this group changed what it looks at', held.key);
  const decision: Decision = pending.act.decide(pending.input, statesFor(work, index), factsFor(work, index));
  const drafts = 'refused' in decision ? (decision.kept ?? []) : decision.events;
  const refusal =
    'refused' in decision && drafts.length === 0 ? decision.refused : tooFarAhead(drafts, work.now, pending.input);
  if (refusal) {
    work.outcomes[index] = { refusal };
    return;
  }
  for (const need of needs) for (const gate of need.sharedGates ?? []) work.touchedGates.add(gate);
  for (const { key } of gated) work.touchedGates.add(key);
  work.decided.push({ index, decision, events: foldAll(work, pending, index, drafts), told: undefined });
}

/** Another process's clock may be a little ahead: an act is never earlier than what it builds on. */
function factsFor(work: Work, index: number): Facts {
  const facts = work.facts[index]!;
  let now = facts.now;
  for (const { id } of work.needs[index]!.flatMap((need) => need.lock ?? [])) {
    const recordedAt = work.entries.get(id)?.current?.recordedAt;
    if (recordedAt && recordedAt > now) now = recordedAt;
  }
  return now === facts.now ? facts : { ...facts, now };
}

function tooFarAhead(drafts: readonly EventDraft[], now: Date, input: unknown): Refusal | undefined {
  const ahead = drafts.find((draft) => draft.occurredAt.getTime() > now.getTime() + FUTURE_TOLERANCE_MS);
  if (!ahead) return undefined;
  const [given, ours] = [ahead.occurredAt.toISOString(), now.toISOString()];
  return {
    problem: 'occurred-in-future',
    detail: {
      zh: `发生时间 ${given} 比服务时间 ${ours} 晚 5 分钟以上，请检查设备时钟。`,
      en: `${given} is more than 5 minutes after the service's ${ours}; check the device's clock.`,
    },
    errors: [
      {
        pointer: placeOf(ahead.occurredAt, input) ?? '/occurredAt',
        detail: { zh: '不晚于现在 + 5 分钟', en: '≤ now + 5 min' },
      },
    ],
  };
}

/** JSON Pointer to the field of the input that says this instant; undefined when none does. */
function placeOf(instant: Date, input: unknown): string | undefined {
  if (typeof input === 'string') return Date.parse(input) === instant.getTime() ? '' : undefined;
  if (typeof input !== 'object' || input === null) return undefined;
  for (const [key, value] of Object.entries(input)) {
    const below = placeOf(instant, value);
    if (below !== undefined) return `/${key}${below}`;
  }
  return undefined;
}

/** All of an act's events or none: one that cannot be folded leaves no trace of those before it. */
function foldAll(work: Work, pending: Pending, index: number, drafts: readonly EventDraft[]): Folded[] {
  const before = drafts.map(({ subject }) => [subject.id, work.entries.get(subject.id)?.current] as const);
  try {
    mayExtend(work, pending, index, drafts);
    return drafts.map((draft) => fold(work, pending, draft));
  } catch (error) {
    for (const [id, current] of before.reverse()) {
      const entry = work.entries.get(id);
      if (entry) entry.current = current;
    }
    throw error;
  }
}

/** An act extends what it locked and what it made, nothing else: two groups could otherwise extend it at once. */
function mayExtend(work: Work, { act, minted }: Pending, index: number, drafts: readonly EventDraft[]): void {
  const locked = new Set(work.needs[index]!.flatMap((need) => need.lock ?? []).map(({ id }) => id));
  const stray = drafts.find(({ subject: { id } }) => !locked.has(id) && !minted.has(id));
  if (stray) throw new Error(`${act.name} extends ${stray.subject.kind} ${stray.subject.id} without its lock`);
}

function fold(work: Work, pending: Pending, draft: EventDraft): Folded {
  const kind = kindOf(work, draft.subject);
  const entry: Entry = work.entries.get(draft.subject.id) ?? { kind, loaded: undefined, current: undefined };
  work.entries.set(draft.subject.id, entry);
  const known = entry.current;
  const recordedAt = known && known.recordedAt > work.now ? known.recordedAt : work.now;
  const event = recorded(work, pending, draft, (known?.seq ?? 0) + 1, recordedAt);
  const after = kind.evolve(known?.state, event) as { id: string };
  entry.current = { state: after, seq: event.seq, headHash: known?.headHash ?? GENESIS_HASH, recordedAt };
  return { entry, draft, event, before: known?.state, after };
}

function recorded(
  { reference }: Work,
  pending: Pending,
  draft: EventDraft,
  seq: number,
  recordedAt: Date,
): RecordedEvent {
  const { type, subject, occurredAt, data } = draft;
  return {
    id: newUuid(recordedAt),
    type,
    subject,
    seq,
    actId: pending.actId,
    occurredAt,
    recordedAt,
    region: draft.region ?? null,
    actor: pending.caller.actor,
    entryMode: draft.entryMode ?? 'live',
    basedOn: reference.version,
    data,
    refs: draft.refs ?? [],
    ...(draft.onBehalfOf ? { onBehalfOf: draft.onBehalfOf } : {}),
  };
}

/** Puts the numbers into the events that carry them and folds again what follows on the same subjects. */
export function foldNumbered(work: Work): void {
  const changed = new Set<Entry>();
  for (const { events, told } of work.decided) {
    for (const [nth, folded] of events.entries()) {
      const data = told?.events[nth]?.data;
      if (!data || data === folded.event.data) continue;
      folded.event = { ...folded.event, data };
      changed.add(folded.entry);
    }
  }
  for (const entry of changed) entry.current = entry.loaded;
  for (const folded of work.decided.flatMap(({ events }) => events)) {
    const { entry, event } = folded;
    if (!changed.has(entry)) continue;
    folded.before = entry.current?.state;
    folded.after = entry.kind.evolve(entry.current?.state, event) as { id: string };
    entry.current = {
      state: folded.after,
      seq: event.seq,
      headHash: entry.loaded?.headHash ?? GENESIS_HASH,
      recordedAt: event.recordedAt,
    };
  }
}

/** Canonical text, salt and chain, in the order of the decisions. Details have a salt of their own, erased with them. */
export function sealAll({ decided }: Work): void {
  for (const folded of decided.flatMap(({ events }) => events)) {
    const { entry, draft } = folded;
    if (draft.details) {
      folded.detailsSalt = sixteenRandomBytes();
      folded.event = { ...folded.event, detailsHash: detailsHash(folded.detailsSalt, draft.details) };
    }
    folded.seal = sealEvent(folded.event, entry.current!.headHash, sixteenRandomBytes());
    entry.current = { ...entry.current!, headHash: folded.seal.hash };
  }
}
