import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The service as `npm start` starts it, in a checkout of its own: it keeps its data and `demo.json` in `.data` beside its source, and a
 * test must not write over that of a service somebody runs here.
 */
export interface RunningCheckout {
  readonly directory: string;
  /** What it printed until it was ready. */
  readonly banner: string;
  readonly pid: number;
  /** Asks it to stop, as Ctrl-C does. @returns its exit code. */
  stop(): Promise<number | null>;
  /** Ends it if it still runs, and removes its folders. */
  remove(): Promise<void>;
}

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = ['src', 'migrations', 'package.json', 'tsconfig.json'];
const READY = 'Ctrl-C stops.';

export async function startCheckout(): Promise<RunningCheckout> {
  const directory = mkdtempSync(join(tmpdir(), 'liandan-walkthrough-'));
  chmodSync(directory, 0o711); // Postgres does not run as root, and its account has to come in
  for (const name of COPIED) cpSync(join(CHECKOUT, name), join(directory, name), { recursive: true });
  symlinkSync(join(CHECKOUT, 'node_modules'), join(directory, 'node_modules'));
  const child = spawn(process.execPath, ['--import', './src/typescript.js', 'src/main.ts'], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory, PORT: '0', DATA_DIRECTORY: join(directory, '.data') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (isRunning(child)) child.kill(signal);
    await ended;
    return child.exitCode;
  };
  const remove = async () => {
    if (isRunning(child)) await end('SIGTERM');
    if (existsSync(directory)) rmSync(directory, { recursive: true, force: true });
  };
  try {
    return { directory, banner: await ready(child), pid: child.pid!, stop: () => end('SIGTERM'), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

/** @throws Error with what it said when it ends before it is ready. */
function ready(child: ChildProcess): Promise<string> {
  let said = '';
  let complained = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    complained += text;
  });
  return new Promise((resolve, reject) => {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes(READY)) resolve(said);
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code} before it was ready: ${said}${complained}`)));
  });
}
