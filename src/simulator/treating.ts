import type { Plant } from './city.ts';
import type { WasteRow } from './city-rows.ts';
import type { Consignment } from './consignment.ts';
import { daysBetween, HOUR, MINUTE, startOf } from './days.ts';
import type { Chance } from './random.ts';
import { RESIDUE_OF_BURNING } from './stories-of-stores.ts';
import type { Teller } from './teller.ts';

/** In the evening a plant treats part of what lies in its store, and never more than is there. */
const WORTH_TREATING_GRAMS = 1_000_000;
const SHARE = { from: 0.4, to: 0.85 };
/** Of what goes in. */
const RESIDUE_OF = { D10: 0.22 } as Readonly<Record<string, number>>;
const PRODUCT_OF = { R9: 0.6 } as Readonly<Record<string, number>>;

interface Received {
  readonly waste: WasteRow;
  readonly toldAt: number;
  readonly grams: number;
}

/** A batch of each evening for every plant that treats. */
export function treatEvenings(teller: Teller, loads: readonly Consignment[], from: number, until: number): void {
  for (const plant of teller.city.plants.filter(({ isCollector }) => !isCollector)) {
    const received = receivedAt(plant, loads);
    const treated = new Map<WasteRow, number>();
    for (const day of daysBetween(from, until)) {
      const startedAt = startOf(day) + 19 * HOUR;
      const inputs = leftAt(received, treated, startedAt).flatMap(({ waste, grams }) => {
        if (grams < WORTH_TREATING_GRAMS) return [];
        const taken = Math.round(grams * teller.chance.between(SHARE.from, SHARE.to));
        treated.set(waste, (treated.get(waste) ?? 0) + taken);
        return [{ waste, grams: taken }];
      });
      if (inputs.length > 0) treat(teller, plant, startedAt, inputs);
    }
  }
}

/** What was told of a receipt, or what it was put right to, whichever is less. */
function receivedAt(plant: Plant, loads: readonly Consignment[]): Received[] {
  return loads.flatMap((load) =>
    load.plant !== plant
      ? []
      : load.lines.map(({ waste }, line) => {
          const right = load.correction?.changes.find((one) => one.what === 'received' && one.line === line + 1);
          const grams = Math.min(load.received[line]!.grams, right && 'grams' in right ? right.grams : Infinity);
          return { waste, toldAt: load.receipt.toldAt, grams };
        }),
  );
}

function leftAt(received: readonly Received[], treated: ReadonlyMap<WasteRow, number>, at: number) {
  const left = new Map<WasteRow, number>();
  for (const { waste, toldAt, grams } of received)
    if (toldAt < at) left.set(waste, (left.get(waste) ?? -(treated.get(waste) ?? 0)) + grams);
  return [...left].map(([waste, grams]) => ({ waste, grams }));
}

function treat(
  { treat, chance }: Pick<Teller, 'treat'> & { readonly chance: Chance },
  plant: Plant,
  startedAt: number,
  inputs: readonly { readonly waste: WasteRow; readonly grams: number }[],
): void {
  const all = inputs.reduce((total, { grams }) => total + grams, 0);
  const [residue, product] = [RESIDUE_OF[plant.method], PRODUCT_OF[plant.method]];
  const at = startedAt + chance.whole(60, 180) * MINUTE;
  treat({
    plant,
    startedAt,
    inputs,
    residue: residue === undefined ? null : { code: RESIDUE_OF_BURNING, grams: Math.round(all * residue) },
    product: product === undefined ? null : { name: '再生产品', grams: Math.round(all * product) },
    at,
    toldAt: at + chance.whole(5, 40) * MINUTE,
    mode: 'live',
  });
}
