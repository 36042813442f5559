import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { buildApp } from './app.ts';
import { type Config, readConfig } from './config.ts';
import { dataDirectoryOf, isUntouched, startOwnDatabase } from './own-database.ts';
import { createFirstAdministrator } from './parties/granting.ts';
import { type PlayedClock, playedClock, systemClock } from './platform/clock.ts';
import { EmbeddedPostgresError } from './platform/embedded-postgres.ts';
import type { App } from './platform/http.ts';
import { createMetrics, type Metrics, serveMetrics } from './platform/metrics.ts';
import { type Service, startService } from './service.ts';
import { tableOf } from './simulator/compare.ts';
import { sum } from './simulator/consignment.ts';
import {
  beginDemo,
  type DemoAccounts,
  demoWeek,
  keepAccounts,
  OPERATOR,
  playAndCompare,
  progressLine,
  readDemo,
} from './simulator/demo.ts';
import type { History } from './simulator/history.ts';
import { beginningOf } from './simulator/play.ts';
import { stageOf } from './stage.ts';

/** The process: api, worker or both; with its own Postgres when it is given none. Starts and stops in order. */
const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')) as { version: string };

type Step = { readonly name: string; stop(): Promise<unknown> };
const started: Step[] = [];
let stopping: Promise<void> | undefined;

async function start(config: Config): Promise<void> {
  const embedded = config.DATABASE_URL === undefined;
  const logger = openLog(config);
  const metrics = createMetrics();
  const databaseUrl = config.DATABASE_URL ?? (await openOwnDatabase(config, logger));
  const demo = embedded && config.DEMO === 'on' && config.ROLE !== 'worker';
  // Without jobs in this process nobody would judge what is played.
  const playsWeek = demo && config.ROLE === 'both' && (await isUntouched(databaseUrl));
  const week = playsWeek ? prepareWeek(config) : undefined;
  const clock = week?.clock ?? systemClock;
  const service = await startService({ config, databaseUrl, clock, logger, metrics });
  started.push({ name: 'service', stop: service.stop });
  addGauges(metrics, service);
  if (config.METRICS_PORT > 0) {
    const server = await serveMetrics(metrics, config.METRICS_PORT);
    started.push({ name: 'metrics', stop: () => new Promise((resolve) => server.close(resolve)) });
  }
  const app = await buildApp({ config, service, logger, metrics, version });
  started.push({ name: 'http', stop: () => app.close() });
  if (config.ROLE === 'worker') return say(['Liandan 联单 worker is running.']); // its app does bulks, and listens to nobody
  const baseUrl = await listen(app, config);
  const agreed = week && (await playWeek(week, service, baseUrl, dataDirectoryOf(config)));
  const accounts = demo ? readDemo(dataDirectoryOf(config)) : undefined;
  const shared = accounts && { ...accounts, file: shareAccounts(baseUrl, accounts, config) };
  await announce(baseUrl, service, shared, agreed);
}

interface Week {
  readonly history: History;
  readonly clock: PlayedClock;
}

/** A database that holds nothing yet gets the week that ends now: the service starts on the clock of that week. */
function prepareWeek(config: Config): Week {
  beginDemo(dataDirectoryOf(config));
  const history = demoWeek(systemClock.now());
  return { history, clock: playedClock(new Date(beginningOf(history))) };
}

/** Plays it and lets the clock go. @returns how far what the service found is what the answer key holds. */
async function playWeek(
  { history, clock }: Week,
  service: Service,
  baseUrl: string,
  dataDirectory: string,
): Promise<string[]> {
  const { apiKey } = await createFirstAdministrator(service.journal, OPERATOR);
  const stage = stageOf(service, clock, baseUrl, apiKey);
  const outcome = await playAndCompare(history, stage, progressLine(process.stderr));
  clock.follow();
  keepAccounts(history, outcome, stage, dataDirectory);
  const { rules, differences } = outcome.comparison;
  const [expected, equal] = [rules.map((rule) => rule.expected), rules.map((rule) => rule.equal)].map(sum);
  const line = `  Answer key 答案: ${equal} of ${expected} found 相符`;
  return differences.length === 0 ? [line] : [`${line}; 不一致 they differ:`, ...tableOf(outcome.comparison)];
}

/** A person at a terminal wants the banner, not a line a request. Lines leave in blocks, or after a moment. */
function openLog({ LOG_LEVEL, DATABASE_URL }: Config): pino.Logger {
  const level = LOG_LEVEL ?? (process.stdout.isTTY || DATABASE_URL === undefined ? 'warn' : 'info');
  return pino({ level }, pino.destination({ dest: 2, sync: false, minLength: 4_096, periodicFlush: 200 }));
}

async function openOwnDatabase(config: Config, logger: pino.Logger): Promise<string> {
  const database = await startOwnDatabase(config, (event, fields) => logger.debug({ event, ...fields }, event));
  started.push({ name: 'postgres', stop: database.stop });
  return database.url;
}

