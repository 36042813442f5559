import t from 'tap';
import { KINDS } from '../../src/kinds.ts';
import { SUBJECT_NAMES } from '../../src/problems.ts';
import { at } from '../manifests/given.ts';
import { aWorld, type Caller, type World } from '../support/world.ts';

/** What is said at each pointer, in a language. */
async function saidTo(caller: Caller, url: string, body: object, language = 'zh'): Promise<Record<string, string>> {
  const answer = await caller.post(url, body, { 'accept-language': language });
  const errors: { pointer: string; detail: string }[] = answer.body.errors ?? [];
  const said = Object.fromEntries(errors.map(({ pointer, detail }) => [pointer, detail]));
  if (Object.keys(said).length < errors.length)
    throw new Error(`two messages at one pointer: ${JSON.stringify(errors)}`);
  return said;
}

const generation = (world: World, changes: object = {}): object => ({
  siteId: world.consignorSiteId,
  wasteCode: '900-249-08',
  massGrams: 1,
  occurredAt: at(world),
  ...changes,
});

t.test('each kind of mistake in a field is said in plain words, in both languages, once', async (t) => {
  const world = await aWorld();
  const cases: readonly (readonly [changed: Record<string, unknown>, zh: string, en: string])[] = [
    [{ massGrams: undefined }, '必填', 'required'],
    [{ massGrams: '5' }, '须为数字', 'must be a number'],
    [{ massGrams: 1.5 }, '须为整数', 'must be a whole number'],
    [{ massGrams: -5 }, '至少 1 克', 'at least 1 g'],
    [{ massGrams: 2e10 }, '最多 10,000,000,000 克', 'at most 10,000,000,000 g'],
    [{ pieces: -1 }, '至少 0 件', 'at least 0 pieces'],
    [{ wasteCode: 5 }, '须为文字', 'must be text'],
    [{ wasteCode: '0'.repeat(40) }, '最多 20 个字符', 'at most 20 characters'],
    [
      { siteId: 'x' },
      '须为标识符（UUID），如 0198c3f0-7a6e-7d3c-9b1f-2f4e5a6b7c8d',
      'must be a UUID, such as 0198c3f0-7a6e-7d3c-9b1f-2f4e5a6b7c8d',
    ],
    ...['2026-11-23', '2026-11-23 10:00', '2026-02-30T00:00:00Z', 'now'].map(
      (occurredAt) =>
        [
          { occurredAt },
          '须为带时区的日期和时间，如 2026-11-23T10:00:00+08:00',
          'must be a date and time with its zone, such as 2026-11-23T10:00:00+08:00',
        ] as const,
    ),
    [{ occurredAt: '2300-01-01T00:00:00Z' }, '须在 1980 年至 2200 年之间', 'must lie between 1980 and 2200'],
    [{ entryMode: 'fax' }, '须为以下之一：live、offline、paper', 'must be one of live, offline, paper'],
  ];
  for (const [changed, zh, en] of cases) {
    const pointer = `/${Object.keys(changed)[0]}`;
    for (const [language, text] of [
      ['zh', zh],
      ['en', en],
    ] as const)
      t.same(
        await saidTo(world.consignor, '/v1/generations', generation(world, changed), language),
        { [pointer]: text },
        JSON.stringify(changed),
      );
  }
  t.same(await saidTo(world.consignor, `/v1/manifests/${world.consignorSiteId}/void`, { reason: ' ' }), {
    '/reason': '不得为空',
  });
});

t.test('what a rule says is in the language asked for too', async (t) => {
  const world = await aWorld();
  const inAnHour = generation(world, { occurredAt: new Date(world.clock.now().getTime() + 3_600_000).toISOString() });
  const CHINESE = /[\u4e00-\u9fff]/;
  t.match((await saidTo(world.consignor, '/v1/generations', inAnHour))['/occurredAt'], CHINESE);
  t.notMatch((await saidTo(world.consignor, '/v1/generations', inAnHour, 'en'))['/occurredAt'], CHINESE);
});

