/** The life of a correction: proposed by one who stands on the manifest, agreed to by those it concerns, then booked anew. TM 29. */
import { dayInShanghai } from '../catalogue/calendar.ts';
import { codeRemarks } from '../catalogue/code-remarks.ts';
import type { Facts } from '../catalogue/reference.ts';
import { containerChanged, containerKind } from '../custody/containers.ts';
import { batchesIn, type Movement, movementsData } from '../custody/ledger.ts';
import { partyKind } from '../parties/registers.ts';
import { liesIn } from '../parties/visibility.ts';
import { settledUses, usesData } from '../permits/uses.ts';
import { type Decision, refused, type States, type Warning } from '../platform/acts.ts';
import type { EventDraft } from '../platform/events.ts';
import { FUTURE_TOLERANCE_MS } from '../platform/group-deciding.ts';
import { notFound } from '../platform/register.ts';
import { against, type Refusal } from '../problems.ts';
import { positionsOf, undone } from './booking.ts';
import { applyChanges, carriersConcerned, changedSince, checkChanges, noLongerPossible } from './corrections.ts';
import { restsOf } from './dry-rests.ts';
import type { EventData } from './event-data.ts';
import { checkMethod } from './fields.ts';
import type { CorrectionDecisionInput, CorrectionInput } from './inputs.ts';
import { type ManifestRole, ROLE_NAMES } from './lifecycle.ts';
import { receivedParts } from './line-containers.ts';
import { type Manifest, manifestKind } from './manifest.ts';
import { termsFrom } from './moving.ts';
import { manifestEvent, rolesOfCaller } from './standing.ts';
import type { Approver, FieldChange } from './tables.ts';

/** Whoever proposes agrees; when nobody else is concerned it takes effect at once. */
export function decideCorrection(
  input: CorrectionInput,
  manifest: Manifest,
  roles: readonly ManifestRole[],
  states: States,
  facts: Facts,
): Decision {
  const checked = checkChanges(manifest, input.changes);
  if ('refusal' in checked) return refused(checked.refusal);
  const ahead = inFuture(checked.changes, facts);
  if (ahead) return refused(ahead);
  const known = checkCodes(checked.changes, manifest, facts);
  if ('refusal' in known) return refused(known.refusal);
  const { changes, approvers } = checked;
  const approvedBy = approvers.filter((approver) => agreesAs(manifest, roles, changes, facts).includes(approver));
  const proposed = manifestEvent(
    'correction_proposed',
    manifest.id,
    facts.now,
    { changes, approvers, approvedBy },
    { region: manifest.originRegion, details: { reason: input.reason } },
  );
  const isAgreed = approvedBy.length === approvers.length;
  return {
    events: isAgreed ? [proposed, ...correctedEvents(manifest, changes, states, facts)] : [proposed],
    answer: answerOf(manifest, isAgreed, approvers, approvedBy),
    warnings: known.warnings,
  };
}

/** Those concerned agree one by one; with the last of them the manifest is corrected in the same act. */
export function decideCorrectionApproval(input: CorrectionDecisionInput, states: States, facts: Facts): Decision {
  const found = openCorrection(input.id, states, facts);
  if ('refusal' in found) return refused(found.refusal);
  const { manifest, as } = found;
  const { changes, approvers, approvedBy } = manifest.correction!;
  const mine = as.filter((approver) => approvers.includes(approver) && !approvedBy.includes(approver));
  if (mine.length === 0) return refused(notAwaited(manifest));
  if (manifest.status === 'void') return refused(voidedMeanwhile);
  const stale = changedSince(manifest, changes);
  if (stale.length > 0) return refused(changedMeanwhile(stale));
  const refusal = noLongerPossible(manifest, changes);
  if (refusal) return refused({ ...refusal, problem: 'wrong-status' });
  const agreed = [...approvedBy, ...mine];
  const isAgreed = agreed.length === approvers.length;
  const approved = manifestEvent(
    'correction_approved',
    manifest.id,
    facts.now,
    { as: mine },
    { region: manifest.originRegion },
  );
  return {
    events: isAgreed ? [approved, ...correctedEvents(manifest, changes, states, facts)] : [approved],
    answer: answerOf(manifest, isAgreed, approvers, agreed),
  };
}

