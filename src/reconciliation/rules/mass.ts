/**
 * Three-way mass: what was declared, what was loaded, what was received, and what the scales said at both ends.
 * TM 18 ¶2 asks for a report of any difference and sets no tolerance. The floor below which a difference says nothing
 * is what two honest scales may differ by in service (class III, JJG 539); the steps above it are dated policy rows.
 * Pure: the same judge serves event, sweep, preview and re-run.
 */
import { z } from 'zod';
import type { Manifest } from '../../manifests/manifest.ts';
import { gramsOf } from '../../manifests/parts.ts';
import type { Line } from '../../manifests/tables.ts';
import { sentence } from '../../problems.ts';
import type { Weighing } from './facts.ts';
import { eventsOf, sceneOfManifest } from './of-manifest.ts';
import { type Context, type Finding, massText, type Rule, type Severity, type Verdict } from './rule.ts';

export const MASS_RULE: Rule<'manifest', 'weighings', object> = {
  id: 'mass',
  kind: 'condition',
  title: { zh: '移出、装运与接受重量不符', en: 'Declared, loaded and received mass differ' },
  streams: ['hazardous', 'medical', 'construction'],
  subject: 'manifest',
  parameters: z.strictObject({}),
  unit: null,
  policies: ['mass-tolerance'],
  facts: ['weighings'],
  wokenBy: {
    picked_up: 'itself',
    receipt_recorded: 'itself',
    weigh_ticket_recorded: 'itself',
    incident_resolved: 'itself',
    manifest_corrected: 'itself',
  },
  /** The destination's law on the day the load was accepted, or loaded while it is still on its way. */
  sceneOf: ({ manifest }) =>
    sceneOfManifest(
      manifest,
      'destinationRegion',
      manifest.acceptedAt ?? manifest.pickedUpAt ?? manifest.issuedAt,
      'issuedAt',
    ),
  judge: ({ manifest, weighings }, context) => judgeMass(massFactsOf(manifest, weighings, context)),
};

function massFactsOf(
  manifest: Manifest,
  tickets: readonly Weighing[],
  { book, scene, basis }: Context<object>,
): MassFacts {
  const sum = (pick: (line: Line) => number | null): number | null => {
    const values = manifest.lines.map(pick);
    return values.includes(null) ? null : values.reduce<number>((total, value) => total + value!, 0);
  };
  const policy = book.policy('mass-tolerance', scene);
  return {
    consignorId: manifest.consignorId,
    carrierId: manifest.carrierId,
    consigneeId: manifest.consigneeId,
    declaredGrams: sum((line) => line.declaredGrams)!,
    loadedGrams: sum((line) => line.pickedUpGrams),
    missingGrams: sum(({ frozen, lost, recovered }) => gramsOf([...frozen, ...lost, ...recovered]))!,
    receivedGrams: sum((line) => (line.acceptedGrams === null ? null : line.acceptedGrams + line.refusedGrams!)),
    tickets,
    tolerance: { ...policy.value, source: `${policy.basis.instrument}: ${policy.basis.article}` },
    basis,
    evidence: eventsOf(manifest),
  };
}

export interface MassFacts {
  readonly consignorId: string;
  readonly carrierId: string;
  readonly consigneeId: string;
  readonly declaredGrams: number;
  readonly loadedGrams: number | null;
  /** What an incident held up, lost or kept back: told there, and not to be looked for at the gate. */
  readonly missingGrams: number;
  readonly receivedGrams: number | null;
  readonly tickets: readonly Weighing[];
  readonly tolerance: {
    readonly floorTruckGrams: number;
    readonly warningPermille: number;
    readonly criticalPermille: number;
    readonly source: string;
  };
  readonly basis: string;
  readonly evidence: readonly string[];
}

interface Pair {
  readonly from: string;
  readonly to: string;
  readonly expected: number;
  readonly observed: number;
  readonly askedId: string;
  /** A declared mass may be an estimate: it never raises more than `info` by itself. */
  readonly estimate: boolean;
}

export function judgeMass(facts: MassFacts): Verdict {
  const pairs = pairsOf(facts);
  if (pairs.length === 0) return { notJudged: 'loadedGrams' };
  const { floorGrams, source } = floorOf(facts);
  const findings = pairs.flatMap((pair) => {
    const severity = severityOf(pair, floorGrams, facts.tolerance);
    return severity ? [{ pair, severity }] : [];
  });
  findings.sort((a, b) => RANK[b.severity] - RANK[a.severity] || share(b.pair) - share(a.pair));
  const worst = findings[0];
  return worst ? { finding: findingOf(facts, worst.pair, worst.severity, pairs, floorGrams, source) } : { clear: true };
}

const RANK: Record<Severity, number> = { info: 0, warning: 1, critical: 2 };
const share = ({ observed, expected }: Pair): number => Math.abs(observed - expected) / Math.max(expected, 1);

