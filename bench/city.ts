import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { buildApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { createFirstAdministrator } from '../src/parties/granting.ts';
import { systemClock } from '../src/platform/clock.ts';
import { createMetrics } from '../src/platform/metrics.ts';
import { startService } from '../src/service.ts';
import { type Carrier, type City, type Holding, type Member, partnersOf, type SiteOwner } from './loads.ts';

/** One prefecture: 200 producers with a site each, 40 carriers, 20 plants, one regulator; one key a party. */
const PRODUCERS = 200;
const CARRIERS = 40;
const PLANTS = 20;
const REGULATOR_KEYS = 20;
const PREFECTURE = '370100';
const COUNTIES = ['370102', '370103', '370104', '370105', '370112', '370113', '370114', '370115'] as const;
/** How many acts of the setup are under way at once. */
const SETUP_CONCURRENCY = 32;

type Post = (path: string, body: object) => Promise<{ id: string; apiKey: string }>;

/** Registers everybody through the real routes in a database that holds nothing yet. */
export async function buildCity(databaseUrl: string): Promise<City> {
  const config = readConfig({ ROLE: 'api', LOG_LEVEL: 'silent', RATE_LIMIT_PER_MINUTE: '1000000' });
  const logger = pino({ level: 'silent' });
  const metrics = createMetrics();
  const service = await startService({ config, databaseUrl, clock: systemClock, logger, metrics });
  const app = await buildApp({ config, service, logger, metrics, version: 'bench' });
  try {
    const { apiKey } = await createFirstAdministrator(service.journal, { name: '济南市监管平台', region: COUNTIES[0] });
    const post: Post = async (path, body) => {
      const headers = { authorization: `Bearer ${apiKey}`, 'idempotency-key': randomBytes(9).toString('base64url') };
      const response = await app.inject({ method: 'POST', url: path, headers, payload: body });
      if (response.statusCode >= 300) throw new Error(`${path}: ${response.statusCode} ${response.body}`);
      return response.json<{ id: string; apiKey: string }>();
    };
    return await register(post);
  } finally {
    await app.close();
    await service.stop();
  }
}

async function register(post: Post): Promise<City> {
  const producers = await times(PRODUCERS, (nth) => siteOwner(post, `产废单位 ${nth}`, 'producer', nth));
  const plants = await times(PLANTS, async (nth) => {
    const plant = await siteOwner(post, `处置单位 ${nth}`, 'consignee', nth);
    await post('/v1/permits', {
      type: 'licence',
      number: `鲁危证 3701-${1_000 + nth}`,
      holderId: plant.partyId,
      wasteCodes: ['HW08', 'HW12', 'HW49'],
      validFrom: '2020-01-01',
      validTo: '2040-01-01',
    });
    return plant;
  });
  const carriers = await times(CARRIERS, async (nth): Promise<Carrier> => {
    const carrier = await member(post, { name: `运输单位 ${nth}`, capacities: ['carrier'], region: COUNTIES[0] });
    const plate = `鲁A${10_000 + nth}`;
    await post('/v1/vehicles', { partyId: carrier.partyId, plate });
    return { ...carrier, plate };
  });
  const holding = await aHolding(post);
  const { id: regulatorId } = await post('/v1/parties', {
    name: '济南市生态环境局',
    capacities: ['regulator'],
    region: COUNTIES[0],
    jurisdiction: { region: PREFECTURE, streams: ['hazardous'] },
  });
  const regulatorKeys = await times(REGULATOR_KEYS, async () => (await grant(post, regulatorId, 'regulator')).apiKey);
  const city = { producers, carriers, plants, holding, regulatorId, regulatorKeys };
  await times(PRODUCERS, (nth) => file(post, city, nth));
  return city;
}

const HOLDING_SITES = 100;

async function aHolding(post: Post): Promise<Holding> {
  const capacities = ['producer', 'carrier', 'consignee'];
  const owner = await member(post, { name: '集团', capacities, region: COUNTIES[0] });
  const site = async (name: string, region: string) =>
    (await post('/v1/sites', { partyId: owner.partyId, name, region })).id;
  const siteIds = await times(HOLDING_SITES, (nth) => site(`分厂 ${nth}`, COUNTIES[nth % COUNTIES.length]!));
  const plantSiteId = await site('自有处置中心', COUNTIES[0]);
  const filed = {
    holderId: owner.partyId,
    wasteCodes: ['HW08', 'HW12', 'HW49'],
    validFrom: '2020-01-01',
    validTo: '2040-01-01',
  };
  await post('/v1/permits', { ...filed, type: 'licence', number: '鲁危证 3701-9999' });
  await post('/v1/permits', { ...filed, type: 'management_plan', number: 'P-9999' });
  const plate = '鲁A99999';
  await post('/v1/vehicles', { partyId: owner.partyId, plate });
  return { ...owner, siteIds, plantSiteId, plate };
}

/** What the consignor has on paper before anything leaves it: contracts, and its plan of the year (TM 10(1)-(2)). */
async function file(post: Post, city: City, nth: number): Promise<void> {
  const producer = city.producers[nth]!;
  const { carrier, plant } = partnersOf(city, producer);
  const filed = {
    holderId: producer.partyId,
    wasteCodes: ['HW08', 'HW12', 'HW49'],
    validFrom: '2020-01-01',
    validTo: '2040-01-01',
  };
  await post('/v1/permits', { ...filed, type: 'contract', number: `C-${nth}`, counterpartId: plant.partyId });
  await post('/v1/permits', { ...filed, type: 'contract', number: `T-${nth}`, counterpartId: carrier.partyId });
  await post('/v1/permits', {
    ...filed,
    type: 'management_plan',
    number: `P-${nth}`,
    siteId: producer.siteId,
    counterpartId: plant.partyId,
    capGrams: 9_000_000_000,
  });
}

async function siteOwner(post: Post, name: string, capacity: string, nth: number): Promise<SiteOwner> {
  const region = COUNTIES[nth % COUNTIES.length]!;
  const owner = await member(post, { name, capacities: [capacity], region });
  const { id: siteId } = await post('/v1/sites', { partyId: owner.partyId, name: `${name} 一厂`, region });
  return { ...owner, siteId, region };
}

async function member(post: Post, party: object): Promise<Member> {
  const { id: partyId } = await post('/v1/parties', party);
  return { partyId, ...(await grant(post, partyId, 'member')) };
}

async function grant(post: Post, partyId: string, role: string): Promise<{ keyId: string; apiKey: string }> {
  const { id: keyId, apiKey } = await post('/v1/api-keys', { partyId, role, label: 'bench' });
  return { keyId, apiKey };
}

async function times<Item>(count: number, make: (nth: number) => Promise<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for (let from = 0; from < count; from += SETUP_CONCURRENCY) {
    const chunk = Array.from({ length: Math.min(SETUP_CONCURRENCY, count - from) }, (_, index) => make(from + index));
    items.push(...(await Promise.all(chunk)));
  }
  return items;
}
