import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { ProblemView } from '../../src/platform/http.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { PROBLEM_TYPES } from '../../src/problems.ts';
import { at, written } from '../manifests/given.ts';
import { aWorld, testService, type World } from '../support/world.ts';

interface Wish {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly payload?: object | string;
}

/** One request as it is, with the key of a member; checks that what comes back is a problem and nothing less. */
async function problemOf(t: Test, world: World, wish: Wish) {
  const { headers, ...rest } = wish;
  const response = await world.app.inject({
    ...rest,
    headers: {
      authorization: `Bearer ${world.consignor.apiKey}`,
      'accept-language': 'en',
      'idempotency-key': randomUUID(),
      ...headers,
    },
  });
  const told = `${rest.method ?? 'GET'} ${rest.url.slice(0, 80)}`;
  t.match(response.headers['content-type'], /^application\/problem\+json/, told);
  const body = ProblemView.parse(response.json());
  t.equal(body.status, response.statusCode, told);
  t.equal(body.instance, rest.url, told);
  t.ok(
    PROBLEM_TYPES.some((type) => body.type === `/problems/${type}`),
    `${told}: ${body.type} is in the table`,
  );
  t.ok(body.title.length > 0 && body.detail.length > 0, told);
  return { ...body, headers: response.headers };
}

const json = { 'content-type': 'application/json' };
const post = (payload: string | undefined, headers: Record<string, string> = json): Wish =>
  ({ method: 'POST', url: '/v1/generations', headers, ...(payload === undefined ? {} : { payload }) }) as Wish;

t.test('a body that is no JSON, empty, cut short, too large or of another kind', async (t) => {
  const world = await aWorld();
  const before = await written(world);
  for (const broken of [
    '{',
    '{"a":1,}',
    'nil',
    '"\\x"',
    '[1',
    '\u0000',
    '{"a":1}{}',
    '{"__proto__":{"x":1}}',
    '{"constructor":{"prototype":{}}}',
  ])
    t.match(await problemOf(t, world, post(broken)), { status: 400, type: '/problems/malformed-json' }, broken);
  t.match(await problemOf(t, world, post('')), {
    status: 400,
    type: '/problems/malformed-json',
    detail: 'The body is empty; send JSON.',
  });
  t.match(await problemOf(t, world, post(undefined)), { status: 400 });
  for (const notAnObject of ['null', '1', '"text"', '[]', 'true'])
    t.match(
      await problemOf(t, world, post(notAnObject)),
      { status: 400, type: '/problems/invalid-input', errors: [{ pointer: '/' }] },
      notAnObject,
    );
  for (const kind of [
    'application/xml',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'nonsense',
  ])
    t.match(
      await problemOf(t, world, post('<a/>', { 'content-type': kind })),
      { status: 415, type: '/problems/media-type-unsupported' },
      kind,
    );
  const large = JSON.stringify({ siteId: 'x'.repeat(1_048_576) });
  t.match(await problemOf(t, world, post(large)), { status: 413, type: '/problems/body-too-large' });
  t.match(await problemOf(t, world, post('{}', { ...json, 'content-length': '9' })), {
    status: 400,
    type: '/problems/malformed-json',
  });
  t.same(await written(world), before);
});

t.test('a filter that is none is said, not left out: the answer would be of everything', async (t) => {
  const world = await aWorld();
  for (const path of [
    '/v1/manifests?sttus=arrived',
    '/v1/parties?foo=1',
    '/v1/balances?at2=x',
    '/v1/regions?parnt=37',
  ]) {
    const { status, body } = await world.consignor.get(path);
    const pointer = `query:${/\?(\w+)/.exec(path)![1]}`;
    t.match({ status, errors: body.errors }, { status: 400, errors: [{ pointer }] }, path);
  }
});

