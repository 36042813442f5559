import { boolean, index, jsonb, pgTable, primaryKey, smallint, text, unique, uuid } from 'drizzle-orm/pg-core';
import type { Stream } from '../catalogue/policies.ts';
import { instant, subjectColumns } from '../platform/tables.ts';

export const STATUSES = ['draft', 'issued', 'in_transit', 'arrived', 'received', 'void'] as const;
export type Status = (typeof STATUSES)[number];

/** Part of a batch on a line, as picked up. */
export interface LineBatch {
  readonly batchId: string;
  readonly grams: number;
  readonly pieces: number;
  /** True when nobody named it and the oldest was taken. */
  readonly inferred: boolean;
}

/** One waste on a manifest as its draft says it (TM 16). */
export interface DraftLine {
  readonly line: number;
  readonly wasteCode: string;
  readonly name: string;
  readonly form: string;
  readonly hazards: readonly string[];
  readonly packaging: string;
  readonly declaredGrams: number;
  readonly declaredPieces: number;
  readonly plannedMethod: string;
  /** Batches the consignor named; empty: the oldest are taken. */
  readonly namedBatches: readonly string[];
}

/** With what was added to it as the load moved on; nothing is overwritten. */
export interface Line extends DraftLine {
  readonly pickedUpGrams: number | null;
  readonly pickedUpPieces: number | null;
  readonly loaded: readonly LineBatch[];
  readonly acceptedGrams: number | null;
  readonly refusedGrams: number | null;
  readonly receivedPieces: number | null;
  readonly method: string | null;
  readonly receivedBatchId: string | null;
}

export const DISCREPANCY_TYPES = ['name', 'quantity', 'property', 'form', 'packing'] as const;

/** 不符 (TM 18 ¶2). What was found is free text and stands in the event's details. */
export interface Discrepancy {
  readonly line: number;
  readonly type: (typeof DISCREPANCY_TYPES)[number];
}

export const manifests = pgTable(
  'manifests',
  {
    ...subjectColumns,
    stream: text().$type<Stream>().notNull(),
    status: text().$type<Status>().notNull(),
    /** 14 digits, TM 15; null while a draft. */
    number: text(),
    officialNumber: text(),
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
    plate: text(),
    driverId: uuid(),
    waybillNumber: text(),
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
  },
  (table) => [unique('manifests_number').on(table.number), index('manifests_official').on(table.officialNumber)],
);

/** Legs that have begun, over all manifests: what one plate did when. Follows from the manifests (legs.ts). */
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
