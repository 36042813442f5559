/**
 * The streams of waste: what each is called, which classes of the national lists move in it, what its parties are called
 * and what a line of its manifests must say. A stream is a row of `streams.json`; its numbers, clocks, numbering and
 * permits are policies that name it. Nothing else knows how many there are.
 */
import { z } from 'zod';
import { readText } from './reference-files.ts';

/** Name of a stream, one of `STREAMS`. */
export type Stream = string;

/** `required` and `absent` say so; `optional` may be left out; what has a default is filled in when it is. */
const FieldUse = z.union([
  z.enum(['required', 'optional', 'absent']),
  z.strictObject({ default: z.union([z.string(), z.array(z.string())]) }),
]);
export type FieldUse = Readonly<z.infer<typeof FieldUse>>;

/** Fields of a line that not every stream has; the others (code, name, quantity, method) all have. */
export const LINE_FIELDS = [
  'form',
  'hazards',
  'packaging',
  'pieces',
  'hazardousComponent',
  'unNumber',
  'packingGroup',
  'exemption',
  'volumeLitres',
  'moisturePermille',
] as const;
/** Fields of the manifest itself that not every stream has. */
export const MANIFEST_FIELDS = ['projectId'] as const;

const Name = z.strictObject({ zh: z.string().min(1), en: z.string().min(1) });
const fieldsOf = <Field extends string>(fields: readonly Field[]) =>
  z.strictObject(Object.fromEntries(fields.map((field) => [field, FieldUse])) as Record<Field, typeof FieldUse>);

const StreamRow = z.strictObject({
  stream: z.string().regex(/^[a-z_]+$/),
  ...Name.shape,
  /** 国家危险废物名录 or 固体废物分类与代码目录. */
  list: z.enum(['HW', 'SW']),
  /** `*`: every class of the list that no other stream names. */
  classes: z.array(z.string().regex(/^([HS]W\d{2}|\*)$/)).min(1),
  /** Words by which people call its wastes: in the name of another stream's waste they are remarked on. */
  names: z.array(z.string().min(2)).optional(),
  roles: z.strictObject({ consignor: Name, carrier: Name, consignee: Name }),
  linesMax: z.number().int().min(1),
  /** 不得混装: wastes of one class only on one manifest. */
  oneClass: z.boolean(),
  /** Whether its producers keep a register of what lies there before it is loaded, or what leaves was generated as it was loaded. */
  stock: z.enum(['kept', 'as_loaded']),
  manifest: fieldsOf(MANIFEST_FIELDS),
  line: fieldsOf(LINE_FIELDS),
  basis: z.strictObject({ instrument: z.string().min(1), article: z.string().min(1) }),
});
export type StreamTerms = Readonly<z.infer<typeof StreamRow>>;

export const streams: readonly StreamTerms[] = z.array(StreamRow).parse(JSON.parse(readText('streams.json')));
export const STREAMS = streams.map(({ stream }) => stream) as [Stream, ...Stream[]];
export const STREAM_NAMES: Readonly<Record<Stream, string>> = Object.fromEntries(
  streams.map(({ stream, zh }) => [stream, zh]),
);
/** Those whose codes are of the national list of hazardous waste. */
export const HAZARDOUS_STREAMS: readonly Stream[] = streams
  .filter(({ list }) => list === 'HW')
  .map(({ stream }) => stream);
/** Those whose loads come from projects (工程). */
export const OF_PROJECTS: readonly Stream[] = streams
  .filter(({ manifest }) => manifest.projectId !== 'absent')
  .map(({ stream }) => stream);

/** Those of whose wastes dry mass is kept. */
export const MOIST_STREAMS: readonly Stream[] = streams
  .filter(({ line }) => line.moisturePermille !== 'absent')
  .map(({ stream }) => stream);

const byName = new Map(streams.map((row) => [row.stream, row]));
/** @throws Error for a stream there is none of: names come through `z.enum(STREAMS)`. */
export function streamTerms(stream: Stream): StreamTerms {
  const terms = byName.get(stream);
  if (!terms) throw new Error(`no stream ${stream}`);
  return terms;
}

const byClass = new Map(streams.flatMap(({ stream, classes }) => classes.map((one) => [one, stream] as const)));
const rest = { HW: restOf('HW'), SW: restOf('SW') };

function restOf(list: StreamTerms['list']): Stream | undefined {
  return streams.find((row) => row.list === list && row.classes.includes('*'))?.stream;
}

/** The stream that wastes of a class move in; undefined for a class that no stream names. Never throws. */
export const streamOfClass = (wasteClass: string): Stream | undefined =>
  byClass.get(wasteClass) ?? rest[wasteClass.slice(0, 2) as StreamTerms['list']];

/** The stream a waste moves in, by its code (900-249-08, 900-001-S70); empty when it moves in none. Never throws. */
export const streamOfCode = (code: string): Stream =>
  streamOfClass(code.at(-3) === 'S' ? `SW${code.slice(-2)}` : `HW${code.slice(-2)}`) ?? '';

/** The same for what permits name: a code, or a class such as HW08. */
export const streamOfWaste = (codeOrClass: string): Stream =>
  /^[HS]W\d{2}$/.test(codeOrClass) ? (streamOfClass(codeOrClass) ?? '') : streamOfCode(codeOrClass);
/** The stream that a name speaks of; undefined when it holds no word of any. Never throws. */
export const streamNamed = (name: string): StreamTerms | undefined =>
  streams.find(({ names = [] }) => names.some((word) => name.includes(word)));

/** The same for SQL: `code` is an expression of a waste code. */
export function streamOfCodeSql(code: string): string {
  const cases = [...byClass].filter(([wasteClass]) => wasteClass !== '*');
  const suffixOf = (wasteClass: string) =>
    wasteClass.startsWith('SW') ? `S${wasteClass.slice(2)}` : wasteClass.slice(2);
  const whens = cases.map(([wasteClass, stream]) => `when '${suffixOf(wasteClass)}' then '${stream}'`).join(' ');
  return `case substring(${code} from '[^-]*$') ${whens} else case when ${code} like '%-S__' then '' else '${rest.HW ?? ''}' end end`;
}
