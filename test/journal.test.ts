import './journal/replay.cases.ts';
import './journal/faults.cases.ts';
import './journal/lanes.cases.ts';
