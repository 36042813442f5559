import { type City, city, type Plant, type Producer } from './city.ts';
import {
  type Consignment,
  type Generation,
  type Room,
  sum,
  type Tale,
  type Treatment,
  type Trip,
} from './consignment.ts';
import { DAY, daysBetween, HOUR, MINUTE, startOf } from './days.ts';
import { type Parameters, SHIPPED } from './parameters.ts';
import { type Chance, chance } from './random.ts';
import { STORIES } from './stories.ts';
import type { StoryKind } from './story-kind.ts';
import { stockFor, type Teller, type Telling, teller, traffic, type Wish } from './teller.ts';
import { treatEvenings } from './treating.ts';
import { arriveAt, bringBack, handOver, overNight, refuse } from './turns.ts';

/** The true history of a prefecture, and what was told of it. Pure: the same seed and end give the same history. */
export interface History {
  readonly seed: string;
  readonly from: number;
  /** Nothing later is told. */
  readonly until: number;
  readonly city: City;
  readonly consignments: readonly Consignment[];
  readonly generations: readonly (Generation & { readonly tale: Tale | null })[];
  readonly treatments: readonly (Treatment & { readonly tale: Tale | null })[];
  readonly trips: readonly Trip[];
  readonly rooms: readonly Room[];
}

export interface Order {
  readonly seed: string;
  readonly until: number;
  readonly days: number;
  readonly manifests: number;
  readonly parameters?: Parameters;
  readonly stories?: readonly StoryKind[];
}

/** Of all manifests; the rest are ordinary loads. */
const STORY_SHARE = 0.6;
/** Round and round: far beyond, just inside, just beyond, well inside. */
const RATIOS: readonly (readonly [from: number, to: number])[] = [
  [1.25, 3],
  [0.9, 1],
  [1.001, 1.1],
  [0.3, 0.9],
];
const PRODUCERS = 40;
const LOADS_OF_THE_FIRST = 3;

/** @throws Error when the fleet is too small for so many manifests in so few days. */
export function historyOf({ seed, until, days, manifests, parameters = SHIPPED, stories = STORIES }: Order): History {
  const worked = sum(daysBetween(until - (days - 1) * DAY, until - DAY).map(traffic));
  const ground = city(seed, { producers: PRODUCERS, manifestsADay: manifests / Math.max(worked, 1) });
  const telling: Telling = {
    city: ground,
    parameters,
    from: until - days * DAY,
    until,
    generations: [],
    treatments: [],
    trips: [],
    rooms: [],
    guests: { producers: [], plants: [] },
    busy: new Map(),
    counts: { consignments: 0, generations: 0, tickets: 0, trips: 0, treatments: 0 },
  };
  const draw = chance(`history ${seed}`);
  // The first producer keeps to its contracts: the walk-through of the README reads from its last manifest who they are.
  const others = { ...telling, city: { ...ground, producers: ground.producers.slice(1) } };
  const consignments: Consignment[] = [];
  const wanted = Math.min(manifests, Math.round(manifests * STORY_SHARE));
  // A small week has room for some of them only: which, and on which side of the threshold, is drawn.
  const first = draw.branch('first story').whole(0, 10_000);
  for (let told = 0; stories.length > 0 && told < wanted && consignments.length < wanted; told++) {
    const kind = stories[(first + told) % stories.length]!;
    const turn = draw.branch(kind.id).whole(0, RATIOS.length - 1) + Math.floor(told / stories.length);
    consignments.push(...tellOne(others, kind, turn, draw.branch(`story ${told}`)));
  }
  for (let nth = 0; consignments.length < manifests; nth++) {
    const self = teller(telling, draw.branch(`load ${nth}`), null);
    consignments.push(
      nth < LOADS_OF_THE_FIRST ? ordinary(self, { producer: ground.producers[0]! }) : everyday(self, ground),
    );
  }
  treatEvenings(teller(telling, draw.branch('evenings'), null), consignments, telling.from, until);
  return {
    seed,
    from: telling.from,
    until,
    city: withGuests(ground, telling.guests),
    consignments,
    generations: telling.generations,
    treatments: telling.treatments,
    trips: telling.trips,
    rooms: telling.rooms,
  };
}

function tellOne(telling: Telling, kind: StoryKind, turn: number, draw: Chance): readonly Consignment[] {
  const [from, to] = RATIOS[turn % RATIOS.length]!;
  const ratio = draw.between(from, to);
  const tale: Tale = { story: kind.id, meant: kind.aimsAt !== null && ratio > 1 ? 'fault' : 'twin', ratio };
  return kind.tell(teller(telling, draw.branch(kind.id), tale), ratio);
}

/** Of ordinary loads: how many stand in a depot over night, go on with another carrier, or meet a plant without room. */
const TURNS = { overNight: 0.04, handover: 0.08, noRoom: 0.1 };

/** The first producer's loads stay plain. */
function everyday(self: Teller, { producers, carriers }: City): Consignment {
  const { chance } = self;
  const [first, ...others] = producers;
  const drawn = chance.unit();
  const producer = drawn < TURNS.noRoom ? chance.pick(others) : chance.pick([first!, ...others]);
  if (drawn < TURNS.overNight) {
    const afternoon = startOf(self.pickDay()) - DAY + 15 * HOUR;
    const load = overNight(self, self.load({ producer, pickupAt: afternoon, roadMinutes: 18 * 60 }));
    stockFor(self, self.report(load));
    return load;
  }
  if (drawn < TURNS.handover) {
    const load = self.load({ producer });
    const half = Math.round((load.arrival.at - load.pickup.at) / 2 / MINUTE) * MINUTE;
    handOver(self, load, load.pickup.at + half, chance.pick(carriers.filter((one) => one !== load.carrier)));
    stockFor(self, self.report(arriveAt(self, load, load.arrival.at)));
    return load;
  }
  const load = ordinary(self, { producer });
  return drawn < TURNS.noRoom ? bringBack(self, refuse(load, chance.pick([0.3, 1]))) : load;
}

function ordinary(self: Teller, wish: Wish): Consignment {
  const load = self.report(self.load(wish));
  stockFor(self, load);
  return load;
}

const withGuests = (ground: City, guests: { producers: Producer[]; plants: Plant[] }): City => ({
  ...ground,
  producers: [...ground.producers, ...guests.producers],
  plants: [...ground.plants, ...guests.plants],
});

/** Every story that was told, once, however many loads it took. */
export function talesOf({ consignments, generations, treatments }: History): Tale[] {
  return [...new Set([...consignments, ...generations, ...treatments].flatMap(({ tale }) => tale ?? []))];
}
