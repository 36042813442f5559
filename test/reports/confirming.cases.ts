// What a site confirms stands; zero is said expressly; a correction says what it changes.
import t from 'tap';
import { checkRebuild } from '../../src/rebuild.ts';
import { edit } from '../registers/given.ts';
import { aWorld, ok, type World } from '../support/world.ts';
import { AUGUST, AUGUST_BEGINS, confirm, draftOf, generated } from './given.ts';

const moveTo = (world: World, instant: string): void => {
  if (world.clock.now() < new Date(instant)) world.clock.set(new Date(instant));
};

t.test('figures are confirmed as read; what changed meanwhile is named and nothing is kept', async (t) => {
  const world = await aWorld();
  const { consignor, regulator, stranger, consignorSiteId: siteId } = world;
  await generated(world, 1_000, AUGUST_BEGINS, { pieces: 1 });
  const { figures } = ok(await draftOf(consignor, siteId));
  await generated(world, 23, AUGUST_BEGINS);
  const body = { siteId, period: AUGUST, figures };
  t.match(await consignor.post('/v1/reports', body), {
    status: 412,
    body: {
      errors: [
        { pointer: '/figures/900-249-08/generated', detail: '1000 g, 1 pieces → 1023 g, 1 pieces' },
        { pointer: '/figures/900-249-08/closing' },
      ],
    },
  });
  t.match(await confirm(consignor, siteId, AUGUST, { zeroReport: true }), {
    status: 422,
    body: { errors: [{ pointer: '/zeroReport' }] },
  });
  t.match(await confirm(consignor, siteId, '2026-09'), { status: 422, body: { errors: [{ pointer: '/period' }] } });
  t.equal((await stranger.post('/v1/reports', body)).status, 404);
  const confirmed = await confirm(consignor, siteId);
  t.match(confirmed, { status: 201, body: { period: AUGUST, dueOn: '2026-09-15', zeroReport: false, changes: [] } });
  const path = `/v1/reports/${confirmed.body.id}`;
  t.match(ok(await consignor.get(path)), {
    version: 1,
    status: 'confirmed_late',
    figures: [{ generated: { grams: 1_023 } }],
    changedSince: [],
  });
  t.match(confirmed.body.warnings, [{ code: 'report-late', basis: 'HJ 1259-2022 7.2.1' }]);
  t.match(await confirm(consignor, siteId), { status: 409, body: { type: '/problems/already-exists' } });
  t.equal((await regulator.get(path)).status, 200);
  t.equal((await stranger.get(path)).status, 404);

  await generated(world, 77, AUGUST_BEGINS);
  const late = ok(await regulator.get(path));
  t.match(late, { version: 1, figures: [{ generated: { grams: 1_023 } }] }, 'what was confirmed stands');
  t.match(late.changedSince, [
    { column: 'generated', was: { grams: 1_023 }, is: { grams: 1_100 } },
    { column: 'closing' },
  ]);
  const corrected = await confirm(consignor, siteId);
  t.match(corrected, { status: 200, body: { version: 2, changes: late.changedSince, warnings: [] } });
  const second = ok(await consignor.get(path));
  t.match(second, {
    version: 2,
    status: 'confirmed_late',
    changedSince: [],
    figures: [{ generated: { grams: 1_100 } }],
  });
  t.match(second.versions, [
    { version: 1, changes: [], confirmedById: consignor.partyId },
    { version: 2, changes: late.changedSince },
  ]);
  t.ok(second.ledgerOrdinal > late.ledgerOrdinal);
  t.same((await checkRebuild(world.databaseUrl)).differences, []);
});

t.test('nothing at all is reported expressly, or it is silence', async (t) => {
  const world = await aWorld();
  const { consignor, consignorSiteId: siteId } = world;
  t.match(await confirm(consignor, siteId, AUGUST, { zeroReport: false }), {
    status: 422,
    body: { errors: [{ pointer: '/zeroReport', detail: 'true' }] },
  });
  t.match(await confirm(consignor, siteId), { status: 201, body: { zeroReport: true } });
  await generated(world, 5, '2026-07-02T00:00:00Z');
  t.match(ok(await draftOf(consignor, siteId)), { zeroReport: true }, 'old stock alone is none either');
  t.match(await confirm(consignor, siteId), { status: 200, body: { zeroReport: true, version: 2 } });
});

