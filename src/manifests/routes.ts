import { z } from 'zod';
import { type Audience, STAGES } from '../parties/audience.ts';
import { sightOf } from '../parties/visibility.ts';
import { ActAnswer, type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { languageOf } from '../platform/http-errors.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import * as commands from './commands.ts';
import { Arrival, Draft, Issue, Pickup, Receipt, Void } from './inputs.ts';
import { findByNumber, findManifest, listManifests, manifestEvents } from './queries.ts';
import { STATUSES, type Status } from './tables.ts';
import { EventView, ManifestView, viewOf } from './views.ts';

const StatusAnswer = ActAnswer.extend({ status: z.enum(STATUSES) });
const ListQuery = PageQuery.extend({ status: z.enum(STATUSES).optional(), number: z.string().max(32).optional() });

/** Which stage of the lists a status lies in. */
const STAGE: Record<Status, Audience['stage']> = {
  draft: 'draft',
  issued: 'open',
  in_transit: 'open',
  arrived: 'open',
  received: 'closed',
  void: 'void',
};

export function manifestRoutes(app: App, services: Services): void {
  addManifestActs(app, services);
  addManifestReads(app, services);
}

function addManifestActs(app: App, { journal }: Services): void {
  const onId = {
    input: ({ params, body }: { params: { id: string }; body: never }) =>
      ({ ...(body as object), id: params.id }) as never,
  };
  addAct(app, journal, {
    url: '/v1/manifests',
    operation: 'manifests.draft',
    summary: '起草联单 · Draft a manifest',
    act: commands.draft,
    body: Draft,
    answer: StatusAnswer,
    input: ({ body }) => body,
  });
  addAct(app, journal, {
    method: 'PUT',
    url: '/v1/manifests/:id',
    operation: 'manifests.revise',
    summary: '修改草稿 · Revise a draft',
    act: commands.revise,
    body: Draft,
    answer: StatusAnswer,
    ...onId,
  });
  addAct(app, journal, {
    url: '/v1/manifests/:id/issue',
    operation: 'manifests.issue',
    summary: '签发 · Issue: the manifest gets its number',
    act: commands.issue,
    body: Issue,
    answer: StatusAnswer.extend({ number: z.string() }),
    ...onId,
  });
  addAct(app, journal, {
    url: '/v1/manifests/:id/pickup',
    operation: 'manifests.pickup',
    summary: '装运 · The carrier has loaded',
    act: commands.pickup,
    body: Pickup,
    answer: StatusAnswer,
    ...onId,
  });
  addAct(app, journal, {
    url: '/v1/manifests/:id/arrival',
    operation: 'manifests.arrival',
    summary: '运抵 · The load has arrived',
    act: commands.arrival,
    body: Arrival,
    answer: StatusAnswer.extend({ receiptDueOn: z.iso.date(), receiptDueProvisional: z.boolean() }),
    ...onId,
  });
  addAct(app, journal, {
    url: '/v1/manifests/:id/receipt',
    operation: 'manifests.receipt',
    summary: '接受 · The consignee accepts or refuses, line by line',
    act: commands.receipt,
    body: Receipt,
    answer: StatusAnswer.extend({ batches: z.array(z.object({ line: z.number().int(), batchId: Uuid.nullable() })) }),
    ...onId,
  });
  addAct(app, journal, {
    url: '/v1/manifests/:id/void',
    operation: 'manifests.void',
    summary: '作废 · Void before loading',
    act: commands.voidManifest,
    body: Void,
    answer: StatusAnswer,
    ...onId,
  });
}

function addManifestReads(app: App, { database }: Services): void {
  const { pool } = database;
  app.get(
    '/v1/manifests',
    {
      config: { operation: 'manifests.read' },
      schema: {
        summary: '联单 · Manifests, newest first',
        tags: ['manifests'],
        querystring: ListQuery,
        response: { 200: pageOf(ManifestView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { number, status, limit, cursor } = request.query;
      const sight = await sightOf(pool, request.caller);
      const partyId = request.caller.actor.party;
      const language = languageOf(request);
      if (number !== undefined) {
        const found = await findByNumber(pool, sight, number);
        return {
          items: found.map(({ manifest, matched }) => viewOf(manifest, partyId, language, matched)),
          next: null,
        };
      }
      const stages = status ? [STAGE[status]] : STAGES;
      const rows = await listManifests(pool, sight, { stages, status, below: readCursor(cursor), rowsMax: limit + 1 });
      return sendPage(
        request,
        reply,
        rows.map((row) => viewOf(row, partyId, language)),
        limit,
      );
    },
  );

  app.get(
    '/v1/manifests/:id',
    {
      config: { operation: 'manifests.read' },
      schema: {
        summary: '联单 · One manifest and what may happen next',
        tags: ['manifests'],
        params: Id,
        response: { 200: ManifestView, default: ProblemView },
      },
    },
    async (request, reply) => {
      const manifest = await findManifest(pool, await sightOf(pool, request.caller), request.params.id);
      if (!manifest) throw Problem.of(notFound('manifest', request.params.id));
      reply.header('etag', `"${manifest.version}"`);
      return viewOf(manifest, request.caller.actor.party, languageOf(request));
    },
  );

  app.get(
    '/v1/manifests/:id/events',
    {
      config: { operation: 'manifests.read' },
      schema: {
        summary: '监管留痕 · Everything that happened to a manifest',
        tags: ['manifests'],
        params: Id,
        response: { 200: z.object({ items: z.array(EventView) }), default: ProblemView },
      },
    },
    async (request) => {
      const manifest = await findManifest(pool, await sightOf(pool, request.caller), request.params.id);
      if (!manifest) throw Problem.of(notFound('manifest', request.params.id));
      return { items: (await manifestEvents(pool, manifest.id)).map((event) => ({ ...event })) };
    },
  );
}
