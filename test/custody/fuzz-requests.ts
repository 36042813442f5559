// Acts as a stranger, a broken client or a wicked one may send them: what is wrong is in a header, or in the body's text or bytes.
import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Caller } from '../support/world.ts';
import type { Json } from './bodies.ts';

export interface Wire {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: string | Buffer;
}

export const languages = fc.constantFrom('zh', 'en', 'zh-CN,en;q=0.5', 'en-GB,zh;q=0.1');
export const signed = (caller: Caller, language: string, more: Record<string, string> = {}) => ({
  authorization: `Bearer ${caller.apiKey}`,
  'accept-language': language,
  ...more,
});

/** A request that is sound as it stands; what is wrong with it is put into one part of it. */
export interface Sound {
  readonly method: string;
  readonly url: string;
  readonly caller: Caller;
  readonly body?: Json;
}

const HEADERS: Readonly<Record<string, readonly string[]>> = {
  'idempotency-key': [
    '',
    ' ',
    'x'.repeat(128),
    'x'.repeat(129),
    'a b',
    'ключ',
    '钥',
    'fuzz-same',
    '"x"',
    '__proto__',
    ',',
  ],
  'if-match': ['*', '"1"', '1', 'W/"1"', '""', '"1", "2"', '"999999999"', '"1e3"', '-1', '"9999999999"', 'x'],
  authorization: [
    '',
    'Bearer',
    'Bearer ',
    'Basic eDp4',
    'Bearer null',
    'bearer x',
    `Bearer ld_${'0'.repeat(10)}_${'A'.repeat(43)}`,
  ],
  'accept-language': [
    '',
    '*',
    'zh',
    'EN',
    'zh;q=x',
    'en;q=1e9',
    'en;q=0,zh;q=-1',
    ','.repeat(5_000),
    'zh-'.repeat(500),
  ],
  'content-type': [
    '',
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=utf-16',
    'application/problem+json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'text/html',
    'application/',
    ';;',
    'application/json, text/plain',
    'x'.repeat(2_000),
  ],
  'content-length': ['0', '1', '-1', '1e3', '99999999', 'x', ''],
  'content-encoding': ['gzip', 'br', 'identity', 'x', 'gzip, gzip'],
  'transfer-encoding': ['chunked', 'identity', 'x'],
  accept: ['text/html', '*/*;q=0', 'x', ''],
  traceparent: ['00-00000000000000000000000000000000-0-00', `00-${'a'.repeat(32)}-x`, 'x'.repeat(3_000)],
  expect: ['100-continue', 'x'],
  range: ['bytes=0-1', 'x'],
  'x-http-method-override': ['DELETE', 'PATCH'],
  'x-forwarded-for': ['127.0.0.1', '::1', '-'],
  host: ['', 'x', '[', 'example.org:99999'],
  cookie: ['x=y', '='.repeat(4_000)],
};

const headerText = fc.string({ unit: fc.constantFrom(...'abcXYZ019 "\';,=/\\<>{}[]()*%&#!~`\té\xff'), maxLength: 60 });

/** One to three headers wrong. */
export function headerRequests(sounds: readonly Sound[]): fc.Arbitrary<Wire> {
  const wrong = fc
    .constantFrom(...Object.keys(HEADERS))
    .chain((name) =>
      fc.tuple(
        fc.constant(name),
        fc.oneof(
          { weight: 3, arbitrary: fc.constantFrom(...HEADERS[name]!) },
          { weight: 1, arbitrary: headerText },
          { weight: 1, arbitrary: fc.constant(null) },
        ),
      ),
    );
  return fc
    .record({
      sound: fc.constantFrom(...sounds),
      wrong: fc.array(wrong, { minLength: 1, maxLength: 3 }),
      language: languages,
    })
    .map(({ sound, wrong, language }): Wire => {
      const headers: Record<string, string> = wireOf(sound, language).headers as Record<string, string>;
      for (const [name, value] of wrong) {
        if (value === null) delete headers[name];
        else headers[name] = value;
      }
      return { ...wireOf(sound, language), headers };
    });
}

export function wireOf({ method, url, caller, body }: Sound, language: string): Wire {
  const headers = signed(caller, language, {
    'idempotency-key': `fuzz-${randomUUID()}`,
    ...(method === 'PUT' ? { 'if-match': '"1"' } : {}),
    ...(body ? { 'content-type': 'application/json' } : {}),
  });
  return { method, url, headers, ...(body ? { payload: JSON.stringify(body) } : {}) };
}

