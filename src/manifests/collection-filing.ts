import type pg from 'pg';
import type { PolicyBook } from '../catalogue/reference.ts';
import { type Stream, streamOfCode, streamTerms } from '../catalogue/streams.ts';
import { resolveContainers } from '../custody/container-queries.ts';
import { type Container, containerKind } from '../custody/containers.ts';
import { unknownContainer } from '../custody/scanning.ts';
import { changedMeanwhile, isInStock, mayHandle } from '../generation/nesting.ts';
import { siteKind } from '../parties/registers.ts';
import { usesOf } from '../permits/uses.ts';
import { type Accepted, type Act, type Facts, refused, type Told, type Warning, withNumber } from '../platform/acts.ts';
import { compareText, groupBy } from '../platform/collections.ts';
import type { EventDraft, Json } from '../platform/events.ts';
import { subjectsById } from '../platform/subjects.ts';
import { against, Problem, type Refusal } from '../problems.ts';
import { type Collection, type CollectionInput, collectionKind } from './collections.ts';
import { refsTo } from './command-needs.ts';
import { file, filedBy } from './filing-at-once.ts';
import { BATCHES_MAX, Draft, type DraftInput, LINES_MAX, PACKAGINGS } from './inputs.ts';
import { openCollectionLookup } from './queries.ts';
import type { CollectedLoad } from './tables.ts';

/**
 * 集中收集的办理: what stands in a big box is filed as one act, a manifest for each clinic drafted and issued in it (TM 16, 31(2)): all of
 * them or none, and of a box once.
 */
export interface FiledInput {
  readonly boxId: string;
  /** What stands in the box, however deep. */
  readonly innerIds: readonly string[];
  readonly loads: readonly DraftedLoad[];
  readonly body: CollectionInput;
}

/** The manifest of one clinic, and its small boxes by line. */
interface DraftedLoad {
  readonly draft: DraftInput;
  readonly ownerId: string;
  readonly lines: CollectedLoad['lines'];
}

/** What the act is to look at; it judges again under the box's lock. @throws Problem not-found for a box of nobody here. */
export async function toFile(pool: pg.Pool, body: CollectionInput, party: string): Promise<FiledInput> {
  const { containers, names } = await resolveContainers(pool, [body.container], [party]);
  const boxId = names.get(body.container);
  if (boxId === undefined) throw Problem.of(unknownContainer({ name: body.container, pointer: '/container' }));
  const ids = containers.map(({ id }) => id);
  const all = new Map((await subjectsById(pool, containerKind, ids)).map((one) => [one.id, one]));
  const made = loadsOf(all.get(boxId)!, (id) => all.get(id), body);
  return { boxId, innerIds: ids.filter((id) => id !== boxId), loads: 'refusal' in made ? [] : made.loads, body };
}

/**
 * @refuses not-found, not-your-act, already-exists (it is filed), against-rule (nothing in it), and what the filing of any of its
 * manifests refuses.
 */
export const fileCollection: Act<FiledInput, PolicyBook> = {
  name: 'file_collection',
  kind: 'paper',
  numbered: true,
  needs: ({ boxId, innerIds, loads }, facts) => {
    const each = loads.map(({ draft }) => file.needs(draft, facts));
    return {
      lock: refsTo(containerKind.name, [boxId]),
      read: [...refsTo(containerKind.name, innerIds), ...each.flatMap(({ read = [] }) => read)],
      lookups: each.flatMap(({ lookups = [] }) => lookups),
    };
  },
  alsoNeeds({ boxId, loads }, states, facts) {
    const each = loads.map(({ draft }, index) => file.alsoNeeds!(draft, states, factsOf(index, facts)));
    return {
      read: each.flatMap(({ read = [] }) => read),
      lookups: [{ lookup: openCollectionLookup, key: boxId }, ...each.flatMap(({ lookups = [] }) => lookups)],
    };
  },
  decide({ boxId, innerIds, loads, body }, states, facts) {
    const box = states.get(containerKind, boxId);
    const openId = states.found(openCollectionLookup, boxId);
    const refusal = mayHandle(box, boxId, facts) ?? (openId ? filedBefore(openId) : undefined);
    if (refusal || !box) return refused(refusal!);
    const inner = new Set(innerIds);
    const now = loadsOf(box, (id) => (inner.has(id) ? states.get(containerKind, id) : undefined), body);
    if ('refusal' in now) return refused(now.refusal);
    if (JSON.stringify(now.loads) !== JSON.stringify(loads)) return refused(changedMeanwhile(box));
    const filed: Accepted[] = [];
    for (const [index, { draft }] of loads.entries()) {
      const booked = filed.flatMap(({ events }) => events.flatMap(usesOf));
      const one = filedBy(draft, states, factsOf(index, facts), booked);
      if ('refused' in one) return refused(refusalHere(one.refused));
      filed.push(one);
    }
    const collection = {
      ...{ status: 'filed' as const, hubId: box.partyId, siteId: box.siteId!, boxId, region: box.region },
      ...{ carrierId: body.carrierId, consigneeSiteId: body.consigneeSiteId },
      consigneeId: states.get(siteKind, body.consigneeSiteId)!.partyId,
      stream: streamOfCode(box.wasteCode),
    };
    const told = (drawn: readonly string[]) => toldOf({ filed, drawn, loads, collection }, facts);
    return {
      ...told([]),
      numbers: { of: filed.map(({ number }) => number!), told },
      warnings: filed.flatMap(({ warnings = [] }) => warnings.map(warningHere)),
      status: 201,
    };
  },
};

