import type { Warning } from '../platform/acts.ts';
import type { Refusal } from '../problems.ts';
import { STREAM_NAMES, streamNamed, streamOfCode } from './streams.ts';
import { findWasteCode, wasteClasses } from './waste-codes.ts';

/** What an act that names a waste code is told about it: a refusal, or remarks that let it pass. */
export function codeRemarks(
  code: string,
  day: string,
  pointer: string,
): { refusal: Refusal } | { warnings: Warning[] } {
  const found = findWasteCode(code, day);
  switch (found.kind) {
    case 'listed':
      return { warnings: [] };
    case 'unspecified_class':
    case 'known_class':
      return { warnings: [] };
    case 'unknown':
      return found.treatAs === 'refuse'
        ? { refusal: unlisted(code, found.edition, pointer) }
        : { warnings: [notYetListed(code, pointer)] };
    case 'no_such_class':
      return { refusal: code.at(-3) === 'S' ? noSuchClass(code, pointer) : unlisted(code, '2021', pointer) };
    case 'no_edition':
      return { warnings: [noEdition(code, day, pointer)] };
    case 'malformed':
      return { refusal: malformed(code, pointer) };
    default:
      return found satisfies never;
  }
}

/** A waste called by the name of another stream's: uncontaminated infusion bottles among medical waste, or the other way round. */
export function nameRemarks(name: string, code: string, pointer: string): Warning[] {
  const named = streamNamed(name);
  const stream = streamOfCode(code);
  if (!named || named.stream === stream) return [];
  const detail = {
    zh: `“${name}”属于${named.zh}，代码 ${code} 属于${STREAM_NAMES[stream] ?? '其他废物'}；两者须分开收集、分别填写联单，请核对。`,
    en: `“${name}” speaks of ${named.en}, the code ${code} is of another stream; they are kept apart and travel under manifests of their own. Check it.`,
  };
  return [{ code: 'named-of-another-stream', pointer, basis: 'MW 16', detail }];
}

const LIST = '《国家危险废物名录》';

const unlisted = (code: string, edition: string, pointer: string): Refusal => ({
  problem: 'against-rule',
  detail: {
    zh: `${code} 不在${LIST}（${edition} 年版）中；请核对代码，未列明的按 900-000-XX 填写。`,
    en: `${code} is not in the national list (${edition}); check it, or use 900-000-XX for waste identified as hazardous but not listed.`,
  },
  basis: `${LIST} ${edition}`,
  errors: [{ pointer, detail: 'GET /v1/waste-codes?q=' }],
});

/** A class the classification list has and no stream of ours carries, or none at all. */
const noSuchClass = (code: string, pointer: string): Refusal => {
  const known = wasteClasses.filter((one) => one.class.startsWith('SW')).map((one) => one.class);
  return {
    problem: 'against-rule',
    detail: {
      zh: `${code} 的类别不在本系统各废物流之内；可用类别：${known.join('、')}。`,
      en: `The class of ${code} moves in no stream here; there are ${known.join(', ')}.`,
    },
    basis: '固体废物分类与代码目录',
    errors: [{ pointer, detail: 'GET /v1/streams' }],
  };
};

const malformed = (code: string, pointer: string): Refusal => ({
  problem: 'against-rule',
  detail: {
    zh: `“${code}” 不是有效的废物代码；危险废物的格式为 NNN-NNN-NN，如 900-249-08；其他固体废物为 NNN-NNN-Snn，如 900-001-S70。`,
    en: `"${code}" is not a waste code; hazardous waste has the form NNN-NNN-NN, such as 900-249-08, other waste NNN-NNN-Snn, such as 900-001-S70.`,
  },
  errors: [{ pointer, detail: 'NNN-NNN-NN, NNN-NNN-Snn' }],
});

const noEdition = (code: string, day: string, pointer: string): Warning => ({
  code: 'waste-list-not-loaded',
  detail: {
    zh: `本系统未载入 ${day} 有效的名录，${code} 未核对。`,
    en: `The list in force on ${day} is not loaded; ${code} was not checked.`,
  },
  pointer,
  basis: LIST,
});

const notYetListed = (code: string, pointer: string): Warning => ({
  code: 'waste-code-unverified',
  detail: {
    zh: `${code} 不在本系统所载名录中；2025 年版官方全表尚未核对，暂予接受。`,
    en: `${code} is not in the rows we hold; the official 2025 table has not been checked yet, so it is accepted for now.`,
  },
  pointer,
  basis: `${LIST} 2025`,
});
