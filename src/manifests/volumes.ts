/**
 * What a pickup or a receipt tells in m³. Alone, it becomes grams here, by the factor the line was declared or loaded with,
 * else by the density of that place and day; beside grams it is kept as it was told and nothing is converted: a load weighed
 * in tonnes is that many tonnes. Pure.
 */
import { dayInShanghai } from '../catalogue/calendar.ts';
import { noDensity, type ToldVolume, type Volume, volumeOf } from '../catalogue/density.ts';
import type { Facts } from '../catalogue/reference.ts';
import { GRAMS_MAX } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';
import type { PickupInput, ReceiptInput } from './inputs.ts';
import type { Manifest } from './manifest.ts';
import type { Line } from './tables.ts';

/** By number of the line. */
export type Volumes = ReadonlyMap<number, ToldVolume>;

interface InGrams<Input> {
  readonly input: Input;
  readonly volumes: Volumes;
  /** Of what a receipt refused. */
  readonly refusedVolumes: Volumes;
}

/** What is known of where and when it is told. */
interface Telling {
  readonly manifest: Manifest;
  readonly region: string;
  readonly occurredAt: string;
}

/** @returns a refusal where there is no factor to convert by. */
export function pickupInGrams(
  input: PickupInput,
  manifest: Manifest,
  facts: Pick<Facts, 'reference'>,
): InGrams<PickupInput> | { readonly refusal: Refusal } {
  const telling = { manifest, region: manifest.originRegion, occurredAt: input.occurredAt };
  const loaded = linesInGrams(input.lines, 'massGrams', 'volumeLitres', telling, facts);
  if ('refusal' in loaded) return loaded;
  return { input: { ...input, lines: loaded.lines }, volumes: loaded.volumes, refusedVolumes: new Map() };
}

/** The same of what was accepted and of what was refused. */
export function receiptInGrams(
  input: ReceiptInput,
  manifest: Manifest,
  facts: Pick<Facts, 'reference'>,
): InGrams<ReceiptInput> | { readonly refusal: Refusal } {
  const telling = { manifest, region: manifest.destinationRegion, occurredAt: input.occurredAt };
  const accepted = linesInGrams(input.lines, 'acceptedGrams', 'acceptedLitres', telling, facts);
  if ('refusal' in accepted) return accepted;
  const rejected = linesInGrams(accepted.lines, 'refusedGrams', 'refusedLitres', telling, facts);
  if ('refusal' in rejected) return rejected;
  return { input: { ...input, lines: rejected.lines }, volumes: accepted.volumes, refusedVolumes: rejected.volumes };
}

function linesInGrams<Given extends { readonly line: number }>(
  lines: readonly Given[],
  grams: keyof Given & string,
  litres: keyof Given & string,
  { manifest, region, occurredAt }: Telling,
  facts: Pick<Facts, 'reference'>,
): { readonly lines: Given[]; readonly volumes: Volumes } | { readonly refusal: Refusal } {
  const at = { region, stream: manifest.stream, day: dayInShanghai(new Date(occurredAt)) };
  const volumes = new Map<number, ToldVolume>();
  const converted: Given[] = [];
  for (const [index, given] of lines.entries()) {
    const told = given[litres] as number | undefined;
    const line = manifest.lines.find((one) => one.line === given.line)!;
    if (told === undefined || given[grams] !== undefined) {
      if (told !== undefined) volumes.set(given.line, { litres: told });
      converted.push(given);
      continue;
    }
    const volume = byOwnFactor(told, line) ?? volumeOf(told, line.wasteCode, at, facts);
    if (!volume) return { refusal: noDensity(line.wasteCode, `/lines/${index}/${litres}`) };
    const mass = volume.litres * volume.gramsPerLitre;
    if (mass > GRAMS_MAX) return { refusal: tooMuch(mass, `/lines/${index}/${litres}`) };
    volumes.set(given.line, volume);
    converted.push({ ...given, [grams]: mass });
  }
  return { lines: converted, volumes };
}

/** The factor the line was declared by, or loaded by: one load has one density. */
function byOwnFactor(litres: number, { volume, pickedUpVolume }: Pick<Line, 'volume' | 'pickedUpVolume'>) {
  const known = [volume, pickedUpVolume].find((one): one is Volume => one !== undefined && 'gramsPerLitre' in one);
  return known && { ...known, litres };
}

/** m³ or litres: the slip shows when it becomes mass. */
export const tooMuch = (grams: number, pointer: string): Refusal =>
  against(
    pointer,
    `折合 ${grams} 克，超过一行的上限 ${GRAMS_MAX} 克；请核对单位（升，1 立方米为 1000）。`,
    `It comes to ${grams} g, more than the ${GRAMS_MAX} g a line may have; check the unit (litres, 1000 to a cubic metre).`,
  );

const TOLD_OF: Readonly<Record<string, 'pickedUpVolume' | 'acceptedVolume' | 'refusedVolume'>> = {
  pickedUpGrams: 'pickedUpVolume',
  acceptedGrams: 'acceptedVolume',
  refusedGrams: 'refusedVolume',
};

/** When a mass is put right, the m³ it was told with say nothing of it any more. */
export function withoutVolumeOf(line: Line, corrected: string): Line {
  const told = TOLD_OF[corrected];
  if (!told) return line;
  const { [told]: _, ...rest } = line;
  return rest;
}
