import { type Carrier, type City, type Plant, type Producer, plant, type Vehicle } from './city.ts';
import { PLANTS, type WasteRow } from './city-rows.ts';
import type { Consignment, Generation, Room, Tale, Ticket, Treatment, Trip } from './consignment.ts';
import { addDays, DAY, type Day, dayOf, daysBetween, HOUR, isWorkingDay, MINUTE, startOf } from './days.ts';
import { followingLoad, freeOf, reportMasses, reserved, tooFull, trueLoad, weighed } from './honest-loads.ts';
import type { Parameters } from './parameters.ts';
import type { Chance } from './random.ts';

/**
 * Tells what honest people do: loads that are what their papers say, scales that err within their certificates, clerks
 * who report the same day or a little later. A story takes such a load and bends it.
 */
export interface Wish {
  readonly producer?: Producer;
  readonly waste?: WasteRow;
  readonly plant?: Plant;
  readonly carrier?: Carrier;
  readonly vehicle?: Vehicle;
  /** The day of arrival. */
  readonly day?: Day;
  readonly pickupAt?: number;
  readonly roadMinutes?: number;
  readonly linesWanted?: number;
  readonly leastGrams?: number;
}

/** A vehicle on the scale at somebody's gate, with so much on it. */
export interface Weighing {
  readonly ref: string;
  readonly vehicle: Vehicle;
  readonly when: number;
  readonly netGrams: number;
}

export interface Teller {
  readonly chance: Chance;
  readonly city: City;
  readonly parameters: Parameters;
  readonly from: number;
  readonly until: number;
  readonly tale: Tale | null;
  /** What truly happens to one honest load; nothing is reported yet. */
  load(wish?: Wish): Consignment;
  /** What honest parties report of it, from what their scales say. */
  report(load: Consignment): Consignment;
  /** What remained of a load at one plant goes on to another, under a manifest of its own. */
  followOn(load: Consignment, plant: Plant, pickupAt: number): Consignment;
  generate(generation: Omit<Generation, 'ref'>): Generation;
  treat(treatment: Omit<Treatment, 'ref'>): Treatment;
  /** A round of one vehicle; the loads name it. */
  round(trip: Omit<Trip, 'ref'>): Trip;
  /** What a truck scale says of a vehicle with so much on it. */
  weigh(purpose: Ticket['purpose'], weighing: Weighing): Ticket;
  /** A vehicle of that carrier that is free between two instants, and no longer is. @throws Error when there is none. */
  vehicleOf(carrier: Carrier, from: number, until: number): Vehicle;
  /** A store of its own at somebody's site. */
  room(room: Omit<Room, 'ref'>): Room;
  guestProducer(like?: Producer): Producer;
  guestPlant(licence: Partial<Plant['licence']>): Plant;
  /** A day of the time played; the last only for an ordinary load. */
  pickDay(): Day;
}

/** Everything told so far; a teller adds to it. */
export interface Telling {
  readonly city: City;
  readonly parameters: Parameters;
  readonly from: number;
  readonly until: number;
  readonly generations: (Generation & { readonly tale: Tale | null })[];
  readonly treatments: (Treatment & { readonly tale: Tale | null })[];
  readonly trips: Trip[];
  readonly rooms: Room[];
  readonly guests: { readonly producers: Producer[]; readonly plants: Plant[] };
  /** By plate: when it is on the road, or on its way back. */
  readonly busy: Map<string, [from: number, to: number][]>;
  counts: { consignments: number; generations: number; tickets: number; trips: number; treatments: number };
}

const HOLIDAY_TRAFFIC = 0.15;
/** Hours of a day in which loads are fetched and brought. */
const WORKED = { from: 8, hours: 10 };
/** So that there is always some day to pick. */
const LEAST = 1e-9;
/** More is always in store than one load takes: no honest account falls below zero for a scale's error. */
const LEFT_OVER_GRAMS = 400_000;

