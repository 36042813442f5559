/** The values of each key, keys and values in the order in which they came. */
export function groupBy<Key, Value>(values: readonly Value[], keyOf: (value: Value) => Key): Map<Key, Value[]> {
  const groups = new Map<Key, Value[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

/** The order of code units: the same everywhere and always, as keys and locks need it; for people there is Intl.Collator. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