/** One of those concerned says no, or whoever proposed takes it back. */
export function decideCorrectionEnd(
  type: 'correction_rejected' | 'correction_withdrawn',
  input: CorrectionDecisionInput,
  states: States,
  facts: Facts,
): Decision {
  const found = openCorrection(input.id, states, facts);
  if ('refusal' in found) return refused(found.refusal);
  const { manifest, as } = found;
  const { approvers, proposedBy } = manifest.correction!;
  const isProposer = facts.caller.actor.party === proposedBy;
  const isConcerned = as.some((approver) => approvers.includes(approver));
  if (type === 'correction_withdrawn' ? !isProposer : !isConcerned || isProposer)
    return refused(type === 'correction_withdrawn' ? onlyProposer : notAwaited(manifest));
  const reason = input.reason ? { details: { reason: input.reason } } : {};
  const event = manifestEvent(type, manifest.id, facts.now, {}, { region: manifest.originRegion, ...reason });
  return { events: [event], answer: { id: manifest.id, status: manifest.status, correction: 'none' } };
}

/** As what a party agrees. The carrier is the one it concerns; whoever carried or is to carry another leg has no say. */
function agreesAs(
  manifest: Manifest,
  roles: readonly ManifestRole[],
  changes: readonly FieldChange[],
  { caller }: Facts,
): Approver[] {
  const isConcerned = carriersConcerned(manifest, changes).includes(caller.actor.party);
  const voices = roles.flatMap((role): Approver[] => {
    if (role === 'consignor' || role === 'consignee') return [role];
    return isConcerned ? ['carrier'] : [];
  });
  return [...new Set(voices)];
}

/** The manifest with its open correction, and as what the caller may speak on it: perhaps as nothing. */
function openCorrection(
  id: string,
  states: States,
  facts: Facts,
): { manifest: Manifest; as: Approver[] } | { refusal: Refusal } {
  const manifest = states.get(manifestKind, id);
  const as = manifest && voicesOf(manifest, states, facts);
  if (!manifest || !as) return { refusal: notFound('manifest', id) };
  if (manifest.correction) return { manifest, as };
  return {
    refusal: {
      problem: 'wrong-status',
      detail: { zh: '没有未了结的更正。', en: 'No correction is open.' },
      basis: 'TM 29',
    },
  };
}

/**
 * Undefined for whom the manifest is not there. Regulators of both ends speak; one whose county was passed sees it, and has no say:
 * carriers name the counties they pass.
 */
function voicesOf(manifest: Manifest, states: States, facts: Facts): Approver[] | undefined {
  const { caller } = facts;
  if (manifest.number === null) return undefined;
  if (caller.role !== 'regulator') {
    const roles = rolesOfCaller(manifest, caller);
    return roles.length > 0 ? agreesAs(manifest, roles, manifest.correction?.changes ?? [], facts) : undefined;
  }
  const jurisdiction = states.get(partyKind, caller.actor.party)?.jurisdiction;
  const { originRegion, destinationRegion, passedRegions, stream } = manifest;
  if (!jurisdiction?.streams.includes(stream)) return undefined;
  const isTheirs = (region: string) => liesIn(jurisdiction, region);
  if ([originRegion, destinationRegion].some(isTheirs)) return ['regulator'];
  return passedRegions.some(isTheirs) ? [] : undefined;
}

/** What was booked is taken back where it lies now and booked as it should have been. */
function correctedEvents(
  manifest: Manifest,
  changes: readonly FieldChange[],
  states: States,
  facts: Facts,
): EventDraft[] {
  const corrected = applyChanges(manifest, changes);
  const moved = cancelled([...positionsOf(manifest).map(undone), ...positionsOf(corrected)]);
  const movements = [...moved, ...restsOf(manifest, moved, states)];
  const accepted = new Map(corrected.lines.map(({ line, acceptedGrams }) => [line, acceptedGrams ?? 0]));
  const settled = corrected.acceptedAt
    ? settledUses(manifest.permitUses, accepted, dayInShanghai(corrected.acceptedAt))
    : [];
  const event = manifestEvent(
    'manifest_corrected',
    manifest.id,
    facts.now,
    { changes, ...termsAnew(manifest, changes, facts) },
    {
      region: manifest.originRegion,
      refs: batchesIn(movements),
      also: {
        ...usesData(settled),
        ...(manifest.tripId ? { tripId: manifest.tripId } : {}),
        ...movementsData(movements),
      },
    },
  );
  return [event, ...containersCorrected(manifest, corrected, states, facts)];
}

/** What an accepted container holds by its receipt, as long as that is in it. */
function containersCorrected(manifest: Manifest, corrected: Manifest, states: States, { now }: Facts): EventDraft[] {
  const before = new Map(manifest.lines.flatMap(receivedParts).map(({ batchId, grams }) => [batchId, grams]));
  return corrected.lines.flatMap((line) =>
    receivedParts(line).flatMap(({ batchId, grams }) => {
      const known = line.containers.find((one) => one.receivedBatchId === batchId);
      const container = known && states.get(containerKind, known.containerId);
      const added = grams - (before.get(batchId) ?? grams);
      if (container?.batchId !== batchId || added === 0) return [];
      const draft = { occurredAt: now, region: container.region, refs: [manifest.id] };
      const holds = { grams: Math.max(0, container.grams + added) };
      return [containerChanged(container.id, 'container_mass_corrected', holds, draft)];
    }),
  );
}

