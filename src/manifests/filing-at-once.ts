import { dayInShanghai } from '../catalogue/calendar.ts';
import type { Facts } from '../catalogue/reference.ts';
import { originPlaceOf, ownerAt } from '../generation/tenants.ts';
import { siteKind } from '../parties/registers.ts';
import type { PermitUse } from '../permits/uses.ts';
import { type Decision, type Needs, refused, type States } from '../platform/acts.ts';
import type { EventDraft, RecordedEvent } from '../platform/events.ts';
import { against, type Refusal } from '../problems.ts';
import type { ManifestCommand } from './command-needs.ts';
import { draftFields } from './filing.ts';
import { atOrigin, checkedBy, draftedBy, draftReads, issuedBy, issueNeeds, originNeeds } from './filing-commands.ts';
import type * as inputs from './inputs.ts';
import { type Manifest, manifestKind } from './manifest.ts';
import { manifestEvent } from './standing.ts';

/**
 * 起草并签发: draft and issue in one act, for who sends off many loads a day; what either refuses, this refuses. The vehicle may load
 * from the answer on (TM 10(4), 15, 16; 法典 518).
 * @refuses what draft and issue refuse; against-rule where the consignor is a tenant that is not named.
 */
export const file: ManifestCommand<inputs.DraftInput> = {
  name: 'file_manifest',
  kind: 'paper',
  numbered: true,
  needs: draftReads,
  alsoNeeds(input, states, facts) {
    const { lookups = [] } = originNeeds(input, states, facts);
    const expected = expectedOf(input, states, facts);
    const { read = [], lookups: more = [] } = expected
      ? issueNeeds(expected, dayInShanghai(facts.now), facts)
      : ({} as Needs);
    return { read, lookups: [...lookups, ...more] };
  },
  decide: (input, states, facts) => filedBy(input, states, facts, []),
};

/** `booked`: what the same act has reserved for manifests before this one. */
export function filedBy(
  input: inputs.DraftInput,
  states: States,
  facts: Facts,
  booked: readonly PermitUse[],
): Decision {
  const drafted = draftedBy(input, states, facts);
  if ('refusal' in drafted) return refused(drafted.refusal);
  const manifest = madeOf(drafted.event, facts);
  const refusal = mayNotIssue(input, manifest, states, facts);
  if (refusal) return refused(refusal);
  const issued = issuedBy(manifest, {}, states, facts, booked);
  if ('refused' in issued) return issued;
  const { onBehalfOf } = drafted.event;
  return {
    ...issued,
    events: [drafted.event, ...issued.events.map((event) => ({ ...event, ...(onBehalfOf ? { onBehalfOf } : {}) }))],
    warnings: [...drafted.warnings, ...(issued.warnings ?? [])],
    number: { ...issued.number!, on: 'manifest_issued' },
    status: 201,
  };
}

const madeOf = (event: EventDraft, { caller }: Facts): Manifest =>
  manifestKind.evolve(undefined, { ...event, actor: caller.actor } as unknown as RecordedEvent);

/** Whose it most likely is: a tenant of the site that files at once says so. */
const consignorOf = ({ consignorId }: inputs.DraftInput, site: { readonly partyId: string }): string =>
  consignorId ?? site.partyId;

/** The manifest it will be, as far as that is known before delegations and tenancies are looked up: whose permits and stocks to look at. */
function expectedOf(input: inputs.DraftInput, states: States, facts: Facts): Manifest | undefined {
  const site = states.get(siteKind, input.consignorSiteId);
  if (!site) return undefined;
  const ownerId = consignorOf(input, site);
  const origin = { site, ownerId, stock: originPlaceOf(site, ownerId) };
  const checked = checkedBy(input, origin, states, facts);
  if ('refusal' in checked) return undefined;
  const manifest = draftFields(input, checked, origin, facts);
  return madeOf(manifestEvent('manifest_drafted', facts.newId(), facts.now, { manifest }), facts);
}

/** An agent needs to be let issue as well; a tenant names itself. */
function mayNotIssue(
  input: inputs.DraftInput,
  { consignorId }: Manifest,
  states: States,
  facts: Facts,
): Refusal | undefined {
  if (consignorOf(input, states.get(siteKind, input.consignorSiteId)!) !== consignorId)
    return against(
      '/consignorId',
      `移出人是集中暂存单位的，须写明 consignorId（${consignorId}）。`,
      `A consignor that is a tenant of the site says so: consignorId ${consignorId}.`,
    );
  const origin = ownerAt(atOrigin(input), { day: dayInShanghai(facts.now), act: 'issue' }, states, facts);
  return 'refusal' in origin ? origin.refusal : undefined;
}
