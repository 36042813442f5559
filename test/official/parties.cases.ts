import t from 'tap';
import { aParty } from '../manifests/given.ts';
import { type Answer, aWorld, type Caller, ok, type World } from '../support/world.ts';
import { aRow, aUscc, csvOf, importing, importRows, recordsOf, withUscc } from './given.ts';

const TITLES = ['单位名称', '统一社会信用代码', '行政区划代码', '单位类型'];
type Told = [name: string, uscc?: string, region?: string, type?: string];

async function told(caller: Caller, ...parties: Told[]): Promise<Answer['body'][]> {
  const rows = parties.map((party) => TITLES.map((_, nth) => party[nth] ?? ''));
  const { id } = ok(await importing(caller, csvOf(TITLES, rows), { kind: 'parties' }));
  const records = await recordsOf(caller, `kind=parties&importId=${id}`);
  return records.sort((a: { rowNumber: number }, b: { rowNumber: number }) => a.rowNumber - b.rowNumber);
}

const resolve = (caller: Caller, { id }: { id: string }, body: object): Promise<Answer> =>
  caller.post(`/v1/official-parties/${id}/resolution`, body);

const partyOf = async (world: World, id: string) => ok(await world.admin.get(`/v1/parties/${id}`));

t.test('the code decides; a name alone only suggests, however it is written', async (t) => {
  const world = await aWorld();
  const uscc = await withUscc(world, world.consignor);
  const name = `鲁中化工${uscc.slice(8, 16)}(集团)有限公司`;
  const named = await aParty(world, { name } as never);
  const other = aUscc();
  const found = await told(
    world.regulator,
    ['产废单位', uscc, '370102'],
    [`产废单位 乙`, uscc.toLowerCase()],
    [name.replace('(', '（').replace(')', '）').replace('有限公司', '有限责任公司')],
    [`${name}二`],
    [name, other],
  );
  t.match(found.length, 4);
  t.match(found, [
    { state: 'matched', subjectId: world.consignor.partyId },
    { state: 'candidate', subjectId: null, candidates: [named.partyId] },
    { state: 'missing_here', candidates: [] },
    { state: 'candidate', candidates: [named.partyId], fields: { uscc: other } },
  ]);
});

t.test('a regulator says that they are one; nothing of ours is overwritten', async (t) => {
  const world = await aWorld();
  const ours = await aParty(world, { name: `老名 ${aUscc()}` } as never);
  const before = await partyOf(world, ours.partyId);
  const [record] = await told(world.regulator, [before.name.replaceAll(' ', ''), aUscc(), '370112']);
  t.match(record, { state: 'candidate', candidates: [ours.partyId] });
  t.match(await resolve(world.regulator, record, { sameAs: ours.partyId, reason: '同一企业' }), {
    status: 200,
    body: { decision: 'same_as', partyId: ours.partyId },
  });
  await world.jobsDone();
  const [after] = (await recordsOf(world.regulator, 'kind=parties')).filter(
    ({ id }: { id: string }) => id === record.id,
  );
  t.match(after, { state: 'differs', subjectId: ours.partyId });
  t.same(
    after.differences.map(({ field }: { field: string }) => field),
    ['uscc', 'region'],
    'as proposals: ours has no code, and a space makes no other name',
  );
  t.same(await partyOf(world, ours.partyId), before);
});

t.test('an administrator adopts what is right, field by field, under the rules of the register', async (t) => {
  const world = await aWorld();
  const ours = await aParty(world, { name: `旧称 ${aUscc()}` } as never);
  const { name, version } = await partyOf(world, ours.partyId);
  const uscc = aUscc();
  const [record] = await told(world.admin, [name, uscc, '370112', '经营单位']);
  t.match(await resolve(world.regulator, record, { ignore: true }), { status: 404 }, 'another’s import');
  t.match(await resolve(world.admin, record, { sameAs: ours.partyId, adopt: ['uscc'] }), { status: 200 });
  t.match(
    await partyOf(world, ours.partyId),
    { name, uscc, region: '370102', version: version + 1 },
    'the code and nothing else',
  );
  const { rows } = await world.service.database.pool.query(
    "select canonical::jsonb #> '{data,resolution}' as resolution from custody_events where subject_id = $1",
    [record.id],
  );
  t.match(rows, [{ resolution: { decision: 'same_as', partyId: ours.partyId, adopted: ['uscc'] } }]);
  await world.jobsDone();
  const another = await aParty(world);
  t.match(await resolve(world.admin, record, { sameAs: another.partyId, adopt: ['uscc'] }), {
    status: 409,
    body: { type: '/problems/already-exists', errors: [{ pointer: '/uscc' }] },
  });
});

