/**
 * m³ become tonnes once. The factor is a dated row of the place and the class of waste (policy `density`, grams a litre, which is
 * kilograms a cubic metre); it stays beside the litres it was told in. Litres times grams a litre are whole grams: nothing is
 * rounded. Pure.
 */
import { against, type Refusal } from '../problems.ts';
import type { PolicyBook, PolicyPlace } from './reference.ts';
import { wasteClassOf } from './waste-codes.ts';

/** m³ as told, in litres, and what made grams of it; converted once and never again. */
export interface Volume {
  readonly litres: number;
  readonly gramsPerLitre: number;
  /** The policy row the factor is of. */
  readonly density: string;
}

/** A volume that was told of a load: with its factor where its grams follow from it, without one where it was weighed as well. */
export type ToldVolume = Volume | { readonly litres: number };

/** @returns null when that place has no density for the class. */
export function volumeOf(
  litres: number,
  wasteCodeOrClass: string,
  at: PolicyPlace,
  { reference }: { readonly reference: Pick<PolicyBook, 'policyIf'> },
): Volume | null {
  const row = reference.policyIf('density', at);
  const wasteClass = wasteClassOf(wasteCodeOrClass)?.class ?? wasteCodeOrClass;
  const gramsPerLitre = row?.value[wasteClass];
  return row && gramsPerLitre !== undefined ? { litres, gramsPerLitre, density: row.id } : null;
}

export const noDensity = (wasteCode: string, pointer: string): Refusal =>
  against(
    pointer,
    `该地没有 ${wasteCode} 的换算密度；请填质量 massGrams，或由平台管理员登记 density 政策。`,
    `There is no density for ${wasteCode} at this place: give massGrams, or have a density registered among the policies.`,
  );
