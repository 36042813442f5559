import { createHash } from 'node:crypto';
import { v7 } from 'uuid';

/** A UUIDv7 (RFC 9562) whose time is the given instant. */
export const newUuid = (instant: Date): string => v7({ msecs: instant.getTime() });

/** The same name always gives the same id (RFC 9562 version 8). For things whose identity is what they are about. */
export function namedUuid(name: string): string {
  return uuidFrom(createHash('sha256').update(name).digest().subarray(0, 16));
}

/** A named id that sorts beside the UUIDv7 of what it is about: lists by id stay lists by time. */
export function namedUuidBeside(subjectId: string, name: string): string {
  const bytes = createHash('sha256').update(name).digest().subarray(0, 16);
  bytes.set(Buffer.from(subjectId.replaceAll('-', '').slice(0, 12), 'hex'));
  return uuidFrom(bytes);
}

function uuidFrom(bytes: Buffer): string {
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
