import { z } from 'zod';
import { type FieldError, Problem } from '../problems.ts';
import type { Act, Caller } from './acts.ts';
import type { ActRoute, HttpOptions } from './http.ts';
import { expectedSeq, submissionOf } from './http.ts';
import type { Submission } from './journal.ts';
import { Uuid } from './values.ts';

/**
 * An act that is asked for by the name of its operation instead of its path: by a validation, or a line of a bulk. It goes
 * the way of its route: the role, the schema, the input, the version, in this order.
 */
export const Call = z.strictObject({
  operation: z.string().min(1).max(60).describe('operationId, e.g. manifests.issue'),
  /** What the path of the act names. */
  id: Uuid.optional(),
  /** Version the caller read, for the edits of a register. */
  ifMatch: z.number().int().min(1).optional(),
  body: z.unknown().optional(),
});
export type Call = z.output<typeof Call>;

export interface Operations {
  readonly acts: ReadonlyMap<string, ActRoute<never>>;
  readonly refusalOfUse: HttpOptions['refusalOfUse'];
}

export interface Prepared {
  readonly route: ActRoute<never>;
  readonly path: string;
  readonly submission: [act: Act<never, never>, input: never, submission: Submission];
}

/**
 * @param read turns a body into what its schema is to be given, where it is not that already.
 * @throws Problem as the route would; ZodError for a body that does not fit.
 */
export async function prepare(
  { acts, refusalOfUse }: Operations,
  { operation, id, ifMatch, body }: Call,
  { caller, key, read = (_schema, given) => given }: Asking,
): Promise<Prepared> {
  const route = acts.get(operation);
  if (!route) throw unknownOperation(operation);
  const refusal = refusalOfUse(operation)(caller);
  if (refusal) throw Problem.of(refusal);
  const takesId = route.url.includes(':id');
  if (takesId !== (id !== undefined)) throw wrongId(operation, takesId);
  const path = route.url.replace(':id', id ?? '');
  const given = body === undefined && route.body ? {} : body;
  if (!route.body && given !== undefined)
    throw new Problem('invalid-input', NO_BODY, { errors: [at('/body', NO_BODY)] });
  const parsed = route.body?.parse(read(route.body, given));
  const version = () => expectedSeq(ifMatch?.toString());
  const asked = { params: { id: id ?? '' }, body: parsed, caller, path, key, version };
  return { route, path, submission: await submissionOf(route, asked) };
}

interface Asking {
  readonly caller: Caller;
  readonly key: string;
  readonly read?: (schema: z.ZodType, body: unknown) => unknown;
}

const at = (pointer: string, detail: FieldError['detail']): FieldError => ({ pointer, detail });

function unknownOperation(operation: string): Problem {
  const detail = {
    zh: `${operation} 不能按名称办理：没有此操作，或只能在其自身路径办理（文件、定位、抓拍、发放密钥等）；名称见 /openapi.json 的 operationId。`,
    en: `${operation} cannot be asked for by name: there is no such act, or it is done at its own path only (files, positions, sightings, granting a key); the names are the operationIds in /openapi.json.`,
  };
  return new Problem('invalid-input', detail, { errors: [at('/operation', detail)] });
}

function wrongId(operation: string, takesId: boolean): Problem {
  const detail = takesId
    ? { zh: `${operation} 须以 id 指明对象。`, en: `${operation} needs the id of what it is done to.` }
    : { zh: `${operation} 不带 id。`, en: `${operation} takes no id.` };
  return new Problem('invalid-input', detail, { errors: [at('/id', detail)] });
}

const NO_BODY = { zh: '此操作没有正文。', en: 'This act has no body.' };
