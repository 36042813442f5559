import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Bilingual, Problem, type ProblemType, problemBody, type Refusal, statusOf } from '../problems.ts';
import { type Failure, failureOf } from './journal-errors.ts';
import { fieldErrors } from './schema-messages.ts';

/** One error shape on every path (RFC 9457), in the caller's language. */
export const languageOf = (request: FastifyRequest): keyof Bilingual => preferred(request.headers['accept-language']);

function preferred(languages = ''): keyof Bilingual {
  const weights = { zh: 0, en: 0 };
  for (const range of languages.split(',').slice(0, 20)) {
    const [, language, quality] = /^\s*(zh|en)\b[^;]*(?:;\s*q=([\d.]+))?/i.exec(range) ?? [];
    if (language) weights[language.toLowerCase() as keyof Bilingual] = Number(quality ?? 1);
  }
  return weights.en > weights.zh ? 'en' : 'zh';
}

export function answerError(error: FastifyError | Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { textBodies } = request.routeOptions.config as { textBodies?: object };
  const refusal = textBodies && isOfWrongType(error) ? wrongType(Object.keys(textBodies)) : refusalOf(error);
  if (refusal.problem === 'internal-error')
    request.log.error({ event: 'request_failed', err: error }, 'request_failed');
  return answerRefusal(refusal, request, reply);
}

