// Postgres as a child process: make a data folder, start a postmaster on it, stop it, and clear up after a service
// that was killed. Which binaries, which folder and which settings is the caller's affair (embedded-postgres.ts).

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { searchPath } from '../config.ts';

export type Log = (event: string, fields?: object) => void;

/** Where one Postgres lives. `libraries` is for a server that was unpacked rather than installed. */
export type Binaries = { bin: string; major: number; libraries?: string };

/** The account a server runs as, because Postgres refuses to run as root. */
export type Account = { name: string; uid: number; gid: number };

export type Postmaster = { port: number; pid: number; stop(): Promise<void> };

type PostmasterOptions = {
  binaries: Binaries;
  dataDirectory: string;
  account: Account | null;
  settings: Record<string, string>;
  log: Log;
};

type ClusterOptions = {
  binaries: Binaries;
  dataDirectory: string;
  account: Account | null;
  superuser: string;
  password: string;
  /** What initdb is told beyond the usual, the locale for one. */
  initdbArgs: readonly string[];
};

type Launched = { child: ChildProcess; pid: number; port: number; lastLines: string[] };

/** Everything that can go wrong here, in one sentence that says what to do; `zh` says so too, or that it follows. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError';
  readonly zh: string;
  constructor(message: string, zh = '内置数据库未能打开，原因见下一行；也可以设置 DATABASE_URL 使用自己的数据库。') {
    super(message);
    this.zh = zh;
  }
}

/** Carries "<pid> <start time>" of the service that started a postmaster, so that an orphan can be told from a database in use. */
const OWNER_VARIABLE = 'LIANDAN_POSTMASTER_OWNER';

const READY_POLL_MS = 10;
/** Long, because a server that was killed replays its log first: up to max_wal_size. */
const READY_WAIT_MS = 300_000;
const START_ATTEMPTS_MAX = 40;
const START_PAUSE_MS = 250;
const GONE_POLL_MS = 25;
const LAST_LINES_MAX = 12;

/** A fast shutdown, then an immediate one (which costs a recovery at the next start), then the end. */
const SHUTDOWN_STEPS = [
  { signal: 'SIGINT', waitMs: 10_000 },
  { signal: 'SIGQUIT', waitMs: 7_000 },
  { signal: 'SIGKILL', waitMs: 3_000 },
] as const;

/** Sockets stay on this machine and the log stays on stderr, whatever the caller's settings say. */
const FIXED_SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  log_destination: 'stderr',
  logging_collector: 'off',
  cluster_name: 'liandan',
} as const;

/** One of these in the last words of a server is worth another try: a port taken meanwhile, backends that outlived a killed postmaster. */
const PASSING_TROUBLE = /Address already in use|could not create any TCP\/IP sockets|is still in use/;

/**
 * Makes a new data folder. It is filled beside its place and renamed, so an interrupted initdb leaves no half of one.
 * initdb syncs to disk: what the service acknowledges later must not rest on a folder that was never written.
 * @throws EmbeddedPostgresError when initdb fails, or something else already stands in that place.
 */
