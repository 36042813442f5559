import t from 'tap';
import type { Manifest } from '../../src/manifests/manifest.ts';
import type { Discrepancy, LineContainer, Remainder, WayBack } from '../../src/manifests/tables.ts';
import type { Permit } from '../../src/permits/registers.ts';
import { CLASS_RULE } from '../../src/reconciliation/rules/class.ts';
import { CONFIRMATION_OVERDUE_RULE } from '../../src/reconciliation/rules/confirmation-overdue.ts';
import type { RuleFacts } from '../../src/reconciliation/rules/facts.ts';
import { LICENCE_RULE } from '../../src/reconciliation/rules/licence.ts';
import { PIECE_COUNT_RULE } from '../../src/reconciliation/rules/piece-count.ts';
import { TRANSIT_OVERLONG_RULE } from '../../src/reconciliation/rules/transit-overlong.ts';
import { aLegOf, aLineOf, aLoad, ON_THE_ROAD, say, severityOf } from './given.ts';

/** Both sides of every limit of the rules about one manifest, by the rows we ship. */
t.test('pieces: one more or less is too many, line by line', async (t) => {
  const counted = (receivedPieces: number) =>
    say(PIECE_COUNT_RULE, { manifest: aLoad({ lines: [aLineOf({ receivedPieces })] }) });
  t.equal(severityOf(counted(10)), 'clear');
  t.equal(severityOf(counted(9)), 'critical');
  t.equal(severityOf(counted(11)), 'critical');
  t.match(counted(7), {
    finding: {
      observed: { line1Pieces: 7 },
      expected: { line1Pieces: 10 },
      tolerance: { value: 0, unit: 'pieces', source: 'TM 18 ¶2' },
      question: { partyId: 'carrier', en: /the 3 pieces of line 1/ },
      evidence: ['pickup', 'receipt'],
    },
  });
  const swapped = [aLineOf({ receivedPieces: 9 }), aLineOf({ line: 2, receivedPieces: 11 })];
  t.match(
    say(PIECE_COUNT_RULE, { manifest: aLoad({ lines: swapped }) }),
    { finding: { observed: { line1Pieces: 9, line2Pieces: 11 } } },
    'a piece too few here is not made good by one too many there',
  );
  t.equal(severityOf(say(PIECE_COUNT_RULE, { manifest: aLoad(ON_THE_ROAD) })), 'acceptedAt');
});

const aReturn = (back: Partial<WayBack>, changes: Partial<Remainder> = {}): Remainder => ({
  reason: 'refused',
  place: ['refused_return', 'consignee', 'plant', 'consignor'],
  state: 'returned',
  lines: [{ line: 1, parts: [{ batchId: 'batch', grams: 5_000_000, pieces: 10, inferred: false }] }],
  carrierId: 'carrier',
  followedById: null,
  back: {
    plate: '鲁A12345',
    startedAt: '2026-09-16T04:00:00.000Z',
    endedAt: '2026-09-16T08:00:00.000Z',
    takenBack: null,
    ...back,
  },
  ...changes,
});

t.test('pieces sent back and taken back: who took them back is asked', async (t) => {
  const returned = (pieces: number | null) =>
    say(PIECE_COUNT_RULE, {
      manifest: aLoad({
        remainders: [aReturn({ takenBack: { eventId: 'back', lines: [{ line: 1, grams: 5_000_000, pieces }] } })],
      }),
    });
  t.equal(severityOf(returned(10)), 'clear');
  t.equal(severityOf(returned(null)), 'clear', 'nobody counted them');
  t.match(returned(9), {
    finding: {
      severity: 'critical',
      observed: { line1PiecesBack: 9 },
      expected: { line1PiecesBack: 10 },
      question: { partyId: 'consignor' },
      evidence: ['pickup', 'receipt', 'back'],
    },
  });
});

