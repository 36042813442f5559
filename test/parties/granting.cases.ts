// API keys: every role by every kind of granter, bindings, terms, revocation.
import t from 'tap';
import {
  type GrantFacts,
  grantKey,
  grantRefusal,
  KeyBody,
  type KeyGrant,
  revokeKey,
} from '../../src/parties/granting.ts';
import { mintKey } from '../../src/parties/keys.ts';
import { CAPACITIES, ROLES, type Role } from '../../src/parties/tables.ts';
import type { Caller, Facts, States } from '../../src/platform/acts.ts';

const id = (n: number) => `01900000-0000-7000-8000-00000000000${n}`;
const [OWN, OTHER, SITE, DEVICE, PERSON, KEY] = [1, 2, 3, 4, 5, 6].map(id) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const NOW = new Date('2026-11-22T02:00:00Z');
const aCaller = (role: string): Caller => ({ actor: { party: OWN, key: KEY }, role });
const [member, administrator] = [aCaller('member'), aCaller('administrator')];

const aParty = (party: Partial<NonNullable<GrantFacts['party']>> = {}): NonNullable<GrantFacts['party']> => ({
  id: OWN,
  name: '历下化工',
  uscc: null,
  capacities: CAPACITIES,
  region: '370102',
  jurisdiction: { region: '370100', streams: ['hazardous'] },
  active: true,
  ...party,
});
const aKey = (key: Partial<NonNullable<GrantFacts['granter']>> = {}): NonNullable<GrantFacts['granter']> => ({
  id: KEY,
  partyId: OWN,
  role: 'member',
  label: 'ERP',
  prefix: 'abcdefghij',
  secretHash: '00',
  siteId: null,
  deviceId: null,
  personId: null,
  expiresAt: null,
  revokedAt: null,
  ...key,
});
const site = { id: SITE, partyId: OWN, name: '一号库', region: '370102', permitCode: null, beds: null, active: true };
const device = {
  id: DEVICE,
  partyId: OWN,
  siteId: SITE,
  type: 'truck_scale' as const,
  serialNumber: '1',
  scaleDivisionGrams: 20_000,
  verifiedThrough: null,
  vehicleId: null,
  active: true,
};
const person = { id: PERSON, partyId: OWN, duties: ['driver'], detailsEventId: null, active: true };

const aGrant = (role: Role, grant: Partial<KeyGrant> = {}): KeyGrant =>
  KeyBody.parse({
    partyId: OWN,
    role,
    label: 'test',
    ...(role === 'device' ? { deviceId: DEVICE } : {}),
    ...(role === 'driver' ? { personId: PERSON } : {}),
    ...grant,
  });
const known = (grant: KeyGrant, facts: Partial<GrantFacts> = {}): GrantFacts => ({
  party: aParty({ id: grant.partyId }),
  site: grant.siteId === null ? undefined : site,
  device: grant.deviceId === null ? undefined : device,
  person: grant.personId === null ? undefined : person,
  granter: aKey(),
  ...facts,
});
const refusalOf = (grant: KeyGrant, caller = administrator, facts: Partial<GrantFacts> = {}) =>
  grantRefusal(grant, known(grant, facts), caller, NOW);
const placeOf = (refusal: ReturnType<typeof refusalOf>) => refusal && [refusal.problem, refusal.errors?.[0]?.pointer];

t.test('which roles a member may grant, and for whom', async (t) => {
  const byMember: readonly Role[] = ['member', 'device', 'driver'];
  for (const role of ROLES) {
    t.equal(refusalOf(aGrant(role)), undefined, `${role}, by an administrator`);
    const refusal = refusalOf(aGrant(role), member);
    if (byMember.includes(role)) t.equal(refusal, undefined, `${role}, by a member`);
    else t.same(placeOf(refusal), ['not-your-act', '/role'], `${role}, by a member`);
  }
  t.same(placeOf(refusalOf(aGrant('member', { partyId: OTHER }), member)), ['not-your-act', '/partyId']);
});

t.test('an administrator key needs an operator, a regulator key a regulator with a jurisdiction', async (t) => {
  const without = (missing: string) => ({ party: aParty({ capacities: CAPACITIES.filter((one) => one !== missing) }) });
  t.same(placeOf(refusalOf(aGrant('administrator'), administrator, without('operator'))), ['against-rule', '/role']);
  t.same(placeOf(refusalOf(aGrant('regulator'), administrator, without('regulator'))), ['against-rule', '/role']);
  const noPlace = { party: aParty({ jurisdiction: null }) };
  t.same(placeOf(refusalOf(aGrant('regulator'), administrator, noPlace)), ['against-rule', '/partyId']);
  t.equal(refusalOf(aGrant('member'), administrator, noPlace), undefined);
});

t.test('the party must exist and be active', async (t) => {
  t.same(placeOf(refusalOf(aGrant('member'), administrator, { party: undefined })), ['against-rule', '/partyId']);
  const closed = { party: aParty({ active: false }) };
  t.same(placeOf(refusalOf(aGrant('member'), administrator, closed)), ['against-rule', '/partyId']);
});

