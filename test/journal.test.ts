import './journal/replay.cases.ts';
import './journal/faults.cases.ts';
