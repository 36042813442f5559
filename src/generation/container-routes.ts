import type pg from 'pg';
import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { checkIdentificationCode, IDENTIFICATION_BASIS } from '../catalogue/custody-codes.ts';
import { HAZARDS, wasteClassOf } from '../catalogue/waste-codes.ts';
import {
  type ContainerRow,
  childrenOf,
  codeAsKept,
  containersAround,
  containersOfBatches,
  findContainer,
  findContainerByCode,
  listContainers,
  resolveContainers,
} from '../custody/container-queries.ts';
import { CONTAINER_STATES } from '../custody/lifecycle.ts';
import { unknownContainer } from '../custody/scanning.ts';
import { sightOf } from '../parties/visibility.ts';
import type { Caller } from '../platform/acts.ts';
import { HistoryView, sendHistory } from '../platform/histories.ts';
import { ActAnswer, type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { exampleId } from '../platform/ids.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { inBoth } from '../platform/schema-messages.ts';
import { BasisView, InstantView, Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import { Label, labelContainer } from './containers.ts';
import { Emptied, emptyContainer, Nesting, nestContainer } from './nesting.ts';
import { labelRow } from './queries.ts';
import { LABEL_SIZE_RULE, labelSizeOf } from './rules.ts';
import { maySeeContainer, ownerSeenAt } from './sight.ts';

const grams = z.number().int();
const ContainerView = z.object({
  id: Uuid,
  code: z.string(),
  packaging: z.string(),
  capacityLitres: z.number().int().nullable(),
  tareGrams: grams.nullable(),
  wasteCode: z.string(),
  form: z.string(),
  hazards: z.array(z.string()).readonly(),
  unitId: Uuid,
  ownerId: Uuid,
  state: z.enum(CONTAINER_STATES),
  partyId: Uuid,
  siteId: Uuid.nullable(),
  manifestId: Uuid.nullable(),
  batchId: Uuid.nullable(),
  grams,
  pieces: z.number().int(),
  parentId: Uuid.nullable(),
  childIds: z.array(Uuid).readonly(),
  /** How often a scan said something else than the record. */
  contradictions: z.number().int(),
  labelledAt: InstantView,
  closedAt: InstantView.nullable(),
  version: z.number().int(),
});

const LabelView = z.object({
  /** 数字识别码, 37 characters; the text of the QR code too. */
  code: z.string(),
  qrText: z.string(),
  name: z.string(),
  wasteClass: z.object({ class: z.string(), name: z.string() }).nullable(),
  wasteCode: z.string(),
  form: z.string(),
  mainComponents: z.string().nullable(),
  harmfulComponents: z.string().nullable(),
  hazards: z.array(z.object({ code: z.string(), zh: z.string(), en: z.string() })),
  precautions: z.string().nullable(),
  unit: z.object({ name: z.string(), uscc: z.string().nullable() }),
  contact: z.string().nullable(),
  phone: z.string().nullable(),
  producedOn: z.iso.date(),
  massGrams: grams,
  remark: z.string().nullable(),
  size: z.object({ sideMillimetres: z.number(), letterMillimetres: z.number(), faces: z.number(), basis: BasisView }),
});

const ContainerQuery = PageQuery.extend({
  siteId: Uuid.optional(),
  parentId: Uuid.optional(),
  code: z.string().max(60).optional(),
  state: z.enum(CONTAINER_STATES).optional(),
}).refine((query) => [query.siteId, query.parentId, query.code].filter((one) => one !== undefined).length === 1, {
  error: inBoth('siteId、parentId、code 须填且只填一个', 'exactly one of siteId, parentId and code'),
});

export function containerRoutes(app: App, { journal, database, clock }: Services): void {
  const { pool } = database;
  addAct(app, journal, {
    url: '/v1/containers',
    operation: 'containers.label',
    summary: '贴标签 · Label a container, filled or empty, and draw its identification code',
    act: labelContainer,
    body: Label,
    example: {
      siteId: exampleId('unit site'),
      wasteCode: '900-249-08',
      name: '废矿物油',
      form: 'liquid',
      hazards: ['T', 'I'],
      packaging: 'drum',
      capacityLitres: 200,
      massGrams: 180_000,
      occurredAt: '2026-09-15T01:30:00Z',
    },
    answer: ActAnswer.extend({ code: z.string(), batchId: Uuid.nullable() }),
    input: async ({ body, caller }: { body: z.output<typeof Label>; caller: Caller }) => ({
      ...body,
      parentId: body.parent === null ? null : await idOf(pool, body.parent, '/parent', caller),
      sourceIds: await containersOfBatches(
        pool,
        body.from.map(({ batchId }) => batchId),
      ),
    }),
  });
  addAct(app, journal, {
    url: '/v1/containers/:id/nesting',
    operation: 'containers.nest',
    summary: '装入、取出 · Put a container into another, or take it out',
    act: nestContainer,
    body: Nesting,
    example: { parent: exampleId('outer container'), occurredAt: '2026-09-15T01:30:00Z' },
    answer: ActAnswer.extend({ parentId: Uuid.nullable() }),
    input: async ({
      params,
      body,
      caller,
    }: {
      params: { id: string };
      body: z.output<typeof Nesting>;
      caller: Caller;
    }) => {
      const parentId = body.parent === null ? null : await idOf(pool, body.parent, '/parent', caller);
      const around = parentId === null ? [] : await containersAround(pool, parentId);
      const now = (await containersAround(pool, params.id)).slice(1, 2);
      return { ...body, id: params.id, parentId, heldIds: [...around, ...now] };
    },
  });
  addAct(app, journal, {
    url: '/v1/containers/:id/emptied',
    operation: 'containers.empty',
    summary: '腾空 · A container is empty: it has no batch any more',
    act: emptyContainer,
    body: Emptied,
    example: { occurredAt: '2026-09-15T01:30:00Z' },
    answer: ActAnswer.extend({ state: z.enum(CONTAINER_STATES) }),
    input: async ({ params, body }: { params: { id: string }; body: z.output<typeof Emptied> }) => {
      const { containers, parents } = await resolveContainers(pool, [params.id]);
      const childIds = containers.map(({ id }) => id).filter((id) => id !== params.id);
      return { ...body, id: params.id, childIds, parents };
    },
  });
  addReads(app, pool, () => dayInShanghai(clock.now()));
}

function addReads(app: App, pool: pg.Pool, today: () => string): void {
  const seen = async (caller: Caller, id: string): Promise<ContainerRow> => {
    const container = await findContainer(pool, id);
    if (!container || !(await maySeeContainer(pool, caller, container))) throw Problem.of(notFound('container', id));
    return container;
  };

  app.get(
    '/v1/containers',
    {
      config: { operation: 'containers.read' },
      schema: {
        summary: '容器 · Containers at a site, in a container, or by code',
        tags: ['containers'],
        querystring: ContainerQuery,
        response: { 200: pageOf(ContainerView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { siteId, parentId, code, state, limit, cursor } = request.query;
      const { caller } = request;
      const page = { below: readCursor(cursor), rowsMax: limit + 1 };
      const sight = await sightOf(pool, caller);
      const visible = async (rows: readonly ContainerRow[]) => {
        const may = await Promise.all(rows.map((row) => maySeeContainer(pool, caller, row, sight)));
        return rows.filter((_, index) => may[index]);
      };
      if (code !== undefined) {
        const checked = checkIdentificationCode(code, today());
        if (!checked.valid) throw unreadable(checked.detail, 'query:code');
        const found = await findContainerByCode(pool, checked.code);
        return { items: await visible(found ? [found] : []), next: null };
      }
      if (parentId !== undefined) {
        await seen(caller, parentId);
        return sendPage(request, reply, await visible(await childrenOf(pool, parentId, page.below)), limit);
      }
      const ownerId = await ownerSeenAt(pool, caller, siteId!, today());
      const { streams } = sight;
      const filter = { siteId: siteId!, state: state ?? null, ownerId, streams, ...page };
      return sendPage(request, reply, await listContainers(pool, filter), limit);
    },
  );

  app.get(
    '/v1/containers/:id',
    {
      config: { operation: 'containers.read' },
      schema: {
        summary: '容器 · One container, where it is and what is in it',
        tags: ['containers'],
        params: Id,
        response: { 200: ContainerView, default: ProblemView },
      },
    },
    async (request, reply) => {
      const container = await seen(request.caller, request.params.id);
      reply.header('etag', `"${container.version}"`);
      return container;
    },
  );

  app.get(
    '/v1/containers/:id/label',
    {
      config: { operation: 'containers.read' },
      schema: {
        summary: '标签 · What stands on its label (HJ 1276)',
        tags: ['containers'],
        params: Id,
        response: { 200: LabelView, default: ProblemView },
      },
    },
    async (request) => {
      await seen(request.caller, request.params.id);
      return labelView((await labelRow(pool, request.params.id))!);
    },
  );

  app.get(
    '/v1/containers/:id/events',
    {
      config: { operation: 'containers.read' },
      schema: {
        summary: '容器履历 · Everything that happened to a container',
        tags: ['containers'],
        params: Id,
        querystring: PageQuery,
        response: { 200: HistoryView, default: ProblemView },
      },
    },
    async (request, reply) => {
      const { id } = await seen(request.caller, request.params.id);
      return sendHistory(pool, request, reply, { id, ...request.query });
    },
  );
}

/** The QR code holds the identification code and nothing else: whoever scans it asks the service, which answers whom it may. */
function labelView({
  label,
  hazards,
  unitName,
  unitUscc,
  capacityLitres,
  ...row
}: NonNullable<Awaited<ReturnType<typeof labelRow>>>) {
  const { sideMillimetres, letterMillimetres, faces } = labelSizeOf(capacityLitres);
  return {
    ...row,
    ...label,
    qrText: row.code,
    wasteClass: wasteClassOf(row.wasteCode) ?? null,
    hazards: hazards.map((code) => ({ code, ...HAZARDS[code as keyof typeof HAZARDS] })),
    unit: { name: unitName, uscc: unitUscc },
    size: { sideMillimetres, letterMillimetres, faces, ...LABEL_SIZE_RULE },
  };
}

/** @throws Problem not-found for a name that no container of the caller's has. */
async function idOf(pool: pg.Pool, name: string, pointer: string, { actor }: Caller): Promise<string> {
  const { names } = await resolveContainers(pool, [name], [actor.party]);
  const id = names.get(name);
  if (id !== undefined) return id;
  throw Problem.of(unknownContainer({ name: codeAsKept(name), pointer }));
}

const unreadable = (detail: { zh: string; en: string }, pointer: string): Problem =>
  new Problem('against-rule', detail, { basis: IDENTIFICATION_BASIS, errors: [{ pointer, detail }] });
