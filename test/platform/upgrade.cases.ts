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
  await client.query("insert into audience (scope, kind, stage, id) values ($1, 'manifest', 'closed', $1)", [id]);
  await client.query(
    `insert into manifests (id, seq, head_hash, recorded_at, stream, status, consignor_id, consignor_site_id, carrier_id, consignee_id, consignee_site_id,
      shipper_role, origin_region, destination_region, cross_province, lines, discrepancies)
     values ($1, 2, '', '2026-09-01', 'hazardous', 'void', $1, $1, $1, $1, $1, 'consignor', '370102', '370102', false, '[]', '[]')`,
    [id],
  );
  await client.query(
    "insert into custody_events (id, subject_id, seq, type, bytes, salt, prev_hash, hash) values ($1, $1, 1, 'old', $2, '', '', '')",
    [id, Buffer.from('{"name":"废矿物油"}')],
  );
  await client.query(
    "insert into accounts (id, role, party_id, waste_code, owner_id) values ($1, 'stock', $1, '900-249-08', $1)",
    [id],
  );
  for (const [month, grams] of [
    ['2026-08', 70],
    ['2026-09', -20],
  ])
    await client.query(
      'insert into monthly_balances (account_id, month, grams, pieces, dry_grams) values ($1, $2, $3, 1, 0)',
      [id, month, grams],
    );
  await client.query(
    "update manifests set picked_up_at = '2026-09-02T00:00:00Z', arrived_at = '2026-09-03T00:00:00Z', plate = '鲁A12345'",
  );
  await client.query(
    `insert into anomalies (id, seq, head_hash, recorded_at, rule, rule_version, subject_kind, subject_id, period, status, severity,
      finding_hash, finding, party_ids, regions, stream, first_seen_at, last_seen_at)
     values ($1, 1, '', '2026-09-01', 'mass', 1, 'manifest', $1, '', 'open', 'info', '', $2, '[]', '[]', 'hazardous', '2026-09-01', '2026-09-01')`,
    [id, { tolerance: { name: 'mass-tolerance', grams: 200_000, source: 'ours' } }],
  );
  await Promise.all([migrateDatabase(url), migrateDatabase(url)]);
  await migrateDatabase(url);
  const rowsOf = async (query: string) => (await client.query(query)).rows;
  t.same(await rowsOf('select scope, stage, stream from audience'), [
    { scope: id, stage: 'void', stream: 'hazardous' },
  ]);
  t.same(await rowsOf('select canonical from custody_events'), [{ canonical: '{"name":"废矿物油"}' }]);
  t.same(await rowsOf('select grams, pieces, dry_grams from accounts'), [{ grams: '50', pieces: 2, dry_grams: '0' }]);
  t.same(await rowsOf('select manifest_id, leg, carrier_id, plate, ended_at from manifest_legs'), [
    { manifest_id: id, leg: 1, carrier_id: id, plate: '鲁A12345', ended_at: new Date('2026-09-03T00:00:00Z') },
  ]);
  t.same(await rowsOf("select finding->'tolerance' as tolerance from anomalies"), [
    { tolerance: { name: 'mass-tolerance', value: 200_000, unit: 'grams', source: 'ours' } },
  ]);
  await t.rejects(client.query("update custody_events set canonical = ''"), 'the history is as closed as before');
});
