/**
 * What a cell of an official export says, in our units. Pure: text in, a value or the code of what is wrong out. Masses are
 * reckoned in decimal text, never in floating point.
 */
import { addDays, type Day, isDay } from '../catalogue/calendar.ts';
import { checkPlate, checkUscc } from '../catalogue/identifiers.ts';
import { GRAMS_MAX } from '../platform/values.ts';
import type { Bilingual } from '../problems.ts';

export const CELL_ERRORS = {
  missing: { zh: '必填，此处为空', en: 'is needed and is empty' },
  'too-long': { zh: '单元格内容过长（上限 2000 字）', en: 'holds more than 2,000 characters' },
  'text-too-long': { zh: '文字过长（上限 200 字）', en: 'is longer than 200 characters' },
  'control-character': { zh: '含有控制字符（如 NUL）', en: 'holds a control character such as NUL' },
  formula: {
    zh: '以 = + - @ 开头，像是公式而非数据',
    en: 'begins with = + - or @, as a formula does and a name does not',
  },
  mass: { zh: '不是质量，应如 12.5 或 12.5吨', en: 'is no mass such as 12.5 or 12.5吨' },
  'mass-unit': {
    zh: '没有计量单位：列名、单元格或“计量单位”列须写明吨、千克或克',
    en: 'has no unit: its title, the cell or the column 计量单位 says 吨, 千克 or 克',
  },
  'mass-too-fine': { zh: '小数位数过多，不足一克', en: 'is finer than a gram' },
  'mass-too-large': { zh: '超过一万吨', en: 'is more than 10,000 t' },
  unit: { zh: '不是已知的计量单位（吨、千克、公斤、克）', en: 'is no unit of mass we know (吨, 千克, 公斤, 克)' },
  day: { zh: '不是日期，应如 2026-03-01、2026/3/1', en: 'is no day such as 2026-03-01 or 2026/3/1' },
  uscc: { zh: '不是有效的统一社会信用代码（GB 32100）', en: 'is no valid unified social credit code (GB 32100)' },
  'waste-code': { zh: '不是废物代码，应如 900-249-08', en: 'is no waste code such as 900-249-08' },
  plate: { zh: '不是机动车号牌（GA 36）', en: 'is no vehicle plate (GA 36)' },
  region: { zh: '不是六位行政区划代码', en: 'is no region code of six digits' },
  'yes-or-no': { zh: '应为“是”或“否”', en: 'is neither 是 nor 否' },
  cells: { zh: '本行的单元格数与标题行不同', en: 'the row has another number of cells than the titles' },
  twice: { zh: '本文件前面已有同一记录而内容不同', en: 'stands in this file before with other content' },
} as const satisfies Record<string, Bilingual>;
export type CellError = keyof typeof CELL_ERRORS;

export type Read<Value> = { readonly value: Value } | { readonly error: CellError };

export const CELL_MAX = 2_000;

/** How exports write that there is nothing. */
const BLANK = /^(-|—|--|——|\/|\\|无|暂无|null|N\/A)?$/i;

/** In its plain form, or undefined where nothing stands. */
export function plain(cell: string): Read<string | undefined> {
  if (cell.length > CELL_MAX) return { error: 'too-long' };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u.test(cell))
    return { error: 'control-character' };
  const text = cell.normalize('NFKC').replaceAll(/\s+/g, ' ').trim();
  return { value: BLANK.test(text) ? undefined : text };
}

/** Spreadsheets run what begins so; nothing an official system names does. */
export function readText(text: string): Read<string> {
  if (/^[=+\-@]/.test(text)) return { error: 'formula' };
  return text.length > TEXT_MAX ? { error: 'text-too-long' } : { value: text };
}

/** No number, name or address is longer. */
const TEXT_MAX = 200;

const GRAMS_PLACES = { t: 6, kg: 3, g: 0 } as const;
export type Unit = keyof typeof GRAMS_PLACES;
const UNIT_NAMES: Readonly<Record<string, Unit>> = {
  吨: 't',
  t: 't',
  千克: 'kg',
  公斤: 'kg',
  kg: 'kg',
  克: 'g',
  g: 'g',
};

