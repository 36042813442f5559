/**
 * By the law of which day of a life, and of which place, each policy is looked up. Whoever looks it up decides that, and not the row: a
 * row that said otherwise would be believed and not followed, so it is refused. Pure.
 */
import type { LOOKS_AT, POLICY_PLACES, PolicyName } from './policy-definitions.ts';

type Day = (typeof LOOKS_AT)[number];
type PlaceOf = (typeof POLICY_PLACES)[number];
export interface LookedUp {
  readonly looksAt: readonly Day[];
  readonly place: readonly PlaceOf[];
}

const by = (looksAt: Day | readonly Day[], ...place: readonly PlaceOf[]): LookedUp => ({
  looksAt: [looksAt].flat(),
  place,
});

export const LOOKED_UP: Readonly<Record<PolicyName, LookedUp>> = {
  'confirm-receipt-working-days': by('arrived', 'destination'),
  'paper-backfill-working-days': by('arrived', 'origin'),
  'late-report-patience-hours': by(['pickedUp', 'arrived'], 'origin', 'destination'),
  'pickup-code-hours': by('issued', 'origin'),
  'pickup-code-attempts': by('issued', 'origin'),
  mismatch: by('arrived', 'destination'),
  'unlicensed-consignee': by('issued', 'destination'),
  'discharge-permit-missing': by('issued', 'origin'),
  'project-plan-missing': by('issued', 'origin'),
  'project-missing': by('issued', 'origin'),
  'clearance-terms': by('reported', 'site'),
  'permit-decision': by('issued', 'site'),
  'project-yield': by('reported', 'site'),
  'transport-permit-missing': by('issued', 'origin'),
  'receiving-permit-missing': by('issued', 'destination'),
  'permit-exhausted': by('issued', 'origin', 'destination'),
  'manifest-number-format': by('issued', 'origin'),
  density: by('issued', 'origin', 'site'),
  'receiving-moisture-permille': by('arrived', 'destination'),
  'contract-missing': by('issued', 'origin'),
  'plan-line-missing': by('issued', 'origin'),
  'cross-province-unapproved': by('issued', 'origin'),
  'cross-province-uninformed': by('issued', 'origin'),
  'manifest-duty': by('issued', 'origin'),
  'manifest-number-authority': by('issued', 'origin'),
  'manifest-retention-years': by('issued', 'origin'),
  'operator-storage-days': by('accepted', 'site'),
  'producer-storage-days': by('stored', 'site'),
  'storage-point-limit-grams': by('stored', 'site'),
  'store-capacity-warning-permille': by('stored', 'site'),
  'mass-tolerance': by(['accepted', 'pickedUp'], 'destination'),
  'converted-mass-permille': by(['accepted', 'pickedUp'], 'destination'),
  'mass-floor-source': by('accepted', 'destination'),
  'intra-company-manifest': by('issued', 'origin'),
  'transport-exempt-manifest': by('issued', 'origin'),
  'manifest-mode': by(['pickedUp', 'issued'], 'origin'),
  'card-number-format': by('issued', 'origin'),
  'epidemic-mode': by(['pickedUp', 'arrived'], 'site', 'origin', 'destination'),
  'storage-hours': by('stored', 'site'),
  'pickup-gap-hours': by('pickedUp', 'origin'),
  'treatment-hours': by('arrived', 'destination'),
  'register-retention-years': by('stored', 'site', 'origin'),
  'licence-renewal-working-days': by('issued', 'site'),
  'licence-scale-excess-permille': by(['accepted', 'issued'], 'site', 'destination'),
  'licence-over-scale': by('issued', 'destination'),
  'collector-handover-working-days': by('accepted', 'site'),
  'cross-province-approval-months': by('issued', 'origin'),
  'cement-kiln-counts-as': by(['treated', 'issued'], 'site', 'destination'),
  'site-class-grams': by('reported', 'site'),
  'report-due-days': by('reported', 'site'),
  'bulk-kept-days': by('reported', 'site'),
  'position-keeping': by('observed', 'carrier'),
  'sighting-keeping-days': by('observed', 'site'),
  'fence-crossing': by('observed', 'site'),
  'fence-extent-metres': by('observed', 'site'),
  'observed-trip-hours': by('observed', 'origin'),
  'trip-match-minutes': by('observed', 'origin'),
  'device-clock-skew-seconds': by('observed', 'site'),
  'waybill-retention-months': by('issued', 'carrier'),
  'coverage-counts': by('reported', 'site'),
};

/** What of a row says otherwise. */
export const saidOtherwise = (row: {
  readonly policy: PolicyName;
  readonly looksAt: Day;
  readonly place: PlaceOf;
}): keyof LookedUp | undefined => {
  const { looksAt, place } = LOOKED_UP[row.policy];
  if (!looksAt.includes(row.looksAt)) return 'looksAt';
  return place.includes(row.place) ? undefined : 'place';
};
