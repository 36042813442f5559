import t from 'tap';
import { chainHash, GENESIS_HASH, openEvent } from '../../src/platform/events.ts';
import { aWorld, ok } from '../support/world.ts';
import { aLine, anIssued, aParty, arrive, aSite, at, pickUp, receive } from './given.ts';

t.test('the history tells the whole story in order, with what refers to it', async (t) => {
  const world = await aWorld();
  await world.generate(1_000_000);
  const { id, number } = await anIssued(world);
  ok(await pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }]));
  const ticket = {
    ticketNumber: `t-${id}`,
    siteId: world.consigneeSiteId,
    purpose: 'unloading',
    grossGrams: 2_000_000,
    tareGrams: 1_000_000,
    manifestId: id,
    occurredAt: at(world),
  };
  ok(await world.consignee.post('/v1/weigh-tickets', ticket));
  ok(await arrive(world, id));
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 1_000_000 }]));
  const { items } = ok(await world.carrier.get(`/v1/manifests/${id}/events`));
  t.same(
    items.map(({ type, subject, seq }: { type: string; subject: { kind: string }; seq: number }) => [
      type,
      subject.kind,
      seq,
    ]),
    [
      ['manifest_issued', 'manifest', 2],
      ['picked_up', 'manifest', 3],
      ['weigh_ticket_recorded', 'weigh_ticket', 1],
      ['arrived', 'manifest', 4],
      ['receipt_recorded', 'manifest', 5],
      ['batch_received', 'batch', 1],
    ],
  );
  t.match(items[0], {
    data: { number },
    actor: { party: world.consignor.partyId, key: String },
    region: '370112',
    entryMode: 'live',
    basedOn: String,
  });
  t.equal(items[4].actId, items[5].actId, 'one act, one id');
  for (const caller of [world.consignee, world.regulator])
    t.equal(ok(await caller.get(`/v1/manifests/${id}/events`)).items.length, 6);
  t.equal(ok(await world.consignor.get(`/v1/manifests/${id}/events`)).items.length, 7, 'with its draft');
  t.equal((await world.stranger.get(`/v1/manifests/${id}/events`)).status, 404);
});

t.test('a long history is read page by page, to the newest', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit' });
  const misfit = { occurredAt: at(world), plate: world.plate };
  for (let nth = 0; nth < 60; nth++) await world.carrier.post(`/v1/manifests/${id}/departure`, misfit);
  const incident = { type: 'leak', place: '路边', description: '…', lines: [{ line: 1, grams: 1 }] };
  ok(await world.carrier.post(`/v1/manifests/${id}/incident`, { ...incident, occurredAt: at(world) }));
  const path = `/v1/manifests/${id}/events`;
  const seen: { id: string; type: string }[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body, headers } = await world.regulator.get(`${path}?limit=20${cursor ? `&cursor=${cursor}` : ''}`);
    t.ok(body.items.length <= 20);
    t.equal(headers.link !== undefined, body.next !== null);
    seen.push(...body.items);
    cursor = body.next;
  }
  t.equal(seen.length, new Set(seen.map((event) => event.id)).size, 'each once');
  t.equal(seen.filter(({ type }) => type === 'unmatched_report').length, 60);
  t.equal(seen.at(-1)!.type, 'incident_reported');
  t.equal(ok(await world.regulator.get(path)).items.length, 50, 'as long as any page');
  t.equal((await world.regulator.get(`${path}?cursor=x`)).status, 400);
});

