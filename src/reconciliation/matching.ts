/**
 * Observed trips and declared journeys of one plate, one to one (双联单比对). Two are candidates when their departures lie within the
 * minutes that the policy `trip-match-minutes` allows; of all ways to pair candidates, that with the most pairs is taken, and of those
 * the one whose departures lie least apart, a pair whose sites differ counting as if it lay further. Never by plate and date: ten rounds of
 * a day are ten. Pure; the order in which anything was told changes nothing.
 */
import { compareText } from '../platform/collections.ts';

export interface TripSide {
  readonly id: string;
  readonly fromSiteId: string;
  readonly toSiteId: string;
  readonly departedAt: Date;
  readonly minutesMax: number;
}

export interface LegSide {
  readonly manifestId: string;
  readonly leg: number;
  readonly startedAt: Date;
  /** Where it starts and ends, as far as a leg says: null for a handover on the way. */
  readonly fromSiteId: string | null;
  readonly toSiteId: string | null;
}

export interface TripMatch<Leg extends LegSide = LegSide> {
  readonly trip: TripSide;
  readonly leg: Leg;
  readonly secondsApart: number;
}

export function matchTrips<Leg extends LegSide>(trips: readonly TripSide[], legs: readonly Leg[]): TripMatch<Leg>[] {
  const rows = [...trips].sort((a, b) => a.departedAt.getTime() - b.departedAt.getTime() || compareText(a.id, b.id));
  const columns = [...legs].sort(
    (a, b) => a.startedAt.getTime() - b.startedAt.getTime() || compareText(nameOf(a), nameOf(b)),
  );
  const costs = rows.map((trip) => columns.map((leg) => costOf(trip, leg)));
  return cheapestPairs(costs, columns.length).flatMap((column, row) => {
    if (column === null) return [];
    const [trip, leg] = [rows[row]!, columns[column]!];
    return [{ trip, leg, secondsApart: secondsBetween(trip, leg) }];
  });
}

export const nameOf = ({ manifestId, leg }: Pick<LegSide, 'manifestId' | 'leg'>): string => `${manifestId} ${leg}`;

const secondsBetween = ({ departedAt }: TripSide, { startedAt }: LegSide): number =>
  Math.round(Math.abs(departedAt.getTime() - startedAt.getTime()) / 1_000);

/** Null where the two cannot be one. */
function costOf(trip: TripSide, leg: LegSide): number | null {
  const seconds = secondsBetween(trip, leg);
  if (seconds > trip.minutesMax * 60) return null;
  const differs = (one: string, other: string | null) => (other !== null && other !== one ? 1 : 0);
  const ends = differs(trip.fromSiteId, leg.fromSiteId) + differs(trip.toSiteId, leg.toSiteId);
  return seconds + ends * trip.minutesMax * 60;
}

/** Dearer than any number of pairs together: a row stays alone only when it must. */
const ALONE = 1e9;

/**
 * The assignment problem (Hungarian method, shortest augmenting paths with potentials; O(n³) for the few dozen journeys a plate makes in
 * some days). Each row takes a column or stays alone. @returns by row, its column or null.
 */
function cheapestPairs(costs: readonly (readonly (number | null)[])[], columnCount: number): (number | null)[] {
  const rowCount = costs.length;
  const width = columnCount + rowCount; // a place to stay alone for every row
  const costAt = (row: number, column: number): number =>
    column < columnCount
      ? (costs[row]![column] ?? Number.POSITIVE_INFINITY)
      : column - columnCount === row
        ? ALONE
        : Number.POSITIVE_INFINITY;
  const rowPotential = new Array<number>(rowCount).fill(0);
  const columnPotential = new Array<number>(width).fill(0);
  const rowOf = new Array<number>(width).fill(-1);
  for (let start = 0; start < rowCount; start++) {
    const least = new Array<number>(width).fill(Number.POSITIVE_INFINITY);
    const cameFrom = new Array<number>(width).fill(-1);
    const visited = new Array<boolean>(width).fill(false);
    let [row, last] = [start, -1];
    for (;;) {
      let [next, step] = [-1, Number.POSITIVE_INFINITY];
      for (let column = 0; column < width; column++) {
        if (visited[column]) continue;
        const reduced = costAt(row, column) - rowPotential[row]! - columnPotential[column]!;
        if (reduced < least[column]!) [least[column], cameFrom[column]] = [reduced, last];
        if (least[column]! < step) [next, step] = [column, least[column]!];
      }
      rowPotential[start]! += step;
      for (let column = 0; column < width; column++) {
        if (visited[column]) {
          rowPotential[rowOf[column]!]! += step;
          columnPotential[column]! -= step;
        } else least[column]! -= step;
      }
      visited[next] = true;
      last = next;
      if (rowOf[next] === -1) break;
      row = rowOf[next]!;
    }
    for (let column = last; column !== -1; column = cameFrom[column]!) {
      const before = cameFrom[column]!;
      rowOf[column] = before === -1 ? start : rowOf[before]!;
    }
  }
  const columnOf = new Array<number | null>(rowCount).fill(null);
  rowOf.forEach((row, column) => {
    if (row >= 0 && column < columnCount) columnOf[row] = column;
  });
  return columnOf;
}
