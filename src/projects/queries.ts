import { OF_PROJECTS } from '../catalogue/streams.ts';
import { jurisdictionOf } from '../parties/repository.ts';
import type { Caller } from '../platform/acts.ts';
import type { Database } from '../platform/connections.ts';
import type { ProjectKind, SmallWorks } from './tables.ts';

export interface ProjectRow {
  readonly id: string;
  readonly version: number;
  readonly number: string;
  readonly name: string;
  readonly siteId: string;
  readonly partyId: string;
  readonly region: string;
  readonly kind: ProjectKind;
  readonly smallWorks: SmallWorks | null;
  readonly developer: string | null;
  readonly contractor: string | null;
  readonly floorAreaSquareMetres: number | null;
  readonly startsOn: string;
  readonly endsOn: string | null;
  readonly worksEndedAt: Date | null;
  readonly clearedAt: Date | null;
}

const COLUMNS = `p.id, p.seq as version, p.number, p.name, p.site_id as "siteId", s.party_id as "partyId", s.region, p.kind, p.small_works as "smallWorks",
  p.developer, p.contractor, p.floor_area_square_metres as "floorAreaSquareMetres", p.starts_on as "startsOn", p.ends_on as "endsOn",
  p.works_ended_at as "worksEndedAt", p.cleared_at as "clearedAt"`;

export type Wanted = { readonly id: string } | { readonly after: string; readonly limit: number };

/** Projects the caller may see, newest first: an administrator all, a regulator those in its place and streams, a party its own. */
export async function readProjects(database: Database, wanted: Wanted, caller: Caller): Promise<ProjectRow[]> {
  const sight = await sightOfProjects(database, caller);
  const { rows } = await database.pool.query<ProjectRow>({
    name: 'id' in wanted ? 'project' : 'projects',
    text: `select ${COLUMNS} from projects p join sites s on s.id = p.site_id
      where ${'id' in wanted ? 'p.id = $1' : 'p.id < $1'} and ($3::uuid is null or s.party_id = $3) and ($4::uuid is null or s.id = $4)
        and ($5::text[] is null or s.region = any($5)) order by p.id desc limit $2`,
    values: [
      'id' in wanted ? wanted.id : wanted.after,
      'id' in wanted ? 1 : wanted.limit,
      sight.partyId,
      sight.siteId,
      sight.regions,
    ],
  });
  return rows;
}

interface ProjectSight {
  readonly partyId: string | null;
  readonly siteId: string | null;
  readonly regions: readonly string[] | null;
}

async function sightOfProjects(database: Database, caller: Caller): Promise<ProjectSight> {
  if (caller.role === 'administrator') return { partyId: null, siteId: null, regions: null };
  if (caller.role !== 'regulator') return { partyId: caller.actor.party, siteId: caller.site ?? null, regions: null };
  return { partyId: null, siteId: null, regions: await regionsOfProjects(database, caller) };
}

/** Where a regulator watches projects and what comes of them: none when it watches no stream that has such. */
export async function regionsOfProjects(database: Database, caller: Caller): Promise<readonly string[]> {
  const { regions, streams: watched } = await jurisdictionOf(database, caller);
  return OF_PROJECTS.some((stream) => watched.includes(stream)) ? regions : [];
}
