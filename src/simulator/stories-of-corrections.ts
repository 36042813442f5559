import type { Change, Consignment } from './consignment.ts';
import { DAY, HOUR, MINUTE } from './days.ts';
import { elsewhere } from './magnitudes.ts';
import { inStock, type StoryKind } from './story-kind.ts';
import type { Teller } from './teller.ts';
import { putRight } from './turns.ts';

/** What was typed wrong: put right by those concerned it leaves nothing behind, otherwise it stays (TM 29). */
export const STORIES_OF_CORRECTIONS: readonly StoryKind[] = [
  {
    id: 'mistyped_mass',
    aimsAt: 'mass',
    title: { zh: '重量录入错误，事后更正', en: 'A mass was mistyped, and put right' },
    tell(teller, ratio) {
      const load = inStock(teller, teller.report(teller.load()));
      const what = teller.chance.pick(['loaded', 'received'] as const);
      const right = load[what][0]!.grams;
      load[what][0]!.grams = right + Math.max(2_000_000, Math.round(right * 0.4));
      return [agreed(teller, load, [{ what, line: 1, grams: right }], ratio <= 1)];
    },
  },
  {
    id: 'mistyped_plate',
    aimsAt: 'overlap',
    title: { zh: '车牌录成另一辆车', en: 'The plate of another vehicle was typed' },
    tell(teller, ratio) {
      const other = inStock(teller, teller.report(teller.load()));
      const apart = teller.chance.pick([-1, 1]) * teller.chance.whole(3, 8) * MINUTE;
      const wish = { ...elsewhere(teller, other), pickupAt: other.pickup.at + apart, roadMinutes: 150 };
      const load = inStock(teller, teller.report(teller.load(wish)));
      load.plate = other.plate;
      return [other, agreed(teller, load, [{ what: 'plate', plate: load.vehicle.plate }], ratio <= 1)];
    },
  },
  {
    id: 'mistyped_pickup',
    aimsAt: 'transit_overlong',
    title: { zh: '装运日期录早了几天', en: 'The day of the pickup was typed some days early' },
    tell(teller, ratio) {
      const load = inStock(teller, teller.report(teller.load()));
      const right = load.pickup.at;
      const tooEarly = Math.max(1.1, ratio) * teller.parameters.transitHours * HOUR;
      load.pickup = { ...load.pickup, at: right - Math.round(tooEarly / MINUTE) * MINUTE, mode: 'offline' };
      return [agreed(teller, load, [{ what: 'pickedUpAt', at: right }], ratio <= 1)];
    },
  },
  {
    id: 'mistyped_arrival',
    aimsAt: 'confirmation_overdue',
    title: { zh: '运抵日期录早了，期限随之提前', en: 'The day of arrival was typed too early, and the term with it' },
    tell(teller, ratio) {
      const load = inStock(teller, teller.report(teller.load()));
      const right = load.arrival.at;
      load.arrival = { ...load.arrival, at: right - teller.chance.whole(11, 20) * DAY, mode: 'offline' };
      return [agreed(teller, load, [{ what: 'arrivedAt', at: right }], ratio <= 1)];
    },
  },
  {
    id: 'mistyped_scale',
    aimsAt: 'over_scale',
    title: {
      zh: '接受量录入过大，更正后仍在或不在规模内',
      en: 'Too much was typed at receipt; the right mass is near the scale',
    },
    tell(teller, ratio) {
      const plant = teller.guestPlant({});
      const producer = teller.chance.pick(teller.city.producers);
      const { waste } = teller.chance.pick(producer.customs);
      const load = inStock(teller, teller.report(teller.load({ producer, waste, plant })));
      const right = load.received[0]!.grams;
      load.received[0]!.grams = right + Math.max(2_000_000, Math.round(right * 0.6));
      const scaleGrams = Math.max(1, Math.round(right / ratio));
      plant.licence = { ...plant.licence, wasteCodes: [waste.code], scaleGrams };
      return [agreed(teller, load, [{ what: 'received', line: 1, grams: right }], true)];
    },
  },
];

/** Whoever typed it proposes what is right some hours after the receipt; whom the entry concerns agrees. */
function agreed(teller: Teller, load: Consignment, changes: readonly Change[], isAgreed: boolean): Consignment {
  const { carrier, producer, plant, receipt } = load;
  const { what } = changes[0]!;
  const by = what === 'received' ? plant.ref : carrier.ref;
  const concerned = {
    received: [producer.ref, 'regulator'],
    plate: [producer.ref],
    loaded: [producer.ref, plant.ref, 'regulator'],
    pickedUpAt: [producer.ref, plant.ref, 'regulator'],
    arrivedAt: [producer.ref, plant.ref, 'regulator'],
  };
  const at = receipt.toldAt + teller.chance.whole(30, 300) * MINUTE;
  load.correction = putRight(teller, changes, { by, at, others: concerned[what], isAgreed });
  return load;
}
