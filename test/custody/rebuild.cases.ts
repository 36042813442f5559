import t from 'tap';
import { checkRebuild, rebuild } from '../../src/rebuild.ts';
import { aWorld, ok } from '../support/world.ts';

t.test('what is stored is what the events say, and a rebuild gives it again', async (t) => {
  const world = await aWorld();
  for (const status of ['draft', 'issued', 'in_transit', 'arrived', 'received', 'void'] as const)
    await world.aManifest({ status, loadedGrams: 4_900_000 });
  ok(
    await world.consignor.post('/v1/people', {
      partyId: world.consignor.partyId,
      duties: ['driver'],
      name: '李四',
      phone: '13800000000',
    }),
  );
  await world.jobsDone();
  const before = await checkRebuild(world.databaseUrl);
  t.same(before.differences, []);
  t.ok(before.subjects > 60, `${before.subjects} subjects`);
  const { pool } = world.service.database;
  await pool.query("update manifests set status = 'void' where status = 'issued'");
  await pool.query('update balances set grams = grams + 1 where grams > 0');
  await pool.query('update accounts set grams = grams + 1');
  await pool.query('delete from audience');
  const damaged = await checkRebuild(world.databaseUrl);
  t.match(damaged.differences.join('\n'), /manifest .*status is "void", the events say "issued"/);
  t.match(damaged.differences.join('\n'), /balances: /);
  t.match(damaged.differences.join('\n'), /accounts: /);
  t.match(damaged.differences.join('\n'), /audience: /);
  await rebuild(world.databaseUrl);
  t.same((await checkRebuild(world.databaseUrl)).differences, []);
});

t.test('an event changed behind our back is named', async (t) => {
  const world = await aWorld();
  await world.aManifest({ status: 'issued' });
  const { pool } = world.service.database;
  await t.rejects(pool.query("update custody_events set type = 'x'"), { message: /insert-only/ });
  const intruder = await pool.connect();
  await intruder.query('set session_replication_role = replica');
  const { rows } = await intruder.query(
    'update custody_events set salt = hash where id = (select max(id::text)::uuid from custody_events) returning id',
  );
  await intruder.query('reset session_replication_role');
  intruder.release();
  t.match((await checkRebuild(world.databaseUrl)).differences, [
    new RegExp(`event ${rows[0].id}: the chain of its subject is broken`),
  ]);
  await t.rejects(rebuild(world.databaseUrl), { message: /history itself is damaged/ });
});
