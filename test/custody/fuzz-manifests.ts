import { randomUUID } from 'node:crypto';
import { aDraft, at } from '../manifests/given.ts';
import { type Answer, type Caller, ok, type World } from '../support/world.ts';
import type { Json } from './bodies.ts';
import type { Supply, Target } from './fuzz-targets.ts';

/** Every act on a manifest, each on one that is in the state it is for. */
export function manifestTargets(world: World): Record<string, Target> {
  const { consignor, carrier, consignee } = world;
  const occurredAt = at(world);
  const draft = world.draftBody() as Json;
  const vehicle = { occurredAt, plate: world.plate, driverId: randomUUID(), waybillNumber: 'w', entryMode: 'live' };
  const states = statesOf(world);
  const acts: Record<string, { caller: Caller; on: readonly [make: () => Promise<string>, fits: Fits]; sound: Json }> =
    {
      issue: { caller: consignor, on: [states.draft, is('draft')], sound: {} },
      'pickup-code': { caller: consignor, on: [states.issued, is('issued')], sound: {} },
      pickup: {
        caller: carrier,
        on: [states.issued, is('issued')],
        sound: { ...vehicle, lines: [{ line: 1, massGrams: 1_000, pieces: 1 }] },
      },
      'pickup-confirmation': {
        caller: consignor,
        on: [states.transit, ({ pickupConfirmedBy }) => pickupConfirmedBy === null],
        sound: { occurredAt },
      },
      handover: {
        caller: carrier,
        on: [states.twoLegs, ({ legs }) => legs[1].startedAt === null],
        sound: { ...vehicle, place: '某地', region: '370102', differs: 'x' },
      },
      'transit-storage': {
        caller: carrier,
        on: [states.transit, is('in_transit')],
        sound: { occurredAt, siteId: world.consigneeSiteId, entryMode: 'live' },
      },
      departure: { caller: carrier, on: [states.stored, is('stored')], sound: vehicle },
      arrival: {
        caller: carrier,
        on: [states.transit, is('in_transit')],
        sound: { occurredAt, siteId: world.consigneeSiteId, entryMode: 'offline' },
      },
      receipt: {
        caller: consignee,
        on: [states.arrived, is('arrived')],
        sound: {
          occurredAt,
          lines: [
            { line: 1, acceptedGrams: 900, refusedGrams: 50, acceptedPieces: 1, refusedPieces: 0, method: 'D10' },
          ],
          discrepancies: [{ line: 1, type: 'name', found: 'x' }],
          recordAnyway: { reason: 'x' },
          entryMode: 'paper',
        },
      },
      return: { caller: carrier, on: [states.refused, remains('held')], sound: { ...vehicle, remainder: 0 } },
      'return-receipt': {
        caller: consignor,
        on: [states.returning, remains('returning')],
        sound: { occurredAt, remainder: 0, lines: [{ line: 1, massGrams: 1_000, pieces: 0 }], entryMode: 'live' },
      },
      'follow-up': {
        caller: consignor,
        on: [states.refused, remains('held')],
        sound: {
          carrierId: carrier.partyId,
          onwardCarrierIds: [world.stranger.partyId],
          consigneeSiteId: world.consigneeSiteId,
          shipperRole: 'consignor',
          methods: [{ line: 1, plannedMethod: 'R9' }],
          remainder: 0,
        },
      },
      incident: {
        caller: carrier,
        on: [states.transit, ({ incident }) => incident === null],
        sound: { ...leak(world), region: '370102', lines: [{ line: 1, grams: 10, pieces: 0 }] },
      },
      'incident-plan': { caller: consignor, on: [states.incident, inIncident], sound: { plan: 'x' } },
      'incident-resolution': {
        caller: consignor,
        on: [states.planned, inIncident],
        sound: {
          occurredAt,
          lines: [{ line: 1, lostGrams: 1, lostPieces: 0, recoveredGrams: 0, recoveredPieces: 0 }],
          newLeg: { carrierId: world.stranger.partyId, plate: world.plate, driverId: randomUUID(), waybillNumber: 'w' },
        },
      },
      correction: {
        caller: consignee,
        on: [states.received, ({ correction }) => correction === null],
        sound: {
          reason: 'x',
          changes: [
            { path: '/lines/0/acceptedGrams', value: 999 },
            { path: '/lines/0/hazards', value: ['T'] },
            { path: '/legs/0/plate', value: '鲁A11111' },
            { path: '/arrivedAt', value: occurredAt },
          ],
        },
      },
      'correction-approval': {
        caller: consignor,
        on: [states.correcting, ({ correction }) => correction && !correction.approvedBy.includes('consignor')],
        sound: { reason: 'x' },
      },
      'correction-rejection': { caller: consignor, on: [states.correcting, inCorrection], sound: { reason: 'x' } },
      'correction-withdrawal': { caller: consignee, on: [states.correcting, inCorrection], sound: { reason: 'x' } },
      'official-record': {
        caller: carrier,
        on: [states.issued, ({ status, officialRecords }) => status === 'issued' && officialRecords.length < 20],
        sound: {
          system: 'cn-37',
          number: '20263701000123',
          status: '运输中',
          statusOn: '2026-09-16',
          seenAt: occurredAt,
        },
      },
      void: { caller: consignor, on: [states.issued, is('issued')], sound: { reason: 'x' } },
    };
  const supplied = (act: string, [make, fits]: readonly [() => Promise<string>, Fits]): Supply => ({
    make: async () => `/v1/manifests/${await make()}/${act}`,
    fits: async (path) => Boolean(fits(ok(await consignor.get(path.slice(0, path.lastIndexOf('/')))))),
  });
  return {
    'manifests.draft': { caller: consignor, url: '/v1/manifests', sound: draft },
    'manifests.file': { caller: consignor, url: '/v1/manifests/file', sound: draft },
    'manifests.revise': {
      caller: consignor,
      method: 'PUT',
      url: { make: async () => `/v1/manifests/${await aDraft(world)}` },
      sound: draft,
    },
    ...Object.fromEntries(
      Object.entries(acts).map(([act, { caller, on, sound }]): [string, Target] => [
        `manifests.${act}`,
        { caller, url: supplied(act, on), sound },
      ]),
    ),
  };
}

