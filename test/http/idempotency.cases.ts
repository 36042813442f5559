import { randomUUID } from 'node:crypto';
import t from 'tap';
import { aDraft, aLicence, aLine, aParty, aSite, at, shapeOf, written } from '../manifests/given.ts';
import { type Answer, aWorld, callerWith, ok, type World } from '../support/world.ts';

const keyed = (key: string = randomUUID()) => ({ 'idempotency-key': key });
const generation = (world: World, massGrams = 1_000) => ({
  siteId: world.consignorSiteId,
  wasteCode: '900-249-08',
  massGrams,
  occurredAt: at(world),
});

t.test('the same key and body: the same answer, said to be a replay, and one effect', async (t) => {
  const world = await aWorld();
  const [key, body] = [keyed(), generation(world)];
  const first = await world.consignor.post('/v1/generations', body, key);
  t.equal(first.status, 201);
  t.equal(first.headers['idempotency-replayed'], undefined);
  const before = await written(world);
  world.clock.advanceMs(60_000);
  for (let again = 0; again < 2; again++) {
    const { status, headers, body: replay } = await world.consignor.post('/v1/generations', body, key);
    t.same([status, replay], [201, first.body], 'also its instant and its act');
    t.equal(headers['idempotency-replayed'], 'true');
    t.equal(headers.location, first.headers.location);
    t.equal(headers.etag, first.headers.etag);
  }
  t.same(await written(world), before);
  t.equal(await world.balance(world.consignor, 'stock'), 1_000);
});

t.test('a replay is the answer of its day, in the language asked for now', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived' });
  const [key, body] = [keyed(), { occurredAt: at(world), lines: [{ line: 1, acceptedGrams: 4_000_000 }] }];
  const en = await world.consignee.post(`/v1/manifests/${id}/receipt`, body, key);
  const zh = await world.consignee.post(`/v1/manifests/${id}/receipt`, body, { ...key, 'accept-language': 'zh' });
  t.match(en.body.warnings[0].detail, /g received/);
  t.match(zh.body.warnings[0].detail, /收到/);
  t.equal(zh.body.actId, en.body.actId);
});

t.test('order and layout of the JSON, and defaults spelt out, are the same body', async (t) => {
  const world = await aWorld();
  const [key, body] = [keyed(), generation(world)];
  const first = ok(await world.consignor.post('/v1/generations', body, key));
  const turned = Object.fromEntries(Object.entries({ ...body, pieces: 0, entryMode: 'live' }).reverse());
  const again = await world.consignor.post('/v1/generations', turned, key);
  t.same([again.status, again.body.id, again.headers['idempotency-replayed']], [201, first.id, 'true']);
});

t.test('the same key for another body, path, act or version: 422 and no effect', async (t) => {
  const world = await aWorld();
  const key = keyed();
  ok(await world.consignor.post('/v1/generations', generation(world), key));
  const { id } = await world.aManifest({ status: 'issued' });
  const site = { partyId: world.consignor.partyId, name: '新名', region: '370112' };
  const before = await written(world);
  const reused: Answer[] = [
    await world.consignor.post('/v1/generations', generation(world, 1_001), key),
    await world.consignor.post(`/v1/manifests/${id}/void`, { reason: 'test' }, key),
    await world.consignor.put(`/v1/sites/${world.consignorSiteId}`, site, { ...key, 'if-match': '"1"' }),
  ];
  for (const answer of reused)
    t.match(answer, {
      status: 422,
      body: { type: '/problems/idempotency-key-reused', errors: [{ pointer: 'header:idempotency-key' }] },
    });
  t.same(await written(world), before);
  const edit = keyed();
  ok(await world.consignor.put(`/v1/sites/${world.consignorSiteId}`, site, { ...edit, 'if-match': '"1"' }));
  t.equal(
    (await world.consignor.put(`/v1/sites/${world.consignorSiteId}`, site, { ...edit, 'if-match': '"2"' })).status,
    422,
    'another version read',
  );
  t.equal(
    (await world.consignor.put(`/v1/sites/${world.consignorSiteId}`, site, { ...edit, 'if-match': '"1"' })).headers[
      'idempotency-replayed'
    ],
    'true',
  );
});

