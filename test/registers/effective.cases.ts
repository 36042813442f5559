import t from 'tap';
import { aWorld, bookRead, ok } from '../support/world.ts';

interface Item {
  readonly policy: string;
  readonly id: string;
  readonly value: unknown;
  readonly from: { readonly code: string };
}

t.test('what holds at a place: every policy that has a row, its own or the nearest it inherits', async (t) => {
  const world = await aWorld();
  const ask = async (query: string) => ok(await world.carrier.get(`/v1/policies/effective?${query}`));
  const named = (answer: { items: Item[] }, policy: string) => answer.items.find((one) => one.policy === policy);
  const weihai = await ask('region=371002&stream=hazardous&day=2026-09-16');
  t.same(
    weihai.places.map(({ code }: { code: string }) => code),
    ['371002', '371000', '370000', '000000'],
  );
  t.match(named(weihai, 'mismatch'), {
    value: 'MUST_REFUSE',
    from: { code: '371000', name: '威海市', level: 'prefecture' },
    basis: { instrument: '威海市危险废物管理办法', article: '20' },
    ours: false,
  });
  t.match(named(weihai, 'confirm-receipt-working-days'), { value: 5, from: { code: '000000' }, stream: 'hazardous' });
  const sludge = await ask('region=411003&stream=sludge&day=2026-09-16');
  t.match(named(sludge, 'receiving-moisture-permille'), { value: 650, from: { code: '411003' } });
  t.equal(named(sludge, 'unlicensed-consignee'), undefined, 'no policy of that stream');
  const { id } = named(sludge, 'mismatch')!;
  t.match(ok(await world.carrier.get(`/v1/policies/${id}`)), { id, stream: '*' });
});

t.test(
  'Laiwu is Jinan since 2019: its former code has the law of Jinan, also for what is older than our rows',
  async (t) => {
    const world = await aWorld();
    ok(
      await world.admin.post('/v1/policies', {
        policy: 'mismatch',
        jurisdiction: '370100',
        stream: 'hazardous',
        value: 'MUST_REFUSE',
        looksAt: 'arrived',
        place: 'destination',
        basis: { instrument: '济南市某办法', article: '1' },
        inForceFrom: '2022-01-01',
      }),
    );
    await bookRead(world.service);
    for (const [region, day, chain] of [
      ['371202', '2018-12-31', ['370116', '370100', '370000', '000000']],
      ['371202', '2026-09-16', ['370116', '370100', '370000', '000000']],
      ['370116', '2026-09-16', ['370116', '370100', '370000', '000000']],
    ] as const) {
      const { places, items, judgedOn } = ok(
        await world.regulator.get(`/v1/policies/effective?region=${region}&stream=hazardous&day=${day}`),
      );
      t.same(
        places.map(({ code }: { code: string }) => code),
        chain,
      );
      t.equal(judgedOn, day < '2022-01-01' ? '2022-01-01' : day);
      t.match(
        items.find(({ policy }: Item) => policy === 'mismatch'),
        { value: 'MUST_REFUSE', from: { code: '370100' } },
      );
    }
  },
);

t.test('no such place, no such stream', async (t) => {
  const world = await aWorld();
  t.match(await world.carrier.get('/v1/policies/effective?region=379999&stream=hazardous'), {
    status: 404,
    body: { errors: [{ pointer: 'query:region' }] },
  });
  t.match(await world.carrier.get('/v1/policies/effective?region=370117&stream=household'), {
    status: 400,
    body: { errors: [{ pointer: 'query:stream' }] },
  });
});
