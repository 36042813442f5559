import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { jsonSchemaTransform, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { type Bilingual, Problem, type Refusal } from '../problems.ts';
import type { Act, Caller } from './acts.ts';
import type { Clock } from './clock.ts';
import type { Database } from './connections.ts';
import { answerBrokenRequest, answerError, answerUnknownRoute, languageOf } from './http-errors.ts';
import type { Journal, Submission } from './journal.ts';
import { BasisView, Uuid } from './values.ts';

/**
 * How every path behaves: one error shape, keys, languages, limits, documentation. Knows no waste and no table; who a
 * caller is and what he may do is handed in.
 */
export interface HttpOptions {
  readonly logger: FastifyBaseLogger;
  readonly bodyLimitBytes: number;
  readonly requestTimeoutMs: number;
  readonly requestsPerMinute: number;
  readonly anonymousRequestsPerMinute: number;
  readonly redis: Redis | undefined;
  readonly version: string;
  readonly authenticate: (authorization: string | undefined) => Promise<Caller | Refusal>;
  /** Why this kind of caller may not use this operation at all, if so. Throws at start when the operation is in no table. */
  readonly refusalOfUse: (operation: string) => (caller: Caller) => Refusal | undefined;
  readonly observe: (request: { operation: string; status: number; seconds: number }) => void;
}

/** What routes are built with: plain data, no container. */
export interface Services {
  readonly journal: Journal;
  /** The same road without its end: what is submitted here is answered and not kept. */
  readonly rehearsals: Journal;
  readonly database: Database;
  readonly clock: Clock;
}

export type App = ReturnType<typeof withZod>;
const withZod = (app: FastifyInstance) => app.withTypeProvider<ZodTypeProvider>();

declare module 'fastify' {
  interface FastifyInstance {
    /** Every act that has a route, by its operation. */
    acts: Map<string, ActRoute<never>>;
  }
  interface FastifyRequest {
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** Name in the table of who may do what; null for what needs no key. */
    operation?: string | null;
    /** What the documentation shows as its body; a test sends it. */
    example?: object;
    /** Bodies that are no JSON, by their content type: text as one would send it. */
    textBodies?: Readonly<Record<string, string>>;
  }
}

export async function buildHttp(options: HttpOptions): Promise<App> {
  const app = withZod(
    Fastify({
      loggerInstance: options.logger,
      logController: new LogController({ disableRequestLogging: true }),
      bodyLimit: options.bodyLimitBytes,
      requestTimeout: options.requestTimeoutMs,
      connectionTimeout: 0,
      keepAliveTimeout: 72_000,
      requestIdHeader: false,
      genReqId: requestId,
      forceCloseConnections: 'idle',
      return503OnClosing: true,
      exposeHeadRoutes: false,
      clientErrorHandler: answerBrokenRequest,
      routerOptions: { maxParamLength: 200 },
      http: { requireHostHeader: false },
      frameworkErrors: (error, request, reply) => answerError(error, request as FastifyRequest, reply as FastifyReply),
    }),
  );
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler<z.ZodType>(({ schema }) => (data) => {
    const { data: value, error } = schema.safeParse(data);
    return error ? { error } : { value };
  });
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerUnknownRoute);
  app.decorate('acts', new Map());
  app.decorateRequest('caller', null as unknown as Caller);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Liandan 联单',
        version: options.version,
        description: 'Chain of custody for solid waste. 固体废物全过程监管链。',
      },
      components: {
        securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'Authorization: Bearer ld_…' } },
      },
      security: [{ apiKey: [] }],
    },
    transform: documentedRoute,
  });
  await app.register(swaggerUi, { routePrefix: '/docs', uiConfig: { docExpansion: 'list', tryItOutEnabled: true } });
  await guard(app, options);
  app.addHook('onResponse', async (request, reply) => {
    const operation = request.routeOptions.config?.operation ?? request.routeOptions.url ?? 'unknown';
    options.observe({ operation, status: reply.statusCode, seconds: reply.elapsedTime / 1000 });
    request.log.info(
      {
        event: 'request',
        operation,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        key: request.caller?.actor.key,
      },
      'request',
    );
  });
  app.get('/openapi.json', { schema: { hide: true }, config: { operation: null } }, async () => app.swagger());
  return app;
}

/** Acts name their operation; a read is named by its path, so that every operation has an id of its own. */
const documentedRoute: typeof jsonSchemaTransform = (route) => {
  const documented = jsonSchemaTransform(route);
  const { schema, url } = documented;
  const { example, textBodies } = route.route.config ?? {};
  if (example !== undefined) Object.assign(schema.body as object, { examples: [example] });
  if (textBodies) schema.body = { content: Object.fromEntries(Object.entries(textBodies).map(asText)) };
  if (schema.hide || schema.operationId || !url.startsWith('/v1/')) return documented;
  return {
    url,
    schema: {
      ...schema,
      operationId: `read.${url
        .slice(4)
        .replaceAll(/[/:{}]+/g, '.')
        .replace(/\.$/, '')}`,
    },
  };
};

