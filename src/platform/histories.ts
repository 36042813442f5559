import type { FastifyReply, FastifyRequest } from 'fastify';
import type pg from 'pg';
import { z } from 'zod';
import { openEvent } from './events.ts';
import { type PageQuery, pageOf, readKeyset, sendKeyset } from './lists.ts';
import { InstantView } from './values.ts';

/** Histories: what happened to a subject, and what refers to it, in the order in which it was recorded, page by page. */
const EventView = z.looseObject({
  id: z.uuid(),
  type: z.string(),
  subject: z.object({ kind: z.string(), id: z.uuid() }),
  seq: z.number().int(),
  occurredAt: InstantView,
  recordedAt: InstantView,
});

/** Events as their canonical bytes say them. */
export const HistoryView = pageOf(EventView);

export interface History extends z.output<typeof PageQuery> {
  readonly id: string;
  /** The ordinal it begins with; absent: its beginning. */
  readonly from?: number;
  /** SQL about an event `e` that is left out, `$1` the id. */
  readonly without?: string;
}

/** @throws Problem for a cursor that is not one of ours. */
export async function sendHistory(pool: pg.Pool, request: FastifyRequest, reply: FastifyReply, history: History) {
  const { id, limit, cursor, from = 0, without = 'false' } = history;
  const after = Math.max(readKeyset(cursor, z.number().int()) ?? 0, from - 1);
  const { rows } = await pool.query<{ ordinal: number; canonical: string }>(
    `select e.ordinal, e.canonical
     from (select id from custody_events where subject_id = $1 union select event_id from event_refs where ref_id = $1) h
     join custody_events e on e.id = h.id
     where e.ordinal > $2 and not (${without}) order by e.ordinal limit $3`,
    [id, after, limit + 1],
  );
  const { items, next } = sendKeyset(request, reply, rows, { limit, keyOf: ({ ordinal }) => ordinal });
  return { items: items.map(({ canonical }) => ({ ...openEvent(canonical) })), next };
}
