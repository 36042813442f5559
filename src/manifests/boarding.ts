/** Pickup by scans: which containers are loaded on which line, and what is in them. TM 10(3), 13; HJ 1276-2022. */
import { batchKind, batchMoved } from '../custody/batches.ts';
import { type Container, containerKind } from '../custody/containers.ts';
import { dried } from '../custody/dry-parts.ts';
import { apportion, type Place, type StockedBatch } from '../custody/ledger.ts';
import { contentGates, contentLookups, contentOf, NOTHING_SCANNED } from '../custody/scanned.ts';
import { type ContainerLoad, containersLoaded, type Named, namedAs } from '../custody/scanning.ts';
import type { Needs, States, Warning } from '../platform/acts.ts';
import type { EventDraft } from '../platform/events.ts';
import { against, type Refusal } from '../problems.ts';
import { aboardNeeds, amongOf, anothersWaste, codesOf, eachOf, lineContainer, scannedFor } from './aboard.ts';
import { sourceOf } from './booking.ts';
import type { PickupInput } from './inputs.ts';
import type { Manifest } from './manifest.ts';

import type { Line, LineBatch, LineContainer } from './tables.ts';

/** Second round: what a follow-up takes along, the batches that leave their store, and the stocks they leave. */
export function boardingNeeds(input: PickupInput, manifest: Manifest | undefined, states: States): Needs {
  const { scanned = NOTHING_SCANNED } = input;
  const offered = (manifest?.lines ?? []).flatMap(({ offeredContainers = [] }) => offeredContainers);
  const batches = [
    ...scanned.containers.flatMap(({ id }) => states.get(containerKind, id)?.batchId ?? []),
    ...offered.flatMap(({ batchId }) => batchId ?? []),
  ];
  return {
    lock: [
      ...(aboardNeeds(input, manifest).lock ?? []),
      ...[...new Set(batches)].map((id) => ({ kind: batchKind.name, id })),
    ],
    sharedGates: contentGates(input, states),
    lookups: contentLookups(input, states),
  };
}

/** What a follow-up takes along is on the line that it was left over from: its mass is that line's. */
function offeredElsewhere(
  { id, code }: Container,
  { lines }: Manifest,
  on: Line | undefined,
  { pointer }: Named,
): Refusal | undefined {
  const offering = lines.filter(({ offeredContainers = [] }) =>
    offeredContainers.some((one) => one.containerId === id),
  );
  if (offering.length === 0 || offering.some(({ line }) => line === on?.line)) return undefined;
  const { line } = offering[0]!;
  return against(pointer, `容器 ${code} 属于第 ${line} 行。`, `Container ${code} belongs to line ${line}.`, 'TM 16');
}

interface Aboard {
  readonly containers: readonly Container[];
  readonly loads: readonly ContainerLoad[];
}

export interface Boarding {
  readonly events: readonly EventDraft[];
  readonly warnings: readonly Warning[];
  readonly loads: readonly ContainerLoad[];
  readonly on: (line: number) => Aboard | undefined;
}

/** @refuses as `scan`; against-rule (another's waste, a container that is offered on another line, a line without a mass whose containers hold nothing). */
export function board(
  input: PickupInput,
  manifest: Manifest,
  states: States,
): Boarding | { readonly refusal: Refusal } {
  const { scanned = NOTHING_SCANNED } = input;
  const named = new Map<string, Line>();
  const implied: string[] = [];
  // Scanned on another line, or offered on two: a body is loaded once.
  const isNew = (id: string) => !implied.includes(id) && scanned.containers.every((one) => one.id !== id);
  for (const { line: number, containers } of input.lines) {
    const line = manifest.lines[number - 1]!;
    const offered = containers ? [] : offeredOn(line, states).filter(isNew);
    implied.push(...offered);
    for (const id of [...(containers ?? []), ...offered]) named.set(id, line);
  }
  for (const { id, via } of scanned.containers) {
    const container = states.get(containerKind, id);
    const refusal =
      container &&
      (anothersWaste(container, manifest, namedAs(scanned, via, '/lines')) ??
        offeredElsewhere(container, manifest, named.get(via), namedAs(scanned, via, '/lines')));
    if (refusal) return { refusal };
  }
  const all = { ...scanned, containers: [...scanned.containers, ...eachOf(implied).containers] };
  const occurredAt = new Date(input.occurredAt);
  const found = containersLoaded(states, all, {
    siteId: sourceOf(manifest)[2],
    manifestId: manifest.id,
    partyId: manifest.legs[0]!.carrierId,
    region: manifest.followsId ? null : manifest.originRegion,
    occurredAt,
    entryMode: input.entryMode,
    among: amongOf(manifest),
    wasteCode: (via) => named.get(via)?.wasteCode,
    isInferred: (via) => implied.includes(via),
    pointer: '/lines',
  });
  if ('refusal' in found) return found;
  const loads = found.loads.map((load) =>
    load.from && !implied.includes(load.containerId)
      ? { ...load, ...contentOf(states.get(containerKind, load.containerId)!, states) }
      : load,
  );
  const on = (number: number): Aboard | undefined => {
    const ids = new Set(
      scannedFor(
        all,
        [...named].flatMap(([id, { line }]) => (line === number ? [id] : [])),
      ),
    );
    if (ids.size === 0) return undefined;
    return {
      containers: [...ids].map((id) => states.get(containerKind, id)!),
      loads: loads.filter(({ containerId }) => ids.has(containerId)),
    };
  };
  const index = input.lines.findIndex(({ line, massGrams }) => massGrams === undefined && !on(line)?.loads.length);
  if (index >= 0) return { refusal: nothingInThem(index) };
  const exits = storeExits(loads, manifest, states, occurredAt);
  return {
    on,
    loads,
    events: [...found.events, ...exits.events],
    warnings: [...found.warnings, ...exits.warnings, ...leftBehind(input, manifest, states)],
  };
}

