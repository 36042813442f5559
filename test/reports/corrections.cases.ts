// What a correction takes back and books anew, in the registers and figures of either end.
import t, { type Test } from 'tap';
import { dayInShanghai } from '../../src/catalogue/calendar.ts';
import { addsUp, type Figures, isZero } from '../../src/reports/rules.ts';
import { aLine, anIssued, at } from '../manifests/given.ts';
import { edit } from '../registers/given.ts';
import { aWorld, type Caller, ok, WASTE_CODE, type World } from '../support/world.ts';
import { AUGUST, aLoad, draftOf, generated } from './given.ts';

const OTHER_CODE = '900-214-08';

/** A load of August, of two batches; the clock stands in September or later. */
const monthOf = ({ clock }: World): string => dayInShanghai(clock.now()).slice(0, 7);

async function aWorldWithALoad(grams: { loaded: number; accepted: number; refused?: number }) {
  const world = await aWorld();
  await generated(world, 600_000, '2026-08-02T02:00:00Z', { pieces: 3 });
  await generated(world, 600_000, '2026-08-03T02:00:00Z', { pieces: 3 });
  const days = { loadedAt: '2026-08-05T02:00:00Z', receivedAt: '2026-08-06T02:00:00Z' };
  return { world, id: await aLoad(world, grams, days) };
}

async function correct(world: World, id: string, path: string, value: unknown): Promise<void> {
  const { awaits } = ok(
    await world.consignee.post(`/v1/manifests/${id}/correction`, { reason: '录入错误', changes: [{ path, value }] }),
  );
  const { consignor, carrier, consignee, regulator } = world;
  const callers: Record<string, Caller> = { consignor, carrier, consignee, regulator };
  for (const approver of awaits) ok(await callers[approver]!.post(`/v1/manifests/${id}/correction-approval`, {}));
}

/** What moved in a month, column by column; each row adds up. */
async function flowsOf(t: Test, caller: Caller, siteId: string, period: string) {
  const figures = ok(await draftOf(caller, siteId, period)).figures as Figures[];
  for (const row of figures) t.ok(addsUp(row), `${row.wasteCode} of ${period}`);
  return { figures, rows: figures.map(({ opening: _, closing: __, ...flows }) => withoutZeros(flows)) };
}

const withoutZeros = ({ wasteCode, ...flows }: Omit<Figures, 'opening' | 'closing'>) => ({
  wasteCode,
  ...Object.fromEntries(Object.entries(flows).filter(([, quantity]) => quantity.grams !== 0 || quantity.pieces !== 0)),
});

async function rowsOf(caller: Caller, register: string, siteId: string) {
  const { items } = ok(await caller.get(`/v1/registers/${register}?siteId=${siteId}&from=2026-08-01&to=2027-08-01`));
  return items.map(({ eventType, wasteCode, grams, pieces }: Record<string, unknown>) => [
    ...[eventType, wasteCode, grams, pieces],
  ]);
}

t.test('an accepted mass: less received at the plant on that day, and nothing at the producer', async (t) => {
  const { world, id } = await aWorldWithALoad({ loaded: 1_000_000, accepted: 1_000_000 });
  const { consignor, consignee, consignorSiteId, consigneeSiteId } = world;
  await correct(world, id, '/lines/0/acceptedGrams', 900_000);
  t.same(await rowsOf(consignee, 'received', consigneeSiteId), [
    ['receipt_recorded', WASTE_CODE, 1_000_000, 4],
    ['manifest_corrected', WASTE_CODE, -100_000, 0],
  ]);
  t.same((await flowsOf(t, consignee, consigneeSiteId, AUGUST)).rows, [
    { wasteCode: WASTE_CODE, received: { grams: 1_000_000, pieces: 4 } },
  ]);
  t.same((await flowsOf(t, consignee, consigneeSiteId, monthOf(world))).rows, [
    { wasteCode: WASTE_CODE, received: { grams: -100_000, pieces: 0 } },
  ]);
  const sent = await rowsOf(consignor, 'outsourced', consignorSiteId);
  t.same(
    sent.map(([type]: string[]) => type),
    ['picked_up', 'picked_up'],
    'one row a batch, and none of the correction',
  );
  const own = await flowsOf(t, consignor, consignorSiteId, monthOf(world));
  t.ok(isZero(own.figures));
  t.same((await flowsOf(t, consignor, consignorSiteId, '2026')).rows, [
    {
      wasteCode: WASTE_CODE,
      generated: { grams: 1_200_000, pieces: 6 },
      sentOut: { grams: 1_000_000, pieces: 4 },
    },
  ]);
});

