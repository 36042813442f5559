import type { Scale } from './bench.ts';
import type { BulkFigures } from './bulk.ts';
import type { ArchiveFigures } from './reads.ts';
import type { RebuildFigures } from './rebuild-check.ts';
import type { RowsPerAct } from './rows.ts';
import { median } from './statistics.ts';
import type { WriteFigures, WriteResults } from './writes.ts';

/** What the bench found, as tables for people. Figures of one run of it are good for their ratios, not for a data sheet. */
export interface Results {
  readonly scale: Scale['name'];
  readonly runs: number;
  readonly eventBytes: number;
  readonly writes: WriteResults;
  readonly rowsPerAct: RowsPerAct;
  readonly reads: readonly ArchiveFigures[];
  readonly rebuild: RebuildFigures;
  readonly bulk: BulkFigures;
}

interface Aim {
  readonly what: string;
  readonly aim: string;
  readonly found: string;
  readonly isMet: boolean;
}

/** Pages at a million manifests over those at a hundred thousand. */
const PAGES_RATIO_MAX = 1.3;

export function printReport(results: Results): string {
  const { writes, rowsPerAct, reads, rebuild, runs, eventBytes } = results;
  const parts = [
    heading(`Writes: medians of ${runs} interleaved run(s); CPU in ms an act; an event is ${eventBytes} bytes`),
    table(WRITE_COLUMNS, writes.figures.map(writeRow)),
    `Chosen by acts/s: ${Object.entries(writes.choices)
      .map(([what, perSecond]) => `${what} ${perSecond.toFixed(0)}`)
      .join('; ')}`,
    'others %: what programs outside the bench took of all processors; figures are only comparable where it is small.',
    heading(`Rows an act leaves (mean of ${rowsPerAct.acts} acts of callers, their jobs included)`),
    rowsTable(rowsPerAct),
    ...reads.flatMap(readsPart),
    ...(reads.length > 1 ? [heading('Pages as the archive grows tenfold, by years'), pagesTable(reads)] : []),
    heading(`rebuild --check on ${rebuild.loads} played loads`),
    rebuildLine(rebuild),
    printBulk(results.bulk),
    heading('Aims'),
    table(
      ['aim', 'wanted', 'found', ''],
      aimsOf(results).map(({ what, aim, found, isMet }) => [what, aim, found, isMet ? 'met' : 'MISSED']),
    ),
  ];
  return `${parts.join('\n')}\n`;
}

const BULK_AIMS = { perSecond: 3_000, p99Ms: 100, rssGrowth: 1.15 };

export function printBulk(bulk: BulkFigures): string {
  const { lines, bytes, uploadSeconds, refused, perSecond, workerMs, postgresMs, rssEarly, rssLate, alone, beside } =
    bulk;
  const aim = (isMet: boolean) => (isMet ? 'met' : 'MISSED');
  return `${[
    heading(
      `A bulk of ${lines} acts (${(bytes / 1e6).toFixed(1)} MB, taken in within ${uploadSeconds.toFixed(1)} s), ${refused} refused`,
    ),
    table(
      ['', 'found', 'wanted', ''],
      [
        ['acts/s', perSecond.toFixed(0), `≥ ${BULK_AIMS.perSecond}`, aim(perSecond >= BULK_AIMS.perSecond)],
        ['worker ms an act', workerMs.toFixed(3), '', ''],
        ['Postgres ms an act, live acts included', postgresMs.toFixed(3), '', ''],
        [
          'worker MB, early and at most late',
          `${rssEarly.toFixed(0)}, ${rssLate.toFixed(0)}`,
          `≤ × ${BULK_AIMS.rssGrowth}`,
          aim(rssLate <= rssEarly * BULK_AIMS.rssGrowth),
        ],
        ['live p50, p99 ms without it', `${alone.p50Ms.toFixed(1)}, ${alone.p99Ms.toFixed(1)}`, '', ''],
        [
          `live p50, p99 ms beside it (${beside.acts} acts)`,
          `${beside.p50Ms.toFixed(1)}, ${beside.p99Ms.toFixed(1)}`,
          `p99 ≤ ${BULK_AIMS.p99Ms}`,
          aim(beside.p99Ms <= BULK_AIMS.p99Ms),
        ],
      ],
    ),
  ].join('\n')}\n`;
}

const WRITE_COLUMNS = [
  '',
  'in flight',
  'acts/s',
  'min..max',
  'p50 ms',
  'p99 ms',
  'Node',
  'Postgres',
  'acts/tx',
  'jobs left',
  'acts/s with jobs',
  'Node with jobs',
  'Postgres with jobs',
  'others %',
];

function writeRow({ id, what, connections, median: middle, runs }: WriteFigures): string[] {
  const speeds = runs.map((run) => run.perSecond);
  const hasJobs = id !== 'a';
  return [
    `(${id}) ${what}`,
    String(connections),
    middle.perSecond.toFixed(0),
    `${Math.min(...speeds).toFixed(0)}..${Math.max(...speeds).toFixed(0)}`,
    middle.p50Ms.toFixed(1),
    middle.p99Ms.toFixed(1),
    middle.nodeMs.toFixed(3),
    middle.postgresMs.toFixed(3),
    figure(middle.actsPerGroup, 1),
    hasJobs ? middle.jobsLeft.toFixed(0) : '',
    hasJobs ? middle.sustainedPerSecond.toFixed(0) : '',
    hasJobs ? middle.nodeMsWithJobs.toFixed(3) : '',
    hasJobs ? middle.postgresMsWithJobs.toFixed(3) : '',
    (middle.othersShare * 100).toFixed(0),
  ];
}

