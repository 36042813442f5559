import { bigint, index, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { subjectColumns } from '../platform/tables.ts';

export const PERMIT_TYPES = [
  'licence',
  'management_plan',
  'project_plan',
  'cross_province_approval',
  'white_list',
  'point_to_point',
] as const;

/** One shape for everything that allows something to somebody, up to an amount, for a time. */
export const permits = pgTable(
  'permits',
  {
    ...subjectColumns,
    type: text().$type<(typeof PERMIT_TYPES)[number]>().notNull(),
    number: text().notNull(),
    holderId: uuid().notNull(),
    siteId: uuid(),
    counterpartId: uuid(),
    /** Waste codes, or classes such as HW08. */
    wasteCodes: jsonb().$type<readonly string[]>().notNull(),
    /** Treatment methods it covers; empty means any. */
    methods: jsonb().$type<readonly string[]>().notNull(),
    capGrams: bigint({ mode: 'number' }),
    /** First day of validity. */
    validFrom: text().notNull(),
    /** First day on which it is no longer valid. */
    validTo: text().notNull(),
    status: text().$type<'valid' | 'revoked'>().notNull(),
  },
  (table) => [
    unique('permits_number').on(table.type, table.number),
    index('permits_holder').on(table.holderId, table.type),
    index('permits_counterpart').on(table.counterpartId),
  ],
);
