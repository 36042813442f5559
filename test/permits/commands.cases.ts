// Who may enter a permit for whom.
import t from 'tap';
import { seedPolicyRows } from '../../src/catalogue/policies.ts';
import { type Facts, policyBook } from '../../src/catalogue/reference.ts';
import { liesIn } from '../../src/parties/visibility.ts';
import { amendPermit, PermitBody, type PermitEntry, registerPermit } from '../../src/permits/commands.ts';
import { PERMIT_TYPES } from '../../src/permits/tables.ts';
import type { Caller, Decision, States } from '../../src/platform/acts.ts';

const id = (n: number) => `01900000-0000-7000-8000-00000000000${n}`;
const [JINAN, QINGDAO, BUREAU, SITE, PERMIT, NEW] = [1, 2, 3, 4, 5, 6].map(id) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const SUBJECTS = new Map<string, object>([
  [JINAN, { id: JINAN, region: '370102', jurisdiction: null, capacities: ['carrier', 'producer'] }],
  [QINGDAO, { id: QINGDAO, region: '370202', jurisdiction: null, capacities: ['producer'], name: '青岛' }],
  [
    BUREAU,
    {
      id: BUREAU,
      region: '370100',
      jurisdiction: { region: '370100', streams: ['hazardous'] },
      capacities: ['carrier'],
    },
  ],
  [SITE, { id: SITE, partyId: QINGDAO }],
]);
/** Of the receiver in QINGDAO: what an approval may not outlast. */
const LICENCES = [
  {
    id: SITE,
    type: 'licence',
    wasteCodes: ['HW08'],
    excludedCodes: ['900-210-08'],
    methods: [],
    areas: [],
    siteId: null,
    counterpartId: null,
    validFrom: '2024-01-01',
    validTo: '2026-10-01',
    status: 'valid',
  },
];
const statesOf = (permit?: object): States => ({
  get: (_kind, wanted) => (wanted === PERMIT ? permit : SUBJECTS.get(wanted)) as never,
  seqOf: () => (permit ? 1 : 0),
  found: () => LICENCES as never,
});
const factsOf = (role: string, party = BUREAU): Facts => ({
  now: new Date('2026-11-22T02:00:00Z'),
  caller: { actor: { party, key: NEW }, role } satisfies Caller,
  reference: policyBook(seedPolicyRows),
  expectedSeq: 1,
  newId: () => NEW,
});
const aPermit = (record: Partial<PermitEntry> = {}): PermitEntry =>
  PermitBody.parse({
    type: 'licence',
    number: '鲁危证01',
    holderId: JINAN,
    wasteCodes: ['HW08'],
    validFrom: '2026-01-01',
    validTo: '2031-01-01',
    ...record,
  });
const placeOf = (decision: Decision) =>
  'refused' in decision ? [decision.refused.problem, decision.refused.errors?.[0]?.pointer] : 'accepted';
const register = (record: Partial<PermitEntry>, facts = factsOf('regulator')) =>
  placeOf(registerPermit.decide({ record: aPermit(record) }, statesOf(), facts));
const amend = (before: Partial<PermitEntry>, record: Partial<PermitEntry>, facts = factsOf('regulator')) =>
  placeOf(
    amendPermit.decide({ id: PERMIT, record: aPermit(record) }, statesOf({ id: PERMIT, ...aPermit(before) }), facts),
  );

t.test('a jurisdiction is the tree of today', async (t) => {
  const at = (region: string) => ({ region, streams: ['hazardous'] });
  t.ok(liesIn(at('370100'), '370102'));
  t.ok(liesIn(at('370000'), '370102'));
  t.ok(liesIn(at('370100'), '371202'), 'what was Laiwu is Jinan today');
  t.notOk(liesIn(at('370100'), '370202'));
  t.notOk(liesIn(at('370102'), '370103'));
});

t.test('a regulator enters permits of holders in its jurisdiction, an administrator any', async (t) => {
  t.equal(register({}), 'accepted');
  t.same(register({ holderId: QINGDAO }), ['not-your-act', '/holderId']);
  t.equal(register({ holderId: QINGDAO }, factsOf('administrator')), 'accepted');
  t.same(register({}, factsOf('regulator', JINAN)), ['not-your-act', '/holderId'], 'a party without a jurisdiction');
});

t.test('holder, counterpart and site exist, the site is the holder’s', async (t) => {
  t.same(register({ holderId: NEW }), ['against-rule', '/holderId']);
  t.same(register({ counterpartId: NEW }), ['against-rule', '/counterpartId']);
  t.same(register({ siteId: SITE }), ['against-rule', '/siteId']);
  t.equal(register({ holderId: QINGDAO, siteId: SITE }, factsOf('administrator')), 'accepted');
});

