import { randomUUID } from 'node:crypto';
import type { CollectionAct } from '../../src/manifests/collections.ts';
import type { Operation } from '../../src/parties/authorisation.ts';
import { aDraft, at } from '../manifests/given.ts';
import { aHub, collectionBody } from '../manifests/hub.ts';
import { type Caller, ok } from '../support/world.ts';
import { type Ground, stopped } from './ground.ts';
import {
  CARRIER,
  CONSIGNOR,
  type Kind,
  ON_MANIFEST,
  type Row,
  type Rows,
  SECOND_CARRIER,
  SEES_MANIFEST,
} from './kinds.ts';

const CARRIERS: readonly Kind[] = [...CARRIER, ...SECOND_CARRIER];

/** Every act on a manifest, each on one of its own in the state it is for; what is read of one; trips. */
export async function manifestRows(ground: Ground): Promise<Rows> {
  return {
    ...readRows(ground),
    ...(await actRows(ground)),
    ...(await correctionRows(ground)),
    ...(await tripRows(ground)),
    ...monthlyRows(ground),
    ...(await collectionRows(ground)),
  };
}

function readRows({ world, passed }: Ground): Rows {
  const reads = (path: string, given = path): Rows => ({
    [`GET /v1/manifests/{id}${path}`]: {
      operation: 'manifests.read',
      url: `/v1/manifests/${passed}${given}`,
      may: [...SEES_MANIFEST, 'regulatorPassed'],
    },
  });
  return {
    'GET /v1/manifests': {
      operation: 'manifests.read',
      url: '/v1/manifests?limit=200',
      may: [...SEES_MANIFEST, 'regulatorPassed'],
      lists: passed,
    },
    ...reads(''),
    ...reads('/events'),
    ...reads('/versions'),
    ...reads('/versions/{version}', '/versions/2'),
    ...reads('/differences'),
    ...reads('/fate'),
    ...reads('/card'),
    ...reads('/container-weighings'),
    'POST /v1/manifests': {
      operation: 'manifests.draft',
      url: '/v1/manifests',
      body: world.draftBody(),
      may: [...CONSIGNOR, 'agent'],
      told: ['consignorElsewhere'],
    },
  };
}

/** One act on one manifest: whoever stands on it is told when it is not his. */
const act = (name: string, manifest: string, body: object, may: readonly Kind[]): Rows => ({
  [`POST /v1/manifests/{id}/${name}`]: {
    operation: `manifests.${name}` as Operation,
    url: `/v1/manifests/${manifest}/${name}`,
    body,
    may,
    told: ON_MANIFEST.filter((kind) => !may.includes(kind)),
  } satisfies Row,
});

const does = async (caller: Caller, manifest: string, name: string, body: object = {}): Promise<string> => {
  ok(await caller.post(`/v1/manifests/${manifest}/${name}`, body));
  return manifest;
};

async function actRows({ world, second }: Ground): Promise<Rows> {
  const { carrier, consignee } = world;
  const occurredAt = at(world);
  const on = async (status: 'issued' | 'in_transit' | 'arrived'): Promise<string> =>
    (await world.aManifest({ status, declaredGrams: 1_000 })).id;
  const nothing = { occurredAt, lines: [{ line: 1, acceptedGrams: 0 }] };
  const vehicle = { occurredAt, plate: world.plate };
  const one = [{ line: 1, massGrams: 1 }];
  const leak = { occurredAt, type: 'leak', place: '某地', description: '…', lines: [{ line: 1, grams: 1 }] };
  const put = { occurredAt, siteId: world.consigneeSiteId };
  const refused = async () => does(consignee, await on('arrived'), 'receipt', nothing);
  const leaking = async () => does(carrier, await on('in_transit'), 'incident', leak);
  const draft = await aDraft(world);
  return {
    'PUT /v1/manifests/{id}': {
      operation: 'manifests.revise',
      url: `/v1/manifests/${draft}`,
      body: world.draftBody(),
      may: CONSIGNOR,
    },
    ...act('issue', await on('issued'), {}, [...CONSIGNOR, 'agent']),
    ...act('pickup-code', await on('issued'), {}, CONSIGNOR),
    ...act('pickup', await on('issued'), { ...vehicle, lines: one }, CARRIER),
    ...act('pickup-confirmation', await on('in_transit'), { occurredAt }, CONSIGNOR),
    ...act('handover', await on('in_transit'), { occurredAt, place: '某地' }, CARRIERS),
    ...act('transit-storage', await on('in_transit'), put, CARRIER),
    ...act('departure', await does(carrier, await on('in_transit'), 'transit-storage', put), vehicle, CARRIER),
    ...act('arrival', await on('in_transit'), { occurredAt }, [...CARRIER, 'consignee']),
    ...act('receipt', await on('arrived'), { occurredAt, lines: [{ line: 1, acceptedGrams: 1 }] }, ['consignee']),
    ...act('return', await refused(), vehicle, [...CARRIERS, 'consignee']),
    ...act(
      'return-receipt',
      await does(carrier, await refused(), 'return', vehicle),
      { occurredAt, lines: one },
      CONSIGNOR,
    ),
    ...act(
      'follow-up',
      await refused(),
      { carrierId: second.partyId, consigneeSiteId: world.consigneeSiteId },
      CONSIGNOR,
    ),
    ...act('incident', await on('in_transit'), leak, CARRIER),
    ...act('incident-plan', await leaking(), { plan: '…' }, ON_MANIFEST),
    ...act(
      'incident-resolution',
      await leaking(),
      { occurredAt, lines: [{ line: 1, lostGrams: 1, recoveredGrams: 0 }] },
      [...CONSIGNOR, 'carrier'],
    ),
    ...act('void', await on('issued'), { reason: 'test' }, CONSIGNOR),
  };
}

