import { addDays, dayInShanghai } from '../catalogue/calendar.ts';
import { streamOfPolicy } from '../catalogue/policy-definitions.ts';
import type { Facts, PolicyBook } from '../catalogue/reference.ts';
import type { Stream } from '../catalogue/streams.ts';
import type { Audience } from '../parties/audience.ts';
import type { Act, Lookup, States } from '../platform/acts.ts';
import { canonicalText, type EventDraft, type Json } from '../platform/events.ts';
import { namedUuid } from '../platform/ids.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { observationsLookup, observedTripsLookup, stretchKey, trackHashLookup } from './queries.ts';
import { type Journey, journeysOf, type ObservedSite, recognise } from './rules.ts';
import { observedTrips } from './tables.ts';

/**
 * 自动联单: what tracks, gates and cameras say of a journey, before anybody is asked. It is inferred again whenever something of
 * its time comes in, and stays the same trip; with which manifest it agrees is said by reconciliation, on the trip.
 */
export type ObservedTrip = StateOf<typeof observedTrips>;

/** What is inferred, and may be inferred anew. */
type Inferred = Omit<ObservedTrip, 'id' | 'status' | 'manifestId' | 'leg' | 'secondsApart' | 'observedAt'>;
type Told = Omit<Inferred, 'departedAt' | 'arrivedAt'> & { readonly departedAt: string; readonly arrivedAt: string };

export const observedTripKind = subjectKind({
  name: 'observed_trip',
  rank: RANKS.fact,
  table: observedTrips,
  evolve: (state, event): ObservedTrip => {
    switch (event.type) {
      case 'observed_trip_recorded':
      case 'observed_trip_updated': {
        const { departedAt, arrivedAt, ...told } = event.data.trip as unknown as Told;
        const { manifestId, leg, secondsApart, observedAt } = state ?? { ...UNMATCHED, observedAt: event.recordedAt };
        return {
          ...told,
          // Matched, it is of the manifest's stream.
          stream: state?.manifestId ? state.stream : told.stream,
          id: event.subject.id,
          status: 'observed',
          departedAt: new Date(departedAt),
          arrivedAt: new Date(arrivedAt),
          manifestId,
          leg,
          secondsApart,
          observedAt,
        };
      }
      case 'observed_trip_withdrawn':
        return { ...state!, ...UNMATCHED, status: 'withdrawn' };
      case 'observed_trip_matched':
        return { ...state!, ...(event.data.match as unknown as Matched) };
      case 'observed_trip_unmatched':
        return { ...state!, ...UNMATCHED };
      default:
        throw new Error(`an observed trip knows no event ${event.type}`);
    }
  },
});

/** The leg of a manifest that a trip is, and how far their departures lie apart. */
export interface Matched {
  readonly manifestId: string;
  /** The manifest's, which is then the trip's: its regulators see it. */
  readonly stream?: Stream;
  readonly leg: number;
  readonly secondsApart: number;
}
const UNMATCHED = { manifestId: null, leg: null, secondsApart: null };

/**
 * All that is decided about the journeys of one plate is decided one after another. Before its first trip there is nothing else to
 * lock than its name; and the gate, asked for in the second round, keeps two acts about it out of one group, where the second
 * would look at what was read before the first.
 */
export const plateLock = (plate: string) => ({ kind: 'vehicle', id: namedUuid(`plate ${plate}`) });
export const plateGate = (plate: string) => ({ lookup: PLATE_GATE, key: `plate ${plate}` });
const PLATE_GATE: Lookup<undefined> = {
  name: 'plate-gate',
  gated: true,
  sql: 'select key from unnest($1::text[]) as u(key)',
  read: () => undefined,
};

export interface PlateStretch {
  readonly plate: string;
  readonly from: string;
  readonly to: string;
}

export const HOUR_MS = 3_600_000;
/** No journey is longer: the most that `observed-trip-hours` may say. */
const JOURNEY_HOURS_MAX = 48;
export const widened = ({ from, to }: PlateStretch, hours: number): [Date, Date] => [
  new Date(Date.parse(from) - hours * HOUR_MS),
  new Date(Date.parse(to) + hours * HOUR_MS),
];

/** Journeys may have changed that began this near; of those, all that was observed from their beginning to their end. */
const seenKey = (input: PlateStretch): string => stretchKey(input.plate, ...widened(input, 2 * JOURNEY_HOURS_MAX));
const knownKey = (input: PlateStretch): string => stretchKey(input.plate, ...widened(input, JOURNEY_HOURS_MAX));
const trackKey = (plate: string, { departedAt, arrivedAt }: Journey): string =>
  stretchKey(plate, departedAt, arrivedAt);

