import t, { type Test } from 'tap';
import { checkRebuild } from '../../src/rebuild.ts';
import { broken } from '../custody/given.ts';
import { residue, treat } from '../disposal/given.ts';
import { aDrum, anOuterBox, aStore, aUscc, type Labelling, move, read } from '../generation/given.ts';
import { type Answer, aWorld, type Caller, ok } from '../support/world.ts';
import {
  aLicence,
  aLine,
  anIssued,
  aParty,
  arrive,
  aSite,
  at,
  codesOf,
  gramsIn,
  heldBy,
  pickUp,
  piecesIn,
  receive,
} from './given.ts';

/** The producer of the world, with a USCC: it labels at its own site. */
async function aYard(): Promise<Labelling> {
  const world = await aWorld();
  const { consignor, admin } = world;
  const uscc = aUscc();
  const party = ok(await admin.get(`/v1/parties/${consignor.partyId}`));
  const record = { name: party.name, uscc, capacities: party.capacities, region: party.region, active: true };
  ok(await admin.put(`/v1/parties/${consignor.partyId}`, record, { 'if-match': `"${party.version}"` }));
  return { ...world, unit: consignor, uscc, siteId: world.consignorSiteId };
}

interface Drum {
  readonly id: string;
  readonly code: string;
  readonly batchId: string;
}

/** Drums of so many grams each, and a manifest issued over them. */
async function drumsIssued(grams: readonly number[]): Promise<{ world: Labelling; id: string; drums: Drum[] }> {
  const world = await aYard();
  const drums: Drum[] = [];
  for (const one of grams) drums.push(await aDrum(world, one, { pieces: 1 }));
  const massGrams = grams.reduce((sum, one) => sum + one, 0);
  const line = aLine({ massGrams, pieces: drums.length, packaging: 'drum' });
  const { id } = await anIssued(world, { lines: [line] });
  return { world, id, drums };
}

const loadAll = async (world: Labelling, id: string, drums: readonly Drum[], changes: object = {}): Promise<Answer> =>
  pickUp(world, id, [{ line: 1, containers: drums.map(({ code }) => code), ...changes }]);

const container = (caller: Caller, { id }: { id: string }) => read(caller, `/v1/containers/${id}`);
const stepsOf = async (caller: Caller, { id }: { id: string }): Promise<string[]> =>
  (await read(caller, `/v1/containers/${id}/events`)).items
    .filter((event: { subject: { id: string } }) => event.subject.id === id)
    .map((event: { type: string }) => event.type);
const lineOf = async (world: Labelling, id: string) => (await read(world.regulator, `/v1/manifests/${id}`)).lines[0];
const remaining = async (caller: Caller, batchId: string): Promise<number> =>
  (await read(caller, `/v1/batches/${batchId}`)).remainingGrams;

async function allHolds(t: Pick<Test, 'same'>, world: Labelling): Promise<void> {
  await world.jobsDone();
  t.same(await broken(world), {}, 'every container in one place, every account balanced');
  t.same((await checkRebuild(world.databaseUrl)).differences, [], 'a rebuild would change nothing');
}

t.test('a drum is one piece unless its label says otherwise: counting them makes no difference', async (t) => {
  const world = await aYard();
  const drums = [await aDrum(world, 1_000), await aDrum(world, 1_000), await aDrum(world, 1_000, { pieces: 4 })];
  const line = aLine({ massGrams: 3_000, pieces: 6, packaging: 'drum' });
  const { id } = await anIssued(world, { lines: [line] });
  ok(await loadAll(world, id, drums, { pieces: 6 }));
  const held = await heldBy(world, id);
  t.equal(piecesIn(held, 'weighing_difference'), 0);
  t.equal(piecesIn(held, 'in_transit'), 6);
  const { items } = await read(world.unit, '/v1/balances?role=stock');
  t.same(items, [], 'nothing is left, in grams or pieces');
});

