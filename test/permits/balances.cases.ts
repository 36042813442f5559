// What is left of a permit, through the acts of manifests; and that nobody passes a hard cap, however many try at once.
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import t from 'tap';
import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { checkRebuild, rebuild } from '../../src/rebuild.ts';
import { startService } from '../../src/service.ts';
import { aLicence, aLine, aParty, aRegulator, arrive, aSite, codesOf, pickUp, receive } from '../manifests/given.ts';
import { edit } from '../registers/given.ts';
import { type Answer, aWorld, type Caller, callerWith, ok, type World } from '../support/world.ts';

const TONNE = 1_000_000;
const issue = (caller: Caller, id: string): Promise<Answer> => caller.post(`/v1/manifests/${id}/issue`);
const balancesOf = async (caller: Caller, id: string) => ok(await caller.get(`/v1/permits/${id}`)).balances;

/** A plant in Chongqing that takes waste from the world's consignor in Chengdu, with an approval for so much. */
async function across(world: World, capGrams: number) {
  const plant = await aParty(world);
  await aLicence(world, plant);
  const [consignorSiteId, consigneeSiteId] = [await aSite(world.consignor, '510107'), await aSite(plant, '500106')];
  const approval = {
    type: 'cross_province_approval',
    number: randomUUID(),
    holderId: world.consignor.partyId,
    counterpartId: plant.partyId,
    wasteCodes: ['HW08'],
    capGrams,
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
  };
  const approvalId: string = ok(await world.admin.post('/v1/permits', approval)).id;
  const draft = async (massGrams: number, wasteCode = '900-249-08'): Promise<string> =>
    ok(
      await world.consignor.post(
        '/v1/manifests',
        world.draftBody({ consignorSiteId, consigneeSiteId, lines: [aLine({ massGrams, wasteCode })] }),
      ),
    ).id;
  return { plant, approvalId, draft, there: { ...world, consignee: plant } as World };
}

t.test('reserved at issue, used as accepted, released at void: on every permit that covers the line', async (t) => {
  const world = await aWorld();
  const { plant, approvalId, draft, there } = await across(world, 10 * TONNE);
  const [first, second, third] = [await draft(3 * TONNE), await draft(4 * TONNE), await draft(3 * TONNE + 1)];
  for (const id of [first, second]) t.equal((await issue(world.consignor, id)).status, 200);
  const left = (reservedGrams: number, usedGrams: number) => [
    { period: 'validity', reservedGrams, usedGrams, remainingGrams: 10 * TONNE - reservedGrams - usedGrams },
  ];
  t.same(await balancesOf(world.consignor, approvalId), left(7 * TONNE, 0));
  t.match(await issue(world.consignor, third), {
    status: 422,
    body: {
      basis: 'TM 28',
      errors: [{ pointer: '/lines/0/massGrams', detail: /10000001 g, 1 g too much/ }],
    },
  });
  t.same(await balancesOf(world.consignor, approvalId), left(7 * TONNE, 0), 'a refusal reserves nothing');
  const manifest = ok(await plant.get(`/v1/manifests/${first}`));
  t.same(
    manifest.permitUses.map((use: { type: string }) => use.type),
    ['licence', 'contract', 'management_plan', 'cross_province_approval'],
    'with the carrier there is a contract, with this plant none',
  );
  t.same(
    manifest.lines[0].permitIds,
    manifest.permitUses.map((use: { permitId: string }) => use.permitId),
  );
  ok(await world.consignor.post(`/v1/manifests/${second}/void`, { reason: 'test' }));
  t.same(await balancesOf(plant, approvalId), left(3 * TONNE, 0), 'the counterpart sees it too');
  ok(await pickUp(there, first, [{ line: 1, massGrams: 3 * TONNE }]));
  ok(await arrive(there, first));
  ok(await receive(there, first, [{ line: 1, acceptedGrams: 2 * TONNE, refusedGrams: TONNE }]));
  t.same(await balancesOf(world.consignor, approvalId), left(0, 2 * TONNE), 'as accepted, not as declared');
  t.equal((await issue(world.consignor, third)).status, 200, 'what was released may be used by another');
  const used = ok(await world.consignor.get(`/v1/permits/${approvalId}/uses`));
  const expected = [
    { id: third, status: 'issued', reservedGrams: 3 * TONNE + 1, usedGrams: 0 },
    { id: second, status: 'void', reservedGrams: 0, usedGrams: 0 },
    { id: first, status: 'received', reservedGrams: 0, usedGrams: 2 * TONNE },
  ].sort((a, b) => (a.id < b.id ? 1 : -1));
  t.match(used.items, expected);
  t.equal(used.items.length, 3);
  const page = ok(await world.consignor.get(`/v1/permits/${approvalId}/uses?limit=2`));
  t.match(page.items, expected.slice(0, 2));
  const rest = ok(await world.consignor.get(`/v1/permits/${approvalId}/uses?limit=2&cursor=${page.next}`));
  t.match(rest, { items: expected.slice(2), next: null });
});

