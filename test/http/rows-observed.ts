import type { Ground } from './ground.ts';
import { CARRIER, CONSIGNOR, EVERY_READER, membersBut, type Rows, SEES_MANIFEST } from './kinds.ts';

/** Gates, cameras, positions, waybills and fences; trips that were observed, and what they are matched with. */
export function observedRows({
  pass,
  passId,
  waybill,
  waybillId,
  fence,
  fenceId,
  position,
  sightings,
  observedTripId,
}: Ground): Rows {
  const seesTrip = [...CONSIGNOR, 'carrier', 'consignee', 'regulatorHere'] as const;
  return {
    'POST /v1/gate-passes': {
      operation: 'gate-passes.record',
      url: '/v1/gate-passes',
      body: { ...pass, manifestId: undefined },
      may: ['consignee'],
      told: [...membersBut('consignee'), 'device'],
    },
    'GET /v1/gate-passes': {
      operation: 'gate-passes.read',
      url: `/v1/gate-passes?manifestId=${pass.manifestId}`,
      may: SEES_MANIFEST,
    },
    'GET /v1/gate-passes/{id}': {
      operation: 'gate-passes.read',
      url: `/v1/gate-passes/${passId}`,
      may: [...SEES_MANIFEST, 'regulatorOfMedical'],
    },
    'POST /v1/sightings': {
      operation: 'sightings.record',
      url: '/v1/sightings',
      body: sightings,
      may: [],
      told: ['device'],
    },
    'POST /v1/positions': {
      operation: 'positions.record',
      url: '/v1/positions',
      body: position,
      may: CARRIER,
      told: [...membersBut('carrier'), 'device', 'secondDriver'],
    },
    'POST /v1/waybills': {
      operation: 'waybills.record',
      url: '/v1/waybills',
      body: waybill(),
      may: ['agent', 'secondCarrier', 'secondDriver', 'stranger', ...CARRIER],
      told: membersBut('agent', 'secondCarrier', 'stranger', 'carrier'),
    },
    'GET /v1/waybills': {
      operation: 'waybills.read',
      url: '/v1/waybills?limit=200',
      may: [...CARRIER, 'regulatorHere'],
      lists: waybillId,
    },
    'GET /v1/waybills/{id}': {
      operation: 'waybills.read',
      url: `/v1/waybills/${waybillId}`,
      may: SEES_MANIFEST,
    },
    'GET /v1/fences': { operation: 'fences.read', url: '/v1/fences', may: EVERY_READER },
    'GET /v1/fences/{id}': { operation: 'fences.read', url: `/v1/fences/${fenceId}`, may: EVERY_READER },
    'POST /v1/fences': {
      operation: 'fences.register',
      url: '/v1/fences',
      body: fence,
      may: ['administrator', 'regulatorHere', ...CONSIGNOR],
      told: [...membersBut(...CONSIGNOR), 'regulatorPassed', 'regulatorElsewhere', 'regulatorOfMedical'],
    },
    'PUT /v1/fences/{id}': {
      operation: 'fences.amend',
      url: `/v1/fences/${fenceId}`,
      body: fence,
      may: ['administrator', 'regulatorHere', ...CONSIGNOR],
      told: [...membersBut(...CONSIGNOR), 'regulatorPassed', 'regulatorElsewhere', 'regulatorOfMedical'],
    },
    'GET /v1/observed-trips': {
      operation: 'observed-trips.read',
      url: '/v1/observed-trips?limit=200',
      may: seesTrip,
      lists: observedTripId,
    },
    'GET /v1/trip-matches': {
      operation: 'trip-matches.read',
      url: '/v1/trip-matches?state=matched&limit=200',
      may: seesTrip,
      lists: observedTripId,
    },
  };
}
