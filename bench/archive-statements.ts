/**
 * The archive as SQL, over the temporary tables that archive.ts makes. `$1` how many loads, `$2` and `$3` from when to
 * when. Loads are numbered in the order of time; which parties they have follows from a hash of the number.
 */

/** A UUIDv7 of an instant; its random bits follow from a name, so that statements agree on it. */
const UUID_SQL = `create or replace function pg_temp.uuid_of(at timestamptz, name text) returns uuid language sql immutable as $$
  select (substr(t, 1, 8) || '-' || substr(t, 9, 4) || '-7' || substr(h, 1, 3) || '-8' || substr(h, 4, 3) || '-' || substr(h, 7, 12))::uuid
  from (select lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') as t, md5(name) as h) x $$`;

/** The last thousand are still under way, one in a hundred of the others was voided. */
const LOADS_SQL = `create temp table loads as
  with numbered as (
    select n, $2::timestamptz + (($3::timestamptz - interval '12 hours') - $2::timestamptz) * (n::float8 / $1::int) as at, abs(hashint4(n)) as h,
      case when n > $1::int - 1000 then (array['draft', 'issued', 'in_transit', 'arrived'])[1 + n % 4] when n % 100 = 0 then 'void' else 'received' end as status
    from generate_series(1, $1::int) n
  )
  select l.n, l.at, l.status, (1000 + l.h % 9000) * 1000 as grams,
    case l.status when 'draft' then 1 when 'issued' then 2 when 'in_transit' then 3 when 'arrived' then 4 when 'void' then 3 else 5 end as seq,
    pg_temp.uuid_of(l.at, 'manifest ' || l.n) as manifest_id,
    pg_temp.uuid_of(l.at - interval '1 hour', 'batch ' || l.n) as batch_id,
    pg_temp.uuid_of(l.at + interval '6 hours', 'received ' || l.n) as received_batch_id,
    p."partyId" as producer, p."siteId" as producer_site, p.region as origin,
    c."partyId" as carrier, c.plate, s."partyId" as plant, s."siteId" as plant_site, s.region as destination, w.n as waste, w."wasteCode" as waste_code
  from numbered l
  join producers p on p.n = l.h % (select count(*) from producers)
  join carriers c on c.n = (l.h / 7) % (select count(*) from carriers)
  join plants s on s.n = (l.h / 11) % (select count(*) from plants)
  join wastes w on w.n = (l.h / 13) % (select count(*) from wastes)
  order by l.n`;

const LOADED = "l.status in ('in_transit', 'arrived', 'received')";
const ARRIVED = "l.status in ('arrived', 'received')";

