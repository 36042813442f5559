import type { Needs, States, Warning } from '../platform/acts.ts';
import type { EntryMode, EventDraft, Json } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import { against, type Refusal } from '../problems.ts';
import { type Container, containerChanged, containerKind, contentsChanged } from './containers.ts';
import { type AccountRole, apportion, type Place } from './ledger.ts';
import {
  CONTAINER_STATE_NAMES,
  type ContainerPlace,
  type ContainerState,
  type ContainerStep,
  contradictionOf,
  stepRow,
} from './lifecycle.ts';

/**
 * A container is scanned at a step: what that says of it, of what stands in it and of what it stood in, as events, and which mass
 * goes with it. Pure; whoever reports the step (pickup, arrival, receipt, a storage move) books the mass in its own event.
 */

/** Containers as `resolveContainers` found them: those named, with all that stands in them. */
export interface Scanned {
  /** `via`: the named container it is or stands in. */
  readonly containers: readonly { readonly id: string; readonly via: string }[];
  /** In which some of them stand, without being scanned themselves: they lose them. */
  readonly parents: readonly string[];
  /** What the named ones were called, and where. A name that no container has got an id that no container has. */
  readonly asNamed?: Readonly<Record<string, Named>>;
  /** A box that carries loads of several manifests: what stands in it stays in it, though it is not scanned itself. */
  readonly boxId?: string;
}

export interface Named {
  readonly name: string;
  /** JSON Pointer into the body. */
  readonly pointer: string;
}

/** The same words whether there is none of that name, or one that is nobody's who may know of it. */
export const unknownContainer = ({ name, pointer }: Named): Refusal => ({
  ...notFound('container', name),
  errors: [{ pointer, detail: { zh: 'id 或数字识别码', en: 'id or identification code' } }],
});

/** As whoever scanned it called it. */
export const namedAs = ({ asNamed }: Scanned, via: string, pointer = '/containers'): Named =>
  asNamed?.[via] ?? { name: via, pointer };

/** What an act must lock before it scans. */
export const scanLocks = ({ containers, parents }: Scanned): NonNullable<Needs['lock']> =>
  [...new Set([...containers.map(({ id }) => id), ...parents])].map((id) => ({ kind: containerKind.name, id }));

export interface ScanStep {
  /** One step for all, or one for each: a container is refused, the box it came in accepted. */
  readonly step: ContainerStep | ((via: string) => ContainerStep);
  /** Where it happens; null for a handover on the road. */
  readonly siteId: string | null;
  readonly manifestId: string | null;
  /** Who has the containers afterwards. */
  readonly partyId: string;
  /** Null: where it happened is not told, and they are said to be where they were. */
  readonly region: string | null;
  readonly occurredAt: Date;
  readonly entryMode?: EntryMode;
  /** Who stands on the manifest or acts at the site: a container that is none of theirs does not exist for them. */
  readonly among: readonly string[];
  /** What is expected of them, or of each; another is told in a warning. */
  readonly wasteCode?: string | ((via: string) => string | undefined);
  readonly ownerId?: string;
  readonly pointer?: string;
  /** Nobody scanned it: it goes with the manifest it is on. */
  readonly isInferred?: (via: string) => boolean;
}

/** The mass that goes with a container; an outer body has none and is left out. */
export interface ContainerLoad {
  readonly containerId: string;
  readonly via: string;
  readonly batchId: string;
  readonly grams: number;
  readonly pieces: number;
  readonly dryGrams?: number;
  /** Where its record says the mass lies; null when that is no stock: the reporter's own place gives it then. */
  readonly from: Place | null;
}

export type Scan =
  | {
      readonly loads: readonly ContainerLoad[];
      readonly events: readonly EventDraft[];
      readonly warnings: readonly Warning[];
    }
  | { readonly refusal: Refusal };

/** 装运: off the stock of the site, onto the manifest. @refuses as `scan`. */
export const containersLoaded = (states: States, scanned: Scanned, at: Omit<ScanStep, 'step'>): Scan =>
  scan(states, scanned, { ...at, step: 'load' });
