import type { Plant, Producer } from './city.ts';
import {
  type Change,
  type Consignment,
  type Incident,
  lastCarrier,
  lastVehicle,
  type Onward,
  type Quantity,
  type Ticket,
} from './consignment.ts';
import { iso, MINUTE } from './days.ts';
import { type Report, store, weighing, when } from './report.ts';

/** One load as its parties tell it, from the draft to what was put right afterwards. */
export function reportsOfLoad(load: Consignment, regulatorRef: string): Report[] {
  return [
    ...(load.refusedPlant ? refusedFirst(load, load.refusedPlant) : []),
    ...filed(load),
    ...load.tickets.map((ticket) => weighed(load, ticket)),
    ...fetched(load),
    ...load.onward.flatMap((onward, index) => wentOn(load, onward, index)),
    ...(load.incident ? held(load, load.incident) : []),
    ...brought(load),
    ...sentBack(load),
    ...corrected(load, regulatorRef),
  ];
}

const pathOf = ({ ref }: Consignment): string => `/v1/manifests/@${ref}`;

/** Its chain: what is told of one manifest follows each other. */
const about = (load: Consignment, name: string, by: string, at: number): Omit<Report, 'path' | 'body'> => ({
  at,
  by,
  key: `${load.ref}-${name}`,
  chains: [load.ref],
});

/** A micro-producer's collector fills in for it. */
const whoFilesFor = ({ agent, ref }: Producer): string => agent?.ref ?? ref;

function filed(load: Consignment): Report[] {
  const { ref, producer, carrier, plant, follows, paperIssuedAt, confirmation } = load;
  const drafter = follows ? producer.ref : whoFilesFor(producer);
  const draft = { ...about(load, 'draft', drafter, load.draftedAt), names: { [ref]: 'id' } };
  const paper = paperIssuedAt === null ? {} : { paper: { issuedAt: iso(paperIssuedAt), reason: '停电，系统不可用' } };
  return [
    follows
      ? {
          ...draft,
          path: `${pathOf(follows)}/follow-up`,
          body: {
            carrierId: `@${carrier.ref}`,
            consigneeSiteId: `@${plant.siteRef}`,
            methods: load.lines.map((_, index) => ({ line: lineBefore(follows, index), plannedMethod: plant.method })),
          },
          chains: [follows.ref, ref],
        }
      : { ...draft, path: '/v1/manifests', body: draftBody(load, plant) },
    // Numbers are drawn in the order of issue: issues follow each other, or two runs would number differently.
    {
      ...about(load, 'issue', drafter, load.issuedAt),
      path: `${pathOf(load)}/issue`,
      body: paper,
      chains: [ref, 'numbers'],
    },
    ...(confirmation?.how === 'code'
      ? [
          {
            ...about(load, 'code', producer.ref, confirmation.at),
            path: `${pathOf(load)}/pickup-code`,
            body: {},
            names: { [`${ref}code`]: 'pickupCode' },
          },
        ]
      : []),
  ];
}

/** The line of the load before that the nth line of this one carries on. */
const lineBefore = ({ refused }: Consignment, index: number): number =>
  refused.flatMap(({ grams, pieces }, line) => (grams > 0 || pieces > 0 ? [line + 1] : []))[index]!;

function fetched(load: Consignment): Report[] {
  const { ref, producer, carrier, pickup, plate, confirmation, trip, follows } = load;
  const stores = follows ? [] : load.lines.map(({ waste }) => store(producer.siteRef, waste.code));
  return [
    {
      ...about(load, 'pickup', carrier.ref, pickup.toldAt),
      path: `${pathOf(load)}/pickup`,
      body: {
        ...when(pickup),
        plate,
        lines: load.loaded.map(({ grams, pieces }, index) => ({ line: index + 1, massGrams: grams, pieces })),
        ...(trip ? { tripId: `@${trip.ref}` } : {}),
        ...(confirmation?.how === 'code' ? { pickupCode: `@${ref}code` } : {}),
      },
      chains: [ref, ...stores, ...(trip ? [trip.ref] : [])],
    },
    ...(confirmation?.how === 'report'
      ? [
          {
            ...about(load, 'confirmation', producer.ref, confirmation.at),
            path: `${pathOf(load)}/pickup-confirmation`,
            body: { occurredAt: iso(pickup.at) },
          },
        ]
      : []),
  ];
}