t.test('what a manifest was before its issue is read by the consignor and its agent alone', async (t) => {
  const world = await aWorld();
  const agent = await aParty(world, { capacities: ['producer'] });
  const delegation = { principalId: world.consignor.partyId, agentId: agent.partyId, acts: ['draft'] };
  ok(await world.consignor.post('/v1/delegations', { ...delegation, validFrom: '2026-01-01', validTo: '2027-01-01' }));
  const rival = await aParty(world);
  const consigneeSiteId = await aSite(rival, '370117');
  const body = world.draftBody({ consigneeSiteId, lines: [aLine({ massGrams: 7_000_000 })] });
  const { id } = ok(await agent.post('/v1/manifests', body));
  ok(await world.consignor.put(`/v1/manifests/${id}`, world.draftBody({ lines: [aLine()] })));
  ok(await world.consignor.post(`/v1/manifests/${id}/issue`));
  ok(await pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }]));
  const path = `/v1/manifests/${id}`;
  const typesOf = ({ items }: { items: { type: string }[] }) => items.map(({ type }) => type);
  for (const drafter of [world.consignor, agent]) {
    const types = typesOf(ok(await drafter.get(`${path}/events`)));
    t.same(types.slice(0, 3), ['manifest_drafted', 'manifest_revised', 'manifest_issued']);
    t.equal(ok(await drafter.get(`${path}/versions/1`)).consigneeId, rival.partyId);
    t.equal(ok(await drafter.get(`${path}/differences`)).from, 1);
  }
  for (const other of [world.carrier, world.consignee, world.regulator]) {
    t.equal(typesOf(ok(await other.get(`${path}/events`)))[0], 'manifest_issued');
    t.match(ok(await other.get(`${path}/versions`)).items, [
      { version: 3, type: 'manifest_issued' },
      { version: 4, type: 'picked_up' },
    ]);
    for (const below of ['versions/1', 'versions/2', 'differences?from=2', 'differences?to=2'])
      t.match(await other.get(`${path}/${below}`), { status: 404, body: { detail: /from 3 to 4/ } }, below);
    t.match(ok(await other.get(`${path}/versions/3`)), { version: 3, status: 'issued' });
    const changed = ok(await other.get(`${path}/differences`));
    t.match(changed, { from: 3, to: 4 });
    t.notMatch(JSON.stringify(changed), new RegExp(rival.partyId));
  }
  t.equal((await rival.get(path)).status, 404);
  const second = ok(await world.carrier.get(`${path}/versions?limit=1`));
  t.match(ok(await world.carrier.get(`${path}/versions?cursor=${second.next}`)), {
    items: [{ version: 4 }],
    next: null,
  });
});

t.test('each event is chained to the one before it and cannot be changed or removed', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived' });
  const { pool } = world.service.database;
  const { rows } = await pool.query(
    'select id, seq, canonical, salt, prev_hash, hash from custody_events where subject_id = $1 order by seq',
    [id],
  );
  t.equal(rows.length, 4);
  let head: Buffer = GENESIS_HASH;
  for (const [index, row] of rows.entries()) {
    t.ok(row.prev_hash.equals(head));
    head = chainHash(row.prev_hash, row.salt, row.canonical);
    t.ok(row.hash.equals(head));
    t.match(openEvent(row.canonical), { id: row.id, seq: index + 1, subject: { id } });
  }
  const { rows: subject } = await pool.query('select head_hash from manifests where id = $1', [id]);
  t.ok(subject[0].head_hash.equals(head), 'the row holds the head of its history');
  await t.rejects(pool.query("update custody_events set canonical = '' where subject_id = $1", [id]));
  await t.rejects(pool.query('delete from custody_events where subject_id = $1', [id]));
});

t.test('a ticket of somebody who does not stand on the manifest is no part of its history', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'in_transit' });
  const siteId = ok(
    await world.stranger.post('/v1/sites', { partyId: world.stranger.partyId, name: '别处', region: '370112' }),
  ).id;
  const body = {
    ticketNumber: `t-${id}`,
    siteId,
    purpose: 'loading',
    grossGrams: 9_000_000,
    tareGrams: 8_000_000,
    manifestId: id,
    occurredAt: at(world),
  };
  const { status } = await world.stranger.post('/v1/weigh-tickets', body);
  t.equal(status, 404, 'a manifest it may not know of');
  const { items } = ok(await world.consignor.get(`/v1/manifests/${id}/events`));
  t.notOk(items.some((event: { type: string }) => event.type === 'weigh_ticket_recorded'));
  await world.jobsDone();
  t.same(
    ok(await world.regulator.get('/v1/anomalies?limit=200')).items.filter(
      ({ subject }: { subject: { id: string } }) => subject.id === id,
    ),
    [],
    'nor judged with',
  );
});
