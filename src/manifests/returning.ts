/** What becomes of a remainder: it is brought back to the consignor, or another manifest carries it on. TM 16, 18 ¶2. */
import { dayInShanghai } from '../catalogue/calendar.ts';
import { plateRemarks } from '../catalogue/plate-remarks.ts';
import type { Facts } from '../catalogue/reference.ts';
import { batchKind, batchMoved } from '../custody/batches.ts';
import { containerKind } from '../custody/containers.ts';
import { batchesIn, type Movement, movementsData, type Place } from '../custody/ledger.ts';
import type { ContainerState } from '../custody/lifecycle.ts';
import { NOTHING_SCANNED } from '../custody/scanned.ts';
import type { Scanned } from '../custody/scanning.ts';
import type { Party, Site } from '../parties/registers.ts';
import { type Decision, refused, type States, type Warning } from '../platform/acts.ts';
import type { EventDraft, Json } from '../platform/events.ts';
import { against, type Refusal } from '../problems.ts';
import { apartFrom, joiningOf, listed, moveAboard } from './aboard.ts';
import { carriedBy, homeOf, moveParts, recoded } from './booking.ts';
import { differenceBasis } from './differences.ts';
import { restsOf } from './dry-rests.ts';
import type { DraftFields } from './event-data.ts';
import { checkMethod } from './fields.ts';
import { checkPlaces, crossesProvince } from './filing.ts';
import type { FollowUpInput, ReturnInput, ReturnReceiptInput } from './inputs.ts';
import { currentLeg } from './lifecycle.ts';
import { partOf } from './line-containers.ts';
import { type Manifest, manifestKind } from './manifest.ts';
import { gramsOf, moistureOf, piecesOf, without } from './parts.ts';
import { shareOver } from './sharing.ts';
import { everyLineOnce, manifestEvent, vehicleData } from './standing.ts';
import type { DraftLine, JoinedContainer, LineBatch, LineContainer, Remainder } from './tables.ts';

/** The remainder an act means: the one it names, or the first in that state. */
function remainderOf(
  { remainders }: Manifest,
  wanted: number | undefined,
  state: Remainder['state'],
): { index: number; remainder: Remainder } | { refusal: Refusal } {
  const index = wanted ?? remainders.findIndex((one) => one.state === state);
  const remainder = remainders[index];
  if (remainder?.state === state) return { index, remainder };
  return {
    refusal: against(
      '/remainder',
      `第 ${index} 项余量不存在或状态为 ${remainder?.state ?? '无'}。`,
      `There is no remainder ${index} that is ${state}.`,
    ),
  };
}

const moveRemainder = (manifest: Manifest, { lines }: Remainder, from: Place, to: Place): Movement[] =>
  lines.flatMap(({ line, parts }) => moveParts(manifest.lines[line - 1]!, parts, from, to));

/** Containers of a remainder, line by line: those its parts are in, and the outer bodies that went the same way. */
function containersOf(
  manifest: Manifest,
  { reason, lines }: Remainder,
): { line: number; containers: LineContainer[] }[] {
  return lines.map(({ line, parts }) => {
    const { containers } = manifest.lines[line - 1]!;
    const goes = ({ batchId, decision, heldUp }: LineContainer) =>
      batchId === null
        ? (reason === 'refused' ? decision : heldUp) === reason
        : parts.some((part) => part.batchId === batchId && (part.grams > 0 || part.pieces > 0));
    return { line, containers: containers.filter(goes) };
  });
}

/** Those of them that are on this manifest still, in one of these states. */
const stillOn = (
  states: States,
  manifest: Manifest,
  remainder: Remainder,
  among: readonly ContainerState[],
): string[] =>
  containersOf(manifest, remainder)
    .flatMap(({ containers }) => containers.map(({ containerId }) => containerId))
    .filter((id) => {
      const container = states.get(containerKind, id);
      return container?.manifestId === manifest.id && among.includes(container.state);
    });

