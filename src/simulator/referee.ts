import type { Plant } from './city.ts';
import { type Consignment, lastVehicle, type Moment, sum, type Ticket } from './consignment.ts';
import { addDays, dayOf, HOUR, isWorkingDay, startOf } from './days.ts';
import { gramsOf, type Heard, type HeardLeg, type HeardLoad, isPatient, whatWasHeard } from './heard.ts';
import type { History } from './history.ts';
import type { Parameters, RuleId, Severity } from './parameters.ts';
import { storesOf, weighedWhole } from './referee-stores.ts';

/**
 * The answer key. Reads the true history and what was told of it, compares everything with everything, and says which
 * rule must speak of what, how loudly. Written from the texts the functions name and from the published rows; it shares
 * no line with the service's judges.
 */
export interface Expected {
  readonly rule: RuleId;
  /** The name of a manifest or batch, of a permit and year, or of a store: `stock <site> <code>`. */
  readonly subject: string;
  readonly severity: Severity;
  /** For the person who reads a difference. */
  readonly because: string;
}

type Judge = (heard: Heard, parameters: Parameters) => Expected[];

/** One reading a rule. A new rule is a new row. */
const JUDGES: Readonly<Record<RuleId, Judge>> = {
  mass: ({ loads }, parameters) => loads.flatMap((load) => massOf(load, parameters)),
  trip_mass: wholeVehicles,
  piece_count: ({ loads }, parameters) => loads.flatMap((load) => piecesOf(load, parameters)),
  class: ({ loads }, parameters) => loads.flatMap((load) => classOf(load, parameters)),
  confirmation_overdue: confirmations,
  transit_overlong: transits,
  licence: ({ loads }, parameters) => loads.flatMap((load) => licenceOf(load, parameters)),
  over_scale: scales,
  negative_stock: stores,
  overlap: overlaps,
  storage_over_limit: oldBatches,
  store_over_capacity: fullStores,
};

export function referee(history: History, parameters: Parameters): Expected[] {
  const heard = whatWasHeard(history);
  return Object.values(JUDGES).flatMap((judge) => judge(heard, parameters));
}

/**
 * TM 18 ¶2 with the tolerance of the place. Two accounts that differ by no more than two honest scales may (class III in
 * service, gross and tare, at both ends; without two known scales the row's floor) agree. Of several tickets of one end each
 * is held against everything. What was declared may be an estimate, and is worth a remark at most, but for what another
 * plant weighed and sent on. What is taken back is held against what was refused.
 */
function massOf(heard: HeardLoad, parameters: Parameters): Expected[] {
  const weighed = (purpose: Ticket['purpose']): readonly (Ticket | null)[] => {
    const told = heard.tickets.filter((ticket) => ticket.purpose === purpose);
    return told.length === 0 ? [null] : told;
  };
  const found = weighed('loading').flatMap((loading) =>
    weighed('unloading').flatMap((unloading) => differencesOf(heard, loading, unloading, parameters)),
  );
  found.push(...takenBackOf(heard, parameters));
  const worst = found.sort((a, b) => LOUDNESS.indexOf(b.severity) - LOUDNESS.indexOf(a.severity))[0];
  return worst ? [{ rule: 'mass', subject: heard.load.ref, ...worst }] : [];
}

type Difference = Pick<Expected, 'severity' | 'because'>;

