import '../drills/fuzz-long.cases.ts';
