import { policyKind } from './catalogue/registers.ts';
import { batchKind } from './custody/batches.ts';
import { containerKind } from './custody/containers.ts';
import { ledgerProjection, traceProjection } from './custody/repository.ts';
import { treatmentKind } from './disposal/treatment.ts';
import { storeKind, tenancyKind } from './generation/registers.ts';
import { storageMoveKind } from './generation/storage.ts';
import { containerWeighingKind } from './generation/weighing.ts';
import { audienceOfCollection, collectionKind } from './manifests/collections.ts';
import { flowProjection } from './manifests/flows.ts';
import { legProjection } from './manifests/legs.ts';
import { manifestKind } from './manifests/manifest.ts';
import { audienceOfMonthly, monthlyManifestKind } from './manifests/monthly.ts';
import { audienceOfManifest } from './manifests/seen-by.ts';
import { officialImportKind, officialPartyKind } from './official/commands.ts';
import { type AudienceOf, audienceProjection } from './parties/audience.ts';
import {
  apiKeyKind,
  delegationKind,
  designationKind,
  deviceKind,
  partyKind,
  personKind,
  siteKind,
  vehicleKind,
} from './parties/registers.ts';
import { permitKind } from './permits/registers.ts';
import { permitUseProjection } from './permits/uses.ts';
import type { Projection } from './platform/acts.ts';
import type { Kind } from './platform/subjects.ts';
import { projectKind } from './projects/registers.ts';
import { anomalyKind, audienceOfAnomaly } from './reconciliation/anomalies.ts';
import { ruleKind } from './reconciliation/rule-rows.ts';
import { reportKind } from './reports/commands.ts';
import { weighTicketKind } from './transport/commands.ts';
import { fenceKind } from './transport/fences.ts';
import { gatePassKind } from './transport/gate-passes.ts';
import { audienceOfObservedTrip, observedTripKind } from './transport/observed-trips.ts';
import { audienceOfTrip, tripKind } from './transport/trips.ts';
import { unmatchedReportKind } from './transport/unmatched-reports.ts';
import { audienceOfWaybill, waybillKind } from './transport/waybills.ts';

/** Every kind of subject and every projection: what the journal writes and a rebuild fills again. */
export const KINDS: readonly Kind[] = [
  policyKind,
  ruleKind,
  partyKind,
  siteKind,
  vehicleKind,
  personKind,
  delegationKind,
  designationKind,
  reportKind,
  deviceKind,
  apiKeyKind,
  permitKind,
  projectKind,
  manifestKind,
  collectionKind,
  monthlyManifestKind,
  batchKind,
  storeKind,
  tenancyKind,
  containerKind,
  storageMoveKind,
  containerWeighingKind,
  treatmentKind,
  weighTicketKind,
  tripKind,
  unmatchedReportKind,
  gatePassKind,
  waybillKind,
  fenceKind,
  observedTripKind,
  anomalyKind,
  officialImportKind,
  officialPartyKind,
] as unknown as readonly Kind[];

export const AUDIENCE_OF: AudienceOf = {
  manifest: audienceOfManifest,
  collection: audienceOfCollection,
  monthly_manifest: audienceOfMonthly,
  trip: audienceOfTrip,
  waybill: audienceOfWaybill,
  observed_trip: audienceOfObservedTrip,
  anomaly: audienceOfAnomaly,
};

export const PROJECTIONS: readonly Projection[] = [
  ledgerProjection,
  traceProjection,
  permitUseProjection,
  audienceProjection(AUDIENCE_OF),
  legProjection,
  flowProjection,
] as unknown as readonly Projection[];