function differencesOf(
  { load, declared, loaded, received, refused, missing }: HeardLoad,
  loading: Ticket | null,
  unloading: Ticket | null,
  { massTolerance, scaleDivisionGramsMax }: Parameters,
): Difference[] {
  const isKnown = (ticket: Ticket | null) => ticket !== null && ticket.divisionGrams <= scaleDivisionGramsMax;
  const mayErr = (ticket: Ticket) => 2 * (errorOf(ticket.grossGrams, ticket) + errorOf(ticket.tareGrams, ticket));
  const floor =
    isKnown(loading) && isKnown(unloading) ? mayErr(loading!) + mayErr(unloading!) : massTolerance.floorTruckGrams;
  const net = (ticket: Ticket | null) => ticket && ticket.grossGrams - ticket.tareGrams;
  const loadedGrams = loaded && gramsOf(loaded);
  const receivedGrams = received && gramsOf([...received, ...refused!]);
  // What an incident took was told where it happened, and is not looked for at the gate.
  const travelling = (grams: number | null) => (grams === null ? null : grams - gramsOf(missing));
  const accounts: [string, number | null, number | null][] = [
    ['loaded → received', travelling(loadedGrams), receivedGrams],
    ['loading ticket → loaded', net(loading), loadedGrams],
    ['unloading ticket → received', net(unloading), receivedGrams],
    ['loading ticket → unloading ticket', travelling(net(loading)), net(unloading)],
    ['declared → loaded', gramsOf(declared), loadedGrams],
  ];
  return accounts.flatMap(([name, expected, observed]) => {
    if (expected === null || observed === null) return [];
    const isEstimate = name.startsWith('declared') && load.follows === null;
    return apart(name, expected, observed, floor, massTolerance).map((found) =>
      isEstimate ? { ...found, severity: 'info' } : found,
    );
  });
}

function takenBackOf({ load, takenBack }: HeardLoad, { massTolerance }: Parameters): Difference[] {
  if (!takenBack) return [];
  const [sent, came] = [gramsOf(load.refused), gramsOf(load.back!.quantities)];
  return apart('sent back → taken back', sent, came, massTolerance.floorTruckGrams, massTolerance);
}

/** A vehicle weighed with all that it brought, against what was made of each of its loads at the gate. */
function wholeVehicles({ history, loads, until }: Heard, { massTolerance }: Parameters): Expected[] {
  return history.trips.flatMap((trip) =>
    weighedWhole(trip, loads, until).flatMap(({ ticket, there }): Expected[] => {
      if (there.some(({ receipt }) => !receipt)) return [];
      const came = gramsOf(there.flatMap(({ received, refused }) => [...received!, ...refused!]));
      const weighed = ticket.grossGrams - ticket.tareGrams;
      return apart('receipts → whole vehicle', came, weighed, massTolerance.floorTruckGrams, massTolerance).map(
        (found) => ({ rule: 'trip_mass', subject: ticket.ref, ...found }),
      );
    }),
  );
}

/** Nothing within what honest scales may differ by; beyond it, the share of what was expected. */
function apart(
  name: string,
  expected: number,
  observed: number,
  floor: number,
  { criticalPermille, warningPermille }: Parameters['massTolerance'],
): Difference[] {
  const off = Math.abs(observed - expected);
  if (off <= floor) return [];
  const beyond = (permille: number) => off * 1_000 > expected * permille;
  const severity = beyond(criticalPermille) ? 'critical' : beyond(warningPermille) ? 'warning' : 'info';
  return [{ severity, because: `${name}: ${expected} → ${observed} g, floor ${floor} g` }];
}

const LOUDNESS: readonly Severity[] = ['info', 'warning', 'critical'];

/** JJG 539, class III: half a division up to 500 of them, one up to 2000, one and a half above. */
const errorOf = (grams: number, { divisionGrams: e }: Ticket): number =>
  grams > 2_000 * e ? 1.5 * e : grams > 500 * e ? e : 0.5 * e;

/** TM 18 ¶2, 12(1): containers do not evaporate. Line by line, there and back. */
function piecesOf(heard: HeardLoad, parameters: Parameters): Expected[] {
  const { load, loaded, received, refused, missing, takenBack } = heard;
  if (!loaded || !received || !refused) return [];
  const there = (line: number) => received[line]!.pieces + refused[line]!.pieces;
  const came = takenBack ? load.back!.quantities : refused;
  const off = sum(
    loaded.map(
      ({ pieces }, line) =>
        Math.abs(pieces - missing[line]!.pieces - there(line)) + Math.abs(refused[line]!.pieces - came[line]!.pieces),
    ),
  );
  return loudest('piece_count', load.ref, off, parameters, `${off} pieces`);
}

