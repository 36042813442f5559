import { hash, randomBytes } from 'node:crypto';
import { v7 } from 'uuid';

/** A UUIDv7 (RFC 9562) whose time is the given instant. */
export const newUuid = (instant: Date): string => v7({ msecs: instant.getTime(), random: sixteenRandomBytes() });

/** No UUIDv7 of that instant or a later one sorts below it. */
export function earliestIdOf(instant: Date): string {
  const hex = Math.max(0, instant.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** SQL: the instant in a UUIDv7 (RFC 9562 5.7), to the millisecond; Postgres has a function of its own from 17 on. */
export const madeAt = (column: string): string =>
  `to_timestamp(('x' || translate(left(${column}::text, 13), '-', ''))::bit(48)::bigint / 1000.0)`;

const DRAW_BYTES = 16;
let pool = Buffer.alloc(0);

/** From a pool: asking the kernel for sixteen bytes at a time costs more than hashing an event. */
export function sixteenRandomBytes(): Buffer {
  if (pool.length < DRAW_BYTES) pool = randomBytes(DRAW_BYTES * 256);
  const drawn = pool.subarray(0, DRAW_BYTES);
  pool = pool.subarray(DRAW_BYTES);
  return drawn;
}

/** The same name always gives the same id (RFC 9562 version 8). For things whose identity is what they are about. */
export function namedUuid(name: string): string {
  return uuidFrom(hash('sha256', name, 'buffer').subarray(0, 16));
}

/** Stands for the thing of that name in the examples of the documentation; a test puts the id of a real one in its place. */
export const exampleId = (name: string): string => namedUuid(`example ${name}`);

/** A named id that sorts beside the UUIDv7 of what it is about: lists by id stay lists by time. */
export function namedUuidBeside(subjectId: string, name: string): string {
  const bytes = hash('sha256', name, 'buffer').subarray(0, 16);
  bytes.set(Buffer.from(subjectId.replaceAll('-', '').slice(0, 12), 'hex'));
  return uuidFrom(bytes);
}

/** As many bits as a lock has room for: of a UUID its last, which are random or a hash, else of the name's SHA-256. */
export function sixtyBitsOf(name: string): bigint {
  const id = UUID.test(name) ? name : namedUuid(name);
  return BigInt(`0x${id.slice(20, 23)}${id.slice(24)}`);
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

function uuidFrom(bytes: Buffer): string {
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
