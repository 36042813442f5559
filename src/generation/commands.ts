import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { codeRemarks } from '../catalogue/code-remarks.ts';
import { batchCodeNumber } from '../catalogue/custody-codes.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import { STREAM_NAMES, streamOfCode, streamTerms } from '../catalogue/streams.ts';
import { batchFormed } from '../custody/batches.ts';
import { dried, dryMass } from '../custody/dry-parts.ts';
import { type Movement, movementsData, type Place } from '../custody/ledger.ts';
import { type Act, refused } from '../platform/acts.ts';
import { ENTRY_MODES } from '../platform/events.ts';
import { Grams, Instant, MoisturePermille, Pieces, Uuid } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';
import { atSiteAlsoNeeds, atSiteNeeds, onBehalf, ownerAt } from './tenants.ts';

/** 产生记录: what came into being at a site, as a batch in its stock (固废法 36, 法典 489; HJ 1259 annex B.1). */
export const Generation = z.strictObject({
  siteId: Uuid,
  /** A tenant of the site (集中暂存), when it is not the caller's own. */
  ownerId: Uuid.optional(),
  wasteCode: z.string().max(20),
  massGrams: Grams.min(1),
  pieces: Pieces.default(0),
  /** Of a waste of which dry mass is kept (GET /v1/streams). */
  moisturePermille: MoisturePermille.optional(),
  occurredAt: Instant,
  entryMode: z.enum(ENTRY_MODES).default('live'),
});

export type GenerationInput = z.output<typeof Generation>;

/**
 * Draws a batch code (产生批次编码) of the site and the day.
 * @refuses not-found (a site that is not the caller's), against-rule (a code no list knows, no tenant on that day, a moisture that is missing or has no place).
 */
export const recordGeneration: Act<GenerationInput, PolicyBook> = {
  name: 'record_generation',
  kind: 'physical',
  numbered: true,
  needs: (input, facts) => atSiteNeeds(input, input.wasteCode, facts),
  alsoNeeds: (input, states, facts) => atSiteAlsoNeeds(input, input.wasteCode, states, facts),
  decide(input, states, facts) {
    const occurredAt = new Date(input.occurredAt);
    const day = dayInShanghai(occurredAt);
    const at = ownerAt(input, { day, act: 'generation' }, states, facts);
    if ('refusal' in at) return refused(at.refusal);
    const remarks = codeRemarks(input.wasteCode, day, '/wasteCode');
    if ('refusal' in remarks) return refused(remarks.refusal);
    const wrong = wrongMoisture(input);
    if (wrong) return refused(wrong);
    const id = facts.newId();
    const { wasteCode, massGrams: grams, pieces, moisturePermille = 1_000 } = input;
    const dryGrams = dryMass(grams, moisturePermille);
    const event = batchFormed(
      { id, origin: 'generated', stock: at.stock, wasteCode, grams, pieces, ...dried(dryGrams), manifestId: null },
      'generation_recorded',
      {
        occurredAt,
        region: at.site.region,
        entryMode: input.entryMode,
        ...onBehalf(at.ownerId, facts),
        refs: [at.site.id],
        data: movementsData([generated(id, wasteCode, at, { grams, pieces, dryGrams })]),
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

/** 含水率 is asked for where the stream's table says so, and has no place where it does not. */
function wrongMoisture({ wasteCode, moisturePermille }: GenerationInput): Refusal | undefined {
  const stream = streamOfCode(wasteCode);
  const use = stream === '' ? 'absent' : streamTerms(stream).line.moisturePermille;
  const isGiven = moisturePermille !== undefined;
  if (use === 'required' && !isGiven)
    return against(
      '/moisturePermille',
      `${STREAM_NAMES[stream]}须填写含水率 moisturePermille（‰），如 800。`,
      `${stream} waste is recorded with its moisture in ‰, 800 for example.`,
    );
  if (use === 'absent' && isGiven)
    return against(
      '/moisturePermille',
      `${wasteCode} 不填含水率，请去掉。`,
      `No moisture is kept of ${wasteCode}; leave it out.`,
    );
  return undefined;
}

/** Into the stock, against the account of what its owner generated there. */
export function generated(
  batchId: string,
  wasteCode: string,
  { stock, ownerId, site }: { readonly stock: Place; readonly ownerId: string; readonly site: { readonly id: string } },
  quantity: Pick<Movement, 'grams' | 'pieces' | 'dryGrams'>,
): Movement {
  const from: Place = ['generated', ownerId, site.id, ownerId];
  return { wasteCode, from, to: stock, fromBatch: batchId, toBatch: batchId, ...quantity };
}
