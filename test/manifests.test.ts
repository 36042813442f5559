import './manifests/draft.cases.ts';
import './manifests/revise.cases.ts';
import './manifests/streams.cases.ts';
import './manifests/dry-mass.cases.ts';
import './manifests/issue.cases.ts';
import './manifests/entitlement.cases.ts';
import './manifests/pickup.cases.ts';
import './manifests/arrival.cases.ts';
import './manifests/receipt.cases.ts';
import './manifests/void.cases.ts';
import './manifests/legs.cases.ts';
import './manifests/remainder.cases.ts';
import './manifests/incident.cases.ts';
import './manifests/correction.cases.ts';
import './manifests/containers.cases.ts';
import './manifests/paper.cases.ts';
import './manifests/agents.cases.ts';
import './manifests/collection.cases.ts';
import './manifests/actions.cases.ts';
import './manifests/lists.cases.ts';
import './manifests/events.cases.ts';
import './manifests/long-ago.cases.ts';
// It moves the clock to the next month.
import './manifests/monthly.cases.ts';
// Last: it moves the clock to the next year.
import './manifests/turn-of-year.cases.ts';
