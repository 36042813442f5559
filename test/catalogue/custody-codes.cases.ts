import fc from 'fast-check';
import t from 'tap';
import {
  BATCH_CODE_PREFIXES,
  type BatchCodeEntry,
  batchCodeNumber,
  checkIdentificationCode,
  identificationNumber,
  mintBatchCode,
  mintIdentificationCode,
  readBatchCode,
} from '../../src/catalogue/custody-codes.ts';

const USCC = '91130200699229617X';
const CODE = '91130200699229617X9002490820260916007';
const TODAY = '2026-09-16';

t.test('37 characters: unit, waste, day, serial', async (t) => {
  const parts = { uscc: USCC, wasteCode: '900-249-08', day: TODAY, serial: 7 };
  t.equal(mintIdentificationCode(parts), CODE);
  t.same(checkIdentificationCode(CODE, TODAY), { valid: true, code: CODE, parts, warnings: [] });
  t.match(checkIdentificationCode(` ${CODE.slice(0, 20).toLowerCase()} ${CODE.slice(20)}`, TODAY), {
    valid: true,
    code: CODE,
  });
  t.equal(identificationNumber(parts).format(999).slice(-3), '999');
});

t.test('what is wrong with a code is said in both languages', async (t) => {
  const wrong: Record<string, string> = {
    length: CODE.slice(1),
    characters: `I${CODE.slice(1)}`,
    uscc: `${USCC.slice(0, 17)}Y${CODE.slice(18)}`,
    waste_code: CODE.replace('90024908', '90024999'),
    day: CODE.replace('20260916', '20260230'),
    future: CODE.replace('20260916', '20260917'),
    serial: `${CODE.slice(0, 34)}000`,
  };
  for (const [reason, code] of Object.entries(wrong)) {
    const result = checkIdentificationCode(code, TODAY);
    t.match(result, { valid: false, reason }, code);
    t.ok(!result.valid && result.detail.zh !== '' && result.detail.en !== '');
  }
  t.throws(() => mintIdentificationCode({ uscc: USCC, wasteCode: 'HW08', day: TODAY, serial: 1 }), RangeError);
  t.throws(() => mintIdentificationCode({ uscc: USCC, wasteCode: '900-249-08', day: TODAY, serial: 1000 }), RangeError);
});

t.test('a code no row knows is a fault under the list of 2021 and a warning under that of 2025', async (t) => {
  const unknown = (day: string) => `${USCC}90099908${day}001`;
  t.match(checkIdentificationCode(unknown('20241231'), TODAY), { valid: false, reason: 'waste_code' });
  t.match(checkIdentificationCode(unknown('20250101'), TODAY), {
    valid: true,
    warnings: [{ code: 'waste-code-unverified' }],
  });
});

t.test('batch codes of HJ 1259 annex B', async (t) => {
  t.equal(mintBatchCode('generation', '2021-10-31', 1), 'HWCS20211031001', 'the example of the standard');
  t.equal(mintBatchCode('generation', '2021-10-31', 1000), 'HWCS202110311000', 'it grows');
  t.match(readBatchCode('HWCK20211031001'), { entry: 'storage_out' });
  t.match(readBatchCode('HWCKLY20211031001'), { entry: 'export_use' }, 'HWCK is its head');
  for (const none of [
    '',
    'HWCS',
    'HWCS20211031',
    'HWCS2021103100',
    'HWCS20210230001',
    'HWCS20211031000',
    'HWXX20211031001',
  ])
    t.equal(readBatchCode(none), undefined, none);
  const number = batchCodeNumber('storage_in', 'site', '2026-09-16');
  t.equal(number.format(12), 'HWRK20260916012');
  t.not(number.series, batchCodeNumber('storage_in', 'site', '2026-09-17').series);
});

t.test('what is minted is read again', async () => {
  const entries = Object.keys(BATCH_CODE_PREFIXES) as BatchCodeEntry[];
  const day = fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(fc.constantFrom(...entries), day, fc.integer({ min: 1, max: 999_999 }), (entry, date, serial) => {
      const civil = date.toISOString().slice(0, 10);
      const read = readBatchCode(mintBatchCode(entry, civil, serial));
      return read?.entry === entry && read.day === civil && read.serial === serial;
    }),
  );
});
