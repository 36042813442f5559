import t from 'tap';
import { aWorld, type Caller, ok, type World } from '../support/world.ts';
import { aLicence, anIssued, aParty, arrive, aSite, at, codesOf, gramsIn, heldBy, pickUp, receive } from './given.ts';

/** What is not accepted goes back, or on under a manifest of its own (TM 16, 18 ¶2). */
async function refusedLoad(world: World): Promise<string> {
  const { id } = await world.aManifest({ status: 'arrived', declaredGrams: 1_000_000 });
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 0 }]));
  return id;
}

t.test(
  'refused as a whole: the status says so, the load waits as a remainder and stays on the open list',
  async (t) => {
    const world = await aWorld();
    const id = await refusedLoad(world);
    const manifest = ok(await world.consignor.get(`/v1/manifests/${id}`));
    t.match(manifest, { status: 'refused', remainders: [{ reason: 'refused', state: 'held' }] });
    t.equal(gramsIn(await heldBy(world, id), 'refused_return'), 1_000_000);
    const { rows } = await world.service.database.pool.query('select distinct stage from audience where id = $1', [id]);
    t.same(rows, [{ stage: 'open' }]);
    t.ok(
      ok(await world.consignor.get('/v1/manifests?status=refused')).items.some((one: { id: string }) => one.id === id),
    );
  },
);

t.test('brought back: the consignor weighs it and has it in stock again, as the batch it was', async (t) => {
  const world = await aWorld();
  const id = await refusedLoad(world);
  const back = { occurredAt: at(world), plate: world.plate };
  t.equal((await world.consignor.post(`/v1/manifests/${id}/return`, back)).status, 403);
  t.equal(
    (
      await world.consignor.post(`/v1/manifests/${id}/return-receipt`, {
        occurredAt: at(world),
        lines: [{ line: 1, massGrams: 1 }],
      })
    ).status,
    409,
  );
  t.match(ok(await world.carrier.post(`/v1/manifests/${id}/return`, back)), { remainder: 0 });
  t.match(await world.carrier.post(`/v1/manifests/${id}/return`, back), { status: 409 });
  const taken = await world.consignor.post(`/v1/manifests/${id}/return-receipt`, {
    occurredAt: at(world),
    lines: [{ line: 1, massGrams: 999_000 }],
  });
  t.same(codesOf(taken), ['quantity-differs']);
  t.match(ok(await world.consignor.get(`/v1/manifests/${id}`)).remainders, [{ state: 'returned' }]);
  t.equal(await world.balance(world.consignor, 'stock'), 999_000);
  t.equal(await world.balance(world.consignor, 'weighing_difference'), 1_000);
  t.equal(gramsIn(await heldBy(world, id), 'in_transit'), 0);
  const { rows } = await world.service.database.pool.query('select distinct stage from audience where id = $1', [id]);
  t.same(rows, [{ stage: 'closed' }]);
});

t.test('a return is reported by whoever holds the remainder, or by the carrier that brought it there', async (t) => {
  const world = await aWorld();
  const [second, third] = [
    await aParty(world, { capacities: ['carrier'] }),
    await aParty(world, { capacities: ['carrier'] }),
  ];
  await world.generate(1_000_000);
  const { id } = await anIssued(world, { onwardCarrierIds: [second.partyId, third.partyId] });
  ok(await pickUp(world, id, [{ line: 1, massGrams: 1_000_000 }]));
  const leak = { type: 'leak', place: '服务区', description: '渗漏', lines: [{ line: 1, grams: 100_000 }] };
  ok(await world.carrier.post(`/v1/manifests/${id}/incident`, { occurredAt: at(world), ...leak }));
  ok(await second.post(`/v1/manifests/${id}/handover`, { occurredAt: at(world), place: '服务区' }));
  for (const caller of [world.consignor, world.carrier])
    ok(await caller.post(`/v1/manifests/${id}/incident-plan`, { plan: '收集' }));
  const lines = [{ line: 1, lostGrams: 0, recoveredGrams: 100_000 }];
  ok(await world.carrier.post(`/v1/manifests/${id}/incident-resolution`, { occurredAt: at(world), lines }));
  ok(await second.post(`/v1/manifests/${id}/arrival`, { occurredAt: at(world) }));
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 0 }]));
  const back = (caller: Caller, remainder?: number) =>
    caller.post(`/v1/manifests/${id}/return`, { occurredAt: at(world), plate: world.plate, remainder });
  for (const [caller, remainder] of [
    [third, undefined],
    [third, 1],
    [world.carrier, 1],
    [second, 0],
    [world.consignee, 0],
  ] as const)
    t.match(await back(caller, remainder), { status: 403, body: { detail: /whoever holds it/, basis: 'TM 18 ¶2' } });
  t.match(ok(await back(second)), { remainder: 1 }, 'its own is meant');
  t.match(ok(await back(world.carrier)), { remainder: 0 });
  t.match(ok(await world.consignor.get(`/v1/manifests/${id}`)).remainders, [
    { reason: 'recovered', state: 'returning', carrierId: world.carrier.partyId },
    { reason: 'refused', state: 'returning', carrierId: second.partyId },
  ]);
});

