import type { Consignment } from './consignment.ts';
import type { RuleId } from './parameters.ts';
import { stockFor, type Teller } from './teller.ts';

/**
 * What goes wrong, as it happens, not as a rule sees it; each with a magnitude, where 1 is the threshold itself. Below 1
 * it is an honest twin that lies just inside. The referee alone says which of them break a rule.
 */
export interface StoryKind {
  readonly id: string;
  /** The rule it aims at; null for a lawful thing that only looks odd. */
  readonly aimsAt: RuleId | null;
  readonly title: { readonly zh: string; readonly en: string };
  /** Several loads, when one is not enough to tell it; none, when it is about a store. */
  tell(teller: Teller, ratio: number): readonly Consignment[];
}

/** Told last of a load: what its store must have taken in before. */
export function inStock(teller: Teller, load: Consignment): Consignment {
  stockFor(teller, load);
  return load;
}
