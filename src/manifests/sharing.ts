import { apportion, dried, dryPartOf } from '../custody/ledger.ts';
import type { LineBatch } from './tables.ts';

/** So much of a line, shared over its batches in proportion to what each has there; of its dry mass each gives its part. */
export function shareOver(parts: readonly LineBatch[], grams: number, pieces: number): LineBatch[] {
  const shares = {
    grams: apportion(
      grams,
      parts.map((part) => part.grams),
    ),
    pieces: apportion(
      pieces,
      parts.map((part) => part.pieces),
    ),
  };
  return parts.map(({ dryGrams: _, ...part }, index) => ({
    ...part,
    grams: shares.grams[index]!,
    pieces: shares.pieces[index]!,
    ...dried(dryPartOf(parts[index]!, shares.grams[index]!)),
  }));
}
