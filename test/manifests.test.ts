import './manifests/draft.cases.ts';
import './manifests/revise.cases.ts';
import './manifests/issue.cases.ts';
import './manifests/entitlement.cases.ts';
import './manifests/pickup.cases.ts';
import './manifests/arrival.cases.ts';
import './manifests/receipt.cases.ts';
import './manifests/void.cases.ts';
import './manifests/actions.cases.ts';
import './manifests/lists.cases.ts';
import './manifests/events.cases.ts';
import './manifests/long-ago.cases.ts';
// Last: it moves the clock to the next year.
import './manifests/turn-of-year.cases.ts';
