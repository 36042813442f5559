// Whatever is sent: never a 5xx, never half an act.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { written } from '../manifests/given.ts';
import { type Answer, aWorld, type World } from '../support/world.ts';
import { nasty, payloads } from './bodies.ts';
import { encode } from './fuzz-reads.ts';
import { filled, type Target, targets } from './fuzz-targets.ts';
import { broken } from './given.ts';

/** Bodies an act; more of them with TEST_FUZZ_RUNS. */
const RUNS = Number(process.env.TEST_FUZZ_RUNS ?? 60);

/** What the act is to be done to: the one last made while it is still in the state the act is for, else another. */
function placeOf({ url }: Target): () => Promise<string> {
  if (typeof url === 'string') return async () => url;
  let current: string | undefined;
  return async () => {
    if (current === undefined || (url.fits && !(await url.fits(current)))) current = await url.make();
    return current;
  };
}

async function send(
  world: World,
  { caller, method = 'POST', edits }: Pick<Target, 'caller' | 'method' | 'edits'>,
  url: string,
  payload: string,
): Promise<Answer> {
  const version = edits ? String((await caller.get(url)).headers.etag) : undefined;
  const response = await world.app.inject({
    method,
    url,
    headers: {
      authorization: `Bearer ${caller.apiKey}`,
      'idempotency-key': randomUUID(),
      'content-type': 'application/json',
      ...(version ? { 'if-match': version } : {}),
    },
    payload: filled(payload),
  });
  return { status: response.statusCode, body: JSON.parse(response.body), headers: response.headers };
}

/** What they take is no body of an act: they are fuzzed in test/official/damaged.cases.ts. */
const NO_ACTS = [
  'official-imports.record',
  'received-manifests.receive',
  'validations.run',
  'bulks.start',
  'bulks.cancel',
];

t.test('every act: random and damaged bodies are answered below 500, and leave all of an act or nothing', async (t) => {
  const world = await aWorld();
  const all = await targets(world);
  const { paths } = (await world.app.inject('/openapi.json')).json() as {
    paths: Record<string, Record<string, { operationId?: string }>>;
  };
  const acts = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { operationId }]) =>
      path.startsWith('/v1/') && method !== 'get' ? [operationId!] : [],
    ),
  );
  t.same(
    acts.filter((act) => !all[act] && !NO_ACTS.includes(act)),
    [],
    'a new act is fuzzed too',
  );
  for (const [name, target] of Object.entries(all)) {
    const counts = { done: 0, refused: 0 };
    const place = placeOf(target);
    await fc
      .assert(
        fc.asyncProperty(payloads(target.sound), async (payload) => {
          const url = await place();
          await world.jobsDone(); // what the acts before it have woken is no longer at work
          const before = await written(world);
          const answer = await send(world, target, url, payload);
          const after = await written(world);
          counts[answer.status < 300 ? 'done' : 'refused'] += 1;
          if (answer.status >= 500) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
          if (answer.status >= 300 && !String(answer.headers['content-type']).startsWith('application/problem+json'))
            throw new Error('a refusal is a problem');
          const recorded = answer.status < 300 || answer.body.unmatchedReport !== undefined;
          if (!recorded && JSON.stringify(before) !== JSON.stringify(after))
            throw new Error(`${answer.status} and yet something was written`);
          if (recorded && !target.leavesNoEvent && after.events === before.events)
            throw new Error('a success that left no event');
          if (after.reports - before.reports !== (answer.body.unmatchedReport ? 1 : 0))
            throw new Error('a report for each 409 that says so, and for no other');
        }),
        { numRuns: RUNS, endOnFailure: true },
      )
      .then(
        () => t.pass(`${name}: ${counts.done} done, ${counts.refused} refused`),
        (error: Error) => t.fail(`${name}: ${reasonOf(error)}`),
      );
  }
  await world.jobsDone();
  t.same(await broken(world), {});
});

t.test('every read: random parameters are answered below 500', async (t) => {
  const world = await aWorld();
  type Operation = { parameters?: { name: string; in: string }[] };
  const { paths } = (await world.app.inject('/openapi.json')).json() as {
    paths: Record<string, Record<string, Operation>>;
  };
  const text = nasty.map((value) => (typeof value === 'string' ? value.slice(0, 300) : JSON.stringify(value)));
  const callers = [world.admin, world.consignor, world.regulator];
  for (const [path, { get }] of Object.entries(paths)) {
    if (!get || !path.startsWith('/v1/')) continue;
    const queries = (get.parameters ?? []).filter((parameter) => parameter.in === 'query').map(({ name }) => name);
    const values = fc.record({
      path: text,
      query: fc.array(fc.tuple(fc.constantFrom(...queries, 'other'), text), { maxLength: 3 }),
      caller: fc.constantFrom(...callers),
    });
    await fc
      .assert(
        fc.asyncProperty(values, async ({ path: inPath, query, caller }) => {
          const search = query.map(([name, value]) => `${name}=${encode(value)}`).join('&');
          const url = `${path.replaceAll(/\{\w+\}/g, encode(inPath) || '%20')}?${search}`;
          const { statusCode, body } = await world.app.inject({
            url,
            headers: { authorization: `Bearer ${caller.apiKey}` },
          });
          if (statusCode >= 500) throw new Error(`${url}: ${statusCode} ${body}`);
        }),
        { numRuns: 100, endOnFailure: true },
      )
      .then(
        () => t.pass(path),
        (error: Error) => t.fail(`${path}: ${reasonOf(error)}`),
      );
  }
});

/** What went wrong, then the seed and the body that made it. */
const reasonOf = ({ cause, message }: Error): string =>
  `${cause instanceof Error ? cause.message : ''} ${message}`.slice(0, 1_500);

t.test('a body nested beyond reason is refused like any other', async (t) => {
  const world = await aWorld();
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  for (const [caller, url, payload] of [
    [world.consignor, '/v1/manifests', deep],
    [world.consignor, '/v1/generations', `{"massGrams":${deep}}`],
    [
      world.admin,
      '/v1/policies',
      `{"policy":"mismatch","jurisdiction":"370000","stream":"*","value":${deep},"looksAt":"arrived","place":"destination","basis":{"instrument":"x","article":"1"},"inForceFrom":"2030-01-01"}`,
    ],
  ] as const) {
    const { status } = await send(world, { caller }, url, payload);
    t.ok(status >= 400 && status < 500, `${url}: ${status}`);
  }
});
