import { dayInShanghai } from '../catalogue/calendar.ts';
import { checkPlate } from '../catalogue/identifiers.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import type { Manifest } from '../manifests/manifest.ts';
import type { FieldChange } from '../manifests/tables.ts';
import type { Act, JobDraft } from '../platform/acts.ts';
import type { EventDraft, RecordedEvent } from '../platform/events.ts';
import { type JobDefinition, PermanentError } from '../platform/jobs.ts';
import {
  type Matched,
  type ObservedTrip,
  observedTripKind,
  type PlateStretch,
  plateGate,
  plateLock,
  widened,
} from '../transport/observed-trips.ts';
import { observedTripsLookup, stretchKey } from '../transport/queries.ts';
import { matchTrips, nameOf } from './matching.ts';
import { type DeclaredLeg, declaredLegsLookup, wasObserved } from './observation-queries.ts';

/**
 * Which declared journey an observed trip is: said anew around every trip that was observed, and every leg that was told. The answer
 * stands on the trip, as an event that also stands in the manifest's history; nobody's word is changed by it.
 */
const TRIP_HOURS = 24;
/** Legs further away than any trip of those may be matched with: `trip-match-minutes` is at most half a day. */
const LEG_HOURS = 36;

const tripsKey = (input: PlateStretch): string => stretchKey(input.plate, ...widened(input, TRIP_HOURS));
const legsKey = (input: PlateStretch): string => stretchKey(input.plate, ...widened(input, LEG_HOURS));

/** System act; a trip whose match has not changed has no event. */
export const matchPlate: Act<PlateStretch, PolicyBook> = {
  name: 'match_trips',
  kind: 'system',
  needs: (input) => ({
    lock: [plateLock(input.plate)],
    lookups: [
      { lookup: observedTripsLookup, key: tripsKey(input) },
      { lookup: declaredLegsLookup, key: legsKey(input) },
    ],
  }),
  alsoNeeds: (input, states) => ({
    lock: states.found(observedTripsLookup, tripsKey(input)).map((id) => ({ kind: 'observed_trip', id })),
    lookups: [plateGate(input.plate)],
  }),
  decide(input, states, { reference, now }) {
    const trips = states.found(observedTripsLookup, tripsKey(input)).flatMap((id) => {
      const trip = states.get(observedTripKind, id);
      return trip?.status === 'observed' ? [trip] : [];
    });
    const near = new Set(trips.map(({ id }) => id));
    const legs = states
      .found(declaredLegsLookup, legsKey(input))
      .filter(({ tripId }) => tripId === null || near.has(tripId)); // what is matched further off stays there
    const sides = trips.map((trip) => ({ ...trip, minutesMax: minutesMax(trip, reference) }));
    const found = new Map(
      matchTrips(sides, legs).map(({ trip, leg, secondsApart }) => [trip.id, matchedWith(leg, secondsApart)]),
    );
    const events = trips.flatMap((trip) => changeOf(trip, found.get(trip.id), now));
    return { events, answer: { id: trips[0]?.id ?? null, plate: input.plate, events: events.length } };
  },
};

const matchedWith = ({ manifestId, leg, stream }: DeclaredLeg, secondsApart: number): Matched => ({
  manifestId,
  leg,
  stream,
  secondsApart,
});

const minutesMax = ({ fromRegion: region, stream, departedAt }: ObservedTrip, book: PolicyBook): number =>
  book.policy('trip-match-minutes', { region, stream, day: dayInShanghai(departedAt) }).value;

function changeOf(trip: ObservedTrip, match: Matched | undefined, now: Date): EventDraft[] {
  const { id, manifestId, leg, secondsApart, fromRegion } = trip;
  const before = manifestId === null ? undefined : { manifestId, leg: leg!, secondsApart };
  if (before && match && nameOf(before) === nameOf(match) && before.secondsApart === match.secondsApart) return [];
  if (!before && !match) return [];
  return [
    {
      type: match ? 'observed_trip_matched' : 'observed_trip_unmatched',
      subject: { kind: 'observed_trip', id },
      occurredAt: now,
      region: fromRegion,
      refs: [(match ?? before)!.manifestId],
      data: match ? { match: { ...match } } : {},
    },
  ];
}

export const matchTripsJob: JobDefinition = {
  name: 'match_trips',
  async handle({ plate, from, to }, { database }) {
    if (!plate || !from || !to) throw new PermanentError('match_trips needs a plate and a stretch of time');
    const stretch = { plate, from, to };
    // Most vehicles are observed by nobody; a trip that is recorded a moment later asks by itself.
    if (!(await wasObserved(database.pool, plate, widened(stretch, TRIP_HOURS)))) return [];
    return [{ act: matchPlate, input: stretch }];
  },
};

const OF_A_TRIP: readonly string[] = ['observed_trip_recorded', 'observed_trip_updated', 'observed_trip_withdrawn'];
const OF_A_LEG: readonly string[] = ['picked_up', 'handed_over', 'departed', 'manifest_corrected'];

/** A trip or a leg that began, or is now said to have begun at another time or under another plate. */
export function matchingsOf({ type, data }: RecordedEvent, after: { id: string }): readonly JobDraft[] {
  if (OF_A_TRIP.includes(type)) {
    const { plate, departedAt } = after as ObservedTrip;
    return [matching(plate, departedAt.toISOString())];
  }
  if (!OF_A_LEG.includes(type)) return [];
  const legs = (after as Manifest).legs.filter(({ startedAt }) => startedAt !== null);
  const begun = type === 'manifest_corrected' ? legs : legs.slice(-1);
  const changes = (data.changes ?? []) as unknown as readonly FieldChange[];
  const plates = changes.flatMap(({ path, from }) =>
    path.endsWith('/plate') && typeof from === 'string' ? [from] : [],
  );
  return begun.flatMap(({ plate, startedAt }) =>
    [plate, ...plates].flatMap((one) => (one !== null && checkPlate(one).valid ? [matching(one, startedAt!)] : [])),
  );
}

const matching = (plate: string, at: string): JobDraft => ({
  job: 'match_trips',
  payload: { plate, from: at, to: at },
});
