import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import type { Stream } from '../catalogue/streams.ts';
import type { Place } from '../custody/ledger.ts';
import type { PermitUse } from '../permits/uses.ts';
import { instant, subjectColumns } from '../platform/tables.ts';
import type { Correction, Discrepancy, Incident, Leg, Line, OfficialRecord, Remainder, Status } from './columns.ts';

export * from './columns.ts';

export const manifests = pgTable(
  'manifests',
  {
    ...subjectColumns,
    stream: text().$type<Stream>().notNull(),
    status: text().$type<Status>().notNull(),
    /** 14 digits, TM 15; null while a draft. */
    number: text(),
    /** The one last told; `officialRecords` has every one. */
    officialNumber: text(),
    officialRecords: jsonb().$type<readonly OfficialRecord[]>().notNull().default([]),
    consignorId: uuid().notNull(),
    consignorSiteId: uuid().notNull(),
    carrierId: uuid().notNull(),
    consigneeId: uuid().notNull(),
    consigneeSiteId: uuid().notNull(),
    shipperRole: text().$type<'consignor' | 'consignee'>().notNull(),
    originRegion: text().notNull(),
    destinationRegion: text().notNull(),
    crossProvince: boolean().notNull(),
    lines: jsonb().$type<readonly Line[]>().notNull(),
    discrepancies: jsonb().$type<readonly Discrepancy[]>().notNull(),
    /** Carriers in their order, with what each stretch was. `carrierId` is the first. */
    legs: jsonb().$type<readonly Leg[]>().notNull(),
    tripId: uuid(),
    /** 工地: the construction project it comes from. */
    projectId: uuid(),
    /** Where it is loaded from, when that is not the consignor's own stock at its own site. */
    source: jsonb().$type<Place>(),
    /** Whoever filled it in: the consignor, or its agent. */
    filledById: uuid().notNull(),
    entryMode: text().$type<'live' | 'paper'>().notNull(),
    /** The manifest whose remainder this one carries on. */
    followsId: uuid(),
    remainders: jsonb().$type<readonly Remainder[]>().notNull(),
    /** Site it is put down at on the way. */
    storedSiteId: uuid(),
    /** Counties it was seen in between its two ends. */
    passedRegions: jsonb().$type<readonly string[]>().notNull(),
    incident: jsonb().$type<Incident>(),
    correction: jsonb().$type<Correction>(),
    correctionCount: integer().notNull(),
    /** The event whose erasable details hold the one-time code, while it may be used. */
    pickupCodeEventId: uuid(),
    pickupCodeExpiresAt: instant(),
    pickupCodeFailures: integer().notNull(),
    /** How the consignor confirmed the pickup. */
    pickupConfirmedBy: text().$type<'code' | 'consignor'>(),
    /** What it has reserved and used of permits, line by line. */
    permitUses: jsonb().$type<readonly PermitUse[]>().notNull().default([]),
    pickedUpEventId: uuid(),
    receivedEventId: uuid(),
    issuedAt: instant(),
    pickedUpAt: instant(),
    arrivedAt: instant(),
    acceptedAt: instant(),
    voidedAt: instant(),
    /** Last day for the consignee's confirmation (TM 18 ¶1), Asia/Shanghai. */
    receiptDueOn: text(),
    /** The working days counted pass the last published holiday notice. */
    receiptDueProvisional: boolean(),
    /** Number of the paper form, and the last day to enter it (TM 20). */
    paperNumber: text(),
    paperDueOn: text(),
  },
  (table) => [
    unique('manifests_number').on(table.number),
    // Only where there is one, so that an act on any other manifest writes nothing here.
    index('manifests_official_records')
      .using('gin', sql`${table.officialRecords} jsonb_path_ops`)
      .where(sql`official_number is not null`),
    /** What is promised of a stock: few at a time, however many the consignor has open elsewhere. */
    index('manifests_issued').on(table.consignorSiteId).where(sql`status = 'issued'`),
    index('manifests_trip').on(table.tripId).where(sql`trip_id is not null`),
    index('manifests_project').on(table.projectId, table.id).where(sql`project_id is not null`),
    index('manifests_project_left').on(table.projectId, table.pickedUpAt, table.id).where(sql`project_id is not null`),
    index('manifests_haulier_left').on(table.carrierId, table.pickedUpAt, table.id).where(sql`project_id is not null`),
    index('manifests_visits')
      .on(table.consignorSiteId, table.stream, table.pickedUpAt)
      .where(sql`picked_up_at is not null`),
    index('manifests_follows').on(table.followsId).where(sql`follows_id is not null`),
  ],
);

