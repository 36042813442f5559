import { sql } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { instant, subjectColumns } from '../platform/tables.ts';

export const WEIGHING_PURPOSES = ['loading', 'unloading'] as const;

export const weighTickets = pgTable(
  'weigh_tickets',
  {
    ...subjectColumns,
    ticketNumber: text().notNull(),
    partyId: uuid().notNull(),
    siteId: uuid().notNull(),
    deviceId: uuid(),
    purpose: text().$type<(typeof WEIGHING_PURPOSES)[number]>().notNull(),
    plate: text(),
    grossGrams: bigint({ mode: 'number' }).notNull(),
    tareGrams: bigint({ mode: 'number' }).notNull(),
    netGrams: bigint({ mode: 'number' }).notNull(),
    scaleDivisionGrams: integer(),
    manifestId: uuid(),
    /** The whole vehicle was weighed, with the loads of several manifests. */
    tripId: uuid(),
    weighedAt: instant().notNull(),
  },
  (table) => [
    unique('weigh_tickets_number').on(table.siteId, table.ticketNumber),
    index('weigh_tickets_manifest').on(table.manifestId),
    index('weigh_tickets_trip').on(table.tripId).where(sql`trip_id is not null`),
    index('weigh_tickets_reading').on(table.siteId, table.grossGrams, table.tareGrams),
  ],
);

/** 车次: one vehicle under way. */
export const trips = pgTable('trips', {
  ...subjectColumns,
  carrierId: uuid().notNull(),
  plate: text().notNull(),
  driverId: uuid(),
  startedAt: instant().notNull(),
  endedAt: instant(),
  /** What has been booked as the trip's own difference at each site it was weighed at: of its first unloading there, its second … */
  booked: jsonb()
    .$type<readonly { readonly siteId: string; readonly nth?: number; readonly grams: number }[]>()
    .notNull(),
});

/** A physical report that did not fit the state of what it spoke of. Refused as an act, kept as evidence. */
export const unmatchedReports = pgTable('unmatched_reports', {
  ...subjectColumns,
  act: text().notNull(),
  partyId: uuid().notNull(),
  siteId: uuid(),
  plate: text(),
  manifestId: uuid().notNull(),
  manifestStatus: text().notNull(),
  occurredAt: instant().notNull(),
});
