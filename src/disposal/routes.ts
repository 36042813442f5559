import type pg from 'pg';
import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { streamOfCode } from '../catalogue/streams.ts';
import { TREATMENT_KINDS } from '../catalogue/treatment-methods.ts';
import { withScans } from '../custody/scans.ts';
import { receivedParts } from '../manifests/line-containers.ts';
import { findManifest } from '../manifests/queries.ts';
import { isUnsettled } from '../manifests/seen-by.ts';
import { maySeeParty, sightOf } from '../parties/visibility.ts';
import type { Caller } from '../platform/acts.ts';
import { HistoryView, sendHistory } from '../platform/histories.ts';
import { ActAnswer, type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { exampleId } from '../platform/ids.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { InstantView, Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import { recordTreatment, TreatmentBody } from './commands.ts';
import { FATES, fateOf } from './fate.ts';
import { containersTreatedBy, fateGraph, listTreatments, type TreatmentRow, treatmentsById } from './queries.ts';
import { ReversalBody, reverseTreatment } from './reversing.ts';

const GramsView = z.number().int();
const Produced = { grams: GramsView, dryGrams: GramsView };
const TreatmentView = z.object({
  id: Uuid,
  version: z.number().int(),
  status: z.enum(['recorded', 'reversed']),
  partyId: Uuid,
  siteId: Uuid,
  ownerId: Uuid,
  region: z.string(),
  method: z.string(),
  treatmentKind: z.enum(TREATMENT_KINDS),
  facilityCode: z.string().nullable(),
  selfTreatment: z.boolean(),
  batchCode: z.string().nullable(),
  startedAt: InstantView,
  endedAt: InstantView,
  inputs: z.array(
    z.object({
      batchId: Uuid,
      wasteCode: z.string(),
      pieces: z.number().int(),
      inferred: z.boolean(),
      /** The container it was in. */
      containerId: Uuid.optional(),
      ...Produced,
    }),
  ),
  outputs: z.array(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('residue'), wasteCode: z.string(), batchId: Uuid, ...Produced }),
      z.object({ kind: z.literal('product'), name: z.string(), ...Produced }),
    ]),
  ),
  additives: z.array(z.object({ name: z.string(), grams: GramsView })),
  lossGrams: GramsView,
  reversedAt: InstantView.nullable(),
});

const PartView = z.object({
  fate: z.enum(FATES),
  siteId: Uuid.nullable(),
  /** The manifest that took it on, when it was not this one. */
  manifestId: Uuid.nullable(),
  method: z.string().nullable(),
  treatmentKind: z.enum(TREATMENT_KINDS).nullable(),
  grams: GramsView,
  permille: z.number().int(),
});
const FateView = z.object({
  manifestId: Uuid,
  /** Received, and nothing of it is left in stock, on the road or in hold. */
  settled: z.boolean(),
  /** False when it goes further than a fate is followed; what lies beyond is a part of its own. */
  complete: z.boolean(),
  lines: z.array(
    z.object({
      line: z.number().int(),
      wasteCode: z.string(),
      receivedGrams: GramsView,
      settled: z.boolean(),
      parts: z.array(PartView),
      forwarded: z.array(z.object({ manifestId: Uuid, grams: GramsView })),
      residues: z.array(z.object({ wasteCode: z.string(), grams: GramsView, parts: z.array(PartView) })),
    }),
  ),
});

export function disposalRoutes(app: App, services: Services): void {
  addTreatmentActs(app, services);
  addTreatmentReads(app, services);
  addFate(app, services);
}

function addTreatmentActs(app: App, { journal, database: { pool } }: Services): void {
  addAct(app, journal, {
    url: '/v1/treatments',
    operation: 'treatments.record',
    summary: '利用处置 · Record what was treated and what came of it',
    act: recordTreatment,
    body: TreatmentBody,
    example: {
      siteId: exampleId('consignor site'),
      method: 'D10',
      startedAt: '2026-09-15T01:30:00Z',
      endedAt: '2026-09-15T05:30:00Z',
      inputs: [{ wasteCode: '900-249-08', grams: 100_000 }],
      outputs: [{ kind: 'residue', wasteCode: '772-003-18', grams: 20_000, dryGrams: 20_000 }],
      lossGrams: 80_000,
    },
    answer: ActAnswer.extend({
      treatmentKind: z.enum(TREATMENT_KINDS),
      selfTreatment: z.boolean(),
      batchCode: z.string().nullable(),
      residues: z.array(z.object({ wasteCode: z.string(), batchId: Uuid, grams: GramsView })),
    }),
    input: ({ body }) => withScans<z.output<typeof TreatmentBody>>(pool, body),
  });
  addAct(app, journal, {
    url: '/v1/treatments/:id/reversal',
    operation: 'treatments.reverse',
    summary: '冲销 · Take a wrong record back',
    act: reverseTreatment,
    body: ReversalBody,
    example: { reason: '重复登记' },
    answer: ActAnswer.extend({ status: z.literal('reversed') }),
    input: async ({ params, body }) => ({
      ...(body as { reason: string }),
      id: params.id,
      containerIds: await containersTreatedBy(pool, params.id),
    }),
  });
}

