import { z } from 'zod';
import type { PolicyBook } from '../catalogue/reference.ts';
import { containerChanged, containerKind } from '../custody/containers.ts';
import { type ContainerStep, stepRow } from '../custody/lifecycle.ts';
import { ContainerName } from '../generation/nesting.ts';
import type { Audience } from '../parties/audience.ts';
import { type Act, refused, type Warning } from '../platform/acts.ts';
import { ENTRY_MODES, type Json } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { Instant, Uuid } from '../platform/values.ts';
import type { Refusal } from '../problems.ts';
import { Draft, Pickup } from './inputs.ts';
import { type COLLECTION_STATUSES, collections } from './tables.ts';

/**
 * 小箱进大箱: a hub packs the small boxes of many clinics into a big one. Each clinic stays the origin of its waste and has a manifest, and so a
 * card, of its own (TM 16, 31(2)); all are filed as one act (collection-filing.ts). The big box is scanned once and all of them move: each manifest's
 * act is the ordinary one, done for it under a key made of the caller's; what was interrupted is completed by sending it again.
 */
export type Collection = StateOf<typeof collections>;
type Status = (typeof COLLECTION_STATUSES)[number];

export const CollectionBody = z.strictObject({
  /** The big box. */
  container: ContainerName,
  carrierId: Uuid,
  consigneeSiteId: Uuid,
  shipperRole: Draft.shape.shipperRole,
  /** Use or disposal intended at the consignee's, e.g. D10. */
  plannedMethod: z.string().max(4),
  /** Claimed for every line, e.g. item 2 for institutions of at most 19 beds. */
  exemption: z.strictObject({ item: z.number().int().min(1).max(32) }).optional(),
});
export type CollectionInput = z.output<typeof CollectionBody>;

const occurredAt = Instant;
const entryMode = z.enum(ENTRY_MODES).default('live');
export const CollectionPickup = Pickup.omit({ lines: true, pickupCode: true });
export const CollectionStep = z.strictObject({ occurredAt, entryMode });
export const CollectionReceipt = z.strictObject({
  occurredAt,
  /** Small boxes that are not in the big one. */
  missing: z.array(ContainerName).max(500).default([]),
  method: z.string().max(4).optional(),
  entryMode,
});

export const collectionKind = subjectKind({
  name: 'collection',
  rank: RANKS.fact,
  table: collections,
  evolve: (state, { data, subject, occurredAt: at }): Collection =>
    state
      ? { ...state, status: data.status as Status }
      : { ...(data.collection as unknown as Omit<Collection, 'id' | 'filedAt'>), id: subject.id, filedAt: at },
});

export const audienceOfCollection = ({
  status,
  hubId,
  carrierId,
  consigneeId,
  region,
  stream,
}: Collection): Audience => ({
  stage: status === 'received' ? 'closed' : 'open',
  partyIds: [...new Set([hubId, carrierId, consigneeId])],
  regions: [region],
  stream,
});

/** What a scan of the big box means: which act is done for each manifest, and what becomes of the box. */
export const COLLECTION_STEPS = {
  pickup: {
    by: ['carrier'],
    from: 'filed',
    to: 'in_transit',
    manifests: 'issued',
    box: 'load',
    event: 'collection_picked_up',
  },
  'pickup-confirmation': {
    by: ['hub'],
    from: 'in_transit',
    to: 'in_transit',
    manifests: 'in_transit',
    box: null,
    event: 'collection_pickup_confirmed',
  },
  arrival: {
    by: ['carrier', 'consignee'],
    from: 'in_transit',
    to: 'arrived',
    manifests: 'in_transit',
    box: 'arrive',
    event: 'collection_arrived',
  },
  receipt: {
    by: ['consignee'],
    from: 'arrived',
    to: 'received',
    manifests: 'arrived',
    box: 'accept',
    event: 'collection_received',
  },
} as const satisfies Record<string, Step>;

