import { dayInShanghai } from '../catalogue/calendar.ts';
import type { Facts, PolicyBook } from '../catalogue/reference.ts';
import { prefectureOf } from '../catalogue/regions.ts';
import { batchKind } from '../custody/batches.ts';
import { accountOf } from '../custody/ledger.ts';
import { stockLookup } from '../custody/repository.ts';
import { type AtSite, atSiteAlsoNeeds, onBehalf, ownerAt } from '../generation/tenants.ts';
import { partyKind, siteKind } from '../parties/registers.ts';
import { type PermitUse, settledUses, usesData } from '../permits/uses.ts';
import { type Accepted, type Decision, type Needs, refused, type States, type Warning } from '../platform/acts.ts';
import type { EventDraft } from '../platform/events.ts';
import type { Refusal } from '../problems.ts';
import { sourceOf } from './booking.ts';
import { accountsAt, type ManifestCommand, manifestOf, permitGates, refsTo, stocksDrawn } from './command-needs.ts';
import { entitlementLookups, permitsFound } from './entitlement.ts';
import { checkDraft, checkIssue, draftFields, type Origin } from './filing.ts';
import type * as inputs from './inputs.ts';
import type { Manifest } from './manifest.ts';
import { decidePickupCode } from './pickup-code.ts';
import { projectLookups, projectOf } from './project-of.ts';
import { reservedKey, reservedLookup } from './queries.ts';
import { givenBack } from './returning.ts';
import { lockManifest, manifestEvent, onManifest } from './standing.ts';

/** On paper, before anything is loaded: drafted, revised, issued, voided. */

export const draftReads = (input: inputs.DraftInput): Needs => ({
  lookups: projectLookups(input),
  read: [
    ...refsTo('site', [input.consignorSiteId, input.consigneeSiteId]),
    ...refsTo('party', [input.carrierId, ...input.onwardCarrierIds]),
    ...refsTo(
      'batch',
      input.lines.flatMap((line) => line.batchIds),
    ),
  ],
});

/** Whose waste lies at the site a draft starts from: the site's party, a tenant, or one the caller acts for. */
export const atOrigin = ({ consignorSiteId, consignorId }: inputs.DraftInput): AtSite => ({
  siteId: consignorSiteId,
  ...(consignorId ? { ownerId: consignorId } : {}),
});

/** Tenancies and delegations only; a draft moves nothing and passes no gate. */
export const originNeeds = (input: inputs.DraftInput, states: States, facts: Facts): Needs => ({
  lookups: atSiteAlsoNeeds(atOrigin(input), '', states, facts).lookups ?? [],
});

/** The consignor (移出人), or its agent, prepares a manifest; nothing is promised yet (TM 10(4)). */
export const draft: ManifestCommand<inputs.DraftInput> = {
  name: 'draft_manifest',
  kind: 'paper',
  needs: draftReads,
  alsoNeeds: originNeeds,
  decide(input, states, facts) {
    const drafted = draftedBy(input, states, facts);
    if ('refusal' in drafted) return refused(drafted.refusal);
    const { event, warnings } = drafted;
    return { events: [event], answer: { id: event.subject.id, status: 'draft' }, warnings, status: 201 };
  },
};

/** The draft as an event, of a manifest that is new. */
export function draftedBy(
  input: inputs.DraftInput,
  states: States,
  facts: Facts,
): { readonly event: EventDraft; readonly warnings: readonly Warning[] } | { readonly refusal: Refusal } {
  const origin = ownerAt(atOrigin(input), { day: dayInShanghai(facts.now), act: 'draft' }, states, facts);
  if ('refusal' in origin) return origin;
  const checked = checkedBy(input, origin, states, facts);
  if ('refusal' in checked) return checked;
  const manifest = draftFields(input, checked, origin, facts);
  const more = { region: checked.origin.region, ...onBehalf(origin.ownerId, facts) };
  const event = manifestEvent('manifest_drafted', facts.newId(), facts.now, { manifest }, more);
  return { event, warnings: checked.warnings };
}

/** What a draft says, with the project it comes from. */
export function checkedBy(input: inputs.DraftInput, origin: Origin, states: States, facts: Facts) {
  const project = projectOf(input, states);
  return 'refusal' in project ? project : checkDraft(input, { ...namedIn(input, states), ...project }, origin, facts);
}

