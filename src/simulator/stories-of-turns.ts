import type { Consignment, Incident, Quantity } from './consignment.ts';
import { dayOf, HOUR, MINUTE, startOf } from './days.ts';
import { told } from './honest-loads.ts';
import { elsewhere, fewPieces, heavyLoad, otherPlant, stepGrams } from './magnitudes.ts';
import { inStock, type StoryKind } from './story-kind.ts';
import type { Teller } from './teller.ts';
import { arriveAt, bringBack, handOver, overNight, putDown, refuse, sendOn } from './turns.ts';

/** What happens on the way and at the gate: within the law, and beside it. */
export const STORIES_OF_TURNS: readonly StoryKind[] = [
  {
    id: 'two_carriers',
    aimsAt: 'overlap',
    title: { zh: '联运交接后原车又装一车', en: 'The first vehicle loads again after it handed over' },
    tell(teller, ratio) {
      const first = teller.load();
      const others = teller.city.carriers.filter((one) => one !== first.carrier);
      const half = (first.arrival.at - first.pickup.at) / 2;
      const metAt = first.pickup.at + Math.round(half / MINUTE) * MINUTE;
      handOver(teller, first, metAt, teller.chance.pick(others));
      arriveAt(teller, first, first.arrival.at);
      const together = Math.round(ratio * teller.chance.pick(teller.parameters.steps.overlap).over);
      const { carrier, vehicle } = first;
      const pickupAt = Math.max(first.pickup.at + MINUTE, metAt - together * MINUTE);
      const second = teller.load({ ...elsewhere(teller, first), carrier, vehicle, pickupAt });
      return [first, second].map((load) => inStock(teller, teller.report(load)));
    },
  },
  {
    id: 'busy_while_stored',
    aimsAt: 'overlap',
    title: { zh: '货在中转贮存，车另跑一趟', en: 'The vehicle drives another load while the first is in store' },
    tell(teller, ratio) {
      const afternoon = startOf(teller.pickDay()) + 15 * HOUR;
      const first = overNight(teller, teller.load({ pickupAt: afternoon, roadMinutes: 18 * 60 }));
      const [{ ended, began }] = first.onward as [Consignment['onward'][number]];
      const together = Math.round(ratio * teller.chance.pick(teller.parameters.steps.overlap).over);
      const pickupAt = ended.at + 20 * MINUTE;
      const roadMinutes = Math.round((began.at - pickupAt) / MINUTE) + together;
      const { carrier, vehicle } = first;
      const second = teller.load({ ...elsewhere(teller, first), carrier, vehicle, pickupAt, roadMinutes });
      return [first, second].map((load) => inStock(teller, teller.report(load)));
    },
  },
  {
    id: 'stored_on_the_way',
    aimsAt: 'transit_overlong',
    title: { zh: '中转贮存数日后长时间在途', en: 'Days in store on the way, then a long leg' },
    tell(teller, ratio) {
      const { transitHours, steps } = teller.parameters;
      const legMinutes = Math.round(ratio * (transitHours + teller.chance.pick(steps.transit_overlong).over) * 60);
      const restHours = teller.chance.whole(20, 70);
      const all = legMinutes * MINUTE + (restHours + 2) * HOUR;
      const load = teller.load({ pickupAt: morningBefore(teller, all), roadMinutes: 120 });
      const restedAt = load.pickup.at + 2 * HOUR;
      const goesOnAt = restedAt + restHours * HOUR;
      const vehicle = teller.vehicleOf(load.carrier, goesOnAt, goesOnAt + legMinutes * MINUTE);
      putDown(teller, load, restedAt, goesOnAt, vehicle);
      arriveAt(teller, load, goesOnAt + legMinutes * MINUTE);
      return [inStock(teller, teller.report(load))];
    },
  },
  {
    id: 'breakdown',
    aimsAt: 'transit_overlong',
    title: { zh: '途中抛锚，换车续运', en: 'It broke down, and another vehicle took it on' },
    tell(teller, ratio) {
      const { transitHours, steps } = teller.parameters;
      const legMinutes = Math.round(ratio * (transitHours + teller.chance.pick(steps.transit_overlong).over) * 60);
      const pickupAt = morningBefore(teller, legMinutes * MINUTE + 4 * HOUR);
      const load = teller.load({ pickupAt, roadMinutes: legMinutes });
      const settled = { at: load.arrival.at, toldAt: load.arrival.at + 5 * MINUTE, mode: 'live' } as const;
      const carrier = teller.chance.pick(teller.city.carriers);
      const vehicle = teller.vehicleOf(carrier, settled.at, settled.at + 3 * HOUR);
      const place = '济青高速服务区';
      const began = { ...settled, toldAt: settled.toldAt + 3 * MINUTE };
      load.onward.push({ how: 'breakdown', ended: settled, began, carrier, vehicle, place, siteRef: null });
      arriveAt(teller, load, settled.at + 2 * HOUR);
      teller.report(load);
      const none = load.loaded.map(() => ({ grams: 0, pieces: 0 }));
      const all = load.loaded.map((quantity) => ({ ...quantity }));
      load.incident = { ...heldUp(teller, load, { affected: all, lost: none }), type: 'breakdown', settled };
      return [inStock(teller, load)];
    },
  },
  {
    id: 'accident',
    aimsAt: 'mass',
    title: { zh: '泄漏报少了', en: 'Less was said to have leaked than did' },
    tell(teller, ratio) {
      const load = heavyLoad(teller);
      const [line] = load.lines;
      const lostGrams = Math.round((line!.loadedGrams * teller.chance.between(0.05, 0.1)) / 1_000) * 1_000;
      const saved = teller.chance.whole(0, 400) * 1_000;
      // What is saved while the rest is on its way travels on with it; afterwards it stays behind.
      const isLate = teller.chance.happens(0.4);
      const hidden = Math.round(ratio * stepGrams(teller, load));
      line!.arrivedGrams -= Math.min(line!.loadedGrams - 1_000, lostGrams + hidden + (isLate ? saved : 0));
      teller.report(load);
      const first = (grams: number) => load.lines.map((_, nth) => ({ grams: nth === 0 ? grams : 0, pieces: 0 }));
      const incident = heldUp(teller, load, { affected: first(lostGrams + saved), lost: first(lostGrams) });
      return [inStock(teller, settle(teller, load, incident, isLate))];
    },
  },
  {
    id: 'drums_lost',
    aimsAt: 'piece_count',
    title: { zh: '翻车丢桶，少报一件', en: 'Drums fell off, and not all of them were told' },
    tell(teller, ratio) {
      const load = teller.load(fewPieces(teller));
      const [line] = load.lines;
      const each = Math.floor(line!.loadedGrams / line!.loadedPieces);
      const toldPieces = teller.chance.whole(1, 2);
      const lost = Math.min(line!.loadedPieces - 1, toldPieces + Math.floor(ratio));
      line!.arrivedPieces -= lost;
      line!.arrivedGrams -= lost * each;
      teller.report(load);
      const told = [{ grams: toldPieces * each, pieces: toldPieces }];
      const incident: Incident = { ...heldUp(teller, load, { affected: told, lost: told }), type: 'loss' };
      return [inStock(teller, settle(teller, load, incident, false))];
    },
  },
  {
    id: 'partly_refused',
    aimsAt: 'class',
    title: { zh: '部分拒收，退回或转运', en: 'Part of it was refused, and went back or on' },
    tell(teller, ratio) {
      const load = teller.report(teller.load());
      refuse(load, teller.chance.between(0.2, 0.6));
      // Short of another form, a plant that has no room left.
      if (ratio > 1) load.discrepancies = [{ line: 1, type: 'packing', found: '包装破损' }];
      inStock(teller, load);
      const plant = otherPlant(teller, load);
      return plant ? [load, sendOn(teller, load, plant)] : [bringBack(teller, load)];
    },
  },
  {
    id: 'sent_back',
    aimsAt: 'mass',
    title: { zh: '途中倾倒一部分，其余被拒收退回', en: 'Part was dumped on the way, the rest refused and sent back' },
    tell(teller, ratio) {
      const load = heavyLoad(teller);
      const [line] = load.lines;
      line!.arrivedGrams -= Math.min(line!.loadedGrams - 1_000, Math.round(ratio * stepGrams(teller, load)));
      return [bringBack(teller, refuse(inStock(teller, teller.report(load)), 1))];
    },
  },
];

