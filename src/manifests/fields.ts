/**
 * What a draft says of each line, by the stream it moves in: fields a stream does not know are refused, those it needs are
 * asked for, and what has a default is filled in (`catalogue/streams.ts`). A volume becomes mass here, once, by the density
 * of its class, place and day; both stay on the line with the factor. Pure.
 */
import { unknownMethod } from '../catalogue/code-remarks.ts';
import { noDensity, volumeOf } from '../catalogue/density.ts';
import type { Facts } from '../catalogue/reference.ts';
import {
  type FieldUse,
  LINE_FIELDS,
  MANIFEST_FIELDS,
  STREAM_NAMES,
  type StreamTerms,
  streamOfCode,
  streams,
  streamTerms,
} from '../catalogue/streams.ts';
import { findTreatmentMethod, methodsOf } from '../catalogue/treatment-methods.ts';
import { wasteClassOf } from '../catalogue/waste-codes.ts';
import { GRAMS_MAX } from '../platform/values.ts';
import { against, type FieldError, type Refusal } from '../problems.ts';
import type { DraftInput } from './inputs.ts';
import type { Manifest } from './manifest.ts';
import type { DraftLine } from './tables.ts';
import { tooMuch } from './volumes.ts';

type GivenLine = DraftInput['lines'][number];

/** The stream of a draft: the one it names, else that of its first waste; of a code no list knows, the first there is. */
export const streamOf = ({ stream, lines }: Pick<DraftInput, 'stream' | 'lines'>): string =>
  stream ?? (streamOfCode(lines[0]!.wasteCode) || streams[0]!.stream);

/**
 * Lines as the manifest keeps them.
 * @refuses against-rule: a field the stream lacks or knows nothing of, a waste of another stream, more lines or classes
 * than it may carry, a volume without a density.
 */
export function draftLines(
  input: DraftInput,
  region: string,
  day: string,
  facts: Pick<Facts, 'reference'>,
): readonly DraftLine[] | { readonly refusal: Refusal } {
  const terms = streamTerms(streamOf(input));
  const errors = [
    ...wrongUses(terms.manifest, MANIFEST_FIELDS, input, '', terms),
    ...input.lines.flatMap((line, index) => wrongUses(terms.line, LINE_FIELDS, line, `/lines/${index}`, terms)),
  ];
  if (errors.length > 0) return { refusal: { problem: 'against-rule', ...saidOf(terms, errors) } };
  const refusal = mixed(input, terms);
  if (refusal) return { refusal };
  const lines: DraftLine[] = [];
  for (const [index, given] of input.lines.entries()) {
    const line = toLine(given, index, terms, { region, stream: terms.stream, day }, facts);
    if ('refusal' in line) return line;
    lines.push(line);
  }
  return lines;
}

function wrongUses(
  uses: Readonly<Record<string, FieldUse>>,
  fields: readonly string[],
  given: object,
  at: string,
  terms: StreamTerms,
): FieldError[] {
  const { zh: name, stream } = terms;
  return fields.flatMap((field): FieldError[] => {
    const use = uses[field]!;
    const isGiven = isSaid(field, (given as Record<string, unknown>)[field]);
    const pointer = `${at}/${field}`;
    if (use === 'required' && !isGiven)
      return [{ pointer, detail: { zh: `${name}须填写`, en: `required for ${stream} waste` } }];
    if (use === 'absent' && isGiven) return [{ pointer, detail: unknownTo(terms) }];
    return [];
  });
}

/** A moisture that is measured on the way, where the line says none: it is a field of other streams. */
export function strayMoisture(
  lines: readonly { readonly line: number; readonly moisturePermille?: number | undefined }[],
  manifest: Pick<Manifest, 'stream' | 'lines'>,
): Refusal | undefined {
  const terms = streamTerms(manifest.stream);
  const isStray = (line: number) => manifest.lines[line - 1]?.moisturePermille === undefined;
  const at = lines.findIndex(({ line, moisturePermille }) => moisturePermille !== undefined && isStray(line));
  if (at < 0) return undefined;
  const error = { pointer: `/lines/${at}/moisturePermille`, detail: unknownTo(terms) };
  return { problem: 'against-rule', ...saidOf(terms, [error]) };
}

const unknownTo = ({ zh, stream }: StreamTerms) => ({
  zh: `${zh}没有此项，请去掉`,
  en: `${stream} waste has no such field; leave it out`,
});

