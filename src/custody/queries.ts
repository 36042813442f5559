import type pg from 'pg';
import { streamOfCodeSql } from '../catalogue/streams.ts';
import { FUTURE_TOLERANCE_MS } from '../platform/group-deciding.ts';
import { earliestIdOf } from '../platform/ids.ts';
import type { AccountRole, BatchOrigin } from './ledger.ts';
import { monthOf } from './repository.ts';

/** Balances and batches as they are read. */
export interface BalanceRow {
  readonly role: AccountRole;
  readonly partyId: string;
  readonly siteId: string | null;
  readonly wasteCode: string;
  readonly ownerId: string;
  readonly grams: number;
  readonly pieces: number;
  readonly dryGrams: number;
}

export interface BalanceQuery {
  /** Who holds it, or who owns it, wherever it lies. */
  readonly of: 'party_id' | 'owner_id';
  readonly partyId: string;
  readonly siteId?: string | undefined;
  readonly role?: string | undefined;
  readonly wasteCode?: string | undefined;
  /** By event time; absent for now. */
  readonly at?: Date | undefined;
}

const SUMS = 'sum(grams)::bigint as grams, sum(pieces)::bigint as pieces, sum(dry_grams)::bigint as dry_grams';
const HELD = `a.role, a.party_id as "partyId", a.site_id as "siteId", a.waste_code as "wasteCode", a.owner_id as "ownerId"`;
const filterOf = (of: BalanceQuery['of']): string =>
  `a.${of} = $1 and ($2::uuid is null or a.site_id = $2) and ($3::text is null or a.role = $3) and ($4::text is null or a.waste_code = $4)`;

const nowSql = (of: BalanceQuery['of']): string => `select ${HELD}, a.grams, a.pieces, a.dry_grams as "dryGrams"
  from accounts a where ${filterOf(of)} and (a.grams, a.pieces, a.dry_grams) <> (0, 0, 0)
  order by a.role, a.waste_code, a.site_id, a.owner_id limit 1000`;

/**
 * What an account held at an instant is what it holds now, less the months since, less what the rest of that month
 * brought. So a question costs as much as it looks back, and not the age of the archive. `$5` the instant, `$6` its
 * month, `$7` the end of that month, `$8` an id below those of all events that may have occurred since.
 */
const pastSql = (of: BalanceQuery['of']): string => `select * from (
    select ${HELD}, a.grams - coalesce(m.grams, 0) - coalesce(p.grams, 0) as grams, a.pieces - coalesce(m.pieces, 0) - coalesce(p.pieces, 0) as pieces,
      a.dry_grams - coalesce(m.dry_grams, 0) - coalesce(p.dry_grams, 0) as "dryGrams"
    from accounts a
    left join lateral (select ${SUMS} from monthly_balances where account_id = a.id and month > $6) m on true
    left join lateral (select ${SUMS} from postings where account_id = a.id and occurred_at > $5 and occurred_at < $7 and event_id >= $8) p on true
    where ${filterOf(of)}
  ) a where (a.grams, a.pieces, a."dryGrams") <> (0, 0, 0) order by a.role, a."wasteCode", a."siteId", a."ownerId" limit 1000`;

/** What an organisation's accounts hold now or held at an instant; empty ones are left out. */
export async function balancesOf(pool: pg.Pool, { at, of, ...query }: BalanceQuery): Promise<BalanceRow[]> {
  const values = [query.partyId, query.siteId ?? null, query.role ?? null, query.wasteCode ?? null];
  if (!at) return (await pool.query<BalanceRow>({ name: `balances-now-${of}`, text: nowSql(of), values })).rows;
  const { rows } = await pool.query<BalanceRow>({
    name: `balances-past-${of}`,
    text: pastSql(of),
    values: [...values, at, monthOf(at), monthAfter(at), earliestIdOf(new Date(at.getTime() - FUTURE_TOLERANCE_MS))],
  });
  return rows;
}

const monthAfter = (at: Date): Date => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1));

export interface BatchRow {
  readonly id: string;
  readonly origin: BatchOrigin;
  readonly partyId: string;
  readonly siteId: string;
  readonly ownerId: string;
  readonly wasteCode: string;
  readonly initialGrams: number;
  readonly initialPieces: number;
  readonly remainingGrams: number;
  readonly remainingPieces: number;
  readonly initialDryGrams: number;
  readonly remainingDryGrams: number;
  readonly manifestId: string | null;
  readonly formedAt: Date;
  /** 批次编码, or the identification code of the container it is in. */
  readonly code: string | null;
  /** Null too once nothing of it is left: what has left the stock lies in no store. */
  readonly storeId: string | null;
  readonly containerId: string | null;
  readonly version: number;
}

const BATCH_COLUMNS = `b.id, b.origin, b.party_id as "partyId", b.site_id as "siteId", b.owner_id as "ownerId", b.waste_code as "wasteCode",
  b.initial_grams as "initialGrams", b.initial_pieces as "initialPieces", coalesce(l.grams, 0) as "remainingGrams", coalesce(l.pieces, 0) as "remainingPieces",
  b.initial_dry_grams as "initialDryGrams", coalesce(l.dry_grams, 0) as "remainingDryGrams",
  b.manifest_id as "manifestId", b.formed_at as "formedAt", coalesce(b.code, c.code) as code,
  case when (coalesce(l.grams, 0), coalesce(l.pieces, 0)) <> (0, 0) then b.store_id end as "storeId",
  b.container_id as "containerId", b.seq as version`;
const FROM_BATCHES =
  'from batches b left join balances l on l.account_id = b.account_id and l.batch_id = b.id left join containers c on c.id = b.container_id';

export async function findBatch(pool: pg.Pool, id: string): Promise<BatchRow | undefined> {
  const { rows } = await pool.query<BatchRow>(`select ${BATCH_COLUMNS} ${FROM_BATCHES} where b.id = $1`, [id]);
  return rows[0];
}

/** Batches of one site, newest first, of the streams the caller watches (streamOfCode in catalogue/streams.ts); only those with something left when `inStock`. */
export async function listBatches(
  pool: pg.Pool,
  query: {
    siteId: string;
    /** Null: whoever owns them. Another's waste is found by its owner: `owner_id <> party_id` is in an index of its own. */
    ownerId: string | null;
    streams: readonly string[] | null;
    inStock: boolean;
    below: string;
    rowsMax: number;
  },
): Promise<BatchRow[]> {
  const { rows } = await pool.query<BatchRow>(
    `select ${BATCH_COLUMNS} ${FROM_BATCHES} where b.site_id = $1 and b.id < $2 and (not $3 or l.grams > 0)
      and ($5::text[] is null or ${streamOfCodeSql('b.waste_code')} = any($5))
      and ${query.ownerId === null ? '$6::uuid is null' : 'b.owner_id = $6 and b.owner_id <> b.party_id'} order by b.id desc limit $4`,
    [query.siteId, query.below, query.inStock, query.rowsMax, query.streams, query.ownerId],
  );
  return rows;
}

const EMPTY_ROWS_MAX = 10_000;

/** A batch that has left an account leaves a row of zeros, which says no more than none. @returns how many rows went. */
export async function forgetEmptyBalances(pool: pg.Pool): Promise<number> {
  const { rowCount } = await pool.query(
    'delete from balances where ctid = any(array(select ctid from balances where grams = 0 and pieces = 0 and dry_grams = 0 limit $1)) and grams = 0 and pieces = 0 and dry_grams = 0',
    [EMPTY_ROWS_MAX],
  );
  return rowCount ?? 0;
}
