// What an outsider tries, and a party that stands on a manifest and wants more than is its own.
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { filled, targets } from '../custody/fuzz-targets.ts';
import { aDrum, aStore, aUnit, generated, labelBody, move } from '../generation/given.ts';
import { anIssued, aParty, aRegulator, arrive, aSite, at, pickUp, receive, shapeOf } from '../manifests/given.ts';
import { type Answer, aWorld, type Caller, callerWith, ok, type World } from '../support/world.ts';

const keyOf = async (world: World, caller: Caller, bound: object = {}): Promise<Caller> =>
  callerWith(
    world.app,
    ok(await caller.post('/v1/api-keys', { partyId: caller.partyId, role: 'member', label: 'x', ...bound })).apiKey,
    caller.partyId,
  );
const countOf = (answers: readonly Answer[], status: number): number =>
  answers.filter((answer) => answer.status === status).length;

/** With a second leg; on its way with the first carrier. */
async function withTwoLegs(world: World): Promise<{ id: string; second: Caller }> {
  const second = await aParty(world, { capacities: ['carrier'] });
  const { id } = await anIssued(world, { onwardCarrierIds: [second.partyId] });
  ok(await pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }]));
  return { id, second };
}

t.test('a pickup code is guessed five times and no more, however many guess at once', async (t) => {
  const world = await aWorld();
  const { id } = await anIssued(world);
  const { pickupCode } = ok(await world.consignor.post(`/v1/manifests/${id}/pickup-code`));
  const others = [world.carrier, await keyOf(world, world.carrier), await keyOf(world, world.carrier)];
  const wrong = Array.from({ length: 60 }, (_, n) => String((Number(pickupCode) + 1 + n) % 1_000_000).padStart(6, '0'));
  const guess = (code: string, nth: number): Promise<Answer> =>
    others[nth % others.length]!.post(`/v1/manifests/${id}/pickup`, {
      occurredAt: at(world),
      plate: world.plate,
      lines: [{ line: 1, massGrams: 1 }],
      pickupCode: code,
    });
  const answers = await Promise.all(wrong.map(guess));
  t.equal(countOf(answers, 422), 60);
  t.equal(answers.filter(({ body }) => /The code is wrong/.test(body.detail)).length, 5);
  const { items } = ok(await world.consignor.get(`/v1/manifests/${id}/events`));
  t.equal(items.filter(({ type }: { type: string }) => type === 'pickup_code_failed').length, 5);
  t.match(await guess(pickupCode, 0), { status: 422, body: { errors: [{ pointer: '/pickupCode' }] } }, 'locked out');
  t.notMatch(JSON.stringify(items), new RegExp(`"${pickupCode}"`), 'it stands in no history');
  const other = await anIssued(world);
  const known = ok(await world.consignor.post(`/v1/manifests/${other.id}/pickup-code`)).pickupCode;
  t.equal((await guess(known, 0)).status, 422, "nor does another manifest's open it");
  t.equal((await world.carrier.post(`/v1/manifests/${other.id}/pickup-code`)).status, 403);
});

t.test('a carrier speaks for its own leg', async (t) => {
  const world = await aWorld();
  const { id, second } = await withTwoLegs(world);
  const propose = (caller: Caller, ...changes: object[]) =>
    caller.post(`/v1/manifests/${id}/correction`, { reason: '…', changes });
  const decide = (caller: Caller, how: string) => caller.post(`/v1/manifests/${id}/correction-${how}`);
  const driver = { path: '/legs/0/driverId', value: randomUUID() };
  t.match(await propose(second, driver), { status: 200, body: { correction: 'open', awaits: ['carrier'] } });
  t.equal((await decide(second, 'approval')).status, 403, 'who proposed it for another');
  t.equal((await decide(await keyOf(world, second), 'approval')).status, 403, 'or another key of his');
  t.match(await decide(world.carrier, 'approval'), { body: { correction: 'applied' } });
  t.match(await propose(second, { path: '/legs/1/plate', value: '鲁A12345' }), { status: 422 }, 'it has not begun');
  ok(await world.carrier.post(`/v1/manifests/${id}/handover`, { occurredAt: at(world), place: '某地' }));
  const both = [
    { path: '/legs/0/waybillNumber', value: 'a' },
    { path: '/legs/1/waybillNumber', value: 'b' },
  ];
  t.match(await propose(world.carrier, ...both), { status: 422, body: { errors: [{ pointer: '/changes' }] } });
  t.match(await propose(world.carrier, both[0]!), { body: { correction: 'applied' } }, 'still its own leg');
  t.match(await propose(second, { path: '/lines/0/pickedUpGrams', value: 1 }), {
    body: { awaits: ['consignor', 'carrier', 'consignee', 'regulator'] },
  });
  t.equal((await decide(second, 'rejection')).status, 403);
  ok(await decide(second, 'withdrawal'));
});

