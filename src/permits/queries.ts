import { and, desc, eq, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import { STREAMS } from '../catalogue/streams.ts';
import { regionsWatched } from '../parties/repository.ts';
import { sightOf } from '../parties/visibility.ts';
import type { Caller, Lookup } from '../platform/acts.ts';
import type { Database } from '../platform/connections.ts';
import { periodOf } from './permit-rules.ts';
import type { Permit } from './registers.ts';
import { type PermitType, permits } from './tables.ts';

/** A permit with what is reserved and used of it, by period. */
export type HeldPermit = Permit & {
  readonly uses: Readonly<Record<string, readonly [reservedGrams: number, usedGrams: number]>>;
};

/** What a holder has of one type: the key of the lookups below. */
export const permitKey = (holderId: string, type: PermitType): string => `${holderId} ${type}`;

const HELD_SQL = `select k.key, p.id, p.type, p.number, p.holder_id, p.site_id, p.counterpart_id, p.waste_codes, p.excluded_codes, p.methods, p.areas,
    p.cap_grams, p.cap_volume, p.valid_from, p.valid_to, p.status, u.uses
  from unnest($1::text[]) as k(key)
  cross join lateral (
    select * from permits where holder_id = split_part(k.key, ' ', 1)::uuid and type = split_part(k.key, ' ', 2)
    order by valid_to desc, id limit 500
  ) p
  cross join lateral (
    select coalesce(jsonb_object_agg(period, jsonb_build_array(reserved_grams, used_grams)), '{}') as uses
    from permit_uses where permit_id = p.id
  ) u`;

const readHeld = (rows: readonly (readonly unknown[])[]): readonly HeldPermit[] =>
  rows.map((row) => ({
    id: row[1] as string,
    type: row[2] as PermitType,
    number: row[3] as string,
    holderId: row[4] as string,
    siteId: row[5] as string | null,
    counterpartId: row[6] as string | null,
    wasteCodes: row[7] as readonly string[],
    excludedCodes: row[8] as readonly string[],
    methods: row[9] as readonly string[],
    areas: row[10] as readonly string[],
    capGrams: row[11] as number | null,
    capVolume: row[12] as Permit['capVolume'],
    validFrom: row[13] as string,
    validTo: row[14] as string,
    status: row[15] as Permit['status'],
    uses: row[16] as HeldPermit['uses'],
  }));

/**
 * A holder's permits of a type, of any status and validity, the last to end first: an act that finds none that covers
 * its waste can then say why (`whyNotCovered`). At most 500. Not gated: reading a register waits for nobody, and a soft
 * cap may be passed by two at once.
 */
export const permitsOf: Lookup<readonly HeldPermit[]> = {
  name: 'permits',
  gated: false,
  sql: HELD_SQL,
  read: readHeld,
};

/** The same under its gate, for hard caps: between this look and the commit nobody else reserves of them. */
export const lockedPermitsOf: Lookup<readonly HeldPermit[]> = { ...permitsOf, name: 'permits-locked', gated: true };

export type Wanted = { readonly id: string } | { readonly after: string; readonly limit: number };

export interface PermitFilter {
  readonly holderId?: string | undefined;
  readonly type?: PermitType | undefined;
}

/** What is left of a permit in one period; `remainingGrams` is null without a cap and below zero when it was passed. */
export interface Balance {
  readonly period: string;
  readonly reservedGrams: number;
  readonly usedGrams: number;
  readonly remainingGrams: number | null;
}

/**
 * Permits the caller may see, newest first. Balances are for those a permit concerns: of a stranger's licence one sees
 * the terms alone (`balances` null). `today` is always among the periods.
 */
export async function readPermits(
  database: Database,
  wanted: Wanted,
  caller: Caller,
  today: string,
  filter: PermitFilter = {},
) {
  const concerned = await concernedBy(database, caller);
  const rows = await database.orm
    .select({
      id: permits.id,
      version: permits.seq,
      type: permits.type,
      number: permits.number,
      holderId: permits.holderId,
      siteId: permits.siteId,
      counterpartId: permits.counterpartId,
      wasteCodes: permits.wasteCodes,
      excludedCodes: permits.excludedCodes,
      methods: permits.methods,
      areas: permits.areas,
      capGrams: permits.capGrams,
      capLitres: sql<number | null>`(${permits.capVolume} ->> 'litres')::float8`,
      validFrom: permits.validFrom,
      validTo: permits.validTo,
      status: permits.status,
      uses: sql<HeldPermit['uses'] | null>`case when ${concerned} then (
        select coalesce(jsonb_object_agg(u.period, jsonb_build_array(u.reserved_grams, u.used_grams)), '{}')
        from permit_uses u where u.permit_id = ${permits.id}) end`,
    })
    .from(permits)
    .where(
      and(
        'id' in wanted ? eq(permits.id, wanted.id) : lt(permits.id, wanted.after),
        or(eq(permits.type, 'licence'), concerned),
        filter.holderId === undefined ? undefined : eq(permits.holderId, filter.holderId),
        filter.type === undefined ? undefined : eq(permits.type, filter.type),
      ),
    )
    .orderBy(desc(permits.id))
    .limit('id' in wanted ? 1 : wanted.limit);
  return rows.map(({ uses, ...row }) => ({
    ...row,
    balances: uses && balancesOf(row, uses, today),
  }));
}

function balancesOf(
  { type, capGrams }: Pick<Permit, 'type' | 'capGrams'>,
  uses: HeldPermit['uses'],
  today: string,
): Balance[] {
  const periods = { [periodOf(type, today)]: [0, 0] as const, ...uses };
  return Object.entries(periods)
    .sort(([a], [b]) => (a < b ? 1 : -1))
    .map(([period, [reservedGrams, usedGrams]]) => ({
      period,
      reservedGrams,
      usedGrams,
      remainingGrams: capGrams === null ? null : capGrams - reservedGrams - usedGrams,
    }));
}

/**
 * Licences are public: whoever hands waste over must be able to check its receiver's. Of the others a party sees those it
 * holds (by a key bound to a site: not another site's) or is named in, a regulator those of parties in its jurisdiction, an administrator all.
 */
async function concernedBy(database: Database, caller: Caller): Promise<SQL> {
  if (caller.role === 'administrator') return sql`true`;
  if (caller.role !== 'regulator') {
    const own = caller.actor.party;
    const here = caller.site ? or(isNull(permits.siteId), eq(permits.siteId, caller.site)) : undefined;
    return or(and(eq(permits.holderId, own), here), eq(permits.counterpartId, own))!;
  }
  const watched = await regionsWatched(database, caller);
  return sql`exists (select 1 from parties where parties.id in (${permits.holderId}, ${permits.counterpartId})
    and parties.region = any(${sql.param(watched)}::text[]))`;
}

/** A manifest that used a permit. */
export interface UsedBy {
  readonly id: string;
  readonly number: string | null;
  readonly status: string;
  readonly reservedGrams: number;
  readonly usedGrams: number;
}

/** From the uses of the permit to each manifest, never the other way: a page costs what it skips of this permit alone. */
const USES_SQL = `select m.id, m.number, m.status, u.reserved as "reservedGrams", u.used as "usedGrams"
  from (
    select manifest_id, sum(reserved_grams)::bigint as reserved, sum(used_grams)::bigint as used
    from permit_use_manifests where permit_id = $1 and manifest_id < $2 group by manifest_id order by manifest_id desc
  ) u cross join lateral (
    select id, number, status from manifests where id = u.manifest_id
      and ($3::uuid is null or $3 in (consignor_id, carrier_id, consignee_id))
      and ($7::uuid is null or $7 in (consignor_site_id, consignee_site_id))
      and ($4::text[] is null or (stream = any($5) and (origin_region = any($4) or destination_region = any($4))))
    limit 1
  ) m order by u.manifest_id desc limit $6`;

/**
 * The manifests that used a permit, newest first, as far as the caller may see them: a party (or its key of one site)
 * those it stands on, a regulator those that begin or end in its jurisdiction, in its streams.
 */
export async function usesOfPermit(
  database: Database,
  permitId: string,
  caller: Caller,
  page: { readonly after: string; readonly limit: number },
): Promise<UsedBy[]> {
  const watches = caller.role === 'regulator';
  const { rows } = await database.pool.query<UsedBy>(USES_SQL, [
    permitId,
    page.after,
    watches ? null : caller.actor.party,
    watches ? await regionsWatched(database, caller) : null,
    watches ? ((await sightOf(database.pool, caller)).streams ?? STREAMS) : null,
    page.limit,
    caller.site ?? null,
  ]);
  return rows;
}
