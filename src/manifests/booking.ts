/**
 * Where the mass of a manifest lies, and how it moves: pure functions of its state, so that an act, a correction and a
 * rebuild come to the same figures. Every movement names the batch it left and the batch it lies in now.
 */
import { dried, dryMass, dryPartOf } from '../custody/dry-parts.ts';
import { type Movement, type Place, withDry } from '../custody/ledger.ts';
import { currentLeg } from './lifecycle.ts';
import { decidedParts, isScanned, partOf, receivedBatchOf, replacedBy } from './line-containers.ts';
import type { Manifest } from './manifest.ts';
import { carried, isSomething, moistureOf, without } from './parts.ts';
import { shareOver } from './sharing.ts';
import type { JoinedContainer, Line, LineBatch, Remainder } from './tables.ts';

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

/** Parts of batches from one place to another, each staying the batch it is. What is in a container keeps the code of its label. */
export const moveParts = (
  line: Line,
  parts: readonly LineBatch[],
  from: Place | ((batchId: string) => Place),
  to: Place,
): Movement[] =>
  parts.map(({ batchId, grams, pieces, dryGrams = 0 }) => ({
    wasteCode: wasteCodeOf(line, batchId),
    line: line.line,
    from: typeof from === 'function' ? from(batchId) : from,
    to,
    fromBatch: batchId,
    toBatch: batchId,
    grams,
    pieces,
    dryGrams,
  }));

const wasteCodeOf = ({ containers, offeredContainers = [], wasteCode }: Line, batchId: string): string =>
  [...containers, ...offeredContainers].find((one) => one.batchId === batchId)?.wasteCode ?? wasteCode;

/** Where a batch of a line was taken from: with a container, from where its record said it lay. */
export const takenFrom =
  ({ containers }: Pick<Line, 'containers'>, source: Place) =>
  (batchId: string): Place =>
    containers.find((one) => one.batchId === batchId)?.from ?? source;

/**
 * What carries on a remainder takes all of it, for nobody would come for the rest, but for a container that was left behind: what it
 * weighs more or less than was left there is a weighing difference of that place. So is what the label of a container says and the scale
 * does not, for it leaves as a whole: something of a drum that has gone would stay in stock for ever.
 */
export function loadingDifferences(line: Line, source: Place): Movement[] {
  const { containers, offered, offeredContainers = [], loaded } = line;
  const isAboard = (id: string) => containers.some(({ containerId }) => containerId === id);
  const left = containers.length === 0 ? [] : offeredContainers.filter(({ containerId }) => !isAboard(containerId));
  const wanted = offered.filter((part) => !left.some(({ batchId }) => batchId === part.batchId));
  const labelled = containers
    .filter(({ joined, batchId }) => !joined && offered.every((part) => part.batchId !== batchId))
    .flatMap((container) => partOf(container).filter(({ batchId }) => loaded.some((one) => one.batchId === batchId)));
  const from = takenFrom(line, source);
  return without([...wanted, ...labelled], loaded)
    .filter(isSomething)
    .flatMap((rest) => {
      const place = from(rest.batchId);
      return moveParts(line, [rest], place, differenceAt(place));
    });
}

export const differenceAt = ([, party, site, owner]: Place): Place => ['weighing_difference', party, site, owner];

/** What was found with the load leaves the place its record gave; what had been taken for it goes back to where it was taken from. */
export const joiningMovements = (manifest: Manifest, joined: readonly JoinedContainer[], to: Place): Movement[] =>
  manifest.lines.flatMap((line) => {
    const source = sourceOf(manifest);
    const here = joined.filter((one) => one.line === line.line);
    const of = { ...line, containers: [...line.containers, ...here] };
    return [
      ...moveParts(of, here.flatMap(partOf), takenFrom(of, source), to),
      ...recoded(line, moveParts(line, here.length > 0 ? replacedBy(line, here) : [], to, source), 'to'),
    ];
  });

/** The code a line's batches lie under at its source. */
export const sourceCodeOf = ({ codeAtSource, wasteCode }: Line): string => codeAtSource ?? wasteCode;

/**
 * Out of the source, or back to where it came from. A code that was put right on the manifest is not put right on the batch:
 * the batch leaves, and comes back, under the code it has there, and the adjustment account says that one became the other.
 * What is in a container goes under the code of its label all the way.
 */
