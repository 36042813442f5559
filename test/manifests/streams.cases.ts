import { randomBytes } from 'node:crypto';
import t from 'tap';
import { aWorld, bookRead, type Caller, ok, type World } from '../support/world.ts';
import { aLine, aRegulator } from './given.ts';

const SPOIL = { wasteCode: '900-001-S70', name: '工程渣土', plannedMethod: 'J4' };

const draft = (world: World, lines: readonly object[], more: object = {}) =>
  world.consignor.post('/v1/manifests', world.draftBody({ lines, ...more }));

/** A permit of a stream's own, entered by the platform. */
const permit = async (world: World, type: string, holder: Caller, more: object = {}): Promise<string> =>
  ok(
    await world.admin.post('/v1/permits', {
      type,
      number: `test-${randomBytes(6).toString('hex')}`,
      holderId: holder.partyId,
      wasteCodes: ['SW70'],
      validFrom: '2026-01-01',
      validTo: '2027-01-01',
      ...more,
    }),
  ).id;

/** The construction manifests of a world ask for these; hazardous ones do not. */
const permitted = async (world: World): Promise<void> => {
  await permit(world, 'discharge_permit', world.consignor);
  await permit(world, 'project_plan', world.consignor);
  await permit(world, 'transport_permit', world.carrier);
  await permit(world, 'receiving_permit', world.consignee);
};

t.test('the waste says the stream, and the stream what stands for what is left out', async (t) => {
  const world = await aWorld();
  const { id } = ok(await draft(world, [{ ...SPOIL, massGrams: 20_000_000 }]));
  t.match(ok(await world.consignor.get(`/v1/manifests/${id}`)), {
    stream: 'construction',
    lines: [{ form: 'solid', packaging: 'bulk', hazards: [], declaredGrams: 20_000_000 }],
  });
  const { items } = ok(await world.consignor.get('/v1/streams'));
  t.match(
    items.find(({ stream }: { stream: string }) => stream === 'construction'),
    { linesMax: 1, oneClass: true, line: { hazards: 'absent', form: { default: 'solid' } } },
  );
});

t.test('fields a stream needs or does not know are named, each where it lies', async (t) => {
  const world = await aWorld();
  const { hazards: _, form: __, ...bare } = aLine() as Record<string, unknown>;
  const cases: readonly [object, readonly string[]][] = [
    [bare, ['/lines/0/form', '/lines/0/hazards']],
    [aLine({ moisturePermille: 500 }), ['/lines/0/moisturePermille']],
    [{ ...SPOIL, massGrams: 1_000, hazards: ['T'], unNumber: 'UN3082' }, ['/lines/0/hazards', '/lines/0/unNumber']],
    [{ ...SPOIL, wasteCode: '462-001-S90', plannedMethod: 'K1', massGrams: 1_000 }, ['/lines/0/moisturePermille']],
  ];
  for (const [line, pointers] of cases) {
    const { status, body } = await draft(world, [line]);
    t.equal(status, 422);
    t.same(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort(), [...pointers].sort());
  }
});

t.test('a class where a code must stand is told as what it is, with the codes of that class', async (t) => {
  const world = await aWorld();
  const cases: readonly [string, RegExp, RegExp][] = [
    [
      'SW70',
      /general solid waste \(construction waste\).*NNN-NNN-S70, such as 900-001-S70/,
      /一般固体废物（建筑垃圾）的类别/,
    ],
    ['sw90', /NNN-NNN-S90/, /NNN-NNN-S90/],
    ['HW08', /class of hazardous waste.*32 codes, such as 071-001-08/, /危险废物的类别.*32 个/],
    ['SW99', /is not a waste code/, /不是有效的废物代码/],
  ];
  for (const [wasteCode, en, zh] of cases)
    for (const [language, said] of [
      ['en', en],
      ['zh-CN', zh],
    ] as const) {
      const body = world.draftBody({ lines: [{ ...SPOIL, wasteCode, massGrams: 1_000 }] });
      const answer = await world.consignor.post('/v1/manifests', body, { 'accept-language': language });
      t.match(answer, { status: 422, body: { detail: said, errors: [{ pointer: '/lines/0/wasteCode' }] } });
      t.equal(answer.body.errors.length, 1, 'and nothing is said of fields');
    }
});

