/**
 * One container, weighed at several stages on its way, does not weigh the same, or did not come as far as the others: the register
 * of a medical institution says what each weighs (医疗废物管理条例 12). The last reading of a stage counts; all are kept. How far
 * neighbours may differ is in the row: more than the permille of the earlier mass, and more than the floor that two bench
 * scales may err by. Pure.
 */
import { z } from 'zod';
import { dayInShanghai } from '../../catalogue/calendar.ts';
import { STREAMS, streamOfCode } from '../../catalogue/streams.ts';
import { chainSteps, massesOf, type WeighingStage } from '../../generation/rules.ts';
import type { Bilingual } from '../../problems.ts';
import { massText, type Rule, stepOver } from './rule.ts';

const Parameters = z.strictObject({ floorGrams: z.number().int().nonnegative() });

export const CONTAINER_WEIGHT_DRIFT_RULE: Rule<'container', 'containerWeighings', z.infer<typeof Parameters>> = {
  id: 'container_weight_drift',
  codes: ['MW-05'],
  kind: 'condition',
  title: { zh: '容器在途中变轻、变重或缺失', en: 'A container gained, lost or was lost on its way' },
  streams: STREAMS,
  subject: 'container',
  parameters: Parameters,
  unit: 'permille',
  facts: ['containerWeighings'],
  wokenBy: {
    container_weighed: 'itself',
    receipt_recorded: 'containers_weighed',
    incident_resolved: 'containers_weighed',
    return_received: 'containers_weighed',
  },
  sceneOf: ({ container, containerWeighings }) => ({
    region: container.region,
    stream: streamOfCode(container.wasteCode),
    day: dayInShanghai(container.labelledAt),
    partyIds: [...new Set([container.unitId, container.partyId, ...containerWeighings.map(({ partyId }) => partyId)])],
    regions: [container.region],
  }),
  judge({ container, containerWeighings }, { steps, basis, parameters: { floorGrams } }) {
    const masses = massesOf(containerWeighings);
    const [worst] = chainSteps(masses)
      .filter(({ differenceGrams }) => Math.abs(differenceGrams) > floorGrams)
      .map((one) => ({ ...one, permille: (Math.abs(one.differenceGrams) * 1_000) / masses[one.from]! }))
      .sort((a, b) => b.permille - a.permille);
    const last = containerWeighings.at(-1);
    const isGone = last !== undefined && (container.state === 'missing' || container.state === 'lost');
    const step = isGone ? steps.at(-1) : worst && stepOver(steps, worst.permille);
    if (!last || !step) return { clear: true };
    const asked = isGone ? last : containerWeighings.findLast(({ stage }) => stage === worst!.to)!;
    return {
      finding: {
        severity: step.severity,
        observed: Object.fromEntries([
          ...Object.entries(masses).flatMap(([stage, grams]) => (grams === null ? [] : [[`${stage}Grams`, grams]])),
          ['state', container.state],
        ]),
        expected: { labelledGrams: container.label.massGrams },
        tolerance: { name: 'container_weight_drift', value: step.over, unit: 'permille', source: basis },
        basis,
        evidence: containerWeighings.map(({ id }) => id),
        summary: isGone ? goneText(container.code, last.stage) : driftText(container.code, worst!, masses),
        question: {
          partyId: asked.partyId,
          zh: '称重之间发生了什么，容器是否打开过？',
          en: 'What happened between the weighings, and was the container opened?',
        },
      },
    };
  },
};

function driftText(
  code: string,
  { from, to, differenceGrams, permille }: ReturnType<typeof chainSteps>[number] & { readonly permille: number },
  masses: ReturnType<typeof massesOf>,
): Bilingual {
  const percent = (permille / 10).toFixed(1);
  const more = differenceGrams > 0;
  return {
    zh: `容器 ${code} 在${STAGES[from].zh}称 ${massText(masses[from]!)}，在${STAGES[to].zh}称 ${massText(masses[to]!)}，${more ? '多' : '少'} ${percent}%。`,
    en: `Container ${code} weighed ${massText(masses[from]!)} ${STAGES[from].en} and ${massText(masses[to]!)} ${STAGES[to].en}, ${percent} % ${more ? 'more' : 'less'}.`,
  };
}

const goneText = (code: string, stage: WeighingStage): Bilingual => ({
  zh: `容器 ${code} 最后一次称重在${STAGES[stage].zh}，此后缺失。`,
  en: `Container ${code} was last weighed ${STAGES[stage].en} and has been missing since.`,
});

const STAGES: Readonly<Record<WeighingStage, Bilingual>> = {
  ward: { zh: '科室', en: 'in the ward' },
  store: { zh: '暂存间', en: 'in the store' },
  truck: { zh: '收运车', en: 'at the vehicle' },
  plant: { zh: '处置厂', en: 'at the plant' },
};
