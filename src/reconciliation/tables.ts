import { integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant, subjectColumns } from '../platform/tables.ts';
import type { Finding } from './rules/rule.ts';

/** 异常: what a rule raised. Its identity is (rule, subject, period); every judgement is an event. */
export const anomalies = pgTable('anomalies', {
  ...subjectColumns,
  rule: text().notNull(),
  ruleVersion: integer().notNull(),
  subjectKind: text().notNull(),
  subjectId: uuid().notNull(),
  period: text().notNull(),
  status: text().$type<'open' | 'cleared'>().notNull(),
  severity: text().$type<'info' | 'warning' | 'critical'>().notNull(),
  findingHash: text().notNull(),
  finding: jsonb().$type<Finding>().notNull(),
  partyIds: jsonb().$type<readonly string[]>().notNull(),
  regions: jsonb().$type<readonly string[]>().notNull(),
  stream: text().notNull(),
  firstSeenAt: instant().notNull(),
  lastSeenAt: instant().notNull(),
});
