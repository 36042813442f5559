import './platform/config.cases.ts';
import './platform/canonical-text.cases.ts';
import './platform/embedded-postgres.cases.ts';
import './platform/parameters.cases.ts';
import './platform/upgrade.cases.ts';
