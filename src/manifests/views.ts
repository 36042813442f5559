import { z } from 'zod';
import { dryMass } from '../custody/dry-parts.ts';
import { BasisView, InstantView } from '../platform/values.ts';
import type { Bilingual } from '../problems.ts';
import { receivedOf, receivedShares } from './booking.ts';
import { FORMS, PACKAGINGS } from './inputs.ts';
import { decideTransition, type ManifestAct, TRANSITIONS } from './lifecycle.ts';
import { dryGramsOf } from './parts.ts';
import type { ManifestRow } from './queries.ts';
import type { RolesInAct } from './standing.ts';
import {
  APPROVERS,
  CONTAINER_OUTCOMES,
  DISCREPANCY_TYPES,
  HANDOVER_SIDES,
  INCIDENT_TYPES,
  type Line,
  STATUSES,
} from './tables.ts';

/** What a manifest looks like from outside, with what may happen next. */
const nullableGrams = z.number().int().nullable();

const Parts = z.array(
  z.object({
    batchId: z.uuid(),
    grams: z.number().int(),
    pieces: z.number().int(),
    /** 干物质, of a waste whose moisture is measured. */
    dryGrams: z.number().int().optional(),
    inferred: z.boolean(),
  }),
);

const LegView = z.object({
  carrierId: z.uuid(),
  plate: z.string().nullable(),
  driverId: z.uuid().nullable(),
  waybillNumber: z.string().nullable(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  handover: z
    .object({ place: z.string(), region: z.string().nullable(), confirmedBy: z.array(z.enum(HANDOVER_SIDES)) })
    .nullable(),
});

const RemainderView = z.object({
  reason: z.enum(['refused', 'recovered']),
  state: z.enum(['held', 'returning', 'returned', 'followed']),
  lines: z.array(z.object({ line: z.number().int(), parts: Parts })),
  carrierId: z.uuid().nullable(),
  followedById: z.uuid().nullable(),
});

const IncidentView = z.object({
  type: z.enum(INCIDENT_TYPES),
  occurredAt: z.iso.datetime(),
  region: z.string().nullable(),
  place: z.string(),
  carrierId: z.uuid(),
  /** Who has filed a plan. */
  plans: z.array(z.uuid()),
});

const FieldValueView = z.union([z.string(), z.number(), z.null(), z.array(z.string())]);
const CorrectionView = z.object({
  proposedBy: z.uuid(),
  changes: z.array(z.object({ path: z.string(), from: FieldValueView, to: FieldValueView })),
  approvers: z.array(z.enum(APPROVERS)),
  approvedBy: z.array(z.enum(APPROVERS)),
});

/** A container that was scanned with a line. */
const LineContainerView = z.object({
  containerId: z.uuid(),
  code: z.string(),
  /** What was in it when it was loaded; null for an outer body. */
  batchId: z.uuid().nullable(),
  grams: z.number().int(),
  pieces: z.number().int(),
  /** Nobody scanned it at the pickup: it turned out to be with the load. */
  joined: z.boolean(),
  /** What an incident did to it. */
  heldUp: z.enum(['held_up', 'lost', 'recovered']).nullable(),
  /** Null after the receipt: it was not there. */
  decision: z.enum(CONTAINER_OUTCOMES).nullable(),
  decidedGrams: nullableGrams,
  receivedBatchId: z.uuid().nullable(),
});

const VolumeView = z.object({
  litres: z.number().int(),
  gramsPerLitre: z.number().int().optional(),
  density: z.string().optional(),
});

const LineView = z.object({
  line: z.number().int(),
  wasteCode: z.string(),
  /** What its batches are registered under, where that differs since a correction. */
  codeAtSource: z.string().optional(),
  name: z.string(),
  form: z.enum(FORMS),
  hazards: z.array(z.string()),
  packaging: z.enum(PACKAGINGS),
  plannedMethod: z.string(),
  declaredGrams: z.number().int(),
  /** What was told in m³: litres, and, where grams follow from them, the density and whose row that is. */
  volume: VolumeView.optional(),
  pickedUpVolume: VolumeView.optional(),
  acceptedVolume: VolumeView.optional(),
  refusedVolume: VolumeView.optional(),
  /** 含水率 as declared, as measured anew at loading, and as the consignee measured it; what is dry of each follows. */
  moisturePermille: z.number().int().optional(),
  pickedUpMoisturePermille: z.number().int().optional(),
  receivedMoisturePermille: z.number().int().optional(),
  dryGrams: z
    .object({ declared: z.number().int(), pickedUp: nullableGrams, accepted: nullableGrams, refused: nullableGrams })
    .optional(),
  declaredPieces: z.number().int(),
  namedBatches: z.array(z.uuid()),
  exemption: z.object({ item: z.number().int() }).optional(),
  /** Permits found to cover it at issue; what it took of each is in `permitUses`. */
  permitIds: z.array(z.uuid()),
  pickedUpGrams: nullableGrams,
  pickedUpPieces: nullableGrams,
  hazardousComponent: z.string().nullable(),
  unNumber: z.string().nullable(),
  packingGroup: z.string().nullable(),
  loaded: Parts,
  frozen: Parts,
  lost: Parts,
  recovered: Parts,
  acceptedGrams: nullableGrams,
  refusedGrams: nullableGrams,
  refusedPieces: nullableGrams,
  receivedPieces: nullableGrams,
  method: z.string().nullable(),
  /** One, or one for each container that was accepted. */
  receivedBatchIds: z.array(z.uuid()),
  containers: z.array(LineContainerView),
});

const ActionView = z.object({
  act: z.string(),
  title: z.string(),
  by: z.array(z.string()),
  basis: BasisView,
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
  /** Every number it was told to have in an official system, with the status last told there. */
  officialRecords: z.array(
    z.object({
      system: z.string(),
      number: z.string(),
      status: z.string().nullable(),
      statusOn: z.iso.date().nullable(),
      seenAt: z.iso.datetime(),
      toldBy: z.uuid(),
      eventId: z.uuid(),
    }),
  ),
  /** Which number a search by number met. */
  matched: z.enum(['number', 'officialNumber']).optional(),
  consignorId: z.uuid(),
  consignorSiteId: z.uuid(),
  carrierId: z.uuid(),
  legs: z.array(LegView),
  consigneeId: z.uuid(),
  consigneeSiteId: z.uuid(),
  shipperRole: z.enum(['consignor', 'consignee']),
  originRegion: z.string(),
  destinationRegion: z.string(),
  crossProvince: z.boolean(),
  lines: z.array(LineView),
  discrepancies: z.array(z.object({ line: z.number().int(), type: z.enum(DISCREPANCY_TYPES) })),
  filledById: z.uuid(),
  entryMode: z.enum(['live', 'paper']),
  tripId: z.uuid().nullable(),
  projectId: z.uuid().nullable(),
  /** The manifest whose remainder this one carries on. */
  followsId: z.uuid().nullable(),
  remainders: z.array(RemainderView),
  storedSiteId: z.uuid().nullable(),
  incident: IncidentView.nullable(),
  correction: CorrectionView.nullable(),
  correctionCount: z.number().int(),
  pickupCodeExpiresAt: InstantView.nullable(),
  pickupConfirmedBy: z.enum(['code', 'consignor']).nullable(),
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
  issuedAt: InstantView.nullable(),
  pickedUpAt: InstantView.nullable(),
  arrivedAt: InstantView.nullable(),
  acceptedAt: InstantView.nullable(),
  voidedAt: InstantView.nullable(),
  receiptDueOn: z.iso.date().nullable(),
  receiptDueProvisional: z.boolean().nullable(),
  paperNumber: z.string().nullable(),
  paperDueOn: z.iso.date().nullable(),
  actions: z.array(ActionView),
});

export function viewOf(
  manifest: ManifestRow,
  rolesIn: (act: ManifestAct) => RolesInAct,
  language: keyof Bilingual,
  matched?: 'number' | 'officialNumber',
): z.output<typeof ManifestView> {
  return {
    ...manifest,
    ...(matched ? { matched } : {}),
    lines: manifest.lines.map((line) => ({ ...line, ...dryMassesOf(line) })),
    actions: (Object.keys(TRANSITIONS) as ManifestAct[]).map((act) => actionOf(act, manifest, rolesIn(act), language)),
  } as unknown as z.output<typeof ManifestView>;
}

/** As they are booked. */
function dryMassesOf(line: Line) {
  if (line.moisturePermille === undefined) return {};
  const received = receivedOf(line);
  const shares = received && receivedShares(line, received);
  return {
    dryGrams: {
      declared: dryMass(line.declaredGrams, line.moisturePermille),
      pickedUp: line.pickedUpGrams === null ? null : dryGramsOf(line.loaded),
      accepted: shares ? dryGramsOf(shares.accepted) : null,
      refused: shares ? dryGramsOf(shares.refused) : null,
    },
  };
}

function actionOf(
  act: ManifestAct,
  manifest: ManifestRow,
  { roles, refusal: notDelegated }: RolesInAct,
  language: keyof Bilingual,
): z.output<typeof ActionView> {
  const { title, by, basis, needs } = TRANSITIONS[act];
  const decision = decideTransition(act, manifest, roles);
  const refusal = 'refused' in decision ? (notDelegated ?? decision.refused) : null;
  return {
    act,
    title: title[language],
    by: [...by],
    basis,
    allowed: refusal === null,
    missing: refusal === null ? [...needs] : [],
    reason: refusal?.detail[language] ?? null,
  };
}