t.test('a correction is of what is there and has happened, and whoever was passed has no say', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit' });
  const propose = (path: string, value: unknown) =>
    world.carrier.post(`/v1/manifests/${id}/correction`, { reason: '…', changes: [{ path, value }] });
  for (const path of [
    '/lines/00/name',
    '/lines/-1/name',
    '/__proto__',
    '/constructor',
    '/legs/0/constructor',
    '/status',
  ])
    t.match(await propose(path, 'x'), { status: 422, body: { errors: [{ pointer: '/changes/0/path' }] } }, path);
  t.match(await propose('/pickedUpAt', '2190-01-01T00:00:00Z'), {
    status: 422,
    body: { type: '/problems/occurred-in-future', errors: [{ pointer: '/changes/0/value' }] },
  });
  const passed = await aRegulator(world, '370902');
  const depot = await aSite(world.carrier, '370902');
  ok(await world.carrier.post(`/v1/manifests/${id}/transit-storage`, { occurredAt: at(world), siteId: depot }));
  ok(await propose('/lines/0/pickedUpGrams', 1));
  t.equal((await passed.get(`/v1/manifests/${id}`)).status, 200);
  for (const how of ['approval', 'rejection'])
    t.equal((await passed.post(`/v1/manifests/${id}/correction-${how}`)).status, 403);
  const elsewhere = await aRegulator(world, '371000');
  t.equal((await elsewhere.post(`/v1/manifests/${id}/correction-approval`)).status, 404);
});

t.test('a manifest that was voided is corrected no more', async (t) => {
  const world = await aWorld();
  const { id } = await anIssued(world);
  const changes = [{ path: '/lines/0/name', value: '别的' }];
  ok(await world.consignor.post(`/v1/manifests/${id}/correction`, { reason: '…', changes }));
  ok(await world.consignor.post(`/v1/manifests/${id}/void`, { reason: '…' }));
  t.match(await world.consignee.post(`/v1/manifests/${id}/correction-approval`), { status: 409 });
  ok(await world.consignor.post(`/v1/manifests/${id}/correction-withdrawal`));
});

t.test('an incident is settled by whose load it is and in whose hands it happened', async (t) => {
  const world = await aWorld();
  const { id, second } = await withTwoLegs(world);
  const lines = [{ line: 1, grams: 1_000_000 }];
  const leak = { occurredAt: at(world), type: 'leak', place: '某地', description: '…', lines };
  ok(await world.carrier.post(`/v1/manifests/${id}/incident`, leak));
  for (const caller of [world.consignor, world.carrier])
    ok(await caller.post(`/v1/manifests/${id}/incident-plan`, { plan: '…' }));
  const settle = (caller: Caller, lostGrams: number, more: object = {}) =>
    caller.post(`/v1/manifests/${id}/incident-resolution`, {
      occurredAt: at(world),
      lines: [{ line: 1, lostGrams, recoveredGrams: 1_000_000 - lostGrams }],
      ...more,
    });
  for (const caller of [second, world.consignee]) t.equal((await settle(caller, 1_000_000)).status, 403);
  t.equal((await settle(world.stranger, 1_000_000)).status, 404);
  const rescue = await aParty(world, { capacities: ['carrier'] });
  ok(await settle(world.carrier, 1, { newLeg: { carrierId: rescue.partyId, plate: '鲁A55555' } }));
  const handover = async () => ok(await world.consignor.get(`/v1/manifests/${id}`)).legs[1].handover;
  t.same(
    await handover(),
    { place: '某地', region: null, confirmedBy: ['giver'] },
    'it has not said that it took over',
  );
  ok(await rescue.post(`/v1/manifests/${id}/handover`, { occurredAt: at(world), place: '某地' }));
  t.same((await handover()).confirmedBy, ['giver', 'taker']);
});