/** 入库、出库: within a site. @refuses as `scan`. */
export const containersMoved = (states: States, scanned: Scanned, at: Omit<ScanStep, 'step'>): Scan =>
  scan(states, scanned, { ...at, step: 'move' });
/** 利用、处置: what is in them is used or disposed of. @refuses as `scan`. */
export const containersTreated = (states: States, scanned: Scanned, at: Omit<ScanStep, 'step'>): Scan =>
  scan(states, scanned, { ...at, step: 'treat' });

export interface ContainerDecision {
  readonly containerId: string;
  /** Missing: it was to be there and was not. */
  readonly decision: 'accepted' | 'refused' | 'missing';
  /** As the consignee weighed it; else what its record says. */
  readonly massGrams?: number;
}

/** An accepted container is a new batch in the consignee's stock, a refused one lies apart for its owner. */
export interface ReceivedLoad extends ContainerLoad {
  readonly decision: 'accepted' | 'refused';
  /** The new batch of an accepted one; the old one of a refused one. */
  readonly toBatchId: string;
}

/**
 * 接受: each container is decided on; what stands in one goes with it unless it is named itself. `batchIdFor` mints the id of the batch
 * that the nth accepted container becomes. @refuses as `scan`; against-rule (a container that is not decided on).
 */
export function containersReceived(
  states: States,
  scanned: Scanned,
  decisions: readonly ContainerDecision[],
  at: Omit<ScanStep, 'step'> & { readonly batchIdFor: (nth: number, containerId: string) => string },
):
  | {
      readonly loads: readonly ReceivedLoad[];
      readonly events: readonly EventDraft[];
      readonly warnings: readonly Warning[];
    }
  | { readonly refusal: Refusal } {
  const decided = new Map(decisions.map((decision) => [decision.containerId, decision]));
  const open = scanned.containers.find(({ via }) => !decided.has(via));
  if (open) return { refusal: undecided(open.via, at.pointer) };
  const found = scan(states, scanned, {
    ...at,
    step: (via) => DECISION_STEPS[decided.get(via)!.decision],
  });
  if ('refusal' in found) return found;
  const loads = found.loads.flatMap((load, nth): ReceivedLoad[] => {
    const { decision, massGrams } = decided.get(load.via)!;
    if (decision === 'missing') return [];
    const grams = load.containerId === load.via ? (massGrams ?? load.grams) : load.grams;
    const toBatchId = decision === 'accepted' ? at.batchIdFor(nth, load.containerId) : load.batchId;
    return [{ ...load, grams, decision, toBatchId }];
  });
  const events = found.events.map((event) => {
    const load = loads.find(({ containerId }) => containerId === event.subject.id);
    if (!load || event.type === 'container_contents_changed') return event;
    const { grams } = load;
    const becomes = load.decision === 'accepted' ? { ownerId: at.partyId, batchId: load.toBatchId, grams } : { grams };
    return { ...event, data: { ...event.data, changes: { ...(event.data.changes as object), ...becomes } } };
  });
  return { ...found, loads, events };
}

const DECISION_STEPS = { accepted: 'accept', refused: 'refuse', missing: 'miss' } as const;

/** Spreads what the whole load weighed over its containers, in proportion to what their records say; adds up to the gram. */
export function weighedTogether(loads: readonly ContainerLoad[], massGrams: number): ContainerLoad[] {
  const shares = apportion(
    massGrams,
    loads.map(({ grams }) => grams),
  );
  return loads.map((load, index) => ({ ...load, grams: shares[index]! }));
}

/**
 * @refuses not-found (a container of strangers), wrong-status (something was put in or taken out since the containers were resolved:
 * send it again). What contradicts the record is recorded, counted on the container and told in a warning.
 */
