import { type Bench, jobsDue } from './bench.ts';
import { actsPerGroup, readGroups } from './groups.ts';
import { measurePhase, type Phase, startAsking } from './measure.ts';
import { freePort, startServer } from './servers.ts';
import { median } from './statistics.ts';

/** The write variants: two floors, a ceiling, and ours; interleaved, each on a database of its own. */
export interface WriteFigures {
  readonly id: 'a' | 'b' | 'c' | 'd';
  readonly what: string;
  readonly connections: number;
  /** Medians over the runs. */
  readonly median: Run;
  readonly runs: readonly Run[];
}

/** One run of one variant. */
export interface Run extends Phase {
  /** Acts a transaction of the journal carried; NaN where the process does not say. */
  readonly actsPerGroup: number;
}

export interface WriteResults {
  readonly figures: readonly WriteFigures[];
  /** Acts a second of what the best of each floor was chosen from. */
  readonly choices: Readonly<Record<string, number>>;
}

interface Variant {
  readonly id: WriteFigures['id'];
  readonly what: string;
  readonly connections: readonly number[];
  measure(connections: number, warmUpMs: number): Promise<Run>;
  stop(): Promise<void>;
}

const CONNECTIONS = 64;
/** Acts in flight when the journal is fed directly: groups of 100 on two lanes are always full. */
const FED_IN_FLIGHT = 400;

export async function measureWrites(bench: Bench): Promise<WriteResults> {
  const choices: Record<string, number> = {};
  const bare = await bestOf(bench, choices, (size) => bareVariant(bench, size));
  const single = await bestOf(bench, choices, (size) =>
    serviceVariant(bench, 'b', `ours, one act a transaction, ${size} lanes`, {
      JOURNAL_GROUP_MAX: '1',
      JOURNAL_LANES: String(size),
    }),
  );
  const fed = await fedVariant(bench);
  const ours = await serviceVariant(bench, 'd', 'ours', {}, [CONNECTIONS, 32, 1]);
  const variants = [bare, single, fed, ours];
  for (const variant of [fed, ours]) {
    bench.say(`warming ${variant.what}`);
    await variant.measure(variant.connections[0]!, bench.scale.firstWarmUpMs);
  }
  const runs = new Map<string, Run[]>();
  for (let run = 1; run <= bench.scale.runs; run++) {
    for (const variant of variants) {
      for (const connections of variant.connections) {
        bench.say(`run ${run} of ${bench.scale.runs}: ${variant.what}, ${connections} in flight`);
        const key = `${variant.id} ${connections}`;
        runs.set(key, [...(runs.get(key) ?? []), await variant.measure(connections, bench.scale.warmUpMs)]);
      }
    }
  }
  for (const variant of variants) await variant.stop();
  const figures = variants.flatMap(({ id, what, connections: all }) =>
    all.map((connections): WriteFigures => {
      const phases = runs.get(`${id} ${connections}`)!;
      return { id, what, connections, median: medianOf(phases), runs: phases };
    }),
  );
  return { figures, choices };
}

/** Tries a floor in each size, leaves the best running and says in `choices` what each gave. */
async function bestOf(
  bench: Bench,
  choices: Record<string, number>,
  start: (size: number) => Promise<Variant>,
): Promise<Variant> {
  let best: { variant: Variant; perSecond: number } | undefined;
  for (const size of bench.scale.sizes) {
    const variant = await start(size);
    bench.say(`choosing: ${variant.what}`);
    const { perSecond } = await variant.measure(variant.connections[0]!, bench.scale.firstWarmUpMs / 2);
    choices[variant.what] = perSecond;
    const isBetter = !best || perSecond > best.perSecond;
    await (isBetter ? best?.variant : variant)?.stop();
    if (isBetter) best = { variant, perSecond };
  }
  return best!.variant;
}

const databaseOf = (id: string, what: string): string =>
  `run_${id}_${what.toLowerCase().replaceAll(/\W+/g, '_')}`.slice(0, 60);