t.test('sent on: a manifest of its own takes the refused part from where it lies to another consignee', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'arrived', declaredGrams: 1_000_000 });
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 600_000, refusedGrams: 390_000 }]));
  const other = await aParty(world);
  const otherSite = await aSite(other, '370124');
  const body = { carrierId: world.carrier.partyId, consigneeSiteId: otherSite };
  t.match(await world.consignor.post(`/v1/manifests/${id}/follow-up`, { ...body, consigneeSiteId: id }), {
    status: 422,
    body: { errors: [{ pointer: '/consigneeSiteId' }] },
  });
  const followed = await world.consignor.post(`/v1/manifests/${id}/follow-up`, body);
  t.equal(followed.status, 201);
  const next = followed.body.id as string;
  t.equal(followed.headers.location, `/v1/manifests/${next}`);
  t.match(ok(await world.consignor.get(`/v1/manifests/${next}`)), {
    status: 'draft',
    followsId: id,
    lines: [{ declaredGrams: 390_000 }],
  });
  t.match(await world.consignor.put(`/v1/manifests/${next}`, world.draftBody()), { status: 422 });
  t.match(
    await world.consignor.post(`/v1/manifests/${next}/issue`),
    { status: 422 },
    'it needs a licence like any other',
  );
  await aLicence(world, other);
  ok(await world.consignor.post(`/v1/manifests/${next}/issue`));
  ok(await pickUp(world, next, [{ line: 1, massGrams: 390_000 }]));
  t.equal(gramsIn(await heldBy(world, id), 'refused_return'), 390_000, 'as its own postings leave it');
  t.equal(await world.balance(world.consignee, 'refused_return'), 0, 'taken from where it lay');
  ok(await arrive(world, next));
  ok(
    await other.post(`/v1/manifests/${next}/receipt`, {
      occurredAt: at(world),
      lines: [{ line: 1, acceptedGrams: 390_000 }],
    }),
  );
  t.equal(await world.balance(other, 'stock'), 390_000);
  t.match(ok(await world.consignor.get(`/v1/manifests/${id}`)).remainders, [{ state: 'followed', followedById: next }]);
});

t.test('a follow-up that is voided gives the remainder back: it goes back, or on again', async (t) => {
  const world = await aWorld();
  const id = await refusedLoad(world);
  const other = await aParty(world);
  await aLicence(world, other);
  const body = { carrierId: world.carrier.partyId, consigneeSiteId: await aSite(other, '370124') };
  const followUp = async () => ok(await world.consignor.post(`/v1/manifests/${id}/follow-up`, body)).id as string;
  const drafted = await followUp();
  t.match(await world.consignor.post(`/v1/manifests/${id}/follow-up`, body), { status: 409 }, 'only once');
  ok(await world.consignor.post(`/v1/manifests/${drafted}/void`, { reason: '换一家' }));
  const issued = await followUp();
  ok(await world.consignor.post(`/v1/manifests/${issued}/issue`));
  t.match(await world.carrier.post(`/v1/manifests/${issued}/void`, { reason: '…' }), { status: 403 });
  t.match(ok(await world.consignee.get(`/v1/manifests/${id}`)).remainders, [
    { state: 'followed', followedById: issued },
  ]);
  ok(await world.consignor.post(`/v1/manifests/${issued}/void`, { reason: '再换一家' }));
  for (const voided of [drafted, issued])
    t.match(ok(await world.consignor.get(`/v1/manifests/${voided}`)), { status: 'void', remainders: [] });
  t.match(ok(await world.consignee.get(`/v1/manifests/${id}`)).remainders, [
    { reason: 'refused', state: 'held', followedById: null },
  ]);
  const { items } = ok(await world.consignor.get(`/v1/manifests/${id}/events`));
  t.match(
    items.filter(({ type }: { type: string }) => type === 'follow_up_voided'),
    [{ data: { remainder: 0, manifestId: drafted } }, { data: { manifestId: issued } }],
  );
  ok(await world.consignee.post(`/v1/manifests/${id}/return`, { occurredAt: at(world), plate: world.plate }));
  const lines = [{ line: 1, massGrams: 1_000_000 }];
  ok(await world.consignor.post(`/v1/manifests/${id}/return-receipt`, { occurredAt: at(world), lines }));
  t.equal(await world.balance(world.consignor, 'stock'), 1_000_000);
  t.equal(await world.balance(world.consignee, 'refused_return'), 0);
});

t.test(
  'a follow-up takes all of what remained: what it weighs more or less is a difference where it lay',
  async (t) => {
    const other = async (world: World) => {
      const consignee = await aParty(world);
      await aLicence(world, consignee);
      return { carrierId: world.carrier.partyId, consigneeSiteId: await aSite(consignee, '370124') };
    };
    for (const massGrams of [900_000, 1_000_400, 0]) {
      const world = await aWorld();
      // Another lot of the same batches lies beside it and stays untouched.
      await world.generate(2_000_000);
      const [id, beside] = [await refusedLoad(world), await refusedLoad(world)];
      const next = ok(await world.consignor.post(`/v1/manifests/${id}/follow-up`, await other(world))).id;
      ok(await world.consignor.post(`/v1/manifests/${next}/issue`));
      ok(await pickUp(world, next, [{ line: 1, massGrams }]));
      t.equal(await world.balance(world.consignee, 'refused_return'), 1_000_000, 'the other lot');
      t.equal(await world.balance(world.consignee, 'weighing_difference'), 1_000_000 - massGrams);
      t.equal(await world.balance(world.carrier, 'in_transit'), massGrams);
      const { lines } = ok(await world.consignor.get(`/v1/manifests/${beside}`));
      t.equal(
        lines[0].loaded.reduce((sum: number, { grams }: { grams: number }) => sum + grams, 0),
        1_000_000,
      );
      ok(await world.consignor.post(`/v1/manifests/${beside}/follow-up`, await other(world)));
    }
  },
);
