import { z } from 'zod';
import { InstantView } from '../platform/values.ts';
import type { Bilingual } from '../problems.ts';
import { FORMS, PACKAGINGS } from './inputs.ts';
import { decideTransition, type ManifestAct, NEEDED, TRANSITIONS } from './lifecycle.ts';
import type { ManifestRow } from './queries.ts';
import { DISCREPANCY_TYPES, STATUSES } from './tables.ts';

/** What a manifest looks like from outside, with what may happen next. */
const nullableGrams = z.number().int().nullable();

const LineView = z.object({
  line: z.number().int(),
  wasteCode: z.string(),
  name: z.string(),
  form: z.enum(FORMS),
  hazards: z.array(z.string()),
  packaging: z.enum(PACKAGINGS),
  plannedMethod: z.string(),
  declaredGrams: z.number().int(),
  declaredPieces: z.number().int(),
  namedBatches: z.array(z.uuid()),
  exemption: z.object({ item: z.number().int() }).optional(),
  /** Permits found to cover it at issue; what it took of each is in `permitUses`. */
  permitIds: z.array(z.uuid()),
  pickedUpGrams: nullableGrams,
  pickedUpPieces: nullableGrams,
  loaded: z.array(
    z.object({ batchId: z.uuid(), grams: z.number().int(), pieces: z.number().int(), inferred: z.boolean() }),
  ),
  acceptedGrams: nullableGrams,
  refusedGrams: nullableGrams,
  receivedPieces: nullableGrams,
  method: z.string().nullable(),
  receivedBatchId: z.uuid().nullable(),
});

const ActionView = z.object({
  act: z.string(),
  title: z.string(),
  by: z.array(z.string()),
  basis: z.string(),
  allowed: z.boolean(),
  /** Fields the act still wants. */
  missing: z.array(z.string()),
  /** Why not, when it is not allowed. */
  reason: z.string().nullable(),
});

export const ManifestView = z.object({
  id: z.uuid(),
  version: z.number().int(),
  stream: z.string(),
  status: z.enum(STATUSES),
  number: z.string().nullable(),
  officialNumber: z.string().nullable(),
  /** Which number a search by number met. */
  matched: z.enum(['number', 'officialNumber']).optional(),
  consignorId: z.uuid(),
  consignorSiteId: z.uuid(),
  carrierId: z.uuid(),
  consigneeId: z.uuid(),
  consigneeSiteId: z.uuid(),
  shipperRole: z.enum(['consignor', 'consignee']),
  originRegion: z.string(),
  destinationRegion: z.string(),
  crossProvince: z.boolean(),
  lines: z.array(LineView),
  discrepancies: z.array(z.object({ line: z.number().int(), type: z.enum(DISCREPANCY_TYPES) })),
  permitUses: z.array(
    z.object({
      line: z.number().int(),
      permitId: z.uuid(),
      type: z.string(),
      period: z.string(),
      reservedGrams: z.number().int(),
      usedGrams: z.number().int(),
    }),
  ),
  plate: z.string().nullable(),
  driverId: z.uuid().nullable(),
  waybillNumber: z.string().nullable(),
  issuedAt: InstantView.nullable(),
  pickedUpAt: InstantView.nullable(),
  arrivedAt: InstantView.nullable(),
  acceptedAt: InstantView.nullable(),
  voidedAt: InstantView.nullable(),
  receiptDueOn: z.iso.date().nullable(),
  receiptDueProvisional: z.boolean().nullable(),
  actions: z.array(ActionView),
});

/** An event as its canonical bytes say it. */
export const EventView = z.looseObject({
  id: z.uuid(),
  type: z.string(),
  subject: z.object({ kind: z.string(), id: z.uuid() }),
  seq: z.number().int(),
  occurredAt: InstantView,
  recordedAt: InstantView,
});

export function viewOf(
  manifest: ManifestRow,
  partyId: string,
  language: keyof Bilingual,
  matched?: 'number' | 'officialNumber',
): z.output<typeof ManifestView> {
  return {
    ...manifest,
    ...(matched ? { matched } : {}),
    actions: (Object.keys(TRANSITIONS) as ManifestAct[]).map((act) => actionOf(act, manifest, partyId, language)),
  } as unknown as z.output<typeof ManifestView>;
}

function actionOf(
  act: ManifestAct,
  manifest: ManifestRow,
  partyId: string,
  language: keyof Bilingual,
): z.output<typeof ActionView> {
  const { title, by, basis } = TRANSITIONS[act];
  const decision = decideTransition(act, manifest, partyId);
  const refusal = 'refused' in decision ? decision.refused : null;
  return {
    act,
    title: title[language],
    by: [...by],
    basis,
    allowed: refusal === null,
    missing: refusal === null ? [...NEEDED[act]] : [],
    reason: refusal?.detail[language] ?? null,
  };
}
