import t from 'tap';
import { codeRemarks } from '../../src/catalogue/code-remarks.ts';
import {
  findWasteCode,
  hazardsFit,
  listWasteCodes,
  wasteClasses,
  wasteClassOf,
} from '../../src/catalogue/waste-codes.ts';

const IN_2021 = '2024-12-31';
const IN_2025 = '2025-01-01';
const hazardousClasses = wasteClasses.filter((one) => one.class.startsWith('HW'));

t.test('a code of the classification list is known by its class, if a stream carries that', async (t) => {
  t.match(findWasteCode('900-001-S70', IN_2025), { kind: 'known_class', class: { class: 'SW70', name: '工程渣土' } });
  t.equal(findWasteCode('900-001-S63', IN_2025).kind, 'no_such_class');
  t.equal(findWasteCode('900-001-S7', IN_2025).kind, 'malformed');
  t.equal(wasteClassOf('462-001-S90')?.class, 'SW90');
});

t.test('the list has 467 codes in 46 classes, and HW41 to HW44 are absent', async (t) => {
  t.equal(listWasteCodes({ day: IN_2021 }).length, 467);
  t.equal(hazardousClasses.length, 46);
  for (const absent of ['41', '42', '43', '44'])
    t.equal(findWasteCode(`900-001-${absent}`, IN_2021).kind, 'no_such_class');
  const counts = { HW01: 5, HW08: 32, HW11: 85, HW29: 22, HW48: 33, HW50: 44 };
  for (const [prefix, count] of Object.entries(counts))
    t.equal(listWasteCodes({ day: IN_2021, prefix }).length, count, prefix);
});

t.test('every code ends with the digits of its class', async (t) => {
  for (const entry of listWasteCodes({ day: IN_2021 })) t.equal(entry.class, `HW${entry.code.slice(-2)}`);
});

t.test('medical waste: 004 is chemical and 005 pharmaceutical', async (t) => {
  t.match(findWasteCode('841-004-01', IN_2021), {
    kind: 'listed',
    entry: { shortName: /化学/, hazards: ['T', 'C', 'I', 'R'] },
  });
  t.match(findWasteCode('841-005-01', IN_2021), { kind: 'listed', entry: { shortName: /药物/, hazards: ['T'] } });
});

t.test('the first six digits are no key', async (t) => {
  for (const [one, other] of [
    ['336-100-17', '336-100-21'],
    ['398-005-22', '398-005-34'],
  ] as const) {
    t.match(findWasteCode(one, IN_2021), { kind: 'listed', entry: { class: `HW${one.slice(-2)}` } });
    t.match(findWasteCode(other, IN_2021), { kind: 'listed', entry: { class: `HW${other.slice(-2)}` } });
  }
  t.equal(findWasteCode('336-100-22', IN_2021).kind, 'unknown');
});

t.test('the edition changes on 2025-01-01, and with it what an unlisted code means', async (t) => {
  t.match(findWasteCode('900-249-08', '2021-01-01'), { entry: { edition: '2021', verified: true } });
  t.match(findWasteCode('900-249-08', IN_2021), { entry: { edition: '2021', verified: true } });
  t.match(findWasteCode('900-249-08', IN_2025), { entry: { edition: '2025', verified: false } });
  t.match(findWasteCode('321-999-48', IN_2021), { kind: 'unknown', treatAs: 'refuse' });
  t.match(findWasteCode('321-999-48', IN_2025), { kind: 'unknown', treatAs: 'warn', class: { class: 'HW48' } });
  t.equal(findWasteCode('900-249-08', '2020-12-31').kind, 'no_edition');
  t.same(listWasteCodes({ day: '2020-12-31' }), []);
});

t.test('900-000-XX is admitted for the 46 classes only', async (t) => {
  for (const { class: name } of hazardousClasses) {
    t.equal(findWasteCode(`900-000-${name.slice(2)}`, IN_2021).kind, 'unspecified_class', name);
  }
  for (const none of ['00', '41', '44', '51']) t.equal(findWasteCode(`900-000-${none}`, IN_2021).kind, 'no_such_class');
});

t.test('malformed codes', async (t) => {
  for (const code of [
    '',
    '90024908',
    '900-249-8',
    '900-249-088',
    ' 900-249-08',
    '900-249-08\n',
    '９00-249-08',
    'HW08',
  ]) {
    t.equal(findWasteCode(code, IN_2021).kind, 'malformed', JSON.stringify(code));
    t.equal(wasteClassOf(code), undefined);
  }
  t.match(wasteClassOf('900-249-08'), { class: 'HW08', name: '废矿物油与含矿物油废物' });
});

t.test('declared hazards follow the rule of the entry', async (t) => {
  const single = { hazards: ['T'], hazardRule: 'single' } as const;
  t.ok(hazardsFit(single, ['T']));
  t.notOk(hazardsFit(single, ['T', 'I']));
  t.notOk(hazardsFit(single, []));
  const primaryFirst = { hazards: ['T', 'I'], hazardRule: 'primary_first' } as const;
  t.ok(hazardsFit(primaryFirst, ['T']));
  t.ok(hazardsFit(primaryFirst, ['I', 'T']));
  t.notOk(hazardsFit(primaryFirst, ['I']));
  const anyOf = { hazards: ['T', 'In'], hazardRule: 'any_of' } as const;
  t.ok(hazardsFit(anyOf, ['In']));
  t.ok(hazardsFit(anyOf, ['T', 'In']));
  t.notOk(hazardsFit(anyOf, ['C']));
});

t.test('searching by class, by the beginning of a code and by words', async (t) => {
  t.same(new Set(listWasteCodes({ day: IN_2025, prefix: 'hw31' }).map((entry) => entry.class)), new Set(['HW31']));
  t.ok(listWasteCodes({ day: IN_2025, prefix: '900-2' }).every((entry) => entry.code.startsWith('900-2')));
  t.ok(listWasteCodes({ day: IN_2025, text: '铅蓄电池' }).some((entry) => entry.code === '900-052-31'));
  t.same(listWasteCodes({ day: IN_2025, prefix: 'HW01', text: '不存在的词' }), []);
});

t.test('what is on no list is told with the edition of its day', async (t) => {
  const refusalOn = (code: string, day: string) => {
    const remarks = codeRemarks(code, day, '/wasteCode');
    return 'refusal' in remarks ? remarks.refusal : undefined;
  };
  t.match(refusalOn('900-001-41', IN_2021), { detail: { zh: /2021 年版/, en: /\(2021\)/ }, basis: /2021$/ });
  t.match(refusalOn('900-001-41', IN_2025), { detail: { zh: /2025 年版/, en: /\(2025\)/ }, basis: /2025$/ });
  t.match(refusalOn('321-999-48', IN_2021), { basis: /2021$/ });
  t.match(codeRemarks('321-999-48', IN_2025, '/wasteCode'), { warnings: [{ basis: /2025$/ }] });
});
