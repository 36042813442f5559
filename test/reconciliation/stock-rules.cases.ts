import t from 'tap';
import type { Batch } from '../../src/custody/batches.ts';
import type { Party, Site } from '../../src/parties/registers.ts';
import type { Permit } from '../../src/permits/registers.ts';
import type { RuleFacts } from '../../src/reconciliation/rules/facts.ts';
import { NEGATIVE_STOCK_RULE } from '../../src/reconciliation/rules/negative-stock.ts';
import { OVER_SCALE_RULE } from '../../src/reconciliation/rules/over-scale.ts';
import { STORAGE_OVER_LIMIT_RULE } from '../../src/reconciliation/rules/storage-over-limit.ts';
import { say, severityOf } from './given.ts';

/** Both sides of every limit of the rules about stocks and licences, by the rows we ship. */
t.test('yearly scale: more than all of it, more than 20 % over it', async (t) => {
  const permit = {
    id: 'licence',
    type: 'licence',
    number: '鲁危证1号',
    siteId: null,
    wasteCodes: ['HW08'],
    excludedCodes: [],
    capGrams: 100_000_000,
    validFrom: '2024-01-01',
  } as unknown as Permit;
  const holder = { id: 'plant', region: '370117' } as Party;
  const took = (acceptedInPeriod: number, changes: object = {}) =>
    say(OVER_SCALE_RULE, { permit: { ...permit, ...changes }, holder, acceptedInPeriod }, { period: '2026' });
  t.equal(severityOf(took(100_000_000)), 'clear');
  t.match(took(100_000_001), {
    finding: {
      severity: 'warning',
      tolerance: { value: 1_000, unit: 'permille', source: 'ML 12' },
      observed: { acceptedGrams: 100_000_001 },
    },
  });
  t.equal(severityOf(took(120_000_000)), 'warning');
  t.match(took(120_000_001), {
    finding: { severity: 'critical', tolerance: { value: 1_200 }, summary: { en: /120\.0 %/ } },
  });
  t.equal(severityOf(took(200_000_000, { capGrams: null })), 'capGrams', 'no scale, no judgement');
  t.equal(severityOf(took(200_000_000, { type: 'management_plan' })), 'licence');
});

t.test('stock below zero: any, and more than two scales may differ by', async (t) => {
  const stock = (grams: number) =>
    say(NEGATIVE_STOCK_RULE, {
      account: {
        id: 'account',
        partyId: 'works',
        siteId: 'site',
        region: '370112',
        wasteCode: '900-249-08',
        ownerId: 'works',
        grams,
      },
    });
  t.equal(severityOf(stock(0)), 'clear');
  t.match(stock(-1), { finding: { severity: 'info', observed: { stockGrams: -1 }, basis: /法典 532/ } });
  t.equal(severityOf(stock(-200_000)), 'info');
  t.equal(severityOf(stock(-200_001)), 'warning');
});

t.test('storage: 365 days, the first not counted, for who received and for who made it', async (t) => {
  const site = { id: 'site', region: '370117' } as Site;
  const batch = (origin: Batch['origin']): Batch =>
    ({
      id: 'batch',
      origin,
      partyId: 'p',
      ownerId: 'p',
      wasteCode: '900-249-08',
      formedAt: new Date('2026-09-16T02:00:00Z'),
    }) as Batch;
  const lying = (now: string, origin: Batch['origin'] = 'received', stored: Partial<RuleFacts['stored']> = {}) =>
    say(
      STORAGE_OVER_LIMIT_RULE,
      { batch: batch(origin), site, stored: { grams: 1_000, lastMovedAt: null, ...stored } },
      { now },
    );
  t.match(lying('2027-09-16T15:59:59Z'), { clear: true, againAt: new Date('2027-09-16T16:00:00Z') });
  t.match(lying('2027-09-16T16:00:00Z'), {
    finding: {
      severity: 'warning',
      basis: '法典 535 ¶3',
      tolerance: { name: 'operator-storage-days', value: 365, unit: 'days', source: /生态环境法典/ },
      expected: { movedOnBy: '2027-09-16' },
    },
    lasted: { to: null },
  });
  t.equal(severityOf(lying('2027-10-16T16:00:00Z')), 'critical', 'thirty days later');
  t.match(lying('2027-09-16T16:00:00Z', 'generated'), {
    finding: { tolerance: { name: 'producer-storage-days', source: /本平台约定/ } },
  });
  const gone = (at: string) => lying('2027-12-01T00:00:00Z', 'received', { grams: 0, lastMovedAt: new Date(at) });
  t.match(gone('2027-09-16T15:00:00Z'), { clear: true });
  t.match(gone('2027-09-20T16:00:00Z'), {
    finding: { observed: { remainingGrams: 0 } },
    lasted: { from: new Date('2027-09-16T16:00:00Z'), to: new Date('2027-09-20T16:00:00Z') },
  });
});
