// The embedded Postgres with real processes: started, refused, killed and found again.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import t from 'tap';
import {
  defaultDataDirectory,
  EmbeddedPostgresError,
  packagedPostgres,
  serverAccount,
  startEmbeddedPostgres,
  usableBinaries,
} from '../../src/platform/embedded-postgres.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const LAUNCHER = new URL('../../src/platform/embedded-postgres.ts', import.meta.url).href;

const events: string[] = [];
const log = (event: string) => events.push(event);

const workshop = mkdtempSync(join(tmpdir(), 'liandan-embedded-postgres-'));
chmodSync(workshop, 0o711);
t.teardown(() => rmSync(workshop, { recursive: true, force: true }));

/** One data folder for all stories below, as a service would have it, since making one takes most of the time. */
const directory = join(workshop, 'service');

t.test('the first start makes the folder, and a query is answered', async (t) => {
  mkdirSync(join(directory, 'pgdata.unfinished-dead/data'), { recursive: true });
  const server = await startEmbeddedPostgres({ directory, log, settings: { work_mem: '5MB' } });
  t.teardown(server.stop);
  t.match(await query(server.url, 'select version()'), /^PostgreSQL 18/);
  t.equal(await query(server.url, 'show work_mem'), '5MB');
  t.equal(await query(server.url, 'show shared_buffers'), '256MB');
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    t.equal(await query(server.url, `show ${setting}`), 'on', `${setting} is on`);
  }
  t.equal(statSync(join(directory, 'password')).mode & 0o777, 0o600);
  t.same(readdirSync(directory).sort(), ['owner.lock', 'password', 'pgdata'], 'an interrupted initdb is cleared away');
  await query(server.url, 'create table kept as select 42 as answer');

  await t.rejects(startEmbeddedPostgres({ directory, log }), inUseBy(process.pid), 'a second one is refused');
  t.equal(await query(server.url, 'select answer::text from kept'), '42', 'and the first one lives on');

  await server.stop();
  await server.stop();
  await t.rejects(query(server.url, 'select 1'), { code: 'ECONNREFUSED' });
});

t.test('a populated folder is started again', async (t) => {
  const server = await startEmbeddedPostgres({ directory, log });
  t.teardown(server.stop);
  t.equal(await query(server.url, 'select answer::text from kept'), '42');
});

t.test('a folder that another service uses is refused, and taken over once that service is killed', async (t) => {
  const other = await aService();
  t.teardown(() => other.process.kill('SIGKILL'));
  await t.rejects(startEmbeddedPostgres({ directory, log }), inUseBy(other.process.pid!));
  t.equal(await query(other.url, 'select answer::text from kept'), '42', 'the other service lives on');

  await kill(other.process);
  const server = await startEmbeddedPostgres({ directory, log });
  t.teardown(server.stop);
  t.equal(await query(server.url, 'select answer::text from kept'), '42');
});

t.test('without setpriv and flock a running server is refused too, and an orphan is ended', async (t) => {
  const other = await aService({ PATH: '/nowhere' });
  t.teardown(() => other.process.kill('SIGKILL'));
  await t.rejects(startEmbeddedPostgres({ directory, log }), inUseBy(other.process.pid!));

  await kill(other.process);
  t.equal(await query(other.url, 'select answer::text from kept'), '42', 'the orphan still runs');
  events.length = 0;
  const server = await startEmbeddedPostgres({ directory, log });
  t.teardown(server.stop);
  t.ok(events.includes('postgres_orphan_ending'));
  t.equal(await query(server.url, 'select answer::text from kept'), '42');
});

t.test('a pid file whose pid is by now another program, or a zombie', async (t) => {
  const pidFile = join(directory, 'pgdata/postmaster.pid');
  const passerBy = spawn('sleep', ['60']);
  t.teardown(() => passerBy.kill());
  const zombie = await aZombie();
  t.teardown(() => zombie.parent.kill());
  for (const pid of [passerBy.pid, zombie.pid]) {
    writeFileSync(pidFile, `${pid}\n${directory}/pgdata\n0\n5432\n\n127.0.0.1\n\nready   \n`);
    events.length = 0;
    const server = await startEmbeddedPostgres({ directory, log });
    t.ok(events.includes('postgres_pid_file_removed'));
    t.equal(await query(server.url, 'select answer::text from kept'), '42');
    await server.stop();
  }
  t.equal(passerBy.exitCode ?? passerBy.signalCode, null, 'the passer-by is left alone');
});

