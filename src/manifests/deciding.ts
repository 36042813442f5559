/** Receipt container by container: each that is there is accepted or refused, each that is not is missing. TM 12(1)-(2), 18. */
import { type Container, containerKind } from '../custody/containers.ts';
import { apportion } from '../custody/ledger.ts';
import { NOTHING_SCANNED } from '../custody/scanned.ts';
import { type ContainerDecision, containersReceived, namedAs, unknownContainer } from '../custody/scanning.ts';
import type { Facts, States, Warning } from '../platform/acts.ts';
import type { EventDraft } from '../platform/events.ts';
import { against, type Refusal } from '../problems.ts';
import { amongOf, anothersWaste, eachOf, joinedContainer, lineOf, missingWarning, scannedFor } from './aboard.ts';
import type { Received } from './booking.ts';
import type { DecidedContainer } from './event-data.ts';
import type { ReceiptInput } from './inputs.ts';
import { isScanned, partsIn, withDecisions, withJoined } from './line-containers.ts';
import type { Manifest } from './manifest.ts';
import { carried, piecesOf } from './parts.ts';
import { CONTAINER_NTH } from './standing.ts';
import { CONTAINER_OUTCOMES, type ContainerOutcome, type JoinedContainer, type Line } from './tables.ts';

type GivenLine = ReceiptInput['lines'][number];

/** What was decided on a line that has containers. */
export interface DecidedLine {
  /** As it is with what was decided, and with what turned out to be there. */
  readonly line: Line;
  readonly decided: readonly DecidedContainer[];
  /** Its figures follow; undefined when its waste is in none of them. */
  readonly figures: Received | undefined;
}

export interface Decided {
  readonly events: readonly EventDraft[];
  readonly warnings: readonly Warning[];
  readonly joined: readonly JoinedContainer[];
  /** In the order of the report; undefined for a line without containers. */
  readonly lines: readonly (DecidedLine | undefined)[];
}

/** What was said of the containers of one line, before anything is made of it. */
interface Said {
  readonly decisions: readonly SaidOfOne[];
  readonly missing: readonly string[];
  readonly joined: readonly JoinedContainer[];
}

interface SaidOfOne {
  readonly id: string;
  readonly decision: ContainerOutcome;
  /** The container that was named, in which it stands, and what that weighed. */
  readonly named: string;
  readonly massGrams?: number | undefined;
}

/**
 * @refuses as `scan`; against-rule (a container of another owner or line, or held up by an incident; containers not named although only some are
 * refused; figures that do not add up).
 */
export function decideContainers(
  input: ReceiptInput,
  manifest: Manifest,
  states: States,
  facts: Pick<Facts, 'newId'>,
): Decided | { readonly refusal: Refusal } {
  const all: Said[] = [];
  for (const [index, given] of input.lines.entries()) {
    const said = saidOf(given, index, input, manifest, states);
    if ('refusal' in said) return said;
    all.push(said);
  }
  const joined = all.flatMap((said) => said.joined);
  const lines = withJoined(manifest.lines, joined);
  let accepted = 0;
  const newBatchId = () => facts.newId(CONTAINER_NTH + accepted++);
  const decided: (DecidedLine | undefined)[] = [];
  for (const [index, given] of input.lines.entries()) {
    const said = all[index]!;
    const line = lines[given.line - 1]!;
    const found = said.decisions.length === 0 ? undefined : decidedLine(given, index, line, said, states, newBatchId);
    if (found && 'refusal' in found) return found;
    decided.push(found);
  }
  const scanned = scan(input, manifest, all, decided, states);
  if ('refusal' in scanned) return scanned;
  const warnings = all.flatMap(({ missing }, index) => missingWarning(states, missing, `/lines/${index}/containers`));
  return { events: scanned.events, warnings: [...scanned.warnings, ...warnings], joined, lines: decided };
}

