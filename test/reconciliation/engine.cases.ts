import { pino } from 'pino';
import t from 'tap';
import { readConfig } from '../../src/config.ts';
import { SYSTEM_CALLER, SYSTEM_PARTY } from '../../src/platform/jobs.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { checkRebuild } from '../../src/rebuild.ts';
import { judge } from '../../src/reconciliation/commands.ts';
import { startService } from '../../src/service.ts';
import { arrive, at, codesOf, pickUp, receive } from '../manifests/given.ts';
import { edit } from '../registers/given.ts';
import { aWorld, ok, type World } from '../support/world.ts';

const HOUR_MS = 3_600_000;

const anomaliesOf = async (world: World, subjectId: string, rule: string) =>
  ok(await world.regulator.get(`/v1/anomalies?limit=200&subjectId=${subjectId}&rule=${rule}`)).items;

const historyOf = async (world: World, id: string): Promise<string[]> => {
  const { rows } = await world.service.database.pool.query<{ type: string }>(
    'select type from custody_events where subject_id = $1 order by seq',
    [id],
  );
  return rows.map(({ type }) => type);
};

/** Jobs run, as far as they are due. */
const settled = (ms = 400) => new Promise((resolve) => setTimeout(resolve, ms));

t.test('TM 18 ¶1: the term runs out at its very end, and a receipt after it ends the breach', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived' });
  const due = new Date(`${ok(await world.consignee.get(`/v1/manifests/${id}`)).receiptDueOn}T16:00:00Z`);
  await world.jobsDone();
  world.clock.set(new Date(due.getTime() - 1));
  world.service.wakeJobs();
  await settled();
  t.same(await anomaliesOf(world, id, 'confirmation_overdue'), [], 'a millisecond before');
  world.clock.set(due);
  await world.jobsDone();
  const [open] = await anomaliesOf(world, id, 'confirmation_overdue');
  t.match(open, {
    status: 'open',
    severity: 'warning',
    basis: 'TM 18 ¶1',
    beganAt: due.toISOString(),
    endedAt: null,
    question: { partyId: world.consignee.partyId },
  });
  world.clock.advanceMs(30 * HOUR_MS);
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 5_000_000 }]));
  await world.jobsDone();
  t.match(await anomaliesOf(world, id, 'confirmation_overdue'), [
    { id: open.id, status: 'ended', severity: 'warning', durationHours: 30 },
  ]);
  t.same(await historyOf(world, open.id), ['anomaly_raised', 'anomaly_ended']);
  world.clock.advanceMs(400 * HOUR_MS);
  await world.jobsDone();
  t.equal((await historyOf(world, open.id)).length, 2, 'its next step comes due and finds it over');
});

t.test('a receipt that says it was made offline weeks ago ends the breach, and does not undo it', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived' });
  const acceptedAt = at(world, 60);
  world.clock.advanceMs(40 * 24 * HOUR_MS);
  await world.jobsDone();
  t.match(await anomaliesOf(world, id, 'confirmation_overdue'), [{ status: 'open', severity: 'critical' }]);
  const lines = [{ line: 1, acceptedGrams: 5_000_000 }];
  ok(await receive(world, id, lines, { occurredAt: acceptedAt, entryMode: 'offline' }));
  await world.jobsDone();
  t.match(await anomaliesOf(world, id, 'confirmation_overdue'), [
    { status: 'ended', severity: 'critical', endedAt: at(world) },
  ]);
});

t.test('a breach grows by its steps while it lasts', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit' });
  await world.jobsDone();
  world.clock.advanceMs(48 * HOUR_MS);
  await world.jobsDone();
  t.match(await anomaliesOf(world, id, 'transit_overlong'), [{ status: 'open', severity: 'warning' }]);
  world.clock.advanceMs(48 * HOUR_MS);
  await world.jobsDone();
  const [anomaly] = await anomaliesOf(world, id, 'transit_overlong');
  t.match(anomaly, { status: 'open', severity: 'critical' });
  ok(await arrive(world, id, { occurredAt: at(world, -24 * 60) }));
  await world.jobsDone();
  t.match(
    await anomaliesOf(world, id, 'transit_overlong'),
    [{ id: anomaly.id, status: 'ended', severity: 'warning' }],
    'as long as it lasted by what is told of it',
  );
});

t.test('what was sent back is waited for as what was sent', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived' });
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 0 }]));
  ok(await world.carrier.post(`/v1/manifests/${id}/return`, { occurredAt: at(world), plate: world.plate }));
  world.clock.advanceMs(48 * HOUR_MS - 1);
  await world.jobsDone();
  t.same(await anomaliesOf(world, id, 'transit_overlong'), []);
  world.clock.advanceMs(1);
  await world.jobsDone();
  t.match(await anomaliesOf(world, id, 'transit_overlong'), [{ status: 'open', severity: 'warning' }]);
  world.clock.advanceMs(48 * HOUR_MS);
  await world.jobsDone();
  t.match(await anomaliesOf(world, id, 'transit_overlong'), [{ status: 'open', severity: 'critical' }]);
  const taken = { occurredAt: at(world), lines: [{ line: 1, massGrams: 5_000_000 }] };
  ok(await world.consignor.post(`/v1/manifests/${id}/return-receipt`, taken));
  await world.jobsDone();
  t.match(await anomaliesOf(world, id, 'transit_overlong'), [{ status: 'ended' }]);
  t.same((await checkRebuild(world.databaseUrl)).differences, []);
});

