import './official/number.cases.ts';
import './official/import.cases.ts';
import './official/uploads.cases.ts';
import './official/workbook.cases.ts';
import './official/matching.cases.ts';
import './official/parties.cases.ts';
import './official/push.cases.ts';
import './official/damaged.cases.ts';
// Last: it looks at everything the others did.
import './official/rebuild.cases.ts';