export function scan(states: States, scanned: Scanned, step: ScanStep): Scan {
  const { containers, parents } = scanned;
  const via = new Map(containers.map((one) => [one.id, one.via]));
  const found = containers.map(({ id }) => [id, states.get(containerKind, id)] as const);
  const held = new Set([...via.keys(), ...parents]);
  const events: EventDraft[] = [];
  const loads: ContainerLoad[] = [];
  const warnings: Warning[] = [];
  const left = new Map<string, string[]>();
  for (const [id, container] of found) {
    if (!container || !concerns(container, step.among))
      return { refusal: unknownContainer(namedAs(scanned, via.get(id)!, step.pointer)) };
    const stepHere = stepAt(step, via.get(id)!);
    const goesAlong = staysInItsBox(container, scanned, stepHere, step.isInferred?.(via.get(id)!) === true);
    const isHeld = goesAlong || container.parentId === null || held.has(container.parentId);
    if (!isHeld || container.childIds.some((child) => !via.has(child)))
      return { refusal: contentsHaveChanged(container, step.pointer) };
    const parentVia = container.parentId === null ? undefined : via.get(container.parentId);
    const staysIn =
      goesAlong || stepHere === 'sight' || (parentVia !== undefined && stepAt(step, parentVia) === stepHere);
    if (container.parentId !== null && !staysIn)
      left.set(container.parentId, [...(left.get(container.parentId) ?? []), id]);
    const contradicts = contradictionOf(stepHere, container, step);
    events.push(
      scanEvent(container, step, stepHere, {
        contradicts,
        parentId: staysIn ? container.parentId : null,
        via: via.get(id)!,
      }),
    );
    warnings.push(...scanWarnings(container, step, via.get(id)!, contradicts));
    if (container.batchId) loads.push(loadOf(container, via.get(id)!, container.batchId));
  }
  for (const [parentId, removed] of left) events.push(contentsChanged(parentId, { removed }, draftOf(step)));
  return { events, loads, warnings };
}

/** What nobody scanned by itself goes along in what it stands in, and so does what stands in a box of several loads. */
const staysInItsBox = (
  { parentId }: Container,
  { boxId }: Scanned,
  step: ContainerStep,
  isInferred: boolean,
): boolean => step !== 'miss' && (isInferred || (boxId !== undefined && parentId === boxId));

const ON_THE_WAY: readonly ContainerState[] = ['loaded', 'on_hold', 'held_up'];

/**
 * What is with a manifest, on the road or at the gate, is not at hand for anything else: what is in it would lie in two places.
 * @returns a refusal for the first of them.
 */
export function onTheWay(states: States, scanned: Scanned): Refusal | undefined {
  for (const { id, via } of scanned.containers) {
    const container = states.get(containerKind, id);
    if (!container || !ON_THE_WAY.includes(container.state)) continue;
    const { code } = container;
    return against(
      namedAs(scanned, via).pointer,
      `容器 ${code} 的记录为随联单在途或待接受，不在库存中；如未装运，请更正该联单。`,
      `Container ${code} is on record as with a manifest that is under way, not in stock; if it was not loaded, correct that manifest.`,
      'HJ 1276-2022',
    );
  }
  return undefined;
}

/** Its owner, its holder and the unit on its label may know of it. */
export const concerns = ({ ownerId, partyId, unitId }: Container, among: readonly string[]): boolean =>
  among.some((party) => party === ownerId || party === partyId || party === unitId);

const stepAt = ({ step }: ScanStep, via: string): ContainerStep => (typeof step === 'string' ? step : step(via));

const draftOf = ({ occurredAt, region, entryMode, manifestId, siteId }: ScanStep) => ({
  occurredAt,
  region,
  ...(entryMode ? { entryMode } : {}),
  refs: [manifestId ?? siteId].filter((id) => id !== null),
});

function scanEvent(
  container: Container,
  step: ScanStep,
  stepHere: ContainerStep,
  { contradicts, parentId, via }: { contradicts: ContainerPlace | null; parentId: string | null; via: string },
): EventDraft {
  const { from, to, leaves, event } = stepRow(stepHere);
  // What is moved within a site lies there, whatever its record said.
  const state = to ?? (leaves === 'there' || from.includes(container.state) ? container.state : 'stored');
  // What was refused stays refused on its manifest wherever it is put meanwhile.
  const offManifest = state === 'refused' ? container.manifestId : null;
  const place = {
    partyId: step.partyId,
    siteId: leaves === 'manifest' ? null : step.siteId,
    manifestId: leaves === 'site' ? offManifest : step.manifestId,
    region: step.region ?? container.region,
    ...(to === 'treated' || to === 'emptied' ? NOTHING_IN_IT : {}),
  };
  return containerChanged(
    container.id,
    event,
    { state, ...(leaves === 'there' ? {} : place), ...(parentId === container.parentId ? {} : { parentId }) },
    {
      ...draftOf(step),
      data: {
        ...(contradicts ? { contradicts: contradicts as unknown as Json } : {}),
        ...(step.isInferred?.(via) ? { inferred: true } : {}),
      },
    },
  );
}

