import { type ChildProcess, fork } from 'node:child_process';
import { openSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Order, Report, Start } from './orders.ts';
import { machineSeconds, processSeconds, treeSeconds } from './processor-time.ts';
import { endWithThisProcess } from './servers.ts';

/** One measured window: what the callers saw, and what the two processes that did the work spent on it. */
export interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU milliseconds a request of the Node process that answers, within the window. */
  readonly nodeMs: number;
  /** CPU milliseconds a request of the postmaster and all its children, within the window. */
  readonly postgresMs: number;
  /** Share of all processors that went to none of them, nor to the process that asks: other programs disturb. */
  readonly othersShare: number;
}

/** A whole phase: warm-up, window, and the time until the jobs it left were done. */
export interface Phase extends Measured {
  /** Jobs that were due and not done when the last act was answered. */
  readonly jobsLeft: number;
  /** Acts a second when the phase only ends with its last job. */
  readonly sustainedPerSecond: number;
  /** Of the whole phase, a worker process included. */
  readonly nodeMsWithJobs: number;
  readonly postgresMsWithJobs: number;
}

export interface Plan {
  /** The process that asks: the load generator, or a server that feeds itself. */
  readonly asking: Asking;
  readonly start: Omit<Start, 'order'>;
  readonly nodePid: number;
  /** Where jobs run in a process of their own. */
  readonly workerPid?: number;
  readonly postgresPid: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
  /** Jobs due now; absent where there are none. */
  readonly jobsDue?: () => Promise<number>;
}

const JOBS_POLL_MS = 100;
const JOBS_WAIT_MS = 60_000;

/** @throws Error for any answer but a success. */
export async function measurePhase(plan: Plan): Promise<Phase> {
  const { asking } = plan;
  const startedAt = performance.now();
  const atStart = spent(plan);
  await asking.tell({ order: 'start', ...plan.start }, 'started');
  await asking.wait(plan.warmUpMs);
  await asking.tell({ order: 'begin' }, 'begun');
  const before = spent(plan);
  await asking.wait(plan.windowMs);
  const after = spent(plan);
  const { window } = await asking.tell({ order: 'end' }, 'window');
  const { requests } = await asking.tell({ order: 'stop' }, 'stopped');
  const jobsLeft = (await plan.jobsDue?.()) ?? 0;
  if (plan.jobsDue) await jobsDone(plan.jobsDue);
  const atEnd = spent(plan);
  return {
    perSecond: window.requests / window.seconds,
    p50Ms: window.p50Ms,
    p99Ms: window.p99Ms,
    nodeMs: ((after.node - before.node) * 1000) / window.requests,
    postgresMs: ((after.postgres - before.postgres) * 1000) / window.requests,
    othersShare: othersShare(plan, before, after, window.seconds),
    jobsLeft,
    sustainedPerSecond: (requests * 1000) / (performance.now() - startedAt),
    nodeMsWithJobs: ((atEnd.node + atEnd.worker - atStart.node - atStart.worker) * 1000) / requests,
    postgresMsWithJobs: ((atEnd.postgres - atStart.postgres) * 1000) / requests,
  };
}

type Spent = Readonly<Record<'node' | 'worker' | 'postgres' | 'asking' | 'machine', number>>;

const spent = ({ nodePid, workerPid, postgresPid, asking }: Plan): Spent => ({
  node: processSeconds(nodePid),
  worker: workerPid === undefined ? 0 : processSeconds(workerPid),
  postgres: treeSeconds(postgresPid),
  asking: processSeconds(asking.pid),
  machine: machineSeconds(),
});

function othersShare({ nodePid, asking }: Plan, before: Spent, after: Spent, seconds: number): number {
  const feedsItself = nodePid === asking.pid;
  const ours = after.node + after.worker + after.postgres - before.node - before.worker - before.postgres;
  const all = after.machine - before.machine - ours - (feedsItself ? 0 : after.asking - before.asking);
  return Math.max(0, all / (seconds * availableParallelism()));
}

/** @throws Error when jobs are still due after a minute. */
async function jobsDone(jobsDue: () => Promise<number>): Promise<void> {
  for (let waited = 0; waited < JOBS_WAIT_MS; waited += JOBS_POLL_MS) {
    if ((await jobsDue()) === 0) return;
    await sleep(JOBS_POLL_MS);
  }
  throw new Error('jobs are still due a minute after the last act');
}

type Answer<Name extends Report['report']> = Extract<Report, { report: Name }>;

/** The asking process as this one sees it. Whatever it is told fails as soon as the process fails. */
export interface Asking {
  readonly pid: number;
  tell<Name extends Report['report']>(order: Order, wanted: Name): Promise<Answer<Name>>;
  wait(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** How long an answer to an order may take. */
const PATIENCE_MS = 120_000;
const STOP_WAIT_MS = 20_000;

/** @param script below bench. */
export function startAsking(script: string, environment: Record<string, string> = {}, logFile = '/dev/null'): Asking {
  const child: ChildProcess = fork(fileURLToPath(new URL(script, import.meta.url)), {
    execArgv: ['--import', './src/typescript.js'],
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...environment },
    stdio: ['ignore', 'inherit', openSync(logFile, 'a'), 'ipc'],
  });
  endWithThisProcess(child);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const failure = new Promise<never>((_, reject) => {
    child.on('message', (report: Report) => {
      if (report.report === 'failed') reject(new Error(report.message));
    });
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)));
  });
  failure.catch(() => {}); // everything that waits for the process races against it
  return {
    pid: child.pid!,
    tell<Name extends Report['report']>(order: Order, wanted: Name): Promise<Answer<Name>> {
      const answer = new Promise<Answer<Name>>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${script} does not answer to ${order.order}`)), PATIENCE_MS);
        child.on('message', function listen(report: Report) {
          if (report.report !== wanted) return;
          child.off('message', listen);
          clearTimeout(late);
          resolve(report as Answer<Name>);
        });
      });
      child.send(order);
      return Promise.race([answer, failure]);
    },
    wait: (milliseconds) => Promise.race([sleep(milliseconds), failure]),
    async stop() {
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_WAIT_MS);
      child.kill('SIGTERM');
      await exited;
      clearTimeout(late);
    },
  };
}