t.test('each drum is scanned at each step: it is where the load is, and becomes a batch or waits apart', async (t) => {
  const { world, id, drums } = await drumsIssued([176_000, 181_000, 183_000]);
  const [first, second, third] = drums as [Drum, Drum, Drum];
  t.match(await loadAll(world, id, drums), { status: 200, body: { warnings: [] } });
  t.match(await lineOf(world, id), {
    pickedUpGrams: 540_000,
    pickedUpPieces: 3,
    containers: drums.map(({ id: containerId, code, batchId }) => ({ containerId, code, batchId, decision: null })),
  });
  t.match(await container(world.carrier, first), { state: 'loaded', siteId: null, manifestId: id });
  const scanned = { containers: drums.map((drum) => drum.id) };
  t.match(await arrive(world, id, scanned), { status: 200, body: { warnings: [] } });
  t.match(await container(world.consignee, first), { state: 'on_hold', siteId: world.consigneeSiteId });
  const containers = [
    { container: first.code, decision: 'accepted', massGrams: 175_500 },
    { container: second.id, decision: 'accepted' },
    { container: third.id, decision: 'refused' },
  ];
  const answer = await receive(world, id, [{ line: 1, containers }]);
  t.match(answer, { status: 200, body: { status: 'received', batches: [{ containerId: first.id }, { line: 1 }] } });
  t.same(codesOf(answer), ['quantity-differs'], 'half a kilo of the first drum');
  const line = await lineOf(world, id);
  t.match(line, {
    acceptedGrams: 356_500,
    refusedGrams: 183_000,
    receivedPieces: 3,
    refusedPieces: 1,
    containers: [{ decision: 'accepted', decidedGrams: 175_500 }, { decision: 'accepted' }, { decision: 'refused' }],
  });
  t.equal(line.receivedBatchIds.length, 2);
  t.match(await read(world.consignee, `/v1/batches/${line.receivedBatchIds[0]}`), {
    origin: 'received',
    remainingGrams: 175_500,
    remainingPieces: 1,
    containerId: first.id,
    code: first.code,
  });
  t.match(await container(world.consignee, first), { state: 'accepted', ownerId: world.consignee.partyId });
  t.match(await container(world.consignor, third), {
    state: 'refused',
    ownerId: world.consignor.partyId,
    siteId: world.consigneeSiteId,
    manifestId: id,
    batchId: third.batchId,
  });
  t.same(await stepsOf(world.consignor, third), [
    'container_labelled',
    'container_loaded',
    'container_arrived',
    'container_refused',
  ]);
  t.equal(gramsIn(await heldBy(world, id), 'refused_return'), 183_000);
  const { lines } = await read(world.consignor, `/v1/manifests/${id}/fate`);
  t.match(lines, [{ receivedGrams: 356_500, parts: [{ fate: 'in_stock', grams: 356_500, permille: 1_000 }] }]);
  await allHolds(t, world);
});

t.test(
  'weighed together: what label and scale are apart stays at the origin as a difference, no drum in part',
  async (t) => {
    const { world, id, drums } = await drumsIssued([100_000, 300_000]);
    ok(await loadAll(world, id, drums, { massGrams: 402_000 }));
    t.match((await lineOf(world, id)).loaded, [{ grams: 100_500 }, { grams: 301_500 }]);
    t.equal(await world.balance(world.consignor, 'stock'), 0);
    t.equal(await world.balance(world.consignor, 'weighing_difference'), -2_000);
    ok(await arrive(world, id));
    t.same(codesOf(await receive(world, id, [{ line: 1, acceptedGrams: 402_000 }])), []);
    t.match((await lineOf(world, id)).containers, [
      { decision: 'accepted', decidedGrams: 100_500 },
      { decision: 'accepted', decidedGrams: 301_500 },
    ]);
    await allHolds(t, world);
  },
);

t.test('one is missing and one is too much: recorded on the container and told, never refused', async (t) => {
  const { world, id, drums } = await drumsIssued([100_000, 100_000]);
  const extra = await aDrum(world, 50_000, { pieces: 1 });
  ok(await loadAll(world, id, drums));
  const [there, missing] = drums as [Drum, Drum];
  const arrived = await arrive(world, id, { containers: [there.id, extra.code] });
  t.same(codesOf(arrived), ['container-out-of-place', 'container-missing']);
  t.match(arrived.body.warnings[1].detail, new RegExp(missing.code));
  t.match(await container(world.regulator, missing), { state: 'missing', manifestId: id, siteId: null });
  t.match(await container(world.consignee, extra), { state: 'on_hold', contradictions: 1, manifestId: id });
  t.equal(await remaining(world.consignor, extra.batchId), 0, 'it is in no stock any more');
  t.match((await lineOf(world, id)).containers, [{}, {}, { containerId: extra.id, joined: true, grams: 50_000 }]);
  t.equal(gramsIn(await heldBy(world, id), 'consignee_hold'), 250_000);
  const decided = [there, extra].map((drum) => ({ container: drum.code, decision: 'accepted' }));
  t.same(codesOf(await receive(world, id, [{ line: 1, containers: decided }])), ['quantity-differs']);
  t.match((await lineOf(world, id)).containers, [
    { decision: 'accepted' },
    { decision: null },
    { decision: 'accepted' },
  ]);
  t.equal(await world.balance(world.consignee, 'stock'), 150_000);
  t.equal(gramsIn(await heldBy(world, id), 'weighing_difference'), 100_000, 'that of the missing drum');
  await allHolds(t, world);
});

