import t from 'tap';
import { pageIsStale } from './jurisdictions.ts';

t.test('docs/jurisdictions.md is what the rows say', async (t) => {
  t.notOk(pageIsStale(), 'npm run scenarios writes it again');
});
