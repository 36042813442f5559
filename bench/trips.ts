import { setTimeout as sleep } from 'node:timers/promises';
import { ensureDatabase } from '../src/platform/connections.ts';
import { type Bench, jobsDue } from './bench.ts';
import { buildCity } from './city.ts';
import { type City, partnersOf } from './loads.ts';
import { startPostgres, withClient } from './postgres.ts';
import { machineSeconds, processSeconds, treeSeconds } from './processor-time.ts';
import { type Server, startServer } from './servers.ts';
import { percentile } from './statistics.ts';

/**
 * 渣土车: trucks between 200 building sites and 20 landfills, each trip six requests: filed, out of the gate, loaded, in at the gate,
 * arrived, received in m³. As many trucks at once as there are lanes, each on one trip after the other. Bounded: so many trips.
 */
export interface TripFigures {
  readonly trips: number;
  readonly tripsPerSecond: number;
  readonly requestsPerSecond: number;
  /** Of one request. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU milliseconds a trip, its jobs included. */
  readonly nodeMs: number;
  readonly postgresMs: number;
  /** What programs outside the bench took of what all processors did. */
  readonly othersShare: number;
  /** Trips a second when the last job counts too. */
  readonly sustainedPerSecond: number;
  readonly balanceMs: number;
}

const TRIPS = { quick: 200, usual: 2_000, full: 20_000 } as const;
const LANES = 48;
/** A truck makes so many trips a day; then another one takes its place. */
const TRIPS_A_DAY = 15;
const WARM_UP_TRIPS = 150;
const JOBS_WAIT_MS = 600_000;

type Opened = Pick<Bench, 'started' | 'logFile' | 'say'>;

export async function measureTrips(scale: keyof typeof TRIPS, { started, logFile, say }: Opened): Promise<TripFigures> {
  const postgres = await startPostgres();
  started.push(postgres.stop);
  const url = await ensureDatabase(postgres.serverUrl, 'trips');
  say('a city of 200 building sites, 40 hauliers, 20 landfills');
  const city = await buildCity(url);
  const environment = { DATABASE_URL: url, RATE_LIMIT_PER_MINUTE: '1000000' };
  const server = await startServer({ script: 'src/main.ts', environment, logFile });
  started.push(server.stop);
  const projects = await enterProjects(server, city);
  await withClient(url, (client) => client.query('vacuum analyze'));
  say(`warming up with ${WARM_UP_TRIPS} trips`);
  await play(server, city, 'w', WARM_UP_TRIPS);
  await jobsDone(url);
  const trips = TRIPS[scale];
  say(`${trips.toLocaleString('en')} trips, ${LANES} trucks at once`);
  const spent = () => ({
    node: processSeconds(server.pid),
    postgres: treeSeconds(postgres.pid),
    asking: processSeconds(process.pid),
    machine: machineSeconds(),
    at: performance.now(),
  });
  const before = spent();
  const latencies = await play(server, city, 't', trips);
  const played = spent();
  await jobsDone(url);
  const after = spent();
  const seconds = (played.at - before.at) / 1000;
  const whole = (after.at - before.at) / 1000;
  const ours = after.node - before.node + after.postgres - before.postgres + after.asking - before.asking;
  const all = after.machine - before.machine;
  const sorted = latencies.sort((a, b) => a - b);
  const asked = performance.now();
  await ask(server, 'GET', city.producers[0]!.apiKey, `/v1/projects/${projects[0]}/balance`);
  const balanceMs = performance.now() - asked;
  await server.stop();
  return {
    trips,
    tripsPerSecond: trips / seconds,
    requestsPerSecond: sorted.length / seconds,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    nodeMs: ((after.node - before.node) * 1000) / trips,
    postgresMs: ((after.postgres - before.postgres) * 1000) / trips,
    othersShare: Math.max(0, (all - ours) / all),
    sustainedPerSecond: trips / whole,
    balanceMs,
  };
}

async function enterProjects(server: Server, { producers }: City): Promise<string[]> {
  const ids: string[] = [];
  for (const [nth, { apiKey, siteId }] of producers.entries()) {
    const project = { number: `G-${nth}`, name: `工程 ${nth}`, siteId, kind: 'earthworks', startsOn: '2026-01-01' };
    ids.push((await ask(server, 'POST', apiKey, '/v1/projects', project)).id);
  }
  return ids;
}