t.test('what remained goes one way only, and what is being prepared with it stays with the consignor', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived', declaredGrams: 1_000 });
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 0 }]));
  const onward = { carrierId: world.stranger.partyId, consigneeSiteId: await aSite(world.stranger, '370112') };
  const followUp = (caller: Caller, more: object = {}) =>
    caller.post(`/v1/manifests/${id}/follow-up`, { ...onward, ...more });
  for (const caller of [world.carrier, world.consignee]) t.equal((await followUp(caller)).status, 403);
  t.equal((await followUp(world.stranger)).status, 404);
  t.equal((await followUp(world.consignor, { remainder: 7 })).status, 422);
  const back = { occurredAt: at(world), plate: world.plate };
  const answers = await Promise.all([
    ...Array.from({ length: 6 }, () => followUp(world.consignor)),
    ...Array.from({ length: 6 }, () => world.carrier.post(`/v1/manifests/${id}/return`, back)),
  ]);
  t.equal(answers.filter(({ status }) => status < 300).length, 1, 'one of twelve');
  const other = await world.aManifest({ status: 'arrived', declaredGrams: 1_000 });
  ok(await receive(world, other.id, [{ line: 1, acceptedGrams: 0 }]));
  const { id: draft } = ok(await world.consignor.post(`/v1/manifests/${other.id}/follow-up`, onward));
  for (const caller of [world.carrier, world.consignee]) {
    t.equal((await caller.get(`/v1/manifests/${draft}`)).status, 404);
    const history = JSON.stringify(ok(await caller.get(`/v1/manifests/${other.id}/events`)));
    t.notMatch(history, new RegExp(onward.consigneeSiteId), 'where it is to go is not told yet');
  }
});

t.test("a plant's stock follows its own scale, whatever a driver says of its trip", async (t) => {
  const world = await aWorld();
  const trip = ok(await world.carrier.post('/v1/trips', { plate: world.plate, startedAt: at(world) })).id;
  const { id } = await anIssued(world);
  ok(await pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }], { tripId: trip }));
  ok(await arrive(world, id));
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 1_000_000 }]));
  const person = { partyId: world.carrier.partyId, duties: ['driver'], name: '张三' };
  const personId = ok(await world.carrier.post('/v1/people', person)).id;
  const driver = await keyOf(world, world.carrier, { role: 'driver', personId });
  const ticket = {
    ticketNumber: randomUUID(),
    siteId: world.consigneeSiteId,
    purpose: 'unloading',
    grossGrams: 1_400_000,
    tareGrams: 1_000_000,
    tripId: trip,
    occurredAt: at(world),
  };
  ok(await driver.post('/v1/weigh-tickets', ticket));
  await world.jobsDone();
  t.equal(await world.balance(world.consignee, 'stock'), 1_000_000);
  t.same(ok(await world.carrier.get(`/v1/trips/${trip}`)).booked, []);
  t.equal((await world.stranger.post(`/v1/trips/${trip}/end`, { occurredAt: at(world) })).status, 404);
});

