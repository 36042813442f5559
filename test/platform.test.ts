import './platform/config.cases.ts';
import './platform/canonical-text.cases.ts';
import './platform/embedded-postgres.cases.ts';
import './platform/parameters.cases.ts';
import './platform/upgrade.cases.ts';
import './platform/validations.cases.ts';
import './platform/bulk.cases.ts';
