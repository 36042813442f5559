import { randomUUID } from 'node:crypto';
import t from 'tap';
import { at } from '../manifests/given.ts';
import { aWorld, type Caller, callerWith, ok } from '../support/world.ts';

const edit = async (caller: Caller, path: string, changes: object) => {
  const { id: _, version, ...record } = ok(await caller.get(path));
  return caller.put(path, { ...record, ...changes }, { 'if-match': `"${version}"` });
};

t.test('a party is entered, found, amended by version', async (t) => {
  const world = await aWorld();
  const body = {
    name: ' 济南明湖机械有限公司 ',
    uscc: '91370102ma3c0pt14j',
    capacities: ['consignee', 'producer', 'producer'],
    region: '370102',
  };
  const made = await world.admin.post('/v1/parties', body);
  t.match(made, {
    status: 201,
    body: { version: 1 },
    headers: { etag: '"1"', location: `/v1/parties/${made.body.id}` },
  });
  const party = ok(await world.stranger.get(`/v1/parties/${made.body.id}`));
  t.same(
    party,
    {
      id: made.body.id,
      version: 1,
      name: '济南明湖机械有限公司',
      uscc: '91370102MA3C0PT14J',
      capacities: ['producer', 'consignee'],
      region: '370102',
      jurisdiction: null,
      active: true,
    },
    'in its normal form',
  );
  t.same(
    ok(await world.carrier.get('/v1/parties?uscc=91370102MA3C0PT14J')).items.map(({ id }: { id: string }) => id),
    [made.body.id],
  );
  t.equal((await edit(world.admin, `/v1/parties/${made.body.id}`, { name: '改名' })).body.version, 2);
  t.match(await world.admin.post('/v1/parties', { ...body, name: '另一家' }), {
    status: 409,
    body: { type: '/problems/already-exists', errors: [{ pointer: '/uscc' }] },
  });
  t.equal(
    (await edit(world.admin, `/v1/parties/${world.consignor.partyId}`, { uscc: '91370102MA3C0PT14J' })).status,
    409,
    'nor by an edit',
  );
});

t.test('what is wrong with a party', async (t) => {
  const world = await aWorld();
  const party = { name: '某', capacities: ['producer'], region: '370102' };
  const cases: readonly [object, string][] = [
    [{ uscc: '91370102MA3C0PT14K' }, '/uscc'],
    [{ region: '370100' }, '/region'],
    [{ region: '371202' }, '/region'],
    [{ capacities: ['regulator'] }, '/jurisdiction'],
    [{ jurisdiction: { region: '370100', streams: ['hazardous'] } }, '/jurisdiction'],
    [{ capacities: ['regulator'], jurisdiction: { region: '999999', streams: ['hazardous'] } }, '/jurisdiction/region'],
  ];
  for (const [changes, pointer] of cases)
    t.match(
      await world.admin.post('/v1/parties', { ...party, ...changes }),
      { status: 422, body: { errors: [{ pointer }] } },
      JSON.stringify(changes),
    );
  for (const changes of [
    { capacities: [] },
    { capacities: ['bank'] },
    { name: ' ' },
    { name: 'x'.repeat(201) },
    { id: randomUUID() },
    { version: 9 },
  ])
    t.equal((await world.admin.post('/v1/parties', { ...party, ...changes })).status, 400, JSON.stringify(changes));
});

t.test(
  'of its own party a member changes the name and nothing else; an administrator cannot lock himself out',
  async (t) => {
    const world = await aWorld();
    const own = `/v1/parties/${world.consignor.partyId}`;
    t.equal((await edit(world.consignor, own, { name: '新名' })).status, 200);
    for (const changes of [{ capacities: ['producer', 'consignee'] }, { region: '370112' }, { active: false }])
      t.match(await edit(world.consignor, own, changes), {
        status: 403,
        body: { errors: [{ pointer: `/${Object.keys(changes)[0]}` }] },
      });
    const { party } = ok(await world.admin.get('/v1/me'));
    for (const changes of [{ active: false }, { capacities: ['producer'] }])
      t.equal((await edit(world.admin, `/v1/parties/${party.id}`, changes)).status, 422);
  },
);

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

