import { dayInShanghai } from '../catalogue/calendar.ts';
import type { Facts, PolicyBook } from '../catalogue/reference.ts';
import { prefectureOf } from '../catalogue/regions.ts';
import { batchKind } from '../custody/batches.ts';
import { accountOf, type Place } from '../custody/ledger.ts';
import { stockLookup } from '../custody/repository.ts';
import { type AtSite, atSiteAlsoNeeds, onBehalf, ownerAt } from '../generation/tenants.ts';
import { partyKind, siteKind } from '../parties/registers.ts';
import { settledUses, usesData } from '../permits/uses.ts';
import { type Accepted, type Act, type Needs, refused, type States } from '../platform/acts.ts';
import type { Ref } from '../platform/events.ts';
import type { Refusal } from '../problems.ts';
import { consigneeStock, homeOf, sourceCodeOf, sourceOf } from './booking.ts';
import { decideCorrection, decideCorrectionApproval, decideCorrectionEnd } from './correcting.ts';
import { entitlementLookups, permitsFound, settledGates } from './entitlement.ts';
import { checkDraft, checkIssue, draftFields } from './filing.ts';
import { decideIncident, decideIncidentPlan, decideIncidentResolution } from './incidents.ts';
import type * as inputs from './inputs.ts';
import { decidePickup, decidePickupCode, pickupCodeLookup } from './loading.ts';
import { type Manifest, manifestKind } from './manifest.ts';
import { decideArrival, decideDeparture, decideHandover, decideTransitStorage } from './moving.ts';
import { reservedKey, reservedLookup } from './queries.ts';
import { decideReceipt } from './receiving.ts';
import { decideFollowUp, decideReturn, decideReturnReceipt } from './returning.ts';
import { lockManifest, manifestEvent, onManifest } from './standing.ts';
import type { Line } from './tables.ts';

/** One act each: what it needs and where it is decided. What they share is in standing.ts. */
type ManifestCommand<Input> = Act<Input, PolicyBook>;

const named = (kind: string, ids: readonly string[]): Ref[] => ids.map((id) => ({ kind, id }));

const draftReads = (input: inputs.DraftInput): Needs => ({
  read: [
    ...named('site', [input.consignorSiteId, input.consigneeSiteId]),
    ...named('party', [input.carrierId, ...input.onwardCarrierIds]),
    ...named(
      'batch',
      input.lines.flatMap((line) => line.batchIds),
    ),
  ],
});

/** The stock accounts of every line at a place, looked at alone or shared with others who only add. */
const accountsAt = (manifest: Manifest | undefined, placeOf: (manifest: Manifest) => Place): string[] =>
  (manifest?.lines ?? []).map((line) => accountOf(placeOf(manifest!), codeAt(line, placeOf)).id);
const codeAt = (line: Line, placeOf: (manifest: Manifest) => Place): string =>
  placeOf === consigneeStock ? line.wasteCode : sourceCodeOf(line);
/** What a manifest draws from its origin's stock: nothing when it carries on a remainder, of which all is known. */
const stocksDrawn = (manifest: Manifest | undefined) =>
  manifest?.followsId ? [] : accountsAt(manifest, sourceOf).map((key) => ({ lookup: stockLookup, key }));

const found = (input: { readonly id: string }, states: States): Manifest | undefined =>
  states.get(manifestKind, input.id);

/** Whose waste lies at the site a draft starts from: the site's party, a tenant, or one the caller acts for. */
const atOrigin = ({ consignorSiteId, consignorId }: inputs.DraftInput): AtSite => ({
  siteId: consignorSiteId,
  ...(consignorId ? { ownerId: consignorId } : {}),
});

/** Tenancies and delegations only; a draft moves nothing and passes no gate. */
const originNeeds = (input: inputs.DraftInput, states: States, facts: Facts): Needs => ({
  lookups: atSiteAlsoNeeds(atOrigin(input), '', states, facts).lookups ?? [],
});

