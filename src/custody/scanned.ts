import type { Needs, States } from '../platform/acts.ts';
import { type Container, containerKind } from './containers.ts';
import { dried } from './dry-parts.ts';
import { accountOf } from './ledger.ts';
import { batchBalanceLookup } from './repository.ts';
import { contentPlace, type Scanned, scanLocks } from './scanning.ts';

/** What an act that scans containers needs, and what the books have of what is in them. */

/** What an act scans, found before it (`withScans`); absent: nothing is scanned. */
export interface Scanning {
  readonly scanned?: Scanned;
}

export const NOTHING_SCANNED: Scanned = { containers: [], parents: [] };

/** First round: what was scanned. */
export const scannedNeeds = ({ scanned = NOTHING_SCANNED }: Scanning): NonNullable<Needs['lock']> => scanLocks(scanned);

/** The stocks that scanned containers lie in by their records: what is in them is taken from there. */
export function contentGates({ scanned = NOTHING_SCANNED }: Scanning, states: States): string[] {
  const gates = scanned.containers.flatMap(({ id }) => {
    const container = states.get(containerKind, id);
    const place = container && container.batchId !== null ? contentPlace(container) : null;
    return place ? [accountOf(place, container!.wasteCode).id] : [];
  });
  return [...new Set(gates)];
}

/** What the books have of what is in them. */
export const contentLookups = ({ scanned = NOTHING_SCANNED }: Scanning, states: States) =>
  scanned.containers.flatMap(({ id }) => {
    const batchId = states.get(containerKind, id)?.batchId ?? null;
    return batchId === null ? [] : [{ lookup: batchBalanceLookup, key: batchId }];
  });

/**
 * What is in a container that stands in a stock: what its batch has left there, which was put right since the label was written; the
 * label's figures when the books have none of it.
 */
export function contentOf(
  { batchId, grams, pieces }: Container,
  states: States,
): { grams: number; pieces: number; dryGrams?: number } {
  const held = batchId === null ? undefined : states.found(batchBalanceLookup, batchId);
  return held && held.grams > 0
    ? { grams: held.grams, pieces: held.pieces, ...dried(held.dryGrams) }
    : { grams, pieces };
}
