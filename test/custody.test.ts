import './custody/ledger.cases.ts';
import './custody/fuzz.cases.ts';