t.test('scanned containers: the one that is missing is named, also when another stands in its place', async (t) => {
  const scanned = (code: string, changes: object): LineContainer => ({
    ...{ containerId: code, code, wasteCode: '900-249-08', batchId: `batch ${code}`, grams: 1, pieces: 1, from: null },
    ...{ joined: false, heldUp: null, decision: 'accepted', decidedGrams: 1, receivedBatchId: null },
    ...changes,
  });
  const counted = (...containers: LineContainer[]) =>
    say(PIECE_COUNT_RULE, { manifest: aLoad({ lines: [aLineOf({ containers })] }) });
  t.equal(severityOf(counted(scanned('a', {}), scanned('b', { decision: 'refused' }))), 'clear');
  t.equal(severityOf(counted(scanned('a', {}), scanned('b', { decision: null, heldUp: 'lost' }))), 'clear');
  t.match(counted(scanned('a', {}), scanned('b', { decision: null }), scanned('c', { joined: true })), {
    finding: {
      severity: 'critical',
      observed: { line1Pieces: 2, line1Missing: 'b', line1Extra: 'c' },
      expected: { line1Pieces: 2 },
      summary: { en: /Not there: b\. Not loaded by any scan: c\./, zh: /未见容器 b。多出容器 c。/ },
    },
  });
  t.equal(severityOf(counted(scanned('a', { joined: true }))), 'clear', 'nobody scanned at the pickup');
});

t.test('class: any of the four kinds of difference, and quantity is not among them', async (t) => {
  const recorded = (...types: Discrepancy['type'][]) =>
    say(CLASS_RULE, { manifest: aLoad({ discrepancies: types.map((type) => ({ line: 1, type })) }) });
  t.equal(severityOf(recorded()), 'clear');
  t.equal(severityOf(recorded('quantity')), 'clear');
  for (const type of ['name', 'form', 'property', 'packing'] as const) t.equal(severityOf(recorded(type)), 'critical');
  t.match(recorded('form', 'name'), {
    finding: { observed: { line1: 'form, name' }, summary: { zh: /形态、名称/, en: /form, name of line 1/ } },
  });
  t.equal(severityOf(say(CLASS_RULE, { manifest: aLoad(ON_THE_ROAD) })), 'acceptedAt');
});

t.test('confirmation: on the fifth working day it is in time, at its end it is a breach', async (t) => {
  const waiting = aLoad({ status: 'arrived', acceptedAt: null, receivedEventId: null });
  const at = (now: string) => say(CONFIRMATION_OVERDUE_RULE, { manifest: waiting, receipt: null }, { now });
  t.match(at('2026-09-23T15:59:59.999Z'), { clear: true, againAt: new Date('2026-09-23T16:00:00Z') });
  t.match(at('2026-09-23T16:00:00Z'), {
    finding: {
      severity: 'warning',
      observed: { arrivedOn: '2026-09-16' },
      expected: { confirmedBy: '2026-09-23' },
      tolerance: { value: 5, unit: 'workingDays', source: /23号.*18/ },
      basis: 'TM 18 ¶1',
      question: { partyId: 'consignee' },
    },
    lasted: { from: new Date('2026-09-23T16:00:00Z'), to: null },
    againAt: new Date('2026-09-30T16:00:00Z'),
  });
  t.equal(severityOf(at('2026-09-30T15:59:59Z')), 'warning');
  t.equal(severityOf(at('2026-09-30T16:00:00Z')), 'critical', 'a week later');
});

