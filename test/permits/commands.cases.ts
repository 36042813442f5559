// Who may enter a permit for whom.
import t from 'tap';
import { amendPermit, liesIn, PermitBody, type PermitRecord, registerPermit } from '../../src/permits/commands.ts';
import type { Caller, Decision, Facts, States } from '../../src/platform/acts.ts';

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
  [JINAN, { id: JINAN, region: '370102', jurisdiction: null }],
  [QINGDAO, { id: QINGDAO, region: '370202', jurisdiction: null }],
  [BUREAU, { id: BUREAU, region: '370100', jurisdiction: { region: '370100', streams: ['hazardous'] } }],
  [SITE, { id: SITE, partyId: QINGDAO }],
]);
const statesOf = (permit?: object): States => ({
  get: (_kind, wanted) => (wanted === PERMIT ? permit : SUBJECTS.get(wanted)) as never,
  seqOf: () => (permit ? 1 : 0),
  found: () => undefined as never,
});
const factsOf = (role: string, party = BUREAU): Facts => ({
  now: new Date('2026-11-22T02:00:00Z'),
  caller: { actor: { party, key: NEW }, role } satisfies Caller,
  reference: { version: 'test' },
  expectedSeq: 1,
  newId: () => NEW,
});
const aPermit = (record: Partial<PermitRecord> = {}): PermitRecord =>
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
const register = (record: Partial<PermitRecord>, facts = factsOf('regulator')) =>
  placeOf(registerPermit.decide({ record: aPermit(record) }, statesOf(), facts));
const amend = (before: Partial<PermitRecord>, record: Partial<PermitRecord>, facts = factsOf('regulator')) =>
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
  t.same(amend({ ...outside, type: 'white_list' }, { ...outside, type: 'white_list' }), ['not-found', undefined]);
  t.same(
    amend({ ...outside, type: 'white_list' }, { type: 'white_list' }),
    ['not-found', undefined],
    'nor by naming another holder',
  );
  const shared = { ...outside, type: 'point_to_point', counterpartId: JINAN } as const;
  t.same(amend(shared, shared), ['not-your-act', '/holderId']);
});

t.test('type and holder stay; status and terms change', async (t) => {
  t.same(amend({}, { type: 'white_list' }), ['against-rule', '/type']);
  t.same(amend({}, { holderId: QINGDAO }, factsOf('administrator')), ['against-rule', '/holderId']);
  t.equal(amend({}, { status: 'revoked', validTo: '2027-01-01' }), 'accepted');
});

t.test('dates that do not exist never reach the rules', async (t) => {
  t.throws(() => aPermit({ validFrom: '2026-02-30' }));
  t.throws(() => aPermit({ capGrams: 1.5 }));
});
