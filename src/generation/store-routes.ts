import type pg from 'pg';
import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { withScans } from '../custody/scans.ts';
import type { Caller } from '../platform/acts.ts';
import { ActAnswer, type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { exampleId } from '../platform/ids.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { InstantView, Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import {
  findStorageMove,
  findStore,
  findTenancy,
  listStorageMoves,
  listTenancies,
  type StoreRow,
  stockInStore,
  storesOf,
  type TenancyRow,
} from './queries.ts';
import {
  amendStore,
  amendTenancy,
  registerStore,
  registerTenancy,
  StoreBody,
  storeKind,
  TenancyBody,
  tenancyKind,
} from './registers.ts';
import { filledPermille } from './rules.ts';
import { maySeeOwn, ownerSeenAt, sightAt } from './sight.ts';
import { recordStorageMove, StorageMove } from './storage.ts';
import { DESTINATIONS, DIRECTIONS, STORE_TYPES, TEMPERATURES } from './tables.ts';

const whole = z.number().int();
const StoreView = z.object({
  id: Uuid,
  version: whole,
  siteId: Uuid,
  code: z.string(),
  type: z.enum(STORE_TYPES),
  name: z.string().nullable(),
  capacityGrams: whole.nullable(),
  shared: z.boolean(),
  temperature: z.enum(TEMPERATURES).nullable(),
  active: z.boolean(),
});
/** With what lies in it now. A tenant sees its own; how full the store is, is the operator's and the regulator's to see. */
const StoreWithStock = StoreView.extend({
  stockGrams: whole,
  filledPermille: whole.nullable(),
  stock: z.array(z.object({ ownerId: Uuid, wasteCode: z.string(), grams: whole, pieces: whole, batches: whole })),
});
const TenancyView = z.object({
  id: Uuid,
  version: whole,
  siteId: Uuid,
  storeId: Uuid.nullable(),
  tenantId: Uuid,
  validFrom: z.iso.date(),
  validTo: z.iso.date().nullable(),
});
const StorageMoveView = z.object({
  id: Uuid,
  version: whole,
  direction: z.enum(DIRECTIONS),
  /** 入库、出库批次编码. */
  code: z.string(),
  siteId: Uuid,
  storeId: Uuid,
  ownerId: Uuid,
  wasteCode: z.string(),
  grams: whole,
  pieces: whole,
  items: z
    .array(
      z.object({
        batchId: Uuid,
        fromBatchId: Uuid,
        containerId: Uuid.nullable(),
        grams: whole,
        pieces: whole,
        dryGrams: whole.optional(),
        enteredById: Uuid.nullable(),
      }),
    )
    .readonly(),
  /** 产生批次编码 or identification codes for what comes in, 入库批次编码 for what leaves. */
  sourceCodes: z.array(z.string()).readonly(),
  storekeeperId: Uuid.nullable(),
  moverId: Uuid.nullable(),
  destination: z.enum(DESTINATIONS).nullable(),
  movedAt: InstantView,
});

/** Stores, who may keep waste in them, and what is put in and taken out. */
export function storeRoutes(app: App, services: Services): void {
  addStores(app, services);
  addTenancies(app, services);
  addStorageMoves(app, services);
}

const STORE_EXAMPLE = {
  siteId: exampleId('unit site'),
  code: 'TS001',
  type: 'warehouse',
  name: '危废暂存间',
  capacityGrams: 60_000_000,
  shared: true,
};
const TENANCY_EXAMPLE = {
  siteId: exampleId('unit site'),
  storeId: exampleId('store'),
  tenantId: exampleId('consignor'),
  validFrom: '2026-10-01',
};

function addStores(app: App, { journal, database: { pool }, clock }: Services): void {
  const today = () => dayInShanghai(clock.now());
  app.get(
    '/v1/stores',
    {
      config: { operation: 'stores.read' },
      schema: {
        summary: '贮存设施 · Stores of a site',
        tags: ['stores'],
        querystring: z.strictObject({ siteId: Uuid }),
        response: { 200: z.object({ items: z.array(StoreView) }), default: ProblemView },
      },
    },
    async (request) => {
      const { siteId } = request.query;
      if ((await registerSight(pool, request.caller, siteId, today())) === undefined)
        throw Problem.of(notFound('site', siteId));
      return { items: (await storesOf(pool, siteId)).map(storeView) };
    },
  );
  app.get(
    '/v1/stores/:id',
    {
      config: { operation: 'stores.read' },
      schema: {
        summary: '贮存设施 · One store, what lies in it and how full it is',
        tags: ['stores'],
        params: Id,
        response: { 200: StoreWithStock, default: ProblemView },
      },
    },
    async (request, reply) => {
      const store = await findStore(pool, request.params.id);
      const ownerId = store && (await registerSight(pool, request.caller, store.siteId, today()));
      if (!store || ownerId === undefined) throw Problem.of(notFound(storeKind.name, request.params.id));
      const stock = await stockInStore(pool, store.id, ownerId);
      const stockGrams = stock.reduce((sum, { grams }) => sum + grams, 0);
      const filled = ownerId === null ? filledPermille(stockGrams, store.capacityGrams) : null;
      reply.header('etag', `"${store.version}"`);
      return { ...storeView(store), stockGrams, filledPermille: filled, stock };
    },
  );
  addAct(app, journal, {
    url: '/v1/stores',
    operation: 'stores.register',
    summary: '登记贮存设施 · Enter a store of a site',
    act: registerStore,
    body: StoreBody,
    example: STORE_EXAMPLE,
    input: ({ body }) => ({ record: body }),
  });
  addAct(app, journal, {
    method: 'PUT',
    url: '/v1/stores/:id',
    operation: 'stores.amend',
    summary: 'Replace the record of a store, with If-Match',
    act: amendStore,
    body: StoreBody,
    example: STORE_EXAMPLE,
    edits: true,
    input: ({ params, body }) => ({ id: params.id, record: body }),
  });
}

