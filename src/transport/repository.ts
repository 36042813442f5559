import type pg from 'pg';
import type { WeighTicket } from './commands.ts';

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