let windows = 0;
/** Every window names its loads anew and has loads of its own. */
const nextWork = (city: Bench['city']) => {
  windows += 1;
  return { kind: 'loads', run: `w${windows}`, seed: windows, city } as const;
};

async function bareVariant(bench: Bench, size: number): Promise<Variant> {
  const what = `bare Fastify + pg, pool of ${size}`;
  const url = await bench.postgres.clone(bench.cityDatabase, databaseOf('a', what));
  return overHttp(bench, {
    id: 'a',
    what,
    connections: [CONNECTIONS],
    script: 'bench/floors/bare.ts',
    environment: { DATABASE_URL: url, POOL_MAX: String(size), EVENT_BYTES: String(bench.eventBytes) },
  });
}

async function serviceVariant(
  bench: Bench,
  id: WriteFigures['id'],
  what: string,
  environment: Record<string, string>,
  connections: readonly number[] = [CONNECTIONS],
): Promise<Variant> {
  const url = await bench.postgres.clone(bench.cityDatabase, databaseOf(id, what));
  const metricsPort = await freePort();
  return overHttp(bench, {
    id,
    what,
    connections,
    script: 'src/main.ts',
    environment: { DATABASE_URL: url, METRICS_PORT: String(metricsPort), ...environment },
    metricsPort,
    jobsDue: jobsDue(url),
  });
}

interface HttpVariant extends Pick<Variant, 'id' | 'what' | 'connections'> {
  readonly script: string;
  readonly environment: Record<string, string>;
  readonly jobsDue?: () => Promise<number>;
  readonly metricsPort?: number;
}

async function overHttp(
  bench: Bench,
  { script, environment, jobsDue, metricsPort, ...named }: HttpVariant,
): Promise<Variant> {
  const server = await startServer({ script, environment, logFile: bench.logFile });
  bench.started.push(server.stop);
  return {
    ...named,
    async measure(connections, warmUpMs) {
      const asking = startAsking('generator.ts');
      try {
        const before = metricsPort ? await readGroups(metricsPort) : undefined;
        const phase = await measurePhase({
          asking,
          start: { port: server.port, concurrency: connections, work: nextWork(bench.city) },
          nodePid: server.pid,
          postgresPid: bench.postgres.pid,
          warmUpMs,
          windowMs: bench.scale.windowMs,
          ...(jobsDue ? { jobsDue } : {}),
        });
        const groups = before && metricsPort ? actsPerGroup(before, await readGroups(metricsPort)) : Number.NaN;
        return { ...phase, actsPerGroup: groups };
      } finally {
        await asking.stop();
      }
    },
    stop: server.stop,
  };
}

async function fedVariant(bench: Bench): Promise<Variant> {
  const what = 'journal fed directly, 100 acts a transaction';
  const url = await bench.postgres.clone(bench.cityDatabase, databaseOf('c', what));
  const asking = startAsking('floors/batches.ts', { DATABASE_URL: url }, bench.logFile);
  bench.started.push(asking.stop);
  return {
    id: 'c',
    what,
    connections: [FED_IN_FLIGHT],
    async measure(concurrency, warmUpMs) {
      const phase = await measurePhase({
        asking,
        start: { port: 0, concurrency, work: nextWork(bench.city) },
        nodePid: asking.pid,
        postgresPid: bench.postgres.pid,
        warmUpMs,
        windowMs: bench.scale.windowMs,
        jobsDue: jobsDue(url),
      });
      return { ...phase, actsPerGroup: Number.NaN };
    },
    stop: asking.stop,
  };
}

function medianOf(phases: readonly Run[]): Run {
  const names = Object.keys(phases[0]!) as (keyof Run)[];
  const medians = names.map((name) => [name, median(phases.map((phase) => phase[name]))]);
  return Object.fromEntries(medians) as Run;
}
