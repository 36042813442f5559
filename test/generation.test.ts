import './generation/containers.cases.ts';
import './generation/stores.cases.ts';
import './generation/tenants.cases.ts';
import './generation/weighing.cases.ts';
