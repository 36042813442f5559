import './journal/replay.cases.ts';
