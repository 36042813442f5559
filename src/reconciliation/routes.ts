import { z } from 'zod';
import { sightOf } from '../parties/visibility.ts';
import { type App, Id, ProblemView, type Services } from '../platform/http.ts';
import { languageOf } from '../platform/http-errors.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { InstantView } from '../platform/values.ts';
import { type Bilingual, Problem } from '../problems.ts';
import { type AnomalyRow, findAnomaly, listAnomalies } from './queries.ts';
import { MASS_RULE } from './rules/mass.ts';
import { SEVERITIES } from './rules/rule.ts';

const Quantities = z.record(z.string(), z.number().int());
const AnomalyView = z.object({
  id: z.uuid(),
  version: z.number().int(),
  rule: z.string(),
  ruleVersion: z.number().int(),
  title: z.string(),
  basis: z.string(),
  status: z.enum(['open', 'cleared']),
  severity: z.enum(SEVERITIES),
  stream: z.string(),
  subject: z.object({ kind: z.string(), id: z.uuid() }),
  observed: Quantities,
  expected: Quantities,
  tolerance: z.object({ name: z.string(), grams: z.number(), source: z.string() }),
  evidence: z.array(z.uuid()),
  summary: z.string(),
  question: z.object({ partyId: z.uuid(), text: z.string() }),
  partyIds: z.array(z.uuid()),
  firstSeenAt: InstantView,
  lastSeenAt: InstantView,
});

const AnomalyQuery = PageQuery.extend({
  status: z.enum(['open', 'cleared']).optional(),
  rule: z.string().max(40).optional(),
  severity: z.enum(SEVERITIES).optional(),
});

export function reconciliationRoutes(app: App, { database }: Services): void {
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
      const { status, rule, severity, limit, cursor } = request.query;
      const stages = status === undefined ? ['open', 'closed'] : [status === 'open' ? 'open' : 'closed'];
      const rows = await listAnomalies(pool, await sightOf(pool, request.caller), {
        stages,
        rule,
        severity,
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

function viewOf(row: AnomalyRow, language: keyof Bilingual): z.output<typeof AnomalyView> {
  const { finding, findingHash: _, subjectKind, subjectId, period: __, regions: ___, ...anomaly } = row;
  return {
    ...anomaly,
    title: MASS_RULE.title[language],
    basis: finding.basis,
    subject: { kind: subjectKind, id: subjectId },
    observed: { ...finding.observed },
    expected: { ...finding.expected },
    tolerance: finding.tolerance,
    evidence: [...finding.evidence],
    partyIds: [...row.partyIds],
    summary: finding.summary[language],
    question: { partyId: finding.question.partyId, text: finding.question[language] },
  };
}
