import { covers, type Producer } from './city.ts';
import { type Consignment, sum, type Trip, trueGrams } from './consignment.ts';
import { HOUR, MINUTE, startOf } from './days.ts';
import { net } from './honest-loads.ts';
import { elsewhere } from './magnitudes.ts';
import { BENCH_SCALE, readingGrams } from './scales.ts';
import { inStock, type StoryKind } from './story-kind.ts';
import type { Teller } from './teller.ts';

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
      const pickupAt = Math.max(first.pickup.at + MINUTE, first.arrival.at - together * MINUTE);
      const second = teller.load({ ...elsewhere(teller, first), carrier, vehicle, pickupAt });
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
      // As often as not the ticket that was weighed first is told last.
      if (teller.chance.happens(0.5)) used!.toldAt = own!.toldAt + 90 * MINUTE;
      if (ratio > 1) {
        const at = used!.at + teller.chance.whole(0, 90) * MINUTE;
        Object.assign(own!, { grossGrams: used!.grossGrams, tareGrams: used!.tareGrams, at });
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
    id: 'collecting_trip',
    aimsAt: null,
    title: { zh: '串点收运，整车过磅一次', en: 'A round of pickups, the whole vehicle weighed once' },
    tell: (teller) => onOneTrip(teller, milkRun(teller)),
  },
  {
    id: 'wrong_tare',
    aimsAt: 'trip_mass',
    title: { zh: '整车磅单抄了另一辆车的皮重', en: 'The ticket of a whole vehicle has the tare of another' },
    tell(teller, ratio) {
      const loads = onOneTrip(teller, milkRun(teller));
      const received = sum(loads.flatMap((load) => load.received.map(({ grams }) => grams)));
      const { floorTruckGrams, criticalPermille } = teller.parameters.massTolerance;
      const step = Math.max(floorTruckGrams, (received * criticalPermille) / 1_000);
      const { ticket } = loads[0]!.trip!.weighings[0]!;
      ticket.tareGrams = ticket.grossGrams - received - Math.round(ratio * step);
      return loads;
    },
  },
  {
    id: 'shared_weighing',
    aimsAt: 'mass',
    title: { zh: '整车磅单挂在每份联单上', en: 'The weighing of the whole vehicle is hung on every manifest' },
    tell(teller, ratio) {
      const loads = milkRun(teller);
      if (ratio <= 1) return onOneTrip(teller, loads);
      const [first] = loads;
      const { plant, vehicle, arrival } = first!;
      const netGrams = sum(loads.map((load) => trueGrams(load, 'arrived')));
      const whole = { ref: plant.ref, vehicle, when: arrival.at + 5 * MINUTE, netGrams };
      const ticket = teller.weigh('unloading', whole);
      for (const [nth, load] of loads.entries())
        load.tickets = [{ ...ticket, ref: `${ticket.ref}s${nth}`, number: `${ticket.number}-${nth + 1}` }];
      return loads;
    },
  },
  {
    id: 'two_plants',
    aimsAt: 'overlap',
    title: { zh: '一车次送两家，漏报车次', en: 'A round for two plants, and one pickup does not name it' },
    tell(teller, ratio) {
      const first = teller.load();
      const { carrier, vehicle } = first;
      const pickupAt = first.pickup.at + 10 * MINUTE;
      const roadMinutes = Math.round((first.arrival.at - pickupAt) / MINUTE) + teller.chance.whole(20, 60);
      const second = teller.load({ ...elsewhere(teller, first), carrier, vehicle, pickupAt, roadMinutes });
      const loads = [first, second].map((load) => inStock(teller, teller.report(load)));
      const trip = aRound(teller, loads);
      for (const load of ratio > 1 ? [first] : loads) load.trip = trip;
      return loads;
    },
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

/** From half an hour before the first pickup to an hour after the last arrival. */
function aRound(teller: Teller, loads: readonly Consignment[]): Trip {
  const { carrier, vehicle } = loads[0]!;
  const startAt = Math.min(...loads.map(({ pickup }) => pickup.at)) - 30 * MINUTE;
  const endAt = Math.max(...loads.flatMap(({ pickup, arrival }) => [pickup.toldAt, arrival.toldAt])) + HOUR;
  const told = (at: number) => ({ at, toldAt: at + MINUTE, mode: 'live' as const });
  return teller.round({ carrier, vehicle, start: told(startAt), end: told(endAt), weighings: [] });
}

/** Each load is weighed where it is fetched; the plant weighs the vehicle with all of them. */
function onOneTrip(teller: Teller, loads: Consignment[]): Consignment[] {
  const trip = aRound(teller, loads);
  for (const load of loads) load.trip = trip;
  const { plant, arrival } = loads[0]!;
  const netGrams = sum(loads.map((load) => trueGrams(load, 'arrived')));
  const whole = { ref: plant.ref, vehicle: trip.vehicle, when: arrival.at + 5 * MINUTE, netGrams };
  trip.weighings.push({ plant, ticket: teller.weigh('unloading', whole) });
  return loads;
}
