import { z } from 'zod';
import { RegionCode } from '../catalogue/commands.ts';
import { STREAMS } from '../catalogue/streams.ts';
import { HAZARDS } from '../catalogue/waste-codes.ts';
import type { Scanning } from '../custody/scanned.ts';
import { ContainerName } from '../generation/nesting.ts';
import { ENTRY_MODES, type EntryMode } from '../platform/events.ts';
import { inBoth } from '../platform/schema-messages.ts';
import { Grams, Instant, MoisturePermille, Pieces, ShortText, TypedNumber, Uuid } from '../platform/values.ts';
import { CONTAINER_OUTCOMES, DISCREPANCY_TYPES, INCIDENT_TYPES } from './tables.ts';

/** Bodies of the manifest acts. Lines are named by their number, from 1. */
export const FORMS = ['solid', 'semi_solid', 'liquid', 'gas'] as const;
export const PACKAGINGS = ['bag', 'drum', 'can', 'box', 'bulk_bag', 'tank', 'bulk', 'other'] as const;
export const LINES_MAX = 20;
/** Named by one line. */
export const BATCHES_MAX = 50;
const LEGS_MAX = 8;

const LineNumber = z.number().int().min(1).max(LINES_MAX);
const entryMode = z.enum(ENTRY_MODES).default('live');
/** m³ × 1000, as measured. */
const Litres = z.number().int().min(0).max(1_000_000_000);
const Moisture = MoisturePermille.optional();

/** Which of these a line must say depends on the stream of its waste (GET /v1/streams). */
const DraftLineFields = z.strictObject({
  wasteCode: z.string().max(20),
  name: ShortText,
  form: z.enum(FORMS).optional(),
  hazards: z
    .array(z.enum(Object.keys(HAZARDS) as [keyof typeof HAZARDS]))
    .min(1)
    .max(5)
    .optional(),
  packaging: z.enum(PACKAGINGS).optional(),
  massGrams: Grams.min(1).optional(),
  /** Instead of the mass, where the stream is measured by volume: m³ × 1000. */
  volumeLitres: Litres.min(1).optional(),
  moisturePermille: Moisture,
  pieces: Pieces.default(0),
  /** Use or disposal intended at the consignee's, e.g. D10. */
  plannedMethod: z.string().max(4),
  /** Batches to load; without them the oldest in stock are taken and marked as inferred. */
  batchIds: z.array(Uuid).max(BATCHES_MAX).default([]),
  /** 有害成分名称. */
  hazardousComponent: ShortText.nullable().default(null),
  /** What the transport of dangerous goods asks for (TM 13): UN number and packing group. */
  unNumber: z
    .string()
    .regex(/^UN\d{4}$/, inBoth('UN 加四位数字，如 UN3082', 'UN and four digits, e.g. UN3082'))
    .nullable()
    .default(null),
  packingGroup: z.enum(['I', 'II', 'III']).nullable().default(null),
  /** Claimed item of the exemption list; item 32 rests on a point-to-point permit. */
  exemption: z.strictObject({ item: z.number().int().min(1).max(32) }).optional(),
});
export const DraftLine = DraftLineFields.refine(
  ({ massGrams, volumeLitres }) => (massGrams === undefined) !== (volumeLitres === undefined),
  {
    path: ['massGrams'],
    error: inBoth('填 massGrams（克）或 volumeLitres（升）之一', 'one of massGrams and volumeLitres'),
  },
);

