import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { z } from 'zod';
import { Problem, problemBody } from '../problems.ts';
import type { Caller } from './acts.ts';
import { type Arriving, type BulkLimits, receiveBulk } from './bulk-arrival.ts';
import {
  type BulkRow,
  cancelBulk,
  findBulk,
  hasEnded,
  listBulks,
  resultsAfter,
  resultsAround,
  type Sender,
} from './bulk-storage.ts';
import { type Result, resultsIn } from './bulk-turn.ts';
import { ActHeaders, type App, Id, inOneLanguage, ProblemView, type Services } from './http.ts';
import { languageOf } from './http-errors.ts';
import { PageQuery, pageOf, readCursor, sendPage } from './lists.ts';
import { notFound } from './register.ts';
import { BULK_FORMATS, BULK_STATES, ON_ERROR } from './tables.ts';
import { InstantView, Uuid } from './values.ts';

/** Files of acts: sent, followed, read, cancelled. */
export interface BulkRouteOptions extends BulkLimits {
  /** A body of each content type, for the documentation. */
  readonly examples: Readonly<Record<string, string>>;
  /** A bulk is there to be done. */
  readonly onArrival: () => void;
}

const BulkView = z.object({
  id: Uuid,
  state: z.enum(BULK_STATES),
  format: z.enum(BULK_FORMATS),
  onError: z.enum(ON_ERROR),
  key: z.string(),
  bytes: z.number().int(),
  /** Acts in it; how many of them have a result, and of these how many were done and how many refused. */
  lines: z.number().int(),
  done: z.number().int(),
  succeeded: z.number().int(),
  refused: z.number().int(),
  receivedAt: InstantView,
  startedAt: InstantView.nullable(),
  endedAt: InstantView.nullable(),
});

const viewOf = ({ partyId: _, keyId: __, contentHash: ___, key, ...bulk }: BulkRow) => ({
  ...bulk,
  key: key!,
  refused: bulk.done - bulk.succeeded,
});

const StartQuery = z.strictObject({
  onError: z
    .enum(ON_ERROR)
    .default('continue')
    .describe('stop：逐行办理，遇到第一行不成功即止 · one line after the other, up to the first that is refused'),
});

export function bulkRoutes(app: App, services: Services, options: BulkRouteOptions): void {
  // Streams, in these routes alone: everywhere else such a body is of an unsupported type.
  app.register(async (inner) => {
    const scoped = inner as unknown as App;
    scoped.removeAllContentTypeParsers();
    scoped.addContentTypeParser(Object.keys(options.examples), (_request, payload, done) => done(null, payload));
    startRoute(scoped, services, options);
  });
  readRoutes(app, services);
  app.route({
    method: 'POST',
    url: '/v1/bulks/:id/cancel',
    config: { operation: 'bulks.cancel' },
    schema: {
      summary: '停止批量办理 · What has not been begun is not done; results stay',
      tags: ['bulks'],
      operationId: 'bulks.cancel',
      params: Id,
      response: { 200: BulkView, default: ProblemView },
    },
    handler: async (request) => {
      const { pool } = services.database;
      const { id } = await seen(pool, request.caller, request.params.id);
      await cancelBulk(pool, id, services.clock.now());
      return viewOf(await seen(pool, request.caller, id));
    },
  });
}

function startRoute(app: App, { database: { pool }, clock }: Services, options: BulkRouteOptions): void {
  app.route({
    method: 'POST',
    url: '/v1/bulks',
    config: { operation: 'bulks.start', textBodies: options.examples },
    bodyLimit: options.bytesMax,
    schema: {
      summary: '批量办理 · Many acts in one file, NDJSON or CSV; results at its Location',
      tags: ['bulks'],
      operationId: 'bulks.start',
      headers: ActHeaders,
      querystring: StartQuery,
      response: { 202: BulkView, default: ProblemView },
    },
    handler: async (request, reply) => {
      const type = (request.headers['content-type'] ?? '').toLowerCase();
      const arriving: Arriving = {
        bytes: request.body as AsyncIterable<Buffer>,
        format: type.startsWith('text/csv') ? 'csv' : 'ndjson',
        charset: /charset\s*=\s*"?([^\s;"]+)/i.exec(type)?.[1],
        onError: request.query.onError,
        key: request.headers['idempotency-key'],
        sender: request.caller.actor,
      };
      try {
        const { bulk, replayed } = await receiveBulk(pool, arriving, options, clock);
        if (replayed) reply.header('idempotency-replayed', 'true');
        else options.onArrival();
        return reply.code(202).header('location', `/v1/bulks/${bulk.id}`).send(viewOf(bulk));
      } catch (error) {
        reply.header('connection', 'close'); // what is still on its way is not waited for
        throw error;
      }
    },
  });
}

