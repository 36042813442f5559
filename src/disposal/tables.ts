import { bigint, boolean, index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type { TreatmentKind } from '../catalogue/treatment-methods.ts';
import type { Place } from '../custody/ledger.ts';
import { instant, subjectColumns } from '../platform/tables.ts';

/** What one batch gave to a treatment. */
export interface TreatmentInput {
  readonly batchId: string;
  readonly wasteCode: string;
  readonly grams: number;
  readonly pieces: number;
  readonly dryGrams: number;
  /** True when nobody named it and the oldest was taken. */
  readonly inferred: boolean;
  /** The container it was in, all of which went in. */
  readonly containerId?: string;
  /** Where the record of that said it lay; absent: in the stock of the site. */
  readonly from?: Place;
}

/** A residue is waste again, a batch of its own; a product is none. */
export type TreatmentOutput = { readonly grams: number; readonly dryGrams: number } & (
  | { readonly kind: 'residue'; readonly wasteCode: string; readonly batchId: string }
  | { readonly kind: 'product'; readonly name: string }
);

export interface Additive {
  readonly name: string;
  readonly grams: number;
}

/** 利用、处置 (法典 468; HJ 1259 annex B.4): what was done with which batches at a site, and what came of it. */
export const treatments = pgTable(
  'treatments',
  {
    ...subjectColumns,
    status: text().$type<'recorded' | 'reversed'>().notNull(),
    partyId: uuid().notNull(),
    siteId: uuid().notNull(),
    /** Whose waste it was; what comes of it stays theirs. */
    ownerId: uuid().notNull(),
    region: text().notNull(),
    method: text().notNull(),
    treatmentKind: text().$type<TreatmentKind>().notNull(),
    facilityCode: text(),
    /** 自行利用、处置: none of it was received from another. */
    selfTreatment: boolean().notNull(),
    /** HJ 1259 annex B: HWZXLY or HWZXCZ, the day and a serial; null for waste received from others. */
    batchCode: text(),
    startedAt: instant().notNull(),
    endedAt: instant().notNull(),
    inputs: jsonb().$type<readonly TreatmentInput[]>().notNull(),
    outputs: jsonb().$type<readonly TreatmentOutput[]>().notNull(),
    additives: jsonb().$type<readonly Additive[]>().notNull(),
    lossGrams: bigint({ mode: 'number' }).notNull(),
    reversedAt: instant(),
  },
  (table) => [
    index('treatments_site').on(table.siteId, table.id),
    index('treatments_ended').on(table.siteId, table.endedAt),
  ],
);
