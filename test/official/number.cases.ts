import t from 'tap';
import { aDraft, anIssued, aRegulator, at } from '../manifests/given.ts';
import { aWorld, ok, type World } from '../support/world.ts';
import { aNumber } from './given.ts';

const tell = (world: World, who: 'carrier' | 'consignor' | 'regulator' | 'stranger', id: string, body: object) =>
  world[who].post(`/v1/manifests/${id}/official-record`, { system: 'cn-37', seenAt: at(world), ...body });

t.test('an official number stands beside ours, and both find the manifest', async (t) => {
  const world = await aWorld();
  await world.generate(10_000_000);
  const { id, number } = await anIssued(world);
  const official = aNumber();
  const told = ok(await tell(world, 'carrier', id, { number: official, status: '运输中', statusOn: '2026-09-16' }));
  t.match(told, { id, status: 'issued', officialNumber: official, warnings: [] }, 'the status here is not touched');
  for (const [asked, matched] of [
    [number, 'number'],
    [official, 'officialNumber'],
  ])
    t.match(ok(await world.consignor.get(`/v1/manifests?number=${asked}`)).items, [{ id, matched }]);
  const event = ok(await world.consignor.get(`/v1/manifests/${id}/events`)).items.at(-1);
  t.match(event, {
    type: 'official_record_noted',
    data: { system: 'cn-37', number: official, status: '运输中', statusOn: '2026-09-16' },
    actor: { party: world.carrier.partyId },
  });
});

t.test('another number than before is a remark; both stay and both are found', async (t) => {
  const world = await aWorld();
  await world.generate(10_000_000);
  const { id } = await anIssued(world);
  const [first, second] = [aNumber(), aNumber()];
  ok(await tell(world, 'carrier', id, { number: first, status: '待承运' }));
  const told = ok(await tell(world, 'regulator', id, { number: second }));
  t.match(told.warnings, [{ code: 'official-number-differs', pointer: '/number' }]);
  const again = ok(await tell(world, 'consignor', id, { number: first, status: '运输中' }));
  t.match(again.warnings, [{ code: 'official-number-differs' }]);
  const manifest = ok(await world.consignor.get(`/v1/manifests/${id}`));
  t.match(
    manifest.officialRecords,
    [
      { number: second, status: null, toldBy: world.regulator.partyId },
      { number: first, status: '运输中', toldBy: world.consignor.partyId },
    ],
    'one row a number, with what was told last; the rest is in the events',
  );
  for (const number of [first, second])
    t.match(ok(await world.consignor.get(`/v1/manifests?number=${number}`)).items, [{ id, matched: 'officialNumber' }]);
  const events = ok(await world.consignor.get(`/v1/manifests/${id}/events`)).items;
  t.equal(events.filter(({ type }: { type: string }) => type === 'official_record_noted').length, 3);
});

t.test('the same number on two manifests: recorded, said aloud, and a search shows both', async (t) => {
  const world = await aWorld();
  await world.generate(10_000_000);
  const [one, other] = [await anIssued(world), await anIssued(world)];
  const number = aNumber();
  t.same(ok(await tell(world, 'carrier', one.id, { number })).warnings, []);
  t.match(ok(await tell(world, 'carrier', other.id, { number })).warnings, [{ code: 'official-number-on-another' }]);
  t.same(ok(await tell(world, 'carrier', one.id, { system: 'cn-national', number })).warnings, [], 'per system');
  t.equal(ok(await world.carrier.get(`/v1/manifests?number=${number}`)).items.length, 2);
});

t.test('who may tell, of what', async (t) => {
  const world = await aWorld();
  await world.generate(10_000_000);
  const { id } = await anIssued(world);
  const number = aNumber();
  t.equal((await tell(world, 'stranger', id, { number })).status, 404);
  const elsewhere = await aRegulator(world, '371000');
  t.equal(
    (await elsewhere.post(`/v1/manifests/${id}/official-record`, { system: 'cn-37', number, seenAt: at(world) }))
      .status,
    404,
  );
  t.match(await tell(world, 'consignor', await aDraft(world), { number }), {
    status: 409,
    body: { type: '/problems/wrong-status' },
  });
  t.match(ok(await tell(world, 'carrier', id, { number: '2026370１ 2' })).warnings, [
    { code: 'official-number-unusual' },
  ]);
  for (const [body, pointer] of [
    [{ number, system: 'somewhere' }, '/system'],
    [{ number: '' }, '/number'],
    [{ number: 'x'.repeat(41) }, '/number'],
    [{ number, statusOn: '2026-02-30' }, '/statusOn'],
    [{ number, seenAt: 'yesterday' }, '/seenAt'],
    [{ number, staus: '' }, '/staus'],
  ] as const)
    t.match(await tell(world, 'carrier', id, body), { status: 400, body: { errors: [{ pointer }] } }, pointer);
  t.match(await tell(world, 'carrier', id, { number: 'a\u0000b' }), { status: 400 });
  t.match(await tell(world, 'carrier', id, { number, seenAt: at(world, 6) }), {
    status: 422,
    body: { type: '/problems/occurred-in-future' },
  });
});
