import { createHash } from 'node:crypto';

/** The API as a caller sees it. Every act's key is named by its own number, so that a run can be repeated. */
export interface Client {
  post(path: string, body: object): Promise<{ id: string } & Record<string, unknown>>;
  get(path: string): Promise<Record<string, unknown>>;
  as(apiKey: string): Client;
}

/** @throws Error with the problem's title and detail when the answer is not a success. */
export function client(baseUrl: string, apiKey: string, run: string): Client {
  let acts = 0;
  const scope = createHash('sha256').update(apiKey).digest('hex').slice(0, 8);
  const call = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const headers: Record<string, string> = { authorization: `Bearer ${apiKey}`, 'accept-language': 'en' };
    if (body)
      Object.assign(headers, { 'content-type': 'application/json', 'idempotency-key': `${run}-${scope}-${++acts}` });
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok)
      throw new Error(
        `${method} ${path}: ${response.status} ${String(answer.title)}: ${String(answer.detail)} ${JSON.stringify(answer.errors ?? [])}`,
      );
    return answer;
  };
  return {
    post: async (path, body) => (await call('POST', path, body)) as { id: string } & Record<string, unknown>,
    get: (path) => call('GET', path),
    as: (other) => client(baseUrl, other, run),
  };
}
