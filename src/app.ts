import type { FastifyBaseLogger } from 'fastify';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { effectiveRoutes } from './catalogue/effective-routes.ts';
import { catalogueRoutes } from './catalogue/routes.ts';
import type { Config } from './config.ts';
import { disposalRoutes } from './disposal/routes.ts';
import { containerRoutes } from './generation/container-routes.ts';
import { generationRoutes } from './generation/routes.ts';
import { storeRoutes } from './generation/store-routes.ts';
import { weighingRoutes } from './generation/weighing-routes.ts';
import { cardRoutes } from './manifests/card-routes.ts';
import { collectionRoutes } from './manifests/collection-routes.ts';
import { manifestRoutes } from './manifests/routes.ts';
import { officialRoutes } from './official/routes.ts';
import { refusalOfUse } from './parties/authorisation.ts';
import { delegationRoutes } from './parties/delegation-routes.ts';
import { designationRoutes } from './parties/designation-routes.ts';
import { authenticator, callerByKey } from './parties/keys.ts';
import { partyRoutes } from './parties/routes.ts';
import { permitRoutes } from './permits/routes.ts';
import { bulkRoutes } from './platform/bulk-routes.ts';
import { runBulks } from './platform/bulk-running.ts';
import { type App, buildHttp, ProblemView } from './platform/http.ts';
import { exampleId } from './platform/ids.ts';
import type { Metrics } from './platform/metrics.ts';
import { validationRoutes } from './platform/validations.ts';
import { projectRoutes } from './projects/routes.ts';
import { reconciliationRoutes } from './reconciliation/routes.ts';
import { tripMatchRoutes } from './reconciliation/trip-match-routes.ts';
import { projectReportRoutes } from './reports/project-routes.ts';
import { registerRoutes } from './reports/register-routes.ts';
import { reportRoutes } from './reports/routes.ts';
import { settlementRoutes } from './reports/settlement-routes.ts';
import type { Service } from './service.ts';
import { observationRoutes } from './transport/observation-routes.ts';
import { transportRoutes } from './transport/routes.ts';

/** Every slice's routes, in the order of the floors. */
const ROUTES: readonly ((app: App, services: Service) => void)[] = [
  catalogueRoutes,
  effectiveRoutes,
  partyRoutes,
  delegationRoutes,
  designationRoutes,
  projectRoutes,
  permitRoutes,
  generationRoutes,
  containerRoutes,
  weighingRoutes,
  storeRoutes,
  transportRoutes,
  observationRoutes,
  manifestRoutes,
  cardRoutes,
  collectionRoutes,
  disposalRoutes,
  reconciliationRoutes,
  tripMatchRoutes,
  reportRoutes,
  registerRoutes,
  officialRoutes,
  projectReportRoutes,
  settlementRoutes,
];

/** Acts asked for by name, as the documentation shows them; a test sends them. */
const VALIDATION_EXAMPLE = {
  operation: 'generations.record',
  body: {
    siteId: exampleId('consignor site'),
    wasteCode: '900-249-08',
    massGrams: 1_250_000,
    occurredAt: '2026-09-15T01:30:00Z',
  },
};

const site = exampleId('consignor site');
const BULK_EXAMPLES = {
  'application/x-ndjson': `${[
    VALIDATION_EXAMPLE,
    {
      operation: 'manifests.draft',
      body: {
        consignorSiteId: site,
        carrierId: exampleId('carrier'),
        consigneeSiteId: exampleId('consignee site'),
        lines: [
          {
            wasteCode: '900-249-08',
            name: '废矿物油',
            form: 'liquid',
            hazards: ['T', 'I'],
            packaging: 'tank',
            massGrams: 1_250_000,
            plannedMethod: 'D10',
          },
        ],
      },
    },
    { operation: 'manifests.issue', id: '@2/id' },
  ]
    .map((line) => JSON.stringify(line))
    .join('\n')}\n`,
  'text/csv': [
    'operation,key,/siteId,/wasteCode,/massGrams,/occurredAt',
    `generations.record,2026-09-15-1,${site},900-249-08,1250000,2026-09-15T01:30:00Z`,
    `generations.record,2026-09-15-2,${site},900-041-49,80000,2026-09-15T02:00:00Z`,
    '',
  ].join('\n'),
};

export interface AppOptions {
  readonly config: Config;
  readonly service: Service;
  readonly logger: FastifyBaseLogger;
  readonly metrics: Metrics;
  readonly version: string;
}

export async function buildApp({ config, service, logger, metrics, version }: AppOptions): Promise<App> {
  const redis = config.REDIS_URL
    ? new Redis(config.REDIS_URL, { maxRetriesPerRequest: 1, enableOfflineQueue: false })
    : undefined;
  redis?.on('error', () => {}); // limits fall back to letting requests through
  const app = await buildHttp({
    logger,
    version,
    redis,
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    requestsPerMinute: config.RATE_LIMIT_PER_MINUTE,
    anonymousRequestsPerMinute: config.RATE_LIMIT_ANONYMOUS_PER_MINUTE,
    authenticate: authenticator(service.database, service.clock),
    refusalOfUse,
    observe: metrics.observeRequest,
  });
  app.addHook('onClose', async () => redis?.disconnect());
  for (const add of ROUTES) add(app, service);
  const operations = { acts: app.acts, refusalOfUse };
  validationRoutes(app, service, operations, VALIDATION_EXAMPLE);
  const bulks =
    config.ROLE === 'api'
      ? undefined
      : runBulks({
          pool: service.database.pool,
          clock: service.clock,
          journal: service.bulkJournal,
          operations,
          callerOf: callerByKey(service.database, service.clock),
          leaseMs: config.JOB_LEASE_SECONDS * 1_000,
          log: logger,
        });
  app.addHook('onClose', async () => bulks?.stop());
  bulkRoutes(app, service, {
    linesMax: config.BULK_LINES_MAX,
    lineLengthMax: config.BULK_LINE_LENGTH_MAX,
    bytesMax: config.BULK_BYTES_MAX,
    openMax: config.BULKS_OPEN_MAX,
    examples: BULK_EXAMPLES,
    onArrival: () => bulks?.wake(),
  });
  addHealth(app, service);
  return app;
}

const Health = z.object({ status: z.enum(['ok', 'unavailable']) });

/** Alive says that the process answers; ready says that it can record. */
function addHealth(app: App, { journal, database }: Service): void {
  const schema = (summary: string) => ({
    summary,
    tags: ['health'],
    security: [],
    response: { 200: Health, 503: Health, default: ProblemView },
  });
  app.get('/healthz', { config: { operation: null }, schema: schema('存活 · The process answers') }, async () => ({
    status: 'ok' as const,
  }));
  app.get(
    '/readyz',
    { config: { operation: null }, schema: schema('就绪 · Acts can be recorded') },
    async (_request, reply) => {
      const reachable = await database.pool.query('select 1').then(
        () => true,
        () => false,
      );
      if (reachable && journal.ready()) return { status: 'ok' as const };
      return reply
        .code(503)
        .header('retry-after', '1')
        .send({ status: 'unavailable' as const });
    },
  );
}