t.test('who does not scan says nothing of single drums: all go along, and are decided on as one', async (t) => {
  const { world, id, drums } = await drumsIssued([100_000, 200_000]);
  ok(await loadAll(world, id, drums));
  ok(await arrive(world, id));
  t.match(await container(world.consignee, drums[0]!), { state: 'on_hold', contradictions: 0 });
  const some = await receive(world, id, [{ line: 1, acceptedGrams: 100_000, refusedGrams: 200_000 }]);
  t.match(some, { status: 422, body: { errors: [{ pointer: '/lines/0/containers' }] } }, 'which ones?');
  const apart = await receive(world, id, [
    {
      line: 1,
      acceptedGrams: 99_000,
      containers: [
        { container: drums[0]!.id, decision: 'accepted', massGrams: 100_000 },
        { container: drums[1]!.id, decision: 'refused' },
      ],
    },
  ]);
  t.match(apart, { status: 422, body: { errors: [{ pointer: '/lines/0/acceptedGrams' }] } });
  t.match(await receive(world, id, [{ line: 1, acceptedGrams: 0 }]), { body: { status: 'refused' } });
  t.match((await lineOf(world, id)).containers, [{ decision: 'refused' }, { decision: 'refused' }]);
  t.equal(gramsIn(await heldBy(world, id), 'refused_return'), 300_000);
  await allHolds(t, world);
});

t.test(
  'a load that nobody scanned: from what stands in no container first; drums found later take its place',
  async (t) => {
    const world = await aYard();
    const drum = await aDrum(world, 100_000, { pieces: 1 });
    const loose = await world.generate(60_000);
    const { id } = await anIssued(world, { lines: [aLine({ massGrams: 60_000 })] });
    t.same(codesOf(await pickUp(world, id, [{ line: 1, massGrams: 60_000 }])), []);
    t.match((await lineOf(world, id)).loaded, [{ batchId: loose, grams: 60_000 }], 'the younger one, which is loose');
    const next = await anIssued(world, { lines: [aLine({ massGrams: 100_000 })] });
    t.same(codesOf(await pickUp(world, next.id, [{ line: 1, massGrams: 100_000 }])), ['container-not-scanned']);
    t.match(await container(world.consignor, drum), { state: 'stored' });
    ok(await arrive(world, next.id));
    const decided = [{ container: drum.id, decision: 'accepted' }];
    const answer = await receive(world, next.id, [{ line: 1, containers: decided }]);
    t.same(codesOf(answer), ['container-out-of-place']);
    t.equal(await remaining(world.consignor, drum.batchId), 0, 'it was taken once');
    t.equal(await world.balance(world.consignor, 'stock'), 0);
    t.equal(await world.balance(world.consignee, 'stock'), 100_000);
    t.equal(await world.balance(world.consignee, 'weighing_difference'), 0);
    await allHolds(t, world);
  },
);

t.test('drums that are found with a load of another batch stand for it: nothing is taken twice', async (t) => {
  const world = await aYard();
  const drum = await aDrum(world, 40_000);
  const loose = await world.generate(100_000);
  const { id } = await anIssued(world, { lines: [aLine({ massGrams: 100_000 })] });
  ok(await pickUp(world, id, [{ line: 1, massGrams: 100_000 }]));
  ok(await arrive(world, id, { containers: [drum.code] }));
  t.equal(await remaining(world.consignor, drum.batchId), 0);
  t.equal(await remaining(world.consignor, loose), 40_000);
  t.equal(gramsIn(await heldBy(world, id), 'consignee_hold'), 100_000);
  t.match((await lineOf(world, id)).pickedUpGrams, 100_000);
  await allHolds(t, world);
});

