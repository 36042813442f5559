import { addUses, type PermitUse, usesOf } from '../permits/uses.ts';
import type { RecordedEvent } from '../platform/events.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { lotOfRefused } from './booking.ts';
import { applyChanges } from './corrections.ts';
import type { DraftFields, EventData, Joined, Vehicle } from './event-data.ts';
import { currentLeg, isOnTheWay, isWithTheRest } from './lifecycle.ts';
import { partOf, withDecisions, withFound, withJoined } from './line-containers.ts';
import { UNNUMBERED, withOfficialRecord } from './official-numbers.ts';
import { together, travels } from './parts.ts';
import { type Leg, type Line, manifests, type Remainder, type Status } from './tables.ts';

/** The manifest as its events tell it. */
export type Manifest = StateOf<typeof manifests>;

export const manifestKind = subjectKind({
  name: 'manifest',
  rank: RANKS.manifest,
  table: manifests,
  evolve: (state, event) => {
    const change = CHANGES[event.type as keyof EventData] as Change<keyof EventData> | undefined;
    if (!change) throw new Error(`a manifest knows no event ${event.type}`);
    const { joined } = event.data as Joined;
    const next = change(
      joined ? { ...state!, lines: withJoined(state!.lines, joined) } : state!,
      event.data as never,
      event,
    );
    const uses = usesOf(event);
    return uses.length > 0 ? withUses(next, uses) : next;
  },
});

/** What an event says of permits is added up line by line; which permits cover a line is fixed at issue. */
function withUses(state: Manifest, uses: readonly PermitUse[]): Manifest {
  const permitUses = addUses(state.permitUses, uses);
  const permitsOf = (line: Line) => permitUses.filter((use) => use.line === line.line).map(({ permitId }) => permitId);
  return {
    ...state,
    permitUses,
    lines: state.lines.map((line) => ({ ...line, permitIds: [...new Set(permitsOf(line))] })),
  };
}

type Change<Type extends keyof EventData> = (state: Manifest, data: EventData[Type], event: RecordedEvent) => Manifest;

