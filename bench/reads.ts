import { loadArchive } from './archive.ts';
import type { Bench } from './bench.ts';
import { type Member, seededRandom } from './loads.ts';
import { type Measured, measurePhase } from './measure.ts';
import type { Read } from './orders.ts';
import { type Pages, pagesOf } from './pages.ts';
import { withClient } from './postgres.ts';
import { type Server, startServer } from './servers.ts';

/** Reads from an archive: what callers see, and how many pages the statements behind them touch. */
export interface ReadFigures {
  readonly what: string;
  readonly measured: Measured;
  readonly pages: Pages;
}

export interface ArchiveFigures {
  readonly manifests: number;
  readonly figures: readonly ReadFigures[];
}

interface Case {
  readonly what: string;
  readonly reads: readonly Read[];
}

const CONNECTIONS = 16;
/** Different requests of a kind, asked in turn. */
const SAMPLES = 200;
const WARM_UP_MS = 500;

export async function measureReads(bench: Bench): Promise<readonly ArchiveFigures[]> {
  const archives: ArchiveFigures[] = [];
  for (const manifests of bench.scale.archives) {
    const url = await loadArchive(bench, 'archive', manifests);
    const cases = await casesOf(bench, url);
    const figures: ReadFigures[] = [];
    const server = await startServer({
      script: 'src/main.ts',
      environment: { DATABASE_URL: url },
      logFile: bench.logFile,
    });
    bench.started.push(server.stop);
    for (const { what, reads } of cases) {
      bench.say(`reading from ${manifests.toLocaleString('en')}: ${what}`);
      figures.push({ what, measured: await measureRead(bench, server, reads), pages: await pagesOf(url, reads) });
    }
    await server.stop();
    await bench.postgres.drop('archive');
    archives.push({ manifests, figures });
  }
  return archives;
}

const measureRead = (bench: Bench, server: Server, reads: readonly Read[]): Promise<Measured> =>
  measurePhase({
    asking: bench.generator,
    start: { port: server.port, concurrency: CONNECTIONS, work: { kind: 'reads', reads } },
    nodePid: server.pid,
    postgresPid: bench.postgres.pid,
    warmUpMs: WARM_UP_MS,
    windowMs: bench.scale.readWindowMs,
  });

/** Manifests of every age, by whoever consigned them. */
async function casesOf({ city }: Bench, url: string): Promise<readonly Case[]> {
  const random = seededRandom(1);
  const keyOf = new Map(city.producers.map(({ partyId, apiKey }) => [partyId, apiKey]));
  const manifests = await withClient(url, async (client) => {
    await client.query('select setseed(0.5)');
    const { rows } = await client.query<{ id: string; number: string; consignorId: string }>(
      `select id, number, consignor_id as "consignorId" from manifests where status = 'received' order by random() limit ${SAMPLES}`,
    );
    return rows;
  });
  const asProducers = (path: string) => as(city.producers, () => path);
  const lastYear = () => new Date(Date.now() - (5 + random() * 25) * 86_400_000).toISOString();
  return [
    {
      what: 'one manifest by id',
      reads: manifests.map(({ id, consignorId }) => ({ path: `/v1/manifests/${id}`, apiKey: keyOf.get(consignorId)! })),
    },
    {
      what: 'one manifest by number',
      reads: manifests.map(({ number, consignorId }) => ({
        path: `/v1/manifests?number=${number}`,
        apiKey: keyOf.get(consignorId)!,
      })),
    },
    { what: 'first page, a producer', reads: asProducers('/v1/manifests') },
    { what: 'in transit, a producer', reads: asProducers('/v1/manifests?status=in_transit') },
    { what: 'five void ones (1 in 100), a producer', reads: asProducers('/v1/manifests?status=void&limit=5') },
    {
      what: 'first page, the regulator',
      reads: city.regulatorKeys.map((apiKey) => ({ path: '/v1/manifests', apiKey })),
    },
    { what: 'balances now, a producer', reads: asProducers('/v1/balances') },
    { what: 'balances weeks ago, a producer', reads: as(city.producers, () => `/v1/balances?at=${lastYear()}`) },
    { what: 'balances now, a plant', reads: as(city.plants, () => '/v1/balances') },
  ];
}

const as = (members: readonly Member[], path: () => string): Read[] =>
  members.map(({ apiKey }) => ({ path: path(), apiKey }));
