import { sql } from 'drizzle-orm';
import {
  bigint,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { instant, subjectColumns } from '../platform/tables.ts';
import type { AccountRole, BatchOrigin } from './ledger.ts';
import type { ContainerState } from './lifecycle.ts';

/** 批次: what entered one place together. */
export const batches = pgTable(
  'batches',
  {
    ...subjectColumns,
    origin: text().$type<BatchOrigin>().notNull(),
    partyId: uuid().notNull(),
    siteId: uuid().notNull(),
    ownerId: uuid().notNull(),
    wasteCode: text().notNull(),
    /** The stock account it lies in. */
    accountId: uuid().notNull(),
    initialGrams: bigint({ mode: 'number' }).notNull(),
    initialPieces: integer().notNull(),
    /** Of a waste whose moisture is measured; 0 for all others. */
    initialDryGrams: bigint({ mode: 'number' }).notNull().default(0),
    manifestId: uuid(),
    /** When the oldest of what is in it came into being or was received: a part that is split off is as old as its whole. */
    formedAt: instant().notNull(),
    /** 批次编码 (HJ 1259 annex B); what is in a container goes by the container's code. */
    code: text(),
    /** The store it lies in, where one is recorded: a position, the account stays the site's. */
    storeId: uuid(),
    /** The storage move that put it there. */
    storedById: uuid(),
    /** The container it was put into when it was formed. */
    containerId: uuid(),
  },
  (table) => [
    index('batches_site').on(table.siteId, table.id),
    index('batches_of_others').on(table.ownerId, table.siteId, table.id).where(sql`owner_id <> party_id`),
  ],
);

/** What stands on a label (HJ 1276-2022) besides the codes; contact and remark are erasable details of the labelling. */
export interface LabelFacts {
  readonly name: string;
  readonly mainComponents: string | null;
  readonly harmfulComponents: string | null;
  readonly precautions: string | null;
  /** 产生日期, Asia/Shanghai. */
  readonly producedOn: string;
  readonly massGrams: number;
}

/** 容器和包装物: a batch with a body. Where it is: at a site, or on a manifest on the road. */
export const containers = pgTable(
  'containers',
  {
    ...subjectColumns,
    /** 数字识别码, 37 characters. */
    code: text().notNull(),
    packaging: text().notNull(),
    capacityLitres: integer(),
    tareGrams: bigint({ mode: 'number' }),
    wasteCode: text().notNull(),
    form: text().notNull(),
    hazards: jsonb().$type<readonly string[]>().notNull(),
    label: jsonb().$type<LabelFacts>().notNull(),
    /** 产生/收集单位: whose label it bears. */
    unitId: uuid().notNull(),
    ownerId: uuid().notNull(),
    state: text().$type<ContainerState>().notNull(),
    /** Who has it. */
    partyId: uuid().notNull(),
    /** Null on the road. */
    siteId: uuid(),
    manifestId: uuid(),
    region: text().notNull(),
    /** Null for an outer body that holds containers only, and once it is emptied. */
    batchId: uuid(),
    grams: bigint({ mode: 'number' }).notNull(),
    pieces: integer().notNull(),
    parentId: uuid(),
    childIds: jsonb().$type<readonly string[]>().notNull(),
    /** How often a scan said something else than its record. */
    contradictions: integer().notNull(),
    labelledAt: instant().notNull(),
    /** 封闭时间: when it was closed. A storage clock runs from then on. */
    closedAt: instant(),
  },
  (table) => [
    unique('containers_code').on(table.code),
    uniqueIndex('containers_batch').on(table.batchId),
    index('containers_site').on(table.siteId, table.id),
    index('containers_parent').on(table.parentId),
    index('containers_owner').on(table.ownerId, table.siteId, table.id),
  ],
);

const quantities = {
  grams: bigint({ mode: 'number' }).notNull(),
  pieces: integer().notNull(),
  dryGrams: bigint({ mode: 'number' }).notNull(),
};

/** Its id is named by what it is, so that any process finds it without asking. With what it holds now. */
export const accounts = pgTable(
  'accounts',
  {
    id: uuid().primaryKey(),
    role: text().$type<AccountRole>().notNull(),
    partyId: uuid().notNull(),
    siteId: uuid(),
    wasteCode: text().notNull(),
    ownerId: uuid().notNull(),
    ...quantities,
  },
  (table) => [
    index('accounts_party').on(table.partyId, table.role),
    index('accounts_site').on(table.siteId, table.role),
    index('accounts_owner').on(table.ownerId, table.role),
  ],
);

/** Double entry: the sum over an event is zero in every dimension. Partitioned by the month of the event. */
export const postings = pgTable(
  'postings',
  {
    eventId: uuid().notNull(),
    n: smallint().notNull(),
    accountId: uuid().notNull(),
    batchId: uuid().notNull(),
    manifestId: uuid(),
    line: smallint(),
    tripId: uuid(),
    ...quantities,
    occurredAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.eventId, table.n] }),
    index('postings_account').on(table.accountId, table.occurredAt),
  ],
);

/** What of a batch lies in an account now. */
export const balances = pgTable(
  'balances',
  { accountId: uuid().notNull(), batchId: uuid().notNull(), ...quantities },
  (table) => [primaryKey({ columns: [table.accountId, table.batchId] })],
);

/** What a calendar month (UTC, by event time) added to an account. Taken from what it holds now, they lead back. */
export const monthlyBalances = pgTable(
  'monthly_balances',
  { accountId: uuid().notNull(), month: text().notNull(), ...quantities },
  (table) => [primaryKey({ columns: [table.accountId, table.month] })],
);

/** The trace graph: how much of which batch became part of which. */
export const batchEdges = pgTable(
  'batch_edges',
  {
    toId: uuid().notNull(),
    fromId: uuid().notNull(),
    eventId: uuid().notNull(),
    grams: bigint({ mode: 'number' }).notNull(),
    pieces: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.toId, table.fromId, table.eventId] }),
    index('batch_edges_from').on(table.fromId),
  ],
);
