import { type Carrier, drivingMinutes, fleetOf, type Plant, type Producer, type Vehicle } from './city.ts';
import {
  type Consignment,
  lastVehicle,
  type Moment,
  sum,
  type Ticket,
  type TrueLine,
  trueGrams,
} from './consignment.ts';
import { DAY, type Day, dayOf, HOUR, MINUTE, startOf } from './days.ts';
import type { Chance } from './random.ts';
import { readingGrams, TRUCK_SCALE } from './scales.ts';
import type { Teller, Telling, Weighing, Wish } from './teller.ts';

/** How an honest load comes about: what is on it, which vehicle is free, when it is brought, what the scales say of it. */
const PICKUP = { earliest: 7.5 * HOUR, latest: 14.5 * HOUR };
const TRIES_MAX = 60;
const OFFLINE_SHARE = 0.06;
const SLOW_CLERK_SHARE = 0.08;
const CONFIRMING_SHARE = 0.4;

export function trueLoad(telling: Telling, { chance, city, tale, pickDay }: Teller, wish: Wish): Consignment {
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
export function followingLoad(
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

export const tooFull = ({ name }: Carrier): Error =>
  new Error(`no vehicle of ${name} is free: the week is too full for its fleet`);

export const freeOf = ({ busy }: Telling, carrier: Carrier, from: number, until: number): Vehicle[] =>
  fleetOf(carrier).filter(
    ({ plate }) =>
      !(busy.get(plate) ?? []).some(([start, end]) => start < until + 30 * MINUTE && from - 30 * MINUTE < end),
  );

export function reserved({ busy }: Telling, vehicle: Vehicle, from: number, until: number): Vehicle {
  busy.set(vehicle.plate, [...(busy.get(vehicle.plate) ?? []), [from, until]]);
  return vehicle;
}

export function weighed(
  { counts }: Telling,
  purpose: Ticket['purpose'],
  { ref, vehicle, when, netGrams }: Weighing,
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
export function reportMasses(self: Teller, load: Consignment): void {
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
