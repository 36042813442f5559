import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { databaseUrl } from '../../src/platform/connections.ts';

const TEMPLATE = 'liandan_template';

/** The server `npm test` started. A single file runs as `npm test test/manifests.test.ts`. */
export function serverUrl(): string {
  const url = process.env.TEST_POSTGRES_URL;
  if (!url) throw new Error('Run tests through `npm test [file]`: it starts the Postgres and Redis they need.');
  return url;
}

export const redisUrl = (): string => process.env.TEST_REDIS_URL!;

/** A database of one's own, cloned from the migrated template. */
export async function cloneDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(`create database ${name} template ${TEMPLATE}`);
  return { url: databaseUrl(serverUrl(), name), drop: () => onServer(`drop database if exists ${name} with (force)`) };
}

/** A copy of a database in use: its users are cut off for the moment the copy takes, and come back by themselves. */
export async function copyDatabase(name: string): Promise<{ url: string; drop(): Promise<void> }> {
  const copy = `test_${randomBytes(6).toString('hex')}`;
  await onServer(`alter database ${name} allow_connections false`);
  try {
    await onServer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
    await onServer(`create database ${copy} template ${name}`);
  } finally {
    await onServer(`alter database ${name} allow_connections true`);
  }
  return { url: databaseUrl(serverUrl(), copy), drop: () => onServer(`drop database if exists ${copy} with (force)`) };
}

/** Two runner files may clone at once; Postgres lets only one read the template at a time. */
async function onServer(statement: string, tries = 20): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } catch (error) {
    if ((error as { code?: string }).code !== '55006' || tries === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, 100));
    await onServer(statement, tries - 1);
  } finally {
    await client.end();
  }
}
