import { type Answer, type Caller, ok } from '../support/world.ts';

/** Amends what a register holds, from its present version. */
export const edit = async (caller: Caller, path: string, changes: object): Promise<Answer> => {
  const { id: _, version, ...record } = ok(await caller.get(path));
  return caller.put(path, { ...record, ...changes }, { 'if-match': `"${version}"` });
};
