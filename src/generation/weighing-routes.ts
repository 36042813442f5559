import { z } from 'zod';
import { findContainer, resolveContainers } from '../custody/container-queries.ts';
import { ActAnswer, type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { exampleId } from '../platform/ids.ts';
import { notFound } from '../platform/register.ts';
import { InstantView, Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import { Closing, closeContainer } from './closing.ts';
import { weighingsOf } from './queries.ts';
import { chainSteps, massesOf, WEIGHING_STAGES } from './rules.ts';
import { maySeeContainer } from './sight.ts';
import { ContainerWeighings, recordWeighings } from './weighing.ts';

const grams = z.number().int();
export const MassesView = z.object({
  ward: grams.nullable(),
  store: grams.nullable(),
  truck: grams.nullable(),
  plant: grams.nullable(),
});
/** Between each stage that weighed and the next that did. */
export const DifferencesView = z.array(
  z.object({ from: z.enum(WEIGHING_STAGES), to: z.enum(WEIGHING_STAGES), differenceGrams: grams }),
);
const WeighingView = z.object({
  id: Uuid,
  stage: z.enum(WEIGHING_STAGES),
  massGrams: grams,
  partyId: Uuid,
  deviceId: Uuid.nullable(),
  scaleDivisionGrams: grams.nullable(),
  weighedAt: InstantView,
});
const ChainView = z.object({
  containerId: Uuid,
  code: z.string(),
  labelledGrams: grams,
  masses: MassesView,
  differences: DifferencesView,
  items: z.array(WeighingView),
});

/** When a container was closed, and what the scales on its way said of it. */
export function weighingRoutes(app: App, { journal, database: { pool } }: Services): void {
  addAct(app, journal, {
    url: '/v1/containers/:id/closing',
    operation: 'containers.close',
    summary: '封闭 · A container is closed, and not opened again: its storage clock begins',
    act: closeContainer,
    body: Closing,
    example: { occurredAt: '2026-09-15T01:30:00Z' },
    answer: ActAnswer.extend({ closedAt: z.iso.datetime() }),
    input: ({ params, body }) => ({ ...(body as z.output<typeof Closing>), id: params.id }),
  });
  addAct(app, journal, {
    url: '/v1/container-weighings',
    operation: 'container-weighings.record',
    summary: '容器称重 · What scales said of containers: ward, store, truck or plant',
    act: recordWeighings,
    body: ContainerWeighings,
    example: {
      weighings: [
        {
          container: exampleId('container'),
          stage: 'ward',
          massGrams: 6_200,
          scaleDivisionGrams: 10,
          occurredAt: '2026-09-15T01:30:00Z',
        },
      ],
    },
    answer: ActAnswer.extend({ items: z.array(z.object({ id: Uuid, containerId: Uuid })) }),
    input: async ({ body }: { body: z.output<typeof ContainerWeighings> }) => {
      const { names } = await resolveContainers(pool, [...new Set(body.weighings.map((one) => one.container))]);
      // What is not there is refused as what is a stranger's.
      const containerIds = body.weighings.map(({ container }) => names.get(container) ?? NOBODYS);
      return { ...body, containerIds };
    },
  });
  app.get(
    '/v1/containers/:id/weighings',
    {
      config: { operation: 'container-weighings.read' },
      schema: {
        summary: '称重链 · All weighings of a container, and its four masses side by side',
        tags: ['container-weighings'],
        params: Id,
        response: { 200: ChainView, default: ProblemView },
      },
    },
    async (request) => {
      const { id } = request.params;
      const container = await findContainer(pool, id);
      if (!container || !(await maySeeContainer(pool, request.caller, container)))
        throw Problem.of(notFound('container', id));
      const items = await weighingsOf(pool, [id]);
      const masses = massesOf(items);
      return {
        containerId: id,
        code: container.code,
        labelledGrams: container.label.massGrams,
        masses,
        differences: chainSteps(masses),
        items,
      };
    },
  );
}

const NOBODYS = '00000000-0000-0000-0000-000000000000';
