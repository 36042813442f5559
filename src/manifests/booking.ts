/**
 * Where the mass of a manifest lies, and how it moves: pure functions of its state, so that an act, a correction and a
 * rebuild come to the same figures. Every movement names the batch it left and the batch it lies in now.
 */
import { apportion, type Movement, type Place } from '../custody/ledger.ts';
import { currentLeg } from './lifecycle.ts';
import type { Manifest } from './manifest.ts';
import { carried, gramsOf, piecesOf, without } from './parts.ts';
import type { Line, LineBatch, Remainder } from './tables.ts';

/** Parties and places; nothing of what has been recorded. */
type Parties = Pick<
  Manifest,
  'consignorId' | 'consignorSiteId' | 'consigneeId' | 'consigneeSiteId' | 'legs' | 'source' | 'storedSiteId'
>;

/** Where it is loaded from: the consignor's own stock, a shared store, or what remained of another manifest. */
export const sourceOf = ({ source, consignorId, consignorSiteId }: Parties): Place =>
  source ?? ['stock', consignorId, consignorSiteId, consignorId];

/** In a carrier's hands: on its vehicle, or put down at a site on the way. */
export const carriedBy = (carrierId: string, { consignorId }: Parties, siteId: string | null = null): Place => [
  'in_transit',
  carrierId,
  siteId,
  consignorId,
];

export const onTheRoad = (manifest: Parties): Place =>
  carriedBy(manifest.legs[currentLeg(manifest)]!.carrierId, manifest, manifest.storedSiteId);

export const frozenWith = (carrierId: string, { consignorId }: Parties): Place => [
  'incident_hold',
  carrierId,
  null,
  consignorId,
];

export const lostBy = (carrierId: string, { consignorId }: Parties): Place => ['loss', carrierId, null, consignorId];

const atConsignee = (
  role: 'consignee_hold' | 'refused_return' | 'weighing_difference',
  { consigneeId, consigneeSiteId, consignorId }: Parties,
): Place => [role, consigneeId, consigneeSiteId, consignorId];

export const onHold = (manifest: Parties): Place => atConsignee('consignee_hold', manifest);
export const refusedAt = (manifest: Parties): Place => atConsignee('refused_return', manifest);

export const consigneeStock = ({ consigneeId, consigneeSiteId }: Parties): Place => [
  'stock',
  consigneeId,
  consigneeSiteId,
  consigneeId,
];

/** Where a load that is brought back goes: the stock it came from. */
export const homeOf = ({ source, consignorId, consignorSiteId }: Parties): Place =>
  source?.[0] === 'stock' ? source : ['stock', consignorId, consignorSiteId, consignorId];

/** Parts of batches from one place to another, each staying the batch it is. */
export const moveParts = (line: Line, parts: readonly LineBatch[], from: Place, to: Place): Movement[] =>
  parts.map(({ batchId, grams, pieces }) => ({
    wasteCode: line.wasteCode,
    line: line.line,
    from,
    to,
    fromBatch: batchId,
    toBatch: batchId,
    grams,
    pieces,
    dryGrams: 0,
  }));

/** The code a line's batches lie under at its source. */
export const sourceCodeOf = ({ codeAtSource, wasteCode }: Line): string => codeAtSource ?? wasteCode;

/**
 * Out of the source, or back to where it came from. A code that was put right on the manifest is not put right on the batch:
 * the batch leaves, and comes back, under the code it has there, and the adjustment account says that one became the other.
 */
export function recoded(line: Line, movements: readonly Movement[], at: 'from' | 'to'): Movement[] {
  if (line.codeAtSource === undefined) return [...movements];
  const wasteCode = line.codeAtSource;
  return movements.flatMap((movement) => {
    const [, party, site, owner] = movement[at];
    const between: Place = ['adjustment', party, site, owner];
    return at === 'from'
      ? [
          { ...movement, wasteCode, to: between, toBatch: movement.fromBatch },
          { ...movement, from: between },
        ]
      : [
          { ...movement, to: between },
          { ...movement, wasteCode, from: between, fromBatch: movement.toBatch },
        ];
  });
}

/** So much of a line, shared over its batches in proportion to what each has there. */
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
  return parts.map((part, index) => ({ ...part, grams: shares.grams[index]!, pieces: shares.pieces[index]! }));
}

/**
 * What carries on a remainder takes all of it, for nobody would come for the rest: what it weighs more or less than was left
 * there is a weighing difference of that place.
 */
export function loadingDifference(
  manifest: Parties,
  line: Line,
  loaded: readonly LineBatch[],
  source: Place,
): Movement[] {
  if (line.offered.length === 0) return [];
  const difference: Place = ['weighing_difference', source[1], source[2], manifest.consignorId];
  return moveParts(line, without(line.offered, loaded), source, difference);
}

