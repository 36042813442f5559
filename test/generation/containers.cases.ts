import t from 'tap';
import { checkIdentificationCode } from '../../src/catalogue/custody-codes.ts';
import { checkRebuild } from '../../src/rebuild.ts';
import { broken } from '../custody/given.ts';
import { at, codesOf } from '../manifests/given.ts';
import { aWorld, ok } from '../support/world.ts';
import { aDrum, anOuterBox, aStore, aUnit, generated, label, move, read, withUnit } from './given.ts';

t.test('a label: a code of 37 characters, numbered by unit, waste and day, and a batch in the container', async (t) => {
  const world = await withUnit(await aWorld());
  const { unit } = world;
  const first = await aDrum(world, 180_000, { pieces: 1 });
  const second = await aDrum(world);
  const other = await aDrum(world, 1, { wasteCode: '900-041-49', hazards: ['T', 'In'] });
  const yesterday = await aDrum(world, 1, { occurredAt: at(world, -24 * 60) });
  t.equal(first.code, `${world.uscc}9002490820260916001`);
  t.equal(second.code.slice(-3), '002');
  t.equal(other.code, `${world.uscc}9000414920260916001`);
  t.equal(yesterday.code.slice(-11), '20260915001');
  t.ok(checkIdentificationCode(first.code, '2026-09-16').valid);
  const container = await read(unit, `/v1/containers/${first.id}`);
  t.match(container, {
    code: first.code,
    state: 'stored',
    siteId: world.siteId,
    batchId: first.batchId,
    grams: 180_000,
  });
  const batch = await read(unit, `/v1/batches/${first.batchId}`);
  t.match(batch, {
    containerId: first.id,
    code: first.code,
    remainingGrams: 180_000,
    remainingPieces: 1,
    origin: 'generated',
  });
  t.equal(await world.balance(unit, 'stock'), 181_002);
  t.match(await read(unit, `/v1/containers?code=${first.code}`), { items: [{ id: first.id }] });
  t.match(await unit.get('/v1/containers?code=1'), { status: 422, body: { errors: [{ pointer: 'query:code' }] } });
  const page = await read(unit, `/v1/containers?siteId=${world.siteId}&limit=2`);
  const rest = await read(unit, `/v1/containers?siteId=${world.siteId}&limit=2&cursor=${page.next}`);
  const ids = [...page.items, ...rest.items].map(({ id }: { id: string }) => id);
  t.same(
    ids,
    [first, second, other, yesterday]
      .map(({ id }) => id)
      .sort()
      .reverse(),
    'newest first',
  );
  t.same((await read(unit, `/v1/containers?siteId=${world.siteId}&state=emptied`)).items, []);
  const oldest = await read(unit, `/v1/containers/${first.id}/events?limit=1`);
  const newest = await read(unit, `/v1/containers/${first.id}/events?limit=1&cursor=${oldest.next}`);
  t.match(
    [...oldest.items, ...newest.items],
    [{ type: 'container_labelled', data: { code: first.code } }, { type: 'generation_recorded' }],
  );
  t.equal(newest.next, null);
  t.same(await broken(world), {});
});

t.test('what stands on the label', async (t) => {
  const world = await withUnit(await aWorld());
  const drum = await aDrum(world, 5_000, {
    mainComponents: '矿物油',
    precautions: '远离火源',
    contact: '王五',
    phone: '13800000000',
    remark: '三号线',
    capacityLitres: 50,
  });
  const text = await read(world.unit, `/v1/containers/${drum.id}/label`);
  t.match(text, {
    code: drum.code,
    qrText: drum.code,
    name: '废矿物油',
    wasteClass: { class: 'HW08' },
    hazards: [{ code: 'T', zh: '毒性' }, { code: 'I' }],
    unit: { uscc: world.uscc },
    contact: '王五',
    remark: '三号线',
    producedOn: '2026-09-16',
    massGrams: 5_000,
  });
  const side = async (capacityLitres: number | null) =>
    (await read(world.unit, `/v1/containers/${(await aDrum(world, 1, { capacityLitres })).id}/label`)).size;
  t.match(text.size, { sideMillimetres: 100, letterMillimetres: 3, faces: 1, basis: 'HJ 1276-2022' });
  t.match(await side(51), { sideMillimetres: 150, letterMillimetres: 5 });
  t.match(await side(450), { sideMillimetres: 150 });
  t.match(await side(451), { sideMillimetres: 200, letterMillimetres: 6, faces: 2 });
  t.match(await side(null), { sideMillimetres: 100 });
  const { rows } = await world.service.database.pool.query(
    'select canonical from custody_events where subject_id = $1 and seq = 1',
    [drum.id],
  );
  t.notMatch(rows[0].canonical, /王五|13800000000|三号线/, 'personal words are erasable');
});

