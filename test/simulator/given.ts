import { type City, city } from '../../src/simulator/city.ts';
import type {
  Consignment,
  Generation,
  Moment,
  Room,
  Ticket,
  Treatment,
  Trip,
} from '../../src/simulator/consignment.ts';
import { DAY, HOUR, MINUTE } from '../../src/simulator/days.ts';
import type { History } from '../../src/simulator/history.ts';
import { SHIPPED } from '../../src/simulator/parameters.ts';
import { type Expected, referee } from '../../src/simulator/referee.ts';
import { TRUCK_SCALE } from '../../src/simulator/scales.ts';

/** Histories of one or two loads, put together by hand: what a case does not name is exact and in time. */
export const CITY: City = city('given', { producers: 8, manifestsADay: 8 });
/** A Monday, 10 o'clock in Shanghai; no holiday lies near. */
export const MONDAY = Date.parse('2026-09-07T02:00:00Z');

export const live = (at: number): Moment => ({ at, toldAt: at + MINUTE, mode: 'live' });

let loads = 0;

/** 10 t of pickling sludge from a site that weighs its trucks; fetched on Monday, three hours on the road. */
export function aLoad(changes: Partial<Consignment> = {}): Consignment {
  const producer = changes.producer ?? CITY.producers.find(({ scale }) => scale === TRUCK_SCALE)!;
  const custom = producer.customs[0]!;
  const vehicle = custom.carrier.vehicles.at(-1)!;
  const pickup = changes.pickup ?? live(MONDAY);
  const arrival = changes.arrival ?? live(pickup.at + 3 * HOUR);
  const quantity = { grams: 10_000_000, pieces: 10 };
  const { waste } = custom;
  return {
    ref: `m${++loads}`,
    tale: null,
    producer,
    carrier: custom.carrier,
    plant: custom.plant,
    vehicle,
    lines: [
      {
        waste,
        actual: waste,
        loadedGrams: 10_000_000,
        arrivedGrams: 10_000_000,
        loadedPieces: 10,
        arrivedPieces: 10,
      },
    ],
    draftedAt: pickup.at - HOUR,
    issuedAt: pickup.at - 30 * MINUTE,
    pickup,
    arrival,
    receipt: live(arrival.at + HOUR),
    follows: null,
    paperIssuedAt: null,
    plate: vehicle.plate,
    confirmation: null,
    trip: null,
    onward: [],
    incident: null,
    refusedPlant: null,
    method: null,
    back: null,
    correction: null,
    declared: [{ ...quantity }],
    loaded: [{ ...quantity }],
    received: [{ ...quantity }],
    refused: [{ grams: 0, pieces: 0 }],
    tickets: [],
    discrepancies: [],
    ...changes,
  };
}

/** Of a lorry of 10 t, on a scale of e = 20 kg: 500 divisions empty, 1000 with 10 t on it. */
export const aTicket = (
  purpose: Ticket['purpose'],
  netGrams: number,
  at: number,
  changes: Partial<Ticket> = {},
): Ticket => ({
  ref: `w${purpose}${at}`,
  number: `${purpose} ${at}`,
  purpose,
  grossGrams: 10_000_000 + netGrams,
  tareGrams: 10_000_000,
  divisionGrams: 20_000,
  ...live(at),
  ...changes,
});

export const aGeneration = (load: Consignment, changes: Partial<Generation> = {}): Generation => ({
  ref: `g${load.ref}`,
  producer: load.producer,
  waste: load.lines[0]!.waste,
  grams: 20_000_000,
  pieces: 20,
  ...live(load.draftedAt - HOUR),
  ...changes,
});

export const aHistory = (
  consignments: readonly Consignment[],
  {
    until = MONDAY + 3 * DAY,
    generations = consignments.map((load) => aGeneration(load)),
    treatments = [],
    trips = [],
    rooms = [],
    ground = CITY,
  }: {
    readonly until?: number;
    readonly generations?: readonly Generation[];
    readonly treatments?: readonly Treatment[];
    readonly trips?: readonly Trip[];
    readonly rooms?: readonly Room[];
    readonly ground?: City;
  } = {},
): History => ({
  seed: 'given',
  from: MONDAY - 7 * DAY,
  until,
  city: ground,
  consignments,
  generations: generations.map((generation) => ({ ...generation, tale: null })),
  treatments: treatments.map((treatment) => ({ ...treatment, tale: null })),
  trips,
  rooms,
});

/** What the key says, rule and severity, without its reasons. */
export const keyOf = (history: History): string[] =>
  referee(history, SHIPPED).map(({ rule, subject, severity }: Expected) => `${rule} ${subject} ${severity}`);
