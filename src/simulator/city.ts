import {
  CARRIERS,
  COUNTIES,
  type CountyRow,
  PLANTS,
  type PlantRow,
  TRADES,
  type TradeRow,
  WASTES,
  type WasteKey,
  type WasteRow,
} from './city-rows.ts';
import { type Chance, chance } from './random.ts';
import { BENCH_SCALE, type Scale, TRUCK_SCALE } from './scales.ts';

/**
 * A prefecture and everybody in it, from a seed. Pure. Names such as `p07` stand for ids that only the service will give.
 */
export interface City {
  readonly producers: readonly Producer[];
  readonly carriers: readonly Carrier[];
  readonly plants: readonly Plant[];
  readonly regulator: { readonly ref: string; readonly name: string; readonly region: string };
}

export interface Producer {
  readonly ref: string;
  readonly siteRef: string;
  readonly name: string;
  readonly uscc: string;
  readonly region: string;
  readonly siteClass: 'key' | 'simple' | 'register';
  /** A key site weighs its trucks, a smaller one its drums and bags (HJ 1259 4.3.3). */
  readonly scale: Scale;
  readonly customs: readonly Custom[];
  /** A collector that keeps the register of a micro-producer (委托). */
  readonly agent: Plant | null;
}

/** Whom a producer has a contract with for one waste. */
export interface Custom {
  readonly waste: WasteRow;
  readonly carrier: Carrier;
  readonly plant: Plant;
}

export interface Carrier {
  readonly ref: string;
  readonly name: string;
  readonly uscc: string;
  readonly region: string;
  /** Its depot, where a load may stand over night. */
  readonly siteRef: string;
  readonly vehicles: readonly Vehicle[];
}

export interface Vehicle {
  readonly plate: string;
  readonly tareGrams: number;
  readonly payloadGrams: number;
}

export interface Plant {
  readonly ref: string;
  readonly siteRef: string;
  readonly licenceRef: string;
  readonly name: string;
  readonly uscc: string;
  readonly region: string;
  licence: Licence;
  readonly method: string;
  readonly isCollector: boolean;
  /** Full hours of the day in Shanghai. */
  readonly opens: number;
  readonly closes: number;
}

export interface Licence {
  readonly number: string;
  readonly wasteCodes: readonly string[];
  /** What of `wasteCodes` it leaves out. */
  readonly excludedCodes: readonly string[];
  /** None: any. */
  readonly methods: readonly string[];
  /** Where the waste may come from; none: from anywhere. */
  readonly areas: readonly string[];
  /** The site of its holder that it is for; null: any. */
  readonly siteRef: string | null;
  readonly scaleGrams: number;
  /** First day it holds, and first day it no longer does. */
  readonly validFrom: string;
  readonly validTo: string;
}

const VALID_FROM = '2022-01-01';
const VALID_TO = '2035-01-01';
/** A vehicle makes a trip or two a day; a busier week needs more of them. */
const VEHICLES = { fewest: 6, carriersTripsEach: 3 };
/** Stands in the yard all week: who follows the walk-through of the README drives it. */
const SPARE_PLATE = '鲁A12345';
const TARE_GRAMS = { from: 8_500_000, to: 15_500_000 };
const PAYLOAD_GRAMS = 30_000_000;

export interface Size {
  readonly producers: number;
  readonly manifestsADay: number;
}

export function city(seed: string, size: Size): City {
  const draw = chance(`city ${seed}`);
  const carriers = CARRIERS.map((name, index) => carrier(name, index, size, draw.branch(name)));
  const plants = PLANTS.map((row, index) => plant(`t${index + 1}`, row, draw.branch(row.name)));
  const trades = TRADES.flatMap((row) => Array.from({ length: row.share }, (_, nth) => ({ row, nth })));
  const producers = Array.from({ length: size.producers }, (_, index) =>
    producer(index, trades[(index * 7) % trades.length]!, { carriers, plants }, draw.branch(`producer ${index}`)),
  );
  return {
    producers,
    carriers,
    plants,
    regulator: { ref: 'regulator', name: '济南市生态环境局', region: '370102' },
  };
}

function carrier(name: string, index: number, { manifestsADay }: Size, draw: Chance): Carrier {
  const { region } = draw.pick(COUNTIES);
  const length = VEHICLES.fewest + Math.ceil(manifestsADay / VEHICLES.carriersTripsEach);
  const vehicles = Array.from({ length }, (_, nth) => ({
    plate: `鲁A${'LMNPQRSTUW'[index]}${1_000 + nth * 53 + draw.whole(0, 52)}`,
    tareGrams: draw.whole(TARE_GRAMS.from / 100_000, TARE_GRAMS.to / 100_000) * 100_000,
    payloadGrams: PAYLOAD_GRAMS,
  }));
  const spare = { plate: SPARE_PLATE, tareGrams: TARE_GRAMS.from, payloadGrams: PAYLOAD_GRAMS };
  return {
    ref: `c${index + 1}`,
    name,
    uscc: uscc(region, draw),
    region,
    siteRef: `c${index + 1}site`,
    vehicles: index === 0 ? [spare, ...vehicles] : vehicles,
  };
}

