/** On the way: handover between carriers (联运), transit storage, departure from it, arrival. TM 11(3)-(4), 17. */
import { addWorkingDays, dayInShanghai } from '../catalogue/calendar.ts';
import { plateRemarks } from '../catalogue/plate-remarks.ts';
import type { Facts } from '../catalogue/reference.ts';
import { batchesIn, type Movement, movementsData, type Place } from '../custody/ledger.ts';
import { NOTHING_SCANNED } from '../custody/scanned.ts';
import type { Site } from '../parties/registers.ts';
import { type Decision, refused, type States, type Warning } from '../platform/acts.ts';
import { against, type Refusal } from '../problems.ts';
import { joinedData, listed, moveAboard } from './aboard.ts';
import { carriedBy, joiningMovements, moveParts, onHold, onTheRoad } from './booking.ts';
import type { EventData } from './event-data.ts';
import type { ArrivalInput, DepartureInput, HandoverInput, TransitStorageInput } from './inputs.ts';
import { currentLeg, DEADLINES, handoversAwaited, sidesOf } from './lifecycle.ts';
import type { Manifest } from './manifest.ts';
import { carried, travels } from './parts.ts';
import { ifBefore, manifestEvent, unmatched, vehicleData } from './standing.ts';
import type { HandoverSide } from './tables.ts';

/** Everything that travels, from one place to another. */
const moveLoad = (manifest: Manifest, from: Place, to: Place): Movement[] =>
  manifest.lines.flatMap((line) => moveParts(line, carried(line), from, to));

/**
 * Either carrier reports first, and with that the load changes hands; the other confirms, however far it has gone on
 * meanwhile. Until both have spoken the handover is half signed, and `confirmedBy` shows who is missing. Which handover
 * is meant follows from who reports: the one that waits for its word, else the next that it gives or takes (TM 17).
 */
export function decideHandover(input: HandoverInput, manifest: Manifest, states: States, facts: Facts): Decision {
  const { party } = facts.caller.actor;
  const meant = handoverMeant(input, manifest, party);
  if ('refusal' in meant) return unmatched('handover', manifest, input, facts, meant.refusal);
  const { index, by } = meant;
  const leg = manifest.legs[index]!;
  if (leg.handover === null && allIsHeldUp(manifest)) return unmatched('handover', manifest, input, facts, allHeldUp);
  const occurredAt = new Date(input.occurredAt);
  const { plate, warnings } = input.plate === undefined ? { plate: null, warnings: [] } : plateRemarks(input.plate);
  const remarks = input.differs ? { details: { differs: input.differs } } : {};
  const draft = { region: input.region ?? null, entryMode: input.entryMode, ...remarks };
  const confirmedBy = [...(leg.handover?.confirmedBy ?? []), by];
  const answer = { id: manifest.id, status: manifest.status, leg: index + 1, confirmedBy };
  const told = [...warnings, ...handoverWarnings(input, manifest, index, by)];
  const moved = containersHandedOver(input, manifest, index, states);
  if ('refusal' in moved) return refused(moved.refusal);
  const joining = joiningMovements(manifest, moved.joined, carriedBy(leg.carrierId, manifest));
  const said = {
    leg: index + 1,
    by,
    ...(by === 'taker' ? vehicleData(input, plate) : NO_VEHICLE),
    ...joinedData(moved),
  } as const;
  if (leg.handover !== null) {
    const scanned = (input.scanned ?? NOTHING_SCANNED).containers.map(({ id }) => id);
    const refs = [...batchesIn(joining), ...scanned];
    const more = { ...draft, refs, also: movementsData(joining) };
    return {
      events: [manifestEvent('handover_confirmed', manifest.id, occurredAt, said, more), ...moved.events],
      answer,
      warnings: [...told, ...moved.warnings],
    };
  }
  const movements = [...moveLoad(manifest, onTheRoad(manifest), carriedBy(leg.carrierId, manifest)), ...joining];
  const data = { ...said, place: input.place, region: input.region ?? null };
  const event = manifestEvent('handed_over', manifest.id, occurredAt, data, {
    ...draft,
    refs: batchesIn(movements),
    also: movementsData(movements),
  });
  return { events: [event, ...moved.events], answer, warnings: [...told, ...moved.warnings] };
}

