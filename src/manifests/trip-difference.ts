/**
 * A milk run books what each pickup weighed and each receipt accepted. Where the plant weighed the whole vehicle, what
 * that weighing says beyond the receipts is the trip's own difference: booked on the trip, on no line, over the batches
 * received from it. A round may unload at one plant more than once: each ticket stands for what was loaded since the one
 * before it. A later ticket or correction books what is still missing. System act.
 */
import type { PolicyBook } from '../catalogue/reference.ts';
import { apportion, batchesIn, type Movement, movementsData, type Place } from '../custody/ledger.ts';
import type { Act, JobDraft } from '../platform/acts.ts';
import type { Json, RecordedEvent } from '../platform/events.ts';
import { type JobDefinition, PermanentError } from '../platform/jobs.ts';
import { tripKind } from '../transport/trips.ts';
import { receivedParts } from './line-containers.ts';
import {
  receivedGramsOf,
  type TripManifest,
  tripManifestsLookup,
  tripTicketsLookup,
  unloadingsOf,
} from './unloadings.ts';

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
    const movements = unloadings.flatMap((unloading) => {
      const { siteId, nth, tickets, loads } = unloading;
      const receivedGrams = receivedGramsOf(unloading);
      if (receivedGrams === null) return [];
      const grams = tickets.at(-1)!.netGrams - receivedGrams;
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

/** A receipt of the trip, a correction of one, a load that ends on the way, or a weighing of its vehicle may be what was missing. */
const OF_A_LOAD: readonly string[] = ['receipt_recorded', 'manifest_corrected', 'incident_resolved'];
export function tripDifferenceOf({ type, data }: RecordedEvent): readonly JobDraft[] {
  const tripId = OF_A_LOAD.includes(type)
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
