/** Every rule there is. A new one is a file beside this, a line here and a row in `catalogue/data/rules.json`. */
import { CLASS_RULE } from './class.ts';
import { CLEARANCE_OVERDUE_RULE } from './clearance-overdue.ts';
import { CLINIC_TOO_LARGE_RULE } from './clinic-too-large.ts';
import { CONFIRMATION_OVERDUE_RULE } from './confirmation-overdue.ts';
import { CONTAINER_WEIGHT_DRIFT_RULE } from './container-weight-drift.ts';
import { DRY_MASS_RULE } from './dry-mass.ts';
import type { RuleFacts, SubjectName } from './facts.ts';
import { LICENCE_RULE } from './licence.ts';
import { LOAD_OUT_OF_RANGE_RULE } from './load-out-of-range.ts';
import { MASS_RULE } from './mass.ts';
import { NEGATIVE_STOCK_RULE } from './negative-stock.ts';
import { OVER_SCALE_RULE } from './over-scale.ts';
import { OVERLAP_RULE } from './overlap.ts';
import { PICKUP_GAP_RULE } from './pickup-gap.ts';
import { PIECE_COUNT_RULE } from './piece-count.ts';
import { PROJECT_DISCHARGE_RECEIVED_RULE } from './project-discharge-received.ts';
import { PROJECT_OVER_PLAN_RULE } from './project-over-plan.ts';
import type { Rule } from './rule.ts';
import { SHARPS_PACKAGING_RULE } from './sharps-packaging.ts';
import { SITE_OVER_DAILY_CAPACITY_RULE } from './site-over-daily-capacity.ts';
import { STORAGE_OVER_HOURS_RULE } from './storage-over-hours.ts';
import { STORAGE_OVER_LIMIT_RULE } from './storage-over-limit.ts';
import { STORE_OVER_CAPACITY_RULE } from './store-over-capacity.ts';
import { TRANSIT_OVERLONG_RULE } from './transit-overlong.ts';
import { TREATMENT_OVERDUE_RULE } from './treatment-overdue.ts';
import { TRIP_MASS_RULE } from './trip-mass.ts';
import { TRIP_WITHOUT_MANIFEST_RULE } from './trip-without-manifest.ts';
import { WAYBILL_MISMATCH_RULE } from './waybill-mismatch.ts';

// biome-ignore lint/suspicious/noExplicitAny: each rule has its own subject, facts and parameters.
export type AnyRule = Rule<SubjectName, keyof RuleFacts, any>;

export const RULES = [
  MASS_RULE,
  TRIP_MASS_RULE,
  PIECE_COUNT_RULE,
  DRY_MASS_RULE,
  CLASS_RULE,
  CONFIRMATION_OVERDUE_RULE,
  TRANSIT_OVERLONG_RULE,
  LICENCE_RULE,
  OVER_SCALE_RULE,
  NEGATIVE_STOCK_RULE,
  OVERLAP_RULE,
  STORAGE_OVER_LIMIT_RULE,
  STORE_OVER_CAPACITY_RULE,
  CLEARANCE_OVERDUE_RULE,
  LOAD_OUT_OF_RANGE_RULE,
  PROJECT_DISCHARGE_RECEIVED_RULE,
  PROJECT_OVER_PLAN_RULE,
  SITE_OVER_DAILY_CAPACITY_RULE,
  TRIP_WITHOUT_MANIFEST_RULE,
  WAYBILL_MISMATCH_RULE,
  STORAGE_OVER_HOURS_RULE,
  PICKUP_GAP_RULE,
  TREATMENT_OVERDUE_RULE,
  CONTAINER_WEIGHT_DRIFT_RULE,
  SHARPS_PACKAGING_RULE,
  CLINIC_TOO_LARGE_RULE,
] as unknown as readonly AnyRule[];

const byId = new Map(RULES.map((rule) => [rule.id, rule]));

export const ruleOf = (id: string): AnyRule | undefined => byId.get(id);
