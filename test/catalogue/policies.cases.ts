import t from 'tap';
import { addDays } from '../../src/catalogue/calendar.ts';
import { followed, parsePolicyRows, resolvePolicy, seedPolicyRows } from '../../src/catalogue/policies.ts';
import { POLICIES, POLICY_NAMES } from '../../src/catalogue/policy-definitions.ts';
import { ancestorsOn, regionOn } from '../../src/catalogue/regions.ts';
import type { Stream } from '../../src/catalogue/streams.ts';

const DAY = '2026-11-22';
const at = (code: string, stream: Stream = 'hazardous', day = DAY) => ({
  ancestors: ancestorsOn(code, day),
  stream,
  day,
});

t.test('the nation answers every policy for every stream it exists for, on every day', async (t) => {
  const turns = new Set(['2022-01-01', '2030-01-01', DAY]);
  for (const row of seedPolicyRows)
    for (const day of [row.inForceFrom, row.inForceTo]) {
      if (day && day > '2022-01-01') turns.add(day).add(addDays(day, -1));
    }
  for (const name of POLICY_NAMES.filter((one) => !('optional' in POLICIES[one])))
    for (const stream of POLICIES[name].streams)
      for (const day of turns) {
        const row = resolvePolicy(seedPolicyRows, name, { ancestors: ['000000'], stream, day });
        t.equal(row.jurisdiction, '000000', `${name} ${stream} ${day}`);
      }
});

t.test('every row has a basis, a known place and, if we chose the value, says so', async (t) => {
  for (const row of seedPolicyRows) {
    t.ok(row.basis.instrument && row.basis.article, row.id);
    t.ok(regionOn(row.jurisdiction, DAY), row.id);
    t.equal(row.ours, /^本平台约定 \d{4}$/.test(row.basis.instrument), row.id);
  }
});

t.test('a row that says it is looked up otherwise than it is does not start', async (t) => {
  const row = seedPolicyRows.find(({ policy }) => policy === 'permit-exhausted')!;
  for (const place of ['origin', 'destination'] as const) t.ok(followed([{ ...row, place }]), place);
  t.throws(() => followed([row, { ...row, place: 'carrier' }]), {
    message: `policy row ${row.id}: place carrier, but permit-exhausted is looked up by origin or destination`,
  });
  t.throws(() => followed([{ ...row, looksAt: 'treated' }]), /looksAt treated, but .* looked up by issued$/);
});

t.test('receipt is confirmed within 5 working days, paper entered within 10', async (t) => {
  t.match(resolvePolicy(seedPolicyRows, 'confirm-receipt-working-days', at('370103')), {
    value: 5,
    looksAt: 'arrived',
    basis: { article: '18 ¶1' },
    ours: false,
  });
  t.match(resolvePolicy(seedPolicyRows, 'paper-backfill-working-days', at('370103', 'medical')), {
    value: 10,
    ours: false,
  });
  t.match(resolvePolicy(seedPolicyRows, 'confirm-receipt-working-days', at('370103', 'construction')), {
    value: 5,
    ours: true,
  });
});

t.test('a mismatch: may accept in the nation, must refuse in Guangdong and in Weihai', async (t) => {
  const mismatch = (code: string, stream?: Stream) => resolvePolicy(seedPolicyRows, 'mismatch', at(code, stream)).value;
  t.equal(mismatch('370103'), 'MAY_ACCEPT');
  t.equal(mismatch('371002'), 'MUST_REFUSE');
  t.equal(mismatch('371002', 'medical'), 'MUST_REFUSE');
  t.equal(mismatch('440106'), 'MUST_REFUSE');
  t.equal(mismatch('441900'), 'MUST_REFUSE', 'Dongguan, which has no counties');
  t.equal(mismatch('440106', 'construction'), 'MAY_ACCEPT');
});

