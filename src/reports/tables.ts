import { bigint, boolean, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { instant, subjectColumns } from '../platform/tables.ts';
import type { Figures, PeriodType } from './rules.ts';

/** 申报: what a site confirmed of a period. The figures stand as they were confirmed; a correction is a later version. */
export const reports = pgTable(
  'reports',
  {
    ...subjectColumns,
    siteId: uuid().notNull(),
    partyId: uuid().notNull(),
    region: text().notNull(),
    /** `2026-10`, `2026-Q3`, `2026`. */
    period: text().notNull(),
    periodType: text().$type<PeriodType>().notNull(),
    /** First day, and first day after it (Asia/Shanghai). */
    fromDay: text().notNull(),
    toDay: text().notNull(),
    dueOn: text().notNull(),
    figures: jsonb().$type<readonly Figures[]>().notNull(),
    /** 零申报: nothing came into being, came in, was treated or left. */
    zero: boolean().notNull(),
    /** No event above it is in the figures: the highest ordinal drawn when they were computed. */
    ledgerOrdinal: bigint({ mode: 'number' }).notNull(),
    firstConfirmedAt: instant().notNull(),
    confirmedAt: instant().notNull(),
  },
  (table) => [unique('reports_period').on(table.siteId, table.period)],
);
