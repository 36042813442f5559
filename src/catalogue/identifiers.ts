/** 统一社会信用代码 by GB 32100-2015 and 机动车号牌 by GA 36. Pure: what a number can tell of itself, no register asked. */
import { z } from 'zod';

const USCC_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const USCC_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28] as const;
const USCC_SHAPE = /^[0-9A-HJ-NP-RTUWXY]{2}\d{6}[0-9A-HJ-NP-RTUWXY]{10}$/;
const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2] as const;

/** `warning`: the organisation code inside (GB 11714) fails its own check. Some codes truly issued do, so never refuse. */
export type UsccResult =
  | { valid: true; uscc: string; warning?: 'organisation_check' }
  | { valid: false; reason: 'length' | 'characters' | 'check_digit' };

const PROVINCES = '京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼';
const ORDINARY = new RegExp(`^[${PROVINCES}][A-HJ-NP-Z][A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳]$`);
/** The letter for the drive (D A B C E electric, F G H J K other) leads on small vehicles and ends on large ones. */
const NEW_ENERGY_SMALL = new RegExp(`^[${PROVINCES}][A-HJ-NP-Z][A-HJK][A-HJ-NP-Z0-9]\\d{4}$`);
const NEW_ENERGY_LARGE = new RegExp(`^[${PROVINCES}][A-HJ-NP-Z]\\d{5}[A-HJK]$`);
const SPECIAL_ENDINGS = { 挂: 'trailer', 学: 'learner', 警: 'police', 港: 'hong_kong', 澳: 'macau' } as const;

export type PlateKind =
  | 'ordinary'
  | 'new_energy_small'
  | 'new_energy_large'
  | (typeof SPECIAL_ENDINGS)[keyof typeof SPECIAL_ENDINGS];

/** A tractor and its trailer carry two plates: a trip may need both. */
export type PlateResult =
  | { valid: true; plate: string; kind: PlateKind }
  | { valid: false; reason: 'length' | 'province' | 'characters' };

/** Checks a unified social credit code; spaces around it and small letters are forgiven. Never throws. */
export function checkUscc(text: string): UsccResult {
  const uscc = text.normalize('NFKC').trim().toUpperCase();
  if (uscc.length !== 18) return { valid: false, reason: 'length' };
  if (!USCC_SHAPE.test(uscc)) return { valid: false, reason: 'characters' };
  const sum = USCC_WEIGHTS.reduce((total, weight, i) => total + weight * USCC_ALPHABET.indexOf(uscc.charAt(i)), 0);
  if (USCC_ALPHABET.charAt((31 - (sum % 31)) % 31) !== uscc.charAt(17)) return { valid: false, reason: 'check_digit' };
  if (!isOrganisationCode(uscc.slice(8, 17))) return { valid: true, uscc, warning: 'organisation_check' };
  return { valid: true, uscc };
}

/** Checks a vehicle plate; spaces, the dot between letter and number, and small letters are forgiven. Never throws. */
export function checkPlate(text: string): PlateResult {
  const plate = text
    .normalize('NFKC')
    .replaceAll(/[\s·•・.-]/g, '')
    .toUpperCase();
  if (plate.length !== 7 && plate.length !== 8) return { valid: false, reason: 'length' };
  if (!PROVINCES.includes(plate.charAt(0))) return { valid: false, reason: 'province' };
  if (NEW_ENERGY_SMALL.test(plate)) return { valid: true, plate, kind: 'new_energy_small' };
  if (NEW_ENERGY_LARGE.test(plate)) return { valid: true, plate, kind: 'new_energy_large' };
  if (!ORDINARY.test(plate)) return { valid: false, reason: 'characters' };
  const ending = plate.charAt(6);
  return { valid: true, plate, kind: isSpecialEnding(ending) ? SPECIAL_ENDINGS[ending] : 'ordinary' };
}

/** GB 11714: eight places and a check, where 10 is written X and 11 is written 0. */
function isOrganisationCode(code: string): boolean {
  const sum = ORGANISATION_WEIGHTS.reduce(
    (total, weight, i) => total + weight * Number.parseInt(code.charAt(i), 36),
    0,
  );
  const check = 11 - (sum % 11);
  const expected = check === 10 ? 'X' : check === 11 ? '0' : String(check);
  return code.charAt(8) === expected;
}

function isSpecialEnding(text: string): text is keyof typeof SPECIAL_ENDINGS {
  return Object.hasOwn(SPECIAL_ENDINGS, text);
}

/** Kept in its normal form; one that is none is kept as sent, for the rule to refuse with its reason. */
export const Uscc = z
  .string()
  .max(40)
  .transform((text) => {
    const checked = checkUscc(text);
    return checked.valid ? checked.uscc : text;
  });
export const Plate = z
  .string()
  .max(20)
  .overwrite((text) => {
    const checked = checkPlate(text);
    return checked.valid ? checked.plate : text;
  });