/** What one clinic has in a big box: a manifest of its own, and its small boxes by line. */
export interface CollectedLoad {
  readonly consignorId: string;
  readonly manifestId: string;
  readonly number: string;
  readonly lines: readonly { readonly line: number; readonly containerIds: readonly string[] }[];
}

export const COLLECTION_STATUSES = ['filed', 'in_transit', 'arrived', 'received'] as const;

/** 小箱进大箱: a big box with the small boxes of several, each under its own manifest; one scan moves them all. */
export const collections = pgTable(
  'collections',
  {
    ...subjectColumns,
    status: text().$type<(typeof COLLECTION_STATUSES)[number]>().notNull(),
    /** Who packed it: the hub. */
    hubId: uuid().notNull(),
    siteId: uuid().notNull(),
    boxId: uuid().notNull(),
    stream: text().$type<Stream>().notNull(),
    region: text().notNull(),
    carrierId: uuid().notNull(),
    consigneeId: uuid().notNull(),
    consigneeSiteId: uuid().notNull(),
    loads: jsonb().$type<readonly CollectedLoad[]>().notNull(),
    filedAt: instant().notNull(),
  },
  (table) => [index('collections_box').on(table.boxId)],
);

/** A visit as a monthly manifest lists it. Instants are ISO text. */
export interface Visit {
  readonly manifestId: string;
  readonly number: string;
  readonly pickedUpAt: string;
  readonly lines: readonly { readonly wasteCode: string; readonly grams: number; readonly pieces: number }[];
}

/** 按月联单: one number over the visits of a month from a site to a plant. Drawn again it is a new version; the old ones stay in its history. */
export const monthlyManifests = pgTable('monthly_manifests', {
  ...subjectColumns,
  number: text().notNull(),
  stream: text().$type<Stream>().notNull(),
  /** `2026-09`, by the day of the pickup in Shanghai. */
  month: text().notNull(),
  consignorId: uuid().notNull(),
  siteId: uuid().notNull(),
  consigneeId: uuid().notNull(),
  consigneeSiteId: uuid().notNull(),
  originRegion: text().notNull(),
  destinationRegion: text().notNull(),
  visits: jsonb().$type<readonly Visit[]>().notNull(),
  drawnAt: instant().notNull(),
});

/** The legs that have begun, and the ways back, one row each: which plate was where from when to when. */
export const manifestLegs = pgTable(
  'manifest_legs',
  {
    manifestId: uuid().notNull(),
    leg: smallint().notNull(),
    carrierId: uuid().notNull(),
    plate: text(),
    tripId: uuid(),
    startedAt: instant().notNull(),
    endedAt: instant(),
  },
  (table) => [
    primaryKey({ columns: [table.manifestId, table.leg] }),
    index('manifest_legs_plate').on(table.plate, table.startedAt),
  ],
);

const sum = () => bigint({ mode: 'number' }).notNull();

/** By site and day what left it and what came to it, of streams whose loads come from projects. Adds up, never looked at alone. */
export const siteFlows = pgTable(
  'site_flows',
  {
    siteId: uuid().notNull(),
    direction: text().$type<'out' | 'in'>().notNull(),
    /** Asia/Shanghai. */
    day: text().notNull(),
    wasteClass: text().notNull(),
    method: text().notNull(),
    trips: sum(),
    reservedGrams: sum(),
    loadedGrams: sum(),
    loadedLitres: sum(),
    /** Of what was loaded, that of loads that have been decided on. */
    settledGrams: sum(),
    /** Of these, what lies between m³ at one end and tonnes at the other: it says nothing of the load. */
    densityGrams: sum(),
    acceptedGrams: sum(),
    acceptedLitres: sum(),
    refusedGrams: sum(),
  },
  (table) => [primaryKey({ columns: [table.siteId, table.direction, table.day, table.wasteClass, table.method] })],
);
