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
