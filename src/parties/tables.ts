import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { instant, subjectColumns } from '../platform/tables.ts';

export const CAPACITIES = ['producer', 'carrier', 'consignee', 'regulator', 'operator'] as const;
export type Capacity = (typeof CAPACITIES)[number];
export const CAPACITY_NAMES: Readonly<Record<Capacity, string>> = {
  producer: '产废单位',
  carrier: '承运人',
  consignee: '接受人',
  regulator: '监管部门',
  operator: '运营单位',
};

/** What a regulator watches. */
export interface Jurisdiction {
  readonly region: string;
  readonly streams: readonly string[];
}

export const parties = pgTable(
  'parties',
  {
    ...subjectColumns,
    name: text().notNull(),
    /** 统一社会信用代码, GB 32100. Village clinics and projects may have none. */
    uscc: text(),
    capacities: jsonb().$type<readonly Capacity[]>().notNull(),
    region: text().notNull(),
    jurisdiction: jsonb().$type<Jurisdiction>(),
    active: boolean().notNull(),
  },
  (table) => [unique('parties_uscc').on(table.uscc)],
);

export const sites = pgTable(
  'sites',
  {
    ...subjectColumns,
    partyId: uuid().notNull(),
    name: text().notNull(),
    region: text().notNull(),
    /** Site serial of the discharge permit (HJ 608), where there is one. */
    permitCode: text(),
    /** 床位数 of a medical institution. */
    beds: integer(),
    active: boolean().notNull(),
  },
  (table) => [index('sites_party').on(table.partyId), index('sites_region').on(table.region, table.id)],
);

export const vehicles = pgTable(
  'vehicles',
  {
    ...subjectColumns,
    partyId: uuid().notNull(),
    plate: text().notNull(),
    /** 道路运输证. */
    operatingPermit: text(),
    payloadGrams: bigint({ mode: 'number' }),
    /** 车厢容积, m³ × 1000. */
    boxLitres: integer(),
    active: boolean().notNull(),
  },
  (table) => [unique('vehicles_plate').on(table.plate), index('vehicles_party').on(table.partyId)],
);

/** Drivers, escorts, clerks. Their names and phones are in erasable details. */
export const people = pgTable(
  'people',
  {
    ...subjectColumns,
    partyId: uuid().notNull(),
    duties: jsonb().$type<readonly string[]>().notNull(),
    active: boolean().notNull(),
  },
  (table) => [index('people_party').on(table.partyId)],
);

export const DEVICE_TYPES = ['truck_scale', 'bench_scale', 'gate', 'camera', 'vehicle_terminal'] as const;

export const devices = pgTable(
  'devices',
  {
    ...subjectColumns,
    partyId: uuid().notNull(),
    siteId: uuid().notNull(),
    type: text().$type<(typeof DEVICE_TYPES)[number]>().notNull(),
    serialNumber: text().notNull(),
    /** e of the scale (JJG 539). */
    scaleDivisionGrams: integer(),
    verifiedThrough: text(),
    /** Of a vehicle terminal (车载终端): the vehicle it is built into; its site is where that vehicle is at home. */
    vehicleId: uuid(),
    active: boolean().notNull(),
  },
  (table) => [unique('devices_serial').on(table.partyId, table.serialNumber)],
);

export const ROLES = ['administrator', 'regulator', 'member', 'device', 'driver'] as const;
export type Role = (typeof ROLES)[number];
export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  administrator: '管理员',
  regulator: '监管部门',
  member: '单位成员',
  device: '设备',
  driver: '驾驶员',
};

export const apiKeys = pgTable(
  'api_keys',
  {
    ...subjectColumns,
    partyId: uuid().notNull(),
    role: text().$type<Role>().notNull(),
    label: text().notNull(),
    prefix: text().notNull(),
    secretHash: text().notNull(),
    siteId: uuid(),
    deviceId: uuid(),
    personId: uuid(),
    expiresAt: instant(),
    revokedAt: instant(),
  },
  (table) => [unique('api_keys_prefix').on(table.prefix), index('api_keys_party').on(table.partyId)],
);

/** What an agent may be let do, named as the acts are. */
export const DELEGABLE_ACTS = [
  'generation',
  'storage',
  'draft',
  'revise',
  'issue',
  'void',
  'pickup-code',
  'pickup-confirmation',
  'correction',
  'incident',
  'arrival',
  'receipt',
  'return-receipt',
  'treatment',
  'report',
] as const;
export type DelegableAct = (typeof DELEGABLE_ACTS)[number];
export const DELEGABLE_ACT_NAMES: Readonly<Record<DelegableAct, string>> = {
  generation: '产生记录',
  storage: '出入库',
  draft: '起草联单',
  revise: '修改草稿',
  issue: '签发',
  void: '作废',
  'pickup-code': '发放装运码',
  'pickup-confirmation': '确认装运',
  correction: '更正',
  incident: '突发情况',
  arrival: '运抵',
  receipt: '接受',
  'return-receipt': '退运收回',
  treatment: '利用处置',
  report: '申报',
};

/** 委托: who may act for whom, where, in what, how long. */
export const delegations = pgTable(
  'delegations',
  {
    ...subjectColumns,
    principalId: uuid().notNull(),
    agentId: uuid().notNull(),
    /** Empty: every site of the principal. */
    siteIds: jsonb().$type<readonly string[]>().notNull(),
    acts: jsonb().$type<readonly DelegableAct[]>().notNull(),
    validFrom: text().notNull(),
    validTo: text().notNull(),
    status: text().$type<'valid' | 'revoked'>().notNull(),
  },
  (table) => [
    index('delegations_agent').on(table.agentId, table.principalId),
    index('delegations_principal').on(table.principalId),
  ],
);

export const DESIGNATION_TYPES = ['key_unit', 'risk_tag', 'expected_unit', 'site_class'] as const;
export type DesignationType = (typeof DESIGNATION_TYPES)[number];

/** 名录: what an authority has said of a unit. Why is free text and stands in the event's details. */
export const designations = pgTable(
  'designations',
  {
    ...subjectColumns,
    type: text().$type<DesignationType>().notNull(),
    partyId: uuid().notNull(),
    /** Null: the party as a whole. */
    siteId: uuid(),
    tag: text(),
    stream: text().notNull(),
    basis: text(),
    validFrom: text().notNull(),
    validTo: text(),
  },
  (table) => [
    index('designations_party').on(table.partyId),
    index('designations_site').on(table.siteId),
    index('designations_type').on(table.type, table.stream, table.id),
  ],
);

/**
 * Who finds what in a list: one row per party or county, written with the act. A list reads its own scopes and never
 * an OR over parties. Ids are UUIDv7, so their order is the order of creation.
 */
export const audience = pgTable(
  'audience',
  {
    scope: uuid().notNull(),
    kind: text().notNull(),
    stage: text().notNull(),
    id: uuid().notNull(),
    stream: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.scope, table.kind, table.stage, table.stream, table.id] })],
);
