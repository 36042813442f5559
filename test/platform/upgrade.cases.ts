import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import t from 'tap';
import { dropDatabase, ensureDatabase } from '../../src/platform/connections.ts';
import { migrateDatabase } from '../../src/platform/migrations.ts';
import { serverUrl } from '../support/database.ts';

/** A folder with only the first migration, as the first release had it. */
function firstRelease(): string {
  const folder = mkdtempSync(join(tmpdir(), 'liandan-migrations-'));
  cpSync('migrations', folder, { recursive: true });
  const file = join(folder, 'meta/_journal.json');
  const journal = JSON.parse(readFileSync(file, 'utf8')) as { entries: { idx: number }[] };
  writeFileSync(file, JSON.stringify({ ...journal, entries: journal.entries.filter(({ idx }) => idx === 0) }));
  return folder;
}

t.test('an upgrade starts on a populated database', async (t) => {
  const name = `test_upgrade_${process.pid}`;
  const url = await ensureDatabase(serverUrl(), name);
  const folder = firstRelease();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.teardown(async () => {
    await client.end();
    await dropDatabase(serverUrl(), name);
    rmSync(folder, { recursive: true });
  });
  await migrate(drizzle(client), { migrationsFolder: folder });
  const id = '01a0a7f1-3d00-7000-8000-000000000001';
  await client.query("insert into audience (scope, kind, stage, id) values ($1, 'manifest', 'open', $1)", [id]);
  await Promise.all([migrateDatabase(url), migrateDatabase(url)]);
  await migrateDatabase(url);
  const { rows } = await client.query('select scope, stream from audience');
  t.same(rows, [{ scope: id, stream: 'hazardous' }]);
});
