import type pg from 'pg';
import { streamOfCodeSql } from '../catalogue/streams.ts';
import { readRow } from '../platform/subjects.ts';
import { type Container, containerKind } from './containers.ts';
import type { Scanned } from './scanning.ts';

/** Containers as they are read, and found again from what was scanned. */
export type ContainerRow = Container & { readonly version: number };

const COLUMNS = /^select (.*) from/.exec(containerKind.selectSql)![1]!;

async function read(pool: pg.Pool, name: string, rest: string, values: readonly unknown[]): Promise<ContainerRow[]> {
  const text = `select ${COLUMNS} from containers ${rest}`;
  const { rows } = await pool.query<unknown[]>({
    name,
    text,
    values: [...values],
    rowMode: 'array',
  } as pg.QueryArrayConfig);
  return rows.map((row) => {
    const { state, seq } = readRow(containerKind, row);
    return { ...(state as Container), version: seq };
  });
}

export const findContainer = async (pool: pg.Pool, id: string): Promise<ContainerRow | undefined> =>
  (await read(pool, 'container', 'where id = $1', [id]))[0];

export const findContainerByCode = async (pool: pg.Pool, code: string): Promise<ContainerRow | undefined> =>
  (await read(pool, 'container-by-code', 'where code = $1', [code]))[0];

/** More than may stand in one. */
const CHILDREN_MAX = 1_000;

/** All that stands in a container, newest first. */
export const childrenOf = (pool: pg.Pool, parentId: string, below: string): Promise<ContainerRow[]> =>
  read(pool, 'containers-in', `where parent_id = $1 and id < $2 order by id desc limit ${CHILDREN_MAX}`, [
    parentId,
    below,
  ]);

export interface ContainerFilter {
  readonly siteId: string;
  readonly state: string | null;
  /** Null: whoever owns them. */
  readonly ownerId: string | null;
  readonly below: string;
  readonly rowsMax: number;
  readonly streams: readonly string[] | null;
}

/** At one site, newest first, of the streams the caller watches (streamOfCode in catalogue/streams.ts). */
export const listContainers = (pool: pg.Pool, query: ContainerFilter): Promise<ContainerRow[]> =>
  read(
    pool,
    query.ownerId === null ? 'containers-at' : 'containers-at-of',
    `where site_id = $1 and id < $2 and ($3::text is null or state = $3) and ${query.ownerId === null ? '$4::uuid is null' : 'owner_id = $4'}
     and ($5::text[] is null or ${streamOfCodeSql('waste_code')} = any($5)) order by id desc limit $6`,
    [query.siteId, query.below, query.state, query.ownerId, query.streams, query.rowsMax],
  );

/** In the order in which they were named. */
export interface Resolved extends Scanned {
  /** The name each container was found by. */
  readonly names: ReadonlyMap<string, string>;
  /** Names that no container has. */
  readonly unknown: readonly string[];
}

/** Is it one of those parties' (`concerns` in scanning.ts), if it matters? */
const OF_THEIRS = '($3::uuid[] is null or owner_id = any($3) or party_id = any($3) or unit_id = any($3))';

/** Named ones and what stands in them, with what they stand in. Depth is bounded, as nesting is. */
const RESOLVE_SQL = `with recursive tree as (
    select id, parent_id, id as via, 0 as depth from containers where code = any($1::text[]) and ${OF_THEIRS}
    union all select id, parent_id, id, 0 from containers where id = any($2::uuid[]) and ${OF_THEIRS}
    union all select c.id, c.parent_id, t.via, t.depth + 1 from tree t join containers c on c.parent_id = t.id where t.depth < 10)
  select t.id, t.parent_id as "parentId", t.via, t.depth, c.code from tree t join containers c on c.id = t.id order by t.depth`;

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/**
 * Containers by id or code, before an act that scans them: it locks what is found and judges again under the locks. What stands in a
 * named one belongs to the nearest named one around it. With `among`, what is none of those parties' is as unknown as what is not there.
 */
export async function resolveContainers(
  pool: pg.Pool,
  names: readonly string[],
  among: readonly string[] | null = null,
): Promise<Resolved> {
  const plain = names.map((name) => (UUID.test(name.toLowerCase()) ? name.toLowerCase() : codeAsKept(name)));
  if (plain.length === 0) return { containers: [], parents: [], names: new Map(), unknown: [] };
  const ids = plain.filter((name) => UUID.test(name));
  const { rows } = await pool.query<{ id: string; parentId: string | null; via: string; depth: number; code: string }>({
    name: 'resolve-containers',
    text: RESOLVE_SQL,
    values: [plain.filter((name) => !UUID.test(name)), ids, among],
  });
  const first = new Map<string, (typeof rows)[number]>();
  for (const row of rows) if (!first.has(row.id)) first.set(row.id, row);
  const found = new Map(
    rows.flatMap((row): [string, string][] =>
      row.depth === 0
        ? [
            [row.id, row.id],
            [row.code, row.id],
          ]
        : [],
    ),
  );
  const place = new Map(plain.map((name, index) => [found.get(name), index]));
  const inOrder = [...first.values()].sort(
    (a, b) => place.get(a.via)! - place.get(b.via)! || a.depth - b.depth || (a.code < b.code ? -1 : 1),
  );
  const parents = rows.flatMap(({ parentId }) => (parentId !== null && !first.has(parentId) ? [parentId] : []));
  return {
    containers: inOrder.map(({ id, via: from }) => ({ id, via: from })),
    parents: [...new Set(parents)],
    names: new Map(
      names.flatMap((name, index) => (found.has(plain[index]!) ? [[name, found.get(plain[index]!)!] as const] : [])),
    ),
    unknown: names.filter((_, index) => !found.has(plain[index]!)),
  };
}

/** A code as it is kept, however it was read off a label. */
export const codeAsKept = (text: string): string => text.normalize('NFKC').replaceAll(/\s/g, '').toUpperCase();

/** A container, what it stands in, and so on outwards; the innermost first. */
export async function containersAround(pool: pg.Pool, id: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'containers-around',
    text: `with recursive around as (
      select id, parent_id, 0 as depth from containers where id = $1
      union all select c.id, c.parent_id, a.depth + 1 from around a join containers c on c.id = a.parent_id where a.depth < 10)
      select id from around order by depth`,
    values: [id],
  });
  return rows.map((row) => row.id);
}

/** The containers that batches were put into when they were formed: that never changes. */
export async function containersOfBatches(pool: pg.Pool, batchIds: readonly string[]): Promise<string[]> {
  if (batchIds.length === 0) return [];
  const text =
    'select distinct container_id as id from batches where id = any($1::uuid[]) and container_id is not null';
  const { rows } = await pool.query<{ id: string }>({ name: 'containers-of-batches', text, values: [batchIds] });
  return rows.map((row) => row.id);
}
