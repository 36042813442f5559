/**
 * The reference files this slice ships, read once when the process starts. A row that does not fit its schema stops the
 * start: a service that judges by a broken table must not run.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

export const REFERENCE_FILES = [
  'exemptions.csv',
  'medical-names.csv',
  'official-systems.csv',
  'policies.json',
  'regions.csv',
  'rules.json',
  'solid-waste-classes.csv',
  'streams.json',
  'treatment-methods.csv',
  'waste-codes.csv',
  'working-days.csv',
] as const;
export type ReferenceFile = (typeof REFERENCE_FILES)[number];

/**
 * A civil day in Asia/Shanghai, `YYYY-MM-DD`. Days compare correctly as text. Whether the day exists (no 30 February) is
 * checked where a day comes from outside, by `isDay` of the calendar.
 */
export type Day = string;
export const DaySchema = z.iso.date();

/** Half-open: in force from the first day (null = since before our data) up to, not including, the second (null = still). */
export type InForce = { readonly inForceFrom: Day | null; readonly inForceTo: Day | null };

/** An empty CSV cell means "none". */
export const blankAsNull = z.string().transform((text) => (text === '' ? null : text));
export const dayOrBlank = z.union([z.literal('').transform(() => null), DaySchema]);

/** Names the facts a judgement was made with: 12 hex digits over every shipped file, stored in each event (basedOn). */
export const catalogueVersion: string = versionOf(REFERENCE_FILES);

/** Is the row in force on that day? The first day counts, the last does not. */
export function inForceOn(row: InForce, day: Day): boolean {
  return (row.inForceFrom === null || row.inForceFrom <= day) && (row.inForceTo === null || day < row.inForceTo);
}

/**
 * All rows of a CSV file, each checked.
 * @throws Error when the file is missing or malformed; ZodError when a row does not fit.
 */
export function readRows<Row>(file: ReferenceFile, row: z.ZodType<Row>): readonly Row[] {
  const cells: unknown = parse(readText(file), { columns: true, bom: true });
  return z.array(row).parse(cells);
}

/** The text of one file. @throws Error when it is missing. */
export function readText(file: ReferenceFile): string {
  return readFileSync(new URL(`./data/${file}`, import.meta.url), 'utf8');
}

/** A short hash over the names and contents of files, in the order given. @throws Error when one is missing. */
export function versionOf(files: readonly ReferenceFile[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update('\0').update(readText(file)).update('\0');
  return hash.digest('hex').slice(0, 12);
}
