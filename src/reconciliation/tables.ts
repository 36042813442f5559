import { boolean, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type { Stream } from '../catalogue/streams.ts';
import { instant, subjectColumns } from '../platform/tables.ts';
import type { AnomalyStatus } from './lifecycle.ts';
import type { Finding, Severity, Step } from './rules/rule.ts';

/** Dated rows of the rules: numbers, steps, basis. Seeded from catalogue/data/rules.json, edited only through the journal. */
export const rules = pgTable('rules', {
  ...subjectColumns,
  rule: text().notNull(),
  /** GB/T 2260; 000000 is the nation. */
  jurisdiction: text().notNull(),
  stream: text().$type<Stream | '*'>().notNull(),
  parameters: jsonb().$type<Readonly<Record<string, unknown>>>().notNull(),
  steps: jsonb().$type<readonly Step[]>().notNull(),
  basis: text().notNull(),
  /** True when a number in it is our own default. */
  ours: boolean().notNull(),
  enabled: boolean().notNull(),
  inForceFrom: text().notNull(),
  inForceTo: text(),
});

/** 异常: what a rule raised. Its identity is (rule, subject, period); every judgement is an event. */
export const anomalies = pgTable(
  'anomalies',
  {
    ...subjectColumns,
    rule: text().notNull(),
    /** The row it was last judged by, as it stood then; null from the time before there were rows. */
    ruleRowId: uuid(),
    ruleVersion: integer().notNull(),
    subjectKind: text().notNull(),
    subjectId: uuid().notNull(),
    period: text().notNull(),
    status: text().$type<AnomalyStatus>().notNull(),
    severity: text().$type<Severity>().notNull(),
    findingHash: text().notNull(),
    finding: jsonb().$type<Finding>().notNull(),
    partyIds: jsonb().$type<readonly string[]>().notNull(),
    regions: jsonb().$type<readonly string[]>().notNull(),
    stream: text().notNull(),
    firstSeenAt: instant().notNull(),
    lastSeenAt: instant().notNull(),
    /** Of a breach: when it began and when it was over. */
    beganAt: instant(),
    endedAt: instant(),
  },
  (table) => [
    index('anomalies_subject').on(table.subjectId, table.rule),
    index('anomalies_rule').on(table.rule, table.id),
  ],
);
