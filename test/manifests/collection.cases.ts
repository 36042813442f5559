import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import t from 'tap';
import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { startService } from '../../src/service.ts';
import { broken } from '../custody/given.ts';
import { aDrum, read, withUnit } from '../generation/given.ts';
import { type Answer, aWorld, callerWith, ok } from '../support/world.ts';
import { aLicence, aParty, aSite, at, codesOf, written } from './given.ts';
import { aHub, collectionBody } from './hub.ts';

t.test('one big box: a manifest for each clinic, and one scan moves them all', async (t) => {
  const hub = await aHub([1_000, 2_000, 3_000]);
  const { unit, carrier, consignee, boxId, clinics, boxes } = hub;
  const filed = ok(await unit.post('/v1/collections', collectionBody(hub, hub)));
  t.equal(filed.loads.length, 3);
  t.same(
    filed.loads.map(({ consignorId }: { consignorId: string }) => consignorId).sort(),
    clinics.map(({ partyId }) => partyId).sort(),
    'the clinic stays the origin',
  );
  t.equal(new Set(filed.loads.map(({ number }: { number: string }) => number)).size, 3);
  const path = `/v1/collections/${filed.id}`;
  t.match(await unit.post('/v1/collections', collectionBody(hub, hub)), { status: 409 }, 'filed once');
  const pickup = { occurredAt: at(hub), plate: hub.plate };
  t.match(await consignee.post(`${path}/pickup`, pickup), { status: 403 }, 'the carrier loads');
  ok(await carrier.post(`${path}/pickup`, pickup, { 'idempotency-key': 'load-once' }));
  const again = await carrier.post(`${path}/pickup`, pickup, { 'idempotency-key': 'load-once' });
  t.equal(again.headers['idempotency-replayed'], 'true');
  t.match(await carrier.post(`${path}/pickup`, pickup), { status: 409 });
  const statuses = async () => (await read(carrier, path)).loads.map(({ status }: { status: string }) => status);
  t.same(await statuses(), ['in_transit', 'in_transit', 'in_transit']);
  t.match(await read(carrier, `/v1/containers/${boxId}`), { state: 'loaded', siteId: null, childIds: { length: 3 } });
  t.match(await read(clinics[0]!, `/v1/containers/${boxes[0]!.id}`), { state: 'loaded', parentId: boxId });
  t.same(await broken(hub), {}, 'on the road');
  ok(await unit.post(`${path}/pickup-confirmation`, { occurredAt: at(hub) }));
  ok(await carrier.post(`${path}/arrival`, { occurredAt: at(hub) }));
  t.same(await broken(hub), {}, 'at the gate');
  const received = ok(await consignee.post(`${path}/receipt`, { occurredAt: at(hub) }));
  t.same(received.warnings, []);
  t.same(await statuses(), ['received', 'received', 'received']);
  t.match(await read(consignee, `/v1/containers/${boxId}`), { state: 'accepted', partyId: consignee.partyId });
  for (const { manifestId, number, consignorId } of filed.loads) {
    const index = clinics.findIndex(({ partyId }) => partyId === consignorId);
    const card = await read(clinics[index]!, `/v1/manifests/${manifestId}/card`);
    t.match(card, {
      number,
      institution: { partyId: clinics[index]!.partyId },
      lines: [{ grams: (index + 1) * 1_000, boxes: 1, acceptedGrams: (index + 1) * 1_000 }],
      handedOver: { partyId: unit.partyId, by: 'consignor' },
      received: { partyId: consignee.partyId },
    });
  }
  t.equal(await hub.balance(consignee, 'stock'), 6_000);
  t.same(await broken(hub), {});
});

