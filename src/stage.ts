import type { PlayedClock } from './platform/clock.ts';
import type { Service } from './service.ts';
import type { Stage } from './simulator/play.ts';

/** A service in this process as a stage: its clock, and its outbox to wait for. */
const WAIT_MS_MAX = 20_000;
const LOOK_AGAIN_MS = 4;
/** A job that failed waits for its next try on a clock that nobody else moves: after this long it is moved to there. */
const STUCK_MS = 1_000;

/** A row that was claimed has an attempt and a lease that ends later; both are work that is not done yet. */
const DUE = "state = 'pending' and (available_at <= $1 or attempts > 0)";

export function stageOf(service: Service, clock: PlayedClock, baseUrl: string, adminKey: string): Stage {
  const { pool } = service.database;
  const goToNextTry = async () => {
    const { rows } = await pool.query<{ at: Date | null }>(
      "select min(available_at) as at from outbox where state = 'pending' and last_error is not null",
    );
    const { at } = rows[0]!;
    if (at && at > clock.now()) clock.set(at);
  };
  return {
    baseUrl,
    adminKey,
    setClock: (at) => clock.set(new Date(Math.max(at, clock.now().getTime()))),
    async nextDueAt() {
      const { rows } = await pool.query<{ at: Date | null }>({
        name: 'stage-next-due',
        text: `select min(available_at) as at from outbox where state = 'pending' and not (${DUE})`,
        values: [clock.now()],
      });
      return rows[0]!.at?.getTime();
    },
    async jobsDone() {
      for (let waitedMs = 0; waitedMs < WAIT_MS_MAX; waitedMs += LOOK_AGAIN_MS) {
        service.wakeJobs();
        const { rows } = await pool.query<{ open: boolean }>({
          name: 'stage-jobs-open',
          text: `select exists (select from outbox where ${DUE}) as open`,
          values: [clock.now()],
        });
        if (!rows[0]!.open) return;
        if (waitedMs > 0 && waitedMs % STUCK_MS === 0) await goToNextTry();
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      }
      throw new Error(`jobs are still open after ${WAIT_MS_MAX / 1_000} seconds`);
    },
  };
}
