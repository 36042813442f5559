import { sql } from 'drizzle-orm';
import { bigint, index, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { Volume } from '../catalogue/density.ts';
import { subjectColumns } from '../platform/tables.ts';

export const PERMIT_TYPES = [
  'licence',
  'management_plan',
  'project_plan',
  'cross_province_approval',
  'cross_province_information',
  'white_list',
  'point_to_point',
  'contract',
  'pilot',
  'discharge_permit',
  'transport_permit',
  'receiving_permit',
  'site_capacity',
] as const;
export type PermitType = (typeof PERMIT_TYPES)[number];

/** A party files these for itself and numbers them itself; the others are numbered by an authority. */
export const SELF_FILED = ['contract', 'management_plan'] as const satisfies readonly PermitType[];
const numberedByHolder = sql.raw(`type in (${SELF_FILED.map((type) => `'${type}'`).join(', ')})`);

/** One shape for everything that allows something to somebody, up to an amount, for a time. */
export const permits = pgTable(
  'permits',
  {
    ...subjectColumns,
    type: text().$type<PermitType>().notNull(),
    number: text().notNull(),
    holderId: uuid().notNull(),
    siteId: uuid(),
    counterpartId: uuid(),
    /** Waste codes, or classes such as HW08; empty means any. */
    wasteCodes: jsonb().$type<readonly string[]>().notNull(),
    /** Taken out of `wasteCodes` again. */
    excludedCodes: jsonb().$type<readonly string[]>().notNull().default([]),
    /** Treatment methods it covers; empty means any. */
    methods: jsonb().$type<readonly string[]>().notNull(),
    /** Regions the waste may come from (GB/T 2260); empty means any. */
    areas: jsonb().$type<readonly string[]>().notNull().default([]),
    capGrams: bigint({ mode: 'number' }),
    /** Where it was given in m³: what `capGrams` follows from. */
    capVolume: jsonb().$type<Volume>(),
    /** First day of validity. */
    validFrom: text().notNull(),
    /** First day on which it is no longer valid. */
    validTo: text().notNull(),
    status: text().$type<'valid' | 'revoked'>().notNull(),
  },
  (table) => [
    uniqueIndex('permits_number').on(table.type, table.number).where(sql`not (${numberedByHolder})`),
    uniqueIndex('permits_holder_number').on(table.type, table.holderId, table.number).where(numberedByHolder),
    index('permits_holder').on(table.holderId, table.type),
    index('permits_counterpart').on(table.counterpartId),
  ],
);

/** What is promised against a permit and what has been used of it, per period of its cap. Adds up, never looked at alone. */
export const permitUses = pgTable(
  'permit_uses',
  {
    permitId: uuid().notNull(),
    /** A year (2026), or `validity`. */
    period: text().notNull(),
    reservedGrams: bigint({ mode: 'number' }).notNull(),
    usedGrams: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.permitId, table.period] })],
);

/** The same by manifest: who used a permit, newest first. */
export const permitUseManifests = pgTable(
  'permit_use_manifests',
  {
    permitId: uuid().notNull(),
    manifestId: uuid().notNull(),
    period: text().notNull(),
    reservedGrams: bigint({ mode: 'number' }).notNull(),
    usedGrams: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.permitId, table.manifestId, table.period] })],
);
