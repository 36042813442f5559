import t from 'tap';
import {
  ancestorsOn,
  childrenOn,
  descendantsPresent,
  isLocationOn,
  prefectureOf,
  presentCodesOf,
  regionOn,
  regions,
  successorToday,
} from '../../src/catalogue/regions.ts';

const TODAY = '2026-11-22';
const BEFORE = '2019-01-08';
const AFTER = '2019-01-09';

t.test('as many regions per level as the ministry counts', async (t) => {
  const present = regions.filter((region) => region.inForceTo === null);
  const count = (level: string) => present.filter((region) => region.level === level).length;
  t.same(
    { nation: count('nation'), province: count('province'), prefecture: count('prefecture'), county: count('county') },
    { nation: 1, province: 31, prefecture: 333, county: 2845 },
  );
});

t.test('every parent exists one or two levels up and every chain ends at the nation', async (t) => {
  const levels = ['county', 'prefecture', 'province', 'nation'];
  for (const region of regions) {
    const parents = regions.filter((other) => other.code === region.parent);
    if (region.parent === null) t.equal(region.code, '000000');
    else if (!parents.some((parent) => levels.indexOf(parent.level) > levels.indexOf(region.level)))
      t.fail(region.code);
    const day = region.inForceFrom ?? '2018-12-31';
    const chain = ancestorsOn(region.code, day);
    if (chain[0] !== region.code || chain.at(-1) !== '000000') t.fail(`${region.code} on ${day}: ${chain.join(' ')}`);
    if (region.level === 'county' && !chain.some((code) => code.endsWith('0000') && code !== '000000'))
      t.fail(region.code);
  }
});

t.test('rows of one code follow each other, and every closed code has a present successor', async (t) => {
  for (const region of regions) {
    const rows = regions.filter((other) => other.code === region.code);
    rows.forEach((row, i) => {
      if (i > 0 && row.inForceFrom !== rows[i - 1]?.inForceTo) t.fail(`${row.code} has a gap or an overlap`);
    });
    if (presentCodesOf(region.code).length === 0) t.fail(`${region.code} leads nowhere`);
    for (const heir of region.successor)
      if (!regionOn(heir, region.inForceTo ?? TODAY)) t.fail(`${region.code} > ${heir}`);
  }
});

t.test('Laiwu: a prefecture of its own until 2019-01-08, two districts of Jinan from 2019-01-09', async (t) => {
  t.equal(regionOn('371202', BEFORE)?.name, '莱城区');
  t.equal(regionOn('371202', AFTER), undefined);
  t.equal(regionOn('370116', BEFORE), undefined);
  t.equal(regionOn('370116', AFTER)?.name, '莱芜区');
  t.equal(regionOn('371200', BEFORE)?.name, '莱芜市');
  t.equal(regionOn('371200', AFTER), undefined);
});

t.test('Laiwu: law follows the day, whichever of the two codes a record has', async (t) => {
  for (const code of ['371202', '370116']) {
    t.same(ancestorsOn(code, BEFORE), ['371202', '371200', '370000', '000000']);
    t.same(ancestorsOn(code, AFTER), ['370116', '370100', '370000', '000000']);
  }
  t.equal(prefectureOf('371203', BEFORE), '3712');
  t.equal(prefectureOf('371203', AFTER), '3701');
  t.equal(prefectureOf('370117', TODAY), '3701');
});

t.test('Laiwu: visibility follows today', async (t) => {
  t.equal(successorToday('371202'), '370116');
  t.equal(successorToday('371200'), '370100');
  const jinan = descendantsPresent('370100');
  for (const code of ['370103', '370116', '370117', '371202', '371203']) t.ok(jinan.includes(code), code);
  t.notOk(jinan.includes('371302'), 'Linyi is not Jinan');
  t.same(
    descendantsPresent('371200'),
    ['370116', '370117', '371202', '371203'],
    'what Laiwu had, not the rest of Jinan',
  );
  t.same(descendantsPresent('370116'), ['370116', '371202']);
});

