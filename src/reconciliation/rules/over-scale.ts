/**
 * What a licensed operator accepted under its licence in a calendar year, against the yearly scale the licence names. ML 12: who goes more
 * than 20 % over it applies for a new licence; the share is the policy `licence-scale-excess-permille`. Pure.
 */

import { z } from 'zod';
import { dayInShanghai } from '../../catalogue/calendar.ts';
import { streamOfPolicy } from '../../catalogue/policy-definitions.ts';
import { HAZARDOUS_STREAMS } from '../../catalogue/streams.ts';
import { massText, type Rule, stepOver } from './rule.ts';

export const OVER_SCALE_RULE: Rule<'permit', 'holder' | 'acceptedInPeriod', object> = {
  id: 'over_scale',
  codes: ['HW-12'],
  kind: 'condition',
  title: { zh: '年接受量超过许可规模', en: 'Accepted more in the year than the licence allows' },
  streams: HAZARDOUS_STREAMS,
  subject: 'permit',
  parameters: z.strictObject({}),
  unit: 'permille',
  policies: ['licence-scale-excess-permille'],
  facts: ['holder', 'acceptedInPeriod'],
  wokenBy: { receipt_recorded: 'licences_counted', manifest_corrected: 'licences_counted' },
  /** The law of the last day of that year, or of today while the year runs. */
  sceneOf: ({ holder }, { now, period }) => ({
    region: holder.region,
    stream: streamOfPolicy('licence-scale-excess-permille'),
    day: [dayInShanghai(now), `${period}-12-31`].sort()[0]!,
    partyIds: [holder.id],
    regions: [holder.region],
  }),
  judge({ permit, holder, acceptedInPeriod: acceptedGrams }, { steps, basis, book, scene, period }) {
    if (permit.type !== 'licence') return { notJudged: 'licence' };
    if (!permit.capGrams) return { notJudged: 'capGrams' };
    const permille = (acceptedGrams * 1_000) / permit.capGrams;
    const excess = book.policy('licence-scale-excess-permille', scene);
    const relicensed = { severity: 'critical', over: 1_000 + excess.value } as const;
    const step = stepOver([...steps, relicensed], permille);
    if (!step) return { clear: true };
    const isRelicensed = step === relicensed;
    const percent = (permille / 10).toFixed(1);
    return {
      finding: {
        severity: step.severity,
        observed: { acceptedGrams },
        expected: { capGrams: permit.capGrams },
        tolerance: {
          name: isRelicensed ? 'licence-scale-excess-permille' : 'over_scale',
          value: step.over,
          unit: 'permille',
          source: isRelicensed ? `${excess.basis.instrument}: ${excess.basis.article}` : basis,
        },
        basis,
        evidence: [permit.id],
        summary: {
          zh: `${period} 年已接受 ${massText(acceptedGrams)}，为许可证 ${permit.number} 年规模 ${massText(permit.capGrams)}的 ${percent} %。`,
          en: `In ${period}, ${massText(acceptedGrams)} were accepted: ${percent} % of the ${massText(permit.capGrams)} a year of licence ${permit.number}.`,
        },
        question: {
          partyId: holder.id,
          zh: isRelicensed ? '是否已重新申请许可证？' : '本年其余时间如何安排接受量？',
          en: isRelicensed
            ? 'Has a new licence been applied for?'
            : 'How will the rest of the year be kept within the scale?',
        },
      },
    };
  },
};
