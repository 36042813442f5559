// Bodies that break programs: made from a sound one, or from nothing.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';

/** Values that break programs; what is valid somewhere is wrong elsewhere. */
export const nasty = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    ' ',
    '\u0000',
    'a\u0000',
    '\ud800',
    '\u{10FFFF}',
    '‮',
    '0',
    '-1',
    '1e9',
    'null',
    '[]',
    "'; drop table manifests; --",
    '../../etc/passwd',
    '%00',
    '__proto__',
    'constructor',
    'x'.repeat(5_000),
  ),
  fc.constantFrom<unknown>(
    0,
    -0,
    -1,
    0.1,
    1e10,
    1e10 + 1,
    2 ** 31,
    2 ** 53,
    -(2 ** 63),
    1e308,
    Number.MIN_VALUE,
    true,
    [],
    {},
    [[]],
    [null],
    { a: { b: {} } },
  ),
  fc.constantFrom<unknown>(
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '1970-01-01T00:00:00Z',
    '2020-12-31T00:00:00Z',
    '2021-06-01T00:00:00+14:00',
    '9999-12-31T23:59:59Z',
    '2026-09-16T02:00:00.123456789Z',
    '2026-02-29T00:00:00Z',
    '2026-09-16',
    '0000-01-01',
    '9999-12-31',
  ),
  fc.constantFrom<unknown>(
    '900-249-08',
    '900-999-08',
    '900-000-49',
    '999-999-99',
    'HW08',
    'D10',
    'R1',
    '370112',
    '371202',
    '000000',
    '999999',
    'live',
    'paper',
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
  ),
  fc.uuid(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.jsonValue({ maxDepth: 2 }),
);

export type Json = Record<string, unknown>;

const instants = fc.constantFrom(
  ...[
    '0000-01-01',
    '0001-01-01',
    '0099-12-31',
    '1969-12-31',
    '2009-05-01',
    '2020-12-31',
    '2021-12-31',
    '2026-09-01',
    '2026-12-31',
    '9999-12-31',
  ].map((day) => `${day}T23:59:59Z`),
  '2021-06-01T00:00:00+14:00',
  '2026-09-16T02:00:00.123456789Z',
  '2026-09-16T24:00:00Z',
  '2026-09-16T02:00:00-23:59',
);
const grams = fc.constantFrom(0, 1, 999, 1_001, 10_000_000_000, 10_000_000_001, 2 ** 31, -1, 1.5);
const short = fc.oneof(
  fc.constantFrom('a', ' 空 ', 'a\u0000', '\ud800', '\\u0000', 'x'.repeat(201)),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

/** Another value of the same sort: the wrong ones that pass the first gate. */
const alike = (value: unknown): fc.Arbitrary<unknown> => {
  if (typeof value === 'number') return fc.oneof(grams, fc.integer());
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return instants;
  if (typeof value === 'string' && /^[0-9a-f-]{36}$/.test(value))
    return fc.constantFrom(randomUUID(), value.toUpperCase(), 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  if (typeof value === 'string') return short;
  return nasty;
};

/** A sound body with one to three things wrong (or not) somewhere in it. */
const damaged = (sound: Json): fc.Arbitrary<unknown> => {
  const places = placesIn(sound).map(([, , path]) => path);
  const damage = fc.constantFrom(...(places.length > 0 ? places : [['x']])).chain((path) =>
    fc.record({
      path: fc.constant(path),
      how: fc.constantFrom('alike', 'alike', 'alike', 'nasty', 'nasty', 'drop', 'add', 'double'),
      alike: alike(path.reduce<unknown>((value, key) => (value as Json | undefined)?.[key], sound)),
      nasty,
      name: fc.constantFrom('x', 'id', 'actId', 'status', 'number', 'toString', '__proto__'),
    }),
  );
  return fc.array(damage, { minLength: 1, maxLength: 3 }).map((damages) => {
    const body = structuredClone(sound);
    for (const { path, how, name, ...values } of damages) {
      const holder = path.slice(0, -1).reduce<unknown>((value, key) => (value as Json | undefined)?.[key], body) as
        | Json
        | undefined;
      const key = path.at(-1)!;
      if (typeof holder !== 'object' || holder === null) continue; // an earlier damage took it away
      if (how === 'alike' || how === 'nasty') holder[key] = values[how];
      else if (how === 'drop') delete holder[key];
      else if (how === 'add')
        Object.defineProperty(holder, name, {
          value: values.nasty,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      else if (Array.isArray(holder[key])) holder[key] = [...(holder[key] as unknown[]), ...(holder[key] as unknown[])];
    }
    return body;
  });
};

/** Every value of a body, by its path. */
function placesIn(value: unknown, above: readonly string[] = []): [holder: Json, key: string, path: string[]][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]): [Json, string, string[]][] => {
    const path = [...above, key];
    return [[value as Json, key, path], ...placesIn(inner, path)];
  });
}

/** What is put on the wire: mostly damaged JSON objects, sometimes any JSON, sometimes no JSON at all. */
export const payloads = (sound: Json): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 8, arbitrary: damaged(sound).map((body) => JSON.stringify(body)) },
    { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.string({ unit: 'binary' }), fc.nat(200))
        .map(([text, cut]) => JSON.stringify(sound).slice(0, cut) + text),
    },
  );
