import { randomUUID } from 'node:crypto';
import t from 'tap';
import { checkRebuild } from '../../src/rebuild.ts';
import { aLicence, anIssued, aParty, arrive, aSite, at, pickUp, receive } from '../manifests/given.ts';
import { aWorld, type Caller, ok, type World } from '../support/world.ts';

/** What was typed wrong and put right (TM 29), or told in another order, is judged as it is then. */
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const found = async (world: World, subjectId: string, rule: string) => {
  await world.jobsDone();
  return ok(await world.regulator.get(`/v1/anomalies?limit=200&subjectId=${subjectId}&rule=${rule}`)).items;
};

async function putRight(world: World, id: string, path: string, value: unknown, others: readonly Caller[]) {
  ok(await world.carrier.post(`/v1/manifests/${id}/correction`, { reason: '录入错误', changes: [{ path, value }] }));
  for (const caller of others) ok(await caller.post(`/v1/manifests/${id}/correction-approval`, {}));
}

/** A load of a plate elsewhere: its own origin and destination. */
async function elsewhere(world: World): Promise<string> {
  const other = await aParty(world);
  await aLicence(world, other);
  const consigneeSiteId = await aSite(other, '370117');
  const consignorSiteId = await aSite(world.consignor, '370112');
  return (await anIssued(world, { consignorSiteId, consigneeSiteId })).id;
}

const load = (world: World, id: string, changes: object = {}) =>
  pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }], changes);

t.test('a plate that was another’s: the load that met it there is free of it', async (t) => {
  const world = await aWorld();
  const { id: first } = await anIssued(world);
  const second = await elsewhere(world);
  ok(await load(world, first));
  world.clock.advanceMs(HOUR_MS);
  ok(await load(world, second));
  world.clock.advanceMs(HOUR_MS);
  ok(await arrive(world, first));
  t.match(await found(world, second, 'overlap'), [{ status: 'open', severity: 'warning' }]);
  await putRight(world, first, '/legs/0/plate', '鲁A00001', [world.consignor]);
  t.match(await found(world, second, 'overlap'), [{ status: 'cleared' }], 'nothing happened to the second itself');
});

t.test('a pickup told days early: no longer too long on the road, nor in the way of who drove meanwhile', async (t) => {
  const world = await aWorld();
  world.clock.advanceMs(4 * DAY_MS);
  const right = at(world, 60);
  const { id: first } = await anIssued(world);
  ok(await load(world, first, { occurredAt: at(world, -70 * 60), entryMode: 'offline' }));
  const second = await elsewhere(world);
  ok(await load(world, second));
  world.clock.advanceMs(2 * HOUR_MS);
  ok(await arrive(world, first));
  t.match(await found(world, first, 'transit_overlong'), [{ status: 'ended', severity: 'warning' }]);
  t.match(await found(world, second, 'overlap'), [{ status: 'open' }]);
  const concerned = [world.consignor, world.consignee, world.regulator];
  await putRight(world, first, '/pickedUpAt', right, concerned);
  t.match(await found(world, first, 'transit_overlong'), [{ status: 'void' }]);
  t.match(await found(world, second, 'overlap'), [{ status: 'cleared' }], 'it is the earlier one now');
  t.match(await found(world, first, 'overlap'), [{ status: 'open' }], 'and the other the later');
});

t.test('a pickup put right on the way is waited for from then on', async (t) => {
  const world = await aWorld();
  const { id } = await anIssued(world);
  const picked = new Date(at(world, -180));
  ok(await load(world, id, { occurredAt: at(world, -60) }));
  await putRight(world, id, '/pickedUpAt', picked.toISOString(), [world.consignor, world.consignee, world.regulator]);
  world.clock.set(new Date(picked.getTime() + 48 * HOUR_MS - 1));
  t.same(await found(world, id, 'transit_overlong'), []);
  world.clock.advanceMs(1);
  t.match(await found(world, id, 'transit_overlong'), [{ status: 'open', beganAt: at(world) }]);
});

