import t from 'tap';
import { equalsItsKey, unseenWeek } from './staged.ts';

/** Small weeks: that of the demonstration, and three of seeds that are drawn when the test runs. */
const SMALL = { days: 3, manifests: 36 };
const UNSEEN = 3;

t.test('the demonstration’s seed: what is found is the answer key', { timeout: 240_000 }, (t) =>
  equalsItsKey(t, { ...SMALL, seed: 'demo', until: Date.parse('2026-10-12T10:00:00Z') }),
);

for (let nth = 1; nth <= UNSEEN; nth++)
  t.test(`an unseen seed, ${nth}: what is found is the answer key`, { timeout: 240_000 }, (t) =>
    equalsItsKey(t, unseenWeek(SMALL)),
  );
