/** What an act that puts mass back or takes it away after the pickup needs, so that a batch without mass has no dry mass either. */
import { dryRests, type Movement } from '../custody/ledger.ts';
import { batchLeftLookup } from '../custody/repository.ts';
import type { States } from '../platform/acts.ts';
import type { Manifest } from './manifest.ts';
import { dryGramsOf, moistureOf } from './parts.ts';

/** Batches of which dry mass is kept: those a manifest was loaded from, and those it became. */
const dryBatches = ({ lines }: Manifest): string[] => [
  ...new Set(
    lines
      .filter((line) => moistureOf(line) !== undefined || dryGramsOf(line.loaded) !== 0)
      .flatMap(({ loaded, receivedBatchIds }) => [...loaded.map(({ batchId }) => batchId), ...receivedBatchIds]),
  ),
];

/** What they have in stock; gated by the batch, so that two who put back see each other. */
export const dryLeft = (manifest: Manifest | undefined) =>
  (manifest ? dryBatches(manifest) : []).map((key) => ({ lookup: batchLeftLookup, key }));

/** `dryRests` of movements at those stocks. */
export function restsOf(manifest: Manifest, movements: readonly Movement[], states: States): Movement[] {
  const looked = new Set(dryBatches(manifest));
  return dryRests(movements, (id) => (looked.has(id) ? states.found(batchLeftLookup, id) : undefined));
}
