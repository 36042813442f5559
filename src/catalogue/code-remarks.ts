import { z } from 'zod';
import type { Warning } from '../platform/acts.ts';
import { against, type Refusal } from '../problems.ts';
import { readRows } from './reference-files.ts';
import {
  STREAM_NAMES,
  type Stream,
  streamNamed,
  streamOfClass,
  streamOfCode,
  streams,
  streamTerms,
} from './streams.ts';
import { findTreatmentMethod, methodsOf } from './treatment-methods.ts';
import { findWasteCode, listWasteCodes, type WasteClass, wasteClasses, wasteListOn } from './waste-codes.ts';

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
        : { warnings: [notYetListed(code, found.edition, pointer)] };
    case 'no_such_class':
      return { refusal: code.at(-3) === 'S' ? noSuchClass(code, pointer) : unlisted(code, editionOf(day), pointer) };
    case 'no_edition':
      return { warnings: [noEdition(code, day, pointer)] };
    case 'malformed':
      return { refusal: classForCode(code, day, pointer) ?? malformed(code, pointer) };
    default:
      return found satisfies never;
  }
}

const MedicalNameRow = z.object({
  code: z.string().regex(/^841-00\d-01$/),
  zh: z.string().min(1),
  en: z.string().min(1),
  words: z.string().transform((text) => text.split('|')),
});
/** The five categories of medical waste, and words by which people call what belongs to them. */
const medicalNames = readRows('medical-names.csv', MedicalNameRow);

/** A waste called by the name of another stream's, such as uncontaminated infusion bottles among medical waste, or of another category of medical waste. */
export function nameRemarks(name: string, code: string, pointer: string): Warning[] {
  const named = streamNamed(name);
  const stream = streamOfCode(code);
  if (!named || named.stream === stream) return categoryRemarks(name, code, pointer);
  const detail = {
    zh: `“${name}”属于${named.zh}，代码 ${code} 属于${STREAM_NAMES[stream] ?? '其他废物'}；两者须分开收集、分别填写联单，请核对。`,
    en: `“${name}” speaks of ${named.en}, the code ${code} is of another stream; they are kept apart and travel under manifests of their own. Check it.`,
  };
  return [{ code: 'named-of-another-stream', pointer, basis: 'MW 16', detail }];
}

/** Chemical (004) and pharmaceutical (005) are swapped most easily: the list has them in another order than they are spoken. */
function categoryRemarks(name: string, code: string, pointer: string): Warning[] {
  const own = medicalNames.find((row) => row.code === code);
  const isNamed = ({ words }: { readonly words: readonly string[] }) => words.some((word) => name.includes(word));
  if (!own || isNamed(own)) return [];
  const other = medicalNames.find(isNamed);
  if (!other) return [];
  const detail = {
    zh: `“${name}”像是${other.zh}（${other.code}），代码 ${code} 是${own.zh}；请核对。`,
    en: `“${name}” speaks of ${other.en} waste (${other.code}); ${code} is ${own.en} waste. Check it.`,
  };
  return [{ code: 'named-of-another-category', pointer, basis: '医疗废物分类目录（2021年版）', detail }];
}

/** A method that is on no list, told with those of the streams it was meant for. */
export function unknownMethod(method: string, of: readonly Stream[], pointer: string): Refusal | undefined {
  if (findTreatmentMethod(method)) return undefined;
  const usable = streams.flatMap(({ stream, zh, en }) => {
    const codes = methodsOf(stream).map(({ code }) => code);
    return of.includes(stream) ? [{ zh: `${zh}可用：${codes.join('、')}`, en: `${en} has ${codes.join(', ')}` }] : [];
  });
  const said = usable.length > 0 ? usable : [{ zh: '各废物流的方式见 GET /v1/streams', en: 'see GET /v1/streams' }];
  return against(
    pointer,
    `没有利用处置方式 ${method}；${said.map(({ zh }) => zh).join('；')}。`,
    `There is no treatment method ${method}; ${said.map(({ en }) => en).join('; ')}.`,
  );
}

const LIST = '《国家危险废物名录》';
const CLASSIFICATION = '固体废物分类与代码目录';
/** How many codes of a class a refusal shows. */
const CODES_SHOWN = 5;

/** A day that no edition of ours covers is told of the first. */
const editionOf = (day: string): string => wasteListOn(day)?.edition ?? '2021';

/** A class where a code must stand: SW70 for 900-001-S70, HW08 for 900-249-08. */
function classForCode(given: string, day: string, pointer: string): Refusal | undefined {
  const name = given.trim().toUpperCase();
  const found = wasteClasses.find((one) => one.class === name);
  const stream = found && streamOfClass(name);
  if (!stream) return undefined;
  return name.startsWith('SW') ? classOfSolidWaste(found, stream, pointer) : classOfHazardousWaste(found, day, pointer);
}

/** Of the classification list we hold the classes and not the codes: every code of its form is one of the class. */
function classOfSolidWaste({ class: name, name: zh }: WasteClass, stream: Stream, pointer: string): Refusal {
  const suffix = `S${name.slice(2)}`;
  return {
    ...against(
      pointer,
      `${name}（${zh}）是一般固体废物（${STREAM_NAMES[stream]}）的类别，不是废物代码；该类代码的格式为 NNN-NNN-${suffix}，如 900-001-${suffix}。`,
      `${name} is a class of general solid waste (${streamTerms(stream).en}), not a code; codes of that class have the form NNN-NNN-${suffix}, such as 900-001-${suffix}.`,
    ),
    basis: CLASSIFICATION,
  };
}

function classOfHazardousWaste({ class: name, name: zh }: WasteClass, day: string, pointer: string): Refusal {
  const codes = listWasteCodes({ day, prefix: name }).map(({ code }) => code);
  const shown = codes.slice(0, CODES_SHOWN);
  return {
    ...against(
      pointer,
      `${name}（${zh}）是危险废物的类别，不是废物代码；该类代码有 ${codes.length} 个，如 ${shown.join('、')}；全部见 GET /v1/waste-codes?q=${name}。`,
      `${name} is a class of hazardous waste, not a code; it has ${codes.length} codes, such as ${shown.join(', ')}; GET /v1/waste-codes?q=${name} has all of them.`,
    ),
    basis: `${LIST} ${editionOf(day)}`,
  };
}

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
    basis: CLASSIFICATION,
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

const notYetListed = (code: string, edition: string, pointer: string): Warning => ({
  code: 'waste-code-unverified',
  detail: {
    zh: `${code} 不在本系统所载名录中；${edition} 年版官方全表尚未核对，暂予接受。`,
    en: `${code} is not in the rows we hold; the official table of ${edition} has not been checked yet, so it is accepted for now.`,
  },
  pointer,
  basis: `${LIST} ${edition}`,
});
