import { z } from 'zod';
import type { Bilingual } from '../problems.ts';

/** zod keeps one text a message; ours has a line in each language. */
export const inBoth = (zh: string, en: string): string => `${zh}\n${en}`;

/** What a schema said, for whoever answers to read it out in the reader's language. */
export function messageOf(text: string): Bilingual | string {
  const [zh = '', en] = text.split('\n');
  return en === undefined ? text : { zh, en };
}

const chinese = z.locales.zhCN().localeError;
const english = z.locales.en().localeError;
const textOf = (said: ReturnType<typeof english>): string => (typeof said === 'string' ? said : (said?.message ?? ''));

/** What zod itself says is said in both as well. */
z.config({ localeError: (issue) => inBoth(textOf(chinese(issue)), textOf(english(issue))) });
