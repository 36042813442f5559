import '../drills/cut-commits.cases.ts';
import '../drills/faulty-groups.cases.ts';
import '../drills/killed-bulks.cases.ts';
import '../drills/killed-processes.cases.ts';
import '../drills/main-process.cases.ts';
import '../drills/poison-acts.cases.ts';
import '../drills/postgres-away.cases.ts';
import '../drills/redis-away.cases.ts';
