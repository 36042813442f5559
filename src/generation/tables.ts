import { bigint, boolean, index, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { instant, subjectColumns } from '../platform/tables.ts';
import type { WeighingStage } from './rules.ts';

/** 贮存库 · 贮存场 · 贮存池 · 贮存罐区 · 贮存点 (GB 18597-2023). */
export const STORE_TYPES = ['warehouse', 'yard', 'pond', 'tank_area', 'point'] as const;
export type StoreType = (typeof STORE_TYPES)[number];

/** Of a cold store: below 5 °C; in a remote area and disinfected besides (GB 39707-2020 5.4.6). */
export const TEMPERATURES = ['ambient', 'cold', 'cold_remote'] as const;
export type Temperature = (typeof TEMPERATURES)[number];

/** What a scale said of one container at one stage: an observation beside its label. */
export const containerWeighings = pgTable(
  'container_weighings',
  {
    ...subjectColumns,
    containerId: uuid().notNull(),
    stage: text().$type<WeighingStage>().notNull(),
    massGrams: bigint({ mode: 'number' }).notNull(),
    /** Who weighed. */
    partyId: uuid().notNull(),
    deviceId: uuid(),
    scaleDivisionGrams: integer(),
    weighedAt: instant().notNull(),
  },
  (table) => [index('container_weighings_container').on(table.containerId, table.id)],
);

/** 贮存设施: a part of a site with a code of its own. */
export const stores = pgTable(
  'stores',
  {
    ...subjectColumns,
    siteId: uuid().notNull(),
    /** 贮存设施编码, e.g. TS001. */
    code: text().notNull(),
    type: text().$type<StoreType>().notNull(),
    name: text(),
    capacityGrams: bigint({ mode: 'number' }),
    /** 集中暂存: others keep their waste here too, each by itself. */
    shared: boolean().notNull(),
    /** 贮存温度; null: as the air around it. */
    temperature: text().$type<Temperature>(),
    active: boolean().notNull(),
  },
  (table) => [unique('stores_code').on(table.siteId, table.code)],
);

/** 分别管理: who keeps waste of its own at another's site, from when to when. */
export const tenancies = pgTable(
  'tenancies',
  {
    ...subjectColumns,
    siteId: uuid().notNull(),
    /** Null: in every shared store of the site. */
    storeId: uuid(),
    tenantId: uuid().notNull(),
    validFrom: text().notNull(),
    /** First day on which it no longer holds. */
    validTo: text(),
  },
  (table) => [index('tenancies_site').on(table.siteId, table.tenantId), index('tenancies_tenant').on(table.tenantId)],
);

export const DIRECTIONS = ['in', 'out'] as const;
/** 去向 of what leaves a store (HJ 1259 annex B.3). */
export const DESTINATIONS = ['transfer', 'own_use', 'own_disposal', 'other_store'] as const;

export interface MovedItem {
  /** The batch that lies there now: the one named, or the part split off it. */
  readonly batchId: string;
  readonly fromBatchId: string;
  readonly containerId: string | null;
  readonly grams: number;
  readonly pieces: number;
  readonly dryGrams?: number;
  /** For what leaves: the storage move it came in by. */
  readonly enteredById: string | null;
}

/** 入库、出库记录 (HJ 1259 annex B.2, B.3). */
export const storageMoves = pgTable(
  'storage_moves',
  {
    ...subjectColumns,
    direction: text().$type<(typeof DIRECTIONS)[number]>().notNull(),
    code: text().notNull(),
    siteId: uuid().notNull(),
    storeId: uuid().notNull(),
    ownerId: uuid().notNull(),
    wasteCode: text().notNull(),
    grams: bigint({ mode: 'number' }).notNull(),
    pieces: integer().notNull(),
    items: jsonb().$type<readonly MovedItem[]>().notNull(),
    storekeeperId: uuid(),
    moverId: uuid(),
    destination: text().$type<(typeof DESTINATIONS)[number]>(),
    movedAt: instant().notNull(),
  },
  (table) => [
    index('storage_moves_site').on(table.siteId, table.id),
    index('storage_moves_register').on(table.siteId, table.direction, table.movedAt, table.id),
  ],
);
