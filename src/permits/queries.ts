import { and, desc, eq, lt, or, type SQL, sql } from 'drizzle-orm';
import { regionsWatched } from '../parties/repository.ts';
import type { Caller, Lookup } from '../platform/acts.ts';
import type { Database } from '../platform/connections.ts';
import type { Permit } from './registers.ts';
import { type PERMIT_TYPES, permits } from './tables.ts';

/**
 * Licences of a holder, of any status and validity, newest first: an act that finds none that covers its waste can then
 * say why (`whyNotCovered`). At most 200 a holder. Not gated: reading a register waits for nobody.
 */
export const licencesOf = permitsOf('licences', 'licence');
/** Yearly management plans of a holder, likewise. */
export const plansOf = permitsOf('plans', 'management_plan');

function permitsOf(name: string, type: 'licence' | 'management_plan'): Lookup<readonly Permit[]> {
  return {
    name,
    gated: false,
    sql: `select k.holder_id, l.id, l.number, l.site_id, l.counterpart_id, l.waste_codes, l.methods, l.cap_grams, l.valid_from, l.valid_to, l.status
    from unnest($1::uuid[]) as k(holder_id)
    cross join lateral (
      select * from permits where permits.holder_id = k.holder_id and type = '${type}' order by valid_from desc, id limit 200
    ) l`,
    read: (rows) =>
      rows.map((row) => ({
        id: row[1] as string,
        type,
        number: row[2] as string,
        holderId: row[0] as string,
        siteId: row[3] as string | null,
        counterpartId: row[4] as string | null,
        wasteCodes: row[5] as readonly string[],
        methods: row[6] as readonly string[],
        capGrams: row[7] as number | null,
        validFrom: row[8] as string,
        validTo: row[9] as string,
        status: row[10] as Permit['status'],
      })),
  };
}

export type Wanted = { readonly id: string } | { readonly after: string; readonly limit: number };

export interface PermitFilter {
  readonly holderId?: string | undefined;
  readonly type?: (typeof PERMIT_TYPES)[number] | undefined;
}

/** Permits the caller may see, newest first. */
export async function readPermits(database: Database, wanted: Wanted, caller: Caller, filter: PermitFilter = {}) {
  const visible = await visibleTo(database, caller);
  return database.orm
    .select({
      id: permits.id,
      version: permits.seq,
      type: permits.type,
      number: permits.number,
      holderId: permits.holderId,
      siteId: permits.siteId,
      counterpartId: permits.counterpartId,
      wasteCodes: permits.wasteCodes,
      methods: permits.methods,
      capGrams: permits.capGrams,
      validFrom: permits.validFrom,
      validTo: permits.validTo,
      status: permits.status,
    })
    .from(permits)
    .where(
      and(
        'id' in wanted ? eq(permits.id, wanted.id) : lt(permits.id, wanted.after),
        visible,
        filter.holderId === undefined ? undefined : eq(permits.holderId, filter.holderId),
        filter.type === undefined ? undefined : eq(permits.type, filter.type),
      ),
    )
    .orderBy(desc(permits.id))
    .limit('id' in wanted ? 1 : wanted.limit);
}

/**
 * Licences are public: whoever hands waste over must be able to check its receiver's. Of the others a party sees those it
 * holds or is named in, a regulator those of parties in its jurisdiction, an administrator all.
 */
async function visibleTo(database: Database, caller: Caller): Promise<SQL | undefined> {
  if (caller.role === 'administrator') return undefined;
  const isPublic = eq(permits.type, 'licence');
  if (caller.role !== 'regulator') {
    const own = caller.actor.party;
    return or(isPublic, eq(permits.holderId, own), eq(permits.counterpartId, own));
  }
  const watched = await regionsWatched(database, caller);
  const isWatched = sql`exists (select 1 from parties where parties.id in (${permits.holderId}, ${permits.counterpartId})
    and parties.region = any(${sql.param(watched)}::text[]))`;
  return or(isPublic, isWatched);
}