/** One scan for all of them, so that what stands in what is seen as a whole. */
function scan(
  input: ReceiptInput,
  manifest: Manifest,
  all: readonly Said[],
  lines: readonly (DecidedLine | undefined)[],
  states: States,
) {
  const { scanned = NOTHING_SCANNED } = input;
  const figures = new Map(lines.flatMap((line) => line?.decided ?? []).map((one) => [one.containerId, one] as const));
  const decisions = all.flatMap(({ decisions: said, missing }): ContainerDecision[] => [
    ...said.map(({ id, decision }) => ({ containerId: id, decision, massGrams: figures.get(id)!.grams })),
    ...missing.map((containerId) => ({ containerId, decision: 'missing' as const })),
  ]);
  const seen = new Set(scanned.containers.map(({ id }) => id));
  const ids = decisions.map(({ containerId }) => containerId);
  return containersReceived(states, { ...scanned, ...eachOf(ids), parents: scanned.parents }, decisions, {
    siteId: manifest.consigneeSiteId,
    manifestId: manifest.id,
    partyId: manifest.consigneeId,
    region: manifest.destinationRegion,
    occurredAt: new Date(input.occurredAt),
    entryMode: input.entryMode,
    among: amongOf(manifest),
    isInferred: (id) => !seen.has(id),
    pointer: '/lines',
    batchIdFor: (_nth, containerId) => figures.get(containerId)!.batchId!,
  });
}

function saidOf(
  given: GivenLine,
  index: number,
  input: ReceiptInput,
  manifest: Manifest,
  states: States,
): Said | { readonly refusal: Refusal } {
  const line = manifest.lines[given.line - 1]!;
  const present = line.containers
    .filter(({ containerId, heldUp }) => heldUp === null && found(states, containerId)?.manifestId === manifest.id)
    .map(({ containerId }) => containerId);
  const expected = present.filter((id) => found(states, id)!.state !== 'missing');
  if (!given.containers) return saidOfAll(given, index, line, expected.length > 0 ? expected : present);
  const { scanned = NOTHING_SCANNED } = input;
  const decisions: SaidOfOne[] = [];
  const joined: JoinedContainer[] = [];
  for (const [nth, { container: named, decision, massGrams }] of given.containers.entries()) {
    for (const id of scannedFor(scanned, [named])) {
      const container = found(states, id);
      const name = namedAs(scanned, named, `/lines/${index}/containers/${nth}`);
      if (!container) return { refusal: unknownContainer(name) };
      // Accepted under another manifest meanwhile, it is the consignee's already.
      const anothers = anothersWaste(container, manifest, name);
      if (anothers) return { refusal: anothers };
      const on = lineOf(manifest, id);
      const heldUp = on?.containers.find(({ containerId }) => containerId === id)?.heldUp;
      if (on && (on !== line || heldUp))
        return { refusal: notHere(container, on, `/lines/${index}/containers/${nth}`, Boolean(heldUp)) };
      decisions.push({ id, decision, named, massGrams });
      if (!on) joined.push({ line: line.line, ...joinedContainer(container, line, states) });
    }
  }
  const seen = new Set(decisions.map(({ id }) => id));
  return { decisions, joined, missing: expected.filter((id) => !seen.has(id)) };
}

const found = (states: States, id: string): Container | undefined => states.get(containerKind, id);

/** Nobody named them: all of them follow the line, which says the same of all. */
function saidOfAll(
  { acceptedGrams = 0, refusedGrams = 0 }: GivenLine,
  index: number,
  line: Line,
  there: readonly string[],
): Said | { readonly refusal: Refusal } {
  const isMixed = acceptedGrams > 0 && (refusedGrams > 0 || there.length === 0);
  if (isScanned(line) && isMixed) return { refusal: whichOnes(index, line) };
  const decision = acceptedGrams > 0 ? 'accepted' : 'refused';
  return { decisions: there.map((id) => ({ id, named: id, decision })), missing: [], joined: [] };
}

/** The figures of a line and of its containers are the same: what was not weighed by itself shares what is left of the line's. */
function decidedLine(
  given: GivenLine,
  index: number,
  line: Line,
  { decisions }: Said,
  states: States,
  newBatchId: () => string,
): DecidedLine | { readonly refusal: Refusal } {
  const empty = decisions.find(({ named, massGrams }) => massGrams && decisions.every(isEmptyIn(line, named)));
  if (empty) return { refusal: emptyButWeighed(found(states, empty.named)!, index) };
  const decided: DecidedContainer[] = [];
  const sums = { accepted: 0, refused: 0 };
  for (const decision of CONTAINER_OUTCOMES) {
    const said = decisions.filter((one) => one.decision === decision);
    const total = decision === 'accepted' ? given.acceptedGrams : given.refusedGrams;
    const weighed = weigh(said, isScanned(line) ? total : undefined, line, states);
    if ('apart' in weighed) return { refusal: doNotAddUp(index, decision, weighed.apart) };
    for (const [nth, { id }] of said.entries()) {
      const isNew = decision === 'accepted' && batchOn(line, id) !== null;
      decided.push({ containerId: id, decision, grams: weighed.grams[nth]!, batchId: isNew ? newBatchId() : null });
      sums[decision] += weighed.grams[nth]!;
    }
  }
  const after = { ...line, containers: withDecisions(line.containers, decided) };
  if (!isScanned(line))
    return given.acceptedGrams === undefined
      ? { refusal: nothingInThem(index) }
      : { line: after, decided, figures: undefined };
  const count = (decision: ContainerOutcome) =>
    piecesOf(
      partsIn(
        line,
        after.containers.filter((one) => one.decision === decision),
      ),
    );
  const figures = {
    acceptedGrams: sums.accepted,
    refusedGrams: sums.refused,
    acceptedPieces: given.acceptedPieces ?? count('accepted'),
    refusedPieces: given.refusedPieces ?? count('refused'),
  };
  return { line: after, decided, figures };
}

