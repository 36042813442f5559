import t from 'tap';
import { seedPolicyRows } from '../../src/catalogue/policies.ts';
import { policyBook } from '../../src/catalogue/reference.ts';
import type { Batch } from '../../src/custody/batches.ts';
import type { Container } from '../../src/custody/containers.ts';
import type { WeighingStage } from '../../src/generation/rules.ts';
import type { ContainerWeighing } from '../../src/generation/weighing.ts';
import type { Site } from '../../src/parties/registers.ts';
import { ruleBook } from '../../src/reconciliation/rule-rows.ts';
import { CLINIC_TOO_LARGE_RULE } from '../../src/reconciliation/rules/clinic-too-large.ts';
import { CONTAINER_WEIGHT_DRIFT_RULE } from '../../src/reconciliation/rules/container-weight-drift.ts';
import type { KeptIn, RuleFacts } from '../../src/reconciliation/rules/facts.ts';
import { PICKUP_GAP_RULE } from '../../src/reconciliation/rules/pickup-gap.ts';
import type { RuleBook } from '../../src/reconciliation/rules/rule.ts';
import { SHARPS_PACKAGING_RULE } from '../../src/reconciliation/rules/sharps-packaging.ts';
import { STORAGE_OVER_HOURS_RULE } from '../../src/reconciliation/rules/storage-over-hours.ts';
import { TREATMENT_OVERDUE_RULE } from '../../src/reconciliation/rules/treatment-overdue.ts';
import { aLineOf, aLoad, say, severityOf, shippedRows } from './given.ts';

/** Both sides of every limit of the clocks in hours, and of what containers weigh and are made of, by the rows we ship. */
const START = new Date('2026-09-16T00:00:00Z'); // 08:00 in Shanghai
const after = (hours: number, minutes = 0): string =>
  new Date(START.getTime() + hours * 3_600_000 + minutes * 60_000).toISOString();
const then = (hours: number, minutes = 0): Date => new Date(after(hours, minutes));

/** The shipped rows, and others of a place. */
function bookWith(...rows: readonly object[]): RuleBook {
  const like = seedPolicyRows.find(({ policy }) => policy === 'epidemic-mode')!;
  const more = rows.map((row, index) => ({ ...like, id: `test ${index}`, inForceTo: null, ours: true, ...row }));
  return ruleBook(policyBook([...seedPolicyRows, ...more]), shippedRows);
}
const epidemicFrom = (inForceFrom: string, jurisdiction = '370100') =>
  bookWith({ policy: 'epidemic-mode', value: 'on', jurisdiction, stream: 'medical', inForceFrom });

const site = { id: 'site', region: '370103' } as Site;
const aBatch = (changes: Partial<Batch> = {}): Batch =>
  ({
    id: 'batch',
    origin: 'generated',
    partyId: 'hospital',
    ownerId: 'hospital',
    wasteCode: '841-001-01',
    containerId: null,
    manifestId: 'manifest',
    formedAt: START,
    ...changes,
  }) as Batch;
const NEVER: KeptIn = { temperature: null, since: null };
const LYING = { grams: 5_000, lastMovedAt: null };

t.test('a hospital keeps its waste for 48 hours from the closing of the bag, else from its label', async (t) => {
  const kept = (now: string, more: Partial<RuleFacts> = {}, book?: RuleBook) =>
    say(
      STORAGE_OVER_HOURS_RULE,
      { batch: aBatch(), site, stored: LYING, closedAt: null, keptIn: NEVER, ...more },
      { now, ...(book ? { book } : {}) },
    );
  t.match(kept(after(47, 59)), { clear: true, againAt: then(48) });
  t.match(kept(after(48)), {
    finding: {
      severity: 'warning',
      tolerance: { name: 'storage-hours', value: 48, unit: 'hours', source: /医疗废物管理条例.*17/ },
      question: { partyId: 'hospital' },
    },
    lasted: { from: then(48), to: null },
  });
  t.equal(severityOf(kept(after(71, 59))), 'warning');
  t.equal(severityOf(kept(after(72))), 'critical');
  t.equal(severityOf(kept(after(49), { closedAt: then(2) })), 'clear', 'closed two hours later');
  t.equal(severityOf(kept(after(50), { closedAt: then(2) })), 'warning');
  t.match(kept(after(60), { stored: { grams: 0, lastMovedAt: then(47) } }), { clear: true });
  t.match(kept(after(60), { stored: { grams: 0, lastMovedAt: then(49) } }), { lasted: { to: then(49) } });
  t.equal(severityOf(kept(after(60), { batch: aBatch({ origin: 'received' }) })), 'storage-hours', 'a plant treats');
  t.equal(
    severityOf(kept(after(60), { batch: aBatch({ wasteCode: '900-249-08' }) })),
    'storage-hours',
    'of its stream',
  );
});

