import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';

/** Grams and ordinals are int8 and stay far below 2^53; a value beyond is a broken invariant, not a rounding. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === 20 && format !== 'binary'
      ? readInt8
      : pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser'],
};

function readInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`int8 out of safe range: ${text}`);
  return value;
}

const SESSION = '-c timezone=UTC -c idle_in_transaction_session_timeout=30000';

export interface Database {
  readonly pool: pg.Pool;
  readonly orm: NodePgDatabase;
  readonly url: string;
}

/** Ordinary reads: a pool, and drizzle on it. */
export function openDatabase(url: string, connectionsMax = 8): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsMax,
    types,
    options: `${SESSION} -c statement_timeout=30000`,
  });
  pool.on('error', () => {}); // an idle connection that breaks is replaced at its next use
  return { pool, orm: drizzle(pool, { casing: 'snake_case' }), url };
}

/**
 * Every statement of the journal finds its rows by key. On tables that were never analysed the planner does not know,
 * and a prepared plan that scans would stay until it learns.
 */
const BY_KEY = '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off';

/** A connection of one owner that sends statements without waiting for answers: the journal's lanes. */
export async function openLane(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    types,
    pipeline: true,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    options: `${SESSION} -c lock_timeout=5000 -c statement_timeout=30000 ${BY_KEY}`,
  } as pg.ClientConfig);
  client.on('error', () => {}); // the statement in flight carries the error to its owner
  await client.connect();
  return client;
}

/** A plain connection for long work, with our types and no time-out. */
export async function openSession(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, types, options: '-c timezone=UTC' });
  await client.connect();
  return client;
}

/** Makes a database of that name on the server when there is none. @returns its URL. */
export async function ensureDatabase(serverUrl: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (!rowCount) await client.query(`create database ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  return databaseUrl(serverUrl, name);
}

export async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
  await client.end();
}

export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.toString();
}
