import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { streamOfCode } from '../catalogue/streams.ts';
import { ACCOUNT_ROLES, BATCH_ORIGINS } from '../custody/ledger.ts';
import { balancesOf, findBatch, listBatches } from '../custody/queries.ts';
import { maySeeParty, type Sight, sightOf, sitesShown } from '../parties/visibility.ts';
import { ActAnswer, type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { exampleId } from '../platform/ids.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { Instant, InstantView, Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import { Generation, recordGeneration } from './commands.ts';
import { maySeeOwn, ownerSeenAt } from './sight.ts';

const BatchView = z.object({
  id: Uuid,
  origin: z.enum(BATCH_ORIGINS),
  partyId: Uuid,
  siteId: Uuid,
  ownerId: Uuid,
  wasteCode: z.string(),
  initialGrams: z.number().int(),
  initialPieces: z.number().int(),
  remainingGrams: z.number().int(),
  remainingPieces: z.number().int(),
  /** 干物质, of a waste whose moisture is measured. */
  initialDryGrams: z.number().int(),
  remainingDryGrams: z.number().int(),
  manifestId: Uuid.nullable(),
  formedAt: InstantView,
  /** 批次编码 (HJ 1259), or the identification code of the container it is in. */
  code: z.string().nullable(),
  storeId: Uuid.nullable(),
  containerId: Uuid.nullable(),
  version: z.number().int(),
});

const BalanceView = z.object({
  role: z.enum(ACCOUNT_ROLES),
  partyId: Uuid,
  siteId: Uuid.nullable(),
  wasteCode: z.string(),
  ownerId: Uuid,
  grams: z.number().int(),
  pieces: z.number().int(),
  dryGrams: z.number().int(),
});

const BatchQuery = PageQuery.extend({ siteId: Uuid, inStock: z.stringbool().default(true) });
const BalanceQuery = z.strictObject({
  partyId: Uuid.optional(),
  /** What a party owns, wherever it lies: in a shared store, on the road. Instead of what it holds. */
  ownerId: Uuid.optional(),
  siteId: Uuid.optional(),
  role: z.enum(ACCOUNT_ROLES).optional(),
  wasteCode: z.string().max(20).optional(),
  at: Instant.optional(),
});

export function generationRoutes(app: App, { journal, database, clock }: Services): void {
  const { pool } = database;
  const today = () => dayInShanghai(clock.now());
  addAct(app, journal, {
    url: '/v1/generations',
    operation: 'generations.record',
    summary: '登记产生 · Record what was generated, as a batch in stock',
    act: recordGeneration,
    location: '/v1/batches',
    body: Generation,
    example: {
      siteId: exampleId('consignor site'),
      wasteCode: '900-249-08',
      massGrams: 1_250_000,
      occurredAt: '2026-09-15T01:30:00Z',
    },
    answer: ActAnswer.extend({ batchId: Uuid, code: z.string() }),
    input: ({ body }) => body,
  });

  app.get(
    '/v1/batches',
    {
      config: { operation: 'batches.read' },
      schema: {
        summary: '批次 · Batches of a site',
        tags: ['batches'],
        querystring: BatchQuery,
        response: { 200: pageOf(BatchView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { siteId, inStock, limit, cursor } = request.query;
      const ownerId = await ownerSeenAt(pool, request.caller, siteId, today());
      const { streams } = await sightOf(pool, request.caller);
      return sendPage(
        request,
        reply,
        await listBatches(pool, { siteId, ownerId, inStock, below: readCursor(cursor), rowsMax: limit + 1, streams }),
        limit,
      );
    },
  );

  app.get(
    '/v1/batches/:id',
    {
      config: { operation: 'batches.read' },
      schema: {
        summary: '批次 · One batch and what is left of it',
        tags: ['batches'],
        params: Id,
        response: { 200: BatchView, default: ProblemView },
      },
    },
    async (request, reply) => {
      const batch = await findBatch(pool, request.params.id);
      const visible =
        batch &&
        (maySeeOwn(request.caller, batch) ||
          (await maySeeParty(pool, request.caller, { ...batch, region: undefined, day: today() }))) &&
        watched(await sightOf(pool, request.caller), [batch.siteId])(batch);
      if (!batch || !visible) throw Problem.of(notFound('batch', request.params.id));
      reply.header('etag', `"${batch.version}"`);
      return batch;
    },
  );

  app.get(
    '/v1/balances',
    {
      config: { operation: 'balances.read' },
      schema: {
        summary: '台账余额 · What an organisation holds, now or at a past instant',
        tags: ['balances'],
        querystring: BalanceQuery,
        response: { 200: z.object({ at: z.iso.datetime(), items: z.array(BalanceView) }), default: ProblemView },
      },
    },
    async (request) => {
      const { at, ownerId, ...query } = request.query;
      const partyId = ownerId ?? query.partyId ?? request.caller.actor.party;
      const of = ownerId === undefined ? 'party_id' : 'owner_id';
      const question = { partyId, day: today() };
      if (!(await maySeeParty(pool, request.caller, question))) throw Problem.of(notFound('party', partyId));
      const instant = at === undefined ? undefined : new Date(at);
      return {
        at: (instant ?? clock.now()).toISOString(),
        items: (await balancesOf(pool, { ...query, of, partyId, at: instant })).filter(
          watched(await sightOf(pool, request.caller), await sitesShown(pool, request.caller, question)),
        ),
      };
    },
  );
}

/** A regulator sees the wastes of its streams; a key bound to a site and an agent, what lies at the sites that are theirs to see. */
const watched =
  ({ streams }: Sight, shown: 'all' | readonly string[]) =>
  ({ wasteCode, siteId }: { readonly wasteCode: string; readonly siteId: string | null }): boolean =>
    (streams === null || streams.includes(streamOfCode(wasteCode))) &&
    (shown === 'all' || (siteId !== null && shown.includes(siteId)));