const asText = ([type, text]: [string, string]) => [type, { schema: { type: 'string', examples: text ? [text] : [] } }];

/** Who is asking, whether he may, and how often. In this order, before any body is read. */
async function guard(app: App, options: HttpOptions): Promise<void> {
  app.addHook('onRoute', (route) => {
    if (!route.url.startsWith('/v1/')) return;
    const operation = route.config?.operation;
    if (operation === undefined) throw new Error(`${String(route.method)} ${route.url} names no operation`);
    if (operation !== null) options.refusalOfUse(operation);
  });
  await app.register(rateLimit, {
    global: false,
    ...(options.redis ? { redis: options.redis, nameSpace: 'liandan:limit:', skipOnError: true } : { cache: 50_000 }),
    timeWindow: 60_000,
  });
  const anonymous = app.createRateLimit({
    max: options.anonymousRequestsPerMinute,
    keyGenerator: (request) => `ip:${request.ip}`,
  });
  const perKey = app.createRateLimit({
    max: options.requestsPerMinute,
    keyGenerator: (request) => `key:${request.caller.actor.key}`,
  });
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.includes('%00')) throw holdsNul(request.url);
    const operation = request.routeOptions.config?.operation;
    if (!operation) return;
    const caller = await options.authenticate(request.headers.authorization);
    if ('problem' in caller) {
      limited(await anonymous(request));
      reply.header('www-authenticate', 'Bearer');
      throw Problem.of(caller);
    }
    request.caller = caller;
    limited(await perKey(request));
    const refusal = options.refusalOfUse(operation)(caller);
    if (refusal) throw Problem.of(refusal);
  });
}

function holdsNul(url: string): Problem {
  const detail = { zh: '路径或参数中含有 NUL。', en: 'The path or a parameter holds NUL.' };
  const [path, ...query] = url.split(/[?&]/);
  const name = path!.includes('%00') ? undefined : query.find((pair) => pair.includes('%00'))!.split('=')[0];
  const pointer = name === undefined ? 'path:' : `query:${name}`;
  return new Problem('invalid-input', detail, {
    errors: [{ pointer, detail: { zh: '不得含 NUL 字符', en: 'no NUL' } }],
  });
}

function limited(verdict: { isAllowed: boolean; isExceeded?: boolean; ttlInSeconds?: number }): void {
  if (verdict.isAllowed || !verdict.isExceeded) return;
  throw new Problem(
    'too-many-requests',
    {
      zh: '每分钟请求数超过上限，请稍后重试。',
      en: 'More requests in a minute than the limit allows; try again later.',
    },
    { retryAfterSeconds: Math.max(1, verdict.ttlInSeconds ?? 1) },
  );
}

/** The id of a W3C trace, when the caller sent one, names the request too. */
function requestId(request: IncomingMessage): string {
  const parent = request.headers.traceparent;
  const trace = typeof parent === 'string' ? /^00-([0-9a-f]{32})-/.exec(parent)?.[1] : undefined;
  return trace ?? randomUUID();
}

export const ActHeaders = z.object({ 'idempotency-key': z.string().regex(/^[\x21-\x7e]{1,128}$/) });
const EditHeaders = z.object({ ...ActHeaders.shape, 'if-match': z.string().optional() });
export const Id = z.object({ id: Uuid });
const WarningView = z.object({
  code: z.string(),
  detail: z.string(),
  pointer: z.string().optional(),
  basis: BasisView.optional(),
});

/** What every act answers, besides its own fields. */
export const ActAnswer = z.object({
  id: Uuid,
  version: z.number().int(),
  actId: Uuid,
  recordedAt: z.iso.datetime(),
  warnings: z.array(WarningView),
});

export interface ActRoute<Input> {
  readonly method?: 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly operation: string;
  readonly summary: string;
  readonly act: Act<Input, never>;
  readonly body?: z.ZodType;
  /** A body as one would send it, for the documentation: ids by `exampleId`. Every act with a body has one. */
  readonly example?: object;
  readonly answer?: z.ZodType;
  /** Where what was made is read, when that is not below the path itself. */
  readonly location?: string;
  /** Edits of a register name the version they are based on. */
  readonly edits?: boolean;
  /** Its input does acts of its own first, each under a key made of this one's: it cannot be rehearsed as a whole. */
  readonly inSteps?: true;
  /** `key` is the act's own: for acts that have to be done before it, each under a key made of it. */
  readonly input: (request: {
    params: { id: string };
    body: never;
    caller: Caller;
    key: string;
  }) => Input | Promise<Input>;
  /** The key of an act that its input names itself, such as by a device's own count, whatever the header says. */
  readonly keyOf?: (input: Input, caller: Caller) => string | undefined;
  /** What was made for this act and is no part of the stored answer. */
  readonly secret?: Secret & { of(input: Input): string };
}