t.test('a loaded mass: less sent out by the producer, and nothing at the plant', async (t) => {
  const { world, id } = await aWorldWithALoad({ loaded: 1_000_000, accepted: 900_000 });
  const { consignor, consignee, consignorSiteId, consigneeSiteId } = world;
  await correct(world, id, '/lines/0/pickedUpGrams', 950_000);
  t.same((await flowsOf(t, consignor, consignorSiteId, monthOf(world))).rows, [
    { wasteCode: WASTE_CODE, sentOut: { grams: -50_000, pieces: 0 } },
  ]);
  t.same((await flowsOf(t, consignee, consigneeSiteId, monthOf(world))).rows, [{ wasteCode: WASTE_CODE }]);
  const sent: [string, string, number][] = await rowsOf(consignor, 'outsourced', consignorSiteId);
  t.equal(
    sent.reduce((sum, [, , grams]) => sum + grams, 0),
    950_000,
  );
  t.ok(sent.filter(([type]) => type === 'manifest_corrected').every(([, , grams]) => grams < 0));
  t.same(await rowsOf(consignee, 'received', consigneeSiteId), [['receipt_recorded', WASTE_CODE, 900_000, 4]]);
});

t.test('pieces, and what was refused: each at the end that counted them', async (t) => {
  const { world, id } = await aWorldWithALoad({ loaded: 1_000_000, accepted: 800_000, refused: 100_000 });
  const { consignor, consignee, consignorSiteId, consigneeSiteId } = world;
  await correct(world, id, '/lines/0/pickedUpPieces', 5);
  await correct(world, id, '/lines/0/receivedPieces', 3);
  await correct(world, id, '/lines/0/refusedGrams', 150_000);
  t.same((await flowsOf(t, consignor, consignorSiteId, monthOf(world))).rows, [
    { wasteCode: WASTE_CODE, sentOut: { grams: 0, pieces: 1 } },
  ]);
  t.same((await flowsOf(t, consignee, consigneeSiteId, monthOf(world))).rows, [
    { wasteCode: WASTE_CODE, received: { grams: 0, pieces: -1 } },
  ]);
});

t.test('a waste code: it leaves under the code it has there, and comes in under the right one', async (t) => {
  for (const when of ['issued', 'in_transit', 'arrived'] as const) {
    const world = await aWorld();
    const { consignor, carrier, consignee, consignorSiteId, consigneeSiteId } = world;
    const occurredAt = at(world, -1);
    const batchId = await world.generate(2_000_000);
    const { id } = await anIssued(world, { lines: [aLine({ batchIds: [batchId] })] });
    const pickUp = () =>
      carrier.post(`/v1/manifests/${id}/pickup`, {
        ...{ occurredAt, plate: world.plate, lines: [{ line: 1, massGrams: 1_000_000 }] },
      });
    const arrive = () => carrier.post(`/v1/manifests/${id}/arrival`, { occurredAt });
    if (when !== 'issued') ok(await pickUp());
    if (when === 'arrived') ok(await arrive());
    await correct(world, id, '/lines/0/wasteCode', OTHER_CODE);
    if (when === 'issued') ok(await pickUp());
    await correct(world, id, '/lines/0/pickedUpGrams', 1_050_000);
    if (when !== 'arrived') ok(await arrive());
    const lines = [{ line: 1, acceptedGrams: 1_050_000 }];
    ok(await consignee.post(`/v1/manifests/${id}/receipt`, { occurredAt, lines }));
    await correct(world, id, '/lines/0/acceptedGrams', 999_999);
    const month = monthOf(world);
    t.same(
      (await flowsOf(t, consignor, consignorSiteId, month)).rows,
      [
        {
          wasteCode: WASTE_CODE,
          generated: { grams: 2_000_000, pieces: 0 },
          sentOut: { grams: 1_050_000, pieces: 0 },
        },
      ],
      when,
    );
    t.same((await flowsOf(t, consignee, consigneeSiteId, month)).rows, [
      { wasteCode: OTHER_CODE, received: { grams: 999_999, pieces: 0 } },
    ]);
    t.same(await rowsOf(consignor, 'outsourced', consignorSiteId), [
      ['picked_up', WASTE_CODE, 1_000_000, 0],
      ['manifest_corrected', WASTE_CODE, 50_000, 0],
    ]);
  }
});

t.test('who only had an old load put right was not heard of in that month', async (t) => {
  const { world, id } = await aWorldWithALoad({ loaded: 1_000_000, accepted: 1_000_000 });
  const { admin, consignor, regulator, consignorSiteId: siteId } = world;
  const region = '370126';
  ok(await edit(consignor, `/v1/sites/${siteId}`, { region }));
  const unit = { type: 'expected_unit', partyId: consignor.partyId, siteId, stream: 'hazardous', reason: '社会源' };
  ok(await admin.post('/v1/designations', { ...unit, validFrom: '2026-01-01' }));
  await correct(world, id, '/lines/0/pickedUpGrams', 990_000);
  const coverageIn = async (month: string) =>
    ok(await regulator.get(`/v1/coverage?region=${region}&stream=hazardous&month=${month}`));
  t.match(await coverageIn(AUGUST), { expected: 1, covered: 1 });
  t.match(await coverageIn(monthOf(world)), { expected: 1, covered: 0, silent: 1 });
});
