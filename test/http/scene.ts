import { randomUUID } from 'node:crypto';
import type { Operation } from '../../src/parties/authorisation.ts';
import type { Role } from '../../src/parties/tables.ts';
import { aDrum, aStore, aUnit, labelBody, move } from '../generation/given.ts';
import { aDraft, aParty, aRegulator, at } from '../manifests/given.ts';
import { type Answer, aWorld, type Caller, callerWith, ok, type World } from '../support/world.ts';

/**
 * Every route by every kind of caller. The outer gate is `PERMISSIONS`; behind it each row below says who is let in,
 * who is told that it is not his act, and who is told nothing: everyone else.
 */
export const KINDS = {
  administrator: 'administrator',
  consignor: 'member',
  carrier: 'member',
  consignee: 'member',
  stranger: 'member',
  driver: 'driver',
  device: 'device',
  regulatorHere: 'regulator',
  regulatorElsewhere: 'regulator',
  regulatorOfMedical: 'regulator',
} as const satisfies Record<string, Role>;
export type Kind = keyof typeof KINDS;
export const ALL = Object.keys(KINDS) as Kind[];

interface Row {
  readonly operation: Operation;
  readonly url: string;
  readonly body?: object;
  /** Let in: the answer is a success, or a refusal that has nothing to do with who asks. */
  readonly may: readonly Kind[];
  /** Told that it is not theirs to do (403): they may know of the subject. Everyone else gets 404. */
  readonly told?: readonly Kind[];
  /** Let in, and shown nothing: a regulator of other streams. */
  readonly empty?: readonly Kind[];
  /** A list is open to everyone with the permission; the subject is in it for `may` alone. */
  readonly lists?: string;
}

const PARTIES_ON_IT: readonly Kind[] = ['consignor', 'carrier', 'consignee'];
const PARTIES_ON_IT_AND_STRANGER: readonly Kind[] = ['consignor', 'carrier', 'consignee', 'stranger'];
const WATCHERS: readonly Kind[] = ['regulatorHere', 'regulatorOfMedical'];

export interface Scene extends World {
  readonly callers: Record<Kind, Caller>;
  readonly rows: Readonly<Record<string, Row>>;
}

