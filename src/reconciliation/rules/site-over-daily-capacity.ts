/** What a receiving site took in on a day, against the capacity it is permitted for a day. CW 7. Pure. */
import { z } from 'zod';
import { OF_PROJECTS } from '../../catalogue/streams.ts';
import { judgeCounted, sceneOfPermit } from './of-permit.ts';
import type { Rule } from './rule.ts';

export const SITE_OVER_DAILY_CAPACITY_RULE: Rule<'permit', 'holder' | 'permitSite' | 'acceptedInPeriod', object> = {
  id: 'site_over_daily_capacity',
  codes: ['CW-10'],
  kind: 'condition',
  title: { zh: '消纳场所当日受纳超过能力', en: 'A site took in more in a day than it may' },
  streams: OF_PROJECTS,
  subject: 'permit',
  parameters: z.strictObject({}),
  unit: 'permille',
  facts: ['holder', 'permitSite', 'acceptedInPeriod'],
  wokenBy: { receipt_recorded: 'capacities_counted', manifest_corrected: 'capacities_counted' },
  sceneOf: (facts, { period }) => sceneOfPermit(facts, OF_PROJECTS[0]!, period),
  judge(facts, context) {
    if (facts.permit.type !== 'site_capacity') return { notJudged: 'site_capacity' };
    const { period } = context;
    return judgeCounted('site_over_daily_capacity', facts, context, {
      summary: ({ number, accepted, cap, percent }) => ({
        zh: `${period} 受纳 ${accepted}，为 ${number} 日受纳能力 ${cap}的 ${percent} %。`,
        en: `On ${period}, ${accepted} were taken in: ${percent} % of the ${cap} a day of ${number}.`,
      }),
      question: {
        zh: '超出日受纳能力的部分如何堆放和处理？',
        en: 'Where was what exceeds the daily capacity put, and how is it dealt with?',
      },
    });
  },
};