t.test('who sees what is left: those it concerns; of a stranger’s licence one sees the terms', async (t) => {
  const world = await aWorld();
  const { plant, approvalId, draft } = await across(world, 10 * TONNE);
  const id = await draft(TONNE);
  ok(await issue(world.consignor, id));
  const licence = ok(await plant.get(`/v1/permits?holderId=${plant.partyId}`)).items[0];
  t.same(licence.balances, [{ period: '2026', reservedGrams: TONNE, usedGrams: 0, remainingGrams: null }]);
  t.equal(await balancesOf(world.stranger, licence.id), null);
  t.equal((await world.stranger.get(`/v1/permits/${licence.id}/uses`)).status, 404);
  t.equal((await world.stranger.get(`/v1/permits/${approvalId}/uses`)).status, 404);
  t.same(
    ok(await world.regulator.get(`/v1/permits/${approvalId}/uses`)).items,
    [],
    'Jinan watches the holder, not Chengdu',
  );
  const chengdu = await aRegulator(world, '510100');
  t.equal((await chengdu.get(`/v1/permits/${approvalId}`)).status, 404, 'and Chengdu no party of it');
  t.match(ok(await plant.get(`/v1/permits/${licence.id}/uses`)).items, [{ id, reservedGrams: TONNE }]);
});

t.test('two processes issue at once, and the approved quantity is never passed', { timeout: 120_000 }, async (t) => {
  const world = await aWorld();
  const config = readConfig({ LOG_LEVEL: 'silent', ROLE: 'api', RATE_LIMIT_PER_MINUTE: '1000000', JOURNAL_LANES: '2' });
  const [logger, metrics] = [pino({ level: 'silent' }), createMetrics()];
  const other = await startService({ config, databaseUrl: world.databaseUrl, clock: world.clock, logger, metrics });
  const app = await buildApp({ config, service: other, logger, metrics, version: 'test' });
  const elsewhere = callerWith(app, world.consignor.apiKey, world.consignor.partyId);
  const { approvalId, draft } = await across(world, 7 * TONNE + TONNE / 2);
  const ids = await Promise.all(Array.from({ length: 24 }, () => draft(TONNE)));
  const answers = await Promise.all(ids.map((id, nth) => issue(nth % 2 === 0 ? world.consignor : elsewhere, id)));
  const counts = (status: number) => answers.filter((answer) => answer.status === status).length;
  t.same([counts(200), counts(422)], [7, 17]);
  t.ok(
    answers.every(({ status, body }) => status === 200 || body.basis === 'TM 28'),
    'the others are told why',
  );
  t.match(await balancesOf(world.consignor, approvalId), [{ reservedGrams: 7 * TONNE, remainingGrams: TONNE / 2 }]);
  const issued = ids.filter((_, nth) => answers[nth]!.status === 200);
  const waiting = ids.filter((_, nth) => answers[nth]!.status === 422);
  // Freed and taken again at the same moment: as many more as were freed, no more.
  const again = await Promise.all([
    ...issued.slice(0, 3).map((id) => world.consignor.post(`/v1/manifests/${id}/void`, { reason: 'test' })),
    ...waiting.map((id, nth) => issue(nth % 2 === 0 ? world.consignor : elsewhere, id)),
  ]);
  const taken = again.slice(3).filter(({ status }) => status === 200).length;
  t.ok(taken <= 3, `${taken} of the three that were freed`);
  t.match(await balancesOf(world.consignor, approvalId), [{ reservedGrams: (4 + taken) * TONNE }]);
  await app.close();
  await other.stop();
});

