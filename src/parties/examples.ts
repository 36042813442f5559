import { exampleId } from '../platform/ids.ts';

/** What the documentation shows as the body of each edit; a test sends every one of them. */
export const party = {
  name: '济南某化工有限公司',
  uscc: '91370100MA3C000X3M',
  capacities: ['producer'],
  region: '370112',
};
export const site = {
  partyId: exampleId('consignor'),
  name: '一厂',
  region: '370112',
  permitCode: '91370112MA3CEXAMPLE001',
};
export const vehicle = {
  partyId: exampleId('carrier'),
  plate: '鲁A12345',
  payloadGrams: 20_000_000,
  boxLitres: 14_000,
};
export const person = { partyId: exampleId('carrier'), duties: ['driver'], name: '张三', phone: '0531-88880000' };
export const device = {
  partyId: exampleId('consignee'),
  siteId: exampleId('consignee site'),
  type: 'truck_scale',
  serialNumber: 'SCS-100-0042',
  scaleDivisionGrams: 20_000,
  verifiedThrough: '2027-03-31',
};
export const key = { partyId: exampleId('carrier'), role: 'member', label: '派车系统' };
export const delegation = {
  principalId: exampleId('consignor'),
  agentId: exampleId('carrier'),
  siteIds: [exampleId('consignor site')],
  acts: ['draft', 'issue'],
  validFrom: '2026-09-01',
  validTo: '2027-09-01',
};
export const designation = {
  type: 'key_unit',
  partyId: exampleId('consignor'),
  siteId: exampleId('consignor site'),
  stream: 'hazardous',
  reason: '年产生危险废物 100 吨以上',
  basis: '2026 年济南市环境监管重点单位名录',
  validFrom: '2026-04-01',
};
