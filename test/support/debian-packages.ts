// Servers for tests out of Debian's own packages, unpacked into a private folder: nothing is installed, nobody is root.

import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** How Debian calls the folder for libraries of this processor. */
const TRIPLETS: Record<string, string> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

const STEP_WAIT_MS = 180_000;

export class DebianPackagesError extends Error {
  override name = 'DebianPackagesError';
}

/**
 * Downloads the named packages, without their dependencies, and unpacks them into one folder; the second time it finds
 * them there. Two at once each do the work and the first to finish is kept.
 * @returns the folder that stands for `/`
 * @throws DebianPackagesError when there is no apt-get, no network, or no such package.
 */
export async function unpackDebianPackages(packages: readonly string[]): Promise<string> {
  const triplet = TRIPLETS[process.arch];
  const recipe = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 12);
  const place = join(cacheFolder(), `${packages[0]}-${process.arch}-${recipe}`);
  if (existsSync(place)) return place;

  const workshop = `${place}.unfinished-${randomBytes(4).toString('hex')}`;
  const root = join(workshop, 'root');
  try {
    if (triplet === undefined) throw new Error(`Debian's packages for ${process.arch} are not known here`);
    for (const folder of ['root', 'debs', 'lists/partial', 'cache/archives/partial']) {
      mkdirSync(join(workshop, folder), { recursive: true, mode: 0o755 });
    }
    chmodSync(root, 0o755);
    await download(workshop, packages);
    for (const file of readdirSync(join(workshop, 'debs'))) {
      await run('dpkg-deb', ['--extract', join(workshop, 'debs', file), root], { timeout: STEP_WAIT_MS });
    }
    renameSync(root, place);
  } catch (error) {
    if (!existsSync(place)) throw explained(packages, error);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
  return place;
}

/** For LD_LIBRARY_PATH. */
export function librariesOf(root: string): string {
  const triplet = TRIPLETS[process.arch] ?? '';
  return [join(root, 'usr/lib', triplet), join(root, 'lib', triplet)].join(':');
}

/** apt with lists and a cache of its own, so it needs no root and no lock, and leaves the machine's apt alone. */
async function download(workshop: string, packages: readonly string[]): Promise<void> {
  const settings = [
    `Dir::State::lists=${join(workshop, 'lists')}`,
    `Dir::Cache=${join(workshop, 'cache')}`,
    'Debug::NoLocking=1',
    'APT::Sandbox::User=',
    'Acquire::Retries=2',
    'APT::Update::Error-Mode=any',
    'Acquire::Languages=none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
  ].flatMap((setting) => ['-o', setting]);
  const options = { cwd: join(workshop, 'debs'), timeout: STEP_WAIT_MS, env: { ...process.env, LC_ALL: 'C' } };
  // A source that is down, say a third party's, is no reason to stop: whether the packages can be had decides.
  const listed = await run('apt-get', [...settings, 'update', '-qq'], options).then(
    () => null,
    (error: Error) => error,
  );
  try {
    await run('apt-get', [...settings, 'download', '-qq', ...packages], options);
  } catch (error) {
    throw listed ?? error;
  }
}

function explained(packages: readonly string[], error: unknown): DebianPackagesError {
  const { code, path, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
  const reason =
    code === 'ENOENT' && (path === 'apt-get' || path === 'dpkg-deb')
      ? `this machine has no ${path}`
      : (stderr?.split('\n').find((line) => /^(E|Err|W):/.test(line)) ?? message.split('\n')[0]);
  return new DebianPackagesError(`Debian's package ${packages[0]} could not be fetched: ${reason}.`);
}

/** Root's lies where the account that root starts a server with can read; an account without a home has a temporary one. */
function cacheFolder(): string {
  const temporary = join(tmpdir(), `liandan-${process.getuid?.() ?? 0}`);
  const home = process.env.HOME ?? '/nonexistent';
  const preferred = process.getuid?.() === 0 ? '/var/cache' : (process.env.XDG_CACHE_HOME ?? join(home, '.cache'));
  const folder = ownFolder(join(preferred, 'liandan/debian')) ?? ownFolder(join(temporary, 'debian'));
  if (folder !== null) return folder;
  throw new DebianPackagesError(
    `No folder for Debian's packages: neither ${preferred} nor ${temporary} is ours to write.`,
  );
}

/** Null when it cannot be made or written, or is somebody else's: in /tmp another account could have put programs there. */
function ownFolder(path: string): string | null {
  try {
    mkdirSync(path, { recursive: true, mode: 0o755 });
    accessSync(path, constants.W_OK);
    const { uid, mode } = lstatSync(path);
    return uid === process.getuid?.() && (mode & 0o022) === 0 ? path : null;
  } catch {
    return null;
  }
}