t.test('a refused drum is brought back to the yard, and out of the store it had stood in', async (t) => {
  const { world, id, drums } = await drumsIssued([100_000, 200_000]);
  const [kept, refused] = drums as [Drum, Drum];
  const store = await aStore(world);
  ok(await move(world, 'in', store, { containers: drums.map((drum) => drum.id) }));
  t.same(codesOf(await loadAll(world, id, drums)), ['store-exit-missing'], 'nobody recorded that they left');
  t.match(await read(world.consignor, `/v1/stores/${store}`), { stockGrams: 0 });
  ok(await arrive(world, id));
  const decided = [
    { container: kept.id, decision: 'accepted' },
    { container: refused.id, decision: 'refused' },
  ];
  ok(await receive(world, id, [{ line: 1, containers: decided }]));
  const back = { occurredAt: at(world), plate: world.plate, containers: [refused.code] };
  t.match(await world.carrier.post(`/v1/manifests/${id}/return`, back), { status: 200, body: { warnings: [] } });
  t.match(await container(world.carrier, refused), { state: 'loaded', partyId: world.carrier.partyId, manifestId: id });
  const taken = { occurredAt: at(world), lines: [{ line: 1, massGrams: 200_000 }], containers: [refused.id] };
  t.match(await world.consignor.post(`/v1/manifests/${id}/return-receipt`, taken), { body: { warnings: [] } });
  t.match(await container(world.consignor, refused), { state: 'stored', siteId: world.siteId, manifestId: null });
  t.match(await read(world.consignor, `/v1/batches/${refused.batchId}`), { remainingGrams: 200_000, storeId: null });
  t.equal((await container(world.consignor, refused)).contradictions, 0);
  await allHolds(t, world);
});

t.test('a follow-up takes the refused drums along, on their pallet', async (t) => {
  const world = await aYard();
  const pallet = await anOuterBox(world);
  const drums = [await aDrum(world, 100_000, { parent: pallet }), await aDrum(world, 200_000, { parent: pallet })];
  const { id } = await anIssued(world, { lines: [aLine({ massGrams: 300_000 })] });
  ok(await pickUp(world, id, [{ line: 1, containers: [pallet] }]));
  t.equal((await lineOf(world, id)).containers.length, 3);
  ok(await arrive(world, id));
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 0 }]));
  t.match(await container(world.consignor, drums[0]!), { state: 'refused', parentId: pallet });
  const onward = await aParty(world, { capacities: ['consignee'] });
  const consigneeSiteId = await aSite(onward, '370102');
  ok(
    await world.admin.post('/v1/permits', {
      ...{ type: 'licence', number: `onward-${id}`, holderId: onward.partyId, wasteCodes: ['HW08'] },
      ...{ validFrom: '2024-01-01', validTo: '2029-01-01' },
    }),
  );
  ok(
    await world.consignor.post('/v1/permits', {
      ...{ type: 'contract', number: `onward-${id}`, holderId: world.consignor.partyId, wasteCodes: [] },
      ...{ counterpartId: onward.partyId, validFrom: '2024-01-01', validTo: '2029-01-01' },
    }),
  );
  const next = ok(
    await world.consignor.post(`/v1/manifests/${id}/follow-up`, { carrierId: world.carrier.partyId, consigneeSiteId }),
  );
  ok(await world.consignor.post(`/v1/manifests/${next.id}/issue`));
  t.same(codesOf(await pickUp(world, next.id, [{ line: 1, massGrams: 300_000 }])), [], 'nobody scanned; they go along');
  t.match(await container(world.consignor, drums[1]!), { state: 'loaded', manifestId: next.id, parentId: pallet });
  t.equal(await world.balance(world.consignee, 'refused_return'), 0);
  ok(await arrive(world, next.id));
  const accepted = [{ container: pallet, decision: 'accepted', massGrams: 299_000 }];
  const answer = await onward.post(`/v1/manifests/${next.id}/receipt`, {
    occurredAt: at(world),
    lines: [{ line: 1, containers: accepted }],
  });
  t.match(answer, { status: 200, body: { batches: [{ containerId: drums[0]!.id }, { containerId: drums[1]!.id }] } });
  t.match(await container(onward, drums[0]!), { state: 'accepted', grams: 99_667, ownerId: onward.partyId });
  await allHolds(t, world);
});

