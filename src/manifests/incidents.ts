/**
 * 运输途中突发情况: leak, loss, breakdown, diversion. Only what is affected is held up; the rest travels on. Each party
 * that answers for the load files its plan, then the incident is settled in one act: what was lost, what was recovered,
 * and on which vehicle it goes on. 法典 539; 固废法 85, 86.
 */
import { plateRemarks } from '../catalogue/plate-remarks.ts';
import type { Facts } from '../catalogue/reference.ts';
import { batchesIn, type Movement, movementsData } from '../custody/ledger.ts';
import { type Decision, refused } from '../platform/acts.ts';
import type { Refusal } from '../problems.ts';
import { carriedBy, frozenWith, lostBy, moveParts, onTheRoad, shareOver } from './booking.ts';
import type { IncidentInput, IncidentPlanInput, IncidentResolutionInput } from './inputs.ts';
import { currentLeg, type ManifestRole, ROLE_NAMES } from './lifecycle.ts';
import type { Manifest } from './manifest.ts';
import { carried, gramsOf, piecesOf, without } from './parts.ts';
import { against, everyLineOnce, manifestEvent, vehicleData } from './standing.ts';
import type { Line } from './tables.ts';

export function decideIncident(input: IncidentInput, manifest: Manifest): Decision {
  const lines = new Map(manifest.lines.map((line) => [line.line, line]));
  for (const [index, { line: number, grams, pieces }] of input.lines.entries()) {
    const line = lines.get(number);
    const refusal = line ? tooMuch(line, grams, pieces, index) : unknownLine(index, manifest);
    if (refusal) return refused(refusal);
    lines.delete(number);
  }
  const { carrierId } = manifest.legs[currentLeg(manifest)]!;
  const frozen = input.lines.map(({ line: number, grams, pieces }) => ({
    line: number,
    parts: shareOver(carried(manifest.lines[number - 1]!), grams, pieces),
  }));
  const movements = frozen.flatMap(({ line, parts }) =>
    moveParts(manifest.lines[line - 1]!, parts, onTheRoad(manifest), frozenWith(carrierId, manifest)),
  );
  const event = manifestEvent(
    'incident_reported',
    manifest.id,
    new Date(input.occurredAt),
    { type: input.type, place: input.place, carrierId, frozen },
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
  return { events: [event], answer };
}

function tooMuch(line: Line, grams: number, pieces: number, index: number): Refusal | undefined {
  const [there, count] = [gramsOf(carried(line)), piecesOf(carried(line))];
  if (grams <= there && pieces <= count && grams + pieces > 0) return undefined;
  return against(
    `/lines/${index}`,
    `第 ${line.line} 行途中有 ${there} 克、${count} 件；受影响数量须大于零且不超过此数。`,
    `Line ${line.line} travels with ${there} g and ${count} pieces; what is affected is more than nothing and no more than that.`,
  );
}

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
  { caller }: Facts,
): Decision {
  if (![manifest.consignorId, manifest.incident!.carrierId].includes(caller.actor.party))
    return refused(notInTheirHands);
  const affected = manifest.lines.filter(({ frozen }) => frozen.length > 0);
  const refusal =
    missingPlans(manifest) ??
    everyLineOnce(affected, input.lines) ??
    unbalanced(affected, input) ??
    wrongLeg(input, manifest, newCarrier);
  if (refusal) return refused(refusal);
  const { carrierId } = manifest.incident!;
  const lines = affected.map((line) => {
    const given = input.lines.find((one) => one.line === line.line)!;
    const lost = shareOver(line.frozen, given.lostGrams, given.lostPieces);
    return {
      line: line.line,
      lost: lost.filter(isSomething).map((part) => ({ ...part, carrierId })),
      recovered: without(line.frozen, lost).filter(isSomething),
    };
  });
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
    { lines, ...(newLeg ? { newLeg } : {}) },
    { region: manifest.incident!.region, refs: batchesIn(movements), also: movementsData(movements) },
  );
  const status = newLeg ? 'in_transit' : manifest.status;
  return { events: [event], answer: { id: manifest.id, status }, warnings };
}

const isSomething = ({ grams, pieces }: { grams: number; pieces: number }): boolean => grams > 0 || pieces > 0;

const onTheWay = ({ status }: Manifest): boolean => status === 'in_transit' || status === 'stored';

type Settled = {
  readonly line: number;
  readonly lost: readonly (Line['loaded'][number] & { carrierId: string })[];
  readonly recovered: Line['loaded'];
};

/** Lost to the loss account; recovered back to the load that is still on its way, which a new leg takes over as a whole. */
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
      ...(onTheWay(manifest) ? moveParts(of, recovered, frozen, road) : []),
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

function unbalanced(affected: readonly Line[], { lines }: IncidentResolutionInput): Refusal | undefined {
  for (const [index, given] of lines.entries()) {
    const { frozen } = affected.find(({ line }) => line === given.line)!;
    const [grams, pieces] = [gramsOf(frozen), piecesOf(frozen)];
    if (given.lostGrams + given.recoveredGrams === grams && given.lostPieces + given.recoveredPieces === pieces)
      continue;
    return against(
      `/lines/${index}`,
      `第 ${given.line} 行冻结 ${grams} 克、${pieces} 件；损失与回收之和须等于此数。`,
      `Line ${given.line} has ${grams} g and ${pieces} pieces held up; lost and recovered add up to that.`,
    );
  }
  return undefined;
}

function wrongLeg(
  { newLeg }: IncidentResolutionInput,
  manifest: Manifest,
  carrier: { readonly capacities: readonly string[] } | undefined,
): Refusal | undefined {
  if (!newLeg) return undefined;
  if (!onTheWay(manifest))
    return against(
      '/newLeg',
      '其余货物已运抵；回收的部分请以余量退运或另行转运。',
      'The rest has arrived; send what was recovered back or on as a remainder.',
    );
  if (carrier?.capacities.includes('carrier')) return undefined;
  return against('/newLeg/carrierId', '该承运人未登记。', 'No carrier is registered by this id.', 'TM 13');
}
