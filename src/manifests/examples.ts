import { exampleId } from '../platform/ids.ts';
import type { ManifestAct } from './lifecycle.ts';

/** What the documentation shows as the body of each act; a test sends every one of them. */
const occurredAt = '2026-09-15T01:30:00Z';
const plate = '鲁A12345';
const reason = '过磅时多记了一桶';
const loaded = [{ line: 1, massGrams: 4_960_000 }];

export const DRAFT_EXAMPLE = {
  consignorSiteId: exampleId('consignor site'),
  carrierId: exampleId('carrier'),
  consigneeSiteId: exampleId('consignee site'),
  lines: [
    {
      wasteCode: '900-249-08',
      name: '废矿物油',
      form: 'liquid',
      hazards: ['T', 'I'],
      packaging: 'drum',
      massGrams: 5_000_000,
      pieces: 25,
      plannedMethod: 'D10',
    },
  ],
};

/** 一车工程渣土, measured in m³. */
export const TRUCKLOAD_EXAMPLE = {
  consignorSiteId: exampleId('consignor site'),
  carrierId: exampleId('carrier'),
  consigneeSiteId: exampleId('consignee site'),
  plate,
  lines: [{ wasteCode: '900-001-S70', name: '工程渣土', volumeLitres: 12_000, plannedMethod: 'J3' }],
};

export const ACT_EXAMPLES = {
  issue: {},
  pickup: { occurredAt, plate, waybillNumber: 'YD20260915001', lines: loaded },
  'pickup-confirmation': { occurredAt },
  handover: { occurredAt, place: '泰安中转站', region: '370902', plate: '鲁J54321' },
  'transit-storage': { occurredAt, siteId: exampleId('consignee site') },
  departure: { occurredAt, plate },
  arrival: { occurredAt },
  receipt: {
    occurredAt,
    lines: [{ line: 1, acceptedGrams: 4_940_000, method: 'D10' }],
    discrepancies: [{ line: 1, type: 'quantity', found: '少 20 kg' }],
  },
  return: { occurredAt, plate },
  'return-receipt': { occurredAt, lines: loaded },
  'follow-up': { carrierId: exampleId('carrier'), consigneeSiteId: exampleId('consignee site') },
  incident: {
    occurredAt,
    type: 'leak',
    place: 'G3 京台高速 K421',
    description: '一桶渗漏，已围堵收集',
    lines: [{ line: 1, grams: 200_000, pieces: 1 }],
  },
  'incident-plan': { plan: '渗漏物用吸附棉收集后另桶盛装，随车运抵' },
  'incident-resolution': {
    occurredAt,
    lines: [{ line: 1, lostGrams: 5_000, recoveredGrams: 195_000, recoveredPieces: 1 }],
  },
  correction: { reason, changes: [{ path: '/lines/0/acceptedGrams', value: 4_740_000 }] },
  'correction-approval': {},
  'correction-rejection': { reason },
  'correction-withdrawal': { reason },
  void: { reason: '车辆故障，改日转移' },
  'pickup-code': {},
} as const satisfies Partial<Record<ManifestAct | `correction-${string}`, object>>;
