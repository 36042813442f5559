import t from 'tap';
import { minuteInShanghai } from '../../src/catalogue/calendar.ts';
import type { Weighing } from '../../src/reconciliation/rules/facts.ts';
import { judgeMass, type MassFacts, permissibleErrorGrams } from '../../src/reconciliation/rules/mass.ts';
import { massText } from '../../src/reconciliation/rules/rule.ts';

/** Both sides of every limit. The floor is 200 kg without scale data; 30 ‰ warns and 100 ‰ is critical (dated rows). */
const factsOf = (changes: Partial<MassFacts>): MassFacts => ({
  consignorId: 'consignor',
  carrierId: 'carrier',
  consigneeId: 'consignee',
  declaredGrams: 20_000_000,
  loadedGrams: 20_000_000,
  missingGrams: 0,
  receivedGrams: 20_000_000,
  tickets: [],
  tolerance: { floorTruckGrams: 200_000, warningPermille: 30, criticalPermille: 100, source: 'test' },
  basis: 'TM 18 ¶2',
  evidence: ['event'],
  ...changes,
});

const severityOf = (changes: Partial<MassFacts>): string => {
  const verdict = judgeMass(factsOf(changes));
  return 'finding' in verdict ? verdict.finding.severity : 'clear' in verdict ? 'clear' : verdict.notJudged;
};

const weighing = (purpose: Weighing['purpose'], netGrams: number, scaleDivisionGrams: number | null): Weighing => ({
  id: purpose,
  purpose,
  grossGrams: netGrams + 10_000_000,
  tareGrams: 10_000_000,
  scaleDivisionGrams,
});

t.test('loaded against received: the floor, 3 % and 10 % of 20 t', async (t) => {
  const received = (lost: number) => severityOf({ receivedGrams: 20_000_000 - lost });
  t.equal(received(0), 'clear');
  t.equal(received(200_000), 'clear', 'what two honest scales may differ by');
  t.equal(received(200_001), 'info');
  t.equal(received(600_000), 'info');
  t.equal(received(600_001), 'warning');
  t.equal(received(2_000_000), 'warning');
  t.equal(received(2_000_001), 'critical');
  t.equal(received(-2_000_001), 'critical', 'an excess is a difference too');
});

t.test('of a light load the floor is larger than any share', async (t) => {
  const light = { declaredGrams: 1_000_000, loadedGrams: 1_000_000 };
  t.equal(severityOf({ ...light, receivedGrams: 800_000 }), 'clear');
  t.equal(severityOf({ ...light, receivedGrams: 799_999 }), 'critical');
});

t.test('a declared mass may be an estimate: never more than a remark', async (t) => {
  t.equal(severityOf({ declaredGrams: 40_000_000 }), 'info');
  t.equal(severityOf({ declaredGrams: 20_200_000 }), 'clear');
});

t.test('with both scales known the floor is twice their permissible errors (JJG 539 class III)', async (t) => {
  t.equal(permissibleErrorGrams(10_000_000, 20_000), 10_000, '500 e');
  t.equal(permissibleErrorGrams(10_000_001, 20_000), 20_000);
  t.equal(permissibleErrorGrams(40_000_000, 20_000), 20_000, '2000 e');
  t.equal(permissibleErrorGrams(40_000_001, 20_000), 30_000);
  // Gross 30 t: 20 kg, tare 10 t: 10 kg; twice, at two scales: 120 kg.
  const weighed = (lost: number) =>
    severityOf({
      receivedGrams: 20_000_000 - lost,
      tickets: [weighing('loading', 20_000_000, 20_000), weighing('unloading', 20_000_000 - lost, 20_000)],
    });
  t.equal(weighed(120_000), 'clear');
  t.equal(weighed(120_001), 'info');
  const oneScale = [weighing('loading', 20_000_000, 20_000), weighing('unloading', 19_800_000, null)];
  t.equal(severityOf({ receivedGrams: 19_800_000, tickets: oneScale }), 'clear', 'one unknown scale: the fixed floor');
});

t.test('a scale that contradicts what was written down is asked about where it stands', async (t) => {
  const verdict = judgeMass(factsOf({ tickets: [weighing('unloading', 17_000_000, 20_000)] }));
  t.match(verdict, {
    finding: { severity: 'critical', question: { partyId: 'consignee' }, evidence: ['event', 'unloading'] },
  });
  t.match(judgeMass(factsOf({ receivedGrams: 17_000_000 })), {
    finding: { question: { partyId: 'carrier' }, observed: { receivedGrams: 17_000_000 } },
  });
});

t.test('nothing loaded yet: not judged, and what is missing is named', async (t) => {
  t.same(judgeMass(factsOf({ loadedGrams: null, receivedGrams: null })), { notJudged: 'loadedGrams' });
});

t.test('in words, masses are in kg or t to the gram and times in Shanghai; the figures stay in grams', async (t) => {
  for (const [grams, text] of [
    [0, '0 kg'],
    [880_000, '880 kg'],
    [999_999, '999.999 kg'],
    [4_400_000, '4.4 t'],
    [1_234_567_890, '1,234.56789 t'],
  ] as const)
    t.equal(massText(grams), text);
  t.equal(minuteInShanghai(new Date('2026-11-14T07:26:59.123Z')), '2026-11-14 15:26');
  t.match(judgeMass(factsOf({ loadedGrams: 5_000_000, receivedGrams: 4_400_000, declaredGrams: 5_000_000 })), {
    finding: {
      observed: { receivedGrams: 4_400_000 },
      summary: {
        zh: '装运量与接受量相差 600 kg（12.0 %）：5 t → 4.4 t。',
        en: 'The loaded mass and the received mass differ by 600 kg (12.0 %): 5 t → 4.4 t.',
      },
    },
  });
});
