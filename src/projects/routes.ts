import { z } from 'zod';
import { type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { exampleId } from '../platform/ids.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { InstantView, Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import { readProjects } from './queries.ts';
import { amendProject, ProjectBody, projectKind, registerProject } from './registers.ts';
import { PROJECT_KINDS, SMALL_WORKS } from './tables.ts';

const ProjectView = z.object({
  id: Uuid,
  version: z.number().int(),
  number: z.string(),
  name: z.string(),
  siteId: Uuid,
  /** 排放单位: of the site. */
  partyId: Uuid,
  region: z.string(),
  kind: z.enum(PROJECT_KINDS),
  smallWorks: z.enum(SMALL_WORKS).nullable(),
  developer: z.string().nullable(),
  contractor: z.string().nullable(),
  floorAreaSquareMetres: z.number().int().nullable(),
  startsOn: z.iso.date(),
  endsOn: z.iso.date().nullable(),
  worksEndedAt: InstantView.nullable(),
  clearedAt: InstantView.nullable(),
});

const EXAMPLE = {
  number: '370102202609150101',
  name: '解放东路片区改造工程',
  siteId: exampleId('consignor site'),
  kind: 'demolition',
  developer: '历下城市建设集团有限公司',
  contractor: '济南第一建筑工程有限公司',
  floorAreaSquareMetres: 42_000,
  startsOn: '2026-09-01',
  endsOn: '2026-12-01',
};

/** 工程（工地）. */
export function projectRoutes(app: App, { database, journal }: Services): void {
  app.get(
    '/v1/projects',
    {
      config: { operation: 'projects.read' },
      schema: {
        summary: '工程 · Projects, newest first',
        tags: ['projects'],
        querystring: PageQuery,
        response: { 200: pageOf(ProjectView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query;
      const page = { after: readCursor(cursor), limit: limit + 1 };
      return sendPage(request, reply, await readProjects(database, page, request.caller), limit);
    },
  );
  app.get(
    '/v1/projects/:id',
    {
      config: { operation: 'projects.read' },
      schema: {
        summary: '工程 · One project; its ETag is the version',
        tags: ['projects'],
        params: Id,
        response: { 200: ProjectView, default: ProblemView },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const [row] = await readProjects(database, { id }, request.caller);
      if (!row) throw Problem.of(notFound(projectKind.name, id));
      reply.header('etag', `"${row.version}"`);
      return row;
    },
  );
  addAct(app, journal, {
    url: '/v1/projects',
    operation: 'projects.register',
    summary: '登记工程 · Enter a project at a site of one’s own',
    act: registerProject,
    body: ProjectBody,
    example: EXAMPLE,
    input: ({ body }) => ({ record: body }),
  });
  addAct(app, journal, {
    method: 'PUT',
    url: '/v1/projects/:id',
    operation: 'projects.amend',
    summary: '修改工程 · Replace a project, with If-Match; the end of the works and of the clearance are said here',
    act: amendProject,
    body: ProjectBody,
    example: EXAMPLE,
    edits: true,
    input: ({ params, body }) => ({ id: params.id, record: body }),
  });
}
