import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Order, Report, Window, Work } from './generator.ts';
import { processSeconds, treeSeconds } from './processor-time.ts';

/** One measured window: what the callers saw, and what the two processes that did the work spent on it. */
export interface Measured {
  readonly perSecond: number;
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU milliseconds a request of the Node process under test. */
  readonly nodeMs: number;
  /** CPU milliseconds a request of the postmaster and all its children. */
  readonly postgresMs: number;
}

export interface Drive {
  readonly port: number;
  readonly connections: number;
  readonly work: Work;
  readonly nodePid: number;
  readonly postgresPid: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

/** Beyond its times, how long a run may take before it counts as hung. */
const PATIENCE_MS = 60_000;

/** Drives a server through a warm-up and one measured window. @throws Error for any answer but a success. */
export async function drive(plan: Drive): Promise<Measured> {
  const generator = startGenerator(plan.warmUpMs + plan.windowMs + PATIENCE_MS);
  try {
    await generator.tell({ order: 'start', port: plan.port, connections: plan.connections, work: plan.work }, 'started');
    await Promise.race([sleep(plan.warmUpMs), generator.failure]);
    await generator.tell({ order: 'begin' }, 'begun');
    const before = spent(plan);
    await Promise.race([sleep(plan.windowMs), generator.failure]);
    const after = spent(plan);
    const { window } = await generator.tell({ order: 'end' }, 'window');
    await generator.tell({ order: 'stop' }, 'stopped');
    return measuredOf(window, before, after);
  } finally {
    generator.stop();
  }
}

interface Spent {
  readonly node: number;
  readonly postgres: number;
}

export const spent = ({ nodePid, postgresPid }: { nodePid: number; postgresPid: number }): Spent => ({
  node: processSeconds(nodePid),
  postgres: treeSeconds(postgresPid),
});

export function measuredOf(window: Window, before: Spent, after: Spent): Measured {
  const { requests, seconds, p50Ms, p99Ms } = window;
  return {
    perSecond: requests / seconds,
    requests,
    p50Ms,
    p99Ms,
    nodeMs: ((after.node - before.node) * 1000) / requests,
    postgresMs: ((after.postgres - before.postgres) * 1000) / requests,
  };
}

type Answer<Name extends Report['report']> = Extract<Report, { report: Name }>;

function startGenerator(patienceMs: number) {
  const child: ChildProcess = fork(fileURLToPath(new URL('generator.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  });
  const failure = new Promise<never>((_, reject) => {
    const hung = setTimeout(() => reject(new Error('the run hangs')), patienceMs);
    child.on('message', (report: Report) => {
      if (report.report === 'failed') reject(new Error(report.message));
    });
    child.once('exit', (code) => {
      clearTimeout(hung);
      reject(new Error(`the load generator ended with ${code}`));
    });
  });
  failure.catch(() => {}); // whoever waits for the generator races against it
  return {
    failure,
    tell<Name extends Report['report']>(order: Order, wanted: Name): Promise<Answer<Name>> {
      const answer = new Promise<Answer<Name>>((resolve) => {
        child.on('message', function listen(report: Report) {
          if (report.report !== wanted) return;
          child.off('message', listen);
          resolve(report as Answer<Name>);
        });
      });
      child.send(order);
      return Promise.race([answer, failure]);
    },
    stop: () => child.kill('SIGKILL'),
  };
}
