/** The official systems whose numbers and exports we hold beside our own: they are told of, never replaced (TM 7, 15). */
import { z } from 'zod';
import { readRows } from './reference-files.ts';

const OfficialSystemRow = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9-]{1,30}$/),
    name_zh: z.string().min(1),
    name_en: z.string().min(1),
    region: z.string().regex(/^\d{6}$/),
    number_pattern: z.string(),
    verified: z.stringbool(),
  })
  .transform(({ name_zh, name_en, number_pattern, ...row }) => ({
    ...row,
    zh: name_zh,
    en: name_en,
    /** What its manifest numbers look like. One that does not is kept, with a remark. */
    number: new RegExp(number_pattern),
  }));

type OfficialSystem = Readonly<z.output<typeof OfficialSystemRow>>;

export const officialSystems: readonly OfficialSystem[] = readRows('official-systems.csv', OfficialSystemRow);

const ids = officialSystems.map(({ id }) => id);
export const SystemId = z.enum(ids as [string, ...string[]]);

/** @throws Error for an id that `SystemId` would not let in. */
export function officialSystem(id: string): OfficialSystem {
  const system = officialSystems.find((one) => one.id === id);
  if (!system) throw new Error(`no official system is called ${id}`);
  return system;
}
