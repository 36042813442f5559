import { createRequire } from 'node:module';
import fc from 'fast-check';
import t from 'tap';
import { canonicalText } from '../../src/platform/events.ts';

/** Written by an author of RFC 8785: CommonJS, with types that describe an export it does not have. */
const canonicalize = createRequire(import.meta.url)('canonicalize') as (value: unknown) => string;

t.test('the example of RFC 8785 §3.2.2 and the order of §3.2.3', async (t) => {
  const example = {
    // biome-ignore lint/correctness/noPrecisionLoss: the RFC's own example of it.
    numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  };
  t.equal(
    canonicalText(example),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
  const keys = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
  t.same(Object.keys(JSON.parse(canonicalText(keys))).slice(1), [
    '\r',
    '\u0080',
    '\u00f6',
    '\u20ac',
    '\ud83d\ude00',
    '\ufb33',
  ]);
  t.match(canonicalText(keys), /^\{"\\r":2,"1":4,/, 'and not as JavaScript orders what looks like an index');
});

t.test('any value is written as another implementation writes it', async () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => canonicalText(value) === canonicalize(value)),
    { numRuns: 2_000 },
  );
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`k${(n * 7919) % 500}`, n]));
  t.equal(canonicalText(many), canonicalize(many));
});

t.test('what JSON cannot hold is no event', async (t) => {
  t.throws(() => canonicalText({ grams: Number.NaN }));
  t.throws(() => canonicalText({ grams: 1n }));
});
