import t from 'tap';
import { exampleId } from '../../src/platform/ids.ts';
import { doBulk } from '../platform/bulks.ts';
import { aDeviceKey } from '../transport/observed.ts';
import type { Row } from './kinds.ts';
import { aScene, type Scene, send } from './scene.ts';

/** The bodies that the documentation shows: they fit their schema, are shown where one looks, and are really sent. */
interface Documented {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Record<string, { readonly example?: object }> };
}

/** Let in, and understood: what is refused is refused for its state or by a rule of the place. */
const UNDERSTOOD = new Set([200, 201, 202, 409, 412, 422]);
const JSON_TYPE = 'application/json';

async function shownIn({ app }: Scene): Promise<{ route: string; operation: string; example: object | undefined }[]> {
  const { paths } = (await app.inject('/openapi.json')).json() as { paths: Record<string, Record<string, Documented>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { operationId: operation, requestBody }]) => {
      const content = requestBody?.content[JSON_TYPE];
      return content ? [{ route: `${method.toUpperCase()} ${path}`, operation, example: content.example }] : [];
    }),
  );
}

t.test('every act with a body shows an example, and it fits', async (t) => {
  const scene = await aScene();
  const shown = await shownIn(scene);
  t.ok(shown.length > 40, `${shown.length} bodies`);
  for (const { route, operation, example } of shown) {
    t.ok(example, `${route} shows an example`);
    const parsed = scene.app.acts.get(operation)?.body?.safeParse(example);
    t.notOk(parsed?.error, `${route}: ${JSON.stringify(parsed?.error?.issues)}`);
  }
  for (const { operation, body } of scene.app.acts.values())
    if (body) t.ok(shown.find((one) => one.operation === operation)?.example, operation);
});

t.test('every example is sent, by who may', async (t) => {
  const scene = await aScene();
  const camera = await aDeviceKey(scene, scene.consignee, scene.consigneeSiteId, { type: 'camera' });
  for (const { route, example } of await shownIn(scene)) {
    const { url, may }: Row = scene.rows[route]!;
    const [who] = may;
    const caller = route === 'POST /v1/sightings' ? camera : who ? scene.callers[who] : scene.unit;
    const answer = await send(scene, caller, route, { url, body: withRealIds(scene, example!) });
    t.ok(UNDERSTOOD.has(answer.status), `${route}: ${answer.status} ${answer.body.detail}`);
  }
});

t.test('every file of acts that is shown is sent, and each of its lines is done', async (t) => {
  const scene = await aScene();
  const { paths } = (await scene.app.inject('/openapi.json')).json();
  const { content } = paths['/v1/bulks'].post.requestBody;
  t.same(Object.keys(content), ['application/x-ndjson', 'text/csv']);
  for (const [type, { example }] of Object.entries<{ example: string }>(content)) {
    const { bulk, results } = await doBulk(scene, scene.consignor, withRealIds(scene, example), { type });
    t.equal(bulk.succeeded, bulk.lines, `${type}: ${JSON.stringify(results)}`);
  }
});

/** Every id of an example stands for something, and so does its plate; here they are real. */
function withRealIds<Example>({ named, plate }: Scene, example: Example): Example {
  const ids = new Map(Object.entries(named).map(([name, id]) => [exampleId(name), id]));
  return JSON.parse(
    JSON.stringify(example)
      .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, (id) => {
        const real = ids.get(id);
        if (!real) throw new Error(`nothing on the scene stands for ${id}`);
        return real;
      })
      .replaceAll('鲁A12345', plate),
  ) as Example;
}
