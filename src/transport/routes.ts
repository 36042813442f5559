import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { STAGES } from '../parties/audience.ts';
import { listVisible, maySeeParty, sightOf } from '../parties/visibility.ts';
import { ActAnswer, type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { exampleId } from '../platform/ids.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { subjectsById } from '../platform/subjects.ts';
import { InstantView, Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import { recordWeighTicket, WeighTicketBody } from './commands.ts';
import { maySeeLoad, sitesOfTripSeen } from './queries.ts';
import { findWeighTicket, weighTicketsOf, weighTicketsOfTrip } from './repository.ts';
import { WEIGHING_PURPOSES } from './tables.ts';
import { endTrip, startTrip, TripBody, TripEnd, tripKind } from './trips.ts';

const TicketView = z.object({
  id: Uuid,
  ticketNumber: z.string(),
  partyId: Uuid,
  siteId: Uuid,
  deviceId: Uuid.nullable(),
  purpose: z.enum(WEIGHING_PURPOSES),
  plate: z.string().nullable(),
  grossGrams: z.number().int(),
  tareGrams: z.number().int(),
  netGrams: z.number().int(),
  scaleDivisionGrams: z.number().int().nullable(),
  manifestId: Uuid.nullable(),
  tripId: Uuid.nullable(),
  weighedAt: InstantView,
});

const TripView = z.object({
  id: Uuid,
  version: z.number().int(),
  carrierId: Uuid,
  plate: z.string(),
  driverId: Uuid.nullable(),
  startedAt: InstantView,
  endedAt: InstantView.nullable(),
  /**
   * The trip's own difference, as booked at each site where the whole vehicle was weighed, of its first unloading there, its second …;
   * others than the carrier see their manifests' sites.
   */
  booked: z.array(z.object({ siteId: Uuid, nth: z.number().int().optional(), grams: z.number().int() })).readonly(),
});

export function transportRoutes(app: App, services: Services): void {
  addTrips(app, services);
  addWeighTickets(app, services);
}

function addTrips(app: App, { journal, database }: Services): void {
  const { pool } = database;
  addAct(app, journal, {
    url: '/v1/trips',
    operation: 'trips.start',
    summary: '发车 · A vehicle sets off on a round of pickups',
    act: startTrip,
    body: TripBody,
    example: { plate: '鲁A12345', startedAt: '2026-09-15T00:30:00Z' },
    input: ({ body }) => body,
  });
  addAct(app, journal, {
    url: '/v1/trips/:id/end',
    operation: 'trips.end',
    summary: '收车 · The round is over',
    act: endTrip,
    body: TripEnd,
    example: { occurredAt: '2026-09-15T09:30:00Z' },
    input: ({ params, body }) => ({ ...(body as z.output<typeof TripEnd>), id: params.id }),
  });
  app.get(
    '/v1/trips',
    {
      config: { operation: 'trips.read' },
      schema: {
        summary: '车次 · One’s own trips, newest first',
        tags: ['trips'],
        querystring: PageQuery,
        response: { 200: pageOf(TripView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query;
      const sight = await sightOf(pool, request.caller);
      const rows = await listVisible(pool, sight, {
        kind: 'trip',
        stages: STAGES,
        below: readCursor(cursor),
        rowsMax: limit + 1,
        load: (ids) => subjectsById(pool, tripKind, ids),
        fits: () => sight.site === null, // a key bound to a site sees nothing on the road
      });
      return sendPage(request, reply, rows, limit);
    },
  );
  app.get(
    '/v1/trips/:id',
    {
      config: { operation: 'trips.read' },
      schema: {
        summary: '车次 · One trip and the weighings of the whole vehicle',
        tags: ['trips'],
        params: Id,
        response: { 200: TripView.extend({ tickets: z.array(TicketView) }), default: ProblemView },
      },
    },
    async (request) => {
      const { id } = request.params;
      const [trip] = await subjectsById(pool, tripKind, [id]);
      const sites = trip && (await sitesOfTripSeen(pool, request.caller, trip));
      if (!trip || !sites) throw Problem.of(notFound('trip', id));
      const booked = trip.booked.filter(({ siteId }) => sites === 'all' || sites.includes(siteId));
      return { ...trip, booked, tickets: await weighTicketsOfTrip(pool, id, sites) };
    },
  );
}

function addWeighTickets(app: App, { journal, database, clock }: Services): void {
  const { pool } = database;
  addAct(app, journal, {
    url: '/v1/weigh-tickets',
    operation: 'weigh-tickets.record',
    summary: '过磅 · Record what a scale said',
    act: recordWeighTicket,
    body: WeighTicketBody,
    example: {
      ticketNumber: 'GB-20260915-0031',
      siteId: exampleId('consignee site'),
      purpose: 'unloading',
      plate: '鲁A12345',
      grossGrams: 23_480_000,
      tareGrams: 18_520_000,
      manifestId: exampleId('manifest'),
      occurredAt: '2026-09-15T06:10:00Z',
    },
    answer: ActAnswer.extend({ netGrams: z.number().int() }),
    input: ({ body }) => body,
  });

  app.get(
    '/v1/weigh-tickets',
    {
      config: { operation: 'weigh-tickets.read' },
      schema: {
        summary: '过磅单 · The tickets of a manifest',
        tags: ['weigh-tickets'],
        querystring: z.strictObject({ manifestId: Uuid }),
        response: { 200: z.object({ items: z.array(TicketView) }), default: ProblemView },
      },
    },
    async (request) => {
      const { manifestId } = request.query;
      if (!(await maySeeLoad(pool, await sightOf(pool, request.caller), manifestId)))
        throw Problem.of(notFound('manifest', manifestId));
      return { items: await weighTicketsOf(pool, manifestId) };
    },
  );

  app.get(
    '/v1/weigh-tickets/:id',
    {
      config: { operation: 'weigh-tickets.read' },
      schema: {
        summary: '过磅单 · One ticket',
        tags: ['weigh-tickets'],
        params: Id,
        response: { 200: TicketView, default: ProblemView },
      },
    },
    async (request) => {
      const ticket = await findWeighTicket(pool, request.params.id);
      const sight = await sightOf(pool, request.caller);
      const visible =
        ticket &&
        ((ticket.manifestId !== null && (await maySeeLoad(pool, sight, ticket.manifestId))) ||
          (sight.streams === null || ticket.manifestId === null
            ? await maySeeParty(pool, request.caller, { ...ticket, region: undefined, day: dayInShanghai(clock.now()) })
            : false));
      if (!ticket || !visible) throw Problem.of(notFound('weigh_ticket', request.params.id));
      return ticket;
    },
  );
}
