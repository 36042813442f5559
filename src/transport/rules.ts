/**
 * How a journey is read off what was observed: where a track crosses the fence of a site, which stays follow from crossings, gate
 * passes and sightings, and which of them make a trip. The numbers are dated policies (decision 0019). Pure.
 */
import { metresOutside, type Shape } from './fence-rules.ts';
import type { GateDirection } from './tables.ts';

/** One fence of a site in force from an instant until another, and what counts as crossing it. */
export interface FenceInForce {
  readonly fenceId: string;
  readonly version: number;
  readonly siteId: string;
  readonly shape: Shape;
  readonly from: number;
  readonly until: number;
  readonly terms: CrossingTerms;
}

export interface CrossingTerms {
  /** A vehicle inside is out again only this far beyond the line, or as far as its position may err. */
  readonly hysteresisMetres: number;
  /** On the other side for less than this is not a crossing. */
  readonly dwellSeconds: number;
  /** A position that may err by more says nothing. */
  readonly accuracyMetresMax: number;
}

export interface TrackPoint {
  /** Milliseconds. */
  readonly at: number;
  readonly longitude: number;
  readonly latitude: number;
  readonly accuracyMetres: number | null;
}

export interface Crossing {
  readonly at: number;
  readonly siteId: string;
  readonly direction: GateDirection;
  readonly fenceId: string;
  readonly fenceVersion: number;
}

/**
 * The crossings of one site's fences by a track in order of time. `wasInside` is what was known before its first point; where
 * nothing was, that point decides. A crossing is dated by the first position on the other side.
 */
export function crossingsOf(
  points: readonly TrackPoint[],
  fencesOfSite: readonly FenceInForce[],
  wasInside: boolean | undefined,
): Crossing[] {
  const crossings: Crossing[] = [];
  let inside = wasInside;
  let turn: { readonly at: number; readonly fence: FenceInForce } | undefined;
  for (const point of points) {
    const read = nearestFence(point, fencesOfSite);
    if (!read) continue;
    const { fence, metres } = read;
    const isIn = metres <= (inside ? Math.max(fence.terms.hysteresisMetres, point.accuracyMetres ?? 0) : 0);
    inside ??= isIn;
    if (isIn === inside) {
      turn = undefined;
      continue;
    }
    turn ??= { at: point.at, fence };
    if (point.at - turn.at < fence.terms.dwellSeconds * 1_000) continue;
    const { siteId, fenceId, version } = turn.fence;
    crossings.push({ at: turn.at, siteId, direction: isIn ? 'entry' : 'exit', fenceId, fenceVersion: version });
    inside = isIn;
    turn = undefined;
  }
  return crossings;
}

/** Of the fences in force then, the one the point lies deepest in, or nearest to; undefined when the position says nothing. */
function nearestFence(point: TrackPoint, fences: readonly FenceInForce[]) {
  let nearest: { readonly fence: FenceInForce; readonly metres: number } | undefined;
  for (const fence of fences) {
    if (point.at < fence.from || point.at >= fence.until) continue;
    if ((point.accuracyMetres ?? 0) > fence.terms.accuracyMetresMax) continue;
    const metres = metresOutside(fence.shape, point.longitude, point.latitude);
    if (!nearest || metres < nearest.metres) nearest = { fence, metres };
  }
  return nearest;
}

export const SOURCES = ['fence', 'gate', 'camera'] as const;

/** One thing that was observed of a trip's beginning or end. */
export interface Evidence {
  readonly end: 'departure' | 'arrival';
  readonly source: (typeof SOURCES)[number];
  /** Of the fence, the gate pass, or the camera. */
  readonly id: string;
  readonly at: string;
}

/** A vehicle at a site: it came, it went, or it was seen there. */
export interface Observation {
  readonly at: Date;
  readonly direction: GateDirection | 'seen';
  readonly source: Evidence['source'];
  readonly id: string;
  readonly site: ObservedSite;
}

export interface ObservedSite {
  readonly id: string;
  readonly partyId: string;
  readonly region: string;
  /** Waste may start there; waste may be brought there. */
  readonly isOrigin: boolean;
  readonly isDestination: boolean;
}