t.test('a new party enters the register through its own act', async (t) => {
  const world = await aWorld();
  const uscc = aUscc();
  const [whole, bare, unknown] = await told(
    world.regulator,
    [`新单位${uscc}`, uscc, '370112', '产废单位、运输单位'],
    [`无码单位${uscc}`],
    [`错区单位${uscc}`, aUscc(), '370100', '产废单位'],
  );
  t.match(await resolve(world.regulator, whole, { register: true }), { status: 403 }, 'an administrator’s');
  const { partyId } = ok(await resolve(world.admin, whole, { register: true }));
  t.match(await partyOf(world, partyId), {
    name: `新单位${uscc}`,
    uscc,
    region: '370112',
    capacities: ['producer', 'carrier'],
  });
  await world.jobsDone();
  t.match(
    (await recordsOf(world.regulator, 'kind=parties&state=matched')).map(({ id, subjectId }: Answer['body']) => [
      id,
      subjectId,
    ]),
    [[whole.id, partyId]],
  );
  t.match(await resolve(world.admin, bare, { register: true }), {
    status: 422,
    body: { errors: [{ pointer: '/capacities' }] },
  });
  t.match(await resolve(world.admin, bare, { register: true, capacities: ['producer'] }), {
    status: 422,
    body: { errors: [{ pointer: '/region' }] },
  });
  t.match(await resolve(world.admin, unknown, { register: true }), {
    status: 422,
    body: { errors: [{ pointer: '/region' }] },
  });
  const entered = { register: true, capacities: ['producer'], region: '370112' };
  const first = ok(await resolve(world.admin, bare, entered));
  t.match(
    await resolve(world.admin, bare, entered),
    { status: 409, body: { errors: [{ pointer: '/register', detail: first.partyId }] } },
    'without a code it is registered once all the same',
  );
  t.match(await resolve(world.admin, whole, { register: true }), { status: 409 }, 'its code is in the register now');
});

t.test('parties that are named on manifests are there to be decided on, and what is ignored rests', async (t) => {
  const world = await aWorld();
  const uscc = aUscc();
  await importRows(world.regulator, [
    aRow({ 移出人名称: `甲${uscc}`, 移出人统一社会信用代码: uscc, 接受人名称: `乙${uscc}` }),
  ]);
  const parties = await recordsOf(world.regulator, 'kind=parties');
  t.same(
    parties.map(({ fields: { name, partyType } }: Answer['body']) => [name, partyType]).sort(),
    [
      [`乙${uscc}`, '接收单位'],
      [`甲${uscc}`, '产生单位'],
    ].sort(),
  );
  ok(await resolve(world.regulator, parties[0], { ignore: true }));
  await world.jobsDone();
  t.equal((await recordsOf(world.regulator, 'kind=parties&state=missing_here')).length, 1);
  t.equal((await recordsOf(world.regulator, 'kind=parties&state=not_compared')).length, 1);
});

t.test('what a decision must be', async (t) => {
  const world = await aWorld();
  const uscc = await withUscc(world, world.consignor);
  const [record] = await told(world.regulator, [`某${uscc}`, aUscc()]);
  for (const [body, pointer] of [
    [{}, '/'],
    [{ ignore: true, register: true }, '/'],
    [{ ignore: false }, '/ignore'],
    [{ ignore: true, adopt: ['name'] }, '/adopt'],
    [{ sameAs: 'x' }, '/sameAs'],
    [{ sameAs: world.consignor.partyId, adopt: ['active'] }, '/adopt/0'],
    [{ register: true, capacities: ['regulator'] }, '/capacities/0'],
    [{ ignore: true, region: '370112' }, '/register'],
  ] as const)
    t.match(await resolve(world.regulator, record, body), { status: 400, body: { errors: [{ pointer }] } }, pointer);
  t.match(await resolve(world.regulator, record, { sameAs: record.id }), {
    status: 422,
    body: { errors: [{ pointer: '/sameAs' }] },
  });
  t.match(await resolve(world.regulator, record, { sameAs: world.consignor.partyId }), {
    status: 422,
    body: { detail: /codes differ/, errors: [{ pointer: '/sameAs' }] },
  });
  t.match(await resolve(world.admin, record, { sameAs: world.carrier.partyId, adopt: ['region'] }), {
    status: 422,
    body: { errors: [{ pointer: '/adopt/0' }] },
  });
});
