import t from 'tap';
import { checkRebuild } from '../../src/rebuild.ts';
import { testService } from '../support/world.ts';

t.test('numbers, imports and decisions follow from their events, value for value', async (t) => {
  const { databaseUrl } = await testService();
  const { differences } = await checkRebuild(databaseUrl);
  t.same(differences, []);
});
