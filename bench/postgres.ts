import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { databaseUrl, dropDatabase } from '../src/platform/connections.ts';
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres.ts';

/** The service's own Postgres, with the settings the service starts it with, in a folder that is removed afterwards. */
export interface BenchPostgres {
  readonly pid: number;
  readonly serverUrl: string;
  readonly directory: string;
  /** A copy of a database, written to disk before anything is measured on it. */
  clone(template: string, name: string): Promise<string>;
  drop(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** src/main.ts starts its own Postgres with this one besides the defaults. */
const SETTINGS = { max_locks_per_transaction: '256' };

export async function startPostgres(extraSettings: Record<string, string> = {}): Promise<BenchPostgres> {
  const directory = mkdtempSync(join(tmpdir(), 'liandan-bench-'));
  const postgres = await startEmbeddedPostgres({
    directory,
    log: () => {},
    settings: { ...SETTINGS, ...extraSettings },
  });
  const serverUrl = postgres.url;
  return {
    pid: postgres.pid,
    serverUrl,
    directory,
    async clone(template, name) {
      await dropDatabase(serverUrl, name);
      await withClient(serverUrl, async (client) => {
        await client.query(`create database ${name} template ${template}`);
        await client.query('checkpoint');
      });
      return databaseUrl(serverUrl, name);
    },
    drop: (name) => dropDatabase(serverUrl, name),
    async stop() {
      await postgres.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export async function withClient<Result>(url: string, use: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
