/** What the events of a manifest say. Types only; what they make of it is in manifest.ts. */
import type { ToldVolume } from '../catalogue/density.ts';
import type { Manifest } from './manifest.ts';
import type {
  Approver,
  ContainerOutcome,
  Discrepancy,
  DraftLine,
  FieldChange,
  HandoverSide,
  Incident,
  JoinedContainer,
  LineBatch,
  LineContainer,
  LostPart,
  OfficialTold,
  WayBack,
} from './tables.ts';

/** What a draft fixes: parties, sites, wastes. */
export type DraftFields = Pick<
  Manifest,
  | 'stream'
  | 'consignorId'
  | 'consignorSiteId'
  | 'carrierId'
  | 'consigneeId'
  | 'consigneeSiteId'
  | 'shipperRole'
  | 'originRegion'
  | 'destinationRegion'
  | 'crossProvince'
> & {
  readonly lines: readonly DraftLine[];
  /** Absent: the first carrier brings it all the way. */
  readonly onwardCarrierIds?: readonly string[];
  /** Absent: the consignor filled it in itself. */
  readonly filledById?: string;
  readonly source?: Manifest['source'];
  readonly followsId?: string;
  readonly projectId?: string;
  /** The vehicle that is to come for it. */
  readonly plate?: string;
};

export interface Vehicle {
  readonly plate: string | null;
  readonly driverId: string | null;
  readonly waybillNumber: string | null;
}

/** What turned out to be with the load when it was scanned. */
export interface Joined {
  readonly joined?: readonly JoinedContainer[];
}

export interface DecidedContainer {
  readonly containerId: string;
  readonly decision: ContainerOutcome;
  readonly grams: number;
  /** The new batch of an accepted one. */
  readonly batchId: string | null;
}

/** What each event says. Fields that were added later may be absent from older events. */
export interface EventData {
  manifest_drafted: { manifest: DraftFields };
  manifest_revised: { manifest: DraftFields };
  manifest_issued: { number: string; paper?: { number: string | null } };
  pickup_code_issued: { expiresAt: string };
  pickup_code_failed: Record<string, never>;
  picked_up: Vehicle & {
    tripId?: string;
    confirmedBy?: 'code';
    lines: readonly {
      line: number;
      grams: number;
      pieces: number;
      volume?: ToldVolume;
      pickedUpMoisturePermille?: number;
      loaded: readonly LineBatch[];
      containers?: readonly LineContainer[];
    }[];
  };
  pickup_confirmed: Record<string, never>;
  handed_over: Vehicle & Joined & { leg: number; by: HandoverSide; place: string; region: string | null };
  handover_confirmed: Vehicle & Joined & { leg: number; by: HandoverSide };
  transit_stored: Joined & { siteId: string };
  departed: Vehicle & Joined;
  arrived: Joined & { dueOn: string; provisional: boolean; paperDueOn?: string };
  receipt_recorded: Joined & {
    lines: readonly {
      line: number;
      acceptedGrams: number;
      refusedGrams: number;
      acceptedVolume?: ToldVolume;
      refusedVolume?: ToldVolume;
      refusedPieces?: number;
      receivedPieces: number;
      receivedMoisturePermille?: number;
      method: string;
      batchId: string | null;
      containers?: readonly DecidedContainer[];
    }[];
    discrepancies: readonly Discrepancy[];
  };
  return_departed: Vehicle & { remainder: number; carrierId: string; found?: readonly JoinedContainer[] };
  return_received: { remainder: number; lines: NonNullable<WayBack['takenBack']>['lines'] };
  remainder_followed: { remainder: number; manifestId: string };
  follow_up_voided: { remainder: number; manifestId: string };
  incident_reported: {
    type: Incident['type'];
    place: string;
    carrierId: string;
    frozen: readonly { line: number; parts: readonly LineBatch[]; containers?: readonly string[] }[];
  };
  incident_plan_filed: { by: string };
  incident_resolved: {
    lines: readonly {
      line: number;
      lost: readonly LostPart[];
      recovered: readonly LineBatch[];
      containers?: readonly { containerId: string; outcome: 'lost' | 'recovered' }[];
    }[];
    newLeg?: Vehicle & { carrierId: string };
  };
  correction_proposed: {
    changes: readonly FieldChange[];
    approvers: readonly Approver[];
    approvedBy: readonly Approver[];
  };
  correction_approved: { as: readonly Approver[] };
  correction_rejected: Record<string, never>;
  correction_withdrawn: Record<string, never>;
  manifest_corrected: { changes: readonly FieldChange[]; terms?: EventData['arrived'] };
  official_record_noted: OfficialTold;
  manifest_voided: Record<string, never>;
}