export function readUnit(text: string): Read<Unit> {
  const unit = UNIT_NAMES[text.toLowerCase()];
  return unit ? { value: unit } : { error: 'unit' };
}

const MASS = /^(?<whole>\d+|\d{1,3}(?:,\d{3})+)(?:\.(?<part>\d+))?(?:e(?<power>[+-]?\d{1,2}))?(?<unit>\D*)$/i;

/** A unit in the cell itself counts for more than one told elsewhere. */
export function readGrams(text: string, told: Unit | undefined): Read<number> {
  const { whole = '', part = '', power = '0', unit: written = '' } = MASS.exec(text)?.groups ?? {};
  if (whole === '') return { error: 'mass' };
  const own = written.trim() === '' ? undefined : UNIT_NAMES[written.trim().toLowerCase()];
  if (written.trim() !== '' && !own) return { error: 'mass' };
  const unit = own ?? told;
  if (!unit) return { error: 'mass-unit' };
  const digits = `${whole.replaceAll(',', '')}${part}`;
  const places = GRAMS_PLACES[unit] + Number(power) - part.length;
  const exact = places >= 0 ? `${digits}${'0'.repeat(places)}` : digits.padStart(1 - places, '0').slice(0, places);
  const rest = places >= 0 ? '' : digits.padStart(1 - places, '0').slice(places);
  if (/[1-9]/.test(rest)) return { error: 'mass-too-fine' };
  if (exact.replace(/^0+/, '').length > String(GRAMS_MAX).length || Number(exact) > GRAMS_MAX)
    return { error: 'mass-too-large' };
  return { value: Number(exact) };
}

const DATE = /^(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?:[ T日]\s?\d{1,2}[:时].*)?$/;
/** Excel counts days from here, and 60 stands for a 29 February 1900 that never was. */
const EXCEL_BEGINS: Day = '1899-12-30';
const EXCEL_SERIAL = /^(\d{5})(?:\.\d+)?$/;

/** The civil day; an hour after it is left away. */
export function readDay(text: string): Read<Day> {
  const serial = EXCEL_SERIAL.exec(text)?.[1];
  if (serial) return { value: addDays(EXCEL_BEGINS, Number(serial)) };
  const [, year, month, date, shortMonth, shortDate] = DATE.exec(text) ?? [];
  if (!year) return { error: 'day' };
  const day = `${year}-${(month ?? shortMonth)!.padStart(2, '0')}-${(date ?? shortDate)!.padStart(2, '0')}`;
  return isDay(day) && day >= '1980' && day < '2200' ? { value: day } : { error: 'day' };
}

export function readUscc(text: string): Read<string> {
  const checked = checkUscc(text);
  return checked.valid ? { value: checked.uscc } : { error: 'uscc' };
}

export function readPlate(text: string): Read<string> {
  const checked = checkPlate(text);
  return checked.valid ? { value: checked.plate } : { error: 'plate' };
}

/** `HW08 900-249-08`, `900-249-08` and `90024908` are one code. */
export function readWasteCode(text: string): Read<string> {
  const digits = text.replace(/^HW\d{2}[ /]?/i, '').replaceAll(/[ -]/g, '');
  if (!/^\d{8}$/.test(digits))
    return /^(SW)\d{2}$|^\d{3}-\d{3}-S\d{2}$/i.test(text) ? { value: text } : { error: 'waste-code' };
  return { value: `${digits.slice(0, 3)}-${digits.slice(3, 6)}-${digits.slice(6)}` };
}

export const readRegion = (text: string): Read<string> =>
  /^\d{6}$/.test(text) ? { value: text } : { error: 'region' };

export function readYesNo(text: string): Read<boolean> {
  if (['是', '1', 'Y', 'YES', 'TRUE'].includes(text.toUpperCase())) return { value: true };
  return ['否', '0', 'N', 'NO', 'FALSE'].includes(text.toUpperCase()) ? { value: false } : { error: 'yes-or-no' };
}
