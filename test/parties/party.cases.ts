// Who may stand in the register of organisations, and what a member may change of its own.
import t from 'tap';
import {
  amendParty,
  notTheirParty,
  PartyBody,
  type PartyRecord,
  partyRefusal,
  registerParty,
} from '../../src/parties/commands.ts';
import { partyKind } from '../../src/parties/registers.ts';
import type { Caller, Facts, States } from '../../src/platform/acts.ts';

const DAY = '2026-11-22';
const OWN = '01900000-0000-7000-8000-000000000001';
const OTHER = '01900000-0000-7000-8000-000000000002';

const aParty = (record: Partial<PartyRecord> = {}): PartyRecord => ({
  name: '历下化工',
  uscc: null,
  capacities: ['producer'],
  region: '370102',
  jurisdiction: null,
  active: true,
  ...record,
});
const pointersOf = (refusal: ReturnType<typeof partyRefusal>) => refusal?.errors?.map(({ pointer }) => pointer);
const member: Caller = { actor: { party: OWN, key: OWN }, role: 'member' };
const administrator: Caller = { actor: { party: OWN, key: OWN }, role: 'administrator' };

t.test('a party stands in a county; an authority may stand above', async (t) => {
  t.equal(partyRefusal(aParty(), DAY), undefined);
  t.equal(partyRefusal(aParty({ region: '441900' }), DAY), undefined, '东莞 has no counties');
  t.same(pointersOf(partyRefusal(aParty({ region: '370000' }), DAY)), ['/region']);
  t.same(pointersOf(partyRefusal(aParty({ region: '999999' }), DAY)), ['/region']);
  t.same(pointersOf(partyRefusal(aParty({ region: '371202' }), DAY)), ['/region'], '莱城区 was closed in 2019');
  const jurisdiction = { region: '370000', streams: ['hazardous' as const] };
  t.equal(partyRefusal(aParty({ capacities: ['regulator'], region: '370000', jurisdiction }), DAY), undefined);
  t.equal(partyRefusal(aParty({ capacities: ['operator'], region: '370100' }), DAY), undefined);
});

t.test('a jurisdiction belongs to regulators, and to each of them', async (t) => {
  const jurisdiction = { region: '370100', streams: ['hazardous' as const] };
  t.same(pointersOf(partyRefusal(aParty({ jurisdiction }), DAY)), ['/jurisdiction']);
  t.same(pointersOf(partyRefusal(aParty({ capacities: ['regulator'] }), DAY)), ['/jurisdiction']);
  const nowhere = { region: '371200', streams: ['hazardous' as const] };
  const refusal = partyRefusal(aParty({ capacities: ['regulator'], jurisdiction: nowhere }), DAY);
  t.same(pointersOf(refusal), ['/jurisdiction/region'], 'Laiwu is a region no more');
});

t.test('a USCC is kept in its normal form; a wrong one is refused with its reason', async (t) => {
  const parse = (uscc: string) => PartyBody.parse({ name: 'x', uscc, capacities: ['producer'], region: '370102' });
  t.equal(parse(' 91130200699229617x ').uscc, '91130200699229617X');
  t.equal(partyRefusal(parse('91130200699229617X'), DAY), undefined);
  for (const [uscc, reason] of [
    ['9113020069922961', /18/],
    ['91130200699229617I', /letters|characters|without I/],
    ['911302006992296170', /check character/],
  ] as const) {
    const refusal = partyRefusal(parse(uscc), DAY);
    t.match(refusal, { problem: 'against-rule', basis: 'GB 32100-2015', detail: { en: reason } }, uscc);
    t.match(refusal?.detail.zh, /统一社会信用代码/);
  }
});

t.test('capacities have one order and no repetition', async (t) => {
  const body = { name: 'x', capacities: ['consignee', 'producer', 'consignee'], region: '370102' };
  t.same(PartyBody.parse(body).capacities, ['producer', 'consignee']);
  t.throws(() => PartyBody.parse({ ...body, colour: 'red' }), 'strict');
});

t.test('of its own party a member changes the name and nothing else', async (t) => {
  const before = { id: OWN, ...aParty() };
  t.equal(notTheirParty(aParty({ name: '新名' }), before, member), undefined);
  const changes = {
    uscc: '91130200699229617X',
    capacities: ['producer', 'carrier'],
    region: '370103',
    jurisdiction: { region: '370100', streams: ['hazardous'] },
    active: false,
  } satisfies Partial<PartyRecord>;
  for (const [key, value] of Object.entries(changes)) {
    const record = aParty({ [key]: value });
    const refusal = notTheirParty(record, before, member);
    t.match(refusal, { problem: 'not-your-act', errors: [{ pointer: `/${key}` }] }, key);
    t.equal(notTheirParty(record, before, administrator), undefined, `${key}, by an administrator`);
  }
  t.match(notTheirParty(aParty(), { id: OTHER, ...aParty() }, member), { problem: 'not-your-act' });
});

/** Deciders see loaded subjects only. */
const statesOf = (before: object | undefined): States => ({
  get: () => before as never,
  seqOf: () => (before ? 3 : 0),
  found: () => undefined as never,
});
const factsOf = (caller: Caller, expectedSeq?: number): Facts => ({
  now: new Date('2026-11-22T02:00:00Z'),
  caller,
  reference: { version: 'test' },
  newId: () => OTHER,
  ...(expectedSeq === undefined ? {} : { expectedSeq }),
});

t.test('an organisation code that fails its own check is a warning, never a refusal', async (t) => {
  const alphabet = [...'0123456789ABCDEFGHJKLMNPQRTUWXY'];
  const uscc = alphabet
    .map((check) => `91130200699229618${check}`)
    .find((code) => !partyRefusal(aParty({ uscc: code }), DAY));
  const decision = registerParty.decide(
    { record: aParty({ uscc: uscc! }) },
    statesOf(undefined),
    factsOf(administrator),
  );
  t.match(decision, { status: 201, warnings: [{ code: 'uscc-organisation-check', pointer: '/uscc' }] });
  t.match(decision, { events: [{ type: `${partyKind.name}_registered`, region: '370102' }] });
});

t.test('an administrator cannot close the party the service is administrated from', async (t) => {
  const operator = aParty({ capacities: ['operator'], region: '370100' });
  const before = { id: OWN, ...operator };
  const amend = (record: PartyRecord, id = OWN) =>
    amendParty.decide({ id, record }, statesOf({ ...before, id }), factsOf(administrator, 3));
  t.match(amend({ ...operator, active: false }), {
    refused: { problem: 'against-rule', errors: [{ pointer: '/active' }] },
  });
  t.match(amend({ ...operator, capacities: ['carrier'], region: '370102' }), {
    refused: { errors: [{ pointer: '/capacities' }] },
  });
  t.match(amend({ ...operator, name: '新名' }), { events: [{ type: 'party_amended' }] });
  t.match(amend({ ...operator, active: false }, OTHER), { events: [{ type: 'party_amended' }] }, "another operator's");
});
