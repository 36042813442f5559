import type pg from 'pg';
import { endOfDayInShanghai } from '../catalogue/calendar.ts';
import { streamOfCodeSql } from '../catalogue/streams.ts';
import type { AccountRole } from '../custody/ledger.ts';
import type { DESTINATIONS, DIRECTIONS, StoreType } from '../generation/tables.ts';
import { FUTURE_TOLERANCE_MS } from '../platform/group-deciding.ts';
import { earliestIdOf } from '../platform/ids.ts';
import { OTHER_END, startOfDay } from './queries.ts';

/**
 * 管理台账 (HJ 1259-2022 annex B): what came to and left the stock of a site, read off the ledger and never kept by hand, and
 * what was put into its stores and taken out, which moves no mass. A register of the ledger is the movements between the stock
 * and some accounts; what takes a movement back is a row below zero.
 */
type Register = { readonly zh: string; readonly en: string; readonly basis: string } & (
  | {
      /** Which end of the movement the stock is. */
      readonly stockEnd: 'from' | 'to';
      readonly others: readonly AccountRole[];
    }
  | { readonly direction: (typeof DIRECTIONS)[number] }
);

export const REGISTERS = {
  generation: {
    zh: '产生环节',
    en: 'generated',
    stockEnd: 'to',
    others: ['generated', 'treated'],
    basis: 'HJ 1259-2022 B.1',
  },
  'storage-in': { zh: '入库环节', en: 'put into a store', direction: 'in', basis: 'HJ 1259-2022 B.2' },
  'storage-out': { zh: '出库环节', en: 'taken out of a store', direction: 'out', basis: 'HJ 1259-2022 B.3' },
  treatment: {
    zh: '自行利用/处置环节',
    en: 'used or disposed of here',
    stockEnd: 'from',
    others: ['treated'],
    basis: 'HJ 1259-2022 B.4',
  },
  outsourced: {
    zh: '委外利用/处置环节',
    en: 'sent out',
    stockEnd: 'from',
    others: ['in_transit'],
    basis: 'HJ 1259-2022 B.5',
  },
  received: { zh: '接收', en: 'received from others', stockEnd: 'to', others: ['consignee_hold'], basis: 'ML 18' },
} as const satisfies Record<string, Register>;
export type RegisterName = keyof typeof REGISTERS;
export const REGISTER_NAMES = Object.keys(REGISTERS) as [RegisterName, ...RegisterName[]];

export interface RegisterRow {
  readonly eventId: string;
  readonly n: number;
  readonly eventType: string;
  readonly subjectId: string;
  readonly occurredAt: Date;
  readonly recordedAt: string;
  readonly recordedById: string;
  readonly onBehalfOf: string | null;
  readonly batchId: string;
  readonly wasteCode: string;
  readonly grams: number;
  readonly pieces: number;
  readonly dryGrams: number;
  readonly ownerId: string;
  readonly treatmentMethod: string | null;
  readonly facilityCode: string | null;
  readonly manifest: {
    readonly id: string;
    readonly number: string | null;
    readonly line: number;
    readonly counterpartId: string;
    readonly counterpartName: string;
    readonly method: string | null;
    readonly permitNumbers: readonly string[];
  } | null;
  readonly storage: {
    /** 入库、出库批次编码 of the entry; a row is one batch or container of it. */
    readonly code: string;
    readonly storeId: string;
    readonly storeCode: string;
    readonly storeType: StoreType;
    readonly containerId: string | null;
    /** 产生批次编码, or the identification code of the container, for what comes in; 入库批次编码 for what leaves. */
    readonly sourceCode: string | null;
    readonly moverId: string | null;
    readonly storekeeperId: string | null;
    readonly destination: (typeof DESTINATIONS)[number] | null;
  } | null;
}

export interface RegisterQuestion {
  readonly siteId: string;
  readonly register: RegisterName;
  /** Civil days; `to` is the first that is no longer asked for. */
  readonly from: string;
  readonly to: string;
  readonly streams: readonly string[] | null;
  /** Of a shared site, whose waste; null: everybody's. */
  readonly ownerId: string | null;
  readonly after: RegisterKey | undefined;
  readonly rowsMax: number;
}