/** Whoever passed a load's way sees it and has no say in it. */
async function correctionRows({ world, depotId }: Ground): Promise<Rows> {
  const { carrier, consignee } = world;
  const occurredAt = at(world);
  const change = { reason: '…', changes: [{ path: '/lines/0/pickedUpGrams', value: 999 }] };
  const received = async () => {
    const { id } = await world.aManifest({ status: 'in_transit', declaredGrams: 1_000 });
    await does(carrier, await stopped(world, id, depotId), 'arrival', { occurredAt });
    return does(consignee, id, 'receipt', { occurredAt, lines: [{ line: 1, acceptedGrams: 1_000 }] });
  };
  const proposed = async () => does(consignee, await received(), 'correction', change);
  const told: readonly Kind[] = ['secondCarrier', 'regulatorPassed'];
  const decided = (name: string, manifest: string, may: readonly Kind[], told: readonly Kind[]): Rows => ({
    [`POST /v1/manifests/{id}/${name}`]: { ...act(name, manifest, {}, may)[`POST /v1/manifests/{id}/${name}`]!, told },
  });
  return {
    ...act('correction', await received(), change, [...CONSIGNOR, 'carrier', 'secondCarrier', 'consignee']),
    // What the consignor has agreed to its other keys need not. After the regulator here, nothing is open.
    ...decided(
      'correction-approval',
      await proposed(),
      ['consignor', 'carrier', 'regulatorHere', 'regulatorPassed'],
      ['consignorHere', 'consignee', 'secondCarrier'],
    ),
    // The first to say no ends it for everyone who may know of it.
    ...decided(
      'correction-rejection',
      await proposed(),
      [...CONSIGNOR, 'carrier', 'consignee', 'regulatorHere', ...told],
      [],
    ),
    ...decided('correction-withdrawal', await proposed(), ['consignee'], [...CONSIGNOR, 'carrier', 'secondCarrier']),
  };
}

/** Nobody here draws one: test/manifests/monthly.cases.ts does. */
function monthlyRows({ world }: Ground): Rows {
  const { consignorSiteId: siteId, consigneeSiteId } = world;
  const id = randomUUID();
  const reads = { operation: 'monthly-manifests.read', may: [] } as const;
  return {
    'POST /v1/monthly-manifests': {
      operation: 'monthly-manifests.draw',
      url: '/v1/monthly-manifests',
      body: { stream: 'hazardous', siteId, consigneeSiteId, month: '2026-08' },
      may: [...CONSIGNOR, 'agent'],
      told: ['consignorElsewhere'],
    },
    'GET /v1/monthly-manifests/{id}': { ...reads, url: `/v1/monthly-manifests/${id}` },
    'GET /v1/monthly-manifests/{id}/events': { ...reads, url: `/v1/monthly-manifests/${id}/events` },
  };
}

/** Of a hub that is nobody in the table, with one clinic. */
async function collectionRows({ world, labelling, drumId }: Ground): Promise<Rows> {
  const hub = await aHub([1_000], labelling);
  const { id } = ok(await hub.unit.post('/v1/collections', collectionBody(world, hub)));
  const occurredAt = at(world);
  const ends = { carrierId: world.carrier.partyId, consigneeSiteId: world.consigneeSiteId };
  const step = (name: CollectionAct, body: object, may: readonly Kind[], told: readonly Kind[]): Rows => ({
    [`POST /v1/collections/{id}/${name}`]: {
      operation: `collections.${name}`,
      url: `/v1/collections/${id}/${name}`,
      body,
      may,
      told,
    },
  });
  const sees = [...CARRIER, 'consignee', 'regulatorHere'] as const;
  return {
    'POST /v1/collections': {
      operation: 'collections.file',
      url: '/v1/collections',
      body: { container: drumId, plannedMethod: 'D10', ...ends },
      may: [],
    },
    ...step('pickup', { occurredAt, plate: world.plate }, CARRIER, ['consignee']),
    ...step('pickup-confirmation', { occurredAt }, [], ['carrier', 'consignee']),
    ...step('arrival', { occurredAt }, [...CARRIER, 'consignee'], []),
    ...step('receipt', { occurredAt }, ['consignee'], ['carrier']),
    'GET /v1/collections': { operation: 'collections.read', url: '/v1/collections', may: sees, lists: id },
    'GET /v1/collections/{id}': { operation: 'collections.read', url: `/v1/collections/${id}`, may: sees },
  };
}

async function tripRows({ world }: Ground): Promise<Rows> {
  const { carrier, plate } = world;
  const startedAt = at(world);
  const tripId = ok(await carrier.post('/v1/trips', { plate, startedAt })).id;
  return {
    'GET /v1/trips': { operation: 'trips.read', url: '/v1/trips?limit=200', may: CARRIER, lists: tripId },
    'GET /v1/trips/{id}': { operation: 'trips.read', url: `/v1/trips/${tripId}`, may: CARRIER },
    'POST /v1/trips': {
      operation: 'trips.start',
      url: '/v1/trips',
      body: { plate, startedAt },
      may: [...CARRIERS, 'consignor', 'consignee', 'stranger', 'tenant', 'agent'],
      told: ['consignorHere', 'consignorElsewhere'],
    },
    'POST /v1/trips/{id}/end': {
      operation: 'trips.end',
      url: `/v1/trips/${tripId}/end`,
      body: { occurredAt: startedAt },
      may: CARRIER,
    },
  };
}