export interface Journey {
  readonly from: ObservedSite;
  readonly departedAt: Date;
  readonly to: ObservedSite;
  readonly arrivedAt: Date;
  readonly evidence: readonly Evidence[];
}

interface Stay {
  readonly site: ObservedSite;
  readonly observations: Observation[];
}

/**
 * What was observed of one vehicle, as journeys. Observations of one site without another between them are one stay, whatever
 * saw them, so two sources never make two trips; ten rounds of a day are ten. Each site where waste starts that the vehicle called
 * at since it last unloaded is the beginning of a journey to where it unloads next (串点收运); the way back is none.
 */
export function journeysOf(observations: readonly Observation[], hoursMax: (from: ObservedSite) => number): Journey[] {
  const stays: Stay[] = [];
  for (const one of [...observations].sort(inOrder)) {
    const last = stays.at(-1);
    if (last?.site.id === one.site.id) last.observations.push(one);
    else stays.push({ site: one.site, observations: [one] });
  }
  return stays.flatMap((to, index) => (to.site.isDestination ? journeysTo(stays, index, hoursMax) : []));
}

function journeysTo(stays: readonly Stay[], index: number, hoursMax: (from: ObservedSite) => number): Journey[] {
  const to = stays[index]!;
  const journeys: Journey[] = [];
  const calledAt = new Set<string>([to.site.id]);
  for (let before = index - 1; before >= 0; before--) {
    const from = stays[before]!;
    if (from.site.isOrigin && !calledAt.has(from.site.id) && from.site.partyId !== to.site.partyId) {
      const journey = journeyBetween(from, to);
      const hours = (journey.arrivedAt.getTime() - journey.departedAt.getTime()) / 3_600_000;
      if (hours <= hoursMax(from.site)) journeys.push(journey);
    }
    calledAt.add(from.site.id);
    if (from.site.isDestination) break;
  }
  return journeys.reverse();
}

function journeyBetween(from: Stay, to: Stay): Journey {
  const told = (end: Evidence['end'], stay: Stay, pick: (of: readonly Observation[]) => Observation | undefined) =>
    SOURCES.flatMap((source) => {
      const one = pick(stay.observations.filter((observation) => observation.source === source));
      return one ? [{ end, source, id: one.id, at: one.at.toISOString() }] : [];
    });
  return {
    from: from.site,
    departedAt: from.observations.at(-1)!.at,
    to: to.site,
    arrivedAt: to.observations[0]!.at,
    evidence: [...told('departure', from, (of) => of.at(-1)), ...told('arrival', to, (of) => of[0])],
  };
}

/** The order in which they came in changes nothing. At one instant, after a gap, a vehicle leaves one site before it enters the next. */
const TURN = { exit: 0, seen: 1, entry: 2 } as const;
const inOrder = (a: Observation, b: Observation): number =>
  a.at.getTime() - b.at.getTime() ||
  TURN[a.direction] - TURN[b.direction] ||
  (a.site.id < b.site.id ? -1 : a.site.id > b.site.id ? 1 : 0) ||
  (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** A trip that is known already, as far as it tells which of the new ones it is. */
export interface KnownTrip {
  readonly id: string;
  readonly fromSiteId: string;
  readonly toSiteId: string;
  readonly departedAt: Date;
  readonly arrivedAt: Date;
}

/** Which journey is which known trip: between the same sites, sharing some time, each at most once. */
export function recognise<Known extends KnownTrip>(
  journeys: readonly Journey[],
  known: readonly Known[],
): { readonly pairs: readonly (readonly [Journey, Known | undefined])[]; readonly gone: readonly Known[] } {
  const left = [...known].sort((a, b) => a.departedAt.getTime() - b.departedAt.getTime());
  const pairs = journeys.map((journey) => {
    const index = left.findIndex(
      (trip) =>
        trip.fromSiteId === journey.from.id &&
        trip.toSiteId === journey.to.id &&
        trip.departedAt <= journey.arrivedAt &&
        trip.arrivedAt >= journey.departedAt,
    );
    return [journey, index < 0 ? undefined : left.splice(index, 1)[0]] as const;
  });
  return { pairs, gone: left };
}
