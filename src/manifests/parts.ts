/** Parts of batches on a line, and their sums. Pure. */
import { dried } from '../custody/dry-parts.ts';
import type { Line, LineBatch } from './tables.ts';

/** Batch by batch, what is left when some parts are taken away. */
export function without(parts: readonly LineBatch[], ...taken: readonly (readonly LineBatch[])[]): LineBatch[] {
  return parts.map(({ dryGrams = 0, ...part }) => {
    const gone = taken.flat().filter(({ batchId }) => batchId === part.batchId);
    return {
      ...part,
      grams: part.grams - gramsOf(gone),
      pieces: part.pieces - piecesOf(gone),
      ...dried(dryGrams - dryGramsOf(gone)),
    };
  });
}

/** Adds up parts of the same batches. */
export function together(...all: readonly (readonly LineBatch[])[]): LineBatch[] {
  const sums = new Map<string, LineBatch>();
  for (const part of all.flat()) {
    const known = sums.get(part.batchId);
    sums.set(part.batchId, known ? { ...known, ...sumOf([known, part]) } : part);
  }
  return [...sums.values()];
}

export const gramsOf = (parts: readonly Pick<LineBatch, 'grams'>[]): number =>
  parts.reduce((sum, { grams }) => sum + grams, 0);
export const piecesOf = (parts: readonly Pick<LineBatch, 'pieces'>[]): number =>
  parts.reduce((sum, { pieces }) => sum + pieces, 0);
export const dryGramsOf = (parts: readonly Pick<LineBatch, 'dryGrams'>[]): number =>
  parts.reduce((sum, { dryGrams = 0 }) => sum + dryGrams, 0);
const sumOf = (parts: readonly LineBatch[]) => ({
  grams: gramsOf(parts),
  pieces: piecesOf(parts),
  ...dried(dryGramsOf(parts)),
});
/** Anything at all, more or less than nothing. */
export const isSomething = ({ grams, pieces, dryGrams = 0 }: Omit<LineBatch, 'batchId' | 'inferred'>): boolean =>
  grams !== 0 || pieces !== 0 || dryGrams !== 0;

/** 含水率 as it was last measured; undefined for a waste of which none is. */
export const moistureOf = (line: Partial<Pick<Line, MoistureField>>): number | undefined =>
  line.receivedMoisturePermille ?? line.pickedUpMoisturePermille ?? line.moisturePermille;
type MoistureField = 'receivedMoisturePermille' | 'pickedUpMoisturePermille' | 'moisturePermille';

/** What of a line travels on: as picked up, less what an incident holds up, lost or kept back. */
export const carried = ({ loaded, frozen, lost, recovered }: Line): LineBatch[] =>
  without(loaded, frozen, lost, recovered);

/** Whether anything of the load is on its way still. */
export function travels(lines: readonly Line[]): boolean {
  const parts = lines.flatMap(carried);
  return gramsOf(parts) !== 0 || piecesOf(parts) !== 0;
}
