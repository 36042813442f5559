/** The containers of a line, and the parts of it that are in them. Pure. */
import { dried } from '../custody/dry-parts.ts';
import type { DecidedContainer } from './event-data.ts';
import { carried, gramsOf, isSomething, piecesOf, without } from './parts.ts';
import { shareOver } from './sharing.ts';
import type { ContainerOutcome, JoinedContainer, Line, LineBatch, LineContainer } from './tables.ts';

/** It was loaded by scans, or scanned on its way: what is in its containers is the load. */
export const isScanned = ({ containers, loaded }: Line): boolean =>
  containers.some(({ batchId }) => loaded.some((part) => part.batchId === batchId));

/** The batches of some containers as they travel on the line. */
export function partsIn(line: Line, containers: readonly LineContainer[]): LineBatch[] {
  const ids = new Set(containers.map(({ batchId }) => batchId));
  return carried(line).filter(({ batchId }) => ids.has(batchId));
}

/** So much accepted or refused of a line, over the containers of which that was decided and as they were weighed. */
export function decidedParts(line: Line, decision: ContainerOutcome, grams: number, pieces: number): LineBatch[] {
  const decided = line.containers.filter((one) => one.decision === decision && one.batchId !== null);
  const travelled = new Map(carried(line).map((part) => [part.batchId, part]));
  const asWeighed = decided.map(({ batchId, decidedGrams }) => ({
    batchId: batchId!,
    grams: decidedGrams ?? 0,
    pieces: travelled.get(batchId!)?.pieces ?? 0,
    inferred: false,
    ...dried(travelled.get(batchId!)?.dryGrams ?? 0),
  }));
  return shareOver(asWeighed, grams, pieces);
}

export interface ReceivedPart {
  readonly batchId: string;
  readonly wasteCode: string;
  readonly grams: number;
}

/** What the consignee has of a line: its new batches and what was booked into each at the receipt. */
export function receivedParts(line: Line): ReceivedPart[] {
  const { wasteCode, receivedBatchIds, acceptedGrams, receivedPieces, refusedPieces } = line;
  if (!isScanned(line)) return receivedBatchIds.map((batchId) => ({ batchId, wasteCode, grams: acceptedGrams! }));
  const parts = decidedParts(line, 'accepted', acceptedGrams ?? 0, (receivedPieces ?? 0) - (refusedPieces ?? 0));
  return parts.map(({ batchId, grams }) => {
    const container = line.containers.find((one) => one.batchId === batchId)!;
    return { batchId: container.receivedBatchId!, wasteCode: container.wasteCode, grams };
  });
}

/** The new batch of what was in an accepted container. */
export const receivedBatchOf = ({ containers }: Line, batchId: string): string | null =>
  containers.find((one) => one.batchId === batchId)?.receivedBatchId ?? null;

/** Their mass is with the load instead of what was inferred; what was weighed at the pickup stays what it was. */
export function withJoined(lines: readonly Line[], joined: readonly JoinedContainer[]): Line[] {
  return lines.map((line) => {
    const here = joined.filter((one) => one.line === line.line).map(({ line: _, ...container }) => container);
    if (here.length === 0) return line;
    const left = without(line.loaded, replacedBy(line, here)).filter(isSomething);
    return { ...line, containers: [...line.containers, ...here], loaded: [...left, ...here.flatMap(partOf)] };
  });
}

/** On a vehicle that brings a remainder back: its mass is in the remainder, and never was in the load. */
export const withFound = (lines: readonly Line[], found: readonly JoinedContainer[]): Line[] =>
  lines.map((line) => {
    const isNew = (id: string) => !line.containers.some(({ containerId }) => containerId === id);
    const here = found.filter((one) => one.line === line.line && isNew(one.containerId));
    return { ...line, containers: [...line.containers, ...here.map(({ line: _, ...container }) => container)] };
  });

/**
 * When nobody scanned at the pickup the oldest batches were taken for what was loaded. Of these, what the containers that turn out to be
 * with the load stand for goes back: their own batches first, then as much of the others.
 */
export function replacedBy(line: Line, containers: readonly LineContainer[]): LineBatch[] {
  const inferred = carried(line).filter((part) => part.inferred);
  const isOwn = ({ batchId }: LineBatch) => containers.some((one) => one.batchId === batchId);
  const [own, others] = [inferred.filter(isOwn), inferred.filter((part) => !isOwn(part))];
  const added = containers.flatMap(partOf);
  const grams = Math.min(gramsOf(others), Math.max(0, gramsOf(added) - gramsOf(own)));
  const pieces = Math.min(piecesOf(others), Math.max(0, piecesOf(added) - piecesOf(own)));
  return [...own, ...shareOver(others, grams, pieces)].filter(isSomething);
}

/** What the consignee decided on each. */
export const withDecisions = (
  containers: readonly LineContainer[],
  decided: readonly DecidedContainer[],
): LineContainer[] =>
  containers.map((one) => {
    const found = decided.find(({ containerId }) => containerId === one.containerId);
    if (!found) return one;
    return { ...one, decision: found.decision, decidedGrams: found.grams, receivedBatchId: found.batchId };
  });

/** What a container adds to its line; one whose record says no stock is with the load already. */
export const partOf = ({ batchId, grams, pieces, dryGrams }: LineContainer): LineBatch[] =>
  batchId === null ? [] : [{ batchId, grams, pieces, inferred: false, ...dried(dryGrams ?? 0) }];
