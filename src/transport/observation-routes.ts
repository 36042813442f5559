import type pg from 'pg';
import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { Plate } from '../catalogue/identifiers.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import { STREAMS } from '../catalogue/streams.ts';
import { STAGES } from '../parties/audience.ts';
import { addEdits, addReads, type Reads, record } from '../parties/register-routes.ts';
import { readSites } from '../parties/repository.ts';
import { listVisible, maySee, maySeeParty, sightOf } from '../parties/visibility.ts';
import type { Caller } from '../platform/acts.ts';
import { ActAnswer, type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { languageOf } from '../platform/http-errors.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { subjectsById } from '../platform/subjects.ts';
import { InstantView, Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import { CRSS } from './coordinates.ts';
import * as EXAMPLES from './examples.ts';
import { amendFence, FenceBody, fenceInput, registerFence } from './fences.ts';
import { type GatePass, GatePassBody, gatePassKind, keyOfDevice, recordGatePass } from './gate-passes.ts';
import { observedTripKind } from './observed-trips.ts';
import { PositionsBody, recordPositions } from './positions.ts';
import { maySeeLoad, namedManifestIds, withManifestsSeen } from './queries.ts';
import { listFences, listGatePasses } from './repository.ts';
import { SOURCES } from './rules.ts';
import { recordSightings, SightingsBody } from './sightings.ts';
import { GATE_DIRECTIONS } from './tables.ts';
import { recordWaybill, WaybillBody, waybillKind } from './waybills.ts';

/** Batches are judged without an act, by the policies of now. */
type ObservationServices = Services & { readonly reference: () => PolicyBook };

/** What is observed, apart from what anybody declares: gates, cameras, positions, waybills, fences, and the trips inferred. */
export function observationRoutes(app: App, services: ObservationServices): void {
  addGatePasses(app, services);
  addBatches(app, services);
  addWaybills(app, services);
  addReads(app, services, FENCES);
  addEdits(app, services, {
    ...FENCES,
    body: FenceBody,
    example: EXAMPLES.FENCE,
    register: registerFence,
    amend: amendFence,
    input: fenceInput,
  });
  addObservedTrips(app, services);
}

const whole = z.number().int();
const GatePassView = z.object({
  id: Uuid,
  siteId: Uuid,
  partyId: Uuid,
  deviceId: Uuid.nullable(),
  deviceSequence: whole.nullable(),
  direction: z.enum(GATE_DIRECTIONS),
  plate: z.string(),
  manifestId: Uuid.nullable().describe('Null too where the caller may not see the manifest, as its number is'),
  manifestNumber: z.string().nullable(),
  volumeLitres: whole.nullable(),
  photoHash: z.string().nullable(),
  passedAt: InstantView,
});

function addGatePasses(app: App, { journal, database, clock }: Services): void {
  const { pool } = database;
  addAct(app, journal, {
    url: '/v1/gate-passes',
    operation: 'gate-passes.record',
    summary: '门岗过车 · A vehicle went out of a site, or came in',
    act: recordGatePass,
    body: GatePassBody,
    example: EXAMPLES.GATE_PASS,
    answer: ActAnswer.extend({ manifestId: Uuid.nullable() }),
    input: ({ body }) => body,
    keyOf: keyOfDevice,
  });
  const maySeeSite = (caller: Caller, site: { readonly siteId: string; readonly partyId: string }) =>
    maySeeParty(pool, caller, { ...site, day: dayInShanghai(clock.now()) });
  app.get(
    '/v1/gate-passes',
    {
      config: { operation: 'gate-passes.read' },
      schema: {
        summary: '门岗过车 · The passes of a manifest, or of a site, newest first',
        tags: ['gate-passes'],
        querystring: PageQuery.extend({ manifestId: Uuid.optional(), siteId: Uuid.optional() }),
        response: { 200: pageOf(GatePassView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { manifestId, siteId, limit, cursor } = request.query;
      if ((manifestId === undefined) === (siteId === undefined)) throw ONE_OF_TWO;
      const { caller } = request;
      const page = { below: readCursor(cursor), rowsMax: limit + 1 };
      if (manifestId !== undefined) {
        if (!(await maySeeLoad(pool, await sightOf(pool, caller), manifestId)))
          throw Problem.of(notFound('manifest', manifestId));
        return sendPage(request, reply, await listGatePasses(pool, 'manifestId', manifestId, page), limit);
      }
      const [site] = await readSites(database, { id: siteId! });
      if (!site || !(await maySeeSite(caller, { siteId: site.id, partyId: site.partyId })))
        throw Problem.of(notFound('site', siteId!));
      const passes = await withManifestsSeen(pool, caller, await listGatePasses(pool, 'siteId', site.id, page));
      return sendPage(request, reply, passes, limit);
    },
  );
  app.get(
    '/v1/gate-passes/:id',
    {
      config: { operation: 'gate-passes.read' },
      schema: {
        summary: '门岗过车 · One pass',
        tags: ['gate-passes'],
        params: Id,
        response: { 200: GatePassView, default: ProblemView },
      },
    },
    async (request) => {
      const { id } = request.params;
      const [pass] = await subjectsById(pool, gatePassKind, [id]);
      if (!pass || !(await maySeePass(pool, request.caller, pass, () => maySeeSite(request.caller, pass))))
        throw Problem.of(notFound('gate_pass', id));
      return (await withManifestsSeen(pool, request.caller, [pass]))[0]!;
    },
  );
}

const maySeePass = async (
  pool: pg.Pool,
  caller: Caller,
  { manifestId }: GatePass,
  maySeeSite: () => Promise<boolean>,
): Promise<boolean> =>
  (manifestId !== null && (await maySeeLoad(pool, await sightOf(pool, caller), manifestId))) || maySeeSite();

const ONE_OF_TWO = new Problem(
  'invalid-input',
  { zh: '请填写 manifestId 或 siteId 之一。', en: 'Say manifestId or siteId, one of the two.' },
  { errors: [{ pointer: 'query:siteId', detail: { zh: '二者填一', en: 'one of manifestId, siteId' } }] },
);

/** What a batch left behind. Nothing of it has an id: sent again, it is recognised by what it says. */
const BatchAnswer = z.object({
  recorded: whole.describe('Stored now'),
  known: whole.describe('Told before'),
  dropped: whole.describe('Not to be kept'),
  warnings: ActAnswer.shape.warnings,
});

function addBatches(app: App, { database, clock, reference }: ObservationServices): void {
  const asked = (caller: Caller) => ({ caller, now: clock.now(), book: reference() });
  app.post(
    '/v1/sightings',
    {
      config: { operation: 'sightings.record', example: EXAMPLES.SIGHTINGS },
      schema: {
        summary: '号牌抓拍 · What a plate camera read, up to 1,000 at once',
        tags: ['sightings'],
        operationId: 'sightings.record',
        body: SightingsBody,
        response: { 200: BatchAnswer, default: ProblemView },
      },
    },
    async (request) => ({ ...(await recordSightings(database, request.body, asked(request.caller))), warnings: [] }),
  );
  app.post(
    '/v1/positions',
    {
      config: { operation: 'positions.record', example: EXAMPLES.POSITIONS },
      schema: {
        summary: '定位 · Where a vehicle was, up to 5,000 positions at once',
        tags: ['positions'],
        operationId: 'positions.record',
        body: PositionsBody,
        response: { 200: BatchAnswer.extend({ plate: z.string() }), default: ProblemView },
      },
    },
    async (request) => {
      const stored = await recordPositions(database, request.body, asked(request.caller));
      const language = languageOf(request);
      return { ...stored, warnings: stored.warnings.map((one) => ({ ...one, detail: one.detail[language] })) };
    },
  );
}

const WaybillView = z.object({
  ...record,
  carrierId: Uuid,
  number: z.string(),
  plate: z.string(),
  trailerPlate: z.string().nullable(),
  driverId: Uuid.nullable(),
  escortId: Uuid.nullable(),
  goods: z
    .array(
      z.object({
        unNumber: z.string(),
        hazardClass: z.string(),
        packingGroup: z.string().nullable(),
        massGrams: whole,
      }),
    )
    .readonly(),
  routeRegions: z.array(z.string()).readonly(),
  manifestNumbers: z.array(z.string()).readonly(),
  departsAt: InstantView,
  arrivesAt: InstantView.nullable(),
  keepUntil: z.iso.date(),
});

function addWaybills(app: App, { journal, database: { pool } }: Services): void {
  addAct(app, journal, {
    url: '/v1/waybills',
    operation: 'waybills.record',
    summary: '危货运单 · Record a waybill for dangerous goods',
    act: recordWaybill,
    body: WaybillBody,
    example: EXAMPLES.WAYBILL,
    answer: ActAnswer.extend({ keepUntil: z.iso.date() }),
    input: ({ body }) => body,
  });
  app.get(
    '/v1/waybills',
    {
      config: { operation: 'waybills.read' },
      schema: {
        summary: '危货运单 · One’s own waybills; of a regulator, those that lead through its place',
        tags: ['waybills'],
        querystring: PageQuery.extend({ plate: Plate.optional() }),
        response: { 200: pageOf(WaybillView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { limit, cursor, plate } = request.query;
      const sight = await sightOf(pool, request.caller);
      const rows = await listVisible(pool, sight, {
        kind: 'waybill',
        stages: STAGES,
        below: readCursor(cursor),
        rowsMax: limit + 1,
        load: (ids) => subjectsById(pool, waybillKind, ids),
        fits: (row) => sight.site === null && (plate === undefined || plate === row.plate),
      });
      return sendPage(request, reply, rows, limit);
    },
  );
  app.get(
    '/v1/waybills/:id',
    {
      config: { operation: 'waybills.read' },
      schema: {
        summary: '危货运单 · One waybill: for its carrier, and whoever sees a manifest it names',
        tags: ['waybills'],
        params: Id,
        response: { 200: WaybillView, default: ProblemView },
      },
    },
    async (request) => {
      const { id } = request.params;
      const [waybill] = await subjectsById(pool, waybillKind, [id]);
      const sight = await sightOf(pool, request.caller);
      const seen = waybill && sight.site === null && (await maySee(pool, sight, 'waybill', id));
      if (waybill && !seen)
        for (const manifestId of await namedManifestIds(pool, waybill))
          if (await maySeeLoad(pool, sight, manifestId)) return waybill;
      if (!waybill || !seen) throw Problem.of(notFound('waybill', id));
      return waybill;
    },
  );
}

const fenceFilter = { siteId: Uuid.optional() };
const Point = z.array(z.number()).readonly();
const FENCES: Reads<typeof fenceFilter> = {
  path: 'fences',
  resource: 'fences',
  kind: 'fence',
  title: 'geofence of a site 电子围栏',
  view: z.object({
    ...record,
    siteId: Uuid,
    name: z.string().nullable(),
    stream: z.enum(STREAMS),
    sourceCrs: z.enum(CRSS),
    /** In WGS-84. */
    shape: z.union([
      z.object({ type: z.literal('circle'), centre: Point, radiusMetres: whole }),
      z.object({ type: z.literal('polygon'), points: z.array(Point).readonly() }),
    ]),
    inForceFrom: z.iso.date(),
    inForceTo: z.iso.date().nullable(),
  }),
  filter: fenceFilter,
  read: ({ pool }, wanted, _caller, filter) => listFences(pool, { ...wanted, ...filter }),
};

export const ObservedTripView = z.object({
  ...record,
  status: z.enum(['observed', 'withdrawn']),
  stream: z.enum(STREAMS),
  plate: z.string(),
  carrierId: Uuid.nullable(),
  fromSiteId: Uuid,
  fromPartyId: Uuid,
  fromRegion: z.string(),
  departedAt: InstantView,
  toSiteId: Uuid,
  toPartyId: Uuid,
  toRegion: z.string(),
  arrivedAt: InstantView,
  evidence: z
    .array(
      z.object({
        end: z.enum(['departure', 'arrival']),
        source: z.enum(SOURCES),
        id: Uuid,
        at: z.iso.datetime(),
      }),
    )
    .readonly(),
  positions: whole,
  trackHash: z.string().nullable(),
  manifestId: Uuid.nullable(),
  leg: whole.nullable(),
  secondsApart: whole.nullable(),
  observedAt: InstantView,
});

function addObservedTrips(app: App, { database: { pool } }: Services): void {
  app.get(
    '/v1/observed-trips',
    {
      config: { operation: 'observed-trips.read' },
      schema: {
        summary: '自动联单 · Journeys that were observed, newest first, whatever was declared of them',
        tags: ['observed-trips'],
        querystring: PageQuery.extend({ plate: Plate.optional(), siteId: Uuid.optional() }),
        response: { 200: pageOf(ObservedTripView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { limit, cursor, plate, siteId } = request.query;
      const sight = await sightOf(pool, request.caller);
      const isOf = (site: string, row: { fromSiteId: string; toSiteId: string }) =>
        row.fromSiteId === site || row.toSiteId === site;
      const rows = await listVisible(pool, sight, {
        kind: 'observed_trip',
        stages: STAGES,
        below: readCursor(cursor),
        rowsMax: limit + 1,
        load: (ids) => subjectsById(pool, observedTripKind, ids),
        fits: (row) =>
          (sight.site === null || isOf(sight.site, row)) &&
          (siteId === undefined || isOf(siteId, row)) &&
          (plate === undefined || plate === row.plate),
      });
      return sendPage(request, reply, rows, limit);
    },
  );
}
