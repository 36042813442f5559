import t from 'tap';
import {
  addDays,
  addWorkingDays,
  calendarVersion,
  dayInShanghai,
  endOfDayInShanghai,
  isDay,
  isWorkingDay,
  knownThrough,
  noticesThrough,
} from '../../src/catalogue/calendar.ts';

t.test('make-up days are working days, holidays are not', async (t) => {
  for (const day of ['2026-02-14', '2026-02-28', '2026-10-10', '2026-01-04', '2026-05-09', '2026-09-20'])
    t.ok(isWorkingDay(day), day);
  for (const day of ['2026-01-01', '2026-02-16', '2026-02-23', '2026-10-07', '2025-10-08'])
    t.notOk(isWorkingDay(day), day);
  for (const day of ['2026-11-21', '2026-11-22']) t.notOk(isWorkingDay(day), `${day} is a weekend`);
  t.ok(isWorkingDay('2026-11-23'));
});

t.test("a December day that the next year's notice made a holiday", async (t) => {
  t.notOk(isWorkingDay('2022-12-31'));
  t.ok(isWorkingDay('2022-12-30'));
});

t.test('the day itself is not counted', async (t) => {
  t.match(addWorkingDays('2026-11-23', 5), { day: '2026-11-30', provisional: false, calendarVersion });
  t.match(addWorkingDays('2026-11-23', 1), { day: '2026-11-24' });
  t.match(addWorkingDays('2026-11-23', 0), { day: '2026-11-23' });
  t.match(addWorkingDays('2026-11-21', 1), { day: '2026-11-23' }, 'from a Saturday');
});

t.test('over Spring Festival 2026, with two make-up Saturdays', async (t) => {
  t.match(addWorkingDays('2026-02-12', 5), { day: '2026-02-26', provisional: false }); // 13, 14, 24, 25, 26
  t.match(addWorkingDays('2026-02-24', 4), { day: '2026-02-28' }); // 25, 26, 27, 28
});

t.test('over National Day 2026', async (t) => {
  t.match(addWorkingDays('2026-09-30', 3), { day: '2026-10-10' });
  t.match(addWorkingDays('2026-09-30', 4), { day: '2026-10-12' });
});

t.test('2027 is not published: results past the settled days are provisional', async (t) => {
  t.equal(noticesThrough, '2026-12-31');
  t.equal(knownThrough, '2026-12-24');
  t.match(addWorkingDays('2026-12-17', 5), { day: '2026-12-24', provisional: false });
  t.match(addWorkingDays('2026-12-18', 5), { day: '2026-12-25', provisional: true });
  t.match(addWorkingDays('2026-12-28', 5), { day: '2027-01-05', provisional: true });
});

t.test('2027-01-01 is a holiday by law, though no notice says so yet', async (t) => {
  t.notOk(isWorkingDay('2027-01-01'));
  t.notOk(isWorkingDay('2027-10-01'));
  t.ok(isWorkingDay('2027-01-04'));
  t.match(addWorkingDays('2026-12-31', 1), { day: '2027-01-04', provisional: true });
});

t.test('before the first notice we have, weekdays count and the result is provisional', async (t) => {
  t.match(addWorkingDays('2020-12-31', 1), { provisional: true });
  t.match(addWorkingDays('2021-01-01', 1), { day: '2021-01-04', provisional: false });
});

t.test('backwards, and past two new years', async (t) => {
  t.match(addWorkingDays('2026-11-30', -5), { day: '2026-11-23', provisional: false });
  t.match(addWorkingDays('2026-10-10', -1), { day: '2026-10-09' });
  t.match(addWorkingDays('2026-10-09', -2), { day: '2026-09-30' });
  t.match(addWorkingDays('2025-12-31', 90), { day: '2026-05-18', provisional: false });
});

t.test('what is not a day or a number of days is refused', async (t) => {
  for (const day of ['2026-02-29', '2026-13-01', '26-01-01', '', '2026-1-1']) {
    t.notOk(isDay(day), day);
    t.throws(() => addWorkingDays(day, 1), RangeError);
    t.throws(() => endOfDayInShanghai(day), RangeError);
  }
  t.ok(isDay('2024-02-29'));
  for (const n of [1.5, Number.NaN, 401, -401]) t.throws(() => addWorkingDays('2026-11-23', n), RangeError);
  t.throws(() => dayInShanghai(new Date('nonsense')), RangeError);
});

t.test('days and instants in Shanghai', async (t) => {
  t.equal(dayInShanghai(new Date('2026-11-22T15:59:59.999Z')), '2026-11-22');
  t.equal(dayInShanghai(new Date('2026-11-22T16:00:00Z')), '2026-11-23');
  t.same(endOfDayInShanghai('2026-11-22'), new Date('2026-11-22T16:00:00Z'));
  t.equal(addDays('2024-02-28', 2), '2024-03-01');
  t.equal(addDays('2026-01-01', -1), '2025-12-31');
});
