import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';

/** Any number that nothing else on the server uses: "liandan" on a telephone's keys. */
const MIGRATION_LOCK = 5_426_326;
const POSTGRES_MAJOR_MIN = 15;

/**
 * Brings the database to the schema of this build, under an advisory lock, so that processes started together wait
 * for the first. Forward only.
 * @throws Error when the server is older than Postgres 15, or the database not in UTF-8, in which events are hashed.
 */
export async function migrateDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const { rows } = await client.query<{ version: number; encoding: string }>(
      "select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding",
    );
    const { version, encoding } = rows[0]!;
    const major = Math.floor(version / 10_000);
    if (major < POSTGRES_MAJOR_MIN)
      throw new Error(
        `Postgres ${major} 版本过低，需要 ${POSTGRES_MAJOR_MIN} 或更高版本。\nPostgres ${major} is too old: ${POSTGRES_MAJOR_MIN} or newer is needed.`,
      );
    if (encoding !== 'UTF8')
      throw new Error(
        `数据库编码为 ${encoding}，请以 UTF8 编码创建。\nThe database is encoded in ${encoding}: create it with encoding UTF8.`,
      );
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await migrate(drizzle(client), { migrationsFolder: fileURLToPath(new URL('../../migrations', import.meta.url)) });
  } finally {
    await client.end();
  }
}
