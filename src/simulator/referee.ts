import type { Plant } from './city.ts';
import { type Consignment, type Moment, sum, type Ticket } from './consignment.ts';
import { addDays, dayOf, HOUR, isWorkingDay, startOf } from './days.ts';
import type { History } from './history.ts';
import type { Parameters, RuleId, Severity } from './parameters.ts';

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
  piece_count: ({ loads }, parameters) => loads.flatMap((load) => piecesOf(load, parameters)),
  class: ({ loads }, parameters) => loads.flatMap((load) => classOf(load, parameters)),
  confirmation_overdue: confirmations,
  transit_overlong: transits,
  licence: ({ loads }, parameters) => loads.flatMap((load) => licenceOf(load, parameters)),
  over_scale: scales,
  negative_stock: stores,
  overlap: overlaps,
  storage_over_limit: oldBatches,
};

export function referee(history: History, parameters: Parameters): Expected[] {
  const heard = whatWasHeard(history);
  return Object.values(JUDGES).flatMap((judge) => judge(heard, parameters));
}

/** A load as far as it has been told by the end; null is not yet. */
interface HeardLoad {
  readonly load: Consignment;
  readonly loaded: Consignment['loaded'] | null;
  readonly received: Consignment['received'] | null;
  readonly pickup: Moment | null;
  readonly arrival: Moment | null;
  readonly receipt: Moment | null;
  readonly tickets: readonly Ticket[];
}

interface Heard {
  readonly history: History;
  readonly until: number;
  readonly loads: readonly HeardLoad[];
}

function whatWasHeard(history: History): Heard {
  const { until } = history;
  const heard = (moment: Moment) => (moment.toldAt <= until ? moment : null);
  const loads = history.consignments
    .filter(({ issuedAt }) => issuedAt <= until)
    .map((load) => ({
      load,
      loaded: heard(load.pickup) && load.loaded,
      received: heard(load.receipt) && load.received,
      pickup: heard(load.pickup),
      arrival: heard(load.arrival),
      receipt: heard(load.receipt),
      tickets: load.tickets.filter(({ toldAt }) => toldAt <= until),
    }));
  return { history, until, loads };
}

const gramsOf = (quantities: readonly { grams: number }[] | null): number | null =>
  quantities && sum(quantities.map(({ grams }) => grams));

/**
 * TM 18 ¶2 with the tolerance of the place. Two accounts that differ by no more than two honest scales may (class III in
 * service, gross and tare, at both ends; without two known scales the row's floor) agree. What was declared may be an
 * estimate, and is worth a remark at most.
 */
function massOf({ load, loaded, received, tickets }: HeardLoad, { massTolerance }: Parameters): Expected[] {
  const last = (purpose: Ticket['purpose']) =>
    tickets
      .filter((ticket) => ticket.purpose === purpose)
      .sort((a, b) => a.at - b.at)
      .at(-1);
  const [loading, unloading] = [last('loading'), last('unloading')];
  const mayErr = (ticket: Ticket) => 2 * (errorOf(ticket.grossGrams, ticket) + errorOf(ticket.tareGrams, ticket));
  const floor = loading && unloading ? mayErr(loading) + mayErr(unloading) : massTolerance.floorTruckGrams;
  const net = (ticket: Ticket | undefined) => (ticket ? ticket.grossGrams - ticket.tareGrams : null);
  const [declaredGrams, loadedGrams, receivedGrams] = [load.declared, loaded, received].map(gramsOf);
  const accounts: [string, number | null, number | null][] = [
    ['loaded → received', loadedGrams!, receivedGrams!],
    ['loading ticket → loaded', net(loading), loadedGrams!],
    ['unloading ticket → received', net(unloading), receivedGrams!],
    ['loading ticket → unloading ticket', net(loading), net(unloading)],
    ['declared → loaded', declaredGrams!, loadedGrams!],
  ];
  const found = accounts.flatMap(([name, expected, observed]) => {
    if (expected === null || observed === null) return [];
    const off = Math.abs(observed - expected);
    if (off <= floor) return [];
    const beyond = (permille: number) => off * 1_000 > expected * permille;
    const measured = beyond(massTolerance.criticalPermille)
      ? 'critical'
      : beyond(massTolerance.warningPermille)
        ? 'warning'
        : 'info';
    const severity: Severity = name.startsWith('declared') ? 'info' : measured;
    return [{ severity, because: `${name}: ${expected} → ${observed} g, floor ${floor} g` }];
  });
  const worst = found.sort((a, b) => LOUDNESS.indexOf(b.severity) - LOUDNESS.indexOf(a.severity))[0];
  return worst ? [{ rule: 'mass', subject: load.ref, ...worst }] : [];
}

