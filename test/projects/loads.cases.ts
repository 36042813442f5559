// A truck's day: filed in one act, told in m³ or t, summed up by the day.
import t from 'tap';
import { checkRebuild } from '../../src/rebuild.ts';
import { aParty, aRegulator, at, codesOf, gramsIn, heldBy } from '../manifests/given.ts';
import { type Caller, ok } from '../support/world.ts';
import { anomaliesOf, aTrip, aYard, fileLoad, load, papers, truckload, unload } from './given.ts';

t.test('a load is filed in one act: drafted, issued, numbered, and of the project of its site', async (t) => {
  const yard = await aYard();
  const filed = await fileLoad(yard);
  t.equal(filed.status, 201);
  t.match(filed.body, { status: 'issued', number: /^JZ20263701\d{8}$/, version: 2 });
  t.equal(filed.headers.location, `/v1/manifests/${filed.body.id}`);
  t.same(codesOf(filed).sort(), [
    'discharge-permit-missing',
    'project-plan-missing',
    'receiving-permit-missing',
    'transport-permit-missing',
  ]);
  const manifest = ok(await yard.carrier.get(`/v1/manifests/${filed.body.id}`));
  t.match(manifest, {
    status: 'issued',
    projectId: yard.projectId,
    number: filed.body.number,
    legs: [{ plate: yard.plate, startedAt: null }],
    lines: [{ declaredGrams: 19_200_000, volume: { litres: 12_000, gramsPerLitre: 1_600 } }],
  });
  const { items } = ok(await yard.consignor.get(`/v1/manifests/${filed.body.id}/events`));
  t.same(
    items.map(({ type }: { type: string }) => type),
    ['manifest_drafted', 'manifest_issued'],
  );
  await papers(yard);
  t.same(codesOf(await fileLoad(yard)), [], 'with its papers it is filed without a remark');
});

t.test('what draft or issue refuses, filing refuses, and no number is lost', async (t) => {
  const yard = await aYard();
  await papers(yard);
  const first = ok(await fileLoad(yard)).number as string;
  const mixed = truckload(yard, {}) as { lines: object[] };
  const two = [
    { ...mixed.lines[0], massGrams: 1 },
    { ...mixed.lines[0], wasteCode: '900-001-S73', massGrams: 1 },
  ];
  t.match(await yard.consignor.post('/v1/manifests/file', { ...mixed, lines: two }), {
    status: 422,
    body: { errors: [{ pointer: '/lines' }] },
  });
  t.match(await fileLoad(yard, { volumeLitres: 12_000, plannedMethod: 'D10' }), { status: 422 });
  t.match(await fileLoad(yard, { volumeLitres: 1 }, { projectId: yard.consigneeSiteId }), {
    status: 422,
    body: { errors: [{ pointer: '/projectId' }] },
  });
  t.equal((await yard.stranger.post('/v1/manifests/file', truckload(yard))).status, 404);
  t.equal(Number(ok(await fileLoad(yard)).number.slice(-8)), Number(first.slice(-8)) + 1);
  const hazardous = await yard.consignor.post('/v1/manifests/file', yard.draftBody());
  t.match(hazardous, { status: 201, body: { status: 'issued', number: /^20263701\d{6}$/ } }, 'any stream may be');
});

t.test('an agent files where it may draft and issue', async (t) => {
  const yard = await aYard();
  const agent = await aParty(yard, { capacities: ['producer'] });
  const delegate = (acts: string[]) =>
    yard.consignor.post('/v1/delegations', {
      principalId: yard.consignor.partyId,
      agentId: agent.partyId,
      siteIds: [yard.siteId],
      acts,
      validFrom: '2026-01-01',
      validTo: '2027-01-01',
    });
  ok(await delegate(['draft']));
  t.equal((await agent.post('/v1/manifests/file', truckload(yard))).status, 403);
  ok(await delegate(['draft', 'issue']));
  const { id } = ok(await agent.post('/v1/manifests/file', truckload(yard)));
  const { items } = ok(await yard.consignor.get(`/v1/manifests/${id}/events`));
  t.same(
    items.map(({ onBehalfOf }: { onBehalfOf: string }) => onBehalfOf),
    [yard.consignor.partyId, yard.consignor.partyId],
  );
});

t.test('m³ told as litres show at the pickup and at the receipt too', async (t) => {
  const yard = await aYard();
  await papers(yard);
  const { id } = ok(await fileLoad(yard));
  const tooMuch = (field: string) => ({
    status: 422,
    body: { errors: [{ pointer: `/lines/0/${field}` }], detail: /10000001600 g.* 1000 to a cubic metre/ },
  });
  t.match(await load(yard, id, { volumeLitres: 6_250_001 }), tooMuch('volumeLitres'));
  ok(await load(yard, id, { volumeLitres: 6_250_000 }));
  t.match(await unload(yard, id, { acceptedLitres: 6_250_001 }), tooMuch('acceptedLitres'));
  const receipt = { occurredAt: at(yard), lines: [{ line: 1, acceptedLitres: 0, refusedLitres: 6_250_001 }] };
  const path = `/v1/manifests/${id}/receipt`;
  t.match(await yard.consignee.post(path, receipt), tooMuch('refusedLitres'));
  ok(await yard.consignee.post(path, { ...receipt, lines: [{ line: 1, acceptedLitres: 6_250_000 }] }));
});