/** Only what has been recorded is compared; each pair names who can answer for it. */
function pairsOf(facts: MassFacts): Pair[] {
  const { declaredGrams, loadedGrams, missingGrams, receivedGrams, tickets } = facts;
  const net = (purpose: Weighing['purpose']) => tickets.filter((ticket) => ticket.purpose === purpose).at(-1);
  const pairs: Pair[] = [];
  const add = (
    from: string,
    expected: number | null,
    to: string,
    observed: number | null,
    askedId: string,
    estimate = false,
  ) => {
    if (expected !== null && observed !== null) pairs.push({ from, to, expected, observed, askedId, estimate });
  };
  const loading = netOf(net('loading'));
  const unloading = netOf(net('unloading'));
  add('declaredGrams', declaredGrams, 'loadedGrams', loadedGrams, facts.consignorId, true);
  const arriving = (grams: number | null) => (grams === null ? null : grams - missingGrams);
  add('loadedGrams', arriving(loadedGrams), 'receivedGrams', receivedGrams, facts.carrierId);
  add('loadingTicketGrams', loading, 'loadedGrams', loadedGrams, facts.carrierId);
  add('unloadingTicketGrams', unloading, 'receivedGrams', receivedGrams, facts.consigneeId);
  add('loadingTicketGrams', arriving(loading), 'unloadingTicketGrams', unloading, facts.carrierId);
  return pairs;
}

const netOf = (ticket: Weighing | undefined): number | null => (ticket ? ticket.grossGrams - ticket.tareGrams : null);

function severityOf(
  pair: Pair,
  floorGrams: number,
  { warningPermille, criticalPermille }: MassFacts['tolerance'],
): Severity | undefined {
  const difference = Math.abs(pair.observed - pair.expected);
  const above = (permille: number) => difference > Math.max(floorGrams, Math.floor((pair.expected * permille) / 1000));
  if (!above(0)) return undefined;
  if (pair.estimate) return 'info';
  return above(criticalPermille) ? 'critical' : above(warningPermille) ? 'warning' : 'info';
}

/** Twice the permissible error of gross and tare, over both scales, when both are known; else the policy's floor. */
function floorOf({ tickets, tolerance }: MassFacts): { floorGrams: number; source: string } {
  const loading = tickets.filter((ticket) => ticket.purpose === 'loading').at(-1);
  const unloading = tickets.filter((ticket) => ticket.purpose === 'unloading').at(-1);
  if (!loading?.scaleDivisionGrams || !unloading?.scaleDivisionGrams)
    return { floorGrams: tolerance.floorTruckGrams, source: tolerance.source };
  const floorGrams = [loading, unloading].reduce(
    (sum, ticket) =>
      sum +
      2 *
        (permissibleErrorGrams(ticket.grossGrams, ticket.scaleDivisionGrams!) +
          permissibleErrorGrams(ticket.tareGrams, ticket.scaleDivisionGrams!)),
    0,
  );
  return { floorGrams, source: 'JJG 539 class III, in service' };
}

/** Maximum permissible error of a class III scale at verification: ±0.5 e to 500 e, ±1 e to 2000 e, ±1.5 e above. */
export function permissibleErrorGrams(loadGrams: number, divisionGrams: number): number {
  const divisions = loadGrams / divisionGrams;
  return divisions <= 500 ? divisionGrams / 2 : divisions <= 2_000 ? divisionGrams : divisionGrams * 1.5;
}

function findingOf(
  facts: MassFacts,
  pair: Pair,
  severity: Severity,
  pairs: readonly Pair[],
  floorGrams: number,
  source: string,
): Finding {
  const difference = pair.observed - pair.expected;
  const percent = (Math.abs(difference) * 100) / Math.max(pair.expected, 1);
  const figures = `${massText(pair.expected)} → ${massText(pair.observed)}`;
  const apart = massText(Math.abs(difference));
  const names = {
    zh: `${NAMES[pair.from]!.zh}与${NAMES[pair.to]!.zh}`,
    en: `${NAMES[pair.from]!.en} and ${NAMES[pair.to]!.en}`,
  };
  return {
    severity,
    observed: Object.fromEntries(pairs.map(({ to, observed }) => [to, observed])),
    expected: Object.fromEntries(pairs.map(({ from, expected }) => [from, expected])),
    tolerance: { name: 'mass-tolerance', value: floorGrams, unit: 'grams', source },
    basis: facts.basis,
    evidence: [...facts.evidence, ...facts.tickets.map((ticket) => ticket.id)],
    summary: sentence({
      zh: `${names.zh}相差 ${apart}（${percent.toFixed(1)} %）：${figures}`,
      en: `${names.en} differ by ${apart} (${percent.toFixed(1)} %): ${figures}`,
    }),
    question: {
      partyId: pair.askedId,
      zh: `请说明${names.zh}相差 ${apart} 的原因。`,
      en: `What accounts for the ${apart} between ${names.en}?`,
    },
  };
}

const NAMES: Record<string, { zh: string; en: string }> = {
  declaredGrams: { zh: '申报量', en: 'the declared mass' },
  loadedGrams: { zh: '装运量', en: 'the loaded mass' },
  receivedGrams: { zh: '接受量', en: 'the received mass' },
  loadingTicketGrams: { zh: '装车过磅', en: 'the loading ticket' },
  unloadingTicketGrams: { zh: '卸车过磅', en: 'the unloading ticket' },
};
