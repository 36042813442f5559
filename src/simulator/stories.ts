import { covers, type Producer } from './city.ts';
import { WASTES } from './city-rows.ts';
import { type Consignment, sum, trueGrams } from './consignment.ts';
import { addDays, DAY, dayOf, daysBetween, HOUR, isWorkingDay, MINUTE, startOf, workingDaysAfter } from './days.ts';
import type { Parameters, RuleId } from './parameters.ts';
import { BENCH_SCALE, permissibleGrams, readingGrams, type Scale } from './scales.ts';
import { net, stockFor, type Teller } from './teller.ts';

/**
 * What goes wrong, as it happens, not as a rule sees it; each with a magnitude, where 1 is the threshold itself. Below 1
 * it is an honest twin that lies just inside. The referee alone says which of them break a rule.
 */
export interface StoryKind {
  readonly id: string;
  /** The rule it aims at; null for a lawful thing that only looks odd. */
  readonly aimsAt: RuleId | null;
  readonly title: { readonly zh: string; readonly en: string };
  /** Several loads, when one is not enough to tell it; none, when it is about a store. */
  tell(teller: Teller, ratio: number): readonly Consignment[];
}

/** Loads heavy enough for a percentage to count for more than the scales' own errors. */
const HEAVY_GRAMS = 7_000_000;

