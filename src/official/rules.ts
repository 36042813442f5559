/**
 * Declared, observed and official are three separate facts: this file compares the official with ours and changes neither
 * (decision 0021). Pure: no clock, no database.
 */
export const MATCH_STATES = ['matched', 'differs', 'missing_here', 'candidate', 'not_compared'] as const;
export type MatchState = (typeof MATCH_STATES)[number];

type Value = string | number | null;

/** A field on which the two do not agree. */
export interface Difference {
  readonly field: string;
  readonly ours: Value | readonly Value[];
  readonly official: Value;
}

/**
 * What of a manifest or a party an export also tells; several values where any of them agrees. Absent: it has not come to that, so
 * there is nothing to differ from. Null: ours has none.
 */
export interface Ours {
  readonly [field: string]: Value | readonly Value[] | undefined;
}

/** Field by field, as far as both speak of it. */
export function differencesOf(official: { readonly [field: string]: unknown }, ours: Ours): Difference[] {
  return Object.entries(ours).flatMap(([field, value]) => {
    const told = official[field];
    if (told === undefined || value === undefined) return [];
    const values = Array.isArray(value) ? (value as readonly Value[]) : [value as Value];
    if (values.map(plainValue).includes(plainValue(told as Value))) return [];
    return [{ field, ours: value, official: told as Value }];
  });
}

/** Width and spaces do not make another text. */
const plainValue = (value: Value): Value =>
  typeof value === 'string' ? value.normalize('NFKC').replaceAll(/\s/g, '') : value;

/** How many manifests it may speak of, and whether the one agrees. */
export function stateOf(found: number, differences: readonly Difference[]): MatchState {
  if (found === 0) return 'missing_here';
  if (found > 1) return 'candidate';
  return differences.length === 0 ? 'matched' : 'differs';
}

/** What an official system calls a party, where that says what it does. */
const CAPACITY_WORDS: readonly (readonly [RegExp, 'producer' | 'carrier' | 'consignee'])[] = [
  [/产生|产废|移出/, 'producer'],
  [/运输|承运/, 'carrier'],
  [/经营|处置|利用|接收|接受/, 'consignee'],
];

export const capacitiesIn = (words: string): ('producer' | 'carrier' | 'consignee')[] =>
  CAPACITY_WORDS.flatMap(([word, capacity]) => (word.test(words) ? [capacity] : []));
