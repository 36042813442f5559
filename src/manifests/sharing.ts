import { dried, dryMass, dryPartOf } from '../custody/dry-parts.ts';
import { apportion, withDry } from '../custody/ledger.ts';
import { gramsOf, piecesOf } from './parts.ts';
import type { Line, LineBatch } from './tables.ts';

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

/** What was loaded of each batch adds up to what was picked up, and what was found with the load besides. */
export function loadedAnew(line: Line, { loaded, pickedUpGrams, pickedUpPieces }: Line): Line {
  if (line.pickedUpGrams === null || pickedUpGrams === null) return line;
  const grams = line.pickedUpGrams + gramsOf(loaded) - pickedUpGrams;
  const pieces = (line.pickedUpPieces ?? 0) + piecesOf(loaded) - (pickedUpPieces ?? 0);
  const moisture = line.pickedUpMoisturePermille ?? line.moisturePermille;
  const shares = shareOver(loaded, grams, pieces);
  return { ...line, loaded: moisture === undefined ? shares : withDry(shares, dryMass(grams, moisture)) };
}
