import type { EventDraft } from '../platform/events.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { accountOf, type Place } from './ledger.ts';
import { batches } from './tables.ts';

export type Batch = StateOf<typeof batches>;

/** What is said of a batch when it comes into being; it never changes afterwards, only its balance does. */
export interface BatchFormed {
  readonly id: string;
  readonly origin: Batch['origin'];
  readonly stock: Place;
  readonly wasteCode: string;
  readonly grams: number;
  readonly pieces: number;
  readonly manifestId: string | null;
}

export const batchKind = subjectKind({
  name: 'batch',
  rank: RANKS.batch,
  table: batches,
  evolve: (_state, event): Batch => {
    const batch = event.data.batch as unknown as Omit<BatchFormed, 'id'>;
    const account = accountOf(batch.stock, batch.wasteCode);
    return {
      id: event.subject.id,
      origin: batch.origin,
      partyId: account.partyId,
      siteId: account.siteId!,
      ownerId: account.ownerId,
      wasteCode: batch.wasteCode,
      accountId: account.id,
      initialGrams: batch.grams,
      initialPieces: batch.pieces,
      manifestId: batch.manifestId,
      formedAt: event.occurredAt,
    };
  },
});

export function batchFormed(
  { id, ...batch }: BatchFormed,
  type: string,
  draft: Omit<EventDraft, 'type' | 'subject' | 'data'> & { data?: EventDraft['data'] },
): EventDraft {
  return {
    ...draft,
    type,
    subject: { kind: 'batch', id },
    data: { ...draft.data, batch: { ...batch, stock: [...batch.stock] } },
  };
}
