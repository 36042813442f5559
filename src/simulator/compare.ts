import type { Expected } from './referee.ts';

/** The key and what the service found, side by side. Pure. */
export interface Found {
  readonly rule: string;
  /** The same names as the key's. */
  readonly subject: string;
  readonly severity: string;
  readonly summary: string;
}

export interface Comparison {
  readonly rules: readonly {
    readonly rule: string;
    readonly expected: number;
    readonly found: number;
    readonly equal: number;
  }[];
  /** One sentence each; none when the key and the findings are the same. */
  readonly differences: readonly string[];
  /** Rules of the key that the service does not have yet: not compared. */
  readonly notAsked: readonly string[];
}

/** @param asked the rules the service has; of the others nothing is expected. */
export function compare(key: readonly Expected[], found: readonly Found[], asked: readonly string[]): Comparison {
  const expected = key.filter(({ rule }) => asked.includes(rule));
  const name = ({ rule, subject, severity }: Expected | Found) => `${rule} ${subject} ${severity}`;
  const keyNames = new Map(expected.map((one) => [name(one), one]));
  const foundNames = new Map(found.map((one) => [name(one), one]));
  const missing = expected.filter((one) => !foundNames.has(name(one)));
  const surplus = found.filter((one) => !keyNames.has(name(one)) || foundNames.get(name(one)) !== one);
  const all = [...new Set([...asked, ...found.map(({ rule }) => rule)])].sort();
  const of = (rule: string) => (one: { readonly rule: string }) => one.rule === rule;
  return {
    rules: all.map((rule) => ({
      rule,
      expected: expected.filter(of(rule)).length,
      found: found.filter(of(rule)).length,
      equal: expected.filter(of(rule)).filter((one) => foundNames.has(name(one))).length,
    })),
    differences: [
      ...missing.map((one) => `not found: ${name(one)} (${one.because})`),
      ...surplus.map((one) => `not in the key: ${name(one)} (${one.summary})`),
    ],
    notAsked: [...new Set(key.map(({ rule }) => rule))].filter((rule) => !asked.includes(rule)).sort(),
  };
}

/** As a person reads it: a table, then every difference. */
export function tableOf({ rules, differences, notAsked }: Comparison): string[] {
  const row = (cells: readonly (string | number)[]) =>
    `  ${String(cells[0]).padEnd(22)}${cells
      .slice(1)
      .map((cell) => String(cell).padStart(8))
      .join('')}`;
  return [
    row(['rule 规则', 'key 答案', 'found', 'equal']),
    ...rules.map(({ rule, expected, found, equal }) => row([rule, expected, found, equal])),
    ...(notAsked.length > 0 ? [`  not asked of this service: ${notAsked.join(', ')}`] : []),
    ...differences.map((difference) => `  ${difference}`),
  ];
}
