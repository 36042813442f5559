import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Problem } from '../problems.ts';

/** Lists: newest first by UUIDv7, opaque keyset cursors, `Link: rel="next"`. */
export const PAGE_MAX = 200;

export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(50),
  cursor: z.string().max(200).optional(),
});

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().nullable() });

/** Every id is smaller. */
export const CEILING = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** @throws Problem for a cursor that is not one of ours. */
export function readCursor(cursor: string | undefined): string {
  if (cursor === undefined) return CEILING;
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (z.uuid().safeParse(id).success) return id;
  throw unknownCursor();
}

const unknownCursor = (): Problem =>
  new Problem(
    'invalid-input',
    { zh: '游标无效；请使用上一页给出的 next。', en: 'This cursor is not one of ours; use `next` of the page before.' },
    {
      errors: [
        { pointer: 'query:cursor', detail: { zh: '取自 next 的游标，原样传回', en: 'opaque cursor from `next`' } },
      ],
    },
  );

/**
 * Sends a page. `items` may hold one more than `limit`, which then says that there is a next page.
 */
export function sendPage<Item extends { id: string }>(
  request: FastifyRequest,
  reply: FastifyReply,
  items: readonly Item[],
  limit: number,
) {
  const page = items.slice(0, limit);
  const next = items.length > limit ? Buffer.from(page.at(-1)!.id).toString('base64url') : null;
  linkNext(request, reply, next);
  return { items: page, next };
}

function linkNext(request: FastifyRequest, reply: FastifyReply, next: string | null): void {
  if (!next) return;
  const url = new URL(request.url, 'http://localhost');
  url.searchParams.set('cursor', next);
  reply.header('link', `<${url.pathname}${url.search}>; rel="next"`);
}

/** A list that is read in an order of its own, not by id: the cursor holds what the next page begins after. */
export function readKeyset<Key extends z.ZodType>(cursor: string | undefined, key: Key): z.output<Key> | undefined {
  if (cursor === undefined) return undefined;
  const parsed = key.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')));
  if (parsed.success) return parsed.data;
  throw unknownCursor();
}

/** As `sendPage`, with `keyOf` the last item as the cursor. */
export function sendKeyset<Item>(
  request: FastifyRequest,
  reply: FastifyReply,
  items: readonly Item[],
  { limit, keyOf }: { readonly limit: number; readonly keyOf: (item: Item) => unknown },
) {
  const page = items.slice(0, limit);
  const next = items.length > limit ? Buffer.from(JSON.stringify(keyOf(page.at(-1)!))).toString('base64url') : null;
  linkNext(request, reply, next);
  return { items: page, next };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
