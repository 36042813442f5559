import { z } from 'zod';
import type { PolicyBook } from '../catalogue/reference.ts';
import { type Container, containerChanged, containerKind, contentsChanged } from '../custody/containers.ts';
import { CONTAINER_STATE_NAMES, contradictionOf, stepRow } from '../custody/lifecycle.ts';
import { concerns, outOfPlace } from '../custody/scanning.ts';
import { type Act, type Facts, refused, type States, type Warning } from '../platform/acts.ts';
import { ENTRY_MODES, type Json } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import { inBoth } from '../platform/schema-messages.ts';
import { Instant } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';

/** 小箱进大箱: a container stands in another, and what is done with the outer one is done with it. It keeps its owner. */
const CHILDREN_MAX = 500;
/** A box in a box on a pallet, and some more. */
const DEPTH_MAX = 8;

/** A container as it is named by people: our id, or the 37 characters on its label. It is looked up before the journal sees it. */
export const ContainerName = z
  .string()
  .trim()
  .min(1)
  .max(50)
  .refine((name) => !name.includes('\0'), { error: inBoth('不得含 NUL 字符', 'no NUL') });

export const Nesting = z.strictObject({
  /** The container to put it into; null takes it out. */
  parent: ContainerName.nullable(),
  occurredAt: Instant,
  entryMode: z.enum(ENTRY_MODES).default('live'),
});
export type NestingInput = z.output<typeof Nesting> & {
  readonly id: string;
  readonly parentId: string | null;
  /** The new parent and all it stands in, and what the container stands in now. */
  readonly heldIds: readonly string[];
};

export const Emptied = z.strictObject({ occurredAt: Instant, entryMode: z.enum(ENTRY_MODES).default('live') });
export type EmptiedInput = z.output<typeof Emptied> & {
  readonly id: string;
  /** What stands in it: it is taken out. */
  readonly childIds: readonly string[];
  readonly parents: readonly string[];
};

/**
 * Puts a container into another or takes it out.
 * @refuses not-found, not-your-act (another's site), against-rule (a circle, another site, one that is on the road), wrong-status.
 */
export const nestContainer: Act<NestingInput, PolicyBook> = {
  name: 'nest_container',
  kind: 'physical',
  needs: ({ id, heldIds }) => ({ lock: [...new Set([id, ...heldIds])].map((one) => ({ kind: 'container', id: one })) }),
  decide(input, states, facts) {
    const child = states.get(containerKind, input.id);
    const refusal = mayHandle(child, input.id, facts);
    if (refusal || !child) return refused(refusal!);
    const held = new Set(input.heldIds);
    if (child.parentId !== null && !held.has(child.parentId)) return refused(changedMeanwhile(child));
    const around = ancestorsOf(input.parentId, held, states);
    if (around === undefined) return refused(changedMeanwhile(child));
    const parent = around[0];
    if (input.parentId !== null) {
      const unfit = isInStock(child) ? parentRefusal(parent, child, [child.id], facts, around) : notInStock(child);
      if (unfit) return refused(unfit);
    }
    if (child.parentId === input.parentId) return refused(alreadyThere(child));
    const draft = { occurredAt: new Date(input.occurredAt), region: child.region, entryMode: input.entryMode };
    const type = input.parentId === null ? 'container_taken_out' : 'container_put_in';
    const refs = [child.parentId, input.parentId].filter((id) => id !== null);
    return {
      events: [
        containerChanged(child.id, type, { parentId: input.parentId }, { ...draft, refs }),
        ...(child.parentId === null ? [] : [contentsChanged(child.parentId, { removed: [child.id] }, draft)]),
        ...(input.parentId === null ? [] : [contentsChanged(input.parentId, { added: [child.id] }, draft)]),
      ],
      answer: { id: child.id, parentId: input.parentId },
      warnings: parent && input.parentId !== null ? closedWarnings(parent, '/parent') : [],
    };
  },
};

/** 腾空: what was in it is elsewhere; what still stands in it is taken out. @refuses not-found, not-your-act, wrong-status. */
export const emptyContainer: Act<EmptiedInput, PolicyBook> = {
  name: 'empty_container',
  kind: 'physical',
  needs: ({ id, childIds, parents }) => ({
    lock: [...new Set([id, ...childIds, ...parents])].map((one) => ({ kind: 'container', id: one })),
  }),
  decide(input, states, facts) {
    const container = states.get(containerKind, input.id);
    const refusal = mayHandle(container, input.id, facts);
    if (refusal || !container) return refused(refusal!);
    if (container.childIds.some((id) => !input.childIds.includes(id))) return refused(changedMeanwhile(container));
    const { parentId, childIds } = container;
    if (parentId !== null && !input.parents.includes(parentId)) return refused(changedMeanwhile(container));
    const draft = { occurredAt: new Date(input.occurredAt), region: container.region, entryMode: input.entryMode };
    const contradicts = contradictionOf('empty', container, container);
    const { to: state, event } = stepRow('empty');
    const emptied = { state: state!, batchId: null, grams: 0, pieces: 0, parentId: null };
    return {
      events: [
        containerChanged(input.id, event, emptied, {
          ...draft,
          data: contradicts ? { contradicts: contradicts as unknown as Json } : {},
        }),
        ...(childIds.length === 0 ? [] : [contentsChanged(input.id, { removed: childIds }, draft)]),
        ...childIds.map((id) => containerChanged(id, 'container_taken_out', { parentId: null }, draft)),
        ...(parentId === null ? [] : [contentsChanged(parentId, { removed: [input.id] }, draft)]),
      ],
      answer: { id: input.id, state },
      warnings: [...(contradicts ? [outOfPlace(container, contradicts)] : []), ...stillIn(container)],
    };
  },
};

