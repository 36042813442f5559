import { type Plant, type Producer, SPARE_PLATE } from './city.ts';
import { dayOf } from './days.ts';
import type { History } from './history.ts';

/** Who is in the registers before the first day, and what covers them: by the administrator, or by the party itself. */
export interface Registration {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly names: string;
  /** Whose key it comes with; absent: the administrator's. */
  readonly by?: string;
  /** The answer holds the API key of this party. */
  readonly keyOf?: string;
}

/** Waves: what is in one may be registered at the same time. */
export function registrationsOf(history: History): Registration[][] {
  const { producers, carriers, plants, regulator } = history.city;
  const watches = { jurisdiction: { region: '370100', streams: ['hazardous'] } };
  const driven = new Set(
    history.consignments.flatMap(({ vehicle, onward }) => [vehicle.plate, ...onward.map((one) => one.vehicle.plate)]),
  );
  const parties = [
    ...producers.map((one) => party(one, ['producer'])),
    ...carriers.map((one) => party(one, ['carrier'])),
    ...plants.map((one) => party(one, ['consignee'])),
    party({ ...regulator, uscc: '' }, ['regulator'], watches),
  ];
  const places = [
    ...producers.map((one) => site(one, '一厂')),
    ...plants.map((one) => site(one, '厂区')),
    ...plants.flatMap((one) =>
      one.licence.siteRef === null || one.licence.siteRef === one.siteRef
        ? []
        : [site({ ...one, siteRef: one.licence.siteRef }, '二厂')],
    ),
    ...carriers.map((one) => site(one, '停车场')),
    ...carriers.flatMap(({ ref, vehicles }) =>
      vehicles
        .filter(({ plate }) => plate === SPARE_PLATE || driven.has(plate))
        .map(({ plate, payloadGrams }) => ({
          path: '/v1/vehicles',
          body: { partyId: `@${ref}`, plate, payloadGrams },
          names: plate,
        })),
    ),
    ...[...producers, ...carriers, ...plants, regulator].map(({ ref }) => ({
      path: '/v1/api-keys',
      body: { partyId: `@${ref}`, role: ref === regulator.ref ? 'regulator' : 'member', label: 'simulator' },
      names: `${ref}key`,
      keyOf: ref,
    })),
  ];
  const covers = [
    ...plants.map(licence),
    ...producers.flatMap((one) => papersOf(one, history)),
    ...history.rooms.map(({ ref, holder, type, capacityGrams }, nth) => ({
      path: '/v1/stores',
      by: holder.ref,
      body: { siteId: `@${holder.siteRef}`, code: `TS${String(nth + 1).padStart(3, '0')}`, type, capacityGrams },
      names: ref,
    })),
  ];
  return [parties, places, covers];
}

interface Named {
  readonly ref: string;
  readonly name: string;
  readonly region: string;
}

const party = (
  { ref, name, region, uscc }: Named & { readonly uscc: string },
  capacities: readonly string[],
  more: object = {},
): Registration => ({
  path: '/v1/parties',
  body: { name, region, capacities, ...more, ...(uscc === '' ? {} : { uscc }) },
  names: ref,
});

const site = ({ ref, siteRef, name, region }: Named & { readonly siteRef: string }, suffix: string): Registration => ({
  path: '/v1/sites',
  body: { partyId: `@${ref}`, name: `${name}${suffix}`, region },
  names: siteRef,
});

const licence = ({ ref, licenceRef, licence: { number, siteRef, scaleGrams, ...terms } }: Plant): Registration => ({
  path: '/v1/permits',
  body: {
    type: 'licence',
    number,
    holderId: `@${ref}`,
    ...(siteRef === null ? {} : { siteId: `@${siteRef}` }),
    capGrams: scaleGrams,
    ...terms,
  },
  names: licenceRef,
});

/** TM 10(1)-(2): a plan that names its wastes and a contract with everybody it gives them to; a micro-producer's agent. */
function papersOf(producer: Producer, { consignments, until }: History): Registration[] {
  const { ref, customs, alsoPlans, agent } = producer;
  const own = consignments.filter((load) => load.producer.ref === ref);
  const codes = [...customs.map(codeOf), ...alsoPlans, ...own.flatMap(({ lines }) => lines.map(codeOf))];
  // Who ships nothing in that time has papers too; they would only take time.
  const others = (own.length > 0 ? [...customs, ...own] : []).flatMap(({ carrier, plant }) => [carrier, plant]);
  const year = Number(dayOf(until).slice(0, 4));
  const valid = { validFrom: `${year - 2}-01-01`, validTo: `${year + 2}-01-01` };
  const plan = {
    path: '/v1/permits',
    by: ref,
    body: {
      type: 'management_plan',
      number: `计划-${ref}`,
      holderId: `@${ref}`,
      wasteCodes: distinct(codes),
      ...valid,
    },
    names: `${ref}plan`,
  };
  const contracts = distinct(others.map((other) => other.ref)).map((other) => ({
    path: '/v1/permits',
    by: ref,
    body: {
      type: 'contract',
      number: `合同-${ref}-${other}`,
      holderId: `@${ref}`,
      counterpartId: `@${other}`,
      wasteCodes: [],
      ...valid,
    },
    names: `${ref}with${other}`,
  }));
  const delegation = agent && {
    path: '/v1/delegations',
    by: ref,
    body: { principalId: `@${ref}`, agentId: `@${agent.ref}`, acts: DELEGATED, ...valid },
    names: `${ref}agent`,
  };
  return [plan, ...contracts, ...(delegation ? [delegation] : [])];
}

/** What a collector does for a micro-producer: everything up to the pickup, which the producer confirms itself. */
const DELEGATED = ['generation', 'draft', 'issue'];

const codeOf = ({ waste }: { readonly waste: { readonly code: string } }): string => waste.code;
const distinct = (values: readonly string[]): string[] => [...new Set(values)];