const MANIFESTS_SQL = `insert into manifests (id, seq, head_hash, recorded_at, stream, status, number, consignor_id, consignor_site_id, carrier_id, consignee_id,
    consignee_site_id, shipper_role, origin_region, destination_region, cross_province, lines, discrepancies, legs, filled_by_id, entry_mode, remainders, passed_regions, correction_count, pickup_code_failures, issued_at, picked_up_at, arrived_at,
    accepted_at, voided_at, receipt_due_on, receipt_due_provisional, picked_up_event_id, received_event_id)
  select manifest_id, seq, sha256(manifest_id::text::bytea), at, 'hazardous', l.status,
    case when l.status <> 'draft' then to_char(at, 'YYYY') || '3701' || lpad((l.n % 200000 + 10000)::text, 6, '0') end,
    producer, producer_site, carrier, plant, plant_site, 'consignor', origin, destination, false,
    jsonb_build_array(jsonb_build_object('line', 1, 'wasteCode', w."wasteCode", 'name', w.name, 'form', w.form, 'hazards', w.hazards, 'packaging', w.packaging,
      'declaredGrams', grams, 'declaredPieces', 0, 'plannedMethod', 'D10', 'namedBatches', '[]'::jsonb, 'permitIds', '[]'::jsonb,
      'offered', '[]'::jsonb, 'hazardousComponent', null, 'unNumber', null, 'packingGroup', null, 'frozen', '[]'::jsonb, 'lost', '[]'::jsonb, 'recovered', '[]'::jsonb,
      'pickedUpGrams', case when ${LOADED} then grams end, 'pickedUpPieces', case when ${LOADED} then 0 end,
      'loaded', case when ${LOADED} then jsonb_build_array(jsonb_build_object('batchId', batch_id, 'grams', grams, 'pieces', 0, 'inferred', true)) else '[]'::jsonb end,
      'acceptedGrams', case when l.status = 'received' then grams - 2000 end, 'refusedGrams', case when l.status = 'received' then 0 end,
      'refusedPieces', case when l.status = 'received' then 0 end,
      'receivedPieces', case when l.status = 'received' then 0 end, 'method', case when l.status = 'received' then 'D10' end,
      'containers', '[]'::jsonb, 'receivedBatchIds', case when l.status = 'received' then jsonb_build_array(received_batch_id) else '[]'::jsonb end)),
    '[]', jsonb_build_array(jsonb_build_object('carrierId', carrier, 'plate', case when ${LOADED} then plate end, 'driverId', null, 'waybillNumber', null,
      'startedAt', case when ${LOADED} then to_char((at + interval '2 hours') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end,
      'endedAt', case when ${ARRIVED} then to_char((at + interval '4 hours') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end, 'handover', null)),
    producer, 'live', '[]', '[]', 0, 0, case when l.status <> 'draft' then at end, case when ${LOADED} then at + interval '2 hours' end,
    case when ${ARRIVED} then at + interval '4 hours' end, case when l.status = 'received' then at + interval '6 hours' end,
    case when l.status = 'void' then at + interval '1 hour' end, case when ${ARRIVED} then to_char(at + interval '7 days', 'YYYY-MM-DD') end,
    case when ${ARRIVED} then false end, case when ${LOADED} then pg_temp.uuid_of(at + interval '2 hours', 'picked up ' || l.n) end,
    case when l.status = 'received' then pg_temp.uuid_of(at + interval '6 hours', 'receipt ' || l.n) end
  from loads l join wastes w on w.n = l.waste order by l.n`;

const AUDIENCE_SQL = `insert into audience (scope, kind, stage, id, stream)
  select distinct a.scope, 'manifest', case l.status when 'draft' then 'draft' when 'received' then 'closed' when 'void' then 'void' else 'open' end, l.manifest_id, 'hazardous'
  from loads l cross join lateral (values (l.producer, true), (l.carrier, false), (l.plant, false),
    (('00000000-0000-0000-0000-' || lpad(l.origin, 12, '0'))::uuid, false), (('00000000-0000-0000-0000-' || lpad(l.destination, 12, '0'))::uuid, false)) a(scope, in_draft)
  where l.status <> 'draft' or a.in_draft order by l.manifest_id`;

const BATCHES_SQL = `insert into batches (id, seq, head_hash, recorded_at, origin, party_id, site_id, owner_id, waste_code, account_id, initial_grams, initial_pieces, manifest_id, formed_at)
  select b.id, 1, sha256(b.id::text::bytea), b.at, b.origin, b.party, b.site, b.party, l.waste_code, a.id, b.grams, 0, b.manifest, b.at
  from loads l cross join lateral (values
    (l.batch_id, 'generated', l.producer, l.producer_site, l.grams, null::uuid, l.at - interval '1 hour', true),
    (l.received_batch_id, 'received', l.plant, l.plant_site, l.grams - 2000, l.manifest_id, l.at + interval '6 hours', l.status = 'received')
  ) b(id, origin, party, site, grams, manifest, at, happened)
  join ledger a on a.role = 'stock' and a."siteId" = b.site and a."ownerId" = b.party and a."wasteCode" = l.waste_code
  where b.happened order by b.at`;

/** With what they hold, the loads that were really played included. */
const ACCOUNTS_SQL = `insert into accounts (id, role, party_id, site_id, waste_code, owner_id, grams, pieces, dry_grams)
  select a.id, a.role, a."partyId", a."siteId", a."wasteCode", a."ownerId", coalesce(sum(p.grams), 0), coalesce(sum(p.pieces), 0), coalesce(sum(p.dry_grams), 0)
  from ledger a left join postings p on p.account_id = a.id group by 1, 2, 3, 4, 5, 6
  on conflict (id) do update set grams = excluded.grams, pieces = excluded.pieces, dry_grams = excluded.dry_grams`;

