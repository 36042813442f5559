import './reconciliation/mass.cases.ts';
import './reconciliation/manifest-rules.cases.ts';
import './reconciliation/stock-rules.cases.ts';
import './reconciliation/stores.cases.ts';
import './reconciliation/clocks.cases.ts';
import './reconciliation/codes.cases.ts';
import './reconciliation/overlap.cases.ts';
import './reconciliation/engine.cases.ts';
import './reconciliation/trip-matching.cases.ts';
import './reconciliation/dry-mass.cases.ts';
// They move the clock by days.
import './reconciliation/hours.cases.ts';
// Last: it moves the clock by a year.
import './reconciliation/woken.cases.ts';
