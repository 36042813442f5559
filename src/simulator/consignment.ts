import type { Carrier, Plant, Producer, Vehicle } from './city.ts';
import type { WasteRow } from './city-rows.ts';

/**
 * What happened and what was told of it, side by side: the truth stands in `lines` and `at`, everything a party reported
 * in the other fields. Instants are milliseconds since 1970, UTC.
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

export interface Generation extends Moment {
  readonly ref: string;
  readonly producer: Producer;
  readonly waste: WasteRow;
  grams: number;
  pieces: number;
}

export const DISCREPANCIES = ['name', 'quantity', 'property', 'form', 'packing'] as const;

export interface Discrepancy {
  readonly line: number;
  readonly type: (typeof DISCREPANCIES)[number];
  readonly found: string;
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
  draftedAt: number;
  issuedAt: number;
  pickup: Moment;
  arrival: Moment;
  receipt: Moment;
  /** A plant that was tried first and whose licence does not cover the load: issue refuses. */
  refusedPlant: Plant | null;
  /** By line, in the order of `lines`. */
  declared: Quantity[];
  loaded: Quantity[];
  received: Quantity[];
  tickets: Ticket[];
  discrepancies: Discrepancy[];
}

/** Which story a consignment or a batch belongs to. */
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
