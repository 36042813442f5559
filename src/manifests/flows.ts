/**
 * What leaves and reaches a site by the day, summed up: for streams whose loads come from projects, where a site has a thousand trips a day
 * and nobody may read them one by one for a balance. Derived from the manifest as it stands, so that a correction and a rebuild come to
 * the same sums. Pure but for the statement's text.
 */
import { dayInShanghai } from '../catalogue/calendar.ts';
import { OF_PROJECTS } from '../catalogue/streams.ts';
import { wasteClassOf } from '../catalogue/waste-codes.ts';
import type { Projection } from '../platform/acts.ts';
import { compareText, groupBy } from '../platform/collections.ts';
import type { Manifest } from './manifest.ts';
import type { Line } from './tables.ts';

/** Sums of a row, in the order of their columns. */
export const FLOW_SUMS = [
  'trips',
  'reservedGrams',
  'loadedGrams',
  'loadedLitres',
  'settledGrams',
  'densityGrams',
  'acceptedGrams',
  'acceptedLitres',
  'refusedGrams',
] as const;
type Sums = Readonly<Record<(typeof FLOW_SUMS)[number], number>>;

export interface FlowRow extends Sums {
  readonly siteId: string;
  /** What left a site (`out`), by the day it was loaded, or issued while it is not; what came to one (`in`), by the day it was decided on. */
  readonly direction: 'out' | 'in';
  readonly day: string;
  readonly wasteClass: string;
  readonly method: string;
}

const NOTHING: Sums = Object.fromEntries(FLOW_SUMS.map((name) => [name, 0])) as Sums;

/** What one manifest adds to the sums. What carries on a remainder left its site with the first. */
export function flowsOf(manifest: Manifest | undefined): FlowRow[] {
  if (!manifest || !OF_PROJECTS.includes(manifest.stream) || manifest.status === 'draft' || manifest.status === 'void')
    return [];
  return manifest.lines.flatMap((line, index) => [
    ...(manifest.followsId ? [] : [leaving(manifest, line, index)]),
    ...(manifest.acceptedAt ? [coming(manifest, line, index)] : []),
  ]);
}

/** A truck with several lines is one trip. */
const trip = (index: number): number => (index === 0 ? 1 : 0);

function leaving(manifest: Manifest, line: Line, index: number): FlowRow {
  const { consignorSiteId: siteId, issuedAt, pickedUpAt, acceptedAt } = manifest;
  const of = { ...NOTHING, siteId, direction: 'out' as const, ...kindOf(line, line.plannedMethod) };
  if (!pickedUpAt) return { ...of, day: dayInShanghai(issuedAt!), reservedGrams: line.declaredGrams };
  const loadedGrams = line.pickedUpGrams ?? 0;
  return {
    ...of,
    day: dayInShanghai(pickedUpAt),
    trips: trip(index),
    loadedGrams,
    loadedLitres: line.pickedUpVolume?.litres ?? 0,
    settledGrams: acceptedAt ? loadedGrams : 0,
    densityGrams: acceptedAt && isMixed(line) ? loadedGrams - (line.acceptedGrams ?? 0) - (line.refusedGrams ?? 0) : 0,
    ...receivedOf(line),
  };
}

/** Told in m³ at one end and weighed at the other: what differs is the density. */
const isMixed = ({ pickedUpVolume, acceptedVolume }: Line): boolean =>
  'gramsPerLitre' in (pickedUpVolume ?? {}) !== 'gramsPerLitre' in (acceptedVolume ?? {});

function coming(manifest: Manifest, line: Line, index: number): FlowRow {
  return {
    ...NOTHING,
    siteId: manifest.consigneeSiteId,
    direction: 'in',
    ...kindOf(line, line.method ?? line.plannedMethod),
    day: dayInShanghai(manifest.acceptedAt!),
    trips: trip(index),
    ...receivedOf(line),
  };
}

const kindOf = ({ wasteCode }: Line, method: string) => ({
  wasteClass: wasteClassOf(wasteCode)?.class ?? '',
  method,
});

const receivedOf = ({ acceptedGrams, acceptedVolume, refusedGrams }: Line) => ({
  acceptedGrams: acceptedGrams ?? 0,
  acceptedLitres: acceptedVolume?.litres ?? 0,
  refusedGrams: refusedGrams ?? 0,
});

const keyOf = ({ siteId, direction, day, wasteClass, method }: FlowRow): string =>
  `${siteId} ${direction} ${day} ${wasteClass} ${method}`;

function added(rows: readonly FlowRow[]): FlowRow[] {
  return [...groupBy(rows, keyOf)]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, same]) => ({ ...same[0]!, ...sumOf(same) }))
    .filter((row) => FLOW_SUMS.some((name) => row[name] !== 0));
}

const sumOf = (rows: readonly FlowRow[]): Sums =>
  Object.fromEntries(FLOW_SUMS.map((name) => [name, rows.reduce((sum, row) => sum + row[name], 0)])) as Sums;

const negated = (row: FlowRow): FlowRow => ({
  ...row,
  ...(Object.fromEntries(FLOW_SUMS.map((name) => [name, -row[name]])) as Sums),
});

export const FLOW_COLUMNS = FLOW_SUMS.map((name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
const KEYS = ['site_id', 'direction', 'day', 'waste_class', 'method'];
const TYPES = ['uuid', ...KEYS.slice(1).map(() => 'text'), ...FLOW_COLUMNS.map(() => 'bigint')];

/** Additive: rows are written sorted, by an upsert that adds. */
export const flowProjection: Projection<FlowRow> = {
  name: 'site-flows',
  rowsOf: ({ subject }, before, after) =>
    subject.kind === 'manifest'
      ? added([...flowsOf(before as Manifest | undefined).map(negated), ...flowsOf(after as Manifest)])
      : [],
  statements: (rows) => {
    const sums = added(rows);
    return [
      {
        name: 'site-flows',
        text: `insert into site_flows as f (${[...KEYS, ...FLOW_COLUMNS].join(', ')})
          select * from unnest(${TYPES.map((type, nth) => `$${nth + 1}::${type}[]`).join(', ')})
          on conflict (${KEYS.join(', ')}) do update set ${FLOW_COLUMNS.map((one) => `${one} = f.${one} + excluded.${one}`).join(', ')}`,
        values: [
          ...(['siteId', 'direction', 'day', 'wasteClass', 'method'] as const).map((key) =>
            sums.map((row) => row[key]),
          ),
          ...FLOW_SUMS.map((name) => sums.map((row) => row[name])),
        ],
      },
    ];
  },
};
