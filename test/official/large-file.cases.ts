import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { aWorld, ok } from '../support/world.ts';
import { aRow, CSV, csvOf, MANIFEST_TITLES } from './given.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const ROWS = 100_000;
const ROWS_A_PIECE = 1_000;
const MEGABYTE = 1_048_576;
/** What the process may grow by: a page of rows, not the file. */
const GROWTH_MAX_MB = 80;

function* pieces(): Generator<Buffer> {
  yield Buffer.from(csvOf(MANIFEST_TITLES, []));
  for (let from = 0; from < ROWS; from += ROWS_A_PIECE) {
    const rows = Array.from({ length: ROWS_A_PIECE }, (_, nth) =>
      aRow({ 联单编号: `20263702${String(from + nth).padStart(6, '0')}`, 移出人名称: `单位${(from + nth) % 500}` }),
    );
    yield Buffer.from(csvOf([], rows).replace(/^\r\n/, ''));
  }
}

t.test(`${ROWS} rows of CSV pass through without being held`, async (t) => {
  const world = await aWorld();
  const heap = (): number => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return (heapUsed + external) / MEGABYTE;
  };
  const before = heap();
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, heap());
  }, 1_000);
  const begun = performance.now();
  const url = '/v1/official-imports?system=cn-37&kind=manifests';
  await world.app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = world.app.server.address() as { port: number };
  const response = await fetch(`http://127.0.0.1:${port}${url}`, {
    method: 'POST',
    headers: { ...CSV, authorization: `Bearer ${world.regulator.apiKey}` },
    body: Readable.toWeb(Readable.from(pieces())) as ReadableStream,
    duplex: 'half',
  } as RequestInit);
  clearInterval(watch);
  const body = (await response.json()) as { id: string; bytes: number };
  t.match(body, { counts: { rows: ROWS, new: ROWS, refused: 0 } });
  t.comment(
    `${Math.round(body.bytes / MEGABYTE)} MB in ${Math.round((performance.now() - begun) / 100) / 10} s, at most ${Math.round(most - before)} MB more`,
  );
  t.ok(most - before < GROWTH_MAX_MB, `${Math.round(most - before)} MB`);
  t.equal(
    ok(await world.regulator.get(`/v1/official-records?importId=${body.id}&state=missing_here`)).items.length,
    50,
  );
});
