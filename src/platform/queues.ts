import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { Clock } from './clock.ts';
import type { Database } from './connections.ts';
import { claimDue, giveBack, type JobRunner, lendDue, takeJob } from './jobs.ts';

/**
 * Two drivers for the same handlers. Without Redis a process runs due outbox rows itself; with Redis a relay hands
 * their ids to BullMQ and any number of workers take them. The outbox stays the truth in both: Redis may vanish.
 */
export interface QueueOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly runner: JobRunner;
  readonly concurrency: number;
  /** How long a job may be with somebody before it is offered again. */
  readonly leaseMs: number;
  readonly log: { warn(fields: object, event: string): void };
}

export interface QueueDriver {
  /** Something may be due: look now rather than at the next poll. */
  wake(): void;
  stop(): Promise<void>;
}

const POLL_MS = 200;
const RELAY_ROWS_MAX = 500;
const QUEUE_NAME = 'jobs';
/** Braces keep the keys of one queue on one node of a Redis Cluster. */
const DEFAULT_PREFIX = '{liandan}';

/** Calls `step` when woken and at every poll, one at a time, again at once while it finds work. */
function loop(step: () => Promise<boolean>, log: QueueOptions['log']): QueueDriver {
  let running = Promise.resolve();
  let stopped = false;
  let wanted = false;
  let active = false;
  const turn = async () => {
    active = true;
    try {
      do wanted = false;
      while (!stopped && ((await step()) || wanted));
    } catch (error) {
      log.warn({ event: 'queue_step_failed', err: error }, 'queue_step_failed');
    } finally {
      active = false;
    }
  };
  const wake = () => {
    wanted = true;
    if (!active && !stopped) running = turn();
  };
  const timer = setInterval(wake, POLL_MS);
  return {
    wake,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

/** Runs due rows in this process. */
export function runInProcess({ database, clock, runner, concurrency, leaseMs, log }: QueueOptions): QueueDriver {
  const running = new Set<Promise<void>>();
  const driver = loop(async () => {
    const free = concurrency - running.size;
    if (free <= 0) return false;
    const rows = await claimDue(database.pool, clock, leaseMs, free);
    for (const row of rows) {
      const run = runner.run(row).finally(() => {
        running.delete(run);
        driver.wake();
      });
      running.add(run);
    }
    return rows.length === free && running.size < concurrency;
  }, log);
  return {
    wake: driver.wake,
    async stop() {
      await driver.stop();
      await Promise.all(running);
    },
  };
}

/** Hands due rows to BullMQ. Its job id is the outbox id: handing one over twice adds it once. */
export function relayToRedis(
  options: Omit<QueueOptions, 'runner'> & { redisUrl: string; prefix?: string },
): QueueDriver {
  const connection = new Redis(options.redisUrl, { maxRetriesPerRequest: 1, enableOfflineQueue: false });
  connection.on('error', () => {}); // every failed hand-over is logged and tried again
  const queue = new Queue(QUEUE_NAME, { connection, prefix: options.prefix ?? DEFAULT_PREFIX });
  queue.on('error', () => {});
  const driver = loop(async () => {
    if (connection.status !== 'ready') return false;
    const ids = await lendDue(options.database.pool, options.clock, options.leaseMs, RELAY_ROWS_MAX);
    if (ids.length === 0) return false;
    try {
      await queue.addBulk(
        ids.map((id) => ({
          name: 'job',
          data: { id },
          opts: { jobId: `o${id}`, removeOnComplete: true, removeOnFail: true },
        })),
      );
    } catch (error) {
      options.log.warn({ event: 'relay_failed', jobs: ids.length, err: error }, 'relay_failed');
      await giveBack(options.database.pool, options.clock, ids, 1_000);
    }
    return ids.length === RELAY_ROWS_MAX;
  }, options.log);
  return {
    wake: driver.wake,
    async stop() {
      await driver.stop();
      await queue.close().catch(() => {});
      connection.disconnect();
    },
  };
}

/** Takes what relays handed over. Retries belong to the outbox row, never to BullMQ. */
export function workFromRedis({
  database,
  clock,
  runner,
  leaseMs,
  concurrency,
  redisUrl,
  prefix,
  log,
}: QueueOptions & { redisUrl: string; prefix?: string }): QueueDriver {
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  connection.on('error', (error) => log.warn({ event: 'redis_error', err: error }, 'redis_error'));
  const worker = new Worker(
    QUEUE_NAME,
    async (job: { data: { id: number } }) => {
      const row = await takeJob(database.pool, clock, leaseMs, job.data.id);
      if (row) await runner.run(row);
    },
    {
      connection,
      prefix: prefix ?? DEFAULT_PREFIX,
      concurrency,
      lockDuration: leaseMs / 4,
      stalledInterval: leaseMs / 4,
    },
  );
  worker.on('error', (error) => log.warn({ event: 'worker_error', err: error }, 'worker_error'));
  return {
    wake: () => {},
    async stop() {
      await worker.close(connection.status !== 'ready');
      connection.disconnect();
    },
  };
}
