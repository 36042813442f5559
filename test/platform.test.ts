import './platform/embedded-postgres.cases.ts';
import './platform/upgrade.cases.ts';