t.test('a unit without USCC labels nothing, and is told what to do', async (t) => {
  const world = await aWorld();
  const answer = await label(
    { ...world, unit: world.consignor, uscc: '', siteId: world.consignorSiteId },
    { massGrams: 1 },
  );
  t.match(answer, { status: 422, body: { type: '/problems/against-rule', basis: 'HJ 1276-2022' } });
  t.match(answer.body.detail, /USCC/);
});

t.test('refused with its reason: the code, both contents, another’s site, the 1000th of a day', async (t) => {
  const world = await withUnit(await aWorld());
  t.match(await label(world, { wasteCode: '999-999-99', massGrams: 1 }), {
    status: 422,
    body: { errors: [{ pointer: '/wasteCode' }] },
  });
  const { batchId } = await generated(world, 10);
  t.match(await label(world, { massGrams: 1, from: [{ batchId, massGrams: 1 }] }), {
    status: 400,
    body: { errors: [{ pointer: '/from' }] },
  });
  t.match(await label(world, { siteId: world.consignorSiteId, massGrams: 1 }), { status: 404 });
  t.same(codesOf(await label(world, { massGrams: 1, hazards: ['R'] })), ['hazards-differ']);
  await world.service.database.pool.query('update serials set next = 1000 where series = $1', [
    `container ${world.uscc} 900-249-08 2026-09-16`,
  ]);
  t.match(await label(world, { massGrams: 1 }), { status: 422, body: { type: '/problems/number-exhausted' } });
});

t.test('filled from batches: the parts are as old as their whole, and every gram stays', async (t) => {
  const world = await withUnit(await aWorld());
  const { unit } = world;
  const old = await generated(world, 1_000, { occurredAt: at(world, -3 * 24 * 60), pieces: 4 });
  const young = await generated(world, 500);
  const from = [
    { batchId: young.batchId, massGrams: 200 },
    { batchId: old.batchId, massGrams: 400, pieces: 1 },
  ];
  const drum = ok(await label(world, { from }));
  t.equal(drum.code.slice(-11), '20260913001', 'the day the oldest was produced');
  t.match(await read(unit, `/v1/batches/${drum.batchId}`), {
    remainingGrams: 600,
    remainingPieces: 1,
    formedAt: at(world, -3 * 24 * 60),
  });
  t.equal((await read(unit, `/v1/batches/${old.batchId}`)).remainingGrams, 600);
  t.equal((await read(unit, `/v1/batches/${young.batchId}`)).remainingGrams, 300);
  t.equal(await world.balance(unit, 'stock'), 1_500);
  t.same(codesOf(await label(world, { from: [{ batchId: young.batchId, massGrams: 301 }] })), ['more-than-left']);
  const foreign = await world.generate(5);
  t.match(await label(world, { from: [{ batchId: foreign, massGrams: 1 }] }), {
    status: 404,
    body: { errors: [{ pointer: '/from/0/batchId' }] },
  });
  const otherWaste = await generated(world, 5, { wasteCode: '900-041-49' });
  t.match(await label(world, { from: [{ batchId: otherWaste.batchId, massGrams: 1 }] }), {
    status: 422,
    body: { basis: '法典 535' },
  });
  t.same(await broken(world), {});
});

t.test('repacked: the new label leads back to the old container, which holds less and is then emptied', async (t) => {
  const world = await withUnit(await aWorld());
  const { unit } = world;
  const old = await aDrum(world, 1_000);
  const drum = ok(await label(world, { from: [{ batchId: old.batchId, massGrams: 600 }] }));
  t.equal((await read(unit, `/v1/containers/${old.id}`)).grams, 400);
  const { rows } = await world.service.database.pool.query('select from_id, grams from batch_edges where to_id = $1', [
    drum.batchId,
  ]);
  t.same(rows, [{ from_id: old.batchId, grams: 600 }]);
  const emptied = await unit.post(`/v1/containers/${old.id}/emptied`, { occurredAt: at(world) });
  t.match(emptied, { status: 200, body: { state: 'emptied' } });
  t.same(codesOf(emptied), ['content-on-record']);
  t.match(await read(unit, `/v1/containers/${old.id}`), { state: 'emptied', batchId: null, grams: 0 });
  t.match(await read(unit, `/v1/batches/${old.batchId}`), { remainingGrams: 400 }, 'the mass is still there');
  t.same(codesOf(await unit.post(`/v1/containers/${old.id}/emptied`, { occurredAt: at(world) })), [
    'container-out-of-place',
  ]);
  t.equal((await read(unit, `/v1/containers/${old.id}`)).contradictions, 1);
});

