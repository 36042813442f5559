import { labelBody } from '../generation/given.ts';
import { at } from '../manifests/given.ts';
import type { Ground } from './ground.ts';
import { CONSIGNOR, membersBut, type Rows, SEES_MANIFEST, SEES_STOCK, WATCHERS } from './kinds.ts';

/** What comes into being, lies, moves within a site, is weighed and treated; what does not agree. */
export function custodyRows({
  world,
  batchId,
  labelling,
  unitSiteId,
  drumId,
  storeId,
  moveId,
  ticket,
  ticketId,
  transit,
  treatment,
  treatmentId,
  treatmentToReverse,
  anomaly,
}: Ground): Rows {
  const { consignor } = world;
  return {
    'POST /v1/generations': {
      operation: 'generations.record',
      url: '/v1/generations',
      body: { siteId: world.consignorSiteId, wasteCode: '900-249-08', massGrams: 1, occurredAt: at(world) },
      may: [...CONSIGNOR, 'agent'],
      told: ['consignorElsewhere'],
    },
    'GET /v1/batches': {
      operation: 'batches.read',
      url: `/v1/batches?siteId=${world.consignorSiteId}`,
      may: SEES_STOCK,
      empty: ['regulatorOfMedical'],
    },
    'GET /v1/batches/{id}': {
      operation: 'batches.read',
      url: `/v1/batches/${batchId}`,
      may: SEES_STOCK,
    },
    'GET /v1/balances': {
      operation: 'balances.read',
      url: `/v1/balances?partyId=${consignor.partyId}`,
      may: SEES_STOCK,
      empty: ['regulatorOfMedical', 'consignorElsewhere'],
    },
    'POST /v1/weigh-tickets': {
      operation: 'weigh-tickets.record',
      url: '/v1/weigh-tickets',
      body: ticket(),
      may: ['consignee', 'device', 'driver', 'secondDriver'],
      told: membersBut('consignee'),
    },
    'GET /v1/weigh-tickets': {
      operation: 'weigh-tickets.read',
      url: `/v1/weigh-tickets?manifestId=${transit}`,
      may: SEES_MANIFEST,
    },
    'GET /v1/weigh-tickets/{id}': {
      operation: 'weigh-tickets.read',
      url: `/v1/weigh-tickets/${ticketId}`,
      may: SEES_MANIFEST,
    },
    'POST /v1/containers': {
      operation: 'containers.label',
      url: '/v1/containers',
      body: labelBody(labelling, { massGrams: 1 }),
      may: ['consignor', 'tenant'],
      told: ['consignorHere', 'consignorElsewhere'],
    },
    'GET /v1/containers': {
      operation: 'containers.read',
      url: `/v1/containers?siteId=${unitSiteId}`,
      may: ['regulatorHere'],
      empty: ['consignor', 'tenant', 'regulatorOfMedical'],
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
    'POST /v1/containers/{id}/closing': {
      operation: 'containers.close',
      url: `/v1/containers/${drumId}/closing`,
      body: { occurredAt: at(world) },
      may: [],
    },
    'POST /v1/container-weighings': {
      operation: 'container-weighings.record',
      url: '/v1/container-weighings',
      body: { weighings: [{ container: drumId, stage: 'store', massGrams: 1, occurredAt: at(world) }] },
      may: [],
    },
    'GET /v1/containers/{id}/weighings': {
      operation: 'container-weighings.read',
      url: `/v1/containers/${drumId}/weighings`,
      may: ['regulatorHere'],
    },
    'POST /v1/containers/{id}/emptied': {
      operation: 'containers.empty',
      url: `/v1/containers/${drumId}/emptied`,
      body: { occurredAt: at(world) },
      may: [],
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
      empty: ['consignor', 'tenant'],
    },
    'GET /v1/storage-moves/{id}': {
      operation: 'storage-moves.read',
      url: `/v1/storage-moves/${moveId}`,
      may: WATCHERS,
    },
    'POST /v1/treatments': {
      operation: 'treatments.record',
      url: '/v1/treatments',
      body: treatment(3),
      may: CONSIGNOR,
      told: ['consignorElsewhere'],
    },
    'POST /v1/treatments/{id}/reversal': {
      operation: 'treatments.reverse',
      url: `/v1/treatments/${treatmentToReverse}/reversal`,
      body: { reason: 'test' },
      may: CONSIGNOR,
    },
    'GET /v1/treatments': {
      operation: 'treatments.read',
      url: `/v1/treatments?siteId=${world.consignorSiteId}`,
      may: SEES_STOCK,
      empty: ['regulatorOfMedical'],
    },
    'GET /v1/treatments/{id}': {
      operation: 'treatments.read',
      url: `/v1/treatments/${treatmentId}`,
      may: SEES_STOCK,
    },
    'GET /v1/treatments/{id}/events': {
      operation: 'treatments.read',
      url: `/v1/treatments/${treatmentId}/events`,
      may: SEES_STOCK,
    },
    'GET /v1/anomalies': {
      operation: 'anomalies.read',
      url: '/v1/anomalies?limit=200',
      may: [...CONSIGNOR, 'carrier', 'secondCarrier', 'consignee', 'regulatorHere'],
      lists: anomaly.id,
    },
    'GET /v1/anomalies/{id}': {
      operation: 'anomalies.read',
      url: `/v1/anomalies/${anomaly.id}`,
      may: [...CONSIGNOR, 'carrier', 'secondCarrier', 'consignee', 'regulatorHere'],
    },
  };
}
