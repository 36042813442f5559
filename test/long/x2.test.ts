import '../drills/redis-away.cases.ts';
