// Not compliant, not paid: what is settled, and why the rest is not.
import t from 'tap';
import { at } from '../manifests/given.ts';
import { ok } from '../support/world.ts';
import { aTrip, aYard, fileLoad, load, papers, type Yard } from './given.ts';

const pass = (yard: Yard, manifestId: string, direction: 'exit' | 'entry') =>
  (direction === 'exit' ? yard.consignor : yard.consignee).post('/v1/gate-passes', {
    siteId: direction === 'exit' ? yard.siteId : yard.consigneeSiteId,
    direction,
    plate: yard.plate,
    occurredAt: at(yard),
    manifestId,
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

t.test('a cell that begins like a formula is text', async (t) => {
  const { csvLine } = await import('../../src/reports/csv.ts');
  t.equal(
    csvLine(['=1+1', '-2', '@a', '+b', 'a,b', 'say "x"', '鲁A12345']),
    `'=1+1,'-2,'@a,'+b,"a,b","say ""x""",鲁A12345\r\n`,
  );
});
