import { hash } from 'node:crypto';
import { createRequire } from 'node:module';

// The package is CommonJS and its types describe a default export that is not there.
const canonicalize = createRequire(import.meta.url)('canonicalize') as (value: unknown) => string;

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

/** An event as it is kept for ever. `envelope` is what the canonical bytes say. */
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
  readonly bytes: Buffer;
  readonly salt: Buffer;
  readonly prevHash: Buffer;
  readonly hash: Buffer;
}

/** The hash before a subject's first event. */
export const GENESIS_HASH = Buffer.alloc(32);

/** RFC 8785. The one canonical form of the project. */
export function canonicalBytes(value: unknown): Buffer {
  return Buffer.from(canonicalize(value), 'utf8');
}

export const sha256 = (...parts: Buffer[]): Buffer =>
  hash('sha256', parts.length === 1 ? parts[0]! : Buffer.concat(parts), 'buffer');

/** Salted, so that an erased detail cannot be guessed back from its hash. */
export const detailsHash = (salt: Buffer, details: unknown): string =>
  sha256(salt, canonicalBytes(details)).toString('hex');

/** hash = SHA-256(previous hash of the subject ‖ salt ‖ canonical bytes). */
export const chainHash = (prevHash: Buffer, salt: Buffer, bytes: Buffer): Buffer => sha256(prevHash, salt, bytes);

export function sealEvent(event: RecordedEvent, prevHash: Buffer, salt: Buffer): SealedEvent {
  const bytes = canonicalBytes(event);
  return { bytes, salt, prevHash, hash: chainHash(prevHash, salt, bytes) };
}

/** Reads an event back from its canonical bytes. */
export function openEvent(bytes: Buffer): RecordedEvent {
  const raw = JSON.parse(bytes.toString('utf8')) as RecordedEvent & { occurredAt: string; recordedAt: string };
  return { ...raw, occurredAt: new Date(raw.occurredAt), recordedAt: new Date(raw.recordedAt) };
}