t.test('Gongzhuling moved from Siping to Changchun in 2020: both codes hold through that year', async (t) => {
  t.same(ancestorsOn('220381', '2020-12-31'), ['220381', '220300', '220000', '000000']);
  t.same(ancestorsOn('220184', '2020-01-01'), ['220184', '220100', '220000', '000000']);
  t.same(ancestorsOn('220381', '2021-01-01'), ['220184', '220100', '220000', '000000']);
  t.same(ancestorsOn('220184', '2019-12-31'), ['220381', '220300', '220000', '000000']);
  t.ok(descendantsPresent('220100').includes('220381'));
  t.notOk(descendantsPresent('220300').includes('220381'));
});

t.test('a county that was split has several successors', async (t) => {
  t.same(presentCodesOf('330104'), ['330102', '330114'], 'Jianggan in Hangzhou');
  t.equal(regionOn('330104', '2021-04-08')?.name, '江干区');
  t.equal(regionOn('330104', '2021-04-09'), undefined);
  t.same(presentCodesOf('500112'), ['500157', '500109'], 'Yubei in Chongqing');
  t.ok(descendantsPresent('330114').includes('330104'));
});

t.test('a renamed code keeps its place', async (t) => {
  t.equal(regionOn('130502', '2020-12-31')?.name, '桥东区');
  t.equal(regionOn('130502', '2021-01-01')?.name, '襄都区');
  t.same(presentCodesOf('130502'), ['130502']);
});

t.test('municipalities have no prefecture between', async (t) => {
  for (const [district, city] of [
    ['110105', '110000'],
    ['120116', '120000'],
    ['310115', '310000'],
    ['500229', '500000'],
  ] as const) {
    t.same(ancestorsOn(district, TODAY), [district, city, '000000']);
    t.equal(prefectureOf(district, TODAY), city.slice(0, 4));
    t.equal(prefectureOf(city, TODAY), city.slice(0, 4));
  }
});

t.test('counties directly under a province', async (t) => {
  for (const [county, province] of [
    ['419001', '410000'],
    ['429004', '420000'],
    ['469024', '460000'],
    ['659001', '650000'],
  ] as const) {
    t.same(ancestorsOn(county, TODAY), [county, province, '000000']);
    t.equal(prefectureOf(county, TODAY), county.slice(0, 4));
    t.ok(descendantsPresent(province).includes(county));
  }
});

t.test('prefectures without counties are themselves locations', async (t) => {
  for (const city of ['441900', '442000', '460400', '620200']) {
    t.ok(isLocationOn(city, TODAY));
    t.equal(prefectureOf(city, TODAY), city.slice(0, 4));
    t.same(descendantsPresent(city), [city]);
    t.ok(descendantsPresent('000000').includes(city));
  }
  t.notOk(isLocationOn('370100', TODAY), 'a prefecture with districts is too coarse');
  t.notOk(isLocationOn('110000', TODAY));
  t.notOk(isLocationOn('371202', TODAY));
});

t.test('the seed cities are there', async (t) => {
  const names = { '370103': '市中区', '370117': '钢城区', '371500': '聊城市', '340600': '淮北市', '411003': '建安区' };
  for (const [code, name] of Object.entries(names)) t.equal(regionOn(code, TODAY)?.name, name);
});

t.test('unknown codes answer with nothing', async (t) => {
  for (const code of ['', '999999', '110100', '710000', 'constructor']) {
    t.equal(regionOn(code, TODAY), undefined);
    t.same(ancestorsOn(code, TODAY), []);
    t.same(presentCodesOf(code), []);
    t.equal(successorToday(code), undefined);
    t.same(descendantsPresent(code), []);
    t.equal(prefectureOf(code, TODAY), undefined);
  }
  t.equal(prefectureOf('370000', TODAY), undefined);
  t.equal(prefectureOf('000000', TODAY), undefined);
});

t.test('children of a day', async (t) => {
  t.equal(childrenOn('000000', TODAY).length, 31);
  t.ok(childrenOn('370000', BEFORE).some((region) => region.code === '371200'));
  t.notOk(childrenOn('370000', AFTER).some((region) => region.code === '371200'));
  t.equal(childrenOn('370100', TODAY).length, 12, 'Jinan: ten districts and two counties');
});
