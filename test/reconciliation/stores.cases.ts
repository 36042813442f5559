import t from 'tap';
import type { StoreFilled } from '../../src/reconciliation/rules/facts.ts';
import { STORE_OVER_CAPACITY_RULE } from '../../src/reconciliation/rules/store-over-capacity.ts';
import { aStore, generated, type Labelling, label, move, read, withUnit } from '../generation/given.ts';
import { anIssued, at, pickUp } from '../manifests/given.ts';
import { aWorld, ok } from '../support/world.ts';
import { say, severityOf } from './given.ts';

/** How much a store may hold: both sides of every limit, and every way in which its stock changes. */
const holding = (grams: number, changes: Partial<StoreFilled>, now?: string) =>
  say(
    STORE_OVER_CAPACITY_RULE,
    {
      store: {
        id: 'store',
        siteId: 'site',
        partyId: 'works',
        region: '370112',
        code: 'TS001',
        type: 'warehouse',
        capacityGrams: null,
        grams,
        ...changes,
      },
    },
    now === undefined ? {} : { now },
  );

t.test('a storage point: 3 t at any time, whatever its capacity', async (t) => {
  const point = (grams: number, capacityGrams: number | null = null) =>
    holding(grams, { type: 'point', capacityGrams });
  t.equal(severityOf(point(3_000_000)), 'clear');
  t.match(point(3_000_001), {
    finding: {
      severity: 'warning',
      observed: { stockGrams: 3_000_001 },
      expected: { stockGramsMax: 3_000_000 },
      tolerance: { name: 'storage-point-limit-grams', value: 3_000_000, unit: 'grams' },
      basis: 'GB 18597-2023 8.3.5',
      question: { partyId: 'works' },
    },
  });
  t.equal(severityOf(point(3_600_000)), 'warning');
  t.match(point(3_600_001), { finding: { severity: 'critical', tolerance: { value: 1_200, unit: 'permille' } } });
  t.equal(severityOf(point(3_000_000, 10_000_000)), 'clear', 'room on paper');
  t.match(point(3_000_001, 10_000_000), { finding: { basis: /GB 18597/ } }, 'is no room in law');
  t.match(point(2_500_000, 2_000_000), { finding: { severity: 'critical', basis: 'HJ 1259-2022 5.5.2.2' } });
  t.match(holding(3_000_001, { type: 'point' }, '2023-06-30T02:00:00Z'), { finding: { basis: /本平台约定/ } });
  t.equal(severityOf(holding(3_000_001, {})), 'capacityGrams', 'any other store needs one on record');
});

t.test('a capacity: a remark from 80 %, a warning above it, critical above 120 %', async (t) => {
  const store = (grams: number) => holding(grams, { capacityGrams: 1_000 });
  t.equal(severityOf(store(799)), 'clear');
  t.match(store(800), {
    finding: {
      severity: 'info',
      tolerance: { name: 'store-capacity-warning-permille', value: 800, unit: 'permille', source: /本平台约定/ },
    },
  });
  t.equal(severityOf(store(1_000)), 'info');
  t.match(store(1_001), {
    finding: { severity: 'warning', tolerance: { name: 'capacityGrams', value: 1_000, unit: 'grams' } },
  });
  t.equal(severityOf(store(1_200)), 'warning');
  t.match(store(1_201), { finding: { severity: 'critical', summary: { en: /120\.1 % of its capacity/ } } });
  t.equal(severityOf(store(-5)), 'clear');
});

const found = async (world: Labelling, store: string) => {
  await world.jobsDone();
  return ok(await world.regulator.get(`/v1/anomalies?subjectId=${store}&rule=store_over_capacity`)).items;
};

t.test('raised by what is put in, cleared by what leaves: moved, loaded, and when more room is entered', async (t) => {
  const world = await withUnit(await aWorld());
  const store = await aStore(world, { type: 'point' });
  const put = async (grams: number, where = store) => {
    const { batchId } = await generated(world, grams);
    ok(await move(world, 'in', where, { batches: [{ batchId }] }));
    return batchId;
  };
  await put(3_000_000);
  t.same(await found(world, store), []);
  const last = await put(1);
  t.match(await found(world, store), [
    { status: 'open', severity: 'warning', subject: { kind: 'store', id: store }, basis: 'GB 18597-2023 8.3.5' },
  ]);
  t.match((await read(world.unit, `/v1/anomalies?subjectId=${store}`)).items, [{ rule: 'store_over_capacity' }]);
  t.same((await read(world.stranger, `/v1/anomalies?subjectId=${store}`)).items, []);
  ok(await move(world, 'out', store, { batches: [{ batchId: last }], destination: 'own_use' }));
  t.match(await found(world, store), [{ status: 'cleared' }]);

  const [full, other] = [await aStore(world, { capacityGrams: 1_000 }), await aStore(world, { capacityGrams: 10_000 })];
  const batchId = await put(1_300, full);
  t.match(await found(world, full), [{ status: 'open', severity: 'critical' }]);
  // Straight from one store into another, and a part of it back.
  ok(await move(world, 'in', other, { batches: [{ batchId }] }));
  t.match(await found(world, full), [{ status: 'cleared' }]);
  ok(await move(world, 'in', full, { batches: [{ batchId, massGrams: 1_100 }] }));
  t.match(await found(world, full), [{ status: 'open', severity: 'warning' }]);
  const {
    version,
    stock: _,
    stockGrams: __,
    filledPermille: ___,
    id: ____,
    ...record
  } = await read(world.unit, `/v1/stores/${full}`);
  ok(await world.unit.put(`/v1/stores/${full}`, { ...record, capacityGrams: 2_000 }, { 'if-match': `"${version}"` }));
  t.match(await found(world, full), [{ status: 'cleared' }]);
});

t.test('a pickup empties the store; a label on a part of what lies there does not', async (t) => {
  const world = await withUnit(await aWorld());
  const store = await aStore(world, { capacityGrams: 1_000_000 });
  const { batchId } = await generated(world, 1_100_000);
  ok(await move(world, 'in', store, { batches: [{ batchId }] }));
  t.match(await found(world, store), [{ status: 'open', severity: 'warning' }]);
  const { id } = await anIssued({ ...world, consignor: world.unit }, { consignorSiteId: world.siteId });
  ok(await pickUp(world, id, [{ line: 1, massGrams: 600_000 }]));
  t.match(await found(world, store), [{ status: 'cleared' }]);
  ok(await label(world, { from: [{ batchId, massGrams: 100_000 }], occurredAt: at(world) }));
  t.match(await found(world, store), [{ status: 'cleared' }]);
});
