import type { Lookup, Projection, Statement } from '../platform/acts.ts';
import { compareText } from '../platform/collections.ts';
import type { RecordedEvent } from '../platform/events.ts';
import { type BatchOrigin, movementsOf, type Posting, postingsOf, type StockedBatch } from './ledger.ts';

/** The hot statements of the ledger, and the projection that feeds them. */
export interface LedgerRow extends Posting {
  readonly eventId: string;
  readonly n: number;
  readonly manifestId: string | null;
  readonly occurredAt: Date;
}

export interface EdgeRow {
  readonly eventId: string;
  readonly fromId: string;
  readonly toId: string;
  readonly grams: number;
  readonly pieces: number;
}

export const ledgerRowsOf = (event: RecordedEvent): LedgerRow[] =>
  postingsOf(event).map((posting, n) => ({
    ...posting,
    eventId: event.id,
    n,
    manifestId: event.subject.kind === 'manifest' ? event.subject.id : null,
    occurredAt: event.occurredAt,
  }));

export const ledgerProjection: Projection<LedgerRow> = {
  name: 'ledger',
  rowsOf: ledgerRowsOf,
  statements: (rows) => [accountStatement(rows), postingStatement(rows), balanceStatement(rows), monthStatement(rows)],
};

export const traceProjection: Projection<EdgeRow> = {
  name: 'trace',
  rowsOf: edgesOf,
  statements: (rows) => {
    const sorted = [...rows].sort((a, b) => compareText(a.toId + a.fromId, b.toId + b.fromId));
    return [
      {
        name: 'ledger-edges',
        text: 'insert into batch_edges (to_id, from_id, event_id, grams, pieces) select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::int[])',
        values: [
          sorted.map((row) => row.toId),
          sorted.map((row) => row.fromId),
          sorted.map((row) => row.eventId),
          sorted.map((row) => row.grams),
          sorted.map((row) => row.pieces),
        ],
      },
    ];
  },
};

export function edgesOf(event: RecordedEvent): EdgeRow[] {
  const edges = new Map<string, EdgeRow>();
  for (const { fromBatch, toBatch, grams, pieces } of movementsOf(event)) {
    if (fromBatch === toBatch) continue;
    const key = `${toBatch} ${fromBatch}`;
    const known = edges.get(key);
    edges.set(key, {
      eventId: event.id,
      fromId: fromBatch,
      toId: toBatch,
      grams: grams + (known?.grams ?? 0),
      pieces: pieces + (known?.pieces ?? 0),
    });
  }
  return [...edges.values()];
}

/** What is left of a batch in the account it lies in. */
export interface StockBalance extends StockedBatch {
  readonly dryGrams: number;
  readonly origin: BatchOrigin;
  readonly formedAt: Date;
  readonly containerId: string | null;
  /** The store it has not been taken out of. */
  readonly storeId: string | null;
  /** From when its container was closed, else from when it came into being. */
  readonly keptSince: Date;
}

/** Not by a join, which would not keep the order. */
const KEPT_SINCE = 'coalesce((select c.closed_at from containers c where c.id = b.container_id), b.formed_at)';

/**
 * Batches that lie in a stock account, in the order in which an unnamed load is taken from them: the oldest first, and before what
 * stands in containers what does not, for nobody takes a drum's content without its drum. At most 200 an account.
 */
export const stockLookup: Lookup<readonly StockBalance[]> = {
  name: 'stock',
  gated: true,
  sql: `select k.account_id, b.batch_id, b.grams, b.pieces, b.dry_grams, b.origin, b.formed_at, b.container_id, b.store_id, ${KEPT_SINCE}
    from unnest($1::uuid[]) as k(account_id)
    cross join lateral (
      select b.batch_id, b.grams, b.pieces, b.dry_grams, batches.origin, batches.formed_at, batches.container_id, batches.store_id
      from balances b join batches on batches.id = b.batch_id
      where b.account_id = k.account_id and b.grams > 0
      order by batches.container_id is not null, batches.formed_at, b.batch_id limit 200
    ) b`,
  read: (rows) => rows.map(readBalance),
};

/**
 * What is left of named batches, whatever their age and also when nothing is. Not gated by the batch: whoever decides
 * on it holds its stock account (`stockLookup`).
 */
export const batchBalanceLookup: Lookup<StockBalance | undefined> = {
  name: 'batch_balance',
  gated: false,
  sql: `select b.id, b.id, coalesce(l.grams, 0), coalesce(l.pieces, 0), coalesce(l.dry_grams, 0), b.origin, b.formed_at, b.container_id, b.store_id,
      ${KEPT_SINCE}
    from batches b left join balances l on l.account_id = b.account_id and l.batch_id = b.id where b.id = any($1::uuid[])`,
  read: ([row]) => row && readBalance(row),
};