/** Scanned, and none of the remainder: it goes along, out of the stock it was on record in, and apart from a load that travels on. */
function foundWith(
  states: States,
  manifest: Manifest,
  { lines, reason }: Remainder,
  scanned: Scanned = NOTHING_SCANNED,
  present: readonly string[],
): JoinedContainer[] {
  const of = { lines: lines.map(({ line }) => manifest.lines[line - 1]!) };
  const apart = apartFrom(states, manifest, scanned, present);
  return scanned.containers.flatMap(({ id, via }) => {
    const container = present.includes(id) || apart.has(via) ? undefined : states.get(containerKind, id);
    const heldUp = reason === 'recovered' ? reason : null;
    return container ? [{ ...joiningOf(of, container, states), heldUp }] : [];
  });
}

const holderOf = ({ place: [, partyId] }: Remainder): string => partyId;

/** What was recovered is where its carrier has it; the rest was brought by the carrier of the last leg that began. */
const broughtBy = (manifest: Manifest, remainder: Remainder): string =>
  remainder.reason === 'recovered' ? holderOf(remainder) : manifest.legs[currentLeg(manifest)]!.carrierId;

const notTheirs = (index: number): Refusal => ({
  problem: 'not-your-act',
  detail: {
    zh: `第 ${index} 项余量的退运由持有它的单位或运来它的承运人报告。`,
    en: `The return of remainder ${index} is reported by whoever holds it, or by the carrier that brought it there.`,
  },
  basis: 'TM 18 ¶2',
});

/**
 * It sets off back to where it came from. Whoever holds it reports that, or the carrier that brought it there, which
 * takes it back (TM 18 ¶2).
 */
export function decideReturn(input: ReturnInput, manifest: Manifest, states: States, facts: Facts): Decision {
  const { party } = facts.caller.actor;
  const isTheirs = (one: Remainder) => [holderOf(one), broughtBy(manifest, one)].includes(party);
  const own = manifest.remainders.findIndex((one) => one.state === 'held' && isTheirs(one));
  const found = remainderOf(manifest, input.remainder ?? (own < 0 ? undefined : own), 'held');
  if ('refusal' in found) return refused(found.refusal);
  const { index, remainder } = found;
  if (!isTheirs(remainder)) return refused(notTheirs(index));
  const carrierId = broughtBy(manifest, remainder);
  const { plate, warnings } = plateRemarks(input.plate);
  const occurredAt = new Date(input.occurredAt);
  const [scanned, present] = [listed(input), stillOn(states, manifest, remainder, ['refused', 'held_up'])];
  const where = { siteId: null, partyId: carrierId, region: null, occurredAt, entryMode: input.entryMode };
  const moved = moveAboard(states, manifest, scanned, 'send_back', where, present);
  if ('refusal' in moved) return refused(moved.refusal);
  const along = foundWith(states, manifest, remainder, scanned, present);
  const road = carriedBy(carrierId, manifest);
  const movements = [...moveRemainder(manifest, remainder, remainder.place, road), ...alongMovements(along, road)];
  const event = manifestEvent(
    'return_departed',
    manifest.id,
    occurredAt,
    { remainder: index, carrierId, ...vehicleData(input, plate), ...(along.length > 0 ? { found: along } : {}) },
    {
      region: manifest.destinationRegion,
      entryMode: input.entryMode,
      refs: batchesIn(movements),
      also: movementsData(movements),
    },
  );
  return {
    events: [event, ...moved.events],
    answer: { id: manifest.id, status: manifest.status, remainder: index },
    warnings: [...warnings, ...moved.warnings],
  };
}

const alongMovements = (along: readonly JoinedContainer[], to: Place): Movement[] =>
  along.flatMap(({ line, wasteCode, from, ...container }) =>
    from === null
      ? []
      : partOf({ ...container, wasteCode, from }).map(({ batchId, grams, pieces, dryGrams = 0 }) => ({
          ...{ wasteCode, line, from, to, fromBatch: batchId, toBatch: batchId, grams, pieces, dryGrams },
        })),
  );

