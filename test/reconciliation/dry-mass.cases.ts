import t from 'tap';
import type { Line } from '../../src/manifests/tables.ts';
import { DRY_MASS_RULE } from '../../src/reconciliation/rules/dry-mass.ts';
import { aLineOf, aLoad, say, severityOf } from './given.ts';

/** 20 t with 80 % of water: 4 t of dry mass. More than 10 % of it is worth a word (dated row). */
const T = 1_000_000;
const aLine = (changes: Partial<Line>): Line =>
  aLineOf({
    wasteCode: '462-001-S90',
    moisturePermille: 800,
    pickedUpGrams: 20 * T,
    loaded: [{ batchId: 'batch', grams: 20 * T, pieces: 0, inferred: false, dryGrams: 4 * T }],
    acceptedGrams: 20 * T,
    refusedGrams: 0,
    ...changes,
  });
const judged = (changes: Partial<Line>) =>
  say(DRY_MASS_RULE, { manifest: aLoad({ stream: 'sludge', lines: [aLine(changes)] }) });

t.test('dry mass sent and received: a tenth apart, and a gram more', async (t) => {
  const received = (receivedMoisturePermille: number, more: Partial<Line> = {}) =>
    severityOf(judged({ receivedMoisturePermille, ...more }));
  t.equal(received(800), 'clear');
  t.equal(received(820), 'clear', '3.6 of 4 t');
  t.equal(received(821), 'warning');
  t.equal(received(780), 'clear', '4.4 t');
  t.equal(received(779), 'warning', 'more than was sent is a difference too');
  t.equal(received(800, { acceptedGrams: 18 * T }), 'clear');
  t.equal(received(800, { acceptedGrams: 18 * T - 5 }), 'warning', 'a gram of dry mass');
  t.equal(received(800, { acceptedGrams: 10 * T, refusedGrams: 10 * T }), 'clear', 'what was refused came too');
});

t.test('what an incident took is told there', async (t) => {
  const lost = [{ batchId: 'batch', grams: 10 * T, pieces: 0, inferred: false, dryGrams: 2 * T, carrierId: 'carrier' }];
  t.equal(severityOf(judged({ lost, acceptedGrams: 10 * T, receivedMoisturePermille: 800 })), 'clear');
  t.equal(severityOf(judged({ lost, acceptedGrams: 10 * T, receivedMoisturePermille: 830 })), 'warning');
});

t.test('without a measure at the gate nothing is compared', async (t) => {
  t.equal(severityOf(judged({})), 'receivedMoisturePermille');
});

t.test('who is asked: for what is missing the carrier, for what is too much the consignor', async (t) => {
  t.match(judged({ receivedMoisturePermille: 850 }), {
    finding: {
      question: { partyId: 'carrier' },
      observed: { receivedDryGrams: 3 * T, line1MoisturePermille: 850 },
      expected: { loadedDryGrams: 4 * T, line1MoisturePermille: 800 },
      tolerance: { name: 'dry_mass', value: 100, unit: 'permille' },
    },
  });
  t.match(judged({ receivedMoisturePermille: 700 }), { finding: { question: { partyId: 'consignor' } } });
});