/** Replaces everything in a draft but whose it is. */
export const revise: ManifestCommand<inputs.ReviseInput> = {
  name: 'revise_manifest',
  kind: 'paper',
  needs: (input) => ({ ...draftReads(input), ...lockManifest(input) }),
  alsoNeeds: originNeeds,
  decide: (input, states, facts) =>
    onManifest('revise', input, states, facts, (before) => {
      if (before.followsId) return refused(fixedLoad);
      const day = dayInShanghai(facts.now);
      const origin = ownerAt(atOrigin(input), { day, act: 'revise' }, states, facts);
      if ('refusal' in origin) return refused(origin.refusal);
      if (origin.ownerId !== before.consignorId) return refused(otherConsignor(before.consignorId));
      const checked = checkedBy(input, origin, states, facts);
      if ('refusal' in checked) return refused(checked.refusal);
      const { id, ...fields } = input;
      const manifest = draftFields(fields, checked, origin, facts);
      const event = manifestEvent('manifest_revised', id, facts.now, { manifest }, { region: checked.origin.region });
      return { events: [event], answer: { id, status: 'draft' }, warnings: checked.warnings };
    }),
};

const otherConsignor = (consignorId: string): Refusal => ({
  problem: 'against-rule',
  detail: {
    zh: `草稿属于移出人 ${consignorId}；另一移出人须另行起草。`,
    en: `The draft is consignor ${consignorId}'s; another consignor needs a draft of its own.`,
  },
  errors: [{ pointer: '/consignorId', detail: consignorId }],
});

/** What a follow-up carries is what remained; another carrier or consignee is another follow-up. */
const fixedLoad: Refusal = {
  problem: 'against-rule',
  detail: {
    zh: '余量转运的联单不能修改；请作废后重新办理余量转运。',
    en: 'A manifest that carries on a remainder is not revised; void it and follow up anew.',
  },
  errors: [{ pointer: '/lines', detail: { zh: '按余量原样', en: 'as they remained' } }],
};

/** The consignor issues: from here the manifest has its number and the carrier may load (TM 15, 16; 11(1)). */
export const issue: ManifestCommand<inputs.IssueInput> = {
  name: 'issue_manifest',
  kind: 'paper',
  numbered: true,
  needs: lockManifest,
  alsoNeeds(input, states, facts) {
    const manifest = manifestOf(input, states);
    return manifest ? issueNeeds(manifest, dayInShanghai(issuedAtOf(input, facts)), facts) : {};
  },
  decide: (input, states, facts) =>
    onManifest('issue', input, states, facts, (manifest) => issuedBy(manifest, input, states, facts)),
};

/** What must be known of a manifest to issue it. */
export const issueNeeds = (manifest: Manifest, day: string, { reference }: Facts): Needs => ({
  read: [...refsTo('party', partiesOf(manifest)), ...refsTo('site', sitesOf(manifest))],
  lookups: [
    ...entitlementLookups(manifest, day, reference),
    { lookup: reservedLookup, key: reservedKey(manifest) },
    ...stocksDrawn(manifest),
  ],
});

/** Everything is looked at that the law of its day and place asks for; then it draws its number. `booked`: what the same act has reserved before. */
export function issuedBy(
  manifest: Manifest,
  input: Pick<inputs.IssueInput, 'paper'>,
  states: States,
  facts: Facts,
  booked: readonly PermitUse[] = [],
): Decision {
  const issuedAt = issuedAtOf(input, facts);
  const day = dayInShanghai(issuedAt);
  const checked = checkIssue(manifest, {
    parties: partiesOf(manifest).map((id) => states.get(partyKind, id)!),
    sites: sitesOf(manifest).map((id) => states.get(siteKind, id)!),
    entitlement: permitsFound(manifest, day, facts.reference, states, booked),
    reserved: states.found(reservedLookup, reservedKey(manifest)),
    issuedAt,
    stockOf: (wasteCode) => states.found(stockLookup, accountOf(sourceOf(manifest), wasteCode).id),
  });
  if ('refusal' in checked) return refused(checked.refusal);
  const paper = input.paper && { paper: { number: input.paper.number } };
  const event = manifestEvent(
    'manifest_issued',
    manifest.id,
    issuedAt,
    { ...paper },
    {
      region: manifest.originRegion,
      also: usesData(checked.uses),
      ...(input.paper ? { entryMode: 'paper', details: { reason: input.paper.reason } } : {}),
    },
  );
  return {
    events: [event],
    answer: { id: manifest.id, status: 'issued' },
    warnings: checked.warnings,
    number: numberOf(manifest, day, facts),
  };
}

