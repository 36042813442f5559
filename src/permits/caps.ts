/** A quantity that a permit gives in m³: grams once, when it is entered, by the density of its class, its place and that day. Pure. */
import { dayInShanghai } from '../catalogue/calendar.ts';
import { noDensity, volumeOf } from '../catalogue/density.ts';
import type { Facts } from '../catalogue/reference.ts';
import { streamOfClass, streamOfCode } from '../catalogue/streams.ts';
import { against, type Refusal } from '../problems.ts';
import type { Permit } from './registers.ts';

interface Entered {
  readonly wasteCodes: readonly string[];
  readonly capGrams: number | null;
  readonly capLitres: number | null;
}
type Capped<Record> = Omit<Record, 'capLitres'> & Pick<Permit, 'capVolume'>;

/** @returns the record as it is kept; a refusal where the litres stand for no one mass. */
export function capInGrams<Record extends Entered>(
  { capLitres, ...record }: Record,
  before: Permit | undefined,
  region: string,
  facts: Pick<Facts, 'now' | 'reference'>,
): Capped<Record> | { readonly refusal: Refusal } {
  if (capLitres === null) return { ...record, capVolume: null } as unknown as Capped<Record>;
  const isKept = before?.capVolume?.litres === capLitres && String(before.wasteCodes) === String(record.wasteCodes);
  const volume = isKept ? before!.capVolume! : oneVolume(capLitres, record.wasteCodes, region, facts);
  if ('refusal' in volume) return volume;
  const capGrams = volume.litres * volume.gramsPerLitre;
  if (record.capGrams !== null && record.capGrams !== capGrams)
    return {
      refusal: against(
        '/capGrams',
        `capLitres 与 capGrams 填其一；按密度 ${volume.gramsPerLitre} 克每升折为 ${capGrams} 克。`,
        `Give capLitres or capGrams, not both; at ${volume.gramsPerLitre} g a litre it is ${capGrams} g.`,
      ),
    };
  return { ...record, capGrams, capVolume: volume } as unknown as Capped<Record>;
}

function oneVolume(
  litres: number,
  wasteCodes: readonly string[],
  region: string,
  facts: Pick<Facts, 'now' | 'reference'>,
): NonNullable<Permit['capVolume']> | { readonly refusal: Refusal } {
  const day = dayInShanghai(facts.now);
  const volumes = wasteCodes.map((code) => {
    const stream = (/^[HS]W/.test(code) ? streamOfClass(code) : streamOfCode(code)) ?? '';
    return stream === '' ? null : volumeOf(litres, code, { region, stream, day }, facts);
  });
  const [first] = volumes;
  const without = volumes.findIndex((volume) => !volume);
  if (!first || without >= 0) return { refusal: noDensity(wasteCodes[Math.max(without, 0)] ?? '*', '/capLitres') };
  if (volumes.every((volume) => volume!.gramsPerLitre === first.gramsPerLitre)) return first;
  return {
    refusal: against(
      '/capLitres',
      '所列各类密度不同；请按类别分别登记，或填 capGrams（克）。',
      'The classes it names differ in density: enter a permit for each, or give capGrams.',
    ),
  };
}
