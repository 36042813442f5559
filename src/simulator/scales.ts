import type { Chance } from './random.ts';

/**
 * What an honest scale of class III says (JJG 539). Pure. It stands in its verification, its reading is a whole number
 * of divisions, and it errs by no more than the certificate allows.
 */
export interface Scale {
  /** e, in grams. */
  readonly divisionGrams: number;
}

export const TRUCK_SCALE: Scale = { divisionGrams: 20_000 };
export const BENCH_SCALE: Scale = { divisionGrams: 200 };

/** Divisions of a load up to which the permissible error is so many halves of e. */
const HALVES_OF_E = [
  { through: 500, halves: 1 },
  { through: 2_000, halves: 2 },
  { through: Number.POSITIVE_INFINITY, halves: 3 },
] as const;

/** Maximum permissible error at verification; in service it is twice that. */
export function permissibleGrams({ divisionGrams }: Scale, loadGrams: number): number {
  const { halves } = HALVES_OF_E.find(({ through }) => loadGrams <= through * divisionGrams)!;
  return (halves * divisionGrams) / 2;
}

/** Most readings lie well inside the permissible error; the rounding to a division comes on top. */
export function readingGrams(scale: Scale, trueGrams: number, chance: Chance): number {
  const error = (chance.normal() / 3) * permissibleGrams(scale, trueGrams);
  return Math.max(0, Math.round((trueGrams + error) / scale.divisionGrams) * scale.divisionGrams);
}
