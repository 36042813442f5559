import pg from 'pg';
import { pino } from 'pino';
import t from 'tap';
import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { startService } from '../../src/service.ts';
import { type Moment, startProxy, throughProxy } from './proxy.ts';
import { cityDatabase, everythingAddsUp, type Sent, send } from './support.ts';

/** The line to Postgres is cut around a COMMIT: nobody knows whether it happened, and every act is answered once, rightly. */
const MOMENTS: readonly Moment[] = ['before', 'after', 'behind'];
const ROUNDS = 4;
const ACTS = 25;

t.test('the connection is cut around a COMMIT', { timeout: 60_000 }, async (t) => {
  const { world, url, drop } = await cityDatabase();
  const proxy = await startProxy(Number(new URL(url).port));
  const config = readConfig({ LOG_LEVEL: 'silent', ROLE: 'api', RATE_LIMIT_PER_MINUTE: '1000000' });
  const [logger, metrics] = [pino({ level: 'silent' }), createMetrics()];
  const databaseUrl = throughProxy(url, proxy);
  const service = await startService({ config, databaseUrl, clock: systemClock, logger, metrics });
  const app = await buildApp({ config, service, logger, metrics, version: 'test' });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const baseUrl = `http://127.0.0.1:${(app.server.address() as { port: number }).port}`;
  const sent: Sent[] = [];
  for (const moment of MOMENTS) {
    let replayed = 0;
    const statuses = new Set<number | undefined>();
    for (let round = 0; round < ROUNDS; round++) {
      const acts = Array.from({ length: ACTS }, (_, n): Sent => {
        const number = n % 2 === 0;
        return {
          apiKey: world.consignor.apiKey,
          path: number ? '/v1/manifests' : '/v1/generations',
          key: `${moment}-${round}-${n}`,
          body: number
            ? world.draftBody()
            : {
                siteId: world.consignorSiteId,
                wasteCode: '900-249-08',
                massGrams: 1_000,
                occurredAt: new Date().toISOString(),
              },
        };
      });
      const drafts = sent.filter(
        ({ path, key }) => path === '/v1/manifests' && key.startsWith(`${moment}-${round - 1}-`),
      );
      const issues = drafts.map(
        (one): Sent => ({
          apiKey: one.apiKey,
          path: `/v1/manifests/${one.told!.body.id}/issue`,
          key: `issue-${one.key}`,
          body: {},
        }),
      );
      proxy.cutNext(moment);
      await Promise.all(
        [...acts, ...issues].map(async (one) => {
          const told = await send(baseUrl, one);
          statuses.add(told?.status);
          if (told && told.status < 300) one.told = told;
          if (told?.replayed) replayed += 1;
          sent.push(one);
        }),
      );
    }
    t.same(
      [...statuses].sort(),
      [200, 201],
      `${moment}: every act is answered, ${replayed} from what had been committed`,
    );
    if (moment === 'after') t.ok(replayed > 0, 'those whose COMMIT had happened are not done again');
    if (moment === 'before') t.equal(replayed, 0, 'nothing had happened');
  }
  t.equal(proxy.cuts(), MOMENTS.length * ROUNDS, `${proxy.cuts()} cuts, ${sent.length} acts`);
  await everythingAddsUp(t, url, sent);
  await app.close();
  await service.stop();
  await proxy.close();
  await noSessionsLeft(url);
  await drop();
});

/** A connection that was cut holds locks until Postgres notices. */
async function noSessionsLeft(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    "select count(*)::int as count from pg_stat_activity where datname = current_database() and state like 'idle in%'",
  );
  if (rows[0].count !== 0) t.fail(`${rows[0].count} transactions were left open`);
  await client.end();
}