/** Its holder and its owner handle a container; whoever else may know of it is told so. */
export function mayHandle(container: Container | undefined, id: string, { caller }: Facts): Refusal | undefined {
  const { party } = caller.actor;
  if (!container || !concerns(container, [party])) return notFound('container', id);
  const isTheirs = container.partyId === party || container.ownerId === party;
  if (isTheirs && (!caller.site || caller.site === container.siteId)) return undefined;
  return {
    problem: 'not-your-act',
    detail: { zh: '该容器现由他人保管。', en: 'Somebody else has this container now.' },
    errors: [{ pointer: '/', detail: { zh: '容器的持有人或所有人', en: 'its holder or its owner' } }],
  };
}

/** May a container at that site be put into this one? `own`: itself, which no container around it may be. */
export function parentRefusal(
  parent: Container | undefined,
  { siteId, partyId }: { readonly siteId: string | null; readonly partyId: string },
  own: readonly string[],
  facts: Facts,
  around: readonly Container[] = [],
): Refusal | undefined {
  if (!parent || !concerns(parent, [facts.caller.actor.party]))
    return {
      ...notFound('container', parent?.id ?? 'parent'),
      errors: [{ pointer: '/parent', detail: { zh: '贵单位的容器', en: 'a container of yours' } }],
    };
  if (around.some(({ id }) => own.includes(id)))
    return against(
      '/parent',
      '容器不能放入自身或其内的容器。',
      'A container cannot stand in itself or in what stands in it.',
    );
  if (parent.siteId !== siteId || parent.partyId !== partyId || !isInStock(parent))
    return against(
      '/parent',
      '两个容器不在同一场所的库存中。',
      'The two containers are not in stock at the same site.',
    );
  if (parent.childIds.length >= CHILDREN_MAX)
    return against(
      '/parent',
      `该容器内已有 ${CHILDREN_MAX} 个容器。`,
      `There are ${CHILDREN_MAX} containers in it already.`,
    );
  if (around.length < DEPTH_MAX) return undefined;
  return against(
    '/parent',
    `嵌套不得超过 ${DEPTH_MAX} 层。`,
    `Containers stand in each other ${DEPTH_MAX} deep at most.`,
  );
}

/** The parent, what it stands in, and so on; undefined when one of them was not held: it changed meanwhile. */
function ancestorsOf(id: string | null, held: ReadonlySet<string>, states: States): Container[] | undefined {
  const found: Container[] = [];
  for (let next = id; next !== null; next = found.at(-1)!.parentId) {
    const container = held.has(next) && found.length <= DEPTH_MAX ? states.get(containerKind, next) : undefined;
    if (!container) return found.length === 0 && held.has(next) ? [] : undefined;
    found.push(container);
  }
  return found;
}

/** Told when something is put into what was closed, or it is closed anew. */
export function closedWarnings({ code, closedAt }: Container, pointer: string): Warning[] {
  if (!closedAt) return [];
  const detail = {
    zh: `容器 ${code} 已于 ${closedAt.toISOString()} 封闭；封闭后不得再次打开。已如实记录。`,
    en: `Container ${code} was closed at ${closedAt.toISOString()} and is not to be opened again; it is recorded as told.`,
  };
  return [{ code: 'container-closed', pointer, basis: 'MW 16', detail }];
}

const stillIn = ({ grams, batchId }: Container): Warning[] =>
  grams === 0 || batchId === null
    ? []
    : [
        {
          code: 'content-on-record',
          detail: {
            zh: `记录中容器内仍有 ${grams} 克；该批次不再属于任何容器。`,
            en: `${grams} g are in it on record; their batch is now in no container.`,
          },
        },
      ];

const notInStock = ({ code, state }: Container): Refusal =>
  against(
    '/parent',
    `容器 ${code}（${CONTAINER_STATE_NAMES[state].zh}）不在库存中，不能放入其他容器。`,
    `Container ${code} is ${CONTAINER_STATE_NAMES[state].en}, not in stock: it cannot be put into another.`,
  );
export const isInStock = ({ state }: Container): boolean => state === 'stored' || state === 'accepted';
export const changedMeanwhile = ({ code }: Container): Refusal => ({
  problem: 'wrong-status',
  detail: { zh: `容器 ${code} 刚有变动；请重新提交。`, en: `Container ${code} has just changed; send it again.` },
});
const alreadyThere = ({ code }: Container): Refusal => ({
  problem: 'wrong-status',
  detail: { zh: `容器 ${code} 已在该处。`, en: `Container ${code} is there already.` },
});
