/**
 * Three-way mass: what was declared, what was loaded, what was received, and what the scales said at both ends; and of what
 * was refused, what was sent back and what was taken back.
 * TM 18 ¶2 asks for a report of any difference and sets no tolerance. The floor below which a difference says nothing
 * is what two honest scales may differ by in service (class III, JJG 539); the steps above it are dated policy rows.
 * Every ticket counts, and no later one takes back what an earlier one said. Pure: the same judge serves event, sweep,
 * preview and re-run.
 */

import { z } from 'zod';
import type { ToldVolume } from '../../catalogue/density.ts';
import { STREAMS } from '../../catalogue/streams.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import { gramsOf } from '../../manifests/parts.ts';
import type { Line } from '../../manifests/tables.ts';
import { sentence } from '../../problems.ts';
import type { Weighing } from './facts.ts';
import { eventsOf, sceneOfManifest } from './of-manifest.ts';
import { type Context, type Finding, massText, type Rule, type Severity, type Verdict } from './rule.ts';

const Parameters = z.strictObject({
  /** A ticket that claims a coarser scale says nothing of how far the scale may err. */
  scaleDivisionGramsMax: z.number().int().positive(),
});
type Parameters = z.infer<typeof Parameters>;

export const MASS_RULE: Rule<'manifest', 'weighings', Parameters> = {
  id: 'mass',
  codes: ['HW-05'],
  kind: 'condition',
  title: { zh: '移出、装运与接受重量不符', en: 'Declared, loaded and received mass differ' },
  streams: STREAMS,
  subject: 'manifest',
  parameters: Parameters,
  unit: null,
  policies: ['mass-tolerance', 'converted-mass-permille'],
  facts: ['weighings'],
  wokenBy: {
    picked_up: 'itself',
    receipt_recorded: 'itself',
    return_received: 'itself',
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
  weighings: readonly Weighing[],
  { book, scene, basis, parameters }: Context<Parameters>,
): MassFacts {
  const sum = (pick: (line: Line) => number | null): number | null => {
    const values = manifest.lines.map(pick);
    return values.includes(null) ? null : values.reduce<number>((total, value) => total + value!, 0);
  };
  const policy = book.policy('mass-tolerance', scene);
  const isConverted = (pick: (line: Line) => ToldVolume | undefined): boolean =>
    manifest.lines.some((line) => 'gramsPerLitre' in (pick(line) ?? {}));
  return {
    consignorId: manifest.consignorId,
    carrierId: manifest.carrierId,
    consigneeId: manifest.consigneeId,
    declaredGrams: sum((line) => line.declaredGrams)!,
    isEstimate: manifest.followsId === null,
    loadedGrams: sum((line) => line.pickedUpGrams),
    missingGrams: sum(({ frozen, lost, recovered }) => gramsOf([...frozen, ...lost, ...recovered]))!,
    receivedGrams: sum((line) => (line.acceptedGrams === null ? null : line.acceptedGrams + line.refusedGrams!)),
    converted: [
      ...(isConverted(({ volume }) => volume) ? ['declaredGrams'] : []),
      ...(isConverted(({ pickedUpVolume }) => pickedUpVolume) ? ['loadedGrams'] : []),
      ...(isConverted(({ acceptedVolume }) => acceptedVolume) ? ['receivedGrams'] : []),
    ],
    returns: manifest.remainders.flatMap(({ lines, back }) =>
      back?.takenBack
        ? [{ sentGrams: gramsOf(lines.flatMap(({ parts }) => parts)), takenGrams: gramsOf(back.takenBack.lines) }]
        : [],
    ),
    tickets: weighings.filter((weighing) => isEvidence(weighing, manifest)),
    tolerance: {
      ...policy.value,
      ...parameters,
      convertedPermille: book.policyIf('converted-mass-permille', scene)?.value,
      source: `${policy.basis.instrument}: ${policy.basis.article}`,
    },
    basis,
    evidence: eventsOf(manifest),
  };
}

/** Of what was loaded the consignor's side and the carriers can speak, of what was unloaded the consignee's side and they. */
function isEvidence({ purpose, partyId }: Weighing, { consignorId, consigneeId, legs }: Manifest): boolean {
  const end = purpose === 'loading' ? consignorId : consigneeId;
  return partyId === end || legs.some(({ carrierId }) => carrierId === partyId);
}

export interface MassFacts {
  readonly consignorId: string;
  readonly carrierId: string;
  readonly consigneeId: string;
  readonly declaredGrams: number;
  /** A declared mass may be an estimate; that of a follow-up was weighed by who sent it on. */
  readonly isEstimate: boolean;
  readonly loadedGrams: number | null;
  /** What an incident held up, lost or kept back: told there, and not to be looked for at the gate. */
  readonly missingGrams: number;
  readonly receivedGrams: number | null;
  /** Which of the figures follow from a volume. */
  readonly converted?: readonly string[];
  readonly returns: readonly { readonly sentGrams: number; readonly takenGrams: number }[];
  readonly tickets: readonly Weighing[];
  readonly tolerance: {
    readonly floorTruckGrams: number;
    readonly warningPermille: number;
    readonly criticalPermille: number;
    readonly scaleDivisionGramsMax: number;
    /** Beyond it m³ against tonnes is a warning; without it the two are not compared. */
    readonly convertedPermille?: number | undefined;
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
  /** Never raises more than `info` by itself. */
  readonly isEstimate: boolean;
}

/** Figures that are to agree, and what they may differ by. */
interface Account {
  readonly pairs: readonly Pair[];
  readonly floorGrams: number;
  readonly source: string;
}

export function judgeMass(facts: MassFacts): Verdict {
  const accounts = accountsOf(facts);
  if (accounts.every(({ pairs }) => pairs.length === 0)) return { notJudged: 'loadedGrams' };
  const findings = accounts.flatMap((account) =>
    account.pairs.flatMap((pair) => {
      const severity = severityOf(facts, pair, account.floorGrams);
      return severity ? [{ account, pair, severity }] : [];
    }),
  );
  findings.sort((a, b) => RANK[b.severity] - RANK[a.severity] || share(b.pair) - share(a.pair));
  const worst = findings[0];
  return worst ? { finding: findingOf(facts, worst) } : { clear: true };
}

/** An estimate is a remark. Of m³ and tonnes it is the density that is judged. */
function severityOf({ tolerance, converted = [] }: MassFacts, pair: Pair, floorGrams: number): Severity | undefined {
  const isMixed = converted.includes(pair.from) !== converted.includes(pair.to);
  const { convertedPermille } = tolerance;
  if (isMixed && convertedPermille === undefined) return undefined;
  const measured = isMixed
    ? severityOfDifference(pair, floorGrams, { warningPermille: convertedPermille!, criticalPermille: 1_000 })
    : severityOfDifference(pair, floorGrams, tolerance);
  if (isMixed) return measured === 'info' || pair.isEstimate ? undefined : measured;
  return measured && pair.isEstimate ? 'info' : measured;
}

const RANK: Record<Severity, number> = { info: 0, warning: 1, critical: 2 };
const share = ({ observed, expected }: Pair): number => Math.abs(observed - expected) / Math.max(expected, 1);

/** Each ticket of the loading with each of the unloading, and each return by itself: the pair that differs most speaks. */
function accountsOf(facts: MassFacts): Account[] {
  const weighed = (purpose: Weighing['purpose']): readonly (Weighing | undefined)[] => {
    const tickets = facts.tickets.filter((ticket) => ticket.purpose === purpose);
    return tickets.length > 0 ? tickets : [undefined];
  };
  const loads = weighed('loading').flatMap((loading) =>
    weighed('unloading').map((unloading) => ({
      pairs: pairsOf(facts, netOf(loading), netOf(unloading)),
      ...floorOf(facts, loading, unloading),
    })),
  );
  return [
    ...loads,
    ...facts.returns.map((one) => ({ pairs: [pairOfReturn(facts, one)], ...floorOf(facts, undefined) })),
  ];
}

/** Who took it back says what came. */
const pairOfReturn = ({ consignorId }: MassFacts, { sentGrams, takenGrams }: MassFacts['returns'][number]): Pair => ({
  from: 'sentBackGrams',
  to: 'takenBackGrams',
  expected: sentGrams,
  observed: takenGrams,
  askedId: consignorId,
  isEstimate: false,
});

/** Only what has been recorded is compared; each pair names who can answer for it. */
function pairsOf(facts: MassFacts, loading: number | null, unloading: number | null): Pair[] {
  const { declaredGrams, loadedGrams, missingGrams, receivedGrams } = facts;
  const pairs: Pair[] = [];
  const add = (
    from: string,
    expected: number | null,
    to: string,
    observed: number | null,
    askedId: string,
    isEstimate = false,
  ) => {
    if (expected !== null && observed !== null) pairs.push({ from, to, expected, observed, askedId, isEstimate });
  };
  add('declaredGrams', declaredGrams, 'loadedGrams', loadedGrams, facts.consignorId, facts.isEstimate);
  const arriving = (grams: number | null) => (grams === null ? null : grams - missingGrams);
  add('loadedGrams', arriving(loadedGrams), 'receivedGrams', receivedGrams, facts.carrierId);
  add('loadingTicketGrams', loading, 'loadedGrams', loadedGrams, facts.carrierId);
  add('unloadingTicketGrams', unloading, 'receivedGrams', receivedGrams, facts.consigneeId);
  add('loadingTicketGrams', arriving(loading), 'unloadingTicketGrams', unloading, facts.carrierId);
  return pairs;
}

const netOf = (ticket: Weighing | undefined): number | null => (ticket ? ticket.grossGrams - ticket.tareGrams : null);

/** Undefined within the floor: two honest scales may differ by as much. */
export function severityOfDifference(
  pair: Pick<Pair, 'expected' | 'observed'>,
  floorGrams: number,
  { warningPermille, criticalPermille }: Pick<MassFacts['tolerance'], 'warningPermille' | 'criticalPermille'>,
): Severity | undefined {
  const difference = Math.abs(pair.observed - pair.expected);
  const above = (permille: number) => difference > Math.max(floorGrams, Math.floor((pair.expected * permille) / 1000));
  if (!above(0)) return undefined;
  return above(criticalPermille) ? 'critical' : above(warningPermille) ? 'warning' : 'info';
}

/** Twice the permissible error of gross and tare, over both scales, when both are known; else the policy's floor. */
function floorOf({ tolerance }: MassFacts, ...tickets: readonly (Weighing | undefined)[]): Omit<Account, 'pairs'> {
  let floorGrams = 0;
  for (const ticket of tickets) {
    const e = ticket?.scaleDivisionGrams;
    if (!e || e > tolerance.scaleDivisionGramsMax)
      return { floorGrams: tolerance.floorTruckGrams, source: tolerance.source };
    floorGrams += 2 * (permissibleErrorGrams(ticket.grossGrams, e) + permissibleErrorGrams(ticket.tareGrams, e));
  }
  return { floorGrams, source: 'JJG 539 class III, in service' };
}

/** Maximum permissible error of a class III scale at verification: ±0.5 e to 500 e, ±1 e to 2000 e, ±1.5 e above. */
export function permissibleErrorGrams(loadGrams: number, divisionGrams: number): number {
  const divisions = loadGrams / divisionGrams;
  return divisions <= 500 ? divisionGrams / 2 : divisions <= 2_000 ? divisionGrams : divisionGrams * 1.5;
}

function findingOf(
  facts: MassFacts,
  { account, pair, severity }: { readonly account: Account; readonly pair: Pair; readonly severity: Severity },
): Finding {
  const { pairs, floorGrams, source } = account;
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
  sentBackGrams: { zh: '退运量', en: 'the mass sent back' },
  takenBackGrams: { zh: '收回量', en: 'the mass taken back' },
};
