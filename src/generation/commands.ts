import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { codeRemarks } from '../catalogue/code-remarks.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import { batchFormed } from '../custody/batches.ts';
import { accountOf, movementsData, type Place } from '../custody/ledger.ts';
import { delegationNeeds, mandateOf } from '../parties/delegations.ts';
import { siteKind } from '../parties/registers.ts';
import { type Act, refused } from '../platform/acts.ts';
import { ENTRY_MODES } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import { Grams, Instant, Pieces, Uuid } from '../platform/values.ts';

/** 产生记录: what came into being at a site, as a batch in its stock (固废法 36, 法典 489; HJ 1259 annex B.1). */
export const Generation = z.strictObject({
  siteId: Uuid,
  wasteCode: z.string().max(20),
  massGrams: Grams.min(1),
  pieces: Pieces.default(0),
  occurredAt: Instant,
  entryMode: z.enum(ENTRY_MODES).default('live'),
});

export type GenerationInput = z.output<typeof Generation>;

/**
 * By the site's own party, or by an agent it has let do so: collectors record for the micro-producers they serve
 * (regulations on who fills in; the waste and the duty stay the producer's). The event then says on whose behalf.
 * @refuses not-found (a site that is neither), not-your-act (a delegation that does not cover it), against-rule (a code no list knows).
 */
export const recordGeneration: Act<GenerationInput, PolicyBook> = {
  name: 'record_generation',
  kind: 'physical',
  needs: (input, facts) => ({
    read: [{ kind: 'site', id: input.siteId }],
    sharedGates: [stockGate(input, facts.caller.actor.party)],
  }),
  alsoNeeds(input, states, { caller }) {
    const site = states.get(siteKind, input.siteId);
    if (!site || site.partyId === caller.actor.party) return {};
    return { ...delegationNeeds(caller, site.partyId), sharedGates: [stockGate(input, site.partyId)] };
  },
  decide(input, states, facts) {
    const site = states.get(siteKind, input.siteId);
    if (!site) return refused(notFound('site', input.siteId));
    const mandate = mandateOf(states, facts, { partyId: site.partyId, siteId: site.id, act: 'generation' });
    if ('problem' in mandate) return refused(mandate);
    const occurredAt = new Date(input.occurredAt);
    const remarks = codeRemarks(input.wasteCode, dayInShanghai(occurredAt), '/wasteCode');
    if ('refusal' in remarks) return refused(remarks.refusal);
    const id = facts.newId();
    const stock = stockOf(site.id, site.partyId);
    const generated: Place = ['generated', site.partyId, site.id, site.partyId];
    const { wasteCode, massGrams: grams, pieces } = input;
    const movement = { wasteCode, from: generated, to: stock, fromBatch: id, toBatch: id, grams, pieces, dryGrams: 0 };
    const event = batchFormed(
      { id, origin: 'generated', stock, wasteCode, grams, pieces, manifestId: null },
      'generation_recorded',
      {
        occurredAt,
        region: site.region,
        entryMode: input.entryMode,
        ...(mandate.onBehalfOf ? { onBehalfOf: mandate.onBehalfOf } : {}),
        refs: [site.id],
        data: movementsData([movement]),
      },
    );
    return { events: [event], answer: { id, batchId: id }, warnings: remarks.warnings, status: 201 };
  },
};

const stockOf = (siteId: string, partyId: string): Place => ['stock', partyId, siteId, partyId];
const stockGate = ({ siteId, wasteCode }: GenerationInput, partyId: string): string =>
  accountOf(stockOf(siteId, partyId), wasteCode).id;
