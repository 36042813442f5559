import fc from 'fast-check';
import pg from 'pg';
import t from 'tap';
import { jsonTexts, jsonTextsSql, parameter } from '../../src/platform/parameters.ts';
import { serverUrl } from '../support/database.ts';

const client = new pg.Client({ connectionString: serverUrl() });
t.before(() => client.connect());
t.teardown(() => client.end());

/** Any text that Postgres can hold. */
const storable = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));

async function comesBack(type: string, values: readonly unknown[]): Promise<unknown[]> {
  const { rows } = await client.query(`select $1::${type}[] as values`, [parameter(values)]);
  return rows[0].values;
}

t.test('an array arrives as it was, whatever its texts hold', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(storable)), async (values) => {
      t.same(await comesBack('text', values), values);
    }),
    { numRuns: 300 },
  );
  const awkward = [
    '',
    'null',
    'NULL',
    'Null',
    '{',
    '}',
    ',',
    ' ',
    ' a ',
    '"',
    '\\',
    '\\"',
    "'",
    '\n',
    '{a,b}',
    '鲁A·123',
  ];
  t.same(await comesBack('text', awkward), awkward);
  t.same(await comesBack('text', []), []);
});

t.test('numbers, truths, instants and bytes arrive as they were', async (t) => {
  t.same(await comesBack('float8', [0, -1.5, 1e300, null]), [0, -1.5, 1e300, null]);
  t.same(await comesBack('bool', [true, false, null]), [true, false, null]);
  const instant = new Date('2026-01-02T03:04:05.678Z');
  t.same(await comesBack('timestamptz', [instant, null]), [instant, null]);
  const bytes = Buffer.from([0, 1, 34, 92, 123, 255]);
  t.same(await comesBack('bytea', [bytes, Buffer.alloc(0), undefined]), [bytes, Buffer.alloc(0), null]);
});

t.test('JSON texts arrive as they were, as text and as jsonb', async () => {
  const storableJson = fc.jsonValue().filter((value) => !/\\u(0000|d[89a-f])/i.test(JSON.stringify(value)));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(storableJson, { nil: undefined }), { minLength: 1 }), async (values) => {
      const texts = values.map((value) => JSON.stringify(value) as string | undefined);
      const { rows } = await client.query(`select ${jsonTextsSql(1)} as texts, ${jsonTextsSql(1)}::jsonb[] as json`, [
        jsonTexts(texts),
      ]);
      t.same(
        rows[0].texts,
        texts.map((text) => text ?? null),
      );
      t.same(JSON.parse(JSON.stringify(rows[0].json)).length, texts.length);
    }),
    { numRuns: 300 },
  );
});
