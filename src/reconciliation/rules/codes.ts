/**
 * What ought to be found: hazardous waste (HW), medical (MW), construction (CW), other solid waste (GS). A rule says which
 * of these it finds.
 */
const numbered = <Prefix extends string>(prefix: Prefix, last: number): `${Prefix}-${string}`[] =>
  Array.from({ length: last }, (_, nth) => `${prefix}-${String(nth + 1).padStart(2, '0')}` as const);

export type Code = `${'HW' | 'MW' | 'CW' | 'GS'}-${string}`;
export const CODES: readonly Code[] = [
  ...numbered('HW', 47),
  ...numbered('MW', 11),
  ...numbered('CW', 14),
  ...numbered('GS', 3),
];