t.test('a drum that a follow-up offers on one line is not scanned on another', async (t) => {
  const world = await aYard();
  const drum = await aDrum(world, 100_000);
  const { id } = await anIssued(world, {
    lines: [aLine({ massGrams: 100_000 }), aLine({ massGrams: 7_000, batchIds: [drum.batchId] })],
  });
  const byMass = { line: 2, massGrams: 7_000 };
  ok(await pickUp(world, id, [{ line: 1, containers: [drum.code] }, byMass]));
  ok(await arrive(world, id));
  const none = [1, 2].map((line) => ({ line, acceptedGrams: 0 }));
  ok(await receive(world, id, none));
  const body = { carrierId: world.carrier.partyId, consigneeSiteId: world.consigneeSiteId };
  const next = ok(await world.consignor.post(`/v1/manifests/${id}/follow-up`, body)).id;
  ok(await world.consignor.post(`/v1/manifests/${next}/issue`));
  t.match(
    await pickUp(world, next, [
      { line: 1, massGrams: 100_000 },
      { line: 2, containers: [drum.code] },
    ]),
    { status: 422, body: { errors: [{ pointer: '/lines/1/containers/0' }] } },
  );
  ok(await pickUp(world, next, [{ line: 1, containers: [drum.code] }, byMass]));
  t.equal((await stepsOf(world.consignor, drum)).filter((step) => step === 'container_loaded').length, 2);
  ok(await arrive(world, next));
  const line = { line: 1, containers: [{ container: drum.code, decision: 'accepted' }] };
  ok(await receive(world, next, [line, { line: 2, acceptedGrams: 7_000 }]));
  t.equal(gramsIn(await heldBy(world, next), 'consignee_hold'), 0);
  await allHolds(t, world);
});

t.test('of two drums that fall off one is lost and one recovered; the third travels on', async (t) => {
  const { world, id, drums } = await drumsIssued([100_000, 200_000, 300_000]);
  const [fine, lost, saved] = drums as [Drum, Drum, Drum];
  ok(await loadAll(world, id, drums));
  const incident = {
    ...{ occurredAt: at(world), type: 'loss', place: '济青高速 K12', description: '两桶掉落' },
    lines: [{ line: 1, containers: [lost.code, saved.code] }],
  };
  ok(await world.carrier.post(`/v1/manifests/${id}/incident`, incident));
  t.match(await container(world.carrier, lost), { state: 'held_up', manifestId: id });
  t.equal(gramsIn(await heldBy(world, id), 'incident_hold'), 500_000);
  t.match(ok(await arrive(world, id)).warnings, []);
  t.match(await container(world.carrier, fine), { state: 'on_hold' });
  t.match(await container(world.carrier, saved), { state: 'held_up' }, 'it did not arrive');
  for (const caller of [world.consignor, world.carrier])
    ok(await caller.post(`/v1/manifests/${id}/incident-plan`, { plan: '清理' }));
  const resolve = (lines: object[]) =>
    world.carrier.post(`/v1/manifests/${id}/incident-resolution`, { occurredAt: at(world), lines });
  t.match(
    await resolve([{ line: 1, lostGrams: 200_000, lostPieces: 1, recoveredGrams: 300_000, recoveredPieces: 1 }]),
    { status: 422, body: { errors: [{ pointer: '/lines/0/containers' }] } },
    'which of them?',
  );
  const settled = [
    { container: lost.id, outcome: 'lost' },
    { container: saved.id, outcome: 'recovered' },
  ];
  ok(await resolve([{ line: 1, containers: settled }]));
  t.match(await container(world.consignor, lost), { state: 'lost', manifestId: id });
  t.match((await lineOf(world, id)).containers, [{ heldUp: null }, { heldUp: 'lost' }, { heldUp: 'recovered' }]);
  t.equal(gramsIn(await heldBy(world, id), 'loss'), 200_000);
  t.same(codesOf(await receive(world, id, [{ line: 1, acceptedGrams: 100_000 }])), []);
  ok(await world.carrier.post(`/v1/manifests/${id}/return`, { occurredAt: at(world), plate: world.plate }));
  const taken = { occurredAt: at(world), lines: [{ line: 1, massGrams: 300_000 }] };
  ok(await world.consignor.post(`/v1/manifests/${id}/return-receipt`, taken));
  t.match(await container(world.consignor, saved), { state: 'stored', siteId: world.siteId, contradictions: 0 });
  await allHolds(t, world);
});

t.test('a corrected acceptance is shared by the drums that were accepted', async (t) => {
  const { world, id, drums } = await drumsIssued([100_000, 200_000]);
  ok(await loadAll(world, id, drums));
  ok(await arrive(world, id));
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 300_000 }]));
  const changes = [{ path: '/lines/0/acceptedGrams', value: 297_000 }];
  ok(await world.consignee.post(`/v1/manifests/${id}/correction`, { reason: '误记', changes }));
  for (const caller of [world.consignor, world.regulator])
    ok(await caller.post(`/v1/manifests/${id}/correction-approval`));
  const { receivedBatchIds } = await lineOf(world, id);
  t.equal(await remaining(world.consignee, receivedBatchIds[0]), 99_000);
  t.equal(await remaining(world.consignee, receivedBatchIds[1]), 198_000);
  t.match(await container(world.consignee, drums[0]!), { grams: 99_000 });
  const refusal = [{ path: '/lines/0/refusedGrams', value: 3_000 }];
  t.match(
    await world.consignee.post(`/v1/manifests/${id}/correction`, { reason: '误记', changes: refusal }),
    { status: 422 },
    'none of its drums was refused',
  );
  await allHolds(t, world);
});