t.test('confirmation: it counts when we recorded it, and as told while that can be believed', async (t) => {
  const told = (
    entryMode: 'live' | 'offline' | 'paper',
    recordedAt: string,
    occurredAt: string,
  ): RuleFacts['receipt'] => ({
    entryMode,
    recordedAt: new Date(recordedAt),
    occurredAt: new Date(occurredAt),
  });
  const [inTime, late] = ['2026-09-23T15:59:59Z', '2026-09-24T02:00:00Z'];
  const judged = (receipt: RuleFacts['receipt'], changes: Partial<Manifest> = {}) =>
    say(CONFIRMATION_OVERDUE_RULE, { manifest: aLoad(changes), receipt }, { now: '2026-10-20T00:00:00Z' });
  t.match(judged(told('live', inTime, inTime)), { clear: true });
  t.match(judged(told('live', late, inTime)), {
    finding: { observed: { confirmedOn: '2026-09-24' } },
    lasted: { to: new Date(late) },
  });
  t.match(judged(told('offline', late, inTime)), { clear: true }, 'a phone without a network');
  t.match(judged(told('offline', late, late)), { finding: {}, lasted: { to: new Date(late) } });
  t.match(judged(told('offline', '2026-09-24T15:59:59Z', inTime)), { clear: true }, 'a day later at most');
  const tooLate = '2026-09-24T16:00:00Z';
  t.match(judged(told('offline', tooLate, inTime)), { finding: {}, lasted: { to: new Date(tooLate) } });
  const form = { entryMode: 'paper', paperDueOn: '2026-10-12' } as const;
  t.match(
    judged(told('paper', '2026-10-12T15:59:59Z', inTime), form),
    { clear: true },
    'the last day to enter the form',
  );
  const [entered, never] = ['2026-10-12T16:00:00Z', '2026-10-01T00:00:00Z'];
  t.match(judged(told('paper', entered, inTime), form), { finding: {}, lasted: { to: new Date(entered) } });
  t.match(judged(told('paper', never, inTime)), { finding: {}, lasted: { to: new Date(never) } }, 'there was no form');
});

t.test('transit: 48 hours, then a breach until it arrives', async (t) => {
  const road = (now: string) => say(TRANSIT_OVERLONG_RULE, { manifest: aLoad(ON_THE_ROAD) }, { now });
  t.match(road('2026-09-17T23:59:59.999Z'), { clear: true, againAt: new Date('2026-09-18T00:00:00Z') });
  t.match(road('2026-09-18T00:00:00Z'), {
    finding: {
      severity: 'warning',
      tolerance: { name: 'transitHoursMax', value: 48, unit: 'hours' },
      question: { partyId: 'carrier' },
    },
    lasted: { to: null },
  });
  t.equal(severityOf(road('2026-09-20T00:00:00Z')), 'critical');
  const arrived = (arrivedAt: string) =>
    say(
      TRANSIT_OVERLONG_RULE,
      { manifest: aLoad({ legs: [aLegOf({ endedAt: new Date(arrivedAt).toISOString() })] }) },
      { now: '2026-10-01T00:00:00Z' },
    );
  t.match(arrived('2026-09-17T23:59:59Z'), { clear: true });
  t.match(arrived('2026-09-18T06:00:00Z'), {
    finding: { severity: 'warning' },
    lasted: { from: new Date('2026-09-18T00:00:00Z'), to: new Date('2026-09-18T06:00:00Z') },
  });
  t.equal(
    severityOf(say(TRANSIT_OVERLONG_RULE, { manifest: aLoad({ ...ON_THE_ROAD, pickedUpAt: null }) })),
    'pickedUpAt',
  );
});

t.test('transit: what is sent back has a clock of its own', async (t) => {
  const back = (leg: object, returned: Partial<WayBack>, now: string) =>
    say(TRANSIT_OVERLONG_RULE, { manifest: aLoad({ legs: [aLegOf(leg)], remainders: [aReturn(returned)] }) }, { now });
  const onItsWay = { endedAt: null };
  t.match(back({}, onItsWay, '2026-09-18T03:59:59.999Z'), { clear: true, againAt: new Date('2026-09-18T04:00:00Z') });
  t.match(back({}, onItsWay, '2026-09-18T04:00:00Z'), {
    finding: { severity: 'warning', observed: { startedAt: '2026-09-16T04:00:00.000Z' } },
    lasted: { to: null },
  });
  t.match(back({}, { endedAt: '2026-09-18T03:00:00.000Z' }, '2026-10-01T00:00:00Z'), { clear: true });
  const slow = { startedAt: '2026-09-14T00:00:00.000Z', endedAt: '2026-09-16T03:00:00.000Z' };
  t.match(
    back(slow, onItsWay, '2026-09-18T04:00:00Z'),
    { lasted: { to: new Date('2026-09-16T03:00:00Z') }, againAt: new Date('2026-09-18T07:00:00Z') },
    'the leg speaks until the way back has lasted as long',
  );
  t.match(back(slow, onItsWay, '2026-09-18T07:00:00Z'), { lasted: { to: null } });
});