t.test('the basis changes with the Code on 2026-08-15', async (t) => {
  const before = resolvePolicy(seedPolicyRows, 'unlicensed-consignee', at('370103', 'hazardous', '2026-08-14'));
  const after = resolvePolicy(seedPolicyRows, 'unlicensed-consignee', at('370103', 'hazardous', '2026-08-15'));
  t.match(before.basis, { instrument: /固体废物污染环境防治法/, article: '80' });
  t.match(after.basis, { instrument: '生态环境法典', article: '534' });
  t.equal(before.value, after.value);
  t.match(resolvePolicy(seedPolicyRows, 'operator-storage-days', at('370103')), {
    value: 365,
    basis: { article: '535 ¶3' },
  });
});

t.test('tolerances by stream', async (t) => {
  const tolerance = (stream: Stream) => resolvePolicy(seedPolicyRows, 'mass-tolerance', at('370103', stream)).value;
  t.same(tolerance('hazardous'), {
    floorTruckGrams: 200_000,
    floorBenchGrams: 500,
    warningPermille: 30,
    criticalPermille: 100,
  });
  t.same(tolerance('construction'), tolerance('hazardous'));
  t.equal(tolerance('medical').warningPermille, 20);
});

t.test('Shandong is stricter in an epidemic', async (t) => {
  const gap = (code: string) => resolvePolicy(seedPolicyRows, 'pickup-gap-hours', at(code, 'medical')).value;
  t.same(gap('371502'), { hours: 48, epidemicHours: 24 });
  t.same(gap('340603'), { hours: 48 });
});

t.test('the nearest place wins; there, the stream before all streams', async (t) => {
  const row = (
    jurisdiction: string,
    stream: string,
    value: string,
    inForceFrom = '2022-01-01',
    inForceTo: string | null = null,
  ) => ({
    ...{
      id: `${jurisdiction} ${stream} ${inForceFrom}`,
      policy: 'manifest-number-authority',
      jurisdiction,
      stream,
      value,
    },
    ...{
      looksAt: 'issued',
      place: 'origin',
      basis: { instrument: 'test', article: '1' },
      ours: true,
      inForceFrom,
      inForceTo,
    },
  });
  const rows = parsePolicyRows([
    row('000000', 'hazardous', 'official'),
    row('370000', '*', 'ours', '2022-01-01', '2024-01-01'),
    row('370000', '*', 'official', '2024-01-01'),
    row('370000', 'medical', 'ours'),
  ]);
  const who = (code: string, stream: Stream, day: string) =>
    resolvePolicy(rows, 'manifest-number-authority', at(code, stream, day)).value;
  t.equal(
    who('370103', 'hazardous', '2023-12-31'),
    'ours',
    'all streams of the province before one stream of the nation',
  );
  t.equal(who('370103', 'hazardous', '2024-01-01'), 'official', 'the last day of a row is not in force');
  t.equal(who('370103', 'medical', '2024-01-01'), 'ours');
  t.throws(() => who('110105', 'construction', DAY), /no policy manifest-number-authority for construction in 110105/);
  t.throws(() => who('370103', 'hazardous', '2021-12-31'), /no policy/);
  t.throws(
    () => parsePolicyRows([row('000000', '*', 'ours'), { ...row('000000', '*', 'ours', '2023-01-01'), id: 'x' }]),
    /same day/,
  );
  t.throws(() => parsePolicyRows([row('000000', '*', 'nobody')]));
  t.throws(() => parsePolicyRows([row('000000', '*', 'ours', '2022-01-01', '2022-01-01')]));
  t.throws(() => parsePolicyRows([row('000000', '*', 'ours'), row('000000', '*', 'ours')]), /two policy rows/);
});

t.test('no answer without a place, or for a stream the policy does not exist for', async (t) => {
  t.throws(() => resolvePolicy(seedPolicyRows, 'mismatch', at('999999')), /unknown region.*does not reach/);
  t.throws(() => resolvePolicy(seedPolicyRows, 'storage-hours', at('370103', 'hazardous')), /no policy/);
  t.throws(
    () => resolvePolicy(seedPolicyRows, 'cement-kiln-counts-as', { ...at('370103'), ancestors: [] }),
    /unknown region/,
  );
});