t.test('one key for two issues: the second manifest is not issued by it', async (t) => {
  const world = await aWorld();
  const [key, first, second] = [keyed(), await aDraft(world), await aDraft(world)];
  ok(await world.consignor.post(`/v1/manifests/${first}/issue`, {}, key));
  t.equal((await world.consignor.post(`/v1/manifests/${second}/issue`, {}, key)).status, 422);
  t.equal(ok(await world.consignor.get(`/v1/manifests/${second}`)).status, 'draft');
});

t.test('without a key, or with one that is no key: 400 and no effect', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'issued' });
  const site = { partyId: world.consignor.partyId, name: '二厂', region: '370112' };
  const acts: readonly ['POST' | 'PUT' | 'DELETE', string, object?][] = [
    ['POST', '/v1/generations', generation(world)],
    ['POST', '/v1/manifests', world.draftBody()],
    ['PUT', `/v1/manifests/${id}`, world.draftBody()],
    ['POST', `/v1/manifests/${id}/issue`, {}],
    ['POST', `/v1/manifests/${id}/void`, { reason: 'test' }],
    ['POST', '/v1/sites', site],
    ['PUT', `/v1/sites/${world.consignorSiteId}`, site],
    ['POST', '/v1/api-keys', { partyId: world.consignor.partyId, role: 'member', label: 'test' }],
    ['DELETE', `/v1/api-keys/${randomUUID()}`],
  ];
  const before = await written(world);
  for (const [method, url, payload] of acts) {
    const headers = { authorization: `Bearer ${world.consignor.apiKey}` };
    const answer = await world.app.inject({ method, url, headers, ...(payload ? { payload } : {}) });
    t.match(answer.json(), { status: 400, type: '/problems/idempotency-key-missing' }, `${method} ${url}`);
  }
  for (const key of ['', ' ', 'a b', 'x'.repeat(129), 'é'])
    t.match(
      await world.consignor.post('/v1/generations', generation(world), keyed(key)),
      { status: 400, body: { type: '/problems/idempotency-key-missing' } },
      JSON.stringify(key),
    );
  t.same(await written(world), before);
  t.equal((await world.consignor.post('/v1/generations', generation(world), keyed('!'.repeat(128)))).status, 201);
});

/** Known again by what they carry: a file by its hash, a manifest of another instance by its version. No key is needed. */
const KNOWN_BY_CONTENT = ['/v1/official-imports', '/v1/received-manifests'];
/** What does nothing, and what is the same however often it is done. */
const HARMLESS = ['/v1/validations', '/v1/bulks/{id}/cancel'];
/** No acts: what they hold is recognised by vehicle and instant, or by the device's count. */
const BATCHES: readonly string[] = ['/v1/positions', '/v1/sightings'];

t.test('the documentation asks for the key on every act, and for If-Match on every edit of a register', async (t) => {
  const world = await aWorld();
  type Operation = { parameters?: { name: string; in: string; required?: boolean }[] };
  const { paths } = (await world.app.inject('/openapi.json')).json() as {
    paths: Record<string, Record<string, Operation>>;
  };
  const acts = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) =>
      path.startsWith('/v1/') && method !== 'get' && ![...KNOWN_BY_CONTENT, ...HARMLESS, ...BATCHES].includes(path)
        ? [{ path, method, operation }]
        : [],
    ),
  );
  t.ok(acts.length > 20);
  for (const { path, method, operation } of acts) {
    const headers = (operation.parameters ?? []).filter((parameter) => parameter.in === 'header');
    t.ok(
      headers.some(({ name, required }) => name === 'idempotency-key' && required),
      `${method} ${path}`,
    );
    const edits = method === 'put' && !path.startsWith('/v1/manifests/');
    t.equal(
      headers.some(({ name }) => name === 'if-match'),
      edits,
      `If-Match of ${method} ${path}`,
    );
  }
});

