import type pg from 'pg';
import { compareText } from '../platform/collections.ts';
import { subjectsById } from '../platform/subjects.ts';
import type { WeighTicket } from './commands.ts';
import { type Fence, fenceKind } from './fences.ts';
import { type GatePass, gatePassKind } from './gate-passes.ts';

const COLUMNS = `id, ticket_number as "ticketNumber", party_id as "partyId", site_id as "siteId", device_id as "deviceId", purpose, plate,
  gross_grams as "grossGrams", tare_grams as "tareGrams", net_grams as "netGrams", scale_division_grams as "scaleDivisionGrams",
  manifest_id as "manifestId", trip_id as "tripId", weighed_at as "weighedAt"`;

/** A manifest has a handful of tickets; a hundred is a mistake worth seeing, not worth a page. */
const TICKETS_MAX = 100;

export async function weighTicketsOf(pool: pg.Pool, manifestId: string): Promise<WeighTicket[]> {
  const { rows } = await pool.query<WeighTicket>({
    name: 'weigh-tickets-of',
    text: `select ${COLUMNS} from weigh_tickets where manifest_id = $1 order by weighed_at, id limit ${TICKETS_MAX}`,
    values: [manifestId],
  });
  return rows;
}

/** Of the whole vehicle, at these sites. */
export async function weighTicketsOfTrip(
  pool: pg.Pool,
  tripId: string,
  sites: 'all' | readonly string[],
): Promise<WeighTicket[]> {
  const { rows } = await pool.query<WeighTicket>({
    name: 'weigh-tickets-of-trip',
    text: `select ${COLUMNS} from weigh_tickets where trip_id = $1 and ($2::uuid[] is null or site_id = any($2)) order by weighed_at, id limit ${TICKETS_MAX}`,
    values: [tripId, sites === 'all' ? null : sites],
  });
  return rows;
}

export async function findWeighTicket(pool: pg.Pool, id: string): Promise<WeighTicket | undefined> {
  const { rows } = await pool.query<WeighTicket>(`select ${COLUMNS} from weigh_tickets where id = $1`, [id]);
  return rows[0];
}

const byIdDescending = <Row extends { readonly id: string }>(rows: Row[]): Row[] =>
  rows.sort((a, b) => compareText(b.id, a.id));

const PASSES_SQL = {
  siteId: 'select id from gate_passes where site_id = $1 and id < $2 order by id desc limit $3',
  manifestId: 'select id from gate_passes where manifest_id = $1 and id < $2 order by id desc limit $3',
} as const;

/** Of a site, or of a manifest; newest first. */
export async function listGatePasses(
  pool: pg.Pool,
  of: keyof typeof PASSES_SQL,
  id: string,
  page: { readonly below: string; readonly rowsMax: number },
): Promise<GatePass[]> {
  const { rows } = await pool.query<{ id: string }>({
    name: `gate-passes-${of}`,
    text: PASSES_SQL[of],
    values: [id, page.below, page.rowsMax],
  });
  return byIdDescending(
    await subjectsById(
      pool,
      gatePassKind,
      rows.map((row) => row.id),
    ),
  );
}

type FencesWanted = ({ readonly id: string } | { readonly after: string; readonly limit: number }) & {
  readonly siteId?: string | undefined;
};

/** Public to every reader, as sites are. */
export async function listFences(pool: pg.Pool, wanted: FencesWanted): Promise<(Fence & { version: number })[]> {
  if ('id' in wanted) return subjectsById(pool, fenceKind, [wanted.id]);
  const { after, limit, siteId } = wanted;
  const { rows } = await (siteId === undefined
    ? pool.query<{ id: string }>('select id from fences where id < $1 order by id desc limit $2', [after, limit])
    : pool.query<{ id: string }>('select id from fences where site_id = $3 and id < $1 order by id desc limit $2', [
        after,
        limit,
        siteId,
      ]));
  return byIdDescending(
    await subjectsById(
      pool,
      fenceKind,
      rows.map(({ id }) => id),
    ),
  );
}
