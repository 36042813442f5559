/**
 * The treatment (利用、处置) as its events tell it, and how it is booked. What goes in leaves the stock for `treated`;
 * residues, products and losses leave `treated` again and additives join it, so that what stays there is what was
 * destroyed or converted. Pure.
 */
import { findTreatmentMethod, type TreatmentKind, treatmentKindOf } from '../catalogue/treatment-methods.ts';
import { type AccountRole, apportion, type Movement, type Place } from '../custody/ledger.ts';
import type { Accepted } from '../platform/acts.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { treatments } from './tables.ts';

export type Treatment = StateOf<typeof treatments>;

/** What a record fixes; the rest follows from its event. */
export type TreatmentFields = Omit<Treatment, 'id' | 'status' | 'batchCode' | 'startedAt' | 'endedAt' | 'reversedAt'>;

export const treatmentKind = subjectKind({
  name: 'treatment',
  rank: RANKS.fact,
  table: treatments,
  evolve(state, event): Treatment {
    const type = event.type as 'treatment_recorded' | 'treatment_reversed';
    switch (type) {
      case 'treatment_recorded': {
        const { treatment, startedAt, batchCode } = event.data as unknown as {
          treatment: TreatmentFields;
          startedAt: string;
          batchCode?: string;
        };
        return {
          ...treatment,
          id: event.subject.id,
          status: 'recorded',
          batchCode: batchCode ?? null,
          startedAt: new Date(startedAt),
          endedAt: event.occurredAt,
          reversedAt: null,
        };
      }
      case 'treatment_reversed':
        return { ...state!, status: 'reversed', reversedAt: event.recordedAt };
      default:
        throw new Error(`a treatment knows no event ${type satisfies never}`);
    }
  },
});

type Booked = Pick<Treatment, 'partyId' | 'siteId' | 'ownerId' | 'inputs' | 'outputs' | 'additives' | 'lossGrams'>;

export const placeOf = (
  role: AccountRole,
  { partyId, siteId, ownerId }: Pick<Booked, 'partyId' | 'siteId' | 'ownerId'>,
): Place => [role, partyId, siteId, ownerId];

/**
 * Every movement of a treatment. What came of several batches is apportioned to them by mass, to the gram; what has no
 * code of its own (products, losses, additives) stands under the code of the waste it came from or was added to.
 */
export function movementsOfTreatment(treatment: Booked): Movement[] {
  const { inputs, outputs, additives, lossGrams } = treatment;
  const [stock, treated, product, loss, additive] = (['stock', 'treated', 'product', 'loss', 'additive'] as const).map(
    (role) => placeOf(role, treatment),
  ) as [Place, Place, Place, Place, Place];
  const products = outputs.filter(({ kind }) => kind === 'product');
  const spread = (from: Place, to: Place, whole: Whole, residue?: { wasteCode: string; batchId: string }) =>
    sharesOf(whole, inputs).map(
      (share, index): Movement => ({
        wasteCode: residue?.wasteCode ?? inputs[index]!.wasteCode,
        from,
        to,
        fromBatch: inputs[index]!.batchId,
        toBatch: residue?.batchId ?? inputs[index]!.batchId,
        pieces: 0,
        ...share,
      }),
    );
  return [
    ...inputs.map(
      ({ wasteCode, batchId, grams, pieces, dryGrams, from = stock }): Movement => ({
        wasteCode,
        from,
        to: treated,
        fromBatch: batchId,
        toBatch: batchId,
        grams,
        pieces,
        dryGrams,
      }),
    ),
    ...spread(additive, treated, { grams: totalGrams(additives), dryGrams: 0 }),
    ...outputs.flatMap((output) => (output.kind === 'residue' ? spread(treated, stock, output, output) : [])),
    ...spread(treated, product, {
      grams: totalGrams(products),
      dryGrams: products.reduce((sum, { dryGrams }) => sum + dryGrams, 0),
    }),
    ...spread(treated, loss, { grams: lossGrams, dryGrams: 0 }),
  ];
}

/** The same movements the other way round: every posting and every edge of the treatment is taken back once. */
export const negated = (movements: readonly Movement[]): Movement[] =>
  movements.map(({ grams, pieces, dryGrams, ...movement }) => ({
    ...movement,
    grams: 0 - grams,
    pieces: 0 - pieces,
    dryGrams: 0 - dryGrams,
  }));

interface Whole {
  readonly grams: number;
  readonly dryGrams: number;
}

/** Dry mass follows the mass it is part of: no share is drier than it is heavy. */
function sharesOf({ grams, dryGrams }: Whole, inputs: Booked['inputs']): Whole[] {
  const shares = apportion(
    grams,
    inputs.map((input) => input.grams),
  );
  const dryShares = apportion(dryGrams, shares);
  return shares.map((share, index) => ({ grams: share, dryGrams: dryShares[index]! }));
}

/** Waste codes named in these inputs or outputs, each once. */
export const codesOf = (parts: readonly object[]): string[] => [
  ...new Set(parts.flatMap((part) => ('wasteCode' in part ? [part.wasteCode as string] : []))),
];

export const totalGrams = (parts: readonly { readonly grams: number }[]): number =>
  parts.reduce((sum, { grams }) => sum + grams, 0);

/** Use or disposal, as the place counts it on that day. The code must be one that exists. */
export const kindOfMethod = (method: string, cementKilnCountsAs: TreatmentKind): TreatmentKind =>
  treatmentKindOf(findTreatmentMethod(method)!, cementKilnCountsAs);

const SELF_TREATMENT_PREFIX: Readonly<Record<TreatmentKind, string>> = { use: 'HWZXLY', disposal: 'HWZXCZ' };

/** HJ 1259 annex B: 自行利用、处置批次编码, a serial for each site and day of three digits or more. */
export function batchCodeSeries(
  kind: TreatmentKind,
  { siteId, day }: { siteId: string; day: string },
): NonNullable<Accepted['number']> {
  const prefix = SELF_TREATMENT_PREFIX[kind];
  return {
    series: `${prefix} ${siteId} ${day}`,
    into: 'batchCode',
    max: 99_999,
    format: (serial) => `${prefix}${day.replaceAll('-', '')}${String(serial).padStart(3, '0')}`,
  };
}
