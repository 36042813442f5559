import { createHash } from 'node:crypto';

/** The API as a caller sees it. An act's key is given, or named by its own number, so that a run can be repeated. */
export interface Client {
  /** @throws Refused when the answer is not a success. */
  post(path: string, body: object, key?: string): Promise<Answer>;
  get(path: string): Promise<Record<string, unknown>>;
  as(apiKey: string): Client;
}

export type Answer = { readonly id: string } & Readonly<Record<string, unknown>>;

export class Refused extends Error {
  readonly status: number;
  constructor(request: string, status: number, problem: Record<string, unknown>) {
    const { title, detail, errors } = problem;
    super(`${request}: ${status} ${String(title)}: ${String(detail)} ${JSON.stringify(errors ?? [])}`);
    this.status = status;
  }
}

export function client(baseUrl: string, apiKey: string, run: string): Client {
  let acts = 0;
  const scope = createHash('sha256').update(apiKey).digest('hex').slice(0, 8);
  const call = async (method: string, path: string, body?: object, key?: string): Promise<Record<string, unknown>> => {
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        'accept-language': 'en',
        ...(key ? { 'content-type': 'application/json', 'idempotency-key': key } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Refused(`${method} ${path}`, response.status, answer);
    return answer;
  };
  return {
    post: async (path, body, key = `${run}-${scope}-${++acts}`) => (await call('POST', path, body, key)) as Answer,
    get: (path) => call('GET', path),
    as: (other) => client(baseUrl, other, run),
  };
}

const PAGE = 200;

/** Every item of a list, page by page. */
export async function everyItem<Item>(as: Client, path: string): Promise<Item[]> {
  const items: Item[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Record<string, unknown> = await as.get(
      `${path}${path.includes('?') ? '&' : '?'}limit=${PAGE}${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    items.push(...(page.items as Item[]));
    cursor = page.next as string | null;
  }
  return items;
}