interface Telling {
  readonly filed: readonly Accepted[];
  /** Empty before they are drawn. */
  readonly drawn: readonly string[];
  readonly loads: readonly DraftedLoad[];
  readonly collection: Omit<Collection, 'id' | 'filedAt' | 'loads'>;
}

/** The collection, then each manifest in it. */
function toldOf({ filed, drawn, loads: drafted, collection }: Telling, facts: Facts<PolicyBook>): Told {
  const id = facts.newId();
  const loads = drafted.map(({ ownerId, lines }, index) => ({
    consignorId: ownerId,
    manifestId: factsOf(index, facts).newId(),
    ...(drawn[index] === undefined ? {} : { number: drawn[index] }),
    lines,
  })) as unknown as Json;
  const event: EventDraft = {
    type: 'collection_filed',
    subject: { kind: collectionKind.name, id },
    occurredAt: facts.now,
    region: collection.region,
    refs: [collection.boxId],
    data: { collection: { ...collection, loads } as unknown as Json },
  };
  const manifests = filed.flatMap((one, index) =>
    drawn[index] === undefined ? one.events : withNumber(one, drawn[index]).events,
  );
  return { events: [event, ...manifests], answer: { id, loads } };
}

/** The collection has the first id, then each manifest one. */
const factsOf = (index: number, facts: Facts<PolicyBook>): Facts<PolicyBook> => ({
  ...facts,
  newId: () => facts.newId(index + 1),
});

/** One draft for each owner of small boxes in stock, a line for each of its wastes; in the order of their codes. Pure. */
function loadsOf(
  box: Container,
  get: (id: string) => Container | undefined,
  body: CollectionInput,
): { readonly loads: readonly DraftedLoad[] } | { readonly refusal: Refusal } {
  const inside = insideOf(box, get);
  if (!inside) return { refusal: changedMeanwhile(box) };
  const boxes = inside.filter(({ batchId }) => batchId !== null).sort((a, b) => compareText(a.code, b.code));
  if (!isInStock(box) || boxes.length === 0) return { refusal: nothingIn };
  const loads: DraftedLoad[] = [];
  for (const [ownerId, own] of groupBy(boxes, (one) => one.ownerId)) {
    const byWaste = [...groupBy(own, ({ wasteCode }) => wasteCode).values()];
    const draft = Draft.safeParse(draftOf(box, ownerId, byWaste, body));
    if (!draft.success) return { refusal: tooMuch };
    const lines = byWaste.map((all, index) => ({ line: index + 1, containerIds: all.map(({ id }) => id) }));
    loads.push({ draft: draft.data, ownerId, lines });
  }
  return { loads };
}

/** Undefined when something stands in it that was not looked at. */
function insideOf({ childIds }: Container, get: (id: string) => Container | undefined): Container[] | undefined {
  const all: Container[] = [];
  for (const id of childIds) {
    const child = get(id);
    const inside = child && insideOf(child, get);
    if (!inside) return undefined;
    all.push(child, ...inside);
  }
  return all;
}

function draftOf(
  box: Container,
  ownerId: string,
  byWaste: readonly (readonly Container[])[],
  { carrierId, consigneeSiteId, shipperRole, plannedMethod, exemption }: CollectionInput,
) {
  const uses = streamTerms(streamOfCode(box.wasteCode) as Stream).line;
  const lines = byWaste.map((all) => {
    const [first] = all;
    return {
      wasteCode: first!.wasteCode,
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
  return { consignorSiteId: box.siteId, consignorId: ownerId, carrierId, consigneeSiteId, shipperRole, lines };
}

/** What is refused of a clinic's manifest, at the field of the collection it comes from. */
const refusalHere = (refusal: Refusal): Refusal => ({
  ...refusal,
  ...(refusal.errors ? { errors: refusal.errors.map((one) => ({ ...one, pointer: fieldOf(one.pointer) })) } : {}),
});
const warningHere = (warning: Warning): Warning => ({
  ...warning,
  ...(warning.pointer === undefined ? {} : { pointer: fieldOf(warning.pointer) }),
});

function fieldOf(pointer: string): string {
  const [, field] = /^\/(?:lines\/\d+\/)?(carrierId|consigneeSiteId|plannedMethod|exemption.*)$/.exec(pointer) ?? [];
  return `/${field ?? 'container'}`;
}

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

/** What one manifest cannot hold. */
const tooMuch = against(
  '/container',
  `一家单位的小箱填不进一份联单：同一种废物至多 ${BATCHES_MAX} 个小箱，至多 ${LINES_MAX} 种废物，且须有质量；请分装两个大箱。`,
  `The small boxes of one clinic do not fit into one manifest: at most ${BATCHES_MAX} of one waste and ${LINES_MAX} wastes, each with a mass; pack a second big box.`,
);
