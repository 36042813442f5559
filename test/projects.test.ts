import './projects/loads.cases.ts';
import './projects/settlement.cases.ts';
// Last: it moves the clock by a day.
import './projects/rules.cases.ts';
