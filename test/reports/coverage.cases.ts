// Of whom something is expected: heard of, nothing to tell, or silent.
import t from 'tap';
import { aParty, aRegulator, aSite } from '../manifests/given.ts';
import { edit } from '../registers/given.ts';
import { aWorld, ok, type World } from '../support/world.ts';
import { AUGUST, aLoad, confirm, generated } from './given.ts';

/** A county of its own for each case: the database is shared by all of them. */
const expected = async (world: World, partyId: string, siteId: string | null, changes: object = {}): Promise<string> =>
  ok(
    await world.admin.post('/v1/designations', {
      type: 'expected_unit',
      partyId,
      siteId,
      stream: 'hazardous',
      reason: '社会源',
      validFrom: '2026-01-01',
      ...changes,
    }),
  ).id;
const coverageOf = async (world: World, region: string, more = '') =>
  ok(await world.regulator.get(`/v1/coverage?region=${region}&stream=hazardous&month=${AUGUST}${more}`));

t.test('covered by a confirmed pickup, excused by a zero report, else silent', async (t) => {
  const world = await aWorld();
  const { consignor, consignorSiteId: picked, admin } = world;
  const region = '370114';
  ok(await edit(consignor, `/v1/sites/${picked}`, { region }));
  const [onTheRoad, onlyMade, nothing, mute] = [
    await aSite(consignor, region),
    await aSite(consignor, region),
    await aSite(consignor, region),
    await aSite(consignor, region),
  ];
  const units = new Map<string, string>();
  for (const site of [picked, onTheRoad, onlyMade, nothing, mute])
    units.set(site, await expected(world, consignor.partyId, site));
  const during = { loadedAt: '2026-08-05T02:00:00Z', receivedAt: '2026-09-06T02:00:00Z' };
  t.match(await coverageOf(world, region), { expected: 5, covered: 0, silent: 5, coveredPermille: 0 });
  await generated(world, 9_000, '2026-08-02T00:00:00Z');
  await aLoad(world, { loaded: 5_000, accepted: 5_000 }, during);
  await generated(world, 9_000, '2026-08-02T00:00:00Z', { siteId: onlyMade });
  ok(await confirm(consignor, nothing, AUGUST));
  const line = world.draftBody().lines;
  const { id } = ok(
    await consignor.post('/v1/manifests', world.draftBody({ consignorSiteId: onTheRoad, lines: line })),
  );
  ok(await consignor.post(`/v1/manifests/${id}/issue`));
  const lines = [{ line: 1, massGrams: 5 }];
  ok(
    await world.carrier.post(`/v1/manifests/${id}/pickup`, { occurredAt: during.loadedAt, plate: world.plate, lines }),
  );
  const seen = await coverageOf(world, region);
  t.match(seen, {
    expected: 5,
    covered: 1,
    zeroReport: 1,
    silent: 3,
    coveredPermille: 250,
    counts: 'confirmed_pickup',
  });
  t.same(
    seen.items.map(({ id: unit }: { id: string }) => unit),
    [mute, onlyMade, onTheRoad]
      .map((site) => units.get(site)!)
      .sort()
      .reverse(),
    'silent ones, in the order of their ids',
  );
  const first = await coverageOf(world, region, '&limit=2');
  const second = await coverageOf(world, region, `&limit=2&cursor=${first.next}`);
  t.same([...first.items, ...second.items], seen.items);
  t.equal(second.next, null);

  await expected(world, consignor.partyId, picked);
  t.match(await coverageOf(world, region), { expected: 5 }, 'entered twice, it is one unit');
  t.match(
    ok(await admin.get(`/v1/coverage?region=${region}&stream=hazardous&month=2026-07`)),
    { covered: 0, silent: 5 },
    'month by month',
  );
  const counts = {
    policy: 'coverage-counts',
    jurisdiction: region,
    stream: 'hazardous',
    value: 'any_fact',
    looksAt: 'reported',
    place: 'site',
    basis: { instrument: '区方案', article: '1' },
    inForceFrom: '2026-08-01',
  };
  ok(await admin.post('/v1/policies', counts));
  let looser = await coverageOf(world, region);
  for (let tries = 0; tries < 100 && looser.counts !== 'any_fact'; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50)); // a process looks for amended policies every second
    looser = await coverageOf(world, region);
  }
  t.match(looser, { covered: 3, zeroReport: 1, silent: 1, counts: 'any_fact' });
});

t.test(
  'expected on at least a day of the month; a party as a whole is heard of through any of its sites',
  async (t) => {
    const world = await aWorld();
    const region = '370115';
    const unit = await aParty(world, { capacities: ['producer'], region } as never);
    const count = async () => (await coverageOf(world, region)).expected;
    await expected(world, unit.partyId, null, { validTo: '2026-08-01' });
    t.equal(await count(), 0, 'over before');
    const { id } = { id: await expected(world, unit.partyId, null, { validTo: '2026-08-02' }) };
    t.equal(await count(), 1);
    ok(await edit(world.admin, `/v1/designations/${id}`, { validFrom: '2026-09-01', validTo: null }));
    t.equal(await count(), 0, 'not yet');
    ok(await edit(world.admin, `/v1/designations/${id}`, { validFrom: '2026-08-31' }));
    t.match(await coverageOf(world, region), { expected: 1, silent: 1 });
    ok(await confirm(unit, await aSite(unit, region)));
    t.match(await coverageOf(world, region), { expected: 1, zeroReport: 1, silent: 0, coveredPermille: null });
    ok(await edit(world.admin, `/v1/designations/${id}`, { validTo: '2026-08-31' }));
    t.equal(await count(), 0, 'withdrawn');
    await expected(world, unit.partyId, null, { stream: 'medical' });
    t.equal(await count(), 0, 'of another stream');
  },
);

t.test('for the authorities of the place and stream', async (t) => {
  const world = await aWorld();
  const query = `region=370112&stream=hazardous&month=${AUGUST}`;
  const [elsewhere, county, ofMedical] = [
    await aRegulator(world, '371000'),
    await aRegulator(world, '370112'),
    await aRegulator(world, '370100', ['medical']),
  ];
  for (const caller of [world.admin, world.regulator, county])
    t.equal((await caller.get(`/v1/coverage?${query}`)).status, 200);
  for (const caller of [elsewhere, ofMedical]) t.equal((await caller.get(`/v1/coverage?${query}`)).status, 404);
  t.equal((await county.get(`/v1/coverage?${query.replace('370112', '370100')}`)).status, 404, 'wider than its own');
  t.equal((await world.consignor.get(`/v1/coverage?${query}`)).status, 403);
});
