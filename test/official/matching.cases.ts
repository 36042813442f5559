import t from 'tap';
import { anIssued, aParty, arrive, at, pickUp, receive } from '../manifests/given.ts';
import { type Answer, aWorld, type Caller, ok, type World } from '../support/world.ts';
import { aNumber, aRow, aUscc, csvOf, importing, importRows, recordsOf, withUscc } from './given.ts';

/** A load of 1 t that left today, told to have that number. */
async function aLoad(world: World, number?: string): Promise<{ id: string; number: string }> {
  await world.generate(1_000_000);
  const issued = await anIssued(world);
  ok(await pickUp(world, issued.id, [{ line: 1, massGrams: 1_000_000 }]));
  if (number)
    ok(
      await world.carrier.post(`/v1/manifests/${issued.id}/official-record`, {
        system: 'cn-37',
        number,
        seenAt: at(world),
      }),
    );
  return issued;
}

const ton = { '移出量（吨）': '1' };
const only = async (caller: Caller, query?: string): Promise<Answer['body']> => {
  const records = await recordsOf(caller, query);
  t.equal(records.length, 1, JSON.stringify(records));
  return records[0];
};

t.test(
  'by its official number a record is matched, or differs field by field, and nothing of the manifest changes',
  async (t) => {
    const world = await aWorld();
    const codes = {
      移出人统一社会信用代码: await withUscc(world, world.consignor),
      接受人统一社会信用代码: await withUscc(world, world.consignee),
    };
    const number = aNumber();
    const { id } = await aLoad(world, number);
    const before = ok(await world.consignor.get(`/v1/manifests/${id}`));
    await importRows(world.regulator, [aRow({ ...codes, ...ton, 联单编号: number })]);
    t.match(await only(world.regulator), { state: 'matched', subjectId: id, differences: [] });
    await importRows(world.regulator, [
      aRow({
        ...codes,
        联单编号: number,
        '移出量（吨）': '1.2',
        交付时间: '2026-09-15',
        联单状态: '已办结',
        移出人统一社会信用代码: aUscc(),
      }),
    ]);
    const record = await only(world.regulator, 'state=differs');
    t.same(
      record.differences.map(({ field, ours, official }: { field: string; ours: unknown; official: unknown }) => [
        field,
        ours,
        official,
      ]),
      [
        ['massGrams', 1_000_000, 1_200_000],
        ['consignorUscc', codes.移出人统一社会信用代码, record.fields.consignorUscc],
        ['transferredOn', '2026-09-16', '2026-09-15'],
        ['status', 'in_transit', '已办结'],
      ],
    );
    t.same(ok(await world.consignor.get(`/v1/manifests/${id}`)), before);
    ok(await arrive(world, id));
    ok(await receive(world, id, [{ line: 1, acceptedGrams: 1_000_000 }]));
    await world.jobsDone();
    const { differences } = await only(world.regulator, 'state=differs');
    t.notOk(
      differences.some(({ field }: { field: string }) => field === 'status'),
      'what the manifest does afterwards is held against it by itself',
    );
  },
);

t.test('another code than its lines have; two lines of one code are told apart by their names', async (t) => {
  const world = await aWorld();
  const number = aNumber();
  const { id } = await aLoad(world, number);
  await importRows(world.carrier, [aRow({ ...ton, 联单编号: number, 废物代码: '900-214-08' })]);
  t.match(await only(world.carrier), {
    state: 'differs',
    subjectId: id,
    differences: [{ field: 'wasteCode', ours: ['900-249-08'], official: '900-214-08' }],
  });
});

