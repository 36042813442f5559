import type { Consignment, Generation, Moment, Ticket, Trip } from './consignment.ts';
import { gramsOf, type Heard, type HeardLoad } from './heard.ts';
import type { Parameters } from './parameters.ts';

/**
 * Every store as its owner's register tells it: what came in, in the order in which it was told, and what left, the oldest
 * first (HJ 1259 asks for the batch; where nobody names it, that is how a register is read).
 */
export interface Store {
  /** `stock <site> <code>`. */
  readonly name: string;
  grams: number;
  readonly lots: Lot[];
}

export interface Lot {
  /** The name of a batch. */
  readonly name: string;
  readonly at: number;
  /** How long it may lie there. */
  readonly days: number;
  left: number;
  /** How it was told to be there. */
  readonly told: Moment;
  /** The part of the site it was put in. */
  readonly roomRef: string | null;
  /** When the last of it that left did so. */
  goneAt: number | null;
}

interface Entry extends Moment {
  readonly store: string;
  /** Below zero: it left. */
  readonly grams: number;
  /** What came in under a name of its own. */
  readonly lot?: { readonly name: string; readonly days: number; readonly roomRef: string | null };
  /** It was that waste before: as old as what was taken of it. */
  readonly isSameWaste?: boolean;
}

export function storesOf(heard: Heard, parameters: Parameters): Store[] {
  const stores = new Map<string, Store>();
  const entries = [...cameIn(heard, parameters), ...left(heard), ...cameBack(heard), ...tripDifferences(heard)];
  for (const entry of entries.sort((a, b) => a.toldAt - b.toldAt)) {
    const store = stores.get(entry.store) ?? { name: entry.store, grams: 0, lots: [] };
    stores.set(entry.store, store);
    store.grams += entry.grams;
    const first = Math.min(...store.lots.flatMap(({ at, left }) => (left > 0 ? [at] : [])), entry.at);
    const at = entry.isSameWaste ? first : entry.at;
    if (entry.lot) store.lots.push({ ...entry.lot, at, told: entry, left: entry.grams, goneAt: null });
    else take(store.lots, -entry.grams, entry.at);
  }
  return [...stores.values()];
}

/** From the oldest; what nobody has falls on the last. What comes back goes to the last it was taken from. */
function take(lots: readonly Lot[], grams: number, at: number): void {
  const oldestFirst = [...lots].sort((a, b) => a.at - b.at);
  if (grams < 0) {
    const last = oldestFirst.findLast(({ goneAt }) => goneAt !== null);
    if (last) last.left -= grams;
    return;
  }
  let wanted = grams;
  for (const lot of oldestFirst) {
    if (wanted <= 0) return;
    const taken = lot === oldestFirst.at(-1) ? wanted : Math.min(Math.max(lot.left, 0), wanted);
    if (taken > 0) Object.assign(lot, { left: lot.left - taken, goneAt: Math.max(lot.goneAt ?? at, at) });
    wanted -= taken;
  }
}

const stock = (siteRef: string, code: string): string => `stock ${siteRef} ${code}`;

function cameIn(heard: Heard, { producerStorageDays, operatorStorageDays }: Parameters): Entry[] {
  const { history, until, loads, treatments } = heard;
  return [
    ...history.generations
      .filter(({ toldAt }) => toldAt <= until)
      .flatMap((generation) => partsOf(generation, until, producerStorageDays)),
    ...loads.flatMap(({ load, received, receipt }) =>
      (received ?? []).flatMap(({ grams }, line): Entry[] => {
        const lot = { name: `${load.ref}in${line + 1}`, days: operatorStorageDays, roomRef: null };
        const store = stock(load.plant.siteRef, codeOf(load, line));
        return grams > 0 ? [{ ...momentOf(receipt!), store, grams, lot }] : [];
      }),
    ),
    // What comes of a treatment is the plant's own waste: it produced it.
    ...treatments.flatMap(({ ref, plant, inputs, residue, ...moment }): Entry[] => {
      const lot = { name: `${ref}residue`, days: producerStorageDays, roomRef: null };
      const store = residue && stock(plant.siteRef, residue.code);
      const isSameWaste = inputs.some(({ waste }) => waste.code === residue?.code);
      return store ? [{ ...momentOf(moment), store, grams: residue.grams, lot, isSameWaste }] : [];
    }),
  ];
}