t.test('an issue beside a correction counts what the correction says was used', async (t) => {
  const world = await aWorld();
  for (let round = 0; round < 6; round++) {
    const { approvalId, draft, there } = await across(world, 2 * TONNE + TONNE / 2);
    const [received, next] = [await draft(TONNE), await draft(TONNE, '900-214-08')]; // drawn from stocks of their own
    ok(await issue(world.consignor, received));
    ok(await pickUp(there, received, [{ line: 1, massGrams: TONNE }]));
    ok(await arrive(there, received));
    ok(await receive(there, received, [{ line: 1, acceptedGrams: TONNE }]));
    const changes = [{ path: '/lines/0/acceptedGrams', value: 2 * TONNE }];
    const correction = `/v1/manifests/${received}/correction`;
    const { awaits } = ok(await there.consignee.post(correction, { reason: '录入错误', changes }));
    t.same([...awaits].sort(), ['consignor', 'regulator']);
    ok(await (await aRegulator(world, '500000')).post(`${correction}-approval`));
    const generated = {
      siteId: world.consignorSiteId,
      wasteCode: '900-249-08',
      massGrams: 1,
      occurredAt: world.clock.now().toISOString(),
    };
    const [, approved, issued] = await Promise.all([
      world.consignor.post('/v1/generations', generated), // while it commits, the others gather
      world.consignor.post(`${correction}-approval`),
      issue(world.consignor, next),
    ]);
    t.match(ok(approved), { correction: 'applied' });
    const { rows } = await world.service.database.pool.query<{ type: string }>(
      "select type from custody_events where subject_id = any($1) and (type = 'manifest_corrected' or (type = 'manifest_issued' and subject_id = $2)) order by ordinal",
      [[received, next], next],
    );
    const order = rows.map(({ type }) => type);
    t.same(order, issued.status === 200 ? ['manifest_issued', 'manifest_corrected'] : ['manifest_corrected']);
    t.match(await balancesOf(world.consignor, approvalId), [{ usedGrams: 2 * TONNE }]);
  }
});

