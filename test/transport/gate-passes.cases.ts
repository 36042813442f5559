// A gate counts: many passes a day of one plate are as many, and what it sends twice it has seen once.
import { randomUUID } from 'node:crypto';
import t from 'tap';
import type { GatePass } from '../../src/transport/gate-passes.ts';
import { anIssued, aRegulator, aSite, at, codesOf, pickUp } from '../manifests/given.ts';
import { aWorld, type Caller, ok, type World } from '../support/world.ts';
import { aDeviceKey } from './observed.ts';

const aGate = (world: World) => aDeviceKey(world, world.consignee, world.consigneeSiteId, { type: 'gate' });
const passOf = (world: World, changes: object = {}) => ({
  siteId: world.consigneeSiteId,
  direction: 'entry',
  plate: world.plate,
  occurredAt: at(world),
  ...changes,
});

t.test('ten passes of one plate on one day are ten', async (t) => {
  const world = await aWorld();
  const gate = await aGate(world);
  for (let deviceSequence = 1; deviceSequence <= 10; deviceSequence++)
    t.equal((await gate.post('/v1/gate-passes', passOf(world, { deviceSequence }))).status, 201, 'even at one instant');
  const { items, next } = ok(await world.consignee.get(`/v1/gate-passes?siteId=${world.consigneeSiteId}&limit=6`));
  t.equal(items.length, 6);
  const rest = ok(await world.consignee.get(`/v1/gate-passes?siteId=${world.consigneeSiteId}&cursor=${next}`)).items;
  t.same(
    new Set([...items, ...rest].map(({ deviceSequence }) => deviceSequence)),
    new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
  );
});

t.test('sent again under its own count it is answered the same, whatever the key of the request', async (t) => {
  const world = await aWorld();
  const gate = await aGate(world);
  const pass = passOf(world, { deviceSequence: 7 });
  const first = ok(await gate.post('/v1/gate-passes', pass));
  const again = await gate.post('/v1/gate-passes', pass);
  t.same([again.status, again.body, again.headers['idempotency-replayed']], [201, first, 'true']);
  t.match(await gate.post('/v1/gate-passes', { ...pass, direction: 'exit' }), {
    status: 422,
    body: { type: '/problems/idempotency-key-reused' },
  });
  const other = await aGate(world);
  t.equal((await other.post('/v1/gate-passes', pass)).status, 201, 'another gate counts by itself');
  await world.service.database.pool.query('delete from act_keys');
  t.match(await gate.post('/v1/gate-passes', { ...pass, direction: 'exit' }), {
    status: 409,
    body: { type: '/problems/already-exists', errors: [{ pointer: '/deviceSequence' }] },
  });
});

t.test('by the gate that stands there, or whoever the site belongs to', async (t) => {
  const world = await aWorld();
  const { consignor, consignee, consignorSiteId, consigneeSiteId } = world;
  const gate = await aGate(world);
  const scale = await aDeviceKey(world, consignee, consigneeSiteId, { type: 'truck_scale' });
  const denied = { status: 403, body: { type: '/problems/not-your-act', errors: [{ pointer: '/siteId' }] } };
  t.match(await scale.post('/v1/gate-passes', passOf(world)), denied, 'a scale sees no gate');
  t.match(await gate.post('/v1/gate-passes', passOf(world, { siteId: consignorSiteId })), denied);
  t.match(await consignor.post('/v1/gate-passes', passOf(world)), denied);
  t.equal((await consignee.post('/v1/gate-passes', passOf(world))).status, 201);
  t.equal((await consignee.post('/v1/gate-passes', passOf(world, { siteId: randomUUID() }))).status, 404);
});

t.test('what is odd is refused with its place, or recorded with a remark', async (t) => {
  const world = await aWorld();
  const gate = await aGate(world);
  const wrong = async (changes: object) => {
    const { status, body } = await gate.post('/v1/gate-passes', passOf(world, changes));
    return [status, body.errors?.[0]?.pointer];
  };
  t.same(await wrong({ direction: 'in' }), [400, '/direction']);
  t.same(await wrong({ plate: undefined }), [400, '/plate']);
  t.same(await wrong({ volumeLitres: 0 }), [400, '/volumeLitres']);
  t.same(await wrong({ photoHash: 'abc' }), [400, '/photoHash']);
  t.same(await wrong({ manifestId: randomUUID(), manifestNumber: '1' }), [400, '/manifestNumber']);
  t.same(await wrong({ occurredAt: at(world, 6) }), [422, '/occurredAt']);
  t.same(await wrong({ manifestId: randomUUID() }), [404, '/manifestId']);
  const codes = async (changes: object) => codesOf(await gate.post('/v1/gate-passes', passOf(world, changes)));
  t.same(await codes({ plate: '无牌' }), ['plate-unusual']);
  t.same(await codes({ manifestNumber: '20269999000001' }), ['manifest-number-unknown']);
  t.same(await codes({ occurredAt: at(world, -5) }), [], 'five minutes late');
  t.same(await codes({ occurredAt: new Date(world.clock.now().getTime() - 301_000).toISOString() }), [
    'device-clock-skew',
  ]);
  t.same(await codes({ occurredAt: at(world, -60), entryMode: 'offline' }), []);
});

