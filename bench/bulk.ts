import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import { type City, type Holding, seededRandom, WASTES } from './loads.ts';
import { processSeconds, treeSeconds } from './processor-time.ts';
import { startServer } from './servers.ts';
import { median, percentile } from './statistics.ts';

/**
 * A file of acts beside live traffic. The mix is fixed: of 20 lines four generations, four drafts, their four issues, pickups and weigh
 * tickets, each load on a lorry and with a mass of its own, by one group of companies with 100 sites that hauls to its own plant. An api
 * process takes it in, a worker does it, while callers act at the api at a steady rate.
 */
export interface BulkFigures {
  readonly lines: number;
  readonly bytes: number;
  readonly uploadSeconds: number;
  readonly refused: number;
  readonly perSecond: number;
  /** CPU milliseconds a line: the worker that does the acts, and Postgres, what the live acts cost it included. */
  readonly workerMs: number;
  readonly postgresMs: number;
  /** Resident megabytes of the worker: the median of the second quarter of the time, and the most of the last. */
  readonly rssEarly: number;
  readonly rssLate: number;
  /** Milliseconds of a live act, before and while it runs. */
  readonly alone: Live;
  readonly beside: Live;
}

interface Live {
  readonly acts: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const LIVE_PER_SECOND = 40;
const ALONE_MS = 6_000;
const SAMPLE_MS = 250;
const LOADS = 4;
const UNIT = 5 * LOADS;
const LORRIES = 2_000;

export async function measureBulk(bench: Bench): Promise<BulkFigures> {
  const { postgres, city, scale, logFile, started } = bench;
  const lines = scale.bulkLines;
  const database = 'bulk';
  const url = await postgres.clone(bench.cityDatabase, database);
  const environment = { DATABASE_URL: url, RATE_LIMIT_PER_MINUTE: '1000000' };
  const plan = { script: 'src/main.ts', logFile };
  const api = await startServer({ ...plan, environment: { ...environment, ROLE: 'api' } });
  started.push(api.stop);
  const worker = await startServer({ ...plan, environment: { ...environment, ROLE: 'worker' } });
  started.push(worker.stop);
  const baseUrl = `http://127.0.0.1:${api.port}`;
  bench.say('warming: a small bulk, and callers');
  await finished(baseUrl, city.holding, await upload(baseUrl, city.holding, fileOf(city, Math.min(lines, 4_000))));
  await callers(baseUrl, city).stop();
  const alone = await callersFor(baseUrl, city, ALONE_MS);
  const file = fileOf(city, lines);
  bench.say(`a bulk of ${lines} acts, ${LIVE_PER_SECOND} live acts a second beside it`);
  const rss: number[] = [];
  const sampling = setInterval(() => rss.push(residentMegabytes(worker.pid)), SAMPLE_MS);
  const before = { worker: processSeconds(worker.pid), postgres: treeSeconds(postgres.pid) };
  const live = callers(baseUrl, city);
  const beganAt = performance.now();
  const id = await upload(baseUrl, city.holding, file);
  const uploadSeconds = (performance.now() - beganAt) / 1_000;
  const bulk = await finished(baseUrl, city.holding, id);
  const beside = await live.stop();
  clearInterval(sampling);
  const after = { worker: processSeconds(worker.pid), postgres: treeSeconds(postgres.pid) };
  await worker.stop();
  await api.stop();
  await postgres.drop(database);
  const seconds = (Date.parse(bulk.endedAt) - Date.parse(bulk.startedAt)) / 1_000;
  const quarter = Math.floor(rss.length / 4);
  return {
    lines,
    bytes: Buffer.byteLength(file),
    uploadSeconds,
    refused: bulk.refused,
    perSecond: lines / seconds,
    workerMs: ((after.worker - before.worker) * 1_000) / lines,
    postgresMs: ((after.postgres - before.postgres) * 1_000) / lines,
    rssEarly: median(rss.slice(quarter, 2 * quarter)),
    rssLate: Math.max(...rss.slice(-quarter)),
    alone,
    beside,
  };
}

function fileOf({ holding }: City, lines: number): string {
  const random = seededRandom(lines);
  const occurredAt = new Date().toISOString();
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  const texts: string[] = [];
  const add = (operation: string, more: object) => texts.push(JSON.stringify({ operation, ...more }));
  while (texts.length + UNIT <= lines) {
    const first = texts.length + 1;
    const loads = Array.from({ length: LOADS }, () => ({
      siteId: pick(holding.siteIds),
      waste: pick(WASTES),
      grams: 800_000 + Math.floor(random() * 400) * 1_000,
      plate: `鲁A${String(Math.floor(random() * LORRIES)).padStart(5, '0')}`,
      tareGrams: 9_000_000 + Math.floor(random() * 50) * 20_000,
    }));
    for (const { siteId, waste, grams } of loads)
      add('generations.record', { body: { siteId, wasteCode: waste.wasteCode, massGrams: grams, occurredAt } });
    for (const { siteId, waste, grams } of loads)
      add('manifests.draft', {
        body: {
          consignorSiteId: siteId,
          carrierId: holding.partyId,
          consigneeSiteId: holding.plantSiteId,
          lines: [{ ...waste, massGrams: grams, plannedMethod: 'D10' }],
        },
      });
    const draftOf = (nth: number) => `@${first + LOADS + nth}/id`;
    for (const nth of loads.keys()) add('manifests.issue', { id: draftOf(nth) });
    for (const [nth, { plate, grams }] of loads.entries())
      add('manifests.pickup', {
        id: draftOf(nth),
        body: { occurredAt, plate, lines: [{ line: 1, massGrams: grams }] },
      });
    // Weighed once they are issued: before that nobody but the consignor knows of them.
    for (const [nth, { plate, grams, tareGrams }] of loads.entries())
      add('weigh-tickets.record', {
        body: {
          ticketNumber: randomUUID(),
          siteId: holding.plantSiteId,
          purpose: 'unloading',
          plate,
          grossGrams: tareGrams + grams,
          tareGrams,
          manifestId: `@${first + 2 * LOADS + nth}/id`,
          occurredAt,
        },
      });
  }
  return texts.join('\n');
}

const headersOf = (apiKey: string, type: string): Record<string, string> => ({
  authorization: `Bearer ${apiKey}`,
  'content-type': type,
  'idempotency-key': randomUUID(),
});

async function upload(baseUrl: string, { apiKey }: Holding, body: string): Promise<string> {
  const headers = headersOf(apiKey, 'application/x-ndjson');
  const response = await fetch(`${baseUrl}/v1/bulks`, { method: 'POST', headers, body });
  const answer = (await response.json()) as { id: string };
  if (response.status !== 202) throw new Error(`the bulk was answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer.id;
}

async function finished(
  baseUrl: string,
  { apiKey }: Holding,
  id: string,
): Promise<{ readonly refused: number; readonly startedAt: string; readonly endedAt: string }> {
  for (;;) {
    const response = await fetch(`${baseUrl}/v1/bulks/${id}`, { headers: { authorization: `Bearer ${apiKey}` } });
    const bulk = (await response.json()) as { refused: number; startedAt: string; endedAt: string | null };
    if (bulk.endedAt !== null) return { ...bulk, endedAt: bulk.endedAt };
    await sleep(SAMPLE_MS);
  }
}

const callersFor = async (baseUrl: string, city: City, milliseconds: number): Promise<Live> => {
  const live = callers(baseUrl, city);
  await sleep(milliseconds);
  return live.stop();
};

/** Generations and drafts by all producers in turn, begun at a steady rate whether those before are answered or not. */
function callers(baseUrl: string, { producers, carriers, plants }: City): { stop(): Promise<Live> } {
  const tookMs: number[] = [];
  const open = new Set<Promise<void>>();
  let nth = 0;
  const act = async (): Promise<void> => {
    const { apiKey, siteId } = producers[nth % producers.length]!;
    const generation = {
      siteId,
      wasteCode: WASTES[0].wasteCode,
      massGrams: 1_000,
      occurredAt: new Date().toISOString(),
    };
    const draft = {
      consignorSiteId: siteId,
      carrierId: carriers[nth % carriers.length]!.partyId,
      consigneeSiteId: plants[nth % plants.length]!.siteId,
      lines: [{ ...WASTES[0], massGrams: 1_000, plannedMethod: 'D10' }],
    };
    const [path, body] = nth++ % 2 === 0 ? ['/v1/generations', generation] : ['/v1/manifests', draft];
    const beganAt = performance.now();
    const headers = headersOf(apiKey, 'application/json');
    const response = await fetch(`${baseUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const told = await response.text();
    if (response.status !== 201) throw new Error(`${path}: ${response.status} ${told}`);
    tookMs.push(performance.now() - beganAt);
  };
  const timer = setInterval(() => {
    const one = act().finally(() => open.delete(one));
    open.add(one);
  }, 1_000 / LIVE_PER_SECOND);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      const sorted = tookMs.sort((a, b) => a - b);
      return { acts: sorted.length, p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) };
    },
  };
}

const PAGE_KB = 4;

function residentMegabytes(pid: number): number {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
  return (Number(pages) * PAGE_KB) / 1_024;
}
