import { type Answer, type Caller, ok } from '../support/world.ts';

/** Amends what a register holds, from its present version; balances are read, never entered. */
export const edit = async (caller: Caller, path: string, changes: object): Promise<Answer> => {
  const { id: _, version, balances: __, ...record } = ok(await caller.get(path));
  return caller.put(path, { ...record, ...changes }, { 'if-match': `"${version}"` });
};
