import type { EventDraft, Json } from '../platform/events.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { containers } from './tables.ts';

/**
 * 容器和包装物: a container is a batch with a body. It is in one place at a time, bears one code for life, and may stand in another
 * container; the mass in it is its batch's.
 */
export type Container = StateOf<typeof containers>;

/** What a later event may change of it. */
type Changes = Partial<
  Pick<
    Container,
    'state' | 'partyId' | 'siteId' | 'manifestId' | 'region' | 'ownerId' | 'batchId' | 'grams' | 'pieces' | 'parentId'
  >
>;

export const containerKind = subjectKind({
  name: 'container',
  rank: RANKS.container,
  table: containers,
  evolve: (state, event): Container => {
    const { data } = event;
    if (!state) {
      const labelled = data.container as unknown as Omit<Container, 'id' | 'code' | 'labelledAt' | 'closedAt'>;
      const code = (data.code ?? '') as string; // drawn once the act has been decided
      return { ...labelled, id: event.subject.id, code, labelledAt: event.occurredAt, closedAt: null };
    }
    const removed = (data.removed ?? []) as readonly string[];
    const left = state.childIds.filter((id) => !removed.includes(id));
    return {
      ...state,
      ...((data.changes ?? {}) as Changes),
      closedAt: event.type === 'container_closed' ? (state.closedAt ?? event.occurredAt) : state.closedAt,
      childIds: [...left, ...((data.added ?? []) as readonly string[])],
      contradictions: state.contradictions + (data.contradicts ? 1 : 0),
    };
  },
  conflicts: {
    containers_code: {
      problem: 'already-exists',
      detail: { zh: '该数字识别码已使用。', en: 'This identification code is in use.' },
    },
  },
});

type Draft = Omit<EventDraft, 'type' | 'subject' | 'data'>;

/** The labelling; its code is drawn by the act and written into this event, which must be the act's first. */
export const containerLabelled = (
  { id, ...container }: Omit<Container, 'code' | 'labelledAt' | 'closedAt'>,
  draft: Draft,
): EventDraft => ({
  ...draft,
  type: 'container_labelled',
  subject: { kind: 'container', id },
  data: { container: container as unknown as Json },
});

export const containerChanged = (
  id: string,
  type: string,
  changes: Changes,
  draft: Draft & { readonly data?: EventDraft['data'] },
): EventDraft => ({
  ...draft,
  type,
  subject: { kind: 'container', id },
  data: { ...draft.data, changes: changes as Json },
});

/** What now stands in a container and what no longer does. */
export const contentsChanged = (
  id: string,
  { added = [], removed = [] }: { readonly added?: readonly string[]; readonly removed?: readonly string[] },
  draft: Draft,
): EventDraft => ({
  ...draft,
  type: 'container_contents_changed',
  subject: { kind: 'container', id },
  data: { ...(added.length > 0 ? { added } : {}), ...(removed.length > 0 ? { removed } : {}) },
});
