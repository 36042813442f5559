// Sites, vehicles, people and devices: whose they are to enter and amend.
import t from 'tap';
import {
  amendPerson,
  amendSite,
  amendVehicle,
  PersonBody,
  personInput,
  registerSite,
  registerVehicle,
  SiteBody,
  VehicleBody,
} from '../../src/parties/commands.ts';
import { amendDevice, DeviceBody, registerDevice } from '../../src/parties/devices.ts';
import type { Caller, Decision, Facts, States } from '../../src/platform/acts.ts';

const ids = (n: number) => `01900000-0000-7000-8000-00000000000${n}`;
const [OWN, OTHER, CLOSED, SITE, FOREIGN_SITE, THING, NEW] = [1, 2, 3, 4, 5, 6, 7].map(ids) as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];
const PARTIES = new Map([OWN, OTHER, CLOSED].map((id) => [id, { id, name: id, active: id !== CLOSED }]));
const SITES = new Map([
  [SITE, { id: SITE, partyId: OWN }],
  [FOREIGN_SITE, { id: FOREIGN_SITE, partyId: OTHER }],
]);

/** `thing` is what the act amends. */
const statesOf = (thing?: object): States => ({
  get: (kind, id) => (id === THING ? thing : kind.name === 'party' ? PARTIES.get(id) : SITES.get(id)) as never,
  seqOf: () => (thing ? 1 : 0),
  found: () => undefined as never,
});
const factsOf = (role: string, party = OWN): Facts => ({
  now: new Date('2026-11-22T02:00:00Z'),
  caller: { actor: { party, key: NEW }, role } satisfies Caller,
  reference: { version: 'test' },
  expectedSeq: 1,
  newId: () => NEW,
});
const [member, stranger, administrator] = [
  factsOf('member'),
  factsOf('member', OTHER),
  factsOf('administrator', OTHER),
];
const problemOf = (decision: Decision) => ('refused' in decision ? decision.refused.problem : undefined);
const pointerOf = (decision: Decision) => ('refused' in decision ? decision.refused.errors?.[0]?.pointer : undefined);

const site = (partyId = OWN, region = '370102') => SiteBody.parse({ partyId, name: '一号库', region });
const vehicle = (partyId = OWN, plate = '鲁A12345') => VehicleBody.parse({ partyId, plate });
const person = (partyId = OWN) =>
  PersonBody.parse({ partyId, duties: ['driver'], name: '张三', phone: '138 0000 0000' });
const device = (partyId = OWN, siteId = SITE) =>
  DeviceBody.parse({ partyId, siteId, type: 'truck_scale', serialNumber: 'T-1', scaleDivisionGrams: 20_000 });

t.test('a member enters what is its own; an administrator anything; another is told 403', async (t) => {
  t.equal(problemOf(registerSite.decide({ record: site() }, statesOf(), member)), undefined);
  t.equal(problemOf(registerSite.decide({ record: site() }, statesOf(), administrator)), undefined);
  t.equal(problemOf(registerSite.decide({ record: site() }, statesOf(), stranger)), 'not-your-act');
});

t.test('what is public is 403 to others, what is not is 404', async (t) => {
  const before = { id: THING, partyId: OWN, siteId: SITE };
  const amended = {
    site: amendSite.decide({ id: THING, record: site(OTHER) }, statesOf(before), stranger),
    vehicle: amendVehicle.decide({ id: THING, record: vehicle(OTHER) }, statesOf(before), stranger),
    person: amendPerson.decide(personInput(person(OTHER), THING), statesOf(before), stranger),
    device: amendDevice.decide({ id: THING, record: device(OTHER, FOREIGN_SITE) }, statesOf(before), stranger),
  };
  t.equal(problemOf(amended.site), 'not-your-act');
  t.equal(problemOf(amended.vehicle), 'not-your-act');
  t.equal(problemOf(amended.person), 'not-found');
  t.equal(problemOf(amended.device), 'not-found');
  const stale = { ...stranger, expectedSeq: 9 };
  const person404 = amendPerson.decide(personInput(person(OTHER), THING), statesOf(before), stale);
  t.equal(problemOf(person404), 'not-found', 'a wrong version does not give away that there is one');
});

