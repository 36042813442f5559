// What must cover a line at issue: both sides of every limit, by the law of the day.

import t from 'tap';
import { seedPolicyRows } from '../../src/catalogue/policies.ts';
import { policyBook } from '../../src/catalogue/reference.ts';
import { checkEntitlement } from '../../src/manifests/entitlement.ts';
import { ENTITLEMENTS } from '../../src/manifests/entitlements.ts';
import type { Manifest } from '../../src/manifests/manifest.ts';
import type { Line } from '../../src/manifests/tables.ts';
import type { HeldPermit } from '../../src/permits/queries.ts';
import type { PermitType } from '../../src/permits/tables.ts';
import { inLanguage } from '../../src/problems.ts';

const [PRODUCER, CARRIER, PLANT, FACTORY, FURNACE] = ['producer', 'carrier', 'plant', 'factory', 'furnace'] as const;
const DAY = '2026-09-16';
const [JINAN, CHENGDU, CHONGQING] = ['370112', '510107', '500106'] as const;
const TONNE = 1_000_000;

const aLine = (changes: Partial<Line> = {}, line = 1): Line =>
  ({ line, wasteCode: '900-249-08', plannedMethod: 'D10', declaredGrams: TONNE, permitIds: [], ...changes }) as Line;
const aManifest = (changes: Partial<Manifest> = {}): Manifest =>
  ({
    stream: 'hazardous',
    consignorId: PRODUCER,
    consignorSiteId: FACTORY,
    carrierId: CARRIER,
    consigneeId: PLANT,
    consigneeSiteId: FURNACE,
    shipperRole: 'consignor',
    originRegion: JINAN,
    destinationRegion: JINAN,
    crossProvince: false,
    permitUses: [],
    lines: [aLine()],
    ...changes,
  }) as Manifest;
const across = (changes: Partial<Manifest> = {}): Manifest =>
  aManifest({ originRegion: CHENGDU, destinationRegion: CHONGQING, crossProvince: true, ...changes });

let serial = 0;
function aPermit(type: PermitType, changes: Partial<HeldPermit> = {}): HeldPermit {
  serial += 1;
  return {
    id: `${type} ${serial}`,
    type,
    number: `N${serial}`,
    holderId: PRODUCER,
    siteId: null,
    counterpartId: null,
    wasteCodes: ['HW08'],
    excludedCodes: [],
    methods: [],
    areas: [],
    capGrams: null,
    capVolume: null,
    validFrom: '2020-01-01',
    validTo: '2030-01-01',
    status: 'valid',
    uses: {},
    ...changes,
  };
}
/** A licence, both contracts and a plan line: everything a move within the province needs. */
const whole = (): HeldPermit[] => [
  aPermit('licence', { holderId: PLANT }),
  aPermit('contract', { counterpartId: PLANT }),
  aPermit('contract', { counterpartId: CARRIER, wasteCodes: [] }),
  aPermit('management_plan', { counterpartId: PLANT }),
];
const without = (type: PermitType) => whole().filter((permit) => permit.type !== type);

interface Told {
  readonly refused?: string;
  readonly codes?: readonly string[];
  readonly pointer?: string | undefined;
  readonly basis?: string | undefined;
  readonly detail?: string;
  readonly right?: string;
  readonly zh?: string;
  readonly reserved?: readonly string[];
}
function judge(
  manifest: Manifest,
  permits: readonly HeldPermit[],
  { day = DAY, policies = {} }: { day?: string; policies?: Record<string, unknown> } = {},
): Told {
  const rows = seedPolicyRows.map((row) => (row.policy in policies ? { ...row, value: policies[row.policy] } : row));
  const result = checkEntitlement(manifest, {
    day,
    reference: policyBook(rows),
    heldOf: (type) => permits.filter((permit) => permit.type === type),
    booked: [],
  });
  if ('refusal' in result) {
    const { detail, basis, errors, problem } = result.refusal;
    return {
      refused: problem,
      basis,
      detail: detail.en,
      zh: detail.zh,
      pointer: errors![0]!.pointer,
      right: inLanguage(errors![0]!.detail, 'en'),
    };
  }
  const [first] = result.warnings;
  return {
    codes: result.warnings.map(({ code }) => code),
    pointer: first?.pointer,
    basis: first?.basis,
    detail: first?.detail.en ?? '',
    reserved: result.uses.map(({ line, type, period, reservedGrams }) => `${line} ${type} ${period} ${reservedGrams}`),
  };
}