/** A driver, a device and a key bound to a site see what they sent themselves; others all of their party's. */
const senderOf = ({ actor, site, role }: Caller): Sender => ({
  partyId: actor.party,
  keyId: site || role === 'driver' || role === 'device' ? actor.key! : null,
});

async function seen(pool: pg.Pool, caller: Caller, id: string): Promise<BulkRow> {
  const bulk = await findBulk(pool, id, senderOf(caller));
  if (!bulk) throw Problem.of(notFound('bulk', id));
  return bulk;
}

const ResultsQuery = z.strictObject({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000_000)
    .default(0)
    .describe('行号；从其后一行起 · the last line one has'),
  follow: z
    .enum(['true', 'false'])
    .default('false')
    .describe('true：边办边送，直到办完 · goes on until the bulk has ended'),
});

function readRoutes(app: App, { database: { pool } }: Services): void {
  app.get(
    '/v1/bulks',
    {
      config: { operation: 'bulks.read' },
      schema: {
        summary: '批量办理 · Bulks, newest first',
        tags: ['bulks'],
        querystring: PageQuery,
        response: { 200: pageOf(BulkView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query;
      const page = { below: readCursor(cursor), rowsMax: limit + 1 };
      const rows = await listBulks(pool, senderOf(request.caller), page);
      return sendPage(request, reply, rows.map(viewOf), limit);
    },
  );
  app.get(
    '/v1/bulks/:id',
    {
      config: { operation: 'bulks.read' },
      schema: {
        summary: '批量办理 · How far one is',
        tags: ['bulks'],
        params: Id,
        response: { 200: BulkView, default: ProblemView },
      },
    },
    async (request) => viewOf(await seen(pool, request.caller, request.params.id)),
  );
  app.get(
    '/v1/bulks/:id/results',
    {
      config: { operation: 'bulks.read' },
      schema: {
        summary: '批量结果 · One line of JSON a line, in their order, as far as it is; in the language asked for',
        tags: ['bulks'],
        params: Id,
        querystring: ResultsQuery,
        produces: ['application/x-ndjson'],
        response: { 200: z.string(), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { id } = await seen(pool, request.caller, request.params.id);
      const { after, follow } = request.query;
      const language = languageOf(request);
      const lines = resultLines(pool, id, { after, follow: follow === 'true' }, (result) =>
        resultView(result, language),
      );
      reply.type('application/x-ndjson').header('content-language', language === 'zh' ? 'zh-CN' : 'en');
      return reply.send(Readable.from(lines) as never);
    },
  );
}

function resultView(result: Result, language: ReturnType<typeof languageOf>): object {
  const { line, status } = result;
  if ('body' in result) return { line, status, body: inOneLanguage(result.body, language) };
  return { line, status, problem: problemBody(result.refusal, language, result.path) };
}

const FOLLOW_MS = 200;

/** A chunk at a time, so that nothing of a large bulk is held. */
async function* resultLines(
  pool: pg.Pool,
  bulkId: string,
  { after, follow }: { readonly after: number; readonly follow: boolean },
  view: (result: Result) => object,
): AsyncGenerator<string> {
  let ended = false;
  let chunk = await resultsAround(pool, bulkId, after + 1);
  let begun = chunk?.firstLine ?? after;
  for (;;) {
    for (; chunk; chunk = await resultsAfter(pool, bulkId, begun)) {
      const results = resultsIn(chunk.results).filter(({ line }) => line > after);
      if (results.length > 0) yield `${results.map((result) => JSON.stringify(view(result))).join('\n')}\n`;
      begun = chunk.firstLine;
    }
    if (ended || !follow) return;
    ended = await hasEnded(pool, bulkId);
    if (!ended) await sleep(FOLLOW_MS);
    chunk = await resultsAfter(pool, bulkId, begun);
  }
}