t.test('what a key is bound to is named, is active and is its own party’s', async (t) => {
  t.same(placeOf(refusalOf(aGrant('device', { deviceId: null }))), ['against-rule', '/deviceId']);
  t.same(placeOf(refusalOf(aGrant('driver', { personId: null }))), ['against-rule', '/personId']);
  t.same(placeOf(refusalOf(aGrant('member', { deviceId: DEVICE }))), ['against-rule', '/deviceId']);
  t.same(placeOf(refusalOf(aGrant('device', { personId: PERSON }))), ['against-rule', '/personId']);
  t.equal(refusalOf(aGrant('member', { personId: PERSON, siteId: SITE })), undefined);
  for (const [grant, facts, pointer] of [
    [aGrant('device'), { device: undefined }, '/deviceId'],
    [aGrant('device'), { device: { ...device, partyId: OTHER } }, '/deviceId'],
    [aGrant('device'), { device: { ...device, active: false } }, '/deviceId'],
    [aGrant('driver'), { person: { ...person, partyId: OTHER } }, '/personId'],
    [aGrant('driver'), { person: { ...person, active: false } }, '/personId'],
    [aGrant('member', { siteId: SITE }), { site: { ...site, partyId: OTHER } }, '/siteId'],
    [aGrant('device', { siteId: SITE }), { device: { ...device, siteId: OTHER } }, '/siteId'],
  ] as const)
    t.same(placeOf(refusalOf(grant, member, facts)), ['against-rule', pointer]);
});

t.test('a key ends after now and not after the key that granted it', async (t) => {
  const term = (expiresAt: string | null, last: string | null) =>
    placeOf(
      refusalOf(aGrant('member', { expiresAt }), member, {
        granter: aKey({ expiresAt: last ? new Date(last) : null }),
      }),
    );
  const refused = ['against-rule', '/expiresAt'];
  t.same(term('2026-11-22T02:00:00Z', null), refused, 'now is too late');
  t.equal(term('2026-11-22T02:00:00.001Z', null), undefined);
  t.equal(term('2027-01-01T08:00:00+08:00', '2027-01-01T00:00:00Z'), undefined, 'the same instant');
  t.same(term('2027-01-01T00:00:00.001Z', '2027-01-01T00:00:00Z'), refused);
  t.same(term(null, '2027-01-01T00:00:00Z'), refused, 'for ever is longer');
  t.equal(term(null, null), undefined);
  t.match(refusalOf(aGrant('member'), member, { granter: aKey({ revokedAt: NOW }) }), { problem: 'key-invalid' });
});

t.test('a key bound to a site grants keys for that site only', async (t) => {
  const granter = aKey({ siteId: SITE });
  t.same(placeOf(refusalOf(aGrant('member'), member, { granter })), ['not-your-act', '/siteId']);
  t.equal(refusalOf(aGrant('member', { siteId: SITE }), member, { granter }), undefined);
  t.equal(refusalOf(aGrant('device'), member, { granter }), undefined, 'its device stands there');
});

const statesOf = (subjects: Record<string, object>): States => ({
  get: (_kind, wanted) => subjects[wanted] as never,
  seqOf: () => 1,
  found: () => undefined as never,
});
const factsOf = (caller: Caller): Facts => ({ now: NOW, caller, reference: { version: 'test' }, newId: () => OTHER });

t.test('the event holds the hash, the secret is nowhere', async (t) => {
  const { apiKey, prefix, secretHash } = mintKey();
  const states = statesOf({ [OWN]: aParty(), [KEY]: aKey(), [DEVICE]: device });
  const input = { ...aGrant('device', { expiresAt: '2030-01-01T08:00:00+08:00' }), prefix, secretHash };
  const decision = grantKey.decide(input, states, factsOf(member));
  t.match(decision, { status: 201, answer: { id: OTHER, prefix, role: 'device', siteId: SITE } });
  t.match(decision, {
    events: [
      {
        type: 'api_key_granted',
        data: { record: { secretHash, siteId: SITE, revokedAt: null, expiresAt: '2030-01-01T00:00:00.000Z' } },
      },
    ],
  });
  t.notOk(JSON.stringify(decision).includes(apiKey.slice(-43)));
  t.notOk(JSON.stringify((decision as { answer: unknown }).answer).includes(secretHash));
});

t.test('a key is revoked once, by its party or an administrator, who keeps the one in use', async (t) => {
  const revoke = (key: object | undefined, caller: Caller, wanted = DEVICE) =>
    revokeKey.decide({ id: wanted }, statesOf(key ? { [wanted]: key } : {}), factsOf(caller));
  t.match(revoke(aKey({ id: DEVICE }), member), {
    events: [{ type: 'api_key_revoked', data: { record: { revokedAt: NOW.toISOString(), prefix: 'abcdefghij' } } }],
  });
  t.match(revoke(aKey({ id: DEVICE, partyId: OTHER }), administrator), { events: [{ type: 'api_key_revoked' }] });
  t.match(revoke(aKey({ id: DEVICE, partyId: OTHER }), member), { refused: { problem: 'not-found' } });
  t.match(revoke(undefined, member), { refused: { problem: 'not-found' } });
  t.match(revoke(aKey({ id: DEVICE, revokedAt: NOW }), member), { refused: { problem: 'wrong-status' } });
  t.match(revoke(aKey({ role: 'administrator' }), administrator, KEY), { refused: { problem: 'against-rule' } });
  t.match(
    revoke(aKey(), member, KEY),
    { events: [{ type: 'api_key_revoked' }] },
    'a member may, say when it has leaked',
  );
});