interface Step {
  readonly by: readonly Side[];
  readonly from: Status;
  readonly to: Status;
  /** Of which status its manifests are done; others have gone their own way. */
  readonly manifests: string;
  readonly box: ContainerStep | null;
  readonly event: string;
}
type Side = keyof typeof SIDES;
const SIDES = {
  hub: { zh: '集中收集单位', en: 'hub' },
  carrier: { zh: '承运人', en: 'carrier' },
  consignee: { zh: '接受人', en: 'consignee' },
} as const;
export type CollectionAct = keyof typeof COLLECTION_STEPS;

export interface StepInput {
  readonly id: string;
  readonly boxId: string | undefined;
  readonly occurredAt: string;
  readonly entryMode: (typeof ENTRY_MODES)[number];
  readonly warnings: readonly Warning[];
}

/** The big box follows its manifests, whose own acts have been done. @refuses not-found, wrong-status. */
export const moveCollection = (act: CollectionAct): Act<StepInput, PolicyBook> => ({
  name: `${act}_collection`,
  kind: 'physical',
  needs: ({ id, boxId }) => ({
    lock: [{ kind: collectionKind.name, id }, ...(boxId ? [{ kind: containerKind.name, id: boxId }] : [])],
  }),
  decide(input, states, facts) {
    const { party } = facts.caller.actor;
    const collection = states.get(collectionKind, input.id);
    const sides = collection ? sidesOf(collection, party) : [];
    if (!collection || sides.length === 0) return refused(notFound('collection', input.id));
    const { by, from, to, event }: Step = COLLECTION_STEPS[act];
    if (!by.some((side) => sides.includes(side))) return refused(notTheirs(act, by));
    if (collection.status !== from) return refused(wrongStatus(collection, from));
    const draft = { occurredAt: new Date(input.occurredAt), region: collection.region, entryMode: input.entryMode };
    const moved = {
      ...draft,
      type: event,
      subject: { kind: collectionKind.name, id: input.id },
      refs: [collection.boxId],
    };
    return {
      events: [{ ...moved, data: { status: to } }, ...boxMoved(act, collection, draft)],
      answer: { id: input.id, status: to, loads: collection.loads as unknown as Json },
      warnings: input.warnings,
    };
  },
});

function boxMoved(
  act: CollectionAct,
  { id, boxId, carrierId, consigneeId, consigneeSiteId }: Collection,
  draft: { readonly occurredAt: Date; readonly region: string; readonly entryMode: StepInput['entryMode'] },
) {
  const step = COLLECTION_STEPS[act].box;
  if (!step) return [];
  const { event, to } = stepRow(step);
  const place =
    step === 'load' ? { partyId: carrierId, siteId: null } : { partyId: consigneeId, siteId: consigneeSiteId };
  return [containerChanged(boxId, event, { state: to!, ...place }, { ...draft, refs: [id] })];
}

const sidesOf = ({ hubId, carrierId, consigneeId }: Collection, party: string): Side[] => [
  ...(hubId === party ? (['hub'] as const) : []),
  ...(carrierId === party ? (['carrier'] as const) : []),
  ...(consigneeId === party ? (['consignee'] as const) : []),
];

const notTheirs = (act: CollectionAct, by: readonly Side[]): Refusal => ({
  problem: 'not-your-act',
  detail: {
    zh: `此事由${by.map((side) => SIDES[side].zh).join('或')}办理。`,
    en: `The ${act} of a collection belongs to its ${by.map((side) => SIDES[side].en).join(' or ')}.`,
  },
});

const wrongStatus = ({ status }: Collection, from: Status): Refusal => ({
  problem: 'wrong-status',
  detail: {
    zh: `集中收集的状态为 ${status}，此事须在 ${from} 时办理。`,
    en: `The collection is ${status}; this is done when it is ${from}.`,
  },
  allowedFrom: [from],
});
