import './custody/containers.cases.ts';
import './custody/ledger.cases.ts';
import './custody/fuzz.cases.ts';
import './custody/rebuild.cases.ts';
import './custody/conservation.cases.ts';