/** What a page begins after. */
export interface RegisterKey {
  readonly occurredAt: string;
  /** Of the event, or of the storage move. */
  readonly id: string;
  readonly n: number;
}
export const keyOf = ({ occurredAt, storage, eventId, subjectId, n }: RegisterRow): RegisterKey => ({
  occurredAt: occurredAt.toISOString(),
  id: storage ? subjectId : eventId,
  n,
});

const IN_STREAMS = (code: string, streams: string): string =>
  `(${streams}::text[] is null or ${streamOfCodeSql(code)} = any(${streams}))`;

/**
 * In the order in which it happened. Each stock account gives its rows in that order from its index, from the cursor on, so that a page costs the
 * page; what only the event and the manifest know is read for the rows of the page alone.
 */
const REGISTER_SQL = `with page as (
    select r.*, a.waste_code, a.owner_id from accounts a cross join lateral (
      select p.event_id, min(p.n) as n, p.batch_id, p.manifest_id, p.line, sum(p.grams)::bigint as grams, sum(p.pieces)::int as pieces, sum(p.dry_grams)::bigint as dry_grams, p.occurred_at
      from postings p ${OTHER_END}
      where p.account_id = a.id and p.occurred_at >= $4 and p.occurred_at < $3 and p.event_id >= $5 and p.n & 1 = $6 and o.role = any($7::text[])
      group by p.occurred_at, p.event_id, p.batch_id, p.manifest_id, p.line
      having (sum(p.grams), sum(p.pieces), sum(p.dry_grams)) <> (0, 0, 0) and ($8::uuid is null or (p.occurred_at, p.event_id, min(p.n)) > ($4, $8, $9::int))
      order by p.occurred_at, p.event_id, min(p.n) limit $10
    ) r
    where a.site_id = $1 and a.role = 'stock' and ${IN_STREAMS('a.waste_code', '$2')} and ($12::uuid is null or a.owner_id = $12)
    order by r.occurred_at, r.event_id, r.n limit $10
  )
  select page.event_id as "eventId", page.n, e.type as "eventType", e.subject_id as "subjectId", page.occurred_at as "occurredAt", c ->> 'recordedAt' as "recordedAt",
    c #>> '{actor,party}' as "recordedById", c ->> 'onBehalfOf' as "onBehalfOf", page.batch_id as "batchId", page.waste_code as "wasteCode",
    page.grams * $11::int as grams, page.pieces * $11::int as pieces, page.dry_grams * $11::int as "dryGrams", page.owner_id as "ownerId",
    c #>> '{data,treatment,method}' as "treatmentMethod", c #>> '{data,treatment,facilityCode}' as "facilityCode",
    case when m.id is not null then jsonb_build_object('id', m.id, 'number', m.number, 'line', page.line, 'counterpartId', p.id, 'counterpartName', p.name,
      'method', coalesce(l ->> 'method', l ->> 'plannedMethod'),
      'permitNumbers', (select coalesce(jsonb_agg(permits.number order by permits.number), '[]') from jsonb_array_elements_text(l -> 'permitIds') as i(id) join permits on permits.id = i.id::uuid)) end as manifest, null as storage
  from page
  join custody_events e on e.id = page.event_id
  cross join lateral (select e.canonical::jsonb as c) e2
  left join manifests m on m.id = page.manifest_id
  left join parties p on p.id = case when $6 = 0 then m.consignee_id else m.consignor_id end
  left join lateral (select l from jsonb_array_elements(m.lines) as x(l) where (l ->> 'line')::int = page.line) x on true
  order by page.occurred_at, page.event_id, page.n`;

