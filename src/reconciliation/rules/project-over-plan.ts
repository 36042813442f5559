/**
 * What was received from a project, against a line of its plan (处理方案): 法典 520 has the plan filed and followed. A plan may be
 * amended; then this clears. Pure.
 */
import { z } from 'zod';
import { dayInShanghai } from '../../catalogue/calendar.ts';
import { OF_PROJECTS } from '../../catalogue/streams.ts';
import { judgeCounted, sceneOfPermit } from './of-permit.ts';
import type { Rule } from './rule.ts';

export const PROJECT_OVER_PLAN_RULE: Rule<'permit', 'holder' | 'permitSite' | 'acceptedInPeriod', object> = {
  id: 'project_over_plan',
  codes: ['CW-06'],
  kind: 'condition',
  title: { zh: '工程排放量超过处理方案', en: 'More came from a project than its plan names' },
  streams: OF_PROJECTS,
  subject: 'permit',
  parameters: z.strictObject({}),
  unit: 'permille',
  facts: ['holder', 'permitSite', 'acceptedInPeriod'],
  wokenBy: {
    receipt_recorded: 'plans_counted',
    manifest_corrected: 'plans_counted',
    permit_amended: 'validity_of_permit',
  },
  /** The plan runs over its validity, so it is held against the law of today. */
  sceneOf: (facts, { now }) => sceneOfPermit(facts, OF_PROJECTS[0]!, dayInShanghai(now)),
  judge(facts, context) {
    if (facts.permit.type !== 'project_plan') return { notJudged: 'project_plan' };
    return judgeCounted('project_over_plan', facts, context, {
      summary: ({ number, accepted, cap, percent }) => ({
        zh: `处理方案 ${number} 列 ${cap}，已接受 ${accepted}，为 ${percent} %。`,
        en: `Plan ${number} names ${cap}; ${accepted} were received: ${percent} %.`,
      }),
      question: {
        zh: '超出处理方案的部分从何而来？是否变更处理方案？',
        en: 'Where does what exceeds the plan come from, and will the plan be amended?',
      },
    });
  },
};
