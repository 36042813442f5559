import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { batchCodeNumber } from '../catalogue/custody-codes.ts';
import type { Facts, PolicyBook } from '../catalogue/reference.ts';
import { type Batch, batchFormed, batchKind, batchMoved, partOf, stockOf } from '../custody/batches.ts';
import { containerKind } from '../custody/containers.ts';
import { dried, dryPartOf } from '../custody/dry-parts.ts';
import { type Movement, movementsData } from '../custody/ledger.ts';
import { batchLeftLookup } from '../custody/repository.ts';
import { contentLookups, contentOf, NOTHING_SCANNED, type Scanning, scannedNeeds } from '../custody/scanned.ts';
import { containersMoved, namedAs, onTheWay } from '../custody/scanning.ts';
import { type Site, siteKind } from '../parties/registers.ts';
import { type Act, refused, type States, type Warning } from '../platform/acts.ts';
import { ENTRY_MODES, type EventDraft, type Json } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import { inBoth } from '../platform/schema-messages.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { Grams, Instant, Pieces, Uuid } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';
import { ContainerName } from './nesting.ts';
import { storeStockLookup } from './queries.ts';
import { type Store, storeKind } from './registers.ts';
import { moveWarnings } from './storage-remarks.ts';
import { DESTINATIONS, DIRECTIONS, type MovedItem, storageMoves } from './tables.ts';
import { onBehalf, otherSite, tenantKey, tenantLookup } from './tenants.ts';

const BATCHES_MAX = 50;
const CONTAINERS_MAX = 200;

/** 入库、出库 (HJ 1259 annex B.2, B.3): one entry is of one waste of one owner, as batches or as containers. */
export const StorageMove = z
  .strictObject({
    direction: z.enum(DIRECTIONS),
    storeId: Uuid,
    batches: z
      .array(z.strictObject({ batchId: Uuid, massGrams: Grams.min(1).optional(), pieces: Pieces.optional() }))
      .max(BATCHES_MAX)
      .default([]),
    containers: z.array(ContainerName).max(CONTAINERS_MAX).default([]),
    storekeeperId: Uuid.nullable().default(null),
    moverId: Uuid.nullable().default(null),
    /** 去向 of what leaves. */
    destination: z.enum(DESTINATIONS).nullable().default(null),
    occurredAt: Instant,
    entryMode: z.enum(ENTRY_MODES).default('live'),
  })
  .refine((move) => (move.batches.length === 0) !== (move.containers.length === 0), {
    path: ['batches'],
    error: inBoth('批次与容器只填一种', 'batches or containers, not both'),
  })
  .refine((move) => new Set(move.batches.map(({ batchId }) => batchId)).size === move.batches.length, {
    path: ['batches'],
    error: inBoth('每个批次只填一次', 'each batch once'),
  });
export type StorageMoveInput = z.output<typeof StorageMove> & Scanning;

export type StorageMoved = StateOf<typeof storageMoves>;

export const storageMoveKind = subjectKind({
  name: 'storage_move',
  rank: RANKS.fact,
  table: storageMoves,
  evolve: (_state, event): StorageMoved => ({
    ...(event.data.move as unknown as Omit<StorageMoved, 'id' | 'code' | 'movedAt'>),
    id: event.subject.id,
    code: (event.data.code ?? '') as string, // drawn once the act has been decided
    movedAt: event.occurredAt,
  }),
});

export interface Part {
  readonly whole: Batch;
  readonly containerId: string | null;
  readonly grams: number;
  readonly pieces: number;
  readonly dryGrams?: number;
  /** The id of the part that is split off; null when the whole batch moves. */
  readonly partId: string | null;
  readonly pointer: string;
  readonly isMoreThanLeft: boolean;
}

/**
 * A position within the site: no mass changes its account, only a part that is split off its batch.
 * @refuses not-found (a store, batch or container that is not the caller's to move), not-your-act (a key of another site),
 * against-rule (another site's batch; several wastes or owners in one entry; a part of a container's contents), wrong-status (containers that changed meanwhile).
 */
