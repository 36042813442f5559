// What an authority says of a unit: who may say it, who may know it.
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { DESIGNATIONS, DesignationBody, designationRefusal } from '../../src/parties/designations.ts';
import { DESIGNATION_TYPES } from '../../src/parties/tables.ts';
import { aRegulator } from '../manifests/given.ts';
import { aWorld, ok } from '../support/world.ts';
import { edit } from './given.ts';

t.test('each type knows its tags', async (t) => {
  const body = (changes: object) =>
    DesignationBody.parse({
      type: 'key_unit',
      partyId: randomUUID(),
      siteId: randomUUID(),
      stream: 'hazardous',
      reason: 'x',
      validFrom: '2026-01-01',
      ...changes,
    });
  const pointerOf = (changes: object) => designationRefusal(body(changes))?.errors?.[0]?.pointer ?? 'fits';
  for (const type of DESIGNATION_TYPES) {
    const { tags, ofSite } = DESIGNATIONS[type];
    t.equal(pointerOf({ type, tag: null }), tags.length === 0 ? 'fits' : '/tag', type);
    t.equal(pointerOf({ type, tag: 'nobody-knows' }), '/tag', type);
    for (const tag of tags) t.equal(pointerOf({ type, tag }), 'fits', tag);
    t.equal(pointerOf({ type, siteId: null, tag: tags[0] ?? null }), ofSite ? '/siteId' : 'fits');
  }
  t.equal(pointerOf({ validTo: '2025-12-31' }), '/validTo');
  t.equal(pointerOf({ validTo: '2026-01-01' }), 'fits', 'withdrawn: it held on no day');
});

t.test('entered by the authority of the place; known to the unit, its regulators and administrators', async (t) => {
  const world = await aWorld();
  const { consignor, regulator, admin, stranger } = world;
  const unit = {
    type: 'risk_tag',
    partyId: consignor.partyId,
    siteId: world.consignorSiteId,
    tag: 'nitration',
    stream: 'hazardous',
    reason: '有硝化工艺',
    validFrom: '2026-01-01',
  };
  const { id } = ok(await regulator.post('/v1/designations', unit));
  const path = `/v1/designations/${id}`;
  for (const caller of [consignor, regulator, admin]) {
    t.match(ok(await caller.get(path)), { ...unit, validTo: null, basis: null, version: 1 });
    t.equal(ok(await caller.get(`/v1/designations?siteId=${world.consignorSiteId}`)).items.length, 1);
  }
  const [elsewhere, ofMedical, ofCounty] = [
    await aRegulator(world, '371000'),
    await aRegulator(world, '370100', ['medical']),
    await aRegulator(world, '370112'),
  ];
  for (const caller of [stranger, elsewhere, ofMedical]) {
    t.equal((await caller.get(path)).status, 404);
    t.same(ok(await caller.get('/v1/designations')).items, []);
  }
  t.equal((await consignor.post('/v1/designations', unit)).status, 403, 'nobody designates itself');
  t.match(await elsewhere.post('/v1/designations', unit), { status: 403, body: { errors: [{ pointer: '/partyId' }] } });
  t.match(await ofMedical.post('/v1/designations', unit), { status: 403, body: { errors: [{ pointer: '/stream' }] } });
  t.equal((await edit(regulator, path, { tag: null })).status, 422);
  for (const caller of [elsewhere, ofMedical])
    t.equal((await caller.put(path, { ...unit, reason: 'x' }, { 'if-match': '"1"' })).status, 404);
  t.match(await regulator.put(path, { ...unit, stream: 'medical' }, { 'if-match': '"1"' }), { status: 403 });
  t.match(await admin.put(path, { ...unit, stream: 'medical' }, { 'if-match': '"1"' }), {
    status: 422,
    body: { errors: [{ pointer: '/stream' }] },
  });
  ok(await edit(regulator, path, { validTo: '2027-01-01', reason: '工艺将停用' }));
  t.match(ok(await consignor.get(path)), { validTo: '2027-01-01', reason: '工艺将停用', version: 2 });

  const override = { ...unit, type: 'site_class', tag: 'KEY' };
  t.match(await ofCounty.post('/v1/designations', override), {
    status: 403,
    body: { basis: 'HJ 1259-2022 4.2.2', errors: [{ pointer: '/type' }] },
  });
  t.equal((await ofCounty.post('/v1/designations', { ...unit, tag: 'nitration' })).status, 201);
  t.equal((await regulator.post('/v1/designations', override)).status, 201);
  t.match(await admin.post('/v1/designations', { ...unit, siteId: world.consigneeSiteId }), {
    status: 422,
    body: { errors: [{ pointer: '/siteId' }] },
  });
  const { rows } = await world.service.database.pool.query(
    "select canonical from custody_events where subject_id = $1 and canonical like '%硝化%'",
    [id],
  );
  t.same(rows, [], 'the reason is in no event');
});
