import { randomBytes, randomInt } from 'node:crypto';
import { z } from 'zod';
import type { Facts, PolicyBook } from '../catalogue/reference.ts';
import { withScans } from '../custody/scans.ts';
import type { Act, Needs, States } from '../platform/acts.ts';
import { ActAnswer, type App, addAct, type Services } from '../platform/http.ts';
import { Uuid } from '../platform/values.ts';
import { ACT_EXAMPLES, DRAFT_EXAMPLE, TRUCKLOAD_EXAMPLE } from './examples.ts';
import * as exception from './exception-commands.ts';
import { file } from './filing-at-once.ts';
import * as filing from './filing-commands.ts';
import { followedBy } from './followed.ts';
import * as inputs from './inputs.ts';
import { type ManifestAct, TRANSITIONS } from './lifecycle.ts';
import * as load from './load-commands.ts';
import { OFFICIAL_RECORD_EXAMPLE, OfficialRecordBody, officialRecord } from './official-record.ts';
import { manifestReadRoutes } from './read-routes.ts';
import { agencyNeeds } from './standing.ts';
import { APPROVERS, HANDOVER_SIDES, STATUSES } from './tables.ts';

const StatusAnswer = ActAnswer.extend({ status: z.enum(STATUSES) });

export function manifestRoutes(app: App, services: Services): void {
  addManifestActs(app, services);
  manifestReadRoutes(app, services);
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
/** The code is shown in the first answer and never again. */
const Code = { pickupCode: z.string().nullable(), expiresAt: z.iso.datetime() };
const LegSaid = { leg: z.number().int(), confirmedBy: z.array(z.enum(HANDOVER_SIDES)) };
const RemainderNamed = { remainder: z.number().int() };
const Plans = { plansAwaited: z.array(Uuid) };
const Agreed = { correction: z.enum(['open', 'applied']), awaits: z.array(z.enum(APPROVERS)) };

/** One row an act that is done to a manifest. */
const ACTS: readonly Row[] = [
  {
    name: 'issue',
    summary: '签发 · Issue: the manifest gets its number',
    act: filing.issue,
    body: inputs.Issue,
    answer: z.object(Draws),
  },
  {
    name: 'pickup',
    summary: '装运 · The carrier has loaded',
    act: load.pickup,
    body: inputs.Pickup,
  },
  {
    name: 'pickup-confirmation',
    summary: '确认装运 · The consignor confirms the pickup',
    act: load.pickupConfirmation,
    body: inputs.PickupConfirmation,
  },
  {
    name: 'handover',
    summary: '联运交接 · One carrier hands over to the next; each says so',
    act: load.handover,
    body: inputs.HandoverBody,
    answer: z.object(LegSaid),
  },
  {
    name: 'transit-storage',
    summary: '中转贮存 · The load is put down on the way',
    act: load.transitStorage,
    body: inputs.TransitStorage,
  },
  {
    name: 'departure',
    summary: '中转后启运 · It leaves the place of transit storage',
    act: load.departure,
    body: inputs.Departure,
  },
  {
    name: 'arrival',
    summary: '运抵 · The load has arrived',
    act: load.arrival,
    body: inputs.Arrival,
    answer: z.object(Due),
  },
  {
    name: 'receipt',
    summary: '接受 · The consignee accepts or refuses, line by line',
    act: load.receipt,
    body: inputs.Receipt,
    answer: z.object(Batches),
  },
  {
    name: 'return',
    summary: '退运启运 · What was not accepted sets off back',
    act: exception.returnLoad,
    body: inputs.Return,
    answer: z.object(RemainderNamed),
  },
  {
    name: 'return-receipt',
    summary: '退运收回 · The consignor takes it back',
    act: exception.returnReceipt,
    body: inputs.ReturnReceipt,
    answer: z.object(RemainderNamed),
  },
  {
    name: 'follow-up',
    summary: '余量转运 · Another manifest carries the remainder on',
    act: exception.followUp,
    body: inputs.FollowUp,
  },
  {
    name: 'incident',
    summary: '报告突发情况 · An incident on the way holds up what it affects',
    act: exception.incident,
    body: inputs.IncidentBody,
    answer: z.object(Plans),
  },
  {
    name: 'incident-plan',
    summary: '提交处置方案 · A plan for the incident',
    act: exception.incidentPlan,
    body: inputs.IncidentPlan,
    answer: z.object(Plans),
  },
  {
    name: 'incident-resolution',
    summary: '了结突发情况 · What was lost, what was recovered, how it goes on',
    act: exception.incidentResolution,
    body: inputs.IncidentResolution,
  },
  {
    name: 'correction',
    summary: '提出更正 · Declare an error, with what is right and why',
    act: exception.correction,
    body: inputs.CorrectionBody,
    answer: z.object(Agreed),
  },
  {
    name: 'correction-approval',
    summary: '同意更正 · Agree to the open correction',
    act: exception.correctionApproval,
    body: inputs.CorrectionDecision,
    answer: z.object(Agreed),
  },
  {
    name: 'correction-rejection',
    summary: '否决更正 · Say no to the open correction',
    act: exception.correctionRejection,
    body: inputs.CorrectionDecision,
    answer: z.object({ correction: z.literal('none') }),
  },
  {
    name: 'correction-withdrawal',
    summary: '撤回更正 · Take the open correction back',
    act: exception.correctionWithdrawal,
    body: inputs.CorrectionDecision,
    answer: z.object({ correction: z.literal('none') }),
  },
];

function addManifestActs(app: App, { journal, database: { pool } }: Services): void {
  addAct(app, journal, {
    url: '/v1/manifests',
    operation: 'manifests.draft',
    summary: '起草联单 · Draft a manifest',
    act: filing.draft,
    body: inputs.Draft,
    example: DRAFT_EXAMPLE,
    answer: StatusAnswer,
    input: ({ body }) => body,
  });
  addAct(app, journal, {
    url: '/v1/manifests/file',
    operation: 'manifests.file',
    summary: '起草并签发 · Draft and issue at once: the manifest of a load that is about to leave',
    act: file,
    body: inputs.Draft,
    example: TRUCKLOAD_EXAMPLE,
    answer: StatusAnswer.extend(Draws),
    location: '/v1/manifests',
    input: ({ body }) => body,
  });
  addAct(app, journal, {
    method: 'PUT',
    url: '/v1/manifests/:id',
    operation: 'manifests.revise',
    summary: '修改草稿 · Revise a draft',
    act: byAgentsToo('revise', filing.revise),
    body: inputs.Draft,
    example: DRAFT_EXAMPLE,
    answer: StatusAnswer,
    input: ({ params, body }) => ({ ...(body as inputs.DraftInput), id: params.id }),
  });
  for (const { name, answer, act, ...row } of ACTS)
    addAct(app, journal, {
      ...row,
      act: byAgentsToo(name, act),
      url: `/v1/manifests/:id/${name}`,
      operation: `manifests.${name}`,
      example: ACT_EXAMPLES[name as keyof typeof ACT_EXAMPLES],
      answer: StatusAnswer.extend(answer?.shape ?? {}),
      ...(name === 'follow-up' ? { location: '/v1/manifests' } : {}),
      input: async ({ params, body }) => ({ ...(await withScans(pool, body as object)), id: params.id }),
    });
  addAct(app, journal, {
    url: '/v1/manifests/:id/void',
    operation: 'manifests.void',
    summary: '作废 · Void before loading',
    act: byAgentsToo('void', filing.voidManifest),
    body: inputs.Void,
    example: ACT_EXAMPLES.void,
    answer: StatusAnswer,
    input: async ({ params: { id }, body }) => ({ ...(body as object), ...(await followedBy(pool, id)), id }),
  });
  addAct(app, journal, {
    url: '/v1/manifests/:id/official-record',
    operation: 'manifests.official-record',
    summary: '登记官方编号与状态 · What an official system says: its number of the manifest and the status there',
    act: officialRecord,
    body: OfficialRecordBody,
    example: OFFICIAL_RECORD_EXAMPLE,
    answer: StatusAnswer.extend({ officialNumber: z.string() }),
    input: ({ params, body }) => ({ ...(body as object), id: params.id }) as never,
  });
  addAct(app, journal, {
    url: '/v1/manifests/:id/pickup-code',
    operation: 'manifests.pickup-code',
    summary: '发放装运码 · A one-time code with which the driver shows that the consignor agrees',
    act: byAgentsToo('pickup-code', filing.pickupCode),
    body: inputs.PickupCode,
    example: ACT_EXAMPLES['pickup-code'],
    answer: StatusAnswer.extend(Code),
    input: ({ params }) => ({
      id: params.id,
      code: String(randomInt(CODES)).padStart(6, '0'),
      salt: randomBytes(16).toString('hex'),
    }),
    secret: {
      field: 'pickupCode',
      of: ({ code }) => code,
      lost: {
        zh: '装运码只在首次应答中显示一次；如未记下，请用新的 Idempotency-Key 重新发放，旧码随即失效。',
        en: 'The code was shown once, in the first answer; if it was not noted, ask for another with a new Idempotency-Key, which replaces it.',
      },
    },
  });
}

/** An act of a manifest may be done by an agent of whose act it is: its delegation is looked up with the rest. */
export function byAgentsToo<Input extends { readonly id: string }>(name: Row['name'], act: Act<Input, PolicyBook>) {
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
