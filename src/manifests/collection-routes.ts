import type pg from 'pg';
import { z } from 'zod';
import { type Stream, streamOfCode } from '../catalogue/streams.ts';
import { resolveContainers } from '../custody/container-queries.ts';
import { type Container, containerKind } from '../custody/containers.ts';
import { NOTHING_SCANNED } from '../custody/scanned.ts';
import { unknownContainer } from '../custody/scanning.ts';
import { withScans } from '../custody/scans.ts';
import { weighingsOf } from '../generation/queries.ts';
import { massesOf } from '../generation/rules.ts';
import { STAGES } from '../parties/audience.ts';
import { listVisible, maySee, type Sight, sightOf } from '../parties/visibility.ts';
import type { Act, Caller, Warning } from '../platform/acts.ts';
import { ActAnswer, type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { exampleId } from '../platform/ids.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { subjectsById } from '../platform/subjects.ts';
import { InstantView, Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import {
  COLLECTION_STEPS,
  type Collection,
  type CollectionAct,
  CollectionBody,
  type CollectionInput,
  CollectionPickup,
  CollectionReceipt,
  CollectionStep,
  collectionKind,
  draftsOf,
  type FiledInput,
  fileCollection,
  moveCollection,
} from './collections.ts';
import * as filing from './filing-commands.ts';
import * as load from './load-commands.ts';
import { manifestsById, openCollectionOf } from './queries.ts';
import { byAgentsToo } from './routes.ts';
import { COLLECTION_STATUSES, type CollectedLoad, STATUSES } from './tables.ts';

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

/** A caller's act, in parts: each manifest's under a key of its own. */
interface Sent {
  readonly caller: Caller;
  readonly key: string;
  readonly body: object;
}

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
    input: ({ body, caller, key }: { body: CollectionInput; caller: Caller; key: string }) =>
      filed(services, body, { caller, key, body }),
  });
  for (const act of Object.keys(STEPS) as CollectionAct[])
    addAct(app, journal, {
      url: `/v1/collections/:id/${act}`,
      operation: `collections.${act}`,
      summary: STEPS[act].summary,
      act: moveCollection(act),
      body: STEPS[act].body,
      example: STEPS[act].example,
      answer: StepAnswer,
      input: async ({ params, body, caller, key }) => {
        const given = body as z.output<typeof CollectionStep>;
        const [collection] = await subjectsById(pool, collectionKind, [params.id]);
        // Whose it is, is asked of each manifest too; who is none of the three is told nothing by the act itself.
        const isDue = collection?.status === COLLECTION_STEPS[act].from && standsOn(collection, caller);
        const warnings = isDue ? await moved(services, act, collection, { caller, key, body: given }) : [];
        return { ...given, id: params.id, boxId: collection?.boxId, warnings };
      },
    });
  addReads(app, pool);
}

/** Drafts and issues one manifest for each owner. @throws Problem of the first that is refused; sent again, it goes on from there. */
async function filed(services: Services, input: CollectionInput, sent: Sent): Promise<FiledInput> {
  const { pool } = services.database;
  const { party } = sent.caller.actor;
  const { containers, names } = await resolveContainers(pool, [input.container], [party]);
  const boxId = names.get(input.container);
  if (boxId === undefined) throw Problem.of(unknownContainer({ name: input.container, pointer: '/container' }));
  const all = await subjectsById(
    pool,
    containerKind,
    containers.map(({ id }) => id),
  );
  const inOrder = containers.flatMap(({ id }) => all.find((one) => one.id === id) ?? []);
  const box = inOrder.find(({ id }) => id === boxId)!;
  const boxes = inOrder.filter(({ id, batchId }) => id !== boxId && batchId !== null);
  const stream: Stream = streamOfCode(box.wasteCode);
  const openId = await openCollectionOf(pool, boxId);
  const { carrierId, consigneeSiteId } = input;
  const isReady = openId === undefined && isInStock(box) && box.partyId === party;
  const drafts = isReady ? draftsOf(boxes, box.siteId!, stream, input) : [];
  const { rows } = await pool.query<{ partyId: string }>('select party_id as "partyId" from sites where id = $1', [
    consigneeSiteId,
  ]);
  const ids: string[] = [];
  const warnings: Warning[] = [];
  for (const { draft, ownerId } of drafts) {
    const answer = await done(services, filing.draft, draft, sent, `draft ${ownerId}`);
    ids.push(answer.id);
    warnings.push(...answer.warnings);
  }
  const loads: CollectedLoad[] = [];
  for (const [index, { ownerId, lines }] of drafts.entries()) {
    const id = ids[index]!;
    const answer = await done(services, byAgentsToo('issue', filing.issue), { id }, sent, `issue ${ownerId}`);
    warnings.push(...answer.warnings);
    loads.push({ consignorId: ownerId, manifestId: id, number: answer.number, lines });
  }
  return { boxId, carrierId, consigneeSiteId, consigneeId: rows[0]?.partyId ?? party, stream, loads, warnings, openId };
}

