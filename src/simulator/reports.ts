import { createHash } from 'node:crypto';
import type { Generation, Treatment, Trip } from './consignment.ts';
import { iso } from './days.ts';
import type { History } from './history.ts';
import { type Report, store, weighing, when } from './report.ts';
import { reportsOfLoad } from './reports-of-loads.ts';

/** @returns every report up to the end, sorted by the instant it is told; ties in the order of making. */
export function reportsOf(history: History): Report[] {
  const all = [
    ...history.generations.flatMap(generated),
    ...history.trips.flatMap(driven),
    ...history.consignments.flatMap((load) => reportsOfLoad(load, history.city.regulator.ref)),
    ...history.treatments.map(treated),
  ];
  return all
    .filter(({ at }) => at <= history.until)
    .map((report, order) => ({ report: { ...report, key: `sim-${history.seed}-${report.key}` }, order }))
    .sort((a, b) => a.report.at - b.report.at || a.order - b.order)
    .map(({ report }) => report);
}

/** The same for the same seed and end: what a repeated run is compared by. */
export const hashOf = (reports: readonly Report[]): string =>
  createHash('sha256').update(JSON.stringify(reports)).digest('hex');

function generated({ ref, producer, waste, grams, pieces, stored, ...moment }: Generation): Report[] {
  const chains = [store(producer.siteRef, waste.code)];
  const recorded = {
    at: moment.toldAt,
    by: producer.agent?.ref ?? producer.ref,
    path: '/v1/generations',
    body: { siteId: `@${producer.siteRef}`, wasteCode: waste.code, massGrams: grams, pieces, ...when(moment) },
    key: ref,
    names: { [ref]: 'id' },
    chains,
  };
  if (!stored) return [recorded];
  const part = stored.grams === null ? {} : { massGrams: stored.grams };
  const moved = {
    at: stored.toldAt,
    by: producer.ref,
    path: '/v1/storage-moves',
    body: {
      direction: 'in',
      storeId: `@${stored.room.ref}`,
      batches: [{ batchId: `@${ref}`, ...part }],
      ...when(stored),
    },
    key: `${ref}-stored`,
    ...(stored.grams === null ? {} : { names: { [`${ref}part`]: 'batchIds.0' } }),
    chains,
  };
  return [recorded, moved];
}

/** The round begins before its first pickup is told, and its weighings follow the last. */
function driven({ ref, carrier, vehicle, start, end, weighings }: Trip): Report[] {
  return [
    {
      at: start.toldAt,
      by: carrier.ref,
      path: '/v1/trips',
      body: { plate: vehicle.plate, startedAt: iso(start.at), entryMode: start.mode },
      key: ref,
      names: { [ref]: 'id' },
      chains: [ref],
    },
    ...weighings.map(({ plant, ticket }) => ({
      at: ticket.toldAt,
      by: plant.ref,
      path: '/v1/weigh-tickets',
      body: { ...weighing(ticket, plant.siteRef, vehicle.plate), tripId: `@${ref}` },
      key: ticket.ref,
      names: { [ticket.ref]: 'id' },
      chains: [ref],
    })),
    {
      at: end.toldAt,
      by: carrier.ref,
      path: `/v1/trips/@${ref}/end`,
      body: when(end),
      key: `${ref}-end`,
      chains: [ref],
    },
  ];
}

function treated({ ref, plant, startedAt, inputs, residue, product, ...moment }: Treatment): Report {
  const outputs = [
    ...(residue ? [{ kind: 'residue', wasteCode: residue.code, grams: residue.grams }] : []),
    ...(product ? [{ kind: 'product', ...product }] : []),
  ];
  const codes = [...inputs.map(({ waste }) => waste.code), ...(residue ? [residue.code] : [])];
  return {
    at: moment.toldAt,
    by: plant.ref,
    path: '/v1/treatments',
    body: {
      siteId: `@${plant.siteRef}`,
      method: plant.method,
      startedAt: iso(startedAt),
      endedAt: iso(moment.at),
      inputs: inputs.map(({ waste, grams }) => ({ wasteCode: waste.code, grams })),
      outputs,
      entryMode: moment.mode,
    },
    key: ref,
    names: { [ref]: 'id', ...(residue ? { [`${ref}residue`]: 'residues.0.batchId' } : {}) },
    chains: [...new Set(codes)].map((code) => store(plant.siteRef, code)),
  };
}
