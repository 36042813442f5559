/**
 * Working days (工作日) by the yearly holiday notices of the State Council General Office, civil days in Asia/Shanghai.
 * A period runs from the day after the one it counts from (Civil Code art. 201), and its last day is never a holiday
 * (art. 203): counting only working days gives both.
 *
 * The trap: a notice is issued in the autumn before its year and may move days of the December before it (the notice for
 * 2023 made 2022-12-31 a holiday). So the last week of the last year covered is not settled, and what lies after it is
 * unknown. A result that passes `knownThrough` is `provisional`: store it with `calendarVersion` and compute it again
 * when the table grows.
 */
import { z } from 'zod';
import { type Day, DaySchema, readRows, versionOf } from './reference-files.ts';

export type { Day } from './reference-files.ts';

const WorkingDayRow = z.object({
  year: z.coerce.number().int(),
  day: DaySchema,
  kind: z.enum(['holiday', 'makeup_workday']),
  notice: z.string().min(1),
});

/** Days that are holidays by 全国年节及纪念日放假办法 art. 2 whatever the notice says: they hold for unknown years too. */
const FIXED_HOLIDAYS: readonly string[] = ['01-01', '05-01', '05-02', '10-01', '10-02', '10-03'];
const WORKING_DAYS_MAX = 400;
const DAY_MILLISECONDS = 86_400_000;
/** No summer time since 1991. */
const SHANGHAI_OFFSET_MILLISECONDS = 8 * 3_600_000;

const rows = readRows('working-days.csv', WorkingDayRow);
const noticed = new Map(rows.map((row) => [row.day, row.kind]));
const years = [...new Set(rows.map((row) => row.year))].sort((a, b) => a - b);

/** First and last day a notice was published for. */
export const noticesFrom: Day = `${years[0]}-01-01`;
export const noticesThrough: Day = `${years.at(-1)}-12-31`;
/** The last settled day: a week before `noticesThrough`, because the next notice may still move the days after it. */
export const knownThrough: Day = `${years.at(-1)}-12-24`;
/** Goes beside every stored deadline. */
export const calendarVersion = `cn-${years.at(-1)}-${versionOf(['working-days.csv'])}`;

export type WorkingDayResult = { readonly day: Day; readonly provisional: boolean; readonly calendarVersion: string };

/**
 * The n-th working day after a day, which is itself not counted; a negative n counts backwards (a licence must be
 * renewed 30 working days before it ends). With n = 0 it is the day itself.
 * @throws RangeError when the day does not exist or n is not a whole number from -400 to 400.
 */
export function addWorkingDays(day: Day, n: number): WorkingDayResult {
  assertDay(day);
  if (!Number.isInteger(n) || Math.abs(n) > WORKING_DAYS_MAX)
    throw new RangeError(`not a number of working days: ${n}`);
  const step = n < 0 ? -1 : 1;
  let current = day;
  for (let left = Math.abs(n); left > 0; ) {
    current = shifted(current, step);
    if (isWorked(current)) left -= 1;
  }
  const last = day > current ? day : current;
  const first = day < current ? day : current;
  return { day: current, provisional: last > knownThrough || first < noticesFrom, calendarVersion };
}

/** By notice where there is one, else weekdays without the fixed holidays. @throws RangeError when the day does not exist. */
export function isWorkingDay(day: Day): boolean {
  assertDay(day);
  return isWorked(day);
}

/** Calendar days later (or earlier). @throws RangeError when the day does not exist. */
export function addDays(day: Day, days: number): Day {
  assertDay(day);
  return shifted(day, days);
}

/** The same day of the month so many months later; one that does not exist there is the first of the next. @throws RangeError when the day does not exist. */
export function addMonths(day: Day, months: number): Day {
  assertDay(day);
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  return new Date(Date.UTC(year, month - 1 + months, date)).toISOString().slice(0, 10);
}

/** The civil day in Asia/Shanghai of an instant. @throws RangeError for an invalid Date. */
export function dayInShanghai(instant: Date): Day {
  return new Date(instant.getTime() + SHANGHAI_OFFSET_MILLISECONDS).toISOString().slice(0, 10);
}

/** An instant as a sentence says it, in Asia/Shanghai to the minute: 2026-11-14 15:26. @throws RangeError for an invalid Date. */
export function minuteInShanghai(instant: Date): string {
  return new Date(instant.getTime() + SHANGHAI_OFFSET_MILLISECONDS).toISOString().slice(0, 16).replace('T', ' ');
}

/**
 * The instant a day in Asia/Shanghai is over, which is the first instant of the next day: something done on the last day
 * of a term happened before it (`<`), something overdue at or after it (`>=`).
 * @throws RangeError when the day does not exist.
 */
export function endOfDayInShanghai(day: Day): Date {
  assertDay(day);
  return new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MILLISECONDS - SHANGHAI_OFFSET_MILLISECONDS);
}

/** Is the text a day that exists? Never throws. */
export function isDay(text: string): boolean {
  return DaySchema.safeParse(text).success;
}

function isWorked(day: Day): boolean {
  const kind = noticed.get(day);
  if (kind) return kind === 'makeup_workday';
  if (day > noticesThrough && FIXED_HOLIDAYS.includes(day.slice(5))) return false;
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return weekday !== 0 && weekday !== 6;
}

function shifted(day: Day, days: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MILLISECONDS).toISOString().slice(0, 10);
}

function assertDay(day: Day): void {
  if (!isDay(day)) throw new RangeError(`not a day: ${day}`);
}
