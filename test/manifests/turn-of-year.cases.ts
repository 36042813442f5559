// Moves the clock ahead for good: the last cases of their runner.
import t from 'tap';
import { dayInShanghai } from '../../src/catalogue/calendar.ts';
import { aWorld, ok } from '../support/world.ts';
import { anIssued, arrive, aSite, pickUp, receive } from './given.ts';

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

t.test('a mismatch is judged by the law of the day the load arrived', async (t) => {
  const world = await aWorld();
  const consigneeSiteId = await aSite(world.consignee, '370303');
  const arrived = async () => {
    await world.generate(1_000);
    const { id } = await anIssued(world, { consigneeSiteId });
    ok(await pickUp(world, id, [{ line: 1, massGrams: 1_000 }]));
    ok(await arrive(world, id));
    return id;
  };
  const accept = (id: string) =>
    receive(world, id, [{ line: 1, acceptedGrams: 1_000 }], { discrepancies: [{ line: 1, type: 'form', found: 'x' }] });
  const before = await arrived();
  world.clock.advanceMs(86_400_000);
  const basis = { instrument: '张店区规定', article: '1' };
  const law = {
    policy: 'mismatch',
    jurisdiction: '370303',
    stream: 'hazardous',
    value: 'MUST_REFUSE',
    looksAt: 'arrived',
    place: 'destination',
    basis,
  };
  ok(await world.admin.post('/v1/policies', { ...law, inForceFrom: dayInShanghai(world.clock.now()) }));
  let status = 200;
  for (const end = performance.now() + 5_000; status === 200 && performance.now() < end; )
    ({ status } = await accept(await arrived()));
  t.equal(status, 422, 'what arrives under the new law must be refused');
  t.equal((await accept(before)).status, 200, 'what arrived the day before may be accepted');
});
