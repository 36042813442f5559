import { withUnit } from '../generation/given.ts';
import { at } from '../manifests/given.ts';
import { aHub, collectionBody } from '../manifests/hub.ts';
import { ok, type World } from '../support/world.ts';
import type { Supply, Target } from './fuzz-targets.ts';

/** Acts on the big box of a hub, each on a collection in the state it is for; and the month of an institution. */
export async function collectionTargets(world: World): Promise<Record<string, Target>> {
  const { carrier, consignee, consignor, consignorSiteId: siteId, consigneeSiteId } = world;
  const labelling = await withUnit(world);
  const { unit } = labelling;
  const occurredAt = at(world);
  const pickup = { occurredAt, plate: world.plate };
  const filed = async () => {
    const hub = await aHub([1_000], labelling);
    return `/v1/collections/${ok(await unit.post('/v1/collections', collectionBody(world, hub))).id}`;
  };
  const loaded = async () => {
    const path = await filed();
    ok(await carrier.post(`${path}/pickup`, pickup));
    return path;
  };
  const arrived = async () => {
    const path = await loaded();
    ok(await carrier.post(`${path}/arrival`, { occurredAt }));
    return path;
  };
  const on = (act: string, status: string, make: () => Promise<string>): Supply => ({
    make: async () => `${await make()}/${act}`,
    fits: async (path) => ok(await unit.get(path.slice(0, -`/${act}`.length))).status === status,
  });
  const { boxId } = await aHub([1_000], labelling);
  return {
    'collections.file': {
      caller: unit,
      url: '/v1/collections',
      sound: { ...collectionBody(world, { boxId }), shipperRole: 'consignor' },
    },
    'collections.pickup': {
      caller: carrier,
      url: on('pickup', 'filed', filed),
      sound: { ...pickup, waybillNumber: 'YD1', entryMode: 'live' },
    },
    'collections.pickup-confirmation': {
      caller: unit,
      url: on('pickup-confirmation', 'in_transit', loaded),
      sound: { occurredAt, entryMode: 'live' },
    },
    'collections.arrival': {
      caller: carrier,
      url: on('arrival', 'in_transit', loaded),
      sound: { occurredAt, entryMode: 'live' },
    },
    'collections.receipt': {
      caller: consignee,
      url: on('receipt', 'arrived', arrived),
      sound: { occurredAt, missing: [], method: 'D10', entryMode: 'live' },
    },
    'monthly-manifests.draw': {
      caller: consignor,
      url: '/v1/monthly-manifests',
      sound: { stream: 'hazardous', siteId, consigneeSiteId, month: '2026-08' },
    },
  };
}