t.test('a day of arrival put right moves the end of the leg and the last day to confirm', async (t) => {
  const world = await aWorld();
  world.clock.advanceMs(20 * DAY_MS);
  const { id } = await anIssued(world);
  ok(await load(world, id, { occurredAt: at(world, -10) }));
  ok(await arrive(world, id, { occurredAt: at(world, -15 * 24 * 60), entryMode: 'offline' }));
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 1_000_000 }]));
  t.match(await found(world, id, 'confirmation_overdue'), [{ status: 'ended' }]);
  const arrivedAt = at(world, -5);
  await putRight(world, id, '/arrivedAt', arrivedAt, [world.consignor, world.consignee, world.regulator]);
  const manifest = ok(await world.consignee.get(`/v1/manifests/${id}`));
  t.match(manifest, { arrivedAt, legs: [{ endedAt: arrivedAt }] });
  t.ok(manifest.receiptDueOn > arrivedAt.slice(0, 10), manifest.receiptDueOn);
  t.match(await found(world, id, 'confirmation_overdue'), [{ status: 'void' }]);
  t.same((await checkRebuild(world.databaseUrl)).differences, []);
});

t.test('what was accepted counts for the licence as it was put right, in the year of the acceptance', async (t) => {
  const world = await aWorld();
  const plant = await aParty(world, { region: '370117' } as never);
  const licence = await aLicence(world, plant, { capGrams: 1_500_000, excludedCodes: ['900-041-49'] });
  const { id } = await anIssued(world, { consigneeSiteId: await aSite(plant, '370117') });
  ok(await load(world, id));
  ok(await arrive(world, id));
  const lines = [{ line: 1, acceptedGrams: 2_000_000 }];
  ok(await plant.post(`/v1/manifests/${id}/receipt`, { occurredAt: at(world), lines }));
  const period = at(world, 8 * 60).slice(0, 4);
  t.match(await found(world, licence, 'over_scale'), [{ status: 'open', severity: 'critical', period }]);
  const year = new Date(`${Number(period) + 1}-01-15T02:00:00Z`);
  world.clock.set(year);
  const correct = async (path: string, value: unknown): Promise<void> => {
    ok(await plant.post(`/v1/manifests/${id}/correction`, { reason: '录入错误', changes: [{ path, value }] }));
    for (const caller of [world.consignor, world.regulator])
      await caller.post(`/v1/manifests/${id}/correction-approval`, {});
  };
  await correct('/lines/0/acceptedGrams', 1_600_000);
  t.match(await found(world, licence, 'over_scale'), [
    { status: 'open', severity: 'warning', period, observed: { acceptedGrams: 1_600_000 } },
  ]);
  await correct('/acceptedAt', `${Number(period) + 1}-01-10T02:00:00.000Z`);
  type Row = { readonly period: string };
  const byPeriod = (await found(world, licence, 'over_scale')).sort((a: Row, b: Row) =>
    a.period.localeCompare(b.period),
  );
  t.match(
    byPeriod,
    [
      { status: 'cleared', period },
      { status: 'open', severity: 'warning', period: String(Number(period) + 1) },
    ],
    'a day of the next year: there it counts, and no longer here',
  );
});

t.test('one weighing of two manifests, told in the other order', async (t) => {
  const world = await aWorld();
  const weighed = async (id: string, occurredAt: string) =>
    ok(
      await world.consignee.post('/v1/weigh-tickets', {
        ticketNumber: randomUUID(),
        siteId: world.consigneeSiteId,
        purpose: 'unloading',
        plate: world.plate,
        grossGrams: 15_000_000,
        tareGrams: 10_000_000,
        manifestId: id,
        occurredAt,
      }),
    ).id;
  const { id: first } = await world.aManifest({ status: 'arrived' });
  const earlier = at(world);
  world.clock.advanceMs(HOUR_MS);
  const { id: second } = await world.aManifest({ status: 'arrived' });
  await weighed(second, at(world));
  t.same(await found(world, second, 'overlap'), []);
  await weighed(first, earlier);
  t.match(await found(world, second, 'overlap'), [{ severity: 'warning' }], 'the later weighing is asked about');
  t.same(await found(world, first, 'overlap'), []);
});
