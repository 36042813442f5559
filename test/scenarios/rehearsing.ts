import type { Answer, Caller, TestService } from '../support/world.ts';

/** Every act of every story is asked for as a validation first; then it must be answered what the validation said. */
interface Wish {
  readonly method: string;
  readonly path: string;
  readonly body: object | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** Undefined for what is no act. */
export async function rehearse({ app }: TestService, caller: Caller, wish: Wish): Promise<Answer | undefined> {
  const { method, path, body, headers } = wish;
  for (const route of app.acts.values()) {
    if ((route.method ?? 'POST') !== method || route.inSteps) continue;
    const found = new RegExp(`^${route.url.replace(':id', '([^/]+)')}$`).exec(path);
    if (!found) continue;
    const { 'if-match': version, ...others } = headers;
    return caller.post(
      '/v1/validations',
      {
        operation: route.operation,
        ...(found[1] ? { id: found[1] } : {}),
        ...(version ? { ifMatch: Number(version.replaceAll('"', '')) } : {}),
        ...(route.body ? { body: body ?? {} } : {}),
      },
      // Without a key of its own nothing was done with it before.
      { 'idempotency-key': 'never-used', ...others },
    );
  }
  return undefined;
}

/** What an answer holds that its rehearsal cannot know. */
const ONLY_REAL = new Set(['actId', 'recordedAt']);
const OF_ITS_PLACE = new Set(['instance', 'requestId', 'unmatchedReport']);
const DRAWN = /^[\da-f]{8}-[\da-f]{4}-7|^\d{14}$|^[A-Z0-9]+$/;

export function differencesFrom(rehearsed: Answer, answer: Answer): string[] {
  if (rehearsed.status !== answer.status)
    return [`rehearsed as ${rehearsed.status} ${JSON.stringify(rehearsed.body)}, and answered ${answer.status}`];
  return different(rehearsed.body, answer.body, '');
}

function different(before: unknown, after: unknown, path: string): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null)
    return [`rehearsed${path}: ${JSON.stringify(before)}, and answered ${JSON.stringify(after)}`];
  const [told, is] = [before, after] as Record<string, unknown>[];
  return [...new Set([...Object.keys(told!), ...Object.keys(is!)])].flatMap((key) => {
    const isOpen = (told![key] ?? null) === null;
    if (OF_ITS_PLACE.has(key) || (isOpen && (ONLY_REAL.has(key) || DRAWN.test(String(is![key]))))) return [];
    return different(told![key], is![key], `${path}/${key}`);
  });
}
