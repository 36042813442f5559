import { Problem } from '../problems.ts';

/**
 * A line may take what an earlier line was answered: `@12/id` is the field `id` of the answer to line 12, a JSON Pointer below
 * it. A text that begins with @ and is meant as it stands begins with @@.
 */
const REFERENCE = /^@(\d{1,9})(\/.*)$/;

/** A body has a handful of levels; what is nested deeper than this is none, and would exhaust the stack. */
const DEPTH_MAX = 64;

/** Lines that a value refers to; undefined when it is nested too deep to be read. Never throws. */
export function linesNamedIn(value: unknown, found: Set<number> = new Set(), depth = 0): Set<number> | undefined {
  if (depth > DEPTH_MAX) return undefined;
  if (typeof value === 'string') {
    const [, line] = REFERENCE.exec(value) ?? [];
    if (line) found.add(Number(line));
  } else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) if (!linesNamedIn(inner, found, depth + 1)) return undefined;
  }
  return found;
}

/** @param answers of the lines it names. @throws Problem for a field that such an answer does not have. */
export function withAnswers(value: unknown, answers: ReadonlyMap<number, unknown>, pointer = ''): unknown {
  if (typeof value === 'string') {
    const [, line, path] = REFERENCE.exec(value) ?? [];
    if (line) return fieldOf(answers.get(Number(line)), path!, `${pointer}: ${value}`);
    return value.startsWith('@@') ? value.slice(1) : value;
  }
  if (Array.isArray(value)) return value.map((inner, nth) => withAnswers(inner, answers, `${pointer}/${nth}`));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withAnswers(inner, answers, `${pointer}/${key}`)]),
  );
}

function fieldOf(answer: unknown, path: string, told: string): unknown {
  const value = path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((tree, part) => (tree as Record<string, unknown> | null | undefined)?.[part], answer);
  if (value !== undefined && value !== null && typeof value !== 'object') return value;
  const [pointer, reference] = told.split(': ') as [string, string];
  const detail = {
    zh: `${reference}：该行的应答没有此字段。`,
    en: `${reference}: the answer to that line has no such field.`,
  };
  throw new Problem('invalid-input', detail, { errors: [{ pointer, detail }] });
}
