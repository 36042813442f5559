import { randomUUID } from 'node:crypto';
import t from 'tap';
import { aWorld, ok } from '../support/world.ts';
import { edit } from './given.ts';

t.test('one plate, one serial number of a party, one number of a type of permit', async (t) => {
  const world = await aWorld();
  const vehicle = { partyId: world.carrier.partyId, plate: world.plate };
  ok(await world.carrier.post('/v1/vehicles', vehicle));
  t.match(
    await world.stranger.post('/v1/vehicles', {
      partyId: world.stranger.partyId,
      plate: ` ${world.plate.slice(0, 2)}·${world.plate.slice(2)} `,
    }),
    { status: 409, body: { errors: [{ pointer: '/plate' }] } },
    'however it is written',
  );
  t.equal((await world.carrier.post('/v1/vehicles', { ...vehicle, plate: 'TRUCK' })).status, 422);

  const device = { partyId: world.consignee.partyId, siteId: world.consigneeSiteId, type: 'gate', serialNumber: 'S-1' };
  ok(await world.consignee.post('/v1/devices', device));
  t.match(await world.consignee.post('/v1/devices', device), {
    status: 409,
    body: { errors: [{ pointer: '/serialNumber' }] },
  });
  const strangerSite = ok(
    await world.stranger.post('/v1/sites', { partyId: world.stranger.partyId, name: 'x', region: '370112' }),
  ).id;
  t.equal(
    (await world.stranger.post('/v1/devices', { ...device, partyId: world.stranger.partyId, siteId: strangerSite }))
      .status,
    201,
    'another party may have the same',
  );

  const permit = {
    type: 'white_list',
    areas: ['510000'],
    capGrams: 1_000,
    number: randomUUID(),
    holderId: world.consignee.partyId,
    wasteCodes: ['HW08'],
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
  };
  ok(await world.admin.post('/v1/permits', permit));
  t.match(await world.admin.post('/v1/permits', permit), { status: 409, body: { errors: [{ pointer: '/number' }] } });
  t.equal((await world.admin.post('/v1/permits', { ...permit, type: 'project_plan' })).status, 201);
});

t.test(
  'entered at the same moment: one is entered, the others exist already, and nobody beside them suffers',
  async (t) => {
    const world = await aWorld();
    const twin = { partyId: world.carrier.partyId, plate: world.plate };
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, () => world.carrier.post('/v1/vehicles', twin)),
      ...Array.from({ length: 5 }, () =>
        world.consignor.post('/v1/sites', { partyId: world.consignor.partyId, name: '旁', region: '370112' }),
      ),
    ]);
    t.same(answers.map(({ status }) => status).sort(), [201, 201, 201, 201, 201, 201, 409, 409, 409, 409]);
    t.equal(ok(await world.carrier.get(`/v1/vehicles?plate=${encodeURIComponent(world.plate)}`)).items.length, 1);
  },
);

t.test(
  'sites, devices and people stay with their party; a vehicle that is sold is moved by an administrator',
  async (t) => {
    const world = await aWorld();
    const { partyId } = world.stranger;
    t.match(await edit(world.admin, `/v1/sites/${world.consignorSiteId}`, { partyId }), {
      status: 422,
      body: { errors: [{ pointer: '/partyId' }] },
    });
    const vehicle = ok(
      await world.carrier.post('/v1/vehicles', { partyId: world.carrier.partyId, plate: world.plate }),
    ).id;
    t.equal((await edit(world.carrier, `/v1/vehicles/${vehicle}`, { partyId })).status, 403);
    t.equal((await edit(world.admin, `/v1/vehicles/${vehicle}`, { partyId })).status, 200);
    t.equal(
      (await edit(world.carrier, `/v1/vehicles/${vehicle}`, { operatingPermit: 'x' })).status,
      403,
      'no longer theirs',
    );
  },
);

t.test('lists of registers: a cursor walk gives each once, newest first', async (t) => {
  const world = await aWorld();
  const made: string[] = [];
  for (let n = 0; n < 5; n++) {
    world.clock.advanceMs(1);
    made.unshift(
      ok(await world.stranger.post('/v1/sites', { partyId: world.stranger.partyId, name: `第${n}`, region: '370112' }))
        .id,
    );
  }
  const path = `/v1/sites?partyId=${world.stranger.partyId}&limit=2`;
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null && seen.length < 20; ) {
    const page: { items: { id: string }[]; next: string | null } = ok(
      await world.carrier.get(cursor ? `${path}&cursor=${cursor}` : path),
    );
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.next;
  }
  t.same(seen, made);
});
