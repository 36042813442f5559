import { createHash } from 'node:crypto';
import type { Plant } from './city.ts';
import type { Consignment, Generation, Moment, Ticket } from './consignment.ts';
import { iso } from './days.ts';
import type { History } from './history.ts';

/**
 * The history as it is told to the service: one request a report, in the order in which they are told. An id that only the
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
  /** The id in the answer gets this name. */
  readonly names?: string;
  /** What must be told one after another: of one manifest, of one store, of the series of numbers. */
  readonly chains: readonly string[];
  /** A refusal that the law asks for; any other status than this or a success is a failure of the play. */
  readonly refusedWith?: number;
}

/** @returns every report up to the end, sorted by the instant it is told; ties in the order of making. */
export function reportsOf(history: History): Report[] {
  const all = [...history.generations.map(generated), ...history.consignments.flatMap(ofConsignment)];
  return all
    .filter(({ at }) => at <= history.until)
    .map((report, order) => ({ report: { ...report, key: `sim-${history.seed}-${report.key}` }, order }))
    .sort((a, b) => a.report.at - b.report.at || a.order - b.order)
    .map(({ report }) => report);
}

/** The same for the same seed and end: what a repeated run is compared by. */
export const hashOf = (reports: readonly Report[]): string =>
  createHash('sha256').update(JSON.stringify(reports)).digest('hex');

function generated({ ref, producer, waste, grams, pieces, ...moment }: Generation): Report {
  return {
    at: moment.toldAt,
    by: producer.ref,
    path: '/v1/generations',
    body: { siteId: `@${producer.siteRef}`, wasteCode: waste.code, massGrams: grams, pieces, ...when(moment) },
    key: ref,
    names: ref,
    chains: [store(producer.siteRef, waste.code)],
  };
}

const when = ({ at, mode }: Moment) => ({ occurredAt: iso(at), entryMode: mode });
const store = (siteRef: string, code: string) => `stock ${siteRef} ${code}`;

function ofConsignment(load: Consignment): Report[] {
  const { ref, producer, carrier, plant, vehicle } = load;
  const chains = [ref];
  const path = `/v1/manifests/@${ref}`;
  return [
    ...(load.refusedPlant ? refusedFirst(load, load.refusedPlant) : []),
    {
      at: load.draftedAt,
      by: producer.ref,
      path: '/v1/manifests',
      body: draftBody(load, plant),
      key: `${ref}-draft`,
      names: ref,
      chains,
    },
    // Numbers are drawn in the order of issue: issues follow each other, or two runs would number differently.
    {
      at: load.issuedAt,
      by: producer.ref,
      path: `${path}/issue`,
      body: {},
      key: `${ref}-issue`,
      chains: [ref, 'numbers'],
    },
    ...load.tickets.map((ticket) => weighed(load, ticket)),
    {
      at: load.pickup.toldAt,
      by: carrier.ref,
      path: `${path}/pickup`,
      body: {
        ...when(load.pickup),
        plate: vehicle.plate,
        lines: load.loaded.map(({ grams, pieces }, index) => ({ line: index + 1, massGrams: grams, pieces })),
      },
      key: `${ref}-pickup`,
      chains: [ref, ...load.lines.map(({ waste }) => store(producer.siteRef, waste.code))],
    },
    {
      at: load.arrival.toldAt,
      by: carrier.ref,
      path: `${path}/arrival`,
      body: when(load.arrival),
      key: `${ref}-arrival`,
      chains,
    },
    {
      at: load.receipt.toldAt,
      by: plant.ref,
      path: `${path}/receipt`,
      body: {
        ...when(load.receipt),
        lines: load.received.map(({ grams, pieces }, index) => ({
          line: index + 1,
          acceptedGrams: grams,
          acceptedPieces: pieces,
        })),
        discrepancies: load.discrepancies,
      },
      key: `${ref}-receipt`,
      chains: [ref, ...load.lines.map(({ waste }) => store(plant.siteRef, waste.code))],
    },
  ];
}

