/** What becomes of a remainder: it is brought back to the consignor, or another manifest carries it on. TM 16, 18 ¶2. */
import { dayInShanghai } from '../catalogue/calendar.ts';
import { plateRemarks } from '../catalogue/plate-remarks.ts';
import type { Facts } from '../catalogue/reference.ts';
import { batchesIn, type Movement, movementsData, type Place } from '../custody/ledger.ts';
import type { Party, Site } from '../parties/registers.ts';
import { type Decision, refused, type Warning } from '../platform/acts.ts';
import type { Json } from '../platform/events.ts';
import type { Refusal } from '../problems.ts';
import { carriedBy, homeOf, moveParts, recoded, shareOver } from './booking.ts';
import { checkMethod, checkPlaces, crossesProvince } from './filing.ts';
import type { FollowUpInput, ReturnInput, ReturnReceiptInput } from './inputs.ts';
import { currentLeg } from './lifecycle.ts';
import type { DraftFields, Manifest } from './manifest.ts';
import { gramsOf, piecesOf, without } from './parts.ts';
import { against, everyLineOnce, manifestEvent, vehicleData } from './standing.ts';
import type { DraftLine, LineBatch, Remainder } from './tables.ts';

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

/** It sets off back to where it came from, with whoever holds it or with the carrier that brought it. */
export function decideReturn(input: ReturnInput, manifest: Manifest, facts: Facts): Decision {
  const found = remainderOf(manifest, input.remainder, 'held');
  if ('refusal' in found) return refused(found.refusal);
  const { index, remainder } = found;
  const { party } = facts.caller.actor;
  const isCarrier = manifest.legs.some(({ carrierId }) => carrierId === party);
  const carrierId = isCarrier ? party : manifest.legs[currentLeg(manifest)]!.carrierId;
  const { plate, warnings } = plateRemarks(input.plate);
  const movements = moveRemainder(manifest, remainder, remainder.place, carriedBy(carrierId, manifest));
  const event = manifestEvent(
    'return_departed',
    manifest.id,
    new Date(input.occurredAt),
    { remainder: index, carrierId, ...vehicleData(input, plate) },
    {
      region: manifest.destinationRegion,
      entryMode: input.entryMode,
      refs: batchesIn(movements),
      also: movementsData(movements),
    },
  );
  return { events: [event], answer: { id: manifest.id, status: manifest.status, remainder: index }, warnings };
}

/** The consignor weighs what came back; it lies in its stock again as the batches it was. */
export function decideReturnReceipt(input: ReturnReceiptInput, manifest: Manifest): Decision {
  const found = remainderOf(manifest, input.remainder, 'returning');
  if ('refusal' in found) return refused(found.refusal);
  const { index, remainder } = found;
  const refusal = everyLineOnce(remainder.lines, input.lines);
  if (refusal) return refused(refusal);
  const road = carriedBy(remainder.carrierId!, manifest);
  const home = homeOf(manifest);
  const difference: Place = ['weighing_difference', home[1], home[2], manifest.consignorId];
  const movements = remainder.lines.flatMap(({ line, parts }) => {
    const given = input.lines.find((one) => one.line === line)!;
    const back = shareOver(parts, given.massGrams, given.pieces ?? piecesOf(parts));
    const of = manifest.lines[line - 1]!;
    return [
      ...recoded(of, moveParts(of, back, road, home), 'to'),
      ...moveParts(of, without(parts, back), road, difference),
    ];
  });
  const event = manifestEvent(
    'return_received',
    manifest.id,
    new Date(input.occurredAt),
    { remainder: index },
    {
      region: manifest.originRegion,
      entryMode: input.entryMode,
      refs: batchesIn(movements),
      also: {
        lines: input.lines.map(({ line, massGrams, pieces }) => ({ line, grams: massGrams, pieces: pieces ?? null })),
        ...movementsData(movements),
      },
    },
  );
  const warnings = remainder.lines.flatMap(({ line, parts }): Warning[] => {
    const [sent, got] = [gramsOf(parts), input.lines.find((one) => one.line === line)!.massGrams];
    if (sent === got) return [];
    return [
      {
        code: 'quantity-differs',
        pointer: '/lines',
        basis: 'TM 10(3)',
        detail: {
          zh: `第 ${line} 行：退运 ${sent} 克，收回 ${got} 克。`,
          en: `Line ${line}: ${sent} g were sent back and ${got} g taken back.`,
        },
      },
    ];
  });
  return { events: [event], answer: { id: manifest.id, status: manifest.status, remainder: index }, warnings };
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
    const wrong = checkMethod(plannedMethod, `/methods/${nth}/plannedMethod`);
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
    lines: remainder.lines.map(({ line, parts }, nth) =>
      followingLine(manifest, { ...remainder, line, parts }, nth, input),
    ),
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

function followingLine(
  { lines }: Manifest,
  { line, parts, reason }: Pick<Remainder, 'reason'> & Remainder['lines'][number],
  index: number,
  { methods }: FollowUpInput,
): DraftLine {
  const { wasteCode, name, form, hazards, packaging, plannedMethod, hazardousComponent, unNumber, packingGroup } =
    lines[line - 1]!;
  const { codeAtSource } = lines[line - 1]!;
  return {
    ...(reason === 'not_loaded' && codeAtSource !== undefined ? { codeAtSource } : {}),
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
    namedBatches: parts.map(({ batchId }) => batchId),
    offered: parts,
  } satisfies DraftLine & { [key: string]: Json | undefined | readonly LineBatch[] };
}
