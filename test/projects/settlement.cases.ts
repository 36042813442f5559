// Not compliant, not paid: what is settled, and why the rest is not.
import t from 'tap';
import { seedPolicyRows } from '../../src/catalogue/policies.ts';
import { aParty, aSite, at } from '../manifests/given.ts';
import { bookRead, type Caller, ok } from '../support/world.ts';
import { aPermit, aTrip, aYard, fileLoad, load, papers, type Yard } from './given.ts';

const pass = (yard: Yard, manifestId: string, direction: 'exit' | 'entry', changes: object = {}) =>
  (direction === 'exit' ? yard.consignor : yard.consignee).post('/v1/gate-passes', {
    siteId: direction === 'exit' ? yard.siteId : yard.consigneeSiteId,
    direction,
    plate: yard.plate,
    occurredAt: at(yard),
    manifestId,
    ...changes,
  });

const linesOf = async (yard: Yard, query: string, language = 'zh-CN'): Promise<string[][]> => {
  const { status, body, headers } = await yard.consignor.get(`/v1/settlements?${query}`, {
    'accept-language': language,
  });
  t.equal(status, 200);
  t.match(headers['content-type'], /^text\/csv/);
  t.ok((body as string).startsWith('\uFEFF'), 'with a byte order mark');
  return (body as string)
    .slice(1)
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));
};

