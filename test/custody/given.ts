import type { World } from '../support/world.ts';

/** A big box with the loads of several manifests is on none of them. */
const collected = (box: string): string => `exists (select from collections where box_id = ${box}.id)`;

/** What must be true of the ledger and of every history at any time, by plain SQL over everything there is. */
const INVARIANTS: Readonly<Record<string, string>> = {
  'the postings of an event sum to zero':
    'select event_id from postings group by event_id having sum(grams) <> 0 or sum(pieces) <> 0 or sum(dry_grams) <> 0',
  'a balance is the sum of its postings': `select coalesce(b.account_id, p.account_id) from balances b full join
      (select account_id, batch_id, sum(grams) grams, sum(pieces) pieces, sum(dry_grams) dry from postings group by 1, 2) p using (account_id, batch_id)
    where (coalesce(b.grams, 0), coalesce(b.pieces, 0), coalesce(b.dry_grams, 0)) <> (coalesce(p.grams, 0), coalesce(p.pieces, 0), coalesce(p.dry, 0))`,
  'the months add up to the balances': `select coalesce(m.account_id, b.account_id) from
      (select account_id, sum(grams) grams, sum(pieces) pieces from monthly_balances group by 1) m full join
      (select account_id, sum(grams) grams, sum(pieces) pieces from balances group by 1) b using (account_id)
    where (coalesce(m.grams, 0), coalesce(m.pieces, 0)) <> (coalesce(b.grams, 0), coalesce(b.pieces, 0))`,
  'an account holds the sum of its postings': `select a.id from accounts a left join
      (select account_id, sum(grams) grams, sum(pieces) pieces, sum(dry_grams) dry from postings group by 1) p on p.account_id = a.id
    where (a.grams, a.pieces, a.dry_grams) <> (coalesce(p.grams, 0), coalesce(p.pieces, 0), coalesce(p.dry, 0))`,
  'nothing lies on the road or in a hold of a manifest that is closed': `select m.id from manifests m join postings p on p.manifest_id = m.id join accounts a on a.id = p.account_id
    where m.status = 'received' and not jsonb_path_exists(m.remainders, '$[*] ? (@.state == "returning")') and a.role in ('in_transit', 'consignee_hold') group by m.id, a.role, p.line having sum(p.grams) <> 0 or sum(p.pieces) <> 0`,
  'a posting belongs to an event and an account':
    'select p.event_id from postings p left join custody_events e on e.id = p.event_id left join accounts a on a.id = p.account_id where e.id is null or a.id is null',
  'every history runs from one without a gap, each event chained to the one before': `select subject_id from
      (select subject_id, seq, prev_hash, lag(hash) over w as before, row_number() over w as n from custody_events window w as (partition by subject_id order by seq)) e
    where seq <> n or (n > 1 and prev_hash <> before)`,
  'a reference names an event that is there':
    'select r.event_id from event_refs r left join custody_events e on e.id = r.event_id where e.id is null',
  'a container is in one place, and what stands in it is there too': `select c.id from containers c left join containers p on p.id = c.parent_id
    where (c.state in ('loaded', 'on_hold', 'held_up', 'missing', 'lost') and c.manifest_id is null and not ${collected('c')}) or (c.state in ('stored', 'accepted') and (c.site_id is null or c.manifest_id is not null))
      or (p.id is not null and (not p.child_ids ? c.id::text or (p.site_id, p.party_id) is distinct from (c.site_id, c.party_id) or (p.manifest_id is distinct from c.manifest_id and not ${collected('p')})))`,
  'no batch is in two containers, and a batch in a container lies under its owner': `select c.id from containers c join batches b on b.id = c.batch_id
    where b.container_id <> c.id or b.owner_id <> c.owner_id or b.waste_code <> c.waste_code`,
  'no number is given twice':
    'select number from manifests where number is not null group by number having count(*) > 1',
};

/** @returns what does not hold, with a few examples; empty when all is well. */
export async function broken(world: Pick<World, 'service'>): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {};
  for (const [name, sql] of Object.entries(INVARIANTS)) {
    const { rows } = await world.service.database.pool.query(`${sql} limit 3`);
    if (rows.length > 0) found[name] = rows;
  }
  return found;
}
