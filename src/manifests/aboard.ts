/**
 * Containers that travel with a manifest. Whoever scans says which are there: what was to be there and is not is missing, what is there
 * and was not to be joins the load; both are recorded and told, never refused. Who does not scan says nothing of single ones: all go
 * along. What is another's, or held up by an incident, is no part of the load even when it is seen with it. TM 11(3)-(4), 12(1), 16, 17;
 * HJ 1276-2022.
 */
import { type Container, containerKind } from '../custody/containers.ts';
import { dried } from '../custody/dry-parts.ts';
import type { ContainerStep } from '../custody/lifecycle.ts';
import { contentOf, NOTHING_SCANNED, type Scanning } from '../custody/scanned.ts';
import {
  concerns,
  contentPlace,
  type Named,
  type Scanned,
  type ScanStep,
  scan,
  unknownContainer,
} from '../custody/scanning.ts';
import type { Needs, States, Warning } from '../platform/acts.ts';
import type { EventDraft } from '../platform/events.ts';
import { against, type Refusal } from '../problems.ts';
import type { Manifest } from './manifest.ts';
import { carried } from './parts.ts';
import type { JoinedContainer, Line, LineContainer } from './tables.ts';

/** Of an act with one list for the whole load: undefined when nobody scanned. */
export const listed = ({ containers, scanned }: Scanning & { readonly containers?: readonly string[] | undefined }) =>
  containers && scanned;

/** Second round: the other containers of the manifest, which go along or are missed. */
export function aboardNeeds({ scanned = NOTHING_SCANNED }: Scanning, manifest: Manifest | undefined): Needs {
  const known = new Set(scanned.containers.map(({ id }) => id));
  const ids = (manifest?.lines ?? []).flatMap(({ containers, offeredContainers = [] }) =>
    [...containers, ...offeredContainers].map(({ containerId }) => containerId),
  );
  return { lock: [...new Set(ids)].filter((id) => !known.has(id)).map((id) => ({ kind: containerKind.name, id })) };
}

export interface Moved {
  readonly events: readonly EventDraft[];
  readonly warnings: readonly Warning[];
  /** What was found with the load, and on which line it counts from now on. */
  readonly joined: readonly JoinedContainer[];
}

export type Where = Omit<ScanStep, 'step' | 'manifestId' | 'among' | 'ownerId' | 'isInferred'>;

/** Everybody who stands on a manifest: their containers may be on it. */
export const amongOf = ({ consignorId, consigneeId, legs }: Manifest): string[] => [
  ...new Set([consignorId, consigneeId, ...legs.map(({ carrierId }) => carrierId)]),
];

/** `present`: those that are to be there. @refuses as `scan`. */
export function moveAboard(
  states: States,
  manifest: Manifest,
  scanned: Scanned | undefined,
  step: ContainerStep,
  where: Where,
  present: readonly string[] = presentOn(states, manifest),
): Moved | { readonly refusal: Refusal } {
  const on = { ...where, manifestId: manifest.id, among: amongOf(manifest), ownerId: manifest.consignorId };
  if (!scanned) {
    const found = scan(states, eachOf(present), { ...on, step, isInferred: () => true });
    return 'refusal' in found ? found : { ...found, joined: [] };
  }
  const seen = new Set(scanned.containers.map(({ id }) => id));
  const missing = present.filter((id) => !seen.has(id));
  const all = { ...scanned, containers: [...scanned.containers, ...eachOf(missing).containers] };
  const apart = apartFrom(states, manifest, scanned, present);
  const stepOf = (via: string): ContainerStep => (apart.has(via) ? 'sight' : seen.has(via) ? step : 'miss');
  const found = scan(states, all, { ...on, step: stepOf });
  if ('refusal' in found) return found;
  return {
    events: found.events,
    warnings: [...found.warnings, ...missingWarning(states, missing, where.pointer)],
    joined: strangers(states, manifest, scanned, apart).map((container) => joiningOf(manifest, container, states)),
  };
}

/** As the manifest's own event says it. */
export const joinedData = ({ joined }: Moved) => (joined.length > 0 ? { joined } : {});

/** Those that are said to be with the load: not what an incident holds up, what was missed before, or what was seen elsewhere since. */
export const presentOn = (states: States, manifest: Manifest): string[] =>
  manifest.lines
    .flatMap(({ containers }) => containers)
    .filter(({ heldUp }) => heldUp === null)
    .map(({ containerId }) => containerId)
    .filter((id) => {
      const container = states.get(containerKind, id);
      return container?.manifestId === manifest.id && container.state !== 'missing';
    });

/** Each by itself, with nothing else around it. */
export const eachOf = (ids: readonly string[]): Scanned => ({
  containers: ids.map((id) => ({ id, via: id })),
  parents: [],
});