/** On paper it was issued on an earlier day, whose law judges it. */
const issuedAtOf = ({ paper }: Pick<inputs.IssueInput, 'paper'>, facts: Facts): Date =>
  paper ? new Date(paper.issuedAt) : facts.now;

const partiesOf = ({ consignorId, consigneeId, legs }: Manifest): string[] => [
  consignorId,
  ...legs.map(({ carrierId }) => carrierId),
  consigneeId,
];
const sitesOf = ({ consignorSiteId, consigneeSiteId }: Manifest): string[] => [consignorSiteId, consigneeSiteId];

/** A producer without a device gives the driver this code; it replaces the one before (TM 10(3), 13). */
export const pickupCode: ManifestCommand<inputs.PickupCodeInput> = {
  name: 'give_out_pickup_code',
  kind: 'paper',
  needs: lockManifest,
  decide: (input, states, facts) =>
    onManifest('pickup-code', input, states, facts, (manifest) => decidePickupCode(input, manifest, facts)),
};

/** Before anything is loaded the consignor may void. What a follow-up was to carry is given back in the same act. */
export const voidManifest: ManifestCommand<inputs.VoidInput> = {
  name: 'void_manifest',
  kind: 'paper',
  needs: ({ id, followsId }) => ({ lock: refsTo('manifest', followsId ? [id, followsId] : [id]) }),
  /** It frees what was reserved: an issue that counts the stock must not meet it half-way. */
  alsoNeeds: (input, states) => ({
    sharedGates: [...accountsAt(manifestOf(input, states), sourceOf), ...permitGates(input, states)],
  }),
  decide: (input, states, facts) =>
    onManifest('void', input, states, facts, (manifest) => {
      const { id, originRegion, permitUses } = manifest;
      const more = {
        region: originRegion,
        details: { reason: input.reason },
        also: usesData(settledUses(permitUses, new Map(), dayInShanghai(facts.now))),
      };
      const voided = manifestEvent('manifest_voided', id, facts.now, {}, more);
      return { events: [voided, ...givenBack(manifest, states, facts)], answer: { id, status: 'void' } };
    }),
};

/**
 * The year, the prefecture of the origin and its serial, in the format of the stream (policy `manifest-number-format`); of
 * hazardous waste fourteen digits (TM 15). Where the national system gives the numbers, ours says with an `L` that it is a
 * local one; the official number stands beside it.
 */
function numberOf({ originRegion: region, stream }: Manifest, day: string, facts: Facts): Numbering {
  const { reference } = facts;
  const isCard = reference.policyIf('manifest-mode', { region, stream, day })?.value === 'monthly';
  return isCard ? cardNumber(region, stream, day, reference) : manifestNumber(region, stream, day, reference);
}

/** Where one manifest is filled in a month, each visit is a card, with a number of its own series (policy `card-number-format`). */
function cardNumber(region: string, stream: string, day: string, reference: PolicyBook): Numbering {
  const { prefix, serialDigits } = reference.policy('card-number-format', { region, stream, day }).value;
  const before = `${prefix}${day.slice(0, 4)}${prefectureOf(region, day)!}`;
  return {
    series: `card ${before}`,
    into: 'number',
    max: 10 ** serialDigits - 1,
    format: (serial) => `${before}${String(serial).padStart(serialDigits, '0')}`,
  };
}

/** The number of a manifest of that place, stream and day. */
export function manifestNumber(region: string, stream: string, day: string, reference: PolicyBook): Numbering {
  const prefecture = prefectureOf(region, day)!;
  const year = day.slice(0, 4);
  const isOurs = reference.policy('manifest-number-authority', { region, stream, day }).value === 'ours';
  const { prefix, serialDigits } = reference.policy('manifest-number-format', { region, stream, day }).value;
  return {
    series: `${isOurs ? 'manifest' : 'local manifest'} ${prefix}${prefecture} ${year}`,
    into: 'number',
    max: 10 ** serialDigits - 1,
    format: (serial) =>
      `${isOurs ? '' : 'L'}${prefix}${year}${prefecture}${String(serial).padStart(serialDigits, '0')}`,
  };
}

type Numbering = NonNullable<Accepted['number']>;

/** What a draft names, as far as it is there. */
function namedIn(input: inputs.DraftInput, states: States) {
  return {
    destination: states.get(siteKind, input.consigneeSiteId),
    carriers: [input.carrierId, ...input.onwardCarrierIds].map((id) => states.get(partyKind, id)),
    batchOf: (id: string) => states.get(batchKind, id),
  };
}