/** Every act on a manifest on the way, each on one of its own in the state it is for. */
async function manifestActs(world: World): Promise<Record<string, Row>> {
  const { consignor, carrier, consignee } = world;
  const occurredAt = at(world);
  const on = async (status: 'issued' | 'in_transit' | 'arrived' | 'received'): Promise<string> =>
    (await world.aManifest({ status, declaredGrams: 1_000 })).id;
  const does = async (caller: Caller, manifest: string, act: string, body: object = {}): Promise<string> => {
    ok(await caller.post(`/v1/manifests/${manifest}/${act}`, body));
    return manifest;
  };
  const nothing = { occurredAt, lines: [{ line: 1, acceptedGrams: 0 }] };
  const vehicle = { occurredAt, plate: world.plate };
  const leak = { occurredAt, type: 'leak', place: '某地', description: '…', lines: [{ line: 1, grams: 1 }] };
  const change = { reason: '…', changes: [{ path: '/lines/0/pickedUpGrams', value: 999 }] };
  const put = { occurredAt, siteId: world.consigneeSiteId };
  const handed = await aDraft(world, { onwardCarrierIds: [world.stranger.partyId] });
  await does(consignor, handed, 'issue');
  await does(carrier, handed, 'pickup', { ...vehicle, lines: [{ line: 1, massGrams: 1 }] });
  const refused = async () => does(consignee, await on('arrived'), 'receipt', nothing);
  const tripId = ok(await carrier.post('/v1/trips', { plate: world.plate, startedAt: occurredAt })).id;
  const seen: readonly Kind[] = [...PARTIES_ON_IT, 'driver', 'regulatorHere'];
  const read = await on('received');
  const row = (
    act: string,
    manifest: string,
    body: object,
    may: readonly Kind[],
    told: readonly Kind[] = PARTIES_ON_IT.filter((kind) => !may.includes(kind)),
  ): Record<string, Row> => ({
    [`POST /v1/manifests/{id}/${act}`]: {
      operation: `manifests.${act}` as Operation,
      url: `/v1/manifests/${manifest}/${act}`,
      body,
      may,
      told,
    },
  });
  const reads = (path: string, given = path): Record<string, Row> => ({
    [`GET /v1/manifests/{id}/${path}`]: {
      operation: 'manifests.read',
      url: `/v1/manifests/${read}/${given}`,
      may: seen,
    },
  });
  return {
    ...row('pickup-code', await on('issued'), {}, ['consignor']),
    ...row('pickup-confirmation', await on('in_transit'), { occurredAt }, ['consignor']),
    ...row('handover', handed, { occurredAt, place: '某地' }, ['carrier', 'driver', 'stranger']),
    ...row('transit-storage', await on('in_transit'), put, ['carrier', 'driver']),
    ...row('departure', await does(carrier, await on('in_transit'), 'transit-storage', put), vehicle, [
      'carrier',
      'driver',
    ]),
    ...row('return', await refused(), vehicle, ['carrier', 'driver', 'consignee']),
    ...row(
      'return-receipt',
      await does(carrier, await refused(), 'return', vehicle),
      { occurredAt, lines: [{ line: 1, massGrams: 1 }] },
      ['consignor'],
    ),
    ...row('follow-up', await refused(), { carrierId: carrier.partyId, consigneeSiteId: world.consigneeSiteId }, [
      'consignor',
    ]),
    ...row('incident', await on('in_transit'), leak, ['carrier', 'driver']),
    ...row(
      'incident-plan',
      await does(carrier, await on('in_transit'), 'incident', leak),
      { plan: '…' },
      PARTIES_ON_IT,
    ),
    ...row(
      'incident-resolution',
      await does(carrier, await on('in_transit'), 'incident', leak),
      { occurredAt, lines: [{ line: 1, lostGrams: 1, recoveredGrams: 0 }] },
      ['consignor', 'carrier'],
    ),
    ...row('correction', await on('received'), change, PARTIES_ON_IT),
    ...row('correction-approval', await does(consignee, await on('received'), 'correction', change), {}, [
      'consignor',
      'carrier',
      'regulatorHere',
    ]),
    ...row('correction-rejection', await does(consignee, await on('received'), 'correction', change), {}, [
      ...PARTIES_ON_IT,
      'regulatorHere',
    ]),
    ...row('correction-withdrawal', await does(consignee, await on('received'), 'correction', change), {}, [
      'consignee',
    ]),
    ...reads('versions'),
    ...reads('versions/{version}', 'versions/1'),
    ...reads('differences'),
    'GET /v1/trips': { operation: 'trips.read', url: '/v1/trips?limit=200', may: ['carrier', 'driver'], lists: tripId },
    'GET /v1/trips/{id}': { operation: 'trips.read', url: `/v1/trips/${tripId}`, may: ['carrier', 'driver'] },
    'POST /v1/trips': {
      operation: 'trips.start',
      url: '/v1/trips',
      body: { plate: world.plate, startedAt: occurredAt },
      may: [...PARTIES_ON_IT, 'stranger', 'driver'],
    },
    'POST /v1/trips/{id}/end': {
      operation: 'trips.end',
      url: `/v1/trips/${tripId}/end`,
      body: { occurredAt },
      may: ['carrier', 'driver'],
    },
  };
}