export function recoded(line: Line, movements: readonly Movement[], at: 'from' | 'to'): Movement[] {
  if (line.codeAtSource === undefined) return [...movements];
  const wasteCode = line.codeAtSource;
  return movements.flatMap((movement) => {
    if (line.containers.some(({ batchId }) => batchId === movement.fromBatch)) return [movement];
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

/** A line as the consignee received it. */
export interface Received {
  readonly acceptedGrams: number;
  readonly acceptedPieces: number;
  readonly refusedGrams: number;
  readonly refusedPieces: number;
  /** Absent: it was not measured. */
  readonly moisturePermille?: number | undefined;
}

/** The receipt of a line as the manifest remembers it; undefined before there is one. */
export function receivedOf(line: Line): Received | undefined {
  const { acceptedGrams, refusedGrams, refusedPieces, receivedPieces } = line;
  if (acceptedGrams === null) return undefined;
  return {
    moisturePermille: line.receivedMoisturePermille,
    acceptedGrams,
    acceptedPieces: receivedPieces! - refusedPieces!,
    refusedGrams: refusedGrams!,
    refusedPieces: refusedPieces!,
  };
}

/**
 * What was accepted and refused of a line, batch by batch. Where its moisture was measured, the dry mass of both follows from that;
 * else each has its part of what came, and what is refused the rest of it.
 */
export function receivedShares(line: Line, received: Received): { accepted: LineBatch[]; refused: LineBatch[] } {
  const { acceptedGrams, acceptedPieces, refusedGrams, refusedPieces, moisturePermille } = received;
  const parts = carried(line);
  if (isScanned(line))
    return {
      accepted: decidedParts(line, 'accepted', acceptedGrams, acceptedPieces),
      refused: decidedParts(line, 'refused', refusedGrams, refusedPieces),
    };
  const accepted = shareOver(line.receivedBatchIds.length > 0 ? parts : [], acceptedGrams, acceptedPieces);
  const refused = shareOver(parts, refusedGrams, refusedPieces);
  if (moisturePermille !== undefined)
    return {
      accepted: withDry(accepted, dryMass(acceptedGrams, moisturePermille)),
      refused: withDry(refused, dryMass(refusedGrams, moisturePermille)),
    };
  const left = without(parts, accepted);
  return {
    accepted,
    refused: refused.map(({ dryGrams: _, ...part }, nth) => ({ ...part, ...dried(dryPartOf(left[nth]!, part.grams)) })),
  };
}

/**
 * A received line out of the place it lay in: accepted into the consignee's stock as a new batch, or one for each container; refused to
 * the refused account; what is missing or in excess against the weighing difference, so that the place is empty afterwards.
 */
export function receiptMovements(
  manifest: Parties,
  line: Line,
  received: Received,
  from: Place | ((batchId: string) => Place),
): Movement[] {
  const { acceptedGrams, acceptedPieces, moisturePermille = moistureOf(line) ?? 1_000 } = received;
  const difference = atConsignee('weighing_difference', manifest);
  const stock = consigneeStock(manifest);
  const parts = carried(line);
  const [batchId = null] = line.receivedBatchIds;
  const ofNothing = { grams: acceptedGrams, pieces: acceptedPieces, inferred: false };
  if (parts.length === 0)
    return batchId
      ? moveParts(
          line,
          withDry([{ batchId, ...ofNothing }], dryMass(acceptedGrams, moisturePermille)),
          difference,
          stock,
        )
      : [];
  const scanned = isScanned(line);
  const { accepted, refused } = receivedShares(line, received);
  return [
    ...moveParts(line, accepted, from, stock).map((movement) => ({
      ...movement,
      toBatch: (scanned ? receivedBatchOf(line, movement.fromBatch) : batchId)!,
    })),
    ...moveParts(line, refused, from, refusedAt(manifest)),
    ...moveParts(line, without(parts, accepted, refused), from, difference),
  ];
}

/** What the consignee refused, as a remainder that stays with it until it is brought back or sent on; none when nothing was. */
export function lotOfRefused(manifest: Manifest): Remainder[] {
  const lines = manifest.lines.flatMap((line) => {
    const received = receivedOf(line);
    const parts = received ? receivedShares(line, received).refused : [];
    return parts.some(isSomething) ? [{ line: line.line, parts }] : [];
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

function linePositions(manifest: Manifest, line: Line, source: Place): Movement[] {
  const from = takenFrom(line, source);
  return [
    ...(line.pickedUpGrams === null ? [] : loadingDifferences(line, source)),
    ...restOf(manifest, line, from),
    ...moveParts(line, line.frozen, from, frozenWith(manifest.incident?.carrierId ?? '', manifest)),
    ...line.lost.flatMap((part) => moveParts(line, [part], from, lostBy(part.carrierId, manifest))),
    ...manifest.remainders
      .filter(({ reason }) => reason === 'recovered')
      .flatMap(({ place, lines }) =>
        lines.filter((one) => one.line === line.line).flatMap(({ parts }) => moveParts(line, parts, from, place)),
      ),
  ];
}

/** What an incident has not touched. */
function restOf(manifest: Manifest, line: Line, source: (batchId: string) => Place): Movement[] {
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
