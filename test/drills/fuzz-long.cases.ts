// Every kind of route under random and damaged requests, many at once: never a 5xx, every refusal a problem that says
// where, and a refusal leaves nothing. TEST_FUZZ_REQUESTS is how many of each kind; TEST_FUZZ_SEED repeats a run, TEST_FUZZ_KIND plays one kind only.
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { checkRebuild } from '../../src/rebuild.ts';
import { payloads } from '../custody/bodies.ts';
import { type Answered, faultOf } from '../custody/fuzz-answers.ts';
import { knownOf, listRequests, readRequests, readRoutes } from '../custody/fuzz-reads.ts';
import { bodyRequests, headerRequests, type Sound, type Wire, wireOf } from '../custody/fuzz-requests.ts';
import { filled, type Target, targets } from '../custody/fuzz-targets.ts';
import { broken } from '../custody/given.ts';
import { aWorld, START, startTestService, type World } from '../support/world.ts';

const REQUESTS = Number(process.env.TEST_FUZZ_REQUESTS ?? 2_000);
const SEED = Number(process.env.TEST_FUZZ_SEED ?? randomInt(2 ** 31));
const ONLY = process.env.TEST_FUZZ_KIND ?? '';
const LANES = 16;
const BATCH = 400;

/** So many requests, each lane's in their order. */
type Batch = readonly (readonly (() => Promise<Wire>)[])[];
interface Kind {
  readonly next: (requests: number, seed: number) => Promise<Batch>;
}

const inLanes = (wires: readonly Wire[]): Batch =>
  Array.from({ length: LANES }, (_, lane) =>
    wires.filter((_, index) => index % LANES === lane).map((wire) => async () => wire),
  );

const drawn = (arbitrary: fc.Arbitrary<Wire>): Kind => ({
  next: async (requests, seed) => inLanes(fc.sample(arbitrary, { numRuns: requests, seed })),
});

/** One act after the other; each lane does it to something of its own, made anew when it no longer fits. */
function acting(all: Readonly<Record<string, Target>>): Kind {
  const places = new Map<string, string[]>();
  const names = Object.keys(all);
  let turn = 0;
  return {
    async next(requests, seed) {
      const name = names[turn++ % names.length]!;
      const target = all[name]!;
      const lanes = await placesFor(target, places.get(name) ?? []);
      places.set(name, lanes);
      const bodies = fc.sample(payloads(target.sound), { numRuns: requests, seed });
      return Array.from({ length: LANES }, (_, lane) =>
        bodies
          .filter((_, index) => index % LANES === lane)
          .map((body, nth) => () => wireFor(target, lanes[lane]!, body, nth % 2 === 0 ? 'zh' : 'en')),
      );
    },
  };
}

async function placesFor({ url }: Target, before: readonly string[]): Promise<string[]> {
  if (typeof url === 'string') return Array.from({ length: LANES }, () => url);
  const kept: string[] = [];
  for (let lane = 0; lane < LANES; lane++) {
    const place = before[lane];
    const fits = place !== undefined && (!url.fits || (await url.fits(place)));
    kept.push(fits ? place : await url.make());
  }
  return kept;
}

async function wireFor(target: Target, url: string, body: string, language: string): Promise<Wire> {
  const wire = wireOf({ method: target.method ?? 'POST', url, caller: target.caller, body: {} }, language);
  const version = target.edits ? String((await target.caller.get(url)).headers.etag) : undefined;
  return { ...wire, headers: { ...wire.headers, ...(version ? { 'if-match': version } : {}) }, payload: filled(body) };
}

