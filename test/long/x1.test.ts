import '../drills/postgres-away.cases.ts';
