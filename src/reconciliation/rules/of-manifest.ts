/** What rules about a manifest share. Pure. */
import { dayInShanghai } from '../../catalogue/calendar.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import type { Scene } from './rule.ts';

type End = 'originRegion' | 'destinationRegion';

/**
 * The law of one of its ends, on the day of an instant of its life. Everyone on it, and both places, hear of what is
 * found.
 * @returns what is missing when that instant has not come.
 */
export function sceneOfManifest(
  manifest: Manifest,
  end: End,
  instant: Date | null,
  missing: string,
): Scene | { readonly notJudged: string } {
  if (!instant) return { notJudged: missing };
  const { consignorId, legs, consigneeId, originRegion, destinationRegion, passedRegions, stream } = manifest;
  return {
    region: manifest[end],
    stream,
    day: dayInShanghai(instant),
    partyIds: [...new Set([consignorId, ...legs.map((leg) => leg.carrierId), consigneeId])],
    regions: [...new Set([originRegion, destinationRegion, ...passedRegions])],
  };
}

/** The events its state rests on. */
export const eventsOf = ({ pickedUpEventId, receivedEventId, remainders }: Manifest): string[] =>
  [pickedUpEventId, receivedEventId, ...remainders.map(({ back }) => back?.takenBack?.eventId)].flatMap(
    (id) => id ?? [],
  );