t.test('many requests with one key at once: one effect, one answer for all', async (t) => {
  const world = await aWorld();
  const [key, body] = [keyed(), generation(world)];
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => world.consignor.post('/v1/generations', body, key)),
  );
  t.same([...new Set(answers.map(({ status }) => status))], [201]);
  t.equal(new Set(answers.map((answer) => answer.body.actId)).size, 1);
  t.equal(
    answers.filter(({ headers }) => headers['idempotency-replayed'] === undefined).length,
    1,
    'one was the first',
  );
  t.equal(await world.balance(world.consignor, 'stock'), 1_000);
});

t.test('one key and two bodies at once: one effect, the other is refused', async (t) => {
  const world = await aWorld();
  const key = keyed();
  const answers = await Promise.all(
    [1_000, 2_000].map((grams) => world.consignor.post('/v1/generations', generation(world, grams), key)),
  );
  t.same(answers.map(({ status }) => status).sort(), [201, 422]);
  const kept = answers[0]!.status === 201 ? 1_000 : 2_000;
  t.equal(await world.balance(world.consignor, 'stock'), kept);
});

t.test('the keys of two organisations do not meet; those of one do, whichever of its API keys asks', async (t) => {
  const world = await aWorld();
  const key = keyed();
  const strangerSite = await aSite(world.stranger, '370112');
  const mine = ok(await world.consignor.post('/v1/generations', generation(world), key));
  const theirs = await world.stranger.post('/v1/generations', { ...generation(world), siteId: strangerSite }, key);
  t.equal(theirs.status, 201);
  t.equal(theirs.headers['idempotency-replayed'], undefined);
  t.not(theirs.body.actId, mine.actId);
  const second = ok(
    await world.consignor.post('/v1/api-keys', { partyId: world.consignor.partyId, role: 'member', label: 'second' }),
  );
  const again = await callerWith(world.app, second.apiKey).post('/v1/generations', generation(world), key);
  t.same([again.body.actId, again.headers['idempotency-replayed']], [mine.actId, 'true']);
});

t.test('a refusal is not held against its key: it is judged anew once the state has changed', async (t) => {
  const world = await aWorld();
  const key = keyed();
  const { id } = await world.aManifest({ status: 'in_transit' });
  const body = { occurredAt: at(world), lines: [{ line: 1, acceptedGrams: 5_000_000 }] };
  t.equal((await world.consignee.post(`/v1/manifests/${id}/receipt`, body, key)).status, 409);
  ok(await world.carrier.post(`/v1/manifests/${id}/arrival`, { occurredAt: at(world) }));
  const answer = await world.consignee.post(`/v1/manifests/${id}/receipt`, body, key);
  t.same([answer.status, answer.headers['idempotency-replayed']], [200, undefined]);
  t.equal(
    (await world.consignee.post(`/v1/manifests/${id}/receipt`, body, key)).headers['idempotency-replayed'],
    'true',
  );
});

t.test('a rule that refused may let pass the same key later', async (t) => {
  const world = await aWorld();
  const plant = await aParty(world);
  const id = await aDraft(world, {
    consigneeSiteId: await aSite(plant, '370117'),
    lines: [aLine({ wasteCode: '900-300-34' })],
  });
  const key = keyed();
  t.equal((await world.consignor.post(`/v1/manifests/${id}/issue`, {}, key)).status, 422);
  await aLicence(world, plant, { wasteCodes: ['HW34'] });
  t.equal((await world.consignor.post(`/v1/manifests/${id}/issue`, {}, key)).status, 200);
});

t.test('a report kept as unmatched had an effect: its key repeats the refusal and keeps it once', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit' });
  const [key, body] = [keyed(), { occurredAt: at(world), plate: '鲁A00001', lines: [{ line: 1, massGrams: 1 }] }];
  const first = await world.carrier.post(`/v1/manifests/${id}/pickup`, body, key);
  const before = await written(world);
  const again = await world.carrier.post(`/v1/manifests/${id}/pickup`, body, key);
  t.same([again.status, again.body.unmatchedReport], [409, first.body.unmatchedReport]);
  t.same(shapeOf(again), shapeOf(first));
  t.same(await written(world), before);
});

