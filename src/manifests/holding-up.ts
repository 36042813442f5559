/** Containers in an incident: which are held up, and which of these were lost or recovered. 法典 539; 固废法 85, 86. */
import { containerKind } from '../custody/containers.ts';
import type { ContainerStep } from '../custody/lifecycle.ts';
import { NOTHING_SCANNED } from '../custody/scanned.ts';
import { scan } from '../custody/scanning.ts';
import type { States } from '../platform/acts.ts';
import { against, type Refusal } from '../problems.ts';
import { amongOf, eachOf, scannedFor } from './aboard.ts';
import type { IncidentInput, IncidentResolutionInput } from './inputs.ts';
import { partsIn } from './line-containers.ts';
import type { Manifest } from './manifest.ts';
import { carried, gramsOf, piecesOf, without } from './parts.ts';
import { shareOver } from './sharing.ts';

import type { Line, LineBatch, LineContainer } from './tables.ts';

export interface HeldUp {
  readonly line: number;
  readonly parts: readonly LineBatch[];
  readonly containers: readonly string[];
}

/** What an incident takes hold of on a line: the containers named, or so much of the line; all of it takes all of its containers. */
export function heldUpOn(
  given: IncidentInput['lines'][number],
  index: number,
  line: Line,
  { scanned = NOTHING_SCANNED }: IncidentInput,
): HeldUp | { readonly refusal: Refusal } {
  const travelling = line.containers.filter(({ heldUp }) => heldUp === null);
  const all = carried(line);
  if (given.containers) {
    const ids = scannedFor(scanned, given.containers);
    const others = ids.filter((id) => !travelling.some(({ containerId }) => containerId === id));
    const parts = partsIn(line, ofIds(travelling, ids));
    if (others.length > 0 || parts.length === 0) return { refusal: notOnLine(index, line) };
    return { line: line.line, parts, containers: ids };
  }
  const [grams, pieces] = [given.grams ?? 0, given.pieces ?? 0];
  const [there, count] = [gramsOf(all), piecesOf(all)];
  if (grams > there || pieces > count || grams + pieces === 0) return { refusal: tooMuch(index, line) };
  const isAll = grams === there && pieces === count;
  const containers = isAll ? travelling.map(({ containerId }) => containerId) : [];
  return { line: line.line, parts: shareOver(all, grams, pieces), containers };
}

const ofIds = (containers: readonly LineContainer[], ids: readonly string[]): LineContainer[] =>
  containers.filter(({ containerId }) => ids.includes(containerId));

export interface SettledLine {
  readonly line: number;
  readonly lost: readonly LineBatch[];
  readonly recovered: readonly LineBatch[];
  readonly containers: readonly { readonly containerId: string; readonly outcome: 'lost' | 'recovered' }[];
}

/** What became of what was held up on a line, container by container where it is in containers. */
export function settledOn(
  given: IncidentResolutionInput['lines'][number],
  index: number,
  line: Line,
  { scanned = NOTHING_SCANNED }: IncidentResolutionInput,
): SettledLine | { readonly refusal: Refusal } {
  const held = line.containers.filter(({ heldUp }) => heldUp === 'held_up');
  const { frozen } = line;
  const { lostGrams = 0, lostPieces, recoveredGrams = 0, recoveredPieces } = given;
  if (!given.containers) {
    if (lostGrams + recoveredGrams !== gramsOf(frozen) || lostPieces + recoveredPieces !== piecesOf(frozen))
      return { refusal: unbalanced(index, line) };
    const isAllOfOneKind = lostGrams + lostPieces === 0 || recoveredGrams + recoveredPieces === 0;
    if (held.length > 0 && !isAllOfOneKind) return { refusal: whichOnes(index, line) };
    const outcome = lostGrams + lostPieces === 0 ? ('recovered' as const) : ('lost' as const);
    const lost = shareOver(frozen, lostGrams, lostPieces);
    const containers = held.map(({ containerId }) => ({ containerId, outcome }));
    return { ...apart(line, lost), containers };
  }
  const containers = given.containers.flatMap(({ container, outcome }) =>
    scannedFor(scanned, [container]).map((containerId) => ({ containerId, outcome })),
  );
  const ids = containers.map(({ containerId }) => containerId);
  if (ids.length !== held.length || ofIds(held, ids).length !== held.length) return { refusal: whichOnes(index, line) };
  const lostIds = containers.flatMap(({ containerId, outcome }) => (outcome === 'lost' ? [containerId] : []));
  const batches = new Set(ofIds(held, lostIds).map(({ batchId }) => batchId));
  const lost = frozen.filter(({ batchId }) => batches.has(batchId));
  return { ...apart(line, lost), containers };
}

const apart = ({ line, frozen }: Line, lost: readonly LineBatch[]) => ({
  line,
  lost: lost.filter(isSomething),
  recovered: without(frozen, lost).filter(isSomething),
});
const isSomething = ({ grams, pieces }: LineBatch): boolean => grams > 0 || pieces > 0;

/** One step of containers, each its own, where they are. @refuses as `scan`. */
export function stepEach(
  states: States,
  manifest: Manifest,
  steps: ReadonlyMap<string, ContainerStep>,
  at: {
    readonly input: IncidentInput | IncidentResolutionInput;
    readonly partyId: string;
    readonly region: string | null;
  },
): ReturnType<typeof scan> {
  const here = [...steps.keys()].filter((id) => states.get(containerKind, id)?.manifestId === manifest.id);
  const { input, partyId, region } = at;
  const { scanned = NOTHING_SCANNED } = input;
  const seen = new Set(scanned.containers.map(({ id }) => id));
  return scan(
    states,
    { ...scanned, ...eachOf(here), parents: scanned.parents },
    {
      step: (id) => steps.get(id)!,
      siteId: null,
      manifestId: manifest.id,
      partyId,
      region,
      occurredAt: new Date(input.occurredAt),
      ...('entryMode' in input ? { entryMode: input.entryMode } : {}),
      among: amongOf(manifest),
      isInferred: (id) => !seen.has(id),
      pointer: '/lines',
    },
  );
}

function tooMuch(index: number, line: Line): Refusal {
  const [there, count] = [gramsOf(carried(line)), piecesOf(carried(line))];
  return against(
    `/lines/${index}`,
    `第 ${line.line} 行途中有 ${there} 克、${count} 件；受影响数量须大于零且不超过此数。`,
    `Line ${line.line} travels with ${there} g and ${count} pieces; what is affected is more than nothing and no more than that.`,
  );
}

const notOnLine = (index: number, { line }: Line): Refusal =>
  against(
    `/lines/${index}/containers`,
    `这些容器不在第 ${line} 行途中的货物内。`,
    `Not all of these containers travel on line ${line}.`,
  );

function unbalanced(index: number, { line, frozen }: Line): Refusal {
  const [grams, pieces] = [gramsOf(frozen), piecesOf(frozen)];
  return against(
    `/lines/${index}`,
    `第 ${line} 行冻结 ${grams} 克、${pieces} 件；损失与回收之和须等于此数。`,
    `Line ${line} has ${grams} g and ${pieces} pieces held up; lost and recovered add up to that.`,
  );
}

const whichOnes = (index: number, { line, containers }: Line): Refusal => {
  const held = containers.filter(({ heldUp }) => heldUp === 'held_up').map(({ code }) => code);
  return against(
    `/lines/${index}/containers`,
    `第 ${line} 行冻结的容器须逐个说明损失或回收：${held.join('、') || '无'}。`,
    `Say of each container that is held up on line ${line} whether it was lost or recovered: ${held.join(', ') || 'none is'}.`,
  );
};
