/**
 * Numbers, switches and modes that law or a place decides: dated rows, never constants in code. Each row says whose rule
 * it is (jurisdiction, stream, basis), when it was in force (half-open: `inForceFrom` counts, `inForceTo` does not; null
 * = still), which day of a manifest's life it looks at and which place's law it is (`looked-up.ts`). `ours: true` marks a default we chose
 * because no text gives one.
 *
 * These are the seeds. Edited rows come from the database through `parsePolicyRows`; `resolvePolicy` is the same for both.
 */
import { z } from 'zod';
import { inBoth } from '../platform/schema-messages.ts';
import { LOOKED_UP, saidOtherwise } from './looked-up.ts';
import {
  LOOKS_AT,
  POLICIES,
  POLICY_NAMES,
  POLICY_PLACES,
  type PolicyName,
  type PolicyValue,
} from './policy-definitions.ts';
import { DaySchema, type InForce, inForceOn, readText } from './reference-files.ts';
import { NATION } from './regions.ts';
import { STREAMS, type Stream } from './streams.ts';

const PolicyRowSchema = z
  .strictObject({
    id: z.string().min(1),
    policy: z.enum(POLICY_NAMES),
    jurisdiction: z.string().regex(/^\d{6}$/),
    stream: z.enum([...STREAMS, '*']),
    value: z.unknown(),
    looksAt: z.enum(LOOKS_AT),
    place: z.enum(POLICY_PLACES),
    basis: z.strictObject({ instrument: z.string().min(1), article: z.string().min(1) }),
    ours: z.boolean(),
    inForceFrom: DaySchema,
    inForceTo: DaySchema.nullable(),
  })
  .superRefine((row, context) => {
    const value = POLICIES[row.policy].value.safeParse(row.value);
    if (!value.success) context.addIssue({ code: 'custom', path: ['value'], message: value.error.message });
    const streams: readonly string[] = POLICIES[row.policy].streams;
    if (row.stream !== '*' && !streams.includes(row.stream)) {
      context.addIssue({ code: 'custom', path: ['stream'], message: `${row.policy} has no meaning for ${row.stream}` });
    }
    if (row.inForceTo !== null && row.inForceTo <= row.inForceFrom) {
      context.addIssue({
        code: 'custom',
        path: ['inForceTo'],
        message: inBoth('须晚于 inForceFrom', 'must be after inForceFrom'),
      });
    }
  });
export type PolicyRow = Readonly<z.infer<typeof PolicyRowSchema>>;
/** A row whose value is known to be of this policy. */
export type Policy<Name extends PolicyName> = Omit<PolicyRow, 'policy' | 'value'> & {
  readonly policy: Name;
  readonly value: PolicyValue<Name>;
};

/** Where and when: `ancestors` is the place and what lies above it, nearest first (`ancestorsOn` of the regions). */
export type PolicyQuestion = { readonly ancestors: readonly string[]; readonly stream: Stream; readonly day: string };

/** TM is in force from this day, and so are our rows; what happened before is judged by the first of them. */
export const RULES_BEGIN = '2022-01-01';

/** The rows we ship. */
export const seedPolicyRows: readonly PolicyRow[] = followed(parsePolicyRows(JSON.parse(readText('policies.json'))));

/** Rows that were entered before this was asked stay as they are. @throws Error, at start, when a row says of itself what is not so. */
export function followed(rows: readonly PolicyRow[]): readonly PolicyRow[] {
  for (const row of rows) {
    const otherwise = saidOtherwise(row);
    if (otherwise)
      throw new Error(
        `policy row ${row.id}: ${otherwise} ${row[otherwise]}, but ${row.policy} is looked up by ${LOOKED_UP[row.policy][otherwise].join(' or ')}`,
      );
  }
  return rows;
}

/**
 * Checks rows from a file or the database.
 * @throws ZodError when a row or its value does not fit; Error when an id repeats, or two rows of one policy,
 * jurisdiction and stream are in force on the same day.
 */
export function parsePolicyRows(input: unknown): readonly PolicyRow[] {
  const rows = z.array(PolicyRowSchema).parse(input);
  assertNoClash('policy', rows, (row) => row.policy);
  return rows;
}

/**
 * Acts ask for these rows: who adds a stream reads what it lacks before anything is served, and not in the first act's 500.
 * @throws Error when the nation does not answer a policy that is not optional for each of its streams on every day.
 */
