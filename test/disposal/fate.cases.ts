// What became of the waste of a manifest, as its consignor is told (TM 12(4)).
import t, { type Test } from 'tap';
import { type Fate, type FateBatch, type FateGraph, type FatePart, fateOf } from '../../src/disposal/fate.ts';
import { aLicence, aLine, arrive, at, pickUp, receive } from '../manifests/given.ts';
import { type Answer, aWorld, ok, type World } from '../support/world.ts';
import { aReceived, FLY_ASH, residue, treat, USED_OIL } from './given.ts';

const ROOT = { batchId: 'a', grams: 100 };
const fate = async (world: World, id: string) => ok(await world.consignor.get(`/v1/manifests/${id}/fate`));

const brief = ({ fate, method, manifestId, grams, permille }: FatePart) => [
  fate,
  ...(method ? [method] : []),
  ...(manifestId ? [manifestId] : []),
  grams,
  permille,
];

t.test('received and in stock, part of it burnt, the rest used: settled when nothing is left', async (t) => {
  const world = await aWorld();
  const { id, batchId } = await aReceived(world, 3_000);
  t.match(await fate(world, id), {
    manifestId: id,
    settled: false,
    complete: true,
    lines: [{ line: 1, wasteCode: USED_OIL, receivedGrams: 3_000, settled: false, forwarded: [], residues: [] }],
  });
  ok(await treat(world, { inputs: [{ batchId, grams: 1_000 }], outputs: [residue(301)] }));
  const half = await fate(world, id);
  t.same(half.lines[0].parts.map(brief), [
    ['in_stock', 2_000, 667],
    ['treated', 'D10', 1_000, 333],
  ]);
  t.match(half.lines[0], { settled: false, residues: [{ wasteCode: FLY_ASH, grams: 301 }] });
  ok(await treat(world, { inputs: [{ batchId, grams: 2_000 }], method: 'R9' }));
  const whole = await fate(world, id);
  t.equal(whole.settled, true, 'the residue is new waste and settles nothing of this one');
  t.match(whole.lines[0].parts, [
    { method: 'D10', treatmentKind: 'disposal', siteId: world.consigneeSiteId, permille: 333 },
    { method: 'R9', treatmentKind: 'use', permille: 667 },
  ]);
  t.same(whole.lines[0].residues[0].parts.map(brief), [['in_stock', 301, 1_000]]);
});

t.test('two manifests burnt together: the ash is shared by mass, and so is all that comes of it', async (t) => {
  const world = await aWorld();
  const one = await aReceived(world, 1_000);
  world.clock.advanceMs(1);
  const other = await aReceived(world, 2_000);
  const { residues } = ok(
    await treat(world, {
      inputs: [
        { batchId: one.batchId, grams: 1_000 },
        { batchId: other.batchId, grams: 2_000 },
      ],
      outputs: [residue(100)],
    }),
  );
  ok(
    await treat(world, {
      inputs: [{ batchId: residues[0].batchId, grams: 50 }],
      method: 'D1',
      outputs: [residue(10, { wasteCode: '772-004-18' })],
    }),
  );
  const [first, second] = [(await fate(world, one.id)).lines[0], (await fate(world, other.id)).lines[0]];
  const briefly = ({ residues }: { residues: { wasteCode: string; grams: number; parts: FatePart[] }[] }) =>
    residues.map(({ wasteCode, grams, parts }) => [wasteCode, grams, ...parts.map(brief)]);
  // 33 and 67 of the 100 g of ash; half of it was landfilled, which left 10 g in proportion.
  t.same(briefly(first), [
    [FLY_ASH, 33, ['in_stock', 17, 500], ['treated', 'D1', 16, 500]],
    ['772-004-18', 3, ['in_stock', 3, 1_000]],
  ]);
  t.same(briefly(second), [
    [FLY_ASH, 67, ['in_stock', 34, 500], ['treated', 'D1', 33, 500]],
    ['772-004-18', 7, ['in_stock', 7, 1_000]],
  ]);
  t.same(first.parts.map(brief), [['treated', 'D10', 1_000, 1_000]]);
});