t.test('every row of the table asks something and rests on a text or on a dated policy', async (t) => {
  const policies = new Set(seedPolicyRows.map((row) => row.policy));
  for (const [check, { asks, basis, failure }] of Object.entries(ENTITLEMENTS)) {
    t.ok(asks.zh && asks.en, check);
    t.ok(basis || typeof failure === 'object', `${check} has a basis`);
    if (typeof failure === 'object') t.ok(policies.has(failure.policy), `${check}: ${failure.policy}`);
  }
});

t.test('with everything in order nothing is said, and all of it is reserved', async (t) => {
  t.match(judge(aManifest(), whole()), {
    codes: [],
    reserved: [
      `1 licence 2026 ${TONNE}`,
      `1 contract validity ${TONNE}`,
      `1 contract validity ${TONNE}`,
      `1 management_plan 2026 ${TONNE}`,
    ],
  });
});

t.test('a licence is a must, by 固废法 80 until 2026-08-14 and by 法典 534 from 2026-08-15', async (t) => {
  const refused = (day: string) => judge(aManifest(), without('licence'), { day });
  t.match(refused('2026-08-14'), {
    refused: 'against-rule',
    basis: '固体废物污染环境防治法（2020年修订） 80',
    pointer: '/lines/0/wasteCode',
  });
  t.match(refused('2026-08-15'), { refused: 'against-rule', basis: '生态环境法典 534', pointer: '/lines/0/wasteCode' });
  t.match(judge(aManifest(), without('licence'), { policies: { 'unlicensed-consignee': 'warn' } }), {
    codes: ['licence-missing'],
  });
});

t.test('why the nearest licence does not cover is said', async (t) => {
  const cases: readonly [Partial<HeldPermit>, RegExp][] = [
    [{ status: 'revoked' }, /is revoked/],
    [{ validFrom: '2026-09-17' }, /holds from 2026-09-17/],
    [{ validTo: DAY }, /is over since 2026-09-16/],
    [{ siteId: 'another' }, /tied to another site/],
    [{ wasteCodes: ['HW34'] }, /does not name this waste/],
    [{ excludedCodes: ['900-249-08'] }, /excludes this waste/],
    [{ methods: ['R9'] }, /covers R9 only/],
    [{ areas: ['410000'] }, /covers waste from 410000 only/],
  ];
  for (const [changes, right] of cases) {
    const told = judge(aManifest(), [...without('licence'), aPermit('licence', { holderId: PLANT, ...changes })]);
    const pointer = `/lines/0/${'methods' in changes ? 'plannedMethod' : 'wasteCode'}`;
    t.match(told, { refused: 'against-rule', right, pointer }, String(right));
  }
  const nearer = [{ status: 'revoked' }, { methods: ['R9'] }, { validTo: DAY }] as const;
  t.match(
    judge(aManifest(), [...without('licence'), ...nearer.map((changes) => aPermit('licence', changes))]).right,
    /R9/,
    'the one that came nearest speaks',
  );
  t.match(judge(aManifest(), without('licence')), {
    right: /None is registered/,
    zh: '第 1 行 900-249-08（2026-09-16）：要求接受人的经营许可证涵盖该废物，或该环节豁免。没有登记任何一份。',
  });
});

t.test('a day before the licence ended is judged by that day', async (t) => {
  const permits = [...without('licence'), aPermit('licence', { validTo: '2026-09-01' })];
  t.same(judge(aManifest(), permits, { day: '2026-08-31' }).codes, []);
  t.match(judge(aManifest(), permits, { day: '2026-09-01' }), { refused: 'against-rule' });
});

