import { type Bench, jobsDue } from './bench.ts';
import { actsPerGroup, readGroups } from './groups.ts';
import { measurePhase, type Phase, startAsking } from './measure.ts';
import { freePort, startServer } from './servers.ts';

/**
 * What takes the same acts: (a) the bare floor, (b) one act a transaction, (c) the journal fed directly, (d) ours with its
 * jobs in a worker process, (e) ours in one process.
 */
export type VariantId = 'a' | 'b' | 'c' | 'd' | 'e';

/** One run of one variant. */
export interface Run extends Phase {
  /** Acts a transaction of the journal carried; NaN where the process does not say. */
  readonly actsPerGroup: number;
}

export interface Variant {
  readonly id: VariantId;
  readonly what: string;
  readonly connections: readonly number[];
  measure(connections: number, warmUpMs: number): Promise<Run>;
  stop(): Promise<void>;
}

const CONNECTIONS = 64;
/** Acts in flight when the journal is fed directly: two lanes with a hundred each, and as many waiting. */
const FED_IN_FLIGHT = 400;

const databaseOf = (id: string, what: string): string =>
  `run_${id}_${what.toLowerCase().replaceAll(/\W+/g, '_')}`.slice(0, 60);

let windows = 0;
/** Every window names its loads anew and has loads of its own. */
const nextWork = (city: Bench['city']) => {
  windows += 1;
  return { kind: 'loads', run: `w${windows}`, seed: windows, city } as const;
};

export async function bareVariant(bench: Bench, size: number): Promise<Variant> {
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

export async function serviceVariant(
  bench: Bench,
  id: VariantId,
  what: string,
  { environment = {}, connections = [CONNECTIONS], hasWorker = true }: ServiceOptions = {},
): Promise<Variant> {
  const url = await bench.postgres.clone(bench.cityDatabase, databaseOf(id, what));
  const metricsPort = await freePort();
  return overHttp(bench, {
    id,
    what,
    connections,
    script: 'src/main.ts',
    environment: {
      DATABASE_URL: url,
      METRICS_PORT: String(metricsPort),
      ROLE: hasWorker ? 'api' : 'both',
      ...environment,
    },
    ...(hasWorker ? { workerEnvironment: { DATABASE_URL: url, ROLE: 'worker', ...environment } } : {}),
    metricsPort,
    jobsDue: jobsDue(url),
  });
}

interface ServiceOptions {
  readonly environment?: Record<string, string>;
  readonly connections?: readonly number[];
  /** Jobs run in a process of their own, as in docker-compose.yml. */
  readonly hasWorker?: boolean;
}

interface HttpVariant extends Pick<Variant, 'id' | 'what' | 'connections'> {
  readonly script: string;
  readonly environment: Record<string, string>;
  readonly workerEnvironment?: Record<string, string>;
  readonly jobsDue?: () => Promise<number>;
  readonly metricsPort?: number;
}

async function overHttp(
  bench: Bench,
  { script, environment, workerEnvironment, jobsDue, metricsPort, ...named }: HttpVariant,
): Promise<Variant> {
  const server = await startServer({ script, environment, logFile: bench.logFile });
  bench.started.push(server.stop);
  const worker = workerEnvironment
    ? await startServer({ script, environment: workerEnvironment, logFile: bench.logFile })
    : undefined;
  if (worker) bench.started.push(worker.stop);
  return {
    ...named,
    async measure(connections, warmUpMs) {
      const before = metricsPort ? await readGroups(metricsPort) : undefined;
      const phase = await measurePhase({
        asking: bench.generator,
        start: { port: server.port, concurrency: connections, work: nextWork(bench.city) },
        nodePid: server.pid,
        ...(worker ? { workerPid: worker.pid } : {}),
        postgresPid: bench.postgres.pid,
        warmUpMs,
        windowMs: bench.scale.windowMs,
        ...(jobsDue ? { jobsDue } : {}),
      });
      const groups = before && metricsPort ? actsPerGroup(before, await readGroups(metricsPort)) : Number.NaN;
      return { ...phase, actsPerGroup: groups };
    },
    async stop() {
      await worker?.stop();
      await server.stop();
    },
  };
}

export async function fedVariant(bench: Bench): Promise<Variant> {
  const what = 'journal fed directly, 100 acts a transaction';
  const url = await bench.postgres.clone(bench.cityDatabase, databaseOf('c', what));
  const metricsPort = await freePort();
  const environment = { DATABASE_URL: url, METRICS_PORT: String(metricsPort) };
  const asking = startAsking('floors/batches.ts', environment, bench.logFile);
  bench.started.push(asking.stop);
  return {
    id: 'c',
    what,
    connections: [FED_IN_FLIGHT],
    async measure(concurrency, warmUpMs) {
      const before = await readGroups(metricsPort);
      const phase = await measurePhase({
        asking,
        start: { port: 0, concurrency, work: nextWork(bench.city) },
        nodePid: asking.pid,
        postgresPid: bench.postgres.pid,
        warmUpMs,
        windowMs: bench.scale.windowMs,
        jobsDue: jobsDue(url),
      });
      return { ...phase, actsPerGroup: actsPerGroup(before, await readGroups(metricsPort)) };
    },
    stop: asking.stop,
  };
}
