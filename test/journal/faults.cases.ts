import '../drills/poison-acts.cases.ts';
