import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { buildApp } from './app.ts';
import { readConfig } from './config.ts';
import { createFirstAdministrator } from './parties/granting.ts';
import { playedClock } from './platform/clock.ts';
import { ensureDatabase, openSession } from './platform/connections.ts';
import { startEmbeddedPostgres } from './platform/embedded-postgres.ts';
import { createMetrics } from './platform/metrics.ts';
import { startService } from './service.ts';
import { tableOf } from './simulator/compare.ts';
import { OPERATOR, playAndCompare, progressLine } from './simulator/demo.ts';
import { type History, historyOf, talesOf } from './simulator/history.ts';
import { beginningOf } from './simulator/play.ts';
import { hashOf, reportsOf } from './simulator/reports.ts';
import { STORIES } from './simulator/stories.ts';
import { stageOf } from './stage.ts';

/** `npm run simulate`: a service of its own, a history from a seed, and what it found against the answer key. */
const HELP = `npm run simulate -- [--seed <text>] [--days 7] [--manifests 150] [--until <instant>] [--database <url>] [--json]

  按种子模拟一个设区市若干天的危险废物转移，经 HTTP 逐条上报，再将发现的异常与独立裁判的答案比对；不一致则退出码为 1。
  Plays days of one prefecture through HTTP and holds what the service finds against an independent referee's key;
  exits with 1 when they differ. --database names an empty database; without it, one of its own in a temporary folder.
`;

/** A Monday after the National Day holiday: terms of working days reach across it. */
const UNTIL = '2026-10-12T10:00:00Z';

interface Wanted {
  readonly seed: string;
  readonly days: number;
  readonly manifests: number;
  readonly until: number;
  readonly database: string | undefined;
  readonly json: boolean;
}

/** @throws Error when an option is none or does not fit. */
function wanted(args: readonly string[]): Wanted | undefined {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: text,
      days: text,
      manifests: text,
      until: text,
      database: text,
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return undefined;
  const { seed = '1', days = '7', manifests = '150', until = UNTIL, database, json = false } = values;
  const order = { seed, days: Number(days), manifests: Number(manifests), until: Date.parse(until), database, json };
  for (const name of ['days', 'manifests'] as const)
    if (!Number.isInteger(order[name]) || order[name] < 1) throw new Error(`--${name} must be a whole number above 0`);
  if (Number.isNaN(order.until)) throw new Error('--until must be an instant such as 2026-10-12T10:00:00Z');
  return order;
}

async function simulate({ json, database, ...order }: Wanted): Promise<number> {
  const startedAt = performance.now();
  const history = historyOf(order);
  const server = database === undefined ? await ownServer() : { url: database, stop: async () => {} };
  try {
    await mustBeEmpty(server.url);
    const clock = playedClock(new Date(beginningOf(history)));
    const config = readConfig({ LOG_LEVEL: 'error', RATE_LIMIT_PER_MINUTE: '1000000' });
    const logger = pino({ level: 'error' }, pino.destination(2));
    const metrics = createMetrics();
    const service = await startService({ config, databaseUrl: server.url, clock, logger, metrics });
    const app = await buildApp({ config, service, logger, metrics, version: 'simulate' });
    try {
      await app.listen({ host: '127.0.0.1', port: 0 });
      const { port } = app.server.address() as { port: number };
      const { apiKey } = await createFirstAdministrator(service.journal, OPERATOR);
      const stage = stageOf(service, clock, `http://127.0.0.1:${port}`, apiKey);
      const readyAt = performance.now();
      const { played, comparison } = await playAndCompare(history, stage, progressLine(process.stderr));
      const seconds = { start: (readyAt - startedAt) / 1_000, play: (performance.now() - readyAt) / 1_000 };
      const { consignments, seed, from, until } = history;
      const told = {
        manifests: consignments.length,
        requests: played.requests,
        requestsHash: hashOf(reportsOf(history)),
      };
      if (json) {
        const between = { from: new Date(from).toISOString(), until: new Date(until).toISOString() };
        process.stdout.write(
          `${JSON.stringify({ seed, ...between, ...told, seconds, stories: storiesIn(history), ...comparison }, null, 2)}\n`,
        );
      } else {
        const took = `${seconds.play.toFixed(1)} s after ${seconds.start.toFixed(1)} s of starting`;
        const what = `seed ${seed}: ${told.manifests} manifests in ${told.requests} requests, ${took}`;
        process.stdout.write(`${[what, ...storyLines(history), ...tableOf(comparison)].join('\n')}\n`);
      }
      return comparison.differences.length === 0 ? 0 : 1;
    } finally {
      await app.close();
      await service.stop();
    }
  } finally {
    await server.stop();
  }
}

/** How often each kind of story was told, as a fault and as its honest twin. */
const storiesIn = (history: History) =>
  STORIES.map(({ id, aimsAt, title }) => {
    const told = talesOf(history).filter(({ story }) => story === id);
    const faults = told.filter(({ meant }) => meant === 'fault').length;
    return { story: id, aimsAt, title, faults, twins: told.length - faults };
  });

const storyLines = (history: History): string[] =>
  storiesIn(history).map(
    ({ story, faults, twins, title }) =>
      `  ${story.padEnd(22)}${String(faults).padStart(4)} faults${String(twins).padStart(4)} twins  ${title.zh} · ${title.en}`,
  );

async function ownServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'liandan-simulate-'));
  const forget = () => rmSync(directory, { recursive: true, force: true });
  try {
    const settings = { fsync: 'off', synchronous_commit: 'off', max_locks_per_transaction: '256' };
    const postgres = await startEmbeddedPostgres({ directory, log: () => {}, settings });
    return {
      url: await ensureDatabase(postgres.url, 'liandan_simulation'),
      stop: () => postgres.stop().finally(forget),
    };
  } catch (error) {
    forget();
    throw error;
  }
}

/** What somebody keeps there is none of ours. @throws Error when the database holds a table. */
async function mustBeEmpty(url: string): Promise<void> {
  const session = await openSession(url);
  try {
    const { rows } = await session.query<{ table: string }>(
      `select c.relname as table from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm') order by 1 limit 1`,
    );
    if (rows[0])
      throw new Error(
        `该数据库不是空的（有表 ${rows[0].table}）；模拟只在空数据库中进行。\nThe database is not empty (it has a table ${rows[0].table}): a simulation is played in an empty one only.`,
      );
  } finally {
    await session.end();
  }
}

try {
  const order = wanted(process.argv.slice(2));
  if (order) process.exitCode = await simulate(order);
  else process.stdout.write(HELP);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
