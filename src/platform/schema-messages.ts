/** What is wrong with a field, in words, in both languages: the table of what zod finds, and where each thing lies. */
import { z } from 'zod';
import type { Bilingual, FieldError } from '../problems.ts';

/** zod keeps one text a message; ours has a line in each language. */
export const inBoth = (zh: string, en: string): string => `${zh}\n${en}`;

/** What a schema said, for whoever answers to read it out in the reader's language. */
export function messageOf(text: string): Bilingual | string {
  const [zh = '', en] = text.split('\n');
  return en === undefined ? text : { zh, en };
}

const TYPES: Readonly<Record<string, Bilingual>> = {
  string: { zh: '文字', en: 'text' },
  number: { zh: '数字', en: 'a number' },
  int: { zh: '整数', en: 'a whole number' },
  boolean: { zh: 'true 或 false', en: 'true or false' },
  array: { zh: '列表 […]', en: 'a list […]' },
  object: { zh: '对象 {…}', en: 'an object {…}' },
  record: { zh: '对象 {…}', en: 'an object {…}' },
  null: { zh: '空值 null', en: 'null' },
};
const typeNamed = (name: string): Bilingual => TYPES[name] ?? { zh: name, en: name };

const FORMATS: Readonly<Record<string, Bilingual>> = {
  datetime: {
    zh: '带时区的日期和时间，如 2026-11-23T10:00:00+08:00',
    en: 'a date and time with its zone, such as 2026-11-23T10:00:00+08:00',
  },
  date: { zh: '日期，如 2026-11-23', en: 'a date, such as 2026-11-23' },
  uuid: {
    zh: '标识符（UUID），如 0198c3f0-7a6e-7d3c-9b1f-2f4e5a6b7c8d',
    en: 'a UUID, such as 0198c3f0-7a6e-7d3c-9b1f-2f4e5a6b7c8d',
  },
  url: { zh: '网址', en: 'a URL' },
};

/** The unit stands last in a field's name. */
const UNITS: readonly (readonly [of: RegExp, unit: Bilingual])[] = [
  [/grams$/i, { zh: '克', en: 'g' }],
  [/pieces$/i, { zh: '件', en: 'pieces' }],
  [/permille$/i, { zh: '‰', en: 'permille' }],
  [/hours$/i, { zh: '小时', en: 'hours' }],
  [/days$/i, { zh: '天', en: 'days' }],
];

type Raw<Code extends z.core.$ZodIssueCode> = z.core.$ZodRawIssue<Extract<z.core.$ZodIssue, { code: Code }>>;

function bound({ origin, path = [] }: Raw<'too_big' | 'too_small'>, limit: number | bigint): Bilingual {
  const written = limit.toLocaleString('en-US');
  if (origin === 'string') return { zh: `${written} 个字符`, en: `${written} characters` };
  if (origin === 'array') return { zh: `${written} 项`, en: `${written} entries` };
  const unit = UNITS.find(([of]) => of.test(String(path.at(-1))))?.[1];
  return unit ? { zh: `${written} ${unit.zh}`, en: `${written} ${unit.en}` } : { zh: written, en: written };
}

function atLeast(issue: Raw<'too_small'>): Bilingual {
  const isCounted = issue.origin === 'string' || issue.origin === 'array';
  if (isCounted && Number(issue.minimum) === 1) return { zh: '不得为空', en: 'must not be empty' };
  const { zh, en } = bound(issue, issue.minimum);
  const isMore = issue.inclusive === false;
  return { zh: `${isMore ? '须多于' : '至少'} ${zh}`, en: `${isMore ? 'more than' : 'at least'} ${en}` };
}

function atMost(issue: Raw<'too_big'>): Bilingual {
  const { zh, en } = bound(issue, issue.maximum);
  const isLess = issue.inclusive === false;
  return { zh: `${isLess ? '须少于' : '最多'} ${zh}`, en: `${isLess ? 'less than' : 'at most'} ${en}` };
}

const mustBe = ({ zh, en }: Bilingual): Bilingual => ({ zh: `须为${zh}`, en: `must be ${en}` });