export const Draft = z.strictObject({
  /** Of its wastes, unless it is said. */
  stream: z.enum(STREAMS).optional(),
  consignorSiteId: Uuid,
  /** 移出人, where that is not the party of the site: a tenant of a shared store (集中暂存、分别管理). */
  consignorId: Uuid.optional(),
  carrierId: Uuid,
  /** 联运: the carriers after the first, in their order (TM 17). */
  onwardCarrierIds: z.array(Uuid).max(LEGS_MAX).default([]),
  consigneeSiteId: Uuid,
  /** 托运人: who hires the carrier; only one of these two may (TM 31(5)). */
  shipperRole: z.enum(['consignor', 'consignee']).default('consignor'),
  /** 工地; without it the project of the site it starts from. */
  projectId: Uuid.optional(),
  /** The vehicle that is to come for it; the pickup says which one came. */
  plate: z.string().min(1).max(20).optional(),
  lines: z.array(DraftLine).min(1).max(LINES_MAX),
});

export const Issue = z.strictObject({
  /** 补录: it was issued on paper while the system could not be reached (TM 20). */
  paper: z
    .strictObject({
      issuedAt: Instant,
      /** Number printed on the form. */
      number: TypedNumber.min(1).max(32).nullable().default(null),
      reason: ShortText,
    })
    .optional(),
});

export const PickupCode = z.strictObject({});

const Vehicle = {
  plate: z.string().min(1).max(20),
  driverId: Uuid.optional(),
  /** 危货运单号. */
  waybillNumber: TypedNumber.max(64).optional(),
};

const CONTAINERS_MAX = 200;

/** What was scanned, by id or identification code; what stands in a container goes with it. Absent: nobody scanned. */
const Scanned = z.array(ContainerName).min(1).max(CONTAINERS_MAX).optional();
const containers = Scanned.describe('容器扫码：数字识别码或 id；缺者、多者如实记录');

const LoadedLine = z
  .strictObject({
    line: LineNumber,
    /** May be left out of a scanned line: its containers' mass by their records. */
    massGrams: Grams.optional(),
    /** m³ × 1000. Beside the mass: it was measured and weighed; alone: its mass follows from it. */
    volumeLitres: Litres.optional(),
    pieces: Pieces.optional(),
    /** Measured anew at loading; else it is as declared. */
    moisturePermille: Moisture,
    containers: Scanned,
  })
  .refine((line) => line.massGrams !== undefined || line.volumeLitres !== undefined || line.containers !== undefined, {
    path: ['massGrams'],
    error: inBoth('填 massGrams、volumeLitres 或容器', 'massGrams, volumeLitres, or the containers'),
  });
const BroughtBackLine = z.strictObject({ line: LineNumber, massGrams: Grams, pieces: Pieces.optional() });

export const Pickup = z.strictObject({
  occurredAt: Instant,
  ...Vehicle,
  lines: z.array(LoadedLine).min(1).max(LINES_MAX),
  /** 串点收运: the trip it is one of the pickups of. */
  tripId: Uuid.optional(),
  /** 一次性装运码: the consignor's confirmation, typed on the driver's device. */
  pickupCode: TypedNumber.regex(/^\d{6}$/, inBoth('六位数字', 'six digits')).optional(),
  entryMode,
});

export const PickupConfirmation = z.strictObject({ occurredAt: Instant });

export const HandoverBody = z.strictObject({
  occurredAt: Instant,
  /** Where the two met. */
  place: ShortText,
  region: RegionCode.optional(),
  /** Of the carrier that takes over. */
  plate: Vehicle.plate.optional(),
  driverId: Vehicle.driverId,
  waybillNumber: Vehicle.waybillNumber,
  /** What the taker found does not agree with the manifest; kept as a remark. */
  differs: ShortText.optional(),
  containers,
  entryMode,
});

export const TransitStorage = z.strictObject({ occurredAt: Instant, siteId: Uuid, containers, entryMode });
export const Departure = z.strictObject({ occurredAt: Instant, ...Vehicle, containers, entryMode });

export const Arrival = z.strictObject({
  occurredAt: Instant,
  /** Where it arrived, when that is not the consignee's site. */
  siteId: Uuid.optional(),
  containers,
  entryMode,
});

