import {
  type Carrier,
  type City,
  drivingMinutes,
  fleetOf,
  type Plant,
  type Producer,
  plant,
  type Vehicle,
} from './city.ts';
import { PLANTS, type WasteRow } from './city-rows.ts';
import {
  type Consignment,
  type Generation,
  lastVehicle,
  type Moment,
  type Room,
  sum,
  type Tale,
  type Ticket,
  type Treatment,
  type Trip,
  type TrueLine,
  trueGrams,
} from './consignment.ts';
import { addDays, DAY, type Day, dayOf, daysBetween, HOUR, isWorkingDay, MINUTE, startOf } from './days.ts';
import type { Parameters as Numbers } from './parameters.ts';
import type { Chance } from './random.ts';
import { readingGrams, TRUCK_SCALE } from './scales.ts';

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

export interface Teller {
  readonly chance: Chance;
  readonly city: City;
  readonly parameters: Numbers;
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
  weigh(purpose: Ticket['purpose'], at: { ref: string; vehicle: Vehicle; when: number; netGrams: number }): Ticket;
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
  readonly parameters: Numbers;
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
const PICKUP = { earliest: 7.5 * HOUR, latest: 14.5 * HOUR };
/** Hours of a day in which loads are fetched and brought. */
const WORKED = { from: 8, hours: 10 };
/** So that there is always some day to pick. */
const LEAST = 1e-9;
const TRIES_MAX = 60;
const OFFLINE_SHARE = 0.06;
const SLOW_CLERK_SHARE = 0.08;
const CONFIRMING_SHARE = 0.4;
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

function trueLoad(telling: Telling, { chance, city, tale, pickDay }: Teller, wish: Wish): Consignment {
  const producer = wish.producer ?? chance.pick(city.producers);
  const custom = producer.customs.find(({ waste }) => waste === wish.waste) ?? chance.pick(producer.customs);
  const plant = wish.plant ?? custom.plant;
  const carrier = wish.carrier ?? custom.carrier;
  const lines = linesOf(producer, custom, wish, chance);
  const trip = tripOf(telling, { producer, plant, carrier, wish, pickDay }, chance);
  const issuedAt = trip.pickupAt - chance.whole(12, 90) * MINUTE;
  const pickup = told(trip.pickupAt, chance);
  return {
    ...NOTHING_SPECIAL,
    ref: `m${++telling.counts.consignments}`,
    tale,
    producer,
    carrier,
    plant,
    vehicle: trip.vehicle,
    plate: trip.vehicle.plate,
    lines,
    draftedAt: issuedAt - chance.whole(3, 40) * MINUTE,
    issuedAt,
    pickup,
    confirmation: confirmationOf(producer, issuedAt, pickup, chance),
    ...broughtAt(trip.arrivedAt, pickup.toldAt, chance),
    ...NOTHING_TOLD(),
  };
}

const NOTHING_SPECIAL = {
  follows: null,
  paperIssuedAt: null,
  trip: null,
  incident: null,
  refusedPlant: null,
  method: null,
  back: null,
  correction: null,
} as const;

const NOTHING_TOLD = () => ({
  onward: [],
  declared: [],
  loaded: [],
  received: [],
  refused: [],
  tickets: [],
  discrepancies: [],
});

/** What the plant refused goes on from its gate, with the carrier that brought it, as it was weighed there. */
function followingLoad(
  telling: Telling,
  self: Teller,
  before: Consignment,
  { plant, pickupAt }: { readonly plant: Plant; readonly pickupAt: number },
): Consignment {
  const { chance } = self;
  const { producer, carrier } = before;
  const arrivedAt = pickupAt + Math.round(drivingMinutes(before.plant.region, plant.region) * 1.1) * MINUTE;
  const vehicle = self.vehicleOf(carrier, pickupAt, arrivedAt + HOUR);
  const issuedAt = pickupAt - chance.whole(12, 60) * MINUTE;
  const pickup = told(pickupAt, chance);
  const lines = before.lines.flatMap((line, index): TrueLine[] => {
    const { grams, pieces } = before.refused[index]!;
    const all = { loadedGrams: grams, arrivedGrams: grams, loadedPieces: pieces, arrivedPieces: pieces };
    return grams > 0 || pieces > 0 ? [{ ...line, ...all }] : [];
  });
  const load: Consignment = {
    ...NOTHING_SPECIAL,
    ref: `m${++telling.counts.consignments}`,
    tale: self.tale,
    producer,
    carrier,
    plant,
    vehicle,
    plate: vehicle.plate,
    lines,
    follows: before,
    draftedAt: issuedAt - chance.whole(3, 20) * MINUTE,
    issuedAt,
    pickup,
    confirmation: null,
    ...broughtAt(arrivedAt, pickup.toldAt, chance),
    ...NOTHING_TOLD(),
  };
  const quantities = () => lines.map(({ loadedGrams: grams, loadedPieces: pieces }) => ({ grams, pieces }));
  reportMasses(self, load);
  return Object.assign(load, { declared: quantities(), loaded: quantities() });
}

/** The carrier is at the gate, and the plant confirms when it has looked; a slow clerk a day or two later. */
export function broughtAt(
  arrivedAt: number,
  notBefore: number,
  chance: Chance,
): Pick<Consignment, 'arrival' | 'receipt'> {
  const acceptedAt = arrivedAt + chance.whole(20, 75) * MINUTE;
  const arrivalToldAt = Math.max(arrivedAt + chance.whole(0, 8) * MINUTE, notBefore + MINUTE);
  const slow = chance.happens(SLOW_CLERK_SHARE) ? chance.whole(1, 2) * DAY : 0;
  const toldAt = Math.max(acceptedAt + slow + chance.whole(0, 90) * MINUTE, arrivalToldAt + MINUTE);
  return {
    arrival: { at: arrivedAt, toldAt: arrivalToldAt, mode: 'live' },
    receipt: { at: acceptedAt, toldAt, mode: 'live' },
  };
}

/** A producer without a device of its own gives the driver a code; of the others many confirm later. */
function confirmationOf({ siteClass }: Producer, issuedAt: number, pickup: Moment, chance: Chance) {
  if (siteClass === 'register') return { how: 'code' as const, at: issuedAt + chance.whole(1, 8) * MINUTE };
  return chance.happens(CONFIRMING_SHARE)
    ? { how: 'report' as const, at: pickup.toldAt + chance.whole(5, 240) * MINUTE }
    : null;
}

/** Most drivers have a network; some reports come when they have one again, before the arrival all the same. */
export function told(at: number, chance: Chance): Moment {
  const offline = chance.happens(OFFLINE_SHARE);
  return {
    at,
    toldAt: at + chance.whole(offline ? 6 : 0, offline ? 14 : 5) * MINUTE,
    mode: offline ? 'offline' : 'live',
  };
}

type Custom = Producer['customs'][number];

/** One waste, or several of one origin on the truck: one manifest for both is lawful (TM 16). */
function linesOf(producer: Producer, custom: Custom, wish: Wish, chance: Chance): TrueLine[] {
  const others = producer.customs.filter(({ waste, plant }) => waste !== custom.waste && plant === custom.plant);
  const wanted = [custom, ...others].slice(0, wish.linesWanted ?? 1);
  return wanted.map(({ waste }) => {
    const [least, most] = waste.loadGrams;
    const low = Math.max(least, wish.leastGrams ?? 0);
    const drawn = chance.between(low, Math.max(low, most));
    const pieces = waste.pieceGrams ? Math.max(1, Math.round(drawn / waste.pieceGrams)) : 0;
    const grams = Math.round(waste.pieceGrams ? pieces * waste.pieceGrams * chance.between(0.94, 1.04) : drawn);
    return {
      waste,
      actual: waste,
      loadedGrams: grams,
      arrivedGrams: grams,
      loadedPieces: pieces,
      arrivedPieces: pieces,
    };
  });
}

interface Route {
  readonly producer: Producer;
  readonly plant: Plant;
  readonly carrier: Consignment['carrier'];
  readonly wish: Wish;
  pickDay(): Day;
}

/** A vehicle that is free, and an arrival while the plant is open. @throws Error when the fleet is too small for the week. */
function tripOf(telling: Telling, { producer, plant, carrier, wish, pickDay }: Route, chance: Chance) {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const day = wish.day ?? pickDay();
    const usual = drivingMinutes(producer.region, plant.region);
    const road = wish.roadMinutes ?? Math.round(usual * chance.between(0.9, 1.25));
    const pickupAt =
      wish.pickupAt ?? startOf(day) + Math.round(chance.between(PICKUP.earliest, PICKUP.latest) / MINUTE) * MINUTE;
    const arrivedAt = pickupAt + road * MINUTE;
    const closes = startOf(dayOf(arrivedAt)) + (plant.closes - 1) * HOUR;
    const given = wish.pickupAt !== undefined || wish.roadMinutes !== undefined;
    if (!given && (arrivedAt > closes || pickupAt < telling.from + 3 * HOUR)) continue;
    const until = arrivedAt + Math.round(usual * 0.8 + 40) * MINUTE;
    const free = wish.vehicle ? [wish.vehicle] : freeOf(telling, carrier, pickupAt, until);
    if (free.length === 0) continue;
    return { vehicle: reserved(telling, chance.pick(free), pickupAt, until), pickupAt, arrivedAt };
  }
  throw tooFull(carrier);
}

