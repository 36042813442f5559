import { z } from 'zod';
import { RegionCode } from '../catalogue/commands.ts';
import { STREAMS } from '../catalogue/streams.ts';
import { sightOf } from '../parties/visibility.ts';
import { type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { languageOf } from '../platform/http-errors.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { BasisView, CivilDay, InstantView, Uuid } from '../platform/values.ts';
import { type Bilingual, Problem } from '../problems.ts';
import { STAGE_OF } from './anomalies.ts';
import { ANOMALY_STATUSES } from './lifecycle.ts';
import { type AnomalyRow, findAnomaly, findRule, listAnomalies, listRules } from './queries.ts';
import { amendRule, RuleBody, registerRule } from './rule-commands.ts';
import { StepSchema } from './rule-rows.ts';
import { ruleOf } from './rules/all.ts';
import { SEVERITIES, UNITS } from './rules/rule.ts';

/** Anomalies for those they concern, and the register of rule rows. */
export function reconciliationRoutes(app: App, services: Services): void {
  anomalyRoutes(app, services);
  ruleRoutes(app, services);
}

/** Quantities carry their unit in the name; days, instants and kinds are text. */
const Observations = z.record(z.string(), z.union([z.number().int(), z.string()]));
const AnomalyView = z.object({
  id: z.uuid(),
  version: z.number().int(),
  rule: z.string(),
  ruleVersion: z.number().int(),
  title: z.string(),
  basis: BasisView,
  status: z.enum(ANOMALY_STATUSES),
  severity: z.enum(SEVERITIES),
  stream: z.string(),
  subject: z.object({ kind: z.string(), id: z.uuid() }),
  /** Of rules that judge a period, such as a year. */
  period: z.string().nullable(),
  observed: Observations,
  expected: Observations,
  tolerance: z.object({ name: z.string(), value: z.number(), unit: z.enum(UNITS), source: z.string() }),
  evidence: z.array(z.uuid()),
  summary: z.string(),
  question: z.object({ partyId: z.uuid(), text: z.string() }),
  partyIds: z.array(z.uuid()),
  firstSeenAt: InstantView,
  lastSeenAt: InstantView,
  /** Of a breach: when it began, when it was over, and how long it lasted until then. */
  beganAt: InstantView.nullable(),
  endedAt: InstantView.nullable(),
  durationHours: z.number().int().nullable(),
});

const AnomalyQuery = PageQuery.extend({
  status: z.enum(ANOMALY_STATUSES).optional(),
  rule: z.string().max(40).optional(),
  severity: z.enum(SEVERITIES).optional(),
  stream: z.enum(STREAMS).optional().describe('Of one kind of waste; of one that a regulator does not watch, none'),
  /** What it is about: a manifest, a batch, a permit, a stock account. */
  subjectId: Uuid.optional(),
});

function anomalyRoutes(app: App, { database }: Services): void {
  const { pool } = database;
  app.get(
    '/v1/anomalies',
    {
      config: { operation: 'anomalies.read' },
      schema: {
        summary: '异常 · What does not agree',
        tags: ['anomalies'],
        querystring: AnomalyQuery,
        response: { 200: pageOf(AnomalyView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { status, rule, severity, stream, subjectId, limit, cursor } = request.query;
      const stages = status === undefined ? ['open', 'closed'] : [STAGE_OF[status]];
      const rows = await listAnomalies(pool, await sightOf(pool, request.caller), {
        stages,
        status,
        rule,
        severity,
        stream,
        subjectId,
        below: readCursor(cursor),
        rowsMax: limit + 1,
      });
      return sendPage(
        request,
        reply,
        rows.map((row) => viewOf(row, languageOf(request))),
        limit,
      );
    },
  );

  app.get(
    '/v1/anomalies/:id',
    {
      config: { operation: 'anomalies.read' },
      schema: {
        summary: '异常 · One anomaly, explained',
        tags: ['anomalies'],
        params: Id,
        response: { 200: AnomalyView, default: ProblemView },
      },
    },
    async (request, reply) => {
      const anomaly = await findAnomaly(pool, await sightOf(pool, request.caller), request.params.id);
      if (!anomaly) throw Problem.of(notFound('anomaly', request.params.id));
      reply.header('etag', `"${anomaly.version}"`);
      return viewOf(anomaly, languageOf(request));
    },
  );
}

const HOUR_MS = 3_600_000;

function viewOf(row: AnomalyRow, language: keyof Bilingual): z.output<typeof AnomalyView> {
  const { finding, findingHash: _, ruleRowId: __, subjectKind, subjectId, period, regions: ___, ...anomaly } = row;
  const { beganAt, endedAt } = anomaly;
  return {
    ...anomaly,
    title: ruleOf(row.rule)?.title[language] ?? row.rule,
    basis: finding.basis,
    subject: { kind: subjectKind, id: subjectId },
    period: period === '' ? null : period,
    observed: { ...finding.observed },
    expected: { ...finding.expected },
    tolerance: finding.tolerance,
    evidence: [...finding.evidence],
    partyIds: [...row.partyIds],
    summary: finding.summary[language],
    question: { partyId: finding.question.partyId, text: finding.question[language] },
    durationHours: beganAt && endedAt ? Math.round((endedAt.getTime() - beganAt.getTime()) / HOUR_MS) : null,
  };
}

const RuleView = z.object({
  id: z.uuid(),
  version: z.number().int(),
  rule: z.string(),
  jurisdiction: z.string(),
  stream: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  steps: z.array(StepSchema),
  basis: BasisView,
  ours: z.boolean(),
  enabled: z.boolean(),
  inForceFrom: z.iso.date(),
  inForceTo: z.iso.date().nullable(),
});

const RULE_EXAMPLE = {
  rule: 'piece_count',
  jurisdiction: '370000',
  stream: 'hazardous',
  steps: [{ severity: 'warning', over: 0 }],
  basis: 'TM 18 ¶2',
  ours: true,
  inForceFrom: '2027-01-01',
};

function ruleRoutes(app: App, services: Services): void {
  app.route({
    method: 'GET',
    url: '/v1/rules',
    config: { operation: 'rules.read' },
    schema: {
      summary: 'Rule rows; with a day, those in force on it 异常规则',
      tags: ['rules'],
      querystring: z.strictObject({
        ...PageQuery.shape,
        rule: z.string().max(40).optional(),
        jurisdiction: RegionCode.optional(),
        day: CivilDay.optional(),
      }),
      response: { 200: pageOf(RuleView), default: ProblemView },
    },
    handler: async (request, reply) => {
      const { limit, cursor, ...filter } = request.query;
      const rows = await listRules(services.database, { after: readCursor(cursor), limit: limit + 1 }, filter);
      return sendPage(request, reply, rows.map(copyOf), limit);
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/rules/:id',
    config: { operation: 'rules.read' },
    schema: {
      summary: 'One rule row',
      tags: ['rules'],
      params: Id,
      response: { 200: RuleView, default: ProblemView },
    },
    handler: async (request, reply) => {
      const row = await findRule(services.database, request.params.id);
      if (!row) throw Problem.of(notFound('rule', request.params.id));
      reply.header('etag', `"${row.version}"`);
      return copyOf(row);
    },
  });
  addAct(app, services.journal, {
    url: '/v1/rules',
    operation: 'rules.register',
    summary: 'Enter a rule row; a change is a new row. It is in force within a second',
    act: registerRule,
    body: RuleBody,
    example: RULE_EXAMPLE,
    input: ({ body }) => ({ record: body }),
  });
  addAct(app, services.journal, {
    method: 'PUT',
    url: '/v1/rules/:id',
    operation: 'rules.amend',
    summary: 'Amend a rule row, such as the day it ends or whether it is judged at all. It is in force within a second',
    act: amendRule,
    body: RuleBody,
    example: RULE_EXAMPLE,
    edits: true,
    input: ({ params, body }) => ({ id: params.id, record: body }),
  });
}

const copyOf = <Row extends { readonly steps: readonly unknown[] }>(row: Row) =>
  ({ ...row, steps: [...row.steps] }) as never;
