import t from 'tap';
import { aWorld, ok } from '../support/world.ts';
import { edit } from './given.ts';

t.test(
  'a person: names and phones for the own party and an administrator, and never in the bytes of an event',
  async (t) => {
    const world = await aWorld();
    const { pool } = world.service.database;
    const secret = { name: '欧阳张三丰', phone: '13987654321' };
    const made = ok(
      await world.carrier.post('/v1/people', {
        partyId: world.carrier.partyId,
        duties: ['escort', 'driver'],
        ...secret,
      }),
    );
    const path = `/v1/people/${made.id}`;
    for (const caller of [world.carrier, world.admin])
      t.match(ok(await caller.get(path)), { ...secret, duties: ['driver', 'escort'] });
    for (const caller of [world.consignor, world.consignee, world.stranger]) {
      t.equal((await caller.get(path)).status, 404);
      t.same(ok(await caller.get(`/v1/people?partyId=${world.carrier.partyId}`)).items, []);
    }
    t.equal((await world.regulator.get(path)).status, 403);
    t.equal((await edit(world.carrier, path, { name: '司马李四海' })).status, 200);
    t.match(ok(await world.carrier.get(path)), { name: '司马李四海', phone: secret.phone, version: 2 });
    const { rows } = await pool.query(
      'select canonical as text from custody_events where subject_id = $1 order by seq',
      [made.id],
    );
    t.equal(rows.length, 2);
    for (const { text } of rows) {
      t.notMatch(text, /张三丰|李四海|13987654321/);
      t.match(JSON.parse(text).detailsHash, /^[0-9a-f]{64}$/);
    }
    for (const table of ['custody_events', 'people', 'act_keys', 'outbox']) {
      const { rows: holding } = await pool.query(`select 1 from ${table} r where row_to_json(r)::text ~ $1 limit 1`, [
        `张三丰|${secret.phone}|${Buffer.from('张三丰').toString('hex')}|${Buffer.from(secret.phone).toString('hex')}`,
      ]);
      t.same(holding, [], `${table} holds neither`);
    }
    // The history stands when the details are erased.
    await pool.query(
      'delete from event_details where event_id in (select id from custody_events where subject_id = $1)',
      [made.id],
    );
    t.match(ok(await world.carrier.get(path)), { name: null, phone: null });
  },
);
