import fc from 'fast-check';
import t from 'tap';
import { RECEIVED_EXAMPLE } from '../../src/official/upward.ts';
import { payloads } from '../custody/bodies.ts';
import { aRegulator } from '../manifests/given.ts';
import { aWorld } from '../support/world.ts';
import { aRow, CSV, csvOf, importing, MANIFEST_TITLES, XLSX } from './given.ts';

const RUNS = Number(process.env.TEST_FUZZ_RUNS ?? 30);

t.test('whatever is sent as a file, it is answered below 500', async (t) => {
  const world = await aWorld();
  const sound = Buffer.from(csvOf(MANIFEST_TITLES, [aRow(), aRow(), aRow()]));
  const damaged = fc
    .array(fc.tuple(fc.nat(sound.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 })
    .map((places) => {
      const copy = Buffer.from(sound);
      for (const [place, byte] of places) copy[place] = byte;
      return copy;
    });
  const cells = fc
    .array(fc.array(fc.string({ unit: 'binary', maxLength: 30 }), { minLength: 10, maxLength: 10 }), { maxLength: 5 })
    .map((rows) => Buffer.from(csvOf(MANIFEST_TITLES, rows)));
  const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
  const files = fc.oneof(damaged, cells, bytes);
  await fc.assert(
    fc.asyncProperty(files, fc.constantFrom(CSV, XLSX), async (file, headers) => {
      const answer = await importing(world.regulator, file, { headers });
      if (answer.status >= 500) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    }),
    { numRuns: RUNS },
  );
  t.pass(`${RUNS} files`);
});

t.test('whatever an instance below sends, it is answered below 500', async (t) => {
  const world = await aWorld();
  const source = await aRegulator(world, '370112');
  await fc.assert(
    fc.asyncProperty(payloads({ items: [RECEIVED_EXAMPLE] } as never), async (payload) => {
      const { statusCode, body } = await world.app.inject({
        method: 'PUT',
        url: '/v1/received-manifests',
        headers: { authorization: `Bearer ${source.apiKey}`, 'content-type': 'application/json' },
        payload,
      });
      if (statusCode >= 500) throw new Error(`${statusCode} ${body}`);
    }),
    { numRuns: RUNS },
  );
  t.pass(`${RUNS} bodies`);
});
