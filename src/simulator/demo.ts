import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFirstAdministrator } from '../parties/granting.ts';
import { dropDatabase } from '../platform/connections.ts';
import type { Service } from '../service.ts';
import { type Client, client } from './client.ts';

/** A small city plays a few loads through HTTP, so that a newcomer has something true to look at. */
export interface DemoAccounts {
  readonly accounts: readonly { readonly party: string; readonly role: string; readonly apiKey: string }[];
}

const FILE = 'demo-accounts.json';
const UNFINISHED = 'demo-unfinished';

/** A demonstration that was cut short is played again from the beginning; nothing else can be in that database yet. */
export async function forgetUnfinishedDemo(serverUrl: string, dataDirectory: string): Promise<void> {
  if (!existsSync(join(dataDirectory, UNFINISHED))) return;
  await dropDatabase(serverUrl, 'liandan');
  rmSync(join(dataDirectory, UNFINISHED));
}

export function readDemo(dataDirectory: string): DemoAccounts | undefined {
  const file = join(dataDirectory, FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as DemoAccounts) : undefined;
}

export async function playDemo(service: Service, baseUrl: string, dataDirectory: string): Promise<DemoAccounts> {
  writeFileSync(join(dataDirectory, UNFINISHED), '');
  const { apiKey } = await createFirstAdministrator(service.journal, {
    name: '济南市固体废物监管平台',
    region: '370102',
  });
  const city = await settle(client(baseUrl, apiKey, 'demo'));
  const now = service.clock.now();
  for (const [index, load] of LOADS.entries()) await play(city, load, index, now);
  await jobsDone(service);
  const accounts = { accounts: [{ party: '济南市固体废物监管平台', role: 'administrator', apiKey }, ...city.accounts] };
  writeFileSync(join(dataDirectory, FILE), JSON.stringify(accounts), { mode: 0o600 });
  rmSync(join(dataDirectory, UNFINISHED));
  return accounts;
}

interface City {
  readonly accounts: DemoAccounts['accounts'][number][];
  readonly producer: Client;
  readonly carrier: Client;
  readonly plant: Client;
  readonly producerSiteId: string;
  readonly plantSiteId: string;
  readonly carrierId: string;
}

const PARTIES = [
  { name: '济南明湖机械有限公司', uscc: '91370102MA3C0PT14J', capacities: ['producer'], role: 'member' },
  { name: '济南泉城危废运输有限公司', uscc: '91370112MA3CARR2XN', capacities: ['carrier'], role: 'member' },
  { name: '济南钢城环保处置有限公司', uscc: '91370117MA3DTPL39M', capacities: ['consignee'], role: 'member' },
  {
    name: '济南市生态环境局',
    uscc: null,
    capacities: ['regulator'],
    role: 'regulator',
    jurisdiction: { region: '370100', streams: ['hazardous'] },
  },
] as const;

async function settle(admin: Client): Promise<City> {
  const accounts: City['accounts'] = [];
  const ids: string[] = [];
  const clients: Client[] = [];
  for (const { role, ...party } of PARTIES) {
    const { id } = await admin.post('/v1/parties', { ...party, region: '370102' });
    const { apiKey } = await admin.post('/v1/api-keys', { partyId: id, role, label: 'demo' });
    accounts.push({ party: party.name, role, apiKey: apiKey as string });
    ids.push(id);
    clients.push(admin.as(apiKey as string));
  }
  const [producerId, carrierId, plantId] = ids as [string, string, string];
  const [producer, carrier, plant] = clients as [Client, Client, Client];
  const { id: producerSiteId } = await admin.post('/v1/sites', {
    partyId: producerId,
    name: '明湖机械一厂',
    region: '370112',
  });
  const { id: plantSiteId } = await admin.post('/v1/sites', {
    partyId: plantId,
    name: '钢城处置中心',
    region: '370117',
  });
  await admin.post('/v1/vehicles', { partyId: carrierId, plate: '鲁A12345' });
  await admin.post('/v1/permits', {
    type: 'licence',
    number: '鲁危证 3701-0001',
    holderId: plantId,
    wasteCodes: ['HW08', 'HW12', 'HW49'],
    methods: [],
    capGrams: 30_000_000_000,
    validFrom: '2024-01-01',
    validTo: '2029-01-01',
  });
  const filed = {
    holderId: producerId,
    wasteCodes: ['HW08', 'HW12', 'HW49'],
    validFrom: '2024-01-01',
    validTo: '2029-01-01',
  };
  await producer.post('/v1/permits', { ...filed, type: 'contract', number: 'HT-处置-01', counterpartId: plantId });
  await producer.post('/v1/permits', { ...filed, type: 'contract', number: 'HT-运输-01', counterpartId: carrierId });
  await producer.post('/v1/permits', {
    ...filed,
    type: 'management_plan',
    number: 'GLJH-01',
    siteId: producerSiteId,
    counterpartId: plantId,
    capGrams: 200_000_000,
  });
  return { accounts, producer, carrier, plant, producerSiteId, plantSiteId, carrierId };
}

