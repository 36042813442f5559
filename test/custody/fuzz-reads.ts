// Reads as a stranger or a broken client may ask for them: lists with their queries and cursors, records by their paths.
import fc from 'fast-check';
import { type Caller, ok, type World } from '../support/world.ts';
import { nasty } from './bodies.ts';
import { languages, signed, type Wire } from './fuzz-requests.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema?: { readonly enum?: readonly string[] };
}

/** A read of the documentation, with the parameters its query may have. */
export interface ReadRoute {
  readonly path: string;
  readonly query: readonly Parameter[];
}

export async function readRoutes({ app }: World): Promise<ReadRoute[]> {
  const { paths } = (await app.inject('/openapi.json')).json() as {
    paths: Record<string, { get?: { parameters?: Parameter[] } }>;
  };
  return Object.entries(paths).flatMap(([path, { get }]) =>
    get && path.startsWith('/v1/') ? [{ path, query: (get.parameters ?? []).filter((one) => one.in === 'query') }] : [],
  );
}

/** Ids of everything there is, by the table it stands in, and cursors of ours. */
export interface Known {
  readonly callers: readonly Caller[];
  readonly ids: readonly string[];
  /** By the first part of their path. */
  readonly idsOf: Readonly<Record<string, readonly string[]>>;
  readonly cursors: readonly string[];
  readonly sites: readonly string[];
}

export async function knownOf(world: World): Promise<Known> {
  const { pool } = world.service.database;
  const { rows: tables } = await pool.query<{ name: string }>(
    `select c.table_name as name from information_schema.columns c join information_schema.columns s using (table_schema, table_name)
     where c.table_schema = 'public' and c.column_name = 'id' and c.data_type = 'uuid' and s.column_name = 'head_hash'`,
  );
  const idsOf = async (name: string) => {
    const { rows } = await pool.query<{ id: string }>(`select id from "${name}" order by id desc limit 20`);
    return rows.map(({ id }) => id);
  };
  const entries = await Promise.all(
    tables.map(async ({ name }): Promise<[string, string[]]> => [name.replaceAll('_', '-'), await idsOf(name)]),
  );
  const ids = entries.flatMap(([, found]) => found);
  const { admin, consignor, carrier, consignee, regulator, consignorSiteId, consigneeSiteId } = world;
  const lists = [
    '/v1/manifests?limit=1',
    '/v1/parties?limit=1',
    `/v1/batches?siteId=${consignorSiteId}&limit=1`,
    `/v1/registers/generation?siteId=${consignorSiteId}&from=2026-01-01&to=2026-12-31&limit=1`,
  ];
  const cursors = await Promise.all(lists.map(async (path) => ok(await consignor.get(path)).next as string | null));
  return {
    callers: [admin, consignor, carrier, consignee, regulator],
    ids,
    idsOf: Object.fromEntries(entries),
    cursors: cursors.flatMap((cursor) => cursor ?? []),
    sites: [consignorSiteId, consigneeSiteId],
  };
}

const text = nasty.map((value) => (typeof value === 'string' ? value.slice(0, 300) : JSON.stringify(value)));
/** Lone surrogates cannot be written in a URL. */
export const encode = (value: string): string => encodeURIComponent(Buffer.from(value).toString());
const base64url = (value: string): string => Buffer.from(value).toString('base64url');

/** Days and instants at the ends of what can be said. */
const days = fc.constantFrom(
  '2026-01-01',
  '2026-08-01',
  '2026-09-01',
  '2026-12-31',
  '2027-01-01',
  '0000-01-01',
  '0001-01-01',
  '1969-12-31',
  '9999-12-31',
  '2026-02-30',
);
const instants = fc.constantFrom(
  '2026-09-16T02:00:00Z',
  '1980-01-01T00:00:00Z',
  '2199-12-31T23:59:59.999Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '2026-09-16T02:00:00+23:59',
  '-000001-01-01T00:00:00Z',
);
const numbers = fc.constantFrom('0', '1', '2', '50', '200', '201', '-1', '1e3', '1e400', '0x10', '2147483648', 'NaN');

/** Ours, cut or bent ones, and such as one might make oneself. */
const cursorsOf = ({ cursors, ids }: Known): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(...cursors),
    fc.tuple(fc.constantFrom(...cursors), fc.nat(40)).map(([cursor, cut]) => cursor.slice(0, cut)),
    fc.constantFrom(...ids).map(base64url),
    text.map(base64url),
    fc
      .record(
        {
          occurredAt: fc.oneof(instants, text),
          eventId: fc.oneof(fc.constantFrom(...ids), text),
          n: fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double()),
          id: fc.constantFrom(...ids),
        },
        { requiredKeys: [] },
      )
      .map((key) => base64url(JSON.stringify(key))),
  );

/** What fits the parameter, so that the rest of the query is looked at too. */
function fitting({ name, schema }: Parameter, known: Known): fc.Arbitrary<string> {
  if (schema?.enum) return fc.constantFrom(...schema.enum);
  if (name === 'cursor') return fc.constantFrom(...known.cursors, base64url(known.ids[0]!));
  if (name === 'siteId') return fc.constantFrom(...known.sites);
  if (/Id$/.test(name)) return fc.constantFrom(...(known.idsOf[KIND_OF[name] ?? 'parties'] ?? known.ids));
  if (name === 'from') return fc.constantFrom('2026-01-01', '2026-09-01');
  if (name === 'to') return fc.constantFrom('2026-10-01', '2026-12-31');
  if (name === 'day') return fc.constant('2026-09-16');
  if (name === 'at') return fc.constant('2026-09-16T02:00:00Z');
  if (name === 'period') return fc.constantFrom('2026-08', '2026-Q3', '2026');
  if (name === 'month') return fc.constant('2026-08');
  if (name === 'year') return fc.constant('2026');
  if (/^(region|jurisdiction|parent)$/.test(name)) return fc.constantFrom('370100', '370112');
  return fc.constantFrom('1', '50', '200');
}

