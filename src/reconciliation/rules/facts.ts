/** What judges may be given, by name. How each is loaded stands in `reconciliation/sources.ts`. Types only. */
import type { Stream } from '../../catalogue/streams.ts';
import type { Batch } from '../../custody/batches.ts';
import type { Container } from '../../custody/containers.ts';
import type { StoreType, Temperature } from '../../generation/tables.ts';
import type { ContainerWeighing } from '../../generation/weighing.ts';
import type { LegRow } from '../../manifests/legs.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import type { Party, Site } from '../../parties/registers.ts';
import type { VehicleLimits } from '../../parties/repository.ts';
import type { Permit } from '../../permits/registers.ts';
import type { EntryMode } from '../../platform/events.ts';
import type { Project } from '../../projects/registers.ts';
import type { WeighTicket } from '../../transport/commands.ts';
import type { ObservedTrip } from '../../transport/observed-trips.ts';
import type { Trip } from '../../transport/trips.ts';
import type { Waybill } from '../../transport/waybills.ts';

/** What a scale said of a manifest's load, and who entered it. */
export interface Weighing {
  readonly id: string;
  readonly partyId: string;
  readonly purpose: 'loading' | 'unloading';
  readonly grossGrams: number;
  readonly tareGrams: number;
  readonly scaleDivisionGrams: number | null;
}

/** A ticket of this manifest and an earlier one of another that say the very same, from scales of one site. */
export interface SameReading {
  readonly ticketId: string;
  readonly otherTicketId: string;
  readonly otherManifestId: string;
  readonly grossGrams: number;
  readonly tareGrams: number;
  readonly weighedAt: Date;
  readonly otherWeighedAt: Date;
}

/** A leg of another manifest under the same plate, and where that manifest goes. */
export interface OtherLeg extends LegRow {
  readonly ownLeg: number;
  readonly consignorSiteId: string;
  readonly consigneeSiteId: string;
}

export interface StockAccount {
  readonly id: string;
  readonly partyId: string;
  readonly siteId: string;
  readonly region: string;
  readonly wasteCode: string;
  readonly ownerId: string;
  readonly grams: number;
}

/** A store of a site, and what lies in it now, whoever owns it. */
export interface StoreFilled {
  readonly id: string;
  readonly siteId: string;
  readonly partyId: string;
  readonly region: string;
  readonly code: string;
  readonly type: StoreType;
  readonly capacityGrams: number | null;
  readonly grams: number;
}

/** Of loads that left a project in a month. */
export interface MonthFlow {
  readonly trips: number;
  /** Loaded, of those that have been decided on. */
  readonly settledGrams: number;
  /** Of these, what lies between m³ at one end and tonnes at the other. */
  readonly densityGrams: number;
  readonly acceptedGrams: number;
  readonly refusedGrams: number;
}

/** What a manifest that a waybill names says of the stretch under the waybill's carrier. */
export interface WaybillManifest {
  readonly id: string;
  readonly stream: Stream;
  readonly originRegion: string;
  readonly destinationRegion: string;
  readonly plate: string | null;
  /** Null until it has been picked up. */
  readonly startedAt: Date | null;
  readonly unNumbers: readonly string[];
  /** As loaded, or until then as declared. */
  readonly grams: number;
}

/** The store a batch was put into last, and when it was; both are null when it never was in one. */
export interface KeptIn {
  readonly temperature: Temperature | null;
  readonly since: Date | null;
}

/** What happened at an institution after a pickup: the next one, or what lies there still. Its oldest waste tells since when. */
export interface AfterPickup {
  readonly next: { readonly manifestId: string; readonly pickedUpAt: Date } | null;
  /** Of what the next pickup loaded, or, before there is one, of what lies there. Null: nothing. */
  readonly oldestFormedAt: Date | null;
}

export interface RuleFacts {
  // Subjects: an anomaly is about one of these.
  readonly manifest: Manifest;
  readonly permit: Permit;
  readonly account: StockAccount;
  readonly batch: Batch;
  readonly store: StoreFilled;
  readonly weigh_ticket: WeighTicket;
  readonly project: Project;
  readonly observed_trip: ObservedTrip;
  readonly waybill: Waybill;
  readonly container: Container;
  // Of a manifest.
  readonly weighings: readonly Weighing[];
  readonly sameReadings: readonly SameReading[];
  /** How and when its receipt was told; null until it is. */
  readonly receipt: { readonly recordedAt: Date; readonly occurredAt: Date; readonly entryMode: EntryMode } | null;
  readonly consigneeLicences: readonly Permit[];
  readonly ownLegs: readonly LegRow[];
  readonly otherLegs: readonly OtherLeg[];
  /** Of the register, by the plate it was loaded on. */
  readonly vehicle: VehicleLimits | undefined;
  /** Of the institution whose waste it is; null when nobody has told. */
  readonly beds: number | null;
  readonly afterPickup: AfterPickup;
  // Of a permit.
  readonly holder: Party;
  /** Grams accepted under it in the period. */
  readonly acceptedInPeriod: number;
  /** Undefined when it is tied to none. */
  readonly permitSite: Site | undefined;
  // Of a ticket of a whole vehicle; the trip is undefined when it is of none.
  readonly trip: Trip | undefined;
  readonly ticketSite: Site;
  /** Of the first of the loads it stands for. */
  readonly tripStream: Stream | undefined;
  /** Grams received of the loads it stands for; null until each has been decided on. */
  readonly tripReceivedGrams: number | null;
  // Of a project.
  readonly projectSite: Site;
  /** What left it in the month, and what became of it. */
  readonly monthFlow: MonthFlow;
  // Of a waybill.
  readonly waybillManifests: readonly WaybillManifest[];
  // Of a batch.
  readonly site: Site;
  /** When the container it is in was closed; null: it is in none, or in one that nobody has closed. */
  readonly closedAt: Date | null;
  readonly keptIn: KeptIn;
  /** When the load it was received of arrived; null: it came with none. */
  readonly arrivedAt: Date | null;
  readonly stored: { readonly grams: number; readonly lastMovedAt: Date | null };
  // Of a container.
  readonly containerWeighings: readonly ContainerWeighing[];
}

export const SUBJECTS = [
  'manifest',
  'permit',
  'account',
  'batch',
  'store',
  'weigh_ticket',
  'observed_trip',
  'waybill',
  'project',
  'container',
] as const;
export type SubjectName = (typeof SUBJECTS)[number];