t.test('MW 17: what has waited for 48 hours is told when it is filed, by collection or by manifest', async (t) => {
  const medical = { wasteCode: '841-001-01', name: '感染性废物', form: 'solid', hazards: ['In'] };
  const told = (answer: Answer): { basis: string }[] =>
    ok(answer).warnings.filter(({ code }: { code: string }) => code === 'stored-too-long');
  const intime = await aHub([1_000, 2_000], undefined, medical);
  intime.clock.advanceMs(48 * 3_600_000 - 1);
  t.same(told(await intime.unit.post('/v1/collections', collectionBody(intime, intime))), []);
  const hub = await aHub([1_000, 2_000], undefined, medical);
  hub.clock.advanceMs(48 * 3_600_000);
  const late = told(await hub.unit.post('/v1/collections', collectionBody(hub, hub)));
  t.equal(late.length, 2, 'of each clinic');
  t.match(late[0], {
    pointer: '/container',
    basis: '医疗废物管理条例（国务院令第380号） 17',
    detail: /was to leave by 20/,
  });
  const own = await aHub([1_000], undefined, medical);
  const { unit, siteId, carrier, consigneeSiteId } = own;
  const bag = await aDrum(own, 1_000, { ...medical, packaging: 'bag' });
  own.clock.advanceMs(60 * 60_000);
  ok(await unit.post(`/v1/containers/${bag.id}/closing`, { occurredAt: at(own) }));
  own.clock.advanceMs(48 * 3_600_000 - 1);
  const line = {
    ...medical,
    packaging: 'bag',
    massGrams: 1_000,
    pieces: 1,
    plannedMethod: 'D10',
    batchIds: [bag.batchId],
  };
  const load = { consignorSiteId: siteId, carrierId: carrier.partyId, consigneeSiteId, lines: [line] };
  t.same(told(await unit.post('/v1/manifests/file', load)), [], 'the hours run from the closing');
  own.clock.advanceMs(1);
  t.equal(told(await unit.post('/v1/manifests/file', load)).length, 1);
});

t.test('a small box that is not in the big one is missed, its clinic hears of it', async (t) => {
  const hub = await aHub([1_000, 2_000]);
  const { unit, carrier, consignee, boxId, boxes, clinics } = hub;
  const { id, loads } = ok(await unit.post('/v1/collections', collectionBody(hub, hub)));
  const path = `/v1/collections/${id}`;
  ok(await carrier.post(`${path}/pickup`, { occurredAt: at(hub), plate: hub.plate }));
  ok(await carrier.post(`${path}/arrival`, { occurredAt: at(hub) }));
  const stray = await consignee.post(`${path}/receipt`, { occurredAt: at(hub), missing: [boxId] });
  t.match(stray, { status: 404, body: { errors: [{ pointer: '/missing/0' }] } });
  const received = await consignee.post(`${path}/receipt`, { occurredAt: at(hub), missing: [boxes[1]!.code] });
  t.equal(received.status, 200, JSON.stringify(received.body));
  t.ok(codesOf(received).includes('container-missing'));
  t.match(await read(clinics[1]!, `/v1/containers/${boxes[1]!.id}`), { state: 'missing' });
  const [there, gone] = clinics.map(({ partyId }) =>
    loads.find(({ consignorId }: { consignorId: string }) => consignorId === partyId),
  );
  t.match(await read(clinics[0]!, `/v1/manifests/${there.manifestId}`), { status: 'received' });
  t.match(await read(clinics[1]!, `/v1/manifests/${gone.manifestId}`), { lines: [{ acceptedGrams: 0 }] });
  t.same(await broken(hub), {});
});

