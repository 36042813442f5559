import { z } from 'zod';
import { plateRemarks } from '../catalogue/plate-remarks.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import type { Audience } from '../parties/audience.ts';
import { driverRead, driverRemarks } from '../parties/drivers.ts';
import { type Act, refused, type Warning } from '../platform/acts.ts';
import { ENTRY_MODES, type Json } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { Instant, Uuid } from '../platform/values.ts';
import type { Refusal } from '../problems.ts';
import { trips } from './tables.ts';

/**
 * 车次: one vehicle under way, with the loads of one producer or of many (串点收运, a milk run). It knows no manifest:
 * pickups name it. What the whole vehicle weighed at the plant, less what each manifest accounts for, is the trip's own
 * difference and is booked on it.
 */
export type Trip = StateOf<typeof trips>;

export const TripBody = z.strictObject({
  plate: z.string().min(1).max(20),
  driverId: Uuid.optional(),
  startedAt: Instant,
  entryMode: z.enum(ENTRY_MODES).default('live'),
});

export const TripEnd = z.strictObject({ occurredAt: Instant, entryMode: z.enum(ENTRY_MODES).default('live') });

export type TripInput = z.output<typeof TripBody>;
export type TripEndInput = z.output<typeof TripEnd> & { readonly id: string };

export const tripKind = subjectKind({
  name: 'trip',
  rank: RANKS.fact,
  table: trips,
  evolve: (state, event): Trip => {
    switch (event.type) {
      case 'trip_started':
        return {
          ...(event.data.trip as unknown as Pick<Trip, 'carrierId' | 'plate' | 'driverId'>),
          id: event.subject.id,
          startedAt: event.occurredAt,
          endedAt: null,
          booked: [],
        };
      case 'trip_ended':
        return { ...state!, endedAt: event.occurredAt };
      case 'trip_difference_booked':
        return { ...state!, booked: event.data.booked as unknown as Trip['booked'] };
      default:
        throw new Error(`a trip knows no event ${event.type}`);
    }
  },
});

/** @refuses nothing but structure: a vehicle that drives, drives; not-your-act (a key bound to a site, which drives nowhere). */
export const startTrip: Act<TripInput, PolicyBook> = {
  name: 'start_trip',
  kind: 'physical',
  needs: (input) => ({ read: driverRead(input) }),
  decide(input, states, facts) {
    if (facts.caller.site) return refused(BOUND);
    const id = facts.newId();
    const { plate, warnings } = plateRemarks(input.plate);
    const trip = { carrierId: facts.caller.actor.party, plate, driverId: input.driverId ?? null };
    const event = {
      type: 'trip_started',
      subject: { kind: 'trip', id },
      occurredAt: new Date(input.startedAt),
      entryMode: input.entryMode,
      data: { trip: trip as unknown as Json },
    };
    return {
      events: [event],
      answer: { id },
      warnings: [...warnings, ...driverRemarks(input, trip.carrierId, states)],
      status: 201,
    };
  },
};

const BOUND: Refusal = {
  problem: 'not-your-act',
  detail: { zh: '此密钥限于一个场所，不能办理车次。', en: 'This key is bound to one site; a trip is on the road.' },
};

/** @refuses not-found (another's trip), wrong-status (it is over). */
export const endTrip: Act<TripEndInput, PolicyBook> = {
  name: 'end_trip',
  kind: 'physical',
  needs: ({ id }) => ({ lock: [{ kind: 'trip', id }] }),
  decide({ id, occurredAt, entryMode }, states, facts) {
    const trip = states.get(tripKind, id);
    if (trip?.carrierId !== facts.caller.actor.party || facts.caller.site) return refused(notFound('trip', id));
    if (trip.endedAt)
      return refused({
        problem: 'wrong-status',
        detail: { zh: '该车次已结束。', en: 'The trip has ended already.' },
      });
    const event = {
      type: 'trip_ended',
      subject: { kind: 'trip', id },
      occurredAt: new Date(occurredAt),
      entryMode,
      data: {},
    };
    return { events: [event], answer: { id }, warnings: event.occurredAt < trip.startedAt ? [ENDED_EARLY] : [] };
  },
};

const ENDED_EARLY: Warning = {
  code: 'ended-before-start',
  pointer: '/occurredAt',
  detail: { zh: '收车时间早于发车时间。', en: 'The trip ended before it began.' },
};

/** A trip is its carrier's to see in lists; whoever stands on a manifest of it reads it by its id. */
export const audienceOfTrip = ({ carrierId, endedAt }: Trip): Audience => ({
  stage: endedAt ? 'closed' : 'open',
  partyIds: [carrierId],
  regions: [],
  stream: 'hazardous',
});
