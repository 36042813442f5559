/** Reads of what came from below and of what was answered above. */
import type pg from 'pg';
import { descendantsPresent } from '../catalogue/regions.ts';
import type { Watched } from './receiving.ts';
import type { PushProblem } from './tables.ts';
import type { ManifestSent } from './upward.ts';

interface ReceivedRow {
  readonly id: string;
  readonly sourceId: string;
  readonly manifestId: string;
  readonly version: number;
  readonly stream: string;
  readonly status: string;
  readonly number: string;
  readonly officialNumber: string | null;
  readonly originRegion: string;
  readonly destinationRegion: string;
  readonly firstReceivedAt: Date;
  readonly receivedAt: Date;
}

const COLUMNS = `r.id, r.source_id as "sourceId", r.manifest_id as "manifestId", r.version, r.stream, r.status, r.number, r.official_number as "officialNumber",
  r.origin_region as "originRegion", r.destination_region as "destinationRegion", r.first_received_at as "firstReceivedAt", r.received_at as "receivedAt"`;

/** From the rows of each county and stream on its own, as every list: a page costs the page. */
const PAGE_SQL = `select ${COLUMNS} from (
    select distinct a.id from unnest($1::text[]) as c(region) cross join unnest($2::text[]) as w(stream)
    cross join lateral (
      (select id from received_manifests where origin_region = c.region and stream = w.stream and id < $3 order by id desc limit $4)
      union (select id from received_manifests where destination_region = c.region and stream = w.stream and id < $3 order by id desc limit $4)
    ) a order by a.id desc limit $4
  ) page join received_manifests r on r.id = page.id order by r.id desc`;

const NUMBER_SQL = `select ${COLUMNS} from received_manifests r where r.number = $5 and r.stream = any($2::text[]) and r.id < $3
  and (r.origin_region = any($1::text[]) or r.destination_region = any($1::text[])) order by r.id desc limit $4`;

export interface ReceivedFilter {
  readonly region?: string | undefined;
  readonly stream?: string | undefined;
  readonly number?: string | undefined;
  readonly below: string;
  readonly rowsMax: number;
}

export async function receivedIn(
  pool: pg.Pool,
  { regions, streams }: Watched,
  { region, stream, number, below, rowsMax }: ReceivedFilter,
): Promise<ReceivedRow[]> {
  const asked = region === undefined ? regions : descendantsPresent(region).filter((one) => regions.includes(one));
  const of = stream === undefined ? streams : streams.filter((one) => one === stream);
  const values = [asked, of, below, rowsMax];
  const { rows } =
    number === undefined
      ? await pool.query<ReceivedRow>(PAGE_SQL, values)
      : await pool.query<ReceivedRow>(NUMBER_SQL, [...values, number]);
  return rows;
}

export async function findReceived(
  pool: pg.Pool,
  { regions, streams }: Watched,
  id: string,
): Promise<(ReceivedRow & { readonly record: ManifestSent }) | undefined> {
  const { rows } = await pool.query<ReceivedRow & { readonly record: ManifestSent }>(
    `select ${COLUMNS}, r.record from received_manifests r where r.id = $3 and r.stream = any($2::text[])
       and (r.origin_region = any($1::text[]) or r.destination_region = any($1::text[]))`,
    [regions, streams, id],
  );
  return rows[0];
}

interface PushRow {
  /** Of the manifest. */
  readonly id: string;
  readonly version: number;
  readonly state: 'acknowledged' | 'parked';
  readonly problem: PushProblem | null;
  readonly answeredAt: Date;
}

export async function pushesIn(
  pool: pg.Pool,
  { state, below, rowsMax }: { readonly state: string; readonly below: string; readonly rowsMax: number },
): Promise<PushRow[]> {
  const { rows } = await pool.query<PushRow>(
    `select manifest_id as id, version, state, problem, answered_at as "answeredAt" from upstream_pushes
     where state = $1 and manifest_id < $2 order by manifest_id desc limit $3`,
    [state, below, rowsMax],
  );
  return rows;
}
