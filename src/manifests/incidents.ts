/**
 * 运输途中突发情况: leak, loss, breakdown, diversion. Only what is affected is held up; the rest travels on. Each party
 * that answers for the load files its plan, then the incident is settled in one act: what was lost, what was recovered,
 * and on which vehicle it goes on. 法典 539; 固废法 85, 86.
 */
import { dayInShanghai } from '../catalogue/calendar.ts';
import { plateRemarks } from '../catalogue/plate-remarks.ts';
import type { Facts } from '../catalogue/reference.ts';
import { batchesIn, type Movement, movementsData } from '../custody/ledger.ts';
import type { ContainerStep } from '../custody/lifecycle.ts';
import { settledUses, usesData } from '../permits/uses.ts';
import { type Decision, refused, type States } from '../platform/acts.ts';
import { against, type Refusal } from '../problems.ts';
import { presentOn } from './aboard.ts';
import { carriedBy, frozenWith, lostBy, moveParts, onTheRoad } from './booking.ts';
import { type HeldUp, heldUpOn, type SettledLine, settledOn, stepEach } from './holding-up.ts';
import type { IncidentInput, IncidentPlanInput, IncidentResolutionInput } from './inputs.ts';
import { currentLeg, isOnTheWay, isWithTheRest, type ManifestRole, ROLE_NAMES } from './lifecycle.ts';
import type { Manifest } from './manifest.ts';
import { carried, travels } from './parts.ts';
import { everyLineOnce, manifestEvent, vehicleData } from './standing.ts';
import type { LostPart } from './tables.ts';

export function decideIncident(input: IncidentInput, manifest: Manifest, states: States): Decision {
  const lines = new Map(manifest.lines.map((line) => [line.line, line]));
  const frozen: HeldUp[] = [];
  for (const [index, given] of input.lines.entries()) {
    const line = lines.get(given.line);
    const found = line ? heldUpOn(given, index, line, input) : { refusal: unknownLine(index, manifest) };
    if ('refusal' in found) return refused(found.refusal);
    frozen.push(found);
    lines.delete(given.line);
  }
  const { carrierId } = manifest.legs[currentLeg(manifest)]!;
  const steps = new Map(
    frozen.flatMap(({ containers }) => containers.map((id): [string, ContainerStep] => [id, 'hold_up'])),
  );
  const held = stepEach(states, manifest, steps, { input, partyId: carrierId, region: input.region ?? null });
  if ('refusal' in held) return refused(held.refusal);
  const movements = frozen.flatMap(({ line, parts }) =>
    moveParts(manifest.lines[line - 1]!, parts, onTheRoad(manifest), frozenWith(carrierId, manifest)),
  );
  const event = manifestEvent(
    'incident_reported',
    manifest.id,
    new Date(input.occurredAt),
    { type: input.type, place: input.place, carrierId, frozen: frozen.map(withContainers) },
    {
      region: input.region ?? null,
      entryMode: input.entryMode,
      refs: batchesIn(movements),
      also: movementsData(movements),
      details: { description: input.description },
    },
  );
  const answer = {
    id: manifest.id,
    status: manifest.status,
    plansAwaited: plansAwaited({ ...manifest, incident: null }),
  };
  return { events: [event, ...held.events], answer, warnings: held.warnings };
}

/** As an event says it: without an empty list. */
const withContainers = <Said extends { readonly containers: readonly unknown[] }>({ containers, ...said }: Said) => ({
  ...said,
  ...(containers.length > 0 ? { containers: containers as Said['containers'] } : {}),
});

const unknownLine = (index: number, { lines }: Manifest): Refusal =>
  against(`/lines/${index}/line`, '没有此行，或该行出现两次。', `A line from 1 to ${lines.length}, each once.`);

/** Who answers for the load and has filed no plan yet: the consignor and the carrier that has it. */
export function plansAwaited({ consignorId, legs, incident }: Manifest): string[] {
  const carrierId = incident?.carrierId ?? legs[currentLeg({ legs })]!.carrierId;
  const filed = incident?.plans ?? [];
  return [...new Set([consignorId, carrierId])].filter((partyId) => !filed.includes(partyId));
}

export function decideIncidentPlan({ plan }: IncidentPlanInput, manifest: Manifest, facts: Facts): Decision {
  const by = facts.caller.actor.party;
  const event = manifestEvent('incident_plan_filed', manifest.id, facts.now, { by }, { details: { plan } });
  const plansLeft = plansAwaited(manifest).filter((partyId) => partyId !== by);
  return { events: [event], answer: { id: manifest.id, status: manifest.status, plansAwaited: plansLeft } };
}

