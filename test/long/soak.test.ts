import '../drills/soak.cases.ts';