/** Infers the journeys of a plate anew around what came in. System act; what has not changed leaves no event. */
export const observeTrips: Act<PlateStretch, PolicyBook> = {
  name: 'observe_trips',
  kind: 'system',
  needs: (input) => ({
    lock: [plateLock(input.plate)],
    lookups: [
      { lookup: observationsLookup, key: seenKey(input) },
      { lookup: observedTripsLookup, key: knownKey(input) },
    ],
  }),
  alsoNeeds: (input, states, { reference }) => ({
    lock: states.found(observedTripsLookup, knownKey(input)).map((id) => ({ kind: 'observed_trip', id })),
    lookups: [
      plateGate(input.plate),
      ...journeysNear(input, states, reference).map((journey) => ({
        lookup: trackHashLookup,
        key: trackKey(input.plate, journey),
      })),
    ],
  }),
  decide(input, states, facts) {
    const known = states.found(observedTripsLookup, knownKey(input)).flatMap((id) => {
      const trip = states.get(observedTripKind, id);
      return trip?.status === 'observed' ? [trip] : [];
    });
    const { pairs, gone } = recognise(journeysNear(input, states, facts.reference), known);
    const isSettled = settledFor(facts);
    let minted = 0;
    const events = pairs.flatMap(([journey, trip]): EventDraft[] => {
      const told = toldOf(journey, input, states);
      if (!trip) return [draftOf('recorded', facts.newId(minted++), told)];
      return saysTheSame(told, trip) || isSettled(trip) ? [] : [draftOf('updated', trip.id, told)];
    });
    const withdrawn = gone
      .filter((trip) => !isSettled(trip))
      .map(
        ({ id, departedAt, fromRegion }): EventDraft => ({
          type: 'observed_trip_withdrawn',
          subject: { kind: 'observed_trip', id },
          occurredAt: departedAt,
          region: fromRegion,
          data: {},
        }),
      );
    const all = [...withdrawn, ...events];
    return { events: all, answer: { id: all[0]?.subject.id ?? null, plate: input.plate, events: all.length } };
  },
};

/** What was seen of it may have been forgotten since: so old a trip stays as it was recorded. */
const settledFor =
  ({ now, reference }: Pick<Facts, 'now' | 'reference'>) =>
  ({ fromRegion: region, stream, departedAt }: ObservedTrip): boolean => {
    const day = dayInShanghai(departedAt);
    const { otherDays } = reference.policy('position-keeping', { region, stream, day }).value;
    return addDays(day, otherDays) <= dayInShanghai(now);
  };

function journeysNear(input: PlateStretch, states: States, book: PolicyBook): Journey[] {
  const [from, to] = widened(input, JOURNEY_HOURS_MAX);
  const observed = states.found(observationsLookup, seenKey(input));
  const day = dayInShanghai(new Date(input.from));
  const hoursMax = ({ region }: ObservedSite) =>
    book.policy('observed-trip-hours', { region, stream: streamOfPolicy('observed-trip-hours'), day }).value;
  return journeysOf(observed, hoursMax).filter(({ departedAt }) => from <= departedAt && departedAt <= to);
}

function toldOf(journey: Journey, input: PlateStretch, states: States): Told {
  const { from, to, departedAt, arrivedAt, evidence } = journey;
  const observed = states.found(observationsLookup, seenKey(input));
  const streamAt = (siteId: string) => observed.find(({ site, stream }) => site.id === siteId && stream)?.stream;
  return {
    stream: streamAt(to.id) ?? streamAt(from.id) ?? 'hazardous',
    plate: input.plate,
    carrierId: observed[0]?.carrierId ?? null,
    fromSiteId: from.id,
    fromPartyId: from.partyId,
    fromRegion: from.region,
    departedAt: departedAt.toISOString(),
    toSiteId: to.id,
    toPartyId: to.partyId,
    toRegion: to.region,
    arrivedAt: arrivedAt.toISOString(),
    evidence,
    ...states.found(trackHashLookup, trackKey(input.plate, journey)),
  };
}

const draftOf = (what: 'recorded' | 'updated', id: string, trip: Told): EventDraft => ({
  type: `observed_trip_${what}`,
  subject: { kind: 'observed_trip', id },
  occurredAt: new Date(trip.departedAt),
  region: trip.fromRegion,
  refs: trip.evidence.flatMap(({ source, id: passId }) => (source === 'gate' ? [passId] : [])),
  data: { trip: trip as unknown as Json },
});

function saysTheSame(inferred: Told, trip: ObservedTrip): boolean {
  const told = trip.manifestId === null ? inferred : { ...inferred, stream: trip.stream };
  const known = Object.fromEntries(Object.keys(told).map((key) => [key, trip[key as keyof Told]]));
  return canonicalText(told) === canonicalText(JSON.parse(JSON.stringify(known)));
}

/** Its carrier's, of both sites' parties and of the regulators of both places. */
export const audienceOfObservedTrip = (trip: ObservedTrip): Audience => ({
  stage: trip.status === 'withdrawn' ? 'void' : trip.manifestId === null ? 'open' : 'closed',
  partyIds: [...new Set([trip.fromPartyId, trip.toPartyId, ...(trip.carrierId ? [trip.carrierId] : [])])],
  regions: [...new Set([trip.fromRegion, trip.toRegion])],
  stream: trip.stream,
});
