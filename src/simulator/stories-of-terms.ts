import type { Plant } from './city.ts';
import { WASTES } from './city-rows.ts';
import { sum } from './consignment.ts';
import { addDays, DAY, dayOf, daysBetween, HOUR, isWorkingDay, MINUTE, startOf, workingDaysAfter } from './days.ts';
import { licensable } from './magnitudes.ts';
import { inStock, type StoryKind } from './story-kind.ts';
import type { Teller } from './teller.ts';
import { bringBack, refuse } from './turns.ts';

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
    title: { zh: '先选了许可证不涵盖的单位', en: 'A plant was chosen whose licence does not cover the waste' },
    tell(teller, ratio) {
      const wish = licensable(teller);
      const { code } = wish.waste;
      const guest = teller.guestPlant({});
      const own = { siteRef: guest.siteRef, methods: [guest.method], areas: ['370100'], wasteCodes: [classOf(code)] };
      guest.licence = { ...guest.licence, ...own };
      if (ratio <= 1) return [inStock(teller, teller.report(teller.load({ ...wish, plant: guest })))];
      const load = teller.load(wish);
      const others = Object.values(WASTES).filter((waste) => classOf(waste.code) !== classOf(code));
      const lacking: Partial<Plant['licence']>[] = [
        { validTo: dayOf(load.issuedAt) },
        { wasteCodes: [teller.chance.pick(others).code] },
        { excludedCodes: [code] },
        { areas: ['370200'] },
        { methods: [guest.method === 'D10' ? 'R9' : 'D10'] },
        { siteRef: `${guest.ref}site2` },
      ];
      guest.licence = { ...guest.licence, ...teller.chance.pick(lacking) };
      load.refusedPlant = guest;
      return [inStock(teller, teller.report(load))];
    },
  },
  {
    id: 'refused_at_lapse',
    aimsAt: 'licence',
    title: { zh: '许可证到期后到达，拒收退回', en: 'It arrived when the licence had ended, and was refused' },
    tell(teller, ratio) {
      const day = teller.pickDay();
      const wish = licensable(teller);
      const plant = teller.guestPlant({ validTo: day, wasteCodes: [wish.waste.code] });
      const pickupAt = startOf(day) - 4 * HOUR;
      const load = inStock(teller, teller.report(teller.load({ ...wish, plant, pickupAt, roadMinutes: 12 * 60 })));
      return [ratio > 1 ? load : bringBack(teller, refuse(load, 1))];
    },
  },
  {
    id: 'other_method',
    aimsAt: 'licence',
    title: { zh: '实际利用处置方式不在许可范围', en: 'It was treated in a way that is not licensed' },
    tell(teller, ratio) {
      const wish = licensable(teller);
      const plant = teller.guestPlant({ wasteCodes: [wish.waste.code] });
      const other = plant.method === 'D10' ? 'C1' : 'D10';
      plant.licence = { ...plant.licence, methods: ratio > 1 ? [plant.method] : [plant.method, other] };
      const load = teller.report(teller.load({ ...wish, plant }));
      return [inStock(teller, Object.assign(load, { method: other }))];
    },
  },
  {
    id: 'full_plant',
    aimsAt: 'over_scale',
    title: { zh: '临近规模，多余部分拒收', en: 'A plant near its scale refuses what is too much' },
    tell(teller, ratio) {
      const plant = teller.guestPlant({});
      const producer = teller.chance.pick(teller.city.producers);
      const { waste } = teller.chance.pick(producer.customs);
      const loads = [1, 2].map(() => inStock(teller, teller.report(teller.load({ producer, waste, plant }))));
      const [, second] = loads;
      bringBack(teller, refuse(second!, 0.5));
      const accepted = sum(loads.flatMap(({ received }) => received.map(({ grams }) => grams)));
      const scaleGrams = Math.max(1, Math.round(accepted / ratio));
      plant.licence = { ...plant.licence, wasteCodes: [waste.code], scaleGrams };
      return loads;
    },
  },
];

const classOf = (code: string): string => `HW${code.slice(-2)}`;

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
