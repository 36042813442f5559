import type { Carrier, Plant, Producer, Vehicle } from './city.ts';
import type { WasteRow } from './city-rows.ts';

/**
 * What happened and what was told of it, side by side: the truth stands in `lines`, everything a party reported in the
 * other fields, and what it put right afterwards in `correction`. Instants are milliseconds since 1970, UTC.
 */
export interface TrueLine {
  /** What the papers call it. */
  readonly waste: WasteRow;
  /** What it is. */
  actual: WasteRow;
  loadedGrams: number;
  arrivedGrams: number;
  loadedPieces: number;
  arrivedPieces: number;
}

export interface Quantity {
  grams: number;
  pieces: number;
}

/** Something physical: when it happened, and when and how it was told. */
export interface Moment {
  at: number;
  toldAt: number;
  mode: 'live' | 'offline' | 'paper';
}

export interface Ticket extends Moment {
  readonly ref: string;
  number: string;
  readonly purpose: 'loading' | 'unloading';
  grossGrams: number;
  tareGrams: number;
  readonly divisionGrams: number;
}

/** Whoever has a site with stock: a producer, or a plant with waste of its own. */
export interface Holder {
  readonly ref: string;
  readonly siteRef: string;
  /** Who keeps its register for it. */
  readonly agent?: Plant | null;
}

/** 贮存设施: a part of a site that holds so much. */
export interface Room {
  readonly ref: string;
  readonly holder: Holder;
  readonly type: 'warehouse' | 'point';
  readonly capacityGrams: number | null;
}

export interface Generation extends Moment {
  readonly ref: string;
  readonly producer: Holder;
  readonly waste: WasteRow;
  grams: number;
  pieces: number;
  /** Where it was put, all of it or so much. */
  readonly stored?: Moment & { readonly room: Room; readonly grams: number | null };
}

export const DISCREPANCIES = ['name', 'quantity', 'property', 'form', 'packing'] as const;

export interface Discrepancy {
  readonly line: number;
  readonly type: (typeof DISCREPANCIES)[number];
  readonly found: string;
}

/** How a load goes on after the vehicle it was loaded on: handed over, put down for a while, or on another vehicle after a breakdown. */
export interface Onward {
  readonly how: 'handover' | 'stored' | 'breakdown';
  /** Told by who had it. */
  readonly ended: Moment;
  /** Told by who goes on. */
  readonly began: Moment;
  readonly carrier: Carrier;
  readonly vehicle: Vehicle;
  readonly place: string;
  /** The site it is put down at. */
  readonly siteRef: string | null;
}

/** What went wrong on the way, as it was told; by line, in the order of `lines`. */
export interface Incident extends Moment {
  readonly type: 'leak' | 'loss' | 'breakdown';
  readonly place: string;
  readonly affected: readonly Quantity[];
  readonly lost: readonly Quantity[];
  /** When the consignor and the carrier filed their plans. */
  readonly plansAt: number;
  readonly settled: Moment;
}

/** What was refused and brought back. */
export interface Return {
  readonly departed: Moment;
  readonly vehicle: Vehicle;
  readonly takenBack: Moment;
  readonly quantities: readonly Quantity[];
}

/** One value that was typed wrong, as it should have been. */
export type Change =
  | { readonly what: 'loaded' | 'received'; readonly line: number; readonly grams: number }
  | { readonly what: 'plate'; readonly plate: string }
  | { readonly what: 'pickedUpAt' | 'arrivedAt'; readonly at: number };

/** It counts once everybody has agreed. */
export interface Correction {
  readonly reason: string;
  readonly proposed: { readonly by: string; readonly at: number };
  readonly approvals: readonly { readonly by: string; readonly at: number }[];
  readonly changes: readonly Change[];
}

/** A vehicle under way with several manifests; weighed as a whole where it unloads. */
export interface Trip {
  readonly ref: string;
  readonly carrier: Carrier;
  readonly vehicle: Vehicle;
  readonly start: Moment;
  readonly end: Moment;
  readonly weighings: { readonly plant: Plant; readonly ticket: Ticket }[];
}

export interface Consignment {
  /** `m` and a number: stands for the id the service gives the manifest. */
  readonly ref: string;
  readonly tale: Tale | null;
  readonly producer: Producer;
  readonly carrier: Carrier;
  readonly plant: Plant;
  readonly vehicle: Vehicle;
  readonly lines: TrueLine[];
  /** The load whose refused part it carries on: nothing leaves a stock. */
  readonly follows: Consignment | null;
  draftedAt: number;
  issuedAt: number;
  /** It was issued on paper on that day, and entered afterwards. */
  paperIssuedAt: number | null;
  pickup: Moment;
  /** As the driver typed it. */
  plate: string;
  /** How the consignor confirms: a code for the driver, or a report of its own. */
  confirmation: { readonly how: 'code' | 'report'; readonly at: number } | null;
  trip: Trip | null;
  onward: Onward[];
  incident: Incident | null;
  arrival: Moment;
  receipt: Moment;
  /** A plant that was tried first and whose licence does not cover the load: issue refuses. */
  refusedPlant: Plant | null;
  /** By line, in the order of `lines`. */
  declared: Quantity[];
  loaded: Quantity[];
  /** What was accepted. */
  received: Quantity[];
  refused: Quantity[];
  /** What was done with it instead of what was planned. */
  method: string | null;
  tickets: Ticket[];
  discrepancies: Discrepancy[];
  back: Return | null;
  correction: Correction | null;
}

/** What a plant did with what lay in its store. */
export interface Treatment extends Moment {
  readonly ref: string;
  readonly plant: Plant;
  readonly startedAt: number;
  readonly inputs: readonly { readonly waste: WasteRow; readonly grams: number }[];
  readonly residue: { readonly code: string; readonly grams: number } | null;
  readonly product: { readonly name: string; readonly grams: number } | null;
}

/** Which story a consignment, a batch or a treatment belongs to. */
export interface Tale {
  readonly story: string;
  /** As it was meant: whether it lies beyond the threshold is the referee's to say. */
  readonly meant: 'fault' | 'twin';
  /** Its magnitude as a multiple of the threshold; 1 is the threshold itself. */
  readonly ratio: number;
}

export const sum = (quantities: readonly number[]): number => quantities.reduce((total, one) => total + one, 0);
export const trueGrams = ({ lines }: Consignment, when: 'loaded' | 'arrived'): number =>
  sum(lines.map((line) => (when === 'loaded' ? line.loadedGrams : line.arrivedGrams)));
/** The vehicle it arrives on. */
export const lastVehicle = ({ onward, vehicle }: Consignment): Vehicle => onward.at(-1)?.vehicle ?? vehicle;
export const lastCarrier = ({ onward, carrier }: Consignment): Carrier => onward.at(-1)?.carrier ?? carrier;
