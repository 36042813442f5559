/**
 * Codes of waste, of two lists. 国家危险废物名录, the national list of hazardous waste: a code is NNN-NNN-NN: industry (GB/T 4754 group, 900 = no
 * special industry), serial, class; all eight digits are the key, because one process may stand under two classes
 * (336-100-17 and 336-100-21).
 *
 * The 2021 edition (Order 15, 467 codes) was read in full. The 2025 edition (Order 36, in force 2025-01-01, 470 codes)
 * was not: its table could not be obtained. So the 2021 rows carry on, marked `verified: false`, and from that day a
 * well-formed code that we do not know is a warning instead of a refusal.
 *
 * The short names are our own words, never to be printed as the legal description.
 *
 * 固体废物分类与代码目录 (2024), for all that is not hazardous: NNN-NNN-Snn, industry, serial and class. Of it we hold the
 * classes that a stream names and not the codes, so a code is known by its class; GB 55012-2021 6.1.1 has the five of
 * construction waste.
 */
import { z } from 'zod';
import { type Day, inForceOn, readRows } from './reference-files.ts';
import { streamOfClass } from './streams.ts';

/** 危险特性. */
export const HAZARDS = {
  T: { zh: '毒性', en: 'toxicity' },
  C: { zh: '腐蚀性', en: 'corrosivity' },
  I: { zh: '易燃性', en: 'ignitability' },
  R: { zh: '反应性', en: 'reactivity' },
  In: { zh: '感染性', en: 'infectivity' },
} as const;
export type Hazard = keyof typeof HAZARDS;
const HazardSchema = z.enum(Object.keys(HAZARDS) as [Hazard, ...Hazard[]]);

/**
 * How the listed hazards are to be read: `single` exactly that one; `primary_first` (a comma in the list) the first
 * always, the others may hold too; `any_of` (a slash) one or more of them.
 */
export const HAZARD_RULES = ['single', 'primary_first', 'any_of'] as const;
export type HazardRule = (typeof HAZARD_RULES)[number];

const EDITIONS = [
  { edition: '2021', inForceFrom: '2021-01-01', inForceTo: '2025-01-01', verified: true, unlistedCode: 'refuse' },
  { edition: '2025', inForceFrom: '2025-01-01', inForceTo: null, verified: false, unlistedCode: 'warn' },
] as const;
type Edition = (typeof EDITIONS)[number];

const WasteCodeRow = z.object({
  code: z.string().regex(/^\d{3}-\d{3}-\d{2}$/),
  class: z.string().regex(/^HW\d{2}$/),
  className: z.string().min(1),
  industry: z.string().min(1),
  shortName: z.string().min(1),
  hazards: z
    .string()
    .transform((text) => text.split('|'))
    .pipe(z.array(HazardSchema).min(1)),
  hazardRule: z.enum(HAZARD_RULES),
  edition: z.literal('2021'),
});
export type WasteCode = Omit<z.infer<typeof WasteCodeRow>, 'edition'>;
export type WasteClass = { readonly class: string; readonly name: string };

/** `edition` is the one in force on the day asked for; `verified` says whether we read that edition's own table. */
export type ListedWasteCode = WasteCode & { readonly edition: Edition['edition']; readonly verified: boolean };

export type WasteCodeFinding =
  | { kind: 'listed'; entry: ListedWasteCode }
  /** Of the classification list: its class is known, and moves in a stream. */
  | { kind: 'known_class'; code: string; class: WasteClass; edition: typeof CLASSIFICATION_EDITION }
  /** 900-000-XX: hazardous by identification, not listed (Order 15 art. 6). Hazards are what the identification found. */
  | { kind: 'unspecified_class'; code: string; class: WasteClass; edition: Edition['edition'] }
  /** Well-formed, the class exists, the code is not in our rows: refuse under the 2021 edition, warn under the 2025. */
  | { kind: 'unknown'; code: string; class: WasteClass; edition: Edition['edition']; treatAs: Edition['unlistedCode'] }
  | { kind: 'no_such_class'; code: string }
  | { kind: 'malformed' }
  /** The day is before 2021-01-01: no edition of that time is loaded. */
  | { kind: 'no_edition'; code: string };

const CODE = /^(\d{3})-(\d{3})-(S?)(\d{2})$/;
const CLASSIFICATION_EDITION = '2024';
const RESULTS_MAX = 500;

