import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { playedClock } from '../../src/platform/clock.ts';
import { compare, tableOf } from '../../src/simulator/compare.ts';
import { type History, historyOf } from '../../src/simulator/history.ts';
import { cloneDatabase } from '../support/database.ts';
import { playedOn } from './staged.ts';

/** A tiny city from end to end: played through HTTP on a clock of its own, and held against the key. */
const UNTIL = Date.parse('2026-10-12T10:00:00Z');
const tiny = (seed: string): History => historyOf({ seed, until: UNTIL, days: 4, manifests: 24 });

interface Told {
  readonly differences: readonly string[];
  readonly found: number;
  readonly numbers: readonly unknown[];
  readonly late: number;
  readonly events: number;
  readonly openJobs: number;
  readonly remarks: readonly string[];
  readonly followed: boolean;
}

/** What the service remarked on at the issue of ordinary loads. */
const remarksOn = ({ seed, consignments }: History, warnings: ReadonlyMap<string, readonly string[]>): string[] =>
  consignments.flatMap(({ ref, tale }) => (tale ? [] : (warnings.get(`sim-${seed}-${ref}-issue`) ?? [])));

async function played(t: Test, history: History): Promise<Told> {
  const { comparison, played, service, clock } = await playedOn(t, history);
  const { pool } = service.database;
  const { rows: numbers } = await pool.query('select number, status, lines from manifests order by number');
  const { rows: late } = await pool.query(
    `select count(*)::int as count from custody_events, lateral (select canonical::jsonb as event) as read
     where (event->>'recordedAt')::timestamptz > $1 or (event->>'occurredAt')::timestamptz > $1`,
    [new Date(history.until)],
  );
  const { rows: events } = await pool.query(
    "select count(*)::int as count from custody_events where canonical like '%recordedAt%'",
  );
  const { rows: open } = await pool.query(
    "select count(*)::int as count from outbox where state <> 'done' and available_at <= $1",
    [clock.now()],
  );
  const stoodAt = clock.now().getTime();
  clock.follow();
  return {
    differences: comparison.differences,
    found: comparison.rules.find(({ rule }) => rule === 'mass')!.equal,
    numbers: numbers.map(({ number, status, lines }) => [number, status, lines.map(figures)]),
    late: late[0].count,
    events: events[0].count,
    openJobs: open[0].count,
    remarks: remarksOn(history, played.warnings),
    followed: stoodAt === history.until && clock.now().getTime() > stoodAt,
  };
}

const figures = ({ wasteCode, declaredGrams, pickedUpGrams, acceptedGrams }: Record<string, unknown>) => [
  wasteCode,
  declaredGrams,
  pickedUpGrams,
  acceptedGrams,
];

t.test(
  'the anomalies are those of the key, nothing lies ahead, and a second play numbers the same',
  { timeout: 240_000 },
  async (t) => {
    const first = await played(t, tiny('small'));
    t.same(first.differences, []);
    t.ok(first.found > 0, `${first.found} anomalies`);
    t.ok(first.events > 200);
    t.equal(first.late, 0, 'no event lies after the end');
    t.equal(first.openJobs, 0);
    t.same(first.remarks, [], 'contracts, plans, licences and stock cover what is ordinary');
    t.ok(first.followed, 'the clock stood at the end and then follows the machine’s');
    const second = await played(t, tiny('small'));
    t.same(second.numbers, first.numbers);
  },
);

t.test('a difference is told in words', async (t) => {
  const key = [
    { rule: 'mass' as const, subject: 'm1', severity: 'warning' as const, because: 'loaded → received' },
    { rule: 'class' as const, subject: 'm2', severity: 'critical' as const, because: 'name' },
  ];
  const found = [{ rule: 'mass', subject: 'm1', severity: 'critical', summary: '600 kg' }];
  const comparison = compare(key, found, ['mass']);
  t.same(comparison.rules, [{ rule: 'mass', expected: 1, found: 1, equal: 0 }]);
  t.same(comparison.differences, [
    'not found: mass m1 warning (loaded → received)',
    'not in the key: mass m1 critical (600 kg)',
  ]);
  t.same(comparison.notAsked, ['class']);
  t.match(tableOf(comparison).join('\n'), /not asked of this service: class/);
  const once = { ...found[0]!, severity: 'warning' };
  t.same(compare(key, [once], ['mass']).differences, []);
  t.equal(compare(key, [once, { ...once }], ['mass']).differences.length, 1, 'a twin is a difference');
});

t.test('a database that holds something is not played in', { timeout: 60_000 }, async (t) => {
  const database = await cloneDatabase();
  t.teardown(database.drop);
  const child = spawn(
    process.execPath,
    ['--import', './src/typescript.js', 'src/simulate.ts', '--database', database.url],
    {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  t.equal(code, 2);
  t.match(said, /不是空的[\s\S]*not empty/);
});

t.test('a played clock does not go back, and not beyond the machine’s when it is let go', async (t) => {
  const clock = playedClock(new Date(UNTIL));
  t.throws(() => clock.set(new Date(UNTIL - 1)), RangeError);
  clock.set(new Date(UNTIL));
  t.equal(clock.now().getTime(), UNTIL);
  const ahead = playedClock(new Date('2199-01-01T00:00:00Z'));
  t.throws(() => ahead.follow(), RangeError);
  clock.follow();
  t.throws(() => clock.set(new Date('2199-01-01T00:00:00Z')), RangeError);
});
