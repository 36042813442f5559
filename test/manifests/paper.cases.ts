import t from 'tap';
import { aWorld, ok } from '../support/world.ts';
import { aDraft, arrive, at, codesOf, pickUp, receive } from './given.ts';

/** 补录 (TM 20): what was done on paper is entered within ten working days after the transfer has ended. */
const DAY_MINUTES = 24 * 60;

t.test(
  'a paper manifest keeps its days and its number; the tenth working day is in time, the next is late',
  async (t) => {
    for (const [days, expected] of [
      [14, []],
      [15, ['entered-late']],
    ] as const) {
      const world = await aWorld();
      await world.generate(1_000_000, { occurredAt: at(world, -days * DAY_MINUTES) });
      const id = await aDraft(world);
      const ago = (minutes: number) => at(world, -days * DAY_MINUTES + minutes);
      const paper = { issuedAt: ago(0), number: '鲁A-000123', reason: '系统停电' };
      const issued = ok(await world.consignor.post(`/v1/manifests/${id}/issue`, { paper }));
      t.match(issued.number, /^2026370\d{7}$/);
      ok(await pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }], { occurredAt: ago(60), entryMode: 'paper' }));
      const arrived = await arrive(world, id, { occurredAt: ago(120), entryMode: 'paper' });
      const received = await receive(world, id, [{ line: 1, acceptedGrams: 1_000_000 }], {
        occurredAt: ago(180),
        entryMode: 'paper',
      });
      t.same([codesOf(arrived), codesOf(received)], [expected, expected], `${days} days later`);
      t.match(ok(await world.regulator.get(`/v1/manifests/${id}`)), {
        entryMode: 'paper',
        paperNumber: '鲁A-000123',
        issuedAt: new Date(paper.issuedAt).toISOString(),
        paperDueOn: String,
      });
      t.notMatch(JSON.stringify(ok(await world.regulator.get(`/v1/manifests/${id}/events`))), /停电/);
    }
  },
);

t.test('a paper form of the future is pointed at where its day stands', async (t) => {
  const world = await aWorld();
  await world.generate(1_000_000);
  const paper = { issuedAt: at(world, 60), reason: '补录' };
  t.match(await world.consignor.post(`/v1/manifests/${await aDraft(world)}/issue`, { paper }), {
    status: 422,
    body: { type: '/problems/occurred-in-future', errors: [{ pointer: '/paper/issuedAt' }] },
  });
});

t.test('the law of the day it was issued on judges it', async (t) => {
  const world = await aWorld();
  await world.generate(1_000_000);
  const id = await aDraft(world);
  const before = { issuedAt: '2023-12-31T10:00:00Z', reason: '补录' };
  const refused = await world.consignor.post(`/v1/manifests/${id}/issue`, { paper: before });
  t.match(refused, { status: 422, body: { basis: /固体废物污染环境防治法/ } }, 'the licence began in 2024');
});

t.test(
  'a code for a producer without a device: once, mistyped five times at most, gone after three days',
  async (t) => {
    const world = await aWorld();
    const { id } = await world.aManifest({ status: 'issued', declaredGrams: 1_000_000 });
    t.equal((await world.carrier.post(`/v1/manifests/${id}/pickup-code`)).status, 403);
    const { pickupCode } = ok(await world.consignor.post(`/v1/manifests/${id}/pickup-code`));
    t.match(pickupCode, /^\d{6}$/);
    const wrong = pickupCode === '000000' ? '000001' : '000000';
    const load = [{ line: 1, massGrams: 1_000_000 }];
    for (const left of [4, 3, 2, 1, 0])
      t.match(await pickUp(world, id, load, { pickupCode: wrong }), {
        status: 422,
        body: { detail: new RegExp(`${left} attempt`), errors: [{ pointer: '/pickupCode' }] },
      });
    t.match(await pickUp(world, id, load, { pickupCode }), { status: 422 }, 'locked, even for the right one');
    const { rows } = await world.service.database.pool.query(
      'select canonical from custody_events where subject_id = $1',
      [id],
    );
    t.notMatch(JSON.stringify(rows), pickupCode, 'the code is in no event');
    const fresh = ok(await world.consignor.post(`/v1/manifests/${id}/pickup-code`)).pickupCode;
    const fullWidth = (fresh as string).replaceAll(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));
    ok(await pickUp(world, id, load, { pickupCode: fullWidth }));
    t.match(ok(await world.consignor.get(`/v1/manifests/${id}`)), { pickupConfirmedBy: 'code', status: 'in_transit' });
  },
);

t.test('whether a code has expired our clock says; offline it may lie back as far as late reports may', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'issued', declaredGrams: 1_000_000 });
  const load = [{ line: 1, massGrams: 1_000_000 }];
  const givenAt = world.clock.now().getTime();
  const { pickupCode } = ok(await world.consignor.post(`/v1/manifests/${id}/pickup-code`));
  const typed = (minutesAfter: number, entryMode: string) =>
    pickUp(world, id, load, {
      pickupCode,
      occurredAt: new Date(givenAt + minutesAfter * 60_000).toISOString(),
      entryMode,
    });
  const refusal = { status: 422, body: { errors: [{ pointer: '/pickupCode' }], basis: 'TM 10(3)' } };
  world.clock.advanceMs((3 * 24 + 20) * 3_600_000);
  t.match(await typed(3 * DAY_MINUTES - 1, 'live'), refusal, 'said live after it had expired');
  t.match(await typed(3 * DAY_MINUTES, 'offline'), refusal, 'typed when it had expired');
  t.match(await typed(2 * DAY_MINUTES, 'offline'), refusal, 'said more than a day late');
  ok(await typed(3 * DAY_MINUTES - 1, 'offline'));
  t.match(ok(await world.consignor.get(`/v1/manifests/${id}`)), { pickupConfirmedBy: 'code' });
  const { id: other } = await world.aManifest({ status: 'issued', declaredGrams: 1_000_000 });
  const fresh = ok(await world.consignor.post(`/v1/manifests/${other}/pickup-code`)).pickupCode;
  ok(await pickUp(world, other, load, { pickupCode: fresh, occurredAt: at(world, -20) }));
  t.match(ok(await world.consignor.get(`/v1/manifests/${other}`)), { pickupConfirmedBy: 'code' }, 'loaded first');
});

t.test('without a code the consignor confirms afterwards, once', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit' });
  ok(await world.consignor.post(`/v1/manifests/${id}/pickup-confirmation`, { occurredAt: at(world) }));
  t.match(ok(await world.consignor.get(`/v1/manifests/${id}`)), { pickupConfirmedBy: 'consignor' });
  t.match(await world.consignor.post(`/v1/manifests/${id}/pickup-confirmation`, { occurredAt: at(world) }), {
    status: 409,
  });
});
