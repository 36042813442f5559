import type { Moment, Ticket } from './consignment.ts';
import { iso } from './days.ts';

/**
 * The history as it is told to the service: one request a report, in the order in which they are told. What only the
 * service knows stands as `@name`, and is filled in from the answer that gave it.
 */
export interface Report {
  /** When it is told. */
  readonly at: number;
  /** Whose key it comes with: the name of a party. */
  readonly by: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Idempotency-Key: the same in every run of the same seed. */
  readonly key: string;
  /** Names for what the answer holds: each with where it stands there, such as `id` or `batches.0.batchId`. */
  readonly names?: Readonly<Record<string, string>>;
  /** What must be told one after another: of one manifest, of one store, of the series of numbers. */
  readonly chains: readonly string[];
  /** A refusal that the law asks for; any other status than this or a success is a failure of the play. */
  readonly refusedWith?: number;
}

export const when = ({ at, mode }: Moment) => ({ occurredAt: iso(at), entryMode: mode });
export const store = (siteRef: string, code: string) => `stock ${siteRef} ${code}`;

export const weighing = (ticket: Ticket, siteRef: string, plate: string) => ({
  ticketNumber: ticket.number,
  siteId: `@${siteRef}`,
  purpose: ticket.purpose,
  plate,
  grossGrams: ticket.grossGrams,
  tareGrams: ticket.tareGrams,
  scaleDivisionGrams: ticket.divisionGrams,
  ...when(ticket),
});
