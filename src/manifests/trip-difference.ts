/**
 * A milk run books what each pickup weighed and each receipt accepted. Where the plant weighed the whole vehicle, what
 * that weighing says beyond the receipts is the trip's own difference: booked on the trip, on no line, over the batches
 * received from it. A round may unload at one plant more than once: each ticket stands for what was loaded since the one
 * before it. A later ticket or correction books what is still missing. System act.
 */
import type { PolicyBook } from '../catalogue/reference.ts';
import { apportion, batchesIn, type Movement, movementsData, type Place } from '../custody/ledger.ts';
import type { Act, JobDraft, Lookup } from '../platform/acts.ts';
import { groupBy } from '../platform/collections.ts';
import type { Json, RecordedEvent } from '../platform/events.ts';
import { type JobDefinition, PermanentError } from '../platform/jobs.ts';
import { tripKind } from '../transport/trips.ts';
import { receivedParts } from './line-containers.ts';
import type { Line, Status } from './tables.ts';

/** What a manifest of the trip has come to. */
interface TripManifest {
  readonly status: Status;
  readonly consignorId: string;
  readonly consigneeId: string;
  readonly consigneeSiteId: string;
  readonly pickedUpAt: Date;
  readonly lines: readonly Line[];
}

const tripManifestsLookup: Lookup<readonly TripManifest[]> = {
  name: 'trip-manifests',
  gated: false,
  sql: 'select trip_id, status, consignor_id, consignee_id, consignee_site_id, picked_up_at, lines from manifests where trip_id = any($1::uuid[]) order by id limit 500',
  read: (rows) =>
    rows.map(
      ([, status, consignorId, consigneeId, consigneeSiteId, pickedUpAt, lines]) =>
        ({ status, consignorId, consigneeId, consigneeSiteId, pickedUpAt, lines }) as TripManifest,
    ),
};

interface TripTicket {
  readonly siteId: string;
  readonly netGrams: number;
  readonly weighedAt: Date;
}

/** Weighings of the whole vehicle where it was unloaded, by who has the site: nobody else's ticket moves its stock. */
const tripTicketsLookup: Lookup<readonly TripTicket[]> = {
  name: 'trip-tickets',
  gated: false,
  sql: `select w.trip_id, w.site_id, w.net_grams, w.weighed_at from weigh_tickets w join sites s on s.id = w.site_id and s.party_id = w.party_id
    where w.trip_id = any($1::uuid[]) and w.purpose = 'unloading' order by w.weighed_at, w.id`,
  read: (rows) => rows.map(([, siteId, netGrams, weighedAt]) => ({ siteId, netGrams, weighedAt }) as TripTicket),
};

export const bookTripDifference: Act<{ readonly tripId: string }, PolicyBook> = {
  name: 'book_trip_difference',
  kind: 'system',
  needs: ({ tripId }) => ({
    lock: [{ kind: 'trip', id: tripId }],
    lookups: [
      { lookup: tripManifestsLookup, key: tripId },
      { lookup: tripTicketsLookup, key: tripId },
    ],
  }),
  decide({ tripId }, states, facts) {
    const trip = states.get(tripKind, tripId);
    const manifests = states.found(tripManifestsLookup, tripId);
    const booked = [...(trip?.booked ?? [])];
    const unloadings = unloadingsOf(states.found(tripTicketsLookup, tripId), manifests);
    const movements = unloadings.flatMap(({ siteId, nth, weighedGrams, loads }) => {
      if (!loads.every(({ status }) => status === 'received' || status === 'refused')) return [];
      const grams = weighedGrams - sum(loads.flatMap(({ lines }) => lines.map(receivedGrams)));
      const known = booked.findIndex((one) => one.siteId === siteId && (one.nth ?? 1) === nth);
      const missing = bookOver(loads, grams - (booked[known]?.grams ?? 0), tripId);
      if (missing.length > 0) booked.splice(known < 0 ? booked.length : known, 1, { siteId, nth, grams });
      return missing;
    });
    if (!trip || movements.length === 0) return { events: [], answer: { id: tripId, outcome: 'nothing_to_book' } };
    const event = {
      type: 'trip_difference_booked',
      subject: { kind: 'trip', id: tripId },
      occurredAt: facts.now,
      refs: batchesIn(movements),
      data: {
        booked: booked as unknown as Json,
        ...movementsData(movements),
      },
    };
    return { events: [event], answer: { id: tripId, outcome: 'booked' } };
  },
};