export const STORIES: readonly StoryKind[] = [
  {
    id: 'short_load',
    aimsAt: 'mass',
    title: { zh: '途中倾倒一部分', en: 'Part of the load was dumped on the way' },
    tell(teller, ratio) {
      const load = heavyLoad(teller);
      const [line] = load.lines;
      line!.arrivedGrams -= Math.min(line!.loadedGrams - 1_000, Math.round(ratio * stepGrams(teller, load)));
      return [inStock(teller, teller.report(load))];
    },
  },
  {
    id: 'wet_load',
    aimsAt: 'mass',
    title: { zh: '途中淋雨增重', en: 'Rain got into the load' },
    tell(teller, ratio) {
      const load = heavyLoad(teller);
      load.lines[0]!.arrivedGrams += Math.round(ratio * stepGrams(teller, load));
      return [inStock(teller, teller.report(load))];
    },
  },
  {
    id: 'copied_receipt',
    aimsAt: 'mass',
    title: { zh: '少收却照抄装运量', en: 'It arrived short, and the clerk copied the loaded mass' },
    tell(teller, ratio) {
      const load = heavyLoad(teller);
      const [line] = load.lines;
      line!.arrivedGrams -= Math.min(line!.loadedGrams - 1_000, Math.round(ratio * stepGrams(teller, load)));
      teller.report(load);
      load.received = load.loaded.map((quantity) => ({ ...quantity }));
      return [inStock(teller, load)];
    },
  },
  {
    id: 'padded_declaration',
    aimsAt: 'mass',
    title: { zh: '虚报申报量', en: 'More was declared than there was' },
    tell(teller, ratio) {
      const load = teller.report(heavyLoad(teller));
      load.declared[0]!.grams = load.loaded[0]!.grams + Math.round(ratio * floorGrams(teller.parameters, load));
      return [inStock(teller, load)];
    },
  },
  {
    id: 'pieces_lost',
    aimsAt: 'piece_count',
    title: { zh: '途中丢失数件', en: 'Pieces were lost on the way' },
    tell(teller, ratio) {
      const load = teller.load(fewPieces(teller));
      const [line] = load.lines;
      const lost = Math.min(line!.loadedPieces - 1, Math.floor(ratio));
      line!.arrivedPieces -= lost;
      line!.arrivedGrams -= Math.floor((lost * line!.loadedGrams) / line!.loadedPieces);
      return [inStock(teller, teller.report(load))];
    },
  },
  {
    id: 'other_waste',
    aimsAt: 'class',
    title: { zh: '所装与联单不是同一种废物', en: 'It is another waste than the papers say' },
    tell(teller, ratio) {
      const load = teller.report(teller.load());
      const { waste } = load.lines[0]!;
      // Short of another waste, a clerk who notes a small difference in mass: that is not for this rule.
      if (ratio <= 1) load.discrepancies = [{ line: 1, type: 'quantity', found: '以过磅为准' }];
      else {
        const actual = teller.chance.pick(
          Object.values(WASTES).filter(({ code }) => code.slice(-2) !== waste.code.slice(-2)),
        );
        load.lines[0]!.actual = actual;
        load.discrepancies = [
          { line: 1, type: 'name', found: `实为${actual.name}` },
          { line: 1, type: actual.form === waste.form ? 'property' : 'form', found: `应按 ${actual.code} 管理` },
        ];
      }
      return [inStock(teller, load)];
    },
  },
  {
    id: 'late_confirmation',
    aimsAt: 'confirmation_overdue',
    title: { zh: '接受后迟迟未在系统确认', en: 'Accepted, and confirmed late' },
    tell(teller, ratio) {
      const { confirmWorkingDays: term, steps } = teller.parameters;
      const { over } = teller.chance.pick(steps.confirmation_overdue);
      const after = Math.round((over === 0 ? (ratio - 1) * term * 24 : ratio * over) * 60) * MINUTE;
      const { arrivalDay, overAt } = dueWithin(teller, term, after);
      const load = teller.load({ pickupAt: startOf(arrivalDay) + 9 * HOUR });
      load.receipt.toldAt = Math.max(overAt + after, load.receipt.at);
      return [inStock(teller, teller.report(load))];
    },
  },
  {
    id: 'long_road',
    aimsAt: 'transit_overlong',
    title: { zh: '长时间在途', en: 'The load stayed on the road' },
    tell(teller, ratio) {
      const { transitHours, steps } = teller.parameters;
      const { over } = teller.chance.pick(steps.transit_overlong);
      const roadMinutes = Math.round(ratio * (transitHours + over) * 60);
      const latest = teller.until - roadMinutes * MINUTE - 6 * HOUR;
      const morning = Math.min(startOf(teller.pickDay()), startOf(dayOf(latest - 9 * HOUR))) + 9 * HOUR;
      return [inStock(teller, teller.report(teller.load({ pickupAt: morning, roadMinutes })))];
    },
  },
  {
    id: 'licence_lapses',
    aimsAt: 'licence',
    title: { zh: '运输途中许可证到期', en: 'The licence ended while the load was on the road' },
    tell(teller, ratio) {
      const day = teller.pickDay();
      const pickupAt = startOf(day) - 4 * HOUR;
      const plant = teller.guestPlant({ validTo: ratio > 1 ? day : addDays(day, 1) });
      const { producer, waste } = licensable(teller);
      plant.licence = { ...plant.licence, wasteCodes: [waste.code] };
      return [inStock(teller, teller.report(teller.load({ producer, waste, plant, pickupAt, roadMinutes: 12 * 60 })))];
    },
  },
  {
    id: 'refused_plant',
    // Refused at issue: nothing moves, and no anomaly is left.
    aimsAt: null,
    title: { zh: '先选了许可证不含该代码的单位', en: 'A plant was chosen whose licence does not cover the waste' },
    tell(teller, ratio) {
      const load = teller.load(licensable(teller));
      const day = dayOf(load.issuedAt);
      const { code } = load.lines[0]!.waste;
      const others = Object.values(WASTES).filter((waste) => waste.code.slice(-2) !== code.slice(-2));
      const expired = { wasteCodes: [code], validTo: ratio > 1.5 ? addDays(day, -1) : day };
      const outside = { wasteCodes: [teller.chance.pick(others).code] };
      if (ratio > 1) load.refusedPlant = teller.guestPlant(teller.chance.happens(0.5) ? expired : outside);
      return [inStock(teller, teller.report(load))];
    },
  },
  {
    id: 'over_scale',
    aimsAt: 'over_scale',
    title: { zh: '超过年核准经营规模', en: 'A plant takes more in a year than its licence says' },
    tell(teller, ratio) {
      const plant = teller.guestPlant({});
      const producer = teller.chance.pick(teller.city.producers);
      const { waste } = teller.chance.pick(producer.customs);
      const loads = [1, 2].map(() => inStock(teller, teller.report(teller.load({ producer, waste, plant }))));
      const total = sum(loads.flatMap(({ received }) => received.map(({ grams }) => grams)));
      const step = teller.chance.pick([1, 1 + teller.parameters.scaleExcessPermille / 1_000]);
      plant.licence = { ...plant.licence, wasteCodes: [waste.code], scaleGrams: Math.round(total / (ratio * step)) };
      return loads;
    },
  },
  {
    id: 'unrecorded_waste',
    aimsAt: 'negative_stock',
    title: { zh: '运出了台账上没有的废物', en: 'It ships what it never recorded' },
    tell(teller, ratio) {
      const producer = teller.guestProducer();
      const load = teller.report(teller.load({ producer }));
      const { waste } = load.lines[0]!;
      const { grams, pieces } = load.loaded[0]!;
      const { over } = teller.chance.pick(teller.parameters.steps.negative_stock);
      const recorded = Math.round(over === 0 ? grams * (2 - ratio) : grams - ratio * over);
      if (recorded > 0) {
        const at = load.draftedAt - 5 * HOUR;
        teller.generate({ producer, waste, grams: recorded, pieces, at, toldAt: at + 20 * MINUTE, mode: 'live' });
      }
      return [load];
    },
  },
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
    id: 'old_stock',
    aimsAt: 'storage_over_limit',
    title: { zh: '超期贮存', en: 'Stock is kept beyond the limit' },
    tell(teller, ratio) {
      const producer = teller.guestProducer();
      const { waste } = teller.chance.pick(producer.customs);
      const { producerStorageDays, steps } = teller.parameters;
      const { over } = teller.chance.pick(steps.storage_over_limit);
      const at = teller.until - Math.round(ratio * (producerStorageDays * 24 + over) * 60) * MINUTE;
      const toldAt = startOf(teller.pickDay()) + 10 * HOUR;
      const grams = Math.round(teller.chance.between(...waste.loadGrams));
      teller.generate({ producer, waste, grams, pieces: 0, at, toldAt, mode: 'paper' });
      return [];
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

function inStock(teller: Teller, load: Consignment): Consignment {
  stockFor(teller, load);
  return load;
}

function heavyLoad(teller: Teller): Consignment {
  const isHeavy = (producer: Producer) => producer.customs.filter(({ waste }) => waste.loadGrams[1] > HEAVY_GRAMS);
  const producer = teller.chance.pick(teller.city.producers.filter((one) => isHeavy(one).length > 0));
  const { waste } = teller.chance.pick(isHeavy(producer));
  return teller.load({ producer, waste, leastGrams: HEAVY_GRAMS });
}

/** A difference of that many grams stands on the threshold: the tenth, the third in a hundred, or the scales' own errors. */
function stepGrams({ parameters, chance }: Teller, load: Consignment): number {
  const { warningPermille, criticalPermille } = parameters.massTolerance;
  const loaded = trueGrams(load, 'loaded');
  const steps = [criticalPermille, warningPermille, 0].map((permille) => (loaded * permille) / 1_000);
  return Math.max(floorGrams(parameters, load), chance.pick(steps));
}

/** What two honest scales may differ by: in service, gross and tare, at both ends; else the row's. */
function floorGrams({ massTolerance }: Parameters, { producer, vehicle, lines }: Consignment): number {
  if (producer.scale === BENCH_SCALE) return massTolerance.floorTruckGrams;
  const gross = vehicle.tareGrams + sum(lines.map(({ loadedGrams }) => loadedGrams));
  const both = (scale: Scale) => permissibleGrams(scale, gross) + permissibleGrams(scale, vehicle.tareGrams);
  return 2 * 2 * both(producer.scale);
}

/** Wastes that some item of the exemption list names need no licence at that stage (LIST annex): not for these stories. */
const FREED_SOMEWHERE = ['900-041-49', '772-002-18', '900-249-08', '900-006-09', '900-349-34'];

function licensable({ city, chance }: Teller) {
  const fit = city.producers.flatMap((producer) =>
    producer.customs.flatMap(({ waste }) => (FREED_SOMEWHERE.includes(waste.code) ? [] : [{ producer, waste }])),
  );
  return chance.pick(fit);
}

function fewPieces({ city, chance }: Teller) {
  const counted = (producer: Producer) => producer.customs.filter(({ waste }) => (waste.pieceGrams ?? 0) > 100_000);
  const producer = chance.pick(
    city.producers.filter((one) => counted(one).some(({ waste }) => waste.loadGrams[1] > 2_000_000)),
  );
  const { waste } = counted(producer).find((one) => one.waste.loadGrams[1] > 2_000_000)!;
  return { producer, waste, leastGrams: 2_000_000 };
}

/** A day of arrival such that what happens so long after the term's end is told within a week before the end. */
function dueWithin({ until, chance }: Teller, term: number, after: number) {
  const latest = until - Math.max(0, after) - HOUR;
  const fit = daysBetween(latest - 8 * DAY, latest).filter(
    (day) => isWorkingDay(day) && startOf(addDays(day, 1)) <= latest,
  );
  const dueDay = fit.length > 0 ? chance.pick(fit) : addDays(dayOf(latest), -1);
  let arrivalDay = addDays(dueDay, -term);
  while (workingDaysAfter(arrivalDay, term) > dueDay) arrivalDay = addDays(arrivalDay, -1);
  return { arrivalDay, overAt: startOf(addDays(workingDaysAfter(arrivalDay, term), 1)) };
}

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
