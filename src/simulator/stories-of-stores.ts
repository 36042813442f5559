import { WASTES } from './city-rows.ts';
import { sum } from './consignment.ts';
import { DAY, HOUR, MINUTE, startOf } from './days.ts';
import { inStock, type StoryKind } from './story-kind.ts';
import type { Teller } from './teller.ts';

/** What lies in a store for too long, or was never there. */
export const STORIES_OF_STORES: readonly StoryKind[] = [
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
    id: 'old_part',
    aimsAt: 'storage_over_limit',
    title: { zh: '超期的一批拆出一部分另存', en: 'Part of an old batch is put by itself' },
    tell(teller, ratio) {
      const producer = teller.guestProducer();
      const { waste } = teller.chance.pick(producer.customs);
      const room = teller.room({ holder: producer, type: 'warehouse', capacityGrams: 100_000_000 });
      const at = longAgo(teller, ratio, teller.parameters.producerStorageDays);
      const toldAt = startOf(teller.pickDay()) + 9 * HOUR;
      const grams = Math.round(teller.chance.between(...waste.loadGrams));
      const movedAt = toldAt + 30 * MINUTE;
      const stored = { at: movedAt, toldAt: movedAt, mode: 'live', room, grams: Math.round(grams / 3) } as const;
      teller.generate({ producer, waste, grams, pieces: 0, at, toldAt, mode: 'paper', stored });
      return [];
    },
  },
  {
    id: 'full_store',
    aimsAt: 'store_over_capacity',
    title: { zh: '贮存设施超量', en: 'A store holds more than it may' },
    tell(teller, ratio) {
      const { chance, parameters } = teller;
      const producer = teller.guestProducer();
      const { waste } = chance.pick(producer.customs);
      const type = chance.pick(['warehouse', 'point'] as const);
      const capacityGrams = type === 'point' ? null : chance.whole(5, 60) * 1_000_000;
      const room = teller.room({ holder: producer, type, capacityGrams });
      const steps = parameters.steps.store_over_capacity.map(({ over }) => over);
      const permille = chance.pick(type === 'point' ? steps : [parameters.storeWarningPermille, ...steps]);
      const left = Math.round((ratio * permille * (capacityGrams ?? parameters.pointLimitGrams)) / 1_000);
      // As often as not it held more, until a load was fetched.
      const loads = chance.happens(0.5) ? [teller.report(teller.load({ producer, waste }))] : [];
      const fetched = sum(loads.flatMap(({ loaded }) => loaded.map(({ grams }) => grams)));
      const lastAt = (loads[0]?.draftedAt ?? startOf(teller.pickDay()) + 16 * HOUR) - 2 * HOUR;
      for (const [nth, share] of [0.5, 0.3, 0.2].entries()) {
        const at = lastAt - (2 - nth) * 5 * HOUR;
        const movedAt = at + 40 * MINUTE;
        const stored = { at: movedAt, toldAt: movedAt + 5 * MINUTE, mode: 'live', room, grams: null } as const;
        const grams = Math.round((left + fetched) * share);
        teller.generate({ producer, waste, grams, pieces: 0, at, toldAt: at + 10 * MINUTE, mode: 'live', stored });
      }
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
    id: 'overtreated',
    aimsAt: 'negative_stock',
    title: { zh: '处置量多于接受量', en: 'A plant treats more than it took in' },
    tell(teller, ratio) {
      const { producer, waste } = teller.chance.pick(
        teller.city.producers.flatMap((one) => one.customs.map((custom) => ({ producer: one, waste: custom.waste }))),
      );
      const plant = teller.guestPlant({ wasteCodes: [waste.code] });
      const load = inStock(teller, teller.report(teller.load({ producer, waste, plant })));
      const { grams } = load.received[0]!;
      const { over } = teller.chance.pick(teller.parameters.steps.negative_stock);
      const treated = Math.round(over === 0 ? grams * ratio : grams + ratio * over);
      const startedAt = load.receipt.toldAt + teller.chance.whole(60, 180) * MINUTE;
      const at = startedAt + 90 * MINUTE;
      const inputs = [{ waste, grams: treated }];
      const told = { at, toldAt: at + 10 * MINUTE, mode: 'live' } as const;
      teller.treat({ plant, startedAt, inputs, residue: null, product: null, ...told });
      return [load];
    },
  },
  {
    id: 'old_residue',
    aimsAt: 'storage_over_limit',
    title: { zh: '次生废物超期贮存', en: 'A residue is kept beyond the limit' },
    tell(teller, ratio) {
      const at = longAgo(teller, ratio, teller.parameters.producerStorageDays);
      const plant = teller.guestPlant({});
      const toldAt = startOf(teller.pickDay()) + 10 * HOUR;
      const waste = WASTES.packaging;
      const grams = teller.chance.whole(2_000, 9_000) * 1_000;
      const lines = [{ waste, grams }];
      teller.generate({ producer: plant, waste, grams, pieces: 0, at: at - 5 * HOUR, toldAt, mode: 'paper' });
      const residue = { code: RESIDUE_OF_BURNING, grams: Math.round(grams / 5) };
      const told = { at, toldAt: toldAt + 20 * MINUTE, mode: 'paper' } as const;
      teller.treat({ plant, startedAt: at - 2 * HOUR, inputs: lines, residue, product: null, ...told });
      return [];
    },
  },
  {
    id: 'old_collection',
    aimsAt: 'storage_over_limit',
    title: { zh: '收集单位超期贮存，纸质联单补录', en: 'A collector keeps what it took in, entered from paper' },
    tell(teller, ratio) {
      const acceptedAt = longAgo(teller, ratio, teller.parameters.operatorStorageDays);
      const producer = teller.guestProducer();
      const { waste } = teller.chance.pick(producer.customs);
      const plant = teller.guestPlant({ wasteCodes: [waste.code] });
      const wish = { producer, waste, plant, pickupAt: acceptedAt - 3 * HOUR, roadMinutes: 120 };
      const load = onPaper(teller, teller.report(teller.load(wish)), startOf(teller.pickDay()) + 9 * HOUR);
      load.receipt.at = acceptedAt;
      const { grams, pieces } = load.loaded[0]!;
      const at = load.pickup.at - DAY;
      teller.generate({ producer, waste, grams, pieces, at, toldAt: load.draftedAt - HOUR, mode: 'paper' });
      return [load];
    },
  },
  {
    id: 'entered_from_paper',
    // Told long after the term, of a day within it.
    aimsAt: null,
    title: { zh: '系统故障期间使用纸质联单，事后补录', en: 'A manifest on paper, entered when the system was back' },
    tell(teller) {
      const day = teller.pickDay();
      const pickupAt = startOf(day) - teller.chance.whole(9, 12) * DAY + 9 * HOUR;
      const load = teller.report(teller.load({ pickupAt }));
      return [inStock(teller, onPaper(teller, load, startOf(day) + 10 * HOUR))];
    },
  },
];