function addTenancies(app: App, { journal, database: { pool }, clock }: Services): void {
  const today = () => dayInShanghai(clock.now());
  app.get(
    '/v1/tenancies',
    {
      config: { operation: 'tenancies.read' },
      schema: {
        summary: '集中暂存单位 · Who keeps waste at a site; of a tenant, where it does',
        tags: ['tenancies'],
        querystring: z.strictObject({ siteId: Uuid.optional() }),
        response: { 200: z.object({ items: z.array(TenancyView) }), default: ProblemView },
      },
    },
    async (request) => {
      const { caller } = request;
      const siteId = request.query.siteId ?? null;
      const tenantId = siteId === null ? caller.actor.party : await registerSight(pool, caller, siteId, today());
      if (tenantId === undefined) throw Problem.of(notFound('site', siteId!));
      return { items: await listTenancies(pool, { siteId, tenantId }) };
    },
  );
  app.get(
    '/v1/tenancies/:id',
    {
      config: { operation: 'tenancies.read' },
      schema: {
        summary: '集中暂存单位 · One tenancy',
        tags: ['tenancies'],
        params: Id,
        response: { 200: TenancyView, default: ProblemView },
      },
    },
    async (request, reply) => {
      const tenancy = await findTenancy(pool, request.params.id);
      if (!tenancy || !(await maySeeTenancy(request.caller, tenancy)))
        throw Problem.of(notFound(tenancyKind.name, request.params.id));
      reply.header('etag', `"${tenancy.version}"`);
      return tenancy;
    },
  );
  const maySeeTenancy = async (caller: Caller, { siteId, tenantId }: TenancyRow): Promise<boolean> =>
    (tenantId === caller.actor.party && (!caller.site || caller.site === siteId)) ||
    (await registerSight(pool, caller, siteId, today())) === null;
  addAct(app, journal, {
    url: '/v1/tenancies',
    operation: 'tenancies.register',
    summary: '登记集中暂存单位 · Enter who may keep waste at a site',
    act: registerTenancy,
    body: TenancyBody,
    example: TENANCY_EXAMPLE,
    input: ({ body }) => ({ record: body }),
  });
  addAct(app, journal, {
    method: 'PUT',
    url: '/v1/tenancies/:id',
    operation: 'tenancies.amend',
    summary: 'Replace a tenancy, with If-Match; one that is over has a validTo',
    act: amendTenancy,
    body: TenancyBody,
    example: TENANCY_EXAMPLE,
    edits: true,
    input: ({ params, body }) => ({ id: params.id, record: body }),
  });
}

function addStorageMoves(app: App, { journal, database: { pool }, clock }: Services): void {
  const today = () => dayInShanghai(clock.now());
  addAct(app, journal, {
    url: '/v1/storage-moves',
    operation: 'storage-moves.record',
    summary: '入库、出库 · Put batches or containers into a store, or take them out',
    act: recordStorageMove,
    body: StorageMove,
    example: {
      direction: 'in',
      storeId: exampleId('store'),
      containers: [exampleId('container')],
      occurredAt: '2026-09-15T01:30:00Z',
    },
    answer: ActAnswer.extend({ code: z.string(), batchIds: z.array(Uuid) }),
    input: ({ body, caller }: { body: z.output<typeof StorageMove>; caller: Caller }) =>
      withScans(pool, body, [caller.actor.party]),
  });
  app.get(
    '/v1/storage-moves',
    {
      config: { operation: 'storage-moves.read' },
      schema: {
        summary: '出入库台账 · What was put into the stores of a site and taken out',
        tags: ['storage-moves'],
        querystring: PageQuery.extend({ siteId: Uuid, storeId: Uuid.optional() }),
        response: { 200: pageOf(StorageMoveView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { siteId, storeId = null, limit, cursor } = request.query;
      const ownerId = await ownerSeenAt(pool, request.caller, siteId, today());
      const query = { siteId, ownerId, storeId, below: readCursor(cursor), rowsMax: limit + 1 };
      return sendPage(request, reply, await listStorageMoves(pool, query), limit);
    },
  );
  app.get(
    '/v1/storage-moves/:id',
    {
      config: { operation: 'storage-moves.read' },
      schema: {
        summary: '出入库记录 · One entry',
        tags: ['storage-moves'],
        params: Id,
        response: { 200: StorageMoveView, default: ProblemView },
      },
    },
    async (request) => {
      const { caller } = request;
      const move = await findStorageMove(pool, request.params.id);
      const seen = move && (maySeeOwn(caller, move) || (await sightAt(pool, caller, move.siteId, today())) === null);
      if (!move || !seen) throw Problem.of(notFound('storage_move', request.params.id));
      return move;
    },
  );
}

/** As `sightAt`; administrators see registers as a whole. */
const registerSight = async (
  pool: pg.Pool,
  caller: Caller,
  siteId: string,
  day: string,
): Promise<string | null | undefined> => (caller.role === 'administrator' ? null : sightAt(pool, caller, siteId, day));

const storeView = ({ partyId: _, region: __, ...view }: StoreRow) => view;
