import t from 'tap';
import { aWorld, bookRead, ok, type World } from '../support/world.ts';
import { at } from './given.ts';

/** A place where one manifest is filled in a month. */
async function aMonthlyPlace(from: string): Promise<World> {
  const world = await aWorld();
  const row = {
    policy: 'manifest-mode',
    jurisdiction: '370112',
    stream: 'hazardous',
    value: 'monthly',
    looksAt: 'pickedUp',
    place: 'origin',
    basis: { instrument: '本平台约定 0022', article: '测试' },
    ours: true,
  };
  const card = { policy: 'card-number-format', jurisdiction: '370112', stream: 'hazardous', looksAt: 'issued' };
  const dated = { inForceFrom: from, inForceTo: null };
  for (const body of [
    { ...row, ...card, ...dated, value: { prefix: 'YK', serialDigits: 8 } },
    { ...row, ...dated },
  ])
    ok(await world.admin.post('/v1/policies', body));
  await bookRead(world.service);
  return world;
}

t.test('each visit is a card; the month is drawn over those received, and again when one comes late', async (t) => {
  const world = await aMonthlyPlace('2026-09-01');
  const { consignor, consignee, carrier, stranger, regulator, consignorSiteId: siteId, consigneeSiteId } = world;
  const visit = async () => world.aManifest({ status: 'received', declaredGrams: 1_000 });
  const first = await visit();
  t.match(first.number, /^YK20263701\d{8}$/, 'a number of its own series');
  const draw = { stream: 'hazardous', siteId, consigneeSiteId, month: '2026-09' };
  t.match(await consignor.post('/v1/monthly-manifests', draw), { status: 422 }, 'September is not over');
  const late = await world.aManifest({ status: 'arrived', declaredGrams: 2_000 });
  world.clock.set(new Date('2026-10-01T01:00:00Z'));
  const drawn = ok(await consignor.post('/v1/monthly-manifests', draw));
  t.match(drawn, { visits: 1, version: 1 });
  t.match(drawn.number, /^20263701\d{6}$/, 'fourteen digits');
  const path = `/v1/monthly-manifests/${drawn.id}`;
  t.match(ok(await consignor.get(path)), {
    number: drawn.number,
    visits: [{ manifestId: first.id, number: first.number }],
    totals: [{ wasteCode: '900-249-08', grams: 1_000 }],
  });
  t.match(await consignor.post('/v1/monthly-manifests', draw), { status: 409 }, 'over the same cards');
  ok(
    await consignee.post(`/v1/manifests/${late.id}/receipt`, {
      occurredAt: at(world),
      lines: [{ line: 1, acceptedGrams: 2_000 }],
    }),
  );
  const again = ok(await consignor.post('/v1/monthly-manifests', draw));
  t.match(again, { id: drawn.id, number: drawn.number, visits: 2, version: 2 }, 'the number stays');
  t.match(ok(await consignee.get(path)), { visits: { length: 2 }, totals: [{ grams: 3_000 }] });
  const history = ok(await regulator.get(`${path}/events`)).items;
  t.same(
    history.map(({ type }: { type: string }) => type),
    ['monthly_manifest_drawn', 'monthly_manifest_redrawn'],
  );
  for (const other of [carrier, stranger]) {
    t.match(await other.get(path), { status: 404 });
    t.match(await other.post('/v1/monthly-manifests', draw), { status: 404 });
  }
  const empty = await consignor.post('/v1/monthly-manifests', { ...draw, month: '2026-08' });
  t.match(empty, { status: 422 }, 'August was filled in trip by trip');
});

t.test('a card needs a load, and says who is to keep it how long', async (t) => {
  const world = await aWorld();
  const issued = await world.aManifest({ status: 'issued' });
  t.match(await world.consignor.get(`/v1/manifests/${issued.id}/card`), { status: 409 });
  const loaded = await world.aManifest({ status: 'in_transit' });
  t.match(ok(await world.carrier.get(`/v1/manifests/${loaded.id}/card`)), {
    institution: { name: '产废单位', site: '一厂' },
    carrier: { plate: world.plate },
    handedOver: null,
    received: null,
    keptThrough: { years: 5 },
  });
  t.match(await world.stranger.get(`/v1/manifests/${loaded.id}/card`), { status: 404 });
});