t.test('a folder of another major version, and one without its password', async (t) => {
  const copy = join(workshop, 'elsewhere');
  mkdirSync(join(copy, 'pgdata'), { recursive: true });
  writeFileSync(join(copy, 'pgdata/PG_VERSION'), '17\n');
  await t.rejects(
    startEmbeddedPostgres({ directory: copy, log }),
    sentence(/was made by Postgres 17 and this is Postgres 18/),
  );
  cpSync(join(directory, 'pgdata'), join(copy, 'pgdata'), { recursive: true });
  const account = serverAccount(['postgres', 'nobody']);
  if (account !== null) spawnSync('chown', ['-R', `${account.uid}:${account.gid}`, join(copy, 'pgdata')]);
  await t.rejects(startEmbeddedPostgres({ directory: copy, log }), sentence(/password is missing/));
});

t.test('binaries: links that npm did not make, a node_modules nobody can read, no binaries at all', async (t) => {
  const account = serverAccount(['postgres', 'nobody']);
  const { native, version } = packagedPostgres();
  const bare = join(workshop, 'package/native');
  cpSync(native, bare, { recursive: true, verbatimSymlinks: true });
  // Whatever umask npm ran under.
  spawnSync('chmod', ['-R', 'u+w,a+rX', join(workshop, 'package')]);
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(join(bare, 'pg-symlinks.json'), 'utf8'));
  const unlink = () => links.forEach(({ target }) => void rmSync(join(bare, '..', target)));

  unlink();
  const inPlace = usableBinaries({ native: bare, version }, account, log, join(workshop, 'copies'));
  t.match(inPlace, { bin: join(bare, 'bin'), major: 18 });
  t.equal(readlinkSync(join(bare, 'lib/libpq.so.5')), 'libpq.so.5.18');
  t.notOk(existsSync(join(workshop, 'copies')), 'no copy was needed');

  if (account !== null) chmodSync(join(workshop, 'package'), 0o700);
  else {
    unlink();
    chmodSync(join(bare, 'lib'), 0o500);
  }
  const copied = usableBinaries({ native: bare, version }, account, log, join(workshop, 'copies'));
  t.match(copied, { bin: join(workshop, 'copies', version, 'bin'), major: 18 });
  rmSync(join(workshop, 'copies', version, 'lib/libz.so.1'));
  t.same(
    usableBinaries({ native: bare, version }, account, log, join(workshop, 'copies')),
    copied,
    'a swept copy is mended',
  );
  chmodSync(join(bare, 'lib'), 0o700);

  chmodSync(join(workshop, 'copies'), 0o777);
  rmSync(join(workshop, 'copies', version), { recursive: true });
  if (account !== null) {
    t.throws(
      () => usableBinaries({ native: bare, version }, account, log, join(workshop, 'copies')),
      sentence(/written by somebody else/),
    );
  }
  t.throws(() => packagedPostgres('plan9-mips'), sentence(/no Postgres binaries for plan9-mips.*DATABASE_URL=/));
});

t.test('the default folder: below the checkout, and for root below /var/lib', async (t) => {
  const link = join(workshop, 'link-to-checkout');
  symlinkSync(CHECKOUT, link);
  t.match(defaultDataDirectory(link), process.getuid?.() === 0 ? /^\/var\/lib\/liandan\/[0-9a-f]{12}$/ : /\/\.data$/);
  t.equal(defaultDataDirectory(link), defaultDataDirectory(CHECKOUT), 'by the real path');
});

/** A process of its own that starts the database and then waits to be killed. */
async function aService(environment: Record<string, string> = {}): Promise<{ process: ChildProcess; url: string }> {
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(LAUNCHER)});
    const { url } = await startEmbeddedPostgres({ directory: ${JSON.stringify(directory)}, log: () => {} });
    console.log(url);
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    cwd: CHECKOUT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { process: child, url };
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** The child of a program that never asks how its child ended. */
/** The shell becomes a program that never reaps; on a busy machine it may have reaped the child before: then again. */
async function aZombie(): Promise<{ parent: ChildProcess; pid: number }> {
  for (;;) {
    const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    for (let state = stateOf(line); state !== 'gone'; state = stateOf(line)) {
      if (state === 'Z') return { parent, pid: Number(line) };
      await sleep(5);
    }
    parent.kill();
  }
}

function stateOf(pid: string): string {
  const file = `/proc/${pid}/status`;
  return existsSync(file) ? (/^State:\s+(\w)/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 'gone') : 'gone';
}

async function query(url: string, sql: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<string[]>({ text: sql, rowMode: 'array' });
    return rows[0]?.[0] ?? '';
  } finally {
    await client.end();
  }
}

function inUseBy(pid: number) {
  return sentence(new RegExp(`is in use by process ${pid}: stop that service first`));
}

function sentence(message: RegExp) {
  return { name: EmbeddedPostgresError.name, message };
}
