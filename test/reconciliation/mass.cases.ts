import t from 'tap';
import { minuteInShanghai } from '../../src/catalogue/calendar.ts';
import type { Weighing } from '../../src/reconciliation/rules/facts.ts';
import { judgeMass, MASS_RULE, type MassFacts, permissibleErrorGrams } from '../../src/reconciliation/rules/mass.ts';
import { massText } from '../../src/reconciliation/rules/rule.ts';
import { aLoad, say, severityOf as spoken } from './given.ts';

/** Both sides of every limit. The floor is 200 kg without scale data; 30 ‰ warns and 100 ‰ is critical (dated rows). */
const factsOf = (changes: Partial<MassFacts>): MassFacts => ({
  consignorId: 'consignor',
  carrierId: 'carrier',
  consigneeId: 'consignee',
  declaredGrams: 20_000_000,
  isEstimate: true,
  loadedGrams: 20_000_000,
  missingGrams: 0,
  receivedGrams: 20_000_000,
  returns: [],
  tickets: [],
  tolerance: {
    floorTruckGrams: 200_000,
    warningPermille: 30,
    criticalPermille: 100,
    scaleDivisionGramsMax: 100_000,
    source: 'test',
  },
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
  partyId: purpose === 'loading' ? 'consignor' : 'consignee',
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

t.test('what another weighed and sent on is no estimate', async (t) => {
  const loaded = (loadedGrams: number) => severityOf({ isEstimate: false, loadedGrams, receivedGrams: loadedGrams });
  t.equal(loaded(19_800_000), 'clear');
  t.equal(loaded(19_399_999), 'warning');
  t.equal(loaded(1), 'critical');
});

t.test('what was sent back and what was taken back: the consignor is asked', async (t) => {
  const returned = (takenGrams: number) => factsOf({ returns: [{ sentGrams: 10_000_000, takenGrams }] });
  t.match(judgeMass(returned(9_800_000)), { clear: true });
  t.match(judgeMass(returned(9_799_999)), { finding: { severity: 'info' } });
  t.match(judgeMass(returned(1)), {
    finding: {
      severity: 'critical',
      expected: { sentBackGrams: 10_000_000 },
      observed: { takenBackGrams: 1 },
      question: { partyId: 'consignor' },
    },
  });
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

t.test('a division is taken for what the scale may err by as far as a lorry scale has one', async (t) => {
  const received = (e: number) => {
    const tickets = [weighing('loading', 20_000_000, e), weighing('unloading', 19_600_000, e)];
    return severityOf({ receivedGrams: 19_600_000, tickets });
  };
  // Gross 30 t, tare 10 t: at 100 kg each is half a division, and twice that at two scales are 400 kg.
  t.equal(received(100_000), 'clear');
  t.equal(received(100_001), 'info', 'what claims more is unknown: the fixed floor of 200 kg');
  t.equal(received(1_000_000), 'info');
});

t.test('every ticket counts, in whatever order they are told: the pair that differs most speaks', async (t) => {
  const right = weighing('unloading', 20_000_000, 20_000);
  const wrong = { ...weighing('unloading', 15_000_000, 20_000), id: 'wrong' };
  for (const tickets of [
    [wrong, right],
    [right, wrong],
  ])
    t.match(judgeMass(factsOf({ tickets })), {
      finding: {
        severity: 'critical',
        expected: { unloadingTicketGrams: 15_000_000 },
        evidence: ['event', ...tickets.map(({ id }) => id)],
      },
    });
  const loading = [20_000_000, 18_000_000].map((net) => weighing('loading', net, 20_000));
  const unloading = [20_000_000, 15_000_000].map((net) => weighing('unloading', net, 20_000));
  t.match(
    judgeMass(factsOf({ tickets: [...loading, ...unloading] })),
    { finding: { observed: { unloadingTicketGrams: 15_000_000 }, expected: { loadingTicketGrams: 20_000_000 } } },
    'of the worst pair, the two tickets it is of',
  );
});

t.test('nobody weighs for the other side', async (t) => {
  const weighed = (purpose: Weighing['purpose'], partyId: string) => {
    const weighings = [{ ...weighing(purpose, 4_000_000, null), partyId }];
    return spoken(say(MASS_RULE, { manifest: aLoad(), weighings }));
  };
  t.equal(weighed('loading', 'consignor'), 'critical');
  t.equal(weighed('loading', 'carrier'), 'critical');
  t.equal(weighed('loading', 'consignee'), 'clear');
  t.equal(weighed('unloading', 'consignee'), 'critical');
  t.equal(weighed('unloading', 'carrier'), 'critical');
  t.equal(weighed('unloading', 'consignor'), 'clear');
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
