// Whatever is sent: never a 5xx, never half an act.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { COLUMNS } from '../../src/reports/rules.ts';
import { aDrum, anOuterBox, aStore, generated, labelBody, withUnit } from '../generation/given.ts';
import { aDraft, at, written } from '../manifests/given.ts';
import { type Answer, aWorld, type Caller, ok, type World } from '../support/world.ts';
import { type Json, nasty, payloads } from './bodies.ts';
import { broken } from './given.ts';

/** Bodies an act; more of them with TEST_FUZZ_RUNS. */
const RUNS = Number(process.env.TEST_FUZZ_RUNS ?? 60);

interface Target {
  readonly caller: Caller;
  /** With the version as it is now. */
  readonly edits?: boolean;
  readonly method?: 'POST' | 'PUT' | 'DELETE';
  readonly url: string | (() => Promise<string>);
  readonly sound: Json;
}

/** A manifest in the wanted status, another once acts have moved it on. */
function fresh(
  world: World,
  status: 'draft' | 'issued' | 'in_transit' | 'arrived',
  act: string,
): () => Promise<string> {
  let current: string | undefined;
  return async () => {
    const now = current && (await world.consignor.get(`/v1/manifests/${current}`)).body.status;
    if (now !== status) current = (await world.aManifest({ status, declaredGrams: 1_000 })).id;
    return `/v1/manifests/${current}${act}`;
  };
}

/** A treatment that stands, another once one was taken back. */
function freshTreatment(world: World): () => Promise<string> {
  let current: string | undefined;
  return async () => {
    const now = current && (await world.consignor.get(`/v1/treatments/${current}`)).body.status;
    if (now !== 'recorded') {
      const [startedAt, endedAt] = [at(world), at(world)];
      const inputs = [{ wasteCode: '900-249-08', grams: 1 }];
      const treatment = { siteId: world.consignorSiteId, method: 'D10', startedAt, endedAt, inputs };
      current = ok(await world.consignor.post('/v1/treatments', treatment)).id;
    }
    return `/v1/treatments/${current}/reversal`;
  };
}

