import '../drills/main-process.cases.ts';
