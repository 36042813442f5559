/**
 * An exemption for small institutions claimed by a larger one: item 2 of the exemption list frees collection from those of
 * at most 19 beds (名录 附录 2). The item and the beds are the row's; the beds of an institution are on its site. Pure.
 */
import { z } from 'zod';
import { HAZARDOUS_STREAMS } from '../../catalogue/streams.ts';
import { eventsOf, sceneOfManifest } from './of-manifest.ts';
import { type Rule, stepOver } from './rule.ts';

const Parameters = z.strictObject({ item: z.number().int().positive() });

export const CLINIC_TOO_LARGE_RULE: Rule<'manifest', 'beds', z.infer<typeof Parameters>> = {
  id: 'clinic_too_large',
  codes: ['MW-09'],
  kind: 'condition',
  title: { zh: '超过床位数主张小型医疗机构豁免', en: 'Too many beds for the exemption of small institutions' },
  streams: HAZARDOUS_STREAMS,
  subject: 'manifest',
  parameters: Parameters,
  unit: 'count',
  facts: ['beds'],
  wokenBy: { picked_up: 'claims_of_exemptions', manifest_corrected: 'claims_of_exemptions' },
  sceneOf: ({ manifest }) => sceneOfManifest(manifest, 'originRegion', manifest.issuedAt, 'issuedAt'),
  judge({ manifest, beds }, { steps, basis, parameters: { item } }) {
    const lines = manifest.lines.filter(({ exemption }) => exemption?.item === item).map(({ line }) => line);
    if (lines.length === 0) return { clear: true };
    if (beds === null) return { notJudged: 'beds' };
    const step = stepOver(steps, beds);
    if (!step) return { clear: true };
    return {
      finding: {
        severity: step.severity,
        observed: { beds },
        expected: { bedsAtMost: step.over },
        tolerance: { name: 'beds', value: step.over, unit: 'count', source: basis },
        basis,
        evidence: [manifest.consignorSiteId, ...eventsOf(manifest)],
        summary: {
          zh: `第 ${lines.join('、')} 行主张豁免清单第 ${item} 项（床位不超过 ${step.over} 张），该机构登记 ${beds} 张。`,
          en: `Line ${lines.join(', ')} claims item ${item} of the exemption list (at most ${step.over} beds); ${beds} are on record.`,
        },
        question: {
          partyId: manifest.consignorId,
          zh: '床位数是否登记有误，还是不适用该项豁免？',
          en: 'Are the beds on record wrong, or does the exemption not apply?',
        },
      },
    };
  },
};