t.test('sites, people and devices stay with their party; a vehicle may be sold, by an administrator', async (t) => {
  const before = { id: THING, partyId: OWN, siteId: SITE };
  t.equal(pointerOf(amendSite.decide({ id: THING, record: site(OTHER) }, statesOf(before), administrator)), '/partyId');
  t.equal(
    pointerOf(amendPerson.decide(personInput(person(OTHER), THING), statesOf(before), administrator)),
    '/partyId',
  );
  const moved = amendDevice.decide({ id: THING, record: device(OTHER, FOREIGN_SITE) }, statesOf(before), administrator);
  t.equal(pointerOf(moved), '/partyId');
  t.equal(
    problemOf(amendVehicle.decide({ id: THING, record: vehicle(OTHER) }, statesOf(before), administrator)),
    undefined,
  );
  t.equal(
    problemOf(amendVehicle.decide({ id: THING, record: vehicle(OTHER) }, statesOf(before), member)),
    'not-your-act',
  );
});

t.test('a party that is unknown or closed takes nothing new; what it has may still be amended', async (t) => {
  const unknown = registerSite.decide({ record: site(NEW) }, statesOf(), administrator);
  t.same([problemOf(unknown), pointerOf(unknown)], ['against-rule', '/partyId']);
  const closed = registerSite.decide({ record: site(CLOSED) }, statesOf(), administrator);
  t.same([problemOf(closed), pointerOf(closed)], ['against-rule', '/partyId']);
  const before = { id: THING, partyId: CLOSED };
  t.equal(problemOf(amendSite.decide({ id: THING, record: site(CLOSED) }, statesOf(before), administrator)), undefined);
});

t.test('a site stands in a county of today', async (t) => {
  for (const region of ['370000', '370100', '371202', '999999'])
    t.equal(pointerOf(registerSite.decide({ record: site(OWN, region) }, statesOf(), member)), '/region', region);
});

t.test('a plate is kept in its normal form; what is none is refused', async (t) => {
  t.equal(vehicle(OWN, ' 鲁a·d12345').plate, '鲁AD12345');
  for (const plate of ['鲁A123', 'XA12345', '鲁O00001', '鲁A1234I']) {
    const decision = registerVehicle.decide({ record: vehicle(OWN, plate) }, statesOf(), member);
    t.same([problemOf(decision), pointerOf(decision)], ['against-rule', '/plate'], plate);
  }
});

t.test("a device stands at its own party's site; one that moves leaves its keys behind", async (t) => {
  t.equal(pointerOf(registerDevice.decide({ record: device(OWN, FOREIGN_SITE) }, statesOf(), member)), '/siteId');
  t.equal(pointerOf(registerDevice.decide({ record: device(OWN, NEW) }, statesOf(), member)), '/siteId');
  t.match(registerDevice.decide({ record: device() }, statesOf(), member), { status: 201 });
  const elsewhere = { id: THING, partyId: OWN, siteId: NEW };
  t.match(amendDevice.decide({ id: THING, record: device() }, statesOf(elsewhere), member), {
    warnings: [{ code: 'device-keys-keep-site' }],
  });
  const here = { id: THING, partyId: OWN, siteId: SITE };
  t.same(
    (amendDevice.decide({ id: THING, record: device() }, statesOf(here), member) as { warnings: unknown }).warnings,
    [],
  );
});

t.test('name and phone of a person are details, never in the event', async (t) => {
  const input = personInput(person());
  t.same(input.details, { name: '张三', phone: '138 0000 0000' });
  t.same(input.record, { partyId: OWN, duties: ['driver'], active: true });
  const decision = amendPerson.decide({ ...input, id: THING }, statesOf({ id: THING, partyId: OWN }), member);
  t.match(decision, { events: [{ details: { name: '张三' } }] });
  const drafts = 'refused' in decision ? [] : decision.events;
  t.notMatch(JSON.stringify(drafts.map(({ data }) => data)), /张三|138/);
});