t.test('ML 12: 100 % of the scale is full, above it is said, above 120 % the policy of the day speaks', async (t) => {
  const scale = 10 * TONNE;
  const withUsed = (reserved: number, used: number, year = '2026') => [
    ...without('licence'),
    aPermit('licence', { capGrams: scale, uses: { [year]: [reserved, used] } }),
  ];
  t.same(judge(aManifest(), withUsed(4 * TONNE, 5 * TONNE)).codes, [], 'exactly 100 %');
  t.match(judge(aManifest(), withUsed(4 * TONNE, 5 * TONNE + 1)), {
    codes: ['licence-full'],
    basis: 'ML 10',
    pointer: '/lines/0/massGrams',
    detail: /10000001 g, 1 g too much/,
  });
  t.same(judge(aManifest(), withUsed(0, 11 * TONNE)).codes, ['licence-full'], 'exactly 120 %');
  t.match(judge(aManifest(), withUsed(0, 11 * TONNE + 1)), { codes: ['licence-over-scale'], basis: 'ML 12' });
  t.match(
    judge(aManifest(), withUsed(0, 11 * TONNE + 1), { policies: { 'licence-over-scale': 'refuse' } }),
    { refused: 'against-rule', basis: 'ML 12', pointer: '/lines/0/massGrams' },
    'where a place says so',
  );
  t.same(judge(aManifest(), withUsed(0, 50 * TONNE, '2025')).codes, [], 'each year anew');
  const lines = [aLine(), aLine({}, 2)];
  t.match(
    judge(aManifest({ lines }), withUsed(0, 9 * TONNE)),
    { codes: ['licence-full'], pointer: '/lines/1/massGrams' },
    'what the first line takes is gone for the second',
  );
});

t.test('of several that cover: one with enough left, then the first to end', async (t) => {
  const [spent, late, early] = [
    aPermit('licence', { capGrams: TONNE, uses: { '2026': [0, TONNE] }, validTo: '2027-01-01' }),
    aPermit('licence', { validTo: '2029-01-01' }),
    aPermit('licence', { validTo: '2028-01-01' }),
  ];
  const { context, chosen } = { context: [...without('licence'), spent, late, early], chosen: early.id };
  const result = checkEntitlement(aManifest(), {
    day: DAY,
    reference: policyBook(seedPolicyRows),
    heldOf: (type) => context.filter((permit) => permit.type === type),
    booked: [],
  });
  t.match(result, { uses: [{ permitId: chosen }] });
});

t.test(
  'TM 10(1): a contract in force with the consignee, and with the carrier when the consignor hires it',
  async (t) => {
    const none = judge(aManifest(), without('contract'));
    t.match(none, {
      codes: ['contract-missing', 'contract-missing'],
      basis: 'TM 10(1)',
      pointer: '/lines/0/wasteCode',
    });
    t.match(none.detail, /With the consignee: None is registered/);
    t.same(judge(aManifest({ shipperRole: 'consignee' }), without('contract')).codes, ['contract-missing']);
    const within = judge(aManifest({ consigneeId: PRODUCER }), without('contract')).codes!;
    t.equal(within.filter((code) => code === 'contract-missing').length, 1, 'with the carrier, not with oneself');
    const contract = (changes: Partial<HeldPermit>) => [
      ...without('contract'),
      aPermit('contract', { counterpartId: CARRIER }),
      aPermit('contract', { counterpartId: PLANT, ...changes }),
    ];
    t.same(judge(aManifest(), contract({ validTo: '2026-09-17' })).codes, [], 'on its last day');
    t.match(judge(aManifest(), contract({ validTo: DAY })), { codes: ['contract-missing'], detail: /over since/ });
    t.same(judge(aManifest(), contract({ capGrams: TONNE })).codes, []);
    t.match(judge(aManifest(), contract({ capGrams: TONNE - 1 })), {
      codes: ['contract-over'],
      pointer: '/lines/0/massGrams',
    });
    t.match(judge(aManifest(), without('contract'), { policies: { 'contract-missing': 'refuse' } }), {
      refused: 'against-rule',
      basis: 'TM 10(1)',
      pointer: '/lines/0/wasteCode',
    });
  },
);

