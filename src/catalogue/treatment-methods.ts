/**
 * 利用处置方式代码, the codes of HJ 1033 annex F, to which HJ 1259-2022 5.5.3 refers. The letters: R use, D disposal,
 * C other, Y medical waste, G chromium slag. That standard is for hazardous waste; for other streams no national list was
 * found, so theirs are ours (J construction: its four kinds of destination; K kitchen, W sludge, S others). Whether a method counts as use (利用) or disposal (处置) decides the
 * indicators; for the cement kiln (C1) places differ, so a policy decides.
 */
import { z } from 'zod';
import { readRows } from './reference-files.ts';
import { HAZARDOUS_STREAMS, type Stream } from './streams.ts';

export const TREATMENT_KINDS = ['use', 'disposal'] as const;
export type TreatmentKind = (typeof TREATMENT_KINDS)[number];

const TreatmentMethodRow = z.object({
  code: z.string().regex(/^[A-Z]\d{1,2}$/),
  zh: z.string().min(1),
  en: z.string().min(1),
  kind: z.enum([...TREATMENT_KINDS, 'by_policy']),
  /** Which streams use it; none named: those of the hazardous list. */
  streams: z.string().transform((text) => (text === '' ? HAZARDOUS_STREAMS : text.split('|'))),
  note: z.string(),
});
export type TreatmentMethod = z.infer<typeof TreatmentMethodRow>;

/** Every method, in the order of the standard. */
export const treatmentMethods: readonly TreatmentMethod[] = readRows('treatment-methods.csv', TreatmentMethodRow);
const byCode = new Map(treatmentMethods.map((method) => [method.code, method]));

/** The method of a code; undefined when there is none. Never throws. */
export function findTreatmentMethod(code: string): TreatmentMethod | undefined {
  return byCode.get(code);
}

/** The methods a stream uses. Never throws. */
export const methodsOf = (stream: Stream): readonly TreatmentMethod[] =>
  treatmentMethods.filter(({ streams }) => streams.includes(stream));

/** Use or disposal, given how the place counts the cement kiln (policy `cement-kiln-counts-as`). Never throws. */
export function treatmentKindOf(method: TreatmentMethod, cementKilnCountsAs: TreatmentKind): TreatmentKind {
  return method.kind === 'by_policy' ? cementKilnCountsAs : method.kind;
}
