import { randomInt, randomUUID } from 'node:crypto';
import { COLUMNS } from '../../src/reports/rules.ts';
import { aDrum, anOuterBox, aStore, generated, labelBody, withUnit } from '../generation/given.ts';
import { at } from '../manifests/given.ts';
import { csvOf, importing } from '../official/given.ts';
import { type Caller, ok, type World } from '../support/world.ts';
import { aDeviceKey, groundOf } from '../transport/observed.ts';
import type { Json } from './bodies.ts';
import { collectionTargets } from './fuzz-collections.ts';
import { manifestTargets, tripTargets } from './fuzz-manifests.ts';

/** Something for an act to be done to, in the state the act is for. */
export interface Supply {
  /** The path of a new one. */
  make(): Promise<string>;
  /** Is this one still in that state? Absent: it stays. */
  readonly fits?: (path: string) => Promise<boolean>;
}

/** An act, a sound body for it, and what it is done to. */
export interface Target {
  readonly caller: Caller;
  /** With the version as it is now. */
  readonly edits?: boolean;
  /** A batch that passes no journal. */
  readonly leavesNoEvent?: boolean;
  readonly method?: 'POST' | 'PUT' | 'DELETE';
  readonly url: string | Supply;
  readonly sound: Json;
}

/** Unique things are made anew each time, or every other body would only say that it exists already. */
export function filled(payload: string): string {
  const year = String(randomInt(2_100, 10_000));
  const letter = () => String.fromCharCode(65 + randomInt(8));
  const digits = (count: number) => String(randomInt(10 ** count)).padStart(count, '0');
  return payload
    .replaceAll('%PLATE%', () => `鲁${letter()}${letter()}${letter()}${digits(3)}`)
    .replaceAll('%CODE%', () => `${letter()}${letter()}${digits(5)}`)
    .replaceAll('%YEAR%', year)
    .replaceAll('%UNIQUE%', () => randomUUID());
}

/** Every act there is, by its operation. */
export async function targets(world: World): Promise<Record<string, Target>> {
  return {
    ...registerTargets(world),
    ...lawTargets(world),
    ...(await stockTargets(world)),
    ...treatmentTargets(world),
    ...tripTargets(world),
    ...(await observedTargets(world)),
    ...manifestTargets(world),
    ...officialTargets(world),
    ...(await projectTargets(world)),
    ...(await collectionTargets(world)),
  };
}

/** A party that was imported may be decided on again and again. */
function officialTargets({ admin, consignor }: World): Record<string, Target> {
  const make = async () => {
    const file = csvOf(['单位名称'], [[filled('某单位 %UNIQUE%')]]);
    const { id } = ok(await importing(admin, file, { kind: 'parties' }));
    const { items } = ok(await admin.get(`/v1/official-records?kind=parties&importId=${id}`));
    return `/v1/official-parties/${items[0].id}/resolution`;
  };
  const sound = { sameAs: consignor.partyId, adopt: [], reason: 'x' };
  return { 'official-parties.resolve': { caller: admin, url: { make }, sound } };
}

const made = async (caller: Caller, path: string, body: object): Promise<string> =>
  `${path}/${ok(await caller.post(path, JSON.parse(filled(JSON.stringify(body))))).id}`;

/** Entering a record and amending one: `before` is what is amended, where that may not be the same twice. */
const register = (
  resource: string,
  caller: Caller,
  sound: Json,
  { path = `/v1/${resource}`, before = sound }: { path?: string; before?: Json } = {},
): Record<string, Target> => ({
  [`${resource}.register`]: { caller, url: path, sound },
  [`${resource}.amend`]: {
    caller,
    method: 'PUT',
    edits: true,
    url: { make: () => made(caller, path, before) },
    sound: before,
  },
});

