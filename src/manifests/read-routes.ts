import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { type Audience, STAGES } from '../parties/audience.ts';
import { delegationsHeld } from '../parties/delegations.ts';
import { sightOf } from '../parties/visibility.ts';
import type { Caller } from '../platform/acts.ts';
import { type App, Id, ProblemView, type Services } from '../platform/http.ts';
import { languageOf } from '../platform/http-errors.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { TypedNumber, Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import type { ManifestAct } from './lifecycle.ts';
import type { Manifest } from './manifest.ts';
import { findByNumber, findByTrip, findManifest, listManifests, manifestEvents, ownEvents } from './queries.ts';
import { rolesInAct, rolesOfCaller } from './standing.ts';
import { STATUSES, type Status } from './tables.ts';
import { DifferenceView, differencesBetween, VersionView, versionsOf } from './versions.ts';
import { EventView, ManifestView, viewOf } from './views.ts';

const ListQuery = PageQuery.extend({
  status: z.enum(STATUSES).optional(),
  number: TypedNumber.max(32).optional(),
  tripId: Uuid.optional(),
});
const DifferenceQuery = z.strictObject({
  from: z.coerce.number().int().default(1),
  /** Absent: the present one. */
  to: z.coerce.number().int().optional(),
});

const noSuchVersion = (version: number, last: number): Problem =>
  new Problem('not-found', {
    zh: `没有第 ${version} 版；现为第 ${last} 版。`,
    en: `There is no version ${version}; it is version ${last} now.`,
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
  void: ['open', 'void'],
};

/** In lists as oneself; as an agent, when one manifest is read. */
const ownRoles = (manifest: Manifest, caller: Caller) => () => rolesOfCaller(manifest, caller);

export function manifestReadRoutes(app: App, { database, clock }: Services): void {
  const { pool } = database;
  const historyOf = async ({ params, caller }: { params: { id: string }; caller: Caller }) => {
    const manifest = await findManifest(pool, await sightOf(pool, caller), params.id);
    if (!manifest) throw Problem.of(notFound('manifest', params.id));
    return versionsOf(await ownEvents(pool, manifest.id));
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
      const { number, tripId, status, limit, cursor } = request.query;
      const sight = await sightOf(pool, request.caller);
      const language = languageOf(request);
      if (tripId !== undefined) {
        const found = await findByTrip(pool, sight, tripId);
        return {
          items: found.map((manifest) => viewOf(manifest, ownRoles(manifest, request.caller), language)),
          next: null,
        };
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
      const rows = await listManifests(pool, sight, { stages, status, below: readCursor(cursor), rowsMax: limit + 1 });
      return sendPage(
        request,
        reply,
        rows.map((row) => viewOf(row, ownRoles(row, request.caller), language)),
        limit,
      );
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
      const manifest = await findManifest(pool, await sightOf(pool, request.caller), request.params.id);
      if (!manifest) throw Problem.of(notFound('manifest', request.params.id));
      reply.header('etag', `"${manifest.version}"`);
      const held = await delegationsHeld(pool, request.caller, [manifest.consignorId, manifest.consigneeId]);
      const roles = (act: ManifestAct) => rolesInAct(act, manifest, request.caller, held, dayInShanghai(clock.now()));
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
        response: { 200: z.object({ items: z.array(VersionView) }), default: ProblemView },
      },
    },
    async (request) => {
      const history = await historyOf(request);
      return {
        items: history.map(({ event: { seq, type, occurredAt, recordedAt, actor } }) => ({
          version: seq,
          type,
          occurredAt,
          recordedAt,
          partyId: actor.party,
        })),
      };
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
      const { from, to = history.length } = request.query;
      const missing = [from, to].find((version) => version < 1 || version > history.length);
      if (missing !== undefined) throw noSuchVersion(missing, history.length);
      return { from, to, items: differencesBetween(history[from - 1]!.manifest, history[to - 1]!.manifest) };
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
      const history = await historyOf(request);
      const { version } = request.params;
      const found = history[version - 1];
      if (!found) throw noSuchVersion(version, history.length);
      return { ...found.manifest, version } as never;
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
        response: { 200: z.object({ items: z.array(EventView) }), default: ProblemView },
      },
    },
    async (request) => {
      const manifest = await findManifest(pool, await sightOf(pool, request.caller), request.params.id);
      if (!manifest) throw Problem.of(notFound('manifest', request.params.id));
      return { items: (await manifestEvents(pool, manifest.id)).map((event) => ({ ...event })) };
    },
  );
}
