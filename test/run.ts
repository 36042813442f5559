import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ensureDatabase } from '../src/platform/connections.ts';
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres.ts';
import { upgradeDatabase } from '../src/upgrade.ts';
import { startPostgres15 } from './support/postgres-15.ts';
import { startRedis } from './support/redis-server.ts';
import { tapFailures } from './support/tap-failures.ts';

/**
 * Brings up what the tests need, makes the template database every runner file clones, runs tap, and closes with
 * `N passed, N failed` from tap's own totals. `--long` runs the drills, and everything on Postgres 15 too.
 */
const TEMPLATE = 'liandan_template';
const long = process.argv.includes('--long');
const files = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

type Totals = { passed: number; failed: number };
type Server = { url: string; stop(): Promise<void> };

async function main(): Promise<void> {
  const redis = await startRedis();
  const totals: Totals = { passed: 0, failed: 0 };
  const failures: string[] = [];
  try {
    for (const { name, start, patterns } of plan()) {
      process.stdout.write(`# ${name}\n`);
      const server = await start();
      try {
        await upgradeDatabase(await ensureDatabase(server.url, TEMPLATE));
        const run = await runTap(patterns, { TEST_POSTGRES_URL: server.url, TEST_REDIS_URL: redis.url });
        add(totals, run.totals);
        failures.push(...run.failures.map((failure) => `${name}: ${failure}`));
      } finally {
        await server.stop();
      }
    }
  } finally {
    await redis.stop();
  }
  for (const failure of failures) process.stdout.write(`# failed: ${failure.replaceAll('\n', '\n#')}\n`);
  process.stdout.write(`${totals.passed} passed, ${totals.failed} failed\n`);
  process.exit(totals.failed === 0 && totals.passed > 0 ? 0 : 1);
}

function plan(): { name: string; start: () => Promise<Server>; patterns: string[] }[] {
  if (files.length > 0) return [{ name: 'Postgres 18', start: startPostgres18, patterns: files }];
  if (!long) return [{ name: 'Postgres 18', start: startPostgres18, patterns: ['test/*.test.ts'] }];
  return [
    { name: 'Postgres 18, drills', start: startPostgres18, patterns: ['test/long/*.test.ts'] },
    {
      name: 'Postgres 15, everything',
      start: () => startPostgres15(),
      // More of the same, as the long runs are, says nothing about the version.
      patterns: [
        'test/*.test.ts',
        'test/long/compose-commands.test.ts',
        'test/long/drills.test.ts',
        'test/long/soak.test.ts',
      ],
    },
  ];
}

async function startPostgres18(): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'liandan-test-'));
  const postgres = await startEmbeddedPostgres({ directory, log: () => {}, settings: { max_connections: '200' } });
  return {
    url: postgres.url,
    async stop() {
      await postgres.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Streams tap's output and reads its closing totals: `# { total: 15, pass: 14, fail: 1 }`. */
async function runTap(
  patterns: readonly string[],
  environment: Record<string, string>,
): Promise<{ totals: Totals; failures: readonly string[] }> {
  const child = spawn(process.execPath, ['node_modules/tap/dist/esm/run.mjs', 'run', ...patterns], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const totals: Totals = { passed: 0, failed: 0 };
  const { read, failures } = tapFailures();
  let seen = false;
  for await (const line of createInterface({ input: child.stdout })) {
    process.stdout.write(`${line}\n`);
    read(line);
    const summary = /^# \{ total: (\d+),/.exec(line);
    if (!summary) continue;
    seen = true;
    totals.passed = Number(/pass: (\d+)/.exec(line)?.[1] ?? 0);
    totals.failed = Number(summary[1]) - totals.passed;
  }
  const code =
    child.exitCode ?? (await new Promise<number>((resolve) => child.once('exit', (status) => resolve(status ?? 1))));
  if (!seen || (code !== 0 && totals.failed === 0)) totals.failed += 1;
  return { totals, failures };
}

const add = (totals: Totals, more: Totals): void => {
  totals.passed += more.passed;
  totals.failed += more.failed;
};

await main();
