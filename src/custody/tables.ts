import { bigint, index, integer, pgTable, primaryKey, smallint, text, uuid } from 'drizzle-orm/pg-core';
import { instant, subjectColumns } from '../platform/tables.ts';
import type { AccountRole, BatchOrigin } from './ledger.ts';

/** 批次: what entered one place together. */
export const batches = pgTable(
  'batches',
  {
    ...subjectColumns,
    origin: text().$type<BatchOrigin>().notNull(),
    partyId: uuid().notNull(),
    siteId: uuid().notNull(),
    ownerId: uuid().notNull(),
    wasteCode: text().notNull(),
    /** The stock account it lies in. */
    accountId: uuid().notNull(),
    initialGrams: bigint({ mode: 'number' }).notNull(),
    initialPieces: integer().notNull(),
    manifestId: uuid(),
    formedAt: instant().notNull(),
  },
  (table) => [index('batches_site').on(table.siteId, table.id)],
);

const quantities = {
  grams: bigint({ mode: 'number' }).notNull(),
  pieces: integer().notNull(),
  dryGrams: bigint({ mode: 'number' }).notNull(),
};

/** Its id is named by what it is, so that any process finds it without asking. With what it holds now. */
export const accounts = pgTable(
  'accounts',
  {
    id: uuid().primaryKey(),
    role: text().$type<AccountRole>().notNull(),
    partyId: uuid().notNull(),
    siteId: uuid(),
    wasteCode: text().notNull(),
    ownerId: uuid().notNull(),
    ...quantities,
  },
  (table) => [
    index('accounts_party').on(table.partyId, table.role),
    index('accounts_site').on(table.siteId, table.role),
  ],
);

/** Double entry: the sum over an event is zero in every dimension. Partitioned by the month of the event. */
export const postings = pgTable(
  'postings',
  {
    eventId: uuid().notNull(),
    n: smallint().notNull(),
    accountId: uuid().notNull(),
    batchId: uuid().notNull(),
    manifestId: uuid(),
    line: smallint(),
    tripId: uuid(),
    ...quantities,
    occurredAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.eventId, table.n] }),
    index('postings_account').on(table.accountId, table.occurredAt),
  ],
);

/** What of a batch lies in an account now. */
export const balances = pgTable(
  'balances',
  { accountId: uuid().notNull(), batchId: uuid().notNull(), ...quantities },
  (table) => [primaryKey({ columns: [table.accountId, table.batchId] })],
);

/** What a calendar month (UTC, by event time) added to an account. Taken from what it holds now, they lead back. */
export const monthlyBalances = pgTable(
  'monthly_balances',
  { accountId: uuid().notNull(), month: text().notNull(), ...quantities },
  (table) => [primaryKey({ columns: [table.accountId, table.month] })],
);

/** The trace graph: how much of which batch became part of which. */
export const batchEdges = pgTable(
  'batch_edges',
  {
    toId: uuid().notNull(),
    fromId: uuid().notNull(),
    eventId: uuid().notNull(),
    grams: bigint({ mode: 'number' }).notNull(),
    pieces: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.toId, table.fromId, table.eventId] }),
    index('batch_edges_from').on(table.fromId),
  ],
);
