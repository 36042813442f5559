import { z } from 'zod';
import type { PolicyBook } from '../catalogue/reference.ts';
import { weighingsOf } from '../generation/queries.ts';
import { chainSteps, massesOf, summed } from '../generation/rules.ts';
import { DifferencesView, MassesView } from '../generation/weighing-routes.ts';
import { maySee, sightOf } from '../parties/visibility.ts';
import type { Caller } from '../platform/acts.ts';
import { HistoryView, sendHistory } from '../platform/histories.ts';
import { ActAnswer, type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { exampleId } from '../platform/ids.ts';
import { PageQuery } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { subjectsById } from '../platform/subjects.ts';
import { InstantView, Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import { cardOf } from './cards.ts';
import { drawMonthly, MonthlyDraw, monthlyManifestKind, totalsOf } from './monthly.ts';
import { findManifest, namesOf, ownEvents } from './queries.ts';

const grams = z.number().int();
const At = { partyId: Uuid, name: z.string() };
const Hand = z.object({ at: z.iso.datetime(), partyId: Uuid, personId: Uuid.nullable() });
const CardView = z.object({
  manifestId: Uuid,
  number: z.string(),
  day: z.iso.date(),
  institution: z.object({ ...At, siteId: Uuid, site: z.string() }),
  lines: z.array(
    z.object({
      line: z.number().int(),
      wasteCode: z.string(),
      name: z.string(),
      grams: grams.nullable(),
      boxes: z.number().int().nullable(),
      acceptedGrams: grams.nullable(),
      receivedBoxes: z.number().int().nullable(),
    }),
  ),
  /** Who handed it over; null while the institution has not said so. */
  handedOver: Hand.extend({ by: z.enum(['code', 'consignor']) }).nullable(),
  carrier: z.object({ ...At, driverId: Uuid.nullable(), plate: z.string().nullable() }),
  arrivedAt: InstantView.nullable(),
  receiver: z.object({ ...At, siteId: Uuid, site: z.string() }),
  received: Hand.nullable(),
  /** The last day on which it must be there. */
  keptThrough: z.object({ day: z.iso.date(), years: z.number().int(), basis: z.string() }).nullable(),
});

const ChainsView = z.object({
  items: z.array(
    z.object({
      line: z.number().int(),
      containerId: Uuid,
      code: z.string(),
      masses: MassesView,
      differences: DifferencesView,
    }),
  ),
  /** Of stages at which every one of them was weighed. */
  total: z.object({ masses: MassesView, differences: DifferencesView }),
});

const MonthlyView = z.object({
  id: Uuid,
  version: z.number().int(),
  number: z.string(),
  stream: z.string(),
  month: z.string(),
  consignorId: Uuid,
  siteId: Uuid,
  consigneeId: Uuid,
  consigneeSiteId: Uuid,
  visits: z.array(
    z.object({
      manifestId: Uuid,
      number: z.string(),
      pickedUpAt: z.iso.datetime(),
      lines: z.array(z.object({ wasteCode: z.string(), grams, pieces: z.number().int() })),
    }),
  ),
  totals: z.array(z.object({ wasteCode: z.string(), grams, pieces: z.number().int() })),
  drawnAt: InstantView,
});

/** What a visit says, what its containers weighed, and what a month of visits comes to. */
export function cardRoutes(app: App, services: Services & { readonly reference: () => PolicyBook }): void {
  addOfManifest(app, services);
  addMonthly(app, services);
}

function addOfManifest(
  app: App,
  { database: { pool }, reference }: Services & { readonly reference: () => PolicyBook },
): void {
  const seen = async ({ params: { id }, caller }: { params: { id: string }; caller: Caller }) => {
    const manifest = await findManifest(pool, await sightOf(pool, caller), id);
    if (!manifest) throw Problem.of(notFound('manifest', id));
    return manifest;
  };
  app.get(
    '/v1/manifests/:id/card',
    {
      config: { operation: 'manifests.read' },
      schema: {
        summary: '运送登记卡 · The card of one visit: what, how much, by whom, when',
        tags: ['manifests'],
        params: Id,
        response: { 200: CardView, default: ProblemView },
      },
    },
    async (request) => {
      const manifest = await seen(request);
      const { pickedUpAt, consignorId, consignorSiteId, consigneeId, consigneeSiteId, legs, version } = manifest;
      if (!pickedUpAt) throw notLoaded;
      const names = await namesOf(pool, [
        consignorId,
        consignorSiteId,
        consigneeId,
        consigneeSiteId,
        legs[0]!.carrierId,
      ]);
      return cardOf(
        { ...manifest, pickedUpAt },
        await ownEvents(pool, manifest.id, { upTo: version }),
        names,
        reference(),
      );
    },
  );
  app.get(
    '/v1/manifests/:id/container-weighings',
    {
      config: { operation: 'manifests.read' },
      schema: {
        summary: '称重链 · Four masses of each container of a manifest side by side',
        tags: ['manifests'],
        params: Id,
        response: { 200: ChainsView, default: ProblemView },
      },
    },
    async (request) => {
      const { lines } = await seen(request);
      const containers = lines.flatMap(({ line, containers }) =>
        containers
          .filter(({ batchId }) => batchId !== null)
          .map(({ containerId, code }) => ({ line, containerId, code })),
      );
      const readings = await weighingsOf(
        pool,
        containers.map(({ containerId }) => containerId),
      );
      const items = containers.map((one) => {
        const masses = massesOf(readings.filter(({ containerId }) => containerId === one.containerId));
        return { ...one, masses, differences: chainSteps(masses) };
      });
      const masses = summed(items.map((one) => one.masses));
      return { items, total: { masses, differences: chainSteps(masses) } };
    },
  );
}

function addMonthly(app: App, { journal, database: { pool } }: Services): void {
  const seen = async ({ params: { id }, caller }: { params: { id: string }; caller: Caller }) => {
    const [monthly] = await subjectsById(pool, monthlyManifestKind, [id]);
    const sight = await sightOf(pool, caller);
    const isHere = monthly && [null, monthly.siteId, monthly.consigneeSiteId].includes(sight.site);
    if (isHere && (await maySee(pool, sight, monthlyManifestKind.name, id))) return monthly;
    throw Problem.of(notFound('monthly_manifest', id));
  };
  addAct(app, journal, {
    url: '/v1/monthly-manifests',
    operation: 'monthly-manifests.draw',
    summary: '按月汇总联单 · One number over the visits of a month; again when a card comes late',
    act: drawMonthly,
    body: MonthlyDraw,
    example: {
      stream: 'medical',
      siteId: exampleId('consignor site'),
      consigneeSiteId: exampleId('consignee site'),
      month: '2026-08',
    },
    answer: ActAnswer.extend({ number: z.string(), visits: z.number().int() }),
    input: ({ body }) => body,
  });
  app.get(
    '/v1/monthly-manifests/:id',
    {
      config: { operation: 'monthly-manifests.read' },
      schema: {
        summary: '按月联单 · The cards of a month and their totals by code',
        tags: ['monthly-manifests'],
        params: Id,
        response: { 200: MonthlyView, default: ProblemView },
      },
    },
    async (request, reply) => {
      const monthly = await seen(request);
      reply.header('etag', `"${monthly.version}"`);
      return { ...monthly, totals: totalsOf(monthly.visits) } as never;
    },
  );
  app.get(
    '/v1/monthly-manifests/:id/events',
    {
      config: { operation: 'monthly-manifests.read' },
      schema: {
        summary: '历次汇总 · Each time it was drawn, with what it listed then',
        tags: ['monthly-manifests'],
        params: Id,
        querystring: PageQuery,
        response: { 200: HistoryView, default: ProblemView },
      },
    },
    async (request, reply) => {
      const { id } = await seen(request);
      return sendHistory(pool, request, reply, { id, ...request.query });
    },
  );
}

const notLoaded = new Problem('wrong-status', {
  zh: '尚未装运，没有登记卡。',
  en: 'It has not been loaded yet: there is no card.',
});
