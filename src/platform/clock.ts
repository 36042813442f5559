/**
 * The only place that reads the machine's clock. Everything else is handed a Clock, so that tests freeze it and the
 * simulator advances it; the architecture test greps for any other reader.
 */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** A clock that stands still until told otherwise. */
export function manualClock(start: Date): Clock & { set(instant: Date): void; advanceMs(milliseconds: number): void } {
  let current = start.getTime();
  return {
    now: () => new Date(current),
    set: (instant) => {
      current = instant.getTime();
    },
    advanceMs: (milliseconds) => {
      current += milliseconds;
    },
  };
}

export interface PlayedClock extends Clock {
  /** @throws RangeError when that is earlier than it is: what has been recorded cannot come to lie in the future. */
  set(instant: Date): void;
  /** From now on it shows the machine's time, for good. */
  follow(): void;
}

/** A clock that whoever plays a past moves ahead, until it is let go and follows the machine's. */
export function playedClock(start: Date): PlayedClock {
  let current: Date | null = start;
  return {
    now: () => (current === null ? systemClock.now() : new Date(current)),
    set(instant) {
      if (current === null || instant < current)
        throw new RangeError(`the clock does not go back to ${instant.toISOString()}`);
      current = instant;
    },
    follow() {
      if (current !== null && current > systemClock.now())
        throw new RangeError(`what was played lies in the future: ${current.toISOString()}`);
      current = null;
    },
  };
}
