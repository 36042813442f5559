import type { Carrier } from './city.ts';
import {
  type Change,
  type Consignment,
  type Moment,
  type Quantity,
  sum,
  type Ticket,
  type Treatment,
} from './consignment.ts';
import { HOUR } from './days.ts';
import type { History } from './history.ts';
import type { Parameters } from './parameters.ts';

/**
 * What has been told by the end, as it stands after what was put right: all that the referee, and the service, can know.
 * Null is not yet.
 */
export interface HeardLoad {
  readonly load: Consignment;
  readonly declared: readonly Quantity[];
  readonly loaded: readonly Quantity[] | null;
  /** What was accepted, and what the plant sent away again. */
  readonly received: readonly Quantity[] | null;
  readonly refused: readonly Quantity[] | null;
  /** By line: what an incident took off the load, and has not given back to it. */
  readonly missing: readonly Quantity[];
  readonly pickup: Moment | null;
  readonly arrival: Moment | null;
  readonly receipt: Moment | null;
  readonly takenBack: Moment | null;
  readonly legs: readonly HeardLeg[];
  readonly tickets: readonly Ticket[];
}

/** One vehicle with the load on it, from when to when. */
export interface HeardLeg {
  readonly plate: string;
  readonly carrier: Carrier;
  readonly tripRef: string | null;
  readonly from: number;
  /** Null: nobody has told that it is over. */
  readonly to: number | null;
  /** How its beginning was told. */
  readonly told: Moment;
}

export interface Heard {
  readonly history: History;
  readonly until: number;
  readonly loads: readonly HeardLoad[];
  readonly treatments: readonly Treatment[];
}

export function whatWasHeard(history: History): Heard {
  const { until } = history;
  return {
    history,
    until,
    loads: history.consignments.filter(({ issuedAt }) => issuedAt <= until).map((load) => heardLoad(load, until)),
    treatments: history.treatments.filter(({ toldAt }) => toldAt <= until),
  };
}

function heardLoad(load: Consignment, until: number): HeardLoad {
  const heard = <One extends Moment>(moment: One | null): One | null =>
    moment && moment.toldAt <= until ? moment : null;
  const changes = agreedBy(load, until);
  const at = (moment: Moment | null, what: 'pickedUpAt' | 'arrivedAt'): Moment | null => {
    const change = changes.find((one) => one.what === what);
    return moment && change && 'at' in change ? { ...moment, at: change.at } : moment;
  };
  const right = (quantities: readonly Quantity[], what: 'loaded' | 'received') =>
    quantities.map((quantity, line) => {
      const change = changes.find((one) => one.what === what && one.line === line + 1);
      return change && 'grams' in change ? { ...quantity, grams: change.grams } : quantity;
    });
  const pickup = at(heard(load.pickup), 'pickedUpAt');
  const arrival = at(heard(load.arrival), 'arrivedAt');
  const receipt = heard(load.receipt);
  return {
    load,
    declared: load.declared,
    loaded: pickup && right(load.loaded, 'loaded'),
    received: receipt && right(load.received, 'received'),
    refused: receipt && load.refused,
    missing: missingOf(load, until),
    pickup,
    arrival,
    receipt,
    takenBack: heard(load.back?.takenBack ?? null),
    legs: pickup ? [...legsOf(load, { pickup, arrival, until, changes }), ...wayBack(load, until)] : [],
    tickets: load.tickets.filter(({ toldAt }) => toldAt <= until),
  };
}

/** TM 29: a correction counts when the last of those it concerns has agreed. */
function agreedBy({ correction, carrier, producer, plant }: Consignment, until: number): readonly Change[] {
  if (!correction || correction.proposed.at > until) return [];
  const { proposed, approvals, changes } = correction;
  const voices = new Set([proposed.by, ...approvals.filter(({ at }) => at <= until).map(({ by }) => by)]);
  const concerned = (what: Change['what']): readonly string[] => {
    if (what === 'plate') return [producer.ref, carrier.ref];
    return what === 'received'
      ? [producer.ref, plant.ref, 'regulator']
      : [producer.ref, carrier.ref, plant.ref, 'regulator'];
  };
  return changes.every(({ what }) => concerned(what).every((ref) => voices.has(ref))) ? changes : [];
}

/** What was held up is away until it is settled; what was saved while the rest was still on its way travels on with it. */
function missingOf({ incident, lines, arrival }: Consignment, until: number): readonly Quantity[] {
  if (!incident || incident.toldAt > until) return lines.map(() => ({ grams: 0, pieces: 0 }));
  const isSettled = incident.settled.toldAt <= until && incident.settled.toldAt < arrival.toldAt;
  return isSettled ? incident.lost : incident.affected;
}

interface Way {
  readonly pickup: Moment;
  readonly arrival: Moment | null;
  readonly until: number;
  readonly changes: readonly Change[];
}

/** A load changes hands when the first of the two carriers says so; a store is no road. */
function legsOf({ plate, carrier, trip, onward }: Consignment, { pickup, arrival, until, changes }: Way): HeardLeg[] {
  const change = changes.find(({ what }) => what === 'plate');
  const right = change && 'plate' in change ? change.plate : plate;
  const legs: HeardLeg[] = [
    { plate: right, carrier, tripRef: trip?.ref ?? null, from: pickup.at, to: null, told: pickup },
  ];
  const end = (to: number) => legs.push({ ...legs.pop()!, to });
  for (const { how, ended, began, ...next } of onward) {
    const first = Math.min(ended.toldAt, how === 'stored' ? ended.toldAt : began.toldAt);
    if (first > until) return legs;
    end(ended.at);
    if ((how === 'stored' ? began.toldAt : first) > until) return legs;
    const told = how === 'handover' && ended.toldAt < began.toldAt ? ended : began;
    legs.push({ plate: next.vehicle.plate, carrier: next.carrier, tripRef: null, from: began.at, to: null, told });
  }
  if (arrival) end(arrival.at);
  return legs;
}

/** Who refuses a load sends a vehicle back with it: on the road like any other, until the producer has it. */
function wayBack({ back, onward, carrier }: Consignment, until: number): HeardLeg[] {
  if (!back || back.departed.toldAt > until) return [];
  const { departed, vehicle, takenBack } = back;
  const to = takenBack.toldAt <= until ? takenBack.at : null;
  const by = onward.at(-1)?.carrier ?? carrier;
  return [{ plate: vehicle.plate, carrier: by, tripRef: null, from: departed.at, to, told: departed }];
}

/** Who enters afterwards what was on paper has the next page in his hand: until then nothing is missing. */
export const isPatient = (told: Moment, until: number, { patienceHours }: Parameters): boolean =>
  told.mode !== 'live' && until < told.toldAt + patienceHours * HOUR;

export const gramsOf = (quantities: readonly { readonly grams: number }[]): number =>
  sum(quantities.map(({ grams }) => grams));
