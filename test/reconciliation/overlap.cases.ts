import t from 'tap';
import type { OtherLeg, RuleFacts } from '../../src/reconciliation/rules/facts.ts';
import { OVERLAP_RULE } from '../../src/reconciliation/rules/overlap.ts';
import { aLoad, say, severityOf } from './given.ts';

/** Own leg: loaded at 08:00 and arrived at 10:00 in Shanghai. */
const manifest = aLoad();
const own = {
  manifestId: manifest.id,
  leg: 1,
  carrierId: 'carrier',
  plate: '鲁A12345',
  tripId: null,
  startedAt: manifest.pickedUpAt!,
  endedAt: manifest.arrivedAt,
};
const other = (changes: Partial<OtherLeg> = {}): OtherLeg => ({
  ...own,
  manifestId: '01990000-0000-7000-8000-000000000001',
  ownLeg: 1,
  startedAt: new Date('2026-09-15T22:00:00Z'),
  endedAt: new Date('2026-09-16T01:00:00Z'),
  consignorSiteId: 'other works',
  consigneeSiteId: 'other plant',
  ...changes,
});
const judged = (changes: Partial<OtherLeg>, more: Partial<RuleFacts> = {}) =>
  say(OVERLAP_RULE, { manifest, ownLegs: [own], otherLegs: [other(changes)], sameReadings: [], ...more });

t.test('two journeys of one plate at once: minutes of both, with room for two clocks', async (t) => {
  const until = (minutesPast: number) =>
    severityOf(judged({ endedAt: new Date(manifest.pickedUpAt!.getTime() + minutesPast * 60_000) }));
  t.equal(until(0), 'clear', 'one after the other, on one day');
  t.equal(until(10), 'clear');
  t.equal(until(10.1), 'info');
  t.equal(until(30), 'info');
  t.equal(until(30.1), 'warning');
  t.match(judged({}), {
    finding: { observed: { overlaps: 1 }, question: { partyId: 'carrier' }, summary: { en: /60 minutes of both/ } },
  });
});

t.test('what is lawful: one trip, one consignor, one consignee, as long as it is one carrier', async (t) => {
  t.equal(severityOf(judged({ consigneeSiteId: 'plant' })), 'clear', 'a milk run');
  t.equal(severityOf(judged({ consignorSiteId: 'works' })), 'clear', 'one load for two plants');
  t.equal(severityOf(judged({ consigneeSiteId: 'plant', carrierId: 'another' })), 'warning', 'two carriers, one lorry');
  const trip = { ownLegs: [{ ...own, tripId: 'trip' }] };
  t.equal(severityOf(judged({ tripId: 'trip' }, trip)), 'clear', 'told as one trip');
  t.equal(severityOf(judged({ tripId: 'other trip' }, trip)), 'warning');
});

t.test('the later one speaks, so that one contradiction is one anomaly', async (t) => {
  t.equal(severityOf(judged({ startedAt: new Date('2026-09-16T00:30:00Z') })), 'clear');
  t.equal(severityOf(judged({ startedAt: own.startedAt })), 'warning', 'at the same moment: the later id');
  t.equal(
    severityOf(judged({ startedAt: own.startedAt, manifestId: '02000000-0000-7000-8000-000000000000' })),
    'clear',
  );
});

t.test('an arrival nobody has told yet is a remark, whatever the hours', async (t) => {
  t.equal(severityOf(judged({ endedAt: null, startedAt: new Date('2026-09-01T00:00:00Z') })), 'info');
});

t.test('what is no plate names no vehicle', async (t) => {
  t.equal(severityOf(judged({ plate: '无牌' }, { ownLegs: [{ ...own, plate: '无牌' }] })), 'clear');
});

t.test('one weighing for two manifests', async (t) => {
  const weighed = (hoursApart: number, otherLegs: readonly OtherLeg[] = []) =>
    judged(
      {},
      {
        otherLegs,
        sameReadings: [
          {
            ticketId: 'ticket',
            otherTicketId: 'other ticket',
            otherManifestId: other().manifestId,
            grossGrams: 30_000_000,
            tareGrams: 10_000_000,
            weighedAt: new Date('2026-09-16T02:00:00Z'),
            otherWeighedAt: new Date(Date.parse('2026-09-16T02:00:00Z') - hoursApart * 3_600_000),
          },
        ],
      },
    );
  t.match(weighed(24), {
    finding: {
      severity: 'warning',
      evidence: ['ticket', 'other ticket'],
      tolerance: { name: 'sameReadingHours', value: 24, unit: 'hours' },
    },
  });
  t.equal(severityOf(weighed(24.1)), 'clear', 'the same lorry may weigh the same another day');
  t.equal(severityOf(weighed(1, [other({ consigneeSiteId: 'plant' })])), 'clear', 'a milk run is weighed once');
});
