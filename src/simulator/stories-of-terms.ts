import { WASTES } from './city-rows.ts';
import { sum } from './consignment.ts';
import { addDays, DAY, dayOf, daysBetween, HOUR, isWorkingDay, MINUTE, startOf, workingDaysAfter } from './days.ts';
import { inStock, type StoryKind } from './story-kind.ts';
import type { Teller } from './teller.ts';

/** Too late, too long, too much, or without leave. */
export const STORIES_OF_TERMS: readonly StoryKind[] = [
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
];

/** Wastes that some item of the exemption list names need no licence at that stage (LIST annex): not for these stories. */
const FREED_SOMEWHERE = ['900-041-49', '772-002-18', '900-249-08', '900-006-09', '900-349-34'];

function licensable({ city, chance }: Teller) {
  const fit = city.producers.flatMap((producer) =>
    producer.customs.flatMap(({ waste }) => (FREED_SOMEWHERE.includes(waste.code) ? [] : [{ producer, waste }])),
  );
  return chance.pick(fit);
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
