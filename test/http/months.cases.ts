import t from 'tap';
import { aWorld, ok } from '../support/world.ts';

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Record<string, { readonly example?: Record<string, unknown> }> };
}

const FIELDS = ['month', 'period'];
/** No month of any year, or of none that anybody asks for. */
const ODD = ['2026-13', '2026-00', '2026-1', '0001-01', '9999-12', '2026-09-01', '２０２６-09', '-'];

t.test('every route that takes a month refuses what is none, at its field', async (t) => {
  const world = await aWorld();
  const { paths } = ok(await world.regulator.get('/openapi.json')) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const pointersOf = (body: { errors?: { pointer: string }[] }) => (body.errors ?? []).map(({ pointer }) => pointer);
  const seen: string[] = [];
  for (const [path, methods] of Object.entries(paths))
    for (const [method, { parameters = [], requestBody }] of Object.entries(methods)) {
      const query = parameters.find((one) => one.in === 'query' && FIELDS.includes(one.name))?.name;
      const example = requestBody?.content['application/json']?.example ?? {};
      const field = FIELDS.find((name) => typeof example[name] === 'string');
      if (query || field) seen.push(`${method} ${path}`);
      for (const odd of query || field ? ODD : []) {
        const url = path.replaceAll(/\{\w+\}/g, world.consignorSiteId);
        const answer = query
          ? await world.regulator.get(`${url}?${query}=${encodeURIComponent(odd)}`)
          : await world.consignor.post(url, { ...example, [field!]: odd });
        t.equal(answer.status, 400, `${method} ${path} ${odd}`);
        t.ok(pointersOf(answer.body).includes(query ? `query:${query}` : `/${field}`), JSON.stringify(answer.body));
      }
    }
  t.same(seen.sort(), [
    'get /v1/coverage',
    'get /v1/reports',
    'get /v1/reports/draft',
    'get /v1/settlements',
    'post /v1/monthly-manifests',
    'post /v1/reports',
  ]);
});
