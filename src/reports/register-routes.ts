import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { RegionCode } from '../catalogue/commands.ts';
import { descendantsPresent } from '../catalogue/regions.ts';
import { STREAMS, type Stream } from '../catalogue/streams.ts';
import { sightAt } from '../generation/sight.ts';
import { jurisdictionOf } from '../parties/repository.ts';
import { sightOf } from '../parties/visibility.ts';
import type { Caller } from '../platform/acts.ts';
import type { Database } from '../platform/connections.ts';
import { type App, ProblemView } from '../platform/http.ts';
import { PageQuery, pageOf, readCursor, readKeyset, sendKeyset, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { inBoth } from '../platform/schema-messages.ts';
import { BasisView, CivilDay, InstantView, Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import { coverageOf, silentUnits } from './coverage.ts';
import { type Asking, siteSeen } from './dues.ts';
import { daysBetween, keyOf, REGISTER_NAMES, REGISTERS, registerRows, SPAN_DAYS_MAX } from './registers.ts';
import type { ReportServices } from './routes.ts';
import { periodOf } from './rules.ts';

const RegisterView = z.object({
  eventId: Uuid,
  n: z.number().int(),
  eventType: z.string(),
  subjectId: Uuid,
  occurredAt: InstantView,
  recordedAt: z.iso.datetime(),
  recordedById: Uuid,
  onBehalfOf: Uuid.nullable(),
  batchId: Uuid,
  wasteCode: z.string(),
  grams: z.number().int(),
  pieces: z.number().int(),
  /** 干物质, of a waste whose moisture is measured. */
  dryGrams: z.number().int(),
  ownerId: Uuid,
  treatmentMethod: z.string().nullable(),
  facilityCode: z.string().nullable(),
  manifest: z
    .object({
      id: Uuid,
      number: z.string().nullable(),
      line: z.number().int(),
      counterpartId: Uuid,
      counterpartName: z.string(),
      method: z.string().nullable(),
      permitNumbers: z.array(z.string()).readonly(),
    })
    .nullable(),
  /** Of entries into a store and out of it (B.2, B.3). */
  storage: z
    .object({
      code: z.string(),
      storeId: Uuid,
      storeCode: z.string(),
      storeType: z.string(),
      containerId: Uuid.nullable(),
      sourceCode: z.string().nullable(),
      moverId: Uuid.nullable(),
      storekeeperId: Uuid.nullable(),
      destination: z.string().nullable(),
    })
    .nullable(),
});

const After = z.strictObject({ occurredAt: z.iso.datetime(), id: z.uuid(), n: z.number().int() });

/** 台账 (HJ 1259-2022 annex B) and 覆盖率. */
export function registerRoutes(app: App, services: ReportServices): void {
  registerRoute(app, services);
  coverageRoute(app, services);
}

function registerRoute(app: App, { database, clock, reference }: ReportServices): void {
  app.get(
    '/v1/registers/:register',
    {
      config: { operation: 'registers.read' },
      schema: {
        summary: '管理台账 · What came to and left a site, read off the ledger, in the order in which it happened',
        tags: ['registers'],
        params: z.object({ register: z.enum(REGISTER_NAMES) }),
        querystring: PageQuery.extend({
          siteId: Uuid,
          ownerId: Uuid.optional().describe('Of a shared site: whose waste; a tenant reads its own'),
          from: CivilDay.describe('First day'),
          to: CivilDay.describe('First day that is no longer asked for; at most a year later'),
        }),
        response: { 200: pageOf(RegisterView).extend({ basis: BasisView }), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { siteId, from, to, limit, cursor } = request.query;
      const { register } = request.params;
      const { caller } = request;
      const days = daysBetween(from, to);
      if (days < 1 || days > SPAN_DAYS_MAX) throw badSpan();
      const asking = { database, caller, book: reference(), today: dayInShanghai(clock.now()) };
      const ownerId = await ownerShown(asking, siteId, request.query.ownerId ?? null);
      const { streams } = await sightOf(database.pool, caller);
      const after = readKeyset(cursor, After);
      const rows = await registerRows(database.pool, {
        siteId,
        register,
        from,
        to,
        streams,
        ownerId,
        after,
        rowsMax: limit + 1,
      });
      const page = sendKeyset(request, reply, rows, { limit, keyOf });
      return { ...page, basis: REGISTERS[register].basis };
    },
  );
}

/**
 * Of whose waste the caller reads at a site; null: of everybody's. A tenant reads of its own.
 * @throws Problem not-found for a site, or the waste of a party, that is not the caller's to see.
 */
async function ownerShown(asking: Asking, siteId: string, wanted: string | null): Promise<string | null> {
  const tenant = await sightAt(asking.database.pool, asking.caller, siteId, asking.today);
  if (typeof tenant !== 'string') {
    await siteSeen(asking, siteId);
    return wanted;
  }
  if (wanted !== null && wanted !== tenant) throw Problem.of(notFound('party', wanted));
  return tenant;
}

const badSpan = (): Problem =>
  new Problem(
    'invalid-input',
    {
      zh: `to 须晚于 from，且至多相隔 ${SPAN_DAYS_MAX} 天。`,
      en: `to is after from, by at most ${SPAN_DAYS_MAX} days.`,
    },
    { errors: [{ pointer: 'query:to', detail: { zh: '晚于 from，且不超过一年', en: 'after from, at most a year' } }] },
  );

const CoverageView = z.object({
  region: z.string(),
  stream: z.enum(STREAMS),
  month: z.string(),
  counts: z.enum(['confirmed_pickup', 'any_fact']),
  basis: BasisView,
  expected: z.number().int(),
  covered: z.number().int(),
  zeroReport: z.number().int(),
  silent: z.number().int(),
  /** Covered, of those expected that did not say there was nothing; null when there are none. */
  coveredPermille: z.number().int().nullable(),
  items: z.array(
    z.object({
      id: Uuid,
      partyId: Uuid,
      partyName: z.string(),
      siteId: Uuid.nullable(),
      region: z.string(),
    }),
  ),
  next: z.string().nullable(),
});

function coverageRoute(app: App, { database, reference }: ReportServices): void {
  app.get(
    '/v1/coverage',
    {
      config: { operation: 'coverage.read' },
      schema: {
        summary:
          '覆盖率 · Of the units expected in a region, which were heard of in a month; the silent ones, page by page',
        tags: ['coverage'],
        querystring: PageQuery.extend({
          region: RegionCode,
          stream: z.enum(STREAMS),
          month: z.string().regex(/^2[01]\d{2}-(0[1-9]|1[0-2])$/, inBoth('月份，如 2026-10', 'a month, 2026-10')),
        }),
        response: { 200: CoverageView, default: ProblemView },
      },
    },
    async (request, reply) => {
      const { region, stream, month, limit, cursor } = request.query;
      await watchedRegion(database, request.caller, region, stream);
      const period = periodOf(month)!;
      const { value, basis } = reference().policy('coverage-counts', { region, stream, day: period.to });
      const question = { regions: descendantsPresent(region), stream, period, counts: value };
      const [states, silent] = await Promise.all([
        coverageOf(database.pool, question),
        silentUnits(database.pool, question, { below: readCursor(cursor), rowsMax: limit + 1 }),
      ]);
      const active = states.covered + states.silent;
      return {
        region,
        stream,
        month,
        counts: value,
        basis: `${basis.instrument} ${basis.article}`,
        expected: active + states.zero_report,
        covered: states.covered,
        zeroReport: states.zero_report,
        silent: states.silent,
        coveredPermille: active === 0 ? null : Math.floor((states.covered * 1000) / active),
        ...sendPage(request, reply, silent, limit),
      };
    },
  );
}

/** @throws Problem not-found for a region outside the caller's jurisdiction, or a stream it does not watch. */
async function watchedRegion(database: Database, caller: Caller, region: string, stream: Stream): Promise<void> {
  const asked = descendantsPresent(region);
  const absent = Problem.of(notFound('region', region));
  if (asked.length === 0) throw absent;
  if (caller.role === 'administrator') return;
  const { regions, streams } = await jurisdictionOf(database, caller);
  if (!streams.includes(stream) || !asked.every((code) => regions.includes(code))) throw absent;
}
