/**
 * What is said of a treatment that is recorded all the same: a physical report is never refused by rule. Licence:
 * 固废法 80, 法典 534. Plan and register: 固废法 78, 法典 532; HJ 1259-2022. Pure: no clock, no database.
 */

import { exemptionsFor } from '../catalogue/exemptions.ts';
import { HAZARDOUS_STREAMS, streamOfCode } from '../catalogue/streams.ts';
import type { TreatmentKind } from '../catalogue/treatment-methods.ts';
import type { Permit } from '../permits/registers.ts';
import { permitCovers } from '../permits/rules.ts';
import type { Warning } from '../platform/acts.ts';

const OLD_LAW = '固体废物污染环境防治法（2020年修订）';
const CODE = '生态环境法典';

/** Which article a remark rests on, by the civil day of the treatment; the day named is the first it no longer holds. */
const BASES = {
  licence: [{ until: '2026-08-15', basis: `${OLD_LAW} 80` }, { basis: `${CODE} 534` }],
  plan: [{ until: '2026-08-15', basis: `${OLD_LAW} 78` }, { basis: `${CODE} 532` }],
  register: [
    { until: '2026-08-15', basis: `${OLD_LAW} 78; HJ 1259-2022 6.3` },
    { basis: `${CODE} 532; HJ 1259-2022 6.3` },
  ],
} as const satisfies Record<string, readonly { until?: string; basis: string }[]>;

export const basisOn = (topic: keyof typeof BASES, day: string): string => {
  const rows: readonly { until?: string; basis: string }[] = BASES[topic];
  return rows.find(({ until }) => until === undefined || day < until)!.basis;
};

/** What went in, as the register knows it. */
export interface JudgedInput {
  readonly wasteCode: string;
  /** Where it stands in the report. */
  readonly pointer: string;
  readonly grams: number;
  /** What the register had of it; null when it knew of none. */
  readonly heldGrams: number | null;
  /** Received from another, or kept for another. */
  readonly foreign: boolean;
}

export interface JudgedTreatment {
  readonly siteId: string;
  readonly method: string;
  readonly treatmentKind: TreatmentKind;
  /** Civil day in Asia/Shanghai on which it ended. */
  readonly day: string;
  readonly inputs: readonly JudgedInput[];
  readonly inputGrams: number;
  readonly additiveGrams: number;
  readonly outputGrams: number;
  readonly licences: readonly Permit[];
  readonly plans: readonly Permit[];
}

export const remarksOn = (treatment: JudgedTreatment): Warning[] => [
  ...permitRemarks(treatment),
  ...stockRemarks(treatment),
  ...balanceRemarks(treatment),
];

/** Of hazardous waste: others' waste needs a licence of that day, one's own a plan that names it. Once for each code. */
function permitRemarks({ siteId, method, treatmentKind, day, inputs, licences, plans }: JudgedTreatment): Warning[] {
  const covers = (permits: readonly Permit[], wasteCode: string) =>
    permits.some((permit) => permitCovers(permit, { wasteCode, method, day, siteId }));
  const forItself = plans.filter(({ counterpartId }) => counterpartId === null); // a line that names a receiver is a transfer
  const seen = new Set<string>();
  const hazardous = inputs.filter(({ wasteCode }) => HAZARDOUS_STREAMS.includes(streamOfCode(wasteCode)));
  return hazardous.flatMap(({ wasteCode, foreign, pointer }) => {
    const question = `${wasteCode} ${foreign}`;
    if (seen.has(question)) return [];
    seen.add(question);
    const what = `${wasteCode}（${method}）`;
    if (!foreign)
      return covers(forItself, wasteCode)
        ? []
        : [
            {
              code: 'outside-plan',
              pointer,
              basis: basisOn('plan', day),
              detail: {
                zh: `${day} 有效的管理计划未列明自行利用处置 ${what}。`,
                en: `No management plan in force on ${day} names the treatment of ${wasteCode} by ${method}.`,
              },
            },
          ];
    if (covers(licences, wasteCode)) return [];
    const stage = treatmentKind === 'use' ? 'utilise' : 'dispose';
    const exempt = exemptionsFor(wasteCode, stage, day).some(({ matchedBy }) => matchedBy !== 'any');
    return [
      {
        code: exempt ? 'licence-exemption-claimed' : 'licence-missing',
        pointer,
        basis: basisOn('licence', day),
        detail: {
          zh: `没有在 ${day} 有效且涵盖 ${what}的危险废物经营许可证。`,
          en: `No licence in force on ${day} covers ${wasteCode} by ${method}.`,
        },
      },
    ];
  });
}

/** More was treated than the register had: evidence, and the stock is below zero now. */
const stockRemarks = ({ inputs, day }: JudgedTreatment): Warning[] =>
  inputs
    .filter(({ grams, heldGrams }) => heldGrams === null || grams > heldGrams)
    .map(({ wasteCode, pointer, grams, heldGrams }) => ({
      code: heldGrams === null ? 'stock-unrecorded' : 'stock-below-zero',
      pointer,
      basis: basisOn('register', day),
      detail:
        heldGrams === null
          ? { zh: `台账中没有 ${wasteCode} 的库存。`, en: `No stock of ${wasteCode} is on record.` }
          : {
              zh: `台账库存 ${heldGrams} 克，少于利用处置的 ${grams} 克。`,
              en: `The register had ${heldGrams} g, less than the ${grams} g treated.`,
            },
    }));

/** Mass is not made: more came out than went in. Less is ordinary: the rest was destroyed, or not told. */
function balanceRemarks({ inputGrams, additiveGrams, outputGrams, day }: JudgedTreatment): Warning[] {
  const inGrams = inputGrams + additiveGrams;
  if (outputGrams <= inGrams) return [];
  const detail = {
    zh: `产出与损失合计 ${outputGrams} 克，多于投入与添加的 ${inGrams} 克。`,
    en: `Outputs and losses are ${outputGrams} g, more than the ${inGrams} g that went in and was added.`,
  };
  return [{ code: 'outputs-exceed-inputs', pointer: '/outputs', basis: basisOn('register', day), detail }];
}
