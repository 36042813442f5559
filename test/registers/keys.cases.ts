import { randomUUID } from 'node:crypto';
import t from 'tap';
import { recoverAdministrator } from '../../src/parties/granting.ts';
import { at } from '../manifests/given.ts';
import { aWorld, type Caller, callerWith, ok, startTestService } from '../support/world.ts';

t.test('keys: what each role needs, who grants it, and that it opens what it says', async (t) => {
  const world = await aWorld();
  const { partyId } = world.carrier;
  const grant = (caller: Caller, changes: object) =>
    caller.post('/v1/api-keys', { partyId, role: 'member', label: 'test', ...changes });
  const personId = ok(await world.carrier.post('/v1/people', { partyId, duties: ['driver'], name: '张三' })).id;
  t.match(await grant(world.carrier, { role: 'driver' }), {
    status: 422,
    body: { errors: [{ pointer: '/personId' }] },
  });
  t.match(await grant(world.carrier, { role: 'driver', personId: randomUUID() }), { status: 422 });
  t.match(
    await grant(world.consignee, { partyId: world.consignee.partyId, role: 'driver', personId }),
    { status: 422 },
    "another party's person",
  );
  const driver = ok(await grant(world.carrier, { role: 'driver', personId }));
  t.match(ok(await callerWith(world.app, driver.apiKey).get('/v1/me')), {
    party: { id: partyId },
    key: { role: 'driver', personId },
  });
  for (const role of ['administrator', 'regulator']) {
    t.equal((await grant(world.carrier, { role })).status, 403);
    t.match(
      await grant(world.admin, { role }),
      { status: 422, body: { errors: [{ pointer: '/role' }] } },
      'a carrier is neither',
    );
  }
  t.match(await grant(world.carrier, { expiresAt: at(world) }), {
    status: 422,
    body: { errors: [{ pointer: '/expiresAt' }] },
  });
  const listed = ok(await world.carrier.get('/v1/api-keys?limit=200'));
  t.equal(listed.items.length, 2);
  t.notMatch(JSON.stringify(listed), /secret|apiKey/i, 'no secret and no hash of one');
  const shortLived = callerWith(
    world.app,
    ok(await grant(world.carrier, { expiresAt: at(world, 60) })).apiKey,
    partyId,
  );
  t.match(
    await grant(shortLived, { expiresAt: at(world, 61) }),
    { status: 422 },
    'none outlives the one that granted it',
  );
  t.equal((await grant(shortLived, { expiresAt: at(world, 60) })).status, 201);
});

t.test('a lost administrator key: another is granted from the shell, and takes the old one back', async (t) => {
  const base = await startTestService(t, new Date('2026-09-16T02:00:00Z'));
  const { apiKey } = await recoverAdministrator(base.service.journal);
  const recovered = callerWith(base.app, apiKey);
  const { key, party } = ok(await recovered.get('/v1/me'));
  t.equal(key.role, 'administrator');
  const { items } = ok(await recovered.get(`/v1/api-keys?partyId=${party.id}`));
  const old = (items as { id: string; label: string }[]).find(({ label }) => label === 'first administrator')!;
  t.equal((await recovered.delete(`/v1/api-keys/${old.id}`)).status, 200);
  t.equal((await callerWith(base.app, base.adminKey).get('/v1/me')).status, 401);
  const { rows } = await base.service.database.pool.query(
    "select canonical::json ->> 'type' as type from custody_events where canonical like '%admin recover%'",
  );
  t.same(rows, [{ type: 'api_key_granted' }], 'it left an event');
});
