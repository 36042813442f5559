import '../drills/poison-acts.cases.ts';
import '../drills/cut-commits.cases.ts';