t.test('handed over, put down and sent off again: who has a drum and where, step by step', async (t) => {
  const world = await aYard();
  const drum = await aDrum(world, 100_000);
  const second = await aParty(world, { capacities: ['carrier'] });
  ok(
    await world.consignor.post('/v1/permits', {
      ...{ type: 'contract', number: `leg-${drum.id}`, holderId: world.consignor.partyId, wasteCodes: [] },
      ...{ counterpartId: second.partyId, validFrom: '2024-01-01', validTo: '2029-01-01' },
    }),
  );
  const { id } = await anIssued(world, {
    lines: [aLine({ massGrams: 100_000 })],
    onwardCarrierIds: [second.partyId],
  });
  ok(await loadAll(world, id, [drum]));
  const when = { occurredAt: at(world) };
  const siteId = await aSite(world.carrier, '370102');
  ok(await world.carrier.post(`/v1/manifests/${id}/transit-storage`, { ...when, siteId, containers: [drum.id] }));
  t.match(await container(world.carrier, drum), { state: 'loaded', siteId, manifestId: id });
  ok(await world.carrier.post(`/v1/manifests/${id}/departure`, { ...when, plate: world.plate }));
  t.match(await container(world.carrier, drum), { siteId: null });
  const handover = { ...when, place: '服务区', plate: '鲁A54321' };
  ok(await world.carrier.post(`/v1/manifests/${id}/handover`, handover));
  t.match(await container(second, drum), { partyId: second.partyId });
  const confirmed = await second.post(`/v1/manifests/${id}/handover`, { ...handover, containers: [drum.code] });
  t.match(confirmed, { status: 200, body: { warnings: [] } });
  ok(await second.post(`/v1/manifests/${id}/arrival`, when));
  t.same(await stepsOf(world.consignor, drum), [
    'container_labelled',
    'container_loaded',
    'container_stored_in_transit',
    'container_departed',
    'container_handed_over',
    'container_handed_over',
    'container_arrived',
  ]);
  t.equal((await container(world.consignor, drum)).contradictions, 0);
  await allHolds(t, world);
});

t.test('accepted drums go into a furnace by their codes; a record taken back fills them again', async (t) => {
  const { world, id, drums } = await drumsIssued([100_000, 200_000]);
  ok(await loadAll(world, id, drums));
  ok(await arrive(world, id));
  ok(await receive(world, id, [{ line: 1, acceptedGrams: 300_000 }]));
  const { receivedBatchIds } = await lineOf(world, id);
  const containers = drums.map(({ code }) => code);
  const answer = await treat(world, { containers, outputs: [residue(30_000)] });
  t.match(answer, { status: 201, body: { warnings: [] } });
  t.match(await container(world.consignee, drums[0]!), { state: 'treated', batchId: null, grams: 0 });
  t.equal(await remaining(world.consignee, receivedBatchIds[0]), 0);
  t.match(await read(world.consignee, `/v1/treatments/${answer.body.id}`), {
    inputs: [{ containerId: drums[0]!.id, grams: 100_000 }, { containerId: drums[1]!.id }],
  });
  t.match(await read(world.consignor, `/v1/manifests/${id}/fate`), {
    settled: true,
    lines: [{ receivedGrams: 300_000, parts: [{ fate: 'treated', method: 'D10', grams: 300_000 }] }],
  });
  t.match(await treat(world, { containers }), { status: 422 }, 'there is nothing in them');
  ok(await world.consignee.post(`/v1/treatments/${answer.body.id}/reversal`, { reason: '误记' }));
  t.match(await container(world.consignee, drums[1]!), { state: 'stored', batchId: receivedBatchIds[1] });
  t.equal(await remaining(world.consignee, receivedBatchIds[1]), 200_000);
  const stranger = await treat(world, { containers, siteId: world.consignorSiteId }, world.consignor);
  t.match(stranger, { status: 422 }, 'they are the plant’s now');
  await allHolds(t, world);
});