const oneOf = (values: readonly unknown[]): Bilingual =>
  values.length === 1
    ? { zh: `须为 ${values[0]}`, en: `must be ${values[0]}` }
    : { zh: `须为以下之一：${values.join('、')}`, en: `must be one of ${values.join(', ')}` };

/** A value of none of the kinds that a field may hold. */
function oneOfTypes({ errors }: Raw<'invalid_union'>): Bilingual {
  const expected = errors.flat().flatMap((issue) => (issue.code === 'invalid_type' ? [issue.expected] : []));
  const names = [...new Set(expected)].map(typeNamed);
  return mustBe({ zh: names.map(({ zh }) => zh).join('或'), en: names.map(({ en }) => en).join(' or ') });
}

/** What may stand where an unknown key was found. */
function knownKeys({ inst }: Raw<'unrecognized_keys'>): Bilingual {
  const keys = inst instanceof z.ZodObject ? Object.keys(inst.shape) : [];
  return keys.length === 0
    ? { zh: '没有此字段，此处须为空', en: 'no such field; nothing may stand here' }
    : { zh: `没有此字段；可用：${keys.join('、')}`, en: `no such field; there are ${keys.join(', ')}` };
}

/** One row for each code of zod that our schemas can raise. */
const SAID: { readonly [Code in z.core.$ZodIssueCode]?: (issue: Raw<Code>) => Bilingual } = {
  invalid_type: ({ expected }) => mustBe(typeNamed(expected)),
  invalid_value: ({ values }) => oneOf(values),
  invalid_format: ({ format, pattern }) => {
    const form = FORMATS[format];
    return form ? mustBe(form) : { zh: `须符合 ${pattern ?? format}`, en: `must fit ${pattern ?? format}` };
  },
  too_small: atLeast,
  too_big: atMost,
  unrecognized_keys: knownKeys,
  invalid_union: (issue) => (issue.options ? oneOf(issue.options as unknown[]) : oneOfTypes(issue)),
};

function said(issue: z.core.$ZodRawIssue): string {
  const isMissing = issue.input === undefined && ['invalid_type', 'invalid_value'].includes(issue.code);
  if (isMissing) return inBoth('必填', 'required');
  const row = SAID[issue.code] as ((issue: z.core.$ZodRawIssue) => Bilingual) | undefined;
  const { zh, en } = row?.(issue) ?? { zh: '不符合格式', en: 'does not fit' };
  return inBoth(zh, en);
}

z.config({ localeError: said });

type Issue = z.core.$ZodIssue;

/** Whether the value is of the type that a branch of a union asks for, whatever is wrong within. */
const isOfType = (branch: readonly Issue[]): boolean =>
  !branch.some(({ code, path }) => code === 'invalid_type' && path.length === 0);

/** Issues where they lie: unknown keys at the keys, and of a union what is wrong with the branch that fits best. */
function spread(issue: Issue): readonly Pick<Issue, 'code' | 'path' | 'message'>[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ code: issue.code, path: [...issue.path, key], message: issue.message }));
  if (issue.code !== 'invalid_union') return [issue];
  const branches = issue.errors.filter(isOfType).map((branch) => branch.flatMap(spread));
  const nearest = branches.sort((one, other) => one.length - other.length)[0];
  return nearest ? nearest.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })) : [issue];
}

/**
 * What does not fit, one message a field, each at its JSON Pointer (RFC 6901) below `place`. A tighter bound is stated after
 * the one it narrows, so of two issues of one code the later speaks; else the first.
 */
export function fieldErrors(issues: readonly Issue[], place = ''): FieldError[] {
  const found = new Map<string, Pick<Issue, 'code' | 'message'>>();
  for (const { code, path, message } of issues.flatMap(spread)) {
    const pointer = path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    const before = found.get(pointer);
    if (!before || before.code === code) found.set(pointer, { code, message });
  }
  return [...found].map(([pointer, { message }]) => ({
    pointer: `${place}${pointer}` || '/',
    detail: messageOf(message),
  }));
}
