import { z } from 'zod';
import type { Caller } from '../platform/acts.ts';
import type { Database } from '../platform/connections.ts';
import { type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound, type RegisterInput } from '../platform/register.ts';
import { Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import type { Wanted } from './repository.ts';

/** A register as routes: its list, its single record, entering one and amending it. */
export const record = { id: Uuid, version: z.number().int() };
export const ofParty = { partyId: Uuid.optional() };

export interface Reads<Filter extends z.ZodRawShape> {
  readonly path: string;
  /** First part of the operations in authorisation.ts. */
  readonly resource: string;
  readonly kind: string;
  readonly title: string;
  readonly view: z.ZodType;
  readonly filter: Filter;
  read(
    database: Database,
    wanted: Wanted,
    caller: Caller,
    filter?: z.output<z.ZodObject<Filter>>,
  ): PromiseLike<readonly { readonly id: string; readonly version: number }[]>;
}

/** A register's list and its single record. */
export function addReads<Filter extends z.ZodRawShape>(app: App, { database }: Services, reads: Reads<Filter>): void {
  const config = { operation: `${reads.resource}.read` };
  const tags = [reads.resource];
  const Query = z.strictObject({ ...PageQuery.shape, ...reads.filter });
  app.route({
    method: 'GET',
    url: `/v1/${reads.path}`,
    config,
    schema: {
      summary: `List: ${reads.title}`,
      tags,
      querystring: Query,
      response: { 200: pageOf(reads.view), default: ProblemView },
    },
    handler: async (request, reply) => {
      const { limit, cursor, ...filter } = request.query as z.output<typeof PageQuery> & z.output<z.ZodObject<Filter>>;
      const wanted = { after: readCursor(cursor), limit: limit + 1 };
      const rows = await reads.read(database, wanted, request.caller, filter as z.output<z.ZodObject<Filter>>);
      return sendPage(request, reply, rows, limit);
    },
  });
  app.route({
    method: 'GET',
    url: `/v1/${reads.path}/:id`,
    config,
    schema: {
      summary: `One ${reads.title}; its ETag is the version`,
      tags,
      params: Id,
      response: { 200: reads.view, default: ProblemView },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const [row] = await reads.read(database, { id }, request.caller);
      if (!row) throw Problem.of(notFound(reads.kind, id));
      reply.header('etag', `"${row.version}"`);
      return row;
    },
  });
}

type RegisterAct<Entry> = Parameters<typeof addAct<RegisterInput<Entry>>>[2]['act'];

interface Edits<Body extends z.ZodType, Entry> {
  readonly path: string;
  readonly resource: string;
  readonly title: string;
  readonly body: Body;
  readonly example: object;
  readonly register: RegisterAct<Entry>;
  readonly amend: RegisterAct<Entry>;
  input(body: z.output<Body>, id?: string): RegisterInput<Entry>;
}

/** Entering a record and amending it, the latter with the version it is based on. */
export function addEdits<Body extends z.ZodType, Entry>(
  app: App,
  { journal }: Services,
  edits: Edits<Body, Entry>,
): void {
  const { path, resource, title, body } = edits;
  addAct(app, journal, {
    url: `/v1/${path}`,
    operation: `${resource}.register`,
    summary: `Enter: ${title}`,
    act: edits.register,
    body,
    example: edits.example,
    input: (request) => edits.input(request.body),
  });
  addAct(app, journal, {
    method: 'PUT',
    url: `/v1/${path}/:id`,
    operation: `${resource}.amend`,
    summary: `Replace, with If-Match: ${title}`,
    act: edits.amend,
    body,
    example: edits.example,
    edits: true,
    input: (request) => edits.input(request.body, request.params.id),
  });
}

export const recordOf = <Entry>(body: Entry, id?: string): RegisterInput<Entry> => ({
  ...(id === undefined ? {} : { id }),
  record: body,
});
