/**
 * A claimed exemption (LIST = 《国家危险废物名录》, annex 危险废物豁免管理清单): whether its item fits the waste, the stage and the day.
 * Whether its condition holds is for the party to know and for reconciliation to question. Pure.
 */
import { type CustodyStage, type Exemption, exemptionsFor } from '../catalogue/exemptions.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import type { Stream } from '../catalogue/streams.ts';
import { findTreatmentMethod, treatmentKindOf } from '../catalogue/treatment-methods.ts';
import type { Warning } from '../platform/acts.ts';
import type { Bilingual, Refusal } from '../problems.ts';
import type { DraftLine } from './tables.ts';

/** 点对点定向利用: the one item that rests on a permit of its own. */
export const POINT_TO_POINT_ITEM = 32;

type ClaimedLine = Pick<DraftLine, 'line' | 'wasteCode' | 'plannedMethod' | 'exemption'>;

/** Says what a claimed exemption lacks, by the list of that day; asked at drafting too. */
export function claimRefusal(line: ClaimedLine, stage: CustodyStage, day: string): Refusal | undefined {
  const item = line.exemption?.item;
  if (item === undefined || claimedRows(line.wasteCode, item, [stage, 'transport'], day).length > 0) return undefined;
  const fitting = exemptionsFor(line.wasteCode, stage, day).map(
    (one) => `${one.item} (${one.waste}: ${one.condition})`,
  );
  const right = {
    zh: fitting.join('；') || '无，请去掉 exemption',
    en: fitting.join('; ') || 'none: leave `exemption` out',
  };
  return {
    problem: 'against-rule',
    detail: {
      zh: `豁免清单第 ${item} 项在 ${day} 不适用于 ${line.wasteCode} 的${STAGES[stage].zh}环节。适用的项：${right.zh}。`,
      en: `Item ${item} of the exemption list does not free ${line.wasteCode} at the stage of ${STAGES[stage].en} on ${day}. What fits: ${right.en}.`,
    },
    basis: '名录 附录',
    errors: [{ pointer: `/lines/${line.line - 1}/exemption/item`, detail: right }],
  };
}

/** 利用 or 处置, as the place counts the method. */
export function stageOf(
  method: string,
  reference: PolicyBook,
  at: { region: string; stream: Stream; day: string },
): 'utilise' | 'dispose' {
  const found = findTreatmentMethod(method);
  return found && treatmentKindOf(found, reference.policy('cement-kiln-counts-as', at).value) === 'use'
    ? 'utilise'
    : 'dispose';
}

/** The rows of a claimed item that free this waste at one of these stages on that day. */
export const claimedRows = (code: string, item: number, stages: readonly CustodyStage[], day: string): Exemption[] =>
  stages.flatMap((stage) => exemptionsFor(code, stage, day).filter((one) => one.item === item));

/** Items for any waste need a scheme of their own (25, 26, 32): without a claim only one that names this waste counts. */
export const unclaimedRow = (code: string, stage: CustodyStage, day: string): Exemption | undefined =>
  exemptionsFor(code, stage, day).find(({ matchedBy }) => matchedBy !== 'any');

/** The duties that stay with a claim. */
export const claimWarning = (line: DraftLine, { item, waste, condition }: Exemption): Warning => ({
  code: 'exemption-claimed',
  pointer: `/lines/${line.line - 1}/exemption/item`,
  basis: `名录 附录 ${item}`,
  detail: {
    zh: `按豁免清单第 ${item} 项（${waste}）办理，须符合：${condition}。其他义务不变。`,
    en: `Item ${item} of the exemption list is claimed (${waste}); its condition must hold: ${condition}. Every other duty stays.`,
  },
});

const STAGES: Record<CustodyStage, Bilingual> = {
  collect: { zh: '收集', en: 'collection' },
  store: { zh: '贮存', en: 'storage' },
  transport: { zh: '运输', en: 'transport' },
  utilise: { zh: '利用', en: 'use' },
  dispose: { zh: '处置', en: 'disposal' },
};

/** What is let pass by an item nobody claimed. */
export const unclaimedWarning = (line: ClaimedLine, { item }: Exemption): Warning => ({
  code: 'licence-exemption-claimed',
  pointer: `/lines/${line.line - 1}/wasteCode`,
  basis: `名录 附录 ${item}`,
  detail: {
    zh: `接受人没有涵盖 ${line.wasteCode} 的许可证，按豁免清单第 ${item} 项放行；请在 exemption 中写明所主张的项。`,
    en: `The consignee has no licence for ${line.wasteCode}; it passes by item ${item} of the exemption list. Say in \`exemption\` which item is claimed.`,
  },
});
