import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Starts servers under test, each in a process of its own, and stops them by their pid. */
const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
const READY_WAIT_MS = 60_000;

/** As `npm start` starts the service: the same flags for all that is compared. */
const { scripts } = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')) as { scripts: { start: string } };
const FLAGS = scripts.start.split(' ').slice(1, -1);
const STOP_WAIT_MS = 20_000;

export interface Server {
  readonly pid: number;
  /** NaN of a worker, which listens nowhere. */
  readonly port: number;
  stop(): Promise<void>;
}

export interface ServerPlan {
  /** Below the checkout, e.g. src/main.ts. */
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Where its log goes; its level stays the default. */
  readonly logFile: string;
}

/** @throws Error when it ends, or does not say within a minute that it runs. */
export async function startServer({ script, environment, logFile }: ServerPlan): Promise<Server> {
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [...FLAGS, script], {
    cwd: CHECKOUT,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', log],
  });
  endWithThisProcess(child);
  const port = await portOf(child, logFile);
  return { pid: child.pid!, port, stop: () => stop(child) };
}

function portOf(child: ChildProcess, logFile: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the server is not ready: ${lastWords(logFile)}`)), READY_WAIT_MS);
    let said = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
      const running = /http:\/\/127\.0\.0\.1:(\d+)|worker is running/.exec(said);
      if (!running) return;
      clearTimeout(late);
      resolve(Number(running[1]));
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${lastWords(logFile)}`)));
  });
}

const LAST_WORDS_MAX = 2_000;
const lastWords = (logFile: string): string => readFileSync(logFile, 'utf8').slice(-LAST_WORDS_MAX);

/** However the bench ends, nothing it started is left behind. */
export function endWithThisProcess(child: ChildProcess): void {
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const inTime = await Promise.race([exited.then(() => true), sleep(STOP_WAIT_MS, false, { ref: false })]);
  if (!inTime) child.kill('SIGKILL');
  await exited;
}

/** A port nobody listens on at this moment, for what cannot be told to take any. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