/** TM 18 ¶2: name, property, form or packing is another than the manifest says; quantity is for the rules above. */
function classOf({ load, receipt }: HeardLoad, parameters: Parameters): Expected[] {
  const other = receipt ? load.discrepancies.filter(({ type }) => type !== 'quantity') : [];
  return loudest('class', load.ref, other.length, parameters, other.map(({ type }) => type).join(', '));
}

/**
 * TM 18 ¶1: confirmed in the system within so many working days. The clock runs from arrival, and from the day of
 * acceptance once that is told. A report confirms when it is recorded; when it was made, if it came from a dead spot and was
 * told soon, or from a paper manifest and was entered in time (TM 20).
 */
function confirmations({ loads, until }: Heard, parameters: Parameters): Expected[] {
  return loads.flatMap(({ load, arrival, receipt }) => {
    if (!arrival || (!receipt && isPatient(arrival, until, parameters))) return [];
    const overAt = endOfWorkingDays(arrival.at, parameters.confirmWorkingDays);
    const isSoon = {
      live: () => false,
      offline: ({ at, toldAt }: Moment) => toldAt <= at + parameters.patienceHours * HOUR,
      paper: ({ toldAt }: Moment) =>
        load.paperIssuedAt !== null && toldAt < endOfWorkingDays(arrival.at, parameters.paperWorkingDays),
    };
    const confirmedAt = receipt ? (isSoon[receipt.mode](receipt) ? receipt.at : receipt.toldAt) : until;
    return clock('confirmation_overdue', load.ref, confirmedAt - overAt, parameters);
  });
}

/** The midnight after so many working days, not counting the first. */
function endOfWorkingDays(from: number, days: number): number {
  let day = dayOf(from);
  for (let left = days; left > 0; ) {
    day = addDays(day, 1);
    if (isWorkingDay(day)) left -= 1;
  }
  return startOf(addDays(day, 1));
}

/** No text sets a term; the hours are a row, for each leg: a store is no road. What never arrives is asked about first (TM 11(4)). */
function transits({ loads, until }: Heard, parameters: Parameters): Expected[] {
  return loads.flatMap(({ load, legs }) => {
    const known = legs.filter(({ to, told }) => to !== null || !isPatient(told, until, parameters));
    const longest = Math.max(0, ...known.map(({ from, to }) => (to ?? until) - from));
    return clock('transit_overlong', load.ref, longest - parameters.transitHours * HOUR, parameters);
  });
}

/**
 * 法典 534: the consignee is licensed for each waste and how it is treated: as planned on the day it was handed over, as it was
 * done on the day it was accepted. What it sent away it did not take.
 */
function licenceOf({ load, pickup, receipt, received }: HeardLoad, parameters: Parameters): Expected[] {
  const { plant, lines, producer } = load;
  const without = lines.filter(({ waste: { code } }, line) => {
    const isTaken = received !== null && received[line]!.grams > 0;
    return (
      (pickup && !isLicensed(plant, code, plant.method, producer.region, dayOf(pickup.at))) ||
      (receipt && isTaken && !isLicensed(plant, code, load.method ?? plant.method, producer.region, dayOf(receipt.at)))
    );
  });
  return loudest('licence', load.ref, without.length, parameters, `licence until ${plant.licence.validTo}`);
}

function isLicensed({ licence, siteRef }: Plant, code: string, method: string, origin: string, day: string): boolean {
  const { wasteCodes, excludedCodes, methods, areas, siteRef: only, validFrom, validTo } = licence;
  return (
    wasteCodes.some((named) => isNamed(named, code)) &&
    !excludedCodes.some((named) => isNamed(named, code)) &&
    (methods.length === 0 || methods.includes(method)) &&
    // All of the city lies in one prefecture of one province.
    (areas.length === 0 || areas.some((area) => [origin, '370100', '370000'].includes(area))) &&
    (only === null || only === siteRef) &&
    validFrom <= day &&
    day < validTo
  );
}

const isNamed = (named: string, code: string): boolean => named === code || named === `HW${code.slice(-2)}`;

