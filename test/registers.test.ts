import './registers/parties.cases.ts';
import './registers/belongings.cases.ts';
import './registers/people.cases.ts';
import './registers/keys.cases.ts';
import './registers/permits.cases.ts';
import './registers/policies.cases.ts';
import './parties/delegations.cases.ts';
import './registers/designations.cases.ts';
