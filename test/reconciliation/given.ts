import { seedPolicyRows } from '../../src/catalogue/policies.ts';
import { policyBook } from '../../src/catalogue/reference.ts';
import type { Manifest } from '../../src/manifests/manifest.ts';
import type { Leg, Line } from '../../src/manifests/tables.ts';
import { ruleBook, seedRuleRows } from '../../src/reconciliation/rule-rows.ts';
import type { AnyRule } from '../../src/reconciliation/rules/all.ts';
import type { RuleFacts } from '../../src/reconciliation/rules/facts.ts';
import type { RuleBook, RuleRow, Verdict } from '../../src/reconciliation/rules/rule.ts';

/** Judges asked without a journal: facts as a case says them, rows as they are shipped. */

export const shippedRows: readonly RuleRow[] = seedRuleRows.map((row) => ({ ...row, version: 1 }));
export const bookOf = (rows: readonly RuleRow[] = shippedRows): RuleBook => ruleBook(policyBook(seedPolicyRows), rows);

export interface Judging {
  readonly now?: string;
  readonly period?: string;
  readonly book?: RuleBook;
}

/** What the rule says of these facts, by the row in force at their scene. @throws Error when there is none. */
export function say(
  rule: object,
  facts: Partial<RuleFacts>,
  { now, period = '', book = bookOf() }: Judging = {},
): Verdict {
  const known = rule as AnyRule;
  const asked = { now: new Date(now ?? '2026-09-16T02:00:00Z'), period };
  const scene = known.sceneOf(facts as RuleFacts, asked);
  if ('notJudged' in scene) return scene;
  const row = book.rule<RuleRow['parameters']>(known.id, scene);
  if (!row) throw new Error(`no row of ${known.id} is in force`);
  return known.judge(facts as RuleFacts, { ...asked, scene, book, ...row });
}

/** The severity, `clear`, or the missing fact. */
export function severityOf(verdict: Verdict): string {
  if ('finding' in verdict) return verdict.finding.severity;
  return 'clear' in verdict ? 'clear' : verdict.notJudged;
}

export const aLineOf = (changes: Partial<Line> = {}): Line => ({
  line: 1,
  wasteCode: '900-249-08',
  name: '废矿物油',
  form: 'liquid',
  hazards: ['T', 'I'],
  packaging: 'drum',
  declaredGrams: 5_000_000,
  declaredPieces: 10,
  plannedMethod: 'D10',
  namedBatches: [],
  offered: [],
  hazardousComponent: null,
  unNumber: null,
  packingGroup: null,
  permitIds: [],
  pickedUpGrams: 5_000_000,
  pickedUpPieces: 10,
  loaded: [],
  frozen: [],
  lost: [],
  recovered: [],
  acceptedGrams: 5_000_000,
  refusedGrams: 0,
  refusedPieces: 0,
  receivedPieces: 10,
  method: 'D10',
  receivedBatchIds: [],
  containers: [],
  ...changes,
});

/** On the road from 08:00 to 10:00. */
export const aLegOf = (changes: Partial<Leg> = {}): Leg => ({
  carrierId: 'carrier',
  plate: '鲁A12345',
  driverId: null,
  waybillNumber: null,
  startedAt: '2026-09-16T00:00:00.000Z',
  endedAt: '2026-09-16T02:00:00.000Z',
  handover: null,
  ...changes,
});

/** Loaded at 08:00, arrived at 10:00, accepted at 11:00 in Shanghai, on Wednesday 2026-09-16. */
export const aLoad = (changes: Partial<Manifest> = {}): Manifest => ({
  id: '01990000-0000-7000-8000-000000000002',
  stream: 'hazardous',
  status: 'received',
  number: '20263701000001',
  officialNumber: null,
  officialRecords: [],
  consignorId: 'consignor',
  consignorSiteId: 'works',
  carrierId: 'carrier',
  consigneeId: 'consignee',
  consigneeSiteId: 'plant',
  shipperRole: 'consignor',
  originRegion: '370112',
  destinationRegion: '370117',
  crossProvince: false,
  lines: [aLineOf()],
  discrepancies: [],
  permitUses: [],
  legs: [aLegOf()],
  tripId: null,
  projectId: null,
  source: null,
  filledById: 'consignor',
  entryMode: 'live',
  followsId: null,
  remainders: [],
  storedSiteId: null,
  passedRegions: [],
  incident: null,
  correction: null,
  correctionCount: 0,
  pickupCodeEventId: null,
  pickupCodeExpiresAt: null,
  pickupCodeFailures: 0,
  pickupConfirmedBy: null,
  paperNumber: null,
  paperDueOn: null,
  pickedUpEventId: 'pickup',
  receivedEventId: 'receipt',
  issuedAt: new Date('2026-09-15T23:00:00Z'),
  pickedUpAt: new Date('2026-09-16T00:00:00Z'),
  arrivedAt: new Date('2026-09-16T02:00:00Z'),
  acceptedAt: new Date('2026-09-16T03:00:00Z'),
  voidedAt: null,
  receiptDueOn: '2026-09-23',
  receiptDueProvisional: false,
  ...changes,
});

export const ON_THE_ROAD = {
  legs: [aLegOf({ endedAt: null })],
  status: 'in_transit',
  arrivedAt: null,
  acceptedAt: null,
  receivedEventId: null,
  receiptDueOn: null,
} as const;
