import t from 'tap';
import { PERMISSIONS } from '../../src/parties/authorisation.ts';
import { testService } from '../support/world.ts';

interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: object[];
  parameters?: { name: string; in: string; required?: boolean; schema?: object }[];
  requestBody?: { content: Record<string, { schema?: object }> };
  responses: Record<string, { description?: string; content?: Record<string, { schema?: object }> }>;
}
interface Document {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components?: { securitySchemes?: Record<string, object> };
  security?: object[];
}

async function documentation(): Promise<{
  document: Document;
  operations: { path: string; method: string; operation: Operation }[];
}> {
  const { app } = await testService();
  const response = await app.inject('/openapi.json');
  t.match(response.headers['content-type'], /^application\/json/);
  const document = response.json() as Document;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  return { document, operations };
}

t.test('the document is OpenAPI 3.1 and every route under /v1 is in it', async (t) => {
  const { app } = await testService();
  const { document, operations } = await documentation();
  t.match(document, {
    openapi: /^3\.1\.\d+$/,
    info: { title: String, version: 'test' },
    components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
  });
  const routes = app.printRoutes({ commonPrefix: false });
  t.match(routes, /manifests/);
  for (const [path, method] of [
    ['/v1/manifests', 'delete'],
    ['/v1/manifests/{id}', 'delete'],
  ] as const)
    t.notOk(document.paths[path]?.[method]);
  for (const { path, method } of operations) {
    const url = path.replaceAll(/\{(\w+)\}/g, '01900000-0000-7000-8000-000000000000');
    const { statusCode, body } = await app.inject({ method: method.toUpperCase() as 'GET', url });
    t.notMatch(body, /no-such-route|method-not-allowed/, `${method} ${path} is there`);
    t.equal(statusCode, path.startsWith('/v1/') ? 401 : 200, `${method} ${path} without a key`);
  }
});

t.test('every operation has a name of its own, a summary in words, and says what it answers', async (t) => {
  const { operations } = await documentation();
  const names = new Map<string, string>();
  for (const { path, method, operation } of operations.filter(({ path }) => path.startsWith('/v1/'))) {
    const told = `${method} ${path}`;
    const { operationId, summary, tags, responses } = operation;
    t.type(operationId, 'string', `${told} has an operationId`);
    if (operationId) t.notOk(names.has(operationId), `${told}: ${operationId} is also ${names.get(operationId)}`);
    if (operationId) names.set(operationId, told);
    t.ok(summary && summary.length > 3, `${told} is summed up`);
    t.ok(tags?.length, told);
    t.ok(
      Object.keys(responses).some((status) => /^2\d\d$/.test(status)),
      told,
    );
    t.ok(responses.default?.content, `${told} documents its problems`);
  }
});

t.test('parameters, bodies and references hold together', async (t) => {
  const { document, operations } = await documentation();
  const referenced = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === '$ref' && typeof inner === 'string') referenced.add(inner);
      else walk(inner);
    }
  };
  walk(document);
  for (const reference of referenced) {
    const found = reference
      .replace(/^#\//, '')
      .split('/')
      .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);
    t.ok(found, reference);
  }
  for (const { path, method, operation } of operations) {
    const told = `${method} ${path}`;
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
    t.same(declared.map(({ name }) => name).sort(), inPath.sort(), `${told}: path parameters`);
    t.ok(
      declared.every(({ required }) => required),
      told,
    );
    t.ok(
      (operation.parameters ?? []).every(({ schema }) => schema),
      told,
    );
    t.notOk(path.includes(':'), told);
    if (method === 'put') t.ok(operation.requestBody?.content['application/json']?.schema, `${told} has a body`);
    for (const [status, response] of Object.entries(operation.responses))
      t.type(response.description, 'string', `${told} ${status}`);
  }
});

t.test('what needs no key says so; everything else is in the table of who may do what', async (t) => {
  const { document, operations } = await documentation();
  t.same(document.security, [{ apiKey: [] }]);
  for (const { path, operation } of operations)
    t.equal(operation.security?.length === 0, !path.startsWith('/v1/'), path);
  t.ok(Object.values(PERMISSIONS).every((roles) => roles.length > 0));
});

t.test('people read it at /docs', async (t) => {
  const { app } = await testService();
  const first = await app.inject('/docs');
  const page = first.statusCode === 302 ? await app.inject(String(first.headers.location)) : first;
  t.equal(page.statusCode, 200);
  t.match(page.headers['content-type'], /text\/html/);
  t.equal((await app.inject('/docs/json')).json().openapi, (await app.inject('/openapi.json')).json().openapi);
});

t.test('alive and ready', async (t) => {
  const { app } = await testService();
  for (const url of ['/healthz', '/readyz']) {
    const { statusCode, body } = await app.inject(url);
    t.same([statusCode, JSON.parse(body)], [200, { status: 'ok' }], url);
  }
});
