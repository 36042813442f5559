import { randomUUID } from 'node:crypto';
import t from 'tap';
import { aLine, aParty, at } from '../manifests/given.ts';
import { aWorld, callerWith, ok, type World } from '../support/world.ts';
import { doBulk, ended, ndjson, resultsOf, sendBulk } from './bulks.ts';

const generation = (world: World, changes: object = {}): object => ({
  operation: 'generations.record',
  body: {
    siteId: world.consignorSiteId,
    wasteCode: '900-249-08',
    massGrams: 1_000,
    occurredAt: at(world),
    ...changes,
  },
});
const draft = (world: World): object => ({ operation: 'manifests.draft', body: world.draftBody({ lines: [aLine()] }) });

t.test('two thousand lines, right and wrong, each answered on its own, in order', async (t) => {
  const world = await aWorld();
  const lines: (object | string)[] = [];
  for (let set = 0; set < 400; set++) {
    const first = lines.length + 1;
    lines.push(
      generation(world),
      draft(world),
      { operation: 'manifests.issue', id: `@${first + 1}/id` },
      set % 2 === 0 ? generation(world, { massGrams: -1 }) : '{"operation":',
      set % 2 === 0 ? '' : { operation: 'manifests.issue', id: `@${first + 3}/id` },
    );
  }
  const { bulk, results } = await doBulk(world, world.consignor, ndjson(lines));
  t.match(bulk, { state: 'done', lines: 1_800, done: 1_800, succeeded: 1_200, refused: 600, format: 'ndjson' });
  t.same(
    results.map(({ line }) => line),
    lines.flatMap((line, index) => (line === '' ? [] : [index + 1])),
  );
  const [first] = results;
  t.match(first, { line: 1, status: 201, body: { code: String, batchId: String, warnings: [] } });
  for (const { line, status, body, problem } of results) {
    const told = `line ${line}: ${JSON.stringify(body ?? problem)}`;
    switch ((line - 1) % 10) {
      case 2:
      case 7:
        t.match(body, { number: /^\d{14}$/, status: 'issued' }, told);
        break;
      case 3:
        t.match(problem, { status: 400, type: '/problems/invalid-input', errors: [{ pointer: '/massGrams' }] }, told);
        break;
      case 8:
        t.match(problem, { status: 400, type: '/problems/malformed-json' }, told);
        break;
      case 9:
        t.match(problem, { status: 424, type: '/problems/rests-on-refused' }, told);
        break;
      default:
        t.equal(status, 201, told);
    }
  }
  const numbers = results.flatMap(({ body }) => body?.number ?? []);
  t.equal(new Set(numbers).size, 400);
  const later = await resultsOf(world, world.consignor, bulk.id, '?after=1500&follow=true');
  t.same(later, results.filter(({ line }) => line > 1_500));
});