t.test(
  'carried on by a collector: on the road, refused, missing on the scale, and at last burnt elsewhere',
  async (t) => {
    const world = await aWorld();
    const { id, batchId } = await aReceived(world, 1_000);
    const plant = ok(
      await world.stranger.post('/v1/sites', { partyId: world.stranger.partyId, name: '焚烧厂', region: '370117' }),
    ).id;
    await aLicence(world, world.stranger);
    const draft = world.draftBody({
      consignorSiteId: world.consigneeSiteId,
      consigneeSiteId: plant,
      lines: [aLine({ massGrams: 600, batchIds: [batchId] })],
    });
    const { id: onward } = ok(await world.consignee.post('/v1/manifests', draft));
    ok(await world.consignee.post(`/v1/manifests/${onward}/issue`));
    const parts = async () => (await fate(world, id)).lines[0].parts.map(brief);
    t.same(await parts(), [['in_stock', 1_000, 1_000]], 'a promise moves nothing');
    ok(await pickUp(world, onward, [{ line: 1, massGrams: 600 }]));
    const onTheRoad = [
      ['in_stock', 400, 400],
      ['in_transit', onward, 600, 600],
    ];
    t.same(await parts(), onTheRoad);
    ok(await arrive(world, onward));
    t.same(await parts(), onTheRoad);
    const received = await world.stranger.post(`/v1/manifests/${onward}/receipt`, {
      occurredAt: at(world),
      lines: [{ line: 1, acceptedGrams: 500, refusedGrams: 70 }],
    });
    const there = ok(received).batches[0].batchId;
    const burnt = { siteId: plant, inputs: [{ batchId: there, grams: 125 }], outputs: [residue(25)] };
    ok(await treat(world, burnt, world.stranger));
    t.same(await parts(), [
      ['in_stock', 400, 400],
      ['refused', onward, 70, 70],
      ['weighing_difference', onward, 30, 30],
      ['in_stock', onward, 375, 375],
      ['treated', 'D10', onward, 125, 125],
    ]);
    const [line] = (await fate(world, id)).lines;
    t.same(line.forwarded, [{ manifestId: onward, grams: 600 }]);
    t.match(line.residues, [{ wasteCode: FLY_ASH, grams: 25, parts: [{ fate: 'in_stock', manifestId: onward }] }]);
    t.equal(line.settled, false);
  },
);

t.test('what is not received, or refused and not yet brought back, is not settled', async (t) => {
  const world = await aWorld();
  for (const status of ['issued', 'in_transit', 'arrived'] as const) {
    const { id } = await world.aManifest({ status });
    t.match(await fate(world, id), { settled: false, lines: [{ receivedGrams: 0, parts: [] }] });
  }
  const { id } = await world.aManifest({ status: 'arrived' });
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 0 }]));
  t.match(await fate(world, id), { settled: false, lines: [{ receivedGrams: 0 }] });
  ok(await world.carrier.post(`/v1/manifests/${id}/return`, { occurredAt: at(world), plate: world.plate }));
  const lines = [{ line: 1, massGrams: 5_000_000 }];
  ok(await world.consignor.post(`/v1/manifests/${id}/return-receipt`, { occurredAt: at(world), lines }));
  t.match(await fate(world, id), { settled: true });
});

t.test('whoever stands on the manifest sees its fate, and nobody else', async (t) => {
  const world = await aWorld();
  const { id } = await aReceived(world, 10);
  const asked = (caller: { get(path: string): Promise<Answer> }) => caller.get(`/v1/manifests/${id}/fate`);
  for (const caller of [world.consignor, world.carrier, world.consignee, world.regulator])
    t.equal((await asked(caller)).status, 200);
  t.match(await asked(world.stranger), { status: 404, body: { type: '/problems/not-found' } });
});

