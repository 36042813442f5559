/** 干物质, the third dimension of the ledger: what follows from a moisture, and what of it goes with a part. Pure. */

/** 干物质: what is left of a mass without its water, in whole grams; a gram that is partly water counts as water. */
export const dryMass = (grams: number, moisturePermille: number): number =>
  Math.floor((grams * (1_000 - moisturePermille)) / 1_000);

/** The dry mass of so much of a whole, in proportion: with its last gram goes the last of it, and beyond that there is none. */
export function dryPartOf(
  { grams: whole, dryGrams = 0 }: { readonly grams: number; readonly dryGrams?: number | undefined },
  grams: number,
): number {
  if (dryGrams === 0 || grams <= 0 || whole <= 0) return 0;
  return grams >= whole ? dryGrams : Number((BigInt(dryGrams) * BigInt(grams)) / BigInt(whole));
}

/** As a part says it: without what goes without saying. */
export const dried = (dryGrams: number): { readonly dryGrams?: number } => (dryGrams === 0 ? {} : { dryGrams });
