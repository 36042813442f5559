import type pg from 'pg';
import type { LabelFacts } from '../custody/tables.ts';
import type { Lookup } from '../platform/acts.ts';
import type { StorageMoved } from './storage.ts';
import type { StoreType, Temperature } from './tables.ts';
import type { ContainerWeighing } from './weighing.ts';

/**
 * What lies in a store `s`. Found through the site's accounts, which hold what is there now: the batches a store ever had are many more.
 */
export const IN_STORE = `accounts a join balances l on l.account_id = a.id join batches b on b.id = l.batch_id
  where a.site_id = s.site_id and a.role = 'stock' and b.store_id = s.id and (l.grams, l.pieces) <> (0, 0)`;

/** Grams in a store, whoever owns them. Told in warnings only, so it waits for nobody. */
export const storeStockLookup: Lookup<number> = {
  name: 'store-stock',
  gated: false,
  sql: `select s.id, i.grams from stores s cross join lateral (select sum(l.grams)::bigint as grams from ${IN_STORE}) i
    where s.id = any($1::uuid[])`,
  read: ([row]) => (row?.[1] ?? 0) as number,
};

export interface StoreRow {
  readonly id: string;
  readonly version: number;
  readonly siteId: string;
  readonly partyId: string;
  readonly region: string;
  readonly code: string;
  readonly type: StoreType;
  readonly name: string | null;
  readonly capacityGrams: number | null;
  readonly shared: boolean;
  readonly temperature: Temperature | null;
  readonly active: boolean;
}

const STORE_COLUMNS = `s.id, s.seq as version, s.site_id as "siteId", t.party_id as "partyId", t.region, s.code, s.type, s.name,
  s.capacity_grams as "capacityGrams", s.shared, s.temperature, s.active`;

export async function findStore(pool: pg.Pool, id: string): Promise<StoreRow | undefined> {
  const text = `select ${STORE_COLUMNS} from stores s join sites t on t.id = s.site_id where s.id = $1`;
  return (await pool.query<StoreRow>({ name: 'store', text, values: [id] })).rows[0];
}

const STORES_MAX = 200;

export async function storesOf(pool: pg.Pool, siteId: string): Promise<StoreRow[]> {
  const text = `select ${STORE_COLUMNS} from stores s join sites t on t.id = s.site_id where s.site_id = $1 order by s.code limit ${STORES_MAX}`;
  return (await pool.query<StoreRow>({ name: 'stores-of', text, values: [siteId] })).rows;
}

export interface StockRow {
  readonly ownerId: string;
  readonly wasteCode: string;
  readonly grams: number;
  readonly pieces: number;
  readonly batches: number;
}

/** What lies in a store now, by owner and waste; of one owner only, when one is given. */
export async function stockInStore(pool: pg.Pool, storeId: string, ownerId: string | null): Promise<StockRow[]> {
  const { rows } = await pool.query<StockRow>({
    name: 'stock-in-store',
    text: `select i.* from stores s cross join lateral (
      select a.owner_id as "ownerId", a.waste_code as "wasteCode", sum(l.grams)::bigint as grams, sum(l.pieces)::bigint as pieces, count(*)::int as batches
      from ${IN_STORE} and ($2::uuid is null or a.owner_id = $2) group by 1, 2) i
      where s.id = $1 order by 1, 2`,
    values: [storeId, ownerId],
  });
  return rows;
}

export interface TenancyRow {
  readonly id: string;
  readonly version: number;
  readonly siteId: string;
  readonly storeId: string | null;
  readonly tenantId: string;
  readonly validFrom: string;
  readonly validTo: string | null;
}

const TENANCY_COLUMNS = `id, seq as version, site_id as "siteId", store_id as "storeId", tenant_id as "tenantId", valid_from as "validFrom", valid_to as "validTo"`;
const TENANCIES_MAX = 500;

export async function findTenancy(pool: pg.Pool, id: string): Promise<TenancyRow | undefined> {
  return (await pool.query<TenancyRow>(`select ${TENANCY_COLUMNS} from tenancies where id = $1`, [id])).rows[0];
}

/** Of a site, or of a tenant wherever it is one, or of both. */
export async function listTenancies(
  pool: pg.Pool,
  query: { readonly siteId: string | null; readonly tenantId: string | null },
): Promise<TenancyRow[]> {
  const text = `select ${TENANCY_COLUMNS} from tenancies where ($1::uuid is null or site_id = $1) and ($2::uuid is null or tenant_id = $2)
    order by id desc limit ${TENANCIES_MAX}`;
  return (await pool.query<TenancyRow>(text, [query.siteId, query.tenantId])).rows;
}

/** Is or was the party a tenant of that site? What it kept there stays its own to see. */
export async function wasTenant(pool: pg.Pool, siteId: string, partyId: string): Promise<boolean> {
  const text = 'select 1 from tenancies where site_id = $1 and tenant_id = $2 limit 1';
  return (await pool.query({ name: 'was-tenant', text, values: [siteId, partyId] })).rowCount === 1;
}

