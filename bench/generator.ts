import { type Connection, openConnection, requestText } from './connection.ts';
import { advance, type City, type Load, newLoad, nextAct, seededRandom } from './loads.ts';
import { percentile } from './statistics.ts';

/**
 * The load generator, a process of its own: keeps every connection busy and answers `begin` and `end` of a measured
 * window over IPC. One answer that is not 2xx ends the run.
 */
export type Work =
  | { readonly kind: 'loads'; readonly run: string; readonly seed: number; readonly city: City }
  /** Reads in turn, each with its own key. */
  | { readonly kind: 'reads'; readonly reads: readonly { readonly path: string; readonly apiKey: string }[] };

export type Order =
  | { readonly order: 'start'; readonly port: number; readonly connections: number; readonly work: Work }
  | { readonly order: 'begin' | 'end' | 'stop' };

export interface Window {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export type Report =
  | { readonly report: 'started' | 'begun' | 'stopped' }
  | { readonly report: 'window'; readonly window: Window }
  | { readonly report: 'failed'; readonly message: string };

/** Loads under way for each connection: more than it can serve, so that acts of all kinds and parties are mixed. */
const LOADS_PER_CONNECTION = 4;

let latencies: number[] = [];
let begunAt = 0;
let stopping = false;
let turns: Promise<void>[] = [];

const say = (report: Report): void => void process.send?.(report);

process.on('message', (order: Order) => {
  obey(order).catch((error: unknown) => say({ report: 'failed', message: String(error) }));
});
process.on('disconnect', () => process.exit(1));

async function obey(order: Order): Promise<void> {
  switch (order.order) {
    case 'start':
      await start(order.port, order.connections, order.work);
      return say({ report: 'started' });
    case 'begin':
      latencies = [];
      begunAt = performance.now();
      return say({ report: 'begun' });
    case 'end':
      return say({ report: 'window', window: windowNow() });
    case 'stop':
      stopping = true;
      await Promise.all(turns);
      return say({ report: 'stopped' });
  }
}

function windowNow(): Window {
  const seconds = (performance.now() - begunAt) / 1000;
  const sorted = latencies.sort((a, b) => a - b);
  latencies = [];
  return { requests: sorted.length, seconds, p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) };
}

async function start(port: number, count: number, work: Work): Promise<void> {
  stopping = false;
  const connections = await Promise.all(Array.from({ length: count }, () => openConnection(port)));
  const ask = work.kind === 'loads' ? loadAsker(work, count) : readAsker(work.reads);
  turns = connections.map(async (connection) => {
    try {
      while (!stopping) await ask(connection);
    } catch (error) {
      stopping = true;
      say({ report: 'failed', message: error instanceof Error ? error.message : String(error) });
    } finally {
      connection.close();
    }
  });
}

type Asker = (connection: Connection) => Promise<void>;

const ANSWERED_ID = /"id":"([0-9a-f-]{36})"/;

/** Takes any load that waits, does its next act, and puts it back. */
function loadAsker({ city, run, seed }: Extract<Work, { kind: 'loads' }>, connections: number): Asker {
  const random = seededRandom(seed);
  let begun = 0;
  const waiting: Load[] = Array.from({ length: connections * LOADS_PER_CONNECTION }, () =>
    newLoad(city, run, begun++, random),
  );
  return async (connection) => {
    const place = Math.floor(random() * waiting.length);
    const load = waiting[place]!;
    waiting[place] = waiting.at(-1)!;
    waiting.pop();
    const act = nextAct(load, new Date());
    const { body } = await timed(
      connection,
      requestText('POST', act.path, act.by.apiKey, { key: act.key, body: JSON.stringify(act.body) }),
      act.path,
    );
    const isUnderWay = advance(load, ANSWERED_ID.exec(body)?.[1] ?? '');
    waiting.push(isUnderWay ? load : newLoad(city, run, begun++, random));
  };
}

function readAsker(reads: readonly { path: string; apiKey: string }[]): Asker {
  const requests = reads.map(({ path, apiKey }) => ({ path, text: requestText('GET', path, apiKey) }));
  let next = 0;
  return async (connection) => {
    const { path, text } = requests[next++ % requests.length]!;
    await timed(connection, text, path);
  };
}

/** @throws Error for any answer but a success. */
async function timed(connection: Connection, request: string, path: string): Promise<{ body: string }> {
  const asked = performance.now();
  const { status, body } = await connection.ask(request);
  if (status < 200 || status > 299)
    throw new Error(`${path} was answered ${status}: ${Buffer.from(body, 'latin1').toString('utf8').slice(0, 800)}`);
  latencies.push(performance.now() - asked);
  return { body };
}
