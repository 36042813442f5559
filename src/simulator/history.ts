import { type City, city, type Plant, type Producer } from './city.ts';
import { type Consignment, type Generation, sum, type Tale } from './consignment.ts';
import { DAY, daysBetween } from './days.ts';
import { type Parameters, SHIPPED } from './parameters.ts';
import { type Chance, chance } from './random.ts';
import { STORIES } from './stories.ts';
import type { StoryKind } from './story-kind.ts';
import { stockFor, type Teller, type Telling, teller, traffic, type Wish } from './teller.ts';

/** The true history of a prefecture, and what was told of it. Pure: the same seed and end give the same history. */
export interface History {
  readonly seed: string;
  readonly from: number;
  /** Nothing later is told. */
  readonly until: number;
  readonly city: City;
  readonly consignments: readonly Consignment[];
  readonly generations: readonly (Generation & { readonly tale: Tale | null })[];
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
const STORY_SHARE = 0.4;
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
    guests: { producers: [], plants: [] },
    busy: new Map(),
    counts: { consignments: 0, generations: 0, tickets: 0 },
  };
  const draw = chance(`history ${seed}`);
  // The first producer keeps to its contracts: the walk-through of the README reads from its last manifest who they are.
  const others = { ...telling, city: { ...ground, producers: ground.producers.slice(1) } };
  const consignments: Consignment[] = [];
  const wanted = Math.min(manifests, Math.round(manifests * STORY_SHARE));
  for (let told = 0; stories.length > 0 && told < wanted && consignments.length < wanted; told++) {
    const kind = stories[told % stories.length]!;
    consignments.push(...tellOne(others, kind, Math.floor(told / stories.length), draw.branch(`story ${told}`)));
  }
  for (let nth = 0; consignments.length < manifests; nth++) {
    const wish = nth < LOADS_OF_THE_FIRST ? { producer: ground.producers[0]! } : {};
    consignments.push(ordinary(teller(telling, draw.branch(`load ${nth}`), null), wish));
  }
  return {
    seed,
    from: telling.from,
    until,
    city: withGuests(ground, telling.guests),
    consignments,
    generations: telling.generations,
  };
}

function tellOne(telling: Telling, kind: StoryKind, nth: number, draw: Chance): readonly Consignment[] {
  const [from, to] = RATIOS[nth % RATIOS.length]!;
  const ratio = draw.between(from, to);
  const tale: Tale = { story: kind.id, meant: kind.aimsAt !== null && ratio > 1 ? 'fault' : 'twin', ratio };
  return kind.tell(teller(telling, draw.branch(kind.id), tale), ratio);
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
export function talesOf({ consignments, generations }: History): Tale[] {
  return [...new Set([...consignments, ...generations].flatMap(({ tale }) => tale ?? []))];
}
