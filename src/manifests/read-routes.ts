import { z } from 'zod';
import { addDays, dayInShanghai, endOfDayInShanghai } from '../catalogue/calendar.ts';
import { Plate } from '../catalogue/identifiers.ts';
import { type Audience, STAGES } from '../parties/audience.ts';
import { actsFor, type DelegationQuestion, delegationsHeld } from '../parties/delegations.ts';
import { sightOf } from '../parties/visibility.ts';
import type { Caller } from '../platform/acts.ts';
import { HistoryView, sendHistory } from '../platform/histories.ts';
import { type App, Id, ProblemView, type Services } from '../platform/http.ts';
import { languageOf } from '../platform/http-errors.ts';
import { PageQuery, pageOf, readCursor, readKeyset, sendKeyset, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { inBoth } from '../platform/schema-messages.ts';
import { CivilDay, TypedNumber, Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import { readProjects } from '../projects/queries.ts';
import type { ManifestAct } from './lifecycle.ts';
import type { Manifest } from './manifest.ts';
import {
  findByNumber,
  findByPlate,
  findByTrip,
  findManifest,
  issueOf,
  listManifests,
  listOfProject,
  type ManifestRow,
  OF_ANOTHER_MANIFEST,
  ownEvents,
} from './queries.ts';
import { isDrafter, type RolesInAct, rolesInAct, rolesOfCaller } from './standing.ts';
import { STATUSES, type Status } from './tables.ts';
import { DifferenceView, differencesBetween, VersionView, versionsOf, versionView } from './versions.ts';
import { ManifestView, viewOf } from './views.ts';

const ListQuery = PageQuery.extend({
  status: z.enum(STATUSES).optional(),
  number: TypedNumber.max(32).optional(),
  tripId: Uuid.optional(),
  /** 工地, of those one may see: GET /v1/projects. */
  projectId: Uuid.optional(),
  /** With a day: what this vehicle was loaded with then. */
  plate: Plate.optional(),
  day: CivilDay.optional(),
}).refine(({ plate, day }) => (plate === undefined) === (day === undefined), {
  path: ['day'],
  error: inBoth('plate 与 day 同时填写', 'plate and day go together'),
});
const DifferenceQuery = z.strictObject({
  /** Absent: the first that the caller may read. */
  from: z.coerce.number().int().optional(),
  /** Absent: the present one. */
  to: z.coerce.number().int().optional(),
});

const noSuchVersion = (version: number, first: number, last: number): Problem =>
  new Problem('not-found', {
    zh: `没有第 ${version} 版可查；可查第 ${first} 至第 ${last} 版。`,
    en: `There is no version ${version} to read; they go from ${first} to ${last}.`,
  });

/** Which stages of the lists a status may lie in: what is received stays open while something of it is unsettled. */
const STAGES_OF: Record<Status, readonly Audience['stage'][]> = {
  draft: ['draft'],
  issued: ['open'],
  in_transit: ['open'],
  stored: ['open'],
  arrived: ['open'],
  received: ['open', 'closed'],
  refused: ['open', 'closed'],
  ended: ['open', 'closed'],
  void: ['void'],
};

/** In lists as oneself; as an agent, when one manifest is read. */
const ownRoles = (manifest: Manifest, caller: Caller) => (): RolesInAct => ({
  roles: rolesOfCaller(manifest, caller),
});

const BEGINNING = { seq: 1, ordinal: 0 };

export function manifestReadRoutes(app: App, { database, clock }: Services): void {
  const { pool } = database;
  const seen = async ({ params, caller }: { params: { id: string }; caller: Caller }): Promise<ManifestRow> => {
    const manifest = await findManifest(pool, await sightOf(pool, caller), params.id);
    if (!manifest) throw Problem.of(notFound('manifest', params.id));
    return manifest;
  };
  /** With the version and the ordinal from which on the caller reads its history. */
  const historyOf = async (request: { params: { id: string }; caller: Caller }) => {
    const manifest = await seen(request);
    const isTheirs = isDrafter(manifest, request.caller);
    const { seq: first, ordinal } = isTheirs ? BEGINNING : await issueOf(pool, manifest.id);
    return { id: manifest.id, first, last: manifest.version, ordinal };
  };
  /** As it was at each of these versions. @throws Problem not-found for one the caller may not read. */
  const manifestAt = async (
    { id, first, last }: { id: string; first: number; last: number },
    versions: readonly number[],
  ): Promise<Manifest[]> => {
    const missing = versions.find((version) => version < first || version > last);
    if (missing !== undefined) throw noSuchVersion(missing, first, last);
    const known = versionsOf(await ownEvents(pool, id, { upTo: Math.max(...versions) }));
    return versions.map((version) => known[version - 1]!);
  };
  app.get(
    '/v1/manifests',
    {
      config: { operation: 'manifests.read' },
      schema: {
        summary: '联单 · Manifests, newest first',
        tags: ['manifests'],
        querystring: ListQuery,
        response: { 200: pageOf(ManifestView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { number, tripId, projectId, plate, day, status, limit, cursor } = request.query;
      const sight = await sightOf(pool, request.caller);
      const language = languageOf(request);
      const shown = (row: ManifestRow) => viewOf(row, ownRoles(row, request.caller), language);
      if (plate !== undefined && day !== undefined) {
        const [from, to] = [addDays(day, -1), day].map(endOfDayInShanghai) as [Date, Date];
        return { items: (await findByPlate(pool, sight, { plate, from, to })).map(shown), next: null };
      }
      const page = { status, below: readCursor(cursor), rowsMax: limit + 1 };
      if (projectId !== undefined) {
        const [project] = await readProjects(database, { id: projectId }, request.caller);
        if (!project) throw Problem.of(notFound('project', projectId));
        const rows = await listOfProject(pool, sight, { projectId, ...page });
        return sendPage(request, reply, rows.map(shown), limit);
      }
      if (tripId !== undefined) {
        const found = await findByTrip(pool, sight, tripId);
        return { items: found.map(shown), next: null };
      }
      if (number !== undefined) {
        const found = await findByNumber(pool, sight, number);
        return {
          items: found.map(({ manifest, matched }) =>
            viewOf(manifest, ownRoles(manifest, request.caller), language, matched),
          ),
          next: null,
        };
      }
      const stages = status ? STAGES_OF[status] : STAGES;
      const rows = await listManifests(pool, sight, { stages, ...page });
      return sendPage(request, reply, rows.map(shown), limit);
    },
  );

  app.get(
    '/v1/manifests/:id',
    {
      config: { operation: 'manifests.read' },
      schema: {
        summary: '联单 · One manifest and what may happen next',
        tags: ['manifests'],
        params: Id,
        response: { 200: ManifestView, default: ProblemView },
      },
    },
    async (request, reply) => {
      const manifest = await seen(request);
      reply.header('etag', `"${manifest.version}"`);
      const held = await delegationsHeld(pool, request.caller, [manifest.consignorId, manifest.consigneeId]);
      const mandate = (question: DelegationQuestion) =>
        actsFor(request.caller, question, held, dayInShanghai(clock.now()));
      const roles = (act: ManifestAct) => rolesInAct(act, manifest, request.caller, mandate);
      return viewOf(manifest, roles, languageOf(request));
    },
  );

  app.get(
    '/v1/manifests/:id/versions',
    {
      config: { operation: 'manifests.read' },
      schema: {
        summary: '版本 · What made each version of a manifest',
        tags: ['manifests'],
        params: Id,
        querystring: PageQuery,
        response: { 200: pageOf(VersionView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query;
      const { id, first } = await historyOf(request);
      const after = Math.max(readKeyset(cursor, z.number().int()) ?? 0, first - 1);
      const events = await ownEvents(pool, id, { after, upTo: after + limit + 1 });
      return sendKeyset(request, reply, events.map(versionView), { limit, keyOf: ({ version }) => version });
    },
  );

  app.get(
    '/v1/manifests/:id/differences',
    {
      config: { operation: 'manifests.read' },
      schema: {
        summary: '版本差异 · What differs between two versions of a manifest',
        tags: ['manifests'],
        params: Id,
        querystring: DifferenceQuery,
        response: {
          200: z.object({ from: z.number(), to: z.number(), items: z.array(DifferenceView) }),
          default: ProblemView,
        },
      },
    },
    async (request) => {
      const history = await historyOf(request);
      const { from = history.first, to = history.last } = request.query;
      const [before, after] = await manifestAt(history, [from, to]);
      return { from, to, items: differencesBetween(before!, after!) };
    },
  );

  app.get(
    '/v1/manifests/:id/versions/:version',
    {
      config: { operation: 'manifests.read' },
      schema: {
        summary: '版本 · The manifest as a version of it was',
        tags: ['manifests'],
        params: Id.extend({ version: z.coerce.number().int() }),
        response: { 200: ManifestView.omit({ actions: true }), default: ProblemView },
      },
    },
    async (request) => {
      const { version } = request.params;
      const [manifest] = await manifestAt(await historyOf(request), [version]);
      return { ...manifest, version } as never;
    },
  );

  app.get(
    '/v1/manifests/:id/events',
    {
      config: { operation: 'manifests.read' },
      schema: {
        summary: '监管留痕 · Everything that happened to a manifest',
        tags: ['manifests'],
        params: Id,
        querystring: PageQuery,
        response: { 200: HistoryView, default: ProblemView },
      },
    },
    async (request, reply) => {
      const { id, ordinal: from } = await historyOf(request);
      return sendHistory(pool, request, reply, { id, from, without: OF_ANOTHER_MANIFEST, ...request.query });
    },
  );
}
