import t from 'tap';
import { aWorld, type Caller, ok, WASTE_CODE } from '../support/world.ts';
import { aLine, aParty, aSite, at, codesOf, pickUp, receive } from './given.ts';

/** Who fills in a manifest need not be whose waste it is: agents under a delegation, tenants of a shared store. */
const delegate = (principal: Caller, agent: Caller, acts: readonly string[], changes: object = {}) =>
  principal.post('/v1/delegations', {
    principalId: principal.partyId,
    agentId: agent.partyId,
    acts,
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
    ...changes,
  });

t.test('a collector fills in for a garage: its acts say on whose behalf, and the garage sees them', async (t) => {
  const world = await aWorld();
  const agent = await aParty(world, { capacities: ['carrier', 'consignee'] });
  t.equal((await agent.post('/v1/manifests', world.draftBody())).status, 404, 'nobody has asked it to');
  const { id: delegation, version } = ok(await delegate(world.consignor, agent, ['draft', 'issue', 'void']));
  await world.generate(5_000_000);
  const { id } = ok(await agent.post('/v1/manifests', world.draftBody()));
  t.match(ok(await agent.get(`/v1/manifests/${id}`)), {
    consignorId: world.consignor.partyId,
    filledById: agent.partyId,
  });
  t.match(
    await agent.put(`/v1/manifests/${id}`, world.draftBody()),
    { status: 403, body: { basis: /民法典/ } },
    'not that',
  );
  const { actions } = ok(await agent.get(`/v1/manifests/${id}`));
  t.same(
    actions.filter(({ allowed }: { allowed: boolean }) => allowed).map(({ act }: { act: string }) => act),
    ['issue', 'void'],
    'what it may do next',
  );
  t.match(ok(await agent.post(`/v1/manifests/${id}/issue`)), { status: 'issued', number: String });
  const { items } = ok(await world.consignor.get(`/v1/manifests/${id}/events`));
  t.match(
    items.map(({ type, actor, onBehalfOf }: Record<string, unknown>) => ({ type, actor, onBehalfOf })),
    ['manifest_drafted', 'manifest_issued'].map((type) => ({
      type,
      actor: { party: agent.partyId },
      onBehalfOf: world.consignor.partyId,
    })),
  );
  t.equal((await agent.post(`/v1/manifests/${id}/pickup-code`)).status, 403);
  const record = {
    principalId: world.consignor.partyId,
    agentId: agent.partyId,
    acts: ['draft'],
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
    status: 'revoked',
  };
  ok(
    await world.consignor.put(
      `/v1/delegations/${delegation}`,
      { ...record, acts: ['draft', 'issue', 'void'] },
      { 'if-match': `"${version}"` },
    ),
  );
  t.equal((await agent.post(`/v1/manifests/${id}/void`, { reason: '…' })).status, 403, 'revoked, at once');
  t.equal((await agent.get(`/v1/manifests/${id}`)).status, 200, 'what it filled in it may still read');
});

t.test('an agent that is not on the manifest says for each side what it saw', async (t) => {
  const world = await aWorld();
  ok(await delegate(world.consignor, world.stranger, ['pickup-confirmation']));
  ok(await delegate(world.consignee, world.stranger, ['arrival', 'receipt'], { siteIds: [world.consigneeSiteId] }));
  const { id } = await world.aManifest({ status: 'in_transit' });
  ok(await world.stranger.post(`/v1/manifests/${id}/pickup-confirmation`, { occurredAt: at(world) }));
  ok(await world.stranger.post(`/v1/manifests/${id}/arrival`, { occurredAt: at(world) }));
  const received = await receive({ ...world, consignee: world.stranger }, id, [{ line: 1, acceptedGrams: 5_000_000 }]);
  t.equal(ok(received).status, 'received');
  t.equal(await world.balance(world.consignee, 'stock'), 5_000_000, 'in the stock of the consignee, not of its agent');
  t.equal((await world.stranger.post(`/v1/manifests/${id}/void`, { reason: '…' })).status, 404);
});

