import { forgetEmptyBalances } from './custody/queries.ts';
import { tripDifferenceJob } from './manifests/trip-difference.ts';
import type { JobDraft } from './platform/acts.ts';
import type { Clock } from './platform/clock.ts';
import type { Database } from './platform/connections.ts';
import type { RecordedEvent } from './platform/events.ts';
import type { JobDefinition } from './platform/jobs.ts';
import { ensurePartitions } from './platform/partitions.ts';
import { forgetAnsweredKeys, forgetDoneJobs } from './platform/retention.ts';
import { reconciliationJobs } from './reconciliation/jobs.ts';

/** Which event wakes which job, with the ids it needs. A deadline is the same with an `availableAt`. */
const WAKES: Readonly<Record<string, (event: RecordedEvent) => readonly JobDraft[]>> = {
  picked_up: (event) => [{ job: 'judge_mass', payload: { manifestId: event.subject.id } }],
  receipt_recorded: (event) => [
    { job: 'judge_mass', payload: { manifestId: event.subject.id } },
    ...tripDifference(event.data.tripId as string | undefined),
  ],
  manifest_corrected: (event) => [{ job: 'judge_mass', payload: { manifestId: event.subject.id } }],
  weigh_ticket_recorded: (event) => {
    const { manifestId, tripId } = event.data.ticket as { manifestId: string | null; tripId?: string | null };
    return [...(manifestId ? [{ job: 'judge_mass', payload: { manifestId } }] : []), ...tripDifference(tripId)];
  },
};

const tripDifference = (tripId: string | null | undefined): readonly JobDraft[] =>
  tripId ? [{ job: 'book_trip_difference', payload: { tripId } }] : [];

export const jobsOf = (event: RecordedEvent): readonly JobDraft[] => WAKES[event.type]?.(event) ?? [];

export const JOB_DEFINITIONS: ReadonlyMap<string, JobDefinition> = new Map(
  [...reconciliationJobs, tripDifferenceJob].map((definition) => [definition.name, definition]),
);

const HOUR_MS = 3_600_000;

/** What is done again and again; each is repeatable and safe in several processes at once. */
const SCHEDULES: readonly {
  readonly name: string;
  readonly everyMs: number;
  run(database: Database, clock: Clock): Promise<unknown>;
}[] = [
  { name: 'ensure_partitions', everyMs: 6 * HOUR_MS, run: ({ pool }, clock) => ensurePartitions(pool, clock.now()) },
  { name: 'forget_answered_keys', everyMs: HOUR_MS, run: ({ pool }, clock) => forgetAnsweredKeys(pool, clock.now()) },
  { name: 'forget_empty_balances', everyMs: HOUR_MS, run: ({ pool }) => forgetEmptyBalances(pool) },
  { name: 'forget_done_jobs', everyMs: HOUR_MS, run: ({ pool }, clock) => forgetDoneJobs(pool, clock.now()) },
];

export function startSchedules(
  database: Database,
  clock: Clock,
  log: { error(fields: object, event: string): void },
): { stop(): Promise<void> } {
  const running = new Set<Promise<unknown>>();
  const timers = SCHEDULES.map(({ name, everyMs, run }) => {
    const once = () => {
      const turn = run(database, clock)
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
