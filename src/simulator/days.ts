import { addDays, type Day, dayInShanghai, isWorkingDay } from '../catalogue/calendar.ts';

/** Days and hours in Shanghai as milliseconds since 1970. The calendar of working days is taken as a fact. */
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const SHANGHAI = 8 * HOUR;

export type { Day } from '../catalogue/calendar.ts';
export { addDays, isWorkingDay } from '../catalogue/calendar.ts';

export const dayOf = (at: number): Day => dayInShanghai(new Date(at));
export const startOf = (day: Day): number => Date.parse(`${day}T00:00:00Z`) - SHANGHAI;
export const iso = (at: number): string => new Date(at).toISOString();

/** The last of so many working days after a day, which is itself not counted. */
export function workingDaysAfter(day: Day, days: number): Day {
  let current = day;
  for (let left = days; left > 0; ) {
    current = addDays(current, 1);
    if (isWorkingDay(current)) left -= 1;
  }
  return current;
}

/** Every day that lies wholly or partly between two instants. */
export function daysBetween(from: number, until: number): Day[] {
  const days: Day[] = [];
  for (let day = dayOf(from); startOf(day) < until; day = addDays(day, 1)) days.push(day);
  return days;
}