async function targets(world: World): Promise<Record<string, Target>> {
  const { admin, consignor, carrier, consignee } = world;
  const edit = { method: 'PUT', edits: true } as const;
  const party = {
    name: '某单位',
    uscc: null,
    capacities: ['regulator'],
    region: '370102',
    jurisdiction: { region: '370100', streams: ['hazardous'] },
    active: true,
  };
  const site = { partyId: consignor.partyId, name: '二厂', region: '370112', permitCode: null, active: true };
  const vehicle = {
    partyId: carrier.partyId,
    plate: '%PLATE%',
    operatingPermit: null,
    payloadGrams: 1_000,
    active: true,
  };
  const person = { partyId: carrier.partyId, duties: ['driver'], name: '张三', phone: '13800000000', active: true };
  const device = {
    partyId: consignee.partyId,
    siteId: world.consigneeSiteId,
    type: 'truck_scale',
    serialNumber: '%UNIQUE%',
    scaleDivisionGrams: 20_000,
    verifiedThrough: '2027-01-01',
    active: true,
  };
  const permit = {
    type: 'licence',
    number: '%UNIQUE%',
    holderId: consignee.partyId,
    siteId: null,
    counterpartId: null,
    wasteCodes: ['HW08'],
    methods: ['D10'],
    capGrams: 1,
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
    status: 'valid',
  };
  const policy = {
    policy: 'mismatch',
    jurisdiction: '371100',
    stream: 'hazardous',
    value: 'MAY_ACCEPT',
    looksAt: 'arrived',
    place: 'destination',
    basis: { instrument: 'x', article: '1' },
    ours: true,
    inForceFrom: '2030-01-01',
    inForceTo: '2031-01-01',
  };
  const delegation = {
    principalId: consignor.partyId,
    agentId: carrier.partyId,
    siteIds: [world.consignorSiteId],
    acts: ['generation'],
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
    status: 'valid',
  };
  const designation = {
    type: 'risk_tag',
    partyId: consignor.partyId,
    siteId: world.consignorSiteId,
    tag: 'nitration',
    stream: 'hazardous',
    reason: 'x',
    basis: 'x',
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
  };
  const nothing = { grams: 0, pieces: 0 };
  const figures = Object.fromEntries(COLUMNS.map((column) => [column, nothing]));
  const lawElsewhere = { ...policy, jurisdiction: '371300' };
  const made = async (caller: Caller, path: string, body: object): Promise<string> =>
    `${path}/${ok(await caller.post(path, JSON.parse(filled(JSON.stringify(body))))).id}`;
  const draft = world.draftBody() as Json;
  const occurredAt = at(world);
  const labelling = await withUnit(world);
  const { unit } = labelling;
  const [storeId, boxId] = [await aStore(labelling), await anOuterBox(labelling)];
  const store = {
    siteId: labelling.siteId,
    code: 'TS123',
    type: 'point',
    name: 'x',
    capacityGrams: 1_000,
    shared: true,
    active: true,
  };
  const tenancy = {
    siteId: labelling.siteId,
    storeId: null,
    tenantId: carrier.partyId,
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
  };
  return {
    'parties.register': { caller: admin, url: '/v1/parties', sound: party },
    'parties.amend': { caller: admin, url: await made(admin, '/v1/parties', party), sound: party, ...edit },
    'sites.register': { caller: consignor, url: '/v1/sites', sound: site },
    'sites.amend': { caller: consignor, url: await made(consignor, '/v1/sites', site), sound: site, ...edit },
    'vehicles.register': { caller: carrier, url: '/v1/vehicles', sound: vehicle },
    'vehicles.amend': { caller: carrier, url: await made(carrier, '/v1/vehicles', vehicle), sound: vehicle, ...edit },
    'people.register': { caller: carrier, url: '/v1/people', sound: person },
    'people.amend': { caller: carrier, url: await made(carrier, '/v1/people', person), sound: person, ...edit },
    'devices.register': { caller: consignee, url: '/v1/devices', sound: device },
    'devices.amend': { caller: consignee, url: await made(consignee, '/v1/devices', device), sound: device, ...edit },
    'keys.grant': {
      caller: carrier,
      url: '/v1/api-keys',
      sound: {
        partyId: carrier.partyId,
        role: 'member',
        label: 'x',
        siteId: null,
        deviceId: null,
        personId: null,
        expiresAt: null,
      },
    },
    'keys.revoke': { caller: carrier, method: 'DELETE', url: `/v1/api-keys/${randomUUID()}`, sound: {} },
    'delegations.register': { caller: consignor, url: '/v1/delegations', sound: delegation },
    'delegations.amend': {
      caller: consignor,
      url: await made(consignor, '/v1/delegations', delegation),
      sound: delegation,
      ...edit,
    },
    'designations.register': { caller: admin, url: '/v1/designations', sound: designation },
    'designations.amend': {
      caller: admin,
      url: await made(admin, '/v1/designations', designation),
      sound: designation,
      ...edit,
    },
    'reports.confirm': {
      caller: consignor,
      url: '/v1/reports',
      sound: {
        siteId: world.consignorSiteId,
        period: '2026-08',
        figures: [{ wasteCode: '900-249-08', ...figures }],
        zeroReport: true,
      },
    },
    'permits.register': { caller: admin, url: '/v1/permits', sound: permit },
    'permits.amend': {
      caller: admin,
      url: await made(admin, '/v1/permits', permit),
      sound: permit,
      ...edit,
    },
    'policies.register': { caller: admin, url: '/v1/policies', sound: policy },
    'policies.amend': {
      caller: admin,
      url: await made(admin, '/v1/policies', lawElsewhere),
      sound: lawElsewhere,
      ...edit,
    },
    'generations.record': {
      caller: consignor,
      url: '/v1/generations',
      sound: {
        siteId: world.consignorSiteId,
        wasteCode: '900-249-08',
        massGrams: 1_000,
        pieces: 1,
        occurredAt,
        entryMode: 'live',
      },
    },
    'containers.label': {
      caller: unit,
      url: '/v1/containers',
      sound: labelBody(labelling, { massGrams: 1_000 }) as Json,
    },
    'containers.nest': {
      caller: unit,
      url: `/v1/containers/${(await aDrum(labelling, 10)).id}/nesting`,
      sound: { parent: boxId, occurredAt, entryMode: 'live' },
    },
    'containers.empty': {
      caller: unit,
      url: `/v1/containers/${(await aDrum(labelling, 10)).id}/emptied`,
      sound: { occurredAt, entryMode: 'live' },
    },
    'stores.register': { caller: unit, url: '/v1/stores', sound: store },
    'stores.amend': { caller: unit, url: `/v1/stores/${storeId}`, sound: store, ...edit },
    'tenancies.register': { caller: unit, url: '/v1/tenancies', sound: tenancy },
    'tenancies.amend': { caller: unit, url: await made(unit, '/v1/tenancies', tenancy), sound: tenancy, ...edit },
    'storage-moves.record': {
      caller: unit,
      url: '/v1/storage-moves',
      sound: {
        direction: 'in',
        storeId,
        batches: [{ batchId: (await generated(labelling, 5_000_000)).batchId, massGrams: 1_000, pieces: 1 }],
        containers: [],
        storekeeperId: null,
        moverId: null,
        destination: 'transfer',
        occurredAt,
        entryMode: 'live',
      },
    },
    'weigh-tickets.record': {
      caller: consignee,
      url: '/v1/weigh-tickets',
      sound: {
        ticketNumber: '%UNIQUE%',
        siteId: world.consigneeSiteId,
        purpose: 'unloading',
        plate: world.plate,
        grossGrams: 2_000,
        tareGrams: 1_000,
        scaleDivisionGrams: 20,
        manifestId: (await world.aManifest({ status: 'issued' })).id,
        occurredAt,
        entryMode: 'live',
      },
    },
    'treatments.record': {
      caller: consignor,
      url: '/v1/treatments',
      sound: {
        siteId: world.consignorSiteId,
        method: 'D10',
        facilityCode: 'MF0001',
        startedAt: occurredAt,
        endedAt: occurredAt,
        ownerId: consignor.partyId,
        inputs: [
          { batchId: await world.generate(1_000_000), grams: 1_000, pieces: 1 },
          { wasteCode: '900-249-08', grams: 1_000, pieces: 1 },
        ],
        outputs: [
          { kind: 'residue', wasteCode: '772-003-18', grams: 10, dryGrams: 1 },
          { kind: 'product', name: '基础油', grams: 1, dryGrams: 0 },
        ],
        additives: [{ name: '石灰', grams: 1 }],
        lossGrams: 1,
        entryMode: 'live',
      },
    },
    'treatments.reverse': {
      caller: consignor,
      url: freshTreatment(world),
      sound: { reason: 'x' },
    },
    'manifests.draft': { caller: consignor, url: '/v1/manifests', sound: draft },
    'manifests.revise': { caller: consignor, method: 'PUT', url: `/v1/manifests/${await aDraft(world)}`, sound: draft },
    'manifests.issue': { caller: consignor, url: fresh(world, 'draft', '/issue'), sound: {} },
    'manifests.pickup': {
      caller: carrier,
      url: fresh(world, 'issued', '/pickup'),
      sound: {
        occurredAt,
        plate: world.plate,
        driverId: randomUUID(),
        waybillNumber: 'w',
        lines: [{ line: 1, massGrams: 1_000, pieces: 1 }],
        entryMode: 'live',
      },
    },
    'manifests.arrival': {
      caller: carrier,
      url: fresh(world, 'in_transit', '/arrival'),
      sound: { occurredAt, siteId: world.consigneeSiteId, entryMode: 'offline' },
    },
    'manifests.receipt': {
      caller: consignee,
      url: fresh(world, 'arrived', '/receipt'),
      sound: {
        occurredAt,
        lines: [{ line: 1, acceptedGrams: 900, refusedGrams: 50, acceptedPieces: 1, refusedPieces: 0, method: 'D10' }],
        discrepancies: [{ line: 1, type: 'name', found: 'x' }],
        recordAnyway: { reason: 'x' },
        entryMode: 'paper',
      },
    },
    'manifests.void': { caller: consignor, url: fresh(world, 'issued', '/void'), sound: { reason: 'x' } },
  };
}

