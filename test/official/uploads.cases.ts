import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { forgetUploads } from '../../src/official/repository.ts';
import { newUuid } from '../../src/platform/ids.ts';
import { aParty } from '../manifests/given.ts';
import { aWorld, type Caller, ok, type World } from '../support/world.ts';
import { aRow, CSV, csvOf, importing, importRows, MANIFEST_TITLES } from './given.ts';

const DAY_MS = 86_400_000;

/** Some 600 KB of a file whose end does not come. */
function aSlowUpload(port: number, { apiKey }: Caller): ClientRequest {
  const upload = request({
    port,
    method: 'POST',
    path: '/v1/official-imports?system=cn-37&kind=manifests',
    headers: { ...CSV, authorization: `Bearer ${apiKey}`, 'transfer-encoding': 'chunked' },
  });
  upload.on('error', () => {});
  upload.write(csvOf(MANIFEST_TITLES, [aRow()]));
  upload.write(`${'x'.repeat(300_000)}\n`);
  upload.write(`${'y'.repeat(300_000)}\n`);
  return upload;
}

const keptChunks = async ({ service }: World): Promise<number> =>
  (
    await service.database.pool.query<{ n: number }>(
      'select count(*)::int as n from official_file_chunks where file_id not in (select file_id from official_imports)',
    )
  ).rows[0]!.n;

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await what()) return;
    await sleep(50);
  }
  throw new Error('it did not come to pass');
}

t.test('files that come slowly hold up nobody else, and hold no transaction', { timeout: 120_000 }, async (t) => {
  const world = await aWorld();
  if (!world.app.server.listening) await world.app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = world.app.server.address() as { port: number };
  const before = await keptChunks(world);
  const slow = [world.consignor, world.carrier, world.consignee];
  const uploads = slow.map((caller) => aSlowUpload(port, caller));
  await until(async () => (await keptChunks(world)) >= before + 3);
  const { rows } = await world.service.database.pool.query(
    "select state from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
  );
  t.same(rows, [], 'nothing is open while they come');
  t.match(await importRows(world.regulator, [aRow()]), { counts: { new: 1 } }, 'another is done meanwhile');
  const second = await importing(world.consignor, csvOf(MANIFEST_TITLES, [aRow()]));
  t.match(second, { status: 429, body: { detail: /Another file of this party/, retryAfterSeconds: 5 } });
  for (const upload of uploads) upload.destroy();
  await until(async () => (await keptChunks(world)) === before);
  const after = await importing(world.consignor, csvOf(MANIFEST_TITLES, [aRow()]));
  t.equal(after.status, 201, 'broken off, it leaves nothing and the party is free');
});

t.test('an upload that is finished late is one that was finished', async (t) => {
  const world = await aWorld();
  if (!world.app.server.listening) await world.app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = world.app.server.address() as { port: number };
  const party = await aParty(world);
  const upload = request({
    port,
    method: 'POST',
    path: '/v1/official-imports?system=cn-37&kind=manifests',
    headers: { ...CSV, authorization: `Bearer ${party.apiKey}`, 'transfer-encoding': 'chunked' },
  });
  const answered = once(upload, 'response');
  upload.write(csvOf(MANIFEST_TITLES, []));
  await sleep(200);
  upload.end(csvOf([], [aRow()]).replace(/^\r\n/, ''));
  const [response] = await answered;
  t.equal(response.statusCode, 201);
  response.resume();
});

t.test('what a killed process left of a file is swept up a day later, and nothing else', async (t) => {
  const world = await aWorld();
  const { pool } = world.service.database;
  const { id } = await importRows(world.regulator, [aRow()]);
  const [today, long] = [0, 2].map((days) => newUuid(new Date(world.clock.now().getTime() - days * DAY_MS)));
  for (const fileId of [today, long])
    for (const nth of [0, 1])
      await pool.query('insert into official_file_chunks (file_id, nth, content) values ($1, $2, $3)', [
        fileId,
        nth,
        Buffer.from('x'),
      ]);
  const soon = new Date(world.clock.now().getTime() + DAY_MS / 2);
  t.equal(await forgetUploads(pool, soon), 2, 'both pieces of the old one');
  const left = await pool.query('select count(*)::int as n from official_file_chunks where file_id = any($1)', [
    [today, long],
  ]);
  t.equal(left.rows[0].n, 2);
  t.equal(await forgetUploads(pool, new Date(soon.getTime() + DAY_MS)), 2, 'and the other when its day is over');
  t.equal((await world.regulator.get(`/v1/official-imports/${id}/file`)).status, 200, 'a file of an import stays');
});

t.test('wide rows are taken by their size, however few they are', async (t) => {
  const world = await aWorld();
  const more = Array.from({ length: 180 }, (_, nth) => `备注${nth}`);
  const rows = Array.from({ length: 60 }, () => [...aRow(), ...more.map(() => 'x'.repeat(500))]);
  const answer = ok(await importing(world.regulator, csvOf([...MANIFEST_TITLES, ...more], rows)));
  t.match(answer, { counts: { rows: 60, new: 60, refused: 0 } });
});