t.test('the answer of a key is kept thirty days and then forgotten', async (t) => {
  const world = await aWorld();
  const { forgetAnsweredKeys } = await import('../../src/platform/retention.ts');
  const [key, body] = [keyed(), generation(world)];
  ok(await world.consignor.post('/v1/generations', body, key));
  const { pool } = world.service.database;
  const days = (count: number) => new Date(world.clock.now().getTime() + count * 86_400_000);
  await forgetAnsweredKeys(pool, days(30));
  t.equal((await world.consignor.post('/v1/generations', body, key)).headers['idempotency-replayed'], 'true');
  await forgetAnsweredKeys(pool, new Date(days(30).getTime() + 1));
  t.equal((await world.consignor.post('/v1/generations', body, key)).headers['idempotency-replayed'], undefined);
});

t.test('the secret of a granted API key is in the first answer and nowhere else', async (t) => {
  const world = await aWorld();
  const [key, body] = [keyed(), { partyId: world.consignor.partyId, role: 'member', label: 'ERP' }];
  const answers = await Promise.all([1, 2, 3].map(() => world.consignor.post('/v1/api-keys', body, key)));
  t.same(
    answers.map(({ status }) => status),
    [201, 201, 201],
  );
  const shown = answers.flatMap((answer) => (answer.body.apiKey === null ? [] : [answer.body.apiKey as string]));
  t.equal(shown.length, 1);
  const later = await world.consignor.post('/v1/api-keys', body, key);
  t.match(later, {
    headers: { 'idempotency-replayed': 'true' },
    body: { apiKey: null, warnings: [{ code: 'secret-shown-once' }] },
  });
  t.equal((await callerWith(world.app, shown[0]!).get('/v1/me')).status, 200);
  const secret = shown[0]!.split('_').slice(2).join('_');
  const { pool } = world.service.database;
  const { rows: tables } = await pool.query<{ name: string }>(
    "select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
  );
  t.ok(tables.length > 15);
  for (const { name } of tables) {
    const { rows } = await pool.query(
      `select 1 from ${name} r where strpos(row_to_json(r)::text, $1) > 0 or strpos(row_to_json(r)::text, $2) > 0 limit 1`,
      [secret, Buffer.from(secret).toString('hex')],
    );
    t.same(rows, [], `${name} does not hold it, nor its bytes`);
  }
});

t.test(
  'a pickup code is in the first answer and in none that is kept, also for an agent whose mandate has ended',
  async (t) => {
    const world = await aWorld();
    const { id } = await world.aManifest({ status: 'issued' });
    const delegation = {
      principalId: world.consignor.partyId,
      agentId: world.stranger.partyId,
      acts: ['pickup-code'],
      validFrom: '2026-01-01',
      validTo: '2027-01-01',
    };
    const given = ok(await world.consignor.post('/v1/delegations', delegation));
    const [key, url] = [keyed(), `/v1/manifests/${id}/pickup-code`];
    const answers = await Promise.all([1, 2, 3].map(() => world.stranger.post(url, {}, key)));
    const shown = answers.flatMap(({ body }) => (body.pickupCode === null ? [] : [body.pickupCode as string]));
    t.equal(shown.length, 1);
    const revoked = { ...delegation, status: 'revoked' };
    ok(await world.consignor.put(`/v1/delegations/${given.id}`, revoked, { 'if-match': `"${given.version}"` }));
    const later = await world.stranger.post(url, {}, key);
    t.match(later, {
      headers: { 'idempotency-replayed': 'true' },
      body: { pickupCode: null, warnings: [{ code: 'secret-shown-once', pointer: '/pickupCode' }] },
    });
    const { rows } = await world.service.database.pool.query('select answer from act_keys where key = $1', [
      key['idempotency-key'],
    ]);
    t.same(rows.length, 1);
    t.notMatch(rows[0].answer, /pickupCode/);
    const lines = [{ line: 1, massGrams: 1 }];
    const loaded = { occurredAt: at(world), plate: world.plate, lines, pickupCode: shown[0] };
    t.equal(
      (await world.carrier.post(`/v1/manifests/${id}/pickup`, loaded)).status,
      200,
      'the one shown is the one that opens',
    );
  },
);