t.test('a late fact that shows there was no breach makes it void', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit' });
  const hourLater = at(world, 60);
  await world.jobsDone();
  world.clock.advanceMs(50 * HOUR_MS);
  await world.jobsDone();
  const [anomaly] = await anomaliesOf(world, id, 'transit_overlong');
  ok(await arrive(world, id, { occurredAt: hourLater, entryMode: 'offline' }));
  await world.jobsDone();
  t.match(await anomaliesOf(world, id, 'transit_overlong'), [{ id: anomaly.id, status: 'void' }]);
});

t.test('a load that was lost as a whole is on no road: no breach from then on, and none before', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit', declaredGrams: 1_000_000 });
  const lines = [{ line: 1, grams: 1_000_000 }];
  const incident = { occurredAt: at(world, 60), type: 'loss', place: 'G3', description: '翻入河中', lines };
  await world.jobsDone();
  world.clock.advanceMs(50 * HOUR_MS);
  ok(await world.carrier.post(`/v1/manifests/${id}/incident`, incident));
  await world.jobsDone();
  t.match(await anomaliesOf(world, id, 'transit_overlong'), [{ status: 'open' }]);
  for (const caller of [world.consignor, world.carrier])
    ok(await caller.post(`/v1/manifests/${id}/incident-plan`, { plan: '打捞' }));
  ok(
    await world.carrier.post(`/v1/manifests/${id}/incident-resolution`, {
      occurredAt: at(world),
      lines: [{ line: 1, lostGrams: 1_000_000, recoveredGrams: 0 }],
    }),
  );
  await world.jobsDone();
  world.clock.advanceMs(100 * HOUR_MS);
  await world.jobsDone();
  t.match(await anomaliesOf(world, id, 'transit_overlong'), [{ status: 'void' }]);
});

t.test('told late, and over already: it is raised and ended at once', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'issued' });
  const loadedAt = at(world);
  world.clock.advanceMs(60 * HOUR_MS);
  ok(await pickUp(world, id, [{ line: 1, massGrams: 5_000_000 }], { occurredAt: loadedAt, entryMode: 'offline' }));
  ok(await arrive(world, id));
  await world.jobsDone();
  const [anomaly] = await anomaliesOf(world, id, 'transit_overlong');
  t.match(anomaly, { status: 'ended', durationHours: 12 });
  t.same(await historyOf(world, anomaly.id), ['anomaly_raised', 'anomaly_ended']);
});

t.test('judged again, nothing changes; a rule nobody knows is refused', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'received', acceptedGrams: 4_000_000 });
  await world.jobsDone();
  const [anomaly] = await anomaliesOf(world, id, 'mass');
  const submit = (rule: string, key: string, period = '') =>
    world.service.journal.submit(
      judge,
      { rule, subjectId: id, period },
      { caller: SYSTEM_CALLER, organisation: SYSTEM_PARTY, key },
    );
  t.match(await submit('mass', `again ${id}`), { body: { id: anomaly.id, outcome: 'unchanged' } });
  t.match(await submit('over_scale', `none ${id}`, '2026'), { body: { outcome: 'not_judged', missing: 'permit' } });
  await t.rejects(submit('no_such_rule', `unknown ${id}`), { message: /not-found/ });
  t.same(await historyOf(world, anomaly.id), ['anomaly_raised']);
});

t.test('two processes judge one subject at once: one history, one opinion', async (t) => {
  const world = await aWorld();
  const logger = pino({ level: 'silent' });
  const second = await startService({
    config: readConfig({ LOG_LEVEL: 'silent' }),
    databaseUrl: world.databaseUrl,
    clock: world.clock,
    logger,
    metrics: createMetrics(),
  });
  t.teardown(() => second.stop());
  const { id } = await world.aManifest({ status: 'received', acceptedGrams: 4_000_000 });
  const judged = await Promise.all(
    [world.service, second].flatMap(({ journal }, process) =>
      [1, 2, 3].map((n) =>
        journal.submit(
          judge,
          { rule: 'mass', subjectId: id, period: '' },
          { caller: SYSTEM_CALLER, organisation: SYSTEM_PARTY, key: `both ${process} ${n} ${id}` },
        ),
      ),
    ),
  );
  t.equal(new Set(judged.map(({ body }) => body.id)).size, 1);
  await world.jobsDone();
  const [anomaly, ...more] = await anomaliesOf(world, id, 'mass');
  t.same(more, []);
  t.same(await historyOf(world, anomaly.id), ['anomaly_raised']);
});

