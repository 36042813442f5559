import { covers, type Plant, type Producer } from './city.ts';
import type { WasteRow } from './city-rows.ts';
import { type Consignment, sum, trueGrams } from './consignment.ts';
import type { Parameters } from './parameters.ts';
import { BENCH_SCALE, permissibleGrams, type Scale } from './scales.ts';
import type { Teller } from './teller.ts';

/** Which loads a story needs, and what its threshold is for such a load. */
/** Loads heavy enough for a percentage to count for more than the scales' own errors. */
const HEAVY_GRAMS = 7_000_000;

export function heavyLoad(teller: Teller): Consignment {
  const isHeavy = (producer: Producer) => producer.customs.filter(({ waste }) => waste.loadGrams[1] > HEAVY_GRAMS);
  const producer = teller.chance.pick(teller.city.producers.filter((one) => isHeavy(one).length > 0));
  const { waste } = teller.chance.pick(isHeavy(producer));
  return teller.load({ producer, waste, leastGrams: HEAVY_GRAMS });
}

/** A difference of that many grams stands on the threshold: the tenth, the third in a hundred, or the scales' own errors. */
export function stepGrams({ parameters, chance }: Teller, load: Consignment): number {
  const { warningPermille, criticalPermille } = parameters.massTolerance;
  const loaded = trueGrams(load, 'loaded');
  const steps = [criticalPermille, warningPermille, 0].map((permille) => (loaded * permille) / 1_000);
  return Math.max(floorGrams(parameters, load), chance.pick(steps));
}

/** What two honest scales may differ by: in service, gross and tare, at both ends; else the row's. */
export function floorGrams({ massTolerance }: Parameters, { producer, vehicle, lines }: Consignment): number {
  if (producer.scale === BENCH_SCALE) return massTolerance.floorTruckGrams;
  const gross = vehicle.tareGrams + sum(lines.map(({ loadedGrams }) => loadedGrams));
  const both = (scale: Scale) => permissibleGrams(scale, gross) + permissibleGrams(scale, vehicle.tareGrams);
  return 2 * 2 * both(producer.scale);
}

export function fewPieces({ city, chance }: Teller) {
  const counted = (producer: Producer) => producer.customs.filter(({ waste }) => (waste.pieceGrams ?? 0) > 100_000);
  const producer = chance.pick(
    city.producers.filter((one) => counted(one).some(({ waste }) => waste.loadGrams[1] > 2_000_000)),
  );
  const { waste } = counted(producer).find((one) => one.waste.loadGrams[1] > 2_000_000)!;
  return { producer, waste, leastGrams: 2_000_000 };
}

/** Wastes that some item of the exemption list names need no licence at that stage (LIST annex): not for these stories. */
const FREED_SOMEWHERE = ['900-041-49', '772-002-18', '900-249-08', '900-006-09', '900-349-34'];

export function licensable({ city, chance }: Teller): { producer: Producer; waste: WasteRow } {
  const fit = city.producers.flatMap((producer) =>
    producer.customs.flatMap(({ waste }) => (FREED_SOMEWHERE.includes(waste.code) ? [] : [{ producer, waste }])),
  );
  return chance.pick(fit);
}

/** Another origin and another destination: two loads that are no shared journey. */
export function elsewhere({ city, chance }: Teller, { producer, plant }: Consignment) {
  const fit = city.producers.flatMap((other) =>
    other.ref === producer.ref
      ? []
      : other.customs.flatMap((custom) =>
          custom.plant === plant ? [] : [{ producer: other, waste: custom.waste, plant: custom.plant }],
        ),
  );
  return chance.pick(fit);
}

/** Another plant that is licensed for what is on it; undefined when the city has none. */
export function otherPlant({ city, chance }: Teller, { plant, lines }: Consignment): Plant | undefined {
  const fit = city.plants.filter(
    (other) => other !== plant && lines.every(({ waste }) => covers(other.licence.wasteCodes, waste.code)),
  );
  return fit.length > 0 ? chance.pick(fit) : undefined;
}