const ReceivedLine = z
  .strictObject({
    line: LineNumber,
    /** May be left out of a line whose containers are decided on one by one: it follows from them. */
    acceptedGrams: Grams.optional(),
    /** Absent: nothing, or the whole load when nothing is accepted. */
    refusedGrams: Grams.optional(),
    /** m³ × 1000, as at the pickup: beside grams it was measured and weighed, alone the grams follow from it. */
    acceptedLitres: Litres.optional(),
    refusedLitres: Litres.optional(),
    acceptedPieces: Pieces.optional(),
    refusedPieces: Pieces.optional(),
    /** As the consignee measured it: what the dry mass received follows from. */
    moisturePermille: Moisture,
    method: z.string().max(4).optional(),
    /** Each that is there, accepted or refused, with its mass where it was weighed by itself. */
    containers: z
      .array(
        z.strictObject({ container: ContainerName, decision: z.enum(CONTAINER_OUTCOMES), massGrams: Grams.optional() }),
      )
      .min(1)
      .max(CONTAINERS_MAX)
      .optional(),
  })
  .refine(
    (line) => line.acceptedGrams !== undefined || line.acceptedLitres !== undefined || line.containers !== undefined,
    {
      path: ['acceptedGrams'],
      error: inBoth('填 acceptedGrams、acceptedLitres 或容器', 'acceptedGrams, acceptedLitres, or the containers'),
    },
  );

export const Receipt = z.strictObject({
  /** 接受之日. */
  occurredAt: Instant,
  lines: z.array(ReceivedLine).min(1).max(LINES_MAX),
  discrepancies: z
    .array(z.strictObject({ line: LineNumber, type: z.enum(DISCREPANCY_TYPES), found: ShortText }))
    .max(LINES_MAX * DISCREPANCY_TYPES.length)
    .default([]),
  /** Accept a mismatch although the place's law says refuse; the reason is kept and the anomaly raised all the same. */
  recordAnyway: z.strictObject({ reason: ShortText }).optional(),
  entryMode,
});

/** Which of the manifest's remainders; without it the first that waits. */
const remainder = z.number().int().min(0).max(20).optional();

export const Return = z.strictObject({ occurredAt: Instant, ...Vehicle, remainder, containers, entryMode });
export const ReturnReceipt = z.strictObject({
  occurredAt: Instant,
  lines: z.array(BroughtBackLine).min(1).max(LINES_MAX),
  remainder,
  containers,
  entryMode,
});

export const FollowUp = z.strictObject({
  carrierId: Uuid,
  onwardCarrierIds: z.array(Uuid).max(LEGS_MAX).default([]),
  consigneeSiteId: Uuid,
  shipperRole: z.enum(['consignor', 'consignee']).default('consignor'),
  /** Where it differs from what the line said. */
  methods: z
    .array(z.strictObject({ line: LineNumber, plannedMethod: z.string().max(4) }))
    .max(LINES_MAX)
    .default([]),
  remainder,
});

export const IncidentBody = z.strictObject({
  occurredAt: Instant,
  type: z.enum(INCIDENT_TYPES),
  place: ShortText,
  region: RegionCode.optional(),
  description: z.string().trim().min(1).max(2_000),
  /** What of each line is affected; the rest may travel on. */
  lines: z
    .array(
      z
        .strictObject({ line: LineNumber, grams: Grams.optional(), pieces: Pieces.optional(), containers: Scanned })
        .refine(({ grams, containers: scanned }) => (grams !== undefined) !== (scanned !== undefined), {
          path: ['grams'],
          error: inBoth('填 grams 或容器（质量即容器的质量）', 'grams, or the containers, whose mass it is'),
        }),
    )
    .min(1)
    .max(LINES_MAX),
  entryMode,
});

export const IncidentPlan = z.strictObject({ plan: z.string().trim().min(1).max(2_000) });

