import { pino } from 'pino';
import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { namedUuid } from '../../src/platform/ids.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { startService } from '../../src/service.ts';

/**
 * A process of the service for tests that need several: configured by its environment as any other, on a port of the
 * kernel's choice, which it prints. With IDS=named the ids of new subjects follow from the keys of their acts, so that a
 * replay elsewhere gives the same ones.
 */
const config = readConfig();
const logger = pino({ level: config.LOG_LEVEL ?? 'info' }, pino.destination(2));
const metrics = createMetrics();
const service = await startService({
  config,
  databaseUrl: config.DATABASE_URL!,
  clock: systemClock,
  logger,
  metrics,
  ...(process.env.QUEUE_PREFIX ? { queuePrefix: process.env.QUEUE_PREFIX } : {}),
  ...(process.env.IDS === 'named'
    ? {
        journal: {
          mintIds:
            ({ organisation, key }) =>
            (nth = 0) =>
              namedUuid(`${organisation} ${key} ${nth}`),
        },
      }
    : {}),
});
const app = await buildApp({ config, service, logger, metrics, version: 'test' });
if (config.ROLE !== 'worker') await app.listen({ host: '127.0.0.1', port: 0 });
const address = app.server.address() as { port: number } | null;
process.stdout.write(`ready ${address?.port ?? 0}\n`);
process.on('SIGTERM', async () => {
  await app.close();
  await service.stop();
  process.exit(0);
});