const nested = (depth: number, open: string, close: string): string => open.repeat(depth) + close.repeat(depth);
const literals = fc.oneof(
  fc.constantFrom(
    '1e400',
    '-1e400',
    '-0',
    '1E-400',
    '12345678901234567890123',
    '0.1e1',
    '9007199254740993',
    '01',
    '+1',
  ),
  fc.constantFrom(
    'NaN',
    'Infinity',
    'undefined',
    'true',
    'null',
    '""',
    '{}',
    '[]',
    '"\\u0000"',
    '"\\ud800"',
    '"\\ud800\\udc00"',
  ),
  fc.constantFrom('{"__proto__":{"x":1}}', '{"constructor":{"prototype":{"x":1}}}', '{"toString":1,"length":-1}'),
  fc.nat(3_000).map((depth) => nested(depth, '[', ']')),
  fc.nat(3_000).map((depth) => nested(depth, '{"a":', '}').replace('{"a":}', '{}')),
  fc.integer({ min: 0, max: 2_000 }).map((length) => `[${'0,'.repeat(length)}0]`),
  fc.integer({ min: 0, max: 30_000 }).map((length) => `"${'长'.repeat(length)}"`),
  fc.string({ unit: 'binary', maxLength: 60 }).map((value) => JSON.stringify(value)),
);

/** The text of a body with something in it that no JSON of ours would hold. */
const bentTexts = (sound: string): fc.Arbitrary<string> => {
  const values = [...sound.matchAll(/(?<=[:[,])("(?:[^"\\]|\\.)*"|-?\d+|true|false|null)(?=[,\]}])/g)];
  const keys = [...sound.matchAll(/[{,](?=")/g)];
  const replaced = fc
    .tuple(fc.nat(Math.max(0, values.length - 1)), literals)
    .map(([nth, literal]) => splice(sound, values[nth]?.index ?? 0, values[nth]?.[0].length ?? 0, literal));
  const inserted = fc
    .tuple(fc.nat(Math.max(0, keys.length - 1)), fc.constantFrom('__proto__', 'constructor', 'x', 'id', ''), literals)
    .map(([nth, name, literal]) => splice(sound, (keys[nth]?.index ?? 0) + 1, 0, `"${name}":${literal},`));
  const cut = fc.nat(sound.length).map((length) => sound.slice(0, length));
  const whole = fc.oneof(
    literals,
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', ' ', '{', '[', '"', '\u0000'),
  );
  const around = fc.constantFrom('\ufeff', ' ', '/**/', ")]}',\n", '[').map((before) => before + sound);
  const behind = fc.constantFrom('\u0000', '}', ' x', sound, '\n').map((after) => sound + after);
  return fc.oneof(replaced, replaced, inserted, cut, whole, around, behind);
};

const splice = (value: string, at: number, length: number, by: string): string =>
  value.slice(0, at) + by + value.slice(at + length);

type Encoding = readonly [name: string, of: (body: string) => Buffer | string, headers?: Record<string, string>];
const ENCODINGS: readonly Encoding[] = [
  ['utf-8', (body) => body],
  ['utf-8', (body) => body],
  ['utf-8', (body) => body],
  ['utf-16', (body) => Buffer.from(body, 'utf16le')],
  ['latin1', (body) => Buffer.from(body, 'latin1')],
  ['cut in a character', (body) => Buffer.from(body).subarray(0, -2)],
  [
    'not utf-8',
    (body) =>
      Buffer.concat([Buffer.from(body.slice(0, 20)), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from(body.slice(20))]),
  ],
  ['gzip', (body) => gzipSync(body), { 'content-encoding': 'gzip' }],
  ['too much', (body) => body + ' '.repeat(1_100_000)],
];
/** The last is dear, so it is rare. */
const encodings = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom(...ENCODINGS.slice(0, -1)) },
  { weight: 1, arbitrary: fc.constant(ENCODINGS.at(-1)!) },
);

/** Bodies that are wrong as text, as bytes or as a type. */
export function bodyRequests(sounds: readonly Sound[]): fc.Arbitrary<Wire> {
  const types = fc.oneof(
    { weight: 5, arbitrary: fc.constant('application/json') },
    { weight: 1, arbitrary: fc.constantFrom(...HEADERS['content-type']!) },
  );
  const written = sounds.filter(({ body }) => body !== undefined);
  return fc.constantFrom(...written).chain((sound) =>
    fc
      .record({ body: bentTexts(JSON.stringify(sound.body)), encoding: encodings, type: types, language: languages })
      .map(({ body, encoding: [, of, more], type, language }): Wire => {
        const wire = wireOf(sound, language);
        return { ...wire, headers: { ...wire.headers, 'content-type': type, ...more }, payload: of(body) };
      }),
  );
}