/** What is counted from an arrival is counted anew from the right one. */
function termsAnew(
  manifest: Manifest,
  changes: readonly FieldChange[],
  facts: Facts,
): Pick<EventData['manifest_corrected'], 'terms'> {
  const arrival = changes.find(({ path }) => path === '/arrivedAt');
  if (!arrival) return {};
  const { calendar: _, ...terms } = termsFrom(new Date(arrival.to as string), manifest, facts.reference);
  return { terms };
}

/** What is taken back and booked again the same is left out. */
function cancelled(movements: readonly Movement[]): Movement[] {
  const sums = new Map<string, Movement>();
  for (const movement of movements) {
    const { wasteCode, line, from, to, fromBatch, toBatch } = movement;
    const key = JSON.stringify([wasteCode, line, from, to, fromBatch, toBatch]);
    const known = sums.get(key);
    sums.set(
      key,
      known
        ? {
            ...known,
            grams: known.grams + movement.grams,
            pieces: known.pieces + movement.pieces,
            dryGrams: known.dryGrams + movement.dryGrams,
          }
        : movement,
    );
  }
  return [...sums.values()];
}

/** A waste code or method that is put right must be one. */
function checkCodes(
  changes: readonly FieldChange[],
  { stream }: Manifest,
  facts: Facts,
): { refusal: Refusal } | { warnings: readonly Warning[] } {
  const warnings: Warning[] = [];
  for (const [index, { path, to }] of changes.entries()) {
    const pointer = `/changes/${index}/value`;
    if (path.endsWith('/method')) {
      const refusal = checkMethod(to as string, stream, pointer);
      if (refusal) return { refusal };
    }
    if (!path.endsWith('/wasteCode')) continue;
    const remarks = codeRemarks(to as string, dayInShanghai(facts.now), pointer);
    if ('refusal' in remarks) return remarks;
    warnings.push(...remarks.warnings);
  }
  return { warnings };
}

/** What is put right has happened too. */
function inFuture(changes: readonly FieldChange[], { now }: Facts): Refusal | undefined {
  const index = changes.findIndex(
    ({ path, to }) => /At$/.test(path) && new Date(to as string).getTime() > now.getTime() + FUTURE_TOLERANCE_MS,
  );
  if (index < 0) return undefined;
  const [zh, en] = ['更正后的时间晚于当前时间。', 'It would have happened in the future.'];
  return { ...against(`/changes/${index}/value`, zh, en, 'TM 29'), problem: 'occurred-in-future' };
}

const answerOf = (
  manifest: Manifest,
  isAgreed: boolean,
  approvers: readonly Approver[],
  agreed: readonly Approver[],
) => ({
  id: manifest.id,
  status: manifest.status,
  correction: isAgreed ? 'applied' : 'open',
  awaits: approvers.filter((approver) => !agreed.includes(approver)),
});

function notAwaited({ correction }: Manifest): Refusal {
  const left = correction!.approvers.filter((approver) => !correction!.approvedBy.includes(approver));
  return {
    problem: 'not-your-act',
    detail: {
      zh: `此更正正等待${left.map((one) => APPROVER_NAMES[one].zh).join('、')}同意。`,
      en: `This correction waits for the ${left.map((one) => APPROVER_NAMES[one].en).join(' and the ')}.`,
    },
    basis: 'TM 29',
  };
}

const APPROVER_NAMES = { ...ROLE_NAMES, regulator: { zh: '监管部门', en: 'regulator' } };

const voidedMeanwhile: Refusal = {
  problem: 'wrong-status',
  detail: {
    zh: '联单已作废，更正不再生效；请撤回或否决。',
    en: 'The manifest was voided, so nothing of it is corrected any more; withdraw the correction or reject it.',
  },
  basis: 'TM 29',
};

const changedMeanwhile = (paths: readonly string[]): Refusal => ({
  ...against(
    '/',
    `${paths.join('、')} 在提出更正之后已有变化；请撤回后重新提出。`,
    `${paths.join(', ')} changed after the correction was proposed; withdraw it and propose it anew.`,
    'TM 29',
  ),
  problem: 'wrong-status',
});

const onlyProposer: Refusal = {
  problem: 'not-your-act',
  detail: { zh: '只有提出更正的单位可以撤回。', en: 'Only whoever proposed a correction takes it back.' },
  basis: 'TM 29',
};