async function answerTo({ app }: World, wire: Wire): Promise<Answered> {
  const { method, url, headers, payload } = wire;
  const response = await app.inject({
    method: method as 'GET',
    url,
    headers: { ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: response.statusCode, headers: response.headers, text: response.body };
}

/** Rows of every table; what each act that had an effect left. */
interface Stand {
  readonly rows: Readonly<Record<string, number>>;
  readonly ordinal: number;
}

async function standOf({ service: { database } }: World, tables: readonly string[]): Promise<Stand> {
  const counts = tables.map((table) => `(select count(*) from "${table}") as "${table}"`).join(', ');
  const { rows } = await database.pool.query<Record<string, number>>(
    `select ${counts}, (select last_value from custody_events_ordinal) as ordinal`,
  );
  const { ordinal, ...counted } = rows[0]!;
  return { rows: counted, ordinal: ordinal! };
}

async function actsSince({ service: { database } }: World, ordinal: number): Promise<Set<string>> {
  const { rows } = await database.pool.query<{ act: string }>(
    "select distinct canonical::jsonb ->> 'actId' as act from custody_events where ordinal > $1",
    [ordinal],
  );
  return new Set(rows.map(({ act }) => act));
}

/** What a batch was told: acts done, and reports kept although they were refused. */
interface Told {
  readonly done: Set<string>;
  readonly kept: Set<string>;
  refused: number;
}

/** A report that is asked for again is answered as before. */
const known = new Set<string>();

function note(told: Told, wire: Wire, { status, headers, text }: Answered): void {
  if (status >= 400) told.refused += 1;
  if (wire.method === 'GET' || wire.method === 'HEAD' || text === '') return;
  const body = JSON.parse(text) as { actId?: string; unmatchedReport?: string };
  if (status < 300 && body.actId && !headers['idempotency-replayed']) told.done.add(body.actId);
  if (status < 400 || !body.unmatchedReport || known.has(body.unmatchedReport)) return;
  known.add(body.unmatchedReport);
  told.kept.add(body.unmatchedReport);
}

/** A refusal left nothing, a success one key and its events. @returns what does not add up. */
async function leftBehind(
  world: World,
  before: Stand,
  after: Stand,
  { done, kept }: Told,
): Promise<string | undefined> {
  if (done.size + kept.size === 0)
    return JSON.stringify(before.rows) === JSON.stringify(after.rows) ? undefined : 'refusals, and yet tables grew';
  const acts = await actsSince(world, before.ordinal);
  const lost = [...done].filter((act) => !acts.has(act));
  if (lost.length > 0) return `${lost.length} acts were told done and left no event`;
  if (acts.size !== done.size + kept.size)
    return `${done.size} done and ${kept.size} reports kept, but events of ${acts.size} acts`;
  const keys = after.rows.act_keys! - before.rows.act_keys!;
  return keys === acts.size ? undefined : `${acts.size} acts and ${keys} keys`;
}

const shown = (wire: Wire): object => ({ ...wire, payload: String(wire.payload ?? '').slice(0, 2_000) });

async function attack(t: Test, world: World, tables: readonly string[], kind: Kind): Promise<void> {
  const counts: Record<string, number> = {};
  let [sent, done, kept] = [0, 0, 0];
  const faults: object[] = [];
  const startedAt = performance.now();
  for (let round = 0; sent < REQUESTS && faults.length < 5; round++) {
    const batch = await kind.next(Math.min(BATCH, REQUESTS - sent), SEED + round);
    const told: Told = { done: new Set(), kept: new Set(), refused: 0 };
    const before = await standOf(world, tables);
    const lane = async (makers: readonly (() => Promise<Wire>)[]): Promise<void> => {
      for (const make of makers) {
        const wire = await make();
        const answer = await answerTo(world, wire);
        sent += 1;
        counts[answer.status] = (counts[answer.status] ?? 0) + 1;
        note(told, wire, answer);
        const fault = faultOf(wire, answer);
        if (fault) faults.push({ fault, ...shown(wire), status: answer.status, told: answer.text.slice(0, 1_000) });
      }
    };
    await Promise.all(batch.map(lane));
    const left = await leftBehind(world, before, await standOf(world, tables), told);
    if (left) faults.push({ fault: left, round, seed: SEED + round });
    done += told.done.size;
    kept += told.kept.size;
  }
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  t.same(faults.slice(0, 5), [], `seed ${SEED}: nothing broke`);
  t.comment(`${sent} requests in ${seconds} s: ${JSON.stringify(counts)}, ${done} acts, ${kept} reports kept`);
}

t.test('requests of every kind of route', { timeout: 3_600_000 }, async (t) => {
  const service = startTestService(t, START, {
    ROLE: 'api',
    RATE_LIMIT_ANONYMOUS_PER_MINUTE: '1000000000',
    RATE_LIMIT_PER_MINUTE: '1000000000',
  });
  const world = await aWorld(service);
  // What one request does in several acts is counted in cases of its own.
  const isOneAct = (name: string) => !world.app.acts.get(name)?.inSteps;
  const all = Object.fromEntries(Object.entries(await targets(world)).filter(([name]) => isOneAct(name)));
  const sounds = await soundRequests(all);
  const routes = await readRoutes(world);
  const there = await knownOf(world);
  const { rows } = await world.service.database.pool.query<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition",
  );
  const tables = rows.map(({ name }) => name);
  const isRegister = (name: string) => /\.(register|amend)$|^keys\./.test(name);
  const only = (wanted: boolean) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => isRegister(name) === wanted));
  const kinds: Record<string, Kind> = {
    'lists: queries and cursors': drawn(listRequests(routes, there)),
    'records by id: paths and methods': drawn(readRequests(routes, there)),
    headers: drawn(headerRequests([...sounds, ...soundReads(world)])),
    'bodies: text, bytes and types': drawn(bodyRequests(sounds)),
    'registers: POST and PUT': acting(only(true)),
    'acts: POST': acting(only(false)),
  };
  for (const [name, kind] of Object.entries(kinds).filter(([name]) => name.includes(ONLY)))
    await t.test(name, (t) => attack(t, world, tables, kind));
  t.same(await broken(world), {}, 'the ledger and every history hold');
  t.same((await checkRebuild(world.databaseUrl)).differences, [], 'every projection follows from the events');
});

/** Each act once, with its sound body. */
const soundRequests = (all: Readonly<Record<string, Target>>): Promise<Sound[]> =>
  Promise.all(
    Object.values(all).map(async ({ caller, method = 'POST', url, sound }) => ({
      method,
      caller,
      url: typeof url === 'string' ? url : await url.make(),
      body: JSON.parse(filled(JSON.stringify(sound))),
    })),
  );

const soundReads = ({ consignor, regulator, admin, consignorSiteId }: World): Sound[] => [
  { method: 'GET', url: '/v1/me', caller: consignor },
  { method: 'GET', url: '/v1/manifests?limit=5', caller: regulator },
  { method: 'GET', url: `/v1/batches?siteId=${consignorSiteId}`, caller: consignor },
  { method: 'GET', url: '/v1/parties?limit=3', caller: admin },
  { method: 'DELETE', url: '/v1/api-keys/00000000-0000-7000-8000-000000000000', caller: admin },
];