function answerRefusal(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const language = languageOf(request);
  if (refusal.retryAfterSeconds) reply.header('retry-after', String(refusal.retryAfterSeconds));
  return reply
    .code(statusOf(refusal.problem))
    .header('content-language', language === 'zh' ? 'zh-CN' : 'en')
    .type('application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send({ ...problemBody(refusal, language, request.url), requestId: request.id });
}

/** A read that meets a database in trouble is told when to come back, as an act is. */
const DATABASE_AWAY: ReadonlySet<Failure> = new Set(['reconnect', 'overloaded', 'again']);
const AWAY: Refusal = {
  problem: 'temporarily-unavailable',
  detail: { zh: '数据库暂不可用，请稍后重试。', en: 'The database is away for the moment; try again shortly.' },
  retryAfterSeconds: 1,
};

export function answerUnknownRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = METHODS.filter(
    (method) => method !== request.method && request.server.findRoute({ url: request.url.split('?')[0]!, method }),
  );
  if (known.length > 0) reply.header('allow', known.join(', '));
  const problem: ProblemType = known.length > 0 ? 'method-not-allowed' : 'no-such-route';
  const path = request.url.split('?')[0];
  return answerRefusal(
    {
      problem,
      detail: {
        zh: `${request.method} ${path} 不存在；接口目录见 /docs。`,
        en: `There is no ${request.method} ${path}; the paths are listed at /docs.`,
      },
    },
    request,
    reply,
  );
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Requests that never became one: broken HTTP, a target that is not ASCII, or too slow in arriving. */
export function answerBrokenRequest(error: Error & { code?: string; rawPacket?: unknown }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return void socket.destroy();
  const problem: ProblemType = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request-timeout' : 'invalid-input';
  const sent = Buffer.isBuffer(error.rawPacket) ? error.rawPacket.toString() : '';
  const language = preferred(/^accept-language:(.*)$/im.exec(sent)?.[1]);
  const [, target = ''] = /^[A-Z]+ (\S+) HTTP/.exec(sent) ?? [];
  const isUnencoded = error.code === 'HPE_INVALID_URL' && /[^\0-\x7f]/.test(target);
  const instance = encodeURI(target) || '/';
  const refusal = isUnencoded ? { problem, ...percentEncoded(instance) } : { problem, detail: UNREADABLE };
  const body = JSON.stringify({ ...problemBody(refusal, language, instance), requestId: randomUUID() });
  socket.end(
    `HTTP/1.1 ${statusOf(problem)} ${problem}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

const UNREADABLE = { zh: '未能读取完整的 HTTP 请求。', en: 'The HTTP request could not be read in full.' };

const percentEncoded = (right: string): Pick<Refusal, 'detail' | 'errors'> => ({
  detail: {
    zh: '网址中的汉字等字符须按 UTF-8 百分号编码（curl 可用 -G --data-urlencode）。',
    en: 'What is not ASCII in a URL has to be percent-encoded as UTF-8 (with curl: -G --data-urlencode).',
  },
  errors: [{ pointer: 'path:', detail: right }],
});

/** Why it failed, as the caller is told. */
export function refusalOf(error: FastifyError | Problem): Refusal {
  if (error instanceof Problem) return error.refusal;
  if (DATABASE_AWAY.has(failureOf(error))) return AWAY;
  if (error instanceof z.ZodError) return invalidInput(error);
  const known = FASTIFY_ERRORS[error.code];
  if (known) return known;
  if (error instanceof SyntaxError || error.statusCode === 400)
    return { problem: 'malformed-json', detail: FASTIFY_ERRORS.FST_ERR_CTP_INVALID_JSON_BODY!.detail };
  return {
    problem: 'internal-error',
    detail: {
      zh: '请求未完成，已记录。请凭 requestId 联系我们。',
      en: 'The request was not completed and has been logged; tell us its requestId.',
    },
  };
}

const isOfWrongType = (error: FastifyError | Problem): boolean =>
  'code' in error && (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' || error.code === 'FST_ERR_CTP_EMPTY_TYPE');

/** Of a path that takes files. */
const wrongType = (types: readonly string[]): Refusal => ({
  problem: 'media-type-unsupported',
  detail: {
    zh: `请使用 Content-Type: ${types.join(' 或 ')}。`,
    en: `Send Content-Type: ${types.join(' or ')}.`,
  },
});

const EMPTY_BODY = { zh: '正文为空；请发送 JSON。', en: 'The body is empty; send JSON.' };
const FASTIFY_ERRORS: Record<string, Refusal> = {
  FST_ERR_CTP_INVALID_JSON_BODY: {
    problem: 'malformed-json',
    detail: { zh: '正文不是有效的 JSON。', en: 'The body could not be read as JSON.' },
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { problem: 'malformed-json', detail: EMPTY_BODY },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    problem: 'malformed-json',
    detail: { zh: '正文长度与 Content-Length 不符。', en: 'The body is not as long as Content-Length says.' },
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    problem: 'media-type-unsupported',
    detail: { zh: '请使用 Content-Type: application/json。', en: 'Send Content-Type: application/json.' },
  },
  FST_ERR_CTP_BODY_TOO_LARGE: {
    problem: 'body-too-large',
    detail: { zh: '请拆分后发送。', en: 'Send it in smaller parts.' },
  },
  FST_ERR_CTP_EMPTY_TYPE: {
    problem: 'media-type-unsupported',
    detail: { zh: '请使用 Content-Type: application/json。', en: 'Send Content-Type: application/json.' },
  },
  FST_ERR_BAD_URL: {
    problem: 'invalid-input',
    detail: { zh: '路径编码无效。', en: 'The path is not encoded properly.' },
    errors: [{ pointer: 'path:', detail: { zh: 'UTF-8 百分号编码', en: 'percent-encoded UTF-8' } }],
  },
  FST_ERR_MAX_PARAM_LENGTH: {
    problem: 'invalid-input',
    detail: { zh: '路径参数过长。', en: 'A parameter in the path is too long.' },
    errors: [{ pointer: 'path:', detail: { zh: '最多 200 个字符', en: '200 characters at most' } }],
  },
};

/** Fastify says in which part of the request it was. */
const PLACES: Readonly<Record<string, string>> = { params: 'path:', querystring: 'query:', headers: 'header:' };

function invalidInput(error: z.ZodError & { validationContext?: string }): Refusal {
  const place = PLACES[error.validationContext ?? ''];
  const errors = fieldErrors(error.issues).map((field) =>
    place === undefined ? field : { ...field, pointer: `${place}${field.pointer.slice(1)}` },
  );
  const missingKey = errors.some(({ pointer }) => pointer === 'header:idempotency-key');
  if (missingKey) {
    return {
      problem: 'idempotency-key-missing',
      detail: {
        zh: '每个写操作须带 Idempotency-Key（1 至 128 个可打印字符），重试时保持不变。',
        en: 'Every act carries an Idempotency-Key of 1 to 128 printable characters; keep it when you try again.',
      },
      errors,
    };
  }
  return {
    problem: 'invalid-input',
    detail: {
      zh: `有 ${errors.length} 处不符合格式，见 errors。`,
      en: `${errors.length} place(s) do not fit; see errors.`,
    },
    errors,
  };
}