const licence = (changes: Partial<Permit> = {}): Permit => ({
  id: 'licence',
  type: 'licence',
  number: '鲁危证1号',
  holderId: 'consignee',
  siteId: null,
  counterpartId: null,
  wasteCodes: ['HW08'],
  methods: [],
  capGrams: null,
  capVolume: null,
  excludedCodes: [],
  areas: [],
  validFrom: '2024-01-01',
  validTo: '2029-01-01',
  status: 'valid',
  ...changes,
});

t.test('licence: code, method, site and both days', async (t) => {
  const held = (...consigneeLicences: Permit[]) => say(LICENCE_RULE, { manifest: aLoad(), consigneeLicences });
  t.equal(severityOf(held(licence())), 'clear');
  t.match(held(), { finding: { severity: 'critical', basis: '法典 534', observed: { 'line1On2026-09-16': 'none' } } });
  t.equal(severityOf(held(licence({ validTo: '2026-09-17' }))), 'clear', 'its last day');
  t.match(held(licence({ validTo: '2026-09-16' })), { finding: { observed: { 'line1On2026-09-16': 'expired' } } });
  t.match(held(licence({ validFrom: '2026-09-17' })), {
    finding: { observed: { 'line1On2026-09-16': 'not_yet_valid' } },
  });
  t.match(held(licence({ wasteCodes: ['HW49'] })), { finding: { observed: { 'line1On2026-09-16': 'waste_code' } } });
  t.match(held(licence({ methods: ['R9'] })), { finding: { observed: { 'line1On2026-09-16': 'method' } } });
  t.match(held(licence({ siteId: 'elsewhere' })), { finding: { observed: { 'line1On2026-09-16': 'site' } } });
  t.equal(
    severityOf(held(licence({ status: 'revoked' }), licence({ id: 'other' }))),
    'clear',
    'one that covers it is enough',
  );
});

t.test('licence: the method it was in fact taken for; nothing accepted, nothing but the pickup', async (t) => {
  const taken = (changes: object) =>
    say(LICENCE_RULE, {
      manifest: aLoad({ acceptedAt: new Date('2026-09-18T03:00:00Z'), lines: [aLineOf(changes)] }),
      consigneeLicences: [licence({ methods: ['D10'] })],
    });
  t.equal(severityOf(taken({ method: 'D10' })), 'clear');
  t.match(taken({ method: 'D9' }), { finding: { observed: { 'line1On2026-09-18': 'method' } } });
  t.equal(severityOf(taken({ method: 'D9', acceptedGrams: 0, refusedGrams: 5_000_000 })), 'clear');
});

t.test('licence: by the law of the day, and free where the exemption list names the waste', async (t) => {
  const before = aLoad({ pickedUpAt: new Date('2026-08-14T02:00:00Z'), acceptedAt: new Date('2026-08-14T06:00:00Z') });
  t.match(say(LICENCE_RULE, { manifest: before, consigneeLicences: [] }), { finding: { basis: '固废法 80' } });
  const exempt = aLoad({ lines: [aLineOf({ wasteCode: '772-003-18', plannedMethod: 'D1', method: 'D1' })] });
  t.equal(severityOf(say(LICENCE_RULE, { manifest: exempt, consigneeLicences: [] })), 'clear');
});