const NO_VEHICLE = { plate: null, driverId: null, waybillNumber: null };

/** The handover a carrier speaks of and the side it speaks for, or why there is none. */
function handoverMeant(
  { occurredAt }: HandoverInput,
  manifest: Manifest,
  carrierId: string,
): { index: number; by: HandoverSide } | { refusal: Refusal } {
  const { legs } = manifest;
  const saidOf = (index: number) => legs[index]!.handover?.confirmedBy ?? [];
  const isSpoken = (index: number) => sidesOf(manifest, index, carrierId).some((side) => saidOf(index).includes(side));
  const at = new Date(occurredAt).toISOString();
  // Nobody passes a load on at the moment it took it over: this is the same word sent again.
  const again = legs.findIndex(({ startedAt }, index) => startedAt === at && isSpoken(index));
  const awaited = handoversAwaited(manifest);
  for (const index of awaited) {
    const by = sidesOf(manifest, index, carrierId).find((side) => !saidOf(index).includes(side));
    if (by && (legs[index]!.handover !== null || again < 0)) return { index, by };
  }
  const spoken = again < 0 ? awaited.find(isSpoken) : again;
  return { refusal: spoken === undefined ? ofOthers(awaited) : saidAlready(spoken) };
}

/** The first report moves them; the other carrier's confirms what it scanned, while they are still on that way. */
function containersHandedOver(
  input: HandoverInput,
  manifest: Manifest,
  index: number,
  states: States,
): ReturnType<typeof moveAboard> {
  const scanned = listed(input);
  const leg = manifest.legs[index]!;
  const isOnThatWay = manifest.status === 'in_transit' && index === currentLeg(manifest);
  if (leg.handover !== null && !(scanned && isOnThatWay)) return NOTHING_MOVED;
  return moveAboard(states, manifest, scanned, 'hand_over', {
    siteId: null,
    partyId: leg.carrierId,
    region: input.region ?? null,
    occurredAt: new Date(input.occurredAt),
    entryMode: input.entryMode,
    pointer: '/containers',
  });
}

const NOTHING_MOVED = { events: [], warnings: [], joined: [] };

const saidAlready = (index: number) => ({
  problem: 'wrong-status' as const,
  detail: {
    zh: `您已报告第 ${index + 1} 段的交接。`,
    en: `You have reported the handover to leg ${index + 1} already.`,
  },
  basis: 'TM 17',
});

const ofOthers = (awaited: readonly number[]) => {
  const legs = awaited.map((index) => index + 1);
  return {
    problem: 'wrong-status' as const,
    detail: {
      zh: `待报告的是第 ${legs.join('、')} 段的交接，由该段与上一段的承运人办理。`,
      en: `The handover to leg ${legs.join(' and to leg ')} is awaited, from its carrier and the one before it.`,
    },
    basis: 'TM 17',
  };
};

function handoverWarnings(input: HandoverInput, { legs }: Manifest, index: number, by: HandoverSide): Warning[] {
  const early = ifBefore(legs[index - 1]!.startedAt, input, {
    code: 'handed-over-before-start',
    basis: 'TM 17',
    detail: { zh: '交接时间早于上一段的起运时间。', en: 'It was handed over before the leg before it had begun.' },
  });
  const differs: Warning[] = input.differs
    ? [
        {
          code: 'handover-differs',
          pointer: '/differs',
          basis: 'TM 17',
          detail: {
            zh: '已记录：所交接的与联单不一致。',
            en: 'Recorded: what was handed over does not agree with the manifest.',
          },
        },
      ]
    : [];
  const noPlate: Warning[] =
    by === 'taker' && input.plate === undefined && legs[index]!.plate === null
      ? [
          {
            code: 'plate-missing',
            pointer: '/plate',
            basis: 'TM 11(2)',
            detail: { zh: '未填写接运车辆号牌。', en: 'The plate of the vehicle that takes over is missing.' },
          },
        ]
      : [];
  return [...early, ...differs, ...noPlate];
}