const tooFull = ({ name }: Carrier): Error =>
  new Error(`no vehicle of ${name} is free: the week is too full for its fleet`);

const freeOf = ({ busy }: Telling, carrier: Carrier, from: number, until: number): Vehicle[] =>
  fleetOf(carrier).filter(
    ({ plate }) =>
      !(busy.get(plate) ?? []).some(([start, end]) => start < until + 30 * MINUTE && from - 30 * MINUTE < end),
  );

function reserved({ busy }: Telling, vehicle: Vehicle, from: number, until: number): Vehicle {
  busy.set(vehicle.plate, [...(busy.get(vehicle.plate) ?? []), [from, until]]);
  return vehicle;
}

function weighed(
  { counts }: Telling,
  purpose: Ticket['purpose'],
  { ref, vehicle, when, netGrams }: Parameters<Teller['weigh']>[1],
  chance: Chance,
): Ticket {
  const nth = ++counts.tickets;
  return {
    ref: `w${nth}`,
    number: `${ref}-${dayOf(when).replaceAll('-', '')}-${nth}`,
    purpose,
    grossGrams: readingGrams(TRUCK_SCALE, vehicle.tareGrams + netGrams, chance),
    tareGrams: readingGrams(TRUCK_SCALE, vehicle.tareGrams, chance),
    divisionGrams: TRUCK_SCALE.divisionGrams,
    at: when,
    toldAt: when + chance.whole(0, 4) * MINUTE,
    mode: 'live',
  };
}

