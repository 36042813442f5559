import { z } from 'zod';
import { type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import { amendPermit, PermitBody, registerPermit } from './commands.ts';
import { readPermits } from './queries.ts';
import { permitKind } from './registers.ts';
import { PERMIT_TYPES } from './tables.ts';

const PermitView = z.object({
  id: Uuid,
  version: z.number().int(),
  type: z.enum(PERMIT_TYPES),
  number: z.string(),
  holderId: Uuid,
  siteId: Uuid.nullable(),
  counterpartId: Uuid.nullable(),
  wasteCodes: z.array(z.string()).readonly(),
  methods: z.array(z.string()).readonly(),
  capGrams: z.number().int().nullable(),
  validFrom: z.iso.date(),
  validTo: z.iso.date(),
  status: z.enum(['valid', 'revoked']),
});

/** 许可证 · 管理计划 · 跨省转移批准 · 白名单 · 点对点. */
export function permitRoutes(app: App, { database, journal }: Services): void {
  app.route({
    method: 'GET',
    url: '/v1/permits',
    config: { operation: 'permits.read' },
    schema: {
      summary: 'Licences of anyone, and the permits that concern the caller 许可',
      tags: ['permits'],
      querystring: z.object({
        ...PageQuery.shape,
        holderId: Uuid.optional(),
        type: z.enum(PERMIT_TYPES).optional(),
      }),
      response: { 200: pageOf(PermitView), default: ProblemView },
    },
    handler: async (request, reply) => {
      const { limit, cursor, ...filter } = request.query;
      const rows = await readPermits(database, { after: readCursor(cursor), limit: limit + 1 }, request.caller, filter);
      return sendPage(request, reply, rows, limit);
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/permits/:id',
    config: { operation: 'permits.read' },
    schema: {
      summary: 'One permit; its ETag is the version',
      tags: ['permits'],
      params: Id,
      response: { 200: PermitView, default: ProblemView },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const [row] = await readPermits(database, { id }, request.caller);
      if (!row) throw Problem.of(notFound(permitKind.name, id));
      reply.header('etag', `"${row.version}"`);
      return row;
    },
  });
  addAct(app, journal, {
    url: '/v1/permits',
    operation: 'permits.register',
    summary: 'Enter a permit',
    act: registerPermit,
    body: PermitBody,
    input: ({ body }) => ({ record: body }),
  });
  addAct(app, journal, {
    method: 'PUT',
    url: '/v1/permits/:id',
    operation: 'permits.amend',
    summary: 'Replace a permit, with If-Match; a revoked one has the status revoked',
    act: amendPermit,
    body: PermitBody,
    edits: true,
    input: ({ params, body }) => ({ id: params.id, record: body }),
  });
}
