import t from 'tap';
import { aWorld } from '../support/world.ts';
import { arrive, pickUp, receive } from './given.ts';

t.test('any past is accepted of a physical report, also one older than our rules', async (t) => {
  const world = await aWorld();
  for (const occurredAt of [
    '2021-12-31T15:00:00Z',
    '2009-05-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
  ]) {
    const manifest = await world.aManifest({ status: 'issued', declaredGrams: 1_000 });
    const steps = [
      pickUp(world, manifest.id, [{ line: 1, massGrams: 1_000 }], { occurredAt }),
      arrive(world, (await world.aManifest({ status: 'in_transit' })).id, { occurredAt }),
      receive(world, (await world.aManifest({ status: 'arrived' })).id, [{ line: 1, acceptedGrams: 4_000_000 }], {
        occurredAt,
      }),
      receive(world, (await world.aManifest({ status: 'arrived' })).id, [{ line: 1, acceptedGrams: 4_000_000 }], {
        occurredAt,
        discrepancies: [{ line: 1, type: 'quantity', found: 'x' }],
      }),
    ];
    for (const [index, step] of steps.entries()) {
      const { status } = await step;
      t.ok(
        status < 500,
        `${['pickup', 'arrival', 'receipt', 'receipt with a discrepancy'][index]} of ${occurredAt}: ${status}`,
      );
    }
  }
  await world.jobsDone();
  const { rows } = await world.service.database.pool.query("select job, last_error from outbox where state = 'failed'");
  t.same(rows, [], 'each of them is judged');
});