t.test("a tenant neither sees nor moves another tenant's waste", async (t) => {
  const world = await aWorld();
  const { unit, siteId } = await aUnit(world);
  const labelling = { ...world, unit, uscc: '', siteId };
  const storeId = await aStore(labelling, { shared: true });
  const [one, other] = [
    await aParty(world, { capacities: ['producer'] }),
    await aParty(world, { capacities: ['producer'] }),
  ];
  for (const { partyId: tenantId } of [one, other])
    ok(await unit.post('/v1/tenancies', { siteId, storeId, tenantId, validFrom: '2026-01-01' }));
  const mine = await generated({ ...labelling, unit: one }, 5_000);
  const { batchId } = await generated({ ...labelling, unit: other }, 7_000);
  ok(await move(labelling, 'in', storeId, { batches: [{ batchId }] }, other));
  const items = async (path: string) => ok(await one.get(path)).items;
  t.same(
    (await items(`/v1/batches?siteId=${siteId}`)).map(({ id }: { id: string }) => id),
    [mine.batchId],
  );
  t.same(await items(`/v1/storage-moves?siteId=${siteId}`), []);
  t.same(ok(await one.get(`/v1/stores/${storeId}`)).stock, []);
  t.same(
    (await items(`/v1/tenancies?siteId=${siteId}`)).map((tenancy: { tenantId: string }) => tenancy.tenantId),
    [one.partyId],
  );
  const refused = {
    batch: one.get(`/v1/batches/${batchId}`),
    balance: one.get(`/v1/balances?ownerId=${other.partyId}`),
    'the whole site': one.get(`/v1/balances?partyId=${unit.partyId}`),
    move: move(labelling, 'out', storeId, { batches: [{ batchId }] }, one),
    generation: one.post('/v1/generations', {
      siteId,
      ownerId: other.partyId,
      wasteCode: '900-249-08',
      massGrams: 1,
      occurredAt: at(world),
    }),
    manifest: one.post('/v1/manifests', world.draftBody({ consignorSiteId: siteId, consignorId: other.partyId })),
    treatments: one.get(`/v1/treatments?siteId=${siteId}`),
    reports: one.get(`/v1/sites/${siteId}/reports?year=2026`),
  };
  for (const [what, asked] of Object.entries(refused)) t.equal((await asked).status, 404, what);
  const [line] = world.draftBody().lines as [object];
  const lines = [{ ...line, batchIds: [batchId] }];
  t.match(
    await one.post('/v1/manifests', world.draftBody({ consignorSiteId: siteId, lines })),
    { status: 422, body: { errors: [{ pointer: '/lines/0/batchIds/0' }] } },
    'nor loads it',
  );
});

t.test(
  "a code read off another's label opens nothing, and does not even say that there is such a container",
  async (t) => {
    const world = await aWorld();
    const labelling = { ...world, ...(await aUnit(world)) };
    const outsider = await aUnit(world);
    const theirs = { ...world, ...outsider };
    const { id, code } = await aDrum(labelling);
    const absent = `${code.slice(0, -3)}999`;
    const drum = await aDrum(theirs);
    const storeId = await aStore(theirs);
    const tries: Record<string, (name: string) => Promise<Answer>> = {
      'label into it': (parent) => outsider.unit.post('/v1/containers', labelBody(theirs, { massGrams: 1, parent })),
      'stand in it': (parent) =>
        outsider.unit.post(`/v1/containers/${drum.id}/nesting`, { parent, occurredAt: at(world) }),
      'move it': (name) => move(theirs, 'in', storeId, { containers: [name] }, outsider.unit),
      'find it': (name) => outsider.unit.get(`/v1/containers?code=${name}`),
    };
    for (const [what, attempt] of Object.entries(tries)) {
      const [there, not] = [await attempt(code), await attempt(absent)];
      t.equal(there.status, what === 'find it' ? 200 : 404, what);
      t.same(shapeOf(there), shapeOf(not), what);
      t.equal(JSON.stringify(there.body).includes(id), false, `${what}: its id is not told`);
      t.equal(String(there.body.detail).replaceAll(code, absent), String(not.body.detail), `${what}: word for word`);
    }
  },
);