t.test('TM 14: a plan line for the site, the waste and the receiver, and enough of it', async (t) => {
  const plan = (changes: Partial<HeldPermit> = {}) => [
    ...without('management_plan'),
    aPermit('management_plan', { counterpartId: PLANT, ...changes }),
  ];
  t.same(judge(aManifest(), plan({ siteId: FACTORY, capGrams: TONNE })).codes, [], 'exactly what was planned');
  t.match(judge(aManifest(), plan({ capGrams: TONNE - 1 })), {
    codes: ['plan-over'],
    basis: /HJ 1259-2022 5\.2\.3/,
    pointer: '/lines/0/massGrams',
  });
  t.match(judge(aManifest(), without('management_plan')), { codes: ['plan-missing'], basis: 'TM 10(2), 14' });
  t.match(judge(aManifest(), plan({ counterpartId: 'another' })), { detail: /with another party/ });
  t.match(judge(aManifest(), plan({ siteId: 'another' })), { detail: /another site/ });
  t.match(judge(aManifest(), plan({ wasteCodes: ['HW34'] })), { codes: ['plan-missing'] });
  t.match(judge(aManifest(), without('management_plan'), { policies: { 'plan-line-missing': 'refuse' } }), {
    refused: 'against-rule',
    pointer: '/lines/0/wasteCode',
  });
});

const anApproval = (changes: Partial<HeldPermit> = {}): HeldPermit =>
  aPermit('cross_province_approval', { counterpartId: PLANT, capGrams: 10 * TONNE, ...changes });

t.test('no move out of the province without approval, by 固废法 82 and by 法典 536', async (t) => {
  for (const [day, basis] of [
    ['2026-08-14', '固体废物污染环境防治法（2020年修订） 82'],
    ['2026-08-15', '生态环境法典 536'],
  ] as const)
    t.match(judge(across(), whole(), { day }), { refused: 'against-rule', basis, pointer: '/lines/0/wasteCode' }, day);
  t.match(judge(across(), whole(), { policies: { 'cross-province-unapproved': 'warn' } }), {
    codes: ['cross-province-unapproved'],
  });
  t.same(judge(across(), [...whole(), anApproval()]).codes, []);
  const wrong: readonly [Partial<HeldPermit>, RegExp][] = [
    [{ validTo: DAY }, /over since/],
    [{ counterpartId: 'another' }, /with another party/],
    [{ wasteCodes: ['900-300-34'] }, /does not name this waste/],
    [{ methods: ['R9'] }, /R9 only/],
    [{ siteId: 'another' }, /another site/],
  ];
  for (const [changes, right] of wrong)
    t.match(judge(across(), [...whole(), anApproval(changes)]), { refused: 'against-rule', right }, String(right));
});

t.test('TM 28: above the approved quantity is refused, however much was used or only promised', async (t) => {
  const used = (reserved: number, gone: number) => [...whole(), anApproval({ uses: { validity: [reserved, gone] } })];
  t.same(judge(across(), used(4 * TONNE, 5 * TONNE)).codes, [], 'exactly what is left');
  for (const [reserved, gone] of [
    [4 * TONNE + 1, 5 * TONNE],
    [4 * TONNE, 5 * TONNE + 1],
  ] as const)
    t.match(judge(across(), used(reserved, gone)), {
      refused: 'against-rule',
      basis: 'TM 28',
      pointer: '/lines/0/massGrams',
      right: /allows 10000000 g; with this line it would be 10000001 g, 1 g too much/,
    });
  t.match(
    judge(across({ lines: [aLine(), aLine({}, 2)] }), used(0, 9 * TONNE)),
    { refused: 'against-rule', pointer: '/lines/1/massGrams' },
    'two lines of one manifest together',
  );
  t.same(
    judge(across(), [...used(0, 10 * TONNE), anApproval({ validTo: '2031-01-01' })]).codes,
    [],
    'another approval that has enough left',
  );
});

t.test('TM 21 ¶2: a white list or a pilot stands for the approval, between its provinces', async (t) => {
  for (const type of ['white_list', 'pilot'] as const) {
    const listed = (changes: Partial<HeldPermit> = {}) => [
      ...whole(),
      aPermit(type, { holderId: PLANT, areas: ['510000'], capGrams: TONNE, ...changes }),
    ];
    t.match(judge(across(), listed()), { codes: [], reserved: /1/ }, `${type}: exactly its yearly quantity`);
    t.match(judge(across(), listed({ uses: { '2026': [1, 0] } })), { basis: 'TM 28' }, `${type}: a gram more`);
    t.same(judge(across(), listed({ uses: { '2025': [0, TONNE] } })).codes, [], `${type}: each year anew`);
    t.match(judge(across(), listed({ areas: ['520000'] })), { basis: /536/ }, `${type}: from another province`);
    t.match(judge(across(), listed({ siteId: 'another' })), { basis: /536/ }, `${type}: another site of the unit`);
  }
  const both = [...whole(), anApproval({ capGrams: 1 }), aPermit('white_list', { areas: ['510000'], capGrams: TONNE })];
  t.ok(judge(across(), both).reserved!.includes(`1 white_list 2026 ${TONNE}`), 'the one that has enough');
});

