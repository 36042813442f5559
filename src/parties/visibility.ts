import type pg from 'pg';
import { descendantsPresent } from '../catalogue/regions.ts';
import { STREAMS } from '../catalogue/streams.ts';
import type { Caller } from '../platform/acts.ts';
import { regionScope, STAGES } from './audience.ts';
import type { DelegableAct, Jurisdiction } from './tables.ts';

/**
 * What a caller may see: a party what concerns it, a regulator what starts, passes or ends in its jurisdiction, in its
 * streams. Everything else does not exist for it (404).
 */
export interface Sight {
  readonly scopes: readonly string[];
  /** Streams a regulator watches; null when every stream is visible. */
  readonly streams: readonly string[] | null;
  /** The one site a key is bound to. */
  readonly site: string | null;
}

export async function sightOf(pool: pg.Pool, caller: Caller): Promise<Sight> {
  if (caller.role !== 'regulator') return { scopes: [caller.actor.party], streams: null, site: caller.site ?? null };
  const { rows } = await pool.query<{ jurisdiction: Jurisdiction | null }>({
    name: 'jurisdiction',
    text: 'select jurisdiction from parties where id = $1',
    values: [caller.actor.party],
  });
  const jurisdiction = rows[0]?.jurisdiction;
  if (!jurisdiction) return { scopes: [], streams: [], site: null };
  return {
    scopes: descendantsPresent(jurisdiction.region).map(regionScope),
    streams: jurisdiction.streams,
    site: null,
  };
}

/** By the tree of today, former codes included: what a regulator may see, it may enter. Pure. */
export const liesIn = (jurisdiction: Jurisdiction, region: string): boolean =>
  descendantsPresent(jurisdiction.region).includes(region);

export const maySee = async (pool: pg.Pool, sight: Sight, kind: string, id: string): Promise<boolean> =>
  (await visibleAmong(pool, sight, kind, [id])).length > 0;

/** Those of them that the caller may see, in no order. */
export async function visibleAmong(
  pool: pg.Pool,
  sight: Sight,
  kind: string,
  ids: readonly string[],
): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'visible-among',
    text: `select distinct a.id from unnest($1::uuid[]) as s(scope) cross join unnest($5::text[]) as t(stage) cross join unnest($4::text[]) as w(stream)
      join audience a on a.scope = s.scope and a.kind = $2 and a.stage = t.stage and a.stream = w.stream and a.id = any($3::uuid[])`,
    values: [sight.scopes, kind, ids, sight.streams ?? STREAMS, STAGES],
  });
  return rows.map(({ id }) => id);
}

/**
 * Newest first, from the rows of each scope, stage and stream on its own: the index gives each in order, so a page costs the
 * page and not the archive. `$1` scopes, `$2` kind, `$3` stages, `$4` ids below, `$5` how many,
 * `$6` streams.
 */
const PAGE_SQL = `select distinct on (a.id) a.id from unnest($1::uuid[]) as s(scope) cross join unnest($3::text[]) as t(stage) cross join unnest($6::text[]) as w(stream)
  cross join lateral (
    select id from audience where scope = s.scope and kind = $2 and stage = t.stage and stream = w.stream and id < $4 order by id desc limit $5
  ) a
  order by a.id desc limit $5`;

const CHUNK_MAX = 1_000;

export interface VisibleList<Row extends { readonly id: string }> {
  readonly kind: string;
  readonly stages: readonly string[];
  /** Ids are smaller than this one. */
  readonly below: string;
  readonly rowsMax: number;
  readonly load: (ids: readonly string[]) => Promise<readonly Row[]>;
  readonly fits: (row: Row) => boolean;
}

/**
 * A page of what a caller may see. The stage is in the index; what else is asked for is filtered chunk by chunk, so
 * that a page costs what it skips and never the whole archive.
 */
export async function listVisible<Row extends { readonly id: string }>(
  pool: pg.Pool,
  { scopes, streams }: Sight,
  list: VisibleList<Row>,
): Promise<Row[]> {
  const found: Row[] = [];
  let below = list.below;
  for (let chunk = list.rowsMax; found.length < list.rowsMax; chunk = Math.min(chunk * 2, CHUNK_MAX)) {
    const { rows } = await pool.query<{ id: string }>({
      name: 'audience-page',
      text: PAGE_SQL,
      values: [scopes, list.kind, list.stages, below, chunk, streams ?? STREAMS],
    });
    if (rows.length === 0) break;
    const byId = new Map((await list.load(rows.map((row) => row.id))).map((row) => [row.id, row]));
    for (const { id } of rows) {
      const row = byId.get(id);
      if (row && list.fits(row)) found.push(row);
    }
    below = rows.at(-1)!.id;
    if (rows.length < chunk) break;
  }
  return found.slice(0, list.rowsMax);
}

/** Whose stocks are asked for, on which day (Asia/Shanghai). A site's own region decides where one is named. */
export interface StockQuestion {
  readonly partyId: string;
  readonly siteId?: string | null | undefined;
  readonly region?: string | undefined;
  readonly day: string;
  /** Any of which a delegation of lets an agent see them; without, generation and storage. */
  readonly acts?: readonly DelegableAct[];
}

const KEEPS_STOCK: readonly DelegableAct[] = ['generation', 'storage'];

/**
 * May the caller see the stocks of a party: its own, those of one that stands in a regulator's jurisdiction, or those a
 * delegation of generation or storage lets it keep, at the sites that names. Without a site: may it see some of them?
 * `sitesShown` says which.
 */
export async function maySeeParty(pool: pg.Pool, caller: Caller, question: StockQuestion): Promise<boolean> {
  const { partyId, siteId } = question;
  if (caller.role === 'regulator' && caller.actor.party !== partyId) return watchesParty(pool, caller, question);
  const shown = await sitesShown(pool, caller, question);
  if (shown === 'all') return true;
  return siteId ? shown.includes(siteId) : shown.length > 0 || partyId === caller.actor.party;
}

const DELEGATED_SITES_SQL = `select site_ids as "siteIds" from delegations where agent_id = $1 and principal_id = $2
  and status = 'valid' and valid_from <= $3 and $3 < valid_to and acts ?| $4`;

/** The sites of a party whose stocks the caller may see there: every one, or those of its key or of the delegations it has. */
export async function sitesShown(
  pool: pg.Pool,
  caller: Caller,
  { partyId, day, acts = KEEPS_STOCK }: Pick<StockQuestion, 'partyId' | 'day' | 'acts'>,
): Promise<'all' | readonly string[]> {
  if (caller.role === 'regulator') return 'all';
  if (caller.actor.party === partyId) return caller.site ? [caller.site] : 'all';
  if (caller.role !== 'member' || caller.site) return [];
  const { rows } = await pool.query<{ siteIds: readonly string[] }>({
    name: 'delegated-sites',
    text: DELEGATED_SITES_SQL,
    values: [caller.actor.party, partyId, day, acts],
  });
  if (rows.some(({ siteIds }) => siteIds.length === 0)) return 'all';
  return rows.flatMap(({ siteIds }) => siteIds);
}

async function watchesParty(
  pool: pg.Pool,
  caller: Caller,
  { partyId, siteId, region }: StockQuestion,
): Promise<boolean> {
  const { rows } = await pool.query<{ region: string }>(
    'select coalesce((select region from sites where id = $2), (select region from parties where id = $1)) as region',
    [partyId, siteId ?? null],
  );
  const place = region ?? rows[0]?.region;
  const sight = await sightOf(pool, caller);
  return place !== undefined && place !== null && sight.scopes.includes(regionScope(place));
}