export const recordStorageMove: Act<StorageMoveInput, PolicyBook> = {
  name: 'record_storage_move',
  kind: 'physical',
  needs: ({ storeId, batches, ...input }) => ({
    lock: [...scannedNeeds(input), ...batches.map(({ batchId }) => ({ kind: 'batch', id: batchId }))],
    read: [{ kind: 'store', id: storeId }],
    lookups: [{ lookup: storeStockLookup, key: storeId }],
  }),
  alsoNeeds(input, states) {
    const store = states.get(storeKind, input.storeId);
    if (!store) return {};
    const { scanned = NOTHING_SCANNED } = input;
    const held = scanned.containers.flatMap(({ id }) => states.get(containerKind, id)?.batchId ?? []);
    const wholes = input.batches.flatMap(({ batchId }) => states.get(batchKind, batchId) ?? []);
    const owners = [
      ...wholes.map(({ ownerId }) => ownerId),
      ...scanned.containers.flatMap(({ id }) => states.get(containerKind, id)?.ownerId ?? []),
    ];
    return {
      lock: held.map((id) => ({ kind: 'batch', id })),
      read: [
        { kind: 'site', id: store.siteId },
        ...wholes.flatMap(({ containerId }) => (containerId === null ? [] : [{ kind: 'container', id: containerId }])),
      ],
      sharedGates: [...new Set(wholes.map(({ accountId }) => accountId))],
      lookups: [
        ...wholes.map(({ id }) => ({ lookup: batchLeftLookup, key: id })),
        ...contentLookups(input, states),
        ...[...new Set(owners)].map((owner) => ({ lookup: tenantLookup, key: tenantKey(store.siteId, owner) })),
      ],
    };
  },
  decide(input, states, facts) {
    const store = states.get(storeKind, input.storeId);
    const site = store && states.get(siteKind, store.siteId);
    if (!store || !site) return refused(notFound('store', input.storeId));
    const moved =
      input.batches.length > 0 ? batchParts(input, states, facts) : containerParts(input, site, states, facts);
    if ('refusal' in moved) return refused(moved.refusal);
    const refusal = moveRefusal(moved.parts, site, store, facts);
    if (refusal) return refused(refusal);
    return {
      ...moveEvents(input, store, site, moved, facts),
      warnings: moveWarnings(input, store, site, moved, states, facts),
    };
  },
};

export interface Moved {
  readonly parts: readonly Part[];
  readonly events: readonly EventDraft[];
  readonly warnings: readonly Warning[];
}

function batchParts(input: StorageMoveInput, states: States, facts: Facts): Moved | { readonly refusal: Refusal } {
  const parts: Part[] = [];
  for (const [index, { batchId, massGrams, pieces }] of input.batches.entries()) {
    const pointer = `/batches/${index}`;
    const whole = states.get(batchKind, batchId);
    if (!whole) return { refusal: notFound('batch', batchId) };
    const left = states.found(batchLeftLookup, batchId)!;
    const isPart = massGrams !== undefined && massGrams < left.grams;
    const container = whole.containerId === null ? undefined : states.get(containerKind, whole.containerId);
    if (isPart && container?.batchId === whole.id) return { refusal: partOfContents(pointer, container.code) };
    parts.push({
      whole,
      pointer,
      containerId: null,
      grams: massGrams ?? Math.max(0, left.grams),
      pieces: pieces ?? (isPart ? 0 : Math.max(0, left.pieces)),
      ...dried(dryPartOf(left, massGrams ?? left.grams)),
      partId: isPart ? facts.newId(1 + index) : null,
      isMoreThanLeft: massGrams !== undefined && massGrams > left.grams,
    });
  }
  return { parts, events: [], warnings: [] };
}

/** A container moves as a whole, with what stands in it. */
function containerParts(
  input: StorageMoveInput,
  site: Site,
  states: States,
  facts: Facts,
): Moved | { readonly refusal: Refusal } {
  const { scanned = NOTHING_SCANNED } = input;
  const refusal = onTheWay(states, scanned);
  if (refusal) return { refusal };
  const found = containersMoved(states, scanned, {
    siteId: site.id,
    manifestId: null,
    partyId: site.partyId,
    region: site.region,
    occurredAt: new Date(input.occurredAt),
    entryMode: input.entryMode,
    among: [facts.caller.actor.party],
    pointer: '/containers',
  });
  if ('refusal' in found) return found;
  const parts = found.loads.map(({ containerId, via, batchId }): Part => {
    const { pointer } = namedAs(scanned, via);
    const content = contentOf(states.get(containerKind, containerId)!, states);
    return {
      ...content,
      whole: states.get(batchKind, batchId)!,
      containerId,
      partId: null,
      pointer,
      isMoreThanLeft: false,
    };
  });
  return { ...found, parts };
}

