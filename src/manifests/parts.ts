/** Parts of batches on a line, and their sums. Pure. */
import type { Line, LineBatch } from './tables.ts';

/** Batch by batch, what is left when some parts are taken away. */
export function without(parts: readonly LineBatch[], ...taken: readonly (readonly LineBatch[])[]): LineBatch[] {
  return parts.map((part) => {
    const gone = taken.flat().filter(({ batchId }) => batchId === part.batchId);
    return {
      ...part,
      grams: part.grams - gone.reduce((sum, { grams }) => sum + grams, 0),
      pieces: part.pieces - gone.reduce((sum, { pieces }) => sum + pieces, 0),
    };
  });
}

/** Adds up parts of the same batches. */
export function together(...all: readonly (readonly LineBatch[])[]): LineBatch[] {
  const sums = new Map<string, LineBatch>();
  for (const part of all.flat()) {
    const known = sums.get(part.batchId);
    sums.set(
      part.batchId,
      known ? { ...known, grams: known.grams + part.grams, pieces: known.pieces + part.pieces } : part,
    );
  }
  return [...sums.values()];
}

export const gramsOf = (parts: readonly Pick<LineBatch, 'grams'>[]): number =>
  parts.reduce((sum, { grams }) => sum + grams, 0);
export const piecesOf = (parts: readonly LineBatch[]): number => parts.reduce((sum, { pieces }) => sum + pieces, 0);

/** What of a line travels on: as picked up, less what an incident holds up, lost or kept back. */
export const carried = ({ loaded, frozen, lost, recovered }: Line): LineBatch[] =>
  without(loaded, frozen, lost, recovered);

/** Whether anything of the load is on its way still. */
export function travels(lines: readonly Line[]): boolean {
  const parts = lines.flatMap(carried);
  return gramsOf(parts) !== 0 || piecesOf(parts) !== 0;
}