const isInStock = ({ state }: Container): boolean => state === 'stored' || state === 'accepted';

/** Does the act for each manifest that waits for it. @throws Problem of the first that is refused. */
async function moved(services: Services, act: CollectionAct, collection: Collection, sent: Sent): Promise<Warning[]> {
  const { pool } = services.database;
  const statuses = new Map(
    (
      await manifestsById(
        pool,
        collection.loads.map(({ manifestId }) => manifestId),
      )
    ).map(({ id, status }) => [id, status]),
  );
  const warnings: Warning[] = [];
  const inputOf = await inputsOf(pool, act, collection, sent.body);
  for (const one of collection.loads) {
    if (statuses.get(one.manifestId) !== COLLECTION_STEPS[act].manifests) continue;
    const input = { ...(await inputOf(one)), id: one.manifestId };
    const answer = await done(services, ACTS[act], input, sent, `${act} ${one.manifestId}`);
    warnings.push(...answer.warnings);
  }
  return warnings;
}

// biome-ignore lint/suspicious/noExplicitAny: every act has an input of its own.
const ACTS: Record<CollectionAct, Act<any, never>> = {
  pickup: byAgentsToo('pickup', load.pickup),
  'pickup-confirmation': byAgentsToo('pickup-confirmation', load.pickupConfirmation),
  arrival: byAgentsToo('arrival', load.arrival),
  receipt: byAgentsToo('receipt', load.receipt),
};

/** The body of each manifest's act: what stands in the big box stays in it. */
async function inputsOf(pool: pg.Pool, act: CollectionAct, { boxId, loads }: Collection, body: object) {
  const scansOf = async (given: object) => {
    const { scanned = NOTHING_SCANNED, ...rest } = await withScans(pool, given);
    const parents = [...new Set([...scanned.parents, boxId])];
    return { ...rest, scanned: { ...scanned, parents, boxId } };
  };
  if (act === 'pickup')
    return ({ lines }: CollectedLoad) =>
      scansOf({ ...body, lines: lines.map(({ line, containerIds }) => ({ line, containers: containerIds })) });
  if (act !== 'receipt') return async () => body;
  const { missing, method, ...given } = body as z.output<typeof CollectionReceipt>;
  const ids = loads.flatMap(({ lines }) => lines.flatMap(({ containerIds }) => containerIds));
  const gone = await namedAmong(pool, missing, ids);
  const weighed = await weighingsOf(pool, ids);
  const plantGrams = (id: string) => massesOf(weighed.filter(({ containerId }) => containerId === id)).plant;
  return ({ lines }: CollectedLoad) =>
    scansOf({
      ...given,
      discrepancies: [],
      lines: lines.map(({ line, containerIds }) => ({
        line,
        ...(method ? { method } : {}),
        ...decided(
          containerIds.filter((id) => !gone.has(id)),
          plantGrams,
        ),
      })),
    });
}

const NOTHING = { acceptedGrams: 0, refusedGrams: 0, acceptedPieces: 0, refusedPieces: 0 };

/** As the plant weighed each; what it did not weigh, as its label says. */
function decided(present: readonly string[], plantGrams: (id: string) => number | null) {
  if (present.length === 0) return { ...NOTHING, containers: [] };
  return {
    containers: present.map((container) => {
      const massGrams = plantGrams(container);
      return { container, decision: 'accepted' as const, ...(massGrams === null ? {} : { massGrams }) };
    }),
  };
}

/** @throws Problem against-rule for a name that is none of these. */
async function namedAmong(pool: pg.Pool, names: readonly string[], ids: readonly string[]): Promise<Set<string>> {
  const resolved = await resolveContainers(pool, names);
  const found = names.map((name) => resolved.names.get(name));
  const stray = found.findIndex((id) => id === undefined || !ids.includes(id));
  if (stray >= 0) throw Problem.of(unknownContainer({ name: names[stray]!, pointer: `/missing/${stray}` }));
  return new Set(found as string[]);
}

/** @throws Problem as the act is refused. */
async function done<Input>(
  { journal }: Services,
  act: Act<Input, never>,
  input: Input,
  { caller, key, body }: Sent,
  part: string,
): Promise<{ readonly id: string; readonly number: string; readonly warnings: readonly Warning[] }> {
  const answer = await journal.submit(act, input, {
    caller,
    organisation: caller.actor.party,
    key: `${key} ${part}`,
    fingerprint: { path: part, body },
  });
  return answer.body as unknown as { id: string; number: string; warnings: readonly Warning[] };
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

const standsOn = ({ hubId, carrierId, consigneeId }: Collection, { actor }: Caller): boolean =>
  [hubId, carrierId, consigneeId].includes(actor.party);

/** A key bound to a site sees what starts or ends there. */
const isHere =
  ({ site }: Sight) =>
  ({ siteId, consigneeSiteId }: Collection): boolean =>
    site === null || site === siteId || site === consigneeSiteId;