t.test('a scanned number is its manifest; whoever sees that sees the pass', async (t) => {
  const world = await aWorld();
  const { consignee, consignor, carrier, regulator, stranger } = world;
  const { id, number } = await world.aManifest({ status: 'in_transit' });
  const gate = await aGate(world);
  const { id: passId, manifestId } = ok(
    await gate.post('/v1/gate-passes', passOf(world, { manifestNumber: number, volumeLitres: 16_000 })),
  );
  t.equal(manifestId, id);
  for (const caller of [consignee, consignor, carrier, regulator]) {
    t.match(await caller.get(`/v1/gate-passes/${passId}`), {
      status: 200,
      body: { manifestId: id, volumeLitres: 16_000 },
    });
    t.equal(ok(await caller.get(`/v1/gate-passes?manifestId=${id}`)).items.length, 1);
  }
  for (const caller of [stranger, await aRegulator(world, '371000')])
    for (const path of [`/${passId}`, `?manifestId=${id}`, `?siteId=${world.consigneeSiteId}`])
      t.equal((await caller.get(`/v1/gate-passes${path}`)).status, 404, path);
  t.match(await consignee.get('/v1/gate-passes'), { status: 400, body: { errors: [{ pointer: 'query:siteId' }] } });
});

t.test('who may see the site and not the manifest reads of a lorry, and not of what it carried', async (t) => {
  const world = await aWorld();
  const { carrier, consignee, regulator } = world;
  const { id, number } = await world.aManifest({ status: 'in_transit' });
  const others = await world.aManifest({ status: 'issued' });
  const urban = await aRegulator(world, '370100', ['construction']);
  const gate = await aGate(world);
  const record = async (changes: object) => ok(await gate.post('/v1/gate-passes', passOf(world, changes))).id;
  const [byNumber, byId, unread] = [
    await record({ manifestNumber: number }),
    await record({ manifestId: id }),
    await record({ manifestNumber: '20269999000001' }),
  ];
  const shownTo = async (caller: Caller) => {
    const { items } = ok(await caller.get(`/v1/gate-passes?siteId=${world.consigneeSiteId}`));
    for (const item of items)
      t.strictSame(ok(await caller.get(`/v1/gate-passes/${item.id}`)), item, 'alone as in the list');
    return Object.fromEntries(
      items.map((item: GatePass) => [item.id, [item.plate, item.manifestId, item.manifestNumber]]),
    );
  };
  const { plate } = world;
  for (const caller of [consignee, regulator])
    t.strictSame(await shownTo(caller), {
      [byNumber]: [plate, id, number],
      [byId]: [plate, id, null],
      [unread]: [plate, null, '20269999000001'],
    });
  t.strictSame(
    await shownTo(urban),
    { [byNumber]: [plate, null, null], [byId]: [plate, null, null], [unread]: [plate, null, '20269999000001'] },
    'of another stream; a number that is no manifest’s says nothing of anybody',
  );
  t.equal((await urban.get(`/v1/gate-passes?manifestId=${id}`)).status, 404);
  const depot = await aSite(carrier, '370112');
  const passBy = { ...passOf(world, { siteId: depot, manifestNumber: others.number }) };
  const { id: own, manifestId } = ok(await carrier.post('/v1/gate-passes', passBy));
  t.equal(manifestId, others.id);
  t.match(ok(await carrier.get(`/v1/gate-passes/${own}`)), { manifestId, manifestNumber: others.number });
});

t.test('another lorry than the manifest’s: recorded, with a remark', async (t) => {
  const world = await aWorld();
  const { stranger } = world;
  const gate = await aGate(world);
  const { id, number } = await world.aManifest({ status: 'in_transit' });
  const told = async (changes: object) => {
    const answer = await gate.post('/v1/gate-passes', passOf(world, changes));
    t.equal(answer.status, 201);
    return codesOf(answer);
  };
  t.same(await told({ manifestId: id }), []);
  t.same(await told({ manifestId: id, plate: '鲁B54321' }), ['manifest-vehicle-other']);
  t.same(await told({ manifestNumber: number, plate: '鲁B54321' }), ['manifest-vehicle-other']);
  const said = { ...passOf(world, { manifestId: id, plate: '鲁B54321' }) };
  const { body } = await gate.post('/v1/gate-passes', said, { 'accept-language': 'zh-CN' });
  t.match(body.warnings, [{ pointer: '/plate', detail: new RegExp(`${world.plate}.*鲁B54321`) }]);
  t.equal(ok(await world.consignee.get(`/v1/gate-passes?manifestId=${id}`)).items.length, 4, 'all of them');
  const waiting = await world.aManifest({ status: 'issued' });
  t.same(await told({ manifestId: waiting.id, plate: '鲁B54321' }), [], 'nobody has said yet which lorry comes');
  const two = await anIssued(world, { onwardCarrierIds: [stranger.partyId] });
  ok(await pickUp(world, two.id, [{ line: 1, massGrams: 1_000_000 }]));
  t.same(await told({ manifestId: two.id, plate: '鲁B54321' }), [], 'nor which takes over');
  const handover = { occurredAt: at(world), place: '中转站', region: '370105', plate: '鲁B54321' };
  ok(await stranger.post(`/v1/manifests/${two.id}/handover`, handover));
  t.same(await told({ manifestId: two.id, plate: '鲁B54321' }), []);
  t.same(await told({ manifestId: two.id, plate: '鲁B99999' }), ['manifest-vehicle-other']);
});
