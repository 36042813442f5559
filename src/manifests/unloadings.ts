/** What the vehicle of a trip brought to a site each time, and what its owner's scale said of the whole vehicle. */
import type { Stream } from '../catalogue/streams.ts';
import type { Lookup } from '../platform/acts.ts';
import { groupBy } from '../platform/collections.ts';
import type { Line, Status } from './tables.ts';

/** What a manifest of the trip has come to. */
export interface TripManifest {
  readonly stream: Stream;
  readonly status: Status;
  readonly consignorId: string;
  readonly consigneeId: string;
  readonly consigneeSiteId: string;
  readonly pickedUpAt: Date;
  readonly lines: readonly Line[];
}

export const tripManifestsLookup: Lookup<readonly TripManifest[]> = {
  name: 'trip-manifests',
  gated: false,
  sql: 'select trip_id, stream, status, consignor_id, consignee_id, consignee_site_id, picked_up_at, lines from manifests where trip_id = any($1::uuid[]) order by id limit 500',
  read: (rows) =>
    rows.map(
      ([, stream, status, consignorId, consigneeId, consigneeSiteId, pickedUpAt, lines]) =>
        ({ stream, status, consignorId, consigneeId, consigneeSiteId, pickedUpAt, lines }) as TripManifest,
    ),
};

export interface TripTicket {
  readonly id: string;
  readonly siteId: string;
  readonly netGrams: number;
  readonly weighedAt: Date;
}

/** Weighings of the whole vehicle where it was unloaded, by who has the site: nobody else's ticket moves its stock. */
export const tripTicketsLookup: Lookup<readonly TripTicket[]> = {
  name: 'trip-tickets',
  gated: false,
  sql: `select w.trip_id, w.id, w.site_id, w.net_grams, w.weighed_at from weigh_tickets w join sites s on s.id = w.site_id and s.party_id = w.party_id
    where w.trip_id = any($1::uuid[]) and w.purpose = 'unloading' order by w.weighed_at, w.id`,
  read: (rows) =>
    rows.map(([, id, siteId, netGrams, weighedAt]) => ({ id, siteId, netGrams, weighedAt }) as TripTicket),
};

/** What the vehicle brought to a site the first time, the second …, and what was weighed of it. */
export interface Unloading {
  readonly siteId: string;
  readonly nth: number;
  readonly tickets: readonly TripTicket[];
  readonly loads: readonly TripManifest[];
}

/** A ticket is of whatever was loaded since the ticket before it; when that is nothing, it is another weighing of the same. */
export function unloadingsOf(tickets: readonly TripTicket[], manifests: readonly TripManifest[]): Unloading[] {
  return [...groupBy(tickets, ({ siteId }) => siteId)].flatMap(([siteId, weighings]) => {
    const unloadings: Unloading[] = [];
    let waiting = manifests.filter((manifest) => manifest.consigneeSiteId === siteId);
    for (const ticket of weighings) {
      const loads = waiting.filter(({ pickedUpAt }) => pickedUpAt <= ticket.weighedAt);
      waiting = waiting.filter(({ pickedUpAt }) => pickedUpAt > ticket.weighedAt);
      const before = loads.length > 0 ? undefined : unloadings.pop();
      if (before) unloadings.push({ ...before, tickets: [...before.tickets, ticket] });
      else if (loads.length > 0) unloadings.push({ siteId, nth: unloadings.length + 1, tickets: [ticket], loads });
    }
    return unloadings;
  });
}

/** Of what ended on the way nothing arrives. */
const DECIDED: readonly Status[] = ['received', 'refused', 'ended'];

/** What was received of it, accepted or not; null until each of its loads has been decided on. */
export function receivedGramsOf({ loads }: Unloading): number | null {
  if (!loads.every(({ status }) => DECIDED.includes(status))) return null;
  return loads
    .flatMap(({ lines }) => lines)
    .reduce((sum, { acceptedGrams, refusedGrams }) => sum + (acceptedGrams ?? 0) + (refusedGrams ?? 0), 0);
}