/** 危险废物焚烧、热解等处置过程产生的底渣、飞灰和废水处理污泥. */
export const RESIDUE_OF_BURNING = '772-003-18';

/** No longer ago than papers reach back. */
const RATIO_MAX = 1.5;

/** So long ago that a term of days, with one of the steps beyond it, is used up to that ratio. */
function longAgo({ chance, parameters, until }: Teller, ratio: number, days: number): number {
  const { over } = chance.pick(parameters.steps.storage_over_limit);
  return until - Math.round(Math.min(ratio, RATIO_MAX) * (days * 24 + over) * 60) * MINUTE;
}

/** TM 20: everything happened on paper, and is entered one after another, that day. */
function onPaper({ chance }: Teller, load: Parameters<typeof inStock>[1], enteredAt: number) {
  let now = enteredAt;
  const entered = <Kept extends { at: number }>(moment: Kept) => {
    now += chance.whole(5, 70) * MINUTE;
    return { ...moment, toldAt: now, mode: 'paper' as const };
  };
  load.paperIssuedAt = load.pickup.at - HOUR;
  load.draftedAt = enteredAt;
  load.issuedAt = enteredAt + 5 * MINUTE;
  load.confirmation = null;
  now = load.issuedAt;
  load.pickup = entered(load.pickup);
  load.tickets = load.tickets.map(entered);
  load.arrival = entered(load.arrival);
  load.receipt = entered(load.receipt);
  return load;
}
