import { readdirSync } from 'node:fs';
import t from 'tap';
import {
  catalogueVersion,
  inForceOn,
  REFERENCE_FILES,
  readText,
  versionOf,
} from '../../src/catalogue/reference-files.ts';

t.test('the version covers every data file we ship', async (t) => {
  const shipped = readdirSync(new URL('../../src/catalogue/data/', import.meta.url)).filter(
    (file) => !file.endsWith('.md'),
  );
  t.same(shipped.sort(), [...REFERENCE_FILES]);
  t.match(catalogueVersion, /^[0-9a-f]{12}$/);
  t.equal(catalogueVersion, versionOf(REFERENCE_FILES));
  t.not(versionOf(['regions.csv']), versionOf(['waste-codes.csv']));
});

t.test('every data file is named in SOURCES.md', async (t) => {
  const sources = readText('SOURCES.md' as (typeof REFERENCE_FILES)[number]);
  for (const file of REFERENCE_FILES) t.ok(sources.includes(file), file);
});

t.test('half-open: the first day counts, the last does not', async (t) => {
  const row = { inForceFrom: '2021-01-01', inForceTo: '2025-01-01' };
  t.notOk(inForceOn(row, '2020-12-31'));
  t.ok(inForceOn(row, '2021-01-01'));
  t.ok(inForceOn(row, '2024-12-31'));
  t.notOk(inForceOn(row, '2025-01-01'));
  t.ok(inForceOn({ inForceFrom: null, inForceTo: null }, '1990-01-01'));
});
