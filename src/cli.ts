import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { isDay } from './catalogue/calendar.ts';
import { type Config, readConfig } from './config.ts';
import { openUpstream, pushAgain } from './official/upstream.ts';
import { startOwnDatabase } from './own-database.ts';
import { createFirstAdministrator, recoverAdministrator } from './parties/granting.ts';
import { systemClock } from './platform/clock.ts';
import { openDatabase } from './platform/connections.ts';
import { EmbeddedPostgresError } from './platform/embedded-postgres.ts';
import type { Journal } from './platform/journal.ts';
import { createMetrics } from './platform/metrics.ts';
import { ShortText } from './platform/values.ts';
import { type Bilingual, Problem } from './problems.ts';
import { startService } from './service.ts';
import { upgradeDatabase } from './upgrade.ts';

/**
 * What an operator does from a shell. Results go to stdout and sentences, in both languages, to stderr, so that
 * `key=$(npx liandan admin create …)` holds the key alone.
 */
const HELP = `Liandan 联单

  npx liandan admin create --name <name> --region <code>
      创建首个管理员并显示其 API 密钥；每个数据库只能一次。--region 为六位行政区划代码。
      Creates the first administrator and shows its API key; once per database. --region is a code of six digits.

  npx liandan admin recover
      管理员密钥遗失时，为同一运营单位再发一个；其后可吊销旧密钥。
      Grants the same operator another administrator key when the old ones are lost; revoke those afterwards.

  npx liandan migrate
      把数据库升级到本版本的结构。
      Brings the database to the schema of this build.

  npx liandan rebuild [--check]
      按事件重算各状态、余额和列表并替换所存；--check 只比对，不改动。
      Computes states, balances and lists again from the events and replaces what is stored; --check only compares.

  npx liandan push [--all] [--since <day>]
      向上级平台（UPSTREAM_URL）补报：未获确认的全部联单；--since 为该日起有变化的，--all 为全部。可随时中断、重来。
      Tells the instance above (UPSTREAM_URL) again: every manifest it has not acknowledged; --since those that changed
      from that day on, --all every one. May be broken off and begun again.

  npx liandan help

  数据库：DATABASE_URL；未设置时用本机数据目录（DATA_DIRECTORY）中的内置数据库，此时服务须已停止。
  Database: DATABASE_URL; without it the service's own in DATA_DIRECTORY, for which the service has to be stopped.

  退出码 Exit status：0 成功 done · 1 未成功 not done · 2 用法有误 wrong usage
`;

const DONE = 0;
const NOT_DONE = 1;
const WRONG_USAGE = 2;

interface Options {
  readonly name?: string | undefined;
  readonly region?: string | undefined;
  readonly check?: boolean | undefined;
  readonly all?: boolean | undefined;
  readonly since?: string | undefined;
}

/** One row a command: the options it takes, and what it does. */
const COMMANDS: Readonly<
  Record<string, { readonly takes: readonly (keyof Options)[]; run(options: Options): Promise<number> }>
> = {
  'admin create': { takes: ['name', 'region'], run: createAdministrator },
  'admin recover': { takes: [], run: () => showKey(recoverAdministrator) },
  migrate: { takes: [], run: migrate },
  rebuild: { takes: ['check'], run: rebuild },
  push: { takes: ['all', 'since'], run: push },
  help: { takes: [], run: help },
};

/** @returns the exit status; every error is told in a sentence, none is thrown. */
export async function runCli(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        region: { type: 'string' },
        check: { type: 'boolean' },
        all: { type: 'boolean' },
        since: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return await help();
    const command = COMMANDS[positionals.join(' ') || 'help'];
    if (!command)
      return wrongUsage(`没有“${positionals.join(' ')}”命令。`, `There is no command “${positionals.join(' ')}”.`);
    const stray = (['name', 'region', 'check', 'all', 'since'] as const).find(
      (key) => key in values && !command.takes.includes(key),
    );
    if (stray) return wrongUsage(`该命令没有 --${stray}。`, `This command takes no --${stray}.`);
    return await command.run(values);
  } catch (error) {
    return explain(error);
  }
}

async function help(): Promise<number> {
  process.stdout.write(HELP);
  return DONE;
}

async function createAdministrator({ name: given, region = '' }: Options): Promise<number> {
  const name = ShortText.safeParse(given);
  if (!name.success || !/^\d{6}$/.test(region)) {
    return wrongUsage(
      '请给出 --name <单位名称> 和 --region <六位行政区划代码>。',
      'Give --name <the operator’s name> and --region <a code of six digits>.',
    );
  }
  return showKey((journal) => createFirstAdministrator(journal, { name: name.data, region }));
}

