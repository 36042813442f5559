import { OTHER_END } from '../../../src/reports/queries.ts';

/**
 * What must be true of the ledger after any sequence of acts, by plain SQL over the stored tables. $1: the parties of
 * the scene, $2: the last event before it. Each statement finds what breaks the law; nothing found is good.
 */
const MOVED = 'postings p join accounts a on a.id = p.account_id join custody_events e on e.id = p.event_id';
const SUMS = 'sum(p.grams), sum(p.pieces), sum(p.dry_grams)';
const ACCEPTED = `select coalesce(sum((l->>'acceptedGrams')::bigint), 0) as grams,
  coalesce(sum((l->>'receivedPieces')::int - (l->>'refusedPieces')::int), 0) as pieces from jsonb_array_elements(m.lines) l`;
/** The acts by which what was the consignor's becomes the consignee's, or is put right. */
const PASSES = "('receipt_recorded', 'manifest_corrected', 'trip_difference_booked')";
const TOUCHED_BY_OTHERS = `exists (select 1 from postings p join custody_events e on e.id = p.event_id
  where p.batch_id = c.batch_id and e.type not in ('generation_recorded', 'container_filled', 'storage_move_recorded'))`;

/** By mass, without its container (a leak, too): then the record of one of them is wrong, which is told and not put right. */
const TAKEN_UNSCANNED = `(exists (select 1 from manifests m cross join jsonb_array_elements(m.lines) l cross join jsonb_array_elements(l->'loaded') p
    where (p->>'batchId')::uuid = c.batch_id and not l->'containers' @> jsonb_build_array(jsonb_build_object('containerId', c.id)))
  or exists (select 1 from manifests m cross join jsonb_array_elements(m.lines) l
      cross join jsonb_array_elements((l->'frozen') || (l->'lost') || (l->'recovered')) p
    where (p->>'batchId')::uuid = c.batch_id and l->'containers' @> jsonb_build_array(jsonb_build_object('containerId', c.id, 'heldUp', null)))
  or exists (select 1 from treatments t cross join jsonb_array_elements(t.inputs) i where (i->>'batchId')::uuid = c.batch_id and c.state <> 'treated'))`;

