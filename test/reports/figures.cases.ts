// The figures of a period: to the gram, to the instant, and as they were.
import t from 'tap';
import { addsUp, type Figures } from '../../src/reports/rules.ts';
import { aWorld, ok, WASTE_CODE } from '../support/world.ts';
import { AUGUST_BEGINS, AUGUST_ENDS, aLoad, aTreatment, draftOf, generated, RESIDUE_CODE } from './given.ts';

const justBefore = (instant: string): string => new Date(Date.parse(instant) - 1).toISOString();

t.test('a producer and a plant, opening to closing', async (t) => {
  const world = await aWorld();
  const { consignor, consignee, consignorSiteId, consigneeSiteId } = world;
  await generated(world, 7_000_001, '2026-07-10T02:00:00Z', { pieces: 5 });
  await generated(world, 3_000_000, '2026-08-03T02:00:00Z', { pieces: 2 });
  await aLoad(
    world,
    { loaded: 5_000_000, accepted: 4_900_000, refused: 60_000 },
    { loadedAt: '2026-08-05T02:00:00Z', receivedAt: '2026-08-06T02:00:00Z' },
  );
  const [own] = ok(await draftOf(consignor, consignorSiteId)).figures as [Figures];
  t.match(own, {
    wasteCode: WASTE_CODE,
    opening: { grams: 7_000_001, pieces: 5 },
    generated: { grams: 3_000_000, pieces: 2 },
    sentOut: { grams: 5_000_000, pieces: 4 },
    closing: { grams: 5_000_001, pieces: 3 },
  });
  const [batch] = ok(await consignee.get(`/v1/batches?siteId=${consigneeSiteId}`)).items;
  const treatment = { batchId: batch.id, grams: 1_000_000, residueGrams: 123_457, occurredAt: '2026-08-20T02:00:00Z' };
  await aTreatment(world, consignee, consigneeSiteId, { ...treatment, treatmentKind: 'use' });
  await aTreatment(world, consignee, consigneeSiteId, {
    ...treatment,
    grams: 500_001,
    residueGrams: 1,
    treatmentKind: 'disposal',
    occurredAt: '2026-08-21T02:00:00Z',
  });
  const plant = ok(await draftOf(consignee, consigneeSiteId)).figures as Figures[];
  t.match(plant, [
    { wasteCode: RESIDUE_CODE, generated: { grams: 123_458 }, closing: { grams: 123_458 } },
    {
      wasteCode: WASTE_CODE,
      opening: { grams: 0, pieces: 0 },
      received: { grams: 4_900_000, pieces: 4 },
      used: { grams: 1_000_000 },
      disposed: { grams: 500_001 },
      closing: { grams: 3_399_999, pieces: 4 },
    },
  ]);
  for (const row of [own, ...plant]) t.ok(addsUp(row), row.wasteCode);
  t.match(ok(await draftOf(consignee, consigneeSiteId, '2026-07')), { figures: [], zeroReport: true });
  const september = ok(await draftOf(consignor, consignorSiteId, '2026-09'));
  t.match(september, { over: false, figures: [{ opening: own.closing, closing: own.closing }], zeroReport: true });
});

t.test('months, quarters and years join without a gap, to the millisecond in Shanghai', async (t) => {
  const world = await aWorld();
  const { consignor, consignorSiteId: siteId } = world;
  for (const [at, grams] of [
    [justBefore(AUGUST_BEGINS), 1],
    [AUGUST_BEGINS, 10],
    [justBefore('2026-08-01T00:00:00.000Z'), 100],
    ['2026-08-01T00:00:00.000Z', 1_000],
    [justBefore(AUGUST_ENDS), 10_000],
    [AUGUST_ENDS, 100_000],
    ['2025-12-31T15:59:59.999Z', 1_000_000],
    ['2025-12-31T16:00:00.000Z', 10_000_000],
  ] as const)
    await generated(world, grams, at);
  const rowOf = async (period: string): Promise<Figures> => ok(await draftOf(consignor, siteId, period)).figures[0];
  t.match(await rowOf('2026-08'), {
    opening: { grams: 11_000_001 },
    generated: { grams: 11_110 },
    closing: { grams: 11_011_111 },
  });
  t.match(await rowOf('2026-Q3'), { opening: { grams: 11_000_000 }, generated: { grams: 111_111 } });
  t.match(await rowOf('2026'), { opening: { grams: 1_000_000 }, generated: { grams: 10_111_111 } });
  t.match(await rowOf('2025'), { opening: { grams: 0 }, closing: { grams: 1_000_000 } });
  const months = await Promise.all(
    Array.from({ length: 12 }, (_, index) => rowOf(`2026-${String(index + 1).padStart(2, '0')}`)),
  );
  const whole = await rowOf('2026');
  t.equal(
    months.reduce((total, month) => total + month.generated.grams, 0),
    whole.generated.grams,
  );
  for (const [index, month] of months.slice(1).entries()) t.same(month.opening, months[index]!.closing);
  t.same(months.at(-1)!.closing, whole.closing);
});

t.test("shown to the site's party, its agents and the regulators of the place, by stream", async (t) => {
  const world = await aWorld();
  const { consignor, carrier, regulator, stranger, admin, consignorSiteId: siteId } = world;
  await generated(world, 5, AUGUST_BEGINS);
  await generated(world, 7, AUGUST_BEGINS, { wasteCode: '841-001-01' });
  t.equal(ok(await draftOf(consignor, siteId)).figures.length, 2);
  t.match(ok(await draftOf(regulator, siteId)).figures, [{ wasteCode: WASTE_CODE }], 'of the streams it watches');
  for (const caller of [carrier, stranger]) t.equal((await draftOf(caller, siteId)).status, 404);
  t.equal((await draftOf(admin, siteId)).status, 403);
  t.equal((await draftOf(consignor, siteId, '2026-13')).status, 400);
  ok(
    await consignor.post('/v1/delegations', {
      principalId: consignor.partyId,
      agentId: carrier.partyId,
      acts: ['report'],
      validFrom: '2026-01-01',
      validTo: '2027-01-01',
    }),
  );
  t.equal(ok(await draftOf(carrier, siteId)).figures.length, 2);
  t.equal((await carrier.get(`/v1/batches?siteId=${siteId}`)).status, 404, 'who reports keeps no stock');
});