const KIND_OF: Readonly<Record<string, string>> = {
  manifestId: 'manifests',
  parentId: 'containers',
  storeId: 'stores',
  tripId: 'trips',
};

/** What looks like it and is not, or anything at all. */
function bent({ name }: Parameter, known: Known): fc.Arbitrary<string> {
  const alike = (): fc.Arbitrary<string> => {
    if (name === 'cursor') return cursorsOf(known);
    if (/Id$/.test(name)) return fc.constantFrom(...known.ids);
    if (/^(from|to|day)$/.test(name)) return days;
    if (name === 'at') return instants;
    if (name === 'period') return fc.constantFrom('0000', '9999-12', '2026-13', '2026-Q5', '0001-Q1', '9999');
    if (name === 'month') return fc.constantFrom('0000-01', '9999-12', '2026-00');
    if (/^(region|jurisdiction|parent)$/.test(name)) return fc.constantFrom('000000', '999999', '37');
    return numbers;
  };
  return fc.oneof({ weight: 2, arbitrary: alike() }, { weight: 1, arbitrary: text });
}

/** Lists, and whatever else is asked with a query. */
export function listRequests(routes: readonly ReadRoute[], known: Known): fc.Arbitrary<Wire> {
  const asked = routes.filter(({ path }) => !path.includes('{') || path.includes('/registers/'));
  return fc.constantFrom(...asked).chain(({ path, query }) => {
    const sound = query.map((parameter) =>
      fc.tuple(fc.constant(parameter.name), fitting(parameter, known), fc.integer({ min: 0, max: 9 })),
    );
    const wrong = fc
      .constantFrom(...query, { name: 'other', in: 'query' }, { name: '__proto__', in: 'query' })
      .chain((parameter) => fc.tuple(fc.constant(parameter.name), bent(parameter, known), fc.boolean()));
    return fc
      .record({
        sound: fc.tuple(...sound),
        wrong: fc.array(wrong, { maxLength: 2 }),
        caller: fc.constantFrom(...known.callers),
        language: languages,
        register: fc.constantFrom('generation', 'storage_in', 'storage_out', 'outsourced', 'x', '..'),
      })
      .map(({ sound, wrong, caller, language, register }): Wire => {
        const sent = new Map<string, string[]>();
        for (const [name, value, chance] of sound)
          if (NEEDED.test(name) || (chance < 3 && !EITHER.test(name))) sent.set(name, [value]);
        for (const [name, value, twice] of wrong) sent.set(name, twice ? [...(sent.get(name) ?? []), value] : [value]);
        const search = [...sent].flatMap(([name, values]) => values.map((value) => `${encode(name)}=${encode(value)}`));
        const url = `${path.replace('{register}', register)}?${search.join('&')}`;
        return { method: 'GET', url, headers: signed(caller, language) };
      });
  });
}

/** Without these there is nothing to look at; of the others one excludes another. */
const NEEDED = /^(siteId|from|to|period|month|region|stream|manifestId)$/;
const EITHER = /^(parentId|code)$/;

/** Single records: ids of other things, paths that are bent, methods that are not known. */
export function readRequests(routes: readonly ReadRoute[], known: Known): fc.Arbitrary<Wire> {
  const single = routes.filter(({ path }) => path.includes('{'));
  const places = fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(...known.ids) },
    { weight: 4, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constantFrom(...known.ids).map((id) => id.toUpperCase()) },
    { weight: 3, arbitrary: text.map((value) => encode(value) || '%20') },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        '..',
        '.',
        '%2e%2e',
        '..%2f..',
        '%2f',
        '%5c',
        '%252e',
        '%c0%ae',
        '%',
        '%zz',
        ';a=b',
        '*',
        ':id',
        '{id}',
        '%0d%0aset-cookie:x',
        'draft',
        '1',
        'x'.repeat(250),
      ),
    },
  );
  const tails = fc.constantFrom(
    '',
    '',
    '',
    '',
    '/',
    '//',
    '/.',
    '/..',
    '?',
    '?x',
    '?__proto__[x]=1',
    '#x',
    '/x',
    ';x',
    '%20',
  );
  return fc
    .record({
      route: fc.constantFrom(...single),
      places: fc.tuple(places, places),
      own: fc.nat(19),
      tail: tails,
      method: fc.constantFrom('GET', 'GET', 'GET', 'GET', 'GET', 'HEAD', 'PATCH', 'OPTIONS', 'PUT', 'POST', 'DELETE'),
      caller: fc.constantFrom(...known.callers),
      language: languages,
    })
    .map(({ route, places: [first, second], own, tail, method, caller, language }): Wire => {
      let nth = 0;
      const owns = known.idsOf[route.path.split('/')[2]!] ?? known.ids;
      const mine = owns[own % owns.length] ?? known.ids[own]!;
      const path = route.path.replaceAll(/\{\w+\}/g, () => (nth++ === 0 ? first || mine : second || '1'));
      return { method, url: path + tail, headers: signed(caller, language) };
    });
}
