import type { FastifyBaseLogger } from 'fastify';
import { Redis } from 'ioredis';
import { z } from 'zod';
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
import { refusalOfUse } from './parties/authorisation.ts';
import { delegationRoutes } from './parties/delegation-routes.ts';
import { designationRoutes } from './parties/designation-routes.ts';
import { authenticator } from './parties/keys.ts';
import { partyRoutes } from './parties/routes.ts';
import { permitRoutes } from './permits/routes.ts';
import { type App, buildHttp, ProblemView } from './platform/http.ts';
import type { Metrics } from './platform/metrics.ts';
import { reconciliationRoutes } from './reconciliation/routes.ts';
import { registerRoutes } from './reports/register-routes.ts';
import { reportRoutes } from './reports/routes.ts';
import type { Service } from './service.ts';
import { transportRoutes } from './transport/routes.ts';

/** Every slice's routes, in the order of the floors. */
const ROUTES: readonly ((app: App, services: Service) => void)[] = [
  catalogueRoutes,
  partyRoutes,
  delegationRoutes,
  designationRoutes,
  permitRoutes,
  generationRoutes,
  containerRoutes,
  weighingRoutes,
  storeRoutes,
  transportRoutes,
  manifestRoutes,
  cardRoutes,
  collectionRoutes,
  disposalRoutes,
  reconciliationRoutes,
  reportRoutes,
  registerRoutes,
];

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
