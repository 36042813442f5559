import { randomUUID } from 'node:crypto';
import t from 'tap';
import { type Operation, PERMISSIONS } from '../../src/parties/authorisation.ts';
import type { Role } from '../../src/parties/tables.ts';
import { aDraft, aSite, at, shapeOf } from '../manifests/given.ts';
import { aWorld, callerWith, ok } from '../support/world.ts';
import { ALL, KINDS } from './kinds.ts';
import { aScene, send } from './scene.ts';

/** 412, 409 and 422 speak of versions, states and rules: the caller had passed. */
const LET_IN = new Set([200, 201, 202, 409, 412, 422]);

t.test('every route is in the table below, and every operation has a route', async (t) => {
  const scene = await aScene();
  const { paths } = (await scene.app.inject('/openapi.json')).json() as { paths: Record<string, object> };
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    path.startsWith('/v1/') ? Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`) : [],
  );
  t.same(documented.filter((route) => !scene.rows[route]).sort(), [], 'a new route says here who may use it');
  t.same(
    Object.keys(scene.rows).filter((route) => !documented.includes(route)),
    [],
  );
  const used = new Set(Object.values(scene.rows).map(({ operation }) => operation));
  t.same(
    Object.keys(PERMISSIONS).filter((operation) => !used.has(operation as Operation)),
    [],
  );
});

t.test('every route × every kind of caller', async (t) => {
  const scene = await aScene();
  const granted = ok(
    await scene.carrier.post('/v1/api-keys', {
      partyId: scene.carrier.partyId,
      role: 'member',
      label: 'short',
      expiresAt: at(scene, 1),
    }),
  );
  const expired = callerWith(scene.app, granted.apiKey);
  scene.clock.advanceMs(60_000);
  for (const [route, row] of Object.entries(scene.rows)) {
    const nobody = await send(scene, callerWith(scene.app, ''), route, row);
    t.match(nobody, { status: 401, body: { type: /key-(missing|invalid)/ } }, `${route}: nobody`);
    t.match(
      await send(scene, expired, route, row),
      { status: 401, body: { type: '/problems/key-invalid' } },
      `${route}: an expired key`,
    );
    const permitted: readonly Role[] = PERMISSIONS[row.operation];
    for (const kind of ALL) {
      const answer = await send(scene, scene.callers[kind], route, row);
      const told = `${route}: ${kind} → ${answer.status}`;
      if (!permitted.includes(KINDS[kind]))
        t.match(answer, { status: 403, body: { type: '/problems/not-your-act' } }, `${told}, the role may not`);
      else if (row.lists) {
        t.equal(answer.status, 200, told);
        const found = answer.body.items.some((item: { id: string; siteId?: string }) =>
          [item.id, item.siteId].includes(row.lists),
        );
        t.equal(found, row.may.includes(kind), `${told}, ${found ? 'in' : 'not in'} its list`);
      } else if (row.empty?.includes(kind)) t.match(answer, { status: 200, body: { items: [] } }, told);
      else if (row.may.includes(kind)) t.ok(LET_IN.has(answer.status), told);
      else if (row.told?.includes(kind))
        t.match(answer, { status: 403, body: { type: '/problems/not-your-act' } }, told);
      else t.match(answer, { status: 404, body: { type: '/problems/not-found' } }, told);
    }
  }
});

t.test('who is told nothing cannot tell what is not there from what is not his', async (t) => {
  const scene = await aScene();
  let compared = 0;
  for (const [route, row] of Object.entries(scene.rows)) {
    const id = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(row.url)?.[0];
    if (!id || row.lists) continue;
    const permitted: readonly Role[] = PERMISSIONS[row.operation];
    for (const kind of ALL) {
      if (
        !permitted.includes(KINDS[kind]) ||
        row.may.includes(kind) ||
        row.told?.includes(kind) ||
        row.empty?.includes(kind)
      )
        continue;
      const absent = randomUUID();
      const [there, absentOne] = [
        await send(scene, scene.callers[kind], route, row),
        await send(scene, scene.callers[kind], route, { ...row, url: row.url.replace(id, absent) }),
      ];
      t.same(shapeOf(there), shapeOf(absentOne), `${route}: ${kind}`);
      t.equal(
        String(there.body.detail).replaceAll(id, ''),
        String(absentOne.body.detail).replaceAll(absent, ''),
        `${route}: ${kind}, word for word`,
      );
      t.same(there.headers.etag, undefined);
      compared += 1;
    }
  }
  t.ok(compared > 50, `${compared} compared`);
});

t.test('a key narrowed to one site acts and sees at that site alone', async (t) => {
  const world = await aWorld();
  const other = await aSite(world.consignor, '370112');
  const granted = ok(
    await world.consignor.post('/v1/api-keys', {
      partyId: world.consignor.partyId,
      role: 'member',
      label: '一厂',
      siteId: world.consignorSiteId,
    }),
  );
  const narrow = callerWith(world.app, granted.apiKey, world.consignor.partyId);
  const generation = { wasteCode: '900-249-08', massGrams: 1, occurredAt: at(world) };
  const batchElsewhere = ok(await world.consignor.post('/v1/generations', { ...generation, siteId: other })).batchId;
  const elsewhere = await aDraft(world, { consignorSiteId: other });
  t.equal((await narrow.post('/v1/generations', { ...generation, siteId: world.consignorSiteId })).status, 201);
  t.equal((await narrow.post('/v1/manifests', world.draftBody())).status, 201);
  const ticket = { ticketNumber: randomUUID(), purpose: 'loading', grossGrams: 2, tareGrams: 1, occurredAt: at(world) };
  const refused = {
    'generates elsewhere': narrow.post('/v1/generations', { ...generation, siteId: other }),
    'drafts from elsewhere': narrow.post('/v1/manifests', world.draftBody({ consignorSiteId: other })),
    'issues from elsewhere': narrow.post(`/v1/manifests/${elsewhere}/issue`),
    'weighs elsewhere': narrow.post('/v1/weigh-tickets', { ...ticket, siteId: other }),
    'lists batches elsewhere': narrow.get(`/v1/batches?siteId=${other}`),
    'reads a batch elsewhere': narrow.get(`/v1/batches/${batchElsewhere}`),
    'amends another site': narrow.put(
      `/v1/sites/${other}`,
      { partyId: world.consignor.partyId, name: 'x', region: '370112' },
      { 'if-match': '"1"' },
    ),
    'grants for another site': narrow.post('/v1/api-keys', {
      partyId: world.consignor.partyId,
      role: 'member',
      label: 'x',
      siteId: other,
    }),
    'grants without a site': narrow.post('/v1/api-keys', {
      partyId: world.consignor.partyId,
      role: 'member',
      label: 'x',
    }),
  };
  for (const [what, asked] of Object.entries(refused)) {
    const { status } = await asked;
    t.ok(status === 403 || status === 404, `${what}: ${status}`);
  }
});

t.test("a device weighs where it stands; a driver's key is its party's and no more", async (t) => {
  const scene = await aScene();
  const { device, driver } = scene.callers;
  const ticket = (siteId: string) => ({
    ticketNumber: randomUUID(),
    siteId,
    purpose: 'unloading',
    grossGrams: 2,
    tareGrams: 1,
    occurredAt: at(scene),
  });
  t.equal((await device.post('/v1/weigh-tickets', ticket(scene.consigneeSiteId))).status, 201);
  const own = await aSite(scene.consignee, '370117');
  for (const elsewhere of [own, scene.consignorSiteId])
    t.equal((await device.post('/v1/weigh-tickets', ticket(elsewhere))).status, 403);
  const me = ok(await driver.get('/v1/me'));
  t.match(me, { party: { id: scene.carrier.partyId }, key: { role: 'driver' } });
  t.same(
    me.operations.sort(),
    Object.entries(PERMISSIONS)
      .flatMap(([operation, roles]) => ((roles as readonly string[]).includes('driver') ? [operation] : []))
      .sort(),
  );
});