function wentOn(load: Consignment, onward: Onward, index: number): Report[] {
  const { how, ended, began, carrier, vehicle, place } = onward;
  const giver = (load.onward[index - 1]?.carrier ?? load.carrier).ref;
  const { plate } = vehicle;
  const path = pathOf(load);
  const taken = {
    ...about(load, `taken${index}`, carrier.ref, began.toldAt),
    path: `${path}/handover`,
    body: { ...when(began), place, plate },
  };
  // The giver has said so when it settled the incident; nobody takes over from himself.
  if (how === 'breakdown') return carrier.ref === giver ? [] : [taken];
  if (how === 'stored')
    return [
      {
        ...about(load, `stored${index}`, giver, ended.toldAt),
        path: `${path}/transit-storage`,
        body: { ...when(ended), siteId: `@${onward.siteRef}` },
      },
      {
        ...about(load, `departed${index}`, giver, began.toldAt),
        path: `${path}/departure`,
        body: { ...when(began), plate },
      },
    ];
  return [
    {
      ...about(load, `given${index}`, giver, ended.toldAt),
      path: `${path}/handover`,
      body: { ...when(ended), place },
    },
    taken,
  ];
}

/** 法典 539: the incident, a plan of each who answers for the load, and what was lost. */
function held(load: Consignment, incident: Incident): Report[] {
  const { type, place, affected, lost, plansAt, settled } = incident;
  const { carrier, producer, onward } = load;
  const path = pathOf(load);
  const lines = affected.flatMap(({ grams, pieces }, index) =>
    grams > 0 || pieces > 0 ? [{ line: index + 1, grams, pieces }] : [],
  );
  const breakdown = onward.find(({ how }) => how === 'breakdown');
  return [
    {
      ...about(load, 'incident', carrier.ref, incident.toldAt),
      path: `${path}/incident`,
      body: { ...when(incident), type, place, description: '见现场照片', lines },
    },
    ...[carrier.ref, producer.ref].map((by) => ({
      ...about(load, `plan-${by}`, by, plansAt),
      path: `${path}/incident-plan`,
      body: { plan: '围堵、收集泄漏物，损失量以过磅为准' },
    })),
    {
      ...about(load, 'settled', carrier.ref, settled.toldAt),
      path: `${path}/incident-resolution`,
      body: {
        occurredAt: iso(settled.at),
        lines: lines.map(({ line, grams, pieces }) => {
          const { grams: lostGrams, pieces: lostPieces } = lost[line - 1]!;
          const recovered = { recoveredGrams: grams - lostGrams, recoveredPieces: pieces - lostPieces };
          return { line, lostGrams, lostPieces, ...recovered };
        }),
        ...(breakdown ? { newLeg: { carrierId: `@${breakdown.carrier.ref}`, plate: breakdown.vehicle.plate } } : {}),
      },
    },
  ];
}

function brought(load: Consignment): Report[] {
  const { ref, plant, arrival, receipt, trip } = load;
  const stores = load.lines.map(({ waste }) => store(plant.siteRef, waste.code));
  const taken = load.received.map((_, index) => [`${ref}in${index + 1}`, `batches.${index}.batchId`]);
  return [
    {
      ...about(load, 'arrival', lastCarrier(load).ref, arrival.toldAt),
      path: `${pathOf(load)}/arrival`,
      body: when(arrival),
    },
    {
      ...about(load, 'receipt', plant.ref, receipt.toldAt),
      path: `${pathOf(load)}/receipt`,
      body: {
        ...when(receipt),
        lines: load.received.map((accepted, index) => receiptLine(load, accepted, index)),
        discrepancies: load.discrepancies,
      },
      names: Object.fromEntries(taken),
      chains: [ref, ...stores, ...(trip ? [trip.ref] : [])],
    },
  ];
}

function receiptLine({ refused, method }: Consignment, { grams, pieces }: Quantity, index: number) {
  const { grams: refusedGrams, pieces: refusedPieces } = refused[index]!;
  return {
    line: index + 1,
    acceptedGrams: grams,
    acceptedPieces: pieces,
    ...(refusedGrams > 0 ? { refusedGrams, refusedPieces } : {}),
    ...(method === null ? {} : { method }),
  };
}

