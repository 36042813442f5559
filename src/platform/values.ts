import { z } from 'zod';
import { inBoth } from './schema-messages.ts';

/** Values every body shares. 10,000 t: no load, batch or stock movement of one act weighs more. */
export const GRAMS_MAX = 10_000_000_000;
export const Grams = z.number().int().min(0).max(GRAMS_MAX);
export const Pieces = z.number().int().min(0).max(1_000_000);
/** Capitals are allowed in a UUID (RFC 9562) and mean the same: ids are compared in small letters. */
export const Uuid = z.uuid().toLowerCase();
/** ISO 8601 with an offset or Z; kept as UTC. A year outside these is a broken clock, not a date. */
const YEARS = { from: '1980', to: '2200' };
export const Instant = z.iso.datetime({ offset: true }).refine((text) => text >= YEARS.from && text < YEARS.to, {
  error: inBoth(`须在 ${YEARS.from} 年至 ${YEARS.to} 年之间`, `must lie between ${YEARS.from} and ${YEARS.to}`),
});
/** A civil day in Asia/Shanghai. */
export const CivilDay = z.iso.date();
export const ShortText = z.string().trim().min(1).max(200);

/** An instant in an answer: a Date in the program, ISO 8601 text once it is JSON. */
export const InstantView = z.iso.datetime() as unknown as z.ZodType<Date>;
