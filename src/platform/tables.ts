import { sql } from 'drizzle-orm';
import {
  bigint,
  customType,
  index,
  integer,
  jsonb,
  pgSequence,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });
export const instant = () => timestamp({ withTimezone: true, mode: 'date' });

/** What the journal keeps on the row of every subject: the head of its history. */
export const subjectColumns = {
  id: uuid().primaryKey(),
  seq: integer().notNull(),
  headHash: bytea().notNull(),
  recordedAt: instant().notNull(),
};

/** Not an identity column: Postgres 15 has none on partitioned tables. */
export const custodyEventsOrdinal = pgSequence('custody_events_ordinal');

/**
 * Every act, as immutable events. Insert-only (trigger); partitioned by the month in its UUIDv7. `ordinal` is drawn
 * while the subject's lock is held: an order for replays and for a history that is read, never to follow the journal by, since
 * a lower one may be committed later. `canonical` is RFC 8785.
 */
export const custodyEvents = pgTable(
  'custody_events',
  {
    id: uuid().primaryKey(),
    ordinal: bigint({ mode: 'number' }).notNull().default(sql`nextval('custody_events_ordinal')`),
    subjectId: uuid().notNull(),
    seq: integer().notNull(),
    type: text().notNull(),
    canonical: text().notNull(),
    salt: bytea().notNull(),
    prevHash: bytea().notNull(),
    hash: bytea().notNull(),
  },
  (table) => [index('custody_events_subject').on(table.subjectId, table.seq)],
);

/** Other subjects in whose history an event stands. */
export const eventRefs = pgTable('event_refs', { refId: uuid().notNull(), eventId: uuid().notNull() }, (table) => [
  primaryKey({ columns: [table.refId, table.eventId] }),
]);

/** Names, phones, remarks: erasable without breaking the history, which holds only their salted hash. */
export const eventDetails = pgTable('event_details', {
  eventId: uuid().primaryKey(),
  salt: bytea().notNull(),
  body: jsonb().$type<Record<string, unknown>>().notNull(),
});

/** One row per act that had an effect: the caller's key, what was asked, what was answered. Kept 30 days. */
export const actKeys = pgTable(
  'act_keys',
  {
    organisation: uuid().notNull(),
    key: text().notNull(),
    inputHash: bytea().notNull(),
    status: smallint().notNull(),
    answer: text().notNull(),
    recordedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organisation, table.key] }),
    index('act_keys_recorded').using('brin', table.recordedAt),
  ],
);

/** Next free number of each series: no gap, no repeat. */
export const serials = pgTable('serials', { series: text().primaryKey(), next: integer().notNull() });

/** Jobs, written in the act's own transaction. A deadline is a row that becomes available when it is due. */
export const outbox = pgTable(
  'outbox',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    job: text().notNull(),
    payload: jsonb().$type<Record<string, string>>().notNull(),
    /** pending → done | failed. A lease is a pending row whose availableAt lies ahead. */
    state: text().$type<'pending' | 'done' | 'failed'>().notNull().default('pending'),
    attempts: smallint().notNull().default(0),
    availableAt: instant().notNull(),
    doneAt: instant(),
    lastError: text(),
  },
  (table) => [index('outbox_pending').on(table.availableAt, table.id).where(sql`state = 'pending'`)],
);

/** Every turn a bulk gets draws the next number: whoever waits longest has the lowest. */
export const bulkTurns = pgSequence('bulk_turns');

export const BULK_STATES = ['arriving', 'waiting', 'running', 'done', 'stopped', 'cancelled'] as const;
export const BULK_FORMATS = ['ndjson', 'csv'] as const;
export const ON_ERROR = ['continue', 'stop'] as const;

/** 批量办理: a file of acts, done in the name of the key it was sent with. Kept for some days after its end. */
export const bulks = pgTable(
  'bulks',
  {
    id: uuid().primaryKey(),
    partyId: uuid().notNull(),
    /** Who sent it; may he still, is asked again at every turn. */
    keyId: uuid().notNull(),
    /** The sender's own; null while it arrives. */
    key: text(),
    contentHash: bytea(),
    format: text({ enum: BULK_FORMATS }).notNull(),
    onError: text({ enum: ON_ERROR }).notNull(),
    state: text({ enum: BULK_STATES }).notNull(),
    bytes: bigint({ mode: 'number' }).notNull(),
    /** Acts in it, and how many of them have their result. */
    lines: integer().notNull(),
    done: integer().notNull(),
    succeeded: integer().notNull(),
    turn: bigint({ mode: 'number' }).notNull().default(sql`nextval('bulk_turns')`),
    /** With a process until then; a killed one's turn is offered again. */
    leasedUntil: instant(),
    receivedAt: instant().notNull(),
    startedAt: instant(),
    endedAt: instant(),
  },
  (table) => [
    uniqueIndex('bulks_key').on(table.partyId, table.key),
    index('bulks_of_party').on(table.partyId, table.id),
    index('bulks_open').on(table.turn).where(sql`state in ('waiting', 'running')`),
  ],
);

/** What one turn takes: lines as they came, one below the other, and then their results, a line of JSON each. */
export const bulkChunks = pgTable(
  'bulk_chunks',
  {
    bulkId: uuid()
      .notNull()
      .references(() => bulks.id, { onDelete: 'cascade' }),
    /** Number of its first line in the file, from 1. */
    firstLine: integer().notNull(),
    lines: text().notNull(),
    /** Lines that were longer than a line may be, and are left empty. */
    overlong: integer().array().notNull(),
    results: text(),
  },
  (table) => [
    primaryKey({ columns: [table.bulkId, table.firstLine] }),
    index('bulk_chunks_waiting').on(table.bulkId, table.firstLine).where(sql`results is null`),
  ],
);

/** Which reading of the events the projections were made with: an older one is rebuilt when the service starts. */
export const projections = pgTable('projections', { version: integer().primaryKey() });