/** The batches that a return brings back: whichever store they were in, they are not there now. */
export function returnedBatches(manifest: Manifest | undefined, { remainder: wanted }: ReturnReceiptInput): string[] {
  const found = manifest && remainderOf(manifest, wanted, 'returning');
  if (!found || 'refusal' in found) return [];
  return [...new Set(found.remainder.lines.flatMap(({ parts }) => parts.map(({ batchId }) => batchId)))];
}

/** The consignor weighs what came back; it lies in its stock again as the batches it was. */
export function decideReturnReceipt(input: ReturnReceiptInput, manifest: Manifest, states: States): Decision {
  const found = remainderOf(manifest, input.remainder, 'returning');
  if ('refusal' in found) return refused(found.refusal);
  const { index, remainder } = found;
  const refusal = everyLineOnce(remainder.lines, input.lines);
  if (refusal) return refused(refusal);
  const road = carriedBy(remainder.carrierId!, manifest);
  const home = homeOf(manifest);
  const difference: Place = ['weighing_difference', home[1], home[2], manifest.consignorId];
  const occurredAt = new Date(input.occurredAt);
  const [scanned, present] = [listed(input), stillOn(states, manifest, remainder, ['loaded'])];
  const where = { siteId: home[2], partyId: home[1], region: manifest.originRegion, occurredAt };
  const brought = { ...where, entryMode: input.entryMode };
  const moved = moveAboard(states, manifest, scanned, 'bring_back', brought, present);
  if ('refusal' in moved) return refused(moved.refusal);
  const along = foundWith(states, manifest, remainder, scanned, present);
  const returned = remainder.lines.flatMap(({ line, parts }) => {
    const given = input.lines.find((one) => one.line === line)!;
    const back = shareOver(parts, given.massGrams, given.pieces ?? piecesOf(parts));
    const of = manifest.lines[line - 1]!;
    return [
      ...recoded(of, moveParts(of, back, road, home), 'to'),
      ...moveParts(of, without(parts, back), road, difference),
    ];
  });
  const movements = [...returned, ...alongMovements(along, home), ...restsOf(manifest, returned, states)];
  const event = manifestEvent(
    'return_received',
    manifest.id,
    occurredAt,
    {
      remainder: index,
      lines: input.lines.map(({ line, massGrams, pieces }) => ({ line, grams: massGrams, pieces: pieces ?? null })),
    },
    {
      region: manifest.originRegion,
      entryMode: input.entryMode,
      refs: batchesIn(movements),
      also: movementsData(movements),
    },
  );
  const unstored = returnedBatches(manifest, input)
    .filter((id) => states.get(batchKind, id)?.storeId)
    .map((id) => batchMoved(id, null, { occurredAt, region: manifest.originRegion, refs: [manifest.id] }));
  const warnings = remainder.lines.flatMap(({ line, parts }): Warning[] => {
    const [sent, got] = [gramsOf(parts), input.lines.find((one) => one.line === line)!.massGrams];
    if (sent === got) return [];
    return [
      {
        code: 'quantity-differs',
        pointer: '/lines',
        basis: differenceBasis(manifest.stream, 'TM 10(3)'),
        detail: {
          zh: `第 ${line} 行：退运 ${sent} 克，收回 ${got} 克。`,
          en: `Line ${line}: ${sent} g were sent back and ${got} g taken back.`,
        },
      },
    ];
  });
  return {
    events: [event, ...unstored, ...moved.events],
    answer: { id: manifest.id, status: manifest.status, remainder: index },
    warnings: [...warnings, ...moved.warnings],
  };
}

export interface FollowUpNamed {
  readonly origin: Site;
  readonly destination: Site | undefined;
  readonly carriers: readonly (Party | undefined)[];
}

