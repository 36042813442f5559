import { randomUUID } from 'node:crypto';
import { aDrum, aStore, aUnit, move } from '../generation/given.ts';
import { aParty, at } from '../manifests/given.ts';
import { sendBulk } from '../platform/bulks.ts';
import { type Answer, type Caller, ok, type World } from '../support/world.ts';
import { aFence, groundOf, lookedAt, round, tell, tripsOf } from '../transport/observed.ts';
import { DELEGATED } from './kinds.ts';

/** What the rows of the matrix are about: one of everything, of the consignor, the carrier, the consignee or the unit. */
export type Ground = Awaited<ReturnType<typeof layGround>>;

const id = async (answer: Promise<Answer>): Promise<string> => ok(await answer).id;

/** Manifests have a second leg, and every load that got so far was put down in Tai'an on its way. */
export const PASSED = '370902';

export async function layGround(world: World) {
  const agent = await aParty(world, { capacities: ['carrier'] });
  const second = await aParty(world, { capacities: ['carrier'] });
  const depotId = await id(second.post('/v1/sites', { partyId: second.partyId, name: '中转站', region: PASSED }));
  const plain = world.draftBody;
  world.draftBody = (changes = {}) => plain({ onwardCarrierIds: [second.partyId], ...changes });
  return {
    world,
    agent,
    second,
    depotId,
    ...(await layRegisters(world)),
    ...(await layLaw(world, agent)),
    ...(await layStock(world)),
    ...(await layProject(world)),
    ...(await layObserved(world)),
    passed: await stopped(world, (await world.aManifest({ status: 'in_transit', declaredGrams: 1_000 })).id, depotId),
  };
}

/** Put down on its way, and off again. */
export async function stopped({ carrier, plate, ...world }: World, manifest: string, siteId: string): Promise<string> {
  const occurredAt = world.clock.now().toISOString();
  ok(await carrier.post(`/v1/manifests/${manifest}/transit-storage`, { occurredAt, siteId }));
  ok(await carrier.post(`/v1/manifests/${manifest}/departure`, { occurredAt, plate }));
  return manifest;
}

async function layRegisters(world: World) {
  const { carrier, consignee, consignor } = world;
  const person = { partyId: carrier.partyId, duties: ['driver'], name: '张三' };
  const device = {
    partyId: consignee.partyId,
    siteId: world.consigneeSiteId,
    type: 'truck_scale',
    serialNumber: randomUUID(),
  };
  const vehicle = { partyId: carrier.partyId, plate: world.plate };
  const granted = { partyId: carrier.partyId, role: 'member', label: 'old' };
  return {
    person,
    personId: await id(carrier.post('/v1/people', person)),
    device,
    deviceId: await id(consignee.post('/v1/devices', device)),
    vehicle,
    vehicleId: await id(carrier.post('/v1/vehicles', vehicle)),
    bulkId: ok(await sendBulk(world, consignor, '{"operation":"none"}')).id as string,
    keyId: ok(await carrier.get('/v1/me')).key.id as string,
    oldKeyId: await id(carrier.post('/v1/api-keys', granted)),
    site: { partyId: consignor.partyId, name: '一厂', region: '370112' },
  };
}

/** A building site of the consignor, apart from where its hazardous waste is made. */
async function layProject({ consignor }: World) {
  const site = { partyId: consignor.partyId, name: '工地', region: '370112' };
  const projectSiteId = await id(consignor.post('/v1/sites', site));
  const project = {
    number: randomUUID(),
    name: '某工程',
    siteId: projectSiteId,
    kind: 'demolition',
    startsOn: '2026-09-01',
  };
  return { project, projectId: await id(consignor.post('/v1/projects', project)) };
}

async function layLaw(world: World, agent: Caller) {
  const { admin, consignor } = world;
  const year = { validFrom: '2026-01-01', validTo: '2027-01-01' };
  const plan = {
    type: 'management_plan',
    number: randomUUID(),
    holderId: consignor.partyId,
    wasteCodes: ['HW08'],
    ...year,
  };
  const delegation = {
    principalId: consignor.partyId,
    agentId: agent.partyId,
    siteIds: [world.consignorSiteId],
    acts: DELEGATED,
    ...year,
  };
  const designation = {
    type: 'key_unit',
    partyId: consignor.partyId,
    siteId: world.consignorSiteId,
    stream: 'hazardous',
    reason: '重点',
    validFrom: '2026-01-01',
  };
  const zero = { siteId: world.consignorSiteId, figures: [], zeroReport: true };
  return {
    plan,
    planId: await id(admin.post('/v1/permits', plan)),
    delegation,
    delegationId: await id(consignor.post('/v1/delegations', delegation)),
    designation,
    designationId: await id(admin.post('/v1/designations', designation)),
    zero,
    reportId: await id(consignor.post('/v1/reports', { ...zero, period: '2026-07' })),
    policy: ok(await admin.get('/v1/policies?limit=1')).items[0],
    rule: ok(await admin.get('/v1/rules?limit=1')).items[0],
  };
}

