import './platform/embedded-postgres.cases.ts';
