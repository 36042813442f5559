import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { checkRebuild } from '../../src/rebuild.ts';
import { startProcess } from '../support/processes.ts';
import { WASTE_CODE } from '../support/world.ts';
import { cityDatabase, rowsOf, until } from './support.ts';

/** `kill -9` in the middle of a bulk: another process goes on with it, and nothing is done twice. */
const LINES = 6_000;
const JOB_LEASE_SECONDS = '4';

t.test('kill -9 of the process that does a bulk, again and again', { timeout: 150_000 }, async (t) => {
  const { world, url, drop } = await cityDatabase();
  const environment = { DATABASE_URL: url, JOB_LEASE_SECONDS };
  const api = await startProcess({ ...environment, ROLE: 'api' });
  const headers = { authorization: `Bearer ${world.consignor.apiKey}`, 'accept-language': 'en' };
  const body = {
    siteId: world.consignorSiteId,
    wasteCode: WASTE_CODE,
    massGrams: 1_000,
    occurredAt: new Date().toISOString(),
  };
  const lines = Array.from({ length: LINES }, () => JSON.stringify({ operation: 'generations.record', body }));
  const send = async () => {
    const response = await fetch(`${api.baseUrl}/v1/bulks`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-ndjson', 'idempotency-key': 'drill' },
      body: lines.join('\n'),
    });
    return { status: response.status, bulk: (await response.json()) as { id: string } };
  };
  const sent = await send();
  t.equal(sent.status, 202);
  const { id } = sent.bulk;
  const doneIn = async () =>
    (
      await rowsOf<{ done: number; acts: number }>(
        url,
        'select done, (select count(*)::int from act_keys where key like $1) as acts from bulks where id = $2',
        [`bulk:${id}:%`, id],
      )
    )[0]!;

  for (let kills = 0; kills < 2; kills++) {
    const before = (await doneIn()).acts;
    const worker = await startProcess({ ...environment, ROLE: 'worker' });
    await until('some acts are done', async () => (await doneIn()).acts > before + 100, 20_000);
    await worker.kill();
    const { done, acts } = await doneIn();
    t.comment(`killed with ${acts} acts done, of which ${done} have their results`);
    t.ok(acts < LINES, 'in the middle');
  }
  const last = await startProcess({ ...environment, ROLE: 'worker' });
  await until('the rest is done', async () => (await doneIn()).done === LINES, 60_000);
  await sleep(100);
  const response = await fetch(`${api.baseUrl}/v1/bulks/${id}/results?follow=true`, { headers });
  const results = (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.same(
    results.map(({ line }) => line),
    lines.map((_, index) => index + 1),
  );
  t.ok(results.every(({ status }) => status === 201));
  t.equal(new Set(results.map((result) => result.body.actId)).size, LINES);
  const [events] = await rowsOf<{ count: number }>(
    url,
    'select count(*)::int as count from act_keys k where key like $1',
    [`bulk:${id}:%`],
  );
  t.equal(events!.count, LINES, 'each act once');
  t.same((await checkRebuild(url)).differences, [], 'every projection follows from the events');
  t.match(await send(), { status: 202, bulk: { id, state: 'done' } }, 'sent again, it is this one');
  await last.stop();
  await api.stop();
  await drop();
});