/** The load is put down at a site on the way; it stays in the carrier's hands. */
export function decideTransitStorage(
  input: TransitStorageInput,
  manifest: Manifest,
  site: Site | undefined,
  states: States,
): Decision {
  if (!site) return refused(against('/siteId', '没有此场所', 'There is no such site.'));
  const occurredAt = new Date(input.occurredAt);
  const { carrierId } = manifest.legs[currentLeg(manifest)]!;
  const moved = moveAboard(states, manifest, listed(input), 'stop', {
    siteId: site.id,
    partyId: carrierId,
    region: site.region,
    occurredAt,
    entryMode: input.entryMode,
    pointer: '/containers',
  });
  if ('refusal' in moved) return refused(moved.refusal);
  const putDown = carriedBy(carrierId, manifest, site.id);
  const movements = [
    ...moveLoad(manifest, onTheRoad(manifest), putDown),
    ...joiningMovements(manifest, moved.joined, putDown),
  ];
  const event = manifestEvent(
    'transit_stored',
    manifest.id,
    occurredAt,
    { siteId: site.id, ...joinedData(moved) },
    {
      region: site.region,
      entryMode: input.entryMode,
      refs: [site.id, ...batchesIn(movements)],
      also: movementsData(movements),
    },
  );
  const early = ifBefore(manifest.legs[currentLeg(manifest)]!.startedAt, input, {
    code: 'stored-before-start',
    detail: { zh: '中转贮存时间早于起运时间。', en: 'It was put down before it had set off.' },
  });
  return {
    events: [event, ...moved.events],
    answer: { id: manifest.id, status: 'stored' },
    warnings: [...early, ...moved.warnings],
  };
}

/** It goes on from there, perhaps on another vehicle: a new leg of the same carrier. */
export function decideDeparture(input: DepartureInput, manifest: Manifest, states: States): Decision {
  const occurredAt = new Date(input.occurredAt);
  const { plate, warnings } = plateRemarks(input.plate);
  const leg = manifest.legs[currentLeg(manifest)]!;
  const moved = moveAboard(states, manifest, listed(input), 'depart', {
    siteId: null,
    partyId: leg.carrierId,
    region: null,
    occurredAt,
    entryMode: input.entryMode,
    pointer: '/containers',
  });
  if ('refusal' in moved) return refused(moved.refusal);
  const movements = [
    ...moveLoad(manifest, onTheRoad(manifest), carriedBy(leg.carrierId, manifest)),
    ...joiningMovements(manifest, moved.joined, carriedBy(leg.carrierId, manifest)),
  ];
  const data = { ...vehicleData(input, plate), ...joinedData(moved) };
  const event = manifestEvent('departed', manifest.id, occurredAt, data, {
    entryMode: input.entryMode,
    refs: [manifest.storedSiteId!, ...batchesIn(movements)],
    also: movementsData(movements),
  });
  const early = ifBefore(leg.endedAt, input, {
    code: 'departed-before-storage',
    detail: { zh: '启运时间早于中转贮存时间。', en: 'It left before it was put down.' },
  });
  return {
    events: [event, ...moved.events],
    answer: { id: manifest.id, status: 'in_transit' },
    warnings: [...warnings, ...early, ...moved.warnings],
  };
}

