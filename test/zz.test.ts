import './platform/bulk.cases.ts';
