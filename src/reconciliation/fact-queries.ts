import { streamOfCodeSql } from '../catalogue/streams.ts';
import type { ContainerWeighing } from '../generation/weighing.ts';
import type { Lookup } from '../platform/acts.ts';
import type { Woken } from './project-queries.ts';
import type { RuleFacts } from './rules/facts.ts';

/** Facts of containers and of the clocks in hours, for the judges, and whom an event makes them look at. No threshold stands here. */

/** What scales said of a container, in the order they were weighed: the first 100 told. */
export const containerWeighingsLookup: Lookup<readonly ContainerWeighing[]> = {
  name: 'container-weighings',
  gated: false,
  sql: `select k.key, w.id, w.container_id, w.stage, w.mass_grams, w.party_id, w.device_id, w.scale_division_grams, w.weighed_at
    from unnest($1::uuid[]) as k(key)
    cross join lateral (select * from container_weighings where container_id = k.key order by id limit 100) w
    order by w.weighed_at, w.id`,
  read: (rows) =>
    rows.map(
      ([, id, containerId, stage, massGrams, partyId, deviceId, scaleDivisionGrams, weighedAt]) =>
        ({ id, containerId, stage, massGrams, partyId, deviceId, scaleDivisionGrams, weighedAt }) as ContainerWeighing,
    ),
};

/** When the container of a batch was closed. */
export const closedLookup: Lookup<Date | null> = {
  name: 'closed',
  gated: false,
  sql: `select b.id, c.closed_at from batches b join containers c on c.id = b.container_id where b.id = any($1::uuid[])`,
  read: ([row]) => (row?.[1] ?? null) as Date | null,
};

/** The store a batch was put into last, whether or not it lies there still. */
export const keptInLookup: Lookup<RuleFacts['keptIn']> = {
  name: 'kept-in',
  gated: false,
  sql: `select k.key, s.temperature, (e.canonical::jsonb ->> 'occurredAt')::timestamptz
    from unnest($1::uuid[]) as k(key)
    cross join lateral (
      select canonical from custody_events where subject_id = k.key
        and type in ('batch_put_into_store', 'batch_split_off', 'container_filled') order by seq desc limit 1
    ) e
    left join stores s on s.id = coalesce(e.canonical::jsonb #>> '{data,storeId}', e.canonical::jsonb #>> '{data,batch,storeId}')::uuid`,
  read: ([row]) => ({ temperature: row?.[1] ?? null, since: row?.[2] ?? null }) as RuleFacts['keptIn'],
};

/** When the load arrived that a batch was received of. */
export const arrivalLookup: Lookup<Date | null> = {
  name: 'arrival',
  gated: false,
  sql: `select b.id, m.arrived_at from batches b join manifests m on m.id = b.manifest_id where b.id = any($1::uuid[])`,
  read: ([row]) => (row?.[1] ?? null) as Date | null,
};

/** Beds of the institution whose waste a manifest carries: of its site, or of the largest it has when its waste lay at another's. */
export const bedsLookup: Lookup<number | null> = {
  name: 'beds',
  gated: false,
  sql: `select m.id, case when s.party_id = m.consignor_id then s.beds
      else (select max(o.beds) from sites o where o.party_id = m.consignor_id) end
    from manifests m join sites s on s.id = m.consignor_site_id where m.id = any($1::uuid[])`,
  read: ([row]) => (row?.[1] ?? null) as number | null,
};

/** Loads of the same stream and owner from the same site. */
const SAME_ROUND =
  'o.consignor_site_id = m.consignor_site_id and o.stream = m.stream and o.consignor_id = m.consignor_id';

/** The next pickup at the institution, and how old what it took is; else how old what lies there now is. */
export const afterPickupLookup: Lookup<RuleFacts['afterPickup']> = {
  name: 'after-pickup',
  gated: false,
  sql: `select m.id, n.id, n.picked_up_at, coalesce(n.oldest, lying.oldest)
    from manifests m
    left join lateral (
      select o.id, o.picked_up_at, (
        select min(b.formed_at) from jsonb_array_elements(o.lines) l cross join jsonb_array_elements(l->'loaded') p
        join batches b on b.id = (p->>'batchId')::uuid) as oldest
      from manifests o where ${SAME_ROUND} and o.picked_up_at > m.picked_up_at order by o.picked_up_at limit 1
    ) n on true
    left join lateral (
      select min(b.formed_at) as oldest from accounts a
      join balances l on l.account_id = a.id and l.grams > 0 join batches b on b.id = l.batch_id
      where n.id is null and a.site_id = m.consignor_site_id and a.owner_id = m.consignor_id and a.role = 'stock'
        and ${streamOfCodeSql('a.waste_code')} = m.stream
    ) lying on true
    where m.id = any($1::uuid[])`,
  read([row]) {
    const [, manifestId, pickedUpAt, oldestFormedAt] = row ?? [];
    const next = manifestId ? { manifestId, pickedUpAt } : null;
    return { next, oldestFormedAt: oldestFormedAt ?? null } as RuleFacts['afterPickup'];
  },
};

/** A part of `WAKES_SQL`. */
export const CUSTODY_WAKES = {
  batches_in_container: {
    text: 'select id from batches where container_id = $1',
    values: ({ subjectId }: Woken) => [subjectId],
  },
  /** It, and the pickup at the same institution before it; only of streams that a place has such a clock for. */
  pickup_before: {
    text: `with m as (select * from manifests where id = $1 and exists (
        select from policies p where p.policy = 'pickup-gap-hours' and p.stream in (manifests.stream, '*')))
      select id from m union
      select b.id from m cross join lateral (
        select o.id from manifests o where ${SAME_ROUND} and o.picked_up_at < m.picked_up_at order by o.picked_up_at desc limit 1
      ) b`,
    values: ({ subjectId }: Woken) => [subjectId],
  },
  claims_of_exemptions: {
    text: `select id from manifests where id = $1 and exists (select from jsonb_array_elements(lines) l where l ? 'exemption')`,
    values: ({ subjectId }: Woken) => [subjectId],
  },
  containers_of_batches: {
    text: 'select container_id as id from batches where id = $1 and container_id is not null',
    values: ({ subjectId }: Woken) => [subjectId],
  },
  /** Of a manifest's containers those that a scale has seen. */
  containers_weighed: {
    text: `select distinct w.container_id as id from manifests m cross join lateral jsonb_array_elements(m.lines) l
      cross join lateral jsonb_array_elements(l->'containers') c
      join container_weighings w on w.container_id = (c->>'containerId')::uuid where m.id = $1`,
    values: ({ subjectId }: Woken) => [subjectId],
  },
} as const;