/** What each event makes of the manifest. */
const CHANGES: { [Type in keyof EventData]: Change<Type> } = {
  manifest_drafted: (_state, data, { subject, actor }) => ({
    ...EMPTY,
    ...drafted(data),
    filledById: data.manifest.filledById ?? actor.party,
    id: subject.id,
  }),
  manifest_revised: (state, data) => ({ ...state, ...drafted(data) }),
  manifest_issued: (state, { number, paper }, { occurredAt }) => ({
    ...state,
    status: 'issued',
    number: number ?? null,
    issuedAt: occurredAt,
    ...(paper ? { entryMode: 'paper', paperNumber: paper.number } : {}),
  }),
  pickup_code_issued: (state, { expiresAt }, { id }) => ({
    ...state,
    pickupCodeEventId: id,
    pickupCodeExpiresAt: new Date(expiresAt),
    pickupCodeFailures: 0,
  }),
  pickup_code_failed: (state) => ({ ...state, pickupCodeFailures: state.pickupCodeFailures + 1 }),
  picked_up: (state, data, { id, occurredAt }) => ({
    ...state,
    status: 'in_transit',
    legs: withLeg(state.legs, 0, { ...vehicleOf(data), startedAt: occurredAt.toISOString() }),
    tripId: data.tripId ?? null,
    lines: withLines(state, data.lines, ({ line: _, grams, pieces, volume, containers = [], ...loaded }) => ({
      pickedUpGrams: grams,
      pickedUpPieces: pieces,
      ...(volume ? { pickedUpVolume: volume } : {}),
      ...loaded,
      containers,
    })),
    pickedUpAt: occurredAt,
    pickedUpEventId: id,
    pickupCodeEventId: null,
    pickupCodeExpiresAt: null,
    pickupConfirmedBy: data.confirmedBy ?? null,
  }),
  pickup_confirmed: (state) => ({ ...state, pickupConfirmedBy: 'consignor' }),
  handed_over: (state, { leg, by, place, region, ...vehicle }, { occurredAt }) => {
    const at = occurredAt.toISOString();
    const ended = withLeg(state.legs, leg - 2, { endedAt: at });
    const handover = { place, region, confirmedBy: [by] };
    return {
      ...state,
      legs: withLeg(ended, leg - 1, { ...vehicleOf(vehicle), startedAt: at, handover }),
      passedRegions: passed(state, region),
    };
  },
  handover_confirmed: (state, { leg, by, ...vehicle }) => {
    const before = state.legs[leg - 1]!;
    const handover = { ...before.handover!, confirmedBy: [...before.handover!.confirmedBy, by] };
    const known = vehicleOf(vehicle);
    return {
      ...state,
      legs: withLeg(state.legs, leg - 1, {
        plate: before.plate ?? known.plate,
        driverId: before.driverId ?? known.driverId,
        waybillNumber: before.waybillNumber ?? known.waybillNumber,
        handover,
      }),
    };
  },
  transit_stored: (state, { siteId }, { occurredAt, region }) => ({
    ...state,
    status: 'stored',
    storedSiteId: siteId,
    legs: withLeg(state.legs, currentLeg(state), { endedAt: occurredAt.toISOString() }),
    passedRegions: passed(state, region),
  }),
  departed: (state, data, { occurredAt }) => ({
    ...state,
    status: 'in_transit',
    storedSiteId: null,
    legs: withNewLeg(state.legs, {
      ...NEW_LEG,
      ...vehicleOf(data),
      carrierId: state.legs[currentLeg(state)]!.carrierId,
      startedAt: occurredAt.toISOString(),
    }),
  }),
  arrived: (state, terms, { occurredAt }) => ({
    ...state,
    ...termsOf(terms),
    status: 'arrived',
    legs: withLeg(state.legs, currentLeg(state), { endedAt: occurredAt.toISOString() }),
    arrivedAt: occurredAt,
  }),
  receipt_recorded: (state, data, { id, occurredAt }) => {
    const lines = withLines(
      state,
      data.lines,
      ({ line: _, batchId, refusedPieces, containers = [], ...received }, line) => ({
        ...received,
        refusedPieces: refusedPieces ?? (received.acceptedGrams === 0 ? received.receivedPieces : 0),
        receivedBatchIds: [batchId, ...containers.map((one) => one.batchId)].filter((id) => id !== null),
        containers: withDecisions(line.containers, containers),
      }),
    );
    const next: Manifest = {
      ...state,
      status: data.lines.some((line) => line.acceptedGrams > 0) ? 'received' : 'refused',
      lines,
      discrepancies: data.discrepancies,
      acceptedAt: occurredAt,
      receivedEventId: id,
    };
    return { ...next, remainders: [...state.remainders, ...lotOfRefused(next)] };
  },
  return_departed: (state, { remainder, carrierId, plate, found = [] }, { occurredAt }) =>
    withRemainder({ ...state, lines: withFound(state.lines, found) }, remainder, {
      state: 'returning',
      carrierId,
      back: { plate: plate ?? null, startedAt: occurredAt.toISOString(), endedAt: null, takenBack: null },
      lines: state.remainders[remainder]!.lines.map(({ line, parts }) => ({
        line,
        parts: [...parts, ...found.filter((one) => one.line === line).flatMap(partOf)],
      })),
    }),
  return_received: (state, { remainder, lines }, { id, occurredAt }) =>
    withRemainder(state, remainder, {
      state: 'returned',
      back: {
        ...state.remainders[remainder]!.back!,
        endedAt: occurredAt.toISOString(),
        takenBack: { eventId: id, lines },
      },
    }),
  remainder_followed: (state, { remainder, manifestId }) =>
    withRemainder(state, remainder, { state: 'followed', followedById: manifestId }),
  follow_up_voided: (state, { remainder }) => withRemainder(state, remainder, HELD),
  incident_reported: (state, { type, place, carrierId, frozen }, { id, occurredAt, region }) => ({
    ...state,
    incident: { type, eventId: id, occurredAt: occurredAt.toISOString(), place, region, carrierId, plans: [] },
    lines: withLines(state, frozen, ({ parts, containers = [] }, line) => ({
      frozen: parts,
      containers: line.containers.map((one) =>
        containers.includes(one.containerId) ? { ...one, heldUp: 'held_up' as const } : one,
      ),
    })),
    passedRegions: passed(state, region),
  }),
  incident_plan_filed: (state, { by }) => ({
    ...state,
    incident: { ...state.incident!, plans: [...new Set([...state.incident!.plans, by])] },
  }),
  incident_resolved: resolved,
  correction_proposed: (state, data, { id, actor }) => ({
    ...state,
    correction: { eventId: id, proposedBy: actor.party, ...data },
  }),
  correction_approved: (state, data) => ({
    ...state,
    correction: { ...state.correction!, approvedBy: [...state.correction!.approvedBy, ...data.as] },
  }),
  correction_rejected: (state) => ({ ...state, correction: null }),
  correction_withdrawn: (state) => ({ ...state, correction: null }),
  manifest_corrected: (state, { changes, terms }) => ({
    ...applyChanges(state, changes),
    ...(terms ? termsOf(terms) : {}),
    correction: null,
    correctionCount: state.correctionCount + 1,
  }),
  official_record_noted: withOfficialRecord,
  manifest_voided: (state, _data, { occurredAt }) => ({
    ...state,
    status: 'void',
    voidedAt: occurredAt,
    pickupCodeEventId: null,
  }),
};

