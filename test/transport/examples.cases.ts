// The example that the documentation shows of each body is one that is truly answered.
import t from 'tap';
import { at } from '../manifests/given.ts';
import { aWorld } from '../support/world.ts';
import { aDeviceKey, aVehicle } from './observed.ts';

interface Documented {
  paths: Record<
    string,
    {
      post: {
        requestBody: { content: Record<string, { example?: unknown; schema: { items?: { examples?: unknown[] } } }> };
      };
    }
  >;
}

t.test('examples of observed facts are sent as they stand, with ids, plate and times of the day', async (t) => {
  const world = await aWorld();
  const { app, carrier, consignor, consignee, consigneeSiteId, plate } = world;
  await aVehicle(world);
  const { paths } = (await app.inject('/openapi.json')).json() as Documented;
  const shown = (path: string): unknown => {
    const { example, schema } = paths[path]!.post.requestBody.content['application/json']!;
    return example ?? schema.items?.examples; // of a list, one of its items
  };
  const exampleOf = (path: string): string =>
    JSON.stringify(shown(path))
      .replaceAll('鲁A12345', plate)
      .replaceAll(/2026-09-16T0(\d):(\d\d):(\d\d)Z/g, (_, hour, minute, second) =>
        at(world, Number(hour) * 60 - 600 + Number(minute) + Number(second) / 60),
      );
  const camera = await aDeviceKey(world, consignee, consigneeSiteId, { type: 'camera' });
  const gate = await aDeviceKey(world, consignee, consigneeSiteId, { type: 'gate' });
  for (const [path, caller, siteId] of [
    ['/v1/gate-passes', gate, consigneeSiteId],
    ['/v1/sightings', camera, ''],
    ['/v1/positions', carrier, ''],
    ['/v1/waybills', carrier, ''],
    ['/v1/fences', consignor, world.consignorSiteId],
  ] as const) {
    const body = exampleOf(path).replaceAll(/01990000-0000-7000-8000-\d{12}/g, siteId);
    const { status, body: answer } = await caller.post(path, JSON.parse(body));
    t.ok(status === 200 || status === 201, `${path}: ${JSON.stringify(answer)}`);
  }
});