t.test('a body that does not fit: every place by its JSON Pointer, unknown fields too', async (t) => {
  const world = await aWorld();
  const body = { ...world.draftBody(), colour: 'red', carrierId: 'x' };
  const problem = await problemOf(t, world, {
    method: 'POST',
    url: '/v1/manifests',
    payload: { ...body, lines: [{ ...(world.draftBody().lines as object[])[0], massGrams: 1.5, 'a/b~c': 1 }] },
  });
  t.match(problem, { status: 400, type: '/problems/invalid-input' });
  const pointers = (problem.errors ?? []).map(({ pointer }) => pointer);
  for (const pointer of ['/carrierId', '/colour', '/lines/0/massGrams', '/lines/0/a~1b~0c'])
    t.ok(pointers.includes(pointer), `${pointer} in ${pointers}`);
  for (const massGrams of ['1', null, -1, 0, 1e10 + 1, 1e300, true, [], Number.MAX_SAFE_INTEGER])
    t.match(
      await problemOf(t, world, {
        method: 'POST',
        url: '/v1/generations',
        payload: { siteId: world.consignorSiteId, wasteCode: '900-249-08', massGrams, occurredAt: at(world) },
      }),
      { status: 400, errors: [{ pointer: '/massGrams' }] },
      JSON.stringify(massGrams),
    );
  for (const occurredAt of ['2026-09-16', '2026-09-16T02:00:00', '2026-02-30T00:00:00Z', 'now', 0, ''])
    t.match(
      await problemOf(t, world, {
        method: 'POST',
        url: '/v1/generations',
        payload: { siteId: world.consignorSiteId, wasteCode: '900-249-08', massGrams: 1, occurredAt },
      }),
      { status: 400, errors: [{ pointer: '/occurredAt' }] },
      JSON.stringify(occurredAt),
    );
});

t.test('text that Postgres cannot keep is refused as input, wherever it stands', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'issued' });
  const line = (world.draftBody().lines as object[])[0]!;
  const bodies = (text: string): readonly [string, object][] => [
    ['/v1/sites', { partyId: world.consignor.partyId, name: text, region: '370112' }],
    ['/v1/people', { partyId: world.consignor.partyId, duties: ['driver'], name: text }],
    ['/v1/api-keys', { partyId: world.consignor.partyId, role: 'member', label: text }],
    ['/v1/manifests', world.draftBody({ lines: [{ ...line, name: text }] })],
    [`/v1/manifests/${id}/void`, { reason: text }],
    [
      '/v1/weigh-tickets',
      {
        ticketNumber: text,
        siteId: world.consignorSiteId,
        purpose: 'loading',
        grossGrams: 2,
        tareGrams: 1,
        occurredAt: at(world),
      },
    ],
  ];
  for (const text of ['a\u0000b', 'a\ud800b'])
    for (const [url, payload] of bodies(text))
      t.match(
        await problemOf(t, world, { method: 'POST', url, payload }),
        { status: 400, type: '/problems/invalid-input' },
        `${JSON.stringify(text)} to ${url}`,
      );
  for (const url of [
    '/v1/manifests?number=%00',
    '/v1/balances?wasteCode=%00',
    '/v1/vehicles?plate=%00',
    '/v1/parties?uscc=%00',
  ])
    t.match(await problemOf(t, world, { url }), { status: 400, type: '/problems/invalid-input' }, url);
  t.match(await problemOf(t, world, { url: '/v1/waste-codes/%00' }), { status: 400 });
});

t.test('paths and queries that make no sense', async (t) => {
  const world = await aWorld();
  for (const id of ['1', 'x', '01900000-0000-7000-8000-00000000000', `${randomUUID()}0`, '..%2f..'])
    t.match(
      await problemOf(t, world, { url: `/v1/manifests/${id}` }),
      { status: 400, type: '/problems/invalid-input', errors: [{ pointer: 'path:id' }] },
      id,
    );
  t.match(await problemOf(t, world, { url: '/v1/manifests/%00' }), { status: 400, type: '/problems/invalid-input' });
  t.match(await problemOf(t, world, { url: '/v1/manifests/%zz' }), { status: 400, type: '/problems/invalid-input' });
  const long = await problemOf(t, world, { url: `/v1/manifests/${'0'.repeat(2_000)}` });
  t.ok([400, 404, 414].includes(long.status));
  for (const url of [
    '/v1/balances?at=yesterday',
    '/v1/balances?role=heap',
    '/v1/batches',
    '/v1/batches?siteId=x',
    '/v1/anomalies?severity=loud',
    '/v1/anomalies?stream=water',
    '/v1/waste-codes?limit=501',
    '/v1/regions?parent=37',
  ])
    t.match(
      await problemOf(t, world, { url }),
      { status: 400, type: '/problems/invalid-input', errors: [{ pointer: /^query:/ }] },
      url,
    );
  t.equal(
    (await world.consignor.get(`/v1/sites/${world.consignorSiteId.toUpperCase()}`)).status,
    200,
    'capitals in a UUID mean the same',
  );
});