/** Unique things are made anew each time, or every other body would only say that it exists already. */
const filled = (payload: string): string =>
  payload
    .replaceAll('%PLATE%', () => `鲁B${10_000 + Math.floor(Math.random() * 90_000)}`)
    .replaceAll('%UNIQUE%', () => randomUUID());

async function send(world: World, { caller, method = 'POST', url, edits }: Target, payload: string): Promise<Answer> {
  const place = typeof url === 'string' ? url : await url();
  const version = edits ? String((await caller.get(place)).headers.etag) : undefined;
  const response = await world.app.inject({
    method,
    url: place,
    headers: {
      authorization: `Bearer ${caller.apiKey}`,
      'idempotency-key': randomUUID(),
      'content-type': 'application/json',
      ...(version ? { 'if-match': version } : {}),
    },
    payload: filled(payload),
  });
  return { status: response.statusCode, body: JSON.parse(response.body), headers: response.headers };
}

t.test('every act: random and damaged bodies are answered below 500, and leave all of an act or nothing', async (t) => {
  const world = await aWorld();
  const all = await targets(world);
  const { paths } = (await world.app.inject('/openapi.json')).json() as {
    paths: Record<string, Record<string, { operationId?: string }>>;
  };
  const acts = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { operationId }]) =>
      path.startsWith('/v1/') && method !== 'get' ? [operationId!] : [],
    ),
  );
  t.same(
    acts.filter((act) => !all[act]),
    [],
    'a new act is fuzzed too',
  );
  for (const [name, target] of Object.entries(all)) {
    const counts = { done: 0, refused: 0 };
    await fc
      .assert(
        fc.asyncProperty(payloads(target.sound), async (payload) => {
          if (typeof target.url !== 'string') await target.url(); // what must be there first is there
          const before = await written(world);
          const answer = await send(world, target, payload);
          const after = await written(world);
          counts[answer.status < 300 ? 'done' : 'refused'] += 1;
          if (answer.status >= 500) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
          if (answer.status >= 300 && !String(answer.headers['content-type']).startsWith('application/problem+json'))
            throw new Error('a refusal is a problem');
          const recorded = answer.status < 300 || answer.body.unmatchedReport !== undefined;
          if (!recorded && JSON.stringify(before) !== JSON.stringify(after))
            throw new Error(`${answer.status} and yet something was written`);
          if (recorded && after.events === before.events) throw new Error('a success that left no event');
          if (after.reports - before.reports !== (answer.body.unmatchedReport ? 1 : 0))
            throw new Error('a report for each 409 that says so, and for no other');
        }),
        { numRuns: RUNS, endOnFailure: true },
      )
      .then(
        () => t.pass(`${name}: ${counts.done} done, ${counts.refused} refused`),
        (error: Error) => t.fail(`${name}: ${reasonOf(error)}`),
      );
  }
  await world.jobsDone();
  t.same(await broken(world), {});
});

