import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, openBench, SCALES } from './bench.ts';
import { measureBulk } from './bulk.ts';
import { measurePositions, printPositions } from './positions.ts';
import { measureReads } from './reads.ts';
import { checkPlayedHistory } from './rebuild-check.ts';
import { printBulk, printReport, type Results } from './report.ts';
import { measureTrips, printTrips } from './trips.ts';
import { measureWrites } from './writes.ts';

/**
 * `npm run bench`: everything on this machine's loopback, in one go of a few minutes. `-- --quick` smoke-tests the bench
 * itself, `-- --full` reads from a million manifests too, `-- --json` prints figures for machines. One thing alone: `-- --bulk` a file of
 * acts beside live traffic, `-- --positions` a million positions of vehicles, `-- --trips` truck trips of construction waste. Missing an aim
 * is said and is no failure; any answer but a success is one.
 */
const options = new Set(process.argv.slice(2));
const known = ['--quick', '--full', '--json', '--bulk', '--positions', '--trips'];
const unknown = [...options].filter((option) => !known.includes(option));
if (unknown.length > 0) {
  process.stderr.write(`bench knows ${known.join(', ')}, and not ${unknown.join(', ')}\n`);
  process.exit(2);
}
const scale = SCALES[options.has('--quick') ? 'quick' : options.has('--full') ? 'full' : 'usual'];
const startedAt = performance.now();
const say = (progress: string): void => {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(4);
  process.stderr.write(`${seconds} s  ${progress}\n`);
};

/** What the servers under test log, at their default level; kept only when something failed. */
const logFile = join(tmpdir(), `liandan-bench-${process.pid}.log`);
const started: Bench['started'] = [];
process.on('SIGINT', () => void finish(130));
process.on('SIGTERM', () => void finish(143));

let finishing: Promise<never> | undefined;

/** The first to call decides how this ends: what fails because everything is being stopped changes nothing. */
function finish(exitCode: number): Promise<never> {
  finishing ??= (async () => {
    for (const stop of started.splice(0).reverse()) await stop();
    if (exitCode === 1) process.stderr.write(`The servers' log is ${logFile}\n`);
    else rmSync(logFile, { force: true });
    process.exit(exitCode);
  })();
  return finishing;
}

async function run(opened: Bench): Promise<Results> {
  const writes = await measureWrites(opened);
  const rebuild = await checkPlayedHistory(opened);
  const reads = await measureReads(opened);
  const bulk = await measureBulk(opened);
  const { eventBytes, rowsPerAct } = opened;
  return { scale: scale.name, runs: scale.runs, eventBytes, writes, rowsPerAct, reads, rebuild, bulk };
}

const print = <Figures>(figures: Figures, inWords: (figures: Figures) => string): void => {
  process.stdout.write(options.has('--json') ? `${JSON.stringify(figures, null, 2)}\n` : inWords(figures));
};

try {
  if (options.has('--trips')) print(await measureTrips(scale.name, { started, logFile, say }), printTrips);
  else if (options.has('--positions'))
    print(await measurePositions(scale.name, { started, logFile, say }), printPositions);
  else if (options.has('--bulk')) print(await measureBulk(await openBench(scale, started, logFile, say)), printBulk);
  else print(await run(await openBench(scale, started, logFile, say)), printReport);
  await finish(0);
} catch (error) {
  if (!finishing) process.stderr.write(`The bench failed: ${error instanceof Error ? error.stack : String(error)}\n`);
  await finish(1);
}