t.test('a method that is none is told with those of the stream', async (t) => {
  const world = await aWorld();
  const wrong = await draft(world, [{ ...SPOIL, plannedMethod: 'Z9', massGrams: 1_000 }]);
  t.match(wrong, {
    status: 422,
    body: { errors: [{ pointer: '/lines/0/plannedMethod' }], detail: /has J1, J2, J3, J4/ },
  });
  t.notMatch(wrong.body.detail, /D10/);
  const treatment = {
    siteId: world.consigneeSiteId,
    method: 'Z9',
    startedAt: world.clock.now().toISOString(),
    endedAt: world.clock.now().toISOString(),
    inputs: [{ wasteCode: '900-001-S90', grams: 1_000 }],
  };
  const treated = await world.consignee.post('/v1/treatments', treatment);
  t.match(treated, { status: 422, body: { errors: [{ pointer: '/method' }], detail: /sewage sludge has K1/ } });
});

t.test('医疗废物分类目录: a name that speaks of another category than its code is remarked on', async (t) => {
  const world = await aWorld();
  const remarksOn = async (wasteCode: string, name: string) => {
    const line = aLine({ wasteCode, name, hazards: [wasteCode === '841-004-01' ? 'C' : 'T'] });
    const { warnings } = ok(await draft(world, [line]));
    return warnings.filter(({ code }: { code: string }) => code === 'named-of-another-category');
  };
  t.match(await remarksOn('841-004-01', '过期药品'), [
    { pointer: '/lines/0/name', basis: '医疗废物分类目录（2021年版）', detail: /pharmaceutical waste \(841-005-01\)/ },
  ]);
  t.match(await remarksOn('841-005-01', '废化学试剂'), [{ detail: /chemical waste \(841-004-01\)/ }]);
  for (const [code, name] of [
    ['841-004-01', '废化学试剂'],
    ['841-005-01', '过期药品'],
    ['841-005-01', '化疗药物和化学品'],
    ['841-004-01', '其他'],
  ] as const)
    t.same(await remarksOn(code, name), [], `${code} ${name}`);
});

t.test('mass or volume, not both and not neither', async (t) => {
  const world = await aWorld();
  for (const measures of [{}, { massGrams: 1_000, volumeLitres: 1_000 }]) {
    const { status, body } = await draft(world, [{ ...SPOIL, ...measures }]);
    t.equal(status, 400);
    t.match(body.errors, [{ pointer: '/lines/0/massGrams' }]);
  }
});

t.test('a volume becomes mass once, by the density of its class, place and day', async (t) => {
  const world = await aWorld();
  const declared = async () => {
    const { id } = ok(await draft(world, [{ ...SPOIL, volumeLitres: 12_500 }]));
    return ok(await world.consignor.get(`/v1/manifests/${id}`)).lines[0];
  };
  t.match(await declared(), { declaredGrams: 20_000_000, volume: { litres: 12_500, gramsPerLitre: 1_600 } });
  const own = { SW70: 1_450 };
  ok(
    await world.admin.post('/v1/policies', {
      policy: 'density',
      jurisdiction: '370112',
      stream: 'construction',
      value: own,
      looksAt: 'issued',
      place: 'origin',
      basis: { instrument: '试验', article: '1' },
      inForceFrom: '2026-09-16',
    }),
  );
  await bookRead(world.service);
  t.match(await declared(), { declaredGrams: 18_125_000, volume: { gramsPerLitre: 1_450 } });
  const slurry = await draft(world, [{ ...SPOIL, wasteCode: '900-001-S71', volumeLitres: 1_000 }]);
  t.match(slurry, { status: 422, body: { errors: [{ pointer: '/lines/0/volumeLitres' }] } });
});

t.test('one stream on a manifest, and where it says so one class', async (t) => {
  const world = await aWorld();
  const medical = aLine({ wasteCode: '841-001-01', hazards: ['In'] });
  t.match(await draft(world, [aLine(), medical]), {
    status: 422,
    body: { errors: [{ pointer: '/lines/1/wasteCode' }] },
  });
  t.match(await draft(world, [medical], { stream: 'hazardous' }), {
    status: 422,
    body: { errors: [{ pointer: '/lines/0/wasteCode' }] },
  });
  const two = [SPOIL, { ...SPOIL, wasteCode: '900-001-S73' }].map((line) => ({ ...line, massGrams: 1_000 }));
  t.match(await draft(world, two), { status: 422, body: { errors: [{ pointer: '/lines' }] } });
  const kitchen = ['900-001-S61', '900-001-S62'].map((wasteCode) => ({
    wasteCode,
    name: '厨余',
    massGrams: 1_000,
    plannedMethod: 'K1',
  }));
  t.match(await draft(world, kitchen), { status: 422, body: { errors: [{ pointer: '/lines/1/wasteCode' }] } });
});