/** The load stands at the consignee's gate: in its hands, not yet accepted. What an incident holds up stays where it is. */
export function decideArrival(input: ArrivalInput, manifest: Manifest, states: States, facts: Facts): Decision {
  if (allIsHeldUp(manifest)) return unmatched('arrival', manifest, input, facts, allHeldUp);
  const occurredAt = new Date(input.occurredAt);
  const moved = moveAboard(states, manifest, listed(input), 'arrive', {
    siteId: manifest.consigneeSiteId,
    partyId: manifest.consigneeId,
    region: manifest.destinationRegion,
    occurredAt,
    entryMode: input.entryMode,
    pointer: '/containers',
  });
  if ('refusal' in moved) return refused(moved.refusal);
  const movements = [
    ...moveLoad(manifest, onTheRoad(manifest), onHold(manifest)),
    ...joiningMovements(manifest, moved.joined, onHold(manifest)),
  ];
  const { calendar, ...terms } = termsFrom(occurredAt, manifest, facts.reference);
  const event = manifestEvent(
    'arrived',
    manifest.id,
    occurredAt,
    { ...terms, ...joinedData(moved) },
    {
      region: manifest.destinationRegion,
      entryMode: input.entryMode,
      refs: batchesIn(movements),
      also: {
        siteId: input.siteId ?? manifest.consigneeSiteId,
        calendar,
        ...movementsData(movements),
      },
    },
  );
  const { dueOn, provisional, paperDueOn } = terms;
  const answer = { id: manifest.id, status: 'arrived', receiptDueOn: dueOn, receiptDueProvisional: provisional };
  const late = paperDueOn !== undefined && dayInShanghai(facts.now) > paperDueOn ? [enteredLate(paperDueOn)] : [];
  const warnings = [...arrivalWarnings(input, manifest), ...late, ...moved.warnings];
  return { events: [event, ...moved.events], answer, warnings };
}

/** The last days that are counted from an arrival, by the law of its day. */
export function termsFrom(
  arrivedAt: Date,
  { destinationRegion, originRegion, stream, entryMode }: Manifest,
  reference: Facts['reference'],
): EventData['arrived'] & { readonly calendar: string } {
  const day = dayInShanghai(arrivedAt);
  const last = (region: string, { policy }: (typeof DEADLINES)['receipt' | 'paper']) =>
    addWorkingDays(day, reference.policy(policy, { region, stream, day }).value);
  const { day: dueOn, provisional, calendarVersion: calendar } = last(destinationRegion, DEADLINES.receipt);
  const paper = entryMode === 'paper' ? { paperDueOn: last(originRegion, DEADLINES.paper).day } : {};
  return { dueOn, provisional, ...paper, calendar };
}

const allIsHeldUp = ({ incident, lines }: Manifest): boolean => incident !== null && !travels(lines);

const allHeldUp = {
  problem: 'wrong-status' as const,
  detail: {
    zh: '全部货物因突发情况冻结；须先了结突发情况。',
    en: 'All of the load is held up by an incident, which has to be settled first.',
  },
  basis: '法典 539; 固废法 86',
};

/** TM 20: what was done on paper is entered within ten working days after the transfer has ended. */
export const enteredLate = (dueOn: string): Warning => ({
  code: 'entered-late',
  basis: 'TM 20',
  detail: { zh: `纸质联单应于 ${dueOn} 前补录。`, en: `The paper manifest was to be entered by ${dueOn}.` },
});

function arrivalWarnings(input: ArrivalInput, manifest: Manifest): Warning[] {
  const early = ifBefore(manifest.legs[currentLeg(manifest)]!.startedAt, input, {
    code: 'arrived-before-pickup',
    detail: { zh: '运抵时间早于装运时间。', en: 'It arrived before it was picked up.' },
  });
  const elsewhere: Warning[] =
    input.siteId && input.siteId !== manifest.consigneeSiteId
      ? [
          {
            code: 'arrived-elsewhere',
            pointer: '/siteId',
            basis: 'TM 11(4)',
            detail: {
              zh: '运抵地点不是联单载明的接受人场所。',
              en: "It arrived at another site than the consignee's on the manifest.",
            },
          },
        ]
      : [];
  const legsLeft = manifest.legs.length - currentLeg(manifest) - 1;
  const skipped: Warning[] =
    legsLeft > 0
      ? [
          {
            code: 'legs-skipped',
            basis: 'TM 17',
            detail: {
              zh: `联单载明的后 ${legsLeft} 段运输没有交接记录。`,
              en: `The manifest names ${legsLeft} more carrier${legsLeft === 1 ? '' : 's'}, and no handover is on record.`,
            },
          },
        ]
      : [];
  return [...early, ...elsewhere, ...skipped];
}
