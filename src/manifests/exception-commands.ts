import type { Facts } from '../catalogue/reference.ts';
import { batchKind } from '../custody/batches.ts';
import { partyKind, siteKind } from '../parties/registers.ts';
import type { Needs, States } from '../platform/acts.ts';
import { aboardNeeds } from './aboard.ts';
import { consigneeStock, homeOf, sourceOf } from './booking.ts';
import {
  aboardToo,
  accountsAt,
  lockScanned,
  type ManifestCommand,
  manifestOf,
  permitGates,
  refsTo,
} from './command-needs.ts';
import { decideCorrection, decideCorrectionApproval, decideCorrectionEnd } from './correcting.ts';
import { dryLeft } from './dry-rests.ts';
import { decideIncident, decideIncidentPlan, decideIncidentResolution } from './incidents.ts';
import type * as inputs from './inputs.ts';
import { decideFollowUp, decideReturn, decideReturnReceipt, returnedBatches } from './returning.ts';
import { lockManifest, onManifest } from './standing.ts';

/** What happens when not all goes as filed: returns, follow-ups, incidents, corrections. */

/** What was not accepted, or was recovered, sets off back to the consignor. */
export const returnLoad: ManifestCommand<inputs.ReturnInput> = {
  name: 'return_load',
  kind: 'physical',
  needs: lockScanned,
  alsoNeeds: aboardToo,
  decide: (input, states, facts) =>
    onManifest('return', input, states, facts, (manifest) => decideReturn(input, manifest, states, facts)),
};

/** The consignor takes it back into its stock. */
export const returnReceipt: ManifestCommand<inputs.ReturnReceiptInput> = {
  name: 'receive_return',
  kind: 'physical',
  needs: lockScanned,
  alsoNeeds(input, states) {
    const needs = aboardToo(input, states);
    const home = returnedBatches(manifestOf(input, states), input).map((id) => ({ kind: batchKind.name, id }));
    const manifest = manifestOf(input, states);
    return {
      lock: [...(needs.lock ?? []), ...home],
      sharedGates: [...accountsAt(manifest, homeOf), ...(needs.sharedGates ?? [])],
      lookups: [...(needs.lookups ?? []), ...dryLeft(manifest)],
    };
  },
  decide: (input, states, facts) =>
    onManifest('return-receipt', input, states, facts, (manifest) => decideReturnReceipt(input, manifest, states)),
};

/** Or it goes on, under a manifest of its own. */
export const followUp: ManifestCommand<inputs.FollowUpInput> = {
  name: 'follow_up_manifest',
  kind: 'paper',
  needs: (input) => ({
    ...lockManifest(input),
    read: [
      ...refsTo('site', [input.consigneeSiteId]),
      ...refsTo('party', [input.carrierId, ...input.onwardCarrierIds]),
    ],
  }),
  alsoNeeds(input, states) {
    const manifest = manifestOf(input, states);
    return { read: refsTo('site', manifest ? [manifest.consignorSiteId] : []) };
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
  needs: lockScanned,
  alsoNeeds: aboardToo,
  decide: (input, states, facts) =>
    onManifest('incident', input, states, facts, (manifest) => decideIncident(input, manifest, states)),
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
    ...lockScanned(input),
    read: refsTo('party', input.newLeg ? [input.newLeg.carrierId] : []),
  }),
  /** When nothing travels after it, it frees what was reserved of permits. */
  alsoNeeds(input, states) {
    const { sharedGates = [], ...needs } = aboardToo(input, states);
    return { ...needs, sharedGates: [...sharedGates, ...permitGates(input, states)] };
  },
  decide: (input, states, facts) =>
    onManifest('incident-resolution', input, states, facts, (manifest) =>
      decideIncidentResolution(
        input,
        manifest,
        input.newLeg && states.get(partyKind, input.newLeg.carrierId),
        states,
        facts,
      ),
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
      decideCorrection(input, manifest, roles, states, facts),
    ),
};

type CorrectionEnd = inputs.CorrectionDecisionInput;
const correctionNeeds = (input: CorrectionEnd, facts: Facts): Needs => ({
  ...lockManifest(input),
  read: refsTo('party', [facts.caller.actor.party]),
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
  const manifest = manifestOf(input, states);
  return {
    ...aboardNeeds({}, manifest),
    lookups: dryLeft(manifest),
    sharedGates: [
      ...accountsAt(manifest, sourceOf),
      ...accountsAt(manifest, consigneeStock),
      ...permitGates(input, states),
    ],
  };
}