export function assertComplete(rows: readonly PolicyRow[]): void {
  const missing = POLICY_NAMES.filter((name) => !('optional' in POLICIES[name])).flatMap((name) => {
    const national = rows.filter((row) => row.policy === name && row.jurisdiction === NATION);
    return POLICIES[name].streams.flatMap((stream) => {
      const own = national.filter((row) => row.stream === stream || row.stream === '*');
      const day = [RULES_BEGIN, ...own.flatMap(({ inForceTo }) => inForceTo ?? [])]
        .filter((one) => one >= RULES_BEGIN)
        .find((one) => !own.some((row) => inForceOn(row, one)));
      return day === undefined ? [] : [`${name} for ${stream} on ${day}`];
    });
  });
  if (missing.length > 0)
    throw new Error(
      `policies.json 缺少全国政策行 has no national row of ${missing.join('; ')} (docs/streams/README.md)`,
    );
}

/** What every dated row has that is resolved by place, stream and day: policy rows and rule rows. */
export interface PlacedRow extends InForce {
  readonly id: string;
  readonly jurisdiction: string;
  readonly stream: string;
}

/** @throws Error when an id repeats, or two rows of one name, jurisdiction and stream are in force on the same day. */
export function assertNoClash<Row extends PlacedRow>(
  kind: string,
  rows: readonly Row[],
  nameOf: (row: Row) => string,
): void {
  const seen = new Map<string, Row[]>();
  const ids = new Set<string>();
  for (const row of rows) {
    if (ids.has(row.id)) throw new Error(`two ${kind} rows with the id ${row.id}`);
    ids.add(row.id);
    const key = `${nameOf(row)} ${row.jurisdiction} ${row.stream}`;
    const others = seen.get(key) ?? [];
    const clash = others.find((other) => overlap(other, row));
    if (clash) throw new Error(`${kind} rows ${clash.id} and ${row.id} are in force on the same day`);
    seen.set(key, [...others, row]);
  }
}

/**
 * Of rows of one name, the one that decides: of the nearest jurisdiction that has one in force on the day; there, one
 * for the stream before one for all streams. Pure; never throws.
 */
export function nearestRow<Row extends PlacedRow>(rows: readonly Row[], question: PolicyQuestion): Row | undefined {
  const { ancestors, stream, day } = question;
  const candidates = rows.filter((row) => inForceOn(row, day));
  for (const jurisdiction of ancestors) {
    const local = candidates.filter((row) => row.jurisdiction === jurisdiction);
    const row = local.find((one) => one.stream === stream) ?? local.find((one) => one.stream === '*');
    if (row) return row;
  }
  return undefined;
}

/** The row that decides (`nearestRow`); undefined when none does, or the policy does not exist for the stream. Pure; never throws. */
export function resolvePolicyIf<Name extends PolicyName>(
  rows: readonly PolicyRow[],
  name: Name,
  question: PolicyQuestion,
): Policy<Name> | undefined {
  const streams: readonly Stream[] = POLICIES[name].streams;
  const row = streams.includes(question.stream)
    ? nearestRow(
        rows.filter((one) => one.policy === name),
        question,
      )
    : undefined;
  return row && isOf(row, name) ? row : undefined;
}

/** @throws Error when no row answers, which is a hole in the data or a stream the policy does not exist for. */
export function resolvePolicy<Name extends PolicyName>(
  rows: readonly PolicyRow[],
  name: Name,
  question: PolicyQuestion,
): Policy<Name> {
  const row = resolvePolicyIf(rows, name, question);
  if (row) return row;
  throw new Error(`no policy ${name} for ${question.stream} ${whereAndWhen(question)}`);
}

const whereAndWhen = ({ ancestors, day }: PolicyQuestion): string =>
  `in ${ancestors[0] ?? 'an unknown region'} on ${day}${ancestors.includes(NATION) ? '' : '; the question does not reach up to the nation'}`;

/** The value was checked against this policy's schema by `parsePolicyRows`. */
const isOf = <Name extends PolicyName>(row: PolicyRow, name: Name): row is Policy<Name> & PolicyRow =>
  row.policy === name;

function overlap(one: InForce, other: InForce): boolean {
  const startsBeforeEnd = (a: InForce, b: InForce) => b.inForceTo === null || (a.inForceFrom ?? '') < b.inForceTo;
  return startsBeforeEnd(one, other) && startsBeforeEnd(other, one);
}
