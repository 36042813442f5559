/**
 * The dated rows of the rules, and the book they are looked up in. As with policies, the row of the nearest jurisdiction
 * that is in force on the day decides, one for the stream before one for all. A row may switch a rule off for its place,
 * stream and days (`enabled: false`).
 */
import type pg from 'pg';
import { z } from 'zod';
import { assertNoClash, nearestRow } from '../catalogue/policies.ts';
import { lawOn, loadPolicyBook, type PolicyBook } from '../catalogue/reference.ts';
import { DaySchema, readText } from '../catalogue/reference-files.ts';
import { ancestorsOn } from '../catalogue/regions.ts';
import type { DatedRow } from '../catalogue/registers.ts';
import { STREAMS } from '../catalogue/streams.ts';
import type { Lookup } from '../platform/acts.ts';
import { sha256 } from '../platform/events.ts';
import { registerKind } from '../platform/register.ts';
import { fieldErrors } from '../platform/schema-messages.ts';
import type { StateOf } from '../platform/subjects.ts';
import { type FieldError, inLanguage } from '../problems.ts';
import { ruleOf } from './rules/all.ts';
import { type RuleBook, type RuleRow, SEVERITIES, type Step } from './rules/rule.ts';
import { rules } from './tables.ts';

export const ruleKind = registerKind('rule', rules);
export type RuleState = StateOf<typeof rules>;

export const StepSchema = z.strictObject({ severity: z.enum(SEVERITIES), over: z.number().int().min(0) });

/** What is wrong with the terms of a row, by its rule. Pure; never throws. */
export function wrongTerms(row: {
  readonly rule: string;
  readonly stream: string;
  readonly parameters: unknown;
  readonly steps: readonly Step[];
}): { readonly pointer: string; readonly zh: string; readonly en: string } | undefined {
  const rule = ruleOf(row.rule);
  if (!rule) return { pointer: '/rule', zh: `没有规则 ${row.rule}。`, en: `There is no rule ${row.rule}.` };
  const parsed = rule.parameters.safeParse(row.parameters);
  if (!parsed.success) {
    const [{ pointer, detail }] = fieldErrors(parsed.error.issues, '/parameters') as [FieldError];
    return {
      pointer,
      zh: `参数不符合规则 ${row.rule} 的格式：${inLanguage(detail, 'zh')}。`,
      en: `The parameters do not fit ${row.rule}: ${inLanguage(detail, 'en')}.`,
    };
  }
  const streams: readonly string[] = rule.streams;
  if (row.stream !== '*' && !streams.includes(row.stream))
    return {
      pointer: '/stream',
      zh: `${row.rule} 不适用于 ${row.stream}；可用：${streams.join('、')} 或 *。`,
      en: `${row.rule} has no meaning for ${row.stream}; it knows ${streams.join(', ')} or *.`,
    };
  return wrongSteps(row.rule, rule.unit !== null, row.steps);
}

function wrongSteps(rule: string, hasSteps: boolean, steps: readonly Step[]) {
  if (!hasSteps && steps.length > 0)
    return {
      pointer: '/steps',
      zh: `${rule} 的等级取自政策，此处须为空。`,
      en: `The severities of ${rule} come from a policy; leave the steps empty.`,
    };
  if (hasSteps && steps.length === 0)
    return { pointer: '/steps', zh: `${rule} 至少要有一级。`, en: `${rule} needs at least one step.` };
  const rises = steps.every((step, index) => {
    const before = steps[index - 1];
    return (
      !before || (before.over < step.over && SEVERITIES.indexOf(before.severity) < SEVERITIES.indexOf(step.severity))
    );
  });
  if (rises) return undefined;
  return {
    pointer: '/steps',
    zh: '各级须由轻到重，over 逐级增大。',
    en: 'Steps go from the least to the worst, each with a larger `over`.',
  };
}

const SeedSchema = z.strictObject({
  id: z.string().min(1),
  rule: z.string(),
  jurisdiction: z.string().regex(/^\d{6}$/),
  stream: z.enum([...STREAMS, '*']),
  parameters: z.record(z.string(), z.unknown()),
  steps: z.array(StepSchema),
  basis: z.string().min(1),
  ours: z.boolean(),
  enabled: z.boolean(),
  inForceFrom: DaySchema,
  inForceTo: DaySchema.nullable(),
});
export type SeedRule = Readonly<z.infer<typeof SeedSchema>>;

/** The rows we ship. @throws ZodError or Error at start for a row that does not fit. */
export const seedRuleRows: readonly SeedRule[] = checked(z.array(SeedSchema).parse(JSON.parse(readText('rules.json'))));

function checked(rows: readonly SeedRule[]): readonly SeedRule[] {
  assertNoClash('rule', rows, (row) => row.rule);
  for (const row of rows) {
    const wrong = wrongTerms(row);
    if (wrong) throw new Error(`rule row ${row.id}: ${wrong.en}`);
  }
  return rows;
}

/** Rows that may not be in force on the same day share this name. */
export const ruleKey = (row: Pick<RuleRow, 'rule' | 'jurisdiction' | 'stream'>): string =>
  `rule ${row.rule} ${row.jurisdiction} ${row.stream}`;

/** Gated: two rows entered at the same moment must see each other. */
export const ruleRowsLookup: Lookup<readonly DatedRow[]> = {
  name: 'rule-rows',
  gated: true,
  sql: `select k.key, r.id, r.in_force_from, r.in_force_to
    from unnest($1::text[]) as k(key)
    join rules r on 'rule ' || r.rule || ' ' || r.jurisdiction || ' ' || r.stream = k.key
    order by r.in_force_from`,
  read: (rows) =>
    rows.map(([, id, inForceFrom, inForceTo]) => ({
      id: id as string,
      inForceFrom: inForceFrom as string,
      inForceTo: inForceTo as string | null,
    })),
};

/** Policies and rule rows as one snapshot; its version covers both. */
export function ruleBook(policies: PolicyBook, rows: readonly RuleRow[]): RuleBook {
  const sorted = [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
  const byRule = new Map<string, RuleRow[]>();
  for (const row of sorted) byRule.set(row.rule, [...(byRule.get(row.rule) ?? []), row]);
  return {
    version: `${policies.version}.${sha256(JSON.stringify(sorted)).toString('hex').slice(0, 12)}`,
    policy: policies.policy,
    policyIf: policies.policyIf,
    rule(id, { region, stream, day }) {
      const judgedOn = lawOn(day);
      const question = { ancestors: ancestorsOn(region, judgedOn), stream, day: judgedOn };
      const row = nearestRow(byRule.get(id) ?? [], question);
      return row?.enabled ? (row as RuleRow<never>) : undefined;
    },
  };
}

const ROWS_SQL = `select id, seq as version, rule, jurisdiction, stream, parameters, steps, basis, ours, enabled,
  in_force_from as "inForceFrom", in_force_to as "inForceTo" from rules order by id`;

/** @throws what Postgres throws; ZodError for a policy row that does not fit. */
export async function loadRuleBook(pool: pg.Pool): Promise<RuleBook> {
  const [policies, { rows }] = await Promise.all([loadPolicyBook(pool), pool.query<RuleRow>(ROWS_SQL)]);
  return ruleBook(policies, rows);
}