const LOUDNESS: readonly Severity[] = ['info', 'warning', 'critical'];

/** JJG 539, class III: half a division up to 500 of them, one up to 2000, one and a half above. */
const errorOf = (grams: number, { divisionGrams: e }: Ticket): number =>
  grams > 2_000 * e ? 1.5 * e : grams > 500 * e ? e : 0.5 * e;

/** TM 18 ¶2, 12(1): containers do not evaporate. Line by line. */
function piecesOf({ load, loaded, received }: HeardLoad, parameters: Parameters): Expected[] {
  if (!loaded || !received) return [];
  const off = sum(loaded.map(({ pieces }, line) => Math.abs(pieces - received[line]!.pieces)));
  return loudest('piece_count', load.ref, off, parameters, `${off} pieces`);
}

/** TM 18 ¶2: name, property, form or packing is another than the manifest says; quantity is for the rules above. */
function classOf({ load, receipt }: HeardLoad, parameters: Parameters): Expected[] {
  const other = receipt ? load.discrepancies.filter(({ type }) => type !== 'quantity') : [];
  return loudest('class', load.ref, other.length, parameters, other.map(({ type }) => type).join(', '));
}

/**
 * TM 18 ¶1: confirmed in the system within so many working days. The clock runs from arrival, and from the day of
 * acceptance once that is told. A live report confirms when it is recorded, one from a dead spot or from paper when it
 * was made.
 */
function confirmations({ loads, until }: Heard, parameters: Parameters): Expected[] {
  return loads.flatMap(({ load, arrival, receipt }) => {
    if (!arrival) return [];
    let day = dayOf(arrival.at);
    for (let left = parameters.confirmWorkingDays; left > 0; ) {
      day = addDays(day, 1);
      if (isWorkingDay(day)) left -= 1;
    }
    const overAt = startOf(addDays(day, 1));
    const confirmedAt = receipt ? (receipt.mode === 'live' ? receipt.toldAt : receipt.at) : until;
    return clock('confirmation_overdue', load.ref, confirmedAt - overAt, parameters);
  });
}

/** No text sets a term; the hours are a row. A load that never arrives is the first to ask about (TM 11(4)). */
function transits({ loads, until }: Heard, parameters: Parameters): Expected[] {
  return loads.flatMap(({ load, pickup, arrival }) => {
    if (!pickup) return [];
    const late = (arrival?.at ?? until) - pickup.at - parameters.transitHours * HOUR;
    return clock('transit_overlong', load.ref, late, parameters);
  });
}

/** 法典 534: the consignee is licensed for each waste on the day it was handed over and on the day it was accepted. */
function licenceOf({ load, pickup, receipt }: HeardLoad, parameters: Parameters): Expected[] {
  const days = [pickup, receipt].flatMap((moment) => (moment ? [dayOf(moment.at)] : []));
  const isLicensed = ({ licence }: Plant, code: string, day: string) =>
    licence.wasteCodes.some((named) => named === code || named === `HW${code.slice(-2)}`) &&
    licence.validFrom <= day &&
    day < licence.validTo;
  const without = load.lines.filter(({ waste }) => days.some((day) => !isLicensed(load.plant, waste.code, day)));
  return loudest('licence', load.ref, without.length, parameters, `licence until ${load.plant.licence.validTo}`);
}

