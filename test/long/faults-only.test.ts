import '../journal/faults.cases.ts';