/** Grams declared, loaded and accepted; hours ago. The second falls 12 % short on the way. */
const LOADS = [
  {
    wasteCode: '900-249-08',
    name: '废矿物油',
    declared: 4_800_000,
    loaded: 4_780_000,
    accepted: 4_760_000,
    hoursAgo: 30,
  },
  {
    wasteCode: '900-249-08',
    name: '废矿物油',
    declared: 5_000_000,
    loaded: 5_000_000,
    accepted: 4_400_000,
    hoursAgo: 26,
  },
  {
    wasteCode: '900-041-49',
    name: '沾染废包装物',
    declared: 1_200_000,
    loaded: 1_210_000,
    accepted: 1_190_000,
    hoursAgo: 8,
  },
] as const;

async function play(city: City, load: (typeof LOADS)[number], index: number, now: Date): Promise<void> {
  const at = (hours: number) => new Date(now.getTime() - (load.hoursAgo - hours) * 3_600_000).toISOString();
  const { wasteCode, name } = load;
  await city.producer.post('/v1/generations', {
    siteId: city.producerSiteId,
    wasteCode,
    massGrams: load.declared,
    occurredAt: at(-20),
  });
  const line = {
    wasteCode,
    name,
    form: 'liquid',
    hazards: ['T'],
    packaging: 'tank',
    massGrams: load.declared,
    plannedMethod: 'D10',
  };
  const { id } = await city.producer.post('/v1/manifests', {
    consignorSiteId: city.producerSiteId,
    carrierId: city.carrierId,
    consigneeSiteId: city.plantSiteId,
    lines: [line],
  });
  await city.producer.post(`/v1/manifests/${id}/issue`, {});
  await city.carrier.post(`/v1/manifests/${id}/pickup`, {
    occurredAt: at(0),
    plate: '鲁A12345',
    lines: [{ line: 1, massGrams: load.loaded }],
  });
  await city.carrier.post(`/v1/manifests/${id}/arrival`, { occurredAt: at(2) });
  const ticket = {
    ticketNumber: `GC-${index + 1}`,
    siteId: city.plantSiteId,
    purpose: 'unloading',
    plate: '鲁A12345',
    grossGrams: load.accepted + 9_600_000,
    tareGrams: 9_600_000,
    scaleDivisionGrams: 20_000,
    manifestId: id,
    occurredAt: at(2.2),
  };
  await city.plant.post('/v1/weigh-tickets', ticket);
  await city.plant.post(`/v1/manifests/${id}/receipt`, {
    occurredAt: at(3),
    lines: [{ line: 1, acceptedGrams: load.accepted }],
  });
}

const WAIT_MAX_MS = 10_000;

/** What is due: a term that runs out later is not waited for. */
async function jobsDone({ database, clock }: Service): Promise<void> {
  for (let waited = 0; waited < WAIT_MAX_MS; waited += 50) {
    const { rows } = await database.pool.query<{ open: boolean }>(
      "select exists (select from outbox where state = 'pending' and job <> 'judge_deadline' and available_at <= $1::timestamptz + interval '2 minutes') as open",
      [clock.now()],
    );
    if (!rows[0]!.open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