t.test('a receipt counts what the plant itself weighed once the box had arrived', async (t) => {
  const hub = await aHub([5_000, 2_000]);
  const { unit, carrier, consignee, boxes, clinics } = hub;
  const { id, loads } = ok(await unit.post('/v1/collections', collectionBody(hub, hub)));
  const path = `/v1/collections/${id}`;
  const weighing = (index: number, stage: string, massGrams: number, minutes: number) => ({
    weighings: [{ container: boxes[index]!.id, stage, massGrams, occurredAt: at(hub, minutes) }],
  });
  ok(await carrier.post(`${path}/pickup`, { occurredAt: at(hub, -30), plate: hub.plate }));
  ok(await carrier.post(`${path}/arrival`, { occurredAt: at(hub, -20) }));
  const another = await clinics[0]!.post('/v1/container-weighings', weighing(0, 'plant', 1, -10));
  t.match(another, { status: 200, body: { warnings: [{ code: 'stage-of-another', pointer: '/weighings/0/stage' }] } });
  ok(await consignee.post('/v1/container-weighings', weighing(0, 'plant', 2, -21)));
  ok(await consignee.post('/v1/container-weighings', weighing(1, 'plant', 1_990, -20)));
  ok(await consignee.post(`${path}/receipt`, { occurredAt: at(hub) }));
  for (const [index, acceptedGrams] of [5_000, 1_990].entries()) {
    const own = loads.find(({ consignorId }: { consignorId: string }) => consignorId === clinics[index]!.partyId);
    t.match(await read(clinics[index]!, `/v1/manifests/${own.manifestId}`), { lines: [{ acceptedGrams }] });
  }
  t.same(await broken(hub), {});
});

t.test('what is refused for one clinic leaves nothing of any, and the box free', async (t) => {
  const hub = await aHub([1_000, 2_000]);
  const { unit, clinics } = hub;
  const body = collectionBody(hub, hub);
  const [delegation] = ok(await clinics[1]!.get('/v1/delegations')).items;
  const { id, version, state: _, ...record } = delegation;
  const terms = { principalId: record.principalId, agentId: record.agentId, validFrom: record.validFrom };
  const narrowed = { ...terms, validTo: record.validTo, acts: ['generation'] };
  ok(await clinics[1]!.put(`/v1/delegations/${id}`, narrowed, { 'if-match': `"${version}"` }));
  const key = { 'idempotency-key': 'refused-first' };
  const before = await written(hub);
  t.match(await unit.post('/v1/collections', body, key), {
    status: 403,
    body: { errors: [{ pointer: '/container' }] },
  });
  t.same(await written(hub), before);
  for (const clinic of clinics) t.same(ok(await clinic.get('/v1/manifests')).items, [], 'nothing was drafted');
  const widened = { ...narrowed, acts: record.acts };
  ok(await clinics[1]!.put(`/v1/delegations/${id}`, widened, { 'if-match': `"${version + 1}"` }));
  const free = await written(hub);
  const nobody = { ...body, carrierId: randomUUID() };
  t.match(await unit.post('/v1/collections', nobody), { status: 422, body: { errors: [{ pointer: '/carrierId' }] } });
  const noPlant = { ...body, consigneeSiteId: hub.siteId };
  t.match(await unit.post('/v1/collections', noPlant), {
    status: 422,
    body: { errors: [{ pointer: '/consigneeSiteId' }] },
  });
  t.same(await written(hub), free);
  const filed = await unit.post('/v1/collections', body, key);
  t.match(filed, { status: 201, body: { version: 1, loads: { length: 2 } } }, 'with the key that was refused');
  const again = await unit.post('/v1/collections', body, key);
  t.match(again, { status: 201, body: filed.body, headers: { 'idempotency-replayed': 'true' } });
  t.match(await unit.post('/v1/collections', { ...body, shipperRole: 'consignee' }, key), {
    status: 422,
    body: { type: '/problems/idempotency-key-reused' },
  });
  for (const clinic of clinics) t.match(ok(await clinic.get('/v1/manifests')).items, { length: 1 });
  t.same(await broken(hub), {});
});

t.test('of many who file one box at the same moment one does, and the others are told which it is', async (t) => {
  const world = await withUnit(await aWorld());
  for (let round = 0; round < 8; round++) {
    const hub = await aHub([1_000, 2_000], world);
    const body = collectionBody(hub, hub);
    const answers = await Promise.all([1, 2, 3, 4].map(() => hub.unit.post('/v1/collections', body)));
    const { id, loads } = ok(answers.find(({ status }) => status === 201)!);
    const others = answers.filter(({ status }) => status !== 201);
    t.equal(others.length, 3);
    for (const { status, body: told } of others)
      t.match({ status, told }, { status: 409, told: { errors: [{ pointer: '/container', detail: id }] } });
    for (const [index, clinic] of hub.clinics.entries()) {
      const { items } = ok(await clinic.get('/v1/manifests'));
      t.match(items, { length: 1 });
      t.match(items[0], { id: String, number: String, lines: [{ declaredGrams: (index + 1) * 1_000 }] });
      t.ok(loads.some((one: { manifestId: string; number: string }) => one.manifestId === items[0].id));
    }
  }
  t.same(await broken(world), {});
});

