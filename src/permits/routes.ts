import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { exampleId } from '../platform/ids.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import { amendPermit, PermitBody, registerPermit } from './commands.ts';
import { readPermits, usesOfPermit } from './queries.ts';
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
  excludedCodes: z.array(z.string()).readonly(),
  methods: z.array(z.string()).readonly(),
  areas: z.array(z.string()).readonly(),
  capGrams: z.number().int().nullable(),
  /** Where it was given in m³ × 1000: `capGrams` follows from it, by the density of the day it was entered. */
  capLitres: z.number().int().nullable(),
  /** By period of the cap (a year, or `validity`), the newest first; null for a licence that does not concern the caller. */
  balances: z
    .array(
      z.object({
        period: z.string(),
        reservedGrams: z.number().int(),
        usedGrams: z.number().int(),
        /** Null without a cap; below zero when it was passed. */
        remainingGrams: z.number().int().nullable(),
      }),
    )
    .nullable(),
  validFrom: z.iso.date(),
  validTo: z.iso.date(),
  status: z.enum(['valid', 'revoked']),
});

const UsedByView = z.object({
  id: Uuid,
  number: z.string().nullable(),
  status: z.string(),
  reservedGrams: z.number().int(),
  usedGrams: z.number().int(),
});

/** 许可证 · 管理计划 · 合同 · 跨省转移批准 · 白名单 · 试点 · 点对点. */
export function permitRoutes(app: App, services: Services): void {
  addPermitReads(app, services);
  addPermitActs(app, services);
}

function addPermitReads(app: App, { database, clock }: Services): void {
  const today = () => dayInShanghai(clock.now());
  app.route({
    method: 'GET',
    url: '/v1/permits',
    config: { operation: 'permits.read' },
    schema: {
      summary: 'Licences of anyone, and the permits that concern the caller 许可',
      tags: ['permits'],
      querystring: z.strictObject({
        ...PageQuery.shape,
        holderId: Uuid.optional(),
        type: z.enum(PERMIT_TYPES).optional(),
      }),
      response: { 200: pageOf(PermitView), default: ProblemView },
    },
    handler: async (request, reply) => {
      const { limit, cursor, ...filter } = request.query;
      const page = { after: readCursor(cursor), limit: limit + 1 };
      const rows = await readPermits(database, page, request.caller, today(), filter);
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
      const [row] = await readPermits(database, { id }, request.caller, today());
      if (!row) throw Problem.of(notFound(permitKind.name, id));
      reply.header('etag', `"${row.version}"`);
      return row;
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/permits/:id/uses',
    config: { operation: 'permits.uses' },
    schema: {
      summary: 'The manifests that used a permit 许可使用记录',
      tags: ['permits'],
      params: Id,
      querystring: PageQuery,
      response: { 200: pageOf(UsedByView), default: ProblemView },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const { limit, cursor } = request.query;
      const [row] = await readPermits(database, { id }, request.caller, today());
      if (!row?.balances) throw Problem.of(notFound(permitKind.name, id));
      const page = { after: readCursor(cursor), limit: limit + 1 };
      return sendPage(request, reply, await usesOfPermit(database, id, request.caller, page), limit);
    },
  });
}

const PERMIT_EXAMPLE = {
  type: 'licence',
  number: '3701000042',
  holderId: exampleId('consignee'),
  siteId: exampleId('consignee site'),
  wasteCodes: ['HW08', '900-041-49'],
  methods: ['D10', 'R9'],
  capGrams: 30_000_000_000,
  validFrom: '2026-01-01',
  validTo: '2031-01-01',
};

function addPermitActs(app: App, { journal }: Services): void {
  addAct(app, journal, {
    url: '/v1/permits',
    operation: 'permits.register',
    summary: 'Enter a permit; a party files its own contracts and plan lines',
    act: registerPermit,
    body: PermitBody,
    example: PERMIT_EXAMPLE,
    input: ({ body }) => ({ record: body }),
  });
  addAct(app, journal, {
    method: 'PUT',
    url: '/v1/permits/:id',
    operation: 'permits.amend',
    summary: 'Replace a permit, with If-Match; a revoked one has the status revoked',
    act: amendPermit,
    body: PermitBody,
    example: PERMIT_EXAMPLE,
    edits: true,
    input: ({ params, body }) => ({ id: params.id, record: body }),
  });
}
