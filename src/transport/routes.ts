import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { maySee, maySeeParty, sightOf } from '../parties/visibility.ts';
import { ActAnswer, type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { notFound } from '../platform/register.ts';
import { InstantView, Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import { recordWeighTicket, WeighTicketBody } from './commands.ts';
import { findWeighTicket, weighTicketsOf } from './repository.ts';
import { WEIGHING_PURPOSES } from './tables.ts';

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
  weighedAt: InstantView,
});

export function transportRoutes(app: App, { journal, database, clock }: Services): void {
  const { pool } = database;
  addAct(app, journal, {
    url: '/v1/weigh-tickets',
    operation: 'weigh-tickets.record',
    summary: '过磅 · Record what a scale said',
    act: recordWeighTicket,
    body: WeighTicketBody,
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
        querystring: z.object({ manifestId: Uuid }),
        response: { 200: z.object({ items: z.array(TicketView) }), default: ProblemView },
      },
    },
    async (request) => {
      const { manifestId } = request.query;
      if (!(await maySee(pool, await sightOf(pool, request.caller), 'manifest', manifestId)))
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
        ((ticket.manifestId !== null && (await maySee(pool, sight, 'manifest', ticket.manifestId))) ||
          (sight.streams === null || ticket.manifestId === null
            ? await maySeeParty(pool, request.caller, { ...ticket, region: undefined, day: dayInShanghai(clock.now()) })
            : false));
      if (!ticket || !visible) throw Problem.of(notFound('weigh ticket', request.params.id));
      return ticket;
    },
  );
}
