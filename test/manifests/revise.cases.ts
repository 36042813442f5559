import t from 'tap';
import { aWorld, ok } from '../support/world.ts';
import { aDraft, aLine, codesOf, shapeOf } from './given.ts';

t.test('a draft is replaced as a whole, by its consignor', async (t) => {
  const world = await aWorld();
  const id = await aDraft(world, { lines: [aLine(), aLine({ wasteCode: '900-041-49' })] });
  const lines = [aLine({ massGrams: 2_500_000, hazards: ['C'] })];
  const answer = await world.consignor.put(`/v1/manifests/${id}`, world.draftBody({ lines, shipperRole: 'consignee' }));
  t.match(answer, { status: 200, body: { id, version: 2, status: 'draft' } });
  t.same(codesOf(answer), ['hazards-differ']);
  const manifest = ok(await world.consignor.get(`/v1/manifests/${id}`));
  t.match(manifest, {
    version: 2,
    shipperRole: 'consignee',
    lines: [{ line: 1, declaredGrams: 2_500_000, hazards: ['C'] }],
  });
  t.equal(manifest.lines.length, 1);
});

t.test('a draft of others does not exist', async (t) => {
  const world = await aWorld();
  const id = await aDraft(world);
  const absent = await world.carrier.put('/v1/manifests/01900000-0000-7000-8000-000000000000', world.draftBody());
  for (const caller of [world.carrier, world.consignee, world.stranger])
    t.same(shapeOf(await caller.put(`/v1/manifests/${id}`, world.draftBody())), shapeOf(absent));
  t.equal(absent.status, 404);
});

t.test('what has been issued is not revised', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'issued' });
  t.match(await world.consignor.put(`/v1/manifests/${id}`, world.draftBody()), {
    status: 409,
    body: { type: '/problems/wrong-status', allowedFrom: ['draft'], basis: 'TM 10(4)' },
  });
  t.match(await world.carrier.put(`/v1/manifests/${id}`, world.draftBody()), {
    status: 403,
    body: { type: '/problems/not-your-act' },
  });
});

t.test('a revision is checked as a draft is', async (t) => {
  const world = await aWorld();
  const id = await aDraft(world);
  const body = world.draftBody({ lines: [aLine({ wasteCode: '900-249-43' })] });
  t.equal((await world.consignor.put(`/v1/manifests/${id}`, body)).status, 422);
  t.equal(ok(await world.consignor.get(`/v1/manifests/${id}`)).version, 1);
});
