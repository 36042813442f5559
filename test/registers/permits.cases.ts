import { randomUUID } from 'node:crypto';
import t from 'tap';
import { aWorld, ok } from '../support/world.ts';
import { edit } from './given.ts';

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
