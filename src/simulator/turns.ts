import type { Carrier, Plant, Vehicle } from './city.ts';
import {
  type Change,
  type Consignment,
  type Correction,
  lastCarrier,
  type Moment,
  type Quantity,
} from './consignment.ts';
import { DAY, dayOf, HOUR, MINUTE, startOf } from './days.ts';
import { broughtAt, told } from './honest-loads.ts';
import { BENCH_SCALE, readingGrams } from './scales.ts';
import type { Teller } from './teller.ts';

/**
 * The turns an ordinary load may take: another carrier, a night in a depot, a breakdown, a refusal and what follows it, a
 * typing error that is put right. Each bends a load that is not reported yet, or one that is where it says so.
 */

/** It arrives then. What was known of the day before is told anew. */
export function arriveAt({ chance }: Teller, load: Consignment, at: number): Consignment {
  return Object.assign(load, broughtAt(at, lastTold(load), chance));
}

const lastTold = ({ onward, pickup }: Consignment): number => onward.at(-1)?.began.toldAt ?? pickup.toldAt;

const toldAfter = (before: number, moment: Moment): Moment => ({
  ...moment,
  toldAt: Math.max(moment.toldAt, before + MINUTE),
});

/** TM 17: both carriers say so, one after the other, of the same moment. */
export function handOver(teller: Teller, load: Consignment, at: number, carrier: Carrier): Consignment {
  const { chance } = teller;
  const ended = toldAfter(lastTold(load), told(at, chance));
  const began = { ...told(at, chance), toldAt: ended.toldAt + chance.whole(1, 6) * MINUTE };
  const vehicle = teller.vehicleOf(carrier, at, load.arrival.at + HOUR);
  load.onward.push({ how: 'handover', ended, began, carrier, vehicle, place: `${carrier.name}停车场`, siteRef: null });
  return load;
}

/** TM 11(3): every stop on the way is recorded; it goes on with the same vehicle or another of the same carrier. */
export function putDown(teller: Teller, load: Consignment, from: number, until: number, vehicle: Vehicle): Consignment {
  const { chance } = teller;
  const { carrier } = load;
  const ended = toldAfter(lastTold(load), told(from, chance));
  const began = toldAfter(ended.toldAt, told(until, chance));
  load.onward.push({ how: 'stored', ended, began, carrier, vehicle, place: '停车场', siteRef: carrier.siteRef });
  return load;
}

/** Fetched late in the afternoon, over night in the depot, at the plant in the morning. */
export function overNight(teller: Teller, load: Consignment): Consignment {
  const evening = load.pickup.at + teller.chance.whole(60, 150) * MINUTE;
  const morning = startOf(dayOf(evening)) + DAY + 7 * HOUR + teller.chance.whole(0, 60) * MINUTE;
  putDown(teller, load, evening, morning, load.vehicle);
  return arriveAt(teller, load, morning + teller.chance.whole(60, 150) * MINUTE);
}

/** So much of each line as the plant does not take: of pieces whole ones, of the rest what its scale says. */
export function refuse(load: Consignment, share: number): Consignment {
  load.refused = load.received.map(({ grams, pieces }): Quantity => {
    const refusedPieces = share === 1 ? pieces : Math.floor(pieces * share);
    return { grams: share === 1 ? grams : Math.floor(grams * share), pieces: refusedPieces };
  });
  load.received = load.received.map(({ grams, pieces }, line) => ({
    grams: grams - load.refused[line]!.grams,
    pieces: pieces - load.refused[line]!.pieces,
  }));
  return load;
}

/** TM 18 ¶2: the last carrier brings it back on a vehicle that is free, and the producer weighs it on the scale of its store. */
export function bringBack(teller: Teller, load: Consignment): Consignment {
  const { chance } = teller;
  const departed = told(load.receipt.toldAt + chance.whole(20, 90) * MINUTE, chance);
  const at = departed.at + (load.arrival.at - load.pickup.at);
  load.back = {
    departed,
    vehicle: teller.vehicleOf(lastCarrier(load), departed.at, at + HOUR),
    takenBack: { at, toldAt: Math.max(at, departed.toldAt) + chance.whole(5, 60) * MINUTE, mode: 'live' },
    quantities: load.refused.map(({ grams, pieces }) => ({ grams: readingGrams(BENCH_SCALE, grams, chance), pieces })),
  };
  return load;
}

/** Or it goes on to another plant. */
export function sendOn(teller: Teller, load: Consignment, plant: Plant): Consignment {
  const pickupAt = load.receipt.toldAt + teller.chance.whole(150, 300) * MINUTE;
  return teller.followOn(load, plant, pickupAt);
}

interface Wanted {
  readonly by: string;
  readonly at: number;
  readonly others: readonly string[];
  /** Some of those concerned have not agreed: it does not count. */
  readonly isAgreed: boolean;
}

/** TM 29: whoever typed it says what is right; the others agree one by one. */
export function putRight(
  { chance }: Teller,
  changes: readonly Change[],
  { by, at, others, isAgreed }: Wanted,
): Correction {
  const approvals = others.map((other, index) => ({
    by: other,
    at: at + ((index + 1) * 100 + chance.whole(0, 90)) * MINUTE,
  }));
  return {
    reason: '录入错误',
    proposed: { by, at },
    approvals: isAgreed ? approvals : approvals.slice(0, -1),
    changes,
  };
}
