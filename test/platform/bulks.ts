import { setTimeout as sleep } from 'node:timers/promises';
import { type Caller, ok, type TestService } from '../support/world.ts';

/** What the cases of bulks put together again and again. */
export interface ToldLine {
  readonly line: number;
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely.
  readonly body?: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly problem?: any;
}

export const ndjson = (lines: readonly (object | string)[]): string =>
  lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');

export interface SendWish {
  readonly type?: string;
  readonly key?: string;
  readonly query?: string;
}

/** Answers 202, or a problem. */
export async function sendBulk(
  { app }: TestService,
  caller: Caller,
  content: string | Buffer,
  { type = 'application/x-ndjson', key = `bulk-${Math.random()}`, query = '' }: SendWish = {},
) {
  const { statusCode, headers, body } = await app.inject({
    method: 'POST',
    url: `/v1/bulks${query}`,
    headers: {
      authorization: `Bearer ${caller.apiKey}`,
      'content-type': type,
      'idempotency-key': key,
      'accept-language': 'en',
    },
    payload: content,
  });
  return { status: statusCode, headers, body: JSON.parse(body) };
}

export async function resultsOf({ app }: TestService, caller: Caller, id: string, query = ''): Promise<ToldLine[]> {
  const { statusCode, body } = await app.inject({
    url: `/v1/bulks/${id}/results${query}`,
    headers: { authorization: `Bearer ${caller.apiKey}`, 'accept-language': 'en' },
  });
  if (statusCode !== 200) throw new Error(`${statusCode} ${body}`);
  return body === ''
    ? []
    : body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as ToldLine);
}

export async function ended(caller: Caller, id: string) {
  for (let tries = 0; tries < 1_000; tries++) {
    const bulk = ok(await caller.get(`/v1/bulks/${id}`));
    if (bulk.endedAt !== null) return bulk;
    await sleep(20);
  }
  throw new Error(`bulk ${id} has not ended`);
}

/** Sent, done, and read. */
export async function doBulk(service: TestService, caller: Caller, content: string | Buffer, wish: SendWish = {}) {
  const answer = await sendBulk(service, caller, content, wish);
  if (answer.status !== 202) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  const bulk = await ended(caller, answer.body.id);
  return { bulk, results: await resultsOf(service, caller, bulk.id) };
}
