import t from 'tap';
import { aDrum, type Labelling, label, withUnit } from '../generation/given.ts';
import { at } from '../manifests/given.ts';
import { aWorld, ok } from '../support/world.ts';

const HOUR_MS = 3_600_000;
const MEDICAL = { wasteCode: '841-001-01', name: '感染性废物', form: 'solid', hazards: ['In'], packaging: 'bag' };

const found = async ({ unit, ...world }: Labelling, subjectId: string) => {
  await world.jobsDone();
  return ok(await unit.get(`/v1/anomalies?subjectId=${subjectId}`)).items;
};

t.test(
  'a bag that nobody fetches is found at its 48th hour; a closing told afterwards gives it what is left',
  async (t) => {
    const world = await withUnit(await aWorld());
    const { unit, clock } = world;
    const bag = await aDrum(world, 5_000, MEDICAL);
    clock.advanceMs(48 * HOUR_MS - 1);
    t.same(await found(world, bag.batchId), []);
    clock.advanceMs(1);
    t.match(await found(world, bag.batchId), [{ rule: 'storage_over_hours', status: 'open', severity: 'warning' }]);
    ok(await unit.post(`/v1/containers/${bag.id}/closing`, { occurredAt: at(world, -46 * 60), entryMode: 'offline' }));
    t.match(await found(world, bag.batchId), [{ status: 'void' }], 'closed two hours after its label');
    clock.advanceMs(2 * HOUR_MS - 1);
    t.match(await found(world, bag.batchId), [{ status: 'void' }]);
    clock.advanceMs(1);
    t.match(await found(world, bag.batchId), [{ status: 'open' }], 'and asked again when that is over');
  },
);

t.test('sharps in a bag are found with the label; a sharps box is not', async (t) => {
  const world = await withUnit(await aWorld());
  const sharps = { ...MEDICAL, wasteCode: '841-002-01', massGrams: 900 };
  const bag = ok(await label(world, sharps));
  t.match(await found(world, bag.id), [{ rule: 'sharps_packaging', status: 'open' }]);
  t.same(await found(world, ok(await label(world, { ...sharps, packaging: 'box' })).id), []);
});