/** Both ends read their scales; the clerks copy what they read. What an incident took is not there to be weighed. */
function reportMasses(self: Teller, load: Consignment): void {
  const { lines, producer, plant, vehicle, follows, pickup, arrival } = load;
  const weighsTrucks = producer.scale === TRUCK_SCALE && !follows;
  const loading = weighsTrucks
    ? self.weigh('loading', { ref: producer.ref, vehicle, when: pickup.at, netGrams: trueGrams(load, 'loaded') })
    : undefined;
  const unloading = self.weigh('unloading', {
    ref: plant.ref,
    vehicle: lastVehicle(load),
    when: arrival.at + 5 * MINUTE,
    netGrams: trueGrams(load, 'arrived'),
  });
  load.tickets = loading ? [loading, unloading] : [unloading];
  const weighed = lines.map((line) => readingGrams(producer.scale, line.loadedGrams, self.chance));
  const loaded = loading ? shared(net(loading), weighed) : weighed;
  load.loaded = lines.map((line, index) => ({ grams: loaded[index]!, pieces: line.loadedPieces }));
  // Declared before the truck came: what the store's scale said, to ten kilograms.
  load.declared = lines.map((line, index) => ({
    grams: Math.max(10_000, Math.round(loaded[index]! / 10_000) * 10_000),
    pieces: line.loadedPieces,
  }));
  const received = shared(
    net(unloading),
    lines.map(({ arrivedGrams }) => arrivedGrams),
  );
  load.received = lines.map((line, index) => ({ grams: received[index]!, pieces: line.arrivedPieces }));
  load.refused = lines.map(() => ({ grams: 0, pieces: 0 }));
}

export const net = ({ grossGrams, tareGrams }: { grossGrams: number; tareGrams: number }): number =>
  Math.max(1, grossGrams - tareGrams);

/** What the truck scale said, over the lines; the last takes the rest. */
function shared(whole: number, parts: readonly number[]): number[] {
  const all = sum(parts) || 1;
  const first = parts.slice(0, -1).map((part) => Math.floor((whole * part) / all));
  return [...first, whole - sum(first)];
}

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