export interface BoardedLine {
  readonly grams: number;
  readonly pieces: number;
  readonly loaded: readonly LineBatch[];
  readonly containers: readonly LineContainer[];
}

/**
 * The scale's figure for the line shared over its containers, or what is in them by their records. Nothing has more dry mass than mass:
 * the rest of what the record says is a weighing difference.
 */
export function boardedLine(
  { massGrams, pieces }: PickupInput['lines'][number],
  line: Line,
  { containers, loads }: Aboard,
  source: Place,
): BoardedLine {
  const records = loads.map((load) => line.offered.find(({ batchId }) => batchId === load.batchId) ?? load);
  const grams = massGrams ?? sumOf(records, 'grams');
  const count = pieces ?? sumOf(records, 'pieces');
  const gramsOf = apportion(
    grams,
    records.map((record) => record.grams),
  );
  const evenly = sumOf(records, 'pieces') === 0;
  const piecesOf = apportion(
    count,
    records.map((record) => (evenly ? 1 : record.pieces)),
  );
  const loaded = loads.map(({ batchId }, nth) => ({
    batchId,
    grams: gramsOf[nth]!,
    pieces: piecesOf[nth]!,
    inferred: false,
    ...dried(Math.min(records[nth]!.dryGrams ?? 0, gramsOf[nth]!)),
  }));
  return {
    grams,
    pieces: count,
    loaded,
    containers: containers.map((container) => {
      const nth = loads.findIndex(({ containerId }) => containerId === container.id);
      const from = loads[nth]?.from ?? null;
      const taken = nth < 0 ? { grams: 0, pieces: 0 } : from ? records[nth]! : loaded[nth]!;
      return lineContainer(container, { ...taken, from: from && isPlace(from, source) ? null : from, joined: false });
    }),
  };
}

const sumOf = (parts: readonly StockedBatch[] | readonly { grams: number; pieces: number }[], of: 'grams' | 'pieces') =>
  parts.reduce((sum, part) => sum + part[of], 0);

const isPlace = (a: Place, b: Place): boolean => a.every((part, index) => part === b[index]);

/** Containers that a follow-up is to take along and that still hold what it is to take. */
const offeredOn = ({ offeredContainers = [] }: Line, states: States): string[] =>
  offeredContainers
    .filter(({ containerId, batchId }) => {
      const container = states.get(containerKind, containerId);
      return container?.batchId === batchId && STILL_THERE.includes(container.state);
    })
    .map(({ containerId }) => containerId);

const STILL_THERE: readonly string[] = ['refused', 'held_up'];

function leftBehind({ lines }: PickupInput, manifest: Manifest, states: States): Warning[] {
  return lines.flatMap(({ line, containers }, index): Warning[] => {
    const left = containers
      ? offeredOn(manifest.lines[line - 1]!, states).filter((id) => !containers.includes(id))
      : [];
    if (left.length === 0) return [];
    const codes = codesOf(states, left);
    const detail = {
      zh: `联单所列容器未装运：${codes}；仍在原处。`,
      en: `Containers of the manifest were not loaded: ${codes}. They stay where they are.`,
    };
    return [{ code: 'container-left-behind', pointer: `/lines/${index}/containers`, basis: 'TM 16', detail }];
  });
}

/** What leaves its store leaves its position too. The entry of the register (出库) is the producer's to make. */
function storeExits(loads: readonly ContainerLoad[], manifest: Manifest, states: States, occurredAt: Date) {
  const stored = loads.flatMap(({ batchId }) => {
    const batch = states.get(batchKind, batchId);
    return batch?.storeId ? [batch] : [];
  });
  return {
    events: stored.map(({ id }) =>
      batchMoved(id, null, { occurredAt, region: manifest.originRegion, refs: [manifest.id] }),
    ),
    warnings: stored.length > 0 ? [storeExitMissing('/lines', stored.length)] : [],
  };
}

export const storeExitMissing = (pointer: string, batches: number): Warning => ({
  code: 'store-exit-missing',
  pointer,
  basis: 'HJ 1259-2022 B.3',
  detail: {
    zh: `所装的 ${batches} 个批次仍登记在贮存设施内；请补记出库。`,
    en: `${batches} of the batches that were loaded are in a store by the register; record that they left it.`,
  },
});

const nothingInThem = (index: number): Refusal =>
  against(
    `/lines/${index}/massGrams`,
    '这些容器内没有记录的废物；请填写所装的质量。',
    'There is no waste on record in these containers; say what mass was loaded.',
  );