t.test('a white list holds for the year, a point-to-point scheme for its user', async (t) => {
  const world = await aWorld();
  const { plant, approvalId, draft } = await across(world, 1);
  ok(await edit(world.admin, `/v1/permits/${approvalId}`, { status: 'revoked' }));
  t.match(await issue(world.consignor, await draft(TONNE)), {
    status: 422,
    body: { basis: '生态环境法典 536', errors: [{ pointer: '/lines/0/wasteCode', detail: /is revoked/ }] },
  });
  const list = {
    type: 'white_list',
    number: randomUUID(),
    holderId: plant.partyId,
    wasteCodes: ['HW08'],
    areas: ['510000'],
    capGrams: TONNE,
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
  };
  const listId = ok(await world.admin.post('/v1/permits', list)).id;
  t.equal((await issue(world.consignor, await draft(TONNE))).status, 200);
  t.match(await issue(world.consignor, await draft(1)), { status: 422, body: { basis: 'TM 28' } });
  t.match(await balancesOf(plant, listId), [{ period: '2026', reservedGrams: TONNE, remainingGrams: 0 }]);

  const user = await aParty(world);
  const lines = [
    aLine({
      wasteCode: '900-402-06',
      hazards: ['T', 'I', 'R'],
      plannedMethod: 'R2',
      massGrams: TONNE,
      exemption: { item: 32 },
    }),
  ];
  const body = world.draftBody({ consigneeSiteId: await aSite(user, '370117'), lines });
  const scheme = {
    type: 'point_to_point',
    number: randomUUID(),
    holderId: world.consignor.partyId,
    counterpartId: user.partyId,
    wasteCodes: ['900-402-06'],
    capGrams: TONNE,
    validFrom: '2026-01-01',
    validTo: '2028-01-01',
  };
  const drafted = async () => ok(await world.consignor.post('/v1/manifests', body)).id;
  t.match(await issue(world.consignor, await drafted()), {
    status: 422,
    body: { basis: '名录 附录 32', errors: [{ pointer: '/lines/0/exemption/item' }] },
  });
  ok(await world.admin.post('/v1/permits', scheme));
  const passed = await issue(world.consignor, await drafted());
  t.equal(passed.status, 200);
  t.ok(codesOf(passed).includes('exemption-claimed'));
  t.match(await issue(world.consignor, await drafted()), {
    status: 422,
    body: { errors: [{ pointer: '/lines/0/massGrams' }] },
  });
});

t.test('a claim that cannot fit is refused at drafting', async (t) => {
  const world = await aWorld();
  const body = world.draftBody({ lines: [aLine({ exemption: { item: 3 } })] });
  t.match(await world.consignor.post('/v1/manifests', body), {
    status: 422,
    body: { basis: '名录 附录', errors: [{ pointer: '/lines/0/exemption/item', detail: /./ }] },
  });
  t.equal(
    (await world.consignor.post('/v1/manifests', world.draftBody({ lines: [aLine({ exemption: { item: 33 } })] })))
      .status,
    400,
  );
});

t.test('contracts are filed by the consignor and seen by both sides; each numbers its own', async (t) => {
  const world = await aWorld();
  const contract = {
    type: 'contract',
    number: 'HT-2026-001',
    holderId: world.consignor.partyId,
    counterpartId: world.consignee.partyId,
    wasteCodes: [],
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
  };
  const { id } = ok(await world.consignor.post('/v1/permits', contract));
  for (const caller of [world.consignor, world.consignee, world.regulator, world.admin])
    t.match(ok(await caller.get(`/v1/permits/${id}`)), contract);
  for (const caller of [world.carrier, world.stranger]) t.equal((await caller.get(`/v1/permits/${id}`)).status, 404);
  t.match(await world.consignor.post('/v1/permits', contract), {
    status: 409,
    body: { errors: [{ pointer: '/number' }] },
  });
  t.equal(
    (await world.stranger.post('/v1/permits', { ...contract, holderId: world.stranger.partyId })).status,
    201,
    'another party, the same number',
  );
  t.equal((await edit(world.consignee, `/v1/permits/${id}`, { validTo: '2028-01-01' })).status, 403);
  ok(await edit(world.consignor, `/v1/permits/${id}`, { validTo: '2028-01-01' }));
});

t.test('what is stored of permits is what the events say', async (t) => {
  const world = await aWorld();
  for (const status of ['issued', 'received', 'void'] as const) await world.aManifest({ status });
  await world.jobsDone();
  t.same((await checkRebuild(world.databaseUrl)).differences, []);
  const { pool } = world.service.database;
  await pool.query('update permit_uses set reserved_grams = reserved_grams + 1');
  await pool.query('delete from permit_use_manifests where used_grams > 0');
  const damaged = (await checkRebuild(world.databaseUrl)).differences.join('\n');
  t.match(damaged, /permit_uses: /);
  t.match(damaged, /permit_use_manifests: .*follows from the events but is not stored/);
  await rebuild(world.databaseUrl);
  t.same((await checkRebuild(world.databaseUrl)).differences, []);
});