/** A line as the consignee received it. */
export interface Received {
  readonly acceptedGrams: number;
  readonly acceptedPieces: number;
  readonly refusedGrams: number;
  readonly refusedPieces: number;
  /** The new batch; null when nothing was accepted. */
  readonly batchId: string | null;
}

/** The receipt of a line as the manifest remembers it; undefined before there is one. */
export function receivedOf({ acceptedGrams, refusedGrams, refusedPieces, receivedPieces, receivedBatchId }: Line) {
  if (acceptedGrams === null) return undefined;
  return {
    acceptedGrams,
    acceptedPieces: receivedPieces! - refusedPieces!,
    refusedGrams: refusedGrams!,
    refusedPieces: refusedPieces!,
    batchId: receivedBatchId,
  } satisfies Received;
}

/** Refused parts, batch by batch. */
export const refusedParts = (line: Line, { refusedGrams, refusedPieces }: Received): LineBatch[] =>
  shareOver(carried(line), refusedGrams, refusedPieces);

/**
 * A line's receipt out of the place it lay in: accepted into the consignee's stock as a new batch, refused to the
 * refused account, what is missing or in excess against the weighing difference, so that the place is empty afterwards.
 */
export function receiptMovements(manifest: Parties, line: Line, received: Received, from: Place): Movement[] {
  const { acceptedGrams, acceptedPieces, batchId } = received;
  const difference = atConsignee('weighing_difference', manifest);
  const stock = consigneeStock(manifest);
  const parts = carried(line);
  if (parts.length === 0)
    return batchId
      ? moveParts(line, [{ batchId, grams: acceptedGrams, pieces: acceptedPieces, inferred: false }], difference, stock)
      : [];
  const accepted = batchId ? shareOver(parts, acceptedGrams, acceptedPieces) : [];
  const refused = refusedParts(line, received);
  return [
    ...moveParts(line, accepted, from, stock).map((movement) => ({ ...movement, toBatch: batchId! })),
    ...moveParts(line, refused, from, refusedAt(manifest)),
    ...moveParts(line, without(parts, accepted, refused), from, difference),
  ];
}

/** What the consignee refused, as a remainder that stays with it until it is brought back or sent on; none when nothing was. */
export function lotOfRefused(manifest: Manifest): Remainder[] {
  const lines = manifest.lines.flatMap((line) => {
    const received = receivedOf(line);
    const parts = received ? refusedParts(line, received) : [];
    return gramsOf(parts) > 0 || piecesOf(parts) > 0 ? [{ line: line.line, parts }] : [];
  });
  if (lines.length === 0) return [];
  return [{ reason: 'refused', place: refusedAt(manifest), state: 'held', lines, carrierId: null, followedById: null }];
}

/** Where every part of the load lies now, as one movement from where it was loaded: what a correction takes back and books anew. */
export function positionsOf(manifest: Manifest): Movement[] {
  const source = sourceOf(manifest);
  return manifest.lines.flatMap((line) => {
    const movements = linePositions(manifest, line, source);
    return [
      ...recoded(
        line,
        movements.filter(({ from }) => from === source),
        'from',
      ),
      ...movements.filter(({ from }) => from !== source),
    ];
  });
}

const linePositions = (manifest: Manifest, line: Line, source: Place): Movement[] => [
  ...(line.pickedUpGrams === null ? [] : loadingDifference(manifest, line, line.loaded, source)),
  ...restOf(manifest, line, source),
  ...moveParts(line, line.frozen, source, frozenWith(manifest.incident?.carrierId ?? '', manifest)),
  ...line.lost.flatMap((part) => moveParts(line, [part], source, lostBy(part.carrierId, manifest))),
  ...manifest.remainders
    .filter(({ reason }) => reason === 'recovered')
    .flatMap(({ place, lines }) =>
      lines.filter((one) => one.line === line.line).flatMap(({ parts }) => moveParts(line, parts, source, place)),
    ),
];

/** What an incident has not touched. */
function restOf(manifest: Manifest, line: Line, source: Place): Movement[] {
  const received = receivedOf(line);
  if (received) return receiptMovements(manifest, line, received, source);
  const place = { in_transit: onTheRoad(manifest), stored: onTheRoad(manifest), arrived: onHold(manifest) };
  return manifest.status in place
    ? moveParts(line, carried(line), source, place[manifest.status as keyof typeof place])
    : [];
}

/** What undoes a movement: the same, in negative quantities, so that the trace graph adds up to nothing too. */
export const undone = (movement: Movement): Movement => ({
  ...movement,
  grams: -movement.grams,
  pieces: -movement.pieces,
  dryGrams: -movement.dryGrams,
});