/** 许可证管理办法 12: what was accepted in a calendar year, against the yearly scale. */
function scales({ loads, history }: Heard, { scaleExcessPermille }: Parameters): Expected[] {
  return history.city.plants.flatMap(({ ref, licenceRef, licence }): Expected[] => {
    const years = new Map<string, number>();
    for (const { load, receipt, received } of loads) {
      if (load.plant.ref !== ref || !receipt) continue;
      const day = dayOf(receipt.at);
      if (day < licence.validFrom || day >= licence.validTo) continue;
      years.set(day.slice(0, 4), (years.get(day.slice(0, 4)) ?? 0) + gramsOf(received)!);
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

/** TM 10(3), 法典 532: more left a store than was ever entered. */
function stores({ loads, history, until }: Heard, parameters: Parameters): Expected[] {
  const held = new Map<string, number>();
  const add = (name: string, grams: number) => held.set(name, (held.get(name) ?? 0) + grams);
  for (const { producer, waste, grams, toldAt } of history.generations)
    if (toldAt <= until) add(`stock ${producer.siteRef} ${waste.code}`, grams);
  for (const { load, loaded } of loads)
    for (const [line, { grams }] of (loaded ?? []).entries())
      add(`stock ${load.producer.siteRef} ${load.lines[line]!.waste.code}`, -grams);
  return [...held].flatMap(([name, grams]) =>
    loudest('negative_stock', name, -grams, parameters, `${grams} g in store`),
  );
}

/**
 * TM 11(1)-(2), 16: one vehicle is on one journey at a time. Two loads under one plate contradict each other for as long as
 * both are on the road, unless one carrier collects from one origin or for one plant. The later of the two is asked. While
 * nobody has told that the earlier one arrived, nobody knows for how long: the least step.
 */
function overlaps(heard: Heard, parameters: Parameters): Expected[] {
  const steps = parameters.steps.overlap;
  return heard.loads.flatMap((one) => {
    const found = heard.loads.flatMap((other) => {
      const minutes = minutesTogether(one, other, heard.until);
      if (minutes === undefined) return [];
      const step = other.arrival ? steps.findLast(({ over }) => minutes > over) : steps[0];
      return step ? [{ ...step, because: `${Math.round(minutes)} min on the road with ${other.load.ref}` }] : [];
    });
    const worst = steps.at(-1);
    const reused = worst ? weighedBefore(one, heard, parameters) : undefined;
    if (reused && worst) found.push({ ...worst, because: `the weighing of ${reused}` });
    const loudest = found.sort((a, b) => b.over - a.over)[0];
    return loudest
      ? [{ rule: 'overlap', subject: one.load.ref, severity: loudest.severity, because: loudest.because }]
      : [];
  });
}

/** Undefined when they do not contradict each other, or the other is the later. */
function minutesTogether(one: HeardLoad, other: HeardLoad, until: number): number | undefined {
  if (one === other || !one.pickup || !other.pickup || one.load.vehicle.plate !== other.load.vehicle.plate)
    return undefined;
  const isLater = one.pickup.at > other.pickup.at;
  const isOneJourney =
    one.load.carrier.ref === other.load.carrier.ref &&
    (one.load.plant.ref === other.load.plant.ref || one.load.producer.ref === other.load.producer.ref);
  const together = Math.min(one.arrival?.at ?? until, other.arrival?.at ?? until) - one.pickup.at;
  return isLater && !isOneJourney && together > 0 ? together / 60_000 : undefined;
}

/** One weighing is of one load: the same gross and tare, to the gram, on one site's scale, within some hours. */
function weighedBefore(one: HeardLoad, { loads }: Heard, { sameReadingHours }: Parameters): string | undefined {
  const siteOf = (load: Consignment, { purpose }: Ticket) =>
    purpose === 'loading' ? load.producer.siteRef : load.plant.siteRef;
  const isSame = (load: Consignment, a: Ticket, b: Ticket) =>
    siteOf(one.load, a) === siteOf(load, b) &&
    a.grossGrams === b.grossGrams &&
    a.tareGrams === b.tareGrams &&
    Math.abs(a.at - b.at) <= sameReadingHours * HOUR;
  const earlier = loads.find(
    ({ load, tickets }) =>
      load !== one.load && one.tickets.some((a) => tickets.some((b) => b.toldAt < a.toldAt && isSame(load, a, b))),
  );
  return earlier?.load.ref;
}

/** 法典 535 ¶3, and for producers the year by our default: the oldest leave a store first. */
function oldBatches({ loads, history, until }: Heard, parameters: Parameters): Expected[] {
  const told = history.generations.filter(({ toldAt }) => toldAt <= until);
  return told.flatMap((batch) => {
    const isSame = (siteRef: string, code: string) => siteRef === batch.producer.siteRef && code === batch.waste.code;
    const older = told.filter((one) => isSame(one.producer.siteRef, one.waste.code) && one.at < batch.at);
    const left = loads.flatMap(({ load, loaded }) =>
      (loaded ?? []).flatMap(({ grams }, line) =>
        isSame(load.producer.siteRef, load.lines[line]!.waste.code) ? grams : [],
      ),
    );
    const gone = Math.max(0, sum(left) - sum(older.map(({ grams }) => grams)));
    if (gone >= batch.grams) return [];
    const overAt = startOf(addDays(dayOf(batch.at), parameters.producerStorageDays + 1));
    return clock('storage_over_limit', batch.ref, until - overAt, parameters);
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
