import { batchKind } from '../custody/batches.ts';
import { containerKind } from '../custody/containers.ts';
import { manifestKind } from '../manifests/manifest.ts';
import {
  receivedGramsOf,
  tripManifestsLookup,
  tripTicketsLookup,
  type Unloading,
  unloadingsOf,
} from '../manifests/unloadings.ts';
import { partyKind, siteKind } from '../parties/registers.ts';
import { vehicleByPlate } from '../parties/repository.ts';
import { permitKey, permitsOf } from '../permits/queries.ts';
import { permitKind } from '../permits/registers.ts';
import type { Lookup, Needs, States } from '../platform/acts.ts';
import { projectKind } from '../projects/registers.ts';
import { weighTicketKind } from '../transport/commands.ts';
import { observedTripKind } from '../transport/observed-trips.ts';
import { tripKind } from '../transport/trips.ts';
import { waybillKind } from '../transport/waybills.ts';
import {
  afterPickupLookup,
  arrivalLookup,
  bedsLookup,
  closedLookup,
  containerWeighingsLookup,
  keptInLookup,
} from './fact-queries.ts';
import { waybillManifestsLookup } from './observation-queries.ts';
import { monthFlowLookup } from './project-queries.ts';
import {
  acceptedLookup,
  accountLookup,
  eventLookup,
  otherLegsLookup,
  ownLegsLookup,
  sameReadingsLookup,
  storedLookup,
  storeLookup,
  weighingsLookup,
} from './queries.ts';
import type { RuleFacts } from './rules/facts.ts';

/**
 * How each fact that a judge may ask for is loaded: what is needed when only the subject's id is known, what when the
 * subject itself is, and how the value is read. The journal loads them in an act; anything else that has `States` can
 * too, and ask the same judge.
 */
export interface About {
  readonly subjectId: string;
  readonly period: string;
}

export interface Source<Value> {
  needs?(about: About): Needs;
  /** What only the loaded subject can name. */
  alsoNeeds?(about: About, states: States): Needs;
  /** A subject that is not there is undefined; other facts are read when it is. */
  read(about: About, states: States): Value | undefined;
}

const found = <Value>(lookup: Lookup<Value>, keyOf: (about: About) => string): Source<Value> => ({
  needs: (about) => ({ lookups: [{ lookup, key: keyOf(about) }] }),
  read: (about, states) => states.found(lookup, keyOf(about)),
});
const ofSubject = ({ subjectId }: About): string => subjectId;

