import { boolean, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { subjectColumns } from '../platform/tables.ts';

/** Dated rows for every number, switch and list the law or a city sets. Seeded from data/policies.json, edited only through the journal. */
export const policies = pgTable('policies', {
  ...subjectColumns,
  policy: text().notNull(),
  /** GB/T 2260; 000000 is the nation. */
  jurisdiction: text().notNull(),
  stream: text().notNull(),
  value: jsonb().notNull(),
  looksAt: text().notNull(),
  place: text().notNull(),
  basis: jsonb().$type<{ instrument: string; article: string }>().notNull(),
  /** True when no text sets it and the value is our own default. */
  ours: boolean().notNull(),
  inForceFrom: text().notNull(),
  inForceTo: text(),
});