t.test('a method is one its stream uses', async (t) => {
  const world = await aWorld();
  const { status, body } = await draft(world, [{ ...SPOIL, plannedMethod: 'D10', massGrams: 1_000 }]);
  t.equal(status, 422);
  t.match(body, { errors: [{ pointer: '/lines/0/plannedMethod' }], detail: /J1, J2, J3, J4/ });
});

t.test(
  'its number has the prefix and digits of the stream, and its permits are those its place asks for',
  async (t) => {
    const world = await aWorld();
    const issued = async () => {
      const { id } = ok(await draft(world, [{ ...SPOIL, massGrams: 20_000_000 }]));
      return ok(await world.consignor.post(`/v1/manifests/${id}/issue`));
    };
    const without = await issued();
    t.match(without.number, /^JZ20263701\d{8}$/);
    t.same(without.warnings.map(({ code }: { code: string }) => code).sort(), [
      'discharge-permit-missing',
      'project-missing',
      'project-plan-missing',
      'receiving-permit-missing',
      'transport-permit-missing',
    ]);
    await permitted(world);
    t.same(
      (await issued()).warnings.map(({ code }: { code: string }) => code),
      ['project-missing'],
    );
  },
);

t.test('a used-up plan and a full day are said, and refused where the place says so', async (t) => {
  const world = await aWorld();
  await permitted(world);
  const capacity = await permit(world, 'site_capacity', world.consignee, { capGrams: 30_000_000 });
  const issue = async () => {
    const { id } = ok(await draft(world, [{ ...SPOIL, massGrams: 20_000_000 }]));
    return world.consignor.post(`/v1/manifests/${id}/issue`);
  };
  const codes = ({ body }: { body: { warnings: { code: string }[] } }) => body.warnings.map(({ code }) => code);
  t.notOk(codes(await issue()).includes('site-capacity-over'));
  t.ok(codes(await issue()).includes('site-capacity-over'));
  const { balances } = ok(await world.consignee.get(`/v1/permits/${capacity}`));
  t.match(balances, [{ period: '2026-09-16', reservedGrams: 40_000_000, remainingGrams: -10_000_000 }]);
  ok(
    await world.admin.post('/v1/policies', {
      policy: 'permit-exhausted',
      jurisdiction: '370117',
      stream: 'construction',
      value: 'refuse',
      looksAt: 'issued',
      place: 'destination',
      basis: { instrument: '试验', article: '2' },
      inForceFrom: '2026-09-16',
    }),
  );
  await bookRead(world.service);
  t.match(await issue(), { status: 422, body: { basis: '试验 2', errors: [{ pointer: '/lines/0/massGrams' }] } });
});

t.test('a whole journey of spoil, seen by the regulator of its stream and by no other', async (t) => {
  const world = await aWorld();
  await permitted(world);
  const urban = await aRegulator(world, '370100', ['construction']);
  const { id } = ok(await draft(world, [{ ...SPOIL, volumeLitres: 12_500 }]));
  const at = () => ({ occurredAt: world.clock.now().toISOString() });
  ok(await world.consignor.post(`/v1/manifests/${id}/issue`));
  ok(
    await world.carrier.post(`/v1/manifests/${id}/pickup`, {
      ...at(),
      plate: world.plate,
      lines: [{ line: 1, massGrams: 20_000_000 }],
    }),
  );
  ok(await world.carrier.post(`/v1/manifests/${id}/arrival`, at()));
  ok(
    await world.consignee.post(`/v1/manifests/${id}/receipt`, {
      ...at(),
      lines: [{ line: 1, acceptedGrams: 19_900_000, method: 'J3' }],
    }),
  );
  t.match(ok(await urban.get(`/v1/manifests/${id}`)), { status: 'received', lines: [{ acceptedGrams: 19_900_000 }] });
  t.equal((await world.regulator.get(`/v1/manifests/${id}`)).status, 404);
});

t.test('m³ told as litres show when they become mass', async (t) => {
  const world = await aWorld();
  const { status, body } = await draft(world, [{ ...SPOIL, volumeLitres: 7_000_000 }]);
  t.equal(status, 422);
  t.match(body, { errors: [{ pointer: '/lines/0/volumeLitres' }], detail: /1000 to a cubic metre/ });
  ok(await draft(world, [{ ...SPOIL, volumeLitres: 6_000_000 }]));
});
