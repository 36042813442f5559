import { contentGates } from '../custody/scanned.ts';
import { driverRead } from '../parties/drivers.ts';
import { siteKind } from '../parties/registers.ts';
import { boardingNeeds } from './boarding.ts';
import { consigneeStock } from './booking.ts';
import {
  aboardToo,
  accountsAt,
  lockScanned,
  type ManifestCommand,
  manifestOf,
  permitGates,
  refsTo,
  stocksDrawn,
} from './command-needs.ts';
import type * as inputs from './inputs.ts';
import { decidePickup } from './loading.ts';
import { decideArrival, decideDeparture, decideHandover, decideTransitStorage } from './moving.ts';
import { pickupCodeLookup } from './pickup-code.ts';
import { decideReceipt } from './receiving.ts';
import { lockManifest, manifestEvent, onManifest } from './standing.ts';
import { boxNeeds } from './vehicle-limits.ts';

/** What happens to the load, from the pickup to the receipt. */

/**
 * The carrier (承运人) has loaded: what left the origin's stock, as weighed (TM 11(1)-(2)). Physical: what does not fit
 * the state is kept as an unmatched report.
 */
export const pickup: ManifestCommand<inputs.PickupInput> = {
  name: 'pickup_manifest',
  kind: 'physical',
  needs: (input) => ({
    ...lockScanned(input),
    read: [...refsTo('trip', input.tripId ? [input.tripId] : []), ...driverRead(input)],
    lookups: boxNeeds(input),
  }),
  alsoNeeds(input, states) {
    const manifest = manifestOf(input, states);
    const codeId = input.pickupCode ? manifest?.pickupCodeEventId : undefined;
    const { lookups = [], ...needs } = boardingNeeds(input, manifest, states);
    return {
      ...needs,
      lookups: [...lookups, ...stocksDrawn(manifest), ...(codeId ? [{ lookup: pickupCodeLookup, key: codeId }] : [])],
    };
  },
  decide: (input, states, facts) =>
    onManifest('pickup', input, states, facts, (manifest) => decidePickup(input, manifest, states, facts)),
};

/** The consignor says that what was picked up was picked up (TM 10(3)). */
export const pickupConfirmation: ManifestCommand<inputs.PickupConfirmationInput> = {
  name: 'confirm_pickup',
  kind: 'physical',
  needs: lockManifest,
  decide: (input, states, facts) =>
    onManifest('pickup-confirmation', input, states, facts, ({ id, status, originRegion }) => ({
      events: [manifestEvent('pickup_confirmed', id, new Date(input.occurredAt), {}, { region: originRegion })],
      answer: { id, status },
    })),
};

/** One carrier hands over to the next; each says so (TM 17). */
export const handover: ManifestCommand<inputs.HandoverInput> = {
  name: 'hand_over_manifest',
  kind: 'physical',
  needs: lockScanned,
  alsoNeeds: aboardToo,
  decide: (input, states, facts) =>
    onManifest('handover', input, states, facts, (manifest) => decideHandover(input, manifest, states, facts)),
};

/** The load is put down at a site on the way. */
export const transitStorage: ManifestCommand<inputs.TransitStorageInput> = {
  name: 'store_in_transit',
  kind: 'physical',
  needs: (input) => ({ ...lockScanned(input), read: refsTo('site', [input.siteId]) }),
  alsoNeeds: aboardToo,
  decide: (input, states, facts) =>
    onManifest('transit-storage', input, states, facts, (manifest) =>
      decideTransitStorage(input, manifest, states.get(siteKind, input.siteId), states),
    ),
};

/** It goes on from there. */
export const departure: ManifestCommand<inputs.DepartureInput> = {
  name: 'depart_manifest',
  kind: 'physical',
  needs: lockScanned,
  alsoNeeds: aboardToo,
  decide: (input, states, facts) =>
    onManifest('departure', input, states, facts, (manifest) => decideDeparture(input, manifest, states)),
};

/** The load has reached the consignee's gate (TM 11(4)). It is in the consignee's hands, not yet accepted. */
export const arrival: ManifestCommand<inputs.ArrivalInput> = {
  name: 'arrive_manifest',
  kind: 'physical',
  needs: lockScanned,
  alsoNeeds: aboardToo,
  decide: (input, states, facts) =>
    onManifest('arrival', input, states, facts, (manifest) => decideArrival(input, manifest, states, facts)),
};

/**
 * The consignee (接受人) decides on what arrived (TM 18). A mass that differs is evidence, booked as a weighing
 * difference and left to reconciliation.
 */
export const receipt: ManifestCommand<inputs.ReceiptInput> = {
  name: 'receive_manifest',
  kind: 'paper',
  needs: lockScanned,
  alsoNeeds: (input, states) => ({
    ...aboardToo(input, states),
    sharedGates: [
      ...accountsAt(manifestOf(input, states), consigneeStock),
      ...contentGates(input, states),
      ...permitGates(input, states),
    ],
  }),
  decide: (input, states, facts) =>
    onManifest('receipt', input, states, facts, (manifest) => decideReceipt(input, manifest, states, facts)),
};
