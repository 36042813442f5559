/**
 * What must be in a certain kind of container is in another: sharps in a bag instead of a box that nothing pierces (MW 16;
 * 医疗废物分类目录). Which waste goes into what is the table in the row. Pure.
 */
import { z } from 'zod';
import { dayInShanghai } from '../../catalogue/calendar.ts';
import { STREAMS, streamOfCode } from '../../catalogue/streams.ts';
import { type Rule, stepOver } from './rule.ts';

const Parameters = z.strictObject({ packagings: z.record(z.string(), z.array(z.string()).min(1)) });

export const SHARPS_PACKAGING_RULE: Rule<'container', never, z.infer<typeof Parameters>> = {
  id: 'sharps_packaging',
  codes: ['MW-08'],
  kind: 'condition',
  title: { zh: '包装物与废物类别不符', en: 'The waste is in the wrong kind of container' },
  streams: STREAMS,
  subject: 'container',
  parameters: Parameters,
  unit: 'count',
  facts: [],
  wokenBy: { generation_recorded: 'containers_of_batches', container_filled: 'containers_of_batches' },
  sceneOf: ({ container }) => ({
    region: container.region,
    stream: streamOfCode(container.wasteCode),
    day: dayInShanghai(container.labelledAt),
    partyIds: [container.unitId],
    regions: [container.region],
  }),
  judge({ container }, { steps, basis, parameters: { packagings } }) {
    const { wasteCode, packaging, code, unitId } = container;
    const fitting = packagings[wasteCode] ?? [packaging];
    const step = stepOver(steps, fitting.includes(packaging) ? 0 : 1);
    if (!step) return { clear: true };
    return {
      finding: {
        severity: step.severity,
        observed: { packaging },
        expected: { packaging: fitting.join(', ') },
        tolerance: { name: 'sharps_packaging', value: step.over, unit: 'count', source: basis },
        basis,
        evidence: [container.id],
        summary: {
          zh: `容器 ${code} 装 ${wasteCode}，包装为 ${packaging}，应为 ${fitting.join('、')}。`,
          en: `Container ${code} holds ${wasteCode} in a ${packaging}; it belongs into ${fitting.join(', ')}.`,
        },
        question: {
          partyId: unitId,
          zh: '损伤性废物是否已改装利器盒？',
          en: 'Has it been put into a container that fits?',
        },
      },
    };
  },
};
