import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { codeRemarks } from '../catalogue/code-remarks.ts';
import { batchCodeNumber } from '../catalogue/custody-codes.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import { batchFormed } from '../custody/batches.ts';
import { type Movement, movementsData, type Place } from '../custody/ledger.ts';
import { type Act, refused } from '../platform/acts.ts';
import { ENTRY_MODES } from '../platform/events.ts';
import { Grams, Instant, Pieces, Uuid } from '../platform/values.ts';
import { atSiteAlsoNeeds, atSiteNeeds, onBehalf, ownerAt } from './tenants.ts';

/** 产生记录: what came into being at a site, as a batch in its stock (固废法 36, 法典 489; HJ 1259 annex B.1). */
export const Generation = z.strictObject({
  siteId: Uuid,
  /** A tenant of the site (集中暂存), when it is not the caller's own. */
  ownerId: Uuid.optional(),
  wasteCode: z.string().max(20),
  massGrams: Grams.min(1),
  pieces: Pieces.default(0),
  occurredAt: Instant,
  entryMode: z.enum(ENTRY_MODES).default('live'),
});

export type GenerationInput = z.output<typeof Generation>;

/**
 * Draws a batch code (产生批次编码) of the site and the day. It is not marked `numbered`: sites do not wait for each other's series, so
 * that every lane may take it.
 * @refuses not-found (a site that is not the caller's), against-rule (a code no list knows, no tenant on that day).
 */
export const recordGeneration: Act<GenerationInput, PolicyBook> = {
  name: 'record_generation',
  kind: 'physical',
  needs: (input, facts) => atSiteNeeds(input, input.wasteCode, facts),
  alsoNeeds: (input, states, facts) => atSiteAlsoNeeds(input, input.wasteCode, states, facts),
  decide(input, states, facts) {
    const occurredAt = new Date(input.occurredAt);
    const day = dayInShanghai(occurredAt);
    const at = ownerAt(input, { day, act: 'generation' }, states, facts);
    if ('refusal' in at) return refused(at.refusal);
    const remarks = codeRemarks(input.wasteCode, day, '/wasteCode');
    if ('refusal' in remarks) return refused(remarks.refusal);
    const id = facts.newId();
    const { wasteCode, massGrams: grams, pieces } = input;
    const event = batchFormed(
      { id, origin: 'generated', stock: at.stock, wasteCode, grams, pieces, manifestId: null },
      'generation_recorded',
      {
        occurredAt,
        region: at.site.region,
        entryMode: input.entryMode,
        ...onBehalf(at.ownerId, facts),
        refs: [at.site.id],
        data: movementsData([generated(id, wasteCode, at, grams, pieces)]),
      },
    );
    return {
      events: [event],
      answer: { id, batchId: id },
      warnings: remarks.warnings,
      status: 201,
      number: batchCodeNumber('generation', at.site.id, day),
    };
  },
};

/** Into the stock, against the account of what its owner generated there. */
export function generated(
  batchId: string,
  wasteCode: string,
  { stock, ownerId, site }: { readonly stock: Place; readonly ownerId: string; readonly site: { readonly id: string } },
  grams: number,
  pieces: number,
): Movement {
  const from: Place = ['generated', ownerId, site.id, ownerId];
  return { wasteCode, from, to: stock, fromBatch: batchId, toBatch: batchId, grams, pieces, dryGrams: 0 };
}