const NOTHING_IN_IT = { batchId: null, grams: 0, pieces: 0 };

const loadOf = (container: Container, via: string, batchId: string): ContainerLoad => ({
  containerId: container.id,
  via,
  batchId,
  grams: container.grams,
  pieces: container.pieces,
  from: contentPlace(container),
});

/** Where the mass of a container lies by its record; null on the road and on hold, where it is its manifest's. */
export function contentPlace({ state, partyId, siteId, ownerId }: Container): Place | null {
  const role = LIES_AS[state];
  return role === undefined ? null : [role, partyId, role === 'incident_hold' ? null : siteId, ownerId];
}

/** As what that mass lies there. */
const LIES_AS: { readonly [State in ContainerState]?: AccountRole } = {
  stored: 'stock',
  accepted: 'stock',
  refused: 'refused_return',
  held_up: 'incident_hold',
};

function scanWarnings(
  container: Container,
  step: ScanStep,
  via: string,
  contradicts: ContainerPlace | null,
): Warning[] {
  const { code, wasteCode, ownerId } = container;
  const at = step.pointer === undefined ? {} : { pointer: step.pointer };
  const warnings: Warning[] = [];
  if (contradicts) warnings.push({ ...outOfPlace(container, contradicts), ...at });
  const expected = typeof step.wasteCode === 'function' ? step.wasteCode(via) : step.wasteCode;
  if (expected !== undefined && expected !== wasteCode) {
    const detail = {
      zh: `容器 ${code} 的标签为 ${wasteCode}，不是 ${expected}。`,
      en: `Container ${code} is labelled ${wasteCode}, not ${expected}.`,
    };
    warnings.push({ code: 'container-other-waste', detail, basis: 'TM 13', ...at });
  }
  if (step.ownerId !== undefined && step.ownerId !== ownerId) {
    const detail = {
      zh: `容器 ${code} 属于单位 ${ownerId}，不属于 ${step.ownerId}。`,
      en: `Container ${code} is the waste of party ${ownerId}, not of ${step.ownerId}.`,
    };
    warnings.push({ code: 'container-of-another-owner', detail, ...at });
  }
  return warnings;
}

/** Told whenever a scan and the record differ; where else it is said to be is not everybody's to know. */
export function outOfPlace({ code }: Container, { state }: ContainerPlace): Warning {
  const { zh, en } = CONTAINER_STATE_NAMES[state];
  return {
    code: 'container-out-of-place',
    basis: 'HJ 1276-2022',
    detail: {
      zh: `容器 ${code} 的记录为“${zh}”，与本次所报不符；已如实记录。`,
      en: `Container ${code} is ${en} by the record, which this contradicts; it is recorded as told.`,
    },
  };
}

const contentsHaveChanged = ({ code }: Container, pointer = '/containers'): Refusal => ({
  problem: 'wrong-status',
  detail: {
    zh: `容器 ${code} 内的容器刚有变动；请重新提交。`,
    en: `What stands in container ${code} has just changed; send it again.`,
  },
  errors: [{ pointer, detail: { zh: '其中的容器也须扫描', en: 'scan what stands in it too' } }],
});

const undecided = (id: string, pointer = '/containers'): Refusal => ({
  problem: 'against-rule',
  detail: { zh: `容器 ${id} 未作出接受或拒收决定。`, en: `Container ${id} is neither accepted nor refused.` },
  errors: [{ pointer, detail: { zh: '每个容器须作出决定', en: 'a decision for each container' } }],
});
