import t from 'tap';
import { at, codesOf, pickUp } from '../manifests/given.ts';
import { aWorld, ok } from '../support/world.ts';
import { aDrum, anOuterBox, label, read, withUnit } from './given.ts';

t.test('a container is closed once; what is put into it afterwards is recorded and remarked on', async (t) => {
  const world = await withUnit(await aWorld());
  const { unit, consignor } = world;
  const { id } = await aDrum(world);
  const closing = `/v1/containers/${id}/closing`;
  t.equal((await read(unit, `/v1/containers/${id}`)).closedAt, null);
  const first = await unit.post(closing, { occurredAt: at(world, -30) });
  t.match(first, { status: 200, body: { closedAt: at(world, -30), warnings: [] } });
  const again = await unit.post(closing, { occurredAt: at(world, -10) });
  t.match(again, { status: 200, body: { closedAt: at(world, -30) } }, 'the first counts');
  t.same(codesOf(again), ['container-closed']);
  t.match(await consignor.post(closing, { occurredAt: at(world) }), { status: 404 });
  const { id: inner } = await aDrum(world);
  const nested = await unit.post(`/v1/containers/${inner}/nesting`, { parent: id, occurredAt: at(world) });
  t.same([nested.status, codesOf(nested)], [200, ['container-closed']]);
  t.same(codesOf(await label(world, { massGrams: 1, parent: id })), ['container-closed']);
});

t.test('scales at four stages, side by side, by who has it or stands on its manifest', async (t) => {
  const world = await withUnit(await aWorld());
  const { unit, carrier, consignee, stranger, siteId } = world;
  const { id, code } = await aDrum(world, 10_000);
  const weighing = (stage: string, massGrams: number, container = id, minutes = 0) => ({
    weighings: [{ container, stage, massGrams, occurredAt: at(world, minutes) }],
  });
  ok(await unit.post('/v1/container-weighings', weighing('ward', 10_010, code)));
  ok(await unit.post('/v1/container-weighings', weighing('store', 10_000)));
  for (const other of [carrier, consignee, stranger])
    t.match(await other.post('/v1/container-weighings', weighing('truck', 10_000)), {
      status: 404,
      body: { errors: [{ pointer: '/weighings/0/container' }] },
    });
  t.match(await unit.post('/v1/container-weighings', weighing('ward', 1, 'nothing')), { status: 404 });
  const draft = world.draftBody({ consignorSiteId: siteId });
  const manifestId = ok(await unit.post('/v1/manifests', draft)).id;
  ok(await unit.post(`/v1/manifests/${manifestId}/issue`));
  ok(await pickUp(world, manifestId, [{ line: 1, containers: [id] }]));
  for (const [other, stage] of [
    [unit, 'plant'],
    [unit, 'truck'],
    [carrier, 'plant'],
  ] as const) {
    const told = await other.post('/v1/container-weighings', weighing(stage, 9_000, id, -5));
    t.same(codesOf(told), ['stage-of-another'], stage);
  }
  t.same(codesOf(await carrier.post('/v1/container-weighings', weighing('truck', 9_990))), []);
  t.same(codesOf(await consignee.post('/v1/container-weighings', weighing('plant', 9_500))), []);
  t.match(await stranger.post('/v1/container-weighings', weighing('plant', 1)), { status: 404 });
  const masses = { ward: 10_010, store: 10_000, truck: 9_990, plant: 9_500 };
  const differences = [
    { from: 'ward', to: 'store', differenceGrams: -10 },
    { from: 'store', to: 'truck', differenceGrams: -10 },
    { from: 'truck', to: 'plant', differenceGrams: -490 },
  ];
  t.match(await read(unit, `/v1/containers/${id}/weighings`), { code, labelledGrams: 10_000, masses, differences });
  t.match(await stranger.get(`/v1/containers/${id}/weighings`), { status: 404 });
  t.match(await read(consignee, `/v1/manifests/${manifestId}/container-weighings`), {
    items: [{ line: 1, containerId: id, masses, differences }],
    total: { masses },
  });
  await world.jobsDone();
  t.match(ok(await carrier.get(`/v1/anomalies?subjectId=${id}`)).items, [
    { rule: 'container_weight_drift', severity: 'warning', observed: { truckGrams: 9_990, plantGrams: 9_500 } },
  ]);
  ok(await consignee.post('/v1/container-weighings', weighing('plant', 9_980, id, 1)));
  await world.jobsDone();
  t.match(ok(await unit.get(`/v1/anomalies?subjectId=${id}`)).items, [{ status: 'cleared' }], 'weighed again');
});

t.test('an array of weighings is one act: all of them or none; a scale weighs what is at its party', async (t) => {
  const world = await withUnit(await aWorld());
  const { unit, siteId } = world;
  const [one, two] = [await aDrum(world), await aDrum(world)];
  const of = (container: string) => ({ container, stage: 'store', massGrams: 1_000, occurredAt: at(world) });
  const mixed = await unit.post('/v1/container-weighings', { weighings: [of(one.id), of('nobody')] });
  t.match(mixed, { status: 404, body: { errors: [{ pointer: '/weighings/1/container' }] } });
  t.same((await read(unit, `/v1/containers/${one.id}/weighings`)).items, []);
  const device = { partyId: unit.partyId, siteId, type: 'bench_scale', serialNumber: 'B-1', scaleDivisionGrams: 10 };
  const deviceId = ok(await unit.post('/v1/devices', device)).id;
  const grant = { partyId: unit.partyId, role: 'device', label: 'scale', deviceId };
  const { apiKey } = ok(await unit.post('/v1/api-keys', grant));
  const weighed = await world.app.inject({
    method: 'POST',
    url: '/v1/container-weighings',
    headers: { authorization: `Bearer ${apiKey}`, 'idempotency-key': 'by-the-scale' },
    payload: { weighings: [of(one.id), of(two.code)] },
  });
  t.equal(weighed.json().items?.length, 2, weighed.body);
  t.match((await read(unit, `/v1/containers/${two.id}/weighings`)).items, [{ deviceId, scaleDivisionGrams: 10 }]);
  t.same((await read(unit, `/v1/containers/${await anOuterBox(world)}/weighings`)).differences, []);
});
