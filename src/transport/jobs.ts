import type pg from 'pg';
import { addDays, dayInShanghai } from '../catalogue/calendar.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import { groupBy } from '../platform/collections.ts';
import { type JobDefinition, PermanentError } from '../platform/jobs.ts';
import { e7 } from './coordinates.ts';
import { FENCE_WIDTH_E7_MAX } from './fences.ts';
import {
  askForTrips,
  type FenceRow,
  fencesAround,
  insideBefore,
  mayConcernTrips,
  putMarkBack,
  replaceCrossings,
  type TrackRow,
  takeMark,
  trackBetween,
} from './observations.ts';
import { HOUR_MS, observeTrips } from './observed-trips.ts';
import { type Crossing, crossingsOf, type FenceInForce } from './rules.ts';

/**
 * From positions to journeys, in two steps. `read_track` takes what is marked of a plate, reads the crossings of fences off the
 * track around it and asks, in the same transaction, for `observe_trips`; that one is an act. Either may be done twice, or late, and
 * gives what the stored positions say by then.
 */
const DAY_MS = 24 * HOUR_MS;
/** A longer mark is read a day at a time. */
const TURN_MS = DAY_MS;
/** Whether it was inside a fence is remembered so long without a position. */
const REMEMBERED_MS = 30 * DAY_MS;
/** Crossings are kept a little longer than the positions, so that no trip loses its beginning before its end. */
const CROSSING_DAYS_MORE = 7;

export const transportJobs: readonly JobDefinition[] = [
  {
    name: 'read_track',
    async handle({ plate }, { database, clock, reference }) {
      if (!plate) throw new PermanentError('read_track needs a plate');
      const client = await database.pool.connect();
      try {
        await client.query('begin');
        await readTrack(client, plate, clock.now(), reference() as PolicyBook);
        await client.query('commit');
      } catch (error) {
        await client.query('rollback').catch(() => {});
        throw error;
      } finally {
        client.release();
      }
      return [];
    },
  },
  {
    name: 'observe_trips',
    async handle({ plate, from, to }) {
      if (!plate || !from || !to) throw new PermanentError('observe_trips needs a plate and a stretch of time');
      return [{ act: observeTrips, input: { plate, from, to } }];
    },
  },
];

async function readTrack(client: pg.PoolClient, plate: string, now: Date, book: PolicyBook): Promise<void> {
  const mark = await takeMark(client, plate);
  if (!mark) return;
  const { from } = mark;
  const to = new Date(Math.min(mark.to.getTime(), from.getTime() + TURN_MS));
  if (to < mark.to) await putMarkBack(client, plate, new Date(to.getTime() + 1), mark.to, now);
  const stretch = [hoursFrom(from, -1), hoursFrom(to, 1)] as const;
  // A crossing near the end is certain only with what follows it.
  const track = await trackBetween(client, plate, stretch[0], hoursFrom(to, 2));
  let hasChanged = false;
  if (track.length > 0) {
    const inside = await insideBefore(client, plate, stretch[0], new Date(from.getTime() - REMEMBERED_MS));
    const fences = await fencesNear(client, track, inside, book);
    const crossings = [...groupBy(fences, ({ siteId }) => siteId)].flatMap(([siteId, ofSite]) =>
      crossingsOf(track, ofSite, inside.get(siteId)),
    );
    hasChanged = await replaceCrossings(client, plate, stretch, dated(crossings, track, stretch));
  }
  // On the road, between two sites, there is nothing to infer yet.
  if (hasChanged || (await mayConcernTrips(client, plate, from, to))) await askForTrips(client, plate, from, to, now);
}

const hoursFrom = (instant: Date, hours: number): Date => new Date(instant.getTime() + hours * HOUR_MS);

async function fencesNear(
  client: pg.PoolClient,
  track: readonly TrackRow[],
  inside: ReadonlyMap<string, boolean>,
  book: PolicyBook,
): Promise<FenceInForce[]> {
  const box = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity };
  for (const { longitude, latitude } of track) {
    box.west = Math.min(box.west, e7(longitude));
    box.east = Math.max(box.east, e7(longitude));
    box.south = Math.min(box.south, e7(latitude));
    box.north = Math.max(box.north, e7(latitude));
  }
  const left = [...inside].flatMap(([siteId, isInside]) => (isInside ? [siteId] : []));
  const rows = await fencesAround(client, box, left, FENCE_WIDTH_E7_MAX);
  const day = dayInShanghai(new Date(track[0]!.at));
  return rows.map((row) => inForce(row, book, day));
}

/** A civil day in Shanghai as the instant it begins. */
const beginningOf = (day: string): number => Date.parse(`${day}T00:00:00+08:00`);

function inForce(
  { inForceFrom, inForceTo, region, stream, ...fence }: FenceRow,
  book: PolicyBook,
  day: string,
): FenceInForce {
  return {
    ...fence,
    from: beginningOf(inForceFrom),
    until: inForceTo === null ? Number.POSITIVE_INFINITY : beginningOf(inForceTo),
    terms: book.policy('fence-crossing', { region, stream, day }).value,
  };
}

/** Of that stretch only, each kept as long as the position it was read off, and a little more. */
function dated(crossings: readonly Crossing[], track: readonly TrackRow[], [from, to]: readonly [Date, Date]) {
  const keptUntil = new Map(track.map((point) => [point.at, point.keptUntil]));
  return crossings
    .filter(({ at }) => from.getTime() <= at && at <= to.getTime())
    .map((crossing) => ({ ...crossing, keptUntil: addDays(keptUntil.get(crossing.at)!, CROSSING_DAYS_MORE) }));
}