t.test('rule rows: entered and amended by administrators, checked by the rule they are of', async (t) => {
  const world = await aWorld();
  const row = {
    rule: 'transit_overlong',
    jurisdiction: '370103',
    stream: 'hazardous',
    parameters: { transitHoursMax: 6 },
    steps: [{ severity: 'info', over: 0 }],
    basis: '市中区试行',
    ours: true,
    inForceFrom: '2030-01-01',
  };
  const refused = async (changes: object, pointer: string) =>
    t.match(await world.admin.post('/v1/rules', { ...row, ...changes }), {
      status: 422,
      body: { errors: [{ pointer }] },
    });
  await refused({ rule: 'no_such_rule' }, '/rule');
  await refused({ parameters: { transitHoursMax: 0 } }, '/parameters/transitHoursMax');
  await refused({ parameters: {} }, '/parameters/transitHoursMax');
  await refused({ steps: [] }, '/steps');
  await refused({ rule: 'mass', parameters: { scaleDivisionGramsMax: 1 } }, '/steps');
  await refused({ steps: [row.steps[0], { severity: 'info', over: 1 }] }, '/steps');
  await refused({ inForceTo: '2030-01-01' }, '/inForceTo');
  await refused({ jurisdiction: '379999' }, '/jurisdiction');
  t.equal((await world.regulator.post('/v1/rules', row)).status, 403);
  const { id } = ok(await world.admin.post('/v1/rules', row));
  await refused({}, '/inForceFrom');
  t.match(await edit(world.admin, `/v1/rules/${id}`, { rule: 'mass', parameters: {}, steps: [] }), {
    status: 422,
    body: { errors: [{ pointer: '/rule' }] },
  });
  t.equal((await world.admin.put(`/v1/rules/${id}`, row, { 'if-match': '"7"' })).status, 412);
  t.equal((await edit(world.admin, `/v1/rules/${id}`, { inForceTo: '2030-02-01' })).status, 200);
  t.match(ok(await world.carrier.get('/v1/rules?rule=transit_overlong&jurisdiction=370103&day=2030-01-15')).items, [
    { id, version: 2, parameters: { transitHoursMax: 6 }, enabled: true },
  ]);
  t.equal((await edit(world.admin, `/v1/rules/${id}`, { enabled: false })).status, 200);
});

t.test('a row that changes judges again what is open and what has a term ahead, of its own days alone', async (t) => {
  const world = await aWorld();
  const [early, late] = [await world.aManifest({ status: 'in_transit' }), await world.aManifest({ status: 'issued' })];
  world.clock.advanceMs(24 * HOUR_MS);
  ok(await pickUp(world, late.id, [{ line: 1, massGrams: 5_000_000 }]));
  await world.jobsDone();
  const today = new Date(world.clock.now().getTime() + 8 * HOUR_MS).toISOString().slice(0, 10);
  world.clock.advanceMs(5 * HOUR_MS);
  const row = {
    rule: 'transit_overlong',
    jurisdiction: '370112',
    stream: 'hazardous',
    parameters: { transitHoursMax: 4 },
    steps: [{ severity: 'info', over: 0 }],
    basis: '历城区试行',
    ours: true,
    inForceFrom: today,
  };
  const made = await world.admin.post('/v1/rules', row);
  t.same(codesOf(made), []);
  const { id } = ok(made);
  const statusOf = async (manifest: { id: string }) => (await anomaliesOf(world, manifest.id, 'transit_overlong'))[0];
  await heardOf(world);
  t.match(await statusOf(late), {
    severity: 'info',
    ruleVersion: 1,
    tolerance: { value: 4, unit: 'hours' },
    basis: '历城区试行',
  });
  t.equal(await statusOf(early), undefined, 'loaded the day before: 48 hours, of which 29 have passed');
  t.equal((await edit(world.admin, `/v1/rules/${id}`, { parameters: { transitHoursMax: 12 } })).status, 200);
  await heardOf(world);
  t.match(await statusOf(late), { status: 'void' });
  world.clock.advanceMs(8 * HOUR_MS);
  await world.jobsDone();
  t.match(await statusOf(late), { status: 'open', ruleVersion: 2 }, 'the new term was asked about when it came due');
  t.equal((await edit(world.admin, `/v1/rules/${id}`, { enabled: false })).status, 200);
  await heardOf(world);
  const { id: unjudged } = await world.aManifest({ status: 'in_transit' });
  await world.jobsDone();
  world.clock.advanceMs(100 * HOUR_MS);
  await world.jobsDone();
  t.same(await anomaliesOf(world, unjudged, 'transit_overlong'), [], 'switched off here, though the nation has a row');
});

/** Every process hears of a changed row within a second; a few later, what it bears on is judged again. */
async function heardOf(world: World): Promise<void> {
  await settled(2_500);
  world.clock.advanceMs(6_000);
  await world.jobsDone();
}

t.test('what is stored of anomalies, rules and legs is what the events say', async (t) => {
  const world = await aWorld();
  await world.jobsDone();
  t.same((await checkRebuild(world.databaseUrl)).differences, []);
});