/** Four events at most a load, ten postings. */
const POSTINGS_SQL = `insert into postings (event_id, n, account_id, batch_id, manifest_id, line, grams, pieces, dry_grams, occurred_at)
  select pg_temp.uuid_of(l.at + e.after, e.event || l.n), e.n, a.id, case when e.received then l.received_batch_id else l.batch_id end,
    case when e.event = 'generated ' then null else l.manifest_id end, case when e.event = 'generated ' then null else 1 end, e.grams, 0, 0, l.at + e.after
  from loads l cross join lateral (values
    ('generated ', 0, -interval '1 hour', 'generated', l.producer, -l.grams, false, true),
    ('generated ', 1, -interval '1 hour', 'stock', l.producer, l.grams, false, true),
    ('picked up ', 0, interval '2 hours', 'stock', l.producer, -l.grams, false, ${LOADED}),
    ('picked up ', 1, interval '2 hours', 'in_transit', l.carrier, l.grams, false, ${LOADED}),
    ('arrived ', 0, interval '4 hours', 'in_transit', l.carrier, -l.grams, false, ${ARRIVED}),
    ('arrived ', 1, interval '4 hours', 'consignee_hold', l.plant, l.grams, false, ${ARRIVED}),
    ('receipt ', 0, interval '6 hours', 'consignee_hold', l.plant, 2000 - l.grams, false, l.status = 'received'),
    ('receipt ', 1, interval '6 hours', 'stock', l.plant, l.grams - 2000, true, l.status = 'received'),
    ('receipt ', 2, interval '6 hours', 'consignee_hold', l.plant, -2000, false, l.status = 'received'),
    ('receipt ', 3, interval '6 hours', 'weighing_difference', l.plant, 2000, false, l.status = 'received')
  ) e(event, n, after, role, party, grams, received, happened)
  join ledger a on a.role = e.role and a."partyId" = e.party and a."wasteCode" = l.waste_code
    and a."ownerId" = case when e.received then l.plant else l.producer end
  where e.happened order by l.n, e.after, e.n`;

/** From the postings, as the journal adds them up; the loads that were really played keep theirs. */
const BALANCES_SQL = `insert into balances (account_id, batch_id, grams, pieces, dry_grams)
  select account_id, batch_id, sum(grams), sum(pieces), sum(dry_grams) from postings group by 1, 2
  having sum(grams) <> 0 or sum(pieces) <> 0 or sum(dry_grams) <> 0 order by min(occurred_at) on conflict do nothing`;

const MONTHS_SQL = `insert into monthly_balances (account_id, month, grams, pieces, dry_grams)
  select account_id, to_char(occurred_at, 'YYYY-MM') as month, sum(grams), sum(pieces), sum(dry_grams) from postings group by 1, 2 order by 2, 1
  on conflict (account_id, month) do update set grams = excluded.grams, pieces = excluded.pieces, dry_grams = excluded.dry_grams`;

export const STATEMENTS: readonly { readonly what: string; readonly sql: string; readonly takesSize: boolean }[] = [
  { what: 'its ids', sql: UUID_SQL, takesSize: false },
  { what: 'which loads', sql: LOADS_SQL, takesSize: true },
  { what: 'manifests', sql: MANIFESTS_SQL, takesSize: false },
  { what: 'who sees them', sql: AUDIENCE_SQL, takesSize: false },
  { what: 'batches', sql: BATCHES_SQL, takesSize: false },
  { what: 'postings', sql: POSTINGS_SQL, takesSize: false },
  { what: 'balances', sql: BALANCES_SQL, takesSize: false },
  { what: 'accounts', sql: ACCOUNTS_SQL, takesSize: false },
  { what: 'months', sql: MONTHS_SQL, takesSize: false },
];