t.test('the clock does not start again in a hub, unless its place says so', async (t) => {
  const batch = aBatch({ partyId: 'hub', ownerId: 'clinic' });
  const keptIn: KeptIn = { temperature: null, since: then(20) };
  const facts = { batch, site, stored: LYING, closedAt: START, keptIn };
  t.equal(severityOf(say(STORAGE_OVER_HOURS_RULE, facts, { now: after(49) })), 'warning');
  const book = bookWith({
    policy: 'storage-hours',
    jurisdiction: '370100',
    stream: 'medical',
    value: { hours: 48, restartsAtHub: true },
    inForceFrom: '2022-01-01',
  });
  t.equal(severityOf(say(STORAGE_OVER_HOURS_RULE, facts, { now: after(67), book })), 'clear');
  t.equal(severityOf(say(STORAGE_OVER_HOURS_RULE, facts, { now: after(68), book })), 'warning');
});

t.test('kitchen waste has the same clock by a row alone', async (t) => {
  const book = bookWith({
    policy: 'storage-hours',
    jurisdiction: '370100',
    stream: 'kitchen',
    value: { hours: 16 },
    inForceFrom: '2022-01-01',
  });
  const facts = { batch: aBatch({ wasteCode: '900-001-S61' }), site, stored: LYING, closedAt: null, keptIn: NEVER };
  t.equal(severityOf(say(STORAGE_OVER_HOURS_RULE, facts, { now: after(15, 59), book })), 'clear');
  t.equal(severityOf(say(STORAGE_OVER_HOURS_RULE, facts, { now: after(16), book })), 'warning');
});

t.test('the next pickup: 48 hours, in an epidemic in Shandong 24', async (t) => {
  const manifest = aLoad({ stream: 'medical', originRegion: '370103', pickedUpAt: START });
  const gap = (
    now: string,
    afterPickup: Partial<RuleFacts['afterPickup']> = {},
    more: { book?: RuleBook; region?: string } = {},
  ) =>
    say(
      PICKUP_GAP_RULE,
      {
        manifest: { ...manifest, originRegion: more.region ?? '370103' },
        afterPickup: { next: null, oldestFormedAt: then(1), ...afterPickup },
      },
      { now, ...(more.book ? { book: more.book } : {}) },
    );
  t.match(gap(after(47, 59)), { clear: true, againAt: then(48) });
  t.match(gap(after(48)), {
    finding: { severity: 'warning', tolerance: { value: 48 }, question: { partyId: 'consignee' } },
    lasted: { from: then(48), to: null },
  });
  t.equal(severityOf(gap(after(72))), 'critical');
  const came = (hours: number) => ({ next: { manifestId: 'next', pickedUpAt: then(hours) } });
  t.match(gap(after(90), came(47)), { clear: true });
  t.match(gap(after(90), came(49)), { finding: { severity: 'warning' }, lasted: { to: then(49) } });
  t.match(gap(after(90), { oldestFormedAt: null }), { clear: true }, 'nothing lies there');
  t.equal(severityOf(gap(after(107), { oldestFormedAt: then(60) })), 'clear', 'nothing lay there: from the first on');
  t.equal(severityOf(gap(after(108), { oldestFormedAt: then(60) })), 'warning');

  const book = epidemicFrom('2026-09-16');
  t.match(gap(after(23, 59), {}, { book }), { clear: true, againAt: then(24) });
  t.match(gap(after(24), {}, { book }), {
    finding: { tolerance: { value: 24, source: /山东省医疗废物管理办法.*10/ } },
  });
  const elsewhere = epidemicFrom('2026-09-16', '340600');
  t.equal(severityOf(gap(after(47), {}, { book: elsewhere, region: '340603' })), 'clear', 'no shorter interval there');
  // Switched on for the second day at midnight, 16 hours after the pickup; and for the third, 40 hours after it.
  t.equal(severityOf(gap(after(24), {}, { book: epidemicFrom('2026-09-17') })), 'warning');
  t.match(gap(after(24), {}, { book: epidemicFrom('2026-09-18') }), { clear: true, againAt: then(40) });
  t.match(gap(after(40), {}, { book: epidemicFrom('2026-09-18') }), { lasted: { from: then(40) } });
});