/**
 * What is recovered goes on with the rest of the load, or it is a remainder of whoever held it. When nothing travels
 * after that, nothing has since it happened: the leg ended then, and the manifest waits for no arrival.
 */
function resolved(state: Manifest, { lines, newLeg }: EventData['incident_resolved'], event: RecordedEvent): Manifest {
  const { region, place, carrierId, occurredAt } = state.incident!;
  const goesOn = isWithTheRest(state);
  const next = {
    ...state,
    incident: null,
    lines: withLines(state, lines, ({ lost, recovered, containers = [] }, line) => ({
      frozen: [],
      lost: [...line.lost, ...lost],
      recovered: goesOn ? line.recovered : together(line.recovered, recovered),
      containers: line.containers.map((one) => {
        const outcome = containers.find(({ containerId }) => containerId === one.containerId)?.outcome;
        return outcome ? { ...one, heldUp: outcome === 'recovered' && goesOn ? null : outcome } : one;
      }),
    })),
  };
  if (newLeg) {
    const at = event.occurredAt.toISOString();
    const ended = withLeg(state.legs, currentLeg(state), { endedAt: at });
    // Each carrier says for itself that it has handed over, or taken over.
    const confirmedBy = event.actor.party === carrierId ? (['giver'] as const) : [];
    const handover = newLeg.carrierId === carrierId ? null : { place, region, confirmedBy };
    const leg = { ...NEW_LEG, ...vehicleOf(newLeg), carrierId: newLeg.carrierId, startedAt: at, handover };
    return { ...next, status: 'in_transit', storedSiteId: null, legs: withNewLeg(ended, leg, currentLeg(state)) };
  }
  const saved = lines.filter(({ recovered }) => recovered.length > 0);
  const remainder: Remainder = {
    ...HELD,
    reason: 'recovered',
    place: ['incident_hold', carrierId, null, state.consignorId],
    lines: saved.map(({ line, recovered }) => ({ line, parts: recovered })),
  };
  const left = goesOn || saved.length === 0 ? next : { ...next, remainders: [...state.remainders, remainder] };
  if (!isOnTheWay(state) || travels(left.lines)) return left;
  const last = currentLeg(state);
  const legs = withLeg(state.legs, last, { endedAt: state.legs[last]!.endedAt ?? occurredAt });
  return { ...left, status: 'ended', storedSiteId: null, legs };
}