export const SOURCES: { readonly [Name in keyof RuleFacts]: Source<RuleFacts[Name]> } = {
  manifest: {
    needs: ({ subjectId }) => ({ read: [{ kind: 'manifest', id: subjectId }] }),
    read: ({ subjectId }, states) => states.get(manifestKind, subjectId),
  },
  permit: {
    needs: ({ subjectId }) => ({ read: [{ kind: 'permit', id: subjectId }] }),
    read: ({ subjectId }, states) => states.get(permitKind, subjectId),
  },
  batch: {
    needs: ({ subjectId }) => ({ read: [{ kind: 'batch', id: subjectId }] }),
    read: ({ subjectId }, states) => states.get(batchKind, subjectId),
  },
  account: found(accountLookup, ofSubject) as Source<RuleFacts['account']>,
  store: found(storeLookup, ofSubject) as Source<RuleFacts['store']>,
  weigh_ticket: {
    needs: ({ subjectId }) => ({ read: [{ kind: 'weigh_ticket', id: subjectId }] }),
    read: ({ subjectId }, states) => states.get(weighTicketKind, subjectId),
  },
  project: {
    needs: ({ subjectId }) => ({ read: [{ kind: 'project', id: subjectId }] }),
    read: ({ subjectId }, states) => states.get(projectKind, subjectId),
  },
  observed_trip: {
    needs: ({ subjectId }) => ({ read: [{ kind: 'observed_trip', id: subjectId }] }),
    read: ({ subjectId }, states) => states.get(observedTripKind, subjectId),
  },
  waybill: {
    needs: ({ subjectId }) => ({ read: [{ kind: 'waybill', id: subjectId }] }),
    read: ({ subjectId }, states) => states.get(waybillKind, subjectId),
  },
  waybillManifests: found(waybillManifestsLookup, ofSubject),
  container: {
    needs: ({ subjectId }) => ({ read: [{ kind: 'container', id: subjectId }] }),
    read: ({ subjectId }, states) => states.get(containerKind, subjectId),
  },
  containerWeighings: found(containerWeighingsLookup, ofSubject),
  closedAt: found(closedLookup, ofSubject),
  keptIn: found(keptInLookup, ofSubject),
  arrivedAt: found(arrivalLookup, ofSubject),
  beds: found(bedsLookup, ofSubject),
  afterPickup: found(afterPickupLookup, ofSubject),
  trip: {
    alsoNeeds({ subjectId }, states) {
      const id = states.get(weighTicketKind, subjectId)?.tripId;
      return id ? { read: [{ kind: 'trip', id }] } : {};
    },
    read({ subjectId }, states) {
      const id = states.get(weighTicketKind, subjectId)!.tripId;
      return id === null ? undefined : states.get(tripKind, id);
    },
  },
  ticketSite: {
    alsoNeeds({ subjectId }, states) {
      const id = states.get(weighTicketKind, subjectId)?.siteId;
      return id ? { read: [{ kind: 'site', id }] } : {};
    },
    read: ({ subjectId }, states) => states.get(siteKind, states.get(weighTicketKind, subjectId)!.siteId),
  },
  tripStream: {
    alsoNeeds: tripNeeds,
    read: ({ subjectId }, states) => ownUnloading(subjectId, states)?.loads[0]?.stream,
  },
  tripReceivedGrams: {
    alsoNeeds: tripNeeds,
    read({ subjectId }, states) {
      const own = ownUnloading(subjectId, states);
      return own ? receivedGramsOf(own) : null;
    },
  },
  weighings: found(weighingsLookup, ofSubject),
  sameReadings: found(sameReadingsLookup, ofSubject),
  ownLegs: found(ownLegsLookup, ofSubject),
  otherLegs: found(otherLegsLookup, ofSubject),
  receipt: {
    alsoNeeds({ subjectId }, states) {
      const key = states.get(manifestKind, subjectId)?.receivedEventId;
      return key ? { lookups: [{ lookup: eventLookup, key }] } : {};
    },
    read({ subjectId }, states) {
      const key = states.get(manifestKind, subjectId)?.receivedEventId;
      return key ? states.found(eventLookup, key)! : null;
    },
  },
  consigneeLicences: {
    alsoNeeds({ subjectId }, states) {
      const holderId = states.get(manifestKind, subjectId)?.consigneeId;
      return holderId ? { lookups: [{ lookup: permitsOf, key: permitKey(holderId, 'licence') }] } : {};
    },
    read: ({ subjectId }, states) =>
      states.found(permitsOf, permitKey(states.get(manifestKind, subjectId)!.consigneeId, 'licence')),
  },
  holder: {
    alsoNeeds({ subjectId }, states) {
      const id = states.get(permitKind, subjectId)?.holderId;
      return id ? { read: [{ kind: 'party', id }] } : {};
    },
    read: ({ subjectId }, states) => states.get(partyKind, states.get(permitKind, subjectId)!.holderId),
  },
  permitSite: {
    alsoNeeds({ subjectId }, states) {
      const id = states.get(permitKind, subjectId)?.siteId;
      return id ? { read: [{ kind: 'site', id }] } : {};
    },
    read({ subjectId }, states) {
      const id = states.get(permitKind, subjectId)!.siteId;
      return id === null ? undefined : states.get(siteKind, id);
    },
  },
  acceptedInPeriod: found(acceptedLookup, ({ subjectId, period }) => `${subjectId} ${period}`),
  projectSite: {
    alsoNeeds({ subjectId }, states) {
      const id = states.get(projectKind, subjectId)?.siteId;
      return id ? { read: [{ kind: 'site', id }] } : {};
    },
    read: ({ subjectId }, states) => states.get(siteKind, states.get(projectKind, subjectId)!.siteId),
  },
  monthFlow: {
    alsoNeeds({ subjectId, period }, states) {
      const id = states.get(projectKind, subjectId)?.siteId;
      return id ? { lookups: [{ lookup: monthFlowLookup, key: `${id} ${period}` }] } : {};
    },
    read: ({ subjectId, period }, states) =>
      states.found(monthFlowLookup, `${states.get(projectKind, subjectId)!.siteId} ${period}`),
  },
  vehicle: {
    alsoNeeds({ subjectId }, states) {
      const key = states.get(manifestKind, subjectId)?.legs[0]?.plate;
      return key ? { lookups: [{ lookup: vehicleByPlate, key }] } : {};
    },
    read({ subjectId }, states) {
      const key = states.get(manifestKind, subjectId)!.legs[0]!.plate;
      return key === null ? undefined : states.found(vehicleByPlate, key);
    },
  },
  site: {
    alsoNeeds({ subjectId }, states) {
      const id = states.get(batchKind, subjectId)?.siteId;
      return id ? { read: [{ kind: 'site', id }] } : {};
    },
    read: ({ subjectId }, states) => states.get(siteKind, states.get(batchKind, subjectId)!.siteId),
  },
  stored: {
    alsoNeeds({ subjectId }, states) {
      const batch = states.get(batchKind, subjectId);
      return batch ? { lookups: [{ lookup: storedLookup, key: `${batch.accountId} ${subjectId}` }] } : {};
    },
    read: ({ subjectId }, states) =>
      states.found(storedLookup, `${states.get(batchKind, subjectId)!.accountId} ${subjectId}`),
  },
};

/** What a ticket of a whole vehicle stands for. */
function ownUnloading(ticketId: string, states: States): Unloading | undefined {
  const key = states.get(weighTicketKind, ticketId)!.tripId;
  if (key === null) return undefined;
  const unloadings = unloadingsOf(states.found(tripTicketsLookup, key), states.found(tripManifestsLookup, key));
  return unloadings.find(({ tickets }) => tickets.some(({ id }) => id === ticketId));
}

function tripNeeds({ subjectId }: { readonly subjectId: string }, states: States): Needs {
  const key = states.get(weighTicketKind, subjectId)?.tripId;
  return key ? { lookups: [tripManifestsLookup, tripTicketsLookup].map((lookup) => ({ lookup, key })) } : {};
}
