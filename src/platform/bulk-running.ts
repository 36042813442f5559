import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import type { Refusal } from '../problems.ts';
import type { Caller } from './acts.ts';
import {
  type BulkRow,
  type Chunk,
  claimBulk,
  finishChunk,
  leaseBulk,
  nextChunk,
  resultsAround,
} from './bulk-storage.ts';
import { type Result, resultsIn, takeTurn } from './bulk-turn.ts';
import type { Operations } from './calls.ts';
import type { Clock } from './clock.ts';
import type { Journal } from './journal.ts';

/**
 * Does the acts of bulks, a chunk at a time. Parties take turns, each with its oldest bulk; several processes take different ones. A
 * process that is killed leaves a lease that runs out, and the acts it had done are known by their keys.
 */
export interface BulkRunner {
  /** There may be something to do. */
  wake(): void;
  /** Ends with the chunk in hand. */
  stop(): Promise<void>;
}

export interface BulkRunnerOptions {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly operations: Operations;
  readonly callerOf: (keyId: string) => Promise<Caller | Refusal>;
  readonly leaseMs: number;
  readonly log: { error(fields: object, event: string): void };
}

/** Another process may have taken a bulk in. */
const LOOK_AGAIN_MS = 500;
const AFTER_FAILURE_MS = 1_000;

export function runBulks(options: BulkRunnerOptions): BulkRunner {
  const { pool, clock, leaseMs, log } = options;
  let stopping = false;
  let wakeUp = (): void => {};

  async function turns(): Promise<void> {
    while (!stopping) {
      const did = await turn().catch((error: unknown) => {
        log.error({ event: 'bulk_turn_failed', err: error }, 'bulk_turn_failed');
        return 'failed' as const;
      });
      if (did !== 'something' && !stopping) await pause(did === 'failed' ? AFTER_FAILURE_MS : LOOK_AGAIN_MS);
    }
  }

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const leasedUntil = (): Date => new Date(clock.now().getTime() + leaseMs);

  async function turn(): Promise<'something' | 'nothing'> {
    const bulk = await claimBulk(pool, clock.now(), leasedUntil());
    if (!bulk) return 'nothing';
    const chunk = await nextChunk(pool, bulk.id);
    if (!chunk) return 'nothing';
    const renewing = setInterval(() => leaseBulk(pool, bulk.id, leasedUntil()).catch(() => {}), leaseMs / 3);
    try {
      await doChunk(options, bulk, chunk);
    } catch (error) {
      await leaseBulk(pool, bulk.id, clock.now());
      throw error;
    } finally {
      clearInterval(renewing);
    }
    return 'something';
  }

  const running = turns();
  return {
    wake: () => wakeUp(),
    async stop() {
      stopping = true;
      wakeUp();
      await running;
    },
  };
}

async function doChunk(options: BulkRunnerOptions, bulk: BulkRow, chunk: Chunk): Promise<void> {
  const { pool, clock, journal, operations } = options;
  const earlier = new LRUCache<number, Map<number, Result>>({ max: CHUNKS_REMEMBERED });
  const answerTo = async (line: number): Promise<unknown> => {
    const known = [...earlier.values()].find((results) => results.has(line));
    const chunk = known ? undefined : await resultsAround(pool, bulk.id, line);
    const results = known ?? new Map(resultsIn(chunk?.results ?? '').map((result) => [result.line, result]));
    if (!known) earlier.set(line, results);
    const result = results.get(line);
    return result && 'body' in result ? result.body : undefined;
  };
  const caller = await options.callerOf(bulk.keyId);
  const { results, stopped } = await takeTurn({ bulk, chunk, caller, operations, journal, answerTo });
  await finishChunk(
    pool,
    {
      bulkId: bulk.id,
      firstLine: chunk.firstLine,
      results: results.map((result) => JSON.stringify(result)).join('\n'),
      done: results.length,
      succeeded: results.filter((result) => 'body' in result).length,
      stopped,
    },
    clock.now(),
  );
}

const CHUNKS_REMEMBERED = 8;
