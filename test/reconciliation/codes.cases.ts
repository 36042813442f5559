import t from 'tap';
import { RULES } from '../../src/reconciliation/rules/all.ts';
import { CODES } from '../../src/reconciliation/rules/codes.ts';

t.test('a rule says what it finds in the words of the list', async (t) => {
  for (const { id, codes } of RULES) for (const code of codes) t.ok(CODES.includes(code), `${id} finds ${code}`);
});
