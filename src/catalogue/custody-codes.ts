/**
 * What a container and an entry of the register are called: 数字识别码 (HJ 1276-2022) and the batch codes that HJ 1259-2022
 * annex B suggests. Pure: minted, read and checked without asking any register.
 *
 * The identification code has 37 characters: the unit's USCC (18), the waste code without hyphens (8), the day it was produced
 * (YYYYMMDD) and the serial of that day (3). The standard gives the sum and the meanings; this split is the only one that adds up.
 */
import type { Warning } from '../platform/acts.ts';
import type { Bilingual } from '../problems.ts';
import { codeRemarks } from './code-remarks.ts';
import { checkUscc } from './identifiers.ts';

export interface IdentificationParts {
  readonly uscc: string;
  readonly wasteCode: string;
  /** 产生日期, a civil day in Asia/Shanghai. */
  readonly day: string;
  readonly serial: number;
}

export type IdentificationResult =
  | {
      readonly valid: true;
      readonly code: string;
      readonly parts: IdentificationParts;
      readonly warnings: readonly Warning[];
    }
  | { readonly valid: false; readonly reason: IdentificationFault; readonly detail: Bilingual };

export const IDENTIFICATION_BASIS = 'HJ 1276-2022';
/** Three digits: the 1000th container of a unit, a waste and a day has no code. */
export const IDENTIFICATION_SERIALS_MAX = 999;
const IDENTIFICATION_SHAPE = /^([0-9A-HJ-NP-RTUWXY]{18})(\d{3})(\d{3})(\d{2})(\d{8})(\d{3})$/;

const FAULTS = {
  length: { zh: '数字识别码应为 37 位。', en: 'An identification code has 37 characters.' },
  characters: {
    zh: '数字识别码由 18 位统一社会信用代码和 19 位数字组成。',
    en: 'An identification code is a USCC of 18 characters and 19 digits.',
  },
  uscc: {
    zh: '数字识别码前 18 位不是有效的统一社会信用代码。',
    en: 'The first 18 characters of the identification code are no valid USCC.',
  },
  waste_code: {
    zh: '数字识别码第 19 至 26 位不是当日名录中的废物代码。',
    en: 'Places 19 to 26 of the identification code are no waste code of the list of that day.',
  },
  day: { zh: '数字识别码第 27 至 34 位不是日期。', en: 'Places 27 to 34 of the identification code are no date.' },
  future: { zh: '数字识别码的产生日期晚于今天。', en: 'The day in the identification code lies ahead.' },
  serial: { zh: '数字识别码末三位从 001 起。', en: 'The last three digits of an identification code begin at 001.' },
} as const satisfies Record<string, Bilingual>;
export type IdentificationFault = keyof typeof FAULTS;

/** @throws RangeError for parts that make no code: a caller has checked them before. */
export function mintIdentificationCode({ uscc, wasteCode, day, serial }: IdentificationParts): string {
  const code = `${uscc}${wasteCode.replaceAll('-', '')}${compact(day)}${String(serial).padStart(3, '0')}`;
  const checked = checkIdentificationCode(code, day);
  if (!checked.valid) throw new RangeError(`${code}: ${checked.detail.en}`);
  return code;
}

/**
 * Checks a code as somebody reads it off a label; spaces and small letters are forgiven. A waste code that the list in force on its
 * day does not know is a warning or a fault, as it is for every act. Never throws.
 */
export function checkIdentificationCode(text: string, today: string): IdentificationResult {
  const code = text.normalize('NFKC').replaceAll(/\s/g, '').toUpperCase();
  if (code.length !== 37) return fault('length');
  const [, uscc, ...found] = IDENTIFICATION_SHAPE.exec(code) ?? [];
  const [industry, process, wasteClass, digits, serial] = found;
  if (uscc === undefined || digits === undefined) return fault('characters');
  if (!checkUscc(uscc).valid) return fault('uscc');
  const day = dayOf(digits);
  if (day === undefined) return fault('day');
  if (day > today) return fault('future');
  const wasteCode = `${industry}-${process}-${wasteClass}`;
  const remarks = codeRemarks(wasteCode, day, '/code');
  if ('refusal' in remarks) return fault('waste_code');
  if (serial === '000') return fault('serial');
  return { valid: true, code, parts: { uscc, wasteCode, day, serial: Number(serial) }, warnings: remarks.warnings };
}

const fault = (reason: IdentificationFault): IdentificationResult => ({ valid: false, reason, detail: FAULTS[reason] });

/** HJ 1259-2022 annex B: which entry of the register a batch code belongs to. */
export const BATCH_CODE_PREFIXES = {
  generation: 'HWCS',
  storage_in: 'HWRK',
  storage_out: 'HWCK',
  own_use: 'HWZXLY',
  own_disposal: 'HWZXCZ',
  entrusted_use: 'HWWWLY',
  entrusted_disposal: 'HWWWCZ',
  export_use: 'HWCKLY',
  export_disposal: 'HWCKCZ',
} as const;
export type BatchCodeEntry = keyof typeof BATCH_CODE_PREFIXES;

/** HWCK is the head of HWCKLY and HWCKCZ: the longest is tried first. */
const LONGEST_FIRST = Object.entries(BATCH_CODE_PREFIXES).sort(([, a], [, b]) => b.length - a.length) as [
  BatchCodeEntry,
  string,
][];
const BATCH_SERIAL_MAX = 999_999;

/** The batch code of one entry: prefix, day and serial, which grows beyond three digits when a day has more. Never throws. */
export const mintBatchCode = (entry: BatchCodeEntry, day: string, serial: number): string =>
  `${BATCH_CODE_PREFIXES[entry]}${compact(day)}${String(serial).padStart(3, '0')}`;

/** What a batch code says of itself; undefined for what is none. Never throws. */
export function readBatchCode(
  text: string,
): { readonly entry: BatchCodeEntry; readonly day: string; readonly serial: number } | undefined {
  const code = text.normalize('NFKC').trim().toUpperCase();
  const [entry, prefix] = LONGEST_FIRST.find(([, head]) => code.startsWith(head)) ?? [];
  const [, digits, serial] = /^(\d{8})(\d{3,6})$/.exec(code.slice(prefix?.length ?? 0)) ?? [];
  const day = digits === undefined ? undefined : dayOf(digits);
  if (!entry || day === undefined || Number(serial) === 0) return undefined;
  return { entry, day, serial: Number(serial) };
}

/** The next batch code of a site and a day, as an act draws it (`Accepted.number`); it stands in `code`. */
export const batchCodeNumber = (entry: BatchCodeEntry, siteId: string, day: string) => ({
  series: `${BATCH_CODE_PREFIXES[entry]} ${siteId} ${day}`,
  into: 'code',
  max: BATCH_SERIAL_MAX,
  format: (serial: number) => mintBatchCode(entry, day, serial),
});

/** The next identification code of a unit, a waste and a day. @throws from `format`: RangeError as `mintIdentificationCode`. */
export const identificationNumber = (parts: Omit<IdentificationParts, 'serial'>) => ({
  series: `container ${parts.uscc} ${parts.wasteCode} ${parts.day}`,
  into: 'code',
  max: IDENTIFICATION_SERIALS_MAX,
  format: (serial: number) => mintIdentificationCode({ ...parts, serial }),
});

const compact = (day: string): string => day.replaceAll('-', '');

/** YYYYMMDD as a civil day; undefined for the 30th of February. */
function dayOf(digits: string): string | undefined {
  const day = `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
  const instant = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(day) ? day : undefined;
}
