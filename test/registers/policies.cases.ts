import t from 'tap';
import { seedPolicyRows } from '../../src/catalogue/policies.ts';
import { policyKind } from '../../src/catalogue/registers.ts';
import { seedRows } from '../../src/catalogue/seeding.ts';
import type { Kind } from '../../src/platform/subjects.ts';
import { at } from '../manifests/given.ts';
import { aWorld, ok } from '../support/world.ts';
import { edit } from './given.ts';

t.test('policies: a change of law is a new row, none overlaps, and acts are judged by it from then on', async (t) => {
  const world = await aWorld();
  const row = {
    policy: 'confirm-receipt-working-days',
    jurisdiction: '370117',
    stream: 'hazardous',
    value: 2,
    looksAt: 'arrived',
    place: 'destination',
    basis: { instrument: '钢城区规定', article: '1' },
    inForceFrom: '2026-09-01',
  };
  const before = await world.aManifest({ status: 'in_transit' });
  const made = ok(await world.admin.post('/v1/policies', row));
  t.match(await world.admin.post('/v1/policies', { ...row, inForceFrom: '2027-01-01' }), {
    status: 422,
    body: { errors: [{ pointer: '/inForceFrom' }] },
  });
  t.match(await world.admin.post('/v1/policies', { ...row, jurisdiction: '370116', value: 'two' }), {
    status: 422,
    body: { errors: [{ pointer: '/value' }] },
  });
  for (const otherwise of [{ looksAt: 'issued' }, { place: 'origin' }])
    t.match(await world.admin.post('/v1/policies', { ...row, jurisdiction: '370116', ...otherwise }), {
      status: 422,
      body: {
        errors: [
          { pointer: `/${Object.keys(otherwise)[0]}`, detail: /looked up by (looksAt arrived|place destination);/ },
        ],
      },
    });
  t.match(ok(await world.carrier.get('/v1/policies?jurisdiction=370117&day=2026-09-16')).items, [
    { id: made.id, value: 2 },
  ]);
  t.same(ok(await world.carrier.get('/v1/policies?jurisdiction=370117&day=2026-08-31')).items, []);
  const ended = await edit(world.admin, `/v1/policies/${made.id}`, { inForceTo: '2027-01-01' });
  t.equal(ended.status, 200);
  t.equal(
    (await world.admin.post('/v1/policies', { ...row, inForceFrom: '2027-01-01' })).status,
    201,
    'one follows the other',
  );
  const known = async () => (await world.aManifest({ status: 'in_transit' })).id;
  const due = async (id: string) =>
    ok(await world.carrier.post(`/v1/manifests/${id}/arrival`, { occurredAt: at(world) })).receiptDueOn as string;
  // Every process hears of it within a second or so.
  let seen = '';
  for (const end = performance.now() + 5_000; seen !== '2026-09-18' && performance.now() < end; )
    seen = await due(await known());
  t.equal(seen, '2026-09-18', 'two working days');
  t.equal(await due(before.id), '2026-09-18', 'by the law of the day it arrived');
});

t.test('a shipped row that a later build words otherwise starts no quarrel: what was adopted stays', async (t) => {
  const { service, admin } = await aWorld();
  const reworded = seedPolicyRows.map((row) => ({ ...row, basis: { ...row.basis, article: 'reworded' } }));
  await seedRows(service.journal, policyKind as unknown as Kind, reworded);
  const { items } = ok(await admin.get('/v1/policies?jurisdiction=000000&day=2026-09-16'));
  t.ok(items.length > 0);
  t.notOk((items as { basis: { article: string } }[]).some(({ basis }) => basis.article === 'reworded'));
});