t.test('what is no container, named twice or a stranger’s: nothing is written', async (t) => {
  const { world, id, drums } = await drumsIssued([100_000]);
  const twice = [drums[0]!.id, drums[0]!.code];
  t.match(await pickUp(world, id, [{ line: 1, containers: twice }]), { status: 422 });
  const unknown = await pickUp(world, id, [{ line: 1, containers: ['0'.repeat(37)] }]);
  t.match(unknown, { status: 404, body: { errors: [{ pointer: '/lines/0/containers/0' }] } });
  t.equal((await pickUp(world, id, [{ line: 1 }])).status, 400, 'a mass or containers');
  t.equal((await pickUp(world, id, [{ line: 1, containers: [] }])).status, 400);
  const others = await aYard();
  const theirs = await aDrum(others, 1_000);
  t.equal((await pickUp(world, id, [{ line: 1, containers: [theirs.id] }])).status, 404);
  t.match(await container(world.consignor, drums[0]!), { state: 'stored', contradictions: 0 });
});

/** A drum of another owner that the plant keeps in a store of its own. */
async function aTenantsDrum(world: Labelling, massGrams: number): Promise<{ drum: Drum; tenant: Caller }> {
  const tenant = await aParty(world, { uscc: aUscc() } as never);
  const { partyId: tenantId } = tenant;
  const term = { validFrom: '2026-01-01', validTo: '2027-01-01' };
  ok(await world.consignee.post('/v1/tenancies', { siteId: world.consigneeSiteId, tenantId, ...term }));
  const label = {
    siteId: world.consigneeSiteId,
    ownerId: tenant.partyId,
    wasteCode: '900-249-08',
    name: '废矿物油',
    form: 'liquid',
    hazards: ['T'],
    packaging: 'drum',
    massGrams,
    occurredAt: at(world),
  };
  return { drum: ok(await world.consignee.post('/v1/containers', label)), tenant };
}

t.test('what is another’s is refused at the pickup and the receipt, and left where it is on the way', async (t) => {
  const { world, id, drums } = await drumsIssued([100_000]);
  const { drum: other } = await aTenantsDrum(world, 50_000);
  const codes = [...drums.map(({ code }) => code), other.code];
  t.match(await pickUp(world, id, [{ line: 1, containers: codes }]), {
    status: 422,
    body: { basis: 'TM 16', errors: [{ pointer: '/lines/0/containers/1' }] },
  });
  ok(await loadAll(world, id, drums));
  const seen = await arrive(world, id, { containers: codes });
  t.match(seen, { status: 200 });
  t.same(codesOf(seen).sort(), ['container-of-another-owner', 'container-out-of-place']);
  t.match(await container(world.consignee, other), { state: 'stored', contradictions: 1, manifestId: null });
  t.match(await stepsOf(world.consignee, other), ['container_labelled', 'container_sighted']);
  t.equal((await lineOf(world, id)).containers.length, 1);
  const containers = codes.map((code) => ({ container: code, decision: 'accepted' }));
  t.match(await receive(world, id, [{ line: 1, containers }]), {
    status: 422,
    body: { basis: 'TM 16', errors: [{ pointer: '/lines/0/containers/1' }] },
  });
  ok(await receive(world, id, [{ line: 1, containers: containers.slice(0, 1) }]));
  await allHolds(t, world);
});

t.test('a stranger’s code and one that nobody has are told the same, on a manifest of one’s own or not', async (t) => {
  const { world, id, drums } = await drumsIssued([100_000]);
  const { drum: other } = await aTenantsDrum(world, 50_000);
  const nobodys = `${other.code.slice(0, -3)}999`;
  const plant = await aParty(world);
  await aLicence(world, plant);
  const { id: elsewhere } = await anIssued(world, { consigneeSiteId: await aSite(plant, '370117') });
  const told = async (path: string, containers: string[]) => {
    const answer = await world.carrier.post(path, {
      occurredAt: at(world),
      plate: '鲁A12345',
      lines: [{ line: 1, containers }],
    });
    return { ...answer.body, requestId: '', detail: answer.body.detail.replace(containers.at(-1)!, 'X') };
  };
  const pickup = `/v1/manifests/${elsewhere}/pickup`;
  t.match(await told(pickup, [nobodys]), { status: 404, errors: [{ pointer: '/lines/0/containers/0' }] });
  t.same(await told(pickup, [other.code]), await told(pickup, [nobodys]));
  const notMine = `/v1/manifests/${id.slice(0, -4)}0000/pickup`;
  t.same(await told(notMine, [drums[0]!.code]), await told(notMine, [nobodys]));
  const treating = async (name: string) => {
    const body = {
      siteId: world.consigneeSiteId,
      method: 'D10',
      startedAt: at(world),
      endedAt: at(world),
      outputs: [],
      lossGrams: 0,
    };
    const answer = await world.consignee.post('/v1/treatments', { ...body, containers: [name] });
    return { ...answer.body, requestId: '', detail: answer.body.detail.replace(name, 'X') };
  };
  t.match(await treating(nobodys), { status: 404, errors: [{ pointer: '/containers/0' }] });
  t.same(await treating(drums[0]!.code), await treating(nobodys));
});