export const LAWS: Readonly<Record<string, string>> = {
  'every event sums to zero in grams, pieces and dry grams': `select p.event_id, ${SUMS} from ${MOVED} where e.ordinal > $2 and $1::uuid[] is not null
    group by 1 having (${SUMS}) <> (0, 0, 0)`,
  'no act but these passes anything from owner to owner': `select e.type, p.event_id, a.owner_id, ${SUMS} from ${MOVED}
    where e.ordinal > $2 and $1::uuid[] is not null and e.type not in ${PASSES} group by 1, 2, 3 having (${SUMS}) <> (0, 0, 0)`,
  'what has no mass has no dry mass': `select a.role, a.waste_code, b.batch_id, b.dry_grams,
      (select string_agg(e.type || ' ' || p.grams || '/' || p.dry_grams, ', ' order by e.ordinal) from postings p join custody_events e on e.id = p.event_id where p.account_id = a.id and p.batch_id = b.batch_id) as history
    from balances b join accounts a on a.id = b.account_id
    where a.owner_id = any($1) and $2::bigint is not null and a.role in ('stock', 'in_transit', 'consignee_hold', 'incident_hold') and b.grams = 0 and b.dry_grams <> 0`,
  'of a load that was measured the consignee owns the dry mass that follows': `select m.id, x.dry, w.dry as follows from manifests m
    cross join lateral (select coalesce(sum(p.dry_grams), 0) as dry from postings p join accounts a on a.id = p.account_id
      where p.manifest_id = m.id and a.owner_id = m.consignee_id) x
    cross join lateral (select sum((l->>'acceptedGrams')::bigint * (1000 - (l->>'receivedMoisturePermille')::int) / 1000) as dry from jsonb_array_elements(m.lines) l) w
    where m.consignee_id = any($1) and $2::bigint is not null and m.consignor_id <> m.consignee_id and m.lines->0 ? 'receivedMoisturePermille' and x.dry <> w.dry`,
  'a manifest touches nobody but its consignor and its consignee': `select p.event_id, a.owner_id from postings p join accounts a on a.id = p.account_id
    join manifests m on m.id = p.manifest_id where m.consignor_id = any($1) and $2::bigint is not null and a.owner_id not in (m.consignor_id, m.consignee_id)`,
  'by a manifest the consignee owns what it accepted, and no more': `select m.id, x.grams, x.pieces, w.grams as accepted, w.pieces as accepted_pieces from manifests m
    cross join lateral (select coalesce(sum(p.grams), 0) as grams, coalesce(sum(p.pieces), 0) as pieces from postings p join accounts a on a.id = p.account_id
      where p.manifest_id = m.id and a.owner_id = m.consignee_id) x
    cross join lateral (${ACCEPTED}) w
    where m.consignee_id = any($1) and $2::bigint is not null and m.consignor_id <> m.consignee_id and (x.grams, x.pieces) <> (w.grams, w.pieces)`,
  'the registers of the consignee have received what was accepted': `select m.id, x.grams, x.pieces, w.grams as accepted, w.pieces as accepted_pieces from manifests m
    cross join lateral (select coalesce(sum(p.grams), 0) as grams, coalesce(sum(p.pieces), 0) as pieces from postings p
      join accounts a on a.id = p.account_id and a.role = 'stock' and a.site_id = m.consignee_site_id ${OTHER_END}
      where p.manifest_id = m.id and o.role = 'consignee_hold') x
    cross join lateral (${ACCEPTED}) w
    where m.consignee_id = any($1) and $2::bigint is not null and m.consignor_site_id <> m.consignee_site_id and (x.grams, x.pieces) <> (w.grams, w.pieces)`,
  'the registers of the stocks it was loaded from have sent out what was loaded': `select m.id, m.status, x.grams, x.pieces, w.grams as loaded, w.pieces as loaded_pieces from manifests m
    cross join lateral (select coalesce(-sum(p.grams), 0) as grams, coalesce(-sum(p.pieces), 0) as pieces from postings p
      join accounts a on a.id = p.account_id and a.role = 'stock' ${OTHER_END} where p.manifest_id = m.id and o.role = 'in_transit') x
    cross join lateral (select coalesce(sum((b->>'grams')::bigint), 0) as grams, coalesce(sum((b->>'pieces')::int), 0) as pieces
      from jsonb_array_elements(m.lines) l cross join jsonb_array_elements(l->'loaded') b) w
    where m.consignor_id = any($1) and $2::bigint is not null and m.consignor_site_id <> m.consignee_site_id and coalesce(m.source->>0, 'stock') = 'stock'
      and not exists (select 1 from jsonb_array_elements(m.remainders) r where r->>'state' = 'returned')
      and not exists (select 1 from jsonb_array_elements(m.lines) l cross join jsonb_array_elements(l->'containers') c where c->>'from' is not null)
      and (x.grams, x.pieces) <> (w.grams, w.pieces)`,
  'all accounts of an owner together are what it accepted, less what was accepted of it': `select o.id, x.grams, x.pieces, i.grams as came, u.grams as went, t.grams as trips
    from unnest($1::uuid[]) as o(id)
    cross join lateral (select coalesce(sum(grams), 0) as grams, coalesce(sum(pieces), 0) as pieces, coalesce(sum(dry_grams), 0) as dry from accounts where owner_id = o.id) x
    cross join lateral (select coalesce(sum(w.grams), 0) as grams, coalesce(sum(w.pieces), 0) as pieces from manifests m cross join lateral (${ACCEPTED}) w where m.consignee_id = o.id) i
    cross join lateral (select coalesce(sum(w.grams), 0) as grams, coalesce(sum(w.pieces), 0) as pieces from manifests m cross join lateral (${ACCEPTED}) w where m.consignor_id = o.id) u
    cross join lateral (select coalesce(sum(p.grams), 0) as grams from postings p join accounts a on a.id = p.account_id where p.trip_id is not null and a.owner_id = o.id) t
    cross join lateral (select coalesce(sum(p.dry_grams), 0) as dry from postings p join accounts a on a.id = p.account_id where p.manifest_id is not null and a.owner_id = o.id) d
    where $2::bigint is not null and (x.grams, x.pieces, x.dry) <> (i.grams - u.grams + t.grams, i.pieces - u.pieces, d.dry)`,
  'a trip says what it booked at each site': `select t.id, s.id, b.grams, x.grams from trips t cross join sites s
    cross join lateral (select sum((b->>'grams')::bigint) as grams from jsonb_array_elements(t.booked) b where (b->>'siteId')::uuid = s.id) b
    cross join lateral (select coalesce(sum(p.grams), 0) as grams from postings p join accounts a on a.id = p.account_id
      where p.trip_id = t.id and a.role = 'stock' and a.site_id = s.id) x
    where t.carrier_id = any($1) and $2::bigint is not null and x.grams <> coalesce(b.grams, 0)`,
  'what a vehicle weighed beyond its receipts is booked on its trip': `select t.id, k.site_id, k.net, r.grams, x.grams as booked from trips t
    join lateral (select distinct on (site_id) site_id, net_grams as net from weigh_tickets where trip_id = t.id and purpose = 'unloading' order by site_id, weighed_at desc, id desc) k on true
    cross join lateral (select bool_and(m.status in ('received', 'refused')) as over, bool_or((l->>'acceptedGrams')::bigint > 0) as some,
      sum((l->>'acceptedGrams')::bigint + (l->>'refusedGrams')::bigint) as grams from manifests m cross join jsonb_array_elements(m.lines) l where m.trip_id = t.id and m.consignee_site_id = k.site_id) r
    cross join lateral (select coalesce(sum(p.grams), 0) as grams from postings p join accounts a on a.id = p.account_id
      where p.trip_id = t.id and a.role = 'stock' and a.site_id = k.site_id) x
    where t.carrier_id = any($1) and $2::bigint is not null and r.over and r.some and x.grams <> k.net - r.grams
      -- Unloaded there once: loaded again after a weighing, the next one is of another unloading, of which nothing is booked when all of it was refused.
      and not exists (select 1 from weigh_tickets w join manifests m on m.trip_id = t.id and m.consignee_site_id = k.site_id and m.picked_up_at > w.weighed_at
        where w.trip_id = t.id and w.purpose = 'unloading' and w.site_id = k.site_id)`,
  'an account holds the sum of its postings': `select a.id from accounts a left join
      (select account_id, sum(grams) as grams, sum(pieces) as pieces, sum(dry_grams) as dry from postings group by 1) p on p.account_id = a.id
    where a.owner_id = any($1) and $2::bigint is not null and (a.grams, a.pieces, a.dry_grams) <> (coalesce(p.grams, 0), coalesce(p.pieces, 0), coalesce(p.dry, 0))`,
  'a balance is the sum of its postings': `select coalesce(b.account_id, p.account_id) from balances b full join
      (select account_id, batch_id, sum(grams) as grams, sum(pieces) as pieces, sum(dry_grams) as dry from postings group by 1, 2) p using (account_id, batch_id)
    where $1::uuid[] is not null and $2::bigint is not null
      and (coalesce(b.grams, 0), coalesce(b.pieces, 0), coalesce(b.dry_grams, 0)) <> (coalesce(p.grams, 0), coalesce(p.pieces, 0), coalesce(p.dry, 0))`,
  'a month is the sum of its postings': `select coalesce(m.account_id, p.account_id) from monthly_balances m full join
      (select account_id, to_char(occurred_at at time zone 'UTC', 'YYYY-MM') as month, sum(grams) as grams, sum(pieces) as pieces, sum(dry_grams) as dry from postings group by 1, 2) p
      using (account_id, month)
    where $1::uuid[] is not null and $2::bigint is not null
      and (coalesce(m.grams, 0), coalesce(m.pieces, 0), coalesce(m.dry_grams, 0)) <> (coalesce(p.grams, 0), coalesce(p.pieces, 0), coalesce(p.dry, 0))`,
  'nothing of a manifest that is settled lies on the road or in a hold': `select m.id, p.line, a.role, ${SUMS} from manifests m join postings p on p.manifest_id = m.id join accounts a on a.id = p.account_id
    where m.consignor_id = any($1) and $2::bigint is not null and m.status in ('received', 'refused', 'ended', 'void') and m.incident is null
      and not exists (select 1 from jsonb_array_elements(m.remainders) r where r->>'state' <> 'returned')
      and a.role in ('in_transit', 'consignee_hold', 'incident_hold') and a.role <> coalesce(m.source->>0, '') group by 1, 2, 3 having (${SUMS}) <> (0, 0, 0)`,
  'a settled manifest has nothing reserved of a permit, and used what was accepted; an open one what it declared': `select m.id, l->>'line' as line, u.permit, u.reserved, u.used from manifests m
    cross join jsonb_array_elements(m.lines) l
    cross join lateral (select o->>'permitId' as permit, sum((o->>'reservedGrams')::bigint) as reserved, sum((o->>'usedGrams')::bigint) as used
      from jsonb_array_elements(m.permit_uses) o where o->>'line' = l->>'line' group by 1) u
    where m.consignor_id = any($1) and $2::bigint is not null and case when m.status in ('received', 'refused', 'ended', 'void')
      then u.reserved <> 0 or u.used <> coalesce((l->>'acceptedGrams')::bigint, 0) else u.reserved <> (l->>'declaredGrams')::bigint or u.used <> 0 end`,
  'running balances of permits are those of the manifests': `select permit_id, manifest_id, period from permit_use_manifests u full join
      (select (o->>'permitId')::uuid as permit_id, m.id as manifest_id, o->>'period' as period, sum((o->>'reservedGrams')::bigint) as reserved, sum((o->>'usedGrams')::bigint) as used
       from manifests m cross join jsonb_array_elements(m.permit_uses) o group by 1, 2, 3) s using (permit_id, manifest_id, period)
    where $1::uuid[] is not null and $2::bigint is not null
      and (coalesce(u.reserved_grams, 0), coalesce(u.used_grams, 0)) <> (coalesce(s.reserved, 0), coalesce(s.used, 0))`,
  'and add up to those of each permit': `select permit_id, period from permit_uses u full join
      (select permit_id, period, sum(reserved_grams) as reserved, sum(used_grams) as used from permit_use_manifests group by 1, 2) s using (permit_id, period)
    where $1::uuid[] is not null and $2::bigint is not null
      and (coalesce(u.reserved_grams, 0), coalesce(u.used_grams, 0)) <> (coalesce(s.reserved, 0), coalesce(s.used, 0))`,
  'no more is reserved of a hard cap than it has': `select p.id, u.reserved_grams from permits p join permit_uses u on u.permit_id = p.id
    where p.holder_id = any($1) and $2::bigint is not null and p.type = 'cross_province_approval' and u.reserved_grams > p.cap_grams`,
  'a container is in one place, and what stands in it is there too': `select c.id from containers c left join containers p on p.id = c.parent_id
    where c.owner_id = any($1) and $2::bigint is not null and ((c.state in ('loaded', 'on_hold', 'refused', 'held_up', 'missing', 'lost') and c.manifest_id is null)
      or (c.state in ('stored', 'accepted') and (c.site_id is null or c.manifest_id is not null))
      or (p.id is not null and (not p.child_ids ? c.id::text or (p.site_id, p.manifest_id, p.party_id) is distinct from (c.site_id, c.manifest_id, c.party_id))))`,
  'a container stands in no more than one other': `select c.id from containers c join containers p on p.child_ids ? c.id::text
    where c.owner_id = any($1) and $2::bigint is not null group by c.id having count(*) > 1 or bool_or(p.id is distinct from c.parent_id)`,
  'the batch in a container lies where the container is, under its owner': `select c.id from containers c join batches b on b.id = c.batch_id
    where c.owner_id = any($1) and $2::bigint is not null and c.state in ('stored', 'accepted')
      and (b.container_id, b.owner_id, b.waste_code, b.party_id, b.site_id) is distinct from (c.id, c.owner_id, c.waste_code, c.party_id, c.site_id)`,
  'a container that nobody loaded or treated holds what its batch does': `select c.id, c.grams, c.pieces, l.grams as is, l.pieces as is_pieces from containers c join batches b on b.id = c.batch_id
    left join balances l on l.account_id = b.account_id and l.batch_id = b.id
    where c.owner_id = any($1) and $2::bigint is not null and not ${TOUCHED_BY_OTHERS}
      and (c.grams, c.pieces) <> (greatest(0, coalesce(l.grams, 0)), greatest(0, coalesce(l.pieces, 0)))`,
  'what is in a container that was only ever scanned lies in one place, and there where the container is said to be': `select c.id, c.state, c.grams, x.roles, (select string_agg(e.type, ' ' order by e.ordinal) from custody_events e where e.subject_id in (c.id, c.batch_id) or e.id in (select event_id from postings where batch_id = c.batch_id)) as history from containers c
    cross join lateral (select array_agg(a.role order by a.role) as roles, array_agg(distinct a.party_id) as parties from balances l join accounts a on a.id = l.account_id
      where l.batch_id = c.batch_id and l.grams > 0 and a.role in ('stock', 'in_transit', 'consignee_hold', 'incident_hold', 'refused_return')) x
    where c.owner_id = any($1) and $2::bigint is not null and c.batch_id is not null and not ${TAKEN_UNSCANNED}
      and not x.roles = case c.state when 'stored' then '{stock}' when 'accepted' then '{stock}' when 'loaded' then '{in_transit}' when 'on_hold' then '{consignee_hold}'
        when 'refused' then '{refused_return}' when 'held_up' then '{incident_hold}' when 'missing' then x.roles[1:1] else '{}' end::text[]`,
  'a container on a line of a manifest is on no other that is under way': `select l.c from (select distinct m.id as m, (c->>'containerId')::uuid as c from manifests m
      cross join jsonb_array_elements(m.lines) l cross join jsonb_array_elements(l->'containers') c
      where m.status in ('in_transit', 'stored', 'arrived') and m.consignor_id = any($1) and $2::bigint is not null and c->>'heldUp' is null) l
    join containers b on b.id = l.c where b.state not in ('missing') group by l.c having count(*) filter (where b.manifest_id = l.m) > 1`,
};
