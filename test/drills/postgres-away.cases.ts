import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { databaseUrl, ensureDatabase } from '../../src/platform/connections.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/platform/embedded-postgres.ts';
import { startProcess } from '../support/processes.ts';
import { startProxy, throughProxy } from './proxy.ts';
import { everythingAddsUp, newCity, startLoad, until } from './support.ts';

/**
 * `kill -9` of the whole Postgres under load, twice. The service lives on, says 503, and is well again by itself. The
 * next server has another port, so a proxy keeps the address; nobody listens there while Postgres is away.
 */
t.test('kill -9 of Postgres under load', { timeout: 120_000 }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'liandan-drill-'));
  const start = () => startEmbeddedPostgres({ directory, log: () => {} });
  let postgres = await start();
  const proxy = await startProxy(postgres.port);
  const url = throughProxy(await ensureDatabase(postgres.url, 'drill'), proxy);
  const world = await newCity(url);
  const api = await startProcess({ DATABASE_URL: url, ROLE: 'api' });

  const killAndStart = async (meanwhile: () => Promise<void>): Promise<void> => {
    await Promise.all([killPostgres(postgres), proxy.close()]);
    await meanwhile();
    postgres = await start();
    proxy.pointTo(postgres.port);
    await proxy.open();
  };

  const load = startLoad(world, { clients: 32, baseUrl: () => api.baseUrl, insists: true });
  await until('300 acts', () => load.acknowledged() >= 300);
  const before = load.acknowledged();
  await killAndStart(async () => {
    await sleep(1_500);
    t.same(await statusOf(`${api.baseUrl}/healthz`), [200, null], 'alive');
    t.same(await statusOf(`${api.baseUrl}/readyz`), [503, '1'], 'not ready');
    // Longer than keys are remembered: who asks is then a question to Postgres too.
    await sleep(2_500);
    t.same(
      await statusOf(`${api.baseUrl}/v1/manifests`, world.consignor.apiKey),
      [503, '1'],
      'a list says when to come back',
    );
  });
  const back = await until('acts are acknowledged again', () => load.acknowledged() > before + 100);
  await load.stop();
  const answers = tally(
    load.failures.map(({ told }) => `${told?.status ?? 'connection lost'} retry-after ${told?.retryAfter ?? 'none'}`),
  );
  t.comment(`${load.acknowledged()} acts; 100 acts ${back} ms after the restart; failures: ${answers}`);
  const unfriendly = load.failures.filter(({ told }) => told?.status !== 503 || told.retryAfter === null);
  t.same(
    unfriendly.slice(0, 3).map(({ told }) => told),
    [],
    `${load.failures.length} answers meanwhile were all 503 with Retry-After`,
  );
  t.ok(load.failures.length > 0, 'there were some');
  await everythingAddsUp(t, databaseUrl(postgres.url, 'drill'), load.sent);

  // Keys are remembered for two seconds, so that the acts below get as far as the journal.
  t.same(await statusOf(`${api.baseUrl}/v1/manifests`, world.consignor.apiKey), [200, null]);
  await killAndStart(async () => {
    const last = startLoad(world, { clients: 4, baseUrl: () => api.baseUrl, insists: false });
    await last.stop();
    t.equal(last.acknowledged(), 0, 'no act is acknowledged while Postgres is away');
  });
  const ready = await until('ready', async () => (await statusOf(`${api.baseUrl}/readyz`))[0] === 200, 5_000).catch(
    () => undefined,
  );
  t.ok(ready !== undefined, `ready again although nobody sent an act (${ready ?? 'more than 5000'} ms)`);
  t.equal(api.child.exitCode, null, 'the same process all the time');
  await api.stop();
  await proxy.close();
  await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** The postmaster and every backend at once, as a machine that loses its memory. */
async function killPostgres({ pid, stop }: EmbeddedPostgres): Promise<void> {
  const backends = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  for (const each of [pid, ...backends]) process.kill(each, 'SIGKILL');
  await stop();
}

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${count} × ${word}`).join('; ');
}

async function statusOf(url: string, apiKey?: string): Promise<[number, string | null]> {
  const response = await fetch(url, { headers: apiKey ? { authorization: `Bearer ${apiKey}` } : {} });
  await response.text();
  return [response.status, response.headers.get('retry-after')];
}
