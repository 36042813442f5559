import t from 'tap';
import { checkPlate, checkUscc } from '../../src/catalogue/identifiers.ts';

t.test('codes truly issued pass', async (t) => {
  for (const uscc of ['91130200699229617X', '911302307808371268', '91350100M000100Y43'])
    t.match(checkUscc(uscc), { valid: true, uscc });
  t.match(checkUscc(' 91130200699229617x '), { valid: true, uscc: '91130200699229617X' });
});

t.test('one wrong character in any place is found', async (t) => {
  t.same(checkUscc('91130200699229617Y'), { valid: false, reason: 'check_digit' });
  const good = '91130200699229617X';
  for (let place = 0; place < good.length; place += 1) {
    const wrong = good.charAt(place) === '1' ? '2' : '1';
    t.notOk(checkUscc(good.slice(0, place) + wrong + good.slice(place + 1)).valid, `place ${place}`);
  }
});

t.test('shape', async (t) => {
  t.same(checkUscc('91130200699229617'), { valid: false, reason: 'length' });
  t.same(checkUscc(''), { valid: false, reason: 'length' });
  for (const letter of 'IOSVZ') t.same(checkUscc(`91130200${letter}99229617X`), { valid: false, reason: 'characters' });
  t.same(checkUscc('9113020A699229617X'), { valid: false, reason: 'characters' }, 'the region is digits');
});

t.test('a wrong organisation code inside is a warning only', async (t) => {
  t.same(checkUscc('91130200699229617X'), { valid: true, uscc: '91130200699229617X' });
  const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';
  const found = [...alphabet].map((check) => checkUscc(`91130200699229618${check}`)).filter((result) => result.valid);
  t.same(found.length, 1, 'exactly one check digit fits');
  t.match(found[0], { valid: true, warning: 'organisation_check' });
});

t.test('plates', async (t) => {
  const good = {
    鲁P12345: 'ordinary',
    豫KA1B23: 'ordinary',
    鲁P1234挂: 'trailer',
    皖FD12345: 'new_energy_small',
    皖F12345D: 'new_energy_large',
    皖FAB1234: 'new_energy_small',
    粤ZA123港: 'hong_kong',
    京A1234警: 'police',
  };
  for (const [plate, kind] of Object.entries(good)) t.same(checkPlate(plate), { valid: true, plate, kind });
  t.match(checkPlate(' 鲁p·12345 '), { valid: true, plate: '鲁P12345' });
});

t.test('no plates', async (t) => {
  for (const plate of ['鲁A12345挂', '皖FL12345', '鲁I12345', '鲁PO2345', '鲁P1234厂', '鲁112345']) {
    t.same(checkPlate(plate), { valid: false, reason: 'characters' }, plate);
  }
  t.same(checkPlate('港A12345'), { valid: false, reason: 'province' });
  t.same(checkPlate('鲁P1234'), { valid: false, reason: 'length' });
  t.same(checkPlate(''), { valid: false, reason: 'length' });
});