async function listen(app: App, config: Config): Promise<string> {
  try {
    await app.listen({ host: config.HOST, port: config.PORT });
  } catch (error) {
    if ((error as { code?: string }).code !== 'EADDRINUSE') throw error;
    throw new Error(
      `Port ${config.PORT} on ${config.HOST} is taken. Set PORT to another one, or stop what listens there.\n端口 ${config.PORT} 已被占用，请设置 PORT 或停止占用它的程序。`,
    );
  }
  const address = app.server.address() as { port: number };
  const host = ['0.0.0.0', '::'].includes(config.HOST) ? '127.0.0.1' : config.HOST;
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

/**
 * Where it listens and who may come in, for the commands of the README: in DATA_DIRECTORY, else in `.data` of this checkout.
 * @returns the file; undefined for one who may not write there: he has the banner all the same.
 */
function shareAccounts(baseUrl: string, { accounts }: DemoAccounts, config: Config): string | undefined {
  const folder = config.DATA_DIRECTORY ?? join(CHECKOUT, '.data');
  const file = join(folder, 'demo.json');
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, `${JSON.stringify({ baseUrl, accounts }, null, 2)}\n`, { mode: 0o600 });
    chmodSync(file, 0o600);
    return file;
  } catch (error) {
    process.stderr.write(`The demo accounts could not be written to ${file}: ${String(error)}\n`);
    return undefined;
  }
}

async function announce(
  baseUrl: string,
  service: Service,
  demo: (DemoAccounts & { readonly file: string | undefined }) | undefined,
  agreed: readonly string[] = [],
): Promise<void> {
  const lines = [`Liandan 联单 ${version}`, '', `  API    ${baseUrl}/v1`, `  Docs   ${baseUrl}/docs`];
  if (demo) {
    lines.push('', `  Demo accounts 演示账号${demo.file ? ` (also in 也在 ${demo.file.replace(CHECKOUT, '')})` : ''}:`);
    for (const { party, role, apiKey } of demo.accounts)
      lines.push(`    ${role.padEnd(14)} ${party}\n${' '.repeat(19)} ${apiKey}`);
  }
  say([...lines, '', ...(await anomalyLines(service)), ...agreed, '', '  Ctrl-C stops.']);
}

const ANOMALIES_SHOWN = 8;

/** How many of each rule and severity, and the gravest of them in words. */
async function anomalyLines({ database: { pool } }: Service): Promise<string[]> {
  const { rows: counts } = await pool.query<{ rule: string; severity: string; count: number }>(
    `select rule, severity, count(*)::int as count from anomalies where status in ('open', 'ended')
     group by rule, severity order by rule, array_position(array['critical', 'warning', 'info'], severity)`,
  );
  if (counts.length === 0) return ['  No open anomalies 无未结异常'];
  const { rows: gravest } = await pool.query<{ severity: string; summary: { zh: string; en: string } }>(
    `select severity, finding->'summary' as summary from anomalies where status in ('open', 'ended')
     order by array_position(array['critical', 'warning', 'info'], severity), id desc limit $1`,
    [ANOMALIES_SHOWN],
  );
  const all = counts.reduce((total, { count }) => total + count, 0);
  const rules = [...new Set(counts.map(({ rule }) => rule))];
  const said = (rule: string) =>
    counts.flatMap((row) => (row.rule === rule ? [`${row.count} ${row.severity}`] : [])).join(', ');
  return [
    `  Open anomalies 未结异常: ${all}`,
    ...rules.map((rule) => `    ${rule.padEnd(22)} ${said(rule)}`),
    ...gravest.flatMap(({ severity, summary }) => [
      `    [${severity}] ${summary.zh}`,
      `    ${' '.repeat(severity.length + 2)} ${summary.en}`,
    ]),
  ];
}

function say(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

function addGauges(metrics: Metrics, { journal, database }: Service): void {
  metrics.gauge('liandan_journal_depth', 'Acts waiting for a group.', journal.depth);
  for (const state of ['pending', 'failed']) {
    metrics.gauge(`liandan_jobs_${state}`, `Outbox rows that are ${state}.`, async () => {
      const { rows } = await database.pool.query<{ count: number }>(
        'select count(*)::int as count from outbox where state = $1',
        [state],
      );
      return rows[0]!.count;
    });
  }
}

/** HTTP drains first, then jobs, then the journal, and the database last. */
function stop(exitCode: number): Promise<void> {
  stopping ??= (async () => {
    for (const step of started.reverse())
      await step
        .stop()
        .catch((error: unknown) => process.stderr.write(`${step.name} did not stop cleanly: ${String(error)}\n`));
    process.exit(exitCode);
  })();
  return stopping;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping) process.exit(130);
    void stop(0);
  });
}
process.on('unhandledRejection', (error) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  void stop(1);
});

try {
  await start(readConfig());
} catch (error) {
  if (error instanceof EmbeddedPostgresError) process.stderr.write(`${error.zh}\n`);
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  await stop(1);
}