t.test('a claimed item fits the waste, the stage and the day, or what would fit is said', async (t) => {
  const claim = (item: number, changes: Partial<Line> = {}) =>
    aManifest({ lines: [aLine({ exemption: { item }, plannedMethod: 'R4', ...changes })] });
  t.match(judge(claim(8), without('licence')), {
    codes: ['exemption-claimed'],
    basis: '名录 附录 8',
    pointer: '/lines/0/exemption/item',
    detail: /金属冶炼/,
  });
  t.match(judge(claim(9), without('licence')), {
    refused: 'against-rule',
    pointer: '/lines/0/exemption/item',
    right: /8 \(废铁质油桶/,
  });
  t.match(
    judge(claim(8, { plannedMethod: 'D10' }), whole()),
    { refused: 'against-rule' },
    'the use only, not disposal',
  );
  t.match(judge(claim(8), whole(), { day: '2020-12-31' }), { refused: 'against-rule' }, 'before the list');
  t.match(judge(claim(8), without('licence'), { day: '2021-01-01' }), { codes: ['exemption-claimed'] });
  t.match(
    judge(claim(18, { wasteCode: '900-052-31', plannedMethod: 'R4' }), without('licence')),
    { refused: 'against-rule', pointer: '/lines/0/wasteCode' },
    'a battery free in transport still goes to who is licensed',
  );
});

t.test('an item nobody claims lets pass with a remark, as long as it names the waste', async (t) => {
  const smelting = aManifest({ lines: [aLine({ plannedMethod: 'R4' })] });
  t.match(judge(smelting, without('licence')), { codes: ['licence-exemption-claimed'], basis: '名录 附录 8' });
  const acid = aManifest({ lines: [aLine({ wasteCode: '900-402-06', plannedMethod: 'R2' })] });
  t.match(judge(acid, without('licence')), { refused: 'against-rule' }, 'items 25, 26 and 32 are for any waste');
});

t.test('item 32 rests on a point-to-point permit: this user, this code, this quantity, the use only', async (t) => {
  const lines = [aLine({ wasteCode: '900-402-06', plannedMethod: 'R2', exemption: { item: 32 } })];
  const manifest = aManifest({ lines });
  const scheme = (changes: Partial<HeldPermit> = {}) => [
    aPermit('point_to_point', { counterpartId: PLANT, wasteCodes: ['900-402-06'], capGrams: TONNE, ...changes }),
  ];
  const codes = ['exemption-claimed', 'contract-missing', 'contract-missing', 'plan-missing'];
  t.match(judge(manifest, scheme()), { codes, reserved: [`1 point_to_point validity ${TONNE}`] });
  const refused = { refused: 'against-rule', basis: '名录 附录 32' };
  t.match(judge(manifest, []), { ...refused, pointer: '/lines/0/exemption/item', right: /None is registered/ });
  t.match(judge(manifest, scheme({ counterpartId: 'another' })), { ...refused, right: /another party/ });
  t.match(judge(manifest, scheme({ wasteCodes: ['900-404-06'] })), { ...refused, right: /does not name/ });
  t.match(judge(manifest, scheme({ validTo: DAY })), { ...refused, right: /over since/ });
  t.match(judge(manifest, scheme({ uses: { validity: [1, 0] } })), { ...refused, pointer: '/lines/0/massGrams' });
  const disposal = aManifest({ lines: [{ ...lines[0]!, plannedMethod: 'D10' }] });
  t.match(judge(disposal, scheme()), { refused: 'against-rule', basis: '名录 附录' }, 'frees the use only');
  const unclaimed = aManifest({ lines: [{ ...lines[0]!, exemption: undefined }] });
  t.match(judge(unclaimed, scheme()), { refused: 'against-rule', basis: /534/ }, 'it must be claimed');
});