/** What was scanned, named by `via`, and does not belong to the load: another's waste (TM 16), or what an incident holds up. */
export function apartFrom(
  states: States,
  { lines, consignorId }: Manifest,
  scanned: Scanned,
  present: readonly string[],
): Set<string> {
  const heldUp = new Set(
    lines.flatMap(({ containers }) => containers.flatMap((one) => (one.heldUp === null ? [] : one.containerId))),
  );
  const isApart = ({ id }: { readonly id: string }) =>
    !present.includes(id) && (heldUp.has(id) || states.get(containerKind, id)?.ownerId !== consignorId);
  return new Set(scanned.containers.filter(isApart).map(({ via }) => via));
}

/** Scanned with the load, and on no line of the manifest. */
function strangers(states: States, { lines }: Manifest, scanned: Scanned, apart: ReadonlySet<string>): Container[] {
  const known = new Set(lines.flatMap(({ containers }) => containers.map(({ containerId }) => containerId)));
  return scanned.containers.flatMap(({ id, via }) =>
    known.has(id) || apart.has(via) ? [] : (states.get(containerKind, id) ?? []),
  );
}

/** On the line its batch was taken for, or the first of its waste, or the first. */
export function joiningOf({ lines }: Pick<Manifest, 'lines'>, container: Container, states: States): JoinedContainer {
  const line =
    lines.find(({ loaded }) => loaded.some(({ batchId }) => batchId === container.batchId)) ??
    lines.find(({ wasteCode }) => wasteCode === container.wasteCode) ??
    lines[0]!;
  return { line: line.line, ...joinedContainer(container, line, states) };
}

/** Its mass leaves the stock it was on record in; when that is none, it is with the load already. */
export function joinedContainer(container: Container, line: Line, states: States): LineContainer {
  const from = contentPlace(container);
  const there = carried(line).find(({ batchId }) => batchId === container.batchId) ?? { grams: 0, pieces: 0 };
  const { grams, pieces, dryGrams }: Pick<LineContainer, 'grams' | 'pieces' | 'dryGrams'> = from
    ? contentOf(container, states)
    : there;
  return lineContainer(container, { grams, pieces, dryGrams, from, joined: true });
}

/** A container as its line remembers it. */
export const lineContainer = (
  { id, code, wasteCode, batchId }: Container,
  { grams, pieces, dryGrams, from, joined }: Pick<LineContainer, 'grams' | 'pieces' | 'dryGrams' | 'from' | 'joined'>,
): LineContainer => ({
  containerId: id,
  code,
  wasteCode,
  batchId,
  grams,
  pieces,
  ...dried(dryGrams ?? 0),
  from,
  joined,
  heldUp: null,
  decision: null,
  decidedGrams: null,
  receivedBatchId: null,
});

const CODES_TOLD_MAX = 20;

/** One warning for all of them; the rest is on the containers. */
export function missingWarning(states: States, ids: readonly string[], pointer = '/containers'): Warning[] {
  if (ids.length === 0) return [];
  const codes = codesOf(states, ids);
  const detail = {
    zh: `未扫到联单上的 ${ids.length} 个容器：${codes}；已记录为缺失。`,
    en: `${ids.length} of the manifest's containers were not scanned: ${codes}; they are recorded as missing.`,
  };
  return [{ code: 'container-missing', pointer, basis: 'TM 12(1), 17', detail }];
}

export const codesOf = (states: States, ids: readonly string[]): string => {
  const codes = ids.slice(0, CODES_TOLD_MAX).map((id) => states.get(containerKind, id)?.code ?? id);
  return codes.join(', ') + (ids.length > CODES_TOLD_MAX ? ' …' : '');
};

/** The containers of a line, each by the id that was scanned or that it stands in. */
export const scannedFor = ({ containers }: Scanned, named: readonly string[]): string[] =>
  containers.filter(({ via }) => named.includes(via)).map(({ id }) => id);

/** One manifest carries one consignor's waste; of a container of strangers nothing is said. */
export function anothersWaste(container: Container, manifest: Manifest, named: Named): Refusal | undefined {
  const { code, ownerId } = container;
  if (ownerId === manifest.consignorId) return undefined;
  if (!concerns(container, amongOf(manifest))) return unknownContainer(named);
  return against(
    named.pointer,
    `容器 ${code} 内是单位 ${ownerId} 的废物，不在本联单内；须另填联单。`,
    `What is in container ${code} is the waste of party ${ownerId}, not of this manifest's consignor; it needs a manifest of its own.`,
    'TM 16',
  );
}

/** On one of its lines. */
export const lineOf = ({ lines }: Manifest, containerId: string): Line | undefined =>
  lines.find(({ containers }) => containers.some((one) => one.containerId === containerId));
