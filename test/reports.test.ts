import './reports/rules.cases.ts';
import './reports/site-class.cases.ts';
import './reports/figures.cases.ts';
import './reports/confirming.cases.ts';
import './reports/registers.cases.ts';
import './reports/corrections.cases.ts';
import './reports/coverage.cases.ts';