/** @returns how long each request took. */
async function play(server: Server, city: City, run: string, trips: number): Promise<number[]> {
  const latencies: number[] = [];
  let begun = 0;
  const drive = async (lane: number): Promise<void> => {
    for (let nth = begun++, made = 0; nth < trips; nth = begun++, made++) {
      const truck = lane + LANES * Math.floor(made / TRIPS_A_DAY);
      await oneTrip(server, city, { run, nth, truck }, latencies);
    }
  };
  await Promise.all(Array.from({ length: Math.min(LANES, trips) }, (_, lane) => drive(lane)));
  return latencies;
}

interface Trip {
  readonly run: string;
  readonly nth: number;
  /** On one trip at a time. */
  readonly truck: number;
}

async function oneTrip(server: Server, city: City, { run, nth, truck }: Trip, latencies: number[]): Promise<void> {
  const origin = city.producers[(nth * 7) % city.producers.length]!;
  const { carrier, plant } = partnersOf(city, origin);
  const plate = `鲁C${run === 'w' ? '7' : '8'}${String(truck).padStart(4, '0')}`;
  const send = async (apiKey: string, path: string, body: object): Promise<string> => {
    const asked = performance.now();
    const { id } = await ask(server, 'POST', apiKey, path, body);
    latencies.push(performance.now() - asked);
    return id;
  };
  const now = () => new Date().toISOString();
  const lines = [{ wasteCode: '900-001-S70', name: '工程渣土', volumeLitres: 12_000, plannedMethod: 'J4' }];
  const draft = { consignorSiteId: origin.siteId, carrierId: carrier.partyId, consigneeSiteId: plant.siteId, plate };
  const manifestId = await send(origin.apiKey, '/v1/manifests/file', { ...draft, lines });
  const gate = (siteId: string, direction: string) => ({ siteId, direction, plate, occurredAt: now(), manifestId });
  const of = `/v1/manifests/${manifestId}`;
  await send(origin.apiKey, '/v1/gate-passes', gate(origin.siteId, 'exit'));
  const loaded = [{ line: 1, volumeLitres: 12_000 }];
  await send(carrier.apiKey, `${of}/pickup`, { occurredAt: now(), plate, lines: loaded });
  await send(plant.apiKey, '/v1/gate-passes', gate(plant.siteId, 'entry'));
  await send(carrier.apiKey, `${of}/arrival`, { occurredAt: now() });
  const accepted = [{ line: 1, acceptedLitres: 12_000 }];
  await send(plant.apiKey, `${of}/receipt`, { occurredAt: now(), lines: accepted });
}

let keys = 0;

async function ask(
  { port }: Server,
  method: 'GET' | 'POST',
  apiKey: string,
  path: string,
  body?: object,
): Promise<{ id: string }> {
  keys += 1;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      ...(body ? { 'content-type': 'application/json', 'idempotency-key': `trips-${keys}` } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (response.status >= 300) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text) as { id: string };
}

async function jobsDone(url: string): Promise<void> {
  const due = jobsDue(url);
  const until = performance.now() + JOBS_WAIT_MS;
  while ((await due()) > 0) {
    if (performance.now() > until) throw new Error('jobs are still due');
    await sleep(100);
  }
}

export function printTrips(figures: TripFigures): string {
  const { trips, tripsPerSecond, requestsPerSecond, p50Ms, p99Ms } = figures;
  return `${[
    `${trips.toLocaleString('en')} truck trips, six requests each, ${LANES} trucks at once`,
    `  ${tripsPerSecond.toFixed(1)} trips/s, ${requestsPerSecond.toFixed(0)} requests/s; p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`,
    `  ${figures.sustainedPerSecond.toFixed(1)} trips/s until the last job was done`,
    `  CPU a trip with its jobs: Node ${figures.nodeMs.toFixed(2)} ms, Postgres ${figures.postgresMs.toFixed(2)} ms`,
    `  ${(figures.othersShare * 100).toFixed(0)} % of the processors' work was that of other programs`,
    `  a project's balance: ${figures.balanceMs.toFixed(1)} ms`,
  ].join('\n')}\n`;
}
