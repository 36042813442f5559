import type { Consignment, Ticket } from './consignment.ts';
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
  /** When the last of it that left did so. */
  goneAt: number | null;
}

interface Entry {
  readonly store: string;
  readonly toldAt: number;
  readonly at: number;
  /** Below zero: it left. */
  readonly grams: number;
  /** What came in under a name of its own. */
  readonly lot?: { readonly name: string; readonly days: number };
}

export function storesOf(heard: Heard, parameters: Parameters): Store[] {
  const stores = new Map<string, Store>();
  const entries = [...cameIn(heard, parameters), ...left(heard), ...cameBack(heard), ...tripDifferences(heard)];
  for (const entry of entries.sort((a, b) => a.toldAt - b.toldAt)) {
    const store = stores.get(entry.store) ?? { name: entry.store, grams: 0, lots: [] };
    stores.set(entry.store, store);
    store.grams += entry.grams;
    if (entry.lot) store.lots.push({ ...entry.lot, at: entry.at, left: entry.grams, goneAt: null });
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

function cameIn(
  { history, until, loads, treatments }: Heard,
  { producerStorageDays, operatorStorageDays }: Parameters,
): Entry[] {
  return [
    ...history.generations
      .filter(({ toldAt }) => toldAt <= until)
      .map(({ ref, producer, waste, grams, at, toldAt }) => {
        const lot = { name: ref, days: producerStorageDays };
        return { store: stock(producer.siteRef, waste.code), grams, at, toldAt, lot };
      }),
    ...loads.flatMap(({ load, received, receipt }) =>
      (received ?? []).flatMap(({ grams }, line): Entry[] => {
        const lot = { name: `${load.ref}in${line + 1}`, days: operatorStorageDays };
        const { at, toldAt } = receipt!;
        return grams > 0 ? [{ store: stock(load.plant.siteRef, codeOf(load, line)), grams, at, toldAt, lot }] : [];
      }),
    ),
    // What comes of a treatment is the plant's own waste: it produced it.
    ...treatments.flatMap(({ ref, plant, residue, at, toldAt }): Entry[] => {
      const lot = { name: `${ref}residue`, days: producerStorageDays };
      return residue ? [{ store: stock(plant.siteRef, residue.code), grams: residue.grams, at, toldAt, lot }] : [];
    }),
  ];
}

function left({ loads, treatments }: Heard): Entry[] {
  return [
    // What another plant refused lies in no stock, and leaves none.
    ...loads.flatMap(({ load, loaded, pickup }) =>
      load.follows
        ? []
        : (loaded ?? []).map(({ grams }, line) => {
            const { at, toldAt } = pickup!;
            return { store: stock(load.producer.siteRef, codeOf(load, line)), grams: -grams, at, toldAt };
          }),
    ),
    ...treatments.flatMap(({ plant, inputs, at, toldAt }) =>
      inputs.map(({ waste, grams }) => ({ store: stock(plant.siteRef, waste.code), grams: -grams, at, toldAt })),
    ),
  ];
}

function cameBack({ loads }: Heard): Entry[] {
  return loads.flatMap(({ load, takenBack }) =>
    takenBack
      ? load.back!.quantities.map(({ grams }, line) => {
          const { at, toldAt } = takenBack;
          return { store: stock(load.producer.siteRef, codeOf(load, line)), grams, at, toldAt };
        })
      : [],
  );
}

/** What the whole vehicle weighed beyond what each receipt says lies in the store too, or does not: shared by mass. */
function tripDifferences({ history, until, loads }: Heard): Entry[] {
  return history.trips.flatMap(({ ref, weighings }) =>
    weighings.flatMap(({ plant, ticket }): Entry[] => {
      const there = loads.filter(({ load }) => load.trip?.ref === ref && load.plant.ref === plant.ref);
      if (ticket.toldAt > until || there.length === 0 || there.some(({ receipt }) => !receipt)) return [];
      const off = netOf(ticket) - gramsOf(there.flatMap(({ received, refused }) => [...received!, ...refused!]));
      const all = gramsOf(there.flatMap(({ received }) => received!));
      const toldAt = Math.max(ticket.toldAt, ...there.map(({ receipt }) => receipt!.toldAt)) + 1;
      return there.flatMap(({ load, received }: HeardLoad) =>
        received!.map(({ grams }, line) => ({
          store: stock(plant.siteRef, codeOf(load, line)),
          grams: all === 0 ? 0 : Math.round((off * grams) / all),
          at: toldAt,
          toldAt,
        })),
      );
    }),
  );
}

const netOf = ({ grossGrams, tareGrams }: Ticket): number => grossGrams - tareGrams;
const codeOf = ({ lines }: Consignment, line: number): string => lines[line]!.waste.code;
