/** What the columns of a manifest hold. Types, and the lists they are taken from. */
import type { ToldVolume, Volume } from '../catalogue/density.ts';
import type { Place } from '../custody/ledger.ts';

/** `stored`: put down on the way (中转贮存); `refused`: a receipt that accepted nothing; `ended`: after an incident nothing of it travels. */
export const STATUSES = [
  'draft',
  'issued',
  'in_transit',
  'stored',
  'arrived',
  'received',
  'refused',
  'ended',
  'void',
] as const;
export type Status = (typeof STATUSES)[number];

/**
 * A part of the load that nobody is to keep where it lies: refused by the consignee, recovered when the rest had
 * arrived or gone on with another carrier. It is brought back, or another manifest carries it on.
 */
export interface Remainder {
  readonly reason: 'refused' | 'recovered';
  readonly place: Place;
  readonly state: 'held' | 'returning' | 'returned' | 'followed';
  readonly lines: readonly { readonly line: number; readonly parts: readonly LineBatch[] }[];
  /** Who brings it back. */
  readonly carrierId: string | null;
  /** Once it has set off. */
  readonly back?: WayBack;
  /** The manifest that carries it on. */
  readonly followedById: string | null;
}

/** 退运: a stretch of its own, and what the consignor found when it was taken back. Instants are ISO text. */
export interface WayBack {
  readonly plate: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly takenBack: {
    readonly eventId: string;
    /** Pieces that nobody counted are null. */
    readonly lines: readonly { readonly line: number; readonly grams: number; readonly pieces: number | null }[];
  } | null;
}

/** One stretch under one carrier (联运, TM 17); the first begins with the pickup, the others with a handover. Instants are ISO text. */
export interface Leg {
  readonly carrierId: string;
  readonly plate: string | null;
  readonly driverId: string | null;
  /** 危货运单号. */
  readonly waybillNumber: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly handover: Handover | null;
}

/** Where and when a leg took over, and which of the two carriers has said so. */
export interface Handover {
  readonly place: string;
  readonly region: string | null;
  readonly confirmedBy: readonly HandoverSide[];
}
export const HANDOVER_SIDES = ['giver', 'taker'] as const;
export type HandoverSide = (typeof HANDOVER_SIDES)[number];

export const INCIDENT_TYPES = ['leak', 'loss', 'breakdown', 'diversion'] as const;

/** 运输途中突发情况: what it holds up, and who has filed a plan. What happened is free text, in the event's details. */
export interface Incident {
  readonly type: (typeof INCIDENT_TYPES)[number];
  readonly eventId: string;
  readonly occurredAt: string;
  readonly region: string | null;
  readonly place: string;
  /** In whose hands the affected part lies. */
  readonly carrierId: string;
  readonly plans: readonly string[];
}

/** 更正: new values for fields of the manifest, and who has still to agree. */
export interface Correction {
  readonly eventId: string;
  readonly proposedBy: string;
  readonly changes: readonly FieldChange[];
  readonly approvers: readonly Approver[];
  readonly approvedBy: readonly Approver[];
}
export interface FieldChange {
  /** JSON Pointer into the manifest, e.g. /lines/0/acceptedGrams. */
  readonly path: string;
  readonly from: FieldValue;
  readonly to: FieldValue;
}
export type FieldValue = string | number | null | readonly string[];
export const APPROVERS = ['consignor', 'carrier', 'consignee', 'regulator'] as const;
export type Approver = (typeof APPROVERS)[number];

/** Part of a batch on a line, as picked up. */
export interface LineBatch {
  readonly batchId: string;
  readonly grams: number;
  readonly pieces: number;
  /** 干物质; absent: none is measured of it. */
  readonly dryGrams?: number | undefined;
  /** True when nobody named it and the oldest was taken. */
  readonly inferred: boolean;
}

export type LostPart = LineBatch & { readonly carrierId: string };