function sentBack(load: Consignment): Report[] {
  const { ref, back, producer, refused } = load;
  if (!back) return [];
  const { departed, vehicle, takenBack, quantities } = back;
  const lines = refused.flatMap(({ grams, pieces }, index) => (grams > 0 || pieces > 0 ? [index] : []));
  return [
    {
      ...about(load, 'return', lastCarrier(load).ref, departed.toldAt),
      path: `${pathOf(load)}/return`,
      body: { ...when(departed), plate: vehicle.plate },
    },
    {
      ...about(load, 'returned', producer.ref, takenBack.toldAt),
      path: `${pathOf(load)}/return-receipt`,
      body: {
        ...when(takenBack),
        lines: lines.map((index) => {
          const { grams, pieces } = quantities[index]!;
          return { line: index + 1, massGrams: grams, pieces };
        }),
      },
      chains: [ref, ...lines.map((index) => store(producer.siteRef, load.lines[index]!.waste.code))],
    },
  ];
}

/** TM 29. */
function corrected(load: Consignment, regulatorRef: string): Report[] {
  const { ref, correction, producer, plant, lines } = load;
  if (!correction) return [];
  const { reason, proposed, approvals, changes } = correction;
  const stores = lines.flatMap(({ waste }) => [store(producer.siteRef, waste.code), store(plant.siteRef, waste.code)]);
  const chains = [ref, ...stores];
  return [
    {
      ...about(load, 'correction', proposed.by, proposed.at),
      path: `${pathOf(load)}/correction`,
      body: { reason, changes: changes.map(changeBody) },
      chains,
    },
    ...approvals.map(({ by, at }) => ({
      ...about(load, `approval-${by}`, by === 'regulator' ? regulatorRef : by, at),
      path: `${pathOf(load)}/correction-approval`,
      body: {},
      chains,
    })),
  ];
}

function changeBody(change: Change): { path: string; value: unknown } {
  switch (change.what) {
    case 'loaded':
      return { path: `/lines/${change.line - 1}/pickedUpGrams`, value: change.grams };
    case 'received':
      return { path: `/lines/${change.line - 1}/acceptedGrams`, value: change.grams };
    case 'plate':
      return { path: '/legs/0/plate', value: change.plate };
    default:
      return { path: `/${change.what}`, value: iso(change.at) };
  }
}

/** The clerk learns it from the refusal, and drafts another. */
function refusedFirst(load: Consignment, plant: Plant): Report[] {
  const ref = `${load.ref}x`;
  return [
    {
      ...about(load, 'draftx', whoFilesFor(load.producer), load.draftedAt - 2 * MINUTE),
      path: '/v1/manifests',
      body: draftBody(load, plant),
      names: { [ref]: 'id' },
    },
    {
      ...about(load, 'issuex', whoFilesFor(load.producer), load.draftedAt - MINUTE),
      path: `/v1/manifests/@${ref}/issue`,
      body: {},
      chains: [load.ref, 'numbers'],
      refusedWith: 422,
    },
  ];
}

function draftBody({ producer, carrier, lines, declared, onward }: Consignment, plant: Plant) {
  const onwardCarriers = onward.filter(({ how }) => how === 'handover').map((one) => `@${one.carrier.ref}`);
  return {
    consignorSiteId: `@${producer.siteRef}`,
    carrierId: `@${carrier.ref}`,
    ...(onwardCarriers.length > 0 ? { onwardCarrierIds: onwardCarriers } : {}),
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

function weighed(load: Consignment, ticket: Ticket): Report {
  const isLoading = ticket.purpose === 'loading';
  const at = isLoading && !load.follows ? load.producer : load.plant;
  const { plate } = isLoading ? load.vehicle : lastVehicle(load);
  return {
    at: ticket.toldAt,
    by: at.ref,
    path: '/v1/weigh-tickets',
    body: { ...weighing(ticket, at.siteRef, plate), manifestId: `@${load.ref}` },
    key: ticket.ref,
    names: { [ticket.ref]: 'id' },
    chains: [load.ref],
  };
}
