import type { Wire } from './fuzz-requests.ts';

/** What every answer must be, whatever was asked. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  readonly text: string;
}

const HAN = /\p{Script=Han}/u;
/** Their refusal is about one place of the request, or more. */
const WITH_PLACES = new Set([
  '/problems/invalid-input',
  '/problems/idempotency-key-missing',
  '/problems/version-required',
  '/problems/against-rule',
]);
const POINTER = /^(\/|(header|query|path):)/;

/** What is wrong with the answer; undefined when nothing is. 503 and Retry-After say: later. */
export function faultOf({ method, headers: sent }: Wire, { status, headers, text }: Answered): string | undefined {
  if (status === 503 && headers['retry-after']) return undefined;
  if (status >= 500) return `a ${status}`;
  if (status < 400 || method === 'HEAD') return undefined;
  if (!String(headers['content-type']).startsWith('application/problem+json')) return 'a refusal that is no problem';
  const body = JSON.parse(text) as Record<string, string | number> & { errors?: { pointer: string; detail: string }[] };
  for (const member of ['type', 'title', 'detail', 'instance', 'requestId'])
    if (typeof body[member] !== 'string' || body[member] === '') return `a problem without ${member}`;
  if (body.status !== status) return `says ${body.status}`;
  const language = headers['content-language'];
  if (language !== 'zh-CN' && language !== 'en') return `no language: ${language}`;
  const asked = sent['accept-language'];
  if (asked === 'zh' && language !== 'zh-CN') return 'zh was asked for';
  if (asked === 'en' && language !== 'en') return 'en was asked for';
  if (HAN.test(String(body.title)) !== (language === 'zh-CN')) return 'its title is in the other language';
  if (language === 'zh-CN' && !HAN.test(String(body.detail))) return 'its detail is not in Chinese';
  if (language === 'en' && !/[a-z]{2}/.test(String(body.detail))) return 'its detail is not in English';
  if (WITH_PLACES.has(String(body.type)) && !body.errors?.length) return 'does not say where';
  const wrong = body.errors?.find(({ pointer, detail }) => !POINTER.test(pointer) || !detail);
  return wrong && `points nowhere: ${wrong.pointer}`;
}