/** Grams of each, in their order; `apart` is by how much they do not come to the total. */
function weigh(
  said: readonly SaidOfOne[],
  total: number | undefined,
  line: Line,
  states: States,
): { readonly grams: readonly number[] } | { readonly apart: number } {
  const carriedIn = new Map(carried(line).map((part) => [part.batchId, part.grams]));
  const known = said.map(({ id }) => {
    const batchId = batchOn(line, id);
    return batchId === null ? 0 : carriedIn.get(batchId) || found(states, id)!.grams;
  });
  const grams = [...known];
  const free = new Set(said.keys());
  for (const [first, { named, massGrams }] of said.entries()) {
    if (massGrams === undefined || !free.has(first)) continue;
    const places = said.flatMap((one, nth) => (one.named === named ? [nth] : []));
    share(grams, places, massGrams, known);
    for (const nth of places) free.delete(nth);
  }
  if (total === undefined) return { grams };
  const left = total - grams.reduce((sum, one, nth) => (free.has(nth) ? sum : sum + one), 0);
  if (left < 0 || (free.size === 0 && left !== 0)) return { apart: left };
  share(grams, [...free], left, known);
  return { grams };
}

function share(grams: number[], places: readonly number[], whole: number, weights: readonly number[]): void {
  const shares = apportion(
    whole,
    places.map((nth) => weights[nth]!),
  );
  for (const [index, nth] of places.entries()) grams[nth] = shares[index]!;
}

/** Of what stands in the container of that name: nothing of it holds waste. */
const isEmptyIn =
  (line: Line, wanted: string) =>
  ({ id, named }: SaidOfOne): boolean =>
    named !== wanted || batchOn(line, id) === null;

const batchOn = ({ containers }: Line, id: string): string | null =>
  containers.find(({ containerId }) => containerId === id)?.batchId ?? null;

const notHere = ({ code }: Container, { line }: Line, pointer: string, isHeldUp: boolean): Refusal =>
  isHeldUp
    ? against(
        pointer,
        `容器 ${code} 因突发情况未随车运抵；请先了结突发情况。`,
        `Container ${code} was held up by an incident; that is to be settled first.`,
      )
    : against(pointer, `容器 ${code} 在第 ${line} 行。`, `Container ${code} is on line ${line}.`);

const whichOnes = (index: number, { line }: Line): Refusal =>
  against(
    `/lines/${index}/containers`,
    `第 ${line} 行逐容器装运；部分接受、部分拒收时须逐个填报容器。`,
    `Line ${line} is in containers; when not all of it is accepted, say which are and which are not.`,
    'TM 18',
  );

const doNotAddUp = (index: number, decision: ContainerOutcome, apart: number): Refusal =>
  against(
    `/lines/${index}/${decision}Grams`,
    `本行${decision === 'accepted' ? '接受' : '拒收'}质量与各容器之和相差 ${apart} 克。`,
    `What is ${decision} of the line and what is ${decision} of its containers are ${apart} g apart.`,
  );

const emptyButWeighed = ({ code }: Container, index: number): Refusal =>
  against(
    `/lines/${index}/containers`,
    `容器 ${code} 内没有记录的废物，不能填报其质量。`,
    `There is no waste on record in container ${code}, so it has no mass.`,
  );

const nothingInThem = (index: number): Refusal =>
  against(
    `/lines/${index}/acceptedGrams`,
    '这些容器内没有记录的废物；请填写接受的质量。',
    'There is no waste on record in these containers; say what mass was accepted.',
  );
