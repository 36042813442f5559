import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { freePort } from '../../src/platform/postmaster.ts';
import { type RunningProcess, startProcess } from '../support/processes.ts';
import { startRedisProcess } from '../support/redis-server.ts';
import {
  anomaliesAreWhole,
  cityDatabase,
  everythingAddsUp,
  jobsLeft,
  leasesExpire,
  rowsOf,
  startLoad,
  until,
} from './support.ts';

/** Redis may be late, wiped or killed, and may deliver twice: the outbox is the truth. */
const PREFIX = '{drill-redis}';

t.test('Redis comes late, is flushed and is killed under load', { timeout: 120_000 }, async (t) => {
  const { world, url, drop } = await cityDatabase();
  const port = await freePort();
  const environment = { DATABASE_URL: url, REDIS_URL: `redis://127.0.0.1:${port}`, QUEUE_PREFIX: PREFIX };
  const [api, worker] = await Promise.all(['api', 'worker'].map((ROLE) => startProcess({ ...environment, ROLE })));
  const load = startLoad(world, { clients: 16, baseUrl: () => api!.baseUrl, insists: false });
  await until('60 acts without Redis', () => load.acknowledged() >= 60);
  const waiting = await jobsLeft(url);

  let redis = await startRedisProcess({ port });
  const late = await until('jobs are done', async () => (await doneJobs(url)) > 0);
  t.comment(`no Redis at start: acts went on, ${waiting} jobs waited; the first was done ${late} ms after Redis came`);

  const client = new Redis(redis.url);
  for (let n = 0; n < 5; n++) {
    const wanted = load.acknowledged() + 25;
    await until('more acts', () => load.acknowledged() >= wanted);
    await client.flushall();
  }
  client.disconnect();

  process.kill(redis.pid, 'SIGKILL');
  await redis.stop();
  const before = load.acknowledged();
  await until('100 acts while Redis is away', () => load.acknowledged() >= before + 100);
  redis = await startRedisProcess({ port });
  await load.stop();
  t.same(load.failures, [], `${load.acknowledged()} acts, none of them disturbed`);
  await settle(t, url);
  await anomaliesAreWhole(t, url);
  await everythingAddsUp(t, url, load.sent);
  await deliveredTwice(t, url, redis.url);
  await poisonJobs(t, url);
  await stopAll([api!, worker!]);
  await redis.stop();
  await drop();
});

/** What a flush took comes back when its lease ends. */
async function settle(t: Test, url: string): Promise<void> {
  const leased = (
    await rowsOf<{ count: number }>(
      url,
      "select count(*)::int as count from outbox where state = 'pending' and job <> 'judge_deadline' and available_at > now() + interval '10 seconds'",
    )
  )[0]!.count;
  let leases = 0;
  const wait = await until(
    'no job is left',
    async () => {
      if ((await jobsLeft(url)) === 0) return true;
      if (leases++ % 80 === 40) await leasesExpire(url);
      return false;
    },
    60_000,
  );
  t.comment(`${leased} jobs waited for their lease; all done after ${wait} ms, leases of 60 s passed over`);
}

async function deliveredTwice(t: Test, url: string, redisUrl: string): Promise<void> {
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue('jobs', { connection, prefix: PREFIX });
  const [counts] = await countsOf(url);
  const rows = await rowsOf<{ id: string }>(
    url,
    "update outbox set state = 'pending', available_at = now() + interval '1 hour' where id in (select id from outbox where job = 'judge' order by id limit 20) returning id",
  );
  await queue.addBulk(
    rows.flatMap(({ id }) =>
      ['a', 'b', 'c'].map((copy) => ({
        name: 'job',
        data: { id: Number(id) },
        opts: { jobId: `${copy}${id}`, removeOnComplete: true },
      })),
    ),
  );
  await until('done again', async () => (await jobsLeft(url)) === 0);
  await until('the queue is empty', async () => (await queue.getJobCountByTypes('waiting', 'active', 'delayed')) === 0);
  t.same((await countsOf(url))[0], counts, '20 jobs delivered three times each, done before: nothing is doubled');
  await queue.close();
  connection.disconnect();
}

const countsOf = (url: string) =>
  rowsOf(
    url,
    'select (select count(*)::int from custody_events) as events, (select count(*)::int from anomalies) as anomalies, (select count(*)::int from act_keys) as keys',
  );

async function poisonJobs(t: Test, url: string): Promise<void> {
  const insert = (job: string, payload: object) =>
    rowsOf<{ id: string }>(url, 'insert into outbox (job, payload, available_at) values ($1, $2, now()) returning id', [
      job,
      payload,
    ]).then(([row]) => row!.id);
  const unknown = await insert('no_such_job', {});
  const hopeless = await insert('judge_deadline', {});
  const failing = await insert('judge_deadline', { rule: 'mass', subjectId: 'no uuid', period: '' });
  const [{ id: known }] = (await rowsOf<{ id: string }>(
    url,
    "select id from manifests where status = 'received' limit 1",
  )) as [{ id: string }];
  const good = await Promise.all(
    Array.from({ length: 10 }, () => insert('judge_deadline', { rule: 'mass', subjectId: known, period: '' })),
  );
  const stateOf = (ids: string[]) =>
    rowsOf<{ id: string; state: string; attempts: number; last_error: string | null }>(
      url,
      'select id, state, attempts, last_error from outbox where id = any($1) order by id',
      [ids],
    );
  await until('the good ones are done', async () => (await stateOf(good)).every(({ state }) => state === 'done'));
  await until('the unknown one failed', async () =>
    (await stateOf([unknown, hopeless])).every(({ state }) => state === 'failed'),
  );
  let turns = 0;
  await until(
    'the failing one is given up',
    async () => {
      const [row] = await stateOf([failing]);
      // Its pauses grow to a minute and more: they are passed over, unless it is at work.
      if (row!.state === 'pending' && row!.last_error && turns++ % 10 === 9)
        await rowsOf(url, "update outbox set available_at = now() where id = $1 and state = 'pending'", [failing]);
      return row!.state === 'failed';
    },
    40_000,
  );
  const told = await stateOf([unknown, hopeless, failing]);
  t.same(
    told.map(({ state, attempts }) => ({ state, attempts })),
    [
      { state: 'failed', attempts: 1 },
      { state: 'failed', attempts: 1 },
      { state: 'failed', attempts: 8 },
    ],
  );
  t.ok(
    told.every(({ last_error }) => last_error),
    told.map(({ last_error }) => last_error).join(' | '),
  );
}

const doneJobs = async (url: string): Promise<number> =>
  (await rowsOf<{ count: number }>(url, "select count(*)::int as count from outbox where state = 'done'"))[0]!.count;

const stopAll = (processes: readonly RunningProcess[]) => Promise.all(processes.map((process) => process.stop()));
