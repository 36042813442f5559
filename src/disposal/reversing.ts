import { z } from 'zod';
import type { PolicyBook } from '../catalogue/reference.ts';
import { containerChanged, containerKind } from '../custody/containers.ts';
import { accountOf, batchesIn, movementsData } from '../custody/ledger.ts';
import { stepRow } from '../custody/lifecycle.ts';
import { batchBalanceLookup, stockLookup } from '../custody/repository.ts';

import { type Act, refused, type States } from '../platform/acts.ts';
import type { EventDraft } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import { ShortText } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';
import { codesOf, movementsOfTreatment, negated, placeOf, type Treatment, treatmentKind } from './treatment.ts';

export const ReversalBody = z.strictObject({ reason: ShortText });
export type ReversalInput = z.output<typeof ReversalBody> & {
  readonly id: string;
  /** Those it emptied, found before the act: they are locked before the treatment is. */
  readonly containerIds: readonly string[];
};

/**
 * Takes a wrong record back: every movement once more with the other sign, at the time of the treatment, so that every
 * instant since is right. It is then recorded anew.
 * @refuses not-found (another's), not-your-act (a key of another site), wrong-status (reversed already), against-rule
 * (a residue of it has been moved on).
 */
export const reverseTreatment: Act<ReversalInput, PolicyBook> = {
  name: 'reverse_treatment',
  kind: 'paper',
  needs: ({ id, containerIds }) => ({
    lock: [{ kind: 'treatment', id }, ...containerIds.map((one) => ({ kind: containerKind.name, id: one }))],
  }),
  alsoNeeds({ id }, states) {
    const treatment = states.get(treatmentKind, id);
    if (!treatment) return {};
    const stock = placeOf('stock', treatment);
    return {
      sharedGates: codesOf(treatment.inputs).map((code) => accountOf(stock, code).id),
      lookups: residuesOf(treatment).flatMap(({ wasteCode, batchId }) => [
        { lookup: stockLookup, key: accountOf(stock, wasteCode).id },
        { lookup: batchBalanceLookup, key: batchId },
      ]),
    };
  },
  decide({ id, reason }, states, { caller }) {
    const treatment = states.get(treatmentKind, id);
    if (treatment?.partyId !== caller.actor.party) return refused(notFound('treatment', id));
    if (caller.site && caller.site !== treatment.siteId) return refused(notFound('treatment', id));
    if (treatment.status === 'reversed') return refused(reversedAlready);
    const refusal = movedOn(treatment, states);
    if (refusal) return refused(refusal);
    const movements = negated(movementsOfTreatment(treatment));
    const event: EventDraft = {
      type: 'treatment_reversed',
      subject: { kind: 'treatment', id },
      occurredAt: treatment.endedAt,
      region: treatment.region,
      refs: [treatment.siteId, ...batchesIn(movements)],
      data: movementsData(movements),
      details: { reason },
    };
    return { events: [event, ...filledAgain(treatment, states)], answer: { id, status: 'reversed' } };
  },
};

/** What was in a container is in it still, unless it has been filled anew or scanned as something else since. */
function filledAgain({ id, inputs, region, endedAt: occurredAt }: Treatment, states: States): EventDraft[] {
  return inputs.flatMap(({ containerId, batchId, grams, pieces }) => {
    const container = containerId === undefined ? undefined : states.get(containerKind, containerId);
    if (container?.state !== 'treated' || container.batchId !== null) return [];
    const { to: state, event } = stepRow('untreat');
    const draft = { occurredAt, region, refs: [id] };
    return [containerChanged(container.id, event, { state: state!, batchId, grams, pieces }, draft)];
  });
}

const residuesOf = ({ outputs }: Treatment) => outputs.flatMap((output) => (output.kind === 'residue' ? [output] : []));

function movedOn(treatment: Treatment, states: States): Refusal | undefined {
  const moved = residuesOf(treatment).filter(({ batchId, grams }) => {
    const left = states.found(batchBalanceLookup, batchId);
    return left?.grams !== grams || left.pieces !== 0;
  });
  if (moved.length === 0) return undefined;
  const names = moved.map(({ wasteCode, batchId }) => `${wasteCode} ${batchId}`).join(', ');
  return {
    ...against(
      '/',
      `次生废物 ${names} 已经转走或再次利用处置；请先更正其后的记录。`,
      `Residue ${names} has been moved on or treated again; put right what followed first.`,
    ),
    errors: moved.map(({ batchId }) => ({ pointer: '/', detail: batchId })),
  };
}

const reversedAlready: Refusal = {
  problem: 'wrong-status',
  detail: { zh: '该记录已冲销。', en: 'This treatment is reversed already.' },
  allowedFrom: ['recorded'],
};
