import { z } from 'zod';
import { STREAMS } from '../catalogue/streams.ts';
import { jurisdictionOf } from '../parties/repository.ts';
import { type App, Id, ProblemView, type Services } from '../platform/http.ts';
import { languageOf } from '../platform/http-errors.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { InstantView } from '../platform/values.ts';
import { Problem, problemBody } from '../problems.ts';
import { OUTCOMES, receiveManifests } from './receiving.ts';
import { findReceived, pushesIn, receivedIn } from './reception.ts';
import type { BothLanguages, PushProblem } from './tables.ts';
import { BATCH_MAX } from './upstream.ts';
import { ManifestSent, RECEIVED_EXAMPLE } from './upward.ts';

/** 上下级平台: what instances below told of their manifests, and how far the one above knows ours. */
const ReceivedView = z.object({
  id: z.uuid(),
  /** Whose key brought it. */
  sourceId: z.uuid(),
  /** Its id in the instance it is of: not one of ours. */
  manifestId: z.uuid(),
  version: z.number().int(),
  stream: z.string(),
  status: z.string(),
  number: z.string(),
  officialNumber: z.string().nullable(),
  originRegion: z.string(),
  destinationRegion: z.string(),
  firstReceivedAt: InstantView,
  receivedAt: InstantView,
});

const Refused = ProblemView.omit({ requestId: true });

const ItemAnswer = z.object({
  manifestId: z.string(),
  /** `known`: the very same; `older`: a higher version is here already. */
  outcome: z.enum(OUTCOMES),
  problem: Refused.optional(),
  /** The same in both languages: whoever reads it below may ask in either. */
  problems: z.object({ zh: Refused, en: Refused }).optional(),
});

/** An item that does not fit is answered for itself; the others are kept. */
const Batch = z.strictObject({ items: z.array(z.unknown()).min(1).max(BATCH_MAX) });
const BATCH_BYTES_MAX = 8 * 1_048_576;

const ReceivedQuery = PageQuery.extend({
  region: z
    .string()
    .regex(/^\d{6}$/)
    .optional(),
  stream: z.enum(STREAMS).optional(),
  number: z.string().max(40).optional(),
});

const PushView = z.object({
  id: z.uuid(),
  version: z.number().int(),
  state: z.enum(['acknowledged', 'parked']),
  problem: z.record(z.string(), z.unknown()).nullable(),
  answeredAt: InstantView,
});
const PushQuery = PageQuery.extend({ state: z.enum(['acknowledged', 'parked']).default('parked') });

export function receivedRoutes(app: App, { database, clock }: Services): void {
  const { pool } = database;
  app.put(
    '/v1/received-manifests',
    {
      config: { operation: 'received-manifests.receive', example: { items: [RECEIVED_EXAMPLE] } },
      bodyLimit: BATCH_BYTES_MAX,
      schema: {
        summary:
          '接收下级平台上报 · What an instance below tells of its manifests, item by item; repeating changes nothing',
        tags: ['received-manifests'],
        operationId: 'received-manifests.receive',
        body: Batch.describe(`items: ${Object.keys(ManifestSent.shape).join(', ')}`),
        response: { 200: z.object({ items: z.array(ItemAnswer) }), default: ProblemView },
      },
    },
    async (request) => {
      const { caller, body } = request;
      const watched = await jurisdictionOf(database, caller);
      const answers = await receiveManifests(pool, caller, watched, body.items, clock.now());
      const items = answers.map(({ refusal, ...answer }) => {
        if (!refusal) return answer;
        const [zh, en] = LANGUAGES.map((language) => problemBody(refusal, language, request.url));
        const problems = { zh: zh!, en: en! };
        return { ...answer, problem: problems[languageOf(request)], problems };
      });
      return { items } as never;
    },
  );

  app.get(
    '/v1/received-manifests',
    {
      config: { operation: 'received-manifests.read' },
      schema: {
        summary: '下级上报的联单 · Manifests of instances below, by region and stream',
        tags: ['received-manifests'],
        querystring: ReceivedQuery,
        response: { 200: pageOf(ReceivedView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { limit, cursor, ...filter } = request.query;
      const watched = await jurisdictionOf(database, request.caller);
      const page = { ...filter, below: readCursor(cursor), rowsMax: limit + 1 };
      return sendPage(request, reply, await receivedIn(pool, watched, page), limit);
    },
  );

  app.get(
    '/v1/received-manifests/:id',
    {
      config: { operation: 'received-manifests.read' },
      schema: {
        summary: '一份上报联单 · One of them, as it was told',
        tags: ['received-manifests'],
        params: Id,
        response: { 200: ReceivedView.extend({ record: ManifestSent }), default: ProblemView },
      },
    },
    async (request) => {
      const watched = await jurisdictionOf(database, request.caller);
      const found = await findReceived(pool, watched, request.params.id);
      if (!found) throw Problem.of(notFound('received_manifest', request.params.id));
      return found;
    },
  );

  app.get(
    '/v1/upstream-pushes',
    {
      config: { operation: 'upstream-pushes.read' },
      schema: {
        summary: '上报情况 · What the instance above answered to each manifest; parked are those it refused',
        tags: ['upstream-pushes'],
        querystring: PushQuery,
        response: { 200: pageOf(PushView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { state, limit, cursor } = request.query;
      const rows = await pushesIn(pool, { state, below: readCursor(cursor), rowsMax: limit + 1 });
      const told = rows.map(({ problem, ...row }) => ({ ...row, problem: inOneOf(problem, languageOf(request)) }));
      return sendPage(request, reply, told, limit);
    },
  );
}

const LANGUAGES = ['zh', 'en'] as const;

/** An instance above that is older answers in one language only. */
const inOneOf = (problem: PushProblem | null, language: (typeof LANGUAGES)[number]): Record<string, unknown> | null =>
  problem && 'zh' in problem && 'en' in problem ? (problem as BothLanguages)[language] : problem;
