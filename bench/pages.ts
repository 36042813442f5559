import type pg from 'pg';
import { pino } from 'pino';
import { buildApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { systemClock } from '../src/platform/clock.ts';
import { createMetrics } from '../src/platform/metrics.ts';
import { startService } from '../src/service.ts';
import type { Read } from './orders.ts';
import { withClient } from './postgres.ts';
import { median } from './statistics.ts';

/** Shared buffers that the statements of one request touch, hit or read. Medians over a few requests. */
export interface Pages {
  readonly pages: number;
  readonly statements: number;
}

const REQUESTS = 9;

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * Asks the app itself in this process, notes every statement its pool is given, then has Postgres explain those very
 * statements with the same values. The caller's key is known by then, as it is to a server in use.
 */
export async function pagesOf(databaseUrl: string, reads: readonly Read[]): Promise<Pages> {
  const requests = reads.slice(0, REQUESTS);
  const asked = await statementsOf(databaseUrl, requests);
  return withClient(databaseUrl, async (client) => {
    await client.query('set timezone to UTC');
    const pages: number[] = [];
    for (const statements of asked) {
      let sum = 0;
      for (const statement of statements) sum += await explain(client, statement);
      pages.push(sum);
    }
    return { pages: median(pages), statements: median(asked.map((statements) => statements.length)) };
  });
}

async function statementsOf(databaseUrl: string, reads: readonly Read[]): Promise<Statement[][]> {
  const config = readConfig({ ROLE: 'api', LOG_LEVEL: 'silent' });
  const logger = pino({ level: 'silent' });
  const metrics = createMetrics();
  const service = await startService({ config, databaseUrl, clock: systemClock, logger, metrics });
  const app = await buildApp({ config, service, logger, metrics, version: 'bench' });
  const noted: Statement[] = [];
  const { pool } = service.database;
  const query = pool.query.bind(pool) as (...given: unknown[]) => unknown;
  const noting = (config: string | pg.QueryConfig, values?: readonly unknown[]): unknown => {
    const statement = typeof config === 'string' ? { text: config } : config;
    noted.push({ text: statement.text, values: values ?? ('values' in statement ? statement.values : []) ?? [] });
    return values ? query(config, values) : query(config);
  };
  Object.assign(pool, { query: noting });
  try {
    const asked: Statement[][] = [];
    for (const { path, apiKey } of reads) {
      const get = () => app.inject({ method: 'GET', url: path, headers: { authorization: `Bearer ${apiKey}` } });
      await get();
      noted.length = 0;
      const { statusCode, body } = await get();
      if (statusCode !== 200) throw new Error(`${path} was answered ${statusCode}: ${body}`);
      asked.push([...noted]);
    }
    return asked;
  } finally {
    await app.close();
    await service.stop();
  }
}

interface Explained {
  readonly 'QUERY PLAN': readonly [
    { readonly Plan: { readonly 'Shared Hit Blocks': number; readonly 'Shared Read Blocks': number } },
  ];
}

async function explain(client: pg.Client, { text, values }: Statement): Promise<number> {
  const { rows } = await client.query<Explained>(`explain (analyze, buffers, format json) ${text}`, [...values]);
  const { Plan } = rows[0]!['QUERY PLAN'][0];
  return Plan['Shared Hit Blocks'] + Plan['Shared Read Blocks'];
}
