import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { redisUrl } from '../support/database.ts';
import { startProcess } from '../support/processes.ts';
import { anomaliesAreWhole, cityDatabase, everythingAddsUp, jobsLeft, rowsOf, startLoad, until } from './support.ts';

/** A minute of steady work by an api, a worker and Redis: nothing fails, nothing piles up, nothing leaks. */
const CLIENTS = 24;
const SAMPLES = 60;
const SAMPLE_MS = 1_000;
/** The first third fills caches and lets the heap find its size. */
const SETTLED = SAMPLES / 3;

interface Sample {
  readonly rssMegabytes: number;
  readonly files: number;
}

const sampleOf = (pid: number): Sample => ({
  rssMegabytes: Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024,
  files: readdirSync(`/proc/${pid}/fd`).length,
});

/** The least of each half: what the collector or a closing connection has not come to yet is no leak. */
function neitherGrows(t: Test, name: string, samples: readonly Sample[]): void {
  const half = Math.ceil(samples.length / 2);
  const least = (part: readonly Sample[], what: keyof Sample) => Math.min(...part.map((sample) => sample[what]));
  const [before, after] = [samples.slice(0, half), samples.slice(half)];
  const [rssBefore, rssAfter] = [least(before, 'rssMegabytes'), least(after, 'rssMegabytes')];
  const [filesBefore, filesAfter] = [least(before, 'files'), least(after, 'files')];
  t.ok(rssAfter < rssBefore * 1.25 + 16, `${name}: ${rssBefore.toFixed(0)} MB, then ${rssAfter.toFixed(0)} MB`);
  t.ok(filesAfter <= filesBefore + 8, `${name}: ${filesBefore} open files, then ${filesAfter}`);
}

t.test('a minute of steady work', { timeout: 240_000 }, async (t) => {
  const { world, url, drop } = await cityDatabase();
  const redis = { REDIS_URL: redisUrl(), QUEUE_PREFIX: `{soak-${process.pid}}` };
  const api = await startProcess({ DATABASE_URL: url, ROLE: 'api', ...redis });
  const worker = await startProcess({ DATABASE_URL: url, ROLE: 'worker', ...redis });
  const load = startLoad(world, { clients: CLIENTS, baseUrl: () => api.baseUrl, insists: false });
  const samples: { api: Sample; worker: Sample; due: number; acknowledged: number }[] = [];
  for (let n = 0; n < SAMPLES; n++) {
    await sleep(SAMPLE_MS);
    const [row] = await rowsOf<{ due: number }>(
      url,
      "select count(*)::int as due from outbox where state = 'pending' and attempts = 0 and job <> 'judge_deadline'",
    );
    const { acknowledged } = load;
    samples.push({ api: sampleOf(api.pid), worker: sampleOf(worker.pid), due: row!.due, acknowledged: acknowledged() });
  }
  await load.stop();
  t.same(load.failures, [], `${load.acknowledged()} acts, none failed`);
  const settled = samples.slice(SETTLED);
  neitherGrows(
    t,
    'api',
    settled.map((sample) => sample.api),
  );
  neitherGrows(
    t,
    'worker',
    settled.map((sample) => sample.worker),
  );
  const stalled = settled.filter((sample, n) => n > 0 && sample.acknowledged === settled[n - 1]!.acknowledged);
  t.same(stalled, [], 'acts are answered in every second');
  const actsASecond = load.acknowledged() / SAMPLES;
  const waiting = Math.min(...settled.slice(-10).map(({ due }) => due));
  t.ok(
    waiting < actsASecond * 2,
    `jobs keep up: ${waiting} waited at least, at ${actsASecond.toFixed(0)} acts a second`,
  );
  await until('the last jobs are done', async () => (await jobsLeft(url)) === 0, 30_000);
  await anomaliesAreWhole(t, url);
  await everythingAddsUp(t, url, load.sent);
  await Promise.all([api.stop(), worker.stop()]);
  await drop();
});
