// A wrong record is taken back once, as if it had never been, and the history says so.
import t from 'tap';
import { treatedBy } from '../../src/disposal/queries.ts';
import { checkRebuild } from '../../src/rebuild.ts';
import { broken } from '../custody/given.ts';
import { at } from '../manifests/given.ts';
import { aWorld, ok } from '../support/world.ts';
import { aReceived, heldOf, residue, treat, treatOwn, USED_OIL } from './given.ts';

const reason = { reason: '录入错误' };

t.test('every posting once more with the other sign, at the time of the treatment', async (t) => {
  const world = await aWorld();
  const { id: manifestId, batchId } = await aReceived(world, 1_000_000);
  const before = await heldOf(world.consignee);
  world.clock.advanceMs(3 * 86_400_000);
  const { id } = ok(
    await treat(world, {
      startedAt: at(world, -2_000),
      endedAt: at(world, -1_500),
      inputs: [
        { batchId, grams: 333_333 },
        { wasteCode: '900-039-49', grams: 17 },
      ],
      outputs: [residue(100_001, { dryGrams: 33 }), { kind: 'product', name: '基础油', grams: 5 }],
      additives: [{ name: '石灰', grams: 7 }],
      lossGrams: 3,
    }),
  );
  const reversed = await world.consignee.post(`/v1/treatments/${id}/reversal`, reason);
  t.match(reversed, { status: 200, body: { id, status: 'reversed', version: 2 } });
  t.same(await heldOf(world.consignee), before);
  const { items } = ok(await world.consignee.get(`/v1/balances?role=treated&at=${at(world, -1_000)}`));
  t.same(items, [], 'at no instant since was anything treated');
  const { rows } = await world.service.database.pool.query(
    'select 1 from batch_edges where from_id = $1 group by to_id having sum(grams) <> 0',
    [batchId],
  );
  t.same(rows, []);
  t.match(ok(await world.consignee.get(`/v1/treatments/${id}`)), { status: 'reversed', reversedAt: at(world) });
  t.match(ok(await world.consignor.get(`/v1/manifests/${manifestId}/fate`)), {
    settled: false,
    lines: [{ parts: [{ fate: 'in_stock', grams: 1_000_000, permille: 1_000 }], residues: [] }],
  });
  t.same(await broken(world), {});
  t.same((await checkRebuild(world.databaseUrl)).differences, []);
});

t.test('it is taken back once', async (t) => {
  const world = await aWorld();
  const batchId = await world.generate(1_000);
  const { id } = ok(await treatOwn(world, { inputs: [{ batchId, grams: 10 }], outputs: [residue(1)] }));
  const both = await Promise.all([1, 2].map(() => world.consignor.post(`/v1/treatments/${id}/reversal`, reason)));
  t.same(both.map(({ status }) => status).sort(), [200, 409]);
  t.match(
    both.find(({ status }) => status === 409),
    { body: { type: '/problems/wrong-status', allowedFrom: ['recorded'] } },
  );
  t.equal(await world.balance(world.consignor, 'stock'), 1_000);
});

t.test('not while a residue of it has been treated or carried on: which one is said', async (t) => {
  const world = await aWorld();
  const batchId = await world.generate(1_000);
  const first = ok(await treatOwn(world, { inputs: [{ batchId, grams: 100 }], outputs: [residue(10), residue(20)] }));
  const moved = first.residues[1].batchId;
  const second = ok(await treatOwn(world, { inputs: [{ batchId: moved, grams: 1 }] }));
  t.match(await world.consignor.post(`/v1/treatments/${first.id}/reversal`, reason), {
    status: 422,
    body: { type: '/problems/against-rule', errors: [{ detail: moved }] },
  });
  ok(await world.consignor.post(`/v1/treatments/${second.id}/reversal`, reason));
  t.equal((await world.consignor.post(`/v1/treatments/${first.id}/reversal`, reason)).status, 200);
  t.same(await broken(world), {});
});

t.test('it belongs to whoever recorded it', async (t) => {
  const world = await aWorld();
  const batchId = await world.generate(1_000);
  const { id } = ok(await treatOwn(world, { inputs: [{ batchId, grams: 10 }] }));
  for (const caller of [world.consignee, world.stranger])
    t.equal((await caller.post(`/v1/treatments/${id}/reversal`, reason)).status, 404);
});

t.test('what a site treated in a span of time, by method and waste, without what was taken back', async (t) => {
  const world = await aWorld();
  const batchId = await world.generate(1_000);
  const one = (grams: number, method: string, endedAt: string) =>
    treatOwn(world, { inputs: [{ batchId, grams }], method, startedAt: '2026-01-01T00:00:00Z', endedAt });
  ok(await one(1, 'D10', '2026-02-01T00:00:00Z'));
  ok(await one(2, 'D10', '2026-02-28T23:59:59Z'));
  ok(await one(4, 'R9', '2026-02-10T00:00:00Z'));
  ok(await one(8, 'D10', '2026-03-01T00:00:00Z'));
  const wrong = ok(await one(16, 'D10', '2026-02-10T00:00:00Z'));
  ok(await world.consignor.post(`/v1/treatments/${wrong.id}/reversal`, reason));
  const sums = await treatedBy(
    world.service.database.pool,
    world.consignorSiteId,
    new Date('2026-02-01T00:00:00Z'),
    new Date('2026-03-01T00:00:00Z'),
  );
  const same = { selfTreatment: true, wasteCode: USED_OIL };
  t.same(sums, [
    { method: 'D10', treatmentKind: 'disposal', grams: 3, treatments: 2, ...same },
    { method: 'R9', treatmentKind: 'use', grams: 4, treatments: 1, ...same },
  ]);
});