/** The same of storage moves: a row a batch or container, in order from the index of the site. */
const STORAGE_SQL = `with page as (
    select m.*, i.item, i.n from storage_moves m
    cross join lateral (select item, n::int - 1 as n from jsonb_array_elements(m.items) with ordinality as x(item, n)) i
    where m.site_id = $1 and m.direction = $2 and m.moved_at >= $3 and m.moved_at < $4
      and ${IN_STREAMS('m.waste_code', '$5')} and ($6::uuid is null or m.owner_id = $6)
      and ($7::uuid is null or (m.moved_at, m.id, i.n) > ($3, $7, $8::int))
    order by m.moved_at, m.id, i.n limit $9
  )
  select e.id as "eventId", page.n, e.type as "eventType", page.id as "subjectId", page.moved_at as "occurredAt", c ->> 'recordedAt' as "recordedAt",
    c #>> '{actor,party}' as "recordedById", c ->> 'onBehalfOf' as "onBehalfOf", (item ->> 'batchId')::uuid as "batchId", page.waste_code as "wasteCode",
    (item ->> 'grams')::bigint as grams, (item ->> 'pieces')::bigint as pieces, coalesce((item ->> 'dryGrams')::bigint, 0) as "dryGrams", page.owner_id as "ownerId", null as "treatmentMethod", null as "facilityCode",
    null as manifest, jsonb_build_object('code', page.code, 'storeId', s.id, 'storeCode', s.code, 'storeType', s.type, 'containerId', item -> 'containerId',
      'sourceCode', coalesce(
        (select code from storage_moves where id = (item ->> 'enteredById')::uuid),
        (select code from containers where id = (item ->> 'containerId')::uuid),
        (select code from batches where id = (item ->> 'fromBatchId')::uuid)),
      'moverId', page.mover_id, 'storekeeperId', page.storekeeper_id, 'destination', page.destination) as storage
  from page
  join stores s on s.id = page.store_id
  join custody_events e on e.subject_id = page.id and e.seq = 1
  cross join lateral (select e.canonical::jsonb as c) e2
  order by page.moved_at, page.id, page.n`;

/** Rows of a register; one more than a page says that there is a next. */
export function registerRows(pool: pg.Pool, question: RegisterQuestion): Promise<RegisterRow[]> {
  const register: Register = REGISTERS[question.register];
  return 'direction' in register
    ? storageRows(pool, question, register.direction)
    : ledgerRows(pool, question, register);
}

async function storageRows(
  pool: pg.Pool,
  { siteId, from, to, streams, ownerId, after, rowsMax }: RegisterQuestion,
  direction: string,
): Promise<RegisterRow[]> {
  const { rows } = await pool.query<RegisterRow>({
    name: 'storage-register-rows',
    text: STORAGE_SQL,
    values: [
      siteId,
      direction,
      after?.occurredAt ?? startOfDay(from),
      startOfDay(to),
      streams,
      ownerId,
      after?.id ?? null,
      after?.n ?? null,
      rowsMax,
    ],
  });
  return rows;
}

async function ledgerRows(
  pool: pg.Pool,
  { siteId, from, to, streams, ownerId, after, rowsMax }: RegisterQuestion,
  { stockEnd, others }: Extract<Register, { stockEnd: unknown }>,
): Promise<RegisterRow[]> {
  const start = startOfDay(from);
  const { rows } = await pool.query<RegisterRow>({
    name: 'register-rows',
    text: REGISTER_SQL,
    values: [
      siteId,
      streams,
      startOfDay(to),
      after?.occurredAt ?? start,
      earliestIdOf(new Date(start.getTime() - FUTURE_TOLERANCE_MS)),
      stockEnd === 'from' ? 0 : 1,
      others,
      after?.id ?? null,
      after?.n ?? null,
      rowsMax,
      stockEnd === 'from' ? -1 : 1,
      ownerId,
    ],
  });
  return rows;
}

/** Half-open spans of civil days of at most a year: a register is read by the year. */
export const SPAN_DAYS_MAX = 366;
export const daysBetween = (from: string, to: string): number =>
  Math.round((endOfDayInShanghai(to).getTime() - endOfDayInShanghai(from).getTime()) / 86_400_000);