t.test(
  'a plant treats within 24, 72 or 168 hours of the arrival, by the store; in an epidemic within 12',
  async (t) => {
    const kept = (now: string, keptIn: KeptIn = NEVER, more: Partial<RuleFacts> = {}, book?: RuleBook) =>
      say(
        TREATMENT_OVERDUE_RULE,
        {
          batch: aBatch({ origin: 'received', partyId: 'plant' }),
          site,
          stored: LYING,
          keptIn,
          arrivedAt: START,
          ...more,
        },
        { now, ...(book ? { book } : {}) },
      );
    t.match(kept(after(23, 59)), { clear: true, againAt: then(24) });
    t.match(kept(after(24)), { finding: { severity: 'warning', tolerance: { value: 24, unit: 'hours' } } });
    const cold = { temperature: 'cold', since: then(3) } as const;
    t.equal(severityOf(kept(after(71, 59), cold)), 'clear');
    t.equal(severityOf(kept(after(72), cold)), 'warning');
    const remote = { temperature: 'cold_remote', since: then(3) } as const;
    t.equal(severityOf(kept(after(167, 59), remote)), 'clear');
    t.equal(severityOf(kept(after(168), remote)), 'warning');
    t.equal(severityOf(kept(after(30), { temperature: 'cold', since: then(25) })), 'warning', 'cooled too late');
    t.match(kept(after(90), NEVER, { stored: { grams: 0, lastMovedAt: then(23) } }), { clear: true });
    const chemical = { batch: aBatch({ origin: 'received', wasteCode: '841-004-01' }) };
    t.equal(severityOf(kept(after(90), NEVER, chemical)), 'treatment-hours', 'chemical waste follows GB 18597');
    t.equal(severityOf(kept(after(90), NEVER, { arrivedAt: null })), 'arrivedAt');
    const book = epidemicFrom('2026-09-16');
    t.equal(severityOf(kept(after(11, 59), cold, {}, book)), 'clear');
    t.match(kept(after(12), cold, {}, book), {
      finding: { tolerance: { value: 12, source: /山东省医疗废物管理办法/ } },
    });
  },
);

const aBox = (changes: Partial<Container> = {}): Container =>
  ({
    id: 'box',
    code: 'code',
    wasteCode: '841-001-01',
    packaging: 'bag',
    state: 'accepted',
    unitId: 'hospital',
    partyId: 'plant',
    region: '370117',
    label: { massGrams: 10_000 },
    labelledAt: START,
    ...changes,
  }) as Container;

t.test('one box on four scales: 2 % and 200 g, both of them, between neighbours', async (t) => {
  const weighed = (masses: Partial<Record<WeighingStage, number>>, changes: Partial<Container> = {}) =>
    say(CONTAINER_WEIGHT_DRIFT_RULE, {
      container: aBox(changes),
      containerWeighings: Object.entries(masses).map(
        ([stage, massGrams]) => ({ id: stage, stage, massGrams, partyId: stage }) as ContainerWeighing,
      ),
    });
  t.equal(severityOf(weighed({})), 'clear');
  t.equal(severityOf(weighed({ ward: 10_000, store: 9_800, truck: 9_604, plant: 9_412 })), 'clear', '2 % each');
  t.equal(severityOf(weighed({ ward: 10_000, store: 9_800 })), 'clear');
  t.match(weighed({ ward: 10_000, store: 9_799 }), {
    finding: {
      severity: 'warning',
      observed: { wardGrams: 10_000, storeGrams: 9_799 },
      tolerance: { value: 20, unit: 'permille' },
      question: { partyId: 'store' },
    },
  });
  t.equal(severityOf(weighed({ ward: 1_000, plant: 1_200 })), 'clear', '20 % of a small bag are 200 g');
  t.equal(severityOf(weighed({ ward: 1_000, plant: 1_201 })), 'critical');
  t.equal(severityOf(weighed({ truck: 10_000, plant: 9_000 })), 'warning');
  t.equal(severityOf(weighed({ truck: 10_000, plant: 8_999 })), 'critical');
  t.match(weighed({ ward: 10_000, truck: 10_000 }, { state: 'missing' }), {
    finding: { severity: 'critical', summary: { en: /last weighed at the vehicle and has been missing since/ } },
  });
  t.equal(severityOf(weighed({}, { state: 'missing' })), 'clear', 'nobody weighed it: the count speaks');
});

t.test('sharps go into what nothing pierces', async (t) => {
  const packed = (wasteCode: string, packaging: string) =>
    severityOf(say(SHARPS_PACKAGING_RULE, { container: aBox({ wasteCode, packaging }) }));
  t.equal(packed('841-002-01', 'box'), 'clear');
  t.equal(packed('841-002-01', 'bag'), 'warning');
  t.equal(packed('841-001-01', 'bag'), 'clear');
});

t.test('item 2 is for institutions of at most 19 beds', async (t) => {
  const claims = (beds: number | null, item?: number) =>
    severityOf(
      say(CLINIC_TOO_LARGE_RULE, {
        manifest: aLoad({ stream: 'medical', lines: [aLineOf(item ? { exemption: { item } } : {})] }),
        beds,
      }),
    );
  t.equal(claims(19, 2), 'clear');
  t.equal(claims(20, 2), 'warning');
  t.equal(claims(500), 'clear', 'who claims nothing');
  t.equal(claims(500, 25), 'clear', 'or another item');
  t.equal(claims(null, 2), 'beds');
});
