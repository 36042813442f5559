import type { Warning } from '../platform/acts.ts';
import { checkPlate } from './identifiers.ts';

/** A plate as an act records it: in its normal form, or as given and with a remark when it is no plate of GA 36. */
export function plateRemarks(given: string): { readonly plate: string; readonly warnings: readonly Warning[] } {
  const checked = checkPlate(given);
  return checked.valid ? { plate: checked.plate, warnings: [] } : { plate: given, warnings: [unusual(given)] };
}

const unusual = (given: string): Warning => ({
  code: 'plate-unusual',
  pointer: '/plate',
  detail: {
    zh: `号牌 ${given} 不符合 GA 36 格式，已照录。`,
    en: `The plate ${given} does not follow GA 36; it was recorded as given.`,
  },
});
