/**
 * Clocks in hours, for any stream that a dated row gives one: how long waste may lie, how long until the next pickup, how
 * long until it is treated. 医疗废物管理条例 17, 25; GB 39707-2020 5.4.6; measures in an epidemic 法典 545, 固废法 91. Pure.
 */
import { addDays, dayInShanghai, endOfDayInShanghai } from '../../catalogue/calendar.ts';
import type { Policy } from '../../catalogue/policies.ts';
import type { PolicyName } from '../../catalogue/policy-definitions.ts';
import { type Finding, hoursAfter, type Place, type RuleBook } from './rule.ts';

export type Book = Pick<RuleBook, 'policyIf'>;

/**
 * When a term ends. In an epidemic it is shorter: from the first day on which the measures are in force and the shorter term
 * has run out already.
 */
export function termEnds(
  from: Date,
  { hours, epidemicHours }: { readonly hours: number; readonly epidemicHours?: number | undefined },
  place: Place,
  book: Book,
): Date {
  const ordinary = hoursAfter(from, hours);
  if (epidemicHours === undefined || epidemicHours >= hours) return ordinary;
  const shortened = hoursAfter(from, epidemicHours);
  for (let day = dayInShanghai(shortened); startOf(day) < ordinary; day = addDays(day, 1))
    if (book.policyIf('epidemic-mode', { ...place, day })?.value === 'on')
      return new Date(Math.max(startOf(day).getTime(), shortened.getTime()));
  return ordinary;
}

const startOf = (day: string): Date => endOfDayInShanghai(addDays(day, -1));

/** The line that was crossed: the hours between the two instants, and whose row they are. */
export const toleranceOf = (
  { policy, basis }: Pick<Policy<PolicyName>, 'policy' | 'basis'>,
  from: Date,
  dueAt: Date,
): Finding['tolerance'] => ({
  name: policy,
  value: (dueAt.getTime() - from.getTime()) / 3_600_000,
  unit: 'hours',
  source: `${basis.instrument}: ${basis.article}`,
});