const readBalance = ([
  ,
  batchId,
  grams,
  pieces,
  dryGrams,
  origin,
  formedAt,
  containerId,
  storeId,
  keptSince,
]: readonly unknown[]) => ({
  batchId: batchId as string,
  grams: grams as number,
  pieces: pieces as number,
  dryGrams: dryGrams as number,
  origin: origin as BatchOrigin,
  formedAt: formedAt as Date,
  containerId: containerId as string | null,
  storeId: storeId as string | null,
  keptSince: keptSince as Date,
});

/** The same with the batch as the gate: whoever splits it sees what the one before left. */
export const batchLeftLookup: typeof batchBalanceLookup = { ...batchBalanceLookup, name: 'batch-left', gated: true };

export const monthOf = (instant: Date): string => instant.toISOString().slice(0, 7);

/** Adds up what rows of one key add; sorted by key, so that every group takes row locks in one order. */
export function sumBy<Row extends { grams: number; pieces: number; dryGrams: number }>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
) {
  const sums = new Map<string, { row: Row; grams: number; pieces: number; dryGrams: number }>();
  for (const row of rows) {
    const key = keyOf(row);
    const sum = sums.get(key) ?? { row, grams: 0, pieces: 0, dryGrams: 0 };
    sum.grams += row.grams;
    sum.pieces += row.pieces;
    sum.dryGrams += row.dryGrams;
    sums.set(key, sum);
  }
  return [...sums].sort(([a], [b]) => compareText(a, b)).map(([, sum]) => sum);
}

function postingStatement(rows: readonly LedgerRow[]): Statement {
  return {
    name: 'ledger-postings',
    text: 'insert into postings (event_id, n, account_id, batch_id, manifest_id, line, trip_id, grams, pieces, dry_grams, occurred_at) select * from unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::uuid[], $6::int[], $7::uuid[], $8::bigint[], $9::int[], $10::bigint[], $11::timestamptz[])',
    values: [
      rows.map((row) => row.eventId),
      rows.map((row) => row.n),
      rows.map((row) => row.account.id),
      rows.map((row) => row.batchId),
      rows.map((row) => row.manifestId),
      rows.map((row) => row.line),
      rows.map((row) => row.tripId),
      rows.map((row) => row.grams),
      rows.map((row) => row.pieces),
      rows.map((row) => row.dryGrams),
      rows.map((row) => row.occurredAt.toISOString()),
    ],
  };
}

const ADD =
  'set grams = t.grams + excluded.grams, pieces = t.pieces + excluded.pieces, dry_grams = t.dry_grams + excluded.dry_grams';

function accountStatement(rows: readonly LedgerRow[]): Statement {
  const sums = sumBy(rows, (row) => row.account.id);
  return {
    name: 'ledger-accounts',
    text: `insert into accounts as t (id, role, party_id, site_id, waste_code, owner_id, grams, pieces, dry_grams) select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::bigint[], $8::int[], $9::bigint[]) on conflict (id) do update ${ADD}`,
    values: [
      sums.map(({ row }) => row.account.id),
      sums.map(({ row }) => row.account.role),
      sums.map(({ row }) => row.account.partyId),
      sums.map(({ row }) => row.account.siteId),
      sums.map(({ row }) => row.account.wasteCode),
      sums.map(({ row }) => row.account.ownerId),
      ...quantitiesOf(sums),
    ],
  };
}

function balanceStatement(rows: readonly LedgerRow[]): Statement {
  const sums = sumBy(rows, (row) => row.account.id + row.batchId);
  return {
    name: 'ledger-balances',
    text: `insert into balances as t (account_id, batch_id, grams, pieces, dry_grams) select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::int[], $5::bigint[]) on conflict (account_id, batch_id) do update ${ADD}`,
    values: [sums.map(({ row }) => row.account.id), sums.map(({ row }) => row.batchId), ...quantitiesOf(sums)],
  };
}

function monthStatement(rows: readonly LedgerRow[]): Statement {
  const sums = sumBy(rows, (row) => row.account.id + monthOf(row.occurredAt));
  return {
    name: 'ledger-months',
    text: `insert into monthly_balances as t (account_id, month, grams, pieces, dry_grams) select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::int[], $5::bigint[]) on conflict (account_id, month) do update ${ADD}`,
    values: [
      sums.map(({ row }) => row.account.id),
      sums.map(({ row }) => monthOf(row.occurredAt)),
      ...quantitiesOf(sums),
    ],
  };
}

const quantitiesOf = (sums: readonly { grams: number; pieces: number; dryGrams: number }[]) => [
  sums.map((sum) => sum.grams),
  sums.map((sum) => sum.pieces),
  sums.map((sum) => sum.dryGrams),
];
