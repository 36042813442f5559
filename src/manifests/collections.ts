import { z } from 'zod';
import type { PolicyBook } from '../catalogue/reference.ts';
import { type Stream, streamTerms } from '../catalogue/streams.ts';
import { type Container, containerChanged, containerKind } from '../custody/containers.ts';
import { type ContainerStep, stepRow } from '../custody/lifecycle.ts';
import { ContainerName, mayHandle } from '../generation/nesting.ts';
import type { Audience } from '../parties/audience.ts';
import { type Act, refused, type Warning } from '../platform/acts.ts';
import { ENTRY_MODES, type Json } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { Instant, Uuid } from '../platform/values.ts';
import type { Refusal } from '../problems.ts';
import { Draft, type DraftInput, PACKAGINGS, Pickup } from './inputs.ts';
import { openCollectionLookup } from './queries.ts';
import { type COLLECTION_STATUSES, type CollectedLoad, collections } from './tables.ts';

/**
 * 小箱进大箱: a hub packs the small boxes of many clinics into a big one. Each clinic stays the origin of its waste and has a manifest, and so a
 * card, of its own (TM 16, 31(2)); the big box is scanned once and all of them move. Each manifest's act is the ordinary one, done for it under a
 * key made of the caller's: what was interrupted is completed by sending it again.
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

/** One draft for each owner of small boxes, a line for each of its wastes; in the order of their codes. Pure. */
export function draftsOf(
  boxes: readonly Container[],
  siteId: string,
  stream: Stream,
  { carrierId, consigneeSiteId, shipperRole, plannedMethod, exemption }: CollectionInput,
): { readonly draft: DraftInput; readonly ownerId: string; readonly lines: CollectedLoad['lines'] }[] {
  const uses = streamTerms(stream).line;
  return [...grouped(boxes, ({ ownerId }) => ownerId)].map(([ownerId, own]) => {
    const byWaste = [...grouped(own, ({ wasteCode }) => wasteCode)];
    const lines = byWaste.map(([wasteCode, [first, ...more]]) => {
      const all = [first!, ...more];
      return {
        wasteCode,
        name: first!.label.name,
        form: first!.form,
        ...(uses.hazards === 'absent' ? {} : { hazards: [...first!.hazards] }),
        packaging: PACKAGINGS.find((one) => one === first!.packaging) ?? 'other',
        massGrams: all.reduce((sum, { grams }) => sum + grams, 0),
        pieces: all.reduce((sum, { pieces }) => sum + pieces, 0),
        plannedMethod,
        batchIds: all.map(({ batchId }) => batchId!),
        ...(exemption ? { exemption } : {}),
      };
    });
    return {
      ownerId,
      draft: Draft.parse({
        consignorSiteId: siteId,
        consignorId: ownerId,
        carrierId,
        consigneeSiteId,
        shipperRole,
        lines,
      }),
      lines: byWaste.map(([, all], index) => ({ line: index + 1, containerIds: all.map(({ id }) => id) })),
    };
  });
}

/** The most boxes of one owner and waste: they share a line. */
export const boxesMostAlike = (boxes: readonly Container[]): number =>
  Math.max(
    0,
    ...[...grouped(boxes, ({ ownerId, wasteCode }) => `${ownerId} ${wasteCode}`).values()].map(({ length }) => length),
  );

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

export interface FiledInput {
  readonly boxId: string;
  readonly carrierId: string;
  readonly consigneeSiteId: string;
  readonly consigneeId: string;
  readonly stream: Stream;
  readonly loads: readonly CollectedLoad[];
  /** Of the drafts and issues. */
  readonly warnings: readonly Warning[];
}

/** What the manifests of a big box were filed as. @refuses not-found, not-your-act, already-exists (it is filed), against-rule (nothing in it). */
export const fileCollection: Act<FiledInput, PolicyBook> = {
  name: 'file_collection',
  kind: 'paper',
  needs: ({ boxId }) => ({
    lock: [{ kind: containerKind.name, id: boxId }],
    lookups: [{ lookup: openCollectionLookup, key: boxId }],
  }),
  decide({ boxId, loads, warnings, ...ends }, states, facts) {
    const box = states.get(containerKind, boxId);
    const openId = states.found(openCollectionLookup, boxId);
    const refusal = mayHandle(box, boxId, facts) ?? (openId ? filedBefore(openId) : undefined);
    if (refusal || !box) return refused(refusal!);
    if (loads.length === 0) return refused(nothingIn);
    const id = facts.newId();
    const collection: Omit<Collection, 'id' | 'filedAt'> = {
      ...ends,
      status: 'filed',
      hubId: box.partyId,
      siteId: box.siteId!,
      boxId,
      region: box.region,
      loads,
    };
    const event = {
      type: 'collection_filed',
      subject: { kind: collectionKind.name, id },
      occurredAt: facts.now,
      region: box.region,
      refs: [boxId, ...loads.map(({ manifestId }) => manifestId)],
      data: { collection: collection as unknown as Json },
    };
    return { events: [event], answer: { id, loads: loads as unknown as Json }, warnings, status: 201 };
  },
};

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

const filedBefore = (id: string): Refusal => ({
  problem: 'already-exists',
  detail: { zh: `该大箱已办理集中收集 ${id}。`, en: `This box is filed as collection ${id} already.` },
  errors: [{ pointer: '/container', detail: id }],
});

const nothingIn: Refusal = {
  problem: 'against-rule',
  detail: {
    zh: '该大箱不在库存中，或其中没有装有废物的小箱。',
    en: 'The box is not in stock, or no box with waste stands in it.',
  },
  errors: [{ pointer: '/container', detail: { zh: '装有小箱的大箱', en: 'a box in which others stand' } }],
};

const wrongStatus = ({ status }: Collection, from: Status): Refusal => ({
  problem: 'wrong-status',
  detail: {
    zh: `集中收集的状态为 ${status}，此事须在 ${from} 时办理。`,
    en: `The collection is ${status}; this is done when it is ${from}.`,
  },
  allowedFrom: [from],
});