t.test(
  'a person: names and phones for the own party and an administrator, and never in the bytes of an event',
  async (t) => {
    const world = await aWorld();
    const { pool } = world.service.database;
    const secret = { name: '欧阳张三丰', phone: '13987654321' };
    const made = ok(
      await world.carrier.post('/v1/people', {
        partyId: world.carrier.partyId,
        duties: ['escort', 'driver'],
        ...secret,
      }),
    );
    const path = `/v1/people/${made.id}`;
    for (const caller of [world.carrier, world.admin])
      t.match(ok(await caller.get(path)), { ...secret, duties: ['driver', 'escort'] });
    for (const caller of [world.consignor, world.consignee, world.stranger]) {
      t.equal((await caller.get(path)).status, 404);
      t.same(ok(await caller.get(`/v1/people?partyId=${world.carrier.partyId}`)).items, []);
    }
    t.equal((await world.regulator.get(path)).status, 403);
    t.equal((await edit(world.carrier, path, { name: '司马李四海' })).status, 200);
    t.match(ok(await world.carrier.get(path)), { name: '司马李四海', phone: secret.phone, version: 2 });
    const { rows } = await pool.query(
      'select convert_from(bytes, $2) as text from custody_events where subject_id = $1 order by seq',
      [made.id, 'UTF8'],
    );
    t.equal(rows.length, 2);
    for (const { text } of rows) {
      t.notMatch(text, /张三丰|李四海|13987654321/);
      t.match(JSON.parse(text).detailsHash, /^[0-9a-f]{64}$/);
    }
    for (const table of ['custody_events', 'people', 'act_keys', 'outbox']) {
      const { rows: holding } = await pool.query(`select 1 from ${table} r where row_to_json(r)::text ~ $1 limit 1`, [
        `张三丰|${secret.phone}|${Buffer.from('张三丰').toString('hex')}|${Buffer.from(secret.phone).toString('hex')}`,
      ]);
      t.same(holding, [], `${table} holds neither`);
    }
    // The history stands when the details are erased.
    await pool.query(
      'delete from event_details where event_id in (select id from custody_events where subject_id = $1)',
      [made.id],
    );
    t.match(ok(await world.carrier.get(path)), { name: null, phone: null });
  },
);

t.test('keys: what each role needs, who grants it, and that it opens what it says', async (t) => {
  const world = await aWorld();
  const { partyId } = world.carrier;
  const grant = (caller: Caller, changes: object) =>
    caller.post('/v1/api-keys', { partyId, role: 'member', label: 'test', ...changes });
  const personId = ok(await world.carrier.post('/v1/people', { partyId, duties: ['driver'], name: '张三' })).id;
  t.match(await grant(world.carrier, { role: 'driver' }), {
    status: 422,
    body: { errors: [{ pointer: '/personId' }] },
  });
  t.match(await grant(world.carrier, { role: 'driver', personId: randomUUID() }), { status: 422 });
  t.match(
    await grant(world.consignee, { partyId: world.consignee.partyId, role: 'driver', personId }),
    { status: 422 },
    "another party's person",
  );
  const driver = ok(await grant(world.carrier, { role: 'driver', personId }));
  t.match(ok(await callerWith(world.app, driver.apiKey).get('/v1/me')), {
    party: { id: partyId },
    key: { role: 'driver', personId },
  });
  for (const role of ['administrator', 'regulator']) {
    t.equal((await grant(world.carrier, { role })).status, 403);
    t.match(
      await grant(world.admin, { role }),
      { status: 422, body: { errors: [{ pointer: '/role' }] } },
      'a carrier is neither',
    );
  }
  t.match(await grant(world.carrier, { expiresAt: at(world) }), {
    status: 422,
    body: { errors: [{ pointer: '/expiresAt' }] },
  });
  const listed = ok(await world.carrier.get('/v1/api-keys?limit=200'));
  t.equal(listed.items.length, 2);
  t.notMatch(JSON.stringify(listed), /secret|apiKey/i, 'no secret and no hash of one');
  const shortLived = callerWith(
    world.app,
    ok(await grant(world.carrier, { expiresAt: at(world, 60) })).apiKey,
    partyId,
  );
  t.match(
    await grant(shortLived, { expiresAt: at(world, 61) }),
    { status: 422 },
    'none outlives the one that granted it',
  );
  t.equal((await grant(shortLived, { expiresAt: at(world, 60) })).status, 201);
});