export async function createCluster(options: ClusterOptions): Promise<void> {
  const { binaries, dataDirectory, account, superuser, password, initdbArgs } = options;
  const unfinished = `${basename(dataDirectory)}.unfinished-`;
  for (const name of readdirSync(dirname(dataDirectory))) {
    if (name.startsWith(unfinished))
      rmSync(join(dirname(dataDirectory), name), { recursive: true, force: true, maxRetries: 3 });
  }
  const workshop = join(dirname(dataDirectory), unfinished + randomBytes(4).toString('hex'));
  const made = join(workshop, 'data');
  const passwordFile = join(workshop, 'password');
  mkdirSync(workshop, { mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account !== null) for (const path of [workshop, passwordFile]) chownSync(path, account.uid, account.gid);

  const initdb = diesWithParent('KILL', join(binaries.bin, 'initdb'), [
    ...['-D', made, '-U', superuser, '-A', 'scram-sha-256', '--pwfile', passwordFile, '-E', 'UTF8'],
    ...initdbArgs,
  ]);
  const child = spawn(initdb.command, initdb.args, {
    ...identity(account),
    cwd: '/',
    env: serverEnvironment(binaries),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lastLines = keepLastLines(child, () => {});
  const [code] = await once(child, 'close').catch((error: Error) => [error.message]);
  if (code !== 0) {
    rmSync(workshop, { recursive: true, force: true });
    throw new EmbeddedPostgresError(
      `Postgres could not make a data folder in ${dataDirectory}: ${lastLines.join(' ') || code}`,
    );
  }
  try {
    renameSync(made, dataDirectory);
  } catch (error) {
    throw new EmbeddedPostgresError(
      `${dataDirectory} is in the way of a new Postgres data folder: move it aside (${(error as Error).message}).`,
    );
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
  const folder = openSync(dirname(dataDirectory), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/**
 * Starts a server on an existing data folder and resolves once it answers. A server left over from a service that was
 * killed is shut down first. The server lives in its own process group, so that Ctrl-C reaches the service alone and
 * the service can drain, and it dies with the thread that started it where the machine offers that.
 * @throws EmbeddedPostgresError when the folder is in use or the server does not start.
 */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { dataDirectory, log } = options;
  const startedAt = performance.now();
  await endPredecessor(dataDirectory, log);
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const launched = launch(options, port);
    if (await becomesReady(launched, dataDirectory)) {
      log('postgres_started', { pid: launched.pid, port, durationMs: Math.round(performance.now() - startedAt) });
      return running(launched, log);
    }
    const lastWords = launched.lastLines.join(' ');
    if (attempt === START_ATTEMPTS_MAX || !PASSING_TROUBLE.test(lastWords)) {
      throw new EmbeddedPostgresError(`Postgres did not start on ${dataDirectory}: ${lastWords || 'it said nothing'}`);
    }
    await sleep(START_PAUSE_MS);
  }
}

function launch({ binaries, dataDirectory, account, settings, log }: PostmasterOptions, port: number): Launched {
  const assignments = Object.entries({ ...settings, ...FIXED_SETTINGS, port: String(port) });
  const { command, args } = diesWithParent('INT', join(binaries.bin, 'postgres'), [
    '-D',
    dataDirectory,
    ...assignments.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const child = spawn(command, args, {
    ...identity(account),
    cwd: '/',
    detached: true,
    env: { ...serverEnvironment(binaries), [OWNER_VARIABLE]: `${process.pid} ${startTimeOf(process.pid)}` },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lastLines = keepLastLines(child, (line) => log('postgres_log', { line }));
  child.once('error', (error) => lastLines.push(error.message));
  return { child, pid: child.pid ?? 0, port, lastLines };
}

/**
 * True once line 8 of postmaster.pid says so; false when the server has ended and its last words are in. The port tells
 * the file from one that a killed server left: in a container the next server often has the same pid.
 */
async function becomesReady({ child, pid, port, lastLines }: Launched, dataDirectory: string): Promise<boolean> {
  const closed = once(child, 'close').catch(() => []);
  const deadline = performance.now() + READY_WAIT_MS;
  while (performance.now() < deadline) {
    if (pid === 0 || hasEnded(child)) {
      await closed;
      return false;
    }
    const lines = readPidFile(dataDirectory);
    const isItsOwn = Number(lines[0]) === pid && Number(lines[3]) === port;
    if (isItsOwn && lines[7]?.trim() === 'ready') return true;
    await sleep(READY_POLL_MS);
  }
  lastLines.push(`It was not ready after ${READY_WAIT_MS / 1000} s.`);
  await endChild(child);
  return false;
}

function running({ child, pid, port }: Launched, log: Log): Postmaster {
  // A program that has nothing left to do may end although its database still runs: the hook below stops that too.
  child.unref();
  (child.stderr as Socket | null)?.unref();
  const stopAtExit = () => child.kill('SIGINT');
  process.once('exit', stopAtExit);

  let stopping: Promise<void> | null = null;
  child.once('exit', (code, signal) => {
    process.off('exit', stopAtExit);
    log(stopping === null ? 'postgres_ended_by_itself' : 'postgres_stopped', { pid, code, signal });
  });
  return {
    port,
    pid,
    stop() {
      stopping ??= endChild(child);
      return stopping;
    },
  };
}

/** Never waits for ever. */
async function endChild(child: ChildProcess): Promise<void> {
  for (const { signal, waitMs } of SHUTDOWN_STEPS) {
    if (hasEnded(child)) return;
    const gaveUp = new AbortController();
    const timer = setTimeout(() => gaveUp.abort(), waitMs);
    const exited = once(child, 'exit', { signal: gaveUp.signal }).catch(() => {});
    child.kill(signal);
    await exited;
    clearTimeout(timer);
  }
}

/**
 * Deals with the postmaster.pid of an earlier run. Its pid may be a server whose service is gone (shut it down), one that
 * is shutting down already (wait), a zombie or by now some unrelated process (Postgres would refuse to start: remove the
 * file), or a server in somebody's use (leave it alone).
 * @throws EmbeddedPostgresError when the server is in use, or cannot be ended.
 */
async function endPredecessor(dataDirectory: string, log: Log): Promise<void> {
  const pid = Number(readPidFile(dataDirectory)[0] ?? Number.NaN);
  // Postgres itself deals best with the file of a process that no longer exists.
  if (!Number.isInteger(pid) || pid <= 0 || stateOf(pid) === null) return;
  if (runsOn(pid, dataDirectory)) {
    const owner = ownerOf(pid);
    if (owner === null) {
      throw new EmbeddedPostgresError(
        `The database in ${dataDirectory} is run by process ${pid}, which this service did not start: stop it first (kill -INT ${pid}).`,
      );
    }
    if (owner.alive) throw inUse(dataDirectory, owner.pid);
    log('postgres_orphan_ending', { pid });
    if (!(await endOrphan(pid, dataDirectory))) {
      throw new EmbeddedPostgresError(
        `Process ${pid}, a database server left over on ${dataDirectory}, does not end: stop it by hand, then start again.`,
      );
    }
  }
  if (stateOf(pid) !== null) {
    rmSync(join(dataDirectory, 'postmaster.pid'), { force: true });
    log('postgres_pid_file_removed', { pid });
  }
}

export function inUse(directory: string, ownerPid: number | string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `The database in ${directory} is in use by process ${ownerPid}: stop that service first, or give this one a folder of its own.`,
    `${directory} 中的数据库正由进程 ${ownerPid} 使用：请先停止该服务，或为本服务另设 DATA_DIRECTORY。`,
  );
}

async function endOrphan(pid: number, dataDirectory: string): Promise<boolean> {
  for (const { signal, waitMs } of SHUTDOWN_STEPS) {
    // Once more: its pid may be free by now, and somebody else's.
    if (!runsOn(pid, dataDirectory)) return true;
    process.kill(pid, signal);
    const deadline = performance.now() + waitMs;
    while (performance.now() < deadline) {
      if (!runsOn(pid, dataDirectory)) return true;
      await sleep(GONE_POLL_MS);
    }
  }
  return false;
}

/** A postmaster's working directory is its data folder. A zombie has none; another user's process is not ours to see. */
function runsOn(pid: number, dataDirectory: string): boolean {
  try {
    const [its, data] = [statSync(`/proc/${pid}/cwd`), statSync(dataDirectory)];
    return its.ino === data.ino && its.dev === data.dev;
  } catch {
    return false;
  }
}

/** Who started this postmaster: null when it was not this program. The start time guards against a pid used again. */
function ownerOf(pid: number): { pid: number; alive: boolean } | null {
  const environment = readOrNull(`/proc/${pid}/environ`)?.split('\0') ?? [];
  const owner = environment.find((entry) => entry.startsWith(`${OWNER_VARIABLE}=`))?.slice(OWNER_VARIABLE.length + 1);
  if (owner === undefined) return null;
  const [ownerPid = '', startTime = ''] = owner.split(' ');
  const alive = stateOf(Number(ownerPid)) !== 'Z' && startTimeOf(Number(ownerPid)) === startTime;
  return { pid: Number(ownerPid), alive };
}

/** One letter from /proc/<pid>/stat, Z for a zombie; null when there is no such process. */
function stateOf(pid: number): string | null {
  return statFieldsOf(pid)[0] ?? null;
}

/** Clock ticks between boot and the start of a process. */
function startTimeOf(pid: number): string {
  return statFieldsOf(pid)[19] ?? '';
}

/** The fields after the name, which stands in brackets and may itself hold spaces and brackets. */
function statFieldsOf(pid: number): string[] {
  const stat = readOrNull(`/proc/${pid}/stat`);
  return stat === null ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function readPidFile(dataDirectory: string): string[] {
  return readOrNull(join(dataDirectory, 'postmaster.pid'))?.split('\n') ?? [];
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function keepLastLines(child: ChildProcess, onLine: (line: string) => void): string[] {
  const kept: string[] = [];
  if (child.stderr === null) return kept;
  createInterface({ input: child.stderr }).on('line', (line) => {
    kept.push(line);
    if (kept.length > LAST_LINES_MAX) kept.shift();
    onLine(line);
  });
  return kept;
}

/** Nothing of the service's own environment, where there may be secrets, and English messages whatever the machine speaks. */
function serverEnvironment({ libraries }: Binaries): Record<string, string> {
  return {
    PATH: searchPath(),
    LC_ALL: 'C',
    TZ: 'UTC',
    ...(libraries === undefined ? {} : { LD_LIBRARY_PATH: libraries }),
  };
}

export function identity(account: Account | null): { uid?: number; gid?: number } {
  return account === null ? {} : { uid: account.uid, gid: account.gid };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

let setprivWorks: boolean | undefined;

/**
 * The same command, told to end with a signal when the thread that starts it is gone, so that `kill -9` leaves no orphan.
 * setpriv is in every Debian; without it the command runs as it is.
 */
export function diesWithParent(
  signal: 'INT' | 'KILL',
  command: string,
  args: readonly string[],
): { command: string; args: string[] } {
  setprivWorks ??= spawnSync('setpriv', ['--pdeathsig', 'KILL', '--', 'true'], { stdio: 'ignore' }).status === 0;
  if (!setprivWorks) return { command, args: [...args] };
  return { command: 'setpriv', args: ['--pdeathsig', signal, '--', command, ...args] };
}
