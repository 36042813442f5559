import type { EventDraft } from '../platform/events.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { accountOf, type Place } from './ledger.ts';
import { batches } from './tables.ts';

export type Batch = StateOf<typeof batches>;

/** What is said of a batch when it comes into being; it never changes afterwards, only its balance and its store do. */
export interface BatchFormed {
  readonly id: string;
  readonly origin: Batch['origin'];
  readonly stock: Place;
  readonly wasteCode: string;
  readonly grams: number;
  readonly pieces: number;
  /** Absent: none is measured of it. */
  readonly dryGrams?: number;
  readonly manifestId: string | null;
  /** The container it was put into. */
  readonly containerId?: string;
  /** ISO 8601, for what is older than the event: a part of a batch is as old as its whole. */
  readonly formedAt?: string;
  readonly storeId?: string;
  readonly storedById?: string;
  /** That of the whole a part was split off. */
  readonly code?: string;
}

export const batchKind = subjectKind({
  name: 'batch',
  rank: RANKS.batch,
  table: batches,
  evolve: (state, event): Batch => {
    if (state && !event.data.batch) {
      const { storeId, storedById } = event.data as Pick<Batch, 'storeId' | 'storedById'>;
      return { ...state, storeId, storedById };
    }
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
      initialDryGrams: batch.dryGrams ?? 0,
      manifestId: batch.manifestId,
      formedAt: batch.formedAt ? new Date(batch.formedAt) : event.occurredAt,
      code: (event.data.code ?? batch.code ?? null) as string | null,
      storeId: batch.storeId ?? null,
      storedById: batch.storedById ?? null,
      containerId: batch.containerId ?? null,
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

/** 入库 or 出库, by which storage move: the batch as a whole lies in that store from now on, or in none. */
export const batchMoved = (
  id: string,
  store: { readonly storeId: string; readonly storedById: string } | null,
  draft: Omit<EventDraft, 'type' | 'subject' | 'data'>,
): EventDraft => ({
  ...draft,
  type: store ? 'batch_put_into_store' : 'batch_taken_out_of_store',
  subject: { kind: 'batch', id },
  data: { ...(store ?? { storeId: null, storedById: null }) },
});

/** A part of a batch, formed within the account it lies in: as old as the whole, and of the same origin. */
export const partOf = (whole: Batch, part: Pick<BatchFormed, 'id' | 'grams' | 'pieces' | 'dryGrams'>): BatchFormed => ({
  ...part,
  origin: whole.origin,
  stock: stockOf(whole),
  wasteCode: whole.wasteCode,
  manifestId: whole.manifestId,
  formedAt: whole.formedAt.toISOString(),
  ...(whole.code === null ? {} : { code: whole.code }),
});

/** The stock account a batch lies in. */
export const stockOf = ({ partyId, siteId, ownerId }: Pick<Batch, 'partyId' | 'siteId' | 'ownerId'>): Place => [
  'stock',
  partyId,
  siteId,
  ownerId,
];
