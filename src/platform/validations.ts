import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Problem } from '../problems.ts';
import { Call, type Operations, prepare } from './calls.ts';
import { ActHeaders, type App, inOneLanguage, ProblemView, type Services } from './http.ts';
import { languageOf } from './http-errors.ts';

/** With a key, what that key would be answered; without one, what a new key would. */
const Headers = ActHeaders.partial();

/** The act's own answer without what is not real yet: the ids and numbers it would have drawn, `actId` and `recordedAt`. */
const WouldBe = z.looseObject({ warnings: z.array(z.looseObject({ code: z.string(), detail: z.string() })) });

/**
 * What an act would be answered, without doing it: the same route, the same decision, the same statements, and a rollback
 * in place of the commit. No number is drawn, no key used, nothing is recorded and no job woken.
 */
export function validationRoutes(app: App, { rehearsals }: Services, operations: Operations, example: object): void {
  app.route({
    method: 'POST',
    url: '/v1/validations',
    config: { operation: 'validations.run', example },
    schema: {
      summary: '试办 · What an act would be answered; nothing is recorded',
      tags: ['validations'],
      operationId: 'validations.run',
      headers: Headers,
      body: Call,
      response: { 200: WouldBe, 201: WouldBe, default: ProblemView },
    },
    handler: async (request, reply) => {
      const { caller } = request;
      if (operations.acts.get(request.body.operation)?.inSteps) throw inSteps(request.body.operation);
      const key = request.headers['idempotency-key'] ?? `validation:${randomUUID()}`;
      const { submission } = await prepare(operations, request.body, { caller, key });
      const { status, body, replayed } = await rehearsals.submit(...submission);
      if (replayed) reply.header('idempotency-replayed', 'true');
      return reply.code(status).send(inOneLanguage(body, languageOf(request)) as z.input<typeof WouldBe>);
    },
  });
}

function inSteps(operation: string): Problem {
  const detail = {
    zh: `${operation} 由多份联单的操作组成，不能整体试办；请对其中每一步分别试办。`,
    en: `${operation} is made of acts on several manifests and is not rehearsed as a whole; ask for each of them.`,
  };
  return new Problem('invalid-input', detail, { errors: [{ pointer: '/operation', detail }] });
}