t.test('m³ become tonnes once; both may be told; what was weighed is never converted', async (t) => {
  const yard = await aYard();
  await papers(yard);
  const { id } = ok(await fileLoad(yard));
  t.same(codesOf(await load(yard, id, { volumeLitres: 12_500 })), []);
  t.match(await unload(yard, id, { acceptedLitres: 12_000, refusedLitres: 500 }), { status: 200 });
  const { lines } = ok(await yard.consignor.get(`/v1/manifests/${id}`));
  t.match(lines[0], {
    pickedUpGrams: 20_000_000,
    pickedUpVolume: { litres: 12_500, gramsPerLitre: 1_600 },
    acceptedGrams: 19_200_000,
    acceptedVolume: { litres: 12_000, gramsPerLitre: 1_600 },
    refusedGrams: 800_000,
    refusedVolume: { litres: 500 },
  });
  const both = ok(await fileLoad(yard)).id;
  ok(await load(yard, both, { volumeLitres: 12_000, massGrams: 18_000_000 }));
  const weighed = ok(await yard.consignor.get(`/v1/manifests/${both}`)).lines[0];
  t.match(weighed, { pickedUpGrams: 18_000_000, pickedUpVolume: { litres: 12_000 } });
  t.equal(weighed.pickedUpVolume.gramsPerLitre, undefined, 'nothing was converted');
  const hazardous = await yard.aManifest({ status: 'issued' });
  t.match(
    await yard.carrier.post(`/v1/manifests/${hazardous.id}/pickup`, {
      occurredAt: at(yard),
      plate: yard.plate,
      lines: [{ line: 1, volumeLitres: 1_000 }],
    }),
    { status: 422, body: { errors: [{ pointer: '/lines/0/volumeLitres' }] } },
    'without a density it cannot be booked',
  );
});

t.test(
  'm³ against tonnes is remarked on beyond the density, tonnes against tonnes beyond the scales, each on its own text',
  async (t) => {
    const yard = await aYard();
    await papers(yard);
    const remarks = ({ body: { warnings } }: { body: { warnings: { code: string; basis: string }[] } }) =>
      warnings.filter(({ code }) => code === 'quantity-differs').map(({ basis }) => basis);
    const told = ['生态环境法典 518'];
    for (const [loaded, expected] of [
      [13_440_000, []],
      [13_439_999, told],
    ] as const) {
      const { id } = ok(await fileLoad(yard));
      t.same(remarks(await load(yard, id, { massGrams: loaded })), expected, `12 m³, loaded ${loaded} g`);
    }
    for (const [out, come, expected] of [
      [{ volumeLitres: 12_000 }, { acceptedGrams: 17_900_000 }, []],
      [{ volumeLitres: 12_000 }, { acceptedGrams: 13_440_000 }, []],
      [{ volumeLitres: 12_000 }, { acceptedGrams: 13_439_999 }, told],
      [{ massGrams: 20_000_000 }, { acceptedLitres: 12_500 }, []],
      [{ massGrams: 20_000_000 }, { acceptedGrams: 19_400_000 }, []],
      [{ massGrams: 20_000_000 }, { acceptedGrams: 19_399_999 }, told],
      [{ volumeLitres: 12_000 }, { acceptedLitres: 11_640 }, []],
      [{ volumeLitres: 12_000 }, { acceptedLitres: 11_639 }, told],
    ] as const) {
      const { id } = ok(await fileLoad(yard));
      ok(await load(yard, id, out));
      t.same(remarks(await unload(yard, id, come)), expected, `${JSON.stringify(out)}, ${JSON.stringify(come)}`);
    }
  },
);

t.test('what leaves was generated as it was loaded; a register that covers it is drawn on instead', async (t) => {
  const yard = await aYard();
  await papers(yard);
  const { id } = await aTrip(yard);
  const held = await heldBy(yard, id);
  t.equal(gramsIn(held, 'generated'), -19_200_000);
  t.equal(gramsIn(held, 'stock'), 19_200_000, 'with the consignee');
  t.equal(gramsIn(held, 'in_transit'), 0);
  ok(
    await yard.consignor.post('/v1/generations', {
      siteId: yard.siteId,
      wasteCode: '900-001-S70',
      massGrams: 20_000_000,
      occurredAt: at(yard),
    }),
  );
  const drawn = await aTrip(yard);
  t.equal(gramsIn(await heldBy(yard, drawn.id), 'generated'), 0, 'it lay there already');
  t.same(await anomaliesOf(yard, id), []);
});

