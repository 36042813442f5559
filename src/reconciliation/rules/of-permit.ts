/** What rules share that hold what was accepted under a permit, in a period of it, against the quantity it names. Pure. */
import type { Party, Site } from '../../parties/registers.ts';
import type { Permit } from '../../permits/registers.ts';
import type { Bilingual } from '../../problems.ts';
import { type Context, type Finding, massText, type Scene, stepOver, type Verdict } from './rule.ts';

interface Counted {
  readonly permit: Permit;
  readonly holder: Party;
  readonly acceptedInPeriod: number;
}

/** The law of the site a permit is tied to, else of its holder, on that day; both places hear of it. */
export function sceneOfPermit(
  { holder, permitSite }: { readonly holder: Party; readonly permitSite: Site | undefined },
  stream: string,
  day: string,
): Scene {
  const region = permitSite?.region ?? holder.region;
  return { region, stream, day, partyIds: [holder.id], regions: [...new Set([region, holder.region])] };
}

/** A condition: over the quantity by the steps, in permille of it. */
export function judgeCounted(
  rule: string,
  { permit, holder, acceptedInPeriod: acceptedGrams }: Counted,
  { steps, basis }: Pick<Context<object>, 'steps' | 'basis'>,
  words: { readonly summary: (said: Said) => Bilingual; readonly question: Bilingual },
): Verdict {
  if (!permit.capGrams) return { notJudged: 'capGrams' };
  const permille = (acceptedGrams * 1_000) / permit.capGrams;
  const step = stepOver(steps, permille);
  if (!step) return { clear: true };
  const said = {
    number: permit.number,
    accepted: massText(acceptedGrams),
    cap: massText(permit.capGrams),
    percent: (permille / 10).toFixed(1),
  };
  const finding: Finding = {
    severity: step.severity,
    observed: { acceptedGrams },
    expected: { capGrams: permit.capGrams },
    tolerance: { name: rule, value: step.over, unit: 'permille', source: basis },
    basis,
    evidence: [permit.id],
    summary: words.summary(said),
    question: { partyId: holder.id, ...words.question },
  };
  return { finding };
}

/** What a sentence says of it: masses with their units, and the share in percent. */
interface Said {
  readonly number: string;
  readonly accepted: string;
  readonly cap: string;
  readonly percent: string;
}