/** A field of an answer that is shown once, and what to do when it was not kept. */
export interface Secret {
  readonly field: string;
  readonly lost: Bilingual;
}

type Body = { readonly [key: string]: unknown };

/** The answer with its secret, or, for who has been answered before, with null and what to do. */
export const withSecret = (body: Body, { field, lost }: Secret, secret: string | null): Body => {
  const shownOnce = { code: 'secret-shown-once', pointer: `/${field}`, detail: lost };
  const warnings = [...(body.warnings as readonly unknown[]), ...(secret === null ? [shownOnce] : [])];
  return { ...body, [field]: secret, warnings };
};

/** An act as somebody asks for it: with the parts of a request, wherever they come from. */
export interface Asked {
  readonly params: { id: string };
  readonly body: unknown;
  readonly caller: Caller;
  readonly path: string;
  readonly key: string;
  /** Version the caller read. @throws Problem version-required. */
  readonly version: () => number;
}

/** What goes to the journal for it. @throws Problem for what only the database can tell of the input. */
export async function submissionOf(
  route: ActRoute<never>,
  { params, body, caller, path, key, version }: Asked,
): Promise<[act: Act<never, never>, input: never, submission: Submission]> {
  const input = await route.input({ params, body: body as never, caller, key });
  const submission = {
    caller,
    organisation: caller.actor.party,
    key: route.keyOf?.(input, caller) ?? key,
    fingerprint: { path, body: body ?? null },
    ...(route.edits ? { expectedSeq: version() } : {}),
  };
  return [route.act, input, submission];
}

/** One act as a route: key, input, journal, answer. */
export function addAct<Input>(app: App, journal: Journal, route: ActRoute<Input>): void {
  const answer = route.answer ?? ActAnswer;
  app.acts.set(route.operation, route as unknown as ActRoute<never>);
  app.route({
    method: route.method ?? 'POST',
    url: route.url,
    config: { operation: route.operation, ...(route.example ? { example: route.example } : {}) },
    schema: {
      summary: route.summary,
      tags: [route.operation.split('.')[0]!],
      operationId: route.operation,
      headers: route.edits ? EditHeaders : ActHeaders,
      ...(route.url.includes(':id') ? { params: Id } : {}),
      ...(route.body ? { body: route.body } : {}),
      response: { 200: answer, 201: answer, default: ProblemView },
    },
    handler: async (request, reply) => {
      const [act, input, submission] = await submissionOf(route as unknown as ActRoute<never>, {
        params: request.params as { id: string },
        body: request.body,
        caller: request.caller,
        path: request.url,
        key: (request.headers as z.infer<typeof ActHeaders>)['idempotency-key'],
        version: () => expectedSeq(request.headers['if-match']),
      });
      const { status, body, replayed } = await journal.submit(act, input, submission);
      if (route.location && status === 201) reply.header('location', `${route.location}/${body.id}`);
      const shown = route.secret ? withSecret(body, route.secret, replayed ? null : route.secret.of(input)) : body;
      return sendAnswer(request, reply, status, shown, replayed);
    },
  });
}

export function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  body: Body,
  replayed: boolean,
): FastifyReply {
  if (replayed) reply.header('idempotency-replayed', 'true');
  if (status === 201 && body.id && !reply.hasHeader('location'))
    reply.header('location', `${request.url.split('?')[0]}/${body.id}`);
  if (body.version) reply.header('etag', `"${body.version}"`);
  return reply.code(status).send(inOneLanguage(body, languageOf(request)));
}

/** An answer is kept in both languages and told in one. */
export const inOneLanguage = (body: Body, language: keyof Bilingual): Body => ({
  ...body,
  warnings: (body.warnings as readonly { detail: Bilingual }[]).map((warning) => ({
    ...warning,
    detail: warning.detail[language],
  })),
});

/** @throws Problem for what names no version. */
export function expectedSeq(given: string | undefined): number {
  const version = given === undefined ? undefined : /^"?(\d{1,9})"?$/.exec(given)?.[1];
  if (version !== undefined) return Number(version);
  throw new Problem(
    'version-required',
    {
      zh: '修改前请先读取，并以 If-Match 带回其 ETag。',
      en: 'Read the record first and send its ETag back as If-Match.',
    },
    { errors: [{ pointer: 'header:if-match', detail: '"<version>"' }] },
  );
}

/** RFC 9457, as documented for every operation. */
export const ProblemView = z.object({
  type: z.string(),
  status: z.number().int(),
  title: z.string(),
  detail: z.string(),
  instance: z.string(),
  requestId: z.string(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  basis: BasisView.optional(),
  allowedFrom: z.array(z.string()).optional(),
  unmatchedReport: z.string().optional(),
  retryAfterSeconds: z.number().optional(),
});