t.test('an unknown path is 404; a known one with another method is 405 and says which it knows', async (t) => {
  const world = await aWorld();
  for (const url of ['/', '/v1', '/v2/manifests', '/v1/manifest', `/v1/manifests/${randomUUID()}/treat`, '/v1/me/x'])
    t.match(await problemOf(t, world, { url }), { status: 404, type: '/problems/no-such-route' }, url);
  const cases: readonly [string, string, string[]][] = [
    ['DELETE', '/v1/manifests', ['GET', 'POST']],
    ['PATCH', `/v1/manifests/${randomUUID()}`, ['GET', 'PUT']],
    ['GET', `/v1/manifests/${randomUUID()}/pickup`, ['POST']],
    ['POST', '/v1/me', ['GET']],
    ['PUT', '/healthz', ['GET']],
    ['POST', '/openapi.json', ['GET']],
    ['PUT', '/v1/api-keys', ['GET', 'POST']],
    ['OPTIONS', '/v1/generations', ['POST']],
  ];
  for (const [method, url, known] of cases) {
    const problem = await problemOf(t, world, { method, url } as Wish);
    t.match(problem, { status: 405, type: '/problems/method-not-allowed' }, `${method} ${url}`);
    t.same(String(problem.headers.allow).split(', ').sort(), known, `Allow of ${url}`);
  }
});

t.test('the language is the one asked for, Chinese otherwise', async (t) => {
  const world = await aWorld();
  const asked = async (language: string | undefined) => {
    const headers: Record<string, string> = {
      authorization: `Bearer ${world.consignor.apiKey}`,
      ...(language === undefined ? {} : { 'accept-language': language }),
    };
    const { headers: given, body } = await world.app.inject({ url: `/v1/manifests/${randomUUID()}`, headers });
    return [given['content-language'], JSON.parse(body).title];
  };
  for (const language of ['en', 'en-GB', 'EN', 'en, zh;q=0.5'])
    t.same(await asked(language), ['en', 'Not found'], language);
  for (const language of [undefined, 'zh', 'zh-CN,zh;q=0.9,en;q=0.8', '*', 'english'])
    t.same(await asked(language), ['zh-CN', '未找到'], String(language));
  t.same(await asked('fr, en;q=0.8'), ['en', 'Not found'], 'the first of those we speak');
  t.same(await asked('zh;q=0.1, en'), ['en', 'Not found'], 'by weight');
});

t.test('edits name the version they are based on', async (t) => {
  const world = await aWorld();
  const url = `/v1/sites/${world.consignorSiteId}`;
  const payload = { partyId: world.consignor.partyId, name: '改名', region: '370112' };
  t.equal((await world.consignor.get(url)).headers.etag, '"1"');
  t.match(await problemOf(t, world, { method: 'PUT', url, payload }), {
    status: 428,
    type: '/problems/version-required',
    errors: [{ pointer: 'header:if-match' }],
  });
  for (const version of ['', '*', 'one', '"-1"', '"1.5"', '"1", "2"'])
    t.match(
      await problemOf(t, world, { method: 'PUT', url, payload, headers: { 'if-match': version } }),
      { status: 428 },
      version,
    );
  for (const version of ['"0"', '"2"', '"999999999"'])
    t.match(
      await problemOf(t, world, { method: 'PUT', url, payload, headers: { 'if-match': version } }),
      { status: 412, type: '/problems/version-mismatch' },
      version,
    );
  const edited = await world.consignor.put(url, payload, { 'if-match': '"1"' });
  t.match(edited, { status: 200, headers: { etag: '"2"' }, body: { version: 2 } });
  t.match(await problemOf(t, world, { method: 'PUT', url, payload, headers: { 'if-match': '"1"' } }), { status: 412 });
});

t.test('two edits of one version at once: one of them is made', async (t) => {
  const world = await aWorld();
  const edit = (name: string) =>
    world.consignor.put(
      `/v1/sites/${world.consignorSiteId}`,
      { partyId: world.consignor.partyId, name, region: '370112' },
      { 'if-match': '"1"' },
    );
  t.same((await Promise.all([edit('甲'), edit('乙'), edit('丙')])).map(({ status }) => status).sort(), [200, 412, 412]);
});

