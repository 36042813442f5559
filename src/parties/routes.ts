import { z } from 'zod';
import { Plate, Uscc } from '../catalogue/identifiers.ts';
import {
  ActAnswer,
  ActHeaders,
  type App,
  addAct,
  ProblemView,
  type Secret,
  type Services,
  sendAnswer,
  withSecret,
} from '../platform/http.ts';
import { Uuid } from '../platform/values.ts';
import { type Operation, PERMISSIONS } from './authorisation.ts';
import {
  amendParty,
  amendPerson,
  amendSite,
  amendVehicle,
  PartyBody,
  PersonBody,
  personInput,
  registerParty,
  registerPerson,
  registerSite,
  registerVehicle,
  SiteBody,
  VehicleBody,
} from './commands.ts';
import { amendDevice, DeviceBody, registerDevice } from './devices.ts';
import * as EXAMPLES from './examples.ts';
import { grantKey, KeyBody, type KeyGrant, revokeKey } from './granting.ts';
import { mintKey } from './keys.ts';
import { addEdits, addReads, ofParty, type Reads, record, recordOf } from './register-routes.ts';
import { readDevices, readKeys, readMe, readParties, readPeople, readSites, readVehicles } from './repository.ts';
import { CAPACITIES, DEVICE_TYPES, ROLES } from './tables.ts';

/** Organisations, sites, vehicles, people, devices and keys: entered, amended, read. */
export function partyRoutes(app: App, services: Services): void {
  meRoute(app, services);
  addReads(app, services, PARTIES);
  addEdits(app, services, {
    ...PARTIES,
    body: PartyBody,
    example: EXAMPLES.party,
    register: registerParty,
    amend: amendParty,
    input: recordOf,
  });
  addReads(app, services, SITES);
  addEdits(app, services, {
    ...SITES,
    body: SiteBody,
    example: EXAMPLES.site,
    register: registerSite,
    amend: amendSite,
    input: recordOf,
  });
  addReads(app, services, VEHICLES);
  addEdits(app, services, {
    ...VEHICLES,
    body: VehicleBody,
    example: EXAMPLES.vehicle,
    register: registerVehicle,
    amend: amendVehicle,
    input: recordOf,
  });
  addReads(app, services, PEOPLE);
  addEdits(app, services, {
    ...PEOPLE,
    body: PersonBody,
    example: EXAMPLES.person,
    register: registerPerson,
    amend: amendPerson,
    input: personInput,
  });
  addReads(app, services, DEVICES);
  addEdits(app, services, {
    ...DEVICES,
    body: DeviceBody,
    example: EXAMPLES.device,
    register: registerDevice,
    amend: amendDevice,
    input: recordOf,
  });
  addReads(app, services, KEYS);
  grantRoute(app, services);
  addAct(app, services.journal, {
    method: 'DELETE',
    url: '/v1/api-keys/:id',
    operation: 'keys.revoke',
    summary: 'Revoke a key; every process refuses it within seconds 吊销密钥',
    act: revokeKey,
    input: ({ params }) => ({ id: params.id }),
  });
}

const PartyView = z.object({
  ...record,
  name: z.string(),
  uscc: z.string().nullable(),
  capacities: z.array(z.enum(CAPACITIES)),
  region: z.string(),
  jurisdiction: z.object({ region: z.string(), streams: z.array(z.string()) }).nullable(),
  active: z.boolean(),
});
const partyFilter = { uscc: Uscc.optional(), capacity: z.enum(CAPACITIES).optional() };
const PARTIES: Reads<typeof partyFilter> = {
  path: 'parties',
  resource: 'parties',
  kind: 'party',
  title: 'organisation 单位',
  view: PartyView,
  filter: partyFilter,
  read: (database, wanted, _caller, filter) => readParties(database, wanted, filter),
};

const SITES: Reads<typeof ofParty> = {
  path: 'sites',
  resource: 'sites',
  kind: 'site',
  title: 'site 场所',
  view: z.object({
    ...record,
    partyId: Uuid,
    name: z.string(),
    region: z.string(),
    permitCode: z.string().nullable(),
    beds: z.number().int().nullable(),
    active: z.boolean(),
  }),
  filter: ofParty,
  read: (database, wanted, _caller, filter) => readSites(database, wanted, filter),
};

