/**
 * How the exports of official systems are read: per system and kind a dated table of column titles → our fields
 * (`data/mappings.json`). A title nobody knows is reported, never guessed at.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Day } from '../catalogue/calendar.ts';
import { SystemId } from '../catalogue/official-systems.ts';
import { DaySchema, inForceOn } from '../catalogue/reference-files.ts';
import type { Status } from '../manifests/tables.ts';
import { ManifestView } from '../manifests/views.ts';
import {
  type CellError,
  plain,
  type Read,
  readDay,
  readGrams,
  readPlate,
  readRegion,
  readText,
  readUnit,
  readUscc,
  readWasteCode,
  readYesNo,
  type Unit,
} from './cells.ts';

export const RECORD_KINDS = ['manifests', 'parties', 'ledger'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** Our fields, and how the cell of each is read. The order is that in which a unit comes before what it measures. */
const READERS = {
  unit: readUnit,
  number: readText,
  localNumber: readText,
  batchCode: readText,
  status: readText,
  voided: readYesNo,
  name: readText,
  uscc: readUscc,
  region: readRegion,
  partyType: readText,
  address: readText,
  consignorName: readText,
  consignorUscc: readUscc,
  carrierName: readText,
  carrierUscc: readUscc,
  consigneeName: readText,
  consigneeUscc: readUscc,
  wasteName: readText,
  wasteCode: readWasteCode,
  massGrams: readGrams,
  acceptedGrams: readGrams,
  transferredOn: readDay,
  receivedOn: readDay,
  recordedOn: readDay,
  plate: readPlate,
  method: readText,
} as const satisfies Record<string, (text: string, unit: Unit | undefined) => Read<string | number | boolean>>;
export type Field = keyof typeof READERS;
const FIELD_NAMES = Object.keys(READERS) as [Field, ...Field[]];

/** What a row says, field by field; what it does not say is absent. */
export type Fields = { readonly [Name in Field]?: string | number | boolean };

/** What makes a row the same record in the next file: a manifest is exported with a row for each of its wastes. */
const KEY_FIELDS: Readonly<Record<RecordKind, readonly (readonly Field[])[]>> = {
  manifests: [['number', 'wasteCode', 'wasteName']],
  parties: [['uscc'], ['name']],
  ledger: [['batchCode']],
};

const Column = z.strictObject({
  titles: z
    .array(
      z.union([
        z
          .string()
          .min(1)
          .transform((title) => ({ title, unit: undefined })),
        z.strictObject({ title: z.string().min(1), unit: z.enum(['t', 'kg', 'g']) }),
      ]),
    )
    .min(1),
  required: z.boolean().default(false),
});

const MappingRow = z.strictObject({
  id: z.string(),
  system: SystemId,
  kind: z.enum(RECORD_KINDS),
  inForceFrom: DaySchema,
  inForceTo: DaySchema.nullable(),
  /** Held against an export of that system; until then the titles are those its users publish. */
  verified: z.boolean(),
  fields: z.partialRecord(z.enum(FIELD_NAMES), Column),
  /** Words of that system → what we call it. A word that is not here is kept and not compared. */
  statuses: z.record(z.string(), z.array(ManifestView.shape.status)),
});
export type Mapping = z.output<typeof MappingRow>;

const MAPPINGS = z
  .array(MappingRow)
  .parse(JSON.parse(readFileSync(new URL('./data/mappings.json', import.meta.url), 'utf8')));

export const mappingOn = (system: string, kind: RecordKind, day: Day): Mapping | undefined =>
  MAPPINGS.find((row) => row.system === system && row.kind === kind && inForceOn(row, day));

export const mappingNamed = (id: string): Mapping => MAPPINGS.find((row) => row.id === id)!;

/** Full width, brackets, stars and spaces do not make another title. */
export const normalTitle = (title: string): string =>
  title
    .normalize('NFKC')
    .replaceAll(/[\s*:]/g, '')
    .replaceAll(/[【〔[]/g, '(')
    .replaceAll(/[】〕\]]/g, ')')
    .toLowerCase();

