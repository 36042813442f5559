import { Readable } from 'node:stream';
import { z } from 'zod';
import { addMonths } from '../catalogue/calendar.ts';
import type { Caller } from '../platform/acts.ts';
import type { Database } from '../platform/connections.ts';
import { type App, ProblemView } from '../platform/http.ts';
import { languageOf } from '../platform/http-errors.ts';
import { inBoth } from '../platform/schema-messages.ts';
import { Month, Uuid } from '../platform/values.ts';
import { regionsOfProjects } from '../projects/queries.ts';
import { startOfDay } from './queries.ts';
import type { ReportServices } from './routes.ts';
import { openSettlement, type SettlementQuery, settlementFile } from './settlement.ts';

const Query = z
  .strictObject({
    projectId: Uuid.optional(),
    carrierId: Uuid.optional(),
    month: Month,
  })
  .refine(({ projectId, carrierId }) => projectId !== undefined || carrierId !== undefined, {
    path: ['projectId'],
    error: inBoth('填 projectId 或 carrierId', 'projectId or carrierId'),
  });

/** 结算依据: the closed manifests of a month, as a file. */
export function settlementRoutes(app: App, { database, reference }: ReportServices): void {
  app.get(
    '/v1/settlements',
    {
      config: { operation: 'settlements.read' },
      schema: {
        summary:
          '结算导出 · Closed manifests of a project or a haulier in a month, as CSV in zh-CN or English, times of Asia/Shanghai; what is excluded says why',
        tags: ['settlements'],
        querystring: Query,
        response: { 200: z.string().describe('text/csv; charset=utf-8'), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { projectId = null, carrierId = null, month } = request.query;
      const first = `${month}-01`;
      const query = {
        projectId,
        carrierId,
        from: startOfDay(first),
        to: startOfDay(addMonths(first, 1)),
        ...(await sightOf(database, request.caller)),
      };
      const rows = await openSettlement(database.pool, query, reference());
      reply.type('text/csv; charset=utf-8');
      reply.header('content-disposition', `attachment; filename="settlement-${month}.csv"`);
      return reply.send(Readable.from(settlementFile(rows, languageOf(request))) as never);
    },
  );
}

async function sightOf(
  database: Database,
  caller: Caller,
): Promise<Pick<SettlementQuery, 'partyId' | 'siteId' | 'regions'>> {
  if (caller.role !== 'regulator') return { partyId: caller.actor.party, siteId: caller.site ?? null, regions: null };
  return { partyId: null, siteId: null, regions: await regionsOfProjects(database, caller) };
}