const vehicleFilter = { ...ofParty, plate: Plate.optional() };
const VEHICLES: Reads<typeof vehicleFilter> = {
  path: 'vehicles',
  resource: 'vehicles',
  kind: 'vehicle',
  title: 'vehicle 车辆',
  view: z.object({
    ...record,
    partyId: Uuid,
    plate: z.string(),
    operatingPermit: z.string().nullable(),
    payloadGrams: z.number().int().nullable(),
    boxLitres: z.number().int().nullable(),
    active: z.boolean(),
  }),
  filter: vehicleFilter,
  read: (database, wanted, _caller, filter) => readVehicles(database, wanted, filter),
};

const PEOPLE: Reads<typeof ofParty> = {
  path: 'people',
  resource: 'people',
  kind: 'person',
  title: 'person 人员',
  view: z.object({
    ...record,
    partyId: Uuid,
    duties: z.array(z.string()),
    name: z.string().nullable(),
    phone: z.string().nullable(),
    active: z.boolean(),
  }),
  filter: ofParty,
  read: readPeople,
};

const deviceFilter = { ...ofParty, siteId: Uuid.optional() };
const DEVICES: Reads<typeof deviceFilter> = {
  path: 'devices',
  resource: 'devices',
  kind: 'device',
  title: 'device 设备',
  view: z.object({
    ...record,
    partyId: Uuid,
    siteId: Uuid,
    type: z.enum(DEVICE_TYPES),
    serialNumber: z.string(),
    scaleDivisionGrams: z.number().int().nullable(),
    verifiedThrough: z.string().nullable(),
    vehicleId: Uuid.nullable(),
    active: z.boolean(),
  }),
  filter: deviceFilter,
  read: readDevices,
};

const KeyView = z.object({
  ...record,
  partyId: Uuid,
  role: z.enum(ROLES),
  label: z.string(),
  prefix: z.string(),
  siteId: Uuid.nullable(),
  deviceId: Uuid.nullable(),
  personId: Uuid.nullable(),
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
});
const KEYS: Reads<typeof ofParty> = {
  path: 'api-keys',
  resource: 'keys',
  kind: 'api_key',
  title: 'API key 密钥',
  view: KeyView,
  filter: ofParty,
  read: readKeys,
};

const MeView: z.ZodType = z.object({
  party: PartyView,
  key: KeyView,
  /** What this kind of key may use at all. */
  operations: z.array(z.string()),
});

function meRoute(app: App, { database }: Services): void {
  app.route({
    method: 'GET',
    url: '/v1/me',
    config: { operation: 'me.read' },
    schema: { summary: 'Who is asking', tags: ['me'], response: { 200: MeView, default: ProblemView } },
    handler: async (request) => {
      const { key, party } = await readMe(database, request.caller);
      const mine = (operation: Operation) =>
        (PERMISSIONS[operation] as readonly string[]).includes(request.caller.role);
      return { party, key, operations: (Object.keys(PERMISSIONS) as Operation[]).filter(mine) };
    },
  });
}

const GrantAnswer = z.object({
  ...ActAnswer.shape,
  prefix: z.string(),
  role: z.enum(ROLES),
  siteId: Uuid.nullable(),
  /** Shown in the first answer and never again. */
  apiKey: z.string().nullable(),
});

/**
 * By hand, because the secret is made here and must reach neither the journal nor the stored answer. The body is the
 * fingerprint: what we minted differs each time, what the client asked for does not. Whether the answer is the one this
 * secret belongs to is told by its prefix, which also holds when the journal had to look its own answer up.
 */
function grantRoute(app: App, { journal }: Services): void {
  app.route({
    method: 'POST',
    url: '/v1/api-keys',
    config: { operation: 'keys.grant', example: EXAMPLES.key },
    schema: {
      summary: 'Grant a key; its secret is shown once 发放密钥',
      tags: ['keys'],
      operationId: 'keys.grant',
      headers: ActHeaders,
      body: KeyBody,
      response: { 201: GrantAnswer, default: ProblemView },
    },
    handler: async (request, reply) => {
      const body: KeyGrant = request.body;
      const { apiKey, prefix, secretHash } = mintKey();
      const answer = await journal.submit(
        grantKey,
        { ...body, prefix, secretHash },
        {
          caller: request.caller,
          organisation: request.caller.actor.party,
          key: request.headers['idempotency-key'],
          fingerprint: { path: request.url, body },
        },
      );
      const isMinted = answer.body.prefix === prefix;
      const shown = withSecret(answer.body, API_KEY, isMinted ? apiKey : null);
      return sendAnswer(request, reply, answer.status, shown, answer.replayed);
    },
  });
}

const API_KEY: Secret = {
  field: 'apiKey',
  lost: {
    zh: '密钥只在首次应答中显示一次；如未保存，请吊销后重新发放。',
    en: 'The key was shown once, in the first answer; if it was not kept, revoke it and grant another.',
  },
};