/** The clerk learns it from the refusal, and drafts another. */
function refusedFirst(load: Consignment, plant: Plant): Report[] {
  const ref = `${load.ref}x`;
  const minute = 60_000;
  return [
    {
      at: load.draftedAt - 2 * minute,
      by: load.producer.ref,
      path: '/v1/manifests',
      body: draftBody(load, plant),
      key: `${ref}-draft`,
      names: ref,
      chains: [load.ref],
    },
    {
      at: load.draftedAt - minute,
      by: load.producer.ref,
      path: `/v1/manifests/@${ref}/issue`,
      body: {},
      key: `${ref}-issue`,
      chains: [load.ref, 'numbers'],
      refusedWith: 422,
    },
  ];
}

function draftBody({ producer, carrier, lines, declared }: Consignment, plant: Plant) {
  return {
    consignorSiteId: `@${producer.siteRef}`,
    carrierId: `@${carrier.ref}`,
    consigneeSiteId: `@${plant.siteRef}`,
    lines: lines.map(({ waste }, index) => ({
      wasteCode: waste.code,
      name: waste.name,
      form: waste.form,
      hazards: waste.hazards,
      packaging: waste.packaging,
      massGrams: declared[index]!.grams,
      pieces: declared[index]!.pieces,
      plannedMethod: plant.method,
    })),
  };
}

function weighed({ ref, producer, plant, vehicle }: Consignment, ticket: Ticket): Report {
  const at = ticket.purpose === 'loading' ? producer : plant;
  return {
    at: ticket.toldAt,
    by: at.ref,
    path: '/v1/weigh-tickets',
    body: {
      ticketNumber: ticket.number,
      siteId: `@${at.siteRef}`,
      purpose: ticket.purpose,
      plate: vehicle.plate,
      grossGrams: ticket.grossGrams,
      tareGrams: ticket.tareGrams,
      scaleDivisionGrams: ticket.divisionGrams,
      manifestId: `@${ref}`,
      ...when(ticket),
    },
    key: ticket.ref,
    names: ticket.ref,
    chains: [ref],
  };
}

/** Who is in the registers before the first day: registered by the administrator, in this order. */
export interface Registration {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly names: string;
  /** The answer holds the API key of this party. */
  readonly keyOf?: string;
}

/** Waves: what is in one may be registered at the same time. */
export function registrationsOf({ city }: History): Registration[][] {
  const { producers, carriers, plants, regulator } = city;
  const party = (ref: string, name: string, region: string, capacities: readonly string[], more: object = {}) => ({
    path: '/v1/parties',
    body: { name, region, capacities, ...more },
    names: ref,
  });
  const site = (ref: string, siteRef: string, name: string, region: string) => ({
    path: '/v1/sites',
    body: { partyId: `@${ref}`, name, region },
    names: siteRef,
  });
  const known = (uscc: string) => (uscc === '' ? {} : { uscc });
  const watches = { jurisdiction: { region: '370100', streams: ['hazardous'] } };
  return [
    [
      ...producers.map(({ ref, name, region, uscc }) => party(ref, name, region, ['producer'], known(uscc))),
      ...carriers.map(({ ref, name, region, uscc }) => party(ref, name, region, ['carrier'], known(uscc))),
      ...plants.map(({ ref, name, region, uscc }) => party(ref, name, region, ['consignee'], known(uscc))),
      party(regulator.ref, regulator.name, regulator.region, ['regulator'], watches),
    ],
    [
      ...producers.map(({ ref, siteRef, name, region }) => site(ref, siteRef, `${name}一厂`, region)),
      ...plants.map(({ ref, siteRef, name, region }) => site(ref, siteRef, `${name}厂区`, region)),
      ...carriers.flatMap(({ ref, vehicles }) =>
        vehicles.map(({ plate, payloadGrams }) => ({
          path: '/v1/vehicles',
          body: { partyId: `@${ref}`, plate, payloadGrams },
          names: plate,
        })),
      ),
      ...plants.map(({ ref, licenceRef, licence }) => ({
        path: '/v1/permits',
        body: {
          type: 'licence',
          number: licence.number,
          holderId: `@${ref}`,
          wasteCodes: licence.wasteCodes,
          capGrams: licence.scaleGrams,
          validFrom: licence.validFrom,
          validTo: licence.validTo,
        },
        names: licenceRef,
      })),
      ...[...producers, ...carriers, ...plants, regulator].map(({ ref }) => ({
        path: '/v1/api-keys',
        body: { partyId: `@${ref}`, role: ref === regulator.ref ? 'regulator' : 'member', label: 'simulator' },
        names: `${ref}key`,
        keyOf: ref,
      })),
    ],
  ];
}
