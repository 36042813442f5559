/** What labels, stores and weighings are held to. Pure: rows and deciders. */
import type { Warning } from '../platform/acts.ts';
import type { StoreType } from './tables.ts';

interface LabelSize {
  /** The smallest capacity that needs it lies above this. */
  readonly aboveLitres: number;
  readonly sideMillimetres: number;
  readonly letterMillimetres: number;
  /** Large containers bear it on two opposite sides. */
  readonly faces: number;
}

/** HJ 1276-2022: the label grows with the container. In the order of the standard. */
export const LABEL_SIZES: readonly LabelSize[] = [
  { aboveLitres: 0, sideMillimetres: 100, letterMillimetres: 3, faces: 1 },
  { aboveLitres: 50, sideMillimetres: 150, letterMillimetres: 5, faces: 1 },
  { aboveLitres: 450, sideMillimetres: 200, letterMillimetres: 6, faces: 2 },
];
export const LABEL_SIZE_RULE = { basis: 'HJ 1276-2022' } as const;

/** The label a container of that capacity needs; the smallest when its capacity is not known. */
export const labelSizeOf = (capacityLitres: number | null): LabelSize =>
  LABEL_SIZES.findLast(({ aboveLitres }) => (capacityLitres ?? 0) > aboveLitres) ?? LABEL_SIZES[0]!;

/** What a store holds and may hold, with the thresholds of its place and day. */
export interface StoreLoad {
  readonly type: StoreType;
  readonly capacityGrams: number | null;
  readonly stockGrams: number;
  readonly pointLimitGrams: number;
  readonly pointBasis: string;
  readonly warningPermille: number;
  readonly capacityBasis: string;
}

/** How full it is, rounded down; null when its capacity is not known. */
export const filledPermille = (stockGrams: number, capacityGrams: number | null): number | null =>
  capacityGrams === null ? null : Math.floor((stockGrams * 1_000) / capacityGrams);

/** What whoever puts something into the store is told; the waste is there, so it is recorded. */
export function storeWarnings(load: StoreLoad): Warning[] {
  const { type, capacityGrams, stockGrams, pointLimitGrams, warningPermille } = load;
  const warnings: Warning[] = [];
  if (type === 'point' && stockGrams > pointLimitGrams)
    warnings.push({
      code: 'storage-point-over-limit',
      pointer: '/storeId',
      basis: load.pointBasis,
      detail: {
        zh: `贮存点现存 ${stockGrams} 克，超过 ${pointLimitGrams} 克。`,
        en: `The storage point now holds ${stockGrams} g, above ${pointLimitGrams} g.`,
      },
    });
  const filled = filledPermille(stockGrams, capacityGrams);
  if (capacityGrams === null || filled === null || filled < warningPermille) return warnings;
  const over = stockGrams > capacityGrams;
  warnings.push({
    code: over ? 'store-over-capacity' : 'store-nearly-full',
    pointer: '/storeId',
    basis: load.capacityBasis,
    detail: {
      zh: `贮存设施现存 ${stockGrams} 克，贮存能力 ${capacityGrams} 克。`,
      en: `The store now holds ${stockGrams} g of ${capacityGrams} g.`,
    },
  });
  return warnings;
}

/** 称重链: one container's masses side by side, from the ward it was filled in to the plant (MW 12). */
export const WEIGHING_STAGES = ['ward', 'store', 'truck', 'plant'] as const;
export type WeighingStage = (typeof WEIGHING_STAGES)[number];

export interface Reading {
  readonly id: string;
  readonly stage: WeighingStage;
  readonly massGrams: number;
}

export interface ChainStep {
  readonly from: WeighingStage;
  readonly to: WeighingStage;
  /** Later less earlier. */
  readonly differenceGrams: number;
}

/** The last reading of each stage, in the order they were weighed; null where nobody weighed. */
export type Masses = Readonly<Record<WeighingStage, number | null>>;
export const massesOf = (readings: readonly Reading[]): Masses =>
  Object.fromEntries(
    WEIGHING_STAGES.map((stage) => [stage, readings.findLast((one) => one.stage === stage)?.massGrams ?? null]),
  ) as Masses;

/** Between each stage that weighed and the next that did: a stage that nobody weighed at is passed over. */
export function chainSteps(masses: Masses): ChainStep[] {
  const weighed = WEIGHING_STAGES.filter((stage) => masses[stage] !== null);
  return weighed.slice(1).map((to, index) => {
    const from = weighed[index]!;
    return { from, to, differenceGrams: masses[to]! - masses[from]! };
  });
}

/** Of several containers: those of which each has been weighed at a stage; null where one has not. */
export const summed = (all: readonly Masses[]): Masses =>
  Object.fromEntries(
    WEIGHING_STAGES.map((stage) => [
      stage,
      all.length > 0 && all.every((masses) => masses[stage] !== null)
        ? all.reduce((sum, masses) => sum + masses[stage]!, 0)
        : null,
    ]),
  ) as Masses;