t.test('an agent confirms while it may, in the name of the site', async (t) => {
  const world = await aWorld();
  const { consignor, carrier, consignorSiteId: siteId } = world;
  await generated(world, 5, AUGUST_BEGINS);
  const { figures } = ok(await draftOf(consignor, siteId));
  const confirmed = () => carrier.post('/v1/reports', { siteId, period: AUGUST, figures });
  t.equal((await confirmed()).status, 404);
  const grant = (acts: readonly string[]) =>
    consignor.post('/v1/delegations', {
      principalId: consignor.partyId,
      agentId: carrier.partyId,
      siteIds: [siteId],
      acts,
      validFrom: '2026-01-01',
      validTo: '2027-01-01',
    });
  ok(await grant(['generation']));
  t.match(await confirmed(), { status: 403, body: { detail: /"report"/ } });
  const { id } = ok(await grant(['report']));
  ok(await edit(consignor, `/v1/delegations/${id}`, { status: 'revoked' }));
  t.match(await confirmed(), { status: 403, body: { detail: /revoked/ } });
  ok(await grant(['report']));
  const { id: reportId } = ok(await confirmed());
  t.match(ok(await consignor.get(`/v1/reports/${reportId}`)).versions, [
    { confirmedById: carrier.partyId, onBehalfOf: consignor.partyId },
  ]);
});

t.test('what is owed, and both sides of the last day', async (t) => {
  const world = await aWorld();
  const { consignor, regulator, stranger, consignorSiteId: siteId } = world;
  const dues = async () => ok(await consignor.get(`/v1/sites/${siteId}/reports?year=2026`)).items;
  t.match(await dues(), [
    { id: null, siteId, period: '2026', siteClass: 'REGISTER', status: 'running', dueOn: '2027-03-31' },
  ]);
  for (const url of [`/v1/sites/${siteId}/reports?year=2025`, '/v1/reports?period=2025'])
    t.same(ok(await consignor.get(url)).items, [], 'nothing is owed of the years before the site was registered');
  await generated(world, 10_000_000, '2026-02-02T00:00:00Z');
  t.match(
    (await dues()).map(({ period, status }: { period: string; status: string }) => [period, status]),
    [
      ['2026-Q1', 'overdue'],
      ['2026-Q2', 'overdue'],
      ['2026-Q3', 'running'],
      ['2026-Q4', 'running'],
      ['2026', 'running'],
    ],
    'a site of 10 t is in the simplified class',
  );
  t.equal((await stranger.get(`/v1/sites/${siteId}/reports?year=2026`)).status, 404);
  const q3 = async () => (await dues())[2];
  moveTo(world, '2026-09-30T16:00:00Z');
  t.match(await q3(), { status: 'due', dueOn: '2026-10-15', basis: 'HJ 1259-2022 7.2.2' });
  moveTo(world, '2026-10-15T15:59:59.999Z');
  t.match(await q3(), { status: 'due' });
  const other = ok(
    await consignor.post('/v1/sites', { partyId: consignor.partyId, name: '二厂', region: '370112' }),
  ).id;
  await generated(world, 10_000_000, '2026-02-02T00:00:00Z', { siteId: other });
  const inTime = ok(await confirm(consignor, siteId, '2026-Q3'));
  t.same(inTime.warnings, []);
  moveTo(world, '2026-10-15T16:00:00Z');
  t.match(await q3(), { id: inTime.id, siteId, status: 'confirmed', zero: true });
  const listed = async (query: string) => ok(await regulator.get(`/v1/reports?period=2026-Q3&limit=200${query}`)).items;
  const statusOf = async (id: string) =>
    (await listed('')).find((due: { siteId: string }) => due.siteId === id)?.status;
  t.equal(await statusOf(other), 'overdue');
  t.ok((await listed('&status=overdue')).some((due: { siteId: string }) => due.siteId === other));
  t.notOk((await listed('&status=overdue')).some((due: { siteId: string }) => due.siteId === siteId));
  t.ok((await listed('&region=370112')).length >= 2);
  t.same(await listed('&region=440100'), [], 'outside its jurisdiction');
  t.match(ok(await confirm(consignor, other, '2026-Q3')).warnings, [{ code: 'report-late' }]);
  const [listedOne] = ok(await consignor.get('/v1/reports?period=2026-Q3&status=confirmed_late')).items;
  t.match(ok(await consignor.get(`/v1/reports/${listedOne.id}`)), { id: listedOne.id, siteId: other });
  t.equal(await statusOf(other), 'confirmed_late');
  t.equal(ok(await consignor.get('/v1/reports?period=2026-Q3')).items.length, 2, 'its own');
  const first = ok(await consignor.get('/v1/reports?period=2026-Q3&limit=1'));
  const next = ok(await consignor.get(`/v1/reports?period=2026-Q3&limit=1&cursor=${first.next}`));
  t.same(
    [...first.items, ...next.items].map(({ siteId: id }: { siteId: string }) => id),
    [other, siteId],
  );
  t.equal(next.next, null);
});