function registerTargets({ admin, consignor, carrier, consignee, consignorSiteId, consigneeSiteId }: World) {
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
    siteId: consigneeSiteId,
    type: 'truck_scale',
    serialNumber: '%UNIQUE%',
    scaleDivisionGrams: 20_000,
    verifiedThrough: '2027-01-01',
    active: true,
  };
  const key = { partyId: carrier.partyId, role: 'member', label: 'x' };
  const delegation = {
    principalId: consignor.partyId,
    agentId: carrier.partyId,
    siteIds: [consignorSiteId],
    acts: ['generation'],
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
    status: 'valid',
  };
  return {
    ...register('parties', admin, party),
    ...register('sites', consignor, site),
    ...register('vehicles', carrier, vehicle),
    ...register('people', carrier, person),
    ...register('devices', consignee, device),
    ...register('delegations', consignor, delegation),
    'keys.grant': {
      caller: carrier,
      url: '/v1/api-keys',
      sound: { ...key, siteId: null, deviceId: null, personId: null, expiresAt: null },
    },
    'keys.revoke': {
      caller: carrier,
      method: 'DELETE',
      url: {
        make: () => made(carrier, '/v1/api-keys', key),
        fits: async (path) => ok(await carrier.get(path)).revokedAt === null,
      },
      sound: {},
    },
  } satisfies Record<string, Target>;
}

