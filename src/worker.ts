import { dayInShanghai } from './catalogue/calendar.ts';
import type { PolicyBook } from './catalogue/reference.ts';
import { NATION } from './catalogue/regions.ts';
import { STREAMS } from './catalogue/streams.ts';
import { forgetEmptyBalances } from './custody/queries.ts';
import { tripDifferenceJob, tripDifferenceOf } from './manifests/trip-difference.ts';
import { matchAgain, matchesOf, matchJob } from './official/matching.ts';
import { forgetUploads } from './official/repository.ts';
import type { JobDraft, Reference } from './platform/acts.ts';
import { forgetBulks } from './platform/bulk-storage.ts';
import type { Clock } from './platform/clock.ts';
import type { Database } from './platform/connections.ts';
import type { RecordedEvent } from './platform/events.ts';
import type { JobDefinition } from './platform/jobs.ts';
import { ensurePartitions } from './platform/partitions.ts';
import { forgetAnsweredKeys, forgetDoneJobs } from './platform/retention.ts';
import { judgementsOf, reconciliationJobs } from './reconciliation/jobs.ts';
import type { RuleBook } from './reconciliation/rules/rule.ts';
import { matchingsOf, matchTripsJob } from './reconciliation/trip-matches.ts';
import { journeysOfPass } from './transport/gate-passes.ts';
import { transportJobs } from './transport/jobs.ts';
import { forgetTracks } from './transport/retention.ts';

/** Which event wakes which job, given its subject after it. A deadline is the same with an `availableAt`. */
export const jobsOf = (event: RecordedEvent, after: { id: string }, reference: Reference): readonly JobDraft[] => [
  ...judgementsOf(event, after, reference as RuleBook),
  ...tripDifferenceOf(event),
  ...matchesOf(event, after),
  ...journeysOfPass(event),
  ...matchingsOf(event, after),
];

export const JOB_DEFINITIONS: ReadonlyMap<string, JobDefinition> = new Map(
  [...reconciliationJobs, tripDifferenceJob, matchJob, ...transportJobs, matchTripsJob].map((definition) => [
    definition.name,
    definition,
  ]),
);

const HOUR_MS = 3_600_000;

/** What is done again and again; each is repeatable and safe in several processes at once. */
const SCHEDULES: readonly {
  readonly name: string;
  readonly everyMs: number;
  run(database: Database, clock: Clock, book: PolicyBook): Promise<unknown>;
}[] = [
  { name: 'ensure_partitions', everyMs: 6 * HOUR_MS, run: ({ pool }, clock) => ensurePartitions(pool, clock.now()) },
  { name: 'forget_answered_keys', everyMs: HOUR_MS, run: ({ pool }, clock) => forgetAnsweredKeys(pool, clock.now()) },
  { name: 'forget_empty_balances', everyMs: HOUR_MS, run: ({ pool }) => forgetEmptyBalances(pool) },
  { name: 'match_official_records', everyMs: HOUR_MS, run: matchAgain },
  {
    name: 'forget_bulks',
    everyMs: HOUR_MS,
    run: ({ pool }, clock, book) => {
      const today = { region: NATION, stream: STREAMS[0], day: dayInShanghai(clock.now()) };
      return forgetBulks(pool, clock.now(), book.policy('bulk-kept-days', today).value);
    },
  },
  { name: 'forget_uploads', everyMs: HOUR_MS, run: ({ pool }, clock) => forgetUploads(pool, clock.now()) },
  { name: 'forget_tracks', everyMs: HOUR_MS, run: ({ pool }, clock) => forgetTracks(pool, clock.now()) },
  { name: 'forget_done_jobs', everyMs: HOUR_MS, run: ({ pool }, clock) => forgetDoneJobs(pool, clock.now()) },
];

export function startSchedules(
  database: Database,
  clock: Clock,
  book: () => PolicyBook,
  log: { error(fields: object, event: string): void },
): { stop(): Promise<void> } {
  const running = new Set<Promise<unknown>>();
  const timers = SCHEDULES.map(({ name, everyMs, run }) => {
    const once = () => {
      const turn = run(database, clock, book())
        .catch((error) => log.error({ event: 'schedule_failed', schedule: name, err: error }, 'schedule_failed'))
        .finally(() => running.delete(turn));
      running.add(turn);
    };
    once();
    return setInterval(once, everyMs);
  });
  return {
    async stop() {
      timers.forEach(clearInterval);
      await Promise.all(running);
    },
  };
}