t.test('two processes that file one box file it once', async (t) => {
  const world = await withUnit(await aWorld());
  const config = readConfig({ LOG_LEVEL: 'silent', ROLE: 'api', RATE_LIMIT_PER_MINUTE: '1000000' });
  const [logger, metrics] = [pino({ level: 'silent' }), createMetrics()];
  const { databaseUrl, clock } = world;
  const service = await startService({ config, databaseUrl, clock, logger, metrics });
  const app = await buildApp({ config, service, logger, metrics, version: 'test' });
  t.teardown(async () => {
    await app.close();
    await service.stop();
  });
  const elsewhere = callerWith(app, world.unit.apiKey, world.unit.partyId);
  for (let round = 0; round < 6; round++) {
    const hub = await aHub([1_000, 2_000], world);
    const body = collectionBody(hub, hub);
    const answers = await Promise.all([hub.unit, elsewhere].map((caller) => caller.post('/v1/collections', body)));
    t.same(answers.map(({ status }) => status).sort(), [201, 409]);
    for (const clinic of hub.clinics) t.match(ok(await clinic.get('/v1/manifests')).items, { length: 1 });
  }
});

t.test('a filed collection was validated before: the same warnings, no number, nothing written', async (t) => {
  const hub = await aHub([1_000, 2_000]);
  const body = collectionBody(hub, hub);
  const before = await written(hub);
  const would = await hub.unit.post('/v1/validations', { operation: 'collections.file', body });
  t.equal(would.status, 201);
  t.same(await written(hub), before);
  t.notMatch(JSON.stringify(would.body), /number|manifestId/);
  const filed = ok(await hub.unit.post('/v1/collections', body));
  t.same(would.body.warnings, filed.warnings);
});

t.test('what the manifests of one box take of a licence adds up', async (t) => {
  const hub = await aHub([1_000, 2_000, 3_000]);
  const plant = await aParty(hub);
  const consigneeSiteId = await aSite(plant, '370117');
  await aLicence(hub, plant, { wasteCodes: ['HW01', 'HW08', 'HW49'], capGrams: 5_000 });
  const filed = await hub.unit.post('/v1/collections', { ...collectionBody(hub, hub), consigneeSiteId });
  t.equal(filed.status, 201, JSON.stringify(filed.body));
  t.same(
    codesOf(filed).filter((code) => code.startsWith('licence')),
    ['licence-full'],
    'the last of them, whichever it is',
  );
});

t.test('a clinic reads nothing of the others in the history of its manifest', async (t) => {
  const hub = await aHub([1_000, 2_000]);
  const { loads } = ok(await hub.unit.post('/v1/collections', collectionBody(hub, hub)));
  const [own, other] = loads;
  const clinic = hub.clinics.find(({ partyId }) => partyId === own.consignorId)!;
  const history = JSON.stringify(ok(await clinic.get(`/v1/manifests/${own.manifestId}/events`)));
  t.match(history, own.number);
  t.notMatch(history, other.number);
  t.notMatch(history, other.consignorId);
});

t.test('an empty box, a box elsewhere and a box of strangers are no collection', async (t) => {
  const hub = await aHub([]);
  t.match(await hub.unit.post('/v1/collections', collectionBody(hub, hub)), { status: 422 });
  t.match(await hub.stranger.post('/v1/collections', collectionBody(hub, hub)), { status: 404 });
  t.match(await hub.unit.get(`/v1/collections/${hub.boxId}`), { status: 404 });
});