t.test(
  'permits: a regulator enters those of its jurisdiction; a licence is for all to see, others for those they concern',
  async (t) => {
    const world = await aWorld();
    const permit = {
      type: 'cross_province_approval',
      number: randomUUID(),
      holderId: world.consignor.partyId,
      counterpartId: world.consignee.partyId,
      wasteCodes: ['900-249-08'],
      methods: ['D10'],
      capGrams: 5_000,
      validFrom: '2026-01-01',
      validTo: '2027-01-01',
    };
    const { id } = ok(await world.regulator.post('/v1/permits', permit));
    for (const caller of [world.consignor, world.consignee, world.regulator, world.admin])
      t.match(ok(await caller.get(`/v1/permits/${id}`)), permit);
    for (const caller of [world.carrier, world.stranger]) t.equal((await caller.get(`/v1/permits/${id}`)).status, 404);
    t.equal(
      ok(await world.stranger.get(`/v1/permits?holderId=${world.consignee.partyId}`)).items.length,
      1,
      'its licence',
    );
    t.match(
      await edit(world.regulator, `/v1/permits/${id}`, {
        holderId: world.stranger.partyId,
        counterpartId: world.consignee.partyId,
      }),
      { status: 422, body: { errors: [{ pointer: '/holderId' }] } },
    );
    t.equal((await edit(world.regulator, `/v1/permits/${id}`, { status: 'revoked' })).body.version, 2);
    const cases: readonly [object, string][] = [
      [{ validTo: '2026-01-01' }, '/validTo'],
      [{ counterpartId: null }, '/counterpartId'],
      [{ counterpartId: world.consignor.partyId }, '/counterpartId'],
      [{ holderId: randomUUID() }, '/holderId'],
      [{ siteId: world.consigneeSiteId }, '/siteId'],
      [{ wasteCodes: ['HW08', 'HW41'] }, '/wasteCodes/1'],
      [{ methods: ['D10', 'D99'] }, '/methods/1'],
    ];
    for (const [changes, pointer] of cases)
      t.match(
        await world.admin.post('/v1/permits', { ...permit, number: randomUUID(), ...changes }),
        { status: 422, body: { errors: [{ pointer }] } },
        pointer,
      );
  },
);

t.test('policies: a change of law is a new row, none overlaps, and acts are judged by it from then on', async (t) => {
  const world = await aWorld();
  const row = {
    policy: 'confirm-receipt-working-days',
    jurisdiction: '370117',
    stream: 'hazardous',
    value: 2,
    looksAt: 'arrived',
    place: 'destination',
    basis: { instrument: '钢城区规定', article: '1' },
    inForceFrom: '2026-09-01',
  };
  const before = await world.aManifest({ status: 'in_transit' });
  const made = ok(await world.admin.post('/v1/policies', row));
  t.match(await world.admin.post('/v1/policies', { ...row, inForceFrom: '2027-01-01' }), {
    status: 422,
    body: { errors: [{ pointer: '/inForceFrom' }] },
  });
  t.match(await world.admin.post('/v1/policies', { ...row, jurisdiction: '370116', value: 'two' }), {
    status: 422,
    body: { errors: [{ pointer: '/value' }] },
  });
  t.match(ok(await world.carrier.get('/v1/policies?jurisdiction=370117&day=2026-09-16')).items, [
    { id: made.id, value: 2 },
  ]);
  t.same(ok(await world.carrier.get('/v1/policies?jurisdiction=370117&day=2026-08-31')).items, []);
  const ended = await edit(world.admin, `/v1/policies/${made.id}`, { inForceTo: '2027-01-01' });
  t.equal(ended.status, 200);
  t.equal(
    (await world.admin.post('/v1/policies', { ...row, inForceFrom: '2027-01-01' })).status,
    201,
    'one follows the other',
  );
  const known = async () => (await world.aManifest({ status: 'in_transit' })).id;
  const due = async (id: string) =>
    ok(await world.carrier.post(`/v1/manifests/${id}/arrival`, { occurredAt: at(world) })).receiptDueOn as string;
  // Every process hears of it within a second or so.
  let seen = '';
  for (const end = performance.now() + 5_000; seen !== '2026-09-18' && performance.now() < end; )
    seen = await due(await known());
  t.equal(seen, '2026-09-18', 'two working days');
  t.equal(await due(before.id), '2026-09-18', 'by the law of the day it arrived');
});