t.test('a drum on the road is in no store and in no furnace, and is accepted once', async (t) => {
  const world = await aYard();
  await world.generate(5_000_000);
  const drum = await aDrum(world, 1_000_000);
  const [a, b] = [await anIssued(world), await anIssued(world)];
  ok(await pickUp(world, a.id, [{ line: 1, containers: [drum.code] }]));
  const stored = await move(world, 'in', await aStore(world), { containers: [drum.code] });
  t.match(stored, { status: 422, body: { errors: [{ pointer: '/containers/0' }] } });
  const body = {
    siteId: world.siteId,
    method: 'D10',
    startedAt: at(world),
    endedAt: at(world),
    outputs: [],
    lossGrams: 0,
  };
  t.match(await world.consignor.post('/v1/treatments', { ...body, containers: [drum.code] }), {
    status: 422,
    body: { errors: [{ pointer: '/containers/0' }] },
  });
  ok(await pickUp(world, b.id, [{ line: 1, containers: [drum.code] }]));
  for (const { id } of [a, b]) ok(await arrive(world, id));
  const accepted = [{ line: 1, containers: [{ container: drum.code, decision: 'accepted' }] }];
  ok(await receive(world, a.id, accepted));
  t.match(await receive(world, b.id, accepted), { status: 422, body: { basis: 'TM 16' } });
  ok(await receive(world, b.id, [{ line: 1, acceptedGrams: 0 }]));
  t.equal(await world.balance(world.consignee, 'stock'), 1_000_000, 'one drum');
  await allHolds(t, world);
});

t.test('a drum whose mass was put right since it was labelled goes on as what the books have', async (t) => {
  const { world, id, drums } = await drumsIssued([200_000]);
  ok(await loadAll(world, id, drums));
  ok(await arrive(world, id));
  ok(await receive(world, id, [{ line: 1, containers: [{ container: drums[0]!.code, decision: 'accepted' }] }]));
  const slip = { reason: '抄错', changes: [{ path: '/lines/0/acceptedGrams', value: 150_000 }] };
  ok(await world.consignee.post(`/v1/manifests/${id}/correction`, slip));
  for (const caller of [world.consignor, world.regulator])
    ok(await caller.post(`/v1/manifests/${id}/correction-approval`, {}));
  const [batchId] = (await lineOf(world, id)).receivedBatchIds;
  t.equal(await remaining(world.consignee, batchId), 150_000);
  const plant = await aParty(world);
  await aLicence(world, plant);
  const onward = { consignorSiteId: world.consigneeSiteId, consigneeSiteId: await aSite(plant, '370117') };
  const draft = world.draftBody({ ...onward, lines: [aLine({ massGrams: 150_000 })] });
  const next = ok(await world.consignee.post('/v1/manifests', draft)).id;
  ok(await world.consignee.post(`/v1/manifests/${next}/issue`));
  ok(await pickUp(world, next, [{ line: 1, containers: [drums[0]!.code] }]));
  t.equal((await lineOf(world, next)).pickedUpGrams, 150_000);
  t.equal(await world.balance(world.consignee, 'stock'), 0);
  await allHolds(t, world);
});

t.test('a pallet has no mass of its own to accept or refuse', async (t) => {
  const { world, id, drums } = await drumsIssued([100_000]);
  const pallet = await anOuterBox(world);
  ok(await world.unit.post(`/v1/containers/${drums[0]!.id}/nesting`, { parent: pallet, occurredAt: at(world) }));
  ok(await pickUp(world, id, [{ line: 1, containers: [pallet] }]));
  ok(await arrive(world, id));
  const drum = { container: drums[0]!.id, decision: 'accepted' };
  const weighed = [drum, { container: pallet, decision: 'refused', massGrams: 5_000 }];
  t.match(await receive(world, id, [{ line: 1, containers: weighed }]), {
    status: 422,
    body: { errors: [{ pointer: '/lines/0/containers' }] },
  });
  ok(await receive(world, id, [{ line: 1, containers: [drum, { container: pallet, decision: 'refused' }] }]));
  t.match(await lineOf(world, id), { acceptedGrams: 100_000, refusedGrams: 0 });
  await allHolds(t, world);
});
