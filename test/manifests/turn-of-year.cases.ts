// Moves the clock ahead for good: the last cases of their runner.
import t from 'tap';
import { aWorld, ok } from '../support/world.ts';
import { anIssued, arrive, aSite } from './given.ts';

t.test('TM 18 ¶1: five working days after the day of arrival in Shanghai, by the holiday notice of 2026', async (t) => {
  const world = await aWorld();
  world.clock.set(new Date('2026-12-31T08:00:00Z'));
  const cases: readonly [occurredAt: string, dueOn: string, provisional: boolean, why: string][] = [
    ['2026-09-18T04:00:00Z', '2026-09-24', false, 'Sunday the 20th is worked'],
    ['2026-09-23T04:00:00Z', '2026-10-08', false, 'Mid-Autumn, 25th to 27th, and National Day'],
    ['2026-09-29T15:59:59Z', '2026-10-12', false, 'National Day, 1st to 7th; Saturday the 10th is worked'],
    ['2026-09-29T16:00:00Z', '2026-10-13', false, 'a second later is the 30th in Shanghai'],
    ['2026-12-17T04:00:00Z', '2026-12-24', false, 'the last settled day'],
    ['2026-12-18T04:00:00Z', '2026-12-25', true, 'the notice for 2027 may still move it'],
    ['2026-12-30T04:00:00Z', '2027-01-07', true, "New Year's Day is fixed; the rest of 2027 is not known yet"],
  ];
  for (const [occurredAt, receiptDueOn, receiptDueProvisional, why] of cases) {
    const { id } = await world.aManifest({ status: 'in_transit' });
    t.match(
      await arrive(world, id, { occurredAt }),
      { status: 200, body: { receiptDueOn, receiptDueProvisional } },
      why,
    );
    t.match(ok(await world.consignee.get(`/v1/manifests/${id}`)), { receiptDueOn, receiptDueProvisional }, 'read back');
  }
});

t.test('the year of a number turns at midnight in Shanghai and the serial begins anew', async (t) => {
  const world = await aWorld();
  const consignorSiteId = await aSite(world.consignor, '370702');
  world.clock.set(new Date('2026-12-31T15:59:59Z'));
  t.equal((await anIssued(world, { consignorSiteId })).number, '20263707000001');
  world.clock.set(new Date('2026-12-31T16:00:00Z'));
  t.equal((await anIssued(world, { consignorSiteId })).number, '20273707000001');
});