/** 许可证管理办法 12: what a plant accepted in a calendar year of what its licence is for, against the yearly scale. */
function scales({ loads, history }: Heard, { scaleExcessPermille }: Parameters): Expected[] {
  return history.city.plants.flatMap((plant): Expected[] => {
    const { licenceRef, licence, siteRef } = plant;
    const years = new Map<string, number>();
    for (const { load, receipt, received } of loads) {
      if (load.plant.ref !== plant.ref || !receipt) continue;
      const day = dayOf(receipt.at);
      if (day < licence.validFrom || day >= licence.validTo) continue;
      if (licence.siteRef !== null && licence.siteRef !== siteRef) continue;
      const counted = load.lines.map(({ waste: { code } }, line) =>
        licence.wasteCodes.some((named) => isNamed(named, code)) &&
        !licence.excludedCodes.some((named) => isNamed(named, code))
          ? received![line]!.grams
          : 0,
      );
      years.set(day.slice(0, 4), (years.get(day.slice(0, 4)) ?? 0) + sum(counted));
    }
    return [...years].flatMap(([year, grams]): Expected[] => {
      if (grams <= licence.scaleGrams) return [];
      const isFarOver = (grams - licence.scaleGrams) * 1_000 > licence.scaleGrams * scaleExcessPermille;
      const because = `${grams} of ${licence.scaleGrams} g`;
      return [
        { rule: 'over_scale', subject: `${licenceRef} ${year}`, severity: isFarOver ? 'critical' : 'warning', because },
      ];
    });
  });
}

/** TM 10(3), 法典 532: a register cannot give what it never took in, and a plant cannot treat it. */
function stores(heard: Heard, parameters: Parameters): Expected[] {
  return storesOf(heard, parameters).flatMap(({ name, grams }) =>
    loudest('negative_stock', name, -grams, parameters, `${grams} g in store`),
  );
}

/**
 * TM 11(1)-(2), 16: one vehicle is on one journey at a time. Two loads under one plate contradict each other for as long as
 * both are on it, unless they are of one trip, or one carrier collects from one origin or for one plant. The later of the
 * two is asked. While nobody has told where the earlier one came off, nobody knows for how long: the least step.
 */
function overlaps(heard: Heard, parameters: Parameters): Expected[] {
  const steps = parameters.steps.overlap;
  return heard.loads.flatMap((one) => {
    const found = heard.loads.flatMap((other) =>
      legsOfBoth(one, other).flatMap(([own, earlier]) => {
        if (own.from <= earlier.from || isOneJourney(one, own, other, earlier)) return [];
        const minutes = (Math.min(own.to ?? heard.until, earlier.to ?? heard.until) - own.from) / 60_000;
        const step = earlier.to === null ? steps[0] : steps.findLast(({ over }) => minutes > over);
        return step ? [{ ...step, because: `${Math.round(minutes)} min on ${own.plate} with ${other.load.ref}` }] : [];
      }),
    );
    const worst = steps.at(-1);
    const reused = worst ? weighedBefore(one, heard, parameters) : undefined;
    if (reused && worst) found.push({ ...worst, because: `the weighing of ${reused}` });
    const loudest = found.sort((a, b) => b.over - a.over)[0];
    return loudest
      ? [{ rule: 'overlap', subject: one.load.ref, severity: loudest.severity, because: loudest.because }]
      : [];
  });
}

/** Every two stretches of two loads under one plate that share some moment. */
function legsOfBoth(one: HeardLoad, other: HeardLoad): [HeardLeg, HeardLeg][] {
  if (one === other) return [];
  const ends = ({ to }: HeardLeg) => to ?? Number.POSITIVE_INFINITY;
  return one.legs.flatMap((a) =>
    other.legs.flatMap((b): [HeardLeg, HeardLeg][] =>
      a.plate === b.plate && a.from < ends(b) && b.from < ends(a) ? [[a, b]] : [],
    ),
  );
}

function isOneJourney(one: HeardLoad, a: HeardLeg, other: HeardLoad, b: HeardLeg): boolean {
  if (a.tripRef !== null && a.tripRef === b.tripRef) return true;
  const [load, beside] = [one.load, other.load];
  return (
    a.carrier.ref === b.carrier.ref &&
    (load.plant.ref === beside.plant.ref || load.producer.ref === beside.producer.ref)
  );
}