export function plant(ref: string, row: PlantRow, draw: Chance): Plant {
  return {
    ref,
    siteRef: `${ref}site`,
    licenceRef: `${ref}licence`,
    name: row.name,
    uscc: uscc(row.region, draw),
    region: row.region,
    licence: {
      number: row.licence,
      wasteCodes: row.wasteCodes,
      excludedCodes: [],
      methods: [],
      areas: [],
      siteRef: null,
      scaleGrams: row.scaleTonnes * 1_000_000,
      validFrom: VALID_FROM,
      validTo: VALID_TO,
    },
    method: row.method,
    isCollector: row.isCollector,
    opens: draw.whole(7, 8),
    closes: draw.whole(17, 20),
  };
}

/** The vehicles that drive. */
export const fleetOf = ({ vehicles }: Carrier): readonly Vehicle[] =>
  vehicles.filter(({ plate }) => plate !== SPARE_PLATE);

/** The first of them is the one whose keys the README uses: one carrier, one plant. */
function producer(
  index: number,
  { row, nth }: { row: TradeRow; nth: number },
  { carriers, plants }: Pick<City, 'carriers' | 'plants'>,
  draw: Chance,
): Producer {
  const first = index === 0;
  const trade = first ? TRADES[0]! : row;
  const region = first ? '370112' : draw.pick(COUNTIES).region;
  const wastes: readonly WasteKey[] = trade.wastes;
  const number = Math.floor(index / 7) + 1;
  return {
    ref: `p${index + 1}`,
    siteRef: `p${index + 1}site`,
    name: first ? '济南明湖机械有限公司' : `济南${trade.names[nth % trade.names.length]}${number}号${trade.trade}`,
    uscc: uscc(region, draw),
    region,
    siteClass: trade.siteClass,
    scale: trade.siteClass === 'key' ? TRUCK_SCALE : BENCH_SCALE,
    customs: wastes.map((key) => {
      const waste = WASTES[key];
      const fit = plants.filter(({ licence }) => covers(licence.wasteCodes, waste.code));
      return {
        waste,
        carrier: first ? carriers[0]! : draw.pick(carriers),
        plant: first ? plants[0]! : draw.pick(fit),
      };
    }),
    agent: !first && trade.siteClass === 'register' ? draw.pick(plants.filter(({ isCollector }) => isCollector)) : null,
  };
}

/** A licence names codes, or a class for all its codes: the last two digits of a code are its class. */
export const covers = (wasteCodes: readonly string[], code: string): boolean =>
  wasteCodes.some((named) => named === code || named === `HW${code.slice(-2)}`);

const EARTH_KILOMETRES = 6_371;
const ROADS_ARE_LONGER = 1.3;
const KILOMETRES_AN_HOUR = 48;
const IN_TOWN_MINUTES = 15;

/** Minutes a loaded truck usually takes from one county to another. @throws Error for a county that is not Jinan's. */
export function drivingMinutes(from: string, to: string): number {
  const [a, b] = [county(from), county(to)];
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const half =
    Math.sin(radians(b.latitude - a.latitude) / 2) ** 2 +
    Math.cos(radians(a.latitude)) *
      Math.cos(radians(b.latitude)) *
      Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  const kilometres = 2 * EARTH_KILOMETRES * Math.asin(Math.sqrt(half)) * ROADS_ARE_LONGER;
  return Math.round(IN_TOWN_MINUTES + (kilometres / KILOMETRES_AN_HOUR) * 60);
}

function county(region: string): CountyRow {
  const found = COUNTIES.find((row) => row.region === region);
  if (!found) throw new Error(`no county of Jinan: ${region}`);
  return found;
}

const USCC_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';

/** A well-formed code of a company (91) registered in that county (GB 32100). */
function uscc(region: string, draw: Chance): string {
  const body = `MA${Array.from({ length: 6 }, () => draw.pick([...USCC_ALPHABET])).join('')}`;
  const weights = [3, 7, 9, 10, 5, 8, 4, 2];
  const rest = 11 - (weights.reduce((sum, weight, at) => sum + weight * Number.parseInt(body.charAt(at), 36), 0) % 11);
  const head = `91${region}${body}${rest === 10 ? 'X' : rest === 11 ? '0' : rest}`;
  const sum = [...head].reduce((total, sign, at) => total + 3 ** at * USCC_ALPHABET.indexOf(sign), 0);
  return `${head}${USCC_ALPHABET.charAt((31 - (sum % 31)) % 31)}`;
}
