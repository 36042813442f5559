import type { Audience } from '../parties/audience.ts';
import type { Manifest } from './manifest.ts';

/** Something of it still lies where nobody is to keep it. */
export const isUnsettled = ({ incident, remainders }: Manifest): boolean =>
  incident !== null || remainders.some(({ state }) => state === 'held' || state === 'returning');

/** Whose it is to see: a draft is the consignor's and its agent's; from issue on it concerns all who stand on it and every place it passes. */
export function audienceOfManifest(manifest: Manifest): Audience {
  const { status, number, stream, consignorId, consigneeId, filledById, legs } = manifest;
  const isClosed = status === 'received' || status === 'refused' || status === 'ended';
  const ended = isClosed ? 'closed' : status === 'void' ? 'void' : undefined;
  const stage = isUnsettled(manifest) ? 'open' : ended;
  const partyIds = [...new Set([consignorId, filledById])];
  if (number === null) return { stage: stage ?? 'draft', partyIds, regions: [], stream };
  return {
    stage: stage ?? 'open',
    partyIds: [...new Set([...partyIds, ...legs.map(({ carrierId }) => carrierId), consigneeId])],
    regions: [manifest.originRegion, manifest.destinationRegion, ...manifest.passedRegions],
    stream,
  };
}
