import { exampleId } from '../platform/ids.ts';

/** Bodies of observed facts as the documentation shows them; a test sends them. */
export const FENCE = {
  siteId: exampleId('consignor site'),
  name: '厂区',
  crs: 'GCJ02',
  shape: { type: 'circle', centre: [117.1206, 36.6509], radiusMetres: 200 },
  inForceFrom: '2026-01-01',
};

export const GATE_PASS = {
  siteId: exampleId('consignee site'),
  direction: 'entry',
  plate: '鲁A12345',
  occurredAt: '2026-09-15T01:30:00Z',
  manifestNumber: '20263701000001',
  volumeLitres: 16_000,
  photoHash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
};

export const SIGHTINGS = [
  { deviceSequence: 1, plate: '鲁A12345', occurredAt: '2026-09-15T01:30:00Z', confidencePermille: 985 },
];

export const POSITIONS = {
  crs: 'GCJ02',
  plate: '鲁A12345',
  points: [
    { at: '2026-09-15T01:30:00Z', longitude: 117.1206, latitude: 36.6509, accuracyMetres: 8, speedKmh: 42 },
    { at: '2026-09-15T01:30:30Z', longitude: 117.1241, latitude: 36.6512, headingDegrees: 85 },
  ],
};

export const WAYBILL = {
  number: 'YD-2026-0916-001',
  plate: '鲁A12345',
  trailerPlate: '鲁A1234挂',
  goods: [{ unNumber: '3082', hazardClass: '9', packingGroup: 'III', massGrams: 5_000_000 }],
  routeRegions: ['370112', '370117'],
  manifestNumbers: ['20263701000001'],
  departsAt: '2026-09-15T02:00:00Z',
  arrivesAt: '2026-09-15T04:00:00Z',
};
