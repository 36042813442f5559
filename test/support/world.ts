import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import type { z } from 'zod';
import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createFirstAdministrator } from '../../src/parties/granting.ts';
import { manualClock } from '../../src/platform/clock.ts';
import type { App } from '../../src/platform/http.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { loadRuleBook } from '../../src/reconciliation/rule-rows.ts';
import { type Service, startService } from '../../src/service.ts';
import { cloneDatabase } from './database.ts';

/**
 * The whole service on a database of its own, once a runner file; every case makes its own organisations in it. Time
 * stands still at the given instant and only moves when a case moves it, always ahead.
 */
export const START = new Date('2026-09-16T02:00:00Z');

export interface TestService {
  readonly app: App;
  readonly service: Service;
  readonly clock: ReturnType<typeof manualClock>;
  readonly adminKey: string;
  readonly databaseUrl: string;
}

let running: Promise<TestService> | undefined;

/** The runner file's service, started at its first use and stopped at the end of the file. */
export function testService(): Promise<TestService> {
  running ??= startTestService(t, START);
  return running;
}

/** A service of its own for one test, on a database of its own; both end with the test. */
export async function startTestService(
  t: Pick<Test, 'teardown' | 'fail'>,
  start: Date,
  environment: Readonly<Record<string, string>> = {},
): Promise<TestService> {
  const database = await cloneDatabase();
  const clock = manualClock(start);
  const config = readConfig({
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    RATE_LIMIT_PER_MINUTE: '1000000',
    ...environment,
  });
  const logger = pino({ level: config.LOG_LEVEL ?? 'info' }, pino.destination(2));
  const metrics = createMetrics();
  const service = await startService({ config, databaseUrl: database.url, clock, logger, metrics });
  const app = await buildApp({ config, service, logger, metrics, version: 'test' });
  app.addHook('onSend', async (request, reply, payload) => {
    checkAgainstSchema(t, request.method, request.routeOptions, reply.statusCode, payload);
  });
  await app.ready();
  const { apiKey: adminKey } = await createFirstAdministrator(service.journal, { name: '测试平台', region: '370102' });
  t.teardown(async () => {
    await app.close();
    await service.stop();
    await database.drop();
  });
  return { app, service, clock, adminKey, databaseUrl: database.url };
}

/** What the documentation says of an answer must be true of every answer a test sees. */
function checkAgainstSchema(
  t: Pick<Test, 'fail'>,
  method: string,
  route: { url?: string | undefined; schema?: unknown },
  status: number,
  payload: unknown,
): void {
  const schema = (route.schema as { response?: Record<string, z.ZodType> } | undefined)?.response;
  const documented = schema?.[status] ?? schema?.default;
  if (!documented || typeof payload !== 'string') return;
  const result = documented.safeParse(JSON.parse(payload));
  if (!result.success)
    t.fail(`${method} ${route.url} answered ${status} against its schema`, { issues: result.error.issues, payload });
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies freely; their shape is checked against the schema.
  readonly body: any;
  readonly headers: Record<string, string | string[] | number | undefined>;
}

/** JSON as what it says, anything else as its text. */
const bodyOf = ({ body, headers }: { body: string; headers: Answer['headers'] }): Answer['body'] => {
  if (body === '') return undefined;
  return /json/.test(String(headers['content-type'])) ? JSON.parse(body) : body;
};