function addTreatmentReads(app: App, { database, clock }: Services): void {
  const { pool } = database;
  const today = () => dayInShanghai(clock.now());
  app.get(
    '/v1/treatments',
    {
      config: { operation: 'treatments.read' },
      schema: {
        summary: '利用处置记录 · Treatments of a site, newest first',
        tags: ['treatments'],
        querystring: PageQuery.extend({ siteId: Uuid }),
        response: { 200: pageOf(TreatmentView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { siteId, limit, cursor } = request.query;
      const { rows } = await pool.query<{ partyId: string; region: string }>(
        'select party_id as "partyId", region from sites where id = $1',
        [siteId],
      );
      if (!rows[0] || !(await maySeeParty(pool, request.caller, { ...rows[0], siteId, day: today() })))
        throw Problem.of(notFound('site', siteId));
      const { streams } = await sightOf(pool, request.caller);
      const page = { siteId, streams, below: readCursor(cursor), rowsMax: limit + 1 };
      return sendPage(request, reply, (await listTreatments(pool, page)).map(viewOf), limit);
    },
  );

  app.get(
    '/v1/treatments/:id',
    {
      config: { operation: 'treatments.read' },
      schema: {
        summary: '利用处置记录 · One treatment',
        tags: ['treatments'],
        params: Id,
        response: { 200: TreatmentView, default: ProblemView },
      },
    },
    async (request, reply) => {
      const treatment = await visibleTreatment(pool, request.caller, request.params.id, today());
      reply.header('etag', `"${treatment.version}"`);
      return viewOf(treatment);
    },
  );

  app.get(
    '/v1/treatments/:id/events',
    {
      config: { operation: 'treatments.read' },
      schema: {
        summary: '监管留痕 · Everything that happened to a treatment and its residues',
        tags: ['treatments'],
        params: Id,
        querystring: PageQuery,
        response: { 200: HistoryView, default: ProblemView },
      },
    },
    async (request, reply) => {
      const { id } = await visibleTreatment(pool, request.caller, request.params.id, today());
      return sendHistory(pool, request, reply, { id, ...request.query });
    },
  );
}

/** @throws Problem 404 for a treatment that does not concern the caller: another's, elsewhere, of other streams. */
async function visibleTreatment(pool: pg.Pool, caller: Caller, id: string, day: string): Promise<TreatmentRow> {
  const [treatment] = await treatmentsById(pool, [id]);
  const { streams } = await sightOf(pool, caller);
  const visible =
    treatment &&
    (await maySeeParty(pool, caller, { ...treatment, region: undefined, day })) &&
    treatment.inputs.some(({ wasteCode }) => streams === null || streams.includes(streamOfCode(wasteCode)));
  if (!treatment || !visible) throw Problem.of(notFound('treatment', id));
  return treatment;
}

const viewOf = (treatment: TreatmentRow) => treatment as unknown as z.output<typeof TreatmentView>;

/** TM 12(4): the consignor, and whoever else stands on a manifest, sees what became of it. */
function addFate(app: App, { database }: Services): void {
  const { pool } = database;
  app.get(
    '/v1/manifests/:id/fate',
    {
      config: { operation: 'manifests.read' },
      schema: {
        summary: '去向 · What became of the waste of a manifest',
        tags: ['manifests'],
        params: Id,
        response: { 200: FateView, default: ProblemView },
      },
    },
    async (request) => {
      const manifest = await findManifest(pool, await sightOf(pool, request.caller), request.params.id);
      if (!manifest) throw Problem.of(notFound('manifest', request.params.id));
      const { complete, ...graph } = await fateGraph(
        pool,
        manifest.lines.flatMap(({ receivedBatchIds }) => receivedBatchIds),
      );
      const lines = manifest.lines.map((line) => {
        const { grams: receivedGrams, ...fate } = fateOf(receivedParts(line), graph);
        return { line: line.line, wasteCode: line.wasteCode, receivedGrams, ...fate };
      });
      const isOver = manifest.acceptedAt !== null || manifest.status === 'ended';
      const settled = isOver && !isUnsettled(manifest) && lines.every((line) => line.settled);
      return { manifestId: manifest.id, settled, complete, lines: lines.map(mutable) };
    },
  );
}

/** The answer's schema is written without readonly. */
const mutable = <Line>(line: Line) => line as unknown as z.output<typeof FateView>['lines'][number];