/** A container on a line. What is in it is the part of its batch in `loaded`; an outer body has no batch. */
export interface LineContainer {
  readonly containerId: string;
  readonly code: string;
  /** Of its label: its mass stays under that code, whatever the line says. */
  readonly wasteCode: string;
  readonly batchId: string | null;
  /** As on record where it was taken from. What a scale says of the whole load is in `loaded`. */
  readonly grams: number;
  readonly pieces: number;
  readonly dryGrams?: number | undefined;
  /** Where its record said it lay, when not where the manifest is loaded from. */
  readonly from: Place | null;
  /** Found with the load on the way, or at its end; nobody scanned it when it was loaded. */
  readonly joined: boolean;
  /** What an incident did to it. */
  readonly heldUp: 'held_up' | 'lost' | 'recovered' | null;
  /** Null after the receipt: it was not there. */
  readonly decision: ContainerOutcome | null;
  /** As the consignee took it. */
  readonly decidedGrams: number | null;
  readonly receivedBatchId: string | null;
}
export const CONTAINER_OUTCOMES = ['accepted', 'refused'] as const;
export type ContainerOutcome = (typeof CONTAINER_OUTCOMES)[number];

/** A container that turned out to be with the load. */
export type JoinedContainer = LineContainer & { readonly line: number };

/** One waste on a manifest as its draft says it (TM 16). */
export interface DraftLine {
  readonly line: number;
  readonly wasteCode: string;
  /** The code its batches lie under where they are loaded from, when `wasteCode` was put right and they were not. */
  readonly codeAtSource?: string;
  readonly name: string;
  readonly form: string;
  readonly hazards: readonly string[];
  readonly packaging: string;
  readonly declaredGrams: number;
  /** Where it was declared by volume: what `declaredGrams` follows from. */
  readonly volume?: Volume;
  /** 含水率, parts of water in a thousand of its mass. */
  readonly moisturePermille?: number;
  readonly declaredPieces: number;
  readonly plannedMethod: string;
  /** Batches the consignor named; empty: the oldest are taken. */
  readonly namedBatches: readonly string[];
  /** On a manifest that carries on what remained of another: the parts it is to take. */
  readonly offered: readonly LineBatch[];
  /** And the containers these are in, which go along. */
  readonly offeredContainers?: readonly LineContainer[] | undefined;
  /** 有害成分名称, and what the transport of dangerous goods asks for (TM 13). */
  readonly hazardousComponent: string | null;
  readonly unNumber: string | null;
  readonly packingGroup: string | null;
  /** The item of the exemption list the consignor claims (LIST annex). */
  readonly exemption?: { readonly item: number } | undefined;
}

/** With what was added to it as the load moved on; nothing is overwritten. */
export interface Line extends DraftLine {
  /** Permits found to cover it at issue. */
  readonly permitIds: readonly string[];
  readonly pickedUpGrams: number | null;
  readonly pickedUpPieces: number | null;
  /** Of what was told in m³: beside the grams at the pickup and the receipt. */
  readonly pickedUpVolume?: ToldVolume;
  readonly acceptedVolume?: ToldVolume;
  readonly refusedVolume?: ToldVolume;
  /** As the carrier measured it anew; absent: as declared. */
  readonly pickedUpMoisturePermille?: number;
  readonly loaded: readonly LineBatch[];
  /** Of a line that was loaded by scans: every batch of it is in one of these. */
  readonly containers: readonly LineContainer[];
  /** Held up by an open incident. */
  readonly frozen: readonly LineBatch[];
  /** Lost on the way in somebody's hands. */
  readonly lost: readonly LostPart[];
  /** Saved when the rest was in other hands: it is a remainder. */
  readonly recovered: readonly LineBatch[];
  readonly acceptedGrams: number | null;
  readonly refusedGrams: number | null;
  readonly refusedPieces: number | null;
  readonly receivedPieces: number | null;
  /** As the consignee measured it; absent: what was accepted and refused shares the dry mass that came. */
  readonly receivedMoisturePermille?: number;
  readonly method: string | null;
  /** One, or one for each container that was accepted. */
  readonly receivedBatchIds: readonly string[];
}

export const DISCREPANCY_TYPES = ['name', 'quantity', 'property', 'form', 'packing'] as const;

/** 不符 (TM 18 ¶2). What was found is free text and stands in the event's details. */
export interface Discrepancy {
  readonly line: number;
  readonly type: (typeof DISCREPANCY_TYPES)[number];
}

/** What somebody read of the manifest in an official system. */
export interface OfficialTold {
  /** An id of `catalogue/data/official-systems.csv`. */
  readonly system: string;
  readonly number: string;
  /** In the words of that system; null when only the number was read. */
  readonly status: string | null;
  readonly statusOn: string | null;
}

/** One number in one system, as it was last told; every telling is an event. Instants are ISO text. */
export interface OfficialRecord extends OfficialTold {
  readonly seenAt: string;
  readonly toldBy: string;
  readonly eventId: string;
}