const termsOf = ({ dueOn, provisional, paperDueOn }: EventData['arrived']) => ({
  receiptDueOn: dueOn,
  receiptDueProvisional: provisional,
  paperDueOn: paperDueOn ?? null,
});

const HELD = { state: 'held', carrierId: null, followedById: null } as const;

const drafted = ({ manifest }: { manifest: DraftFields }) => {
  const { onwardCarrierIds = [], filledById: _, plate = null, ...fields } = manifest;
  return {
    ...DRAFTED,
    ...fields,
    legs: [fields.carrierId, ...onwardCarrierIds].map(
      (carrierId, nth): Leg => ({ ...NEW_LEG, carrierId, plate: nth === 0 ? plate : null }),
    ),
    lines: manifest.lines.map((line): Line => ({ ...NOTHING_MOVED, ...line })),
  };
};

const DRAFTED = { source: null, followsId: null, projectId: null };

const NEW_LEG = {
  plate: null,
  driverId: null,
  waybillNumber: null,
  startedAt: null,
  endedAt: null,
  handover: null,
};

const NOTHING_MOVED = {
  permitIds: [],
  offered: [],
  hazardousComponent: null,
  unNumber: null,
  packingGroup: null,
  pickedUpGrams: null,
  pickedUpPieces: null,
  loaded: [],
  containers: [],
  frozen: [],
  lost: [],
  recovered: [],
  acceptedGrams: null,
  refusedGrams: null,
  refusedPieces: null,
  receivedPieces: null,
  method: null,
  receivedBatchIds: [],
};

const vehicleOf = ({ plate, driverId, waybillNumber }: Vehicle): Vehicle => ({
  plate: plate ?? null,
  driverId: driverId ?? null,
  waybillNumber: waybillNumber ?? null,
});

const withLeg = (legs: readonly Leg[], index: number, patch: Partial<Leg>): Leg[] =>
  legs.map((leg, at) => (at === index ? { ...leg, ...patch } : leg));

/** Behind the one it is on, before those still planned. */
function withNewLeg(legs: readonly Leg[], leg: Leg, after = currentLeg({ legs })): Leg[] {
  return legs.toSpliced(after + 1, 0, leg);
}

function withLines<Change extends { line: number }>(
  state: Manifest,
  changes: readonly Change[],
  patchOf: (change: Change, line: Line) => Partial<Line>,
): Line[] {
  return state.lines.map((line) => {
    const change = changes.find((one) => one.line === line.line);
    return change ? { ...line, ...patchOf(change, line) } : line;
  });
}

const withRemainder = (state: Manifest, index: number, patch: Partial<Remainder>): Manifest => ({
  ...state,
  remainders: state.remainders.map((one, at) => (at === index ? { ...one, ...patch } : one)),
});

const passed = (
  { passedRegions, originRegion, destinationRegion }: Manifest,
  region: string | null,
): readonly string[] =>
  region === null || [...passedRegions, originRegion, destinationRegion].includes(region)
    ? passedRegions
    : [...passedRegions, region];

const EMPTY = {
  status: 'draft' as Status,
  ...UNNUMBERED,
  discrepancies: [],
  permitUses: [],
  entryMode: 'live' as const,
  tripId: null,
  remainders: [],
  storedSiteId: null,
  passedRegions: [],
  incident: null,
  correction: null,
  correctionCount: 0,
  pickupCodeEventId: null,
  pickupCodeExpiresAt: null,
  pickupCodeFailures: 0,
  pickupConfirmedBy: null,
  pickedUpEventId: null,
  receivedEventId: null,
  issuedAt: null,
  pickedUpAt: null,
  arrivedAt: null,
  acceptedAt: null,
  voidedAt: null,
  receiptDueOn: null,
  receiptDueProvisional: null,
  paperNumber: null,
  paperDueOn: null,
};
