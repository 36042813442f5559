/**
 * Statement parameters as Postgres reads them. An array of hundreds of values is a parameter of every statement of a
 * group; the driver's own writer quotes and escapes each value in three passes, this one only where it must.
 */
type Scalar = string | number | boolean | Date | Buffer | null | undefined;

/** An array goes out as its literal, anything else as the driver makes it. */
export const parameter = (value: unknown): unknown =>
  Array.isArray(value) ? arrayLiteral(value as readonly Scalar[]) : value;

/** `{…}` of one dimension (Postgres documentation, "Array Input and Output Syntax"). */
export function arrayLiteral(values: readonly Scalar[]): string {
  let literal = '{';
  for (const value of values) {
    if (literal.length > 1) literal += ',';
    literal += elementOf(value);
  }
  return `${literal}}`;
}

const PLAIN = /^[\w:.+-]+$/;
const ESCAPED = /["\\]/g;

function elementOf(value: Scalar): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'string') return quoted(value);
  if (value instanceof Date) return `"${value.toISOString()}"`;
  if (Buffer.isBuffer(value)) return `"\\\\x${value.toString('hex')}"`;
  return String(value);
}

/** Unquoted when it is one plain word that is not NULL itself. */
const quoted = (text: string): string =>
  PLAIN.test(text) && text.toLowerCase() !== 'null' ? text : `"${text.replace(ESCAPED, '\\$&')}"`;

/** RS, which JSON text never holds: it escapes control characters. */
const SEPARATOR = '\x1e';

/** JSON texts as one parameter, nothing of them quoted; undefined is NULL. `jsonTextsSql` takes it apart. */
export const jsonTexts = (texts: readonly (string | undefined)[]): string =>
  texts.map((text) => text ?? 'NULL').join(SEPARATOR);

/** @param nth place of the parameter among the statement's. */
export const jsonTextsSql = (nth: number): string => `string_to_array($${nth}, E'\\x1e', 'NULL')`;