interface Placed {
  readonly field: Field;
  readonly cell: number;
  readonly unit: Unit | undefined;
}

/** Where each field stands in the rows of one file. */
export interface Header {
  readonly titles: readonly string[];
  readonly placed: readonly Placed[];
  readonly unknown: readonly string[];
  /** First of the titles each required field may have, where none of them is there. */
  readonly missing: readonly string[];
  /** Titles that stand more than once, of which nobody can say which is meant. */
  readonly twice: readonly string[];
}

export function headerOf(row: readonly string[], mapping: Mapping): Header {
  const titles = row.map((title) => title.trim());
  const normal = titles.map(normalTitle);
  const placed: Placed[] = [];
  const missing: string[] = [];
  const twice: string[] = [];
  for (const field of FIELD_NAMES) {
    const column = mapping.fields[field];
    if (!column) continue;
    const found = column.titles.find(({ title }) => normal.includes(normalTitle(title)));
    if (!found) {
      if (column.required) missing.push(column.titles[0]!.title);
      continue;
    }
    const cell = normal.indexOf(normalTitle(found.title));
    if (normal.lastIndexOf(normalTitle(found.title)) !== cell) twice.push(titles[cell]!);
    placed.push({ field, cell, unit: found.unit });
  }
  const known = new Set(placed.map(({ cell }) => cell));
  const unknown = titles.filter((title, cell) => title !== '' && !known.has(cell));
  return { titles, placed, unknown, missing, twice };
}

export interface CellFault {
  readonly cell: number;
  readonly code: CellError;
  readonly given: string;
}

/** The row as a record, or what is wrong with its cells. Pure. */
export function readRow(
  row: readonly string[],
  { placed, titles }: Header,
  mapping: Mapping,
): { readonly fields: Fields } | { readonly faults: readonly CellFault[] } {
  if (row.length !== titles.length) return { faults: [{ cell: WHOLE_ROW, code: 'cells', given: String(row.length) }] };
  const faults: CellFault[] = [];
  const fault = (cell: number, code: CellError) => faults.push({ cell, code, given: shown(row[cell]!) });
  const texts = row.map((given, cell) => {
    const read = plain(given);
    if ('error' in read) fault(cell, read.error);
    return 'value' in read ? read.value : undefined;
  });
  if (faults.length > 0) return { faults };
  const fields: { [Name in Field]?: string | number | boolean } = {};
  for (const { field, cell, unit } of placed) {
    const text = texts[cell];
    if (text === undefined) {
      if (mapping.fields[field]!.required) fault(cell, 'missing');
      continue;
    }
    const read = READERS[field](text, unit ?? (fields.unit as Unit | undefined));
    if ('error' in read) fault(cell, read.error);
    else fields[field] = read.value;
  }
  const { unit: _, ...said } = fields;
  return faults.length > 0 ? { faults } : { fields: said };
}

export const WHOLE_ROW = -1;
const SHOWN_MAX = 60;
/** Enough to find it by, and nothing that a database or a terminal could choke on. */
const shown = (cell: string): string => cell.slice(0, SHOWN_MAX).replaceAll(/[\p{Cc}\p{Surrogate}\ufffe\uffff]/gu, '�');

/** The first of its keys that the row has. */
export function keyOf(kind: RecordKind, fields: Fields): string {
  const names = KEY_FIELDS[kind].find(([first]) => fields[first!] !== undefined)!;
  return names.map((name) => `${name}:${fields[name] ?? ''}`).join(' ');
}

/** What that system's word for its state means here; undefined where we do not know. */
export function statusesOf(mapping: Mapping, { status, voided }: Fields): readonly Status[] | undefined {
  if (voided === true) return ['void'];
  return typeof status === 'string' ? mapping.statuses[status] : undefined;
}