async function layStock(world: World) {
  const { consignor, consignee } = world;
  const { unit, siteId: unitSiteId } = await aUnit(world);
  const labelling = { ...world, unit, uscc: '', siteId: unitSiteId };
  const { id: drumId } = await aDrum(labelling);
  const storeId = await aStore(labelling, { shared: true });
  const tenantCaller = await aParty(world, { capacities: ['producer'] });
  const tenancyOf = (tenantId: string) => ({ siteId: unitSiteId, storeId, tenantId, validFrom: '2026-01-01' });
  const tenancy = tenancyOf(consignor.partyId);
  ok(await unit.post('/v1/tenancies', tenancyOf(tenantCaller.partyId)));
  const { id: transit } = await world.aManifest({ status: 'in_transit' });
  const { id: received } = await world.aManifest({ status: 'received', acceptedGrams: 1_000_000 });
  const ticket = () => ({
    ticketNumber: randomUUID(),
    siteId: world.consigneeSiteId,
    purpose: 'unloading',
    grossGrams: 2,
    tareGrams: 1,
    manifestId: transit,
    occurredAt: at(world),
  });
  const treatment = (grams: number) => ({
    siteId: world.consignorSiteId,
    method: 'D10',
    startedAt: at(world),
    endedAt: at(world),
    inputs: [{ wasteCode: '900-249-08', grams }],
  });
  const laid = {
    unit,
    unitSiteId,
    labelling,
    drumId,
    storeId,
    store: { siteId: unitSiteId, code: 'TS999999', type: 'warehouse' },
    tenantCaller,
    tenancy,
    tenancyId: await id(unit.post('/v1/tenancies', tenancy)),
    moveId: ok(await move(labelling, 'in', storeId, { containers: [drumId] })).id as string,
    batchId: await world.generate(1_000_000),
    transit,
    ticket,
    ticketId: await id(consignee.post('/v1/weigh-tickets', ticket())),
    treatment,
    treatmentId: await id(consignor.post('/v1/treatments', treatment(1))),
    treatmentToReverse: await id(consignor.post('/v1/treatments', treatment(2))),
  };
  await world.jobsDone();
  const anomaly = ok(await consignor.get('/v1/anomalies?limit=200')).items.find(
    (item: { subject: { id: string } }) => item.subject.id === received,
  );
  return { ...laid, anomaly };
}

async function layObserved(world: World) {
  const { carrier, consignor, consignee, plate } = world;
  const { works, plant } = groundOf(world);
  const { id: observedManifest, number } = await world.aManifest({ status: 'in_transit', declaredGrams: 1_000 });
  const pass = {
    siteId: world.consigneeSiteId,
    direction: 'entry',
    plate,
    occurredAt: at(world, -180),
    manifestId: observedManifest,
  };
  const waybill = () => ({
    number: randomUUID(),
    plate,
    goods: [{ unNumber: '3082', hazardClass: '9', massGrams: 1_000 }],
    routeRegions: ['370112'],
    manifestNumbers: [number],
    departsAt: at(world),
  });
  const fence = {
    siteId: world.consignorSiteId,
    crs: 'WGS84',
    shape: { type: 'circle', centre: works, radiusMetres: 200 },
    inForceFrom: '2026-01-01',
  };
  const fenceId = await aFence(consignor, world.consignorSiteId, works);
  await aFence(consignee, world.consigneeSiteId, plant);
  await tell(world, round(world, world.clock.now().getTime() - 60 * 60_000));
  await lookedAt(world);
  const [trip] = await tripsOf(world);
  return {
    pass,
    passId: await id(consignee.post('/v1/gate-passes', pass)),
    waybill,
    waybillId: await id(carrier.post('/v1/waybills', waybill())),
    fence,
    fenceId,
    position: { crs: 'WGS84', plate, points: [{ at: at(world), longitude: 117.1, latitude: 36.6 }] },
    sightings: [{ deviceSequence: 1, plate, occurredAt: at(world) }],
    observedTripId: trip.id as string,
  };
}
