import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { assertComplete, seedPolicyRows } from './catalogue/policies.ts';
import { holdBook } from './catalogue/reference.ts';
import { seedPolicies, seedRows } from './catalogue/seeding.ts';
import type { Config } from './config.ts';
import { KINDS, PROJECTIONS } from './kinds.ts';
import { openUpstream, pushesOf, pushJob } from './official/upstream.ts';
import type { Clock } from './platform/clock.ts';
import { type Database, openDatabase } from './platform/connections.ts';
import { jobRunner } from './platform/jobs.ts';
import { type Journal, type JournalOptions, openJournal } from './platform/journal.ts';
import type { Metrics } from './platform/metrics.ts';
import { ensurePartitions } from './platform/partitions.ts';
import { type QueueDriver, relayToRedis, runInProcess, workFromRedis } from './platform/queues.ts';
import type { Kind } from './platform/subjects.ts';
import { loadRuleBook, ruleKind, seedRuleRows } from './reconciliation/rule-rows.ts';
import type { RuleBook } from './reconciliation/rules/rule.ts';
import { upgradeDatabase } from './upgrade.ts';
import { JOB_DEFINITIONS, jobsOf, startSchedules } from './worker.ts';

/** The service without its HTTP: the journal and its jobs. */
export interface Service {
  readonly database: Database;
  readonly journal: Journal;
  /** Answers what an act would be answered and keeps nothing. */
  readonly rehearsals: Journal;
  /** The acts of bulks: the same journal in a lane of its own, where live acts go first. */
  readonly bulkJournal: Journal;
  readonly clock: Clock;
  /** What is in force, as acts are judged with it. */
  readonly reference: () => RuleBook;
  /** Runs or hands over what is due; in a pure API process it is only woken elsewhere. */
  readonly wakeJobs: () => void;
  stop(): Promise<void>;
}

export interface ServiceOptions {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  readonly metrics: Metrics;
  /** Prefix of the queue's keys; tests use one each. */
  readonly queuePrefix?: string;
  readonly journal?: Partial<Pick<JournalOptions, 'mintIds' | 'jobsOf'>>;
}

const QUEUE_MAX = 20_000;

/**
 * What the acts of a bulk wake is done behind live work and, of a bulk of no more than some 150,000 acts, when it is over: what is asked twice
 * meanwhile is done once.
 */
const BULK_JOBS_WAIT_MS = 60_000;
const afterTheBulk =
  (jobs: typeof jobsOf): typeof jobsOf =>
  (event, after, reference) => {
    const earliest = new Date(event.recordedAt.getTime() + BULK_JOBS_WAIT_MS);
    const later = (at: Date | undefined): Date => (at && at > earliest ? at : earliest);
    return jobs(event, after, reference).map((job) => ({ ...job, availableAt: later(job.availableAt) }));
  };

/** Every manifest that changes goes up too. */
const withPushes = (region: string | undefined): typeof jobsOf => {
  const pushes = pushesOf(region);
  return (event, after, reference) => [...jobsOf(event, after, reference), ...pushes(event, after)];
};

/** Migrates, seeds what is missing, opens the journal and starts the jobs of this role. @throws Error for a stream without a policy it needs. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, databaseUrl, clock, logger, metrics } = options;
  assertComplete(seedPolicyRows);
  await upgradeDatabase(databaseUrl);
  const database = openDatabase(databaseUrl);
  await ensurePartitions(database.pool, clock.now());
  const drivers: QueueDriver[] = [];
  const wakeJobs = () => {
    for (const driver of drivers) driver.wake();
  };
  const book = await holdBook(() => loadRuleBook(database.pool), logger);
  const { UPSTREAM_URL: url, UPSTREAM_KEY: key = '', UPSTREAM_REGION: region } = config;
  const push = url === undefined ? undefined : pushJob(openUpstream({ url, key, database, clock, log: logger }));
  const road = {
    databaseUrl,
    clock,
    kinds: new Map(KINDS.map((kind) => [kind.name, kind])),
    projections: PROJECTIONS,
    reference: book.current,
    jobsOf: push ? withPushes(region) : jobsOf,
    groupMax: config.JOURNAL_GROUP_MAX,
    queueMax: QUEUE_MAX,
    log: logger,
    onCommit: wakeJobs,
    observe: metrics.observeGroup,
    ...options.journal,
  };
  const journal = openJournal({ ...road, lanes: config.JOURNAL_LANES });
  const bulkJournal = openJournal({
    ...road,
    lanes: config.JOURNAL_LANES,
    jobsOf: afterTheBulk(road.jobsOf),
    yields: () => whileBusy(journal),
  });
  // One act a group, or a rehearsal would see what another rehearsed.
  const alone = { lanes: 1, groupMax: 1, rehearses: true, onCommit: () => {}, observe: () => {} };
  const rehearsals = openJournal({ ...road, ...alone });
  await seedPolicies(journal);
  await seedRows(journal, ruleKind as unknown as Kind, seedRuleRows);
  await book.refresh();
  const runsJobs = config.ROLE !== 'api';
  const shared = {
    database,
    clock,
    concurrency: config.JOB_CONCURRENCY,
    leaseMs: config.JOB_LEASE_SECONDS * 1_000,
    log: logger,
  };
  const runner = jobRunner({
    journal,
    database,
    clock,
    reference: book.current,
    definitions: push ? new Map([...JOB_DEFINITIONS, [push.name, push]]) : JOB_DEFINITIONS,
    log: logger,
    observe: metrics.observeJob,
  });
  const redis = config.REDIS_URL
    ? { redisUrl: config.REDIS_URL, ...(options.queuePrefix ? { prefix: options.queuePrefix } : {}) }
    : undefined;
  if (redis) {
    drivers.push(relayToRedis({ ...shared, ...redis }));
    if (runsJobs) drivers.push(workFromRedis({ ...shared, ...redis, runner }));
  } else if (runsJobs) drivers.push(runInProcess({ ...shared, runner }));
  const schedules = runsJobs ? startSchedules(database, clock, book.current, logger) : undefined;
  return {
    database,
    journal,
    rehearsals,
    bulkJournal,
    clock,
    reference: book.current,
    wakeJobs,
    async stop() {
      await schedules?.stop();
      await Promise.all(drivers.map((driver) => driver.stop()));
      await Promise.all([journal, bulkJournal, rehearsals].map((one) => one.stop()));
      book.stop();
      await database.pool.end();
    },
  };
}

/** Live acts go first, but a bulk never waits longer than this for a group. */
const PATIENCE_MS = 50;
const LOOK_AGAIN_MS = 1;

async function whileBusy(journal: Journal): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while (journal.callersWait() && performance.now() < until) await sleep(LOOK_AGAIN_MS);
}
