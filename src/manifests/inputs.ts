import { z } from 'zod';
import { HAZARDS } from '../catalogue/waste-codes.ts';
import { ENTRY_MODES } from '../platform/events.ts';
import { Grams, Instant, Pieces, ShortText, Uuid } from '../platform/values.ts';
import { DISCREPANCY_TYPES } from './tables.ts';

/** Bodies of the manifest acts. Lines are named by their number, from 1. */
export const FORMS = ['solid', 'semi_solid', 'liquid', 'gas'] as const;
export const PACKAGINGS = ['bag', 'drum', 'can', 'box', 'bulk_bag', 'tank', 'bulk', 'other'] as const;
const LINES_MAX = 20;

const LineNumber = z.number().int().min(1).max(LINES_MAX);
const entryMode = z.enum(ENTRY_MODES).default('live');

export const DraftLine = z.strictObject({
  wasteCode: z.string().max(20),
  name: ShortText,
  form: z.enum(FORMS),
  hazards: z
    .array(z.enum(Object.keys(HAZARDS) as [keyof typeof HAZARDS]))
    .min(1)
    .max(5),
  packaging: z.enum(PACKAGINGS),
  massGrams: Grams.min(1),
  pieces: Pieces.default(0),
  /** Use or disposal intended at the consignee's, e.g. D10. */
  plannedMethod: z.string().max(4),
  /** Batches to load; without them the oldest in stock are taken and marked as inferred. */
  batchIds: z.array(Uuid).max(50).default([]),
  /** Claimed item of the exemption list; item 32 rests on a point-to-point permit. */
  exemption: z.strictObject({ item: z.number().int().min(1).max(32) }).optional(),
});

export const Draft = z.strictObject({
  stream: z.literal('hazardous').default('hazardous'),
  consignorSiteId: Uuid,
  carrierId: Uuid,
  consigneeSiteId: Uuid,
  /** 托运人: who hires the carrier; only one of these two may (TM 31(5)). */
  shipperRole: z.enum(['consignor', 'consignee']).default('consignor'),
  lines: z.array(DraftLine).min(1).max(LINES_MAX),
});

export const Issue = z.strictObject({});

export const Pickup = z.strictObject({
  occurredAt: Instant,
  plate: z.string().min(1).max(20),
  driverId: Uuid.optional(),
  /** 危货运单号. */
  waybillNumber: z.string().max(64).optional(),
  lines: z
    .array(z.strictObject({ line: LineNumber, massGrams: Grams, pieces: Pieces.optional() }))
    .min(1)
    .max(LINES_MAX),
  entryMode,
});

export const Arrival = z.strictObject({
  occurredAt: Instant,
  /** Where it arrived, when that is not the consignee's site. */
  siteId: Uuid.optional(),
  entryMode,
});

export const Receipt = z.strictObject({
  /** 接受之日. */
  occurredAt: Instant,
  lines: z
    .array(
      z.strictObject({
        line: LineNumber,
        acceptedGrams: Grams,
        /** Absent: nothing, or the whole load when nothing is accepted. */
        refusedGrams: Grams.optional(),
        acceptedPieces: Pieces.optional(),
        refusedPieces: Pieces.optional(),
        method: z.string().max(4).optional(),
      }),
    )
    .min(1)
    .max(LINES_MAX),
  discrepancies: z
    .array(z.strictObject({ line: LineNumber, type: z.enum(DISCREPANCY_TYPES), found: ShortText }))
    .max(LINES_MAX * DISCREPANCY_TYPES.length)
    .default([]),
  /** Accept a mismatch although the place's law says refuse; the reason is kept and the anomaly raised all the same. */
  recordAnyway: z.strictObject({ reason: ShortText }).optional(),
  entryMode,
});

export const Void = z.strictObject({ reason: ShortText });

type WithId<Body> = Body & { readonly id: string };
export type DraftInput = z.output<typeof Draft>;
export type ReviseInput = WithId<DraftInput>;
export type IssueInput = { readonly id: string };
export type PickupInput = WithId<z.output<typeof Pickup>>;
export type ArrivalInput = WithId<z.output<typeof Arrival>>;
export type ReceiptInput = WithId<z.output<typeof Receipt>>;
export type VoidInput = WithId<z.output<typeof Void>>;
