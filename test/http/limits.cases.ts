import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import t from 'tap';
import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { App } from '../../src/platform/http.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { aWorld, callerWith, ok, testService } from '../support/world.ts';

/** Another process of the same service, with limits of its own. */
async function appWith(environment: Record<string, string>): Promise<App> {
  const { service } = await testService();
  const config = readConfig({ LOG_LEVEL: 'silent', ...environment });
  return buildApp({ config, service, logger: pino({ level: 'silent' }), metrics: createMetrics(), version: 'test' });
}

t.test('a key that asks too often is told when to come back; others are not held up', async (t) => {
  const world = await aWorld();
  const app = await appWith({ RATE_LIMIT_PER_MINUTE: '3' });
  t.teardown(() => app.close());
  const [hasty, calm] = [callerWith(app, world.consignor.apiKey), callerWith(app, world.carrier.apiKey)];
  for (let n = 0; n < 3; n++) t.equal((await hasty.get('/v1/me')).status, 200);
  const refused = await hasty.get('/v1/me');
  t.match(refused, { status: 429, body: { type: '/problems/too-many-requests', retryAfterSeconds: Number } });
  const wait = Number(refused.headers['retry-after']);
  t.ok(Number.isInteger(wait) && wait >= 1 && wait <= 60, `Retry-After ${wait}`);
  t.match(refused.headers['content-type'], /^application\/problem\+json/);
  t.equal((await hasty.get('/v1/manifests')).status, 429, 'the limit is for the key, not for the path');
  t.equal((await calm.get('/v1/me')).status, 200);
  t.equal((await hasty.get('/healthz')).status, 200, 'what needs no key is not counted');
});

t.test('guessing keys is limited by address', async (t) => {
  const world = await aWorld();
  const app = await appWith({ RATE_LIMIT_ANONYMOUS_PER_MINUTE: '4' });
  t.teardown(() => app.close());
  const guess = (remoteAddress: string) =>
    app.inject({
      url: '/v1/me',
      remoteAddress,
      headers: { authorization: `Bearer ld_${randomBytes(5).toString('hex')}_${'A'.repeat(43)}` },
    });
  for (let n = 0; n < 4; n++) t.equal((await guess('192.0.2.1')).statusCode, 401);
  const refused = await guess('192.0.2.1');
  t.equal(refused.statusCode, 429);
  t.ok(Number(refused.headers['retry-after']) >= 1);
  t.equal(
    (await app.inject({ url: '/v1/me', remoteAddress: '192.0.2.1' })).statusCode,
    429,
    'no key at all counts as a guess',
  );
  t.equal((await guess('192.0.2.2')).statusCode, 401);
  const good = await app.inject({
    url: '/v1/me',
    remoteAddress: '192.0.2.1',
    headers: { authorization: `Bearer ${world.consignor.apiKey}` },
  });
  t.equal(good.statusCode, 200, 'a neighbour behind the same address still works');
});

t.test('an expired key ends at its very instant', async (t) => {
  const world = await aWorld();
  const expiresAt = new Date(world.clock.now().getTime() + 60_000).toISOString();
  const granted = ok(
    await world.consignor.post('/v1/api-keys', {
      partyId: world.consignor.partyId,
      role: 'member',
      label: 'short',
      expiresAt,
    }),
  );
  const caller = callerWith(world.app, granted.apiKey);
  world.clock.advanceMs(59_999);
  t.equal((await caller.get('/v1/me')).status, 200);
  world.clock.advanceMs(1);
  t.match(await caller.get('/v1/me'), {
    status: 401,
    body: { type: '/problems/key-invalid' },
    headers: { 'www-authenticate': 'Bearer' },
  });
  t.equal((await caller.post('/v1/manifests', world.draftBody())).status, 401);
});

/** Asks until the answer is 401; fails after the time every process has to hear of it, and a second more. */
async function endsWithin(ask: () => Promise<{ status: number }>, milliseconds: number): Promise<boolean> {
  for (const end = performance.now() + milliseconds; performance.now() < end; await sleep(20))
    if ((await ask()).status === 401) return true;
  return false;
}

t.test('a revoked key, and the keys of a party that is closed, stop within seconds', async (t) => {
  const world = await aWorld();
  const granted = ok(
    await world.consignor.post('/v1/api-keys', { partyId: world.consignor.partyId, role: 'member', label: 'second' }),
  );
  const caller = callerWith(world.app, granted.apiKey);
  t.equal((await caller.get('/v1/me')).status, 200, 'and is remembered');
  t.equal((await world.stranger.get('/v1/me')).status, 200);
  ok(await world.consignor.delete(`/v1/api-keys/${granted.id}`));
  const { id: _, version, ...party } = ok(await world.admin.get(`/v1/parties/${world.stranger.partyId}`));
  ok(
    await world.admin.put(
      `/v1/parties/${world.stranger.partyId}`,
      { ...party, active: false },
      { 'if-match': `"${version}"` },
    ),
  );
  t.same(
    await Promise.all([
      endsWithin(() => caller.get('/v1/me'), 3_000),
      endsWithin(() => world.stranger.get('/v1/me'), 3_000),
    ]),
    [true, true],
  );
  t.equal((await world.consignor.get('/v1/me')).status, 200, 'the others go on');
  t.match(await world.consignor.delete(`/v1/api-keys/${granted.id}`), {
    status: 409,
    body: { type: '/problems/wrong-status' },
  });
});