/** A batch as a whole; or what of it was put by itself, and the rest. */
function partsOf(generation: Generation, until: number, days: number): Entry[] {
  const { ref, producer, waste, grams, at, stored } = generation;
  const entry = { ...momentOf(generation), store: stock(producer.siteRef, waste.code) };
  if (!stored || stored.toldAt > until) return [{ ...entry, grams, lot: { name: ref, days, roomRef: null } }];
  const roomRef = stored.room.ref;
  if (stored.grams === null) return [{ ...entry, grams, lot: { name: ref, days, roomRef } }];
  return [
    { ...entry, grams: grams - stored.grams, lot: { name: ref, days, roomRef: null } },
    { ...entry, ...momentOf(stored), at, grams: stored.grams, lot: { name: `${ref}part`, days, roomRef } },
  ];
}

const momentOf = ({ at, toldAt, mode }: Moment): Moment => ({ at, toldAt, mode });

function left({ loads, treatments }: Heard): Entry[] {
  return [
    // What another plant refused lies in no stock, and leaves none.
    ...loads.flatMap(({ load, loaded, pickup }) =>
      load.follows
        ? []
        : (loaded ?? []).map(({ grams }, line) => {
            const store = stock(load.producer.siteRef, codeOf(load, line));
            return { ...momentOf(pickup!), store, grams: -grams };
          }),
    ),
    ...treatments.flatMap(({ plant, inputs, ...moment }) =>
      inputs.map(({ waste, grams }) => ({
        ...momentOf(moment),
        store: stock(plant.siteRef, waste.code),
        grams: -grams,
      })),
    ),
  ];
}

function cameBack({ loads }: Heard): Entry[] {
  return loads.flatMap(({ load, takenBack }) =>
    takenBack
      ? load.back!.quantities.map(({ grams }, line) => {
          const store = stock(load.producer.siteRef, codeOf(load, line));
          return { ...momentOf(takenBack), store, grams };
        })
      : [],
  );
}

/** What the whole vehicle weighed beyond what each receipt says lies in the store too, or does not: shared by mass. */
function tripDifferences({ history, until, loads }: Heard): Entry[] {
  return history.trips.flatMap((trip) =>
    weighedWhole(trip, loads, until).flatMap(({ plant, ticket, there, stands }): Entry[] => {
      if (!stands || there.some(({ receipt }) => !receipt)) return [];
      const off = netOf(ticket) - gramsOf(there.flatMap(({ received, refused }) => [...received!, ...refused!]));
      const all = gramsOf(there.flatMap(({ received }) => received!));
      const toldAt = Math.max(ticket.toldAt, ...there.map(({ receipt }) => receipt!.toldAt)) + 1;
      return there.flatMap(({ load, received }: HeardLoad) =>
        received!.map(({ grams }, line) => ({
          store: stock(plant.siteRef, codeOf(load, line)),
          grams: all === 0 ? 0 : Math.round((off * grams) / all),
          at: toldAt,
          toldAt,
          mode: 'live' as const,
        })),
      );
    }),
  );
}

/** A vehicle was on the scale with what it had fetched since it was there last; twice with the same, the later reading stands. */
export function weighedWhole({ ref, weighings }: Trip, loads: readonly HeardLoad[], until: number) {
  const told = weighings.filter(({ ticket }) => ticket.toldAt <= until).sort((a, b) => a.ticket.at - b.ticket.at);
  return told.flatMap(({ plant, ticket }) => {
    const brought = loads.filter(
      ({ load, pickup }) => pickup && load.trip?.ref === ref && load.plant.ref === plant.ref,
    );
    const readings = told.filter((one) => one.plant.ref === plant.ref).map((one) => one.ticket.at);
    const weighedAt = ({ pickup }: HeardLoad) => readings.find((at) => at >= pickup!.at);
    const first = readings.findLast((at) => at <= ticket.at && brought.some((load) => weighedAt(load) === at));
    const there = brought.filter((load) => weighedAt(load) === first);
    const again = readings.find((at) => at > ticket.at);
    const stands = again === undefined || brought.some((load) => weighedAt(load) === again);
    return first === undefined ? [] : [{ plant, ticket, there, stands }];
  });
}

const netOf = ({ grossGrams, tareGrams }: Ticket): number => grossGrams - tareGrams;
const codeOf = ({ lines }: Consignment, line: number): string => lines[line]!.waste.code;