t.test('closed, both gates, nothing open: settled; the rest says why not', async (t) => {
  const yard = await aYard();
  await papers(yard);
  const month = at(yard).slice(0, 7);
  const left = new Date(yard.clock.now().getTime() + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
  const whole = await aTrip(yard);
  for (const direction of ['exit', 'entry'] as const) ok(await pass(yard, whole.id, direction));
  yard.clock.advanceMs(60 * 60_000);
  const noEntry = await aTrip(yard);
  ok(await pass(yard, noEntry.id, 'exit'));
  yard.clock.advanceMs(60 * 60_000);
  const short = await aTrip(yard, { volumeLitres: 12_000 }, { acceptedLitres: 9_000 });
  for (const direction of ['exit', 'entry'] as const) ok(await pass(yard, short.id, direction));
  yard.clock.advanceMs(60 * 60_000);
  const { id } = ok(await fileLoad(yard));
  ok(await load(yard, id, { volumeLitres: 12_000 }));
  await yard.jobsDone();
  const [header, ...rows] = await linesOf(yard, `projectId=${yard.projectId}&month=${month}`);
  t.equal(header!.length, 14);
  t.same([header![0], header![7]], ['联单编号', '出场时间（Asia/Shanghai，UTC+8）']);
  t.same(rows[0]!.slice(7, 9), [left, left], 'as the clocks on the wall say');
  const [named, , unseen, , , total] = (await linesOf(
    yard,
    `projectId=${yard.projectId}&month=${month}`,
    'en',
  )) as string[][];
  t.equal(named![0], 'Manifest');
  t.same(unseen!.slice(-2), ['no', 'no entry pass']);
  t.same([total![0], total![1], total!.at(-2)], ['Total', '1 loads', '3 not settled']);
  t.same(
    rows.map((row) => [row[0], row[4], row[6], row[12], row[13]]),
    [
      [whole.number, '12.000', '19.200000', '是', ''],
      [noEntry.number, '12.000', '19.200000', '否', '缺进场门岗记录'],
      [short.number, '9.000', '14.400000', '否', '有未了结的异常'],
      [rows[3]![0], '12.000', '0.000000', '否', '联单未办结'],
      ['合计', '12.000', '19.200000', '不结算 3 车', ''],
    ],
  );
  t.same(
    await linesOf(yard, `carrierId=${yard.carrier.partyId}&month=${month}`),
    [header, ...rows],
    'of its haulier the same',
  );
  t.equal((await linesOf(yard, `projectId=${yard.projectId}&month=2026-01`)).length, 2, 'another month is empty');
  const stranger = await yard.stranger.get(`/v1/settlements?projectId=${yard.projectId}&month=${month}`);
  t.equal((stranger.body as string).trimEnd().split('\r\n').length, 2, 'a stranger is shown nothing');
  t.equal((await yard.consignor.get(`/v1/settlements?month=${month}`)).status, 400);
});

/** By manifest: settled, and why not. */
const settled = async (yard: Yard): Promise<object> => {
  await yard.jobsDone();
  const rows = (await linesOf(yard, `projectId=${yard.projectId}&month=${at(yard).slice(0, 7)}`)).slice(1, -1);
  return Object.fromEntries(rows.map((row) => [row[0], [row[12], row[13]]]));
};

t.test('a gate proves a load by its own lorry, near its journey: as near as trips are matched', async (t) => {
  const yard = await aYard();
  await papers(yard);
  const trip = await aTrip(yard);
  ok(await pass(yard, trip.id, 'exit'));
  ok(await pass(yard, trip.id, 'entry', { plate: '鲁A99999' }));
  t.same(await settled(yard), { [trip.number]: ['否', '缺进场门岗记录'] }, 'another lorry at the same moment');
  const offline = { entryMode: 'offline' };
  const late = await aTrip(yard);
  ok(await pass(yard, late.id, 'exit', { ...offline, occurredAt: at(yard, -121) }));
  yard.clock.advanceMs(120 * 60_000);
  ok(await pass(yard, late.id, 'entry'));
  t.match(await settled(yard), { [late.number]: ['否', '缺出场门岗记录'] }, '121 minutes before it was loaded');
  ok(await pass(yard, late.id, 'exit', { ...offline, occurredAt: at(yard, -240) }));
  t.match(await settled(yard), { [late.number]: ['是', ''] }, '120 minutes before, and 120 after it was taken in');
  const { id: _, ...row } = seedPolicyRows.find(({ policy }) => policy === 'trip-match-minutes')!;
  ok(await yard.admin.post('/v1/policies', { ...row, jurisdiction: '370112', value: 119 }));
  await bookRead(yard.service);
  t.match(await settled(yard), { [late.number]: ['否', '缺出场、进场门岗记录'] }, 'as the place says');
});

t.test('what carries on a refused load is of its project, and settled where it is taken in', async (t) => {
  const yard = await aYard({}, '370113');
  await papers(yard);
  const first = await aTrip(yard, { volumeLitres: 12_000 }, { acceptedGrams: 0 });
  for (const direction of ['exit', 'entry'] as const) ok(await pass(yard, first.id, direction));
  const other = await aParty(yard);
  const otherSite = await aSite(other, '370124');
  await aPermit(yard, 'receiving_permit', other, { siteId: otherSite });
  const follow = async (id: string, consigneeSiteId: string) => {
    const next = ok(
      await yard.consignor.post(`/v1/manifests/${id}/follow-up`, { carrierId: yard.carrier.partyId, consigneeSiteId }),
    ).id;
    const { number } = ok(await yard.consignor.post(`/v1/manifests/${next}/issue`));
    t.equal(ok(await yard.consignor.get(`/v1/manifests/${next}`)).projectId, yard.projectId);
    yard.clock.advanceMs(60 * 60_000);
    ok(await load(yard, next, { massGrams: 19_200_000 }));
    ok(await yard.carrier.post(`/v1/manifests/${next}/arrival`, { occurredAt: at(yard) }));
    return { id: next as string, number: number as string };
  };
  const receipt = (by: Caller, id: string, acceptedGrams: number) =>
    by.post(`/v1/manifests/${id}/receipt`, { occurredAt: at(yard), lines: [{ line: 1, acceptedGrams }] });
  const second = await follow(first.id, otherSite);
  ok(await receipt(other, second.id, 0));
  const third = await follow(second.id, yard.consigneeSiteId);
  ok(await receipt(yard.consignee, third.id, 19_200_000));
  const refused = { [first.number]: ['否', '未接受'], [second.number]: ['否', '未接受'] };
  t.same(await settled(yard), { ...refused, [third.number]: ['否', '缺进场门岗记录'] });
  ok(await pass(yard, third.id, 'entry'));
  t.same(await settled(yard), { ...refused, [third.number]: ['是', ''] }, 'it left its site with the first');
});

t.test('a cell that begins like a formula is text', async (t) => {
  const { csvLine } = await import('../../src/reports/csv.ts');
  t.equal(
    csvLine(['=1+1', '-2', '@a', '+b', 'a,b', 'say "x"', '鲁A12345']),
    `'=1+1,'-2,'@a,'+b,"a,b","say ""x""",鲁A12345\r\n`,
  );
});
