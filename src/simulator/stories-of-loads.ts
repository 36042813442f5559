import { WASTES } from './city-rows.ts';
import { fewPieces, floorGrams, heavyLoad, stepGrams } from './magnitudes.ts';
import { inStock, type StoryKind } from './story-kind.ts';

/** What is on the truck is not what its papers say. */

export const STORIES_OF_LOADS: readonly StoryKind[] = [
  {
    id: 'short_load',
    aimsAt: 'mass',
    title: { zh: '途中倾倒一部分', en: 'Part of the load was dumped on the way' },
    tell(teller, ratio) {
      const load = heavyLoad(teller);
      const [line] = load.lines;
      line!.arrivedGrams -= Math.min(line!.loadedGrams - 1_000, Math.round(ratio * stepGrams(teller, load)));
      return [inStock(teller, teller.report(load))];
    },
  },
  {
    id: 'wet_load',
    aimsAt: 'mass',
    title: { zh: '途中淋雨增重', en: 'Rain got into the load' },
    tell(teller, ratio) {
      const load = heavyLoad(teller);
      load.lines[0]!.arrivedGrams += Math.round(ratio * stepGrams(teller, load));
      return [inStock(teller, teller.report(load))];
    },
  },
  {
    id: 'copied_receipt',
    aimsAt: 'mass',
    title: { zh: '少收却照抄装运量', en: 'It arrived short, and the clerk copied the loaded mass' },
    tell(teller, ratio) {
      const load = heavyLoad(teller);
      const [line] = load.lines;
      line!.arrivedGrams -= Math.min(line!.loadedGrams - 1_000, Math.round(ratio * stepGrams(teller, load)));
      teller.report(load);
      load.received = load.loaded.map((quantity) => ({ ...quantity }));
      return [inStock(teller, load)];
    },
  },
  {
    id: 'padded_declaration',
    aimsAt: 'mass',
    title: { zh: '虚报申报量', en: 'More was declared than there was' },
    tell(teller, ratio) {
      const load = teller.report(heavyLoad(teller));
      load.declared[0]!.grams = load.loaded[0]!.grams + Math.round(ratio * floorGrams(teller.parameters, load));
      return [inStock(teller, load)];
    },
  },
  {
    id: 'pieces_lost',
    aimsAt: 'piece_count',
    title: { zh: '途中丢失数件', en: 'Pieces were lost on the way' },
    tell(teller, ratio) {
      const load = teller.load(fewPieces(teller));
      const [line] = load.lines;
      const lost = Math.min(line!.loadedPieces - 1, Math.floor(ratio));
      line!.arrivedPieces -= lost;
      line!.arrivedGrams -= Math.floor((lost * line!.loadedGrams) / line!.loadedPieces);
      return [inStock(teller, teller.report(load))];
    },
  },
  {
    id: 'other_waste',
    aimsAt: 'class',
    title: { zh: '所装与联单不是同一种废物', en: 'It is another waste than the papers say' },
    tell(teller, ratio) {
      const load = teller.report(teller.load());
      const { waste } = load.lines[0]!;
      // Short of another waste, a clerk who notes a small difference in mass: that is not for this rule.
      if (ratio <= 1) load.discrepancies = [{ line: 1, type: 'quantity', found: '以过磅为准' }];
      else {
        const actual = teller.chance.pick(
          Object.values(WASTES).filter(({ code }) => code.slice(-2) !== waste.code.slice(-2)),
        );
        load.lines[0]!.actual = actual;
        load.discrepancies = [
          { line: 1, type: 'name', found: `实为${actual.name}` },
          { line: 1, type: actual.form === waste.form ? 'property' : 'form', found: `应按 ${actual.code} 管理` },
        ];
      }
      return [inStock(teller, load)];
    },
  },
];
