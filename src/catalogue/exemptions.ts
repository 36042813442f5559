/**
 * 危险废物豁免管理清单, the annex of the national list: 32 items, each free of hazardous-waste control only at the named
 * stages and under its condition. Every other duty stays: a waste that is transport-exempt may ride in an ordinary
 * vehicle, but it is still hazardous waste; whether it needs a manifest is a policy (`transport-exempt-manifest`).
 *
 * Read in the 2021 edition (Order 15, art. 3 and annex). From 2025-01-01 the rows carry on with `verified: false`.
 * Conditions are our own short wording: a hint for a person, not something this code can test.
 */
import { z } from 'zod';
import { type Day, readRows } from './reference-files.ts';
import { wasteClassOf, wasteListOn } from './waste-codes.ts';

/** 环节. The annex never exempts storage alone; only the items for all stages cover it. */
export const CUSTODY_STAGES = ['collect', 'store', 'transport', 'utilise', 'dispose'] as const;
export type CustodyStage = (typeof CUSTODY_STAGES)[number];

const STAGES_COVERED = {
  all: CUSTODY_STAGES,
  collect: ['collect'],
  transport: ['transport'],
  utilise: ['utilise'],
  dispose: ['dispose'],
  utilise_dispose: ['utilise', 'dispose'],
} as const satisfies Record<string, readonly CustodyStage[]>;
type ExemptStage = keyof typeof STAGES_COVERED;

const ExemptionRow = z.object({
  item: z.coerce.number().int().min(1).max(32),
  codes: z.string().transform((text) => text.split('|')),
  waste: z.string().min(1),
  stage: z.enum(Object.keys(STAGES_COVERED) as [ExemptStage, ...ExemptStage[]]),
  condition: z.string().min(1),
  edition: z.literal('2021'),
});
type ExemptionRow = z.infer<typeof ExemptionRow>;

export type Exemption = Omit<ExemptionRow, 'edition'> & {
  /** By what the item names this waste: its code, its class, or any hazardous waste of a certain origin. */
  readonly matchedBy: 'code' | 'class' | 'any';
  readonly edition: '2021' | '2025';
  readonly verified: boolean;
};

const rows = readRows('exemptions.csv', ExemptionRow);

/**
 * The items that may exempt this waste at this stage, most specific first. Several may answer: which condition is met is
 * for the party to claim and for reconciliation to question. Empty for a code of no class, and before 2021-01-01.
 * Never throws.
 */
export function exemptionsFor(code: string, stage: CustodyStage, day: Day): readonly Exemption[] {
  const wasteClass = wasteClassOf(code);
  const list = wasteListOn(day);
  if (!wasteClass || !list) return [];
  const found: Exemption[] = [];
  for (const matchedBy of ['code', 'class', 'any'] as const) {
    const name = { code, class: wasteClass.class, any: '*' }[matchedBy];
    for (const { edition: _, ...row } of rows) {
      const stages: readonly CustodyStage[] = STAGES_COVERED[row.stage];
      if (!stages.includes(stage) || !row.codes.includes(name) || found.some((other) => isSameRow(other, row)))
        continue;
      found.push({ ...row, matchedBy, ...list });
    }
  }
  return found;
}

/** One row may name both a code and `*` (item 25). */
function isSameRow(one: Exemption, other: Omit<ExemptionRow, 'edition'>): boolean {
  return one.item === other.item && one.stage === other.stage && one.waste === other.waste;
}
