// The oldest Postgres we promise to run on, which is Debian 12's, for tests of the migrations and the SQL.

import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverAccount } from '../../src/platform/embedded-postgres.ts';
import { type Binaries, createCluster, type Log, startPostmaster } from '../../src/platform/postmaster.ts';
import { librariesOf, unpackDebianPackages } from './debian-packages.ts';

const MAJOR = 15;

/** The server and, of its libraries, those that Debian's smallest image lacks. Not LLVM: it is huge and jit is off. */
const PACKAGES = [
  'postgresql-15',
  'libgssapi-krb5-2',
  'libicu72',
  'libk5crypto3',
  'libkeyutils1',
  'libkrb5-3',
  'libkrb5support0',
  'libldap-2.5-0',
  'libpq5',
  'libsasl2-2',
  'libssl3',
  'libxml2',
] as const;

/** It lives for one test: what a crash of the machine would lose is not asked for. */
const SETTINGS = { fsync: 'off', full_page_writes: 'off', shared_buffers: '128MB', jit: 'off' } as const;

/**
 * A server with a data folder of its own that goes with it.
 * @throws DebianPackagesError when it is not installed and cannot be fetched, EmbeddedPostgresError when it does not start.
 */
export async function startPostgres15(
  log: Log = () => {},
): Promise<{ url: string; pid: number; stop(): Promise<void> }> {
  const binaries = installedPostgres() ?? (await debianPostgres());
  const account = serverAccount(['postgres', 'nobody']);
  const password = randomBytes(12).toString('hex');
  const directory = mkdtempSync(join(tmpdir(), 'liandan-postgres-15-'));
  const forget = () => rmSync(directory, { recursive: true, force: true });
  if (account !== null) chmodSync(directory, 0o711);
  const dataDirectory = join(directory, 'pgdata');
  try {
    const initdbArgs = ['--locale=C.UTF-8', '--no-sync'];
    await createCluster({ binaries, dataDirectory, account, superuser: 'liandan', password, initdbArgs });
    const server = await startPostmaster({ binaries, dataDirectory, account, settings: SETTINGS, log });
    return {
      url: `postgres://liandan:${password}@127.0.0.1:${server.port}/postgres`,
      pid: server.pid,
      stop: () => server.stop().finally(forget),
    };
  } catch (error) {
    forget();
    throw error;
  }
}

/** Null unless all of it is there: images that were slimmed may keep the programs and lack the catalogue they start from. */
function installedPostgres(): Binaries | null {
  const bin = `/usr/lib/postgresql/${MAJOR}/bin`;
  const needed = [`${bin}/postgres`, `${bin}/initdb`, `/usr/share/postgresql/${MAJOR}/postgres.bki`];
  return needed.every((path) => existsSync(path)) ? { bin, major: MAJOR } : null;
}

async function debianPostgres(): Promise<Binaries> {
  const root = await unpackDebianPackages(PACKAGES);
  return { bin: join(root, `usr/lib/postgresql/${MAJOR}/bin`), major: MAJOR, libraries: librariesOf(root) };
}
