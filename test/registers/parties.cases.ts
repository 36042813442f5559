import { randomUUID } from 'node:crypto';
import t from 'tap';
import { aWorld, ok } from '../support/world.ts';
import { edit } from './given.ts';

t.test('a party is entered, found, amended by version', async (t) => {
  const world = await aWorld();
  const body = {
    name: ' 济南明湖机械有限公司 ',
    uscc: '91370102ma3c0pt14j',
    capacities: ['consignee', 'producer', 'producer'],
    region: '370102',
  };
  const made = await world.admin.post('/v1/parties', body);
  t.match(made, {
    status: 201,
    body: { version: 1 },
    headers: { etag: '"1"', location: `/v1/parties/${made.body.id}` },
  });
  const party = ok(await world.stranger.get(`/v1/parties/${made.body.id}`));
  t.same(
    party,
    {
      id: made.body.id,
      version: 1,
      name: '济南明湖机械有限公司',
      uscc: '91370102MA3C0PT14J',
      capacities: ['producer', 'consignee'],
      region: '370102',
      jurisdiction: null,
      active: true,
    },
    'in its normal form',
  );
  t.same(
    ok(await world.carrier.get('/v1/parties?uscc=91370102MA3C0PT14J')).items.map(({ id }: { id: string }) => id),
    [made.body.id],
  );
  t.equal((await edit(world.admin, `/v1/parties/${made.body.id}`, { name: '改名' })).body.version, 2);
  t.match(await world.admin.post('/v1/parties', { ...body, name: '另一家' }), {
    status: 409,
    body: { type: '/problems/already-exists', errors: [{ pointer: '/uscc' }] },
  });
  t.equal(
    (await edit(world.admin, `/v1/parties/${world.consignor.partyId}`, { uscc: '91370102MA3C0PT14J' })).status,
    409,
    'nor by an edit',
  );
});

t.test('HJ 1276: a producer without a USCC learns at once that it cannot label containers', async (t) => {
  const world = await aWorld();
  const warnings = async (more: object) => {
    const { body } = await world.admin.post('/v1/parties', { name: '某诊所', region: '370102', ...more });
    return body.warnings.map(({ code, pointer }: { code: string; pointer: string }) => `${code} ${pointer}`);
  };
  t.same(await warnings({ capacities: ['producer'] }), ['uscc-missing /uscc']);
  t.same(await warnings({ capacities: ['producer', 'consignee'], uscc: null }), ['uscc-missing /uscc']);
  t.same(await warnings({ capacities: ['producer'], uscc: '91370100MA3C00Y18J' }), []);
  t.same(await warnings({ capacities: ['carrier'] }), []);
  const { id } = ok(await world.admin.post('/v1/parties', { name: '丙', region: '370102', capacities: ['producer'] }));
  t.match(await edit(world.admin, `/v1/parties/${id}`, { name: '丁' }), {
    body: { warnings: [{ code: 'uscc-missing' }] },
  });
});

t.test('what is wrong with a party', async (t) => {
  const world = await aWorld();
  const party = { name: '某', capacities: ['producer'], region: '370102' };
  const cases: readonly [object, string][] = [
    [{ uscc: '91370102MA3C0PT14K' }, '/uscc'],
    [{ region: '370100' }, '/region'],
    [{ region: '371202' }, '/region'],
    [{ capacities: ['regulator'] }, '/jurisdiction'],
    [{ jurisdiction: { region: '370100', streams: ['hazardous'] } }, '/jurisdiction'],
    [{ capacities: ['regulator'], jurisdiction: { region: '999999', streams: ['hazardous'] } }, '/jurisdiction/region'],
  ];
  for (const [changes, pointer] of cases)
    t.match(
      await world.admin.post('/v1/parties', { ...party, ...changes }),
      { status: 422, body: { errors: [{ pointer }] } },
      JSON.stringify(changes),
    );
  for (const changes of [
    { capacities: [] },
    { capacities: ['bank'] },
    { name: ' ' },
    { name: 'x'.repeat(201) },
    { id: randomUUID() },
    { version: 9 },
  ])
    t.equal((await world.admin.post('/v1/parties', { ...party, ...changes })).status, 400, JSON.stringify(changes));
});

t.test(
  'of its own party a member changes the name and nothing else; an administrator cannot lock himself out',
  async (t) => {
    const world = await aWorld();
    const own = `/v1/parties/${world.consignor.partyId}`;
    t.equal((await edit(world.consignor, own, { name: '新名' })).status, 200);
    for (const changes of [{ capacities: ['producer', 'consignee'] }, { region: '370112' }, { active: false }])
      t.match(await edit(world.consignor, own, changes), {
        status: 403,
        body: { errors: [{ pointer: `/${Object.keys(changes)[0]}` }] },
      });
    const { party } = ok(await world.admin.get('/v1/me'));
    for (const changes of [{ active: false }, { capacities: ['producer'] }])
      t.equal((await edit(world.admin, `/v1/parties/${party.id}`, changes)).status, 422);
  },
);
