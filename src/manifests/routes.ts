import { randomBytes, randomInt } from 'node:crypto';
import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import type { Facts, PolicyBook } from '../catalogue/reference.ts';
import { type Audience, STAGES } from '../parties/audience.ts';
import { delegationsHeld } from '../parties/delegations.ts';
import { sightOf } from '../parties/visibility.ts';
import type { Act, Caller, Needs, States } from '../platform/acts.ts';
import { ActAnswer, type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { languageOf } from '../platform/http-errors.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import * as commands from './commands.ts';
import * as inputs from './inputs.ts';
import { type ManifestAct, TRANSITIONS } from './lifecycle.ts';
import type { Manifest } from './manifest.ts';
import { findByNumber, findByTrip, findManifest, listManifests, manifestEvents, ownEvents } from './queries.ts';
import { withScans } from './scans.ts';
import { agencyNeeds, rolesInAct, rolesOfCaller } from './standing.ts';
import { APPROVERS, HANDOVER_SIDES, STATUSES, type Status } from './tables.ts';
import { DifferenceView, differencesBetween, VersionView, versionsOf } from './versions.ts';
import { EventView, ManifestView, viewOf } from './views.ts';

const StatusAnswer = ActAnswer.extend({ status: z.enum(STATUSES) });
const ListQuery = PageQuery.extend({
  status: z.enum(STATUSES).optional(),
  number: z.string().max(32).optional(),
  tripId: Uuid.optional(),
});
const DifferenceQuery = z.object({
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

export function manifestRoutes(app: App, services: Services): void {
  addManifestActs(app, services);
  addManifestReads(app, services);
}

interface Row {
  /** Its path below /v1/manifests/:id, and its operation. */
  readonly name: ManifestAct | `correction-${'approval' | 'rejection' | 'withdrawal'}`;
  readonly summary: string;
  // biome-ignore lint/suspicious/noExplicitAny: every act has an input of its own, which its body describes.
  readonly act: Act<any, PolicyBook>;
  readonly body: z.ZodObject;
  readonly answer?: z.ZodObject;
}

const Draws = { number: z.string() };
const Due = { receiptDueOn: z.iso.date(), receiptDueProvisional: z.boolean() };
const Batches = {
  batches: z.array(z.object({ line: z.number().int(), batchId: Uuid.nullable(), containerId: Uuid.optional() })),
};
const Code = { pickupCode: z.string(), expiresAt: z.iso.datetime() };
const LegSaid = { leg: z.number().int(), confirmedBy: z.array(z.enum(HANDOVER_SIDES)) };
const RemainderNamed = { remainder: z.number().int() };
const Plans = { plansAwaited: z.array(Uuid) };
const Agreed = { correction: z.enum(['open', 'applied']), awaits: z.array(z.enum(APPROVERS)) };

/** One row an act that is done to a manifest. */
const ACTS: readonly Row[] = [
  {
    name: 'issue',
    summary: '签发 · Issue: the manifest gets its number',
    act: commands.issue,
    body: inputs.Issue,
    answer: z.object(Draws),
  },
  {
    name: 'pickup',
    summary: '装运 · The carrier has loaded',
    act: commands.pickup,
    body: inputs.Pickup,
  },
  {
    name: 'pickup-confirmation',
    summary: '确认装运 · The consignor confirms the pickup',
    act: commands.pickupConfirmation,
    body: inputs.PickupConfirmation,
  },
  {
    name: 'handover',
    summary: '联运交接 · One carrier hands over to the next; each says so',
    act: commands.handover,
    body: inputs.HandoverBody,
    answer: z.object(LegSaid),
  },
  {
    name: 'transit-storage',
    summary: '中转贮存 · The load is put down on the way',
    act: commands.transitStorage,
    body: inputs.TransitStorage,
  },
  {
    name: 'departure',
    summary: '中转后启运 · It leaves the place of transit storage',
    act: commands.departure,
    body: inputs.Departure,
  },
  {
    name: 'arrival',
    summary: '运抵 · The load has arrived',
    act: commands.arrival,
    body: inputs.Arrival,
    answer: z.object(Due),
  },
  {
    name: 'receipt',
    summary: '接受 · The consignee accepts or refuses, line by line',
    act: commands.receipt,
    body: inputs.Receipt,
    answer: z.object(Batches),
  },
  {
    name: 'return',
    summary: '退运启运 · What was not accepted sets off back',
    act: commands.returnLoad,
    body: inputs.Return,
    answer: z.object(RemainderNamed),
  },
  {
    name: 'return-receipt',
    summary: '退运收回 · The consignor takes it back',
    act: commands.returnReceipt,
    body: inputs.ReturnReceipt,
    answer: z.object(RemainderNamed),
  },
  {
    name: 'follow-up',
    summary: '余量转运 · Another manifest carries the remainder on',
    act: commands.followUp,
    body: inputs.FollowUp,
  },
  {
    name: 'incident',
    summary: '报告突发情况 · An incident on the way holds up what it affects',
    act: commands.incident,
    body: inputs.IncidentBody,
    answer: z.object(Plans),
  },
  {
    name: 'incident-plan',
    summary: '提交处置方案 · A plan for the incident',
    act: commands.incidentPlan,
    body: inputs.IncidentPlan,
    answer: z.object(Plans),
  },
  {
    name: 'incident-resolution',
    summary: '了结突发情况 · What was lost, what was recovered, how it goes on',
    act: commands.incidentResolution,
    body: inputs.IncidentResolution,
  },
  {
    name: 'correction',
    summary: '提出更正 · Declare an error, with what is right and why',
    act: commands.correction,
    body: inputs.CorrectionBody,
    answer: z.object(Agreed),
  },
  {
    name: 'correction-approval',
    summary: '同意更正 · Agree to the open correction',
    act: commands.correctionApproval,
    body: inputs.CorrectionDecision,
    answer: z.object(Agreed),
  },
  {
    name: 'correction-rejection',
    summary: '否决更正 · Say no to the open correction',
    act: commands.correctionRejection,
    body: inputs.CorrectionDecision,
    answer: z.object({ correction: z.literal('none') }),
  },
  {
    name: 'correction-withdrawal',
    summary: '撤回更正 · Take the open correction back',
    act: commands.correctionWithdrawal,
    body: inputs.CorrectionDecision,
    answer: z.object({ correction: z.literal('none') }),
  },
  {
    name: 'void',
    summary: '作废 · Void before loading',
    act: commands.voidManifest,
    body: inputs.Void,
  },
];

function addManifestActs(app: App, { journal, database: { pool } }: Services): void {
  addAct(app, journal, {
    url: '/v1/manifests',
    operation: 'manifests.draft',
    summary: '起草联单 · Draft a manifest',
    act: commands.draft,
    body: inputs.Draft,
    answer: StatusAnswer,
    input: ({ body }) => body,
  });
  addAct(app, journal, {
    method: 'PUT',
    url: '/v1/manifests/:id',
    operation: 'manifests.revise',
    summary: '修改草稿 · Revise a draft',
    act: byAgentsToo('revise', commands.revise),
    body: inputs.Draft,
    answer: StatusAnswer,
    input: ({ params, body }) => ({ ...(body as inputs.DraftInput), id: params.id }),
  });
  for (const { name, answer, act, ...row } of ACTS)
    addAct(app, journal, {
      ...row,
      act: byAgentsToo(name, act),
      url: `/v1/manifests/:id/${name}`,
      operation: `manifests.${name}`,
      answer: StatusAnswer.extend(answer?.shape ?? {}),
      ...(name === 'follow-up' ? { location: '/v1/manifests' } : {}),
      input: async ({ params, body }) => ({ ...(await withScans(pool, body as object)), id: params.id }),
    });
  addAct(app, journal, {
    url: '/v1/manifests/:id/pickup-code',
    operation: 'manifests.pickup-code',
    summary: '发放装运码 · A one-time code with which the driver shows that the consignor agrees',
    act: byAgentsToo('pickup-code', commands.pickupCode),
    body: inputs.PickupCode,
    answer: StatusAnswer.extend(Code),
    input: ({ params }) => ({
      id: params.id,
      code: String(randomInt(CODES)).padStart(6, '0'),
      salt: randomBytes(16).toString('hex'),
    }),
  });
}

/** An act of a manifest may be done by an agent of whose act it is: its delegation is looked up with the rest. */
function byAgentsToo<Input extends { readonly id: string }>(name: Row['name'], act: Act<Input, PolicyBook>) {
  if (!(name in TRANSITIONS)) return act as Act<Input, never>;
  return {
    ...act,
    alsoNeeds(input: Input, states: States, facts: Facts): Needs {
      const { lookups = [], ...needs } = act.alsoNeeds?.(input, states, facts) ?? {};
      const agency = agencyNeeds(name as ManifestAct, input, states, facts);
      return { ...needs, lookups: [...lookups, ...(agency.lookups ?? [])] };
    },
  } as Act<Input, never>;
}

const CODES = 1_000_000;

/** In lists as oneself; as an agent, when one manifest is read. */
const ownRoles = (manifest: Manifest, caller: Caller) => () => rolesOfCaller(manifest, caller);

function addManifestReads(app: App, { database, clock }: Services): void {
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