/**
 * One weighing is of one load: the same gross and tare, to the gram, of one vehicle on one site's scale, within some hours.
 * Loads that ride together cross it together.
 */
function weighedBefore(one: HeardLoad, { loads }: Heard, { sameReadingHours }: Parameters): string | undefined {
  const siteOf = (load: Consignment, { purpose }: Ticket) =>
    purpose === 'loading' ? load.producer.siteRef : load.plant.siteRef;
  const vehicleOf = (load: Consignment, { purpose }: Ticket) =>
    (purpose === 'loading' ? load.vehicle : lastVehicle(load)).plate;
  const isSame = (load: Consignment, a: Ticket, b: Ticket) =>
    siteOf(one.load, a) === siteOf(load, b) &&
    vehicleOf(one.load, a) === vehicleOf(load, b) &&
    a.grossGrams === b.grossGrams &&
    a.tareGrams === b.tareGrams &&
    Math.abs(a.at - b.at) <= sameReadingHours * HOUR;
  const isEarlier = (b: Ticket, a: Ticket) => b.at < a.at || (b.at === a.at && b.toldAt < a.toldAt);
  const ridesAlong = (other: HeardLoad) =>
    legsOfBoth(one, other).some(([own, beside]) => isOneJourney(one, own, other, beside));
  const earlier = loads.find(
    (other) =>
      other !== one &&
      !ridesAlong(other) &&
      one.tickets.some((a) => other.tickets.some((b) => isEarlier(b, a) && isSame(other.load, a, b))),
  );
  return earlier?.load.ref;
}

/** 法典 535 ¶3 for what an operator received; for what somebody produced the year by our default. */
function oldBatches(heard: Heard, parameters: Parameters): Expected[] {
  return storesOf(heard, parameters).flatMap(({ lots }) =>
    lots.flatMap(({ name, at, days, left, goneAt, told }) => {
      if (isPatient(told, heard.until, parameters)) return [];
      const overAt = startOf(addDays(dayOf(at), days + 1));
      return clock('storage_over_limit', name, (left > 0 ? heard.until : (goneAt ?? heard.until)) - overAt, parameters);
    }),
  );
}

/** GB 18597-2023 8.3.5: 3 t at a storage point; HJ 1259-2022 5.5.2.2: of any store the capacity on file, with a remark before it is full. */
function fullStores(heard: Heard, parameters: Parameters): Expected[] {
  const lots = storesOf(heard, parameters).flatMap((store) => store.lots);
  return heard.history.rooms.flatMap(({ ref, type, capacityGrams }): Expected[] => {
    const grams = sum(lots.filter(({ roomRef }) => roomRef === ref).map(({ left }) => left));
    const full = (limit: number) => (grams * 1_000) / limit;
    const limits = [
      ...(type === 'point' ? [parameters.pointLimitGrams] : []),
      ...(capacityGrams ? [capacityGrams] : []),
    ];
    const worst = Math.max(0, ...limits.map(full));
    const because = `${grams} g where ${limits.join(' and ')} g may be`;
    const found = loudest('store_over_capacity', ref, worst, parameters, because);
    const isNearlyFull = capacityGrams !== null && full(capacityGrams) >= parameters.storeWarningPermille;
    if (found.length > 0 || !isNearlyFull) return found;
    return [{ rule: 'store_over_capacity', subject: ref, severity: 'info', because }];
  });
}

/** The worst step that the measure is over. */
function loudest(rule: RuleId, subject: string, measure: number, { steps }: Parameters, because: string): Expected[] {
  const step = steps[rule].findLast(({ over }) => measure > over);
  return step ? [{ rule, subject, severity: step.severity, because }] : [];
}

/** What is due at an instant is overdue at that instant; the steps count hours from there. */
function clock(rule: RuleId, subject: string, late: number, { steps }: Parameters): Expected[] {
  const step = steps[rule].findLast(({ over }) => late >= over * HOUR);
  const because = `${(late / HOUR).toFixed(1)} h past the term`;
  return step ? [{ rule, subject, severity: step.severity, because }] : [];
}
