import type pg from 'pg';
import { streamOfCode } from '../catalogue/streams.ts';
import type { Container } from '../custody/containers.ts';
import { concerns } from '../custody/scanning.ts';
import { regionScope } from '../parties/audience.ts';
import { maySee, maySeeParty, type Sight, sightOf } from '../parties/visibility.ts';
import type { Caller } from '../platform/acts.ts';
import { notFound } from '../platform/register.ts';
import { Problem } from '../problems.ts';
import { wasTenant } from './queries.ts';

/** What lies at a site is seen by its party and its regulators as a whole, by a tenant as far as it is its own. */

/** On that day (Asia/Shanghai): null for all of it, or the one owner whose waste the caller sees; undefined when it may not know of the site's stock at all. */
export async function sightAt(
  pool: pg.Pool,
  caller: Caller,
  siteId: string,
  day: string,
): Promise<string | null | undefined> {
  const { rows } = await pool.query<{ partyId: string; region: string }>({
    name: 'site-of-sight',
    text: 'select party_id as "partyId", region from sites where id = $1',
    values: [siteId],
  });
  if (!rows[0]) return undefined;
  if (await maySeeParty(pool, caller, { ...rows[0], siteId, day })) return null;
  const { party } = caller.actor;
  return atTheirSite(caller, siteId) && (await wasTenant(pool, siteId, party)) ? party : undefined;
}

/** As `sightAt`. @throws Problem not-found for whoever may not know of it. */
export async function ownerSeenAt(pool: pg.Pool, caller: Caller, siteId: string, day: string): Promise<string | null> {
  const seen = await sightAt(pool, caller, siteId, day);
  if (seen === undefined) throw Problem.of(notFound('site', siteId));
  return seen;
}

/** An owner sees its own wherever it lies. Pure. */
export const maySeeOwn = (caller: Caller, { ownerId, siteId }: { ownerId: string; siteId: string | null }): boolean =>
  caller.role !== 'regulator' && ownerId === caller.actor.party && atTheirSite(caller, siteId);

const atTheirSite = ({ site }: Caller, siteId: string | null): boolean => !site || site === siteId;

/** Whoever has, owns or labelled a container, whoever stands on the manifest it is on, and regulators of where it is. */
export async function maySeeContainer(
  pool: pg.Pool,
  caller: Caller,
  container: Container,
  known?: Sight,
): Promise<boolean> {
  if (caller.role !== 'regulator' && concerns(container, [caller.actor.party]))
    return atTheirSite(caller, container.siteId);
  const sight = known ?? (await sightOf(pool, caller));
  if (sight.streams !== null) {
    if (!sight.streams.includes(streamOfCode(container.wasteCode))) return false;
    if (sight.scopes.includes(regionScope(container.region))) return true;
  }
  return container.manifestId !== null && (await maySee(pool, sight, 'manifest', container.manifestId));
}
