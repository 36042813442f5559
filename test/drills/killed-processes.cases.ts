import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import t, { type Test } from 'tap';
import { redisUrl } from '../support/database.ts';
import { startProcess } from '../support/processes.ts';
import {
  anomaliesAreWhole,
  cityDatabase,
  everythingAddsUp,
  jobsLeft,
  resendAll,
  rowsOf,
  send,
  startLoad,
  until,
} from './support.ts';

/** `kill -9` of our own processes: what was acknowledged is there, once; what was not can be sent again. */
const CLIENTS = 32;
/** The shortest there is, so that a real lease runs out while we wait. */
const JOB_LEASE_SECONDS = '4';

t.test('kill -9 of an api process under load', { timeout: 90_000 }, async (t) => {
  const { world, url, drop } = await cityDatabase();
  let api = await startProcess({ DATABASE_URL: url, ROLE: 'api' });
  const load = startLoad(world, { clients: CLIENTS, baseUrl: () => api.baseUrl, insists: false });
  await until('400 acts', () => load.acknowledged() >= 400);
  await api.kill();
  await load.stop();
  const unacknowledged = load.sent.filter(({ told }) => !told);
  t.ok(
    unacknowledged.length > 0,
    `${load.acknowledged()} acts acknowledged, ${unacknowledged.length} in flight at the kill`,
  );
  api = await startProcess({ DATABASE_URL: url, ROLE: 'api' });
  const { wasDone, doneNow } = await resendAll(t, api.baseUrl, load.sent);
  t.comment(`of those in flight ${wasDone} had been committed, ${doneNow} were done when sent again`);
  await everythingAddsUp(t, url, load.sent);
  await api.stop();
  await drop();
});

t.test('kill -9 of a process that runs jobs, without Redis', { timeout: 90_000 }, async (t) => {
  await killInTheMiddleOfJobs(t, { ROLE: 'both' });
});

t.test('kill -9 of a worker, with Redis', { timeout: 150_000 }, async (t) => {
  await killInTheMiddleOfJobs(t, { ROLE: 'worker', REDIS_URL: redisUrl(), QUEUE_PREFIX: `{drill-${process.pid}}` });
});

/** The worker is stopped by a lock on what it writes, so that jobs are certainly in its hands when it is killed. */
async function killInTheMiddleOfJobs(t: Test, environment: Record<string, string>): Promise<void> {
  const { world, url, drop } = await cityDatabase();
  const api = await startProcess({ DATABASE_URL: url, ROLE: 'api' });
  const load = startLoad(world, { clients: CLIENTS, baseUrl: () => api.baseUrl, insists: false, loadsMax: 3 });
  await load.stop();
  await api.stop();
  const jobs = await jobsLeft(url);
  t.ok(jobs >= CLIENTS * 3, `${jobs} jobs wait`);

  const few = { JOB_CONCURRENCY: '8', JOURNAL_GROUP_MAX: '8', JOB_LEASE_SECONDS };
  const worker = startProcess({ DATABASE_URL: url, ...environment, ...few });
  await until('some jobs are done', async () => (await jobsLeft(url)) < jobs - 10);
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  await holder.query('begin; lock table anomalies in share mode');
  await until('jobs wait for the lock', async () => (await waiting(url)) > 0);
  const left = await jobsLeft(url);
  await (await worker).kill();
  await holder.end();
  t.ok(left > 0, `killed with ${left} of ${jobs} jobs left, those at work waiting for a lock`);

  const startedAt = performance.now();
  const next = await startProcess({ DATABASE_URL: url, ...environment, JOB_LEASE_SECONDS });
  await sleep(500);
  const leased = await jobsLeft(url);
  await until('the jobs are done', async () => (await jobsLeft(url)) === 0, 100_000);
  t.comment(
    `${leased} jobs waited for their lease; all done ${((performance.now() - startedAt) / 1000).toFixed(1)} s after the restart`,
  );
  await anomaliesAreWhole(t, url);
  await everythingAddsUp(t, url, load.sent);
  await next.stop();
  await drop();
}

const waiting = async (url: string): Promise<number> =>
  (
    await rowsOf<{ count: number }>(
      url,
      "select count(*)::int as count from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
    )
  )[0]!.count;

t.test('the same key at two processes at the same time', { timeout: 60_000 }, async (t) => {
  const { world, url, drop } = await cityDatabase();
  const processes = await Promise.all([1, 2].map(() => startProcess({ DATABASE_URL: url, ROLE: 'api' })));
  const at = new Date().toISOString();
  const body = { siteId: world.consignorSiteId, wasteCode: '900-249-08', massGrams: 1_000, occurredAt: at };
  const keys = Array.from({ length: 300 }, (_, n) => ({
    apiKey: world.consignor.apiKey,
    path: '/v1/generations',
    key: `both-${n}`,
    body,
  }));
  const statuses = new Map<number, number>();
  let [firsts, repeats] = [0, 0];
  const different: unknown[] = [];
  for (let start = 0; start < keys.length; start += 50) {
    await Promise.all(
      keys.slice(start, start + 50).map(async (one) => {
        const told = await Promise.all(processes.map(({ baseUrl }) => send(baseUrl, one)));
        for (const answer of told) {
          statuses.set(answer?.status ?? 0, (statuses.get(answer?.status ?? 0) ?? 0) + 1);
          if (answer?.status === 201) answer.replayed ? repeats++ : firsts++;
        }
        if (told[0]?.body.actId !== told[1]?.body.actId) different.push(told);
        Object.assign(one, { told: told[0] });
      }),
    );
  }
  t.same([...statuses], [[201, 600]], 'both are answered');
  t.same(different.slice(0, 3), [], 'with the same act');
  t.same({ firsts, repeats }, { firsts: 300, repeats: 300 }, 'one of the two says it repeats');
  await everythingAddsUp(t, url, keys);
  await Promise.all(processes.map((process) => process.stop()));
  await drop();
});