export async function aScene(): Promise<Scene> {
  const world = await aWorld();
  const { consignor, carrier, consignee, admin } = world;
  const id = async (answer: Promise<Answer>): Promise<string> => ok(await answer).id;
  const grant = async (caller: Caller, role: string, bound: object): Promise<Caller> =>
    callerWith(
      world.app,
      ok(await caller.post('/v1/api-keys', { partyId: caller.partyId, role, label: role, ...bound })).apiKey,
      caller.partyId,
    );
  const person = { partyId: carrier.partyId, duties: ['driver'], name: '张三' };
  const personId = await id(carrier.post('/v1/people', person));
  const device = {
    partyId: consignee.partyId,
    siteId: world.consigneeSiteId,
    type: 'truck_scale',
    serialNumber: randomUUID(),
  };
  const deviceId = await id(consignee.post('/v1/devices', device));
  const vehicle = { partyId: carrier.partyId, plate: world.plate };
  const vehicleId = await id(carrier.post('/v1/vehicles', vehicle));
  const plan = {
    type: 'management_plan',
    number: randomUUID(),
    holderId: consignor.partyId,
    wasteCodes: ['HW08'],
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
  };
  const planId = await id(admin.post('/v1/permits', plan));
  const delegation = {
    principalId: consignor.partyId,
    agentId: (await aParty(world)).partyId,
    acts: ['issue'],
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
  };
  const delegationId = await id(consignor.post('/v1/delegations', delegation));
  const designation = {
    type: 'key_unit',
    partyId: consignor.partyId,
    siteId: world.consignorSiteId,
    stream: 'hazardous',
    reason: '重点',
    validFrom: '2026-01-01',
  };
  const designationId = await id(admin.post('/v1/designations', designation));
  const zero = { siteId: world.consignorSiteId, figures: [], zeroReport: true };
  const reportId = await id(consignor.post('/v1/reports', { ...zero, period: '2026-07' }));
  const keyId = ok(await carrier.get('/v1/me')).key.id as string;
  const policy = ok(await admin.get('/v1/policies?limit=1')).items[0];
  const rule = ok(await admin.get('/v1/rules?limit=1')).items[0];
  const draft = await aDraft(world);
  const [issued, loading, voiding, transit, arrived] = [
    (await world.aManifest({ status: 'issued' })).id,
    (await world.aManifest({ status: 'issued' })).id,
    (await world.aManifest({ status: 'issued' })).id,
    (await world.aManifest({ status: 'in_transit' })).id,
    (await world.aManifest({ status: 'arrived' })).id,
  ];
  const { id: received } = await world.aManifest({ status: 'received', acceptedGrams: 1_000_000 });
  const acts = await manifestActs(world);
  const batchId = await world.generate(1_000_000);
  const { unit, siteId: unitSiteId } = await aUnit(world);
  const labelling = { ...world, unit, uscc: '', siteId: unitSiteId };
  const { id: drumId } = await aDrum(labelling);
  const storeId = await aStore(labelling, { shared: true });
  const store = { siteId: unitSiteId, code: 'TS999999', type: 'warehouse' };
  const tenancy = { siteId: unitSiteId, storeId, tenantId: consignor.partyId, validFrom: '2026-01-01' };
  const tenancyId = await id(unit.post('/v1/tenancies', tenancy));
  const { id: moveId } = ok(await move(labelling, 'in', storeId, { containers: [drumId] }));
  const ticket = (n: string) => ({
    ticketNumber: n,
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
  const treatmentId = await id(consignor.post('/v1/treatments', treatment(1)));
  const treatmentToReverse = await id(consignor.post('/v1/treatments', treatment(2)));
  const ticketId = await id(consignee.post('/v1/weigh-tickets', ticket(randomUUID())));
  await world.jobsDone();
  const anomaly = ok(await consignor.get('/v1/anomalies?limit=200')).items.find(
    (item: { subject: { id: string } }) => item.subject.id === received,
  );
  const site = { partyId: consignor.partyId, name: '一厂', region: '370112' };
  const line = { occurredAt: at(world), lines: [{ line: 1, acceptedGrams: 1 }] };
  const load = { occurredAt: at(world), plate: world.plate, lines: [{ line: 1, massGrams: 1 }] };
  const everyReader = ALL.filter((kind) => kind !== 'device');
  const onManifest: readonly Kind[] = [...PARTIES_ON_IT, 'driver', 'regulatorHere'];
  const rows: Record<string, Row> = {
    'GET /v1/me': { operation: 'me.read', url: '/v1/me', may: ALL },
    'GET /v1/waste-codes': { operation: 'catalogue.read', url: '/v1/waste-codes', may: everyReader },
    'GET /v1/waste-codes/{code}': { operation: 'catalogue.read', url: '/v1/waste-codes/900-249-08', may: everyReader },
    'GET /v1/regions': { operation: 'catalogue.read', url: '/v1/regions', may: everyReader },
    'GET /v1/policies': { operation: 'policies.read', url: '/v1/policies', may: everyReader },
    'GET /v1/policies/{id}': { operation: 'policies.read', url: `/v1/policies/${policy.id}`, may: everyReader },
    'POST /v1/policies': {
      operation: 'policies.register',
      url: '/v1/policies',
      body: bodyOf(policy),
      may: ['administrator'],
    },
    'PUT /v1/policies/{id}': {
      operation: 'policies.amend',
      url: `/v1/policies/${policy.id}`,
      body: bodyOf(policy),
      may: ['administrator'],
    },
    'GET /v1/parties': { operation: 'parties.read', url: '/v1/parties', may: everyReader },
    'GET /v1/parties/{id}': { operation: 'parties.read', url: `/v1/parties/${consignor.partyId}`, may: everyReader },
    'POST /v1/parties': {
      operation: 'parties.register',
      url: '/v1/parties',
      body: { name: '新', capacities: ['producer'], region: '370102' },
      may: ['administrator'],
    },
    'PUT /v1/parties/{id}': {
      operation: 'parties.amend',
      url: `/v1/parties/${consignor.partyId}`,
      body: { name: '改名', capacities: ['producer'], region: '370102' },
      may: ['administrator', 'consignor'],
      told: ['carrier', 'consignee', 'stranger'],
    },
    'GET /v1/sites': { operation: 'sites.read', url: '/v1/sites', may: everyReader },
    'GET /v1/sites/{id}': { operation: 'sites.read', url: `/v1/sites/${world.consignorSiteId}`, may: everyReader },
    'POST /v1/sites': {
      operation: 'sites.register',
      url: '/v1/sites',
      body: site,
      may: ['administrator', 'consignor'],
      told: ['carrier', 'consignee', 'stranger'],
    },
    'PUT /v1/sites/{id}': {
      operation: 'sites.amend',
      url: `/v1/sites/${world.consignorSiteId}`,
      body: site,
      may: ['administrator', 'consignor'],
      told: ['carrier', 'consignee', 'stranger'],
    },
    'GET /v1/vehicles': { operation: 'vehicles.read', url: '/v1/vehicles', may: everyReader },
    'GET /v1/vehicles/{id}': { operation: 'vehicles.read', url: `/v1/vehicles/${vehicleId}`, may: everyReader },
    'POST /v1/vehicles': {
      operation: 'vehicles.register',
      url: '/v1/vehicles',
      body: vehicle,
      may: ['administrator', 'carrier'],
      told: ['consignor', 'consignee', 'stranger'],
    },
    'PUT /v1/vehicles/{id}': {
      operation: 'vehicles.amend',
      url: `/v1/vehicles/${vehicleId}`,
      body: vehicle,
      may: ['administrator', 'carrier'],
      told: ['consignor', 'consignee', 'stranger'],
    },
    'GET /v1/people': {
      operation: 'people.read',
      url: '/v1/people?limit=200',
      may: ['administrator', 'carrier'],
      lists: personId,
    },
    'GET /v1/people/{id}': {
      operation: 'people.read',
      url: `/v1/people/${personId}`,
      may: ['administrator', 'carrier'],
    },
    'POST /v1/people': {
      operation: 'people.register',
      url: '/v1/people',
      body: person,
      may: ['administrator', 'carrier'],
      told: ['consignor', 'consignee', 'stranger'],
    },
    'PUT /v1/people/{id}': {
      operation: 'people.amend',
      url: `/v1/people/${personId}`,
      body: person,
      may: ['administrator', 'carrier'],
    },
    'GET /v1/devices': {
      operation: 'devices.read',
      url: '/v1/devices?limit=200',
      may: ['administrator', 'consignee', ...WATCHERS],
      lists: deviceId,
    },
    'GET /v1/devices/{id}': {
      operation: 'devices.read',
      url: `/v1/devices/${deviceId}`,
      may: ['administrator', 'consignee', ...WATCHERS],
    },
    'POST /v1/devices': {
      operation: 'devices.register',
      url: '/v1/devices',
      body: device,
      may: ['administrator', 'consignee'],
      told: ['consignor', 'carrier', 'stranger'],
    },
    'PUT /v1/devices/{id}': {
      operation: 'devices.amend',
      url: `/v1/devices/${deviceId}`,
      body: device,
      may: ['administrator', 'consignee'],
    },
    'GET /v1/api-keys': {
      operation: 'keys.read',
      url: '/v1/api-keys?limit=200',
      may: ['administrator', 'carrier'],
      lists: keyId,
    },
    'GET /v1/api-keys/{id}': {
      operation: 'keys.read',
      url: `/v1/api-keys/${keyId}`,
      may: ['administrator', 'carrier'],
    },
    'POST /v1/api-keys': {
      operation: 'keys.grant',
      url: '/v1/api-keys',
      body: { partyId: carrier.partyId, role: 'member', label: 'test' },
      may: ['administrator', 'carrier'],
      told: ['consignor', 'consignee', 'stranger'],
    },
    'GET /v1/permits': {
      operation: 'permits.read',
      url: '/v1/permits?limit=200',
      may: ['administrator', 'consignor', ...WATCHERS],
      lists: planId,
    },
    'GET /v1/permits/{id}': {
      operation: 'permits.read',
      url: `/v1/permits/${planId}`,
      may: ['administrator', 'consignor', ...WATCHERS],
    },
    'POST /v1/permits': {
      operation: 'permits.register',
      url: '/v1/permits',
      body: plan,
      may: ['administrator', 'consignor', ...WATCHERS],
      told: ['carrier', 'consignee', 'stranger', 'regulatorElsewhere'],
    },
    'PUT /v1/permits/{id}': {
      operation: 'permits.amend',
      url: `/v1/permits/${planId}`,
      body: plan,
      may: ['administrator', 'consignor', ...WATCHERS],
    },
    'GET /v1/permits/{id}/uses': {
      operation: 'permits.uses',
      url: `/v1/permits/${planId}/uses`,
      may: ['consignor', ...WATCHERS],
    },
    'GET /v1/delegations': {
      operation: 'delegations.read',
      url: '/v1/delegations?limit=200',
      may: ['administrator', 'consignor'],
      lists: delegationId,
    },
    'GET /v1/delegations/{id}': {
      operation: 'delegations.read',
      url: `/v1/delegations/${delegationId}`,
      may: ['administrator', 'consignor'],
    },
    'POST /v1/delegations': {
      operation: 'delegations.register',
      url: '/v1/delegations',
      body: delegation,
      may: ['administrator', 'consignor'],
      told: ['carrier', 'consignee', 'stranger'],
    },
    'PUT /v1/delegations/{id}': {
      operation: 'delegations.amend',
      url: `/v1/delegations/${delegationId}`,
      body: delegation,
      may: ['administrator', 'consignor'],
    },
    'GET /v1/designations': {
      operation: 'designations.read',
      url: '/v1/designations?limit=200',
      may: ['administrator', 'consignor', 'regulatorHere'],
      lists: designationId,
    },
    'GET /v1/designations/{id}': {
      operation: 'designations.read',
      url: `/v1/designations/${designationId}`,
      may: ['administrator', 'consignor', 'regulatorHere'],
    },
    'POST /v1/designations': {
      operation: 'designations.register',
      url: '/v1/designations',
      body: designation,
      may: ['administrator', 'regulatorHere'],
      told: ['regulatorElsewhere', 'regulatorOfMedical'],
    },
    'PUT /v1/designations/{id}': {
      operation: 'designations.amend',
      url: `/v1/designations/${designationId}`,
      body: designation,
      may: ['administrator', 'regulatorHere'],
    },
    'GET /v1/sites/{id}/class': {
      operation: 'site-class.read',
      url: `/v1/sites/${world.consignorSiteId}/class`,
      may: ['consignor', ...WATCHERS],
    },
    'GET /v1/sites/{id}/reports': {
      operation: 'reports.read',
      url: `/v1/sites/${world.consignorSiteId}/reports?year=2026`,
      may: ['consignor', ...WATCHERS],
    },
    'GET /v1/reports': {
      operation: 'reports.read',
      url: '/v1/reports?period=2025&limit=200',
      may: ['consignor', ...WATCHERS],
      lists: world.consignorSiteId,
    },
    'GET /v1/reports/draft': {
      operation: 'reports.read',
      url: `/v1/reports/draft?siteId=${world.consignorSiteId}&period=2026-08`,
      may: ['consignor', ...WATCHERS],
    },
    'GET /v1/reports/{id}': {
      operation: 'reports.read',
      url: `/v1/reports/${reportId}`,
      may: ['consignor', ...WATCHERS],
    },
    'POST /v1/reports': {
      operation: 'reports.confirm',
      url: '/v1/reports',
      body: { ...zero, period: '2026-08' },
      may: ['consignor'],
    },
    'GET /v1/registers/{register}': {
      operation: 'registers.read',
      url: `/v1/registers/outsourced?siteId=${world.consignorSiteId}&from=2026-08-01&to=2026-09-01`,
      may: ['consignor', 'regulatorHere'],
      empty: ['regulatorOfMedical'],
    },
    'GET /v1/coverage': {
      operation: 'coverage.read',
      url: '/v1/coverage?region=370112&stream=hazardous&month=2026-08',
      may: ['administrator', 'regulatorHere'],
    },
    'POST /v1/generations': {
      operation: 'generations.record',
      url: '/v1/generations',
      body: { siteId: world.consignorSiteId, wasteCode: '900-249-08', massGrams: 1, occurredAt: at(world) },
      may: ['consignor'],
    },
    'GET /v1/batches': {
      operation: 'batches.read',
      url: `/v1/batches?siteId=${world.consignorSiteId}`,
      may: ['consignor', 'regulatorHere'],
      empty: ['regulatorOfMedical'],
    },
    'GET /v1/batches/{id}': {
      operation: 'batches.read',
      url: `/v1/batches/${batchId}`,
      may: ['consignor', 'regulatorHere'],
    },
    'GET /v1/balances': {
      operation: 'balances.read',
      url: `/v1/balances?partyId=${consignor.partyId}`,
      may: ['consignor', 'regulatorHere'],
      empty: ['regulatorOfMedical'],
    },
    'POST /v1/weigh-tickets': {
      operation: 'weigh-tickets.record',
      url: '/v1/weigh-tickets',
      body: ticket(randomUUID()),
      may: ['consignee', 'device', 'driver'],
      told: ['consignor', 'carrier', 'stranger'],
    },
    'GET /v1/weigh-tickets': {
      operation: 'weigh-tickets.read',
      url: `/v1/weigh-tickets?manifestId=${transit}`,
      may: onManifest,
    },
    'GET /v1/weigh-tickets/{id}': {
      operation: 'weigh-tickets.read',
      url: `/v1/weigh-tickets/${ticketId}`,
      may: onManifest,
    },
    'GET /v1/manifests': {
      operation: 'manifests.read',
      url: '/v1/manifests?limit=200',
      may: onManifest,
      lists: issued,
    },
    'GET /v1/manifests/{id}': { operation: 'manifests.read', url: `/v1/manifests/${issued}`, may: onManifest },
    'GET /v1/manifests/{id}/events': {
      operation: 'manifests.read',
      url: `/v1/manifests/${issued}/events`,
      may: onManifest,
    },
    'POST /v1/containers': {
      operation: 'containers.label',
      url: '/v1/containers',
      body: labelBody(labelling, { massGrams: 1 }),
      may: ['consignor'],
    },
    'GET /v1/containers': {
      operation: 'containers.read',
      url: `/v1/containers?siteId=${unitSiteId}`,
      may: ['regulatorHere'],
      empty: ['consignor', 'regulatorOfMedical'],
    },
    'GET /v1/containers/{id}': {
      operation: 'containers.read',
      url: `/v1/containers/${drumId}`,
      may: ['regulatorHere'],
    },
    'GET /v1/containers/{id}/label': {
      operation: 'containers.read',
      url: `/v1/containers/${drumId}/label`,
      may: ['regulatorHere'],
    },
    'GET /v1/containers/{id}/events': {
      operation: 'containers.read',
      url: `/v1/containers/${drumId}/events`,
      may: ['regulatorHere'],
    },
    'POST /v1/containers/{id}/nesting': {
      operation: 'containers.nest',
      url: `/v1/containers/${drumId}/nesting`,
      body: { parent: null, occurredAt: at(world) },
      may: [],
    },
    'POST /v1/containers/{id}/emptied': {
      operation: 'containers.empty',
      url: `/v1/containers/${drumId}/emptied`,
      body: { occurredAt: at(world) },
      may: [],
    },
    'GET /v1/stores': {
      operation: 'stores.read',
      url: `/v1/stores?siteId=${unitSiteId}`,
      may: ['administrator', 'consignor', ...WATCHERS],
    },
    'GET /v1/stores/{id}': {
      operation: 'stores.read',
      url: `/v1/stores/${storeId}`,
      may: ['administrator', 'consignor', ...WATCHERS],
    },
    'POST /v1/stores': {
      operation: 'stores.register',
      url: '/v1/stores',
      body: { ...store, code: 'TS00001' },
      may: ['administrator'],
      told: PARTIES_ON_IT_AND_STRANGER,
    },
    'PUT /v1/stores/{id}': {
      operation: 'stores.amend',
      url: `/v1/stores/${storeId}`,
      body: { ...store, code: 'TS00002' },
      may: ['administrator'],
      told: PARTIES_ON_IT_AND_STRANGER,
    },
    'GET /v1/tenancies': {
      operation: 'tenancies.read',
      url: `/v1/tenancies?siteId=${unitSiteId}`,
      may: ['administrator', 'consignor', ...WATCHERS],
    },
    'GET /v1/tenancies/{id}': {
      operation: 'tenancies.read',
      url: `/v1/tenancies/${tenancyId}`,
      may: ['administrator', 'consignor', ...WATCHERS],
    },
    'POST /v1/tenancies': {
      operation: 'tenancies.register',
      url: '/v1/tenancies',
      body: tenancy,
      may: ['administrator'],
      told: PARTIES_ON_IT_AND_STRANGER,
    },
    'PUT /v1/tenancies/{id}': {
      operation: 'tenancies.amend',
      url: `/v1/tenancies/${tenancyId}`,
      body: tenancy,
      may: ['administrator'],
      told: PARTIES_ON_IT_AND_STRANGER,
    },
    'POST /v1/storage-moves': {
      operation: 'storage-moves.record',
      url: '/v1/storage-moves',
      body: { direction: 'out', storeId, containers: [drumId], occurredAt: at(world) },
      may: [],
    },
    'GET /v1/storage-moves': {
      operation: 'storage-moves.read',
      url: `/v1/storage-moves?siteId=${unitSiteId}`,
      may: WATCHERS,
      empty: ['consignor'],
    },
    'GET /v1/storage-moves/{id}': {
      operation: 'storage-moves.read',
      url: `/v1/storage-moves/${moveId}`,
      may: WATCHERS,
    },
    'POST /v1/manifests': {
      operation: 'manifests.draft',
      url: '/v1/manifests',
      body: world.draftBody(),
      may: ['consignor'],
    },
    'PUT /v1/manifests/{id}': {
      operation: 'manifests.revise',
      url: `/v1/manifests/${draft}`,
      body: world.draftBody(),
      may: ['consignor'],
    },
    'POST /v1/manifests/{id}/issue': {
      operation: 'manifests.issue',
      url: `/v1/manifests/${issued}/issue`,
      body: {},
      may: ['consignor'],
      told: ['carrier', 'consignee'],
    },
    'POST /v1/manifests/{id}/pickup': {
      operation: 'manifests.pickup',
      url: `/v1/manifests/${loading}/pickup`,
      body: load,
      may: ['carrier', 'driver'],
      told: ['consignor', 'consignee'],
    },
    'POST /v1/manifests/{id}/arrival': {
      operation: 'manifests.arrival',
      url: `/v1/manifests/${transit}/arrival`,
      body: { occurredAt: at(world) },
      may: ['carrier', 'driver', 'consignee'],
      told: ['consignor'],
    },
    'POST /v1/manifests/{id}/receipt': {
      operation: 'manifests.receipt',
      url: `/v1/manifests/${arrived}/receipt`,
      body: line,
      may: ['consignee'],
      told: ['consignor', 'carrier'],
    },
    'POST /v1/manifests/{id}/void': {
      operation: 'manifests.void',
      url: `/v1/manifests/${voiding}/void`,
      body: { reason: 'test' },
      may: ['consignor'],
      told: ['carrier', 'consignee'],
    },
    ...acts,
    'GET /v1/manifests/{id}/fate': {
      operation: 'manifests.read',
      url: `/v1/manifests/${issued}/fate`,
      may: onManifest,
    },
    'POST /v1/treatments': {
      operation: 'treatments.record',
      url: '/v1/treatments',
      body: treatment(3),
      may: ['consignor'],
    },
    'POST /v1/treatments/{id}/reversal': {
      operation: 'treatments.reverse',
      url: `/v1/treatments/${treatmentToReverse}/reversal`,
      body: { reason: 'test' },
      may: ['consignor'],
    },
    'GET /v1/treatments': {
      operation: 'treatments.read',
      url: `/v1/treatments?siteId=${world.consignorSiteId}`,
      may: ['consignor', 'regulatorHere'],
      empty: ['regulatorOfMedical'],
    },
    'GET /v1/treatments/{id}': {
      operation: 'treatments.read',
      url: `/v1/treatments/${treatmentId}`,
      may: ['consignor', 'regulatorHere'],
    },
    'GET /v1/treatments/{id}/events': {
      operation: 'treatments.read',
      url: `/v1/treatments/${treatmentId}/events`,
      may: ['consignor', 'regulatorHere'],
    },
    'GET /v1/anomalies': {
      operation: 'anomalies.read',
      url: '/v1/anomalies?limit=200',
      may: [...PARTIES_ON_IT, 'regulatorHere'],
      lists: anomaly.id,
    },
    'GET /v1/anomalies/{id}': {
      operation: 'anomalies.read',
      url: `/v1/anomalies/${anomaly.id}`,
      may: [...PARTIES_ON_IT, 'regulatorHere'],
    },
    'GET /v1/rules': { operation: 'rules.read', url: '/v1/rules', may: everyReader },
    'GET /v1/rules/{id}': { operation: 'rules.read', url: `/v1/rules/${rule.id}`, may: everyReader },
    'POST /v1/rules': { operation: 'rules.register', url: '/v1/rules', body: bodyOf(rule), may: ['administrator'] },
    'PUT /v1/rules/{id}': {
      operation: 'rules.amend',
      url: `/v1/rules/${rule.id}`,
      body: bodyOf(rule),
      may: ['administrator'],
    },
    // Last: whoever may, revokes it.
    'DELETE /v1/api-keys/{id}': {
      operation: 'keys.revoke',
      url: `/v1/api-keys/${ok(await carrier.post('/v1/api-keys', { partyId: carrier.partyId, role: 'member', label: 'old' })).id}`,
      may: ['administrator', 'carrier'],
    },
  };
  const callers: Record<Kind, Caller> = {
    administrator: admin,
    consignor,
    carrier,
    consignee,
    stranger: world.stranger,
    driver: await grant(carrier, 'driver', { personId }),
    device: await grant(consignee, 'device', { deviceId }),
    regulatorHere: world.regulator,
    regulatorElsewhere: await aRegulator(world, '371000'),
    regulatorOfMedical: await aRegulator(world, '370100', ['medical']),
  };
  return { ...world, callers, rows };
}

/** A register's record as one sends it back. */
function bodyOf({ id: _, version: __, ...body }: Record<string, unknown>): object {
  return body;
}

/** Edits name the version as it is now, so that what is judged is who asks. */
export async function send(
  scene: Scene,
  caller: Caller,
  route: string,
  { url, body }: Pick<Row, 'url' | 'body'>,
): Promise<Answer> {
  const [method] = route.split(' ');
  if (method === 'GET') return caller.get(url);
  if (method === 'DELETE') return caller.delete(url);
  if (method === 'POST') return caller.post(url, body);
  const version = (await scene.admin.get(url)).headers.etag ?? '"1"';
  return caller.put(url, body!, { 'if-match': String(version) });
}