t.test('each unknown key is named where it stands, with the keys there are', async (t) => {
  const world = await aWorld();
  const known = '没有此字段；可用：line、massGrams、volumeLitres、pieces、moisturePermille、containers';
  const { id } = await world.aManifest({ status: 'issued' });
  t.same(
    await saidTo(world.carrier, `/v1/manifests/${id}/pickup`, {
      occurredAt: at(world),
      plate: world.plate,
      lines: [{ line: 1, mass: 5, massGrams: 5, 'a/b~c': 1 }],
    }),
    { '/lines/0/mass': known, '/lines/0/a~1b~0c': known },
  );
  t.same(await saidTo(world.consignor, `/v1/manifests/${id}/pickup-code`, { code: 1 }, 'en'), {
    '/code': 'no such field; nothing may stand here',
  });
});

t.test('where one of several forms may stand, the one that fits best is spoken of', async (t) => {
  const world = await aWorld();
  const treatment = (input: unknown, output: object = {}): object => ({
    siteId: world.consigneeSiteId,
    method: 'D10',
    startedAt: at(world),
    endedAt: at(world),
    inputs: [input],
    outputs: [{ kind: 'residue', wasteCode: '900-249-08', grams: 1, ...output }],
  });
  const said = (body: object): Promise<Record<string, string>> => saidTo(world.consignee, '/v1/treatments', body);
  t.same(await said(treatment({ wasteCode: '900-249-08', massGrams: 100 })), {
    '/inputs/0/grams': '必填',
    '/inputs/0/massGrams': '没有此字段；可用：wasteCode、grams、pieces',
  });
  t.same(await said(treatment({ batchId: world.consigneeSiteId, grams: 0 })), { '/inputs/0/grams': '至少 1 克' });
  t.same(await said(treatment('900-249-08')), { '/inputs/0': '须为对象 {…}' });
  t.same(await said(treatment({ wasteCode: '900-249-08', grams: 1 }, { kind: 'waste' })), {
    '/outputs/0/kind': '须为以下之一：residue、product',
  });
  const { id } = await world.aManifest({ status: 'issued' });
  t.same(
    await saidTo(
      world.consignor,
      `/v1/manifests/${id}/correction`,
      { reason: 'x', changes: [{ path: '/lines/0/name', value: {} }] },
      'en',
    ),
    { '/changes/0/value': 'must be text or a number or null or a list […]' },
  );
});

t.test('a new value that does not fit its field is told in the language asked for', async (t) => {
  const world = await aWorld();
  const { id } = await world.aManifest({ status: 'issued' });
  const changes = [{ path: '/lines/0/packaging', value: 'sack' }];
  const detailIn = async (language: string): Promise<string> =>
    (
      await world.consignor.post(
        `/v1/manifests/${id}/correction`,
        { reason: 'x', changes },
        { 'accept-language': language },
      )
    ).body.detail;
  t.equal(
    await detailIn('zh'),
    '/lines/0/packaging（第 1 行）的新值不符合格式：须为以下之一：bag、drum、can、box、bulk_bag、tank、bulk、other。',
  );
  t.equal(
    await detailIn('en'),
    'The new value of /lines/0/packaging (line 1) does not fit: must be one of bag, drum, can, box, bulk_bag, tank, bulk, other.',
  );
});

t.test('in a Chinese sentence things, roles and streams have their Chinese names', async (t) => {
  t.same(
    KINDS.filter(({ name }) => !(name in SUBJECT_NAMES)).map(({ name }) => name),
    [],
    'every kind of subject has a name',
  );
  const world = await aWorld();
  const { consignor, regulator, consignorSiteId: none } = world;
  const zh = { 'accept-language': 'zh' };
  const detailOf = async (answer: ReturnType<typeof consignor.get>): Promise<string> => (await answer).body.detail;
  t.equal(await detailOf(consignor.get(`/v1/weigh-tickets/${none}`, zh)), `没有您可查看的过磅单 ${none}。`);
  t.equal(
    await detailOf(consignor.post('/v1/policies', {}, zh)),
    '单位成员密钥不能办理 policies.register；可由管理员办理。',
  );
  const designation = {
    type: 'key_unit',
    partyId: consignor.partyId,
    stream: 'medical',
    reason: 'x',
    validFrom: '2026-01-01',
  };
  const refused = await regulator.post('/v1/designations', designation, zh);
  t.match(refused.body, {
    detail: '您监管危险废物，不含医疗废物。',
    errors: [{ detail: '您监管危险废物，不含医疗废物。' }],
  });
});
