import type pg from 'pg';
import { z } from 'zod';
import { STAGES } from '../parties/audience.ts';
import { listVisible, maySee, type Sight, sightOf } from '../parties/visibility.ts';
import type { Caller } from '../platform/acts.ts';
import { ActAnswer, type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { exampleId } from '../platform/ids.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { subjectsById } from '../platform/subjects.ts';
import { InstantView, Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import { moved } from './collecting.ts';
import { fileCollection, toFile } from './collection-filing.ts';
import {
  type Collection,
  type CollectionAct,
  CollectionBody,
  type CollectionInput,
  CollectionPickup,
  CollectionReceipt,
  CollectionStep,
  collectionKind,
  moveCollection,
} from './collections.ts';
import { manifestsById } from './queries.ts';
import { COLLECTION_STATUSES, STATUSES } from './tables.ts';

const LoadView = z.object({
  consignorId: Uuid,
  manifestId: Uuid,
  number: z.string(),
  lines: z.array(z.object({ line: z.number().int(), containerIds: z.array(Uuid) })),
});
const CollectionView = z.object({
  id: Uuid,
  version: z.number().int(),
  status: z.enum(COLLECTION_STATUSES),
  hubId: Uuid,
  siteId: Uuid,
  boxId: Uuid,
  stream: z.string(),
  carrierId: Uuid,
  consigneeId: Uuid,
  consigneeSiteId: Uuid,
  loads: z.array(LoadView),
  filedAt: InstantView,
});
const LoadAnswer = ActAnswer.extend({ loads: z.array(LoadView) });
const StepAnswer = LoadAnswer.extend({ status: z.enum(COLLECTION_STATUSES) });

const occurredAt = '2026-09-15T01:30:00Z';
const STEPS: Record<CollectionAct, { readonly summary: string; readonly body: z.ZodObject; readonly example: object }> =
  {
    pickup: {
      summary: '整箱装运 · The big box is loaded, and with it every manifest in it',
      body: CollectionPickup,
      example: { occurredAt, plate: '鲁A12345' },
    },
    'pickup-confirmation': {
      summary: '整箱确认装运 · The hub confirms it for its clinics',
      body: CollectionStep,
      example: { occurredAt },
    },
    arrival: { summary: '整箱运抵 · The big box has arrived', body: CollectionStep, example: { occurredAt } },
    receipt: {
      summary: '整箱接受 · The plant accepts what is in it, and says what is not',
      body: CollectionReceipt,
      example: { occurredAt, missing: [] },
    },
  };

export function collectionRoutes(app: App, services: Services): void {
  const { journal, database } = services;
  const { pool } = database;
  addAct(app, journal, {
    url: '/v1/collections',
    operation: 'collections.file',
    summary: '集中收集 · File and issue a manifest for each clinic whose boxes stand in a big one',
    act: fileCollection,
    body: CollectionBody,
    example: {
      container: exampleId('outer container'),
      carrierId: exampleId('carrier'),
      consigneeSiteId: exampleId('consignee site'),
      plannedMethod: 'D10',
    },
    answer: LoadAnswer,
    input: ({ body, caller }: { body: CollectionInput; caller: Caller }) => toFile(pool, body, caller.actor.party),
  });
  for (const act of Object.keys(STEPS) as CollectionAct[])
    addAct(app, journal, {
      url: `/v1/collections/:id/${act}`,
      operation: `collections.${act}`,
      summary: STEPS[act].summary,
      act: moveCollection(act),
      inSteps: true,
      body: STEPS[act].body,
      example: STEPS[act].example,
      answer: StepAnswer,
      input: async ({ params, body, caller, key }) => {
        const given = body as z.output<typeof CollectionStep>;
        const [collection] = await subjectsById(pool, collectionKind, [params.id]);
        const warnings = collection ? await moved(services, act, collection, { caller, key, body: given }) : [];
        return { ...given, id: params.id, boxId: collection?.boxId, warnings };
      },
    });
  addReads(app, pool);
}

function addReads(app: App, pool: pg.Pool): void {
  app.get(
    '/v1/collections',
    {
      config: { operation: 'collections.read' },
      schema: {
        summary: '集中收集 · Collections of big boxes, newest first',
        tags: ['collections'],
        querystring: PageQuery,
        response: { 200: pageOf(CollectionView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query;
      const sight = await sightOf(pool, request.caller);
      const rows = await listVisible(pool, sight, {
        kind: collectionKind.name,
        stages: STAGES,
        below: readCursor(cursor),
        rowsMax: limit + 1,
        load: (ids) => subjectsById(pool, collectionKind, ids),
        fits: isHere(sight),
      });
      return sendPage(request, reply, rows, limit) as never;
    },
  );
  app.get(
    '/v1/collections/:id',
    {
      config: { operation: 'collections.read' },
      schema: {
        summary: '集中收集 · One, with the manifest of each clinic',
        tags: ['collections'],
        params: Id,
        response: {
          200: CollectionView.extend({ loads: z.array(LoadView.extend({ status: z.enum(STATUSES) })) }),
          default: ProblemView,
        },
      },
    },
    async (request) => {
      const { id } = request.params;
      const [collection] = await subjectsById(pool, collectionKind, [id]);
      const sight = await sightOf(pool, request.caller);
      if (!collection || !isHere(sight)(collection) || !(await maySee(pool, sight, collectionKind.name, id)))
        throw Problem.of(notFound('collection', id));
      const manifests = await manifestsById(
        pool,
        collection.loads.map(({ manifestId }) => manifestId),
      );
      const statusOf = new Map(manifests.map((one) => [one.id, one.status]));
      const loads = collection.loads.map((one) => ({ ...one, status: statusOf.get(one.manifestId)! }));
      return { ...collection, loads } as never;
    },
  );
}

/** A key bound to a site sees what starts or ends there. */
const isHere =
  ({ site }: Sight) =>
  ({ siteId, consigneeSiteId }: Collection): boolean =>
    site === null || site === siteId || site === consigneeSiteId;