function moveRefusal(parts: readonly Part[], site: Site, store: Store, { caller }: Facts): Refusal | undefined {
  const { party } = caller.actor;
  const isOperator = site.partyId === party;
  const foreign = parts.find(({ whole }) => whole.ownerId !== party && !isOperator);
  if (foreign) return notFound(foreign.containerId ? 'container' : 'batch', foreign.containerId ?? foreign.whole.id);
  if (!isOperator && parts.length === 0) return notFound('store', store.id);
  if (caller.site && caller.site !== site.id) return otherSite;
  const elsewhere = parts.find(({ whole }) => whole.siteId !== site.id);
  if (elsewhere) return against(elsewhere.pointer, '该批次不在此场所。', 'That batch does not lie at this site.');
  const [first] = parts;
  if (!first) return against('/containers', '这些容器内没有废物。', 'There is no waste in these containers.');
  const other = parts.find(
    ({ whole }) => whole.wasteCode !== first.whole.wasteCode || whole.ownerId !== first.whole.ownerId,
  );
  if (!other) return undefined;
  return {
    ...against(
      other.pointer,
      '一条出入库记录只能是同一单位的同一种废物，请分别登记。',
      'One entry is of one waste of one owner; record the others by themselves.',
    ),
    basis: 'HJ 1259-2022 B.2, B.3',
  };
}

function moveEvents(input: StorageMoveInput, store: Store, site: Site, { parts, events }: Moved, facts: Facts) {
  const id = facts.newId();
  const occurredAt = new Date(input.occurredAt);
  const { ownerId, wasteCode } = parts[0]!.whole;
  const into = input.direction === 'in' ? { storeId: store.id, storedById: id } : null;
  const draft = { occurredAt, region: site.region, entryMode: input.entryMode };
  const batchEvents = parts.map(({ whole, partId, grams, pieces, dryGrams = 0 }) =>
    partId === null
      ? batchMoved(whole.id, into, { ...draft, refs: [id] })
      : batchFormed(
          { ...partOf(whole, { id: partId, grams, pieces, ...dried(dryGrams) }), ...into },
          'batch_split_off',
          {
            ...draft,
            refs: [id, whole.id],
          },
        ),
  );
  const move = {
    direction: input.direction,
    siteId: site.id,
    storeId: store.id,
    ownerId,
    wasteCode,
    grams: parts.reduce((sum, part) => sum + part.grams, 0),
    pieces: parts.reduce((sum, part) => sum + part.pieces, 0),
    items: parts.map((part) => itemOf(part, into === null)),
    storekeeperId: input.storekeeperId,
    moverId: input.moverId,
    destination: input.direction === 'out' ? input.destination : null,
  } satisfies Omit<StorageMoved, 'id' | 'code' | 'movedAt'>;
  const recorded: EventDraft = {
    ...draft,
    type: 'storage_move_recorded',
    subject: { kind: storageMoveKind.name, id },
    ...onBehalf(ownerId, facts),
    refs: [
      ...new Set([
        site.id,
        store.id,
        ...parts.flatMap(({ whole, containerId }) => [whole.id, containerId ?? whole.id, whole.storeId ?? store.id]),
      ]),
    ],
    data: { move: move as unknown as Json, ...movementsData(parts.flatMap(splitOff)) },
  };
  return {
    events: [recorded, ...batchEvents, ...events],
    answer: { id, batchIds: move.items.map(({ batchId }) => batchId) },
    status: 201 as const,
    number: batchCodeNumber(into ? 'storage_in' : 'storage_out', site.id, dayInShanghai(occurredAt)),
  };
}

const itemOf = ({ whole, partId, containerId, grams, pieces, dryGrams = 0 }: Part, leaves: boolean): MovedItem => ({
  batchId: partId ?? whole.id,
  fromBatchId: whole.id,
  containerId,
  grams,
  pieces,
  ...dried(dryGrams),
  enteredById: leaves ? whole.storedById : null,
});

/** Within the account: what the part has, the whole no longer has. */
function splitOff({ whole, partId, grams, pieces, dryGrams = 0 }: Part): Movement[] {
  if (partId === null) return [];
  const stock = stockOf(whole);
  return [
    {
      wasteCode: whole.wasteCode,
      from: stock,
      to: stock,
      fromBatch: whole.id,
      toBatch: partId,
      grams,
      pieces,
      dryGrams,
    },
  ];
}

/** A part of what is in a container is in another body or in none: it leaves by a label of its own. */
const partOfContents = (pointer: string, code: string): Refusal =>
  against(
    `${pointer}/massGrams`,
    `该批次在容器 ${code} 内，不能只移动其中一部分；请移动该容器，或先将这部分装入另一容器。`,
    `That batch is in container ${code}: move the container, or label the part as a container of its own first.`,
  );
