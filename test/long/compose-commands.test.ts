import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import t from 'tap';
import { databaseUrl, dropDatabase, ensureDatabase } from '../../src/platform/connections.ts';
import { freePort } from '../../src/platform/postmaster.ts';
import { type Client, client } from '../../src/simulator/client.ts';
import { composeFaults, readCompose, readDockerfile } from '../support/compose.ts';
import { serverUrl } from '../support/database.ts';
import { startRedisProcess } from '../support/redis-server.ts';

/**
 * What docker-compose.yml and the Dockerfile say, done by hand without containers: the api and worker processes with
 * those commands and that environment, an empty database and a Redis. Only hosts and ports are exchanged.
 */
const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const HEALTHY_WAIT_MS = 60_000;
const JOB_WAIT_MS = 30_000;

t.test(
  'an empty database becomes a service: api, first administrator, acts, and a job that the worker does',
  async (t) => {
    t.same(composeFaults(), []);
    const redis = await startRedisProcess({ appendonly: true });
    t.teardown(redis.stop);
    const name = `test_${randomBytes(6).toString('hex')}`;
    const url = await ensureDatabase(serverUrl(), name);
    t.teardown(() => dropDatabase(serverUrl(), name));
    const database = new pg.Client({ connectionString: url });
    await database.connect();
    t.teardown(() => database.end());
    const doneJobs = async (): Promise<number> => {
      const { rows } = await database.query("select count(*)::int as n from outbox where state = 'done'");
      return rows[0].n;
    };

    const api = await aContainer('api', { name, redisUrl: redis.url });
    t.teardown(api.kill);
    await api.healthy();

    const created = await api.execute(['node', `${CHECKOUT}src/liandan.js`, ...ADMIN_CREATE]);
    t.equal(created.code, 0);
    t.match(created.stdout, /^ld_\S+\n$/, 'the key and nothing else');
    const again = await api.execute(['node', `${CHECKOUT}src/liandan.js`, ...ADMIN_CREATE]);
    t.match(again, { code: 1, stdout: '', stderr: /已创建[\s\S]*exists already/ }, 'once in the life of a database');

    const regulator = await loadThatFallsShort(
      client(`http://127.0.0.1:${api.port}`, created.stdout.trim(), 'compose'),
    );
    await sleep(1_500);
    t.equal(await doneJobs(), 0, 'the api records and hands over, and runs no job');
    t.same((await regulator.get('/v1/anomalies')).items, []);

    const worker = await aContainer('worker', { name, redisUrl: redis.url });
    t.teardown(worker.kill);
    await worker.healthy();
    const deadline = performance.now() + JOB_WAIT_MS;
    let anomalies: unknown[] = [];
    while (anomalies.length === 0 && performance.now() < deadline) {
      await sleep(200);
      anomalies = (await regulator.get('/v1/anomalies')).items as unknown[];
    }
    t.match(anomalies, [{ rule: 'mass', severity: 'critical' }], 'the worker judged the load');
    t.ok((await doneJobs()) > 0);

    t.equal(await worker.stop(), 0, 'the worker ends when it is told to');
    t.equal(await api.stop(), 0, 'and so does the api');
  },
);

const ADMIN_CREATE = ['admin', 'create', '--name', '济南市固体废物监管平台', '--region', '370102'];

interface Container {
  readonly port: number;
  /** Resolves when the health check of the image or the service says so. */
  healthy(): Promise<void>;
  /** As `docker compose exec`, from another directory. */
  execute(command: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** @returns the exit code. */
  stop(): Promise<number | null>;
  kill(): void;
}

async function aContainer(role: string, { name, redisUrl }: { name: string; redisUrl: string }): Promise<Container> {
  const server = new URL(serverUrl());
  const service = readCompose({ POSTGRES_PASSWORD: decodeURIComponent(server.password) }).services[role]!;
  const dockerfile = readDockerfile();
  const asked = new URL(service.environment.DATABASE_URL!);
  if (asked.username !== server.username) throw new Error('docker-compose.yml has another user than the test server');
  asked.host = server.host;
  const port = await freePort();
  const environment: Record<string, string> = {
    PATH: process.env.PATH!,
    ...dockerfile.environment,
    ...service.environment,
    DATABASE_URL: databaseUrl(asked.toString(), name),
    REDIS_URL: redisUrl,
    PORT: String(port),
    ...(service.environment.METRICS_PORT ? { METRICS_PORT: String(await freePort()) } : {}),
  };
  const start = ([program = '', ...args]: readonly string[], cwd: string): ChildProcess =>
    spawn(program === 'node' ? process.execPath : program, args, {
      cwd,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const execute = async (command: readonly string[], cwd = tmpdir()) => {
    const child = start(command, cwd);
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout!),
      text(child.stderr!),
      once(child, 'close') as Promise<[number]>,
    ]);
    return { code, stdout, stderr };
  };