/** A receipt of the trip, a correction of one, or a weighing of its vehicle may be what was missing. */
export function tripDifferenceOf({ type, data }: RecordedEvent): readonly JobDraft[] {
  const tripId =
    type === 'receipt_recorded' || type === 'manifest_corrected'
      ? (data.tripId as string | undefined)
      : type === 'weigh_ticket_recorded'
        ? (data.ticket as { tripId?: string | null }).tripId
        : undefined;
  return tripId ? [{ job: 'book_trip_difference', payload: { tripId } }] : [];
}

export const tripDifferenceJob: JobDefinition = {
  name: 'book_trip_difference',
  async handle({ tripId }) {
    if (!tripId) throw new PermanentError('book_trip_difference needs a tripId');
    return [{ act: bookTripDifference, input: { tripId } }];
  },
};

/** What the vehicle brought to a site the first time, the second …, and what was weighed of it. */
interface Unloading {
  readonly siteId: string;
  readonly nth: number;
  readonly weighedGrams: number;
  readonly loads: readonly TripManifest[];
}

/** Whatever was loaded since the ticket before it; when that is nothing, a ticket is another weighing of the same, and the last one counts. */
function unloadingsOf(tickets: readonly TripTicket[], manifests: readonly TripManifest[]): Unloading[] {
  return [...groupBy(tickets, ({ siteId }) => siteId)].flatMap(([siteId, weighings]) => {
    const unloadings: Unloading[] = [];
    let waiting = manifests.filter((manifest) => manifest.consigneeSiteId === siteId);
    for (const { netGrams: weighedGrams, weighedAt } of weighings) {
      const loads = waiting.filter(({ pickedUpAt }) => pickedUpAt <= weighedAt);
      waiting = waiting.filter(({ pickedUpAt }) => pickedUpAt > weighedAt);
      const before = loads.length > 0 ? undefined : unloadings.pop();
      if (before) unloadings.push({ ...before, weighedGrams });
      else if (loads.length > 0) unloadings.push({ siteId, nth: unloadings.length + 1, weighedGrams, loads });
    }
    return unloadings;
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const receivedGrams = ({ acceptedGrams, refusedGrams }: TripManifest['lines'][number]): number =>
  (acceptedGrams ?? 0) + (refusedGrams ?? 0);

/** Over the batches received, in proportion to their mass; nothing when none was accepted. */
function bookOver(manifests: readonly TripManifest[], grams: number, trip: string): Movement[] {
  const batches = manifests.flatMap(({ consignorId, consigneeId, consigneeSiteId, lines }) =>
    lines.flatMap((line) => {
      const stock: Place = ['stock', consigneeId, consigneeSiteId, consigneeId];
      const difference: Place = ['weighing_difference', consigneeId, consigneeSiteId, consignorId];
      return receivedParts(line).map((part) => ({ ...part, weight: part.grams, stock, difference }));
    }),
  );
  if (grams === 0 || batches.length === 0) return [];
  const shares = apportion(
    Math.abs(grams),
    batches.map(({ weight }) => weight),
  );
  return batches.map(({ wasteCode, batchId, stock, difference }, index) => ({
    wasteCode,
    trip,
    from: grams < 0 ? stock : difference,
    to: grams < 0 ? difference : stock,
    fromBatch: batchId,
    toBatch: batchId,
    grams: shares[index]!,
    pieces: 0,
    dryGrams: 0,
  }));
}
