import t from 'tap';
import { equalsItsKey, unseenWeek } from '../simulator/staged.ts';

/** Weeks of the size of the demonstration, and one of a busier city. */
const WEEK = { days: 7, manifests: 150 };
const timeout = 900_000;

t.test('the demonstration’s week', { timeout }, (t) => equalsItsKey(t, { ...WEEK, seed: 'demo', until: Date.now() }));
for (let nth = 1; nth <= 3; nth++)
  t.test(`an unseen week, ${nth}`, { timeout }, (t) => equalsItsKey(t, unseenWeek(WEEK)));
t.test('a busy week', { timeout }, (t) => equalsItsKey(t, unseenWeek({ days: 7, manifests: 600 })));