t.test('more than the box holds is said to the driver, and judged', async (t) => {
  const yard = await aYard();
  await papers(yard);
  ok(await yard.carrier.post('/v1/vehicles', { partyId: yard.carrier.partyId, plate: yard.plate, boxLitres: 12_000 }));
  const exact = ok(await fileLoad(yard)).id;
  t.same(codesOf(await load(yard, exact, { volumeLitres: 12_000 })), []);
  const over = ok(await fileLoad(yard)).id;
  t.ok(codesOf(await load(yard, over, { volumeLitres: 12_001 })).includes('over-vehicle-box'));
  t.same(await anomaliesOf(yard, exact), []);
  t.ok((await anomaliesOf(yard, over)).includes('load_out_of_range warning'));
});

t.test('a day is summed up: balance of the project, intake of the site, lists by project and plate', async (t) => {
  const yard = await aYard({ floorAreaSquareMetres: 1_000 });
  await papers(yard);
  const plan = await yard.admin.post('/v1/permits', {
    type: 'project_plan',
    number: `plan-${yard.projectId}`,
    holderId: yard.consignor.partyId,
    siteId: yard.siteId,
    wasteCodes: ['SW70'],
    methods: ['J4'],
    capLitres: 40_000,
    validFrom: '2026-09-01',
    validTo: '2026-12-31',
  });
  t.match(ok(await yard.consignor.get(`/v1/permits/${ok(plan).id}`)), { capGrams: 64_000_000, capLitres: 40_000 });
  await aTrip(yard);
  yard.clock.advanceMs(3_600_000);
  const second = await aTrip(yard, { volumeLitres: 12_000 }, { acceptedLitres: 11_500, refusedLitres: 500 });
  yard.clock.advanceMs(3_600_000);
  const onTheWay = ok(await fileLoad(yard)).id;
  ok(await load(yard, onTheWay, { massGrams: 19_000_000 }));
  ok(await fileLoad(yard));
  const balance = ok(await yard.consignor.get(`/v1/projects/${yard.projectId}/balance`));
  t.match(balance, {
    flows: [
      {
        wasteClass: 'SW70',
        method: 'J4',
        trips: 3,
        reservedGrams: 19_200_000,
        loadedGrams: 57_400_000,
        loadedLitres: 24_000,
        settledGrams: 38_400_000,
        acceptedGrams: 37_600_000,
        refusedGrams: 800_000,
      },
    ],
    total: { trips: 3, underWayGrams: 19_000_000 },
    gramsPerSquareMetre: 57_400,
  });
  t.equal(balance.plan.length, 2);
  const day = at(yard).slice(0, 10);
  const intake = ok(await yard.consignee.get(`/v1/sites/${yard.consigneeSiteId}/intake?day=${day}`));
  t.match(intake, { trips: 2, acceptedGrams: 37_600_000, flows: [{ method: 'J4', acceptedLitres: 23_500 }] });
  t.match(ok(await yard.consignee.get(`/v1/sites/${yard.consigneeSiteId}/intake?day=2026-01-01`)), { trips: 0 });
  const intakeFor = async (caller: Caller) =>
    (await caller.get(`/v1/sites/${yard.consigneeSiteId}/intake?day=${day}`)).status;
  t.equal(await intakeFor(yard.urban), 200);
  t.equal(await intakeFor(yard.regulator), 404, 'of the place, and of no stream that has projects');
  t.equal(await intakeFor(await aRegulator(yard, '371000', ['construction'])), 404, 'of another place');
  const list = ok(await yard.urban.get(`/v1/manifests?projectId=${yard.projectId}&limit=3`));
  t.equal(list.items.length, 3);
  t.ok(list.next, 'and a next page');
  const ofPlate = ok(await yard.carrier.get(`/v1/manifests?plate=${encodeURIComponent(yard.plate)}&day=${day}`));
  t.equal(ofPlate.items.length, 3, 'one plate, three trips that day');
  t.equal((await yard.stranger.get(`/v1/manifests?projectId=${yard.projectId}`)).status, 404);
  const changes = [
    { path: '/lines/0/refusedGrams', value: 0 },
    { path: '/lines/0/acceptedGrams', value: 18_000_000 },
  ];
  ok(await yard.consignee.post(`/v1/manifests/${second.id}/correction`, { reason: '看错', changes }));
  const [proposed] = ok(await yard.consignee.get(`/v1/manifests/${second.id}`)).lines;
  t.ok(proposed.acceptedVolume, 'proposed, nothing is changed');
  for (const caller of [yard.consignor, yard.urban])
    ok(await caller.post(`/v1/manifests/${second.id}/correction-approval`, {}));
  const [line] = ok(await yard.consignee.get(`/v1/manifests/${second.id}`)).lines;
  t.match(line, { acceptedGrams: 18_000_000 });
  t.notOk(line.acceptedVolume, 'the m³ say nothing of a mass that was put right');
  const { differences } = await checkRebuild(yard.databaseUrl);
  t.same(differences, [], 'a rebuild would change nothing');
});
