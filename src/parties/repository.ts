import { and, desc, eq, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { descendantsPresent } from '../catalogue/regions.ts';
import type { Caller, Lookup } from '../platform/acts.ts';
import type { Database } from '../platform/connections.ts';
import { custodyEvents, eventDetails } from '../platform/tables.ts';
import {
  apiKeys,
  type Capacity,
  type DesignationType,
  delegations,
  designations,
  devices,
  type Jurisdiction,
  parties,
  people,
  sites,
  vehicles,
} from './tables.ts';

/**
 * Every read of these registers. One function a register serves both its list and its single record, so that what a
 * caller may see is said once. Nothing here selects the hash of a secret.
 */
export type Wanted = { readonly id: string } | { readonly after: string; readonly limit: number };

const wants = (id: PgColumn, wanted: Wanted): SQL => ('id' in wanted ? eq(id, wanted.id) : lt(id, wanted.after));
const limitOf = (wanted: Wanted): number => ('id' in wanted ? 1 : wanted.limit);
const is = (column: PgColumn, value: string | undefined): SQL | undefined =>
  value === undefined ? undefined : eq(column, value);
/** What belongs to others is for administrators only. */
const ownOnly = (partyId: PgColumn, caller: Caller): SQL | undefined =>
  caller.role === 'administrator' ? undefined : eq(partyId, caller.actor.party);
/** What is another site's is not shown to a key that is bound to one; what is the whole party's is. */
const notElsewhere = (siteId: PgColumn, { site }: Caller): SQL | undefined =>
  site ? or(isNull(siteId), eq(siteId, site)) : undefined;

/** Public to every key: whoever draws up a manifest must find the others. */
export const readParties = (
  { orm }: Database,
  wanted: Wanted,
  filter: { readonly uscc?: string | undefined; readonly capacity?: Capacity | undefined } = {},
) =>
  orm
    .select({
      id: parties.id,
      version: parties.seq,
      name: parties.name,
      uscc: parties.uscc,
      capacities: parties.capacities,
      region: parties.region,
      jurisdiction: parties.jurisdiction,
      active: parties.active,
    })
    .from(parties)
    .where(
      and(
        wants(parties.id, wanted),
        is(parties.uscc, filter.uscc),
        filter.capacity && sql`${parties.capacities} ? ${filter.capacity}`,
      ),
    )
    .orderBy(desc(parties.id))
    .limit(limitOf(wanted));

/** Public, as parties are. */
export const readSites = ({ orm }: Database, wanted: Wanted, filter: { readonly partyId?: string | undefined } = {}) =>
  orm
    .select({
      id: sites.id,
      version: sites.seq,
      partyId: sites.partyId,
      name: sites.name,
      region: sites.region,
      permitCode: sites.permitCode,
      beds: sites.beds,
      active: sites.active,
    })
    .from(sites)
    .where(and(wants(sites.id, wanted), is(sites.partyId, filter.partyId)))
    .orderBy(desc(sites.id))
    .limit(limitOf(wanted));

/** Public: the shipper checks the vehicle's permit before loading (TM 13). */
export const readVehicles = (
  { orm }: Database,
  wanted: Wanted,
  filter: { readonly partyId?: string | undefined; readonly plate?: string | undefined } = {},
) =>
  orm
    .select({
      id: vehicles.id,
      version: vehicles.seq,
      partyId: vehicles.partyId,
      plate: vehicles.plate,
      operatingPermit: vehicles.operatingPermit,
      payloadGrams: vehicles.payloadGrams,
      boxLitres: vehicles.boxLitres,
      active: vehicles.active,
    })
    .from(vehicles)
    .where(and(wants(vehicles.id, wanted), is(vehicles.partyId, filter.partyId), is(vehicles.plate, filter.plate)))
    .orderBy(desc(vehicles.id))
    .limit(limitOf(wanted));

/** Own people only. Name and phone are in the details of the person's newest event; null once erased. */
export const readPeople = (
  { orm }: Database,
  wanted: Wanted,
  caller: Caller,
  filter: { readonly partyId?: string | undefined } = {},
) =>
  orm
    .select({
      id: people.id,
      version: people.seq,
      partyId: people.partyId,
      duties: people.duties,
      name: sql<string | null>`${eventDetails.body} ->> 'name'`,
      phone: sql<string | null>`${eventDetails.body} ->> 'phone'`,
      active: people.active,
    })
    .from(people)
    .leftJoin(custodyEvents, and(eq(custodyEvents.subjectId, people.id), eq(custodyEvents.seq, people.seq)))
    .leftJoin(eventDetails, eq(eventDetails.eventId, custodyEvents.id))
    .where(and(wants(people.id, wanted), ownOnly(people.partyId, caller), is(people.partyId, filter.partyId)))
    .orderBy(desc(people.id))
    .limit(limitOf(wanted));

/** Own devices; a regulator those at sites in its jurisdiction. */
export async function readDevices(
  database: Database,
  wanted: Wanted,
  caller: Caller,
  filter: { readonly partyId?: string | undefined; readonly siteId?: string | undefined } = {},
) {
  const watched = caller.role === 'regulator' ? await regionsWatched(database, caller) : undefined;
  const visible = watched
    ? sql`${sites.region} = any(${sql.param(watched)}::text[])`
    : and(ownOnly(devices.partyId, caller), notElsewhere(devices.siteId, caller));
  return database.orm
    .select({
      id: devices.id,
      version: devices.seq,
      partyId: devices.partyId,
      siteId: devices.siteId,
      type: devices.type,
      serialNumber: devices.serialNumber,
      scaleDivisionGrams: devices.scaleDivisionGrams,
      verifiedThrough: devices.verifiedThrough,
      vehicleId: devices.vehicleId,
      active: devices.active,
    })
    .from(devices)
    .innerJoin(sites, eq(sites.id, devices.siteId))
    .where(
      and(wants(devices.id, wanted), visible, is(devices.partyId, filter.partyId), is(devices.siteId, filter.siteId)),
    )
    .orderBy(desc(devices.id))
    .limit(limitOf(wanted));
}

/** Those the caller's party gave or was given; an administrator all. */
export const readDelegations = (
  { orm }: Database,
  wanted: Wanted,
  caller: Caller,
  filter: { readonly principalId?: string | undefined; readonly agentId?: string | undefined } = {},
) =>
  orm
    .select({
      id: delegations.id,
      version: delegations.seq,
      principalId: delegations.principalId,
      agentId: delegations.agentId,
      siteIds: delegations.siteIds,
      acts: delegations.acts,
      validFrom: delegations.validFrom,
      validTo: delegations.validTo,
      status: delegations.status,
    })
    .from(delegations)
    .where(
      and(
        wants(delegations.id, wanted),
        or(ownOnly(delegations.principalId, caller), ownOnly(delegations.agentId, caller)),
        caller.site ? sql`(${delegations.siteIds} = '[]' or ${delegations.siteIds} ? ${caller.site})` : undefined,
        is(delegations.principalId, filter.principalId),
        is(delegations.agentId, filter.agentId),
      ),
    )
    .orderBy(desc(delegations.id))
    .limit(limitOf(wanted));

/** Of the caller's own party; a regulator those of units in its jurisdiction and streams; an administrator all. */
export async function readDesignations(
  database: Database,
  wanted: Wanted,
  caller: Caller,
  filter: {
    readonly partyId?: string | undefined;
    readonly siteId?: string | undefined;
    readonly type?: DesignationType | undefined;
  } = {},
) {
  const watched = caller.role === 'regulator' ? await jurisdictionOf(database, caller) : undefined;
  const visible = watched
    ? sql`coalesce(${sites.region}, ${parties.region}) = any(${sql.param(watched.regions)}::text[]) and ${designations.stream} = any(${sql.param(watched.streams)}::text[])`
    : and(ownOnly(designations.partyId, caller), notElsewhere(designations.siteId, caller));
  return database.orm
    .select({
      id: designations.id,
      version: designations.seq,
      type: designations.type,
      partyId: designations.partyId,
      siteId: designations.siteId,
      tag: designations.tag,
      stream: designations.stream,
      reason: sql<string | null>`${eventDetails.body} ->> 'reason'`,
      basis: designations.basis,
      validFrom: designations.validFrom,
      validTo: designations.validTo,
    })
    .from(designations)
    .innerJoin(parties, eq(parties.id, designations.partyId))
    .leftJoin(sites, eq(sites.id, designations.siteId))
    .leftJoin(custodyEvents, and(eq(custodyEvents.subjectId, designations.id), eq(custodyEvents.seq, designations.seq)))
    .leftJoin(eventDetails, eq(eventDetails.eventId, custodyEvents.id))
    .where(
      and(
        wants(designations.id, wanted),
        visible,
        is(designations.partyId, filter.partyId),
        is(designations.siteId, filter.siteId),
        is(designations.type, filter.type),
      ),
    )
    .orderBy(desc(designations.id))
    .limit(limitOf(wanted));
}

const KEY = {
  id: apiKeys.id,
  version: apiKeys.seq,
  partyId: apiKeys.partyId,
  role: apiKeys.role,
  label: apiKeys.label,
  prefix: apiKeys.prefix,
  siteId: apiKeys.siteId,
  deviceId: apiKeys.deviceId,
  personId: apiKeys.personId,
  expiresAt: apiKeys.expiresAt,
  revokedAt: apiKeys.revokedAt,
};

/** Own keys only. The prefix names a key in logs and letters; it opens nothing. */
export const readKeys = (
  { orm }: Database,
  wanted: Wanted,
  caller: Caller,
  filter: { readonly partyId?: string | undefined } = {},
) =>
  orm
    .select(KEY)
    .from(apiKeys)
    .where(
      and(
        wants(apiKeys.id, wanted),
        ownOnly(apiKeys.partyId, caller),
        caller.site ? eq(apiKeys.siteId, caller.site) : undefined, // what it may not revoke it need not know
        is(apiKeys.partyId, filter.partyId),
      ),
    )
    .orderBy(desc(apiKeys.id))
    .limit(limitOf(wanted));

/** The key that asks and its party. */
export async function readMe(database: Database, caller: Caller) {
  const [key] = await database.orm
    .select(KEY)
    .from(apiKeys)
    .where(eq(apiKeys.id, caller.actor.key ?? caller.actor.party));
  const [party] = await readParties(database, { id: caller.actor.party });
  return { key, party };
}

/** What a vehicle may carry at most; null where the register does not say. */
export interface VehicleLimits {
  readonly id: string;
  readonly partyId: string;
  readonly payloadGrams: number | null;
  readonly boxLitres: number | null;
}

/** By plate, in its normal form. A register, so not gated. */
export const vehicleByPlate: Lookup<VehicleLimits | undefined> = {
  name: 'vehicle-by-plate',
  gated: false,
  sql: 'select plate, id, party_id, payload_grams, box_litres from vehicles where plate = any($1::text[])',
  read: ([row]) =>
    row && {
      id: row[1] as string,
      partyId: row[2] as string,
      payloadGrams: row[3] as number | null,
      boxLitres: row[4] as number | null,
    },
};

const JURISDICTION_SQL = `select jurisdiction from parties where id = $1`;

/** The county codes a regulator watches today, former ones included, and its streams; none without a jurisdiction. */
export async function jurisdictionOf(
  { pool }: Database,
  caller: Caller,
): Promise<{ readonly regions: readonly string[]; readonly streams: readonly string[] }> {
  const { rows } = await pool.query<{ jurisdiction: Jurisdiction | null }>({
    name: 'jurisdiction-of',
    text: JURISDICTION_SQL,
    values: [caller.actor.party],
  });
  const jurisdiction = rows[0]?.jurisdiction;
  if (!jurisdiction) return { regions: [], streams: [] };
  return { regions: descendantsPresent(jurisdiction.region), streams: jurisdiction.streams };
}

export const regionsWatched = async (database: Database, caller: Caller): Promise<readonly string[]> =>
  (await jurisdictionOf(database, caller)).regions;
