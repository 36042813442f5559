import { hash } from 'node:crypto';
import { configure } from 'safe-stable-stringify';

/** A value that survives JSON unchanged. Masses are integers in grams, instants ISO 8601 in UTC. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** One thing with a history of its own, e.g. { kind: 'manifest', id }. */
export interface Ref {
  readonly kind: string;
  readonly id: string;
}

export const ENTRY_MODES = ['live', 'offline', 'paper'] as const;
export type EntryMode = (typeof ENTRY_MODES)[number];

/** Who acted: the organisation, and through which key, person or device. */
export interface Actor {
  readonly party: string;
  readonly key?: string;
  readonly person?: string;
  readonly device?: string;
}

/** What a decider says happened; the journal adds the rest. */
export interface EventDraft {
  readonly type: string;
  readonly subject: Ref;
  readonly occurredAt: Date;
  /** GB/T 2260 code of the place it happened in. */
  readonly region?: string | null;
  readonly entryMode?: EntryMode;
  readonly onBehalfOf?: string;
  /** No name, phone, plate photo or free text: those go into `details`. */
  readonly data: { readonly [key: string]: Json | undefined };
  /** Other subjects in whose history this stands. */
  readonly refs?: readonly string[];
  /** Personal or free text, kept in an erasable row; the event holds its salted hash. */
  readonly details?: { readonly [key: string]: Json | undefined };
}

/** An event as it is kept for ever: what its canonical text says. */
export interface RecordedEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: Ref;
  readonly seq: number;
  readonly actId: string;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
  readonly region: string | null;
  readonly actor: Actor;
  readonly entryMode: EntryMode;
  readonly basedOn: string;
  readonly data: { readonly [key: string]: Json | undefined };
  readonly refs: readonly string[];
  readonly onBehalfOf?: string;
  readonly detailsHash?: string;
}

export interface SealedEvent {
  /** RFC 8785. Its UTF-8 bytes are what is hashed. */
  readonly canonical: string;
  readonly salt: Buffer;
  readonly prevHash: Buffer;
  readonly hash: Buffer;
}

/** The hash before a subject's first event. */
export const GENESIS_HASH = Buffer.alloc(32);

/** Keys sorted by UTF-16 code units, numbers and strings as JSON.stringify writes them. */
const stringify = configure({ deterministic: true, strict: true });

/**
 * RFC 8785, the one canonical form of the project; a test holds it against another implementation.
 * @throws Error for what JSON cannot hold (NaN, a bigint, a circle), RangeError for too deep a nesting.
 */
export const canonicalText = (value: unknown): string => stringify(value)!;

export const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer');

/** Salted, so that an erased detail cannot be guessed back from its hash. */
export const detailsHash = (salt: Buffer, details: unknown): string =>
  hash('sha256', Buffer.concat([salt, Buffer.from(canonicalText(details))]), 'hex');

/** hash = SHA-256(previous hash of the subject ‖ salt ‖ UTF-8 of the canonical text). */
export const chainHash = (prevHash: Buffer, salt: Buffer, canonical: string): Buffer =>
  hash('sha256', Buffer.concat([prevHash, salt, Buffer.from(canonical)]), 'buffer');

export function sealEvent(event: RecordedEvent, prevHash: Buffer, salt: Buffer): SealedEvent {
  const canonical = canonicalText(event);
  return { canonical, salt, prevHash, hash: chainHash(prevHash, salt, canonical) };
}

/** Reads an event back from its canonical text. */
export function openEvent(canonical: string): RecordedEvent {
  const raw = JSON.parse(canonical) as RecordedEvent & { occurredAt: string; recordedAt: string };
  return { ...raw, occurredAt: new Date(raw.occurredAt), recordedAt: new Date(raw.recordedAt) };
}