/** Null, nothing and an empty list say nothing; so does a count of zero pieces. */
const isSaid = (field: string, value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  !(field === 'pieces' && value === 0) &&
  !(Array.isArray(value) && value.length === 0);

function saidOf({ zh, en, basis }: StreamTerms, errors: FieldError[]): Pick<Refusal, 'detail' | 'basis' | 'errors'> {
  return {
    detail: {
      zh: `${zh}联单的项目不符；各废物流的项目见 GET /v1/streams。`,
      en: `These are not the fields of a manifest of ${en}; GET /v1/streams shows those of each stream.`,
    },
    basis: `${basis.instrument} ${basis.article}`,
    errors,
  };
}

/** 不得混装: every waste is of the stream, and of one class where it says so. */
function mixed({ lines }: DraftInput, { stream, zh, en, linesMax, oneClass, basis }: StreamTerms): Refusal | undefined {
  const law = `${basis.instrument} ${basis.article}`;
  if (lines.length > linesMax)
    return {
      ...against(
        '/lines',
        `${zh}一份联单最多 ${linesMax} 行；请分开填报。`,
        `A manifest of ${en} has at most ${linesMax} lines; file one for each.`,
      ),
      basis: law,
    };
  for (const [index, { wasteCode }] of lines.entries()) {
    const own = streamOfCode(wasteCode);
    if (own !== stream && own !== '')
      return against(
        `/lines/${index}/wasteCode`,
        `${wasteCode} 属于${STREAM_NAMES[own]}，不能列入${zh}联单。`,
        `${wasteCode} is ${own} waste and has no place on a manifest of ${en}.`,
      );
    const first = wasteClassOf(lines[0]!.wasteCode)?.class;
    const other = wasteClassOf(wasteCode)?.class;
    if (oneClass && first !== other)
      return {
        ...against(
          `/lines/${index}/wasteCode`,
          `${zh}不同类别不得混装：第 1 行为 ${first}，本行为 ${other}。`,
          `Classes of ${en} are not mixed on one load: line 1 is ${first}, this one ${other}.`,
        ),
        basis: law,
      };
  }
  return undefined;
}

function toLine(
  { massGrams, volumeLitres, pieces, batchIds, moisturePermille, ...given }: GivenLine,
  index: number,
  { line: uses }: StreamTerms,
  at: { region: string; stream: string; day: string },
  facts: Pick<Facts, 'reference'>,
): DraftLine | { readonly refusal: Refusal } {
  const filled = <Field extends 'form' | 'hazards' | 'packaging'>(field: Field) =>
    given[field] ?? defaultOf(uses[field]);
  const method = checkMethod(given.plannedMethod, at.stream, `/lines/${index}/plannedMethod`);
  if (method) return { refusal: method };
  const volume = volumeLitres === undefined ? undefined : volumeOf(volumeLitres, given.wasteCode, at, facts);
  if (volume === null) return { refusal: noDensity(given.wasteCode, `/lines/${index}/volumeLitres`) };
  const declaredGrams = massGrams ?? volume!.litres * volume!.gramsPerLitre;
  if (declaredGrams > GRAMS_MAX) return { refusal: tooMuch(declaredGrams, `/lines/${index}/volumeLitres`) };
  return {
    ...given,
    form: filled('form') as string,
    hazards: (filled('hazards') ?? []) as readonly string[],
    packaging: filled('packaging') as string,
    line: index + 1,
    declaredGrams,
    declaredPieces: pieces,
    namedBatches: batchIds,
    offered: [],
    ...(volume ? { volume } : {}),
    ...(moisturePermille === undefined ? {} : { moisturePermille }),
  };
}

const defaultOf = (use: FieldUse): string | readonly string[] | undefined =>
  typeof use === 'object' ? use.default : undefined;

/** A method the list has, and the stream uses. */
export function checkMethod(method: string, stream: string, pointer: string): Refusal | undefined {
  const unknown = unknownMethod(method, [stream], pointer);
  if (unknown || findTreatmentMethod(method)!.streams.includes(stream)) return unknown;
  const usable = methodsOf(stream).map(({ code }) => code);
  return against(
    pointer,
    `${STREAM_NAMES[stream]}不用方式 ${method}；可用：${usable.join('、')}。`,
    `${stream} waste is not treated by ${method}; there are ${usable.join(', ')}.`,
  );
}
