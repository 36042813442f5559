import { sql } from 'drizzle-orm';
import {
  bigint,
  date,
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
import { instant, subjectColumns } from '../platform/tables.ts';
import type { Crs } from './coordinates.ts';
import type { Shape } from './fence-rules.ts';
import type { Evidence } from './rules.ts';

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

export const GATE_DIRECTIONS = ['exit', 'entry'] as const;
export type GateDirection = (typeof GATE_DIRECTIONS)[number];

/** 门岗过车: a vehicle went out of a site or came in. One plate passes many times a day. */
export const gatePasses = pgTable(
  'gate_passes',
  {
    ...subjectColumns,
    siteId: uuid().notNull(),
    /** Of the site. */
    partyId: uuid().notNull(),
    deviceId: uuid(),
    /** The device's own count of its reports. */
    deviceSequence: bigint({ mode: 'number' }),
    direction: text().$type<GateDirection>().notNull(),
    plate: text().notNull(),
    manifestId: uuid(),
    /** As it was scanned, whether or not there is such a manifest. */
    manifestNumber: text(),
    volumeLitres: integer(),
    photoHash: text(),
    passedAt: instant().notNull(),
  },
  (table) => [
    unique('gate_passes_sequence').on(table.deviceId, table.deviceSequence),
    index('gate_passes_site').on(table.siteId, table.id),
    index('gate_passes_manifest').on(table.manifestId).where(sql`manifest_id is not null`),
    index('gate_passes_plate').on(table.plate, table.passedAt),
  ],
);

/** One kind of dangerous goods on a waybill. */
export interface WaybillGoods {
  readonly unNumber: string;
  readonly hazardClass: string;
  readonly packingGroup: 'I' | 'II' | 'III' | null;
  readonly massGrams: number;
}

/** 危货运单: one vehicle, one journey, as its carrier wrote it. */
export const waybills = pgTable(
  'waybills',
  {
    ...subjectColumns,
    carrierId: uuid().notNull(),
    number: text().notNull(),
    plate: text().notNull(),
    trailerPlate: text(),
    driverId: uuid(),
    escortId: uuid(),
    goods: jsonb().$type<readonly WaybillGoods[]>().notNull(),
    routeRegions: jsonb().$type<readonly string[]>().notNull(),
    manifestNumbers: jsonb().$type<readonly string[]>().notNull(),
    departsAt: instant().notNull(),
    arrivesAt: instant(),
    /** Last day on which it must still be kept, Asia/Shanghai. */
    keepUntil: text().notNull(),
  },
  (table) => [
    unique('waybills_number').on(table.carrierId, table.number),
    index('waybills_manifests').using('gin', sql`${table.manifestNumbers} jsonb_path_ops`),
  ],
);

/** 电子围栏: where a site lies, in WGS-84, with the days on which that held. */
export const fences = pgTable(
  'fences',
  {
    ...subjectColumns,
    siteId: uuid().notNull(),
    name: text(),
    stream: text().$type<Stream>().notNull(),
    sourceCrs: text().$type<Crs>().notNull(),
    shape: jsonb().$type<Shape>().notNull(),
    /** The box around it, in ten-millionths of a degree. */
    westE7: integer('west_e7').notNull(),
    southE7: integer('south_e7').notNull(),
    eastE7: integer('east_e7').notNull(),
    northE7: integer('north_e7').notNull(),
    inForceFrom: text().notNull(),
    inForceTo: text(),
  },
  (table) => [index('fences_site').on(table.siteId), index('fences_west').on(table.westE7)],
);

/**
 * 自动联单: a vehicle was seen to leave one site and to enter another. `manifestId` and `leg` are the declared journey it
 * was matched with, by reconciliation; while null, nobody has declared it.
 */
export const observedTrips = pgTable(
  'observed_trips',
  {
    ...subjectColumns,
    status: text().$type<'observed' | 'withdrawn'>().notNull(),
    stream: text().$type<Stream>().notNull(),
    plate: text().notNull(),
    /** Whose vehicle it is, when it is registered. */
    carrierId: uuid(),
    fromSiteId: uuid().notNull(),
    fromPartyId: uuid().notNull(),
    fromRegion: text().notNull(),
    departedAt: instant().notNull(),
    toSiteId: uuid().notNull(),
    toPartyId: uuid().notNull(),
    toRegion: text().notNull(),
    arrivedAt: instant().notNull(),
    evidence: jsonb().$type<readonly Evidence[]>().notNull(),
    /** How many positions there are between the two, and the SHA-256 over them. */
    positions: integer().notNull(),
    trackHash: text(),
    manifestId: uuid(),
    leg: smallint(),
    secondsApart: integer(),
    /** When we first knew of it. */
    observedAt: instant().notNull(),
  },
  (table) => [
    index('observed_trips_plate').on(table.plate, table.departedAt),
    index('observed_trips_manifest').on(table.manifestId).where(sql`manifest_id is not null`),
  ],
);

/**
 * 定位: where a vehicle was, in WGS-84. No act of its own and no event: partitioned by the month of `at`, written in
 * batches, dropped when `keptUntil` has passed. Degrees are counted in ten-millionths, some 1 cm.
 */
export const positions = pgTable(
  'positions',
  {
    at: instant().notNull(),
    /** Null: its carrier told it, and no terminal. */
    deviceId: uuid(),
    longitudeE7: integer('longitude_e7').notNull(),
    latitudeE7: integer('latitude_e7').notNull(),
    keptUntil: date({ mode: 'string' }).notNull(),
    accuracyMetres: smallint(),
    speedKmh: smallint(),
    headingDegrees: smallint(),
    plate: text().notNull(),
    /** What it was told in. */
    crs: text().$type<Crs>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.plate, table.at] }), index('positions_kept').using('brin', table.keptUntil)],
);

/** 号牌抓拍: what a plate camera read. Written in batches, without an act; partitioned by the month of `seenAt`. */
export const sightings = pgTable(
  'sightings',
  {
    deviceId: uuid().notNull(),
    deviceSequence: bigint({ mode: 'number' }).notNull(),
    seenAt: instant().notNull(),
    siteId: uuid().notNull(),
    plate: text().notNull(),
    confidencePermille: smallint(),
    evidenceHash: text(),
    keptUntil: date({ mode: 'string' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.deviceId, table.deviceSequence, table.seenAt] }),
    index('sightings_plate').on(table.plate, table.seenAt),
    index('sightings_kept').using('brin', table.keptUntil),
  ],
);

/** Where a track crossed a fence, read off the positions: made again whenever later ones come for that time. */
export const fenceCrossings = pgTable(
  'fence_crossings',
  {
    plate: text().notNull(),
    at: instant().notNull(),
    siteId: uuid().notNull(),
    direction: text().$type<GateDirection>().notNull(),
    fenceId: uuid().notNull(),
    fenceVersion: integer().notNull(),
    keptUntil: date({ mode: 'string' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.plate, table.at, table.siteId, table.direction] }),
    index('fence_crossings_kept').using('brin', table.keptUntil),
  ],
);

/** Plates of which something was stored that no job has looked at yet, and of what time. */
export const trackMarks = pgTable('track_marks', {
  plate: text().primaryKey(),
  fromAt: instant().notNull(),
  toAt: instant().notNull(),
});
