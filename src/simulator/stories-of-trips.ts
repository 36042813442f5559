import { covers, type Producer } from './city.ts';
import type { Consignment } from './consignment.ts';
import { HOUR, MINUTE, startOf } from './days.ts';
import { BENCH_SCALE, readingGrams } from './scales.ts';
import { inStock, type StoryKind } from './story-kind.ts';
import { net, type Teller } from './teller.ts';

/** One vehicle, several manifests: against the law, and within it. */
export const STORIES_OF_TRIPS: readonly StoryKind[] = [
  {
    id: 'double_plate',
    aimsAt: 'overlap',
    title: { zh: '同一车牌同时在两处', en: 'One plate is in two places at once' },
    tell(teller, ratio) {
      const first = teller.load();
      const { carrier, vehicle } = first;
      const together = Math.round(ratio * teller.chance.pick(teller.parameters.steps.overlap).over);
      const elsewhere = teller.city.producers.flatMap((producer) =>
        producer.ref === first.producer.ref
          ? []
          : producer.customs.flatMap(({ waste, plant }) => (plant === first.plant ? [] : [{ producer, waste, plant }])),
      );
      const pickupAt = Math.max(first.pickup.at + MINUTE, first.arrival.at - together * MINUTE);
      const second = teller.load({ ...teller.chance.pick(elsewhere), carrier, vehicle, pickupAt });
      return [first, second].map((load) => inStock(teller, teller.report(load)));
    },
  },
  {
    id: 'double_ticket',
    aimsAt: 'overlap',
    title: { zh: '一次过磅用于两份联单', en: 'One weighing is used for two manifests' },
    tell(teller, ratio) {
      const first = teller.report(teller.load());
      const { producer, carrier, vehicle, plant } = first;
      const { waste } = first.lines[0]!;
      const pickupAt = first.arrival.at + 5 * HOUR;
      const second = teller.report(teller.load({ producer, waste, carrier, vehicle, plant, pickupAt }));
      const [used, own] = [first, second].map(({ tickets }) => tickets.find(({ purpose }) => purpose === 'unloading')!);
      if (ratio > 1) {
        Object.assign(own!, { grossGrams: used!.grossGrams, tareGrams: used!.tareGrams, at: used!.at });
        own!.number = `${used!.number}-补`;
        second.received[0]!.grams = net(used!);
      }
      return [first, second].map((load) => inStock(teller, load));
    },
  },
  {
    id: 'milk_run',
    aimsAt: null,
    title: { zh: '一车收集多家', en: 'One vehicle collects from several' },
    tell: (teller) => milkRun(teller),
  },
  {
    id: 'mixed_truck',
    aimsAt: null,
    title: { zh: '一车多种废物', en: 'Several wastes on one truck' },
    tell(teller) {
      const plants = (one: Producer) => new Set(one.customs.map(({ plant }) => plant.ref)).size;
      const producer = teller.chance.pick(teller.city.producers.filter((one) => plants(one) < one.customs.length));
      const shared = producer.customs.find((one) =>
        producer.customs.some((two) => two !== one && two.plant === one.plant),
      )!;
      return [inStock(teller, teller.report(teller.load({ producer, waste: shared.waste, linesWanted: 2 })))];
    },
  },
];

const STOPS = { from: 3, to: 4, minutesApart: 45 };

/** TM 16: one manifest for each of them, on one vehicle, the same day. Each is weighed on the collector's bench. */
function milkRun(teller: Teller): Consignment[] {
  const { chance, city } = teller;
  const plant = chance.pick(city.plants.filter(({ isCollector }) => isCollector));
  const fit = city.producers.flatMap((producer) => {
    const custom = producer.customs.find(
      ({ waste }) => waste.pieceGrams !== null && covers(plant.licence.wasteCodes, waste.code),
    );
    return custom && producer.siteClass !== 'key' && producer.ref !== 'p1' ? [{ producer, waste: custom.waste }] : [];
  });
  const carrier = chance.pick(city.carriers);
  const start = startOf(teller.pickDay()) + 8 * HOUR;
  const stops = Math.min(chance.whole(STOPS.from, STOPS.to), fit.length);
  const loads: Consignment[] = [];
  for (let stop = 0; stop < stops; stop++) {
    const { producer, waste } = fit.splice(chance.whole(0, fit.length - 1), 1)[0]!;
    const pickupAt = start + stop * STOPS.minutesApart * MINUTE;
    const roadMinutes = (stops - stop) * STOPS.minutesApart + 60;
    const vehicle = loads[0] ? { vehicle: loads[0].vehicle } : {};
    const load = teller.report(teller.load({ producer, waste, plant, carrier, pickupAt, roadMinutes, ...vehicle }));
    load.tickets = [];
    load.received = load.lines.map(({ arrivedGrams, arrivedPieces }) => ({
      grams: readingGrams(BENCH_SCALE, arrivedGrams, chance),
      pieces: arrivedPieces,
    }));
    loads.push(inStock(teller, load));
  }
  return loads;
}