/** A draft for the same wastes, loaded from where they lie now, under a manifest of its own (TM 16). */
export function decideFollowUp(input: FollowUpInput, manifest: Manifest, named: FollowUpNamed, facts: Facts): Decision {
  const found = remainderOf(manifest, input.remainder, 'held');
  if ('refusal' in found) return refused(found.refusal);
  const { index, remainder } = found;
  const places = checkPlaces(input, named);
  if ('refusal' in places) return refused(places.refusal);
  for (const [nth, { plannedMethod }] of input.methods.entries()) {
    const wrong = checkMethod(plannedMethod, manifest.stream, `/methods/${nth}/plannedMethod`);
    if (wrong) return refused(wrong);
  }
  const id = facts.newId();
  const { destination } = places;
  const fields: DraftFields = {
    stream: manifest.stream,
    consignorId: manifest.consignorId,
    consignorSiteId: manifest.consignorSiteId,
    carrierId: input.carrierId,
    ...(input.onwardCarrierIds.length > 0 ? { onwardCarrierIds: input.onwardCarrierIds } : {}),
    consigneeId: destination.partyId,
    consigneeSiteId: destination.id,
    shipperRole: input.shipperRole,
    originRegion: manifest.originRegion,
    destinationRegion: destination.region,
    crossProvince: crossesProvince(manifest.originRegion, destination.region, dayInShanghai(facts.now)),
    source: remainder.place,
    followsId: manifest.id,
    ...(manifest.projectId === null ? {} : { projectId: manifest.projectId }),
    lines: remainder.lines.map(({ line, parts }, nth) => ({
      ...followingLine(manifest, { line, parts }, nth, input),
      ...offeredContainers(containersOf(manifest, remainder)[nth]!.containers, parts),
    })),
  };
  const followed = manifestEvent(
    'remainder_followed',
    manifest.id,
    facts.now,
    { remainder: index, manifestId: id },
    { region: manifest.originRegion, refs: [id] },
  );
  const drafted = manifestEvent(
    'manifest_drafted',
    id,
    facts.now,
    { manifest: fields },
    { region: manifest.originRegion, refs: [manifest.id] },
  );
  return { events: [drafted, followed], answer: { id, status: 'draft' }, warnings: [], status: 201 };
}

/** What a voided follow-up was to carry lies where it lay: it is the remainder it was, of the manifest it came from. */
export function givenBack({ id, followsId }: Manifest, states: States, { now }: Facts): EventDraft[] {
  const from = followsId && states.get(manifestKind, followsId);
  if (!from) return [];
  const remainder = from.remainders.findIndex(({ followedById }) => followedById === id);
  const more = { region: from.originRegion, refs: [id] };
  return [manifestEvent('follow_up_voided', from.id, now, { remainder, manifestId: id }, more)];
}

/** The containers go along with what is in them, as they are then. */
function offeredContainers(containers: readonly LineContainer[], parts: readonly LineBatch[]) {
  if (containers.length === 0) return {};
  return {
    offeredContainers: containers.map((container): LineContainer => {
      const part = parts.find(({ batchId }) => batchId === container.batchId);
      const { grams = 0, pieces = 0, dryGrams } = part ?? {};
      const undecided = { heldUp: null, decision: null, decidedGrams: null, receivedBatchId: null };
      return { ...container, grams, pieces, dryGrams, from: null, joined: false, ...undecided };
    }),
  };
}

function followingLine(
  { lines }: Manifest,
  { line, parts }: Remainder['lines'][number],
  index: number,
  { methods }: FollowUpInput,
): DraftLine {
  const { wasteCode, name, form, hazards, packaging, plannedMethod, hazardousComponent, unNumber, packingGroup } =
    lines[line - 1]!;
  const moisture = moistureOf(lines[line - 1]!);
  return {
    line: index + 1,
    wasteCode,
    name,
    form,
    hazards,
    packaging,
    hazardousComponent,
    unNumber,
    packingGroup,
    plannedMethod: methods.find((one) => one.line === line)?.plannedMethod ?? plannedMethod,
    declaredGrams: gramsOf(parts),
    declaredPieces: piecesOf(parts),
    ...(moisture === undefined ? {} : { moisturePermille: moisture }),
    namedBatches: parts.map(({ batchId }) => batchId),
    offered: parts,
  } satisfies DraftLine & { [key: string]: Json | undefined | readonly LineBatch[] };
}