export const IncidentResolution = z.strictObject({
  occurredAt: Instant,
  /** For every affected line what was lost and what was recovered: together all that was affected. */
  lines: z
    .array(
      z
        .strictObject({
          line: LineNumber,
          lostGrams: Grams.optional(),
          lostPieces: Pieces.default(0),
          recoveredGrams: Grams.optional(),
          recoveredPieces: Pieces.default(0),
          /** Of a line whose containers are held up: what became of each. */
          containers: z
            .array(z.strictObject({ container: ContainerName, outcome: z.enum(['lost', 'recovered']) }))
            .min(1)
            .max(CONTAINERS_MAX)
            .optional(),
        })
        .refine(
          (line) =>
            (line.lostGrams !== undefined && line.recoveredGrams !== undefined) !== (line.containers !== undefined),
          {
            path: ['lostGrams'],
            error: inBoth('填 lostGrams 和 recoveredGrams，或容器', 'lostGrams and recoveredGrams, or the containers'),
          },
        ),
    )
    .min(1)
    .max(LINES_MAX),
  /** Another vehicle, or another carrier, goes on from here. */
  newLeg: z.strictObject({ carrierId: Uuid, ...Vehicle }).optional(),
});

/** What a field of a manifest may hold; which kind, its own row in corrections.ts says. */
const FieldValueBody = z.union([z.string().max(200), z.number(), z.null(), z.array(z.string().max(20)).max(10)]);

export const CorrectionBody = z.strictObject({
  reason: ShortText,
  changes: z
    .array(
      z.strictObject({
        path: z
          .string()
          .min(1)
          .max(60)
          .describe(
            '联单中的 JSON Pointer，行和段从 0 起：/lines/0/acceptedGrams 是第 1 行 · JSON Pointer into the manifest, lines and legs counted from 0: /lines/0/acceptedGrams is of line 1; also /legs/0/plate, /pickedUpAt',
          ),
        value: FieldValueBody,
      }),
    )
    .min(1)
    .max(50),
});
export const CorrectionDecision = z.strictObject({ reason: ShortText.optional() });

export const Void = z.strictObject({ reason: ShortText });

type WithId<Body> = Body & { readonly id: string };
export type DraftInput = z.output<typeof Draft>;
export type ReviseInput = WithId<DraftInput>;
export type IssueInput = WithId<z.output<typeof Issue>>;
/** The code is drawn outside the decision, which has no chance in it. */
export type PickupCodeInput = { readonly id: string; readonly code: string; readonly salt: string };
export type PickupInput = WithId<z.output<typeof Pickup>> & Scanning;
export type PickupConfirmationInput = WithId<z.output<typeof PickupConfirmation>>;
export type HandoverInput = WithId<z.output<typeof HandoverBody>> & Scanning;
export type TransitStorageInput = WithId<z.output<typeof TransitStorage>> & Scanning;
export type DepartureInput = WithId<z.output<typeof Departure>> & Scanning;
export type ArrivalInput = WithId<z.output<typeof Arrival>> & Scanning;
export type ReceiptInput = WithId<z.output<typeof Receipt>> & Scanning;
export type ReturnInput = WithId<z.output<typeof Return>> & Scanning;
export type ReturnReceiptInput = WithId<z.output<typeof ReturnReceipt>> & Scanning;
export type FollowUpInput = WithId<z.output<typeof FollowUp>>;
export type IncidentInput = WithId<z.output<typeof IncidentBody>> & Scanning;
export type IncidentPlanInput = WithId<z.output<typeof IncidentPlan>>;
export type IncidentResolutionInput = WithId<z.output<typeof IncidentResolution>> & Scanning;
export type CorrectionInput = WithId<z.output<typeof CorrectionBody>>;
export type CorrectionDecisionInput = WithId<z.output<typeof CorrectionDecision>>;
export type VoidInput = WithId<z.output<typeof Void>> & { readonly followsId?: string };
/** What physical reports have in common: where one does not fit, it is kept whole. */
export type Reported = { readonly id: string; readonly occurredAt: string; readonly entryMode?: EntryMode };
