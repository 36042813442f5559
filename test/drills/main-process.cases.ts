import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { freePort } from '../../src/platform/postmaster.ts';
import { send, until } from './support.ts';

/** `npm start` as a person meets it: with its own database, killed, started twice, stopped. */
const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const NOBODY = 65_534;

interface Main {
  readonly child: ChildProcess;
  readonly baseUrl: string;
  output(): string;
  ended(): Promise<number | null>;
}

async function startMain(directory: string, asNobody: boolean): Promise<Main> {
  const port = await freePort();
  // tap would follow into the child and write its notes where nobody may not.
  const node = ['env', '-u', 'NODE_OPTIONS', process.execPath, '--import=./src/typescript.js', 'src/main.ts'];
  const [command, ...args] = asNobody
    ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', ...node]
    : node;
  const child = spawn(command!, args, {
    cwd: CHECKOUT,
    detached: true,
    env: { PATH: process.env.PATH!, HOME: directory, DATA_DIRECTORY: directory, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  return { child, baseUrl: `http://127.0.0.1:${port}`, output: () => said, ended: () => exit };
}

const stands = (main: Main): Promise<number> =>
  until(
    'the banner',
    () => {
      if (main.child.exitCode !== null) throw new Error(`it ended: ${main.output()}`);
      return main.output().includes('Ctrl-C stops');
    },
    40_000,
  );

async function lives(t: Test, asNobody: boolean): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'liandan-main-'));
  chmodSync(directory, 0o711);
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  if (asNobody) chownSync(directory, NOBODY, NOBODY);
  const first = await startMain(directory, asNobody);
  const firstMs = await stands(first);
  const apiKey = adminKeyIn(first.output());
  const shared = join(directory, 'demo.json');
  t.ok(first.output().includes(shared), 'the banner names the file of the accounts');
  t.match(JSON.parse(readFileSync(shared, 'utf8')), { baseUrl: first.baseUrl, accounts: [{ apiKey }] });
  const act = {
    apiKey,
    path: '/v1/parties',
    key: 'kept',
    body: { name: '保留', capacities: ['producer'], region: '370102' },
  };
  const told = await send(first.baseUrl, act);
  t.equal(told?.status, 201, 'an act is acknowledged');

  const second = await startMain(directory, asNobody);
  t.equal(await second.ended(), 1, 'a second start on the same folder ends');
  t.match(
    second.output().trim(),
    /^\S+ 中的数据库正由进程 \d+ 使用：[^\n]+\nThe database in \S+ is in use by process \d+: [^\n]+$/,
    `with one sentence in each language: ${second.output().trim()}`,
  );

  process.kill(-first.child.pid!, 'SIGKILL');
  await first.ended();
  const third = await startMain(directory, asNobody);
  const thirdMs = await stands(third);
  const again = await send(third.baseUrl, act);
  t.same(
    [again?.status, again?.replayed, again?.body.id],
    [201, true, told?.body.id],
    'after kill -9 the act is there',
  );
  const list = await fetch(`${third.baseUrl}/v1/parties?limit=200`, { headers: { authorization: `Bearer ${apiKey}` } });
  const { items } = (await list.json()) as { items: { name: string }[] };
  t.ok(
    items.some(({ name }) => name.includes('明湖')),
    'so is the demonstration',
  );
  t.equal(items.filter(({ name }) => name === '保留').length, 1, 'once');
  const postmaster = Number(readFileSync(join(directory, 'pgdata/postmaster.pid'), 'utf8').split('\n')[0]);
  const stopped = performance.now();
  process.kill(third.child.pid!, 'SIGINT');
  t.equal(await third.ended(), 0, 'SIGINT ends it with 0');
  const stopMs = Math.round(performance.now() - stopped);
  t.ok(stopMs < 10_000, `in ${stopMs} ms`);
  t.notOk(existsSync(`/proc/${postmaster}`), 'and its Postgres with it');
  t.equal(third.output().split('Ctrl-C stops.')[1]?.trim(), '', 'without complaints');
  t.comment(`first banner after ${firstMs} ms, after kill -9 ${thirdMs} ms`);
}

const adminKeyIn = (banner: string): string => /administrator[^\n]*\n\s+(ld_\S+)/.exec(banner)![1]!;

t.test('main with its own database', { timeout: 120_000 }, (t) => lives(t, false));

const readableByNobody = (): boolean =>
  process.getuid?.() === 0 &&
  spawnSync('setpriv', [
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    '--clear-groups',
    'test',
    '-r',
    join(CHECKOUT, 'src/main.ts'),
  ]).status === 0;

t.test('main as an ordinary user', { timeout: 120_000, skip: !readableByNobody() }, (t) => lives(t, true));
