import '../drills/killed-processes.cases.ts';