function showKey(make: (journal: Journal) => Promise<{ readonly apiKey: string }>): Promise<number> {
  return onDatabase(async (databaseUrl, config) => {
    // As an API process without Redis: nothing here runs or hands over a job.
    const service = await startService({
      config: { ...config, ROLE: 'api', REDIS_URL: undefined },
      databaseUrl,
      clock: systemClock,
      logger: pino({ level: 'error' }, pino.destination(2)),
      metrics: createMetrics(),
    });
    try {
      const { apiKey } = await make(service.journal);
      process.stdout.write(`${apiKey}\n`);
      say({
        zh: '这是管理员密钥，只显示这一次，请立即妥善保存。',
        en: 'This is the administrator’s key. It is shown this once: keep it safe now.',
      });
      return DONE;
    } finally {
      await service.stop();
    }
  });
}

function migrate(): Promise<number> {
  return onDatabase(async (databaseUrl) => {
    await upgradeDatabase(databaseUrl);
    say({ zh: '数据库结构已是本版本的。', en: 'The database has the schema of this build.' });
    return DONE;
  });
}

function rebuild({ check = false }: Options): Promise<number> {
  return onDatabase(async (databaseUrl) => {
    const rebuilding = await import('./rebuild.ts');
    const work = check ? rebuilding.checkRebuild : rebuilding.rebuild;
    const { subjects, events, differences } = await work(databaseUrl);
    for (const difference of differences) process.stdout.write(`${difference}\n`);
    const counted = { zh: `${subjects} 个对象、${events} 个事件`, en: `${subjects} subjects, ${events} events` };
    if (differences.length > 0) {
      say({
        zh: `${counted.zh}：所存与事件不符 ${differences.length} 处。`,
        en: `${counted.en}: what is stored differs from the events in ${differences.length} places.`,
      });
      return NOT_DONE;
    }
    if (check)
      say({ zh: `${counted.zh}：所存与事件一致。`, en: `${counted.en}: all that is stored follows from them.` });
    else say({ zh: `${counted.zh}：已重算。`, en: `${counted.en}: rebuilt.` });
    return DONE;
  });
}

async function push({ all = false, since }: Options): Promise<number> {
  if (since !== undefined && !isDay(since))
    return wrongUsage('--since 为日期，如 2026-11-01。', '--since is a day, such as 2026-11-01.');
  return onDatabase(async (databaseUrl, config) => {
    const { UPSTREAM_URL: url, UPSTREAM_KEY: key = '', UPSTREAM_REGION: region } = config;
    if (url === undefined)
      return wrongUsage('请设置 UPSTREAM_URL 和 UPSTREAM_KEY。', 'Set UPSTREAM_URL and UPSTREAM_KEY.');
    const database = openDatabase(databaseUrl);
    try {
      const log = pino({ level: 'warn' }, pino.destination(2));
      const upstream = openUpstream({ url, key, database, clock: systemClock, log });
      const from = since === undefined ? undefined : new Date(`${since}T00:00:00+08:00`);
      const { acknowledged, parked } = await pushAgain(upstream, database.pool, { all, since: from, region });
      say({
        zh: `上级平台已确认 ${acknowledged} 份联单，未收 ${parked} 份（见 GET /v1/upstream-pushes）。`,
        en: `The instance above acknowledged ${acknowledged} manifests and refused ${parked} (GET /v1/upstream-pushes).`,
      });
      return parked === 0 ? DONE : NOT_DONE;
    } finally {
      await database.pool.end();
    }
  });
}

/** The database of DATABASE_URL, or the service's own for as long as the work takes. */
async function onDatabase(work: (databaseUrl: string, config: Config) => Promise<number>): Promise<number> {
  const config = readConfig();
  if (config.DATABASE_URL) return work(config.DATABASE_URL, config);
  const database = await startOwnDatabase(config);
  try {
    return await work(database.url, config);
  } finally {
    await database.stop();
  }
}

const UNDEFINED_TABLE = '42P01';
const UNREACHABLE: readonly string[] = ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'];

function explain(error: unknown): number {
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  if (code.startsWith('ERR_PARSE_ARGS_')) return wrongUsage('参数有误。', message);
  if (error instanceof Problem) say(error.refusal.detail);
  else if (error instanceof EmbeddedPostgresError) say({ zh: error.zh, en: message });
  else if (code === UNDEFINED_TABLE) {
    say({
      zh: '数据库还没有表；请先运行 npx liandan migrate。',
      en: 'The database has no tables yet: run npx liandan migrate first.',
    });
  } else if (UNREACHABLE.includes(code)) {
    say({
      zh: `连不上 DATABASE_URL 所指的数据库（${code}）。`,
      en: `The database of DATABASE_URL cannot be reached (${code}).`,
    });
  } else say({ zh: '未成功：', en: message });
  return NOT_DONE;
}

function wrongUsage(zh: string, en: string): number {
  say({ zh, en });
  say({ zh: '用法见 npx liandan help。', en: 'See npx liandan help.' });
  return WRONG_USAGE;
}

function say({ zh, en }: Bilingual): void {
  process.stderr.write(`${zh}\n${en}\n`);
}