export type StorageMoveRow = StorageMoved & { readonly version: number; readonly sourceCodes: readonly string[] };

/** With the codes each entry refers to: 产生批次 or the container for what comes in, 入库批次 for what leaves. */
const MOVE_SQL = `select m.id, m.seq as version, m.direction, m.code, m.site_id as "siteId", m.store_id as "storeId", m.owner_id as "ownerId",
    m.waste_code as "wasteCode", m.grams, m.pieces, m.items, m.storekeeper_id as "storekeeperId", m.mover_id as "moverId", m.destination,
    m.moved_at as "movedAt", r.codes as "sourceCodes"
  from storage_moves m cross join lateral (
    select coalesce(array_agg(distinct c.code) filter (where c.code is not null), '{}') as codes
    from jsonb_to_recordset(m.items) as i("fromBatchId" uuid, "containerId" uuid, "enteredById" uuid)
    cross join lateral (select coalesce(
      (select e.code from storage_moves e where e.id = i."enteredById"),
      (select k.code from containers k where k.id = i."containerId"),
      (select b.code from batches b where b.id = i."fromBatchId")) as code) c
  ) r`;

export async function findStorageMove(pool: pg.Pool, id: string): Promise<StorageMoveRow | undefined> {
  return (await pool.query<StorageMoveRow>({ name: 'storage-move', text: `${MOVE_SQL} where m.id = $1`, values: [id] }))
    .rows[0];
}

/** The register of a site, newest first: 入库、出库台账. Of one owner only, when one is given. */
export async function listStorageMoves(
  pool: pg.Pool,
  query: { siteId: string; ownerId: string | null; storeId: string | null; below: string; rowsMax: number },
): Promise<StorageMoveRow[]> {
  const { rows } = await pool.query<StorageMoveRow>({
    name: 'storage-moves',
    text: `${MOVE_SQL} where m.site_id = $1 and m.id < $2 and ($3::uuid is null or m.owner_id = $3) and ($4::uuid is null or m.store_id = $4)
      order by m.id desc limit $5`,
    values: [query.siteId, query.below, query.ownerId, query.storeId, query.rowsMax],
  });
  return rows;
}

export interface LabelRow {
  readonly id: string;
  readonly code: string;
  readonly wasteCode: string;
  readonly form: string;
  readonly hazards: readonly string[];
  readonly packaging: string;
  readonly capacityLitres: number | null;
  readonly label: LabelFacts;
  readonly unitName: string;
  readonly unitUscc: string | null;
  readonly contact: string | null;
  readonly phone: string | null;
  readonly remark: string | null;
}

/** What stands on the label of a container; contact and remark are null once erased. */
export async function labelRow(pool: pg.Pool, id: string): Promise<LabelRow | undefined> {
  const { rows } = await pool.query<LabelRow>({
    name: 'label',
    text: `select c.id, c.code, c.waste_code as "wasteCode", c.form, c.hazards, c.packaging, c.capacity_litres as "capacityLitres", c.label,
        p.name as "unitName", p.uscc as "unitUscc", d.body ->> 'contact' as contact, d.body ->> 'phone' as phone, d.body ->> 'remark' as remark
      from containers c join parties p on p.id = c.unit_id
      left join custody_events e on e.subject_id = c.id and e.seq = 1 left join event_details d on d.event_id = e.id where c.id = $1`,
    values: [id],
  });
  return rows[0];
}

/** Who stands on the manifest that a container is on, once that is more than a draft, and at which sites it starts and ends. */
export const containerStandingLookup: Lookup<{
  readonly parties: readonly string[];
  readonly sites: readonly string[];
}> = {
  name: 'container-standing',
  gated: false,
  sql: `select c.id, array[m.consignor_id, m.consignee_id] || array(select (l->>'carrierId')::uuid from jsonb_array_elements(m.legs) l),
      array[m.consignor_site_id, m.consignee_site_id]
    from containers c join manifests m on m.id = c.manifest_id and m.number is not null where c.id = any($1::uuid[])`,
  read: ([row]) => ({ parties: (row?.[1] ?? []) as string[], sites: (row?.[2] ?? []) as string[] }),
};

/** Of one container a handful. */
const WEIGHINGS_MAX = 100;

/** What scales said of these containers, in the order they were weighed; of each the first hundred told. */
export async function weighingsOf(pool: pg.Pool, containerIds: readonly string[]): Promise<ContainerWeighing[]> {
  const { rows } = await pool.query({
    name: 'container-weighings-of',
    text: `select w.id, w.container_id as "containerId", w.stage, w.mass_grams as "massGrams", w.party_id as "partyId",
        w.device_id as "deviceId", w.scale_division_grams as "scaleDivisionGrams", w.weighed_at as "weighedAt"
      from unnest($1::uuid[]) as k(id) cross join lateral (
        select * from container_weighings where container_id = k.id order by id limit ${WEIGHINGS_MAX}) w
      order by w.weighed_at, w.id`,
    values: [containerIds],
  });
  return rows;
}
