import t from 'tap';
import { aDraft, anIssued, at } from '../manifests/given.ts';
import { aWorld, type Caller, ok } from '../support/world.ts';

/** That a validation says what the act says is shown by every step of every story (test/scenarios/rehearsing.ts). */
const validate = (caller: Caller, operation: string, more: object = {}, headers: Record<string, string> = {}) =>
  caller.post('/v1/validations', { operation, ...more }, { 'idempotency-key': 'unused', ...headers });

t.test('nothing is left behind: no key, event, report, job, row or number', async (t) => {
  const world = await aWorld();
  const { consignor, carrier } = world;
  const { pool } = world.service.database;
  const draft = await aDraft(world);
  const { id: notLoaded } = await anIssued(world);
  await world.jobsDone();
  const tables = [
    'act_keys',
    'custody_events',
    'event_refs',
    'event_details',
    'outbox',
    'unmatched_reports',
    'postings',
  ];
  const counted = async () => {
    const counts = tables.map((table) => `(select count(*)::int from ${table}) as ${table}`);
    const { rows } = await pool.query(
      `select ${counts.join(', ')}, (select array_agg(s order by s) from serials s) as serials`,
    );
    return rows[0];
  };
  const before = await counted();
  const generation = { siteId: world.consignorSiteId, wasteCode: '900-249-08', massGrams: 1, occurredAt: at(world) };
  const recorded = await validate(consignor, 'generations.record', { body: generation });
  t.match(recorded, { status: 201, body: { warnings: [], version: 1 } });
  t.same(Object.keys(recorded.body).sort(), ['version', 'warnings'], 'what would be drawn is left out');
  t.equal(recorded.headers.location, undefined);
  const issued = await validate(consignor, 'manifests.issue', { id: draft });
  t.match(issued, { status: 200, body: { id: draft, status: 'issued', version: 2 } });
  t.notOk('number' in issued.body);
  const early = await validate(carrier, 'manifests.arrival', { id: notLoaded, body: { occurredAt: at(world) } });
  t.match(early, { status: 409, body: { type: '/problems/wrong-status', allowedFrom: ['in_transit'] } });
  t.notOk('unmatchedReport' in early.body, 'no report is kept');
  t.same(await counted(), before);

  const real = ok(await consignor.post(`/v1/manifests/${draft}/issue`));
  t.match(real.number, /^\d{14}$/, 'and the act is still to be done');
  t.match(await validate(consignor, 'manifests.issue', { id: draft }), { status: 409 });
});

t.test('it is asked the same questions in the same order', async (t) => {
  const world = await aWorld();
  const { consignor, carrier, stranger, admin } = world;
  const draft = await aDraft(world);
  const { id: issued } = await anIssued(world);
  for (const [answer, status, told] of [
    [await validate(consignor, 'manifests.fly'), 400, '/operation'],
    [await validate(consignor, 'manifests.read'), 400, '/operation'],
    [await validate(consignor, 'manifests.issue'), 400, '/id'],
    [await validate(consignor, 'generations.record', { id: draft }), 400, '/id'],
    [await validate(consignor, 'keys.revoke', { id: draft, body: {} }), 400, '/body'],
    [await validate(consignor, 'manifests.issue', { id: draft, body: { paper: 1 } }), 400, '/paper'],
    [await validate(admin, 'manifests.issue', { id: draft }), 403, undefined],
    [await validate(carrier, 'manifests.issue', { id: issued }), 403, undefined],
    [await validate(stranger, 'manifests.issue', { id: draft }), 404, undefined],
  ] as const) {
    t.equal(answer.status, status, JSON.stringify(answer.body));
    t.equal(answer.body.errors?.[0]?.pointer, told);
  }
  const code = await validate(consignor, 'manifests.pickup-code', { id: draft });
  t.notOk('pickupCode' in code.body, 'a secret is drawn with the act');

  const key = { 'idempotency-key': 'validated-first' };
  const body = world.draftBody();
  t.equal((await validate(consignor, 'manifests.draft', { body }, key)).headers['idempotency-replayed'], undefined);
  const real = ok(await consignor.post('/v1/manifests', body, key));
  t.match(await validate(consignor, 'manifests.draft', { body }, key), {
    status: 201,
    headers: { 'idempotency-replayed': 'true' },
    body: { id: real.id },
  });
  const other = world.draftBody({ shipperRole: 'consignee' });
  t.match(await validate(consignor, 'manifests.draft', { body: other }, key), { status: 422 }, 'the key is taken');
});

t.test('what only the database refuses is refused: a code that somebody has', async (t) => {
  const world = await aWorld();
  const { carrier } = world;
  const vehicle = { partyId: carrier.partyId, plate: world.plate };
  const validated = () => validate(carrier, 'vehicles.register', { body: vehicle });
  t.equal((await validated()).status, 201);
  ok(await carrier.post('/v1/vehicles', vehicle));
  const [told, real] = [await validated(), await carrier.post('/v1/vehicles', vehicle)];
  t.same([told.status, told.body.type, told.body.detail], [real.status, real.body.type, real.body.detail]);
  t.equal(told.status, 409);
});
