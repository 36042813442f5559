// Random treatments over random stock: no gram is lost or made, for no owner and in no dimension.
import fc from 'fast-check';
import t from 'tap';
import { checkRebuild } from '../../src/rebuild.ts';
import { broken } from '../custody/given.ts';
import { aWorld, ok, type World } from '../support/world.ts';
import { aReceived, residue, treat, USED_OIL } from './given.ts';

/** Runs; more of them with TEST_FUZZ_RUNS. */
const RUNS = Number(process.env.TEST_FUZZ_RUNS ?? 12);

const grams = fc.integer({ min: 1, max: 2_000_000 });
/** Which of the batches so far, and how much of it, in permille of what is left; over 1000 goes below zero. */
const take = fc.record({ batch: fc.nat(), permille: fc.integer({ min: 1, max: 1_050 }) });
const treatment = fc.record({
  take: fc.array(take, { minLength: 1, maxLength: 4 }),
  residues: fc.array(
    fc.record({ permille: fc.integer({ min: 1, max: 700 }), dry: fc.integer({ min: 0, max: 1_000 }) }),
    {
      maxLength: 3,
    },
  ),
  product: fc.nat(500),
  additive: fc.nat(500),
  loss: fc.nat(500),
  reversed: fc.boolean(),
  byCode: fc.boolean(),
});
const plans = fc.record({
  received: fc.array(grams, { minLength: 1, maxLength: 3 }),
  treatments: fc.array(treatment, { minLength: 1, maxLength: 5 }),
});
type Plan = typeof plans extends fc.Arbitrary<infer Value> ? Value : never;

const parts = (total: number, permille: number): number => Math.floor((total * permille) / 1_000);

async function play(world: World, { received, treatments }: Plan): Promise<string[]> {
  const [manifests, batches]: [string[], string[]] = [[], []];
  for (const each of received) {
    world.clock.advanceMs(1);
    const { id, batchId } = await aReceived(world, each);
    manifests.push(id);
    batches.push(batchId);
  }
  for (const plan of treatments) {
    world.clock.advanceMs(1);
    const inputs = [];
    for (const { batch, permille } of plan.take) {
      const batchId = batches[batch % batches.length]!;
      const { remainingGrams } = ok(await world.consignee.get(`/v1/batches/${batchId}`));
      inputs.push({ batchId, grams: Math.max(1, parts(Math.max(remainingGrams, 0), permille)) });
    }
    const total = inputs.reduce((sum, input) => sum + input.grams, 0);
    const outputs = plan.residues.flatMap(({ permille, dry }, index) => {
      const mass = parts(total, permille);
      return mass
        ? [residue(mass, { dryGrams: parts(mass, dry), wasteCode: index ? '772-004-18' : '772-003-18' })]
        : [];
    });
    const [product, additive] = [parts(total, plan.product), parts(total, plan.additive)];
    const recorded = ok(
      await treat(world, {
        inputs: plan.byCode ? [...inputs, { wasteCode: USED_OIL, grams: 3 }] : inputs,
        outputs: [...outputs, ...(product ? [{ kind: 'product', name: '油', grams: product }] : [])],
        additives: additive ? [{ name: '石灰', grams: additive }] : [],
        lossGrams: parts(total, plan.loss),
      }),
    );
    if (plan.reversed) ok(await world.consignee.post(`/v1/treatments/${recorded.id}/reversal`, { reason: 'x' }));
    else batches.push(...recorded.residues.map(({ batchId }: { batchId: string }) => batchId));
  }
  return manifests;
}

interface Part {
  readonly grams: number;
  readonly permille: number;
}
const sumOf = (all: readonly Part[], key: keyof Part): number => all.reduce((sum, part) => sum + part[key], 0);

t.test('mass is conserved for each owner in every dimension, and shares add up', async (t) => {
  const world = await aWorld();
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const manifests = await play(world, plan);
      const { rows } = await world.service.database.pool.query(
        `select p.event_id, a.owner_id from postings p join accounts a on a.id = p.account_id
         join custody_events e on e.id = p.event_id where e.type like 'treatment%' group by 1, 2
         having (sum(p.grams), sum(p.pieces), sum(p.dry_grams)) <> (0, 0, 0)`,
      );
      if (rows.length > 0) throw new Error(`an owner lost or won mass: ${JSON.stringify(rows)}`);
      for (const id of manifests) {
        const { lines, complete } = ok(await world.consignor.get(`/v1/manifests/${id}/fate`));
        if (!complete) throw new Error('a small graph was not followed to its end');
        for (const line of lines) {
          const wholes = [{ grams: line.receivedGrams, parts: line.parts }, ...line.residues];
          for (const { grams: whole, parts: all } of wholes) {
            if (sumOf(all, 'grams') !== whole) throw new Error(`parts of ${whole} g: ${JSON.stringify(all)}`);
            if (whole > 0 && sumOf(all, 'permille') !== 1_000) throw new Error(`permille: ${JSON.stringify(all)}`);
          }
        }
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  t.same(await broken(world), {});
  t.same((await checkRebuild(world.databaseUrl)).differences, []);
});

t.test('the fates of several manifests burnt together add up to what was formed of them', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(grams, { minLength: 2, maxLength: 4 }), fc.nat(900_000), async (received, ash) => {
      const world = await aWorld();
      const all: { id: string; batchId: string }[] = [];
      for (const each of received) all.push(await aReceived(world, each));
      ok(
        await treat(world, {
          inputs: all.map(({ batchId }, index) => ({ batchId, grams: received[index] })),
          outputs: [residue(ash + 1)],
        }),
      );
      let formed = 0;
      for (const { id } of all) {
        const fate = ok(await world.consignor.get(`/v1/manifests/${id}/fate`));
        if (!fate.settled) throw new Error('all of it was burnt');
        formed += sumOf(fate.lines[0].residues, 'grams');
      }
      if (formed !== ash + 1) throw new Error(`${formed} of ${ash + 1} g of ash`);
    }),
    { numRuns: 4, endOnFailure: true },
  );
  t.pass();
});
