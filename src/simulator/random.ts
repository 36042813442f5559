import { createHash } from 'node:crypto';

/**
 * Chance that can be had again: xoshiro128** (Blackman and Vigna, public domain), its state the SHA-256 of a name. Fifteen
 * lines of our own instead of a package: the well-kept ones are development dependencies here or say little more.
 * A branch has a name, not a place in a sequence: a story that draws one number more changes nothing beside it.
 */
export interface Chance {
  /** From 0, below 1. */
  unit(): number;
  /** A whole number, both ends included. */
  whole(from: number, to: number): number;
  between(from: number, to: number): number;
  /** True in `share` of all cases. */
  happens(share: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  /** By the weight of each. @throws Error when there is nothing to pick. */
  weighted<Item>(items: readonly Item[], weight: (item: Item) => number): Item;
  /** About the standard normal distribution, never beyond ±3. */
  normal(): number;
  branch(name: string): Chance;
}

export function chance(name: string): Chance {
  const seeded = createHash('sha256').update(name).digest();
  const state = Uint32Array.from({ length: 4 }, (_, index) => seeded.readUInt32LE(4 * index) || 1);
  const rotated = (value: number, by: number) => ((value << by) | (value >>> (32 - by))) >>> 0;
  const next = (): number => {
    const [a, b, c, d] = state as unknown as [number, number, number, number];
    const drawn = Math.imul(rotated(Math.imul(b, 5) >>> 0, 7), 9) >>> 0;
    const [c2, d2] = [c ^ a, d ^ b];
    state.set([a ^ d2, b ^ c2, c2 ^ (b << 9), rotated(d2 >>> 0, 11)]);
    return drawn;
  };
  const unit = () => next() / 2 ** 32;
  return {
    unit,
    whole: (from, to) => from + Math.floor(unit() * (to - from + 1)),
    between: (from, to) => from + unit() * (to - from),
    happens: (share) => unit() < share,
    pick: (items) => items[Math.floor(unit() * items.length)]!,
    weighted(items, weight) {
      let left = unit() * items.reduce((sum, item) => sum + weight(item), 0);
      const found = items.find((item) => {
        left -= weight(item);
        return left < 0;
      });
      if (found === undefined) throw new Error('nothing to pick from');
      return found;
    },
    normal: () => {
      const sum = Array.from({ length: 12 }, unit).reduce((total, drawn) => total + drawn, -6);
      return Math.max(-3, Math.min(3, sum));
    },
    branch: (branch) => chance(`${name} / ${branch}`),
  };
}
