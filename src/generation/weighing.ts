import { z } from 'zod';
import type { PolicyBook } from '../catalogue/reference.ts';
import { type Container, containerKind } from '../custody/containers.ts';
import { concerns } from '../custody/scanning.ts';
import { deviceKind } from '../parties/registers.ts';
import { type Act, type Facts, refused, type States, type Warning } from '../platform/acts.ts';
import { ENTRY_MODES, type EventDraft } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { Grams, Instant } from '../platform/values.ts';
import type { Refusal } from '../problems.ts';
import { ContainerName } from './nesting.ts';
import { containerStandingLookup } from './queries.ts';
import { WEIGHING_STAGES, type WeighingStage } from './rules.ts';
import { containerWeighings } from './tables.ts';

/** 容器称重: what a scale said of single containers. An observation: the label, and what was declared, stay as they are (MW 12). */
export type ContainerWeighing = StateOf<typeof containerWeighings>;

const WEIGHINGS_MAX = 200;
export const ContainerWeighings = z.strictObject({
  weighings: z
    .array(
      z.strictObject({
        /** By id or identification code. */
        container: ContainerName,
        /** 科室、暂存间、收运车、处置厂. */
        stage: z.enum(WEIGHING_STAGES),
        massGrams: Grams.min(1),
        /** e of the scale, when no registered device weighed. */
        scaleDivisionGrams: z.number().int().min(1).max(1_000_000).optional(),
        occurredAt: Instant,
      }),
    )
    .min(1)
    .max(WEIGHINGS_MAX),
  entryMode: z.enum(ENTRY_MODES).default('live'),
});
export type WeighingsInput = z.output<typeof ContainerWeighings> & {
  /** Of each weighing, in their order. */
  readonly containerIds: readonly string[];
};

export const containerWeighingKind = subjectKind({
  name: 'container_weighing',
  rank: RANKS.fact,
  table: containerWeighings,
  evolve: (_state, event): ContainerWeighing => ({
    ...(event.data.weighing as unknown as Omit<ContainerWeighing, 'id' | 'weighedAt'>),
    id: event.subject.id,
    weighedAt: event.occurredAt,
  }),
});

/**
 * By who has, owns or labelled a container, or stands on the manifest it is on: a member, a driver, or a scale of theirs.
 * @refuses not-found (a container of strangers).
 */
export const recordWeighings: Act<WeighingsInput, PolicyBook> = {
  name: 'record_container_weighings',
  kind: 'physical',
  needs: ({ containerIds }, { caller: { actor } }) => ({
    read: [
      ...[...new Set(containerIds)].map((id) => ({ kind: containerKind.name, id })),
      ...(actor.device ? [{ kind: deviceKind.name, id: actor.device }] : []),
    ],
    lookups: [...new Set(containerIds)].map((key) => ({ lookup: containerStandingLookup, key })),
  }),
  decide(input, states, facts) {
    const device = facts.caller.actor.device ? states.get(deviceKind, facts.caller.actor.device) : undefined;
    const events: EventDraft[] = [];
    const warnings: Warning[] = [];
    for (const [index, given] of input.weighings.entries()) {
      const id = input.containerIds[index]!;
      const container = states.get(containerKind, id);
      if (!container || !mayWeigh(container, states, facts)) return refused(unknown(given.container, index));
      warnings.push(...notOfThatStage(container, given.stage, index, states, facts));
      const weighing: Omit<ContainerWeighing, 'id' | 'weighedAt'> = {
        containerId: id,
        stage: given.stage,
        massGrams: given.massGrams,
        partyId: facts.caller.actor.party,
        deviceId: device?.id ?? null,
        scaleDivisionGrams: device?.scaleDivisionGrams ?? given.scaleDivisionGrams ?? null,
      };
      events.push({
        type: 'container_weighed',
        subject: { kind: 'container_weighing', id: facts.newId(index) },
        occurredAt: new Date(given.occurredAt),
        region: container.region,
        entryMode: input.entryMode,
        refs: [id],
        data: { weighing },
      });
    }
    const items = events.map(({ subject }, index) => ({ id: subject.id, containerId: input.containerIds[index]! }));
    return { events, answer: { id: items[0]!.id, items }, warnings };
  },
};

/** A key bound to a site, as a scale's is, weighs what is there or on its way from or to it. */
function mayWeigh(container: Container, states: States, { caller: { actor, site } }: Facts): boolean {
  const { parties, sites } = states.found(containerStandingLookup, container.id);
  const isTheirs = concerns(container, [actor.party]) || parties.includes(actor.party);
  return isTheirs && (!site || site === container.siteId || sites.includes(site));
}

/** A plant is weighed at where the container lies or is going to, a truck is its carrier's. Recorded all the same; a receipt counts its own. */
function notOfThatStage(
  { id, partyId, siteId }: Container,
  stage: WeighingStage,
  index: number,
  states: States,
  { caller: { actor } }: Facts,
): Warning[] {
  const [, consigneeId, ...carrierIds] = states.found(containerStandingLookup, id).parties;
  const isTheirs =
    stage === 'plant'
      ? actor.party === consigneeId || (siteId !== null && actor.party === partyId)
      : stage !== 'truck' || carrierIds.includes(actor.party);
  if (isTheirs) return [];
  const detail = {
    zh: `${stage} 环节由${stage === 'plant' ? '容器所在或将运往的单位' : '承运人'}称重；已如实记录，接受时不以此为准。`,
    en: `At ${stage} it is ${stage === 'plant' ? 'whoever the container lies at or is going to' : 'the carrier'} that weighs; recorded, and no receipt counts it.`,
  };
  return [{ code: 'stage-of-another', pointer: `/weighings/${index}/stage`, basis: '本平台约定 0022', detail }];
}

const unknown = (name: string, index: number): Refusal => ({
  ...notFound('container', name),
  errors: [
    {
      pointer: `/weighings/${index}/container`,
      detail: {
        zh: '贵单位的容器，或贵单位参与的联单上的容器',
        en: 'a container of yours, or on a manifest you stand on',
      },
    },
  ],
});
