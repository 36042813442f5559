import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { assertComplete, seedPolicyRows } from '../../src/catalogue/policies.ts';
import { tableIsStale } from './policy-table.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

t.test('docs/streams/README.md says of every policy whether a stream needs it', async (t) => {
  t.notOk(tableIsStale(), 'npm run scenarios writes it again');
});

t.test('rows that are missing, begin late or end are named, with stream and policy', async (t) => {
  t.doesNotThrow(() => assertComplete(seedPolicyRows));
  const without = (id: string) => seedPolicyRows.filter((row) => row.id !== id);
  const format = 'nation/manifest-number-format/sludge/2022-01-01';
  t.throws(() => assertComplete(without(format)), /manifest-number-format for sludge on 2022-01-01/);
  const ended = seedPolicyRows.map((row) => (row.id === format ? { ...row, inForceTo: '2030-01-01' } : row));
  t.throws(() => assertComplete(ended), /manifest-number-format for sludge on 2030-01-01/);
  const gap = { ...ended.find(({ id }) => id === format)!, id: 'later', inForceFrom: '2031-01-01', inForceTo: null };
  t.throws(() => assertComplete([...ended, gap]), /on 2030-01-01/);
  t.doesNotThrow(() => assertComplete([...ended, { ...gap, inForceFrom: '2030-01-01' }]));
  t.doesNotThrow(() => assertComplete(seedPolicyRows.filter(({ policy }) => policy !== 'density')), 'optional');
});

t.test('a stream that lacks one stops the start: one line, and the exit code is 1', async (t) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', './src/typescript.js', '--import', './test/streams/one-more.ts', 'src/main.ts'],
    {
      cwd: CHECKOUT,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        HOME: tmpdir(),
        WITHOUT_NUMBERS: 'true',
        DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
      },
    },
  );
  t.equal(status, 1);
  t.equal(stdout, '');
  t.match(stderr, /^policies\.json .* manifest-number-format for river_silt on 2022-01-01 .*\n$/);
});