type Fits = (manifest: Answer['body']) => boolean | null;
const is =
  (status: string): Fits =>
  (manifest) =>
    manifest.status === status;
const remains =
  (state: string): Fits =>
  ({ remainders }) =>
    remainders[0].state === state;
const inIncident: Fits = ({ incident }) => incident !== null;
const inCorrection: Fits = ({ correction }) => correction !== null;

const leak = (world: World) => ({
  occurredAt: at(world),
  type: 'leak',
  place: '某地',
  description: '…',
  lines: [{ line: 1, grams: 1 }],
  entryMode: 'live',
});

/** Makes a manifest in each state. @returns its id. */
function statesOf(world: World) {
  const { consignor, carrier, consignee, stranger } = world;
  const brought = (status: 'draft' | 'issued' | 'in_transit' | 'arrived' | 'received') => async () =>
    (await world.aManifest({ status, declaredGrams: 1_000 })).id;
  const then =
    (before: () => Promise<string>, caller: Caller, act: string, body: object = {}) =>
    async (): Promise<string> => {
      const id = await before();
      ok(await caller.post(`/v1/manifests/${id}/${act}`, body));
      return id;
    };
  const occurredAt = at(world);
  const vehicle = { occurredAt, plate: world.plate };
  const load = { ...vehicle, lines: [{ line: 1, massGrams: 1_000 }] };
  const transit = brought('in_transit');
  const received = brought('received');
  const refused = then(brought('arrived'), consignee, 'receipt', {
    occurredAt,
    lines: [{ line: 1, acceptedGrams: 0 }],
  });
  const two = then(() => aDraft(world, { onwardCarrierIds: [stranger.partyId] }), consignor, 'issue');
  const incident = then(transit, carrier, 'incident', leak(world));
  const byBoth = then(incident, consignor, 'incident-plan', { plan: 'x' });
  return {
    draft: brought('draft'),
    issued: brought('issued'),
    transit,
    arrived: brought('arrived'),
    received,
    refused,
    returning: then(refused, carrier, 'return', vehicle),
    twoLegs: then(two, carrier, 'pickup', load),
    stored: then(transit, carrier, 'transit-storage', { occurredAt, siteId: world.consigneeSiteId }),
    incident,
    planned: then(byBoth, carrier, 'incident-plan', { plan: 'x' }),
    correcting: then(received, consignee, 'correction', {
      reason: 'x',
      changes: [{ path: '/lines/0/acceptedGrams', value: 999 }],
    }),
  };
}

/** Trips of the carrier. */
export function tripTargets({ carrier, plate, ...world }: World): Record<string, Target> {
  const startedAt = world.clock.now().toISOString();
  const trip = { plate, startedAt };
  return {
    'trips.start': {
      caller: carrier,
      url: '/v1/trips',
      sound: { ...trip, driverId: randomUUID(), entryMode: 'live' },
    },
    'trips.end': {
      caller: carrier,
      url: {
        make: async () => `/v1/trips/${ok(await carrier.post('/v1/trips', trip)).id}/end`,
        fits: async (path) => ok(await carrier.get(path.slice(0, -'/end'.length))).endedAt === null,
      },
      sound: { occurredAt: startedAt, entryMode: 'live' },
    },
  };
}
