import { z } from 'zod';
import { type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { CivilDay } from '../platform/values.ts';
import { type FieldError, Problem } from '../problems.ts';
import { dayInShanghai } from './calendar.ts';
import { amendPolicy, PolicyBody, RegionCode, registerPolicy } from './commands.ts';
import { CUSTODY_STAGES, type Exemption, exemptionsFor } from './exemptions.ts';
import { POLICY_NAMES } from './policy-definitions.ts';
import { childrenOn, isLocationOn, NATION, REGION_LEVELS, type Region, regionOn } from './regions.ts';
import { findPolicy, listPolicies } from './registers.ts';
import { streamOfClass, streamOfCode, streams } from './streams.ts';
import { methodsOf } from './treatment-methods.ts';
import { findWasteCode, HAZARD_RULES, listWasteCodes, wasteClasses, wasteListOn } from './waste-codes.ts';

/** Dated reference data for reading, and the register of policies. */
export function catalogueRoutes(app: App, services: Services): void {
  streamRoutes(app);
  wasteCodeRoutes(app, services);
  regionRoutes(app, services);
  policyRoutes(app, services);
}

/** Asked for nothing else, everything is read as of today in Asia/Shanghai. */
const dayOf = (services: Services, day: string | undefined): string => day ?? dayInShanghai(services.clock.now());
const CODES_MAX = 500;

const ListedView = z.object({
  code: z.string(),
  class: z.string(),
  className: z.string(),
  industry: z.string(),
  shortName: z.string(),
  hazards: z.array(z.string()),
  hazardRule: z.enum(HAZARD_RULES),
  edition: z.string(),
  verified: z.boolean(),
});
const ExemptionView = z.object({
  item: z.number().int(),
  codes: z.array(z.string()),
  waste: z.string(),
  stage: z.string(),
  condition: z.string(),
  matchedBy: z.enum(['code', 'class', 'any']),
  edition: z.string(),
  verified: z.boolean(),
});
/** `listed` is null for a code our rows do not hold: identified but not listed (900-000-NN), or not checked yet. */
const WasteCodeView = z.object({
  code: z.string(),
  day: z.iso.date(),
  /** `known_class`: of the classification list, of which we hold the classes only. */
  finding: z.enum(['listed', 'unspecified_class', 'known_class', 'unknown']),
  /** The stream it moves in. */
  stream: z.string(),
  class: z.string(),
  className: z.string(),
  edition: z.string(),
  verified: z.boolean(),
  listed: ListedView.nullable(),
  exemptions: z.array(ExemptionView),
});

const FieldUseView = z.union([
  z.enum(['required', 'optional', 'absent']),
  z.object({ default: z.union([z.string(), z.array(z.string())]) }),
]);
const NameView = z.object({ zh: z.string(), en: z.string() });
const StreamView = NameView.extend({
  stream: z.string(),
  /** Classes of its wastes, with their names. */
  classes: z.array(z.object({ class: z.string(), name: z.string() })),
  roles: z.object({ consignor: NameView, carrier: NameView, consignee: NameView }),
  linesMax: z.number().int(),
  oneClass: z.boolean(),
  stock: z.enum(['kept', 'as_loaded']),
  /** What a draft of it must say, may leave out, must not say, or is filled in when left out. */
  manifest: z.record(z.string(), FieldUseView),
  line: z.record(z.string(), FieldUseView),
  methods: z.array(NameView.extend({ code: z.string(), kind: z.string() })),
  basis: z.object({ instrument: z.string(), article: z.string() }),
});

function streamRoutes(app: App): void {
  const items = streams.map(({ list: _, names: __, ...row }) => ({
    ...row,
    classes: wasteClasses.filter((one) => streamOfClass(one.class) === row.stream),
    methods: methodsOf(row.stream).map(({ code, zh, en, kind }) => ({ code, zh, en, kind })),
  }));
  app.route({
    method: 'GET',
    url: '/v1/streams',
    config: { operation: 'catalogue.read' },
    schema: {
      summary: '废物流 · Streams of waste: their classes, parties, fields and methods',
      tags: ['catalogue'],
      response: { 200: z.object({ items: z.array(StreamView) }), default: ProblemView },
    },
    handler: async () => ({ items: structuredClone(items) as z.input<typeof StreamView>[] }),
  });
}

function wasteCodeRoutes(app: App, services: Services): void {
  app.route({
    method: 'GET',
    url: '/v1/waste-codes',
    config: { operation: 'catalogue.read' },
    schema: {
      summary: 'Waste codes of the national list on a day 国家危险废物名录',
      tags: ['catalogue'],
      querystring: z.strictObject({
        q: z.string().max(100).optional(),
        day: CivilDay.optional(),
        limit: z.coerce.number().int().min(1).max(CODES_MAX).default(50),
      }),
      response: {
        200: z.object({ day: z.iso.date(), items: z.array(ListedView), more: z.boolean() }),
        default: ProblemView,
      },
    },
    handler: async (request) => {
      const day = dayOf(services, request.query.day);
      const found = listWasteCodes({ day, text: request.query.q });
      const items = found.slice(0, request.query.limit);
      return { day, items: items.map(copyOf), more: found.length > items.length };
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/waste-codes/:code',
    config: { operation: 'catalogue.read' },
    schema: {
      summary: 'One waste code on a day, with the exemptions that may apply 豁免',
      tags: ['catalogue'],
      params: z.object({ code: z.string().max(20) }),
      querystring: z.strictObject({ day: CivilDay.optional() }),
      response: { 200: WasteCodeView, default: ProblemView },
    },
    handler: async (request) => wasteCodeView(request.params.code, dayOf(services, request.query.day)),
  });
}

/** @throws Problem for what is no code, or no code of that day's list. */
function wasteCodeView(code: string, day: string): z.input<typeof WasteCodeView> {
  const found = findWasteCode(code, day);
  switch (found.kind) {
    case 'malformed':
      throw new Problem(
        'invalid-input',
        {
          zh: `“${code}” 不是废物代码；格式为 NNN-NNN-NN 或 NNN-NNN-Snn。`,
          en: `"${code}" is no waste code; the form is NNN-NNN-NN or NNN-NNN-Snn.`,
        },
        fieldError('path:code', 'NNN-NNN-NN'),
      );
    case 'no_edition':
      throw new Problem('not-found', {
        zh: `${day} 的名录未载入；最早为 2021-01-01。`,
        en: `The list of ${day} is not loaded; the earliest is that of 2021-01-01.`,
      });
    case 'no_such_class':
      throw notListed(code, day);
    case 'unknown':
      if (found.treatAs === 'refuse') throw notListed(code, day);
      break;
    case 'unspecified_class':
    case 'known_class':
    case 'listed':
      break;
    default:
      return found satisfies never;
  }
  const listed = found.kind === 'listed' ? copyOf(found.entry) : null;
  return {
    code,
    day,
    finding: found.kind,
    stream: streamOfCode(code),
    class: found.kind === 'listed' ? found.entry.class : found.class.class,
    className: found.kind === 'listed' ? found.entry.className : found.class.name,
    edition: found.kind === 'listed' ? found.entry.edition : found.edition,
    verified: found.kind !== 'known_class' && (wasteListOn(day)?.verified ?? false),
    listed,
    exemptions: exemptionsOf(code, day),
  };
}

/** An item that covers several stages is named once. */
function exemptionsOf(code: string, day: string): Exemption[] {
  const found = new Map<string, Exemption>();
  for (const stage of CUSTODY_STAGES) {
    for (const exemption of exemptionsFor(code, stage, day)) {
      found.set(`${exemption.item} ${exemption.stage} ${exemption.waste}`, exemption);
    }
  }
  return [...found.values()].sort((a, b) => a.item - b.item);
}

const copyOf = <Entry extends { readonly hazards: readonly string[] }>(entry: Entry) => ({
  ...entry,
  hazards: [...entry.hazards],
});

const notListed = (code: string, day: string): Problem =>
  new Problem(
    'not-found',
    {
      zh: `${day} 的名录中没有 ${code}；可用 GET /v1/waste-codes?q= 查找。`,
      en: `The list of ${day} has no ${code}; look for it with GET /v1/waste-codes?q=.`,
    },
    { basis: '《国家危险废物名录》' },
  );

const RegionView = z.object({
  code: z.string(),
  name: z.string(),
  level: z.enum(REGION_LEVELS),
  parent: z.string().nullable(),
  inForceFrom: z.iso.date().nullable(),
  inForceTo: z.iso.date().nullable(),
  successor: z.array(z.string()),
  /** A party or site may stand here. */
  isLocation: z.boolean(),
});

function regionRoutes(app: App, services: Services): void {
  app.route({
    method: 'GET',
    url: '/v1/regions',
    config: { operation: 'catalogue.read' },
    schema: {
      summary: 'Regions directly below a region on a day 行政区划',
      tags: ['catalogue'],
      querystring: z.strictObject({ parent: RegionCode.default(NATION), day: CivilDay.optional() }),
      response: {
        200: z.object({ day: z.iso.date(), parent: RegionView, items: z.array(RegionView) }),
        default: ProblemView,
      },
    },
    handler: async (request) => {
      const { parent: code } = request.query;
      const day = dayOf(services, request.query.day);
      const parent = regionOn(code, day);
      if (!parent) {
        throw new Problem(
          'not-found',
          { zh: `${day} 没有行政区划 ${code}。`, en: `There was no region ${code} on ${day}.` },
          fieldError('query:parent', 'GB/T 2260 code in force on that day'),
        );
      }
      const view = ({ dated: _dated, source: _source, ...region }: Region) => ({
        ...region,
        successor: [...region.successor],
        isLocation: isLocationOn(region.code, day),
      });
      return { day, parent: view(parent), items: childrenOn(code, day).map(view) };
    },
  });
}

const PolicyView = z.object({
  id: z.uuid(),
  version: z.number().int(),
  policy: z.string(),
  jurisdiction: z.string(),
  stream: z.string(),
  value: z.unknown(),
  looksAt: z.string(),
  place: z.string(),
  basis: z.object({ instrument: z.string(), article: z.string() }),
  ours: z.boolean(),
  inForceFrom: z.iso.date(),
  inForceTo: z.iso.date().nullable(),
});

const POLICY_EXAMPLE = {
  policy: 'confirm-receipt-working-days',
  jurisdiction: '370000',
  stream: 'hazardous',
  value: 3,
  looksAt: 'arrived',
  place: 'destination',
  basis: { instrument: '山东省示例办法', article: '12' },
  inForceFrom: '2027-01-01',
};

function policyRoutes(app: App, services: Services): void {
  app.route({
    method: 'GET',
    url: '/v1/policies',
    config: { operation: 'policies.read' },
    schema: {
      summary: 'Policy rows; with a day, those in force on it 政策参数',
      tags: ['policies'],
      querystring: z.strictObject({
        ...PageQuery.shape,
        policy: z.enum(POLICY_NAMES).optional(),
        jurisdiction: RegionCode.optional(),
        day: CivilDay.optional(),
      }),
      response: { 200: pageOf(PolicyView), default: ProblemView },
    },
    handler: async (request, reply) => {
      const { limit, cursor, ...filter } = request.query;
      const rows = await listPolicies(services.database, { after: readCursor(cursor), limit: limit + 1 }, filter);
      return sendPage(request, reply, rows, limit);
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/policies/:id',
    config: { operation: 'policies.read' },
    schema: {
      summary: 'One policy row',
      tags: ['policies'],
      params: Id,
      response: { 200: PolicyView, default: ProblemView },
    },
    handler: async (request, reply) => {
      const row = await findPolicy(services.database, request.params.id);
      if (!row) throw Problem.of(notFound('policy', request.params.id));
      reply.header('etag', `"${row.version}"`);
      return row;
    },
  });
  addAct(app, services.journal, {
    url: '/v1/policies',
    operation: 'policies.register',
    summary: 'Enter a policy row; a change of law is a new row. It is in force within a second',
    act: registerPolicy,
    body: PolicyBody,
    example: POLICY_EXAMPLE,
    input: ({ body }) => ({ record: body }),
  });
  addAct(app, services.journal, {
    method: 'PUT',
    url: '/v1/policies/:id',
    operation: 'policies.amend',
    summary: 'Amend a policy row, such as the day it ends. It is in force within a second',
    act: amendPolicy,
    body: PolicyBody,
    example: POLICY_EXAMPLE,
    edits: true,
    input: ({ params, body }) => ({ id: params.id, record: body }),
  });
}

const fieldError = (pointer: string, detail: string): { errors: FieldError[] } => ({ errors: [{ pointer, detail }] });
