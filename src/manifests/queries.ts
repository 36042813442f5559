import type pg from 'pg';
import { listVisible, maySee, type Sight, visibleAmong } from '../parties/visibility.ts';
import type { Lookup } from '../platform/acts.ts';
import { openEvent, type RecordedEvent } from '../platform/events.ts';
import { subjectsById } from '../platform/subjects.ts';
import { type Manifest, manifestKind } from './manifest.ts';

/** Whose waste, from which site. */
export const reservedKey = ({ consignorId, consignorSiteId }: Manifest): string => `${consignorId} ${consignorSiteId}`;

/** Issued from a site and not yet loaded, by waste, but for what carries on a remainder, which lies in no stock: found by the site alone: a consignor with many sites has many open. Key: `reservedKey`. */
export const reservedLookup: Lookup<ReadonlyMap<string, number>> = {
  name: 'reserved',
  gated: false,
  sql: `select k.key, l->>'wasteCode', sum((l->>'declaredGrams')::bigint)::bigint
    from unnest($1::text[]) as k(key)
    join manifests m on m.consignor_site_id = split_part(k.key, ' ', 2)::uuid and m.status = 'issued' and m.follows_id is null
      and m.consignor_id = split_part(k.key, ' ', 1)::uuid
    cross join jsonb_array_elements(m.lines) l group by 1, 2`,
  read: (rows) => new Map(rows.map(([, wasteCode, grams]) => [wasteCode as string, grams as number])),
};

/** A manifest with the version of its history. */
export type ManifestRow = Manifest & { readonly version: number };

export const manifestsById = (pool: pg.Pool, ids: readonly string[]): Promise<ManifestRow[]> =>
  subjectsById(pool, manifestKind, ids);

export async function findManifest(pool: pg.Pool, sight: Sight, id: string): Promise<ManifestRow | undefined> {
  const [manifest] = await manifestsById(pool, [id]);
  return manifest && standsAt(sight, manifest) && (await maySee(pool, sight, 'manifest', id)) ? manifest : undefined;
}

const standsAt = ({ site }: Sight, manifest: Manifest): boolean =>
  site === null || site === manifest.consignorSiteId || site === manifest.consigneeSiteId;

/** By our number or by any it was told to have in an official system; says which. */
export async function findByNumber(
  pool: pg.Pool,
  sight: Sight,
  number: string,
): Promise<{ manifest: ManifestRow; matched: 'number' | 'officialNumber' }[]> {
  const { rows } = await pool.query<{ id: string; matched: 'number' | 'officialNumber' }>(
    `select id, 'number' as matched from manifests where number = $1
     union all select id, 'officialNumber' from manifests where official_number is not null and official_records @> $2::jsonb limit 10`,
    [number, JSON.stringify([{ number }])],
  );
  const found = await Promise.all(
    rows.map(async ({ id, matched }) => ({ manifest: await findManifest(pool, sight, id), matched })),
  );
  return found.flatMap(({ manifest, matched }) => (manifest ? [{ manifest, matched }] : []));
}

const ON_TRIP_MAX = 500;

