import { setTimeout as sleep } from 'node:timers/promises';
import { ensureDatabase } from '../src/platform/connections.ts';
import { buildCity } from './city.ts';
import { type City, STEPS } from './loads.ts';
import { type Asking, startAsking } from './measure.ts';
import { type BenchPostgres, startPostgres, withClient } from './postgres.ts';
import { countRows, type RowsPerAct, rowsPerAct } from './rows.ts';
import { startServer } from './servers.ts';

/** What every part of the bench works with: one Postgres, and a city whose first loads have been played. */
export interface Bench {
  readonly postgres: BenchPostgres;
  readonly city: City;
  /** The load generator, for every server in turn. */
  readonly generator: Asking;
  /** Cloned for every server under test, so that each begins with the same rows and the planner's statistics. */
  readonly cityDatabase: string;
  readonly scale: Scale;
  /** Mean size of an event of that city, in bytes. */
  readonly eventBytes: number;
  /** Of the history: whole loads, every act of them in the same number. */
  readonly rowsPerAct: RowsPerAct;
  readonly logFile: string;
  /** To be stopped when the bench ends or is interrupted, the last first. */
  readonly started: (() => Promise<unknown>)[];
  say(progress: string): void;
}

/** Milliseconds of a first warm-up (V8 compiles what is hot), of each later one, and of a measured window. */
export interface Scale {
  readonly name: 'quick' | 'usual' | 'full';
  readonly runs: number;
  readonly firstWarmUpMs: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
  readonly readWindowMs: number;
  /** Pool sizes and lanes that the floors may choose from. */
  readonly sizes: readonly number[];
  /** Loads that the city has behind it: `rebuild --check` is run on them, and the planner knows its tables by them. */
  readonly historyLoads: number;
  /** Acts in the file of acts. */
  readonly bulkLines: number;
  /** Manifests in the archive the reads are measured on. */
  readonly archives: readonly number[];
}

export const SCALES: Readonly<Record<Scale['name'], Scale>> = {
  quick: {
    name: 'quick',
    runs: 1,
    firstWarmUpMs: 1_500,
    warmUpMs: 300,
    windowMs: 1_200,
    readWindowMs: 500,
    sizes: [8],
    historyLoads: 100,
    bulkLines: 2_000,
    archives: [10_000],
  },
  usual: {
    name: 'usual',
    runs: 5,
    firstWarmUpMs: 6_000,
    warmUpMs: 1_000,
    windowMs: 4_000,
    readWindowMs: 2_000,
    sizes: [4, 8, 16],
    historyLoads: 1_000,
    bulkLines: 100_000,
    archives: [100_000],
  },
  full: {
    name: 'full',
    runs: 5,
    firstWarmUpMs: 6_000,
    warmUpMs: 1_000,
    windowMs: 4_000,
    readWindowMs: 2_000,
    sizes: [4, 8, 16],
    historyLoads: 1_000,
    bulkLines: 100_000,
    archives: [100_000, 1_000_000],
  },
};

const HISTORY_CONNECTIONS = 64;
const CITY = 'city';

export async function openBench(
  scale: Scale,
  started: Bench['started'],
  logFile: string,
  say: (progress: string) => void,
): Promise<Bench> {
  const postgres = await startPostgres();
  started.push(postgres.stop);
  say('a city of 200 producers, 40 carriers, 20 plants');
  const url = await ensureDatabase(postgres.serverUrl, CITY);
  const city = await buildCity(url);
  say(`its first ${scale.historyLoads} loads`);
  const generator = startAsking('generator.ts');
  started.push(generator.stop);
  const before = await countRows(url);
  await playHistory({ city, scale, generator, logFile }, url);
  const played = rowsPerAct(before, await countRows(url), scale.historyLoads * STEPS.length);
  const eventBytes = await withClient(url, async (client) => {
    await client.query('vacuum analyze');
    const { rows } = await client.query<{ bytes: number }>(
      'select avg(octet_length(canonical))::int as bytes from custody_events',
    );
    return rows[0]!.bytes;
  });
  return {
    postgres,
    city,
    generator,
    cityDatabase: CITY,
    scale,
    eventBytes,
    rowsPerAct: played,
    logFile,
    started,
    say,
  };
}

/** Jobs that are due now and not done; a deadline ahead is none. */
export const jobsDue = (url: string) => (): Promise<number> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ due: number }>(
      "select count(*)::int as due from outbox where state = 'pending' and available_at <= now() + interval '2 minutes'",
    );
    return rows[0]!.due;
  });

async function playHistory(
  { city, scale, generator, logFile }: Pick<Bench, 'city' | 'scale' | 'generator' | 'logFile'>,
  url: string,
): Promise<void> {
  const server = await startServer({ script: 'src/main.ts', environment: { DATABASE_URL: url }, logFile });
  try {
    const work = { kind: 'loads', run: 'history', seed: 1, city, loadsMax: scale.historyLoads } as const;
    await generator.tell({ order: 'start', port: server.port, concurrency: HISTORY_CONNECTIONS, work }, 'started');
    await generator.tell({ order: 'finish' }, 'stopped');
    const due = jobsDue(url);
    while ((await due()) > 0) await sleep(100);
  } finally {
    await server.stop();
  }
}
