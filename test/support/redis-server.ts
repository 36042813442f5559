// A Redis for the tests that need one: the one named in REDIS_URL, one installed on this machine, or Debian's.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { diesWithParent, freePort } from '../../src/platform/postmaster.ts';
import { librariesOf, unpackDebianPackages } from './debian-packages.ts';

export type RedisProcess = { url: string; port: number; pid: number; stop(): Promise<void> };

export type RedisProcessOptions = {
  /** The same one again, for a drill that kills the server and brings it back. Otherwise a free one. */
  port?: number;
  /** Kept after the end; without one the server has a temporary folder. */
  directory?: string;
  /** Writes each change to the folder, so that a server started there again has it. Otherwise nothing is kept. */
  appendonly?: boolean;
};

/** redis-server lies in redis-tools; the others are what Debian's smallest image lacks. */
const PACKAGES = ['redis-server', 'redis-tools', 'libatomic1', 'libjemalloc2', 'liblzf1', 'libssl3'] as const;

const START_ATTEMPTS_MAX = 5;
const READY_WAIT_MS = 15_000;
const READY_POLL_MS = 20;
const ANSWER_WAIT_MS = 1_000;
const STOP_WAIT_MS = 5_000;

/** @throws RedisServerError when there is none to be had, or it does not start. */
export async function startRedis(): Promise<{ url: string; pid: number | null; stop(): Promise<void> }> {
  const url = process.env.REDIS_URL;
  return url ? { url, pid: null, stop: async () => {} } : startRedisProcess();
}

export class RedisServerError extends Error {
  override name = 'RedisServerError';
}

/**
 * Always a server of our own, on loopback, which ends with this process.
 * @throws RedisServerError when there is none to be had, or it does not start.
 */
export async function startRedisProcess(options: RedisProcessOptions = {}): Promise<RedisProcess> {
  const program = installedServer() ?? (await debianServer());
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'liandan-redis-'));
  const forget = () => {
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
  };
  mkdirSync(directory, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const { child, lastWords } = launch(program, port, directory, options.appendonly ?? false);
    if (await becomesReady(child, port)) return running(child, port, forget);
    await end(child);
    // A free port may have been taken meanwhile.
    if (options.port === undefined && attempt < START_ATTEMPTS_MAX && /already in use/.test(lastWords())) continue;
    forget();
    throw new RedisServerError(`${program.path} did not start on port ${port}: ${lastLine(lastWords())}`);
  }
}

type Program = { path: string; libraries: string | null };

function installedServer(): Program | null {
  const folders = (process.env.PATH ?? '').split(':').filter((folder) => folder !== '');
  for (const path of ['redis-server', 'valkey-server'].flatMap((name) => folders.map((folder) => join(folder, name)))) {
    try {
      accessSync(path, constants.X_OK);
      return { path, libraries: null };
    } catch {
      // Not here.
    }
  }
  return null;
}

async function debianServer(): Promise<Program> {
  try {
    const root = await unpackDebianPackages(PACKAGES);
    return { path: join(root, 'usr/bin/redis-server'), libraries: librariesOf(root) };
  } catch (error) {
    throw new RedisServerError(
      `These tests need a Redis, and none is installed: set REDIS_URL or install redis-server. ${(error as Error).message}`,
    );
  }
}

function launch(program: Program, port: number, directory: string, appendonly: boolean) {
  const { command, args } = diesWithParent('KILL', program.path, [
    ...[
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      directory,
      '--daemonize',
      'no',
      '--loglevel',
      'warning',
    ],
    ...['--save', '', '--appendonly', appendonly ? 'yes' : 'no'],
  ]);
  const environment = program.libraries === null ? {} : { LD_LIBRARY_PATH: program.libraries };
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, LC_ALL: 'C', ...environment },
    // Out of reach of Ctrl-C: the tests end first, then this.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2_000);
    });
    // Not what keeps the tests' process alive.
    (stream as Socket).unref();
  }
  child.on('error', (error) => {
    said += error.message;
  });
  return { child, lastWords: () => said.trim() };
}

/** True once this very server answers on the port with its data loaded: another one may have had the port before. */
async function becomesReady(child: ChildProcess, port: number): Promise<boolean> {
  const deadline = performance.now() + READY_WAIT_MS;
  while (performance.now() < deadline && child.pid !== undefined && !hasEnded(child)) {
    const info = await ask(port, 'INFO');
    if (info.includes(`process_id:${child.pid}\r\n`) && info.includes('\nloading:0\r\n')) return true;
    await sleep(READY_POLL_MS);
  }
  return false;
}

/** The answer to one command, empty when nobody answers. */
async function ask(port: number, command: string): Promise<string> {
  const chunks: Buffer[] = [];
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(ANSWER_WAIT_MS, () => socket.destroy());
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => {});
  socket.write(`${command}\r\nQUIT\r\n`);
  await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks).toString();
}

function running(child: ChildProcess, port: number, forget: () => void): RedisProcess {
  child.unref();
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: child.pid!,
    async stop() {
      await end(child);
      process.off('exit', killAtExit);
      forget();
    },
  };
}

/** Without the process id, role and time that Redis puts first. */
function lastLine(words: string): string {
  return (
    words
      .split('\n')
      .at(-1)
      ?.replace(/^.* # /, '') || 'it said nothing'
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WAIT_MS);
  await exited;
  clearTimeout(timer);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