t.test('what is said to have happened more than five minutes from now is refused', async (t) => {
  const world = await aWorld();
  const record = (minutes: number) =>
    ({
      method: 'POST',
      url: '/v1/generations',
      payload: { siteId: world.consignorSiteId, wasteCode: '900-249-08', massGrams: 1, occurredAt: at(world, minutes) },
    }) as Wish;
  for (const minutes of [5.0001, 6, 60 * 24 * 365])
    t.match(await problemOf(t, world, record(minutes)), { status: 422, type: '/problems/occurred-in-future' });
  const { payload } = record(5) as { payload: object };
  t.equal((await world.consignor.post('/v1/generations', payload)).status, 201);
});

t.test('the id of a request is in its problem: the id of the trace, when the caller sent one', async (t) => {
  const world = await aWorld();
  const traced = await problemOf(t, world, {
    url: '/v1/none',
    headers: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
  });
  t.equal(traced.requestId, '4bf92f3577b34da6a3ce929d0e0e4736');
  const [one, other] = [
    await problemOf(t, world, { url: '/v1/none' }),
    await problemOf(t, world, { url: '/v1/none', headers: { traceparent: 'junk' } }),
  ];
  t.match(one.requestId, /^[0-9a-f-]{36}$/);
  t.not(one.requestId, other.requestId);
});

t.test('without a key: 401 and how to send one, on every path that needs it', async (t) => {
  const { app } = await testService();
  const asked = (authorization: string | undefined) =>
    app.inject({ url: '/v1/me', headers: authorization === undefined ? {} : { authorization } });
  const missing = await asked(undefined);
  t.match(missing.json(), { status: 401, type: '/problems/key-missing' });
  t.equal(missing.headers['www-authenticate'], 'Bearer');
  for (const wrong of [
    'Bearer x',
    'Basic dXNlcjpwYXNz',
    `Bearer ld_0123456789_${'A'.repeat(43)}`,
    'Bearer ',
    `ld_${'a'.repeat(500)}`,
  ])
    t.match((await asked(wrong)).json(), { status: 401, type: '/problems/key-invalid' }, wrong.slice(0, 30));
});

/** Sends bytes as they are and reads until the other side ends. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer in five seconds')));
    socket
      .on('data', (chunk) => (answer += chunk))
      .on('end', () => resolve(answer))
      .on('error', reject);
  });
}

t.test('bytes that are no HTTP are answered with a problem too', async (t) => {
  const { service } = await testService();
  const config = readConfig({ LOG_LEVEL: 'silent' });
  const app = await buildApp({
    config,
    service,
    logger: pino({ level: 'silent' }),
    metrics: createMetrics(),
    version: 'test',
  });
  t.teardown(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  const broken = [
    'nonsense\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'GET /v1/me HTTP/1.1\r\nhost: x\r\ncontent-length: two\r\n\r\n',
    `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
  ];
  for (const bytes of broken) {
    const [head, body] = (await exchange(port, bytes)).split('\r\n\r\n') as [string, string];
    t.match(head, /^HTTP\/1\.1 4\d\d /, bytes.slice(0, 40));
    t.match(head, /content-type: application\/problem\+json/i);
    const problem = ProblemView.safeParse(JSON.parse(body));
    t.ok(problem.success, 'as the documentation says', { issues: problem.error?.issues });
    t.equal(JSON.parse(body).status, Number(head.slice(9, 12)));
  }
  for (const [language, detail] of [
    ['zh', /百分号编码/],
    ['en', /percent-encoded/],
  ] as const)
    t.match(
      JSON.parse(
        (
          await exchange(port, `GET /v1/vehicles?plate=鲁A HTTP/1.1\r\nhost: x\r\naccept-language: ${language}\r\n\r\n`)
        ).split('\r\n\r\n')[1]!,
      ),
      {
        type: '/problems/invalid-input',
        detail,
        instance: '/v1/vehicles?plate=%E9%B2%81A',
        errors: [{ pointer: 'path:', detail: '/v1/vehicles?plate=%E9%B2%81A' }],
      },
    );
  const missingHost = await exchange(port, 'GET /v1/me HTTP/1.1\r\nconnection: close\r\n\r\n');
  t.match(missingHost, /^HTTP\/1\.1 4\d\d /);
  t.match(missingHost, /application\/problem\+json/);
});