/** One caller of the API. Keys of acts are fresh unless a test gives its own. */
export interface Caller {
  readonly partyId: string;
  readonly apiKey: string;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  put(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  delete(path: string, headers?: Record<string, string>): Promise<Answer>;
}

export function callerWith(app: App, apiKey: string, partyId = ''): Caller {
  const call = async (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await app.inject({
      method,
      url: path,
      headers: {
        authorization: `Bearer ${apiKey}`,
        'accept-language': 'en',
        ...(method === 'GET' ? {} : { 'idempotency-key': randomBytes(9).toString('base64url') }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    return {
      status: response.statusCode,
      body: bodyOf(response),
      headers: response.headers,
    };
  };
  return {
    partyId,
    apiKey,
    get: (path, headers) => call('GET', path, undefined, headers),
    post: (path, body = {}, headers = {}) => call('POST', path, body, headers),
    put: (path, body, headers) => call('PUT', path, body, headers),
    delete: (path, headers) => call('DELETE', path, undefined, headers),
  };
}

/** A producer, a carrier and a plant that know each other, and the regulator of their city. */
export interface World extends TestService {
  readonly admin: Caller;
  readonly consignor: Caller;
  readonly carrier: Caller;
  readonly consignee: Caller;
  readonly regulator: Caller;
  readonly stranger: Caller;
  readonly consignorSiteId: string;
  readonly consigneeSiteId: string;
  readonly plate: string;
  draftBody(changes?: object): Record<string, unknown>;
  /** A manifest brought to a status by real acts, over stock that was really generated. */
  aManifest(wanted?: ManifestWanted): Promise<{ id: string; number: string | null }>;
  generate(grams: number, changes?: object): Promise<string>;
  balance(caller: Caller, role: string, at?: string): Promise<number>;
  /** Waits until no job is due. @throws Error after ten seconds. */
  jobsDone(): Promise<void>;
}

export interface ManifestWanted {
  readonly status?: 'draft' | 'issued' | 'in_transit' | 'arrived' | 'received' | 'void';
  readonly declaredGrams?: number;
  readonly loadedGrams?: number;
  readonly acceptedGrams?: number;
  readonly stockGrams?: number;
}

export const WASTE_CODE = '900-249-08';
const ORDER = ['draft', 'issued', 'in_transit', 'arrived', 'received'];

export async function aWorld(service: Promise<TestService> = testService()): Promise<World> {
  const base = await service;
  const { app, clock } = base;
  const admin = callerWith(app, base.adminKey);
  const party = async (name: string, capacities: string[], role: string, extra: object = {}): Promise<Caller> => {
    const { id } = ok(await admin.post('/v1/parties', { name, capacities, region: '370102', ...extra }));
    const { apiKey } = ok(await admin.post('/v1/api-keys', { partyId: id, role, label: 'test' }));
    return callerWith(app, apiKey, id);
  };
  const consignor = await party('产废单位', ['producer'], 'member');
  const carrier = await party('运输单位', ['carrier'], 'member');
  const consignee = await party('接受单位', ['consignee'], 'member');
  const regulator = await party('济南市生态环境局', ['regulator'], 'regulator', {
    jurisdiction: { region: '370100', streams: ['hazardous'] },
  });
  const stranger = await party('无关单位', ['producer', 'carrier', 'consignee'], 'member');
  const consignorSiteId = ok(
    await consignor.post('/v1/sites', { partyId: consignor.partyId, name: '一厂', region: '370112' }),
  ).id;
  const consigneeSiteId = ok(
    await consignee.post('/v1/sites', { partyId: consignee.partyId, name: '处置中心', region: '370117' }),
  ).id;
  const plate = `鲁A${randomBytes(3).readUIntBE(0, 3).toString().padStart(5, '0').slice(-5)}`;
  const licence = {
    type: 'licence',
    number: `test-${randomBytes(6).toString('hex')}`,
    holderId: consignee.partyId,
    wasteCodes: ['HW08', 'HW49'],
    methods: [],
    validFrom: '2024-01-01',
    validTo: '2029-01-01',
  };
  ok(await admin.post('/v1/permits', licence));
  const own = { number: licence.number, validFrom: '2024-01-01', validTo: '2029-01-01' };
  for (const [nth, { partyId: counterpartId }] of [consignee, carrier].entries())
    ok(
      await consignor.post('/v1/permits', {
        ...own,
        type: 'contract',
        number: `${own.number}-${nth}`,
        holderId: consignor.partyId,
        counterpartId,
        wasteCodes: [],
      }),
    );
  const wasteCodes = ['HW08', 'HW34', 'HW49'];
  ok(await consignor.post('/v1/permits', { ...own, type: 'management_plan', holderId: consignor.partyId, wasteCodes }));
  const at = () => clock.now().toISOString();

  const world: World = {
    ...base,
    admin,
    consignor,
    carrier,
    consignee,
    regulator,
    stranger,
    consignorSiteId,
    consigneeSiteId,
    plate,
    draftBody: (changes = {}) => ({
      consignorSiteId,
      carrierId: carrier.partyId,
      consigneeSiteId,
      lines: [
        {
          wasteCode: WASTE_CODE,
          name: '废矿物油',
          form: 'liquid',
          hazards: ['T', 'I'],
          packaging: 'tank',
          massGrams: 5_000_000,
          pieces: 0,
          plannedMethod: 'D10',
        },
      ],
      ...changes,
    }),
    generate: async (grams, changes = {}) =>
      ok(
        await consignor.post('/v1/generations', {
          siteId: consignorSiteId,
          wasteCode: WASTE_CODE,
          massGrams: grams,
          occurredAt: at(),
          ...changes,
        }),
      ).batchId,
    async aManifest(wanted = {}) {
      const {
        status = 'draft',
        declaredGrams = 5_000_000,
        loadedGrams = declaredGrams,
        acceptedGrams = loadedGrams,
        stockGrams = declaredGrams,
      } = wanted;
      if (stockGrams > 0) await world.generate(stockGrams);
      const body = world.draftBody();
      const [line] = body.lines as [object];
      const { id } = ok(
        await consignor.post('/v1/manifests', { ...body, lines: [{ ...line, massGrams: declaredGrams }] }),
      );
      const step = ORDER.indexOf(status === 'void' ? 'issued' : status);
      const number = step >= 1 ? ok(await consignor.post(`/v1/manifests/${id}/issue`)).number : null;
      if (status === 'void') ok(await consignor.post(`/v1/manifests/${id}/void`, { reason: 'test' }));
      if (step >= 2)
        ok(
          await carrier.post(`/v1/manifests/${id}/pickup`, {
            occurredAt: at(),
            plate,
            lines: [{ line: 1, massGrams: loadedGrams }],
          }),
        );
      if (step >= 3) ok(await carrier.post(`/v1/manifests/${id}/arrival`, { occurredAt: at() }));
      if (step >= 4)
        ok(
          await consignee.post(`/v1/manifests/${id}/receipt`, {
            occurredAt: at(),
            lines: [{ line: 1, acceptedGrams }],
          }),
        );
      return { id, number };
    },
    async balance(caller, role, instant) {
      const { items } = ok(
        await caller.get(`/v1/balances?role=${role}${instant ? `&at=${encodeURIComponent(instant)}` : ''}`),
      );
      return (items as { grams: number }[]).reduce((sum, item) => sum + item.grams, 0);
    },
    jobsDone: () => jobsDone(base.service),
  };
  return world;
}

export async function jobsDone(service: Service): Promise<void> {
  let waiting: unknown[] = [];
  for (let tries = 0; tries < 400; tries++) {
    service.wakeJobs();
    const { rows } = await service.database.pool.query(
      // A row that was taken is lent, or waits to be tried again; one that was not is due when it says.
      `select job, payload, attempts, last_error from outbox where state = 'pending'
         and available_at <= $1::timestamptz + case when attempts > 0 then interval '2 minutes' else interval '0' end limit 1`,
      [service.clock.now()],
    );
    if (rows.length === 0) return;
    waiting = rows;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`jobs are still pending after ten seconds: ${JSON.stringify(waiting)}`);
}

/** Waits until the service has read anew what policies and rules are in the database, as it does each second. */
export async function bookRead(service: Service): Promise<void> {
  const { version } = await loadRuleBook(service.database.pool);
  for (const end = performance.now() + 5_000; service.reference().version !== version; ) {
    if (performance.now() > end) throw new Error('the book is not read after five seconds');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The body of a success. @throws Error with the problem otherwise. */
export function ok(answer: Answer): Answer['body'] {
  if (answer.status < 300) return answer.body;
  throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
}
