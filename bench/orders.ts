import type { City } from './loads.ts';
import { percentile } from './statistics.ts';

/** What the bench and the process that does the asking tell each other over IPC, and the asking process's half of it. */
export type Work =
  | {
      readonly kind: 'loads';
      readonly run: string;
      readonly seed: number;
      readonly city: City;
      readonly loadsMax?: number;
    }
  /** Reads in turn, each with its own key. */
  | { readonly kind: 'reads'; readonly reads: readonly Read[] };

export interface Read {
  readonly path: string;
  readonly apiKey: string;
}

export interface Start {
  readonly order: 'start';
  readonly port: number;
  /** Requests in flight. */
  readonly concurrency: number;
  readonly work: Work;
}

/** `finish` waits until there is nothing left to ask, `stop` only for what is in flight. */
export type Order = Start | { readonly order: 'begin' | 'end' | 'stop' | 'finish' };

export interface Window {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export type Report =
  | { readonly report: 'started' | 'begun' }
  | { readonly report: 'window'; readonly window: Window }
  | { readonly report: 'stopped'; readonly requests: number }
  | { readonly report: 'failed'; readonly message: string };

/** Asks once. @returns false when there is nothing left to ask. @throws Error for any answer but a success. */
export type Ask = () => Promise<boolean>;

/** @param open makes `concurrency` askers for a start. */
export function obeyOrders(open: (start: Start) => Promise<readonly { ask: Ask; close(): void }[]>): void {
  let latenciesMs: number[] = [];
  let begunAt = 0;
  let requests = 0;
  let stopping = false;
  let turns: readonly Promise<void>[] = [];
  const say = (report: Report): void => void process.send?.(report);
  const fail = (error: unknown): void => {
    stopping = true;
    say({ report: 'failed', message: error instanceof Error ? error.message : String(error) });
  };

  async function keepAsking({ ask, close }: { ask: Ask; close(): void }): Promise<void> {
    try {
      while (!stopping) {
        const asked = performance.now();
        if (!(await ask())) return;
        latenciesMs.push(performance.now() - asked);
        requests += 1;
      }
    } catch (error) {
      fail(error);
    } finally {
      close();
    }
  }

  function windowNow(): Window {
    const seconds = (performance.now() - begunAt) / 1000;
    const sorted = latenciesMs.sort((a, b) => a - b);
    latenciesMs = [];
    return { requests: sorted.length, seconds, p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) };
  }

  async function obey(order: Order): Promise<Report> {
    switch (order.order) {
      case 'start': {
        stopping = false;
        requests = 0;
        turns = (await open(order)).map(keepAsking);
        return { report: 'started' };
      }
      case 'begin':
        latenciesMs = [];
        begunAt = performance.now();
        return { report: 'begun' };
      case 'end':
        return { report: 'window', window: windowNow() };
      case 'stop':
      case 'finish':
        stopping ||= order.order === 'stop';
        await Promise.all(turns);
        return { report: 'stopped', requests };
    }
  }

  process.on('message', (order: Order) => {
    obey(order).then(say, fail);
  });
  process.on('disconnect', () => process.exit());
}