/** The consignor (移出人), or its agent, prepares a manifest; nothing is promised yet (TM 10(4)). */
export const draft: ManifestCommand<inputs.DraftInput> = {
  name: 'draft_manifest',
  kind: 'paper',
  needs: draftReads,
  alsoNeeds: originNeeds,
  decide(input, states, facts) {
    const day = dayInShanghai(facts.now);
    const origin = ownerAt(atOrigin(input), { day, act: 'draft' }, states, facts);
    if ('refusal' in origin) return refused(origin.refusal);
    const checked = checkDraft(input, namedIn(input, states), origin, facts);
    if ('refusal' in checked) return refused(checked.refusal);
    const id = facts.newId();
    const manifest = draftFields(input, checked, origin, facts);
    const more = { region: checked.origin.region, ...onBehalf(origin.ownerId, facts) };
    const event = manifestEvent('manifest_drafted', id, facts.now, { manifest }, more);
    return { events: [event], answer: { id, status: 'draft' }, warnings: checked.warnings, status: 201 };
  },
};

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
      const checked = checkDraft(input, namedIn(input, states), origin, facts);
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
  errors: [{ pointer: '/lines', detail: 'as they remained' }],
};

/** The consignor issues: from here the manifest has its number and the carrier may load (TM 15, 16; 11(1)). */
export const issue: ManifestCommand<inputs.IssueInput> = {
  name: 'issue_manifest',
  kind: 'paper',
  numbered: true,
  needs: lockManifest,
  alsoNeeds(input, states, facts) {
    const manifest = found(input, states);
    if (!manifest) return {};
    return {
      read: [...named('party', partiesOf(manifest)), ...named('site', sitesOf(manifest))],
      lookups: [
        ...entitlementLookups(manifest, dayInShanghai(issuedAtOf(input, facts)), facts.reference),
        { lookup: reservedLookup, key: reservedKey(manifest) },
        ...stocksDrawn(manifest),
      ],
    };
  },
  decide: (input, states, facts) =>
    onManifest('issue', input, states, facts, (manifest) => {
      const issuedAt = issuedAtOf(input, facts);
      const day = dayInShanghai(issuedAt);
      const checked = checkIssue(manifest, {
        parties: partiesOf(manifest).map((id) => states.get(partyKind, id)!),
        sites: sitesOf(manifest).map((id) => states.get(siteKind, id)!),
        entitlement: permitsFound(manifest, day, facts.reference, states),
        reserved: states.found(reservedLookup, reservedKey(manifest)),
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
    }),
};

/** On paper it was issued on an earlier day, whose law judges it. */
const issuedAtOf = ({ paper }: inputs.IssueInput, facts: Facts): Date => (paper ? new Date(paper.issuedAt) : facts.now);

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

/**
 * The carrier (承运人) has loaded: what left the origin's stock, as weighed (TM 11(1)-(2)). Physical: what does not fit
 * the state is kept as an unmatched report.
 */
export const pickup: ManifestCommand<inputs.PickupInput> = {
  name: 'pickup_manifest',
  kind: 'physical',
  needs: (input) => ({ ...lockManifest(input), read: named('trip', input.tripId ? [input.tripId] : []) }),
  alsoNeeds(input, states) {
    const manifest = found(input, states);
    const codeId = input.pickupCode ? manifest?.pickupCodeEventId : undefined;
    return {
      lookups: [...stocksDrawn(manifest), ...(codeId ? [{ lookup: pickupCodeLookup, key: codeId }] : [])],
    };
  },
  decide: (input, states, facts) =>
    onManifest('pickup', input, states, facts, (manifest) => decidePickup(input, manifest, states, facts)),
};

/** The consignor says that what was picked up was picked up (TM 10(3)). */
export const pickupConfirmation: ManifestCommand<inputs.PickupConfirmationInput> = {
  name: 'confirm_pickup',
  kind: 'physical',
  needs: lockManifest,
  decide: (input, states, facts) =>
    onManifest('pickup-confirmation', input, states, facts, ({ id, status, originRegion }) => ({
      events: [manifestEvent('pickup_confirmed', id, new Date(input.occurredAt), {}, { region: originRegion })],
      answer: { id, status },
    })),
};

/** One carrier hands over to the next; each says so (TM 17). */
export const handover: ManifestCommand<inputs.HandoverInput> = {
  name: 'hand_over_manifest',
  kind: 'physical',
  needs: lockManifest,
  decide: (input, states, facts) =>
    onManifest('handover', input, states, facts, (manifest) => decideHandover(input, manifest, facts)),
};

/** The load is put down at a site on the way. */
export const transitStorage: ManifestCommand<inputs.TransitStorageInput> = {
  name: 'store_in_transit',
  kind: 'physical',
  needs: (input) => ({ ...lockManifest(input), read: named('site', [input.siteId]) }),
  decide: (input, states, facts) =>
    onManifest('transit-storage', input, states, facts, (manifest) =>
      decideTransitStorage(input, manifest, states.get(siteKind, input.siteId)),
    ),
};

/** It goes on from there. */
export const departure: ManifestCommand<inputs.DepartureInput> = {
  name: 'depart_manifest',
  kind: 'physical',
  needs: lockManifest,
  decide: (input, states, facts) =>
    onManifest('departure', input, states, facts, (manifest) => decideDeparture(input, manifest)),
};

/** The load has reached the consignee's gate (TM 11(4)). It is in the consignee's hands, not yet accepted. */
export const arrival: ManifestCommand<inputs.ArrivalInput> = {
  name: 'arrive_manifest',
  kind: 'physical',
  needs: lockManifest,
  decide: (input, states, facts) =>
    onManifest('arrival', input, states, facts, (manifest) => decideArrival(input, manifest, facts)),
};

/**
 * The consignee (接受人) decides on what arrived (TM 18). A mass that differs is evidence, booked as a weighing
 * difference and left to reconciliation.
 */
export const receipt: ManifestCommand<inputs.ReceiptInput> = {
  name: 'receive_manifest',
  kind: 'paper',
  needs: lockManifest,
  alsoNeeds: (input, states) => ({
    sharedGates: [...accountsAt(found(input, states), consigneeStock), ...permitGates(input, states)],
  }),
  decide: (input, states, facts) =>
    onManifest('receipt', input, states, facts, (manifest) => decideReceipt(input, manifest, facts)),
};

/** What was not accepted, or was recovered, sets off back to the consignor. */
export const returnLoad: ManifestCommand<inputs.ReturnInput> = {
  name: 'return_load',
  kind: 'physical',
  needs: lockManifest,
  decide: (input, states, facts) =>
    onManifest('return', input, states, facts, (manifest) => decideReturn(input, manifest, facts)),
};

/** The consignor takes it back into its stock. */
export const returnReceipt: ManifestCommand<inputs.ReturnReceiptInput> = {
  name: 'receive_return',
  kind: 'physical',
  needs: lockManifest,
  alsoNeeds: (input, states) => ({ sharedGates: accountsAt(found(input, states), homeOf) }),
  decide: (input, states, facts) =>
    onManifest('return-receipt', input, states, facts, (manifest) => decideReturnReceipt(input, manifest)),
};

/** Or it goes on, under a manifest of its own. */
export const followUp: ManifestCommand<inputs.FollowUpInput> = {
  name: 'follow_up_manifest',
  kind: 'paper',
  needs: (input) => ({
    ...lockManifest(input),
    read: [...named('site', [input.consigneeSiteId]), ...named('party', [input.carrierId, ...input.onwardCarrierIds])],
  }),
  alsoNeeds(input, states) {
    const manifest = found(input, states);
    return { read: named('site', manifest ? [manifest.consignorSiteId] : []) };
  },
  decide: (input, states, facts) =>
    onManifest('follow-up', input, states, facts, (manifest) =>
      decideFollowUp(
        input,
        manifest,
        {
          origin: states.get(siteKind, manifest.consignorSiteId)!,
          destination: states.get(siteKind, input.consigneeSiteId),
          carriers: [input.carrierId, ...input.onwardCarrierIds].map((id) => states.get(partyKind, id)),
        },
        facts,
      ),
    ),
};

export const incident: ManifestCommand<inputs.IncidentInput> = {
  name: 'report_incident',
  kind: 'physical',
  needs: lockManifest,
  decide: (input, states, facts) =>
    onManifest('incident', input, states, facts, (manifest) => decideIncident(input, manifest)),
};

export const incidentPlan: ManifestCommand<inputs.IncidentPlanInput> = {
  name: 'file_incident_plan',
  kind: 'paper',
  needs: lockManifest,
  decide: (input, states, facts) =>
    onManifest('incident-plan', input, states, facts, (manifest) => decideIncidentPlan(input, manifest, facts)),
};

export const incidentResolution: ManifestCommand<inputs.IncidentResolutionInput> = {
  name: 'resolve_incident',
  kind: 'paper',
  needs: (input) => ({
    ...lockManifest(input),
    read: named('party', input.newLeg ? [input.newLeg.carrierId] : []),
  }),
  decide: (input, states, facts) =>
    onManifest('incident-resolution', input, states, facts, (manifest) =>
      decideIncidentResolution(input, manifest, input.newLeg && states.get(partyKind, input.newLeg.carrierId), facts),
    ),
};

/** An error is declared, with what is right and why (TM 29). */
export const correction: ManifestCommand<inputs.CorrectionInput> = {
  name: 'propose_correction',
  kind: 'paper',
  needs: lockManifest,
  alsoNeeds: correctionGates,
  decide: (input, states, facts) =>
    onManifest('correction', input, states, facts, (manifest, roles) =>
      decideCorrection(input, manifest, roles, facts),
    ),
};

type CorrectionEnd = inputs.CorrectionDecisionInput;
const correctionNeeds = (input: CorrectionEnd, facts: Facts): Needs => ({
  ...lockManifest(input),
  read: named('party', [facts.caller.actor.party]),
});

export const correctionApproval: ManifestCommand<CorrectionEnd> = {
  name: 'approve_correction',
  kind: 'paper',
  needs: correctionNeeds,
  alsoNeeds: correctionGates,
  decide: decideCorrectionApproval,
};

export const correctionRejection: ManifestCommand<CorrectionEnd> = {
  name: 'reject_correction',
  kind: 'paper',
  needs: correctionNeeds,
  decide: (input, states, facts) => decideCorrectionEnd('correction_rejected', input, states, facts),
};

export const correctionWithdrawal: ManifestCommand<CorrectionEnd> = {
  name: 'withdraw_correction',
  kind: 'paper',
  needs: correctionNeeds,
  decide: (input, states, facts) => decideCorrectionEnd('correction_withdrawn', input, states, facts),
};

/** A correction may add to the stocks at both ends; who looks at them must not meet it half-way. */
function correctionGates(input: { readonly id: string }, states: States): Needs {
  const manifest = found(input, states);
  return {
    sharedGates: [
      ...accountsAt(manifest, sourceOf),
      ...accountsAt(manifest, consigneeStock),
      ...permitGates(input, states),
    ],
  };
}

/** What a permit has left is looked at alone by who reserves of it. */
function permitGates(input: { readonly id: string }, states: States): readonly string[] {
  const manifest = found(input, states);
  return manifest ? settledGates(manifest) : [];
}

/** Before anything is loaded the consignor may void. */
export const voidManifest: ManifestCommand<inputs.VoidInput> = {
  name: 'void_manifest',
  kind: 'paper',
  needs: lockManifest,
  /** It frees what was reserved: an issue that counts the stock must not meet it half-way. */
  alsoNeeds: (input, states) => ({
    sharedGates: [...accountsAt(found(input, states), sourceOf), ...permitGates(input, states)],
  }),
  decide: (input, states, facts) =>
    onManifest('void', input, states, facts, ({ id, originRegion, permitUses }) => ({
      events: [
        manifestEvent(
          'manifest_voided',
          id,
          facts.now,
          {},
          {
            region: originRegion,
            details: { reason: input.reason },
            also: usesData(settledUses(permitUses, new Map(), dayInShanghai(facts.now))),
          },
        ),
      ],
      answer: { id, status: 'void' },
    })),
};

/**
 * Fourteen digits: the year, the prefecture of the origin and its serial (TM 15). Where the national system gives the
 * numbers, ours says with an `L` that it is a local one; the official number stands beside it.
 */
function numberOf(
  { originRegion: region, stream }: Manifest,
  day: string,
  facts: Facts,
): NonNullable<Accepted['number']> {
  const prefecture = prefectureOf(region, day)!;
  const year = day.slice(0, 4);
  const isOurs = facts.reference.policy('manifest-number-authority', { region, stream, day }).value === 'ours';
  return {
    series: `${isOurs ? 'manifest' : 'local manifest'} ${prefecture} ${year}`,
    into: 'number',
    max: 999_999,
    format: (serial) => `${isOurs ? '' : 'L'}${year}${prefecture}${String(serial).padStart(6, '0')}`,
  };
}

/** What a draft names, as far as it is there. */
function namedIn(input: inputs.DraftInput, states: States) {
  return {
    destination: states.get(siteKind, input.consigneeSiteId),
    carriers: [input.carrierId, ...input.onwardCarrierIds].map((id) => states.get(partyKind, id)),
    batchOf: (id: string) => states.get(batchKind, id),
  };
}