export function teller(telling: Telling, chance: Chance, tale: Tale | null): Teller {
  const { city, parameters, from, until, guests, counts } = telling;
  const self: Teller = {
    chance,
    city,
    parameters,
    from,
    until,
    tale,
    load: (wish = {}) => trueLoad(telling, self, wish),
    report(load) {
      reportMasses(self, load);
      return load;
    },
    followOn: (load, other, pickupAt) => followingLoad(telling, self, load, { plant: other, pickupAt }),
    generate(given) {
      const generation = { ...given, ref: `g${++counts.generations}`, tale };
      telling.generations.push(generation);
      return generation;
    },
    treat(given) {
      const treatment = { ...given, ref: `d${++counts.treatments}`, tale };
      telling.treatments.push(treatment);
      return treatment;
    },
    round(given) {
      const trip = { ...given, ref: `r${++counts.trips}` };
      telling.trips.push(trip);
      return trip;
    },
    room(given) {
      const room = { ...given, ref: `s${telling.rooms.length + 1}` };
      telling.rooms.push(room);
      return room;
    },
    weigh: (purpose, at) => weighed(telling, purpose, at, chance),
    vehicleOf(carrier, start, end) {
      const free = freeOf(telling, carrier, start, end);
      if (free.length === 0) throw tooFull(carrier);
      return reserved(telling, chance.pick(free), start, end);
    },
    guestProducer(like = chance.pick(city.producers)) {
      const nth = guests.producers.length + 1;
      const guest = { ...like, ref: `pg${nth}`, siteRef: `pg${nth}site`, uscc: '', name: `${like.name}新厂${nth}` };
      guests.producers.push(guest);
      return guest;
    },
    guestPlant(licence) {
      const nth = guests.plants.length + 1;
      const row = { ...chance.pick(PLANTS), name: `济南新源环保${nth}号处置有限公司`, licence: `鲁危证 3701-02${nth}` };
      const made = plant(`tg${nth}`, row, chance.branch(`guest plant ${nth}`));
      const guest = { ...made, opens: 7, closes: 20, licence: { ...made.licence, ...licence } };
      guests.plants.push(guest);
      return guest;
    },
    pickDay: () => pickDay(from, until, chance, tale === null),
  };
  return self;
}

/**
 * An ordinary load may still be on its way at the end, or not even fetched. A story is over before: of the last day too
 * little may have been told.
 */
function pickDay(from: number, until: number, chance: Chance, mayBeUnfinished: boolean): Day {
  const today = dayOf(until);
  const hoursOfToday = (until - startOf(today)) / HOUR;
  const share = mayBeUnfinished ? Math.min(1, Math.max(0, (hoursOfToday - WORKED.from) / WORKED.hours)) : 0;
  const days = daysBetween(from + DAY - 1, until);
  return chance.weighted([addDays(today, -1), ...days], (day) => traffic(day) * (day === today ? share : 1) + LEAST);
}

/** On holidays and week-ends there is some. */
export const traffic = (day: Day): number => (isWorkingDay(day) ? 1 : HOLIDAY_TRAFFIC);

/** What a store must have taken in before a load leaves it: recorded in the days before, and more than the load. */
export function stockFor(self: Teller, load: Consignment): void {
  const { chance } = self;
  for (const [index, { waste }] of load.lines.entries()) {
    const { grams, pieces } = load.loaded[index]!;
    const at = load.draftedAt - chance.whole(60, 60 * 20) * MINUTE;
    self.generate({
      producer: load.producer,
      waste,
      grams: Math.round(grams * chance.between(1.02, 1.3)) + LEFT_OVER_GRAMS,
      pieces: pieces + (waste.pieceGrams ? Math.ceil(LEFT_OVER_GRAMS / waste.pieceGrams) : 0),
      at,
      toldAt: at + chance.whole(2, 40) * MINUTE,
      mode: 'live',
    });
  }
}
