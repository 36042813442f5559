/**
 * What a pickup and a receipt are told of a mass that differs from the one before it. TM 18 ¶2 has every difference of hazardous waste
 * reported; where another law asks for the manifest nothing is said below what two honest scales may differ by, the tolerance of the
 * stream. Between m³ and tonnes lies a density, which is a mean: there the policy `converted-mass-permille` decides. Pure.
 */
import type { ToldVolume } from '../catalogue/density.ts';
import type { Facts, PolicyPlace } from '../catalogue/reference.ts';
import { HAZARDOUS_STREAMS, streamTerms } from '../catalogue/streams.ts';
import type { Warning } from '../platform/acts.ts';
import type { Line } from './tables.ts';

interface Loaded {
  readonly line: Pick<Line, 'line' | 'declaredGrams' | 'volume'>;
  readonly grams: number;
  readonly volume: ToldVolume | undefined;
}

/**
 * A slip of unit shows here first. What was declared may be an estimate, and what is loaded as well a drum as a truck: said is what lies beyond
 * the critical share and the floor of a bench scale, by the law of the place that will weigh it again.
 */
export function loadedDiffers(
  { line: { line, declaredGrams, volume: declared }, grams, volume }: Loaded,
  index: number,
  place: PolicyPlace,
  { reference }: Pick<Facts, 'reference'>,
): Warning[] {
  const { floorBenchGrams, criticalPermille } = reference.policy('mass-tolerance', place).value;
  const permille = mixedPermille([declared, volume], place, reference) ?? criticalPermille;
  const allowed = Math.max(floorBenchGrams, share(declaredGrams, permille));
  if (grams > 0 && Math.abs(grams - declaredGrams) <= allowed) return [];
  const detail = {
    zh: `第 ${line} 行装运 ${grams} 克，申报 ${declaredGrams} 克；请核对数量和单位（克），有误请更正。`,
    en: `Of line ${line} ${grams} g were loaded and ${declaredGrams} g declared; check the figure and its unit (grams), and correct it if it is wrong.`,
  };
  const basis = differenceBasis(place.stream, 'TM 10(3)');
  return [{ code: 'quantity-differs', pointer: `/lines/${index}/massGrams`, basis, detail }];
}

interface Received {
  readonly line: Pick<Line, 'line' | 'pickedUpVolume'>;
  readonly sentGrams: number;
  readonly receivedGrams: number;
  readonly volume: ToldVolume | undefined;
}

/** A difference in quantity that was not reported as one. */
export function receivedDiffers(
  { line: { line, pickedUpVolume }, sentGrams, receivedGrams, volume }: Received,
  index: number,
  place: PolicyPlace,
  { reference }: Pick<Facts, 'reference'>,
): Warning[] {
  const allowed = allowedAtReceipt(sentGrams, [pickedUpVolume, volume], place, reference);
  if (Math.abs(receivedGrams - sentGrams) <= allowed) return [];
  const detail = {
    zh: `第 ${line} 行：装运 ${sentGrams} 克，收到 ${receivedGrams} 克，未填报数量不符。`,
    en: `Line ${line}: ${sentGrams} g were loaded and ${receivedGrams} g received, with no quantity discrepancy reported.`,
  };
  const basis = differenceBasis(place.stream, 'TM 18 ¶2');
  return [{ code: 'quantity-differs', pointer: `/lines/${index}`, basis, detail }];
}

function allowedAtReceipt(
  sentGrams: number,
  told: readonly (ToldVolume | undefined)[],
  place: PolicyPlace,
  reference: Facts['reference'],
): number {
  if (HAZARDOUS_STREAMS.includes(place.stream)) return 0;
  const { floorTruckGrams, warningPermille } = reference.policy('mass-tolerance', place).value;
  const permille = mixedPermille(told, place, reference) ?? warningPermille;
  return Math.max(floorTruckGrams, share(sentGrams, permille));
}

/** Where one of two figures follows from a volume and the other does not: by how much they may differ, if the place says so. */
function mixedPermille(
  [one, other]: readonly (ToldVolume | undefined)[],
  place: PolicyPlace,
  reference: Facts['reference'],
): number | undefined {
  const isMixed = isConverted(one) !== isConverted(other);
  return isMixed ? reference.policyIf('converted-mass-permille', place)?.value : undefined;
}

/** The grams beside it follow from it. */
const isConverted = (volume: ToldVolume | undefined): boolean => volume !== undefined && 'gramsPerLitre' in volume;

const share = (grams: number, permille: number): number => Math.floor((grams * permille) / 1000);

/** TM is for hazardous waste; the manifests of another stream rest on the text that asks for them. */
export function differenceBasis(stream: string, ofHazardous: string): string {
  if (HAZARDOUS_STREAMS.includes(stream)) return ofHazardous;
  const { instrument, article } = streamTerms(stream).basis;
  return `${instrument} ${article}`;
}
