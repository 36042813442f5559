import { setTimeout as sleep } from 'node:timers/promises';
import { ensureDatabase } from '../src/platform/connections.ts';
import { type Bench, jobsDue } from './bench.ts';
import { buildCity } from './city.ts';
import type { City } from './loads.ts';
import { type BenchPostgres, startPostgres, withClient } from './postgres.ts';
import { machineSeconds, processSeconds, treeSeconds } from './processor-time.ts';
import { type Server, startServer } from './servers.ts';

/**
 * A fleet drives between works and plants, a position every 30 seconds, and tells it in batches over HTTP; then every journey is
 * inferred from it. Bounded: so many positions, whatever they take.
 */
export interface PositionFigures {
  readonly positions: number;
  readonly rowsPerSecond: number;
  /** CPU microseconds a position while they come in. */
  readonly nodeMicros: number;
  readonly postgresMicros: number;
  readonly othersShare: number;
  readonly bytesPerRow: number;
  readonly trips: number;
  readonly tripsDriven: number;
  /** CPU milliseconds a trip, until all are known: tracks read, trips recorded and held against manifests. */
  readonly tripNodeMs: number;
  readonly tripPostgresMs: number;
  /** From the first batch to the last job, the minute for which a track is gathered included. */
  readonly seconds: number;
}

interface Fleet {
  readonly positions: number;
  readonly perVehicle: number;
}
const FLEETS: Readonly<Record<'quick' | 'usual' | 'full', Fleet>> = {
  quick: { positions: 20_000, perVehicle: 1_000 },
  usual: { positions: 1_000_000, perVehicle: 2_000 },
  full: { positions: 1_000_000, perVehicle: 2_000 },
};
const BATCH = 1_000;
const IN_FLIGHT = 8;
const STEP_MS = 30_000;
/** Ten minutes in the works, twenty on the road, ten in the plant, twenty back. */
const ROUND_STEPS = 120;
const [LOADED_AT, ARRIVED_AT, EMPTY_AT] = [20, 60, 80];
const JOBS_WAIT_MS = 600_000;

type Opened = Pick<Bench, 'started' | 'logFile' | 'say'>;

export async function measurePositions(
  scale: keyof typeof FLEETS,
  { started, logFile, say }: Opened,
): Promise<PositionFigures> {
  const postgres = await startPostgres();
  started.push(postgres.stop);
  const url = await ensureDatabase(postgres.serverUrl, 'positions');
  const { positions, perVehicle } = FLEETS[scale];
  say('a city of 200 works and 20 plants, and their fences');
  const city = await buildCity(url);
  const server = await startServer({ script: 'src/main.ts', environment: { DATABASE_URL: url }, logFile });
  started.push(server.stop);
  await drawFences(server, city);
  const fleet = await buildFleet(server, city, positions / perVehicle);
  say(`${positions.toLocaleString('en')} positions of ${fleet.length} vehicles`);
  const measured = await ingest({ server, postgres, url, fleet, perVehicle, say });
  await server.stop();
  return { ...measured, positions, tripsDriven: fleet.length * Math.ceil((perVehicle - ARRIVED_AT) / ROUND_STEPS) };
}

async function post(server: Server, apiKey: string, path: string, body: object): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'idempotency-key': `${Math.random()}`,
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (response.status >= 300) throw new Error(`${path}: ${response.status} ${text}`);
}

/** Works stand in a grid some 5 km wide a field, each plant among those that send to it. */
const placeOf = (nth: number): readonly [number, number] => [117 + (nth % 20) * 0.05, 36 + Math.floor(nth / 20) * 0.05];

async function drawFences(server: Server, { producers, plants }: City): Promise<void> {
  for (const [nth, { apiKey, siteId }] of [...producers, ...plants].entries()) {
    const shape = { type: 'circle', centre: placeOf(nth), radiusMetres: 200 };
    await post(server, apiKey, '/v1/fences', { siteId, crs: 'WGS84', shape, inForceFrom: '2020-01-01' });
  }
}

