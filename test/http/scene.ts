import { anOuterBox } from '../generation/given.ts';
import { aRegulator, aSite } from '../manifests/given.ts';
import { type Answer, aWorld, type Caller, callerWith, ok, type World } from '../support/world.ts';
import { layGround, PASSED } from './ground.ts';
import type { Kind, Row, Rows } from './kinds.ts';
import { custodyRows } from './rows-custody.ts';
import { lawRows } from './rows-law.ts';
import { manifestRows } from './rows-manifests.ts';
import { observedRows } from './rows-observed.ts';
import { officialRows } from './rows-official.ts';
import { projectRows } from './rows-projects.ts';
import { registerRows } from './rows-registers.ts';

export interface Scene extends World {
  readonly callers: Record<Kind, Caller>;
  readonly rows: Readonly<Rows>;
  /** Labels containers, and is nobody in the table. */
  readonly unit: Caller;
  /** What the ids in the examples of the documentation stand for, by their names. */
  readonly named: Readonly<Record<string, string>>;
}

export async function aScene(): Promise<Scene> {
  const world = await aWorld();
  const ground = await layGround(world);
  const { consignor, carrier, consignee, consignorSiteId } = world;
  const { agent, second, tenantCaller } = ground;
  const grant = async (caller: Caller, role: string, bound: object): Promise<Caller> =>
    callerWith(
      world.app,
      ok(await caller.post('/v1/api-keys', { partyId: caller.partyId, role, label: role, ...bound })).apiKey,
      caller.partyId,
    );
  const driver = { partyId: second.partyId, duties: ['driver'], name: '李四' };
  const secondDriver = ok(await second.post('/v1/people', driver)).id;
  const callers: Record<Kind, Caller> = {
    administrator: world.admin,
    consignor,
    consignorHere: await grant(consignor, 'member', { siteId: consignorSiteId }),
    consignorElsewhere: await grant(consignor, 'member', { siteId: await aSite(consignor, '370112') }),
    agent,
    carrier,
    secondCarrier: second,
    consignee,
    tenant: tenantCaller,
    stranger: world.stranger,
    driver: await grant(carrier, 'driver', { personId: ground.personId }),
    secondDriver: await grant(second, 'driver', { personId: secondDriver }),
    device: await grant(consignee, 'device', { deviceId: ground.deviceId }),
    regulatorHere: world.regulator,
    regulatorPassed: await aRegulator(world, PASSED),
    regulatorElsewhere: await aRegulator(world, '371000'),
    regulatorOfMedical: await aRegulator(world, '370100', ['medical']),
  };
  const { 'DELETE /v1/api-keys/{id}': revocation, ...registers } = registerRows(ground);
  const rows = {
    ...registers,
    ...lawRows(ground),
    ...custodyRows(ground),
    ...projectRows(ground),
    ...(await manifestRows(ground)),
    ...(await officialRows(ground)),
    ...observedRows(ground),
    'DELETE /v1/api-keys/{id}': revocation!, // whoever may, revokes it
  };
  const named = {
    consignor: consignor.partyId,
    carrier: carrier.partyId,
    consignee: consignee.partyId,
    'consignor site': consignorSiteId,
    'consignee site': world.consigneeSiteId,
    'unit site': ground.unitSiteId,
    store: ground.storeId,
    container: ground.drumId,
    'outer container': await anOuterBox(ground.labelling),
    manifest: ground.transit,
  };
  return { ...world, callers, rows, unit: ground.unit, named };
}

/** Edits name the version as it is now, so that what is judged is who asks. */
export async function send(
  scene: Scene,
  caller: Caller,
  route: string,
  { url, body, headers }: Pick<Row, 'url' | 'body' | 'headers'>,
): Promise<Answer> {
  const [method] = route.split(' ');
  if (method === 'GET') return caller.get(url);
  if (method === 'DELETE') return caller.delete(url);
  if (method === 'POST') return caller.post(url, body, headers);
  const version = (await scene.admin.get(url)).headers.etag ?? '"1"';
  return caller.put(url, body!, { 'if-match': String(version) });
}