function rowsTable({ tables, total, bytes, walBytes }: RowsPerAct): string {
  const rows = tables.map(({ table, inserted, updated, hot, deleted }) => [
    table,
    ...[inserted, updated, hot, deleted].map((count) => (count === 0 ? '' : count.toFixed(3))),
  ]);
  const kilobytes = (count: number) => `${(count / 1024).toFixed(2)} kB`;
  return [
    table(['table', 'inserted', 'updated', 'of them HOT', 'deleted'], rows),
    `Altogether ${total.toFixed(2)} rows, ${kilobytes(bytes)} of files and ${kilobytes(walBytes)} of write-ahead log an act.`,
  ].join('\n');
}

function readsPart({ manifests, figures }: ArchiveFigures): string[] {
  const columns = ['', 'reads/s', 'p50 ms', 'p99 ms', 'Node ms', 'Postgres ms', 'pages', 'statements'];
  const rows = figures.map(({ what, measured, pages }) => [
    what,
    figure(measured.perSecond, 0),
    figure(measured.p50Ms, 1),
    figure(measured.p99Ms, 1),
    figure(measured.nodeMs, 3),
    figure(measured.postgresMs, 3),
    pages.pages.toFixed(0),
    pages.statements.toFixed(0),
  ]);
  return [heading(`Reads from ${manifests.toLocaleString('en')} manifests, 16 connections`), table(columns, rows)];
}

function pagesTable(reads: readonly ArchiveFigures[]): string {
  const columns = ['', ...reads.map(({ manifests }) => manifests.toLocaleString('en')), 'ratio', ''];
  const rows = growthOf(reads).map(({ what, pages, ratio }) => [
    what,
    ...pages.map((count) => count.toFixed(0)),
    ratio.toFixed(2),
    ratio <= PAGES_RATIO_MAX ? 'met' : 'MISSED',
  ]);
  return table(columns, rows);
}

function growthOf(reads: readonly ArchiveFigures[]): { what: string; pages: number[]; ratio: number }[] {
  return reads[0]!.figures.map(({ what }, index) => {
    const pages = reads.map(({ figures }) => figures[index]!.pages.pages);
    return { what, pages, ratio: pages.at(-1)! / pages[0]! };
  });
}

function rebuildLine({ subjects, events, seconds, differences }: RebuildFigures): string {
  const found = differences.length === 0 ? 'no difference' : `DIFFERENCES, e.g. ${differences.join('; ')}`;
  return `${subjects} subjects, ${events} events in ${seconds.toFixed(1)} s: ${found}`;
}

function aimsOf({ writes, reads, rebuild }: Results): Aim[] {
  const find = (id: WriteFigures['id'], connections: number) =>
    writes.figures.find((one) => one.id === id && one.connections === connections)!.median;
  const ours = find('d', 64);
  const runsOf = (id: WriteFigures['id']) => writes.figures.find((one) => one.id === id)!.runs;
  /** Of windows that lie next to each other in time, so that a machine that slows down slows both. */
  const oursOver = (id: WriteFigures['id']) =>
    median(runsOf('d').map((run, nth) => run.perSecond / runsOf(id)[nth]!.perSecond));
  const atLeast = (what: string, aim: number, found: number): Aim => ({
    what,
    aim: `≥ ${aim.toFixed(1)}`,
    found: found.toFixed(2),
    isMet: found >= aim,
  });
  const atMost = (what: string, aim: number, found: number): Aim => ({
    what,
    aim: `≤ ${aim}`,
    found: found.toFixed(found < 1 ? 3 : 1),
    isMet: found <= aim,
  });
  const growth = reads.length > 1 ? growthOf(reads) : [];
  const worst = growth.reduce((most, { ratio }) => Math.max(most, ratio), 0);
  return [
    atLeast('acts/s, (d) over (b), at 64', 3, oursOver('b')),
    atMost('Node ms an act, (d) at 64', 0.35, ours.nodeMs),
    atMost('Postgres ms an act, (d) at 64', 0.35, ours.postgresMs),
    atMost('p99 ms, (d) at 32', 60, find('d', 32).p99Ms),
    atMost('p50 ms, (d) at 1', 10, find('d', 1).p50Ms),
    atLeast('stretch: acts/s, (d) over (a), at 64', 1, oursOver('a')),
    ...(growth.length > 0 ? [atMost('pages, a million over 100,000, the worst read', PAGES_RATIO_MAX, worst)] : []),
    atMost('differences found by rebuild --check', 0, rebuild.differences.length),
  ];
}

/** A dash where there is none: a process that does not say, or nothing answered within a window. */
const figure = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '-');

const heading = (text: string): string => `\n${text}\n`;

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, at) => Math.max(column.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    widths
      .map((width, at) => (at === 0 ? (cells[at] ?? '').padEnd(width) : (cells[at] ?? '').padStart(width)))
      .join('  ')
      .trimEnd();
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