t.test('every read: random parameters are answered below 500', async (t) => {
  const world = await aWorld();
  type Operation = { parameters?: { name: string; in: string }[] };
  const { paths } = (await world.app.inject('/openapi.json')).json() as {
    paths: Record<string, Record<string, Operation>>;
  };
  const text = nasty.map((value) => (typeof value === 'string' ? value.slice(0, 300) : JSON.stringify(value)));
  const callers = [world.admin, world.consignor, world.regulator];
  for (const [path, { get }] of Object.entries(paths)) {
    if (!get || !path.startsWith('/v1/')) continue;
    const queries = (get.parameters ?? []).filter((parameter) => parameter.in === 'query').map(({ name }) => name);
    const values = fc.record({
      path: text,
      query: fc.array(fc.tuple(fc.constantFrom(...queries, 'other'), text), { maxLength: 3 }),
      caller: fc.constantFrom(...callers),
    });
    await fc
      .assert(
        fc.asyncProperty(values, async ({ path: inPath, query, caller }) => {
          const search = query.map(([name, value]) => `${name}=${encode(value)}`).join('&');
          const url = `${path.replaceAll(/\{\w+\}/g, encode(inPath) || '%20')}?${search}`;
          const { statusCode, body } = await world.app.inject({
            url,
            headers: { authorization: `Bearer ${caller.apiKey}` },
          });
          if (statusCode >= 500) throw new Error(`${url}: ${statusCode} ${body}`);
        }),
        { numRuns: 100, endOnFailure: true },
      )
      .then(
        () => t.pass(path),
        (error: Error) => t.fail(`${path}: ${reasonOf(error)}`),
      );
  }
});

/** What went wrong, then the seed and the body that made it. */
const reasonOf = ({ cause, message }: Error): string =>
  `${cause instanceof Error ? cause.message : ''} ${message}`.slice(0, 1_500);

/** Lone surrogates cannot be written in a URL. */
const encode = (value: string): string => encodeURIComponent(Buffer.from(value).toString());

t.test('a body nested beyond reason is refused like any other', async (t) => {
  const world = await aWorld();
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  for (const [caller, url, payload] of [
    [world.consignor, '/v1/manifests', deep],
    [world.consignor, '/v1/generations', `{"massGrams":${deep}}`],
    [
      world.admin,
      '/v1/policies',
      `{"policy":"mismatch","jurisdiction":"370000","stream":"*","value":${deep},"looksAt":"arrived","place":"destination","basis":{"instrument":"x","article":"1"},"inForceFrom":"2030-01-01"}`,
    ],
  ] as const) {
    const { status } = await send(world, { caller, url, sound: {} }, payload);
    t.ok(status >= 400 && status < 500, `${url}: ${status}`);
  }
});