/** A graph of batches as the queries give it; each leaves what it is told to. */
const aBatch = (id: string, changes: Partial<FateBatch> = {}): FateBatch => ({
  id,
  siteId: 'site',
  initialGrams: 100,
  stockGrams: 0,
  treated: [],
  loaded: [],
  edges: [],
  ...changes,
});
const aGraph = (...batches: FateBatch[]): FateGraph => ({
  batches: new Map(batches.map((batch) => [batch.id, batch])),
  treatments: new Map([['t', { method: 'D10', treatmentKind: 'disposal' }]]),
});
const movedTo = (toId: string, grams: number) => ({
  toId,
  grams,
  origin: 'received' as const,
  wasteCode: USED_OIL,
  manifestId: null,
});
const addsUp = (t: Test, { grams, parts }: Pick<Fate, 'grams' | 'parts'>) => {
  t.equal(
    parts.reduce((sum, part) => sum + part.grams, 0),
    grams,
  );
  t.equal(
    parts.reduce((sum, part) => sum + part.permille, 0),
    1_000,
  );
};

t.test('split, and mixed again: each part by its mass', async (t) => {
  const graph = aGraph(
    aBatch('a', { edges: [movedTo('b', 30), movedTo('c', 70)] }),
    aBatch('b', { initialGrams: 30, edges: [movedTo('c', 20)], stockGrams: 10 }),
    aBatch('c', { initialGrams: 390, stockGrams: 290, treated: [{ treatmentId: 't', grams: 100 }] }),
  );
  const found = fateOf([ROOT], graph);
  // 10 g lie in b; of the 90 g in c, 290 of 390 parts are there still.
  t.same(found.parts.map(brief), [
    ['in_stock', 77, 769],
    ['treated', 'D10', 23, 231],
  ]);
  addsUp(t, found);
});

t.test('what more than was there went out is shared over what went out', async (t) => {
  const found = fateOf([ROOT], aGraph(aBatch('a', { stockGrams: -20, treated: [{ treatmentId: 't', grams: 120 }] })));
  t.same(found.parts.map(brief), [['treated', 'D10', 100, 1_000]]);
  t.equal(found.settled, true);
});

t.test('what left by no known act is said to be unexplained, what was not followed to lie beyond', async (t) => {
  const lost = fateOf([ROOT], aGraph(aBatch('a', { stockGrams: 40 })));
  t.same(lost.parts.map(brief), [
    ['in_stock', 40, 400],
    ['unexplained', 60, 600],
  ]);
  const far = fateOf([ROOT], aGraph(aBatch('a', { edges: [movedTo('unknown', 100)] })));
  t.match(far, { settled: false, parts: [{ fate: 'beyond_limits', grams: 100 }] });
});

t.test('a circle of batches ends, and still adds up', async (t) => {
  const found = fateOf(
    [ROOT],
    aGraph(
      aBatch('a', { stockGrams: 50, edges: [movedTo('b', 50)] }),
      aBatch('b', { stockGrams: 20, edges: [movedTo('a', 30)] }),
    ),
  );
  addsUp(t, found);
  t.ok(found.parts.some((part) => part.fate === 'beyond_limits'));
});

t.test('an accepted mass that was corrected leaves nothing unexplained', async (t) => {
  for (const acceptedGrams of [2_700, 3_200]) {
    const world = await aWorld();
    const { id } = await aReceived(world, 3_000);
    const changes = [{ path: '/lines/0/acceptedGrams', value: acceptedGrams }];
    ok(await world.consignee.post(`/v1/manifests/${id}/correction`, { reason: '录入错误', changes }));
    for (const caller of [world.consignor, world.regulator])
      ok(await caller.post(`/v1/manifests/${id}/correction-approval`, {}));
    const { lines } = await fate(world, id);
    t.same(lines[0].parts.map(brief), [['in_stock', acceptedGrams, 1_000]]);
  }
});