  const child = start(service.command ?? dockerfile.command, CHECKOUT);
  const said = text(child.stderr!);
  child.stdout!.resume();
  const ended = once(child, 'close') as Promise<[number | null]>;
  const healthcheck = service.healthcheck?.test.slice(1) ?? dockerfile.healthcheck;
  return {
    port,
    execute,
    async healthy() {
      const deadline = performance.now() + HEALTHY_WAIT_MS;
      while ((await execute(healthcheck, CHECKOUT)).code !== 0) {
        if (child.exitCode !== null) throw new Error(`${role} ended with ${child.exitCode}: ${await said}`);
        if (performance.now() > deadline) throw new Error(`${role} is not healthy after ${HEALTHY_WAIT_MS} ms`);
        await sleep(200);
      }
    },
    async stop() {
      child.kill('SIGTERM');
      return (await ended)[0];
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += String(chunk);
  return all;
}

/** 5 t leave, 4.4 t arrive: the mass rule has something to say. @returns who is told. */
async function loadThatFallsShort(admin: Client): Promise<Client> {
  const party = async (name: string, capacity: string, role: string, more: object = {}) => {
    const { id } = await admin.post('/v1/parties', { name, capacities: [capacity], region: '370102', ...more });
    const { apiKey } = await admin.post('/v1/api-keys', { partyId: id, role, label: 'compose' });
    return { id, caller: admin.as(apiKey as string) };
  };
  const consignor = await party('产废单位', 'producer', 'member');
  const carrier = await party('运输单位', 'carrier', 'member');
  const consignee = await party('接受单位', 'consignee', 'member');
  const jurisdiction = { region: '370100', streams: ['hazardous'] };
  const regulator = await party('济南市生态环境局', 'regulator', 'regulator', { jurisdiction });
  const from = await admin.post('/v1/sites', { partyId: consignor.id, name: '一厂', region: '370112' });
  const to = await admin.post('/v1/sites', { partyId: consignee.id, name: '处置中心', region: '370117' });
  const validity = { validFrom: '2024-01-01', validTo: '2099-01-01' };
  const licence = { type: 'licence', number: 'compose-1', holderId: consignee.id, wasteCodes: ['HW08'], methods: [] };
  await admin.post('/v1/permits', { ...licence, ...validity });
  const waste = { wasteCode: '900-249-08', massGrams: 5_000_000 };
  const at = (minutesAgo: number) => new Date(Date.now() - minutesAgo * 60_000).toISOString();
  await consignor.caller.post('/v1/generations', { siteId: from.id, ...waste, occurredAt: at(90) });
  const line = { ...waste, name: '废矿物油', form: 'liquid', hazards: ['T'], packaging: 'tank', plannedMethod: 'D10' };
  const { id } = await consignor.caller.post('/v1/manifests', {
    consignorSiteId: from.id,
    carrierId: carrier.id,
    consigneeSiteId: to.id,
    lines: [line],
  });
  const act = `/v1/manifests/${id}`;
  await consignor.caller.post(`${act}/issue`, {});
  const loaded = { plate: '鲁A12345', lines: [{ line: 1, massGrams: 5_000_000 }] };
  await carrier.caller.post(`${act}/pickup`, { occurredAt: at(60), ...loaded });
  await carrier.caller.post(`${act}/arrival`, { occurredAt: at(30) });
  await consignee.caller.post(`${act}/receipt`, { occurredAt: at(10), lines: [{ line: 1, acceptedGrams: 4_400_000 }] });
  return regulator.caller;
}
