/**
 * 行政区划 by GB/T 2260: nation, province, prefecture, county, as a dated tree. Districts are renamed, merged and moved:
 * Laiwu (371200) became two districts of Jinan on 2019-01-09. So two questions have two answers. Which law held in a
 * place on a day follows the parents of that day (`ancestorsOn`). Who may see a record today follows today's successors
 * (`descendantsPresent`, `presentCodesOf`). Neither is ever read off the digits of a code.
 *
 * Where only the year of a change is known, the old and the new code are both in force through that whole year.
 * "Present" means: not closed in the edition we ship. Everything is indexed once at load; a question costs O(depth).
 */
import { z } from 'zod';
import { groupBy } from '../platform/collections.ts';
import { blankAsNull, type Day, dayOrBlank, inForceOn, readRows } from './reference-files.ts';

export const NATION = '000000';
export const REGION_LEVELS = ['nation', 'province', 'prefecture', 'county'] as const;

const Code = z.string().regex(/^\d{6}$/);
const RegionRow = z.object({
  code: Code,
  name: z.string().min(1),
  level: z.enum(REGION_LEVELS),
  parent: blankAsNull.pipe(Code.nullable()),
  inForceFrom: dayOrBlank,
  inForceTo: dayOrBlank,
  /** What took the place of a closed code, the main part first. */
  successor: z
    .string()
    .transform((text) => (text === '' ? [] : text.split('|')))
    .pipe(z.array(Code)),
  /** How exactly the change is dated: to the day, or only to the year. */
  dated: blankAsNull.pipe(z.enum(['day', 'year']).nullable()),
  source: blankAsNull,
});
export type Region = Readonly<z.infer<typeof RegionRow>>;

/** A code changes hands at most this often between two days; more means a loop in the data. */
const HOPS_MAX = 8;

export const regions: readonly Region[] = readRows('regions.csv', RegionRow);
/** Rows of one code, oldest first: several when it was renamed. */
const rowsByCode = groupBy(regions, (region) => region.code);
const childCodes = groupBy(regions, (region) => region.parent ?? '');
const predecessorOf = new Map<string, string>();
for (const region of regions) {
  const heir = region.successor[0];
  if (heir && !predecessorOf.has(heir)) predecessorOf.set(heir, region.code);
}
const below = indexBelow();

/** The region a code names on a day; undefined when there is no such code or it was not in force. Never throws. */
export function regionOn(code: string, day: Day): Region | undefined {
  return rowsByCode.get(code)?.find((region) => inForceOn(region, day));
}

/**
 * The place and everything above it on that day, nearest first, the nation last. A code not in force on the day is read
 * through its successor or predecessor of that day, so a register that still (or already) has the other code gets the
 * law of the place. Empty for an unknown code. Never throws.
 */
export function ancestorsOn(code: string, day: Day): readonly string[] {
  const chain: string[] = [];
  for (let region = placeOn(code, day); region; region = region.parent ? placeOn(region.parent, day) : undefined) {
    chain.push(region.code);
  }
  return chain;
}

/** May a party or site stand here: a county, or a prefecture that has no counties (东莞, 中山, 儋州, 嘉峪关)? Never throws. */
export function isLocationOn(code: string, day: Day): boolean {
  const region = regionOn(code, day);
  return region !== undefined && isLocation(region);
}

/** The regions directly below, in force on that day, by code. Never throws. */
export function childrenOn(code: string, day: Day): readonly Region[] {
  return (childCodes.get(code) ?? []).filter((region) => inForceOn(region, day));
}

/**
 * Today's codes for a place: itself while it is present, else all its successors, the main one first. Empty for an
 * unknown code. Never throws.
 */
export function presentCodesOf(code: string, hops = 0): readonly string[] {
  const latest = rowsByCode.get(code)?.at(-1);
  if (!latest || hops > HOPS_MAX) return [];
  if (latest.inForceTo === null) return [code];
  return [...new Set(latest.successor.flatMap((heir) => presentCodesOf(heir, hops + 1)))];
}

/** The one code that stands for a place today; undefined for an unknown code. Never throws. */
export function successorToday(code: string): string | undefined {
  return presentCodesOf(code)[0];
}

/**
 * Every location code whose records belong to a jurisdiction today, sorted: present counties (and prefectures without
 * counties) at or below it, and the former codes that a present one of them succeeds. A jurisdiction that is itself
 * former (Laiwu) keeps the counties it had under their present codes, and not the rest of the prefecture that took them
 * over. Empty for an unknown code. Never throws.
 */
export function descendantsPresent(jurisdiction: string): readonly string[] {
  return below.get(jurisdiction) ?? [];
}

/**
 * Digits 5 to 8 of a manifest number (TM 15): province and prefecture of the origin. A municipality is its own
 * prefecture (3100 for Shanghai); counties directly under a province share the number they are coded under (4290).
 * Undefined for the nation, a province that is no municipality, and unknown codes. Never throws.
 */
export function prefectureOf(code: string, day: Day): string | undefined {
  const place = placeOn(code, day);
  if (!place || place.level === 'nation') return undefined;
  if (place.level === 'province') return isMunicipality(place) ? place.code.slice(0, 4) : undefined;
  const parent = placeOn(place.parent ?? '', day);
  const ownsSeries = parent?.level === 'prefecture' || (parent && isMunicipality(parent)) ? parent : place;
  return ownsSeries.code.slice(0, 4);
}

/** The row that stood for this place on that day, following successors forward and predecessors back. */
function placeOn(code: string, day: Day): Region | undefined {
  let current = code;
  for (let hops = 0; hops <= HOPS_MAX; hops += 1) {
    const rows = rowsByCode.get(current);
    const found = rows?.find((region) => inForceOn(region, day));
    if (found || !rows) return found;
    const latest = rows.at(-1)!;
    const isOver = latest.inForceTo !== null && latest.inForceTo <= day;
    const next = isOver ? latest.successor[0] : predecessorOf.get(current);
    if (!next) return isOver ? undefined : rows[0]; // cut out of several others: its own chain is the best known
    current = next;
  }
  return undefined;
}

function isLocation(region: Region): boolean {
  if (region.level === 'county') return true;
  return region.level === 'prefecture' && !childCodes.has(region.code);
}

/** 直辖市: the four provinces that are cities. */
function isMunicipality(region: Region): boolean {
  return region.level === 'province' && region.name.endsWith('市');
}

function indexBelow(): Map<string, readonly string[]> {
  const sets = new Map<string, Set<string>>();
  const add = (jurisdiction: string, code: string) => {
    const set = sets.get(jurisdiction);
    if (set) set.add(code);
    else sets.set(jurisdiction, new Set([code]));
  };
  for (const region of regions) {
    if (!isLocation(region)) continue;
    const present = presentCodesOf(region.code);
    for (const code of present) {
      for (let above = latestOf(code); above; above = above.parent ? latestOf(above.parent) : undefined) {
        add(above.code, region.code);
      }
    }
    if (region.inForceTo === null || region.successor.length === 0) continue;
    const former = region.parent ? latestOf(region.parent) : undefined;
    const jurisdictions = former?.inForceTo ? [region.code, former.code] : [region.code];
    for (const jurisdiction of jurisdictions) for (const code of [region.code, ...present]) add(jurisdiction, code);
  }
  return new Map([...sets].map(([jurisdiction, codes]) => [jurisdiction, [...codes].sort()]));
}

function latestOf(code: string): Region | undefined {
  return rowsByCode.get(code)?.at(-1);
}