/** Nine o'clock on a day such that what begins then and lasts so long is told before the end. */
function morningBefore(teller: Teller, lasting: number): number {
  const latest = teller.until - lasting - 6 * HOUR;
  return Math.min(startOf(teller.pickDay()), startOf(dayOf(latest - 9 * HOUR))) + 9 * HOUR;
}

/** A third of the way after the pickup; both plans are filed within the hour, and it is settled an hour later. */
function heldUp(
  { chance }: Teller,
  load: Consignment,
  { affected, lost }: { readonly affected: readonly Quantity[]; readonly lost: readonly Quantity[] },
): Incident {
  const at = load.pickup.at + Math.round((load.arrival.at - load.pickup.at) / 3 / MINUTE) * MINUTE;
  const moment = told(Math.max(at, load.pickup.toldAt), chance);
  const plansAt = moment.toldAt + chance.whole(15, 50) * MINUTE;
  const settledAt = plansAt + chance.whole(20, 60) * MINUTE;
  const settled = { at: settledAt, toldAt: settledAt + 3 * MINUTE, mode: 'live' as const };
  return { ...moment, type: 'leak', place: '国道 309 旁', affected, lost, plansAt, settled };
}

/** The rest goes on when that is done; or it is settled only after the rest was received. */
function settle(teller: Teller, load: Consignment, incident: Incident, isLate: boolean): Consignment {
  const goesOnAt = (isLate ? incident.plansAt : incident.settled.toldAt) + 10 * MINUTE;
  const by = Math.max(0, goesOnAt - load.arrival.at);
  arriveAt(teller, load, load.arrival.at + by);
  load.tickets = load.tickets.map((ticket) =>
    ticket.purpose === 'loading' ? ticket : { ...ticket, at: ticket.at + by, toldAt: ticket.toldAt + by },
  );
  const at = load.receipt.toldAt + teller.chance.whole(30, 300) * MINUTE;
  load.incident = isLate ? { ...incident, settled: { at, toldAt: at + 3 * MINUTE, mode: 'live' } } : incident;
  return load;
}
