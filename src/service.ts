import type { FastifyBaseLogger } from 'fastify';
import { holdPolicyBook, type PolicyBook } from './catalogue/reference.ts';
import { policyKind } from './catalogue/registers.ts';
import { seedPolicies } from './catalogue/seeding.ts';
import type { Config } from './config.ts';
import { batchKind } from './custody/batches.ts';
import { ledgerProjection, traceProjection } from './custody/repository.ts';
import { audienceOfManifest, manifestKind } from './manifests/manifest.ts';
import { type AudienceOf, audienceProjection } from './parties/audience.ts';
import {
  apiKeyKind,
  delegationKind,
  designationKind,
  deviceKind,
  partyKind,
  personKind,
  siteKind,
  vehicleKind,
} from './parties/registers.ts';
import { permitKind } from './permits/registers.ts';
import type { Projection } from './platform/acts.ts';
import type { Clock } from './platform/clock.ts';
import { type Database, openDatabase } from './platform/connections.ts';
import { jobRunner } from './platform/jobs.ts';
import { type Journal, type JournalOptions, openJournal } from './platform/journal.ts';
import type { Metrics } from './platform/metrics.ts';
import { migrateDatabase } from './platform/migrations.ts';
import { ensurePartitions } from './platform/partitions.ts';
import { type QueueDriver, relayToRedis, runInProcess, workFromRedis } from './platform/queues.ts';
import type { Kind } from './platform/subjects.ts';
import { anomalyKind, audienceOfAnomaly } from './reconciliation/commands.ts';
import { reportKind } from './reports/commands.ts';
import { weighTicketKind } from './transport/commands.ts';
import { unmatchedReportKind } from './transport/unmatched-reports.ts';
import { JOB_DEFINITIONS, jobsOf, startSchedules } from './worker.ts';

/** The service without its HTTP: every kind of subject, every projection, the journal and its jobs. */
export const KINDS: readonly Kind[] = [
  policyKind,
  partyKind,
  siteKind,
  vehicleKind,
  personKind,
  deviceKind,
  apiKeyKind,
  delegationKind,
  designationKind,
  permitKind,
  manifestKind,
  batchKind,
  weighTicketKind,
  unmatchedReportKind,
  anomalyKind,
  reportKind,
] as unknown as readonly Kind[];

export const AUDIENCE_OF: AudienceOf = { manifest: audienceOfManifest, anomaly: audienceOfAnomaly };

export const PROJECTIONS: readonly Projection[] = [
  ledgerProjection,
  traceProjection,
  audienceProjection(AUDIENCE_OF),
] as unknown as readonly Projection[];

export interface Service {
  readonly database: Database;
  readonly journal: Journal;
  readonly clock: Clock;
  /** What is in force, as acts are judged with it. */
  readonly reference: () => PolicyBook;
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

/** Migrates, seeds what is missing, opens the journal and starts the jobs of this role. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, databaseUrl, clock, logger, metrics } = options;
  await migrateDatabase(databaseUrl);
  const database = openDatabase(databaseUrl);
  await ensurePartitions(database.pool, clock.now());
  const drivers: QueueDriver[] = [];
  const wakeJobs = () => {
    for (const driver of drivers) driver.wake();
  };
  const policies = await holdPolicyBook(database.pool, logger);
  const journal = openJournal({
    databaseUrl,
    clock,
    kinds: new Map(KINDS.map((kind) => [kind.name, kind])),
    projections: PROJECTIONS,
    reference: policies.current,
    jobsOf,
    lanes: config.JOURNAL_LANES,
    groupMax: config.JOURNAL_GROUP_MAX,
    queueMax: QUEUE_MAX,
    log: logger,
    onCommit: wakeJobs,
    observe: metrics.observeGroup,
    ...options.journal,
  });
  await seedPolicies(journal);
  await policies.refresh();
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
    definitions: JOB_DEFINITIONS,
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
  const schedules = runsJobs ? startSchedules(database, clock, logger) : undefined;
  return {
    database,
    journal,
    clock,
    reference: policies.current,
    wakeJobs,
    async stop() {
      await schedules?.stop();
      await Promise.all(drivers.map((driver) => driver.stop()));
      await journal.stop();
      policies.stop();
      await database.pool.end();
    },
  };
}