t.test('without a number it is a candidate; once somebody tells the number, it is matched', async (t) => {
  const world = await aWorld();
  const codes = {
    移出人统一社会信用代码: await withUscc(world, world.consignor),
    接受人统一社会信用代码: await withUscc(world, world.consignee),
  };
  const { id } = await aLoad(world);
  const number = aNumber();
  const like = aRow({ ...codes, ...ton, 联单编号: number });
  await importRows(world.regulator, [
    like,
    aRow({ ...codes, '移出量（吨）': '1.1' }),
    aRow({ ...codes, ...ton, 交付时间: '2026-09-17' }),
    aRow({ ...codes, ...ton, 废物代码: '900-214-08' }),
    aRow({ ...ton }),
  ]);
  t.match(await only(world.regulator, 'state=candidate'), { number, subjectId: null, candidates: [id] });
  t.equal(
    (await recordsOf(world.regulator, 'state=missing_here')).length,
    4,
    'another mass, day or waste is another load',
  );
  ok(await world.consignor.post(`/v1/manifests/${id}/official-record`, { system: 'cn-37', number, seenAt: at(world) }));
  await world.jobsDone();
  t.match(await only(world.regulator, 'state=matched'), { number, subjectId: id, candidates: [] });
  const second = await aLoad(world);
  const again = await importRows(world.regulator, [aRow({ ...codes, ...ton })]);
  t.match(await only(world.regulator, `state=candidate&importId=${again.id}`), { candidates: [second.id] });
});

t.test('our own number in the export finds it too', async (t) => {
  const world = await aWorld();
  const { id, number } = await aLoad(world);
  const titles = ['联单编号', '本地联单编号', '废物代码', '移出量（千克）'];
  ok(await importing(world.consignor, csvOf(titles, [[aNumber(), number, '900-249-08', '1000']])));
  t.match(await only(world.consignor), { state: 'matched', subjectId: id });
});

t.test('what the owner of a record may not see is not there for it', async (t) => {
  const world = await aWorld();
  const number = aNumber();
  await aLoad(world, number);
  const row = aRow({ 联单编号: number });
  for (const caller of [
    world.stranger,
    await aParty(world, {
      capacities: ['regulator'],
      role: 'regulator',
      jurisdiction: { region: '371000', streams: ['hazardous'] },
    } as never),
  ]) {
    await importRows(caller, [row]);
    t.match(await only(caller), { state: 'missing_here', subjectId: null, differences: [] }, 'no figure of it is told');
  }
});

t.test('a number on two manifests names neither of them', async (t) => {
  const world = await aWorld();
  const number = aNumber();
  const loads = [await aLoad(world, number), await aLoad(world, number)];
  await importRows(world.carrier, [aRow({ 联单编号: number })]);
  const { candidates, ...record } = await only(world.carrier);
  t.match(record, { state: 'candidate', subjectId: null });
  t.same([...candidates].sort(), loads.map(({ id }) => id).sort());
});

t.test('ledgers are kept and not compared row by row', async (t) => {
  const world = await aWorld();
  const titles = ['产生批次编码', '废物代码', '产生量', '计量单位', '产生时间'];
  const rows = [['HWCS20260916001', '900-249-08', '1.5', '吨', '2026-09-16']];
  ok(await importing(world.consignor, csvOf(titles, rows), { kind: 'ledger' }));
  t.match(await only(world.consignor, 'kind=ledger'), {
    state: 'not_compared',
    fields: { batchCode: 'HWCS20260916001', massGrams: 1_500_000, recordedOn: '2026-09-16' },
  });
});

t.test('our own number where the official one should stand makes a candidate, with a hint what to do', async (t) => {
  const world = await aWorld();
  const { id, number } = await aLoad(world);
  await importRows(world.regulator, [aRow({ ...ton, 联单编号: number })]);
  t.match(await only(world.regulator), {
    state: 'candidate',
    subjectId: null,
    candidates: [id],
    hint: /bears the number that a manifest has here.*official-record/,
  });
  const [inChinese] = ok(await world.regulator.get('/v1/official-records', { 'accept-language': 'zh-CN' })).items;
  t.match(inChinese.hint, /编号与本系统联单的编号相同/);
  t.match(ok(await world.regulator.get(`/v1/official-records/${inChinese.id}`)), { hint: /official-record/ });
  ok(await world.carrier.post(`/v1/manifests/${id}/official-record`, { system: 'cn-37', number, seenAt: at(world) }));
  await world.jobsDone();
  t.match(await only(world.regulator), { state: 'matched', subjectId: id, hint: null });
  const other = await aWorld();
  await importRows(other.stranger, [aRow({ ...ton, 联单编号: number })]);
  t.match(await only(other.stranger), { state: 'missing_here', hint: null }, 'not of what is not theirs to see');
});
