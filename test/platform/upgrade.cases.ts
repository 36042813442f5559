import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import t from 'tap';
import { dropDatabase, ensureDatabase } from '../../src/platform/connections.ts';
import { GENESIS_HASH, sealEvent } from '../../src/platform/events.ts';
import { migrateDatabase } from '../../src/platform/migrations.ts';
import { checkRebuild } from '../../src/rebuild.ts';
import { upgradeDatabase } from '../../src/upgrade.ts';
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
  await Promise.all([migrateDatabase(url), migrateDatabase(url)]);
  await migrateDatabase(url);
  const rowsOf = async (query: string) => (await client.query(query)).rows;
  t.same(await rowsOf('select scope, stage, stream from audience'), [
    { scope: id, stage: 'void', stream: 'hazardous' },
  ]);
  t.same(await rowsOf('select canonical from custody_events'), [{ canonical: '{"name":"废矿物油"}' }]);
  t.same(await rowsOf('select grams, pieces, dry_grams from accounts'), [{ grams: '50', pieces: 2, dry_grams: '0' }]);
  await t.rejects(client.query("update custody_events set canonical = ''"), 'the history is as closed as before');
});

t.test('what an older build recorded is read anew when the service starts', async (t) => {
  const name = `test_reading_${process.pid}`;
  const url = await ensureDatabase(serverUrl(), name);
  await migrateDatabase(url);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.teardown(async () => {
    await client.end();
    await dropDatabase(serverUrl(), name);
  });
  const id = '01a0a7f1-3d00-7000-8000-000000000001';
  const line = { line: 1, wasteCode: '900-249-08', declaredGrams: 5, declaredPieces: 0, namedBatches: [] };
  const manifest = {
    stream: 'hazardous',
    consignorId: id,
    consignorSiteId: id,
    carrierId: id,
    consigneeId: id,
    consigneeSiteId: id,
  };
  const places = {
    shipperRole: 'consignor',
    originRegion: '370102',
    destinationRegion: '370117',
    crossProvince: false,
  };
  const loaded = [{ batchId: id, grams: 5, pieces: 0, inferred: true }];
  const picked = {
    plate: '鲁A12345',
    driverId: null,
    waybillNumber: null,
    lines: [{ line: 1, grams: 5, pieces: 0, loaded }],
  };
  let prevHash: Buffer = GENESIS_HASH;
  for (const [index, [type, data]] of (
    [
      ['manifest_drafted', { manifest: { ...manifest, ...places, lines: [line] } }],
      ['manifest_issued', { number: '20263701000001' }],
      ['picked_up', picked],
    ] as const
  ).entries()) {
    const event = {
      id: `01a0a7f1-3d00-7000-8000-00000000001${index}`,
      type,
      subject: { kind: 'manifest', id },
      seq: index + 1,
      actId: id,
      occurredAt: new Date('2026-09-01T00:00:00Z'),
      recordedAt: new Date('2026-09-01T00:00:00Z'),
      region: '370102',
      actor: { party: id },
      entryMode: 'live' as const,
      basedOn: 'old',
      data,
      refs: [],
    };
    const seal = sealEvent(event as never, prevHash, Buffer.alloc(16));
    prevHash = seal.hash;
    await client.query(
      'insert into custody_events (id, subject_id, seq, type, canonical, salt, prev_hash, hash) values ($1, $2, $3, $4, $5, $6, $7, $8)',
      [event.id, id, event.seq, type, seal.canonical, seal.salt, seal.prevHash, seal.hash],
    );
  }
  await Promise.all([upgradeDatabase(url), upgradeDatabase(url)]);
  const rowsOf = async (query: string) => (await client.query(query)).rows;
  t.match(await rowsOf('select status, legs, filled_by_id from manifests'), [
    { status: 'in_transit', legs: [{ carrierId: id, plate: '鲁A12345' }], filled_by_id: id },
  ]);
  t.match(await rowsOf('select leg, plate from manifest_legs'), [{ leg: 1, plate: '鲁A12345' }]);
  t.same((await checkRebuild(url)).differences, []);
  await client.query("update manifests set status = 'arrived'");
  await upgradeDatabase(url);
  t.match(
    await rowsOf('select status from manifests'),
    [{ status: 'arrived' }],
    'once: what is up to date is left alone',
  );
});