interface Vehicle {
  readonly plate: string;
  readonly apiKey: string;
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

async function buildFleet(server: Server, { carriers, producers, plants }: City, count: number): Promise<Vehicle[]> {
  const fleet: Vehicle[] = [];
  for (let nth = 0; nth < count; nth++) {
    const { partyId, apiKey } = carriers[nth % carriers.length]!;
    const plate = `鲁B${String(10_000 + nth)}`;
    await post(server, apiKey, '/v1/vehicles', { partyId, plate });
    const to = placeOf(producers.length + (nth % plants.length));
    fleet.push({ plate, apiKey, from: placeOf(nth % producers.length), to });
  }
  return fleet;
}

function pointAt({ from, to }: Vehicle, step: number, startMs: number): object {
  const along = step % ROUND_STEPS;
  const share =
    along < LOADED_AT
      ? 0
      : along < ARRIVED_AT
        ? (along - LOADED_AT) / (ARRIVED_AT - LOADED_AT)
        : along < EMPTY_AT
          ? 1
          : 1 - (along - EMPTY_AT) / (ROUND_STEPS - EMPTY_AT);
  return {
    at: new Date(startMs + step * STEP_MS).toISOString(),
    longitude: from[0] + (to[0] - from[0]) * share,
    latitude: from[1] + (to[1] - from[1]) * share,
    accuracyMetres: 8,
    speedKmh: 40,
    headingDegrees: step % 360,
  };
}

interface Ingesting {
  readonly server: Server;
  readonly postgres: BenchPostgres;
  readonly url: string;
  readonly fleet: readonly Vehicle[];
  readonly perVehicle: number;
  readonly say: (progress: string) => void;
}

async function ingest({ server, postgres, url, fleet, perVehicle, say }: Ingesting) {
  const startMs = Date.now() - (perVehicle + 2) * STEP_MS;
  const batches = Array.from({ length: Math.ceil(perVehicle / BATCH) }, (_, batch) =>
    fleet.map((vehicle) => ({ vehicle, first: batch * BATCH })),
  ).flat();
  const spent = () => ({
    at: performance.now() / 1_000,
    node: processSeconds(server.pid),
    postgres: treeSeconds(postgres.pid),
    asking: processSeconds(process.pid),
    machine: machineSeconds(),
  });
  const before = spent();
  const tell = async (): Promise<void> => {
    for (let next = batches.shift(); next; next = batches.shift()) {
      const { vehicle, first } = next;
      const length = Math.min(BATCH, perVehicle - first);
      const points = Array.from({ length }, (_, n) => pointAt(vehicle, first + n, startMs));
      await post(server, vehicle.apiKey, '/v1/positions', { crs: 'WGS84', plate: vehicle.plate, points });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, tell));
  const told = spent();
  say('until every trip is known');
  await allSeen(url);
  const done = spent();
  const counted = await counts(url);
  const rows = fleet.length * perVehicle;
  if (counted.rows !== rows) throw new Error(`${rows} positions were told, ${counted.rows} are there`);
  const ours = told.node - before.node + told.postgres - before.postgres + told.asking - before.asking;
  const all = told.machine - before.machine;
  return {
    rowsPerSecond: rows / (told.at - before.at),
    nodeMicros: ((told.node - before.node) / rows) * 1e6,
    postgresMicros: ((told.postgres - before.postgres) / rows) * 1e6,
    othersShare: Math.max(0, (all - ours) / all),
    bytesPerRow: counted.bytes / rows,
    trips: counted.trips,
    tripNodeMs: ((done.node - told.node) / counted.trips) * 1e3,
    tripPostgresMs: ((done.postgres - told.postgres) / counted.trips) * 1e3,
    seconds: done.at - before.at,
  };
}

/** Nothing is marked and no job is due. @throws Error after ten minutes. */
async function allSeen(url: string): Promise<void> {
  const due = jobsDue(url);
  const until = performance.now() + JOBS_WAIT_MS;
  for (;;) {
    const marks = await withClient(
      url,
      async (client) => (await client.query('select 1 from track_marks limit 1')).rowCount,
    );
    if (marks === 0 && (await due()) === 0) return;
    if (performance.now() > until) throw new Error('trips are still missing after ten minutes');
    await sleep(500);
  }
}

const counts = (url: string) =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ rows: number; bytes: number; trips: number }>(
      `select (select count(*)::int from positions) as rows, (select count(*)::int from observed_trips where status = 'observed') as trips,
        (select sum(pg_total_relation_size(inhrelid))::float8 from pg_inherits where inhparent = 'positions'::regclass) as bytes`,
    );
    return rows[0]!;
  });

export function printPositions(figures: PositionFigures): string {
  const { positions, rowsPerSecond, nodeMicros, postgresMicros, othersShare, bytesPerRow, trips, tripsDriven } =
    figures;
  const { tripNodeMs, tripPostgresMs, seconds } = figures;
  return `Positions: ${positions.toLocaleString('en')} over HTTP, ${BATCH.toLocaleString('en')} a batch, ${IN_FLIGHT} in flight
  ${rowsPerSecond.toFixed(0)} rows/s; CPU a position: Node ${nodeMicros.toFixed(1)} µs, Postgres ${postgresMicros.toFixed(1)} µs; ${bytesPerRow.toFixed(0)} bytes a row with its indexes; others took ${(othersShare * 100).toFixed(0)} %
  ${trips} of ${tripsDriven} trips driven were observed; CPU a trip: Node ${tripNodeMs.toFixed(1)} ms, Postgres ${tripPostgresMs.toFixed(1)} ms; ${seconds.toFixed(0)} s in all
`;
}