function lawTargets({ admin, consignor, consignee, consignorSiteId }: World): Record<string, Target> {
  const designation = {
    type: 'risk_tag',
    partyId: consignor.partyId,
    siteId: consignorSiteId,
    tag: 'nitration',
    stream: 'hazardous',
    reason: 'x',
    basis: 'x',
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
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
  const dated = (jurisdiction: string) => ({ jurisdiction, inForceFrom: '%YEAR%-01-01', inForceTo: '%YEAR%-12-31' });
  const policy = {
    policy: 'mismatch',
    stream: 'hazardous',
    value: 'MAY_ACCEPT',
    looksAt: 'arrived',
    place: 'destination',
    basis: { instrument: 'x', article: '1' },
    ours: true,
  };
  const rule = {
    rule: 'piece_count',
    stream: 'hazardous',
    parameters: {},
    steps: [{ severity: 'warning', over: 1 }],
    basis: 'x',
    ours: true,
    enabled: true,
  };
  return {
    ...register('designations', admin, designation),
    ...register('permits', admin, permit),
    ...register('policies', admin, { ...policy, ...dated('371100') }, { before: { ...policy, ...dated('371300') } }),
    ...register('rules', admin, { ...rule, ...dated('371100') }, { before: { ...rule, ...dated('371300') } }),
  };
}

async function stockTargets(world: World): Promise<Record<string, Target>> {
  const { consignor, carrier, consignee } = world;
  const occurredAt = at(world);
  const labelling = await withUnit(world);
  const { unit, siteId } = labelling;
  const [storeId, boxId] = [await aStore(labelling), await anOuterBox(labelling)];
  const store = { siteId, code: '%CODE%', type: 'point', name: 'x', capacityGrams: 1_000, shared: true, active: true };
  const tenancy = {
    siteId,
    storeId: null,
    tenantId: carrier.partyId,
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
  };
  // Codes run out at 999 a day, so each is of another of the last three hundred.
  let drums = 0;
  const drum = (act: string) => ({
    make: async () => {
      const labelledAt = at(world, -24 * 60 * (drums++ % 300));
      return `/v1/containers/${(await aDrum(labelling, 10, { occurredAt: labelledAt })).id}/${act}`;
    },
  });
  const { batchId } = await generated(labelling, 5_000_000);
  const figures = Object.fromEntries(COLUMNS.map((column) => [column, { grams: 0, pieces: 0 }]));
  return {
    ...register('stores', unit, store),
    ...register('tenancies', unit, tenancy),
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
      url: drum('nesting'),
      sound: { parent: boxId, occurredAt, entryMode: 'live' },
    },
    'containers.close': { caller: unit, url: drum('closing'), sound: { occurredAt, entryMode: 'live' } },
    'container-weighings.record': {
      caller: unit,
      url: '/v1/container-weighings',
      sound: {
        weighings: [{ container: boxId, stage: 'ward', massGrams: 1_000, scaleDivisionGrams: 10, occurredAt }],
        entryMode: 'live',
      },
    },
    'containers.empty': { caller: unit, url: drum('emptied'), sound: { occurredAt, entryMode: 'live' } },
    'storage-moves.record': {
      caller: unit,
      url: '/v1/storage-moves',
      sound: {
        direction: 'in',
        storeId,
        batches: [{ batchId, massGrams: 1_000, pieces: 1 }],
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
  };
}

function treatmentTargets(world: World): Record<string, Target> {
  const { consignor, consignorSiteId: siteId } = world;
  const startedAt = at(world);
  const treatment = { siteId, method: 'D10', startedAt, endedAt: startedAt };
  const inputs = [{ wasteCode: '900-249-08', grams: 1 }];
  return {
    'treatments.record': {
      caller: consignor,
      url: '/v1/treatments',
      sound: {
        ...treatment,
        facilityCode: 'MF0001',
        ownerId: consignor.partyId,
        inputs: [
          { wasteCode: '900-249-08', grams: 1_000, pieces: 1 },
          { wasteCode: '900-214-08', grams: 1_000, pieces: 1 },
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
      url: {
        make: async () => `${await made(consignor, '/v1/treatments', { ...treatment, inputs })}/reversal`,
        fits: async (path) => ok(await consignor.get(path.slice(0, -'/reversal'.length))).status === 'recorded',
      },
      sound: { reason: 'x' },
    },
  };
}

async function observedTargets(world: World): Promise<Record<string, Target>> {
  const { carrier, consignee, consigneeSiteId, plate } = world;
  const occurredAt = at(world);
  ok(await carrier.post('/v1/vehicles', { partyId: carrier.partyId, plate }));
  const fence = {
    siteId: consigneeSiteId,
    name: 'x',
    stream: 'hazardous',
    crs: 'BD09',
    shape: { type: 'circle', centre: groundOf(world).plant, radiusMetres: 200 },
    inForceFrom: '2026-01-01',
    inForceTo: '2027-01-01',
  };
  return {
    ...register('fences', consignee, fence),
    'gate-passes.record': {
      caller: consignee,
      url: '/v1/gate-passes',
      sound: {
        siteId: consigneeSiteId,
        direction: 'entry',
        plate,
        occurredAt,
        manifestNumber: '20263701000001',
        volumeLitres: 1,
        photoHash: 'a'.repeat(64),
        deviceSequence: 1,
        entryMode: 'live',
      },
    },
    'waybills.record': {
      caller: carrier,
      url: '/v1/waybills',
      sound: {
        number: '%UNIQUE%',
        plate,
        trailerPlate: '%PLATE%',
        goods: [{ unNumber: '3082', hazardClass: '9', packingGroup: 'III', massGrams: 1 }],
        routeRegions: ['370112'],
        manifestNumbers: ['20263701000001'],
        departsAt: occurredAt,
        arrivesAt: '2027-01-01T00:00:00Z',
        entryMode: 'live',
      },
    },
    'positions.record': {
      caller: carrier,
      leavesNoEvent: true,
      url: '/v1/positions',
      sound: {
        crs: 'GCJ02',
        plate,
        points: [
          { at: occurredAt, longitude: 117.1, latitude: 36.6, accuracyMetres: 8, speedKmh: 42, headingDegrees: 85 },
        ],
      },
    },
    'sightings.record': {
      caller: await aDeviceKey(world, consignee, consigneeSiteId, { type: 'camera' }),
      leavesNoEvent: true,
      url: '/v1/sightings',
      sound: [
        { deviceSequence: 1, plate, occurredAt, confidencePermille: 900, evidenceHash: 'a'.repeat(64) },
      ] as unknown as Json,
    },
  };
}

/** One a site: entered where there is none yet, amended where there is. */
async function projectTargets({ consignor, consignorSiteId }: World): Promise<Record<string, Target>> {
  const site = { partyId: consignor.partyId, name: '工地', region: '370112' };
  const { id: siteId } = ok(await consignor.post('/v1/sites', site));
  const project = {
    number: '%UNIQUE%',
    name: '某工程',
    siteId: consignorSiteId,
    kind: 'fit_out',
    smallWorks: 'household',
    floorAreaSquareMetres: 100,
    startsOn: '2026-09-01',
    endsOn: '2026-10-01',
    worksEndedAt: '2026-09-15T00:00:00Z',
  };
  const amended = await made(consignor, '/v1/projects', { ...project, siteId });
  return {
    'projects.register': { caller: consignor, url: '/v1/projects', sound: project },
    'projects.amend': {
      caller: consignor,
      method: 'PUT',
      edits: true,
      url: { make: async () => amended },
      sound: { ...project, siteId },
    },
  };
}