/** What was held up is lost or recovered, to the gram; one act books both. */
export function decideIncidentResolution(
  input: IncidentResolutionInput,
  manifest: Manifest,
  newCarrier: { readonly capacities: readonly string[] } | undefined,
  states: States,
  { caller, now }: Facts,
): Decision {
  if (![manifest.consignorId, manifest.incident!.carrierId].includes(caller.actor.party))
    return refused(notInTheirHands);
  const affected = manifest.lines.filter(({ frozen }) => frozen.length > 0);
  const refusal =
    missingPlans(manifest) ?? everyLineOnce(affected, input.lines) ?? wrongLeg(input, manifest, newCarrier);
  if (refusal) return refused(refusal);
  const { carrierId } = manifest.incident!;
  const lines: Settled[] = [];
  for (const [index, given] of input.lines.entries()) {
    const settled = settledOn(given, index, manifest.lines[given.line - 1]!, input);
    if ('refusal' in settled) return refused(settled.refusal);
    lines.push({ ...settled, lost: settled.lost.map((part) => ({ ...part, carrierId })) });
  }
  const ends = nothingTravels(manifest, lines);
  if (ends && input.newLeg) return refused(nothingToGoOn);
  const goneOn = containersSettled(input, manifest, lines, states);
  if ('refusal' in goneOn) return refused(goneOn.refusal);
  const { plate, warnings } = input.newLeg ? plateRemarks(input.newLeg.plate) : { plate: null, warnings: [] };
  const newLeg = input.newLeg && {
    carrierId: input.newLeg.carrierId,
    ...vehicleData(input.newLeg, plate),
  };
  const movements = resolutionMovements(manifest, lines, input.newLeg?.carrierId);
  const event = manifestEvent(
    'incident_resolved',
    manifest.id,
    new Date(input.occurredAt),
    { lines: lines.map(withContainers), ...(newLeg ? { newLeg } : {}) },
    {
      region: manifest.incident!.region,
      refs: batchesIn(movements),
      also: {
        ...movementsData(movements),
        ...(manifest.tripId ? { tripId: manifest.tripId } : {}),
        ...(ends ? usesData(settledUses(manifest.permitUses, new Map(), dayInShanghai(now))) : {}),
      },
    },
  );
  const goesOn = newLeg ? 'in_transit' : manifest.status;
  const answer = { id: manifest.id, status: ends ? 'ended' : goesOn };
  return { events: [event, ...goneOn.events], answer, warnings: [...warnings, ...goneOn.warnings] };
}

/** Neither of the rest nor of what was recovered: the transfer ends here, and what it reserved of permits is free. */
const nothingTravels = (manifest: Manifest, lines: readonly Settled[]): boolean =>
  isOnTheWay(manifest) &&
  !travels(manifest.lines) &&
  !(isWithTheRest(manifest) && lines.some(({ recovered }) => recovered.length > 0));

const nothingToGoOn = against('/newLeg', '没有货物可继续运输。', 'Nothing is left that could go on.');

/** What was recovered goes on with the rest, which a new leg takes over as a whole; or it is set aside where it is. */
function containersSettled(
  input: IncidentResolutionInput,
  manifest: Manifest,
  lines: readonly Settled[],
  states: States,
): ReturnType<typeof stepEach> {
  const { carrierId, region } = manifest.incident!;
  const goesOn = input.newLeg ? 'hand_over' : 'recover';
  const recovered: ContainerStep = isWithTheRest(manifest) ? goesOn : 'set_aside';
  const steps = new Map<string, ContainerStep>(
    lines.flatMap(({ containers }) =>
      containers.map(({ containerId, outcome }) => [containerId, outcome === 'lost' ? 'lose' : recovered] as const),
    ),
  );
  if (input.newLeg) for (const id of presentOn(states, manifest)) steps.set(id, 'hand_over');
  return stepEach(states, manifest, steps, { input, partyId: input.newLeg?.carrierId ?? carrierId, region });
}

type Settled = Omit<SettledLine, 'lost'> & { readonly lost: readonly LostPart[] };

/** Lost to the loss account; recovered back to the rest of the load, which a new leg takes over as a whole. */
function resolutionMovements(
  manifest: Manifest,
  lines: readonly Settled[],
  newCarrierId: string | undefined,
): Movement[] {
  const { carrierId } = manifest.incident!;
  const frozen = frozenWith(carrierId, manifest);
  const road = newCarrierId ? carriedBy(newCarrierId, manifest) : onTheRoad(manifest);
  const settled = lines.flatMap(({ line, lost, recovered }) => {
    const of = manifest.lines[line - 1]!;
    return [
      ...moveParts(of, lost, frozen, lostBy(carrierId, manifest)),
      ...(isWithTheRest(manifest) ? moveParts(of, recovered, frozen, road) : []),
    ];
  });
  if (!newCarrierId) return settled;
  const rest = manifest.lines.flatMap((line) => moveParts(line, carried(line), onTheRoad(manifest), road));
  return [...settled, ...rest];
}

/** 法典 539: who answers for it settles it; another leg's carrier has nothing of it. */
const notInTheirHands: Refusal = {
  problem: 'not-your-act',
  detail: {
    zh: '由移出人或发生突发情况时的承运人了结。',
    en: 'The consignor settles it, or the carrier in whose hands it happened.',
  },
  basis: '法典 539; 固废法 86',
};

function missingPlans(manifest: Manifest): Refusal | undefined {
  const awaited = plansAwaited(manifest);
  if (awaited.length === 0) return undefined;
  const names = awaited.map((partyId): ManifestRole => (partyId === manifest.consignorId ? 'consignor' : 'carrier'));
  return against(
    '/',
    `须先由${names.map((role) => ROLE_NAMES[role].zh).join('、')}提交处置方案。`,
    `A plan of the ${names.map((role) => ROLE_NAMES[role].en).join(' and the ')} is missing.`,
    '法典 539; 固废法 86',
  );
}

function wrongLeg(
  { newLeg }: IncidentResolutionInput,
  manifest: Manifest,
  carrier: { readonly capacities: readonly string[] } | undefined,
): Refusal | undefined {
  if (!newLeg) return undefined;
  if (!isWithTheRest(manifest))
    return against(
      '/newLeg',
      '其余货物已运抵或已交另一承运人；回收的部分请以余量退运或另行转运。',
      'The rest has arrived, or another carrier has it; send what was recovered back or on as a remainder.',
    );
  if (carrier?.capacities.includes('carrier')) return undefined;
  return against('/newLeg/carrierId', '该承运人未登记。', 'No carrier is registered by this id.', 'TM 13');
}