t.test(
  'who stands on a manifest says nothing for another side of it, whatever it is delegated (民法典 168)',
  async (t) => {
    const world = await aWorld();
    const confirming = ['pickup-code', 'pickup-confirmation', 'return-receipt'];
    for (const agent of [world.carrier, world.consignee]) ok(await delegate(world.consignor, agent, confirming));
    ok(await delegate(world.consignee, world.consignor, ['arrival', 'receipt']));
    const occurredAt = at(world);
    const refused = async (who: Caller, id: string, act: string, body: object) => {
      const answer = await who.post(`/v1/manifests/${id}/${act}`, body);
      t.match(answer, { status: 403, body: { type: '/problems/not-your-act', basis: '《民法典》168' } }, act);
      const { actions } = ok(await who.get(`/v1/manifests/${id}`));
      const shown = actions.find((one: { act: string }) => one.act === act);
      t.match(shown, { allowed: false, reason: answer.body.detail }, `${act}: said beforehand`);
    };
    const { id: issued } = await world.aManifest({ status: 'issued' });
    await refused(world.carrier, issued, 'pickup-code', {});
    await refused(world.consignee, issued, 'pickup-code', {});
    const { id: moving } = await world.aManifest({ status: 'in_transit' });
    await refused(world.carrier, moving, 'pickup-confirmation', { occurredAt });
    await refused(world.consignor, moving, 'arrival', { occurredAt });
    const { id: arrived } = await world.aManifest({ status: 'arrived' });
    await refused(world.consignor, arrived, 'receipt', { occurredAt, lines: [{ line: 1, acceptedGrams: 5_000_000 }] });
    const { id: back } = await world.aManifest({ status: 'arrived' });
    ok(await receive(world, back, [{ line: 1, acceptedGrams: 0 }]));
    ok(await world.carrier.post(`/v1/manifests/${back}/return`, { occurredAt, plate: world.plate }));
    await refused(world.carrier, back, 'return-receipt', { occurredAt, lines: [{ line: 1, massGrams: 1 }] });
  },
);

t.test(
  'a collector that is the carrier or the plant prepares the manifest: the delegation is the consent',
  async (t) => {
    const world = await aWorld();
    for (const agent of [world.carrier, world.consignee]) {
      ok(await delegate(world.consignor, agent, ['draft', 'revise', 'issue', 'void']));
      const { id } = ok(await agent.post('/v1/manifests', world.draftBody()));
      ok(await agent.put(`/v1/manifests/${id}`, world.draftBody()));
      t.equal(ok(await agent.post(`/v1/manifests/${id}/issue`)).status, 'issued');
      t.equal(ok(await agent.post(`/v1/manifests/${id}/void`, { reason: '…' })).status, 'void');
    }
  },
);

t.test('a delegation for one site is not for another, nor for a draft that others hold', async (t) => {
  const world = await aWorld();
  const other = await aSite(world.consignor, '370112');
  const agent = await aParty(world);
  ok(await delegate(world.consignor, agent, ['draft'], { siteIds: [other] }));
  t.equal((await agent.post('/v1/manifests', world.draftBody())).status, 403);
  t.equal((await agent.post('/v1/manifests', world.draftBody({ consignorSiteId: other }))).status, 201);
  const own = await world.aManifest();
  t.equal((await agent.get(`/v1/manifests/${own.id}`)).status, 404);
  t.equal((await agent.put(`/v1/manifests/${own.id}`, world.draftBody())).status, 404);
});

t.test('a tenant of a shared store hands over its own; the batches of others are not its to name', async (t) => {
  const world = await aWorld();
  const tenant = await aParty(world, { capacities: ['producer'] });
  const body = { consignorSiteId: world.consignorSiteId, lines: [aLine({ massGrams: 700 })] };
  t.equal((await tenant.post('/v1/manifests', world.draftBody(body))).status, 404);
  ok(
    await world.consignor.post('/v1/tenancies', {
      siteId: world.consignorSiteId,
      tenantId: tenant.partyId,
      validFrom: '2026-01-01',
      validTo: null,
    }),
  );
  const keepers = await world.generate(1_000);
  const own = ok(
    await tenant.post('/v1/generations', {
      siteId: world.consignorSiteId,
      wasteCode: WASTE_CODE,
      massGrams: 900,
      occurredAt: at(world),
    }),
  ).batchId;
  const named = (batchId: string) => world.draftBody({ lines: [aLine({ massGrams: 700, batchIds: [batchId] })] });
  t.match(await tenant.post('/v1/manifests', named(keepers)), {
    status: 422,
    body: { errors: [{ pointer: '/lines/0/batchIds/0' }] },
  });
  t.match(await world.consignor.post('/v1/manifests', named(own)), { status: 422 });
  t.equal(
    (await world.consignor.post('/v1/manifests', world.draftBody({ consignorId: tenant.partyId }))).status,
    404,
    'the keeper needs a delegation to hand over what it keeps for others',
  );
  const { id } = ok(await tenant.post('/v1/manifests', named(own)));
  t.match(ok(await tenant.get(`/v1/manifests/${id}`)), {
    consignorId: tenant.partyId,
    consignorSiteId: world.consignorSiteId,
  });
  t.same(
    codesOf(await tenant.post(`/v1/manifests/${id}/issue`)).filter((code) => code.startsWith('stock')),
    [],
  );
  ok(await pickUp(world, id, [{ line: 1, massGrams: 700 }]));
  const { items } = ok(await tenant.get(`/v1/balances?ownerId=${tenant.partyId}&role=stock`));
  t.match(items, [{ partyId: world.consignor.partyId, ownerId: tenant.partyId, grams: 200 }]);
  t.equal(await world.balance(world.consignor, 'stock'), 1_200, 'what the keeper holds: its own and the tenant’s');
});