t.test('outside its jurisdiction a regulator knows of licences and of what names a party of its own', async (t) => {
  const outside = { holderId: QINGDAO };
  t.same(amend(outside, outside), ['not-your-act', '/holderId'], 'a licence is public');
  t.same(amend({ ...outside, type: 'project_plan' }, { ...outside, type: 'project_plan' }), ['not-found', undefined]);
  t.same(
    amend({ ...outside, type: 'project_plan' }, { type: 'project_plan' }),
    ['not-found', undefined],
    'nor by naming another holder',
  );
  const shared: Partial<PermitEntry> = {
    ...outside,
    type: 'point_to_point',
    wasteCodes: ['900-249-08'],
    counterpartId: JINAN,
  };
  t.same(amend(shared, shared), ['not-your-act', '/holderId']);
});

t.test('type and holder stay; status and terms change', async (t) => {
  t.same(amend({}, { type: 'project_plan' }), ['against-rule', '/type']);
  t.same(amend({}, { holderId: QINGDAO }, factsOf('administrator')), ['against-rule', '/holderId']);
  t.equal(amend({}, { status: 'revoked', validTo: '2027-01-01' }), 'accepted');
});

t.test('dates that do not exist never reach the rules', async (t) => {
  t.throws(() => aPermit({ validFrom: '2026-02-30' }));
  t.throws(() => aPermit({ capGrams: 1.5 }));
});

const anApproval = (record: Partial<PermitEntry> = {}): Partial<PermitEntry> => ({
  type: 'cross_province_approval',
  counterpartId: QINGDAO,
  capGrams: 1_000,
  wasteCodes: ['900-249-08'],
  validFrom: '2026-01-01',
  validTo: '2026-10-01',
  ...record,
});

t.test('TM 27: an approval holds for twelve months at most', async (t) => {
  const other = { wasteCodes: ['HW34'] };
  t.equal(register(anApproval({ ...other, validTo: '2027-01-01' })), 'accepted', 'twelve months to the day');
  t.same(register(anApproval({ ...other, validTo: '2027-01-02' })), ['against-rule', '/validTo']);
  t.same(register(anApproval({ ...other, validFrom: '2026-01-31', validTo: '2027-02-01' })), [
    'against-rule',
    '/validTo',
  ]);
  const refusal = registerPermit.decide(
    { record: aPermit(anApproval({ ...other, validTo: '2027-01-02' })) },
    statesOf(),
    factsOf('regulator'),
  );
  t.match(refusal, { refused: { basis: /转移管理办法.* 27/, detail: { en: /2027-01-01 at the latest/ } } });
});

t.test("TM 27: and never beyond its receiver's licence", async (t) => {
  t.equal(register(anApproval()), 'accepted', 'as long as the licence');
  t.same(register(anApproval({ validTo: '2026-10-02' })), ['against-rule', '/validTo'], 'a day longer');
  const warnings = (record: Partial<PermitEntry>) => {
    const decision = registerPermit.decide({ record: aPermit(record) }, statesOf(), factsOf('regulator'));
    return 'refused' in decision ? decision.refused : (decision.warnings ?? []).map(({ code }) => code);
  };
  t.same(warnings(anApproval()), []);
  t.same(warnings(anApproval({ wasteCodes: ['HW08'] })), [], 'a whole class is covered by the class');
  for (const wasteCodes of [['900-300-34'], ['HW34'], ['900-210-08']])
    t.same(warnings(anApproval({ wasteCodes })), ['receiver-unlicensed'], `${wasteCodes}: no licence to check against`);
});

t.test('a member files contracts and plan lines of its own party, and nothing else', async (t) => {
  const contract: Partial<PermitEntry> = { type: 'contract', counterpartId: JINAN, holderId: QINGDAO, wasteCodes: [] };
  const member = factsOf('member', QINGDAO);
  t.equal(register(contract, member), 'accepted');
  t.equal(register({ type: 'management_plan', holderId: QINGDAO }, member), 'accepted');
  t.same(register({ ...contract, holderId: JINAN, counterpartId: BUREAU }, member), ['not-your-act', '/holderId']);
  for (const type of PERMIT_TYPES.filter((one) => one !== 'contract' && one !== 'management_plan'))
    t.same(register({ type, holderId: QINGDAO, counterpartId: JINAN }, member), ['not-your-act', '/type'], type);
  const narrow = { ...member, caller: { ...member.caller, site: SITE } };
  t.same(register(contract, narrow), ['not-your-act', '/siteId']);
  t.equal(register({ ...contract, siteId: SITE }, narrow), 'accepted');
  t.equal(amend(contract, { ...contract, validTo: '2032-01-01' }, member), 'accepted');
  t.same(amend(contract, contract, factsOf('member', JINAN)), ['not-your-act', '/holderId'], 'the counterpart sees it');
  t.same(amend(contract, contract, factsOf('member', BUREAU)), ['not-found', undefined], 'a stranger does not');
});

t.test('TM 10(1): a contract is with a carrier or a consignee', async (t) => {
  const contract: Partial<PermitEntry> = { type: 'contract', wasteCodes: [] };
  t.equal(register({ ...contract, holderId: QINGDAO, counterpartId: JINAN }, factsOf('administrator')), 'accepted');
  t.same(register({ ...contract, counterpartId: QINGDAO }, factsOf('administrator')), [
    'against-rule',
    '/counterpartId',
  ]);
});