const entries = new Map<string, WasteCode>();
const classes = new Map<string, WasteClass>();
for (const { edition: _, ...entry } of readRows('waste-codes.csv', WasteCodeRow)) {
  entries.set(entry.code, entry);
  classes.set(entry.class, { class: entry.class, name: entry.className });
}

const SolidWasteClassRow = z.object({
  class: z.string().regex(/^SW\d{2}$/),
  zh: z.string().min(1),
  en: z.string().min(1),
  verified: z.enum(['yes', 'no']),
});
for (const { class: wasteClass, zh } of readRows('solid-waste-classes.csv', SolidWasteClassRow))
  classes.set(wasteClass, { class: wasteClass, name: zh });

/** Of both lists, in order. */
export const wasteClasses: readonly WasteClass[] = [...classes.values()];

/** What the list in force on that day says of a code. Pure; never throws. */
export function findWasteCode(code: string, day: Day): WasteCodeFinding {
  const parts = CODE.exec(code);
  if (!parts) return { kind: 'malformed' };
  const wasteClass = classes.get(classNameOf(parts));
  if (!wasteClass) return { kind: 'no_such_class', code };
  if (parts[3] === 'S')
    return streamOfClass(wasteClass.class) === undefined
      ? { kind: 'no_such_class', code }
      : { kind: 'known_class', code, class: wasteClass, edition: CLASSIFICATION_EDITION };
  const edition = editionOn(day);
  if (!edition) return { kind: 'no_edition', code };
  const entry = entries.get(code);
  if (entry) return { kind: 'listed', entry: { ...entry, edition: edition.edition, verified: edition.verified } };
  const known = { code, class: wasteClass, edition: edition.edition };
  if (parts[1] === '900' && parts[2] === '000') return { kind: 'unspecified_class', ...known };
  return { kind: 'unknown', ...known, treatAs: edition.unlistedCode };
}

/** The class (类别) a code belongs to by its last two digits; undefined when malformed or no such class. Never throws. */
export function wasteClassOf(code: string): WasteClass | undefined {
  const parts = CODE.exec(code);
  return parts ? classes.get(classNameOf(parts)) : undefined;
}

/** Does a term that names wastes, by code or class, run for this one? Never throws. */
export const runsFor = (
  { wasteCodes }: { readonly wasteCodes?: readonly string[] | undefined },
  code: string,
): boolean => wasteCodes === undefined || wasteCodes.some((one) => one === code || one === wasteClassOf(code)?.class);

const classNameOf = (parts: RegExpExecArray): string => `${parts[3] === 'S' ? 'SW' : 'HW'}${parts[4]}`;

/** Do the declared hazards agree with what the list allows for this code? None declared never does. Never throws. */
export function hazardsFit(
  entry: { readonly hazards: readonly Hazard[]; readonly hazardRule: HazardRule },
  declared: readonly Hazard[],
): boolean {
  if (declared.length === 0) return false;
  if (!declared.every((hazard) => entry.hazards.includes(hazard))) return false;
  return entry.hazardRule === 'any_of' || declared.includes(entry.hazards[0]!);
}

/**
 * The listed codes of a day, in list order, at most 500. `prefix` is a class (`HW08`) or the beginning of a code
 * (`900-2`); `text` is looked for in names, industry and code. Empty before 2021-01-01. Never throws.
 */
export function listWasteCodes(query: {
  day: Day;
  prefix?: string | undefined;
  text?: string | undefined;
}): readonly ListedWasteCode[] {
  const edition = editionOn(query.day);
  if (!edition) return [];
  const prefix = query.prefix?.trim().toUpperCase() ?? '';
  const text = query.text?.trim().toLowerCase() ?? '';
  const found: ListedWasteCode[] = [];
  for (const entry of entries.values()) {
    if (found.length === RESULTS_MAX) break;
    if (!entry.code.startsWith(prefix) && !entry.class.startsWith(prefix)) continue;
    const words = `${entry.code} ${entry.class} ${entry.className} ${entry.shortName} ${entry.industry}`.toLowerCase();
    if (words.includes(text)) found.push({ ...entry, edition: edition.edition, verified: edition.verified });
  }
  return found;
}

/** The edition of the list in force on a day, and whether we read its own table; undefined before 2021-01-01. */
export function wasteListOn(day: Day): { edition: Edition['edition']; verified: boolean } | undefined {
  const edition = editionOn(day);
  return edition && { edition: edition.edition, verified: edition.verified };
}

function editionOn(day: Day): Edition | undefined {
  return EDITIONS.find((edition) => inForceOn(edition, day));
}