t.test('a box in a box on a pallet: no circles, one place, and out again', async (t) => {
  const world = await withUnit(await aWorld());
  const { unit } = world;
  const [pallet, box] = [await anOuterBox(world), await anOuterBox(world)];
  const drum = await aDrum(world, 10, { parent: box });
  const nest = (id: string, parent: string | null) =>
    unit.post(`/v1/containers/${id}/nesting`, { parent, occurredAt: at(world) });
  t.match(await nest(box, pallet), { status: 200, body: { parentId: pallet } });
  t.match(await read(unit, `/v1/containers/${box}`), { parentId: pallet, childIds: [drum.id] });
  t.match(await read(unit, `/v1/containers?parentId=${box}`), { items: [{ id: drum.id }] });
  for (const inner of [box, pallet, drum.id])
    t.match(await nest(pallet, inner), { status: 422, body: { errors: [{ pointer: '/parent' }] } }, 'a circle');
  t.match(await nest(box, pallet), { status: 409 }, 'it is there already');
  const { siteId: elsewhere } = await aUnit(world);
  const second = ok(await unit.post('/v1/sites', { partyId: unit.partyId, name: '二厂', region: '370112' })).id;
  t.ok(elsewhere);
  const far = await anOuterBox({ ...world, siteId: second });
  t.match(await nest(drum.id, far), { status: 422 }, 'another site');
  const byCode = (await read(unit, `/v1/containers/${pallet}`)).code;
  t.match(await nest(drum.id, byCode), { status: 200, body: { parentId: pallet } });
  t.match(await read(unit, `/v1/containers/${box}`), { childIds: [] });
  t.same((await read(unit, `/v1/containers/${pallet}`)).childIds.sort(), [box, drum.id].sort());
  t.match(await nest(drum.id, null), { status: 200, body: { parentId: null } });
  t.match(await unit.post(`/v1/containers/${pallet}/emptied`, { occurredAt: at(world) }), { status: 200 });
  t.match(await read(unit, `/v1/containers/${box}`), { parentId: null }, 'what stood in it is out');
  t.match(await nest(drum.id, 'nonsense'), { status: 404, body: { errors: [{ pointer: '/parent' }] } });
});

t.test('what moves a container moves what stands in it; what is moved alone leaves its box', async (t) => {
  const world = await withUnit(await aWorld());
  const { unit } = world;
  const store = await aStore(world);
  const box = await anOuterBox(world);
  const [a, b] = [await aDrum(world, 10, { parent: box }), await aDrum(world, 20, { parent: box })];
  const moved = await move(world, 'in', store, { containers: [(await read(unit, `/v1/containers/${box}`)).code] });
  t.match(moved, { status: 201, body: { code: 'HWRK20260916001' } });
  t.same(moved.body.batchIds.sort(), [a.batchId, b.batchId].sort());
  t.equal((await read(unit, `/v1/stores/${store}`)).stockGrams, 30);
  t.match(await read(unit, `/v1/containers/${a.id}`), { parentId: box });
  ok(await move(world, 'out', store, { containers: [a.id] }));
  t.match(await read(unit, `/v1/containers/${a.id}`), { parentId: null });
  t.same((await read(unit, `/v1/containers/${box}`)).childIds, [b.id]);
  t.equal((await read(unit, `/v1/stores/${store}`)).stockGrams, 20);
});

t.test('a container is its owner’s, its holder’s and its regulator’s to see, and nobody else’s', async (t) => {
  const world = await withUnit(await aWorld());
  const drum = await aDrum(world);
  for (const path of [
    `/v1/containers/${drum.id}`,
    `/v1/containers/${drum.id}/label`,
    `/v1/containers/${drum.id}/events`,
  ]) {
    t.equal((await world.stranger.get(path)).status, 404, path);
    t.equal((await world.regulator.get(path)).status, 200, path);
  }
  t.same((await read(world.stranger, `/v1/containers?code=${drum.code}`)).items, []);
  t.equal((await world.stranger.get(`/v1/containers?siteId=${world.siteId}`)).status, 404);
  t.equal((await world.stranger.post(`/v1/containers/${drum.id}/emptied`, { occurredAt: at(world) })).status, 404);
  t.equal((await world.unit.get('/v1/containers')).status, 400, 'of one site, container or code');
  await world.jobsDone();
  t.same((await checkRebuild(world.databaseUrl)).differences, []);
});