/** The loads of one trip, as far as the caller may see them. */
export async function findByTrip(pool: pg.Pool, sight: Sight, tripId: string): Promise<ManifestRow[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select id from manifests where trip_id = $1 order by id limit ${ON_TRIP_MAX}`,
    [tripId],
  );
  const found = await Promise.all(rows.map(({ id }) => findManifest(pool, sight, id)));
  return found.flatMap((manifest) => manifest ?? []);
}

/** How many a vehicle can have been loaded with in a day. */
const OF_PLATE_MAX = 500;

/** The loads of one vehicle on one day, in the order in which they left, as far as the caller may see them. */
export async function findByPlate(
  pool: pg.Pool,
  sight: Sight,
  { plate, from, to }: { readonly plate: string; readonly from: Date; readonly to: Date },
): Promise<ManifestRow[]> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'manifests-of-plate',
    text: `select manifest_id as id from manifest_legs where plate = $1 and started_at >= $2 and started_at < $3 and leg > 0
      order by started_at, manifest_id limit ${OF_PLATE_MAX}`,
    values: [plate, from, to],
  });
  return visibleOnes(pool, sight, [...new Set(rows.map(({ id }) => id))]);
}

/** In the order of the ids. */
async function visibleOnes(pool: pg.Pool, sight: Sight, ids: readonly string[]): Promise<ManifestRow[]> {
  const seen = new Set(await visibleAmong(pool, sight, 'manifest', ids));
  const byId = new Map((await manifestsById(pool, ids)).map((manifest) => [manifest.id, manifest]));
  return ids.flatMap((id) => {
    const manifest = seen.has(id) ? byId.get(id) : undefined;
    return manifest && standsAt(sight, manifest) ? [manifest] : [];
  });
}

/** Of a project that the caller may see, newest first, from its own index: what it does not see of it are drafts, which are few. */
export async function listOfProject(
  pool: pg.Pool,
  sight: Sight,
  { projectId, status, below: ceiling, rowsMax }: Omit<ManifestFilter, 'stages'> & { readonly projectId: string },
): Promise<ManifestRow[]> {
  const found: ManifestRow[] = [];
  for (let below = ceiling; found.length < rowsMax; ) {
    const { rows } = await pool.query<{ id: string }>({
      name: 'manifests-of-project',
      text: `select id from manifests where project_id = $1 and id < $2 and ($4::text is null or status = $4) order by id desc limit $3`,
      values: [projectId, below, rowsMax, status ?? null],
    });
    const ids = rows.map(({ id }) => id);
    found.push(...(await visibleOnes(pool, sight, ids)));
    if (ids.length < rowsMax) break;
    below = ids.at(-1)!;
  }
  return found.slice(0, rowsMax);
}

export interface ManifestFilter {
  readonly stages: readonly string[];
  readonly status: string | undefined;
  readonly below: string;
  readonly rowsMax: number;
}

export function listManifests(
  pool: pg.Pool,
  sight: Sight,
  { status, ...page }: ManifestFilter,
): Promise<ManifestRow[]> {
  return listVisible(pool, sight, {
    ...page,
    kind: 'manifest',
    load: (ids) => manifestsById(pool, ids),
    fits: (manifest) => standsAt(sight, manifest) && (status === undefined || manifest.status === status),
  });
}

/** Events of another manifest than `$1` are no part of its history: that may be a draft. For `sendHistory`. */
export const OF_ANOTHER_MANIFEST = 'exists (select from manifests m where m.id = e.subject_id and m.id <> $1)';

/** Where the manifest's history begins for who did not draft it: with its issue. */
export async function issueOf(pool: pg.Pool, id: string): Promise<{ readonly seq: number; readonly ordinal: number }> {
  const { rows } = await pool.query<{ seq: number; ordinal: number }>(
    "select seq, ordinal from custody_events where subject_id = $1 and type = 'manifest_issued' order by seq limit 1",
    [id],
  );
  return rows[0]!;
}

/** The manifest's own events, oldest first: each makes a version. Those after one, up to another. */
export async function ownEvents(
  pool: pg.Pool,
  id: string,
  { after = 0, upTo }: { readonly after?: number; readonly upTo: number },
): Promise<RecordedEvent[]> {
  const { rows } = await pool.query<{ canonical: string }>(
    'select canonical from custody_events where subject_id = $1 and seq > $2::bigint and seq <= $3::bigint order by seq',
    [id, after, upTo],
  );
  return rows.map((row) => openEvent(row.canonical));
}

/** Names of parties and sites. */
export async function namesOf(pool: pg.Pool, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await pool.query<{ id: string; name: string }>({
    name: 'names-of',
    text: 'select id, name from parties where id = any($1::uuid[]) union all select id, name from sites where id = any($1::uuid[])',
    values: [ids],
  });
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** The collection a box is filed as, unless it has been received or all its manifests are void. */
const OPEN_COLLECTION = `select distinct on (c.box_id) c.box_id, c.id from collections c
  where c.box_id = any($1::uuid[]) and c.status <> 'received' and exists (
    select from jsonb_array_elements(c.loads) l join manifests m on m.id = (l->>'manifestId')::uuid and m.status <> 'void')
  order by c.box_id, c.id desc`;

/** Gated: of two who file the same box at the same moment the second must see the first. Key: the box. */
export const openCollectionLookup: Lookup<string | undefined> = {
  name: 'open-collection',
  gated: true,
  sql: OPEN_COLLECTION,
  read: ([row]) => row?.[1] as string | undefined,
};
