/**
 * A site is cleared in time after its works have ended: the days of a demolition, the hours of other works, are the policy
 * `clearance-terms` of the place, and where it has none nothing is asked. 法典 520: removed in time. Pure.
 */
import { z } from 'zod';
import { addDays, dayInShanghai, endOfDayInShanghai, minuteInShanghai } from '../../catalogue/calendar.ts';
import type { PolicyBook } from '../../catalogue/reference.ts';
import { OF_PROJECTS } from '../../catalogue/streams.ts';
import type { Site } from '../../parties/registers.ts';
import type { Project } from '../../projects/registers.ts';
import { hoursAfter, judgeTerm, type Rule, type Scene } from './rule.ts';

export const CLEARANCE_OVERDUE_RULE: Rule<'project', 'projectSite', object> = {
  id: 'clearance_overdue',
  codes: ['CW-09'],
  kind: 'breach',
  title: { zh: '工程结束后逾期未清运', en: 'A site was not cleared in time after its works' },
  streams: OF_PROJECTS,
  subject: 'project',
  parameters: z.strictObject({}),
  unit: 'hours',
  policies: ['clearance-terms'],
  facts: ['projectSite'],
  wokenBy: { project_registered: 'itself', project_amended: 'itself' },
  /** Its place is not known here: asked at the end of the works, the judge says when to ask again. */
  deadline: {
    on: ['project_registered', 'project_amended'],
    at: ({ worksEndedAt, clearedAt }) => (worksEndedAt && !clearedAt ? worksEndedAt : null),
  },
  sceneOf: ({ project, projectSite }) =>
    project.worksEndedAt ? sceneOf(projectSite, project.worksEndedAt) : { notJudged: 'worksEndedAt' },
  judge({ project, projectSite }, { steps, basis, now, book, scene }) {
    const endedAt = project.worksEndedAt!;
    const term = termOf(project, endedAt, book, scene);
    if (!term) return { notJudged: 'clearance-terms' };
    const dueText = minuteInShanghai(term.dueAt);
    return judgeTerm(steps, { dueAt: term.dueAt, doneAt: project.clearedAt, now }, ({ severity }) => {
      const cleared = project.clearedAt && minuteInShanghai(project.clearedAt);
      return {
        severity,
        observed: {
          worksEndedAt: endedAt.toISOString(),
          ...(project.clearedAt ? { clearedAt: project.clearedAt.toISOString() } : {}),
        },
        expected: { clearedBy: term.dueAt.toISOString() },
        tolerance: { name: 'clearance-terms', value: term.value, unit: term.unit, source: term.source },
        basis,
        evidence: [project.id],
        summary: cleared
          ? {
              zh: `${project.name} 应于 ${dueText} 前清运完毕，实际于 ${cleared} 清完。`,
              en: `${project.name} was to be cleared by ${dueText} and was cleared at ${cleared}.`,
            }
          : {
              zh: `${project.name} 应于 ${dueText} 前清运完毕，至今未清完。`,
              en: `${project.name} was to be cleared by ${dueText} and is not cleared yet.`,
            },
        question: {
          partyId: projectSite.partyId,
          zh: '现场还有多少建筑垃圾，何时清完？',
          en: 'How much waste is still there, and when will it be gone?',
        },
      };
    });
  },
};

const sceneOf = ({ region, partyId }: Site, endedAt: Date): Scene => ({
  region,
  stream: OF_PROJECTS[0]!,
  day: dayInShanghai(endedAt),
  partyIds: [partyId],
  regions: [region],
});

/** Days end with their day; the day of the end is not counted. Hours run. Small works have hours whatever their kind. */
function termOf({ kind, smallWorks }: Project, endedAt: Date, book: Pick<PolicyBook, 'policyIf'>, scene: Scene) {
  const policy = book.policyIf('clearance-terms', scene);
  if (!policy) return undefined;
  const { demolitionDays, otherHours } = policy.value;
  const source = `${policy.basis.instrument}: ${policy.basis.article}`;
  if (kind === 'demolition' && smallWorks === null) {
    const dueAt = endOfDayInShanghai(addDays(dayInShanghai(endedAt), demolitionDays));
    return { dueAt, value: demolitionDays, unit: 'days', source } as const;
  }
  return { dueAt: hoursAfter(endedAt, otherHours), value: otherHours, unit: 'hours', source } as const;
}