t.test('what a delegation gave ends with it, and reaches no further than it says', async (t) => {
  const world = await aWorld();
  const agent = await aParty(world, { capacities: ['carrier'] });
  const other = await aSite(world.consignor, '370112');
  const delegation = {
    principalId: world.consignor.partyId,
    agentId: agent.partyId,
    siteIds: [world.consignorSiteId],
    acts: ['generation', 'draft', 'issue', 'correction', 'report'],
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
  };
  const { id, version } = ok(await world.consignor.post('/v1/delegations', delegation));
  const generation = { wasteCode: '900-249-08', massGrams: 1, occurredAt: at(world) };
  const generate = (caller: Caller, siteId: string) => caller.post('/v1/generations', { ...generation, siteId });
  t.equal((await generate(agent, world.consignorSiteId)).status, 201);
  t.equal((await generate(agent, other)).status, 403);
  t.equal((await agent.post('/v1/manifests', world.draftBody({ consignorSiteId: other }))).status, 403);
  const narrow = await keyOf(world, agent, { siteId: await aSite(agent, '370112') });
  t.equal((await generate(narrow, world.consignorSiteId)).status, 404, 'a key of one site acts for nobody elsewhere');
  const report = { siteId: other, period: '2026-08', figures: [], zeroReport: true };
  t.equal((await agent.post('/v1/reports', report)).status, 403);
  const sub = await aParty(world, { capacities: ['carrier'] });
  t.equal(
    (await agent.post('/v1/delegations', { ...delegation, agentId: sub.partyId })).status,
    403,
    'it is not passed on',
  );
  t.equal((await agent.put(`/v1/delegations/${id}`, delegation, { 'if-match': `"${version}"` })).status, 403);
  const { id: received } = await world.aManifest({ status: 'received' });
  const changes = [{ path: '/lines/0/acceptedGrams', value: 1 }];
  const proposed = await agent.post(`/v1/manifests/${received}/correction`, { reason: '…', changes });
  t.match(proposed, { body: { awaits: ['consignee', 'regulator'] } });
  t.equal((await agent.post(`/v1/manifests/${received}/correction-approval`)).status, 404, 'nor does it approve');
  const revoked = { ...delegation, status: 'revoked' };
  ok(await world.consignor.put(`/v1/delegations/${id}`, revoked, { 'if-match': `"${version}"` }));
  t.equal((await generate(agent, world.consignorSiteId)).status, 403);
  t.equal((await agent.get(`/v1/batches?siteId=${world.consignorSiteId}`)).status, 404);
});

t.test('nobody says in a body for whom he acts', async (t) => {
  const world = await aWorld();
  for (const [name, { caller, method = 'POST', url, sound }] of Object.entries(await targets(world))) {
    if (method === 'DELETE' || Array.isArray(sound)) continue; // a list has no fields of its own
    const path = typeof url === 'string' ? url : await url.make();
    const body = { ...JSON.parse(filled(JSON.stringify(sound))), onBehalfOf: world.stranger.partyId };
    const answer =
      method === 'PUT' ? await caller.put(path, body, { 'if-match': '"1"' }) : await caller.post(path, body);
    t.match(answer, { status: 400, body: { errors: [{ pointer: '/onBehalfOf' }] } }, name);
  }
});

t.test('a key bound to another site does none of the acts its party may', async (t) => {
  const world = await aWorld();
  const bound = new Map<string, Caller>();
  for (const [name, { caller, method = 'POST', url, sound }] of Object.entries(await targets(world))) {
    if (caller === world.admin) continue;
    if (!bound.has(caller.partyId))
      bound.set(caller.partyId, await keyOf(world, caller, { siteId: await aSite(caller, '370112') }));
    const narrow = bound.get(caller.partyId)!;
    const path = typeof url === 'string' ? url : await url.make();
    const body = JSON.parse(filled(JSON.stringify(sound)));
    const { status } =
      method === 'DELETE'
        ? await narrow.delete(path)
        : method === 'PUT'
          ? await narrow.put(path, body, { 'if-match': '"1"' })
          : await narrow.post(path, body);
    t.ok(status === 403 || status === 404, `${name}: ${status}`);
  }
});

t.test(
  'an Idempotency-Key is its organisation’s, and a key bound to a site is not told what another one did',
  async (t) => {
    const world = await aWorld();
    const same = { 'idempotency-key': 'shared-by-two' };
    const { body: consignor } = await world.consignor.post(
      '/v1/trips',
      { plate: '鲁A11111', startedAt: at(world) },
      same,
    );
    const { body: carrier } = await world.carrier.post('/v1/trips', { plate: '鲁A11111', startedAt: at(world) }, same);
    t.not(consignor.id, carrier.id);
    const { id } = await anIssued(world);
    const key = { 'idempotency-key': 'guessed' };
    const { pickupCode } = ok(await world.consignor.post(`/v1/manifests/${id}/pickup-code`, {}, key));
    const narrow = await keyOf(world, world.consignor, { siteId: await aSite(world.consignor, '370112') });
    const replay = await narrow.post(`/v1/manifests/${id}/pickup-code`, {}, key);
    t.equal(replay.status, 422);
    t.notMatch(JSON.stringify(replay.body), new RegExp(pickupCode));
    const again = await world.consignor.post(`/v1/manifests/${id}/pickup-code`, {}, key);
    t.match(again, { status: 200, body: { pickupCode: null }, headers: { 'idempotency-replayed': 'true' } });
  },
);
